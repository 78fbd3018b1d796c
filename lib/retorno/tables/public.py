"""Public data sets: shown with origin and terms, fetched by the user, recognised by content, kept here.

None of them travels with this repository. A set is kept as ``<store>/<name>.parquet`` beside
``<name>.json``, which tells where it came from, under which terms, and what was left out.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from retorno.errors import TableError
from retorno.language import mark, number, say
from retorno.tables.digest import digest
from retorno.tables.problems import nearest, refusal

STORE = "RETORNO_RAW"


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A public data set: what it is, whose it is, and how it is known.

    Attributes
    ----------
    name, title, table : str
        Its name here; its title; the table it can be read as.
    origin, terms, citation, url, file : str
        Who offers it; under which terms; how to cite it; where it is, empty when it is not offered as
        one file; the file's name there, or what it is made of.
    columns : dict of str to str
        Published column -> SQL type, in published order.
    facts : dict of str to (str, float)
        What is counted -> SQL aggregate and the value by which the set is recognised.
    kept : str
        SQL select list of the kept file.
    left_out : dict of str to str
        Reason -> SQL condition of the rows left out of the kept file.
    fictional : bool
        Nobody in it exists.
    """

    name: str
    title: str
    table: str
    origin: str
    terms: str
    citation: str
    url: str
    file: str
    columns: dict[str, str]
    facts: dict[str, tuple[str, float]]
    kept: str
    left_out: dict[str, str]
    fictional: bool = False

    def recognise(self, con, path: Path):
        """Return the rows of the set as an Ibis table in `con`; TableError when `path` is not the set.

        The file may be in the origin's format, in the form kept in Parquet, packed or not: what
        counts is columns, number of rows and sums.
        """
        from retorno.tables.unpack import published

        table = published(self, con, path)
        found = {}
        for label, (sql, _) in self.facts.items():
            value = con.raw_sql(f'SELECT {sql} FROM "{table.op().name}"').fetchone()[0]
            found[label] = float(value or 0)
        wrong = [
            self._wanted_and_got(label, value)
            for label, value in found.items()
            if abs(value - self.facts[label][1]) > 0.005
        ]
        if wrong:
            message = say(
                "this is not {title}: {wrong}.", title=say(self.title), wrong="; ".join(wrong)
            )
            raise refusal(self.name, path.name, [message])
        return table

    def _wanted_and_got(self, label: str, got: float) -> str:
        wanted = self.facts[label][1]
        digits = 0 if wanted == int(wanted) and got == int(got) else 2
        return say(
            "{label}: wanted {wanted}, got {got}",
            label=say(label),
            wanted=number(wanted, digits),
            got=number(got, digits),
        )

    def record(self, sha256: str, rows: int, left_out: dict[str, int]) -> dict:
        """Return what is kept about the set beside its rows."""
        return {
            "name": self.name,
            "title": self.title,
            "table": self.table,
            "origin": self.origin,
            "terms": self.terms,
            "citation": self.citation,
            "url": self.url,
            "sha256": sha256,
            "rows": rows,
            "left_out": left_out,
        }


CDNOW = PublicSet(
    name="cdnow",
    title=mark("CDNOW master data set"),
    table="transactions",
    origin=mark("Peter Fader and Bruce Hardie, brucehardie.com"),
    terms=mark("no licence stated at the origin; usual practice is academic use with citation"),
    citation=mark(
        "Fader, P. S. and Hardie, B. G. S. (2001), Forecasting Repeat Sales at CDNOW: A Case "
        "Study, Interfaces 31(3), part 2."
    ),
    url="http://www.brucehardie.com/datasets/CDNOW_master.zip",
    file="CDNOW_master.txt",
    columns={"customer_id": "BIGINT", "date": "DATE", "quantity": "BIGINT", "amount": "DOUBLE"},
    facts={
        mark("rows"): ("count(*)", 69_659),
        mark("customers"): ("count(DISTINCT customer_id)", 23_570),
        mark("CDs"): ("sum(quantity)", 167_881),
        mark("sum of amounts"): ("sum(amount)", 2_500_315.63),
    },
    kept="customer_id::VARCHAR AS customer_id, date, quantity, amount",
    left_out={},
)

HILLSTROM = PublicSet(
    name="hillstrom",
    title=mark("MineThatData E-Mail Analytics and Data Mining Challenge"),
    table="contacts",
    origin=mark("Kevin Hillstrom, minethatdata.com, 20 March 2008"),
    terms=mark(
        "offered by its author for anyone to analyse; no licence text; ask before redistributing"
    ),
    citation=mark(
        "Hillstrom, K. (2008), The MineThatData E-Mail Analytics and Data Mining Challenge, "
        "minethatdata.com, 20 March 2008."
    ),
    url="http://www.minethatdata.com/"
    "Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv",
    file="Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv",
    columns={
        "recency": "BIGINT",
        "history_segment": "VARCHAR",
        "history": "DOUBLE",
        "mens": "BIGINT",
        "womens": "BIGINT",
        "zip_code": "VARCHAR",
        "newbie": "BIGINT",
        "channel": "VARCHAR",
        "segment": "VARCHAR",
        "visit": "BIGINT",
        "conversion": "BIGINT",
        "spend": "DOUBLE",
    },
    facts={
        mark("rows"): ("count(*)", 64_000),
        mark("customers without e-mail"): ("count(*) FILTER (segment = 'No E-Mail')", 21_306),
        mark("visits"): ("sum(visit)", 9_394),
        mark("orders"): ("sum(conversion)", 578),
        mark("sum of spend"): ("sum(spend)", 67_258.13),
    },
    kept="*",
    left_out={},
)

ONLINE_RETAIL = PublicSet(
    name="online_retail",
    title=mark("Online Retail"),
    table="transactions",
    origin=mark("D. Chen, UCI Machine Learning Repository"),
    terms=mark("CC BY 4.0, as the UCI Machine Learning Repository lists it (read second-hand)"),
    citation=mark(
        "Chen, D., Sain, S. L. and Guo, K. (2012), Data mining for the online retail industry, "
        "Journal of Database Marketing and Customer Strategy Management 19(3), 197-208."
    ),
    url="https://archive.ics.uci.edu/static/public/352/online+retail.zip",
    file="Online Retail.xlsx",
    columns={
        "InvoiceNo": "VARCHAR",
        "StockCode": "VARCHAR",
        "Description": "VARCHAR",
        "Quantity": "BIGINT",
        "InvoiceDate": "TIMESTAMP",
        "UnitPrice": "DOUBLE",
        "CustomerID": "BIGINT",
        "Country": "VARCHAR",
    },
    facts={
        mark("rows"): ("count(*)", 541_909),
        mark("invoices"): ("count(DISTINCT InvoiceNo)", 25_900),
        mark("customers"): ("count(DISTINCT CustomerID)", 4_372),
        mark("rows without customer"): ("count(*) - count(CustomerID)", 135_080),
        mark("sum of amounts"): ("sum(Quantity * UnitPrice)", 9_747_747.934),
    },
    kept="*, CustomerID::VARCHAR AS customer_id, InvoiceDate::DATE AS date, "
    "Quantity * UnitPrice AS amount",
    left_out={mark("rows without CustomerID"): "CustomerID IS NULL"},
)

TELCO = PublicSet(
    name="telco",
    title=mark("Telco customer churn, extended (fictional)"),
    table="referrers",
    origin=mark("IBM, Cognos Analytics sample Telco customer churn (11.1.3+)"),
    terms=mark(
        "a product sample of IBM without a licence of its own: free for teaching with attribution to IBM; ask before "
        "redistributing"
    ),
    citation=mark(
        "IBM, Cognos Analytics sample Telco customer churn (11.1.3+). An invented telephone company in "
        "California: nobody in it exists."
    ),
    url="",
    fictional=True,
    file=mark("its tables demographics, services and status, merged on the customer's id"),
    columns={
        "customer_id": "VARCHAR",
        "gender": "VARCHAR",
        "age": "BIGINT",
        "married": "VARCHAR",
        "number_of_dependents": "BIGINT",
        "number_of_referrals": "BIGINT",
        "tenure_in_months": "BIGINT",
        "contract": "VARCHAR",
        "payment_method": "VARCHAR",
        "monthly_charge": "DOUBLE",
        "total_revenue": "DOUBLE",
        "satisfaction_score": "BIGINT",
        "churn_value": "BIGINT",
    },
    facts={
        mark("rows"): ("count(*)", 7_043),
        mark("customers"): ("count(DISTINCT customer_id)", 7_043),
        mark("customers who left"): ("sum(churn_value)", 1_869),
        mark("customers who referred"): ("count(*) FILTER (number_of_referrals > 0)", 3_222),
        mark("referrals"): ("sum(number_of_referrals)", 13_747),
    },
    kept="* EXCLUDE (number_of_referrals, churn_value), number_of_referrals AS referrals, "
    'churn_value = 1 AS "left"',
    left_out={},
)

PUBLIC = {each.name: each for each in (CDNOW, HILLSTROM, ONLINE_RETAIL, TELCO)}


def public(name: str) -> PublicSet:
    """Return the set `name`; TableError names the sets there are."""
    if name in PUBLIC:
        return PUBLIC[name]
    message = mark("{name}: no public data set of this name; there are {names}.")
    raise TableError(say(message, name=repr(name), names=", ".join(PUBLIC)) + nearest(name, PUBLIC))


def store() -> Path:
    """Return the folder of the sets kept here: RETORNO_RAW, else data/raw of a checkout, else the user's cache."""
    if os.environ.get(STORE):
        return Path(os.environ[STORE])
    package = Path(__file__).parents[1]
    if not (package / "_workbook").is_dir():
        return package.parents[1] / "data" / "raw"
    import pooch

    return Path(pooch.os_cache("retorno"))


def kept(name: str, folder: Path | None = None) -> Path | None:
    """Return the kept file of a public set, None when it is not here."""
    file = Path(folder or store()) / f"{public(name).name}.parquet"
    return file if file.is_file() and file.with_suffix(".json").is_file() else None


def add(name: str, file, folder: Path | None = None) -> Path:
    """Keep the set `name` from `file`, whole or not at all, and return the kept file.

    Raises
    ------
    TableError
        When there is no such set or file, or the file is not the set.
    """
    from retorno.tables.engine import connect

    wanted, file, folder = public(name), _existing(Path(file)), Path(folder or store())
    con = connect()
    table = wanted.recognise(con, file).op().name
    left_out = {
        reason: con.raw_sql(f'SELECT count(*) FROM "{table}" WHERE {condition}').fetchone()[0]
        for reason, condition in wanted.left_out.items()
    }
    out = " OR ".join(f"({condition})" for condition in wanted.left_out.values()) or "false"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".adding-") as beside:
        rows_file, record_file = Path(beside) / "rows", Path(beside) / "record"
        rows = con.raw_sql(
            f'COPY (SELECT {wanted.kept} FROM "{table}" WHERE NOT ({out}) ORDER BY rowid) '
            "TO ? (FORMAT parquet, COMPRESSION zstd)",
            parameters=[str(rows_file)],
        ).fetchone()[0]
        record = wanted.record(digest(file), rows, left_out)
        record_file.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        target = folder / f"{name}.parquet"
        rows_file.replace(target)
        record_file.replace(target.with_suffix(".json"))
    return target


def get(name: str, folder: Path | None = None, url: str | None = None) -> Path:
    """Download the set `name` from its origin (or `url`), keep it and return the kept file."""
    import pooch

    wanted = public(name)
    address = url or wanted.url
    if not address:
        raise TableError(say("{name}: ", name=name) + by_hand(wanted))
    pooch.get_logger().setLevel("ERROR")
    with tempfile.TemporaryDirectory() as beside:
        try:
            file = pooch.retrieve(
                address,
                known_hash=None,  # a set is known by its content, see `recognise`
                fname=Path(address).name,
                path=beside,
                downloader=pooch.HTTPDownloader(progressbar=False, timeout=60),
            )
        except (OSError, ValueError) as error:
            message = mark(
                "{name}: {url} cannot be downloaded ({reason}). Download it by hand, then: "
                "retorno data add {name} FILE"
            )
            reason = str(error).split("\n")[0]
            raise TableError(say(message, name=name, url=address, reason=reason)) from error
        return add(name, file, folder)


def locate(source) -> Path:
    """Return the file behind a path or the name of a public set; TableError says how to get it."""
    name = str(source)
    if name not in PUBLIC:
        return _existing(Path(source))
    file = kept(name)
    if file is None:
        if not PUBLIC[name].url:
            raise TableError(
                say("{name}: this public data set is not here yet: ", name=name)
                + by_hand(PUBLIC[name])
            )
        raise TableError(
            say(
                "{name}: this public data set is not here yet: retorno data get {name}, or download "
                "it from {url} and: retorno data add {name} FILE",
                name=name,
                url=PUBLIC[name].url,
            )
        )
    return file


def by_hand(wanted: PublicSet) -> str:
    """Return how to get a set that its origin does not offer as one file."""
    return say(
        "its origin ({origin}) does not offer it as one file. Get {file}, save that as CSV, Excel or Parquet, and: "
        "retorno data add {name} FILE",
        origin=say(wanted.origin),
        file=say(wanted.file),
        name=wanted.name,
    )


def about(source) -> dict | None:
    """Return what is kept about a public set (title, origin, terms ...), None for any other source."""
    if str(source) not in PUBLIC:
        return None
    record = json.loads(locate(source).with_suffix(".json").read_text(encoding="utf-8"))
    public = PUBLIC[str(source)]
    words = {name: say(getattr(public, name)) for name in ("title", "origin", "terms", "citation")}
    return record | words | {"left_out": {say(why): n for why, n in record["left_out"].items()}}


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    if path.exists():
        raise TableError(say("{path} is a folder; wanted a file.", path=repr(str(path))))
    message = say("there is no file {path}.", path=repr(str(path)))
    raise TableError(message + ("" if path.suffix else nearest(path.name, PUBLIC)))
