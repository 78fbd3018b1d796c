"""The published studies as a forest: a row for each with its interval and weight, and their means below.

Intervals of single studies are normal, as their weights take them; those of means are as `Pool` has them.

Source: Lewis and Clarke (2001), British Medical Journal 322, 1479-1480.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from retorno.errors import ParameterError
from retorno.findings import direction
from retorno.language import integer, listed, mark, named, number, p_value, percent, say
from retorno.recovery.literature.own import WithOwn
from retorno.recovery.literature.pooled import FEWEST, Pool, Pooled, counted, pool

STUDY, OWN, GROUP, SUBTOTAL, PUBLISHED, JOINT = (
    *("study", "own", "group", "subtotal", "published", "joint"),
)
KINDS = {
    STUDY: mark("study"),
    OWN: mark("own survey"),
    GROUP: mark("group"),
    SUBTOTAL: mark("mean of a group"),
    PUBLISHED: mark("mean of the published"),
    JOINT: mark("mean with the own survey"),
}
ORDERS = ("table", "year", "effect", "precision")
SPLITS = {
    "design": mark("design"),
    "subjects": mark("respondents"),
    "service": mark("service"),
}
MOST_LISTED = 20  # studies written out in the words that stand for the figure
COLUMNS = ("name", "kind", "k", "effect", "ci_low", "ci_high", "weight")
PREDICTED = ("prediction_low", "prediction_high")

TITLES = {
    "above": mark(
        "Published studies of {outcome}: the recovered score {size} standard deviations higher"
    ),
    "below": mark(
        "Published studies of {outcome}: the recovered score {size} standard deviations lower"
    ),
    "undecided": mark("Published studies of {outcome}: the interval of their mean holds zero"),
}
JOINED = mark(
    "With the own survey, whose weight is {weight}, the mean is {mu} ({low} to {high}); the weights are those with it."
)


@dataclass(frozen=True, slots=True)
class Forest:
    """Every study with its interval and weight, means of groups, and the mean of all, or why not (`refused`).

    Attributes
    ----------
    pooled : Pooled
    with_own : WithOwn or None
        Adds the own survey as a row, and the mean with it.
    by : str or None
        Column the rows are grouped by, of `SPLITS`.
    order : str
        Of `ORDERS`: as in the table, by year (undated last), by effect, or the most precise first.
    """

    pooled: Pooled
    with_own: WithOwn | None = None
    by: str | None = None
    order: str = "table"

    def __post_init__(self):
        if self.order not in ORDERS:
            raise ValueError(f"`order` is one of {', '.join(ORDERS)}; got {self.order!r}.")

    @property
    def refused(self) -> str | None:
        """Why there is nothing to draw."""
        return self.pooled.refused

    @property
    def level(self) -> float:
        """Coverage of every interval."""
        return self.pooled.level

    @property
    def joint(self) -> Pool | None:
        """The studies pooled with the own survey, None where it is not among them."""
        return joint(self.with_own)

    @property
    def groups(self) -> dict[str, np.ndarray]:
        """The groups in the order of the table, each with the places of its rows; one without a name when not split."""
        places = ordered(self.pooled.rows, self.order)
        if self.by is None:
            return {"": places}
        names = [
            each if isinstance(each, str) else say("not stated")
            for each in self.pooled.rows[self.by]
        ]
        return {g: np.array([p for p in places if names[p] == g]) for g in dict.fromkeys(names)}

    def to_frame(self):
        """Return a row for each line of the figure, from the top.

        Columns: name, kind, k (effects pooled), effect, ci_low, ci_high, weight (share in the mean of all), and
        prediction_low, prediction_high. A group's heading has a name only.
        """
        import pandas as pd

        rows = [] if self.refused else list(self._rows())
        frame = pd.DataFrame(rows, columns=[*COLUMNS, *PREDICTED])
        return frame.astype({"k": "Int64", **dict.fromkeys([*COLUMNS[3:], *PREDICTED], float)})

    def _rows(self):
        fit = self.pooled.pool.fit
        weights = (self.joint or self.pooled.pool).fit.weights
        for group, places in self.groups.items():
            if group:
                yield group, GROUP, *[None] * 7
            for place in places:
                yield self._study(place, fit.effect[place], fit.variance[place], weights[place])
            if group:
                yield from self._subtotal(places)
        if self.joint:
            own = self.with_own.own
            half = _normal(self.level) * own.variance**0.5
            yield say("This survey"), OWN, 1, own.g, own.g - half, own.g + half, weights[-1], *_NONE
        yield _mean(say("Published studies"), PUBLISHED, self.pooled.pool)
        if self.joint:
            yield _mean(say("With this survey"), JOINT, self.joint)

    def _study(self, place: int, effect: float, variance: float, weight: float):
        half = _normal(self.level) * variance**0.5
        name = dated(self.pooled.rows, place)
        return name, STUDY, 1, effect, effect - half, effect + half, weight, *_NONE

    def _subtotal(self, places):
        found = some(self.pooled, places)
        if found.studies >= FEWEST:
            yield _mean(say("Mean of {n}", n=integer(places.size)), SUBTOTAL, found)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "name": (say("Study"), "text"),
            "k": (say("Effects"), "count"),
            "effect": (say("Effect, in standard deviations"), "number"),
            "ci_low": (say("Interval from"), "number"),
            "ci_high": (say("to"), "number"),
            "weight": (say("Weight"), "share"),
            "prediction_low": (say("One more study from"), "number"),
            "prediction_high": (say("to"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of rows holds."""
        if self.refused:
            return self.refused
        return say(
            "{rows} on {outcome} with {level} intervals and weights, and their means.",
            rows=counted(self.pooled.pool),
            outcome=named(self.pooled.outcome),
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say where the mean of the published studies lies."""
        if self.refused:
            return say("No forest of studies")
        found = self.pooled.pool
        return say(
            TITLES[direction(found.ci)],
            outcome=named(self.pooled.outcome),
            size=number(abs(found.mean.value)),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        text = say(
            "Effects in standard deviations with {level} intervals; squares grow with the weight, diamonds are means",
            level=percent(self.level, 0),
        )
        if self.refused or self.pooled.pool.prediction is None:
            return text
        return text + say(", thin lines where one more study is expected")

    def caption(self) -> str:
        """Say how the mean was made, how far studies differ, and what the own survey changes."""
        if self.refused:
            return self.refused
        text = [_made(self.pooled), heterogeneity(self.pooled.pool)]
        if self.by:
            text.append(
                say(
                    "Grouped by {column}, each group pooled by itself.", column=say(SPLITS[self.by])
                )
            )
        if self.joint:
            low, high = self.joint.ci
            words = {"low": number(low), "high": number(high)}
            mu, weight = number(self.joint.mean.value), percent(float(self.joint.fit.weights[-1]))
            text.append(say(JOINED, mu=mu, weight=weight, **words))
        return " ".join(text)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        frame = self.to_frame()
        listed = frame[frame["kind"] != GROUP]
        if len(listed) > MOST_LISTED:
            listed = listed[~listed["kind"].isin([STUDY])]
        return say("A row for each study and mean. {rows}.", rows=spoken(listed))


def forest(
    pooled: Pooled, with_own: WithOwn | None = None, *, by: str | None = None, order: str = "table"
) -> Forest:
    """Return the forest of the published studies.

    Parameters
    ----------
    pooled : Pooled
    with_own : WithOwn, optional
        Marks the own survey and adds the mean with it.
    by : {"design", "subjects", "service"}, optional
        Groups the rows, with a mean of each group that has two studies.
    order : {"table", "year", "effect", "precision"}

    Raises
    ------
    ParameterError
        When `by` is none of these.
    """
    if by is not None and by not in SPLITS:
        raise ParameterError(
            say(
                "literature_by: wanted one of {there}; got {got!r}.",
                there=listed(SPLITS),
                got=by,
            )
        )
    return Forest(pooled, with_own, by, order)


def joint(with_own: WithOwn | None) -> Pool | None:
    """Return the studies pooled with the own survey, None where it is not among them."""
    return None if with_own is None or with_own.refused else with_own.pool


def dated(rows, place: int) -> str:
    """Return the study of a row with its year, unless the name has it."""
    name, year = str(rows["study"].iloc[place]), rows["year"].iloc[place]
    if np.isnan(year) or str(int(year)) in name:
        return name
    return f"{name} {int(year)}"


def heterogeneity(found: Pool) -> str:
    """Say how far the studies differ, and where one more is expected."""
    fit = found.fit
    text = say(
        "Between studies: I² {i2}, τ {tau}, Q {q} with {df} degrees of freedom, {p}.",
        i2=percent(fit.i2),
        tau=number(fit.tau),
        q=number(fit.q),
        df=integer(fit.q_df),
        p=p_value(fit.q_p),
    )
    if found.prediction is None:
        return text
    low, high = (number(bound) for bound in found.prediction)
    return (
        text + " " + say("One more study is expected between {low} and {high}.", low=low, high=high)
    )


_NONE = (None, None)


def _normal(level: float) -> float:
    return float(special.ndtri((1 + level) / 2))


def _mean(name: str, kind: str, found: Pool):
    share = 1.0 if kind in (PUBLISHED, JOINT) else None
    bounds = found.prediction or _NONE
    return name, kind, found.fit.k, found.mean.value, *found.ci, share, *bounds


def some(pooled: Pooled, places) -> Pool:
    """Return some of the rows pooled as all are."""
    rows = pooled.rows.iloc[places]
    options = {"method": pooled.method, "interval": pooled.interval, "level": pooled.level}
    columns = (rows[name].to_numpy() for name in ("effect", "variance"))
    return pool(*columns, rows["study"].tolist(), **options)


def ordered(rows, order: str) -> np.ndarray:
    """Return the places of the rows in the order asked for; equal ones as in the table."""
    keys = {"year": "year", "effect": "effect", "precision": "variance"}
    if order not in keys:
        return np.arange(len(rows))
    return np.argsort(rows[keys[order]].to_numpy(dtype=float), kind="stable")


def _made(pooled: Pooled) -> str:
    low, high = pooled.pool.ci
    return say(
        "{rows} ({method}): mean {mu}, {level} interval {low} to {high}.",
        rows=counted(pooled.pool),
        method=pooled.pool.method,
        mu=number(pooled.pool.mean.value),
        level=percent(pooled.level, 0),
        low=number(low),
        high=number(high),
    )


def spoken(frame) -> str:
    """Return rows of a frame in words."""
    return "; ".join(
        say(
            "{name}: {value} ({low} to {high})",
            name=row.name,
            value=number(row.effect),
            low=number(row.ci_low),
            high=number(row.ci_high),
        )
        for row in frame.itertuples(index=False)
    )
