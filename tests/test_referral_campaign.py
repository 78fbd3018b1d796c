"""A campaign in the referral study: days worked by hand, refusals, sentences, figures."""

import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn

from retorno.errors import ParameterError
from retorno.figures import theme
from retorno.figures.referral.campaign import campaign
from retorno.figures.referral.placebo import placebo
from retorno.referral import follow
from retorno.referral.campaign.after import campaign_after
from retorno.referral.campaign.credited import campaign_credited
from retorno.referral.campaign.daily import Daily, daily_customers
from retorno.referral.campaign.effect import campaign_effect
from retorno.referral.campaign.errors import campaign_errors
from retorno.referral.campaign.placebo import campaign_placebo
from retorno.referral.campaign.weeks import campaign_weeks
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)  # a Monday
# Each weekday goes + - - + or - + + - over four weeks: nothing with level, trend or weekday, and no memory to speak of.
WAVE = np.outer([1, -1, -1, 1], [1, -1, 1, -1, 1, -1, 1]).ravel()
IDS = {
    "campaign.effect",
    "campaign.effect.referred",
    "campaign.effect.other",
    "campaign.serial_correlation",
    "campaign.after",
    "campaign.net",
    "campaign.credited",
    "campaign.net_share",
    "campaign.placebo_p",
}


def iso(day):
    return (DAY0 + timedelta(days=day)).isoformat()


def by_hand(during=14, after=14, up=6, down=-4, later=-2):
    """Return referred and other new customers of 56 days before, `during` of the campaign and `after`.

    Before: 3 -+ 1 referred, 10 -+ 2 others, one more of each on Mondays.
    """
    monday = np.arange(56 + during + after) % 7 == 0
    referred, other = 3 + monday, 10 + monday
    referred[:56] += np.tile(WAVE, 2)
    other[:56] += 2 * np.tile(WAVE, 2)
    referred[56 : 56 + during] += up
    other[56 : 56 + during] += down
    other[56 + during :] += later
    return referred, other


def tenure_of(referred, other, *, until=None):
    days = np.concatenate([np.repeat(np.arange(len(n)), n) for n in (referred, other)])
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(days.size)],
            "joined_on": [DAY0 + timedelta(days=int(d)) for d in days],
            "left_on": None,
            "referred": np.repeat([1, 0], [sum(referred), sum(other)]),
        }
    )
    until = len(referred) - 1 if until is None else until
    table = read("customers", frame, con=connect())
    return follow(table, horizon_months=12, observed_until=iso(until))


@pytest.fixture(scope="module")
def tenure():
    return tenure_of(*by_hand())


def results(daily, **options):
    effect = campaign_effect(daily, **options)
    after = campaign_after(effect)
    return effect, after, campaign_credited(after), campaign_placebo(effect)


def stated(daily, **options):
    return {f.id: f for result in results(daily, **options) for f in result.findings()}


def made(before, during, after, *, referred=3.0, other=9.0, seed=1, up=0.0, ends=True):
    """Return a Daily of random counts."""
    rng = np.random.default_rng(seed)
    size = before + during + after
    ran = (np.arange(size) >= before) & (np.arange(size) < before + during)
    counts = rng.poisson(referred + up * ran), rng.poisson(other, size)
    return Daily(DAY0, *counts, before, during, after, ends, None)


@pytest.fixture(scope="module")
def usual():
    return made(420, 42, 28, up=4.0)


def test_days_are_counted_with_those_without_anybody(tenure):
    """56 days before from Monday 1 January, the campaign from 26 February to 10 March, 14 days after."""
    daily = daily_customers(tenure, campaign_from=iso(56), campaign_until=iso(69))
    assert (daily.before, daily.during, daily.after) == (56, 14, 14)
    referred, other = by_hand()
    assert daily.referred.tolist() == referred.tolist()
    assert daily.used("all").tolist() == (referred + other).tolist()
    assert daily.in_campaign("referred") == 14 * 9 + 2
    assert (daily.past, daily.first_weekday, daily.day(56)) == (56, 0, date(2024, 2, 26))
    gap = tenure_of(np.r_[referred, np.zeros(5, int), 1], np.r_[other, np.zeros(6, int)])
    gap = daily_customers(gap, campaign_from=iso(56), campaign_until=iso(69))
    assert gap.referred[-6:].tolist() == [0, 0, 0, 0, 0, 1]
    assert gap.after == 20


def test_a_launch_goes_on_to_the_last_day_of_joining(tenure):
    """Customers are followed for 200 days more, but the last joined on day 83: what follows are no empty days."""
    longer = tenure_of(*by_hand(), until=283)
    for one in (tenure, longer):
        daily = daily_customers(one, campaign_from=iso(56))
        assert (daily.during, daily.after, daily.ends) == (28, 0, False)


def test_past_and_after_are_cut_to_a_year_and_four_weeks():
    """400 days before the campaign start on a Monday; the 365 used start 35 days later, on a Monday again."""
    daily = made(400, 14, 40)
    assert (daily.past, daily.used("all").size, daily.first_weekday) == (365, 365 + 14 + 40, 0)
    assert made(401, 14, 28).first_weekday == 1
    tenure = tenure_of(np.full(160, 1), np.full(160, 2))
    assert daily_customers(tenure, campaign_from=iso(90), campaign_until=iso(99)).after == 28


def test_who_joined_before_the_data_is_not_counted():
    """Three of the ten joined before observed_from and come into sight late: of those days only stayers are known."""
    frame = pd.DataFrame(
        {
            "customer_id": list("ABCDEFGHIJ"),
            "joined_on": [DAY0 + timedelta(days=d) for d in (0, 1, 2, *range(10, 17))],
            "left_on": None,
            "referred": 0,
        }
    )
    table = read("customers", frame, con=connect())
    tenure = follow(table, horizon_months=1, observed_from=iso(5), observed_until=iso(30))
    daily = daily_customers(tenure, campaign_from=iso(10))
    assert daily.counts("all").tolist() == [0] * 5 + [1] * 7


def test_the_changes_by_hand(tenure):
    """Expected: 3 + 1/7 referred and 10 + 1/7 others a day. Seen +6 and -4, so +2 in all; after it -2: net 28 - 28.

    The wave of the past adds up to nothing with level, trend and weekday, so the changes come out to the digit.
    A dashboard credits 14 * 9 + 2 = 128; without the campaign 14 * 3 + 2 = 44 would have been referred.
    """
    found = stated(daily_customers(tenure, campaign_from=iso(56), campaign_until=iso(69)))
    assert set(found) == IDS
    expected = {
        "campaign.effect": 2,
        "campaign.effect.referred": 6,
        "campaign.effect.other": -4,
        "campaign.after": -2,
        "campaign.net": 0,
        "campaign.credited": 128,
        "campaign.net_share": 0,
    }
    for name, value in expected.items():
        assert found[name].estimate == pytest.approx(value, abs=1e-9)
    for name in ("campaign.effect.referred", "campaign.effect.other", "campaign.after"):
        assert found[name].ci_low < expected[name] < found[name].ci_high
    assert found["campaign.effect.referred"].verdict == "above"
    assert "9.14 new referred customers joined a day" in found["campaign.effect.referred"].sentence
    assert "lead to expect 3.14: 6.00 more a day" in found["campaign.effect.referred"].sentence
    assert "4.00 fewer a day" in found["campaign.effect.other"].sentence
    assert "would have come anyway" in found["campaign.effect.other"].sentence
    assert found["campaign.net_share"].verdict == "undecided"
    assert "credits more than the campaign brought" in found["campaign.net_share"].sentence
    assert "44 would have been expected" in found["campaign.credited"].sentence
    assert found["campaign.credited"].n == 128
    assert found["campaign.effect"].n == sum(map(sum, by_hand()))


def test_what_was_gained_and_lost_again_is_said():
    """+10 a day for 14 days are 140 gained; -6 a day for 14 are 84 lost; 56 are left of the 184 credited."""
    tenure = tenure_of(*by_hand(up=10, down=0, later=-6))
    found = stated(daily_customers(tenure, campaign_from=iso(56), campaign_until=iso(69)))
    assert "gained 140 customers while it ran, and 84 were lost" in found["campaign.after"].sentence
    assert found["campaign.net"].estimate == pytest.approx(56, rel=1e-9)
    assert found["campaign.net_share"].estimate == pytest.approx(56 / 184, rel=1e-9)


def test_the_net_share_of_nothing_else_is_the_share_of_the_count(usual):
    """Its interval is Fieller's: with a count known for certain it would be that of the net change over the count."""
    effect, after, credited, _ = results(usual)
    share, net = credited.share, after.net.at(0.95)
    assert share.value == pytest.approx(net.value / credited.credited, rel=1e-12)
    assert share.ci_low < share.value < share.ci_high
    assert (share.ci_high - share.ci_low) * credited.credited == pytest.approx(
        net.ci_high - net.ci_low, rel=0.35
    )
    assert effect.verdict() == "above"


def test_without_an_end_the_net_change_is_that_of_the_campaign(tenure):
    daily = daily_customers(tenure, campaign_from=iso(56))
    found = stated(daily)
    assert found["campaign.after"].verdict == "refused"
    assert "campaign_until" in found["campaign.after"].sentence
    effect = found["campaign.effect"].estimate
    assert found["campaign.net"].estimate == pytest.approx(28 * effect, rel=1e-9)
    assert "no end in the data" in found["campaign.net"].sentence
    assert "once the campaign ends" in found["campaign.net_share"].sentence


def test_without_a_campaign_all_is_refused_by_name(tenure):
    found = stated(daily_customers(tenure))
    assert set(found) == IDS
    assert {f.verdict for f in found.values()} == {"refused"}
    assert all("campaign_from" in f.sentence for f in found.values())


@pytest.mark.parametrize(
    ("start", "end", "refused", "reason"),
    [
        (55, 69, IDS, "hold 55 days before the campaign; 56 are needed"),
        (56, 61, IDS, "ran for 6 days that are seen; 7 are needed"),
        (60, 70, {"campaign.after", "campaign.net", "campaign.net_share"}, "13 days after"),
    ],
)
def test_days_too_few_are_refused_and_say_how_many_are_needed(tenure, start, end, refused, reason):
    found = stated(daily_customers(tenure, campaign_from=iso(start), campaign_until=iso(end)))
    for name in refused:
        assert (found[name].verdict, found[name].estimate) == ("refused", None)
        assert reason in found[name].sentence
    assert {n for n, f in found.items() if f.verdict != "refused"} == IDS - refused - (
        {"campaign.placebo_p"} if refused != IDS else set()
    )


def test_a_group_too_small_or_without_spread_is_refused_alone():
    """Four referred in all; and one referred a day, each day."""
    few = np.zeros(84, int)
    few[[10, 30, 57, 60]] = 1
    for referred, reason in ((few, "days the model uses: 4; at least 5"), (few * 0 + 1, "exactly")):
        daily = Daily(DAY0, referred, by_hand()[1], 56, 14, 14, True, None)
        found = stated(daily)
        assert reason in found["campaign.effect.referred"].sentence
        assert found["campaign.effect.referred"].verdict == "refused"
        assert found["campaign.effect"].verdict != "refused"
    assert found["campaign.credited"].estimate == 14
    few = stated(Daily(DAY0, few, by_hand()[1], 56, 14, 14, True, None))
    assert "joined while the campaign ran: 2; at least 5" in few["campaign.net_share"].sentence


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("1 May", None, "campaign_from: wanted a date as 2024-12-31; got '1 May'"),
        (iso(60), "2024-02-30", "campaign_until: wanted a date"),
        (iso(60), iso(59), "ends on 2024-02-29, before it starts on 2024-03-01"),
        (
            iso(-1),
            None,
            "campaign_from: 2023-12-31 lies outside the data, which run from 2024-01-01",
        ),
        (iso(60), iso(84), "campaign_until: 2024-03-25 lies outside the data"),
        (None, iso(60), "campaign_until: given without campaign_from"),
    ],
)
def test_impossible_dates_say_the_way_out(tenure, start, end, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        daily_customers(tenure, campaign_from=start, campaign_until=end)


def test_a_start_after_the_last_to_join_is_refused_with_that_day():
    longer = tenure_of(*by_hand(), until=283)
    with pytest.raises(
        ParameterError, match="after the last day on which anybody joined, 2024-03-24"
    ):
        daily_customers(longer, campaign_from=iso(100))


def test_days_that_stay_alike_are_said_to():
    """A wave of two weeks is as far from chance as can be; counts without memory are not told from it."""
    alike = made(364, 42, 28)
    wave = (4 + 3 * np.sin(np.arange(434) / 4.5)).astype(int)
    found = stated(replace(alike, other=alike.other + wave))["campaign.serial_correlation"]
    assert found.estimate < 0.001
    assert "carries on to others (p < 0.001)" in found.sentence
    assert "up to 14 days" in found.sentence
    quiet = stated(alike)["campaign.serial_correlation"]
    assert quiet.estimate > 0.05
    assert "No relation" in quiet.sentence


def test_models_of_chance_share_one_change_and_the_last_is_the_one_stated(usual):
    """Weekdays hardly move the change: 42 days are six whole weeks. The plain Newey-West interval is the narrowest."""
    effect = campaign_effect(usual)
    table = campaign_errors(effect).to_frame().set_index("model")
    assert list(table.index) == ["raw", "weekdays", "newey_west", "reduced"]
    assert table.change[1:].tolist() == pytest.approx([effect.changes["all"].value] * 3, rel=1e-12)
    assert table.change["raw"] == pytest.approx(table.change["weekdays"], abs=0.02)
    width = table.ci_high - table.ci_low
    assert width["newey_west"] < width["reduced"]
    at = effect.changes["all"].at(0.95)
    assert tuple(table.loc["reduced", ["ci_low", "ci_high"]]) == at.interval
    assert "The verdict is the same in all." in campaign_errors(effect).table_caption()


def test_the_verdict_that_moves_with_the_model_of_chance_is_said_to(usual):
    """The change is set between the half-widths of the narrowest and the widest interval."""
    errors = campaign_errors(campaign_effect(usual))
    halves = {n: one.at(0.95).ci_high - one.at(0.95).value for n, one in errors.found.items()}
    between = (min(halves.values()) + max(halves.values())) / 2
    moved = replace(
        errors, found={n: replace(one, value=between) for n, one in errors.found.items()}
    )
    assert set(moved.verdicts().values()) == {"above", "undecided"}
    assert "depends on which is chosen" in moved.table_caption()


def test_the_table_sets_count_and_net_change_side_by_side(tenure):
    """128 credited; +84 referred, -56 others, +28 in all, -28 after, 0 net: changes of the hand-worked days."""
    daily = daily_customers(tenure, campaign_from=iso(56), campaign_until=iso(69))
    credited = results(daily)[2]
    frame = credited.to_frame().set_index("row")
    expected = {"credited": 128, "referred": 84, "other": -56, "all": 28, "after": -28, "net": 0}
    assert frame.customers.to_dict() == pytest.approx(expected, abs=1e-8)
    assert np.isnan(frame.ci_low["credited"])
    assert set(credited.columns()) <= set(frame.reset_index().columns)


def test_placebo_dates_lie_before_the_campaign_and_have_half_its_past(usual):
    """420 days before, 365 used: starts from day 182 on; the last ends on the day before the campaign."""
    found = campaign_placebo(campaign_effect(usual))
    assert (found.days[0], found.days[-1]) == (182 - 420, -42)
    assert found.days.size == 420 - 42 - 182 + 1
    assert found.windows == 5  # 197 starts, every 42nd: 0, 42, 84, 126, 168
    frame = found.to_frame()
    assert frame.first_day.iloc[-1] == (DAY0 + timedelta(days=420 - 42)).isoformat()
    assert found.p == (1 + frame.as_large.sum()) / (1 + len(frame))


def test_a_past_that_wanders_makes_the_change_common(usual):
    """Sixty days of eight more a day in the past: dates there show as large a change as the real one of about four."""
    calm = stated(usual)["campaign.placebo_p"]
    bump = usual.other.copy()
    bump[250:310] += 8
    wild = stated(replace(usual, other=bump))["campaign.placebo_p"]
    assert calm.estimate == pytest.approx(1 / 198, rel=1e-12)
    assert "At none of 197 dates" in calm.sentence
    assert wild.estimate > 0.1
    assert "where nothing happened" in wild.sentence


def test_without_room_for_dates_the_placebo_is_refused(tenure):
    daily = daily_customers(tenure, campaign_from=iso(56), campaign_until=iso(69))
    found = campaign_placebo(campaign_effect(daily))
    assert found.findings()[0].verdict == "refused"
    assert "room for 0 supposed campaigns" in found.findings()[0].sentence
    assert found.to_frame().empty


def test_weeks_never_cross_a_border_and_keep_the_means(usual):
    """42 days are six whole weeks, 28 four; 365 before are 52 weeks and a day, which is left out."""
    frame = campaign_weeks(campaign_effect(usual)).to_frame()
    assert frame.phase.value_counts().to_dict() == {"before": 52, "during": 6, "after": 4}
    during = frame[frame.phase == "during"]
    assert during["all"].mean() == pytest.approx(usual.in_campaign("all") / 42, rel=1e-12)
    change = campaign_effect(usual).changes["all"].value
    assert (during["all"] - during.expected_all).mean() == pytest.approx(change, rel=1e-9)
    assert (frame.referred + frame.other).tolist() == pytest.approx(frame["all"].tolist())
    odd = campaign_weeks(campaign_effect(made(100, 17, 19))).to_frame()
    assert odd[odd.phase == "during"].days.tolist() == [7, 7]
    assert odd[odd.phase == "after"].days.tolist() == [7, 7]


def titled(all_, referred, other, daily):
    effect = campaign_effect(daily)
    changes = {"all": all_, "referred": referred, "other": other}
    moved = {name: replace(effect.changes[name], value=value) for name, value in changes.items()}
    return campaign_weeks(replace(effect, changes=moved)).title()


def test_titles_follow_the_verdicts(usual):
    assert titled(9, 9, 0, usual) == "9.00 more customers joined a day while the campaign ran"
    assert titled(-9, 0, -9, usual) == "9.00 fewer customers joined a day while the campaign ran"
    assert titled(0, 9, -9, usual).startswith(
        "More referred customers, fewer others: no net change"
    )
    assert titled(9, 19, -9, usual).endswith("fewer came by themselves")
    assert titled(0, 9, 0, usual) == "More referred customers, but no change in all is shown"
    assert titled(0, 0, 0, usual) == "No change in new customers is shown while the campaign ran"


SHAPES = {
    "usual": (420, 42, 28),
    "week": (70, 7, 28),
    "launch": (60, 300, 0),
    "short": (56, 14, 14),
    "unseen after": (120, 21, 5),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("up", [0.0, 60.0])
def test_words_of_the_figures_fit_and_never_collide(shape, up):
    daily = made(*SHAPES[shape], up=up, ends=shape != "launch")
    effect = campaign_effect(daily)
    for draw, result in ((campaign, campaign_weeks(effect)), (placebo, campaign_placebo(effect))):
        check_words(drawn(draw, result))
        said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
        assert all(said)
        assert not result.title().endswith(".")


def test_letters_are_large_enough_and_the_same_result_gives_the_same_bytes(usual):
    """10.5 points are 11 pixels at 34 rem, the least width of a plot."""
    effect = campaign_effect(usual)
    for draw, result in ((campaign, campaign_weeks(effect)), (placebo, campaign_placebo(effect))):
        svg = theme.svg(draw, result)
        assert svg == theme.svg(draw, result)
        sizes = [float(s) for s in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", svg)]
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
        assert min(sizes) * 34 * 16 / width >= 11


def test_figures_say_that_there_is_nothing_and_why(tenure):
    effect = campaign_effect(daily_customers(tenure))
    for draw, result in ((campaign, campaign_weeks(effect)), (placebo, campaign_placebo(effect))):
        svg = theme.svg(draw, result)
        assert "campaign_from" in svg
        assert result.to_frame().empty
    assert campaign_errors(effect).to_frame().empty
    assert campaign_credited(campaign_after(effect)).to_frame().empty


def test_the_figure_draws_what_the_days_hold(usual):
    """The upper panel has the weekly line and what was expected; both shades lie where campaign and after do."""
    result = campaign_weeks(campaign_effect(usual))
    panel = next(ax for ax in drawn(campaign, result).axes if ax.axison)
    frame = result.to_frame()
    seen, expected = panel.lines
    assert list(seen.get_ydata()) == frame["all"].tolist()
    assert list(expected.get_ydata()) == frame.expected_all.tolist()
    spans = [p.get_extents().transformed(panel.transData.inverted()) for p in panel.patches]
    assert [(round(s.x0), round(s.x1)) for s in spans] == [(0, 42), (42, 70)]
