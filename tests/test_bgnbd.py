"""BG/NBD: published numbers, hand and brute-force twins of every formula, edges of the likelihood, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.special import betaln, gammaln

from retorno.stats.bgnbd import (
    BGNBD,
    EDGES,
    NO_DROPOUT,
    PARAMETERS,
    SAME_DROPOUT,
    SAME_RATE,
    Likelihood,
    NoMaximum,
    fit_bgnbd,
)

CDNOW = BGNBD(0.243, 4.414, 0.793, 2.426)


@pytest.fixture(scope="module")
def cdnow(public_data):
    """The 39-week calibration of the CDNOW sample: customer-days up to 1997-09-30, weeks = days / 7."""
    lines = pd.read_csv(public_data / "cdnow_sample.csv.gz", parse_dates=["date"])
    end = pd.Timestamp("1997-09-30")
    days = lines.loc[lines.date <= end, ["customer_id", "date"]].drop_duplicates()
    seen = days.groupby("customer_id").date.agg(["min", "max", "count"])
    return (
        (seen["count"] - 1).to_numpy(),
        ((seen["max"] - seen["min"]).dt.days / 7).to_numpy(),
        ((end - seen["min"]).dt.days / 7).to_numpy(),
    )


def drawn(law=CDNOW, n=3_000, seed=1):
    """Return customers of the law that were first seen in the first third of 39 weeks."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(26, 39, n)
    return *law.draw(age, rng=rng)[:2], age


def printed(theta, x, t_x, age):
    """The log-likelihood of one customer as equation 6 of the source has it, in gamma functions."""
    r, alpha, a, b = np.exp(theta)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    if x == 0:
        return common + alive
    gone = betaln(a + 1, b + x - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return common + np.logaddexp(alive, gone)


def test_cdnow_gives_the_published_parameters(cdnow):
    """Fader, Hardie and Lee (2005), table 2: half a unit of the last printed digit."""
    found = fit_bgnbd(*cdnow)
    assert found.n == 2_357
    for name, value in {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}.items():
        assert getattr(found, name) == pytest.approx(value, abs=5e-4)
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_cdnow_gives_the_purchases_of_the_authors_spreadsheet(cdnow):
    """Hardie's note on BG/NBD in Excel: 1.226 purchases in 39 weeks for x = 2, t_x = 30.43, T = 38.86."""
    found = fit_bgnbd(*cdnow).expected_purchases(39, [2], [30.43], [38.86])
    assert found == pytest.approx([1.226], abs=5e-4)


@pytest.mark.parametrize("seed", range(20))
def test_the_gradient_is_that_of_the_value(seed):
    """Central differences of the value at random points, with x = 0, x of thousands and weights among them.

    A step of 1e-5 errs by its square times a third derivative of order 1, and by rounding, 1e-16 * value / 1e-5.
    """
    rng = np.random.default_rng(seed)
    x, t_x, age = drawn(seed=seed, n=200)
    x, t_x, age = (np.append(v, more) for v, more in ((x, 4_000), (t_x, 29.5), (age, 30.0)))
    likelihood = Likelihood(x, t_x, age, rng.integers(1, 9, x.size))
    theta = rng.uniform(-2.5, 2.5, 4)
    slope = likelihood(theta)[1]
    steps = 1e-5 * np.eye(4)
    differences = [(likelihood(theta + s)[0] - likelihood(theta - s)[0]) / 2e-5 for s in steps]
    assert slope == pytest.approx(differences, abs=1e-6, rel=1e-6)


def test_the_value_is_the_printed_one():
    """Equation 6 with gamma functions, customer by customer, at parameters where those still have digits left."""
    x, t_x, age = drawn(n=60)
    for theta in np.log(
        [[0.243, 4.414, 0.793, 2.426], [2.0, 0.5, 5.0, 0.2], [30.0, 80.0, 1.0, 1.0]]
    ):
        value = Likelihood(x, t_x, age)(theta)[0] * x.size
        slow = sum(printed(theta, *customer) for customer in zip(x, t_x, age, strict=True))
        assert value == pytest.approx(slow, rel=1e-11)


def test_many_purchases_do_not_overflow():
    """100,000 purchases: the likelihood of the source is about exp(1e6), its logarithm is a number like others."""
    value, slope = Likelihood([100_000, 0], [51.9, 0], [52.0, 52.0])(np.log([0.5, 1.0, 1.0, 3.0]))
    one = printed(np.log([0.5, 1.0, 1.0, 3.0]), 100_000, 51.9, 52.0)
    other = printed(np.log([0.5, 1.0, 1.0, 3.0]), 0, 0.0, 52.0)
    assert value * 2 == pytest.approx(one + other, rel=1e-10)
    assert np.isfinite(slope).all()


def test_the_errors_are_those_of_the_second_derivatives():
    """Second differences of the value itself, of order 1: a step of 1e-3 errs by its square and 1e-15 / 1e-6."""
    data = drawn()
    found, likelihood = fit_bgnbd(*data), Likelihood(*data)
    theta = np.log([getattr(found, name) for name in PARAMETERS])
    steps = 1e-3 * np.eye(4)
    signs = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    second = [
        [sum(k * likelihood(theta + i * s + j * t)[0] for i, j, k in signs) / 4e-6 for t in steps]
        for s in steps
    ]
    information = np.linalg.inv(found.covariance) / found.n
    assert information == pytest.approx(-np.array(second), abs=3e-6)
    assert likelihood(theta)[1] == pytest.approx(np.zeros(4), abs=1e-8)


def test_the_interval_is_symmetric_on_the_log_scale():
    found = fit_bgnbd(*drawn())
    for place, name in enumerate(PARAMETERS):
        own, log = found.parameter(name, level=0.9), found.log_parameter(name, level=0.9)
        se = np.sqrt(found.covariance[place, place])
        assert own.ci_high == pytest.approx(own.value * np.exp(stats.norm.ppf(0.95) * se), rel=1e-9)
        assert own.ci_low * own.ci_high == pytest.approx(own.value**2, rel=1e-9)
        assert (log.se, own.se) == pytest.approx((se, own.value * se), rel=1e-12)


def test_p_alive_by_hand():
    """a = b = r = alpha = 1, x = 1, t_x = 1, T = 3: odds gone a / b * (4 / 2)**2 = 4, so 1/5. x = 2: 1/2 * 8, 1/5.

    One-time buyers are alive for certain, however long the silence.
    """
    law = BGNBD(1.0, 1.0, 1.0, 1.0)
    assert law.p_alive([1, 2, 0, 0], [1, 1, 0, 0], [3, 3, 3, 1e6]) == pytest.approx(
        [0.2, 0.2, 1, 1], rel=1e-12
    )
    # Odds of 10**4000 are no overflow: such a customer is gone.
    assert law.p_alive([9_000], [1], [9]) == pytest.approx([0], abs=1e-300)


@pytest.mark.parametrize("a", [0.793, 1.0, 1.0 + 1e-9, 0.4, 3.0, 40.0])
@pytest.mark.parametrize("b", [2.426, 0.6, 0.2])
def test_expected_purchases_are_those_of_the_law(a, b):
    """If alive: mean of (1 - exp(-rate p t)) / p over rate ~ gamma(r + x, alpha + T) and p ~ beta(a, b + x).

    The mean over the rate is in closed form, that over p integrated numerically. The formula of the source has holes
    at a = 1 and at a + b = 1 for x = 0; both are met here.
    """
    law = BGNBD(0.6, 4.0, a, b)
    for x, t_x, age, t in ((0, 0.0, 30.0, 20.0), (1, 3.0, 30.0, 20.0), (12, 29.0, 30.0, 90.0)):

        def bought(p, x=x, age=age, t=t):
            rate = (law.r + x) * t / (law.alpha + age)  # the limit at p = 0
            survived = (law.r + x) * np.log1p(p * t / (law.alpha + age))
            return -np.expm1(-survived) / p if p else rate

        density = {"weight": "alg", "wvar": (a - 1, b + x - 1)}
        mean = integrate.quad(bought, 0, 1, epsabs=0, epsrel=1e-7, limit=500, **density)[0]
        mean /= np.exp(betaln(a, b + x))
        alive = law.p_alive([x], [t_x], [age])
        found = law.expected_purchases(t, [x], [t_x], [age])
        assert found == pytest.approx(mean * alive, rel=2e-5)


def test_nothing_is_expected_in_no_time():
    assert CDNOW.expected_purchases(0, [0, 3], [0, 20], [30, 30]) == pytest.approx(
        [0, 0], abs=1e-12
    )


def test_drawn_customers_follow_the_law():
    """200,000 customers: alive as often as P(alive) says, within groups too, and with the purchases it expects.

    A share is judged by four standard errors of a share, a mean by four of a mean. The purchases of a second stretch
    of time come from drawing the whole time and cutting it: those drawn for age T + t, seen at T, are not to be had
    from `draw`, so the unconditional mean of x stands in: (a + b - 1) / (a - 1) of equation 9 equals eq. 10 at T = 0.
    """
    rng, n = np.random.default_rng(3), 200_000
    age = np.full(n, 39.0)
    x, t_x, alive = CDNOW.draw(age, rng=rng)
    p = CDNOW.p_alive(x, t_x, age)
    for here in (x >= 0, x == 1, x > 5, (p > 0.2) & (p < 0.4), p > 0.9):
        error = np.sqrt((p[here] * (1 - p[here])).sum()) / here.sum()
        assert alive[here].mean() == pytest.approx(p[here].mean(), abs=4 * error + 1e-12)
    assert alive[x == 0].all()
    expected = CDNOW.expected_purchases(39, [0], [0], [0])[0]
    assert x.mean() == pytest.approx(expected, abs=4 * x.std() / np.sqrt(n))


def test_customers_counted_are_customers_repeated():
    x, t_x, age = (np.round(values) for values in drawn(n=2_000))
    t_x = np.where(x > 0, np.maximum(t_x, 1), 0)
    kinds, n = np.unique(np.array([x, t_x, age]), axis=1, return_counts=True)
    assert n.max() > 1
    counted, repeated = fit_bgnbd(*kinds, n), fit_bgnbd(x, t_x, age)
    assert counted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-12)
    assert counted.covariance == pytest.approx(repeated.covariance, rel=1e-6)
    shares = [
        law.alive_share(*data, level=0.95)
        for law, data in ((counted, (*kinds, n)), (repeated, (x, t_x, age)))
    ]
    assert shares[0].interval == pytest.approx(shares[1].interval, rel=1e-6)


def test_days_in_place_of_weeks_change_alpha_alone():
    """alpha is in the unit of time; the density of each of the purchases falls by log 7."""
    x, t_x, age = drawn()
    weeks, days = fit_bgnbd(x, t_x, age), fit_bgnbd(x, 7 * t_x, 7 * age)
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-6)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-5)
    shift = x.sum() * np.log(7)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - shift, abs=1e-6)
    assert days.covariance == pytest.approx(weeks.covariance, rel=1e-4)


def test_the_share_alive_of_certain_customers_has_no_error():
    found = fit_bgnbd(*drawn())
    once = found.alive_share([0, 0], [0, 0], [5, 9], level=0.95)
    assert (once.value, once.se, *once.interval) == (1, 0, 1, 1)


def test_an_edge_of_the_likelihood_is_named_and_its_law_kept():
    """Nobody drops out; everybody with one chance; everybody with one rate: there is no maximum to find."""
    rng, n = np.random.default_rng(4), 4_000
    age = rng.uniform(30, 39, n)
    laws = {
        NO_DROPOUT: BGNBD(0.8, 4.0, 1e-9, 1.0),
        SAME_DROPOUT: BGNBD(0.8, 4.0, 3e7, 7e7),
        SAME_RATE: BGNBD(1e8, 1e9, 0.8, 2.0),
    }
    for edge, law in laws.items():
        found = None
        for _ in range(20):  # by chance customers may look different though they are alike
            x, t_x, _ = law.draw(age, rng=rng)
            try:
                fit_bgnbd(x, t_x, age)
            except NoMaximum as none:
                found = none
                break
        assert found is not None
        assert found.edge == edge
        assert str(found) == f"the likelihood has no maximum: it keeps rising {EDGES[edge]}."
        assert found.law.p_alive(x, t_x, age).mean() == pytest.approx(
            law.p_alive(x, t_x, age).mean(), abs=0.03
        )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([], [], []), "n at least 1"),
        (([1, 2], [1], [2, 3]), "one shape"),
        (([0, 0], [0, 0], [5, 9]), "nobody bought twice"),
        (([1.5], [1], [2]), "whole numbers"),
        (([-1], [0], [2]), "whole numbers"),
        (([1], [3], [2]), "never beyond"),
        (([0], [1], [2]), "0 where `x` is 0"),
        (([1], [0], [2]), "above 0 elsewhere"),
        (([1], [np.nan], [2]), "finite"),
        (([1], [1], [2], [0]), "above 0"),
        (([3], [2.0], [5.0]), "no maximum"),
    ],
)
def test_what_gives_no_law_is_refused(data, message):
    with pytest.raises(ValueError, match=message):
        fit_bgnbd(*data)


def test_impossible_times_ahead_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        CDNOW.expected_purchases(-1, [1], [1], [2])
