"""The page: an nbconvert exporter with a template of its own, which asks the network for nothing.

It builds on nbconvert's template exporter and not on its HTML exporter, which parses and rewrites the
finished page: with figures of a megabyte that costs more than all the rest.
"""

import re
from datetime import datetime
from pathlib import Path

from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.ansi import strip_ansi
from nbconvert.filters.highlight import Highlight2HTML
from traitlets import default

from retorno import language
from retorno.report import cells, words
from retorno.report.markdown import PageRenderer

TEMPLATES = Path(__file__).parent / "templates"


def page(notebook, record: dict) -> str:
    """Return the report of a run as one HTML page.

    Two runs of the same inputs give the same text but for the element ``made``.
    """
    shown = cells.visible(notebook, record["provenance"])
    body = dict(notebook, cells=shown)
    resources = {"record": record, "renderer": PageRenderer(_ids(shown))}
    html, _ = ReportExporter().from_notebook_node(type(notebook)(body), resources)
    return html


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
        return furnish(super()._create_environment(), highlight=Highlight2HTML("python3"))


def furnish(environment, **more):
    """Give a Jinja environment what our templates use; text is escaped unless it is Markup."""
    environment.autoescape = True
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        say=language.say,
        say_n=language.say_n,
        words=words,
        outputs=cells.outputs,
        kind=cells.kind,
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "page.js").read_text(encoding="utf-8")),
        **more,
    )
    return environment
