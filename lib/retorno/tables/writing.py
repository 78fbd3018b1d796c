"""How numbers and dates are written in a table: found in all its cells, set by the user, or asked."""

from collections.abc import Mapping

from retorno.tables import checks
from retorno.tables.cells import Reading
from retorno.tables.formats import Format, Writing


def understood(
    table: str, cells, readings: Mapping[str, Reading], theirs: Mapping[str, str], asked: Format
) -> tuple[Writing, dict[str, str], list[str]]:
    """Return how numbers and dates are written, the kind of every column, and what only the user can say.

    Parameters
    ----------
    table : str
        Name of the contract, for the line of a parameter file that settles a question.
    cells : ibis.Table
        As in `Given`.
    readings : mapping of str to Reading
        Our name -> how its cells are read, the writing not yet known.
    theirs : mapping of str to str
        Our name -> the name in the file.
    asked : Format
        What the user has set, which is never questioned.
    """
    writing = Writing()
    return writing, _kinds(cells, readings), []


def _kinds(cells, readings: Mapping[str, Reading]) -> dict[str, str]:
    """Return the kind of every column; one whose kind is to be found is a number when all its cells are."""
    from dataclasses import replace

    other = [name for name, reading in readings.items() if reading.kind is None]
    kinds = {name: reading.kind for name, reading in readings.items() if reading.kind is not None}
    if not other:
        return kinds
    numbers = checks.converted(
        cells, {name: replace(readings[name], kind="number") for name in other}
    )
    flags = {name: numbers[checks.UNREADABLE + name].any() for name in other}
    temporal = {name for name in other if cells[readings[name].place].type().is_temporal()}
    unreadable = cells.aggregate(**flags).to_pyarrow().to_pylist()[0]
    found = {n: "text" if unreadable[n] or n in temporal else "number" for n in other}
    return {name: kinds.get(name) or found[name] for name in readings}
