"""The page: an nbconvert exporter with a template of its own, which asks the network for nothing.

It builds on nbconvert's template exporter and not on its HTML exporter, which parses and rewrites the
finished page: with figures of a megabyte that costs more than all the rest.
"""

import re

from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode
from traitlets import default

from retorno import __version__
from retorno.language import current, say
from retorno.report import cells, words
from retorno.report.cards import WIDTH, cards, shared_scale
from retorno.report.markdown import PageRenderer, mathml
from retorno.report.numbering import Numbering
from retorno.report.templating import TEMPLATES, furnish


def page(notebook, record: dict, claims=()) -> str:
    """Return the report of a run as one HTML page; of `claims` it tells those that the run speaks to.

    Two runs of the same inputs give the same text but for the element ``made``.
    """
    visible = cells.visible(notebook, record["provenance"])
    shown = cells.without_answer(visible)
    resources = _answer(record, visible) | {
        "record": record,
        "renderer": PageRenderer(_figures_and_findings(shown)),
        "numbering": Numbering(),
        "claims": [claim for claim in claims if claim.runs],
        "claims_told": _claims_told(record["provenance"]),
        "estimands": [_estimand(e) for e in record["provenance"].get("estimands") or ()],
    }
    html, _ = ReportExporter().from_notebook_node(
        NotebookNode({**notebook, "cells": shown}), resources
    )
    return html


def lesson_page(notebook) -> str:
    """Return an executed lesson of the course as one HTML page, in the language spoken."""
    resources = {
        "renderer": PageRenderer(_figures_and_findings(notebook.cells)),
        "numbering": Numbering(),
        "language": current(),
        "version": __version__,
    }
    html, _ = LessonExporter().from_notebook_node(notebook, resources)
    return html


def _claims_told(provenance: dict) -> str:
    """Return how far the findings of a run bear on what the course texts claim."""
    if words.invented(provenance):
        return say(
            "Claims that this study speaks to, with what the literature supports of each. Nobody in the data exists: "
            "they show what the study finds in this world and are no evidence for or against a claim."
        )
    return say(
        "Claims that this study speaks to, with what the literature supports of each and what these data say. One set "
        "of data settles no claim."
    )


def _answer(record: dict, visible) -> dict:
    """Return what stands at the top: the answer, its cards, and the code that stated it."""
    answer = record["provenance"].get("answer")
    if not answer:
        return {"answer": None}
    of_run = (answer["cards"], record["findings"], record["provenance"].get("references") or {})
    return {
        "answer": answer,
        "cards": cards(*of_run),
        "shared_scale": shared_scale(*of_run),
        "answer_code": [cell.source for cell in visible if cells.answers(cell)],
    }


def _estimand(estimand: dict) -> dict:
    """Return an estimand with its formula as MathML and the names in its label without their braces."""
    formula = estimand["formula"]
    return estimand | {
        "label": re.sub(r"\{(\w+)\}", r"\1", estimand["label"]),
        "formula": Markup(mathml(formula, display="block")) if formula else "",
    }


class ReportExporter(TemplateExporter):
    """Executed notebook -> report page; `page` prepares what the template needs."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension(self):
        return ".html"

    @default("template_paths")
    def _template_paths(self):
        return [str(TEMPLATES)]

    @default("template_file")
    def _template_file(self):
        return "report.html.j2"

    @default("preprocessors")
    def _preprocessors_wanted(self):
        return ["nbconvert.preprocessors.CoalesceStreamsPreprocessor"]

    def _create_environment(self):
        return furnish(super()._create_environment(), code=_code, width=WIDTH)


class LessonExporter(ReportExporter):
    """Executed lesson -> page: code in the open, no record of a run."""

    @default("template_file")
    def _template_file(self):
        return "lesson.html.j2"


def _code(source: str) -> Markup:
    """Return Python with its words marked; the box can be scrolled by keyboard."""
    return Markup(Highlight2HTML("python3")(source).replace("<pre>", '<pre tabindex="0">', 1))


def _figures_and_findings(shown) -> set[str]:
    """Return the ids that outputs bring along, so that no heading takes one of them."""
    return {
        found
        for cell in shown
        if cell.cell_type == "code"
        for output in cells.outputs(cell)
        for found in re.findall(r'\bid="([^"]+)"', output.get("data", {}).get("text/html", ""))
    }
