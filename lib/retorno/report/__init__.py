"""An executed notebook becomes one offline page and a workbook of its tables; all runs become an index.

Everything heavy (nbconvert, openpyxl) is imported when a report is written, never before.
"""

from pathlib import Path


def write_report(notebook, record: dict, folder, claims=None) -> None:
    """Write ``report.html`` and ``tables.xlsx`` of one run.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The executed notebook; it is not altered.
    record : dict
        What ``findings.json`` holds: study, run, language, parameters, provenance, findings.
    folder : path
        Must exist; the two files are written into it.
    claims : path, optional
        The ledger of claims of the course texts, of which the report tells those it speaks to.

    Raises
    ------
    ValueError
        A formula could not be turned into MathML, or a picture of a text cell is not in the notebook.
    """
    from retorno.language import speaking
    from retorno.report.claims import ledger
    from retorno.report.export import page
    from retorno.report.sheets import workbook

    with speaking(record["language"]):
        spoken = ledger(claims, [record]) if claims else []
        html, tables = page(notebook, record, spoken), workbook(notebook, record)
    (Path(folder) / "report.html").write_text(html, encoding="utf-8", newline="\n")
    (Path(folder) / "tables.xlsx").write_bytes(tables)


def write_lesson(notebook, file) -> None:
    """Write an executed lesson of the course as one page, in the language spoken."""
    from retorno.report.export import lesson_page

    Path(file).write_text(lesson_page(notebook), encoding="utf-8", newline="\n")


def write_index(out) -> None:
    """Write ``index.html``: a card for each run found in the folder `out`."""
    from retorno.report.index import render
    from retorno.report.pages import put

    put(Path(out), "index.html", render(Path(out)))


def write_claims(out, claims) -> None:
    """Write ``claims.html``: every claim of the ledger `claims`, and what the runs in the folder `out` say to it."""
    from retorno.report.claims import render
    from retorno.report.pages import put

    put(Path(out), "claims.html", render(Path(out), Path(claims)))


__all__ = ["write_claims", "write_index", "write_lesson", "write_report"]
