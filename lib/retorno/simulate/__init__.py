"""Simulated worlds, one module a study: tables drawn from them and the answers known beforehand.

A study's module holds ``WORLDS``, ``DEFAULTS``, ``simulate(world, customers, rng)``, ``parameters(world)``
and ``answers(world, **parameters)``; it is imported when asked for.
"""

import json
import shutil
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

from retorno.errors import ParameterError
from retorno.language import mark, say

# Columns of the worlds that sentences name, as `language.named` looks them up.
NAMED = (
    mark("age"),
    mark("orders"),
    mark("past orders"),
    mark("past spend"),
    mark("reason"),
    mark("recency"),
    mark("region"),
    mark("segment"),
)
WORLDS = {
    "recovery": ("no_paradox", "paradox", "leavers"),
    "reactivation": ("works", "no_effect"),
    "referral": ("pays", "only_looks_better"),
}
"""The worlds of each study, the default first."""

ANSWERS = "answers.json"


def world(study: str, name: str):
    """Return the world called `name`."""
    return _find(study, name)[1]


def simulate(study: str, world: str, customers: int, seed: int):
    """Return the tables drawn from a world, the same for the same `seed`.

    Examples
    --------
    >>> drawn = simulate("reactivation", "works", customers=100, seed=7)
    >>> sorted(drawn.tables())
    ['contacts', 'transactions']
    """
    import numpy as np

    module, found = _find(study, world)
    for name, given, least in (("customers", customers, 1), ("seed", seed, 0)):
        if given < least:
            raise ParameterError(
                say("{name}: at least {least}; got {got}.", name=name, least=least, got=given)
            )
    return module.simulate(found, customers, np.random.default_rng(seed))


def answers(study: str, world: str, **parameters) -> dict[str, float]:
    """Return what the study should find, by finding id.

    `parameters` are the study's own, at their defaults where not given.

    Examples
    --------
    >>> answers("reactivation", "no_effect")["effect.returned"]
    0.0
    """
    module, found = _find(study, world)
    return module.answers(found, **{**module.DEFAULTS, **parameters})


def parameters(study: str, world: str) -> dict:
    """Return the study's parameters that a world fixes and that have no default: what a user would have to know.

    Examples
    --------
    >>> parameters("reactivation", "works")["money_outcome"]
    'spend'
    """
    module, found = _find(study, world)
    return module.parameters(found)


def write(study: str, world: str, folder: str | Path, customers: int, seed: int) -> list[Path]:
    """Write a world's tables and its answers at the default parameters into `folder`.

    One CSV file a table and ``answers.json``: all of them or none. A folder that holds one of them
    already is refused.

    Returns
    -------
    list of Path
        The files written.
    """
    module, _ = _find(study, world)
    tables = simulate(study, world, customers, seed).tables()
    known = {
        "study": study,
        "world": world,
        "customers": customers,
        "seed": seed,
        "parameters": module.DEFAULTS,
        "answers": answers(study, world),
    }
    folder = Path(folder)
    files = [folder / f"{table}.csv" for table in tables] + [folder / ANSWERS]
    _refuse_present(folder, files)
    try:
        _put(folder, files, tables, known)
    except OSError as error:
        raise ParameterError(
            say("{folder} cannot be written: {reason}.", folder=folder, reason=error.strerror)
        ) from error
    return files


def _refuse_present(folder, files):
    present = [file.name for file in files if file.exists()]
    if present:
        raise ParameterError(
            say(
                "{folder} already holds {files}; nothing was written. Name another folder.",
                folder=folder,
                files=", ".join(present),
            )
        )


def _put(folder, files, tables, known):
    """Write beside the places the files go to, then move them there."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=".writing-", dir=folder))
    moved = []
    try:
        for table, frame in tables.items():
            frame.to_csv(beside / f"{table}.csv", index=False, lineterminator="\n")
        text = json.dumps(known, indent=2) + "\n"
        (beside / ANSWERS).write_text(text, encoding="utf-8")
        for file in files:
            (beside / file.name).rename(file)
            moved.append(file)
    except BaseException:
        for file in moved:
            file.unlink()
        raise
    finally:
        shutil.rmtree(beside)
        if is_new and len(moved) < len(files):
            folder.rmdir()


def _find(study, name):
    _known("study", study, WORLDS)
    _known("world", name, WORLDS[study])
    module = import_module(f"{__name__}.{study}")
    return module, module.WORLDS[name]


def _known(what, given, available):
    if given in available:
        return
    there = ", ".join(available)
    near = get_close_matches(str(given), available, n=1)
    if near:
        raise ParameterError(
            say(
                "{what}: {got!r} is not known; did you mean {near!r}? There is {available}.",
                what=what,
                got=given,
                near=near[0],
                available=there,
            )
        )
    raise ParameterError(
        say(
            "{what}: {got!r} is not known; there is {available}.",
            what=what,
            got=given,
            available=there,
        )
    )
