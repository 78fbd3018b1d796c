"""Where the numbers come from, in words: for the page, the workbook of tables and the index."""

import json
from datetime import datetime

from retorno.language import date, integer, say, say_n


def origin(provenance: dict) -> list[str]:
    """Return one paragraph for each thing a reader must know about the data before the numbers."""
    told = [_simulated(provenance)] if provenance["simulated"] else []
    for data in provenance["data"]:
        sentences = [] if provenance["simulated"] else _source(data)
        sentences += _left_out(data)
        if sentences:
            told.append(" ".join(sentences))
    return told


def _simulated(provenance: dict) -> str:
    told = say(
        "Simulated data: the answers are known and stand beside the estimates. "
        "No customer here is real."
    )
    if not provenance.get("world"):
        return told
    return told + " " + say("Simulated world: {world}.", world=provenance["world"])


def _source(data: dict) -> list[str]:
    told = [
        say_n(
            "The table {table} comes from {source} and has {n} row.",
            "The table {table} comes from {source} and has {n} rows.",
            data["rows"],
            table=data["table"],
            source=data["source"],
        )
    ]
    if data.get("origin"):
        told.append(say("Origin: {origin}.", origin=data["origin"].rstrip(".")))
    if data.get("terms"):
        told.append(say("Terms: {terms}.", terms=data["terms"].rstrip(".")))
    else:
        told.append(say("No terms of use are recorded."))
    if data.get("citation"):
        told.append(say("To cite: {citation}.", citation=data["citation"].rstrip(".")))
    return told


def _left_out(data: dict) -> list[str]:
    return [
        say_n(
            "{n} row of {table} was left out: {reason}.",
            "{n} rows of {table} were left out: {reason}.",
            count,
            table=data["table"],
            reason=reason,
        )
        for reason, count in (data.get("left_out") or {}).items()
        if count
    ]


def invented(provenance: dict) -> bool:
    """Return whether nobody in the data exists: a simulated world, an example, a fictional public set."""
    return all(data.get("invented") for data in provenance["data"]) or provenance["simulated"]


def names(provenance: dict) -> str:
    """Return the data in a few words: the simulated world, or the sources."""
    if provenance["simulated"]:
        world = provenance.get("world")
        return say("Simulated world: {world}", world=world) if world else say("Simulated data")
    return ", ".join(dict.fromkeys(data["source"] for data in provenance["data"]))


def data_line(data: dict) -> str:
    """Return how a table is recognised: name, source, rows and digest of its content; a server has none."""
    if data["sha256"] is None:
        return say(
            "{table}: {source}, {rows} rows; a server, whose content nobody vouches for",
            table=data["table"],
            source=data["source"],
            rows=integer(data["rows"]),
        )
    return say(
        "{table}: {source}, {rows} rows, sha256 {digest}",
        table=data["table"],
        source=data["source"],
        rows=integer(data["rows"]),
        digest=data["sha256"],
    )


def setting(name: str, value) -> str:
    """Return a parameter as it stands in a parameter file.

    Examples
    --------
    >>> setting("first_purchase_known", True)
    'first_purchase_known: true'
    """
    return f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"


def day(made: str) -> str:
    """Return the day a run was made, from its ISO time."""
    return date(datetime.fromisoformat(made))


def moment(made: str) -> str:
    """Return day, time and zone a run was made, from its ISO time."""
    time = datetime.fromisoformat(made)
    clock = f"{time:%H:%M} {time:%Z}".strip()
    return say("{date}, {clock}", date=date(time), clock=clock)
