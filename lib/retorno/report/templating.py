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
        policy=policy(inline("page.js")),
        style=inline("page.css"),
        script=inline("page.js"),
        **more,
    )
    return environment


def inline(name: str) -> Markup:
    """Return a file beside the templates, as it goes into a page."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def policy(*scripts: str) -> str:
    """Return the content-security-policy of a page: nothing but its own style, pictures and scripts.

    A script is known by its digest, the line break after its tag included, so that no script that data
    might bring along runs. Styles cannot be: SVG and MathML carry theirs in attributes.
    """
    digests = (b64encode(sha256(f"\n{script}".encode()).digest()).decode() for script in scripts)
    known = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {known}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
