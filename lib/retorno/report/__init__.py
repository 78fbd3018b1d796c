"""An executed notebook becomes one offline page and a workbook of its tables; all runs become an index.

Everything heavy (nbconvert, openpyxl) is imported when a report is written, never before.
"""

from pathlib import Path


def write_report(notebook, record: dict, folder) -> None:
    """Write ``report.html`` and ``tables.xlsx`` of one run.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The executed notebook; it is not altered.
    record : dict
        What ``findings.json`` holds: study, run, language, parameters, provenance, findings.
    folder : path
        Must exist; the two files are written into it.

    Raises
    ------
    ValueError
        A formula could not be turned into MathML, or a picture of a text cell is not in the notebook.
    """
    from retorno.language import speaking
    from retorno.report.export import page
    from retorno.report.sheets import workbook

    with speaking(record["language"]):
        html, tables = page(notebook, record), workbook(notebook, record)
    (Path(folder) / "report.html").write_text(html, encoding="utf-8", newline="\n")
    (Path(folder) / "tables.xlsx").write_bytes(tables)


def write_index(out) -> None:
    """Write ``index.html``: a card for each run found in the folder `out`."""
    from retorno.report.index import write

    write(Path(out))


__all__ = ["write_index", "write_report"]
