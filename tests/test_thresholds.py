"""The picture over lapse thresholds: by hand, a brute-force twin, the same as the study in use, its words."""

from itertools import pairwise

import numpy as np
import pytest
from days import LINES, history
from drawing import check_words, drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.reactivation.thresholds import thresholds as thresholds_figure
from retorno.reactivation.curves.rules import Ratio, Rule
from retorno.reactivation.curves.thresholds import (
    LIKE,
    THRESHOLDS,
    WINDOW,
    OverThresholds,
    over_thresholds,
)
from retorno.reactivation.curves.windows import like_for_like, new_against_reactivated
from retorno.reactivation.returns.states import lapse_states
from retorno.stats.student import Estimate

RULES = {"level": 0.95, "min_group": 2}


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


def test_thresholds_by_hand():
    """Nine customers. Longest silences: A 135 (65 to 200), B 160, C 90, D 29, F 5, G 31, H 30, I 97, J 101.

    At 30: lapsed A, B, C, G, I, J; gaps A 40, C 90, I 95, J 92: four back, with 10, 9, 10 and 4 in ten days; new
    B 20, C 6, D 0, G 4, H 5. Ratio (33/4) / 7. At 91: lapsed A, B, I, J; back I 10, J 4: mean 7; new, first after
    91: D 0, G 4, H 5: mean 3. Ratio 7/3. At 20: A's first gap beyond it is 40 (20 is not); C's 30, to day 80: 3; D's
    21 to day 171: 7; I 10, J 4, A 10: mean 34/5. New as at 30: nobody begins from day 21 to 30.
    """
    result = over_thresholds(history(), thresholds=(20, 91), **RULES)
    low, used, high = result.rules
    assert (low.days, used.days, high.days) == (20, 30, 91)
    assert [(rule.lapsed, rule.returned) for rule in result.rules] == [(8, 5), (6, 4), (4, 2)]
    assert [rule.window.n for rule in result.rules] == [(5, 5), (5, 4), (3, 2)]
    ratios = [rule.window.ratio.value for rule in result.rules]
    assert ratios == pytest.approx([34 / 5 / 7, 33 / 28, 7 / 3], rel=1e-12)
    # Second purchases: gaps A 20 (5), C 30 (3), D 21 (7), I 95 (10), J 92 (4).
    assert [rule.like_for_like.n for rule in result.rules] == [(1, 4), (3, 2), (3, 2)]
    assert low.like_for_like.ratio is None
    assert used.like_for_like.ratio.value == pytest.approx(1.4, rel=1e-12)
    found = by_id(result)
    assert found["thresholds.ratio.low"].estimate == pytest.approx(34 / 35, rel=1e-12)
    assert found["thresholds.ratio.high"].estimate == pytest.approx(7 / 3, rel=1e-12)
    assert "(at 91 days)" in found["thresholds.ratio.high"].sentence
    assert "from 20 to 91 days" in found["thresholds.ratio.high"].sentence
    assert "at 20 days" in found["thresholds.like_for_like.ratio.low"].sentence
    assert "Only 2 units" in found["thresholds.ratio.low"].sentence
    frame = result.to_frame()
    assert frame.lapsed.tolist() == pytest.approx([8 / 9, 6 / 9, 4 / 9])
    assert frame.returned.tolist() == pytest.approx([5 / 8, 4 / 6, 2 / 4])
    assert frame.like.isna().tolist() == [True, False, False]
    assert "–" in table(result).bundle["text/plain"]


@pytest.mark.parametrize("all_spells", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_the_threshold_in_use_gives_what_the_study_states(all_spells, known):
    """Counts, ratio, error and interval are those of lapse_states, new_against_reactivated and like_for_like."""
    rng = np.random.default_rng(5)
    lines = [
        (f"c{who}", int(day), float(amount))
        for who in range(60)
        for day, amount in zip(
            rng.integers(0, 400, rng.integers(1, 9)), rng.normal(20, 12, 9), strict=False
        )
    ]
    rules = {"last": 400, "lapse_days": 45, "window_days": 60}
    h = history(lines, **rules, all_spells=all_spells, first_purchase_known=known)
    result = over_thresholds(h, **RULES)
    assert [rule.days for rule in result.rules] == sorted({*THRESHOLDS, 45})
    used = result.rules[0]
    states = lapse_states(h)
    assert (used.lapsed, used.returned) == (states.lapsed, states.reactivated)
    assert result.customers == states.customers
    for study, one in ((new_against_reactivated, used.window), (like_for_like, used.like_for_like)):
        windows = study(h, rng=np.random.default_rng(1), **RULES)
        assert one.n == windows.n
        ratio = windows.full.ratio(level=0.95)
        assert one.ratio.value == pytest.approx(ratio.value, rel=1e-12)
        assert one.ratio.se == pytest.approx(ratio.se, rel=1e-9)
        assert one.ratio.interval == pytest.approx(ratio.interval, rel=1e-9)


def brute_force(lines, *, last, lapse, window, known, all_spells):
    """Return lapsed, returned, and values of new, back, short, long, by plain loops."""
    new, back, short, long, lapsed, returned = [], [], [], [], 0, 0
    for who in sorted({c for c, _, _ in lines}):
        mine = [(day, amount) for c, day, amount in lines if c == who]
        days = sorted({d for d, _ in mine if max(a for e, a in mine if e == d) >= 0})
        if not days:
            continue

        def keep(group, start, mine=mine):
            if start + window - 1 <= last:
                group.append(sum(a for d, a in mine if start <= d <= start + window - 1))

        back_days = [b for a, b in pairwise(days) if b - a > lapse]
        lapsed += any(b - a > lapse for a, b in pairwise([*days, last]))
        returned += bool(back_days)
        if days[0] > lapse or known:
            keep(new, days[0])
        for day in back_days if all_spells else back_days[:1]:
            keep(back, day)
        if len(days) > 1:
            keep(long if days[1] - days[0] > lapse else short, days[1])
    return lapsed, returned, new, back, short, long


@settings(max_examples=25, deadline=None)
@given(
    lines=st.lists(
        st.tuples(st.sampled_from("ABCDEF"), st.integers(0, 150), st.integers(-5, 20)),
        min_size=1,
        max_size=40,
    ),
    thresholds=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    window=st.integers(1, 60),
    known=st.booleans(),
    all_spells=st.booleans(),
)
def test_the_engine_agrees_with_plain_loops(lines, thresholds, window, known, all_spells):
    lines = [*lines, ("Z", 0, 1), ("Z", 150, 1)]
    how = {"all_spells": all_spells, "first_purchase_known": known}
    h = history(lines, last=150, lapse_days=thresholds[0], window_days=window, **how)
    result = over_thresholds(h, level=0.95, min_group=1, thresholds=thresholds)
    assert [rule.days for rule in result.rules] == sorted(set(thresholds))
    for rule in result.rules:
        of = {"last": 150, "lapse": rule.days, "window": window}
        lapsed, returned, new, back, short, long = brute_force(
            lines, **of, known=known, all_spells=all_spells
        )
        assert (rule.lapsed, rule.returned) == (lapsed, returned)
        for one, first, second in ((rule.window, new, back), (rule.like_for_like, short, long)):
            assert one.n == (len(first), len(second))
            if one.ratio:
                assert one.ratio.value == pytest.approx(np.mean(second) / np.mean(first), abs=1e-9)
            elif min(one.n) >= 2 and not all_spells:
                assert min(np.mean(first), np.mean(second)) <= 0


def picture(window, like=None, lapse_days=90, n=200):
    """Return a picture from the verdicts of its rules: + above, - below, ? undecided, . refused."""
    spans = {"+": (1.1, 1.3), "-": (0.7, 0.9), "?": (0.9, 1.2)}

    def ratio(sign):
        if sign == ".":
            return Ratio((n, 1), None)
        low, high = spans[sign]
        return Ratio((n, n), Estimate((low + high) / 2, 0.1, low, high))

    rules = tuple(
        Rule(days, 100, 50, ratio(one), ratio(other))
        for days, one, other in zip(THRESHOLDS, window, like or window, strict=False)
    )
    return OverThresholds(rules, 200, lapse_days, 180, 5, 0.95, False)


@pytest.mark.parametrize(
    ("verdicts", "answer", "title"),
    [
        ("+++", "does not depend on the rule: above 1", "At every threshold returned customers bring more"),
        ("---", "does not depend on the rule: below 1", "At every threshold returned customers bring less"),
        ("???", "does not depend on the rule: undecided", "At no threshold do returned and new"),
        ("++?", "above 1 at 60, 75 days, undecided at 90, below 1 at none", "at 2 of 3 thresholds"),
        ("-??", "below 1 at 60 days, undecided at 75, 90, above 1 at none", "less than new ones at 1 of 3"),
        ("+-", "depends on the rule: above 1 at 60 days, below 1 at 75.", "depends on the threshold"),
        ("+-?", "above 1 at 60 days, below 1 at 75, undecided at 90.", "depends on the threshold"),
    ],
)  # fmt: skip
def test_whether_the_answer_depends_on_the_rule_is_said_from_the_verdicts(verdicts, answer, title):
    result = picture(verdicts)
    assert answer in result.answer(WINDOW)
    assert answer in result.caption()
    assert answer in by_id(result)["thresholds.like_for_like.ratio.high"].sentence
    assert title in result.title()
    assert "; " in result.title()


def test_missing_ratios_are_said_and_all_missing_is_refused():
    some = picture("+..", "...")
    assert "or no positive mean, at 75, 90 days." in some.caption()
    found = by_id(some)
    assert found["thresholds.ratio.low"].verdict is None
    for end in ("low", "high"):
        refused = found[f"thresholds.like_for_like.ratio.{end}"]
        assert refused.verdict == "refused"
        assert "at most 1 (parameters min_group, window_days)" in refused.sentence
    assert "like for like" not in some.title()
    none = picture("...")
    assert none.title() == "Too few full windows at every lapse threshold"
    assert {f.verdict for f in none.findings()} == {"refused"}
    assert figure(thresholds_figure, none).bundle["text/plain"] == none.caption()
    check_words(drawn(thresholds_figure, none))


def test_one_customer_nothing_worth_and_windows_beyond_the_data_are_refused():
    for lines, window in (
        ([("A", 0, 10), ("A", 60, 5)], 10),
        ([(c, day, 0) for c in "ABCDEF" for day in (40, 120)], 10),
        (LINES, 300),
    ):
        result = over_thresholds(history(lines, window_days=window), **RULES)
        assert {f.verdict for f in result.findings()} == {"refused"}
        assert table(result).bundle["text/plain"]
    with pytest.raises(ParameterError, match=r"thresholds: wanted .* got 0"):
        over_thresholds(history(), thresholds=(0, 60))


def test_money_that_cancels_leaves_no_ratio():
    """Each of the new brings 0.1 + 0.2 - 0.3, nothing: no rounding of it is taken for a positive mean."""
    lines = [
        (c, day, a) for c in "ABC" for day, a in ((70, 0.1), (71, 0.2), (72, -0.3), (150, 5.0))
    ]
    result = over_thresholds(history(lines), **RULES)
    assert not result.stated(WINDOW)


@pytest.mark.parametrize("lapse_days", [60, 66, 85, 90, 100, 365, 500])
def test_the_figure_keeps_its_words_apart(lapse_days):
    rules = list(picture("+++++++++", "+?-?+?-..").rules)
    if lapse_days not in THRESHOLDS:
        rules.append(Rule(lapse_days, 90, 40, rules[0].window, rules[0].like_for_like))
        rules.sort(key=lambda rule: rule.days)
    wide = Ratio((9, 9), Estimate(1.2, 1.0, 0.2, 40.0))
    rules[-1] = Rule(rules[-1].days, 9, 5, wide, wide)
    result = OverThresholds(tuple(rules), 200, lapse_days, 180, 5, 0.95, False)
    assert "cut at" in result.caption()
    check_words(drawn(thresholds_figure, result))


def test_a_single_threshold_is_drawn():
    result = picture("+")
    check_words(drawn(thresholds_figure, result))
    assert result.alternative().startswith("2 panels")
    assert result.ratios(LIKE)[0][0] == 60
