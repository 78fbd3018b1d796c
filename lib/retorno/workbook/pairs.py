"""Pairs typed on the command line: ``TABLE=SOURCE``, ``OURS=THEIRS``, ``COLUMN.THEIRS=OURS`` ...."""

from collections.abc import Iterable, Sequence

from retorno.errors import ParameterError
from retorno.language import say
from retorno.tables import places


def pair(option: str, text: str, form: str) -> tuple[str, str]:
    """Return what stands before and after the first equals sign; `form` is what was wanted."""
    left, equals, right = text.partition("=")
    if not (left and equals and right):
        raise ParameterError(
            say("{option} wants {form}; got {got!r}.", option=option, form=form, got=_seen(text))
        )
    return left, right


def _seen(text: str) -> str:
    """Return what was typed, the password of an address hidden."""
    return places.shown(text) if places.is_address(text) else text


def once(option: str, pairs: Iterable[tuple[str, object]]) -> dict:
    """Return pairs by name; a name given twice is a contradiction."""
    found = {}
    for name, value in pairs:
        if name in found:
            raise ParameterError(say("{option} {name} is given twice.", option=option, name=name))
        found[name] = value
    return found


def column_names(texts: Sequence[str]) -> dict[str, str]:
    """Return our name -> theirs.

    Examples
    --------
    >>> column_names(["customer_id=ID cliente", "date=Fecha"])
    {'customer_id': 'ID cliente', 'date': 'Fecha'}
    """
    return once("--columns", (pair("--columns", text, "OURS=THEIRS") for text in texts))


def settings(texts: Sequence[str]) -> dict[str, str | int]:
    """Return setting -> value, a row number as a number.

    Examples
    --------
    >>> settings(["decimal=,", "header=4"])
    {'decimal': ',', 'header': 4}
    """
    given = once("--format", (pair("--format", text, "NAME=VALUE") for text in texts))
    return {
        name: int(value) if name.endswith("header") and value.isdecimal() else value
        for name, value in given.items()
    }


def value_names(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return column -> their value -> ours.

    Examples
    --------
    >>> value_names(["arm.Control=holdout", "arm.Mail A=mail_a"])
    {'arm': {'Control': 'holdout', 'Mail A': 'mail_a'}}
    """
    form = "COLUMN.THEIRS=OURS"
    found: dict[str, dict[str, str]] = {}
    for left, ours in once("--values", (pair("--values", text, form) for text in texts)).items():
        column, dot, theirs = left.partition(".")
        if not (column and dot and theirs):
            raise ParameterError(
                say("{option} wants {form}; got {got!r}.", option="--values", form=form, got=left)
            )
        found.setdefault(column, {})[theirs] = ours
    return found
