"""Lesson 4: pooling the literature. Published studies of one question, drawn for each student, and those left out.

Votes point in all directions, the weighted mean is above zero, the next study may well lie below, and part of the mean
comes from small studies that were published for their result.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retorno.course.answers import Function, Interval, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.stats.meta.models import random_effects

CLAIMS = ("recovery_paradox", "recovery_goal_equal_or_above", "recovery_keeps_usage")
DONE = 150  # studies begun; the first 20 to 28 that are published, and those left out until then, are used
SMALL = 0.015  # variance above which a study without a result may stay in the drawer


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    studies : DataFrame
        One row for each published study: study, year, respondents and how many of them recovered, effect (Hedges g,
        recovered minus no failure, in standard deviations) and its variance.
    drawer : DataFrame
        The same for the studies that were done until then and not published.
    true_mean, true_tau2 : float
        Mean and variance of the true effects of all studies done.
    """

    studies: pd.DataFrame
    drawer: pd.DataFrame
    true_mean: float
    true_tau2: float


def draw(rng: np.random.Generator) -> Data:
    """Return 20 to 28 published studies, an even number; means, spread and what is left out differ between students.

    Drawn again until the data tell what the lesson is about.
    """
    while not _tells(data := _drawn(rng)):
        pass
    return data


def _drawn(rng: np.random.Generator) -> Data:
    mean, tau, k = rng.uniform(0.08, 0.16), rng.uniform(0.16, 0.24), 2 * int(rng.integers(10, 15))
    done = _done(mean, tau, rng)
    without_result = _z(done) < 1.96
    hidden = without_result & (done["variance"] > SMALL) & (rng.random(DONE) < 0.85)
    last = int(np.flatnonzero((~hidden).cumsum() == k)[0])
    done, hidden = done[: last + 1], hidden[: last + 1]
    done = done.assign(year=1996 + np.arange(len(done)) * 25 // len(done))
    studies = done[~hidden].reset_index(drop=True)
    studies["study"] = [f"Simulated {number + 1}" for number in studies.index]
    drawer = done[hidden].reset_index(drop=True)
    drawer["study"] = [f"Unpublished {number + 1}" for number in drawer.index]
    columns = ["study", "year", "respondents", "recovered", "effect", "variance"]
    return Data(studies[columns], drawer[columns], mean, tau**2)


def _done(mean: float, tau: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return all studies done, each with a true effect of its own, effects told as papers print them."""
    respondents = np.exp(rng.uniform(np.log(80), np.log(2000), DONE)).astype(int)
    recovered = np.maximum(12, respondents * rng.uniform(0.1, 0.5, DONE)).astype(int)
    groups = 1 / recovered + 1 / (respondents - recovered)
    effect = mean + tau * rng.standard_normal(DONE) + np.sqrt(groups) * rng.standard_normal(DONE)
    variance = groups + effect**2 / (2 * respondents)
    columns = {"respondents": respondents, "recovered": recovered}
    return pd.DataFrame(columns | {"effect": effect.round(3), "variance": variance.round(5)})


def _z(studies: pd.DataFrame) -> pd.Series:
    return studies["effect"] / studies["variance"] ** 0.5


def _tells(data: Data) -> bool:
    """Return whether votes differ, the mean is above 0 but the next study need not be, and studies are missing."""
    fit = _fit(data)
    done = pd.concat([data.studies, data.drawer])
    return bool(
        (_z(data.studies) < -1.96).any()
        and fit.ci_low > 0 > fit.prediction_low
        and _by_precision(data.studies) > 0.05
        and random_effects(done["effect"], done["variance"]).mu < fit.mu - 0.01
    )


def _votes(studies: pd.DataFrame, z=None, least: float = 1.96, how=np.sum) -> pd.DataFrame:
    """Return votes and respondents; a study votes by `z`, its effect over its standard error where not given."""
    z = _z(studies) if z is None else z
    vote = np.select([z > least, z < -least], ["higher", "lower"], "none")
    people = {each: studies["respondents"].to_numpy()[vote == each] for each in np.unique(vote)}
    return pd.DataFrame(
        {
            "vote": list(people),
            "studies": [len(each) for each in people.values()],
            "respondents": [how(each) for each in people.values()],
        }
    )


def _mean(studies: pd.DataFrame, weight) -> float:
    return float(np.average(studies["effect"], weights=weight))


def _parts(effect, variance) -> tuple[float, float, float, int]:
    """Return Q, the sum of the weights, the divisor c, and the number of studies."""
    weight = 1 / variance
    q = (weight * (effect - np.average(effect, weights=weight)) ** 2).sum()
    return q, weight.sum(), weight.sum() - (weight**2).sum() / weight.sum(), len(effect)


def _tau2(effect, variance) -> float:
    return random_effects(effect, variance, method="DL").tau2


def _by(formula):
    """Return what answers 4.3 with a formula in Q, the sum of the weights, c and k."""
    return lambda data: lambda effect, variance: formula(*_parts(effect, variance))


def _around_plain_mean(effect, variance) -> float:
    _, _, c, k = _parts(effect, variance)
    return max(0.0, (((effect - effect.mean()) ** 2 / variance).sum() - (k - 1)) / c)


def _tried_on(data: Data) -> list[tuple]:
    own = data.studies["effect"].to_numpy(), data.studies["variance"].to_numpy()
    return [
        own,
        tuple(values[-10:] for values in own),
        # Four studies that differ less than their errors let expect, and three that disagree.
        (np.array([0.21, 0.18, 0.25, 0.20]), np.array([0.04, 0.02, 0.05, 0.01])),
        (np.array([0.60, 0.05, -0.20]), np.array([0.010, 0.004, 0.030])),
    ]


def _fit(data: Data, **options):
    return random_effects(data.studies["effect"], data.studies["variance"], **options)


def _dl(data: Data, **options):
    return _fit(data, method="DL", interval="wald", **options)


def _fixed(data: Data):
    return _fit(data, method="FE", interval="wald")


def _around(middle: float, half: float) -> tuple[float, float]:
    return middle - half, middle + half


def _with_tau_added(data: Data) -> tuple[float, float]:
    weight = 1 / (data.studies["variance"] + _dl(data).tau)
    return _around(_mean(data.studies, weight), 1.96 * weight.sum() ** -0.5)


def _t(fit) -> float:
    """Return half of the interval of the mean over its standard error."""
    return (fit.ci_high - fit.mu) / fit.se


def _small(studies: pd.DataFrame, column: str, sign: int) -> pd.Series:
    """Return which half of the studies has the larger values of `column`; with `sign` -1 the smaller."""
    return (sign * studies[column]).rank(method="first") > len(studies) / 2


def _gap(studies: pd.DataFrame, small: pd.Series) -> float:
    return studies["effect"][small].mean() - studies["effect"][~small].mean()


def _by_precision(studies: pd.DataFrame) -> float:
    return _gap(studies, studies["variance"] > studies["variance"].median())


def _gap_of_weighted(data: Data) -> float:
    small = _small(data.studies, "variance", 1)
    one, other = (_fit_of(data.studies[part]).mu for part in (small, ~small))
    return one - other


def _fit_of(studies: pd.DataFrame):
    return random_effects(studies["effect"], studies["variance"], method="FE")


def _small_minus_all(data: Data) -> float:
    effect = data.studies["effect"]
    return effect[_small(data.studies, "variance", 1)].mean() - effect.mean()


VARIANCE_OF_EFFECTS = mark(
    "This is the variance of the published effects. It holds the sampling error of each study too, so it is above 0"
    " even where all true effects are the same. How much of it would chance alone have made?"
)

EXERCISES = (
    Exercise(
        id="4.1",
        asks=Table("vote", {"studies": "count", "respondents": "count"}),
        key=lambda data: _votes(data.studies),
        right=mark(
            'This is what a vote count sees, and all it sees. A study votes "none" because it found nothing or '
            "because it was too small to find anything: the count cannot tell one from the other."
        ),
        mistakes=(
            Mistake(
                lambda data: _votes(data.studies, least=0),
                mark(
                    "This is the count by the sign of the effect alone. By sign, a study of 80 people with an "
                    "effect of 0.01 votes like any other; wanted is whether the effect lies more than 1.96 standard"
                    " errors from zero."
                ),
            ),
            Mistake(
                lambda data: _votes(data.studies, least=1.645),
                mark(
                    "This is the count with 1.645, the limit of a one-sided test at 5 %. With two sides it is 1.96."
                ),
            ),
            Mistake(
                lambda data: _votes(
                    data.studies, data.studies["effect"] / data.studies["variance"]
                ),
                mark(
                    "You divided the effect by its variance. The standard error is the square root of the variance."
                ),
            ),
            Mistake(
                lambda data: _votes(data.studies, _z(data.studies).abs()),
                mark(
                    'Every significant study votes "higher" here, also those where the recovered scored '
                    "significantly *lower*. Which sign does the effect have?"
                ),
            ),
            Mistake(
                lambda data: _votes(data.studies).assign(
                    studies=lambda votes: votes["studies"] / len(data.studies)
                ),
                mark(
                    "Your `studies` is the share of the votes. Wanted is how many studies voted so: with some "
                    "twenty of them, a share looks more certain than it is."
                ),
            ),
            Mistake(
                lambda data: _votes(data.studies, how=np.mean),
                mark(
                    "Your `respondents` is the mean per study. Wanted is how many people stand behind each vote: "
                    "the sum."
                ),
            ),
        ),
        hints=(
            mark(
                "The standard error of an effect is the square root of its `variance`; z is effect over standard "
                "error."
            ),
            mark(
                '`np.select([z > 1.96, z < -1.96], ["higher", "lower"], "none")` gives the votes.'
            ),
            mark(
                '`mine.studies.assign(vote=...).groupby("vote").agg(studies=("study", "size"), respondents=...)`'
            ),
        ),
    ),
    Exercise(
        id="4.2",
        asks=Number("sd"),
        key=lambda data: _fixed(data).mu,
        right=mark(
            "This mean uses what the vote count threw away: how large each effect is and how exactly it is known. "
            "It is right if there is one true effect behind all studies. Is there?"
        ),
        mistakes=(
            Mistake(
                lambda data: _mean(data.studies, None),
                mark(
                    "This is the plain mean: a study of 80 people counts as much as one of 2,000. How exactly does "
                    "each one know its effect?"
                ),
            ),
            Mistake(
                lambda data: _mean(data.studies, data.studies["variance"] ** -0.5),
                mark(
                    "These weights are 1 / standard error. The mean with the smallest error has weights 1 / "
                    "variance: the standard error is squared."
                ),
            ),
            Mistake(
                lambda data: _mean(data.studies, data.studies["variance"]),
                mark(
                    "This mean has the variances as weights, so the study that knows least counts most. Precision "
                    "is 1 / variance."
                ),
            ),
            Mistake(
                lambda data: _mean(data.studies, data.studies["respondents"]),
                mark(
                    "This mean is weighted by all respondents. What limits a comparison is the smaller of its two "
                    "groups: look at `recovered`. The variance knows both."
                ),
            ),
            Mistake(
                lambda data: _fit_of(data.studies[_z(data.studies).abs() > 1.96]).mu,
                mark(
                    "This is the mean of the significant studies alone. Who is chosen by the result cannot tell the"
                    " result: take all studies."
                ),
            ),
            Mistake(
                lambda data: _fit(data).mu,
                mark(
                    "This is the random-effects mean, as `random_effects` gives it by default. It comes in 4.4, "
                    "when you know how far true effects differ; here the weights are 1 / variance alone."
                ),
            ),
        ),
        hints=(
            mark("The weight of a study is its precision, one over the variance."),
            mark("Sum of weight times effect, divided by the sum of the weights."),
            mark("`np.average(effect, weights=1 / variance)`"),
        ),
    ),
    Exercise(
        id="4.3",
        asks=Function(("effect", "variance"), _tried_on, "share"),
        key=lambda data: _tau2,
        right=mark(
            "True effects differ between your studies: the square root of your τ² is their standard deviation. "
            'Where effects lie closer together than chance lets expect, the answer is 0, which means "not shown", '
            'not "none".'
        ),
        mistakes=(
            Mistake(lambda data: lambda effect, variance: effect.var(ddof=1), VARIANCE_OF_EFFECTS),
            Mistake(lambda data: lambda effect, variance: effect.var(), VARIANCE_OF_EFFECTS),
            Mistake(
                _by(lambda q, total, c, k: (q - (k - 1)) / c),
                mark(
                    "The formula is right, but where studies agree better than chance lets expect it returns a "
                    "negative number, and a variance cannot be negative. What should stand there?"
                ),
            ),
            Mistake(
                _by(lambda q, total, c, k: max(0.0, (q - k) / c)),
                mark(
                    "You subtracted k. Where chance alone is at work, Q is k - 1 on average: one is lost because "
                    "the mean was estimated from the same studies."
                ),
            ),
            Mistake(
                _by(lambda q, total, c, k: q / c),
                mark(
                    "This is Q over c. Chance alone makes Q about k - 1; only what goes beyond that tells of true "
                    "differences. Subtract it first."
                ),
            ),
            Mistake(
                _by(lambda q, total, c, k: max(0.0, (q - (k - 1)) / total)),
                mark(
                    "This is Q beyond chance, divided by the sum of the weights. The divisor is c: from that sum "
                    "the sum of squared weights over the sum of weights is subtracted."
                ),
            ),
            Mistake(
                _by(lambda q, total, c, k: max(0.0, (q - (k - 1)) / q)),
                mark(
                    "This is I², the share of the variation that lies between studies. It says nothing of how far "
                    "effects lie apart: with very large studies it is near 1 for small differences too. Divide by c"
                    " in place of Q."
                ),
            ),
            Mistake(
                lambda data: _around_plain_mean,
                mark(
                    "Your Q is measured from the plain mean. It is measured from the weighted mean of 4.2, with the"
                    " same weights."
                ),
            ),
            Mistake(
                lambda data: lambda effect, variance: _tau2(effect, variance) ** 0.5,
                mark(
                    "This is τ, the standard deviation of the true effects. Good to read, but wanted is τ², its "
                    "square."
                ),
            ),
        ),
        hints=(
            mark(
                "In steps: weights `w = 1 / variance`, the mean of 4.2, then Q, the weighted sum of squared "
                "distances from that mean."
            ),
            mark(
                "`c = w.sum() - (w**2).sum() / w.sum()`, and Q beyond chance is `q - (len(effect) - 1)`."
            ),
            mark("`return max(0, (q - (len(effect) - 1)) / c)`"),
        ),
    ),
    Exercise(
        id="4.4",
        asks=Interval("sd", within=0.01),
        key=lambda data: _dl(data).ci,
        right=mark(
            "This is where the *mean* of the true effects lies, as far as these studies tell. It is wider than with"
            " the weights of 4.2, because studies that differ tell less of their mean than studies that agree."
        ),
        mistakes=(
            Mistake(
                lambda data: _fixed(data).ci,
                mark(
                    "This is the interval of the mean of 4.2. It takes for granted that all studies have one true "
                    "effect; your τ² says that they do not. Add τ² to each variance first."
                ),
            ),
            Mistake(
                lambda data: _around(_fixed(data).mu, 1.96 * _dl(data).se),
                mark(
                    "The width is right, the middle is still the mean of 4.2. The weights change too: 1 / (variance"
                    " + τ²), in the mean as in its error."
                ),
            ),
            Mistake(
                lambda data: _around(_dl(data).mu, 1.96 * _fixed(data).se),
                mark(
                    "The middle is right, the width is still that of 4.2. The standard error is made of the new "
                    "weights: one over the root of their sum."
                ),
            ),
            Mistake(
                _with_tau_added,
                mark(
                    "You added τ to the variances. Variances are added to variances: it is τ² that goes there."
                ),
            ),
            Mistake(
                lambda data: _around(_dl(data).mu, 1.96 * _dl(data).tau),
                mark(
                    "This is the mean plus and minus 1.96 τ: where most *studies* lie, not the mean of them. The "
                    "error of the mean is one over the root of the sum of the weights."
                ),
            ),
            Mistake(
                lambda data: _around(_dl(data).mu, _t(_fit(data)) * _dl(data).se),
                mark(
                    "This has t with k - 1 degrees of freedom in place of 1.96. That is a cautious choice, and 4.5 "
                    "will make it; wanted here is the normal interval, with 1.96."
                ),
            ),
            Mistake(
                lambda data: _fit(data).ci,
                mark(
                    "This is the interval with REML and Hartung-Knapp, the default of `random_effects`. It is the "
                    "better one, and 4.5 uses it; here make your own, with your τ² and 1.96."
                ),
            ),
        ),
        hints=(
            mark("First your τ² from 4.3, then new weights: `w = 1 / (variance + tau2)`."),
            mark(
                "The mean is the average with these weights; its standard error is `w.sum() ** -0.5`."
            ),
            mark("`(mu - 1.96 * w.sum() ** -0.5, mu + 1.96 * w.sum() ** -0.5)`"),
        ),
    ),
    Exercise(
        id="4.5",
        asks=Interval("sd", within=0.003),
        key=lambda data: _fit(data).prediction,
        right=mark(
            "Between these bounds the true effect of the next study, or of your own firm, is expected. More studies"
            " make the interval of the mean narrower; this one stays as wide as true effects differ."
        ),
        mistakes=(
            Mistake(
                lambda data: _fit(data).ci,
                mark(
                    "This is the interval of the *mean*. A firm is not the mean of firms: by how much do true "
                    "effects differ around it?"
                ),
            ),
            Mistake(
                lambda data: _around(_fit(data).mu, _t(_fit(data)) * _fit(data).tau),
                mark(
                    "This has the spread of the true effects, τ², and takes their mean as known. It is estimated: "
                    "add its squared standard error under the root."
                ),
            ),
            Mistake(
                lambda data: _around(_fit(data).mu, 1.96 * np.hypot(_fit(data).se, _fit(data).tau)),
                mark(
                    "This has 1.96 as its factor. With k studies the spread is known only roughly: take t with k - "
                    "1 degrees of freedom."
                ),
            ),
            Mistake(
                lambda data: _fit(data, level=0.90).prediction,
                mark(
                    "This is the 90 % interval, from t at 0.95. For 95 % to hold between two bounds, 2.5 % lie "
                    "beyond each: take t at 0.975."
                ),
            ),
            Mistake(
                lambda data: _around(
                    _fit(data).mu, _t(_fit(data)) * (_fit(data).se + _fit(data).tau)
                ),
                mark(
                    "You added the two standard deviations. What is independent adds up in squares: the root of se²"
                    " + τ²."
                ),
            ),
            Mistake(
                lambda data: _dl(data).prediction,
                mark(
                    "This is the prediction with your own τ² and 1.96. Wanted is that of `pooled`: its `mu`, `se` "
                    "and `tau2`, and t with k - 1 degrees of freedom."
                ),
            ),
        ),
        hints=(
            mark(
                "Two things are uncertain about the next study: where the mean is, and how far the study lies from "
                "it."
            ),
            mark(
                "Half the width is t times the root of `pooled.se**2 + pooled.tau2`; t is `stats.t.ppf(0.975, "
                "pooled.k - 1)`."
            ),
            mark("`half = stats.t.ppf(0.975, pooled.k - 1) * (pooled.se**2 + pooled.tau2) ** 0.5`"),
        ),
    ),
    Exercise(
        id="4.6",
        asks=Number("sd"),
        key=lambda data: _by_precision(data.studies),
        right=mark(
            "The studies that know least tell of the larger effect. Either small studies without a result are "
            "missing, or small studies differ in other ways; from the published ones alone nobody can tell which."
        ),
        mistakes=(
            Mistake(
                lambda data: _gap(data.studies, _small(data.studies, "respondents", -1)),
                mark(
                    "You split by respondents. A study with many respondents and few recovered is imprecise all the"
                    " same: split by `variance`."
                ),
            ),
            Mistake(
                lambda data: _gap(
                    data.studies, data.studies["variance"] > data.studies["variance"].mean()
                ),
                mark(
                    "You split at the mean of the variances. A few very imprecise studies pull it up, so the two "
                    "parts are not halves: split at the median."
                ),
            ),
            Mistake(
                _gap_of_weighted,
                mark(
                    "These are the two means with weights 1 / variance, so within each half the most precise "
                    "studies prevail. Wanted are plain means: the halves already part the studies by precision."
                ),
            ),
            Mistake(
                lambda data: data.studies["effect"][_small(data.studies, "variance", 1)].mean(),
                mark(
                    "This is the mean of the imprecise half alone. Large or small beside what? Subtract the mean of"
                    " the precise half."
                ),
            ),
            Mistake(
                lambda data: _gap(data.studies, _small(data.studies, "year", -1)),
                mark(
                    "This is the first half of the table against the second: early studies against late ones. Sort "
                    "by `variance` first."
                ),
            ),
            Mistake(
                _small_minus_all,
                mark(
                    "This is the imprecise half minus *all* studies, and it is itself among them. Compare it with "
                    "the other half."
                ),
            ),
            Mistake(
                lambda data: _gap(data.studies, _small(data.studies, "effect", 1)),
                mark(
                    "You split by the effect itself: the larger effects are larger, in any literature. Split by "
                    "what does not depend on the result, the `variance`."
                ),
            ),
        ),
        hints=(
            mark(
                "The imprecise half are the studies whose `variance` lies above the median of all variances."
            ),
            mark("The number of studies is even, so each half has k / 2 of them."),
            mark(
                "`effect[small].mean() - effect[~small].mean()`, where `small = variance > variance.median()`"
            ),
        ),
    ),
)
