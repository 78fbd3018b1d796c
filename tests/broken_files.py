"""Files as researchers have them, each broken in one way: what to write, how to read it, what must be said.

Each case writes one file into a folder and returns what `read` is called with. The messages stand in
``reference/broken_files.yml``, one for each case, read and agreed to by a person;
``python tests/broken_files.py`` prints those that differ now.
"""

import gzip
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

EXPECTED = Path(__file__).parent / "reference" / "broken_files.yml"
ORDERS = "customer_id,date,amount\n"
GOOD = ORDERS + "A1,2024-01-05,12.50\nA2,2024-02-29,7.25\n"


@dataclass(frozen=True)
class Case:
    """A broken file: its table, its name, what writes it, and the options it is read with."""

    table: str
    file: str
    make: Callable[[Path], None]
    options: dict = field(default_factory=dict)

    def message(self, folder: Path) -> str:
        """Write the file and return what is said about it; empty when it is read without a word."""
        from retorno.errors import InputError
        from retorno.tables import read

        path = folder / self.file
        self.make(path)
        try:
            read(self.table, path, **self.options)
        except InputError as error:
            return str(error).replace(str(folder), "FOLDER")
        return ""


def text(content: str | bytes, encoding: str = "utf-8") -> Callable[[Path], None]:
    """Return what writes `content`."""
    raw = content.encode(encoding) if isinstance(content, str) else content
    return lambda path: path.write_bytes(raw)


def orders(*lines: str, sep: str = ",", file: str = "orders.csv", **options) -> Case:
    """Return a case of purchases in a text file, one line each."""
    return Case(
        "transactions",
        file,
        text("\n".join([ORDERS.strip().replace(",", sep), *lines, ""])),
        options,
    )


def table(name: str, header: str, *lines: str, **options) -> Case:
    """Return a case of another table in a comma file."""
    return Case(name, f"{name}.csv", text("\n".join([header, *lines, ""])), options)


def sheet(*rows, file: str = "orders.xlsx", name: str = "transactions", more=(), **options) -> Case:
    """Return a case of a workbook with `rows` in its first sheet and `more` sheets of rows."""

    def make(path: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for title, others in more:
            added = book.create_sheet(title)
            for row in others:
                added.append(row)
        book.save(path)

    return Case(name, file, make, options)


def cut(make: Callable[[Path], None], share: float = 0.5) -> Callable[[Path], None]:
    """Return what writes a file and cuts it."""

    def cutting(path: Path) -> None:
        make(path)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return cutting


def labelled(path: Path) -> None:
    """Write a survey for SPSS whose groups have labels that are not ours."""
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(
        {"respondent_id": ["a", "b"], "group": [1.0, 2.0], "satisfaction": [5.0, 6.0]}
    )
    pyreadstat.write_sav(
        frame, path, variable_value_labels={"group": {1: "Complained", 2: "No complaint"}}
    )


def parquet(path: Path, **columns) -> None:
    """Write purchases as Parquet, with `columns` in place of the good ones."""
    import pandas as pd

    good = {"customer_id": ["A1", "A2"], "date": ["2024-01-05", "2024-02-29"], "amount": [1.0, 2.0]}
    pd.DataFrame(good | columns).to_parquet(path)


def sqlite(path: Path, *statements: str) -> None:
    """Write an SQLite database."""
    with sqlite3.connect(path) as con:
        for statement in statements or (
            "CREATE TABLE orders (customer_id TEXT, date TEXT, amount REAL)",
            "INSERT INTO orders VALUES ('A1', '2024-01-05', 12.5)",
            "CREATE TABLE returns (customer_id TEXT, date TEXT, amount REAL)",
        ):
            con.execute(statement)
    con.close()


SHEET = ("customer_id", "date", "amount")
SURVEY = "respondent_id,group,satisfaction"
ITEMS = SURVEY.replace("satisfaction", "s1,s2,s3")
SCALE = {"satisfaction": {"of": ["s1", "s2", "s3"], "reversed": ["s3"], "scale": [1, 7]}}
CUSTOMERS = "customer_id,joined_on,left_on,referred"
QUALTRICS = (
    '"StartDate","Status","respondent_id","group","satisfaction"\n'
    '"Start Date","Response Type","Your number","Group","How satisfied are\nyou now?"\n'
    '"{""ImportId"":""startDate""}","{""ImportId"":""status""}","{""ImportId"":""QID1""}",'
    '"{""ImportId"":""QID2""}","{""ImportId"":""QID3""}"\n'
    '"2024-05-01 10:00:00","Survey Preview","r1","recovered","5"\n'
    '"2024-05-01 11:00:00","IP Address","r2","no_failure","6"\n'
)

CASES = {
    # text: the file itself
    "empty file": Case("transactions", "orders.csv", text("")),
    "header alone": Case("transactions", "orders.csv", text(ORDERS)),
    "blank lines only": Case("transactions", "orders.csv", text("\n\n\n")),
    "no header": Case("transactions", "orders.csv", text(GOOD.removeprefix(ORDERS))),
    "picture called csv": Case(
        "transactions", "orders.csv", text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1")
    ),
    "cut gzip": Case(
        "transactions", "orders.csv.gz", cut(text(gzip.compress(GOOD.encode() * 50)), 0.8)
    ),
    "text called gzip": Case("transactions", "orders.csv.gz", text(GOOD)),
    "quote never closed": orders('"A1,2024-01-05,12.50', "A2,2024-01-06,1"),
    "a field too many": orders("A1,2024-01-05,12.50,x", "A2,2024-01-06,1"),
    "a field too few": orders("A1,2024-01-05,12.50", "A2,2024-01-06"),
    "cut last line": Case("transactions", "orders.csv", text(GOOD[:-12])),
    "delimiter nobody uses": Case("transactions", "orders.csv", text(GOOD.replace(",", "^"))),
    "delimiter set wrongly": Case(
        "transactions", "orders.csv", text(GOOD), {"formats": {"delimiter": ";"}}
    ),
    "utf-8 set for another encoding": Case(
        "transactions",
        "orders.csv",
        text(GOOD.replace("A1", "Añ"), "cp1252"),
        {"formats": {"encoding": "utf-8"}},
    ),
    "utf-16 without mark": Case("transactions", "orders.csv", text(GOOD, "utf-16-le")),
    "bytes of no encoding": Case(
        "transactions",
        "orders.csv",
        text(GOOD.replace("A1", "A?").encode().replace(b"?", b"\x81\xfe")),
    ),
    "header row behind the end": Case(
        "transactions", "orders.csv", text(GOOD), {"formats": {"header": 9}}
    ),
    "sheet of a text file": Case(
        "transactions", "orders.csv", text(GOOD), {"formats": {"sheet": "Ventas"}}
    ),
    "setting that is none": Case(
        "transactions", "orders.csv", text(GOOD), {"formats": {"decimals": ","}}
    ),
    "same mark twice": Case(
        "transactions", "orders.csv", text(GOOD), {"formats": {"decimal": ",", "thousands": ","}}
    ),
    "document": Case("transactions", "orders.docx", text(GOOD)),
    "old workbook": Case("transactions", "orders.xls", text(GOOD)),
    "folder": Case("transactions", "orders.csv", lambda path: path.mkdir()),
    "no file": Case("transactions", "orders.csv", lambda path: None),
    # text: names
    "other names": Case(
        "transactions", "ventas.csv", text("ID cliente;Fecha;Importe\nA1;2024-01-05;12,50\n")
    ),
    "name given that is not there": Case(
        "transactions", "orders.csv", text(GOOD), {"columns": {"amount": "Amuont"}}
    ),
    "column of ours that is none": Case(
        "transactions", "orders.csv", text(GOOD), {"columns": {"amuont": "amount"}}
    ),
    "name twice": Case(
        "transactions", "orders.csv", text("customer_id,date,amount,amount\nA1,2024-01-05,1,2\n")
    ),
    "no name": table("contacts", "arm,visit,", "holdout,0,1"),
    # text: numbers
    "thousands or decimals": orders("A1,2024-01-05,1.234", "A2,2024-01-06,5.678"),
    "thousands or decimals, comma": orders("A1;2024-01-05;1,234", "A2;2024-01-06;5,678", sep=";"),
    "point and comma": orders(
        "A1;2024-01-05;12.50", "A2;2024-01-06;7,25", "A3;2024-01-06;1.75", sep=";"
    ),
    "letter for a digit": orders("A1,2024-01-05,12.5O", "A2,2024-01-06,1"),
    "missing-value word": orders("A1,2024-01-05,NA", "A2,2024-01-06,1"),
    "error of a spreadsheet": orders("A1,2024-01-05,#N/A", "A2,2024-01-06,1"),
    "error of a spreadsheet for a customer": orders("#N/A,2024-01-05,1", "A2,2024-01-06,2"),
    "infinite": orders("A1,2024-01-05,inf", "A2,2024-01-06,1e999"),
    "number of a program": orders("A1,2024-01-05,1_000", "A2,2024-01-06,0x10"),
    "two currencies": orders("A1;2024-01-05;12,50 €", "A2;2024-01-06;$ 7,25", sep=";"),
    "percentages among numbers": table("contacts", "arm,recency", "holdout,12%", "mail,3"),
    "two decimal points": orders("A1,2024-01-05,1.2.3", "A2,2024-01-06,1.5"),
    # text: dates
    "day or month": orders("A1,03/04/2024,1", "A2,11/12/2023,2"),
    "both orders": orders("A1,25/04/2024,1", "A2,26/04/2024,1", "A3,04/27/2024,2"),
    "two-digit years": orders("A1,25/04/24,1", "A2,26/04/24,2"),
    "day that is not": orders("A1,31/02/2024,1", "A2,25/04/2024,2"),
    "future": orders("A1,2924-01-05,1", "A2,2024-01-06,2"),
    "dates as spreadsheet numbers": orders("A1,45292,1", "A2,45293,2"),
    "word for a date": orders("A1,yesterday,1", "A2,2024-01-06,2"),
    "order set against the dates": orders("A1,25/04/2024,1", formats={"dates": "mdy"}),
    # text: rules of the tables
    "row of totals": orders("A1,2024-01-05,1", "A2,2024-01-06,2", ",,3"),
    "empty id": orders(",2024-01-05,1", "A2,2024-01-06,2"),
    "empty amount": orders("A1,2024-01-05,", "A2,2024-01-06,2"),
    "nobody known": orders(*[f"A{i},2024-01-05,x" for i in range(9)], on_bad_rows="set_aside"),
    "choice that is none": orders("A1,2024-01-05,1", on_bad_rows="skip"),
    "customer twice": table("contacts", "customer_id,arm", "1,holdout", "1,mail"),
    "no arm": table("contacts", "customer_id,arm", "1,holdout", "2,"),
    "recency below 0": table("contacts", "arm,recency", "holdout,-1", "mail,2"),
    "groups in other words": table("survey", SURVEY, "1,Control,5", "2,Complained,6"),
    "value named that is no group": table(
        "survey", SURVEY, "1,Control,5", values={"group": {"Control": "none"}}
    ),
    "values of no column": table("survey", SURVEY, "1,failure,5", values={"colour": {"a": "b"}}),
    "flag in other words": table("customers", CUSTOMERS, "1,2024-01-05,,x", "2,2024-01-05,,no"),
    "left before joining": table("customers", CUSTOMERS, "1,2024-01-05,2023-12-31,no"),
    "month 0": table("margins", "customer_id,month,margin", "1,0,5", "1,1,5"),
    "month twice": table("margins", "customer_id,month,margin", "1,1,5", "1,1,6"),
    "weight below 0": table("survey", SURVEY + ",weight", "1,failure,5,-1"),
    "table that is none": table("sales", "customer_id", "1"),
    # Qualtrics and scales
    "test answers": Case("survey", "qualtrics.csv", text(QUALTRICS)),
    "item outside its scale": table(
        "survey", ITEMS, "1,failure,5,6,9", "2,recovered,4,3,2", items=SCALE
    ),
    "item not in the file": table(
        "survey", SURVEY, "1,failure,5", items={"satisfaction": ["s1", "s2"]}
    ),
    "reversed without scale": table(
        "survey",
        ITEMS,
        "1,failure,5,6,7",
        items={"satisfaction": {"of": ["s1", "s2"], "reversed": ["s2"]}},
    ),
    # Excel
    "text called workbook": Case("transactions", "orders.xlsx", text(GOOD)),
    "cut workbook": Case(
        "transactions", "orders.xlsx", cut(sheet(SHEET, ("A1", "2024-01-05", 1)).make)
    ),
    "workbook with a password": Case(
        "transactions", "orders.xlsx", text(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    ),
    "workbook without a cell": sheet(),
    "sheet that is not there": sheet(SHEET, ("A1", "2024-01-05", 1), formats={"sheet": "Ventas"}),
    "two sheets alike": sheet(
        SHEET, ("A1", "2024-01-05", 1), more=[("Ventas", [SHEET, ("A2", "2024-01-05", 1)])]
    ),
    "formula without result": sheet(SHEET, ("A1", "2024-01-05", "=1+1"), ("A2", "2024-01-06", 2)),
    "error in a cell": sheet(SHEET, ("A1", "2024-01-05", "#DIV/0!"), ("A2", "2024-01-06", 2)),
    "numbers stored as text, two ways": sheet(
        SHEET,
        ("A1", "2024-01-05", "12,50"),
        ("A2", "2024-01-06", "7.25"),
        ("A3", "2024-01-06", "8.25"),
    ),
    "heading above, row counted": sheet(
        ("Orders of 2024",), (), SHEET, ("A1", "2024-01-05", 1), ("A2", "x", 1)
    ),
    # SPSS, Stata, Parquet
    "text called SPSS": Case("survey", "survey.sav", text(GOOD)),
    "cut SPSS": Case("survey", "survey.sav", cut(labelled)),
    "labels that are not ours": Case("survey", "survey.sav", labelled),
    "text called Stata": Case("survey", "survey.dta", text(GOOD)),
    "text called Parquet": Case("transactions", "orders.parquet", text(GOOD)),
    "cut Parquet": Case("transactions", "orders.parquet", cut(parquet)),
    "dates as text in Parquet": Case(
        "transactions", "orders.parquet", lambda path: parquet(path, date=["05/04/2024", "x"])
    ),
    # databases
    "text called database": Case("transactions", "crm.db", text(GOOD)),
    "two tables": Case("transactions", "crm.sqlite", sqlite),
    "table of no database": Case(
        "transactions", "crm.sqlite", sqlite, {"formats": {"table": "order"}}
    ),
    "query that changes": Case(
        "transactions", "crm.sqlite", sqlite, {"formats": {"query": "DELETE FROM orders"}}
    ),
    "table and query": Case(
        "transactions", "crm.sqlite", sqlite, {"formats": {"table": "orders", "query": "SELECT 1"}}
    ),
}


def messages() -> dict[str, str]:
    """Return what is said of every case."""
    said = {}
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            said[name] = case.message(Path(folder))
    return said


def expected() -> dict[str, str]:
    """Return what must be said of every case."""
    return yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    before = expected() if EXPECTED.exists() else {}
    now = messages()
    changed = {name: told for name, told in now.items() if before.get(name) != told}
    yaml.safe_dump(changed, sys.stdout, allow_unicode=True, sort_keys=False, width=110)
