"""Which column of a file may be which of ours, and which value: guesses from English and Spanish names.

A guess is shown and marked, never acted upon. Names are compared by their words, not by their letters: `date`
is not in "fecha de nacimiento" nor `margin` in "margin %", because a name with a word too many means
something else. Where two columns fit equally well there is no guess.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from retorno.language import say
from retorno.tables.columns import Column, Contract
from retorno.tables.vocabulary import CONTROL, NAMES, NO, SILENT, SPELLINGS, TREATED, VALUES, YES

OURS = {theirs: ours for ours, spelt in SPELLINGS.items() for theirs in spelt.split()}
_NAMES = " ".join(names for each in NAMES.values() for tiers in each.values() for names in tiers)
KNOWN = {*OURS, *SILENT, *re.findall(r"\w+", _NAMES)}
MOST = 50  # different values: a column with more is no group


@dataclass(frozen=True, slots=True)
class Guess:
    """The column of the file that may be one of ours, and why it is thought so."""

    theirs: str
    why: str


@dataclass(frozen=True, slots=True)
class Guesses:
    """What was guessed of one table.

    Attributes
    ----------
    header : tuple of str
        The names in the file.
    columns : dict of str to Guess
        Our column -> theirs; only where the file does not call it as we do.
    values : dict of str to dict
        Our column -> their value -> ours.
    unread : dict of str to tuple of str
        Our column -> values that fit none of ours and were not guessed.
    """

    header: tuple[str, ...]
    columns: dict[str, Guess] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)


def guess(
    contract: Contract, header: Sequence[str], columns: Mapping[str, str] | None = None
) -> dict[str, Guess]:
    """Return our column -> the guess, for the columns the file does not call as we do.

    No column of the file is guessed twice, nor one that `columns`, the user's own mapping, names.

    Examples
    --------
    >>> from retorno.tables.contracts import contract
    >>> found = guess(contract("transactions"), ["ID cliente", "Fecha compra", "Importe (€)", "Margen %"])
    >>> {ours: guess.theirs for ours, guess in found.items()}
    {'customer_id': 'ID cliente', 'date': 'Fecha compra', 'amount': 'Importe (€)'}
    """
    columns = dict(columns or {})
    settled = {*columns, *(name for name in contract.names if name in header)}
    taken = {*columns.values(), *settled}
    free = [name for name in header if name and name not in taken]
    known = _known(contract.name)
    fitting = defaultdict(lambda: defaultdict(list))
    for name in free:
        if (found := known.get(words(name))) and found[0] not in settled:
            fitting[found[0]][found[1]].append(name)
    guesses = {}
    for ours, tiers in fitting.items():
        best = tiers[min(tiers)]
        if len(best) == 1:
            guesses[ours] = Guess(best[0], say("from the name {name}", name=repr(best[0])))
    return {ours: guesses[ours] for ours in contract.names if ours in guesses}


def guess_values(
    contract: Contract, ours: str, values: Iterable[str], theirs: str = ""
) -> dict[str, str]:
    """Return their value -> ours for a column of groups, arms or yes and no; {} for any other.

    Parameters
    ----------
    contract : Contract
    ours : str
    values : iterable of str
        The different values there are, as text; those already ours are left alone.
    theirs : str
        The column's name in the file: what a yes means in a column of arms.

    Examples
    --------
    >>> from retorno.tables.contracts import contract
    >>> guess_values(contract("survey"), "group", ["Sin fallo", "Recuperado", "Otro"])
    {'Sin fallo': 'no_failure', 'Recuperado': 'recovered'}
    """
    values = list(values)
    if contract[ours].kind == "flag":
        return {
            value: mine
            for value, mine in _flags(values).items()
            if not _is_ours(contract[ours], value)
        }
    if ours == "arm" and (arms := _arms(theirs)) and (answers := _flags(values)):
        return {value: arms[answer] for value, answer in answers.items()}
    meant = {text: mine for mine, texts in VALUES.get(ours, {}).items() for text in _split(texts)}
    found = {value: meant[_plain(value)] for value in values if _plain(value) in meant}
    if ours == "arm" and len({_plain(value) for value in found}) > 1:
        return {}  # "control" beside "no e-mail": one of them is an arm of its own
    return {value: mine for value, mine in found.items() if value != mine}


def guessed(contract: Contract, given, columns: Mapping[str, str] | None = None) -> Guesses:
    """Return what can be guessed of a table as it was given: columns first, then values.

    Parameters
    ----------
    contract : Contract
    given : Given
        From `retorno.tables.sources.opened`.
    columns : mapping of str to str, optional
        Our name -> theirs, where the user has said so.
    """
    found = guess(contract, given.header, columns)
    theirs = {name: name for name in contract.names if name in given.header}
    theirs |= {ours: each.theirs for ours, each in found.items()} | dict(columns or {})
    values, unread = {}, {}
    for ours, name in theirs.items():
        if ours not in contract or name not in given.header:
            continue
        if ours not in VALUES and contract[ours].kind != "flag":
            continue
        there = _distinct(given, name)
        values[ours] = guess_values(contract, ours, there, name)
        unread[ours] = tuple(
            v for v in there if v not in values[ours] and not _is_ours(contract[ours], v)
        )
    return Guesses(
        tuple(given.header),
        found,
        {ours: mine for ours, mine in values.items() if mine},
        {ours: rest for ours, rest in unread.items() if rest},
    )


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in our spelling, sorted, without those that mean nothing.

    Examples
    --------
    >>> words("Fecha de la compra"), words("purchaseDate"), words("FECHACOMPRA")
    (('date', 'purchase'), ('date', 'purchase'), ('date', 'purchase'))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", _unaccented(name))
    found = re.findall(r"[^\W_]+|[%#]", spaced.casefold())
    if any(word not in KNOWN for word in found):
        found = _unglued("".join(found)) or found
    return tuple(sorted(OURS.get(word, word) for word in found if word not in SILENT))


def _known(table: str) -> dict[tuple[str, ...], tuple[str, int]]:
    """Return the words of every known name of a table's columns -> our column and how sure, 0 the surest."""
    return {
        words(name): (ours, tier)
        for ours, tiers in NAMES.get(table, {}).items()
        for tier, names in enumerate(tiers)
        for name in _split(names)
    }


def _split(names: str) -> list[str]:
    return names.split(", ")


def _unaccented(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", _unaccented(text).casefold()))


def _unglued(text: str) -> list[str]:
    """Return the known words, of two letters or more, that `text` is written together from; [] when it is not."""
    for end in range(len(text), 1, -1):
        if text[:end] in KNOWN:
            if end == len(text):
                return [text]
            if rest := _unglued(text[end:]):
                return [text[:end], *rest]
    return []


def _arms(theirs: str) -> dict[str, str]:
    """Return what yes and no mean in a column of arms of this name; {} when it does not say."""
    name = " ".join(words(theirs))
    if name in CONTROL:
        return {"yes": "holdout", "no": "treated"}
    if name in TREATED:
        return {"yes": "treated", "no": "holdout"}
    return {}


def _flags(values: Sequence[str]) -> dict[str, str]:
    """Return value -> "yes" or "no" when every value is one of the two, else {}."""
    from retorno.tables.cells import FALSE, TRUE

    answers = dict.fromkeys([*TRUE, *YES], "yes") | dict.fromkeys([*FALSE, *NO], "no")
    found = {value: answers.get(_unaccented(value).strip().casefold()) for value in values}
    return {} if None in found.values() else found


def _is_ours(column: Column, value: str) -> bool:
    """Return whether a value needs no translation."""
    from retorno.tables.cells import FALSE, TRUE

    if column.kind == "flag":
        return value.strip().lower() in TRUE + FALSE
    return column.allowed is None or value in column.allowed


def _distinct(given, name: str) -> list[str]:
    """Return the different values of a column as text, labels for codes; [] when there are too many."""
    from retorno.tables.cells import text

    column = text(given.cells[f"c{given.header.index(name)}"])
    found = given.cells.select(value=column).distinct().limit(MOST + 1).to_pyarrow()["value"]
    found = [value for value in found.to_pylist() if value is not None]
    labels = given.labels.get(name, {})
    return sorted({labels.get(value, value) for value in found}) if len(found) <= MOST else []
