"""The answer of each study: every row of its decision table, and never a claim that an interval does not bear."""

from itertools import product

import nbformat
import numpy as np
import pytest

from retorno import reactivation, recovery, referral, simulate
from retorno.findings import ANSWER_MIME, REFUSED, Answer, decide, direction, find
from retorno.reactivation.answer import HEADLINES as CONTACT
from retorno.recovery.answer import BETWEEN, WITHIN
from retorno.referral.answer import HEADLINES as RETURN
from retorno.tables import connect, read
from retorno.workbook import record
from retorno.workbook.execute import ExecutionError

SIDES = {"above": (0.1, 0.3), "below": (-0.3, -0.1), "undecided": (-0.1, 0.2)}
WITH_PARITY = {"paradox": "above", "shortfall": "below", "undecided": "undecided"}
LONGEST = 15  # words of a headline


def definition(study, finding_id):
    return find(study.DEFINITIONS, finding_id)


def made(study, finding_id, verdict, **more):
    """Return a finding whose interval lies on the side of its reference that `verdict` names."""
    known = definition(study, finding_id)
    if verdict == REFUSED:
        return known.refuse(f"Not stated: {finding_id}.", **known.names(finding_id))
    low, high = SIDES[WITH_PARITY.get(verdict, verdict) if verdict != "parity" else "undecided"]
    line = known.reference or 0.0
    return known.state(
        line + (low + high) / 2,
        f"On {finding_id}.",
        interval=(line + low, line + high),
        level=0.95,
        n=100,
        verdict=verdict,
        **known.names(finding_id),
        **more,
    )


def checked(answer, found):
    """Assert what holds of any answer."""
    assert 3 <= len(answer.headline.split()) <= LONGEST
    assert answer.headline[-1] not in ".;,"
    assert "{" not in answer.headline + answer.lede
    assert answer.lede.endswith(".")
    assert len(set(answer.cards)) == len(answer.cards) <= 6
    assert set(answer.cards) <= {finding.id for finding in found}
    return answer


# Recovery.
def one_outcome(outcome, raw, corrected, between):
    """Return the findings of one outcome: raw and corrected are refused together."""
    expected = REFUSED if corrected == REFUSED else "above"
    difference = REFUSED if between == REFUSED else WITH_PARITY.get(between, "undecided")
    return [
        made(recovery, f"change.{outcome}.raw", REFUSED if corrected == REFUSED else raw),
        made(recovery, f"change.{outcome}.expected_by_regression", expected),
        made(recovery, f"change.{outcome}.corrected", corrected),
        made(recovery, f"paradox.{outcome}.difference", difference),
        made(recovery, f"paradox.{outcome}.verdict", between),
        made(recovery, f"recovery_rate.{outcome}", between if between == REFUSED else "below"),
    ]


WORDS = ("parity", "paradox", "shortfall", "undecided")


@pytest.mark.parametrize("corrected", [*WORDS, REFUSED])
def test_recovery_says_what_its_verdicts_bear_and_no_more(corrected):
    """With a corrected change the headline is its row, else that between the groups, else that nothing can be told."""
    for raw, between in product(SIDES, (*WORDS, REFUSED)):
        found = one_outcome("satisfaction", raw, corrected, between)
        answer = checked(recovery.answer(found), found)
        if corrected != REFUSED:
            template, first = decide(WITHIN, corrected, raw), ("corrected", "raw")
            assert answer.cards[:2] == tuple(f"change.satisfaction.{part}" for part in first)
        elif between != REFUSED:
            template = decide(BETWEEN, between)
            refused = "change.satisfaction.corrected"
            assert answer.cards[:2] == ("paradox.satisfaction.difference", refused)
        else:
            template = "Whether there is a recovery paradox cannot be told from these data"
            assert answer.lede == "Not stated: change.satisfaction.raw."
        assert answer.headline == template.format(outcome="satisfaction")


@pytest.mark.parametrize(
    ("pattern", "claims"),
    [
        ("paradox above", ["gained", "beyond what regression"]),
        ("paradox undecided", ["held up better", "than regression"]),
        ("paradox below", ["held up better", "than regression"]),
        ("parity above", ["gained", "about as much as"]),
        ("parity below", ["lost", "about as much as"]),
        ("parity undecided", ["no change", "that matters beyond regression"]),
        ("shortfall above", ["gained less", "than regression"]),
        ("shortfall below", ["lost", "beyond what regression"]),
        ("shortfall undecided", ["did worse", "than regression"]),
        ("undecided above", ["gained", "may explain it"]),
        ("undecided below", ["lost", "may explain it"]),
        ("undecided undecided", ["cannot be told"]),
    ],
)
def test_gained_and_lost_are_the_raw_change_and_beyond_is_the_corrected_one(pattern, claims):
    """ "Gained" stands only where the raw interval lies above zero, "lost" only where it lies below."""
    sentence, raw = decide(WITHIN, *pattern.split()), pattern.split()[1]
    assert [claim for claim in claims if claim not in sentence] == []
    assert "gained" not in sentence or raw == "above"
    assert "lost" not in sentence or raw == "below"


def test_satisfaction_leads_and_the_other_outcomes_follow_in_the_lede():
    found = [
        *one_outcome("repurchase", "above", REFUSED, "shortfall"),
        *one_outcome("satisfaction", "above", "undecided", "parity"),
        *one_outcome("word_of_mouth", "above", "parity", "paradox"),
    ]
    answer = checked(recovery.answer(found), found)
    assert answer.headline == (
        "Recovered customers gained in satisfaction, but regression to the mean may explain it"
    )
    assert answer.lede.endswith(
        "Other outcomes: repurchase against no failure, shortfall; word of mouth against before, parity."
    )
    assert answer.cards == (
        "change.satisfaction.corrected",
        "change.satisfaction.raw",
        "paradox.satisfaction.difference",
        "recovery_rate.satisfaction",
        "paradox.repurchase.difference",
        "change.word_of_mouth.corrected",
    )


def test_where_satisfaction_is_refused_another_outcome_leads():
    found = [
        *one_outcome("satisfaction", "above", REFUSED, REFUSED),
        *one_outcome("repurchase", "above", REFUSED, "parity"),
    ]
    answer = checked(recovery.answer(found), found)
    assert answer.headline == (
        "Recovered customers score about as high in repurchase as customers without a failure"
    )
    assert answer.cards[0] == "paradox.repurchase.difference"
    assert answer.cards[-1] == "paradox.satisfaction.difference"


def test_the_lede_of_recovery_shows_raw_expected_and_corrected():
    """The numbers of the hand-made findings: raw -0.2, expected 0.2, corrected 0.05 from -0.1 to 0.2."""
    found = one_outcome("satisfaction", "below", "undecided", "shortfall")
    assert recovery.answer(found).lede == (
        "Their mean score changed by −0.20; 0.20 was to be expected from regression to the mean alone, which leaves "
        "0.05 (95% interval −0.10 to 0.20). They score 0.20 lower than customers without a failure; who meets a "
        "failure is part of that."
    )


def test_beside_the_change_stands_the_difference_among_customers_alike_before():
    """The numbers of the hand-made findings: as it stands 0.2 lower, alike before 0.05 from -0.1 to 0.2."""
    found = [
        *one_outcome("satisfaction", "below", "undecided", "shortfall"),
        made(recovery, "paradox.satisfaction.ancova", "parity"),
        *one_outcome("repurchase", "above", REFUSED, "shortfall"),
        made(recovery, "paradox.repurchase.ancova", "undecided"),
    ]
    answer = checked(recovery.answer(found), found)
    assert (
        "Recovered minus no failure is −0.20 as it stands and 0.05 (95% interval −0.10 to 0.20) among customers alike "
        "before: parity."
    ) in answer.lede
    assert "repurchase among customers alike before, undecided" in answer.lede
    assert "paradox.satisfaction.ancova" in answer.cards
    assert "paradox.satisfaction.difference" not in answer.cards


@pytest.mark.parametrize(
    ("between", "low", "high", "told"),
    [
        ("paradox", "below", "above", True),
        ("shortfall", "below", "above", True),
        ("paradox", "above", "above", False),
        ("undecided", "below", "above", False),
        ("paradox", REFUSED, REFUSED, False),
    ],
)
def test_leavers_are_named_where_they_could_account_for_a_clear_difference(
    between, low, high, told
):
    """Lee's bounds hold zero, and the difference as it stands is clear of it."""
    found = [
        *one_outcome("satisfaction", "above", "parity", between),
        made(recovery, "leavers.satisfaction.lee_low", low),
        made(recovery, "leavers.satisfaction.lee_high", high),
    ]
    answer = checked(recovery.answer(found), found)
    assert ("could account for the difference" in answer.lede) == told


@pytest.mark.parametrize(
    ("side", "says"),
    [
        ("above", "A recovery earns €0.20 more than it costs."),
        ("below", "A recovery costs €0.20 more than it earns."),
        ("undecided", "Whether a recovery earns its cost is undecided."),
        (REFUSED, None),
    ],
)
def test_the_worth_of_a_recovery_closes_the_lede_where_it_is_stated(side, says):
    found = one_outcome("satisfaction", "above", "parity", "parity")
    more = {} if side == REFUSED else {"unit": "EUR per recovery"}
    found.append(made(recovery, "value.per_recovery", side, **more))
    answer = checked(recovery.answer(found), found)
    assert answer.lede.endswith(says or "too little to matter.")
    assert ("value.per_recovery" in answer.cards) == (says is not None)


# Reactivation.
ABSENT = "absent"
STATES = (*SIDES, REFUSED)
PAYS = ("pays", "later", "loses", "open")


def campaign(money, other, ratio, like):
    """Return the findings of a run; a verdict `absent` leaves the finding out, as a table not given does."""
    found = []
    if ratio != ABSENT:
        found += [
            made(reactivation, "window.ratio", ratio),
            made(reactivation, "window.like_for_like.ratio", like),
        ]
    for outcome, verdict, unit in (
        ("returned", other, "difference in share"),
        ("total.spend", money, "EUR per customer"),
    ):
        if verdict == ABSENT:
            continue
        for part in ("", ".recency_slope"):
            known = definition(reactivation, f"effect.x{part}")
            if verdict == REFUSED:
                found.append(known.refuse("Not stated: too few.", unit=unit, outcome=outcome))
            else:
                low, high = SIDES[verdict]
                found.append(
                    known.state(
                        (low + high) / 2,
                        "On it.",
                        interval=(low, high),
                        level=0.95,
                        unit=unit,
                        verdict=verdict,
                        outcome=outcome,
                    )
                )
    return found


def bears(found, finding_id, side):
    """Return whether the whole interval of a finding lies on `side` of its reference."""
    finding = next((f for f in found if f.id == finding_id), None)
    if finding is None or finding.ci_low is None:
        return False
    line = definition(reactivation, finding_id).reference
    return direction((finding.ci_low, finding.ci_high), line) == side


CLAIMS = {
    "raised total.spend": ("effect.total.spend", "above"),
    "lowered total.spend": ("effect.total.spend", "below"),
    "raised returned": ("effect.returned", "above"),
    "lowered returned": ("effect.returned", "below"),
    "customers bring more": ("window.ratio", "above"),
    "customers bring less": ("window.ratio", "below"),
    "more like for like": ("window.like_for_like.ratio", "above"),
    "less like for like": ("window.like_for_like.ratio", "below"),
    "silence bring more": ("window.like_for_like.ratio", "above"),
    "silence bring less": ("window.like_for_like.ratio", "below"),
}


@pytest.mark.parametrize("money", [*STATES, ABSENT])
def test_reactivation_claims_only_what_an_interval_bears(money):
    """Each claim in a headline is looked up in the interval of the finding it speaks of."""
    for other, ratio, like in product((*STATES, ABSENT), (*STATES, ABSENT), STATES):
        if {money, other, ratio} == {ABSENT}:
            continue
        found = campaign(money, other, ratio, like)
        answer = checked(reactivation.answer(found), found)
        for claim, (finding_id, side) in CLAIMS.items():
            told = claim in answer.headline and not answer.headline.startswith("Whether")
            assert not told or bears(found, finding_id, side), answer.headline
        assert "changed returned" not in answer.headline or other in ("above", "below")
        nothing = "no effect of contact is shown" in answer.headline
        assert not nothing or not {money, other} & {"above", "below"}
        effects = {"effect.total.spend": money, "effect.returned": other}
        stated = [i for i, verdict in effects.items() if verdict in SIDES]
        assert not stated or answer.cards[0] == stated[0]


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        (
            ("above", "above", "above", "below"),
            "Contact raised total.spend by €0.20; that returned customers bring more is another matter",
        ),
        (("above", "below", "below", "below"), "Contact raised total.spend by €0.20"),
        (("below", "above", ABSENT, "below"), "Contact lowered total.spend by €0.20"),
        (
            ("undecided", "above", "above", "below"),
            "Contact changed returned, but no effect on total.spend is shown",
        ),
        (
            ("undecided", "undecided", "above", "below"),
            "Returned customers bring more than new ones, but no effect of contact is shown",
        ),
        ((REFUSED, "above", "below", "below"), "Contact raised returned by 20.0 points"),
        (
            (ABSENT, ABSENT, "above", "below"),
            "Returned customers bring more than new ones, but less like for like",
        ),
        (
            (ABSENT, ABSENT, "undecided", REFUSED),
            "Whether returned customers bring more than new ones cannot be told",
        ),
        (
            (REFUSED, REFUSED, ABSENT, REFUSED),
            "What returned customers are worth cannot be told from these data",
        ),
    ],
)
def test_reactivation_leads_with_money_and_names_what_it_speaks_of(verdicts, headline):
    """Effects of 0.2 by hand: 20 points of a share, 20 cents of money; the survivors' ratio beside them."""
    assert reactivation.answer(campaign(*verdicts)).headline == headline


@pytest.mark.parametrize(
    ("seen", "whole", "says"),
    [
        ("above", "above", "and the programme earns more than it costs"),
        ("undecided", "above", "but has not yet been shown to pay"),
        ("below", "above", "but has not yet been shown to pay"),
        ("below", "below", "but the programme costs more than it earns"),
        (REFUSED, "above", "and the programme earns more than it costs"),
        (REFUSED, "below", "but the programme costs more than it earns"),
        ("undecided", "undecided", "that returned customers bring more is another matter"),
    ],
)
def test_whether_the_programme_pays_is_said_by_what_was_seen_before_what_is_foretold(
    seen, whole, says
):
    found = campaign("above", "above", "above", "below")
    for finding_id, verdict in (("programme.observed_value", seen), ("programme.value", whole)):
        unit = {} if verdict == REFUSED else {"unit": "EUR"}
        found.append(made(reactivation, finding_id, verdict, **unit))
    answer = checked(reactivation.answer(found), found)
    assert answer.headline.endswith(says)
    refused = {finding.id for finding in found if finding.verdict == REFUSED}
    assert list(answer.cards[1:]) == sorted(answer.cards[1:], key=refused.__contains__)


def test_costs_are_told_beside_effects_and_speed_where_there_are_none():
    """An extra return beside a return; 30 days and payback of the returned beside the new, where both are known."""
    stated = {
        "cost.per_return": ("EUR per return", 3.0),
        "cost.per_extra_return": ("EUR per extra return", 5.0),
        "speed.share_by_day_30.reactivated": (None, 0.5),
        "speed.share_by_day_30.new": (None, 0.6),
        "payback.reactivated": (None, 15),
        "payback.new": (None, 40),
    }
    more = []
    for finding_id, (unit, estimate) in stated.items():
        known = definition(reactivation, finding_id)
        more.append(known.state(estimate, "On it.", unit=unit, **known.names(finding_id)))
    told = reactivation.answer([*campaign("above", "above", "above", "below"), *more]).lede
    assert "A return cost €3.00; one that would not have come by itself, €5.00." in told
    assert "30 days" not in told
    found = [*campaign(ABSENT, ABSENT, "above", "below"), *more]
    lede = reactivation.answer(found).lede
    assert "the returned bring 50.0% of what their window brings, new customers 60.0%" in lede
    assert lede.endswith("is paid back on day 15, acquiring a new one on day 40.")
    never = [f for f in found if f.id != "payback.new"]
    assert "paid back" not in reactivation.answer(never).lede


def test_an_effect_that_is_refused_is_told_with_its_reason():
    found = [definition(reactivation, "effect.x").refuse("Not stated: name it.", outcome="outcome")]
    answer = reactivation.answer(found)
    assert (answer.lede, answer.cards) == ("Not stated: name it.", ("effect.outcome",))


# Referral.
def scheme(roi, gap, hazard):
    found = [made(referral, "retention.hazard_ratio", hazard)]
    if gap != ABSENT:
        published = made(referral, "roi.published_form", gap if gap == REFUSED else "above")
        reward = made(referral, "break_even.reward", roi if roi == REFUSED else "above", unit="EUR")
        found += [made(referral, "value_gap", gap, unit="EUR"), published]
        found += [made(referral, "roi", roi), reward]
    return found


@pytest.mark.parametrize("roi", STATES)
def test_referral_claims_only_what_an_interval_bears(roi):
    """Paying and losing are the return's side of zero, worth the gap's, staying the hazard's side of one."""
    for gap, hazard in product((*STATES, ABSENT) if roi == REFUSED else STATES, STATES):
        found = scheme(roi, gap, hazard)
        answer = checked(referral.answer(found), found)
        said = answer.headline
        assert ("programme pays: it returns 20.0%" in said) == (roi == "above")
        assert ("loses money" in said) == (roi == "below")
        assert ("cannot be told" in said) == (roi in ("undecided", REFUSED))
        assert roi not in ("above", "below") or "Under the assumptions made" in said
        assert "worth more" not in said or gap == "above"
        assert "worth less" not in said or gap == "below"
        assert "stay longer" not in said or hazard == "below"
        assert "leave sooner" not in said or hazard == "above"
        assert gap == ABSENT or {"roi", "roi.published_form"} <= set(answer.cards)
        assert roi != REFUSED or gap == ABSENT or "Not stated: roi." in answer.lede


def test_every_row_of_every_table_is_reached():
    """A row that an earlier one hides would be a sentence nobody ever reads."""
    for table, verdicts in (
        (WITHIN, product(WORDS, SIDES)),
        (BETWEEN, product(WORDS)),
        (CONTACT, product(STATES, ("clear", "none"), STATES, STATES, PAYS)),
        (RETURN, product(STATES, STATES, STATES)),
    ):
        possible = (v for v in verdicts if v[:2] != (REFUSED, "clear"))
        assert {decide(table, *each) for each in possible} == set(table.values())


# The simulated worlds.
def drawn(study, world, customers):
    con = connect()
    tables = simulate.simulate(study, world, customers, 1).tables()
    return {name: read(name, frame, con=con) for name, frame in tables.items()}


def recovery_findings(world):
    survey = recovery.scored_survey(drawn("recovery", world, 3_000)["survey"])
    smallest = recovery.SmallestEffect(0.2, "sd")
    results = (
        recovery.recovered_changes(survey, smallest=smallest),
        recovery.between_groups(survey, smallest=smallest),
        recovery.recovery_rates(survey),
    )
    return [finding for result in results for finding in result.findings()]


def reactivation_findings(world):
    tables = drawn("reactivation", world, 4_000)
    history = reactivation.purchase_history(
        tables["transactions"], lapse_days=90, window_days=180, margin_rate=0.4
    )
    rng, known = np.random.default_rng(1), simulate.parameters("reactivation", world)
    campaign = ("outcomes", "money_outcome", "return_outcome", "contact_cost", "margin_rate")
    tests = reactivation.campaign(tables["contacts"], **{name: known[name] for name in campaign})
    results = (
        reactivation.lapse_states(history),
        reactivation.new_against_reactivated(history, rng=rng),
        reactivation.like_for_like(history, rng=rng),
        reactivation.contact_effects(tests),
    )
    return [finding for result in results for finding in result.findings()]


def referral_findings(world):
    tables = drawn("referral", world, 2_000)
    tenure = referral.follow(tables["customers"], tables["margins"], horizon_months=36)
    value = referral.customer_value(tenure, annual_discount_rate=0.1)
    known = simulate.parameters("referral", world)
    programme = ("admin_cost", "acquisition_cost", "type_one_share", "fraud_share")
    assumptions = referral.Assumptions(25.0, 0.0, **{name: known[name] for name in programme})
    results = (
        referral.margin_gap(tenure),
        referral.retention(tenure),
        value,
        referral.published_form(value, reward_referrer=25.0),
        referral.programme(value, assumptions, rng=np.random.default_rng(1)),
    )
    return [finding for result in results for finding in result.findings()]


WORLDS = [
    (recovery, recovery_findings, "no_paradox", "gained in satisfaction about as much as"),
    (recovery, recovery_findings, "paradox", "gained in satisfaction beyond what regression"),
    (reactivation, reactivation_findings, "works", "Contact raised spend by"),
    (reactivation, reactivation_findings, "no_effect", "but no effect of contact is shown"),
    (referral, referral_findings, "pays", "the programme pays: it returns"),
    (referral, referral_findings, "only_looks_better", "the programme loses money, although"),
]


@pytest.mark.parametrize(("study", "findings", "world", "said"), WORLDS, ids=lambda v: str(v)[:20])
def test_in_a_known_world_the_answer_is_the_known_one(study, findings, world, said):
    """Each world is called after its truth: what it holds is what the headline says."""
    found = findings(world)
    assert said in checked(study.answer(found), found).headline


@pytest.mark.parametrize(
    ("study", "findings", "world", "said"), WORLDS[::2], ids=lambda v: str(v)[:20]
)
def test_the_reference_of_a_definition_is_the_line_its_verdict_is_read_at(
    study, findings, world, said
):
    judged = [f for f in findings(world) if f.verdict in SIDES]
    assert len(judged) >= 4
    for finding in judged:
        line = definition(study, finding.id).reference
        assert direction((finding.ci_low, finding.ci_high), line) == finding.verdict, finding.id


# What the runner takes from a notebook.
def notebook(*bundles):
    cell = nbformat.v4.new_code_cell("")
    cell.outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in bundles]
    return nbformat.v4.new_notebook(cells=[cell])


def test_an_answer_shows_itself_escaped_and_the_runner_takes_one_at_most():
    answer = Answer("<b> leads", "By 2.", ("roi",))
    bundle = answer._repr_mimebundle_()
    assert bundle["text/plain"] == "<b> leads.\nBy 2."
    assert "<strong>&lt;b&gt; leads.</strong>" in bundle["text/html"]
    assert bundle[ANSWER_MIME] == {"headline": "<b> leads", "lede": "By 2.", "cards": ["roi"]}
    found = [{"id": "roi", "verdict": "above"}]
    assert record.answer(notebook(bundle), found) == bundle[ANSWER_MIME]
    assert record.answer(notebook({"text/plain": "3"}), found) is None
    with pytest.raises(ExecutionError, match="more than one answer"):
        record.answer(notebook(bundle, bundle), found)
    with pytest.raises(ExecutionError, match="not stated: roi"):
        record.answer(notebook(bundle), [])


def test_an_estimand_is_told_once_for_all_its_findings():
    found = [
        {"id": "effect.spend", "verdict": "above"},
        {"id": "effect.visit", "verdict": "undecided"},
        {"id": "effect.visit.recency_slope", "verdict": REFUSED},
        {"id": "states.lapsed", "verdict": None},
        {"id": "no.such", "verdict": None},
    ]
    meant = record.defined("reactivation", found)
    assert {i: d.id for i, d in meant.items()} == {
        "effect.spend": "effect.{outcome}",
        "effect.visit": "effect.{outcome}",
        "effect.visit.recency_slope": "effect.{outcome}.recency_slope",
        "states.lapsed": "states.lapsed",
    }
    assert record.estimand(meant["effect.spend"])["label"] == "Effect of contact on outcome"
    label = definition(recovery, "paradox.x.difference")
    assert record.estimand(label)["label"] == "Outcome: recovered minus no failure"
