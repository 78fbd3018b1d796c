"""Figures and tables as a notebook shows them: ids of their own, escaped words, typed data."""

import re

import pandas as pd

from retorno.display import FIGURE_MIME, TABLE_MIME, figure, table


class Result:
    """A result of two rows; `caption` is what it says of itself."""

    def __init__(self, name="<b>one</b>"):
        self.name = name

    def to_frame(self):
        return pd.DataFrame(
            {"group": [self.name, "two"], "n": [1200, 3], "gain": [1.5, None], "unit": "ratio"}
        )

    def columns(self):
        return {"group": ("<Group>", "text"), "n": ("n", "count"), "gain": ("Gain", "unit:unit")}

    def table_caption(self):
        return "What <they> bring"

    title = caption = alternative = table_caption


class Other(Result):
    """Another result that says the same of itself."""


def line(result, ax):
    ax.plot([0, 1], result.to_frame().n)
    return ax


def ids(shown):
    return set(re.findall(r'\bid="([^"]+)"', shown.bundle["text/html"]))


def test_two_results_that_say_the_same_share_no_id():
    """Two comparisons refused for one reason have one title and caption; a page must still tell them apart."""
    for show in (lambda result: figure(line, result), table):
        first, second = ids(show(Result())), ids(show(Other()))
        assert first
        assert not first & second


def test_every_reference_inside_a_figure_finds_its_id():
    html = figure(line, Result()).bundle["text/html"]
    wanted = set(re.findall(r'(?:href="|url\(|labelledby=")#?([\w-]+)', html)) - {"http"}
    assert {name for name in wanted if name.startswith("figure-")} <= ids(figure(line, Result()))


def test_words_and_cells_are_escaped_and_numbers_written_for_people():
    html = table(Result()).bundle["text/html"]
    assert "<b>one" not in html
    assert "&lt;b&gt;one&lt;/b&gt;" in html
    assert "&lt;Group&gt;" in html
    assert "What &lt;they&gt; bring" in html
    assert "1,200" in html
    assert "–" in html
    assert "<they>" not in figure(line, Result()).bundle["text/html"]


def test_the_data_travel_beside_the_words_as_plain_values():
    record = table(Result("one")).bundle[TABLE_MIME]
    assert record["rows"] == [["one", 1200, 1.5], ["two", 3, None]]
    assert [column["kind"] for column in record["columns"]] == ["text", "count", "number"]
    assert figure(line, Result("one")).bundle[FIGURE_MIME]["columns"] == [
        "group",
        "n",
        "gain",
        "unit",
    ]


def test_a_dollar_in_a_name_is_no_formula():
    def named(result, ax):
        ax.set_title("$5 off $10")
        return ax

    assert ">$5 off $10</text>" in figure(named, Result()).bundle["text/html"]


def test_a_figure_is_the_same_twice():
    assert figure(line, Result()).bundle == figure(line, Result()).bundle


def test_a_subtitle_is_shown_where_a_result_has_one():
    class Subtitled(Result):
        def subtitle(self):
            return "In <EUR>"

    shown = figure(line, Subtitled()).bundle
    assert '<p class="sub">In &lt;EUR&gt;</p>' in shown["text/html"]
    assert shown[FIGURE_MIME]["subtitle"] == "In <EUR>"
    assert 'class="sub"' not in figure(line, Result()).bundle["text/html"]


def test_a_table_names_its_columns_and_rows_for_those_who_hear_it():
    """Three columns and two rows; words stand to the left, numbers do not."""
    html = table(Result()).bundle["text/html"]
    assert html.count('<th scope="col"') == 3
    assert html.count('<th scope="row" style="text-align:left">') == 2
    assert "<td>1,200</td>" in html


def test_a_table_without_rows_keeps_its_head():
    class Empty(Result):
        def to_frame(self):
            return super().to_frame().iloc[:0]

    bundle = table(Empty()).bundle
    assert bundle["text/html"].count('<th scope="col"') == 3
    assert bundle[TABLE_MIME]["rows"] == []
