"""The studies there are: which notebook tells each, which tables it can open, and where all that is.

In a checkout notebooks and examples are the repository's own folders; a wheel carries them inside the
package, where nothing is ever written.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from retorno.errors import ParameterError
from retorno.findings import Definition
from retorno.language import say

LIBRARY = Path(__file__).resolve().parents[2]
CARRIED = LIBRARY / "retorno" / "_workbook"  # only an installed wheel has it
ROOT = CARRIED if CARRIED.is_dir() else LIBRARY.parent
NOTEBOOKS = ROOT / "notebooks"
COURSE = NOTEBOOKS / "course"
EXAMPLES = ROOT / "data" / "examples"
CLAIMS = ROOT / "data" / "published" / "claims.csv"
PRIVATE = (ROOT, LIBRARY)  # no report shows where on this machine these are


@dataclass(frozen=True, slots=True)
class Study:
    """One question of the workbook.

    Attributes
    ----------
    name : str
        Also the name of its package, ``retorno.<name>``.
    notebook : Path
    tables : tuple of str
        The tables its parameter `data` may name.
    """

    name: str
    notebook: Path
    tables: tuple[str, ...]


STUDIES = {
    study.name: study
    for study in (
        Study(
            name="recovery",
            notebook=NOTEBOOKS / "10_recovery_paradox.ipynb",
            tables=("survey", "effects"),
        ),
        Study(
            name="reactivation",
            notebook=NOTEBOOKS / "20_reactivation_curves.ipynb",
            tables=("transactions", "contacts"),
        ),
        Study(
            name="referral",
            notebook=NOTEBOOKS / "30_referral_roi.ipynb",
            tables=("customers", "margins", "referrals", "referrers"),
        ),
    )
}


def study_named(name: str) -> Study:
    """Return the study called `name`; ParameterError names the nearest and all there are."""
    if name not in STUDIES:
        raise ParameterError(
            say("There is no study {got!r}.", got=name)
            + nearest(name, STUDIES)
            + there_are(STUDIES)
        )
    return STUDIES[name]


def study_of(table: str) -> Study:
    """Return the study that reads a table of the contracts."""
    return next(study for study in STUDIES.values() if table in study.tables)


def reports() -> Path:
    """Return where reports go unless told otherwise: beside the notebooks of a checkout, else ./reports."""
    return Path("reports") if ROOT == CARRIED else ROOT / "reports"


def definitions(study: str) -> tuple[Definition, ...]:
    """Return what the ids of a study's findings mean."""
    return import_module(f"retorno.{study_named(study).name}").DEFINITIONS


def nearest(got: str, names: Iterable[str]) -> str:
    """Return a question that suggests the name nearest to `got`, with a leading space, or nothing.

    Examples
    --------
    >>> nearest("windw_days", ["lapse_days", "window_days"])
    ' Did you mean window_days?'
    >>> nearest("x", ["lapse_days"])
    ''
    """
    close = difflib.get_close_matches(str(got), list(names), n=1, cutoff=0.5)
    return " " + say("Did you mean {name}?", name=close[0]) if close else ""


def there_are(names: Iterable[str]) -> str:
    """Return the sentence that lists the names there are, with a leading space."""
    return " " + say("There is {names}.", names=", ".join(names))
