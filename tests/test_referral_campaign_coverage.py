"""Intervals of a campaign's changes on simulated days whose answers are known.

365 days before, 42 of the campaign, 28 after; 4 referred and 8 other new customers a day with a weekly rhythm and a
trend. The full version judges every number as the definitions ask: 2,000 runs, coverage of a 95 % interval between 0.93
and 0.97, |bias| at most 4 Monte Carlo standard errors + 0.1 standard error. Where the days' memory outlasts the two
weeks the errors allow for, intervals are too short: their coverage is measured and pinned.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from shared import judge

from retorno.referral.campaign.after import campaign_after
from retorno.referral.campaign.credited import campaign_credited
from retorno.referral.campaign.daily import Daily
from retorno.referral.campaign.effect import campaign_effect
from retorno.referral.campaign.placebo import campaign_placebo
from retorno.stats.interrupted import newey_west

BEFORE, DURING, AFTER = 365, 42, 28
RHYTHM = np.array([1.1, 1.2, 1.1, 1.0, 1.0, 0.8, 0.8])
PART = 500  # runs drawn together
SHORT = pytest.param(60, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)


@dataclass(frozen=True)
class World:
    """Changes a day: in referred and other customers while it ran, in others after it; and what goes on anyway.

    `memory`: none; "autoregressive", a lognormal factor of all means with coefficient of variation 0.4 and that
    correlation of its log from day to day; "branching", each customer brings so many on average, 60 days later.
    """

    referred: float = 0.0
    other: float = 0.0
    after: float = 0.0
    base: tuple[float, float] = (4.0, 8.0)
    memory: tuple[str, float] = ("none", 0.0)
    during: int = DURING
    before: int = BEFORE

    @property
    def days(self):
        return np.arange(self.before + self.during + AFTER)

    @property
    def trend(self):
        return 0.0 if self.memory[0] == "branching" else 0.2

    def means(self):
        """Return the mean of referred and of other new customers of each day."""
        days = self.days
        level = RHYTHM[days % 7] * (1 + self.trend * (days / days.size - 0.5))
        ran = (days >= self.before) & (days < self.before + self.during)
        past = days >= self.before + self.during
        referred = self.base[0] * level + self.referred * ran
        return np.stack([referred, self.base[1] * level + self.other * ran + self.after * past])

    def truths(self):
        """Return what each finding estimates; the net share is a ratio of means."""
        net = (self.referred + self.other) * self.during + self.after * AFTER
        ran = slice(self.before, self.before + self.during)
        credited = self.means()[0][ran].sum()
        if (
            self.memory[0] == "branching"
        ):  # so many of all are brought, two months later: without the rhythm
            credited = self.during * (self.memory[1] * sum(self.base) + self.referred)
        return {
            "campaign.effect": self.referred + self.other,
            "campaign.effect.referred": self.referred,
            "campaign.effect.other": self.other,
            "campaign.after": self.after,
            "campaign.net": net,
            "campaign.net_share": net / credited,
        }

    def counts(self, runs, rng):
        """Return counts of shape (2, days, runs)."""
        kind, size = self.memory
        if kind == "branching":
            return self._branching(runs, rng)
        factor = _autoregressive(self.days.size, runs, rng, size) if size else np.ones(runs)
        return rng.poisson(self.means()[:, :, None] * factor)

    def _branching(self, runs, rng, burn=400):
        """Return counts of a past long enough: the rhythm is that of those who come by themselves."""
        children, keep = self.memory[1], np.exp(-1 / 60.0)
        days = np.arange(-burn, self.days.size)
        alone = sum(self.base) * RHYTHM[days % 7] * (1 - children)
        ran = (days >= self.before) & (days < self.before + self.during)
        counts = np.zeros((2, days.size, runs), dtype=int)
        due = np.full(runs, sum(self.base) * children)
        for day, rate in enumerate(alone):
            counts[:, day] = rng.poisson(due), rng.poisson(rate, runs)
            due = keep * due + (1 - keep) * children * counts[:, day].sum(axis=0)
        counts[0] += rng.poisson(self.referred * ran[:, None], counts[0].shape)  # who bring nobody
        return counts[:, burn:]

    def drawn(self, runs, seed):
        """Yield a Daily for each run."""
        rng = np.random.default_rng(seed)
        for start in range(0, runs, PART):
            some = min(PART, runs - start)
            counts = self.counts(some, rng)
            for run in range(some):
                one = counts[:, :, run]
                yield Daily(date(2024, 1, 1), *one, self.before, self.during, AFTER, True, None)


def _autoregressive(size, runs, rng, rho, spread=0.4):
    z = rng.normal(size=(size, runs))
    for day in range(1, size):
        z[day] = rho * z[day - 1] + np.sqrt(1 - rho**2) * z[day]
    sigma = np.sqrt(np.log(1 + spread**2))
    return np.exp(sigma * z - sigma**2 / 2)


def estimates_of(daily):
    """Return what the study states of one run, by finding id."""
    effect = campaign_effect(daily)
    after = campaign_after(effect)
    return {
        "campaign.effect": effect.changes["all"].at(0.95),
        "campaign.effect.referred": effect.changes["referred"].at(0.95),
        "campaign.effect.other": effect.changes["other"].at(0.95),
        "campaign.after": after.change.at(0.95),
        "campaign.net": after.net.at(0.95),
        "campaign.net_share": campaign_credited(after).share,
    }


CHANGES = {
    "none": {},
    "relabelled": {"referred": 3.0, "other": -3.0},
    "pulled forward": {"referred": 4.0, "after": -6.0},
    "real": {"referred": 5.0, "other": -1.0},
}

MEMORY = ("autoregressive", 0.5)
JUDGED = {name: World(**changes) for name, changes in CHANGES.items()}
JUDGED |= {f"{name}, memory": World(**c, memory=MEMORY) for name, c in CHANGES.items()}
JUDGED["a week, eight before it"] = World(referred=5.0, during=7, before=56)
JUDGED["branching, 0.3 each"] = World(memory=("branching", 0.3))
JUDGED["launch"] = World(referred=3.0, other=-2.0, base=(0.0, 12.0))
# Coverage over 2,000 runs where memory outlasts two weeks, or comes with days twice as full: with another seed the
# referred of a campaign that pulls forward, with memory, are covered by 0.928, just short of 0.93.
PINNED = {
    "pulled forward, memory": (
        JUDGED.pop("pulled forward, memory"),
        {"campaign.effect": 0.937, "campaign.effect.referred": 0.932, "campaign.net": 0.938},
    ),
    "long memory": (
        World(memory=("autoregressive", 0.8)),
        {"campaign.effect": 0.90, "campaign.after": 0.90, "campaign.net": 0.90},
    ),
    "branching, 0.5 each": (
        World(memory=("branching", 0.5)),
        {"campaign.effect": 0.935, "campaign.after": 0.92, "campaign.net": 0.912},
    ),
}


@pytest.mark.parametrize("case", JUDGED)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_every_interval_covers_what_the_days_hold(runs, case):
    """Counts with a weekly rhythm and a rise of a fifth, without memory and with one of a few days."""
    world = JUDGED[case]
    found = [estimates_of(daily) for daily in world.drawn(runs, 20_240_601)]
    for name, truth in world.truths().items():
        judge(f"{case} {name}", truth, [one[name] for one in found])


@pytest.mark.full
@pytest.mark.parametrize("case", PINNED)
def test_where_intervals_are_too_short_their_coverage_is_pinned(case):
    """Measured, not wished for: within 0.02 of what 2,000 runs gave, four of their standard errors at 0.95."""
    world, expected = PINNED[case]
    found = [estimates_of(daily) for daily in world.drawn(2_000, 1)]
    for name, truth in world.truths().items():
        covered = np.mean([one[name].ci_low <= truth <= one[name].ci_high for one in found])
        print(f"{case} {name}: coverage {covered:.3f}")
        if name in expected:
            assert covered == pytest.approx(expected[name], abs=0.02)


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_newey_west_as_software_gives_it_is_too_short_over_six_weeks(runs):
    """Of 95 % intervals 88 % cover even without memory: why the bias of the variance is reduced."""
    covers = {"plain": [], "reduced": []}
    for daily in World().drawn(runs, 7):
        effect = campaign_effect(daily)
        weights = effect.model.weights(1.0)
        plain = newey_west(effect.model, daily.used("all"), weights, lag=effect.lag)
        for name, one in (("plain", plain), ("reduced", effect.changes["all"])):
            at = one.at(0.95)
            covers[name].append(at.ci_low <= 0 <= at.ci_high)
    shares = {name: np.mean(found) for name, found in covers.items()}
    print(shares)
    assert shares["plain"] < shares["reduced"]
    if runs >= 2_000:
        assert shares["plain"] == pytest.approx(0.88, abs=0.02)


@pytest.mark.full
@pytest.mark.parametrize("memory", [("none", 0.0), MEMORY], ids=str)
def test_placebo_dates_call_little_of_nothing_rare(memory):
    """150 runs with 600 days before and no effect: p at most 0.1 in a tenth, but for three errors of it."""
    found = [
        campaign_placebo(campaign_effect(daily)).p
        for daily in World(memory=memory, before=600).drawn(150, 11)
    ]
    print(memory, np.mean(np.array(found) <= 0.1))
    assert np.mean(np.array(found) <= 0.1) <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 150)
