"""Surveys nobody would wish for, through the whole study: everything is stated or refused, nothing breaks.

A finding cannot hold NaN or infinity (it is an error to make one), so that every finding made here is a test of that;
tables and figures are made of every result, too.
"""

import numpy as np
import pandas as pd
import pytest

from retorno import display, recovery, simulate
from retorno.figures import recovery as figures
from retorno.tables import connect, read

SMALLEST = recovery.SmallestEffect(0.2, "sd")
MONEY = recovery.Money("EUR", margin=30.0, horizon_months=12, compensation=20.0, handling_cost=8.0)


@pytest.fixture(scope="module")
def respondents():
    return simulate.simulate("recovery", "paradox", 400, 3).tables()["survey"]


def whole_study(table, **rules):
    """Return the findings of the whole study by id; tables and figures are made on the way."""
    survey = recovery.scored_survey(read("survey", table, con=connect()), **rules)
    rng = np.random.default_rng(1)
    changes = recovery.recovered_changes(survey, smallest=SMALLEST)
    adjusted = recovery.adjusted_differences(survey, smallest=SMALLEST)
    justice = recovery.justice_mediation(survey, rng=rng)
    worth = recovery.recovery_value(survey, MONEY)
    both = [  # results that are a table or a figure, and how the figure is drawn
        (recovery.respondent_flow(survey), None),
        (recovery.group_means(survey), figures.means),
        (changes.steps(), figures.changes),
        (recovery.reliability_sensitivity(survey), figures.reliability),
        (recovery.ceiling(survey), None),
        (recovery.change_sizes(survey), None),
        (recovery.between_groups(survey, smallest=SMALLEST), None),
        (recovery.effect_sizes(survey, rng=rng), None),
        (recovery.ordered_models(survey), figures.ordered),
        (adjusted, None),
        (adjusted.overlap(), figures.overlap),
        (adjusted.balance(), None),
        (recovery.leavers(survey, rng=rng), figures.leavers),
        (recovery.well_recovered(survey), None),
        (recovery.moderation(survey), figures.moderation),
        (recovery.quality_threshold(survey), figures.threshold),
        (justice, figures.mediation),
        (justice.confounding(), figures.confounding),
        (worth.by_compensation(), figures.value),
        (recovery.study_plan(survey, smallest=SMALLEST, rng=rng), figures.plan),
    ]
    shown = [display.figure(draw, result) for result, draw in both if draw]
    shown += [display.table(result) for result, _ in both if hasattr(result, "columns")]
    assert "nan" not in " ".join(one.bundle["text/plain"] for one in shown).lower().split()
    stated = [changes, recovery.recovery_rates(survey), recovery.double_deviations(survey), worth]
    stated += [result for result, _ in both if hasattr(result, "findings")]
    findings = [finding for result in stated for finding in result.findings()]
    recovery.answer(findings)
    return {finding.id: finding for finding in findings}


def refused(found, *prefixes):
    """Return the ids under `prefixes` that are refused."""
    return {i for i, f in found.items() if i.startswith(prefixes) and f.verdict == "refused"}


def same(respondents, score):
    """Return one score for all who answered."""
    return respondents.satisfaction.where(respondents.satisfaction.isna(), score)


def test_a_whole_survey_states_everything_but_repurchase_before(respondents):
    found = whole_study(respondents)
    assert refused(found, "") == {
        *(i for i in found if i.startswith("change.repurchase.")),
        "conditional.repurchase.change",
        "conditional.repurchase.change_selection",
        "ordered.repurchase.proportional_odds_p",
    }


def test_a_constant_outcome_is_refused_with_its_reason(respondents):
    found = whole_study(
        respondents.assign(satisfaction=same(respondents, 4), satisfaction_before=4)
    )
    for name in ("paradox.satisfaction.difference", "leavers.satisfaction.weighted"):
        assert "is the same for all who are compared" in found[name].sentence
    assert refused(found, "paradox.satisfaction.") == {
        i for i in found if i.startswith("paradox.satisfaction.")
    }
    assert refused(found, "moderation.", "threshold.", "mediation.") == {
        i for i in found if i.startswith(("moderation.", "threshold.", "mediation."))
    }


def test_all_answers_at_the_ceiling(respondents):
    """One group or both at 7: no comparison of equal scores, and the ceiling is told."""
    found = whole_study(respondents.assign(satisfaction=same(respondents, 7)))
    assert found["paradox.satisfaction.difference"].verdict == "refused"
    assert found["ceiling.satisfaction.after"].estimate == 1
    one = respondents.copy()
    one.loc[one.group == "no_failure", "satisfaction"] = 7
    found = whole_study(one)
    assert found["paradox.satisfaction.difference"].verdict == "below"
    assert found["plan.power"].verdict == "refused"


@pytest.mark.parametrize("group", ["recovered", "no_failure", "failure"])
def test_a_group_of_one(respondents, group):
    """What needs the group is refused, the rest stands."""
    others = respondents[respondents.group != group]
    found = whole_study(pd.concat([others, respondents[respondents.group == group].head(1)]))
    assert refused(found, "recovery_rate.") == {f"recovery_rate.{o}" for o in recovery_outcomes()}
    assert all(
        "at least 5 are needed" in found[i].sentence for i in refused(found, "recovery_rate.")
    )


def recovery_outcomes():
    return ("satisfaction", "repurchase", "word_of_mouth")


def test_no_score_before(respondents):
    gone = [column for column in respondents if column.endswith("_before")]
    found = whole_study(respondents.drop(columns=[*gone, "segment"]))
    assert refused(found, "change.", "leavers.satisfaction.weighted", "paradox.satisfaction.ancova")
    assert found["leavers.satisfaction.lee_low"].verdict != "refused"


def test_separated_groups_in_the_ordered_model(respondents):
    """All recovered above all others: no odds ratio exists, superiority is at its bound."""
    apart = respondents.copy()
    recovered = apart.group == "recovered"
    apart.loc[recovered, "satisfaction"] = apart.loc[recovered, "satisfaction"].clip(lower=6)
    apart.loc[~recovered, "satisfaction"] = apart.loc[~recovered, "satisfaction"].clip(upper=5)
    found = whole_study(apart)
    assert refused(found, "ordered.satisfaction.") == {
        "ordered.satisfaction.odds_ratio",
        "ordered.satisfaction.proportional_odds_p",
    }
    assert found["paradox.satisfaction.superiority"].estimate == 1


def test_one_level_of_a_moderator(respondents):
    found = whole_study(
        respondents.assign(severity=respondents.severity.where(respondents.severity.isna(), 3))
    )
    assert refused(found, "moderation.severity.") == {
        f"moderation.severity.{part}" for part in ("slope", "jn_low", "jn_high")
    }
    assert "has one value among all recovered" in found["moderation.severity.slope"].sentence
    assert found["moderation.stability.slope"].verdict != "refused"


def test_collinear_justice(respondents):
    twice = respondents.assign(procedural_justice=respondents.distributive_justice)
    found = whole_study(twice)
    assert refused(found, "mediation.") == {i for i in found if i.startswith("mediation.")}
    assert "cannot tell the three dimensions" in found["mediation.direct"].sentence


def test_weights_of_zero(respondents):
    found = whole_study(respondents.assign(weight=0.0))
    assert "all weights are 0" in found["change.satisfaction.corrected"].sentence
    assert found["paradox.satisfaction.difference"].verdict != "refused"


def test_nobody_left(respondents):
    stayed = respondents.dropna(subset=["satisfaction", "repurchase", "word_of_mouth"])
    found = whole_study(stayed)
    assert refused(found, "leavers.") == {i for i in found if i.startswith("leavers.")}
    assert "nobody left" in found["leavers.satisfaction.weighted"].sentence


def test_covariates_that_tell_the_groups_apart(respondents):
    told = respondents.assign(segment=np.where(respondents.group == "recovered", "A", "B"))
    found = whole_study(told)
    assert found["paradox.satisfaction.doubly_robust"].verdict == "refused"
    assert found["paradox.satisfaction.difference"].verdict != "refused"


@pytest.mark.parametrize("seed", range(3))
def test_twenty_respondents(seed):
    """Small cells of every kind: all is stated with care or refused."""
    found = whole_study(simulate.simulate("recovery", "no_paradox", 40, seed).tables()["survey"])
    assert len(refused(found, "")) > 20


def test_an_intention_on_another_scale_than_a_share(respondents):
    """Repurchase on the scale: an outcome like the others, and no money without what becomes of it."""
    found = whole_study(respondents.assign(repurchase=respondents.word_of_mouth))
    assert "intention_to_behaviour" in found["value.per_recovery"].sentence
    assert found["ordered.repurchase.proportional_odds_p"].verdict != "refused"
