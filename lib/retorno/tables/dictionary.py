"""The data dictionary: ``data/README.md``, written from the contracts and the public sets.

``python -m retorno.tables.dictionary`` writes the file; a test keeps it current.
"""

from pathlib import Path

from retorno.language import number
from retorno.tables.columns import Column, Contract
from retorno.tables.contracts import CONTRACTS
from retorno.tables.public import PUBLIC, PublicSet

FILE = Path(__file__).parents[3] / "data" / "README.md"

INTRODUCTION = """\
# Data dictionary

Written from the contracts by `python -m retorno.tables.dictionary`: change them, not this page.

- `examples/`: small simulated tables in the input format, to copy. Nobody in them exists.
- `published/`: facts from the literature, each row with its source.
- `templates/`: `effects.csv`, a header to fill in from a licensed paper.
- `raw/`: public data sets fetched by `retorno data get` or `retorno data add`. They stay on your
  machine: none of them travels with this repository.

## How a table is read

| source | ending or address | settings under `formats` |
| --- | --- | --- |
| all | | `decimal`, `thousands`, `dates` (`ymd`, `dmy` or `mdy`) |
| text | `.csv`, `.tsv`, `.txt`, also `.gz`; Qualtrics exports | `delimiter`, `encoding`, `header` |
| Excel | `.xlsx`, `.xlsm` | `sheet`, `header` |
| SPSS, Stata | `.sav`, `.zsav`, `.dta` | `encoding` |
| Parquet | `.parquet`, `.pq` | |
| database | `.duckdb`, `.sqlite`, `.db`; `postgresql://user@host/name` | `table` or `query` |

Nothing needs to be set: separator, encoding, the row with the names, the decimal mark and the order
of day and month are found in the whole file and shown. What can be read in two ways is asked, with
the line that settles it: 03/04/2024 in a file where no day is above 12, 1.234 where nothing tells
thousands from decimals, two sheets that both fit.

    data: {transactions: ventas.xlsx}
    formats: {transactions: {sheet: Ventas 2024, dates: dmy, decimal: comma}}
    columns: {transactions: {customer_id: ID cliente, date: Fecha, amount: Importe}}

- `columns`: our name, then yours. `retorno check TABLE FILE --write mine.yml` guesses them, in
  English and Spanish, and marks each guess.
- `values`: your word, then ours, or `null` for "no answer": `values: {survey: {group: {Solved:
  recovered}, satisfaction: {99: null}}}`. The value labels of SPSS and Stata can be named instead
  of their codes.
- `items`: a score that is the mean of several questions. `reversed` ones are turned round on the
  `scale`; with fewer than `answered` of them (half, if not said) there is no score. The report
  shows Cronbach's alpha with its interval.

      items: {survey: {satisfaction: {of: [s1, s2, s3], reversed: [s3], scale: [1, 7], answered: 2}}}

- Numbers may carry a currency sign, a percent sign (25 % is 0.25), a thousands mark, a minus behind
  or brackets for a negative amount; each such reading is counted and shown. Ids stay as they are
  written ("00123" keeps its zeros). A time of day is dropped.
- Databases are only read. Put no password into an address: PGPASSWORD or `~/.pgpass` keep it out of
  your files.

A table that breaks its contract is refused with every problem listed: column, rule, number of rows,
the first five rows as numbered in the file (header and blank lines count) and their
values. With `on_bad_rows: set_aside` the run goes on without these rows: they are written to
`set_aside.csv` beside the report, with their reasons, and the report says how many they are and
what share. No row is dropped in silence and no value is mended.
"""

KINDS = {
    "id": "id (text)",
    "text": "text",
    "date": "date",
    "number": "number",
    "money": "money (number)",
    "flag": "yes or no",
}


def text() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION, *(_table(contract) for contract in CONTRACTS.values())]
    parts.append(
        "## Public data sets\n\nOrigin and terms come first: read them before you use a set.\n"
    )
    parts += [_public(each) for each in PUBLIC.values()]
    return "\n".join(parts)


def write(file: Path = FILE) -> None:
    """Write the page to `file`."""
    file.write_text(text(), encoding="utf-8")


def _table(contract: Contract) -> str:
    lines = [
        f"## `{contract.name}`",
        "",
        f"One row is {contract.row}.",
        "",
        "| column | type | unit | required | allowed | meaning |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(column) for column in contract),
        "",
    ]
    if contract.extra:
        lines += [
            f"{contract.extra[0].upper()}{contract.extra[1:]}: a number when every filled cell is "
            "one, else text.",
            "",
        ]
    return "\n".join(lines)


def _row(column: Column) -> str:
    required = "yes" if column.required else "no"
    cells = [f"`{column.name}`", KINDS[column.kind], column.unit, required, _allowed(column)]
    return f"| {' | '.join([*cells, column.meaning])} |"


def _allowed(column: Column) -> str:
    rules = []
    if column.allowed is not None:
        rules.append(", ".join(f"`{value}`" for value in column.allowed))
    if column.minimum is not None:
        rules.append(f"{number(column.minimum, 0)} or more")
    if column.maximum is not None:
        rules.append(f"{number(column.maximum, 0)} or less")
    if column.whole:
        rules.append("whole numbers")
    if column.kind == "date":
        rules.append("not in the future")
    if column.unique:
        rules.append("each once")
    if column.not_before is not None:
        rules.append(f"not before `{column.not_before}`")
    if column.once_for is not None:
        rules.append(f"each once for a `{column.once_for}`")
    rules.append("may be empty" if column.may_be_empty else "never empty")
    return "; ".join(rules)


def _public(each: PublicSet) -> str:
    return "\n".join(
        [
            f"### `{each.name}`: {each.title}",
            "",
            f"- Origin: {each.origin}; "
            + (
                f"`{each.file}`, <{each.url}>"
                if each.url
                else f"not offered as one file: {each.file}"
            ),
            f"- Terms: {each.terms}.",
            f"- Cite: {each.citation}",
            f"- Read as `{each.table}`. Published columns: "
            + ", ".join(f"`{name}`" for name in each.columns)
            + ".",
            *(f"- Left out and counted: {reason}." for reason in each.left_out),
            "",
        ]
    )


if __name__ == "__main__":
    write()
