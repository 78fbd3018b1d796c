"""What a notebook opens: its tables, checked, with where they come from and what a simulation knows of them.

A study runs either on tables that were given or on a simulated world, never on both.
"""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from retorno import language, simulate
from retorno.display import Shown
from retorno.errors import ParameterError
from retorno.language import integer, say
from retorno.tables import about, connect, read
from retorno.tables.digest import digest
from retorno.tables.load import Loaded, load
from retorno.tables.places import Place
from retorno.tables.public import PUBLIC
from retorno.tables.scales import Scales
from retorno.workbook.as_read import AsRead, RowsSetAside
from retorno.workbook.studies import EXAMPLES

PROVENANCE_MIME = "application/vnd.retorno.provenance+json"
# In the notebook's provenance: texts about people that no report shows; the runner makes files of them.
BESIDE = "files beside the report"
SET_ASIDE_FILE, SUSPECTS_FILE = "set_aside.csv", "suspects.csv"
PACKAGES = ("retorno", "numpy", "pandas", "scipy", "statsmodels", "duckdb", "ibis-framework")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The tables of one run.

    Attributes
    ----------
    tables : dict of str to ibis.Table
        The tables there are, checked; ``inputs["contacts"]`` is None when it was not given.
    sources : tuple of dict
        For each table: table, source, rows, sha256, origin, terms, citation, left_out, set_aside, items, and
        whether it is invented.
    read : dict of str to Loaded
        How each given table was read; empty for a simulated world.
    study : str
    world : str or None
        The simulated world, None on given data.
    seed : int
    """

    tables: dict[str, object]
    sources: tuple[dict, ...]
    study: str
    world: str | None
    seed: int
    read: dict[str, Loaded] = field(default_factory=dict)

    def __getitem__(self, table: str):
        return self.tables.get(table)

    def answers(self, **parameters) -> dict[str, float]:
        """Return what the simulated world knows of the findings under these parameters; {} on given data."""
        return simulate.answers(self.study, self.world, **parameters) if self.world else {}

    @property
    def known(self) -> dict:
        """Parameters without a default that the simulated world fixes; {} on given data."""
        return simulate.parameters(self.study, self.world) if self.world else {}

    @property
    def facts(self) -> AsRead:
        """How the files were read."""
        return AsRead(self.read)

    @property
    def set_aside(self) -> RowsSetAside:
        """The bad rows, where they were to be set aside."""
        return RowsSetAside(
            {table: loaded.set_aside for table, loaded in self.read.items() if loaded.set_aside}
        )

    @property
    def scales(self) -> Scales:
        """The scores that are means of several items."""
        measured = (loaded.scales for loaded in self.read.values() if loaded.scales.scales)
        return next(measured, Scales())

    def to_frame(self):
        """Return table, source, rows and notes, one row a table."""
        import pandas as pd

        rows = [
            (s["table"], s["source"], s["rows"], s["terms"], self._left_out(s))
            for s in self.sources
        ]
        return pd.DataFrame(rows, columns=["table", "source", "rows", "terms", "left_out"])

    def _left_out(self, source: dict) -> str:
        """Return what is not among the rows of a table, each reason with its count."""
        reasons = dict(source["left_out"])
        if source["set_aside"]:
            reasons[say("set aside")] = self.set_aside.tables[source["table"]].rows
        told = [f"{reason}: {integer(count)}" for reason, count in reasons.items()]
        return "; ".join(told) or say("nothing")

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "table": (say("Table"), "text"),
            "source": (say("Source"), "text"),
            "rows": (say("Rows"), "count"),
            "terms": (say("Terms"), "text"),
            "left_out": (say("Left out"), "text"),
        }

    def table_caption(self) -> str:
        """Say what was read."""
        if self.world:
            return say(
                'Tables of the simulated world "{world}", seed {seed}: nobody in them exists.',
                world=self.world,
                seed=self.seed,
            )
        return say("Where the tables come from, and what was left out of them.")

    def provenance(self, suspects: str | None = None, /, **parameters) -> Shown:
        """Show parameters, seed, data digests and package versions; the runner takes them from here.

        `suspects` is the text of a file that goes beside the report, as the rows set aside do.
        """
        beside = {SET_ASIDE_FILE: self.set_aside.csv(), SUSPECTS_FILE: suspects}
        versions = {"python": platform.python_version()} | {
            name: version(name) for name in PACKAGES
        }
        record = {
            BESIDE: {name: text for name, text in beside.items() if text},
            "simulated": self.world is not None,
            "world": self.world,
            "data": list(self.sources),
            "parameters": parameters,
            "seed": self.seed,
            "versions": versions,
        }
        lines = [
            *(f"{name} = {value!r}" for name, value in parameters.items()),
            f"seed = {self.seed}",
            *(f"{s['table']}: {s['source']}, sha256 {s['sha256'] or '-'}" for s in self.sources),
            *(f"{name} {number}" for name, number in versions.items()),
        ]
        return Shown({"text/plain": "\n".join(lines), PROVENANCE_MIME: record})


def open_inputs(
    study: str,
    *,
    data: Mapping[str, str],
    columns: Mapping[str, Mapping[str, str]],
    values: Mapping[str, Mapping[str, Mapping]],
    formats: Mapping[str, Mapping],
    items: Mapping[str, Mapping] | None = None,
    on_bad_rows: str,
    world: str,
    customers: int,
    seed: int,
    level: float,
    min_group: int,
    currency: str,
    language: str,
    engine: str,
) -> Inputs:
    """Check what all studies share, choose the language and open the tables.

    Parameters
    ----------
    study : str
        Name of the study, which names its simulated worlds.
    data : mapping of str to str
        Table to file or public set; empty reads the simulated `world` of `customers` customers.
    columns, values : mapping
        For each table: our column to theirs; column to their value to ours.
    formats, items : mapping
        For each table: how its file is written; our column to the items whose mean it is.
    on_bad_rows : str
        "stop" lists them all in one error; "set_aside" goes on without them and lists them beside
        the report.

    Raises
    ------
    ParameterError, TableError
        When a parameter is out of range or a table breaks its contract.
    """
    _check_shared(level, min_group, currency, language)
    con = connect(engine)
    if not data:
        return _simulated(study, world, customers, seed, con)
    items = items or {}
    settings = {"columns": columns, "values": values, "formats": formats, "items": items}
    for name, given in settings.items():
        if strange := sorted(set(given) - set(data)):
            raise ParameterError(
                say("{name}: {table!r} is not among the tables given.", name=name, table=strange[0])
            )
    loaded = {}
    for table, source in data.items():
        own = {name: given.get(table) for name, given in settings.items()}
        loaded[table] = load(table, source, **own, on_bad_rows=on_bad_rows, level=level, con=con)
        _check_currency(loaded[table], currency)
    tables = {table: each.frame for table, each in loaded.items()}
    sources = tuple(_source(table, data[table], each) for table, each in loaded.items())
    return Inputs(tables, sources, study, None, seed, loaded)


def _check_shared(level: float, min_group: int, currency: str, spoken: str) -> None:
    from babel import Locale

    language.use(spoken)
    if not 0.5 < level < 1:
        raise ParameterError(
            say(
                "level: wanted the coverage of intervals, above 0.5 and below 1, as 0.95; got {got}.",
                got=level,
            )
        )
    if min_group < 2:
        raise ParameterError(
            say("min_group: wanted 2 customers or more; got {got}.", got=min_group)
        )
    if currency not in Locale("en").currencies:
        raise ParameterError(
            say(
                "currency: wanted the three letters of a currency, as EUR; got {got!r}.",
                got=currency,
            )
        )


def _check_currency(loaded: Loaded, currency: str) -> None:
    """Stop when amounts carry the sign of another currency than the run's."""
    from babel.numbers import get_currency_symbol

    names = {currency, *(get_currency_symbol(currency, code) for code in ("en", "es"))}
    for sign in loaded.currencies:
        if not any(name.endswith(sign) or sign.endswith(name) for name in names):
            raise ParameterError(
                say(
                    "currency: the run is in {currency}, but {table} writes amounts in {sign}. Set "
                    "the parameter currency to what the amounts are in.",
                    currency=currency,
                    table=loaded.contract.name,
                    sign=repr(sign),
                )
            )


def _simulated(study: str, world: str, customers: int, seed: int, con) -> Inputs:
    import pandas as pd

    if customers < 1:
        raise ParameterError(
            say("customers: wanted 1 or more to simulate; got {got}.", got=customers)
        )
    tables, sources = {}, []
    for table, frame in simulate.simulate(study, world, customers, seed).tables().items():
        tables[table] = read(table, frame, con=con)
        content = pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
        sources.append(
            _record(
                table,
                say("simulated"),
                len(frame),
                hashlib.sha256(content).hexdigest(),
                invented=True,
            )
        )
    return Inputs(tables, tuple(sources), study, world, seed)


def _source(table: str, source: str, loaded: Loaded) -> dict:
    place = Place.of(source, Path.cwd())
    aside = loaded.set_aside
    rows = loaded.rows - (aside.rows if aside else 0)
    made = {"set_aside": aside.reasons} if aside else {}
    made["items"] = [scale.ours for scale in loaded.scales.scales]
    made["invented"] = place.sha256 in _examples() or (
        source in PUBLIC and PUBLIC[source].fictional
    )
    known = about(source)
    if known is None:
        return _record(table, place.shown, rows, place.sha256, **made)
    return _record(
        table,
        known["title"],
        rows,
        place.sha256,
        **{key: known[key] for key in ("origin", "terms", "citation", "left_out")},
        **made,
    )


@cache
def _examples() -> frozenset[str]:
    """Return the digests of the example tables, which are simulated wherever they are copied to."""
    return frozenset(map(digest, EXAMPLES.glob("*.csv")))


def _record(
    table,
    source,
    rows,
    sha256,
    *,
    origin=None,
    terms=None,
    citation=None,
    left_out=None,
    set_aside=None,
    items=(),
    invented=False,
):
    return {
        "table": table,
        "source": source,
        "rows": rows,
        "sha256": sha256,
        "origin": origin,
        "terms": terms,
        "citation": citation,
        "left_out": left_out or {},
        "set_aside": set_aside or {},
        "items": list(items),
        "invented": invented,
    }
