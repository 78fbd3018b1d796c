"""What ``retorno list`` and ``retorno explain`` show: studies, their parameters, their findings."""

import sys
from collections.abc import Sequence

import click

from retorno.errors import ParameterError
from retorno.findings import find, words
from retorno.language import say, unit_words
from retorno.simulate import WORLDS
from retorno.workbook import studies
from retorno.workbook.parameters import read_parameters, shown


def show_studies() -> None:
    """Print every study with its tables, simulated worlds and parameters."""
    heads = (say("parameter"), say("type"), say("default"), say("unit"), say("meaning"))
    for study in studies.STUDIES.values():
        parameters = read_parameters(study.notebook)
        rows = [(p.name, p.type, shown(p.default), p.unit, p.meaning) for p in parameters]
        click.echo(
            say(
                "{study}: reads {tables}; simulated worlds: {worlds}",
                study=study.name,
                tables=", ".join(study.tables),
                worlds=", ".join(WORLDS.get(study.name, ())),
            )
        )
        show_table(heads, rows)


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads: a table on a terminal, aligned text elsewhere."""
    if not sys.stdout.isatty():
        click.echo(aligned(heads, rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text, every column as wide as its widest cell.

    Examples
    --------
    >>> print(aligned(("name", "unit"), [("level", ""), ("lapse_days", "days")]))
      name        unit
      level
      lapse_days  days
    """
    lines = [heads, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join("  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def show_finding(finding: str) -> None:
    """Print what an id means; ParameterError names the nearest when there is none such."""
    known = [definition for study in studies.STUDIES for definition in studies.definitions(study)]
    definition = find(known, finding)
    if definition is None:
        ids = [definition.id for definition in known]
        raise ParameterError(
            say("There is no finding {got!r}.", got=finding)
            + studies.nearest(finding, ids)
            + studies.there_are(ids)
        )
    names = words(definition.names(finding) or {})
    for head, text in (
        (say("Finding"), finding),
        (say("Label"), say(definition.label, **names)),
        (say("Meaning"), say(definition.meaning, **names)),
        (say("Formula"), definition.formula),
        (say("Unit"), unit_words(definition.unit)),
        (say("Sign"), say(definition.sign, **names)),
    ):
        if text:
            click.echo(say("{head}: {text}", head=head, text=text))
