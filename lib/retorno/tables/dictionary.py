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
- `published/`: figures from the literature, each row with its source.
- `raw/`: public data sets fetched by `retorno data get` or `retorno data add`. They stay on your
  machine: none of them travels with this repository.

## How a table is read

CSV (`.csv`, `.tsv`, `.txt`, also `.gz`; UTF-8, a header line, fields separated by comma, semicolon,
tab or bar) and Parquet. Numbers have a decimal point and no thousands mark; dates are written
2024-12-31, with or without a time of day, which is dropped; ids stay as they are written ("00123"
keeps its zeros); yes or no is written yes and no, true and false, or 1 and 0. Columns with other
names are named in the parameter file, so are values:

    columns: {transactions: {customer_id: Client, amount: Total}}
    values: {contacts: {arm: {Control: holdout}}, survey: {group: {complaint solved: recovered}}}

A table that breaks its contract is refused with every problem listed: column, rule, number of rows,
the first five rows as numbered in the file (a header line is row 1) and their values. No row is
dropped and no value is mended. `retorno check TABLE FILE` shows what was understood.
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
            f"- Origin: {each.origin}; `{each.file}`, <{each.url}>",
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
