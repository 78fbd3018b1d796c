"""What the templates of page and index share; nothing heavy, so that an index costs no nbconvert."""

from pathlib import Path

from markupsafe import Markup

from retorno import language
from retorno.report import cells, words

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def furnish(environment, **more):
    """Give a Jinja environment what our templates use; text is escaped unless it is Markup."""
    environment.autoescape = True
    environment.globals.update(
        say=language.say,
        say_n=language.say_n,
        words=words,
        cells=cells,
        policy=POLICY,
        style=_inline("page.css"),
        script=_inline("page.js"),
        **more,
    )
    return environment


def _inline(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))
