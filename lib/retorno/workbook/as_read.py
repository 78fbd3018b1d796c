"""What a reader of the report is told of the files: how they were read, and which rows were set aside."""

from collections.abc import Mapping
from dataclasses import dataclass

from retorno.language import integer, percent, say, say_n
from retorno.tables.load import Loaded
from retorno.tables.set_aside import SetAside


@dataclass(frozen=True, slots=True)
class AsRead:
    """How the files of a run were read: table -> what was found of each."""

    tables: Mapping[str, Loaded]

    def to_frame(self):
        """Return one row for each thing found or set."""
        import pandas as pd

        rows = [
            (table, fact.what, fact.how)
            for table, loaded in self.tables.items()
            for fact in loaded.facts
        ]
        return pd.DataFrame(rows, columns=["table", "what", "how"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "table": (say("Table"), "text"),
            "what": (say("What"), "text"),
            "how": (say("How it was read"), "text"),
        }

    def table_caption(self) -> str:
        """Say what was read."""
        if not self.tables:
            return say("No file was read.")
        return say("How the files were read: found in them, or set for them.")


@dataclass(frozen=True, slots=True)
class RowsSetAside:
    """The bad rows of a run: table -> what was set aside of it, for tables that have any."""

    tables: Mapping[str, SetAside]

    def to_frame(self):
        """Return one row for each table and reason, with the rows it concerns and their share."""
        import pandas as pd

        rows = [
            (table, reason, count, count / aside.given)
            for table, aside in self.tables.items()
            for reason, count in aside.reasons.items()
        ]
        return pd.DataFrame(rows, columns=["table", "reason", "rows", "share"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "table": (say("Table"), "text"),
            "reason": (say("Reason"), "text"),
            "rows": (say("Rows"), "count"),
            "share": (say("Share of all rows"), "share"),
        }

    def table_caption(self) -> str:
        """Say how many rows of each table are missing from the results, and what share that is."""
        if not self.tables:
            return say("No row was set aside.")
        told = [
            say_n(
                "{table}: {n} row of {given} ({share})",
                "{table}: {n} rows of {given} ({share})",
                aside.rows,
                table=table,
                given=integer(aside.given),
                share=percent(aside.share, 1),
            )
            for table, aside in self.tables.items()
        ]
        return say(
            "Rows set aside. {tables}. A row with two reasons counts under both.",
            tables="; ".join(told),
        )

    def csv(self) -> str | None:
        """Return all these rows as a file for a spreadsheet: table, row, reasons, then as they were written."""
        import pandas as pd

        if not self.tables:
            return None
        parts = []
        for table, aside in self.tables.items():
            part = aside.frame.set_axis(_unique(["table", *aside.frame])[1:], axis=1)
            part.insert(0, "table", table)
            parts.append(part)
        return pd.concat(parts).to_csv(index=False, lineterminator="\n")


def _unique(names) -> list[str]:
    """Return names of which no two are the same: a second Note is called ``Note (2)``."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique
