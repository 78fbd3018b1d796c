"""``retorno notebook 20``: a copy of a notebook to work in, in the language spoken."""

from pathlib import Path

from retorno.errors import ParameterError
from retorno.language import say
from retorno.workbook import paragraphs, studies
from retorno.workbook.starter import write


def copied(name: str, out: Path) -> Path:
    """Write a copy of a notebook and return its file.

    Parameters
    ----------
    name : str
        Number or name of the notebook, or of its study.
    out : Path
        A folder, or the file itself.

    Raises
    ------
    ParameterError
        There is no such notebook, or a file of the name is there already.
    """
    notebook = _found(name)
    file = out if out.suffix == ".ipynb" else out / notebook.name
    content = paragraphs.spoken_by_default(paragraphs.read(notebook))
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, paragraphs.written(content))
    return file


def _found(name: str) -> Path:
    there = sorted(studies.NOTEBOOKS.glob("*.ipynb"))
    known = {study.name: study.notebook for study in studies.STUDIES.values()}
    for notebook in there:
        known |= dict.fromkeys((notebook.stem, notebook.stem.partition("_")[0]), notebook)
    if name in known:
        return known[name]
    raise ParameterError(
        say("There is no notebook {got!r}.", got=name)
        + studies.nearest(name, known)
        + studies.there_are(notebook.stem for notebook in there)
    )
