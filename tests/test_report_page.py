"""The page of a run: nothing of the notebook vanishes, nothing leaves the page, no data becomes markup."""

import copy
import csv
import io
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import unquote

import pandas as pd
import pytest
from nbformat import v4

from retorno import display, report
from retorno.findings import ANSWER_MIME, Answer, Definition, Findings
from retorno.report.cells import PROVENANCE, kind
from retorno.report.markdown import mathml

ATTACK = "<img src=x onerror=alert(1)>"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg\n"
)
RATIO = Definition("window.ratio", "Reactivated over new", "meaning", "ratio", "up: more")


class Tags(HTMLParser):
    """The elements of a page and their attributes, as a browser would meet them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag, **wanted):
        return [a for t, a in self.found if t == tag and wanted.items() <= a.items()]


def record(**provenance):
    """A simulated run; `provenance` overrides."""
    return {
        "study": "reactivation",
        "run": "default",
        "language": "en",
        "parameters": {},
        "findings": [],
        "provenance": {
            "title": None,
            "made": "2025-03-03T10:22:01+00:00",
            "simulated": True,
            "world": "works",
            "data": [table("transactions")],
            "command": "retorno run reactivation",
            "changed": {},
            "seed": 1,
            "versions": {"retorno": "0.1.0"},
            "key": "k",
        }
        | provenance,
    }


def table(name, **more):
    """What is known of a table that was read."""
    return {
        "table": name,
        "source": "orders.csv",
        "rows": 1234,
        "sha256": "ab" * 32,
        "origin": None,
        "terms": None,
        "citation": None,
        "left_out": {},
    } | more


def code(*outputs, source="x", tags=()):
    """An executed code cell."""
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def shown(mime, data, output_type="display_data"):
    """An output in one MIME type, with the plain text every kernel adds."""
    return v4.new_output(output_type, data={"text/plain": "PLAIN", mime: data})


def text(source, tags=()):
    """A text cell."""
    return v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def page(tmp_path, *cells, **provenance):
    """The page written for a notebook of `cells`."""
    report.write_report(v4.new_notebook(cells=list(cells)), record(**provenance), tmp_path)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


EVERY_KIND = {
    "text/html": shown("text/html", '<table id="seen-html"></table>', "execute_result"),
    "image/svg+xml": shown(
        "image/svg+xml", '<?xml version="1.0"?><!DOCTYPE svg><svg id="seen-svg"></svg>'
    ),
    "image/png": shown("image/png", PIXEL),
    "image/jpeg": shown("image/jpeg", "seenjpeg"),
    "text/markdown": shown("text/markdown", "seen **markdown**"),
    "text/plain": v4.new_output("execute_result", data={"text/plain": "seen <plain>"}),
    "stdout": v4.new_output("stream", name="stdout", text="seen stdout"),
    "stderr": v4.new_output("stream", name="stderr", text="seen \x1b[31mwarning\x1b[0m"),
    "error": v4.new_output("error", ename="ValueError", evalue="seen error", traceback=[]),
    "unknown": v4.new_output("display_data", data={"application/x-seen": "?"}),
}
MARKS = {
    "text/html": '<table id="seen-html">',
    "image/svg+xml": '<svg id="seen-svg">',
    "image/png": f'src="data:image/png;base64,{PIXEL.strip()}"',
    "image/jpeg": 'src="data:image/jpeg;base64,seenjpeg"',
    "text/markdown": "seen <strong>markdown</strong>",
    "text/plain": "seen &lt;plain&gt;",
    "stdout": "seen stdout",
    "stderr": "seen warning",
    "error": "ValueError: seen error",
    "unknown": "application/x-seen",
}


def test_every_output_of_the_notebook_stands_in_the_page_once_in_its_kind(tmp_path):
    """Two of each kind in, two of each kind out, as display and as result of a cell."""
    outputs = list(EVERY_KIND.values())
    cells = [code(output) for output in outputs] + [code(*copy.deepcopy(outputs))]
    html = page(tmp_path, *cells)
    kinds = [a["data-kind"] for a in Tags(html).all("div", **{"class": "output"})]
    assert kinds == [kind(output) for output in outputs] * 2 == list(EVERY_KIND) * 2
    for name, mark in MARKS.items():
        assert html.count(mark) == 2, name
    assert "PLAIN" not in html
    assert "\x1b" not in html


def test_code_is_folded_and_parameters_are_code_like_all(tmp_path):
    """Three code cells with source, one empty: three folds, none of them open."""
    html = page(
        tmp_path, code(source="a = 1", tags=["parameters"]), code(), code(), code(source=" ")
    )
    folds = Tags(html).all("details", **{"class": "code"})
    assert len(folds) == 3
    assert not any("open" in fold for fold in folds)


def test_stream_pieces_become_one_so_that_timing_leaves_no_trace(tmp_path):
    """A kernel may send one print in two pieces; the page is the same."""
    one = code(v4.new_output("stream", name="stdout", text="abc"))
    two = code(*(v4.new_output("stream", name="stdout", text=part) for part in ("a", "bc")))
    assert page(tmp_path, one) == page(tmp_path, two)


def test_page_asks_for_nothing_and_says_so_to_the_browser(tmp_path):
    """No element with a remote source; links in text stay links; the one script is known by its digest."""
    html = page(
        tmp_path,
        text("## See\n\n[paper](https://doi.org/10.1/x) $x^2$"),
        *map(code, EVERY_KIND.values()),
    )
    tags = Tags(html)
    policy = tags.all("meta", **{"http-equiv": "Content-Security-Policy"})
    script = re.search(r"<script>(.*?)</script>", html, re.S)[1]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert [p["content"] for p in policy] == [
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    ]
    asked = [
        (tag, name, value)
        for tag, attributes in tags.found
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "data", "poster", "action")
        and not (tag == "a" or value.startswith("data:"))
    ]
    assert asked == []
    assert not tags.all("link")
    assert not re.search(r"url\(|@import|require\.js|MathJax", html)
    assert {"href": "https://doi.org/10.1/x"} in tags.all("a")


def test_page_is_small(tmp_path):
    """An almost empty report carries nothing of nbconvert's 300 kB: under 20 kB."""
    assert len(page(tmp_path, text("# Title"))) < 20_000


def test_text_from_data_is_never_markup(tmp_path):
    """The attack stands in title, label, source, terms, reason, command, parameter and version."""
    findings = Findings([RATIO.refuse(f"Not stated: {ATTACK}")])
    finding = Findings([Definition("a.{b}", "Of {b}", "m", "ratio", "s").refuse("No.", b=ATTACK)])
    html = page(
        tmp_path,
        *(
            code(v4.new_output("display_data", data=f._repr_mimebundle_()))
            for f in (findings, finding)
        ),
        title=ATTACK,
        simulated=False,
        data=[
            table(
                ATTACK,
                source=ATTACK,
                origin=ATTACK,
                terms=ATTACK,
                citation=ATTACK,
                left_out={ATTACK: 2},
            )
        ],
        command=f'retorno run "{ATTACK}"',
        changed={ATTACK: ATTACK},
        versions={ATTACK: ATTACK},
        made="2025-03-03T10:22:01+00:00",
    )
    tags = Tags(html)
    assert tags.all("img") == []
    assert not any("onerror" in attributes for _, attributes in tags.found)
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 12


def test_title_given_stands_over_the_heading_and_neither_stands_twice(tmp_path):
    """Without a title the notebook's heading is the page's only h1; with one it stands above it."""
    question = text("# Do they *pay*?\n\nText")
    html = page(tmp_path, question)
    assert re.findall(r"<h1.*?</h1>", html) == ["<h1>Do they <em>pay</em>?</h1>"]
    assert "<title>Do they pay?</title>" in html
    html = page(tmp_path, question, title="CDNOW 1997")
    assert re.findall(r"<h1.*?</h1>", html) == ["<h1>CDNOW 1997</h1>"]
    assert html.count("Do they <em>pay</em>?") == 1


def test_contents_lead_to_every_section_and_ids_are_unique(tmp_path):
    """Two sections of one name, one named like a figure, one like our own: four different ids."""
    figure = code(shown("text/html", '<figure id="curve"></figure>'))
    html = page(
        tmp_path, figure, *(text(f"## {name}\n") for name in ("Data", "Data", "Curve", "Repeat"))
    )
    tags = Tags(html)
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    contents = re.search(r"<nav.*?</nav>", html, re.S)[0]
    links = [a["href"] for a in Tags(contents).all("a")]
    assert links == ["#data", "#data-2", "#curve-2", "#repeat-2", "#repeat"]
    assert {link[1:] for link in links} <= set(ids)
    assert re.search(r'<h2 id="curve-2">Curve</h2>', html)


@pytest.mark.parametrize(
    ("tags", "simulated", "expected"),
    [
        ([], True, True),
        (["hidden"], True, False),
        (["needs-transactions"], True, True),
        (["needs-contacts"], True, False),
        (["needs-transactions", "needs-contacts"], True, False),
        (["needs-simulated"], True, True),
        (["needs-simulated"], False, False),
        (["injected-parameters"], True, True),
    ],
)
def test_cells_that_do_not_belong_to_these_data_are_left_out(tmp_path, tags, simulated, expected):
    """The run has `transactions` and no `contacts`; text and code follow the same rule."""
    out = v4.new_output("stream", name="stdout", text="THE OUTPUT")
    html = page(tmp_path, text("THE TEXT", tags), code(out, tags=tags), simulated=simulated)
    assert ("THE TEXT" in html) == ("THE OUTPUT" in html) == expected


def test_provenance_output_is_not_repeated_but_told(tmp_path):
    """The notebook's own print of it is dropped; command, digest, seed and changes stand in the page."""
    html = page(
        tmp_path,
        code(shown(PROVENANCE, {}), source="told = run.provenance()"),
        changed={"window_days": 240, "first_purchase_known": True},
    )
    assert "PLAIN" not in html
    for told in (
        "retorno run reactivation",
        "window_days: 240",
        "first_purchase_known: true",
        "transactions: orders.csv, 1,234 rows, sha256 " + "ab" * 32,
        "retorno 0.1.0",
    ):
        assert told in html


def test_simulated_data_are_announced_before_anything_else(tmp_path):
    """The banner stands before the title and names the world."""
    html = page(tmp_path, text("# Title"))
    banner = html.index("Simulated data: the answers are known")
    assert banner < html.index("<h1>")
    assert "Simulated world: works." in html


def test_real_data_are_announced_with_owner_terms_and_what_was_left_out(tmp_path):
    """In words, with counts; nothing speaks of simulation."""
    data = table(
        "transactions",
        source="online_retail",
        origin="UCI Machine Learning Repository",
        terms="CC BY 4.0",
        left_out={"no customer id": 135080, "other": 1, "none of these": 0},
    )
    html = page(tmp_path, simulated=False, world=None, data=[data])
    assert "comes from online_retail and has 1,234 rows. " in html
    assert "Origin: UCI Machine Learning Repository. Terms: CC BY 4.0." in html
    assert "135,080 rows of transactions were left out: no customer id." in html
    assert "1 row of transactions was left out: other." in html
    assert "none of these" not in html
    assert "imulated" not in html.split("</style>")[1]


def test_own_data_without_terms_say_that(tmp_path):
    """A file of one's own has neither origin nor terms: the page says so instead of nothing."""
    html = page(tmp_path, simulated=False)
    assert "No terms of use are recorded." in html


def test_formulas_become_mathml(tmp_path):
    """In a line, on a line of its own, and aligned rows: three formulas, no dollar or backslash left."""
    html = page(
        tmp_path,
        text(
            "Let $x_1$ be.\n\n$$\\frac{a}{b} \\le \\sum_{i=1}^n y_i$$\n\n"
            "$$\\begin{aligned} a &= b \\\\ &= c \\end{aligned}$$"
        ),
    )
    body = html[html.index("<main") : html.index("</main>")]
    assert [a["display"] for a in Tags(body).all("math")] == ["inline", "block", "block"]
    assert "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>" in body
    assert len(Tags(body).all("mtr")) == 2
    assert "\\" not in body
    assert "$" not in body


@pytest.mark.parametrize("latex", [r"\unheardof{a}", r"a & b", r"", r"\begin{aligned} a"])
def test_formula_not_understood_fails_and_is_named(latex):
    """A leftover command, a stray ampersand, an empty and an unfinished formula."""
    with pytest.raises(ValueError, match="cannot be shown as MathML") as caught:
        mathml(latex)
    assert latex in str(caught.value)


def test_leftover_backslash_fails_the_report_and_writes_nothing(tmp_path):
    """latex2mathml hands unknown commands through as text; a report must not."""
    with pytest.raises(ValueError, match=r"\\unheardof"):
        page(tmp_path, text(r"$\unheardof{a}$"))
    assert list(tmp_path.iterdir()) == []


def test_picture_that_is_not_in_the_notebook_fails(tmp_path):
    """An attached picture becomes part of the page; a file or an address cannot."""
    attached = text("![seen](attachment:p.png)")
    attached.attachments = {"p.png": {"image/png": "c2Vlbg=="}}
    assert 'src="data:image/png;base64,c2Vlbg=="' in page(tmp_path, attached)
    with pytest.raises(ValueError, match=r"plan\.png, which is not in the notebook"):
        page(tmp_path, text("![a plan](plan.png)"))


def test_same_inputs_same_bytes_but_for_one_place(tmp_path):
    """Only the element `made` differs between two runs at different times."""
    cells = [text("# Title\n\n## A\n\n$x$"), *map(code, EVERY_KIND.values())]
    notebook = v4.new_notebook(cells=cells)
    pages = []
    for made in (
        "2025-03-03T10:22:01+00:00",
        "2025-03-03T10:22:01+00:00",
        "2026-12-31T23:59:59+00:00",
    ):
        before = copy.deepcopy(notebook)
        report.write_report(notebook, record(made=made), tmp_path)
        assert notebook == before
        pages.append((tmp_path / "report.html").read_bytes())
    assert pages[0] == pages[1]
    assert pages[0] != pages[2]
    element = re.compile(rb'<time id="made".*?</time>')
    assert element.sub(b"", pages[0]) == element.sub(b"", pages[2])
    assert len(element.findall(pages[0])) == 1


class Result:
    """A result whose words and data are whatever a column or an arm was called."""

    def __init__(self, name):
        self.name = name

    def to_frame(self):
        return pd.DataFrame({"arm": [self.name, "=HYPERLINK(1)"], "gain": [1 / 3, None]})

    def columns(self):
        return {"arm": (self.name, "text"), "gain": ("Gain", "number")}

    def title(self):
        return f"What {self.name} brings"

    subtitle = caption = alternative = table_caption = title


def line(result, ax):
    ax.plot([0, 1], [1, 2], label=result.name)
    ax.set_xlabel(result.name)
    return ax


def shows(*shown):
    """A cell that shows figures or tables of ours."""
    return code(*(v4.new_output("display_data", data=one.bundle) for one in shown))


def test_figures_and_tables_are_numbered_in_order_and_can_be_linked_to(tmp_path):
    """Two figures and two tables, mixed: each kind counts for itself."""
    one, two = Result("one"), Result("two")
    html = page(
        tmp_path,
        shows(display.figure(line, one), display.table(one)),
        shows(display.table(two), display.figure(line, two)),
    )
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    numbers = [
        re.match(r'<a class="number" href="#([\w-]+)">(.*?)</a>', c).groups() for c in captions
    ]
    assert numbers == [
        ("figure-1", "Figure 1"),
        ("table-1", "Table 1"),
        ("table-2", "Table 2"),
        ("figure-2", "Figure 2"),
    ]
    assert all(html.count(f' id="{anchor}"') == 1 for anchor, _ in numbers)


def test_the_data_of_figures_and_tables_are_in_the_page_at_full_precision(tmp_path):
    """A third has 16 digits; a missing value is empty; text that could be a formula is not one."""
    html = page(tmp_path, shows(display.figure(line, Result("=1+1")), display.table(Result("-2"))))
    links = [a for a in Tags(html).all("a") if "download" in a]
    assert [a["download"] for a in links] == ["figure-1.csv", "table-1.csv"]
    kind, text = links[0]["href"].split(",", 1)
    assert kind == "data:text/csv;charset=utf-8"
    rows = list(csv.reader(io.StringIO(unquote(text))))
    assert rows == [["arm", "gain"], ["'=1+1", str(1 / 3)], ["'=HYPERLINK(1)", ""]]


def test_names_in_figures_tables_and_downloads_are_never_markup(tmp_path):
    """The attack is an arm, a heading, a title, a caption, an axis label and a cell."""
    attack = f'"></script><script>alert(1)</script>{ATTACK}'
    html = page(
        tmp_path, shows(display.figure(line, Result(attack)), display.table(Result(attack)))
    )
    tags = Tags(html)
    assert len(tags.all("script")) == 1
    assert tags.all("img") == []
    assert not any("onerror" in attributes for _, attributes in tags.found)


def answering(headline="They pay", cards=("window.ratio",)):
    """An output that states the answer."""
    answer = Answer(headline, "By a fifth.", tuple(cards))
    return v4.new_output("display_data", data=answer._repr_mimebundle_())


def answered(tmp_path, *cells, findings=None, references=None, **answer):
    """The page of a run that has an answer."""
    made = record(answer=answering(**answer)["data"][ANSWER_MIME], references=references or {})
    made["findings"] = findings or [RATIO.refuse("Too few.").record()]
    report.write_report(v4.new_notebook(cells=list(cells)), made, tmp_path)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_answer_is_the_headline_and_stands_once(tmp_path):
    """Headline as h1, title above it; its section of the notebook is gone with heading, the others are not."""
    html = answered(
        tmp_path,
        text("# Do they pay?\n\nWhy we ask."),
        text("## Before\n\nKept one.\n\n## The answer\n\nIt follows."),
        code(answering(), source="answer(findings)"),
        text("## After\n\nKept two.\n\n## At last\n\nKept three."),
    )
    assert re.findall(r"<h1.*?</h1>", html) == ["<h1>They pay</h1>"]
    assert html.count("By a fifth.") == 1
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert headings == [
        "Key findings",
        "The question",
        "Before",
        "After",
        "At last",
        "How to repeat it",
    ]
    assert html.index("They pay</h1>") < html.index("Why we ask.")
    assert "It follows." not in html
    assert "Kept one." in html
    assert "Kept two." in html
    assert "Kept three." in html
    assert len(Tags(html).all("details", **{"class": "code"})) == 1


def test_a_section_that_shows_more_than_the_answer_stays(tmp_path):
    """A table beside the answer must not vanish with it."""
    html = answered(
        tmp_path,
        text("## The answer\n\nIt follows."),
        code(answering(), v4.new_output("stream", name="stdout", text="KEPT")),
    )
    assert "It follows." in html
    assert "KEPT" in html
    assert html.count("By a fifth.") == 1


def test_without_an_answer_the_title_is_the_headline_and_there_are_no_cards(tmp_path):
    html = page(tmp_path, text("# Do they pay?"), answer=None)
    assert re.findall(r"<h1.*?</h1>", html) == ["<h1>Do they pay?</h1>"]
    assert 'class="card' not in html


def test_cards_stand_in_the_order_of_the_answer_and_lead_to_their_finding(tmp_path):
    """A finding above its line and a refused one: sign and word for both, a bar for the first alone."""
    told = RATIO.state(1.2, "More.", interval=(1.1, 1.3), level=0.95, verdict="above")
    other = Definition("a.b", f"Of {ATTACK}", "m", "ratio", "s").refuse("No holdout.")
    html = answered(
        tmp_path,
        code(v4.new_output("display_data", data=Findings([told, other])._repr_mimebundle_())),
        findings=[told.record(), other.record()],
        references={"window.ratio": 1.0},
        cards=("a.b", "window.ratio"),
    )
    refused, stated = re.findall(r"<article.*?</article>", html, re.S)
    assert 'class="card refused"' in refused
    assert "</span> not stated" in refused
    assert "<svg" not in refused
    assert ATTACK not in html
    assert 'href="#window.ratio"' in stated
    assert "▲</span> above 1" in stated
    assert "1.20 <small>times</small>" in stated
    assert 'aria-label="Estimate 1.20, 95% interval 1.10 to 1.30, held against 1"' in stated
    assert html.count(' id="window.ratio"') == 1


def test_what_is_estimated_stands_with_its_formula(tmp_path):
    """The formula as MathML, one that is missing left out; names in braces lose them in the label."""
    estimands = [
        {
            "id": "effect.{outcome}",
            "label": "Effect on {outcome}",
            "meaning": "Treated minus holdout.",
            "unit": "ratio",
            "sign": "Up: more.",
            "formula": r"\frac{a}{b}",
        }
    ]
    estimands.append(estimands[0] | {"id": "n", "label": "Number", "formula": ""})
    html = page(tmp_path, estimands=estimands)
    part = html[html.index('<h2 id="estimated"') : html.index('<h2 id="repeat"')]
    assert part.count("<math") == part.count("<mfrac") == 1
    assert "<dt>Effect on outcome <code>effect.{outcome}</code></dt>" in part
    assert "Unit: ratio. Sign: Up: more." in part
    assert 'href="#estimated"' in html
    assert 'id="estimated"' not in page(tmp_path)
