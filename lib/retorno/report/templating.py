"""What the templates of page and index share; nothing heavy, so that an index costs no nbconvert."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

from retorno import language
from retorno.report import cells, words

TEMPLATES = Path(__file__).parent / "templates"


def furnish(environment, **more):
    """Give a Jinja environment what our templates use; text is escaped unless it is Markup."""
    environment.autoescape = True
    environment.globals.update(
        say=language.say,
        say_n=language.say_n,
        words=words,
        cells=cells,
        policy=policy(),
        style=_inline("page.css"),
        script=_inline("page.js"),
        **more,
    )
    return environment


def _inline(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def policy() -> str:
    """Return the content-security-policy of every page: nothing but its own style, pictures and one script.

    The script is known by its digest, the line break after its tag included, so that no script that data
    might bring along runs. Styles cannot be: SVG and MathML carry theirs in attributes.
    """
    digest = b64encode(sha256(f"\n{_inline('page.js')}".encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
