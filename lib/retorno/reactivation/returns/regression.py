"""Who is quick to come back: returns by month on earlier purchases and value, and by time when both are held.

Estimand: ratios of the monthly hazard of return in months 1 to 12 after the lapse, between customers alike in the rest
of the model: twice as many purchases before the lapse; the next higher third of value per purchase; twice as many
months since the lapse. Descriptions of who comes back. Months differ as they do also because those quick to return
leave the group first: a hazard that falls with time describes who is left, and not what waiting does to anybody.

log(-log(1 - h)) = a_k + b log2(purchases) + c third of value. The months have levels of their own (a_k) in the model of
purchases and value; in that of time they have one slope on log2(month), and a test says whether that slope fits them.
Months without a return, or in which all at risk return, hold no information on the ratios and are left out of the
first. Errors are those of the model, one lapse a customer; with `all_spells` by random parts of the customers.

Source: Prentice and Gloeckler (1978), Biometrics 34, 57-67; Singer and Willett (2003), Applied Longitudinal Data
Analysis, chapters 11 and 12.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import integer, mark, number, p_value, percent, say
from retorno.reactivation.history import History
from retorno.reactivation.returns.cumulative import PARTS
from retorno.reactivation.returns.groups import with_tiers
from retorno.reactivation.returns.hazard import spells_by_month
from retorno.stats.hazards import Collinear, HazardRegression, Separated, discrete_hazard
from retorno.stats.student import Estimate

MONTHS = 12
MOST_ORDERS = 10
BEND = 0.05  # p below which the months do not follow one slope

ORDERS = Definition(
    "return.hazard_ratio.orders",
    label=mark("Hazard of return for twice as many earlier purchases"),
    meaning=mark(
        "Ratio of the hazard of return in a month, months 1 to 12 after the lapse, of customers with twice as many "
        "purchases up to the lapse (more than 10 count as 10), others alike in month and third of value. Discrete "
        "hazard regression, complementary log-log link. In the formula h is the hazard of month k, x the purchases, "
        "z the third of value (0, 1, 2); a is a level for each month, b and c the coefficients."
    ),
    unit="ratio",
    sign=mark("Above 1: those who had bought more often come back sooner."),
    formula=r"e^{b}, \quad \log(-\log(1 - h_k)) = a_k + b \log_2 x + c z",
    reference=1.0,
)
VALUE = Definition(
    "return.hazard_ratio.value",
    label=mark("Hazard of return in the next higher third of value"),
    meaning=mark(
        "Ratio of the hazard of return in a month, months 1 to 12 after the lapse, of customers in the next higher "
        "third of value per purchase up to the lapse, others alike in month and earlier purchases. Discrete hazard "
        "regression, complementary log-log link. In the formula h is the hazard of month k, x the purchases, z the "
        "third of value (0, 1, 2); a is a level for each month, b and c the coefficients."
    ),
    unit="ratio",
    sign=mark("Above 1: those whose purchases were worth more come back sooner."),
    formula=r"e^{c}, \quad \log(-\log(1 - h_k)) = a_k + b \log_2 x + c z",
    reference=1.0,
)
TIME = Definition(
    "return.hazard_ratio.month",
    label=mark("Hazard of return at twice as many months since the lapse"),
    meaning=mark(
        "Ratio of the hazard of return at twice as many months since the lapse, over months 1 to 12, others alike in "
        "earlier purchases and third of value. It describes who is left at each month. Discrete hazard regression, "
        "complementary log-log link. In the formula h is the hazard of month k, x the purchases, z the third of "
        "value (0, 1, 2); a is a level, b, c and g are the coefficients."
    ),
    unit="ratio",
    sign=mark("Below 1: the longer away, the fewer of those still away come back in a month."),
    formula=r"e^{g}, \quad \log(-\log(1 - h_k)) = a + g \log_2 k + b \log_2 x + c z",
    reference=1.0,
    speaks_to=(Speaks("reactivation_soon_after_leaving", holds="below"),),
)
DEFINITIONS = (ORDERS, VALUE, TIME)
TERMS = {"orders": ORDERS, "value": VALUE, "month": TIME}

SENTENCES = {
    "orders": {
        "above": mark(
            "At the same month and value, customers with twice as many earlier purchases return at {times} times the "
            "hazard: sooner."
        ),
        "below": mark(
            "At the same month and value, customers with twice as many earlier purchases return at {times} times the "
            "hazard: later."
        ),
        "undecided": mark(
            "At the same month and value, customers with twice as many earlier purchases return at {times} times the "
            "hazard; the interval holds 1, so no difference is shown."
        ),
    },
    "value": {
        "above": mark(
            "At the same month and number of purchases, customers in the next higher third of value per purchase "
            "return at {times} times the hazard: sooner."
        ),
        "below": mark(
            "At the same month and number of purchases, customers in the next higher third of value per purchase "
            "return at {times} times the hazard: later."
        ),
        "undecided": mark(
            "At the same month and number of purchases, customers in the next higher third of value per purchase "
            "return at {times} times the hazard; the interval holds 1, so no difference is shown."
        ),
    },
    "month": {
        "above": mark(
            "With earlier purchases and value held, the hazard of return rises with time since the lapse: {times} "
            "times at twice the months."
        ),
        "below": mark(
            "With earlier purchases and value held, the hazard of return falls with time since the lapse: {times} "
            "times at twice the months."
        ),
        "undecided": mark(
            "With earlier purchases and value held, whether the hazard of return rises or falls with time since the "
            "lapse is not clear: {times} times at twice the months."
        ),
    },
}
CARE = {
    "orders": mark("It describes who comes back, not what more purchases would do."),
    "value": mark("It describes who comes back, not what dearer purchases would do."),
    "month": mark(
        "It describes who is left, not what waiting does: those quick to return for other reasons leave first."
    ),
}
BENDS = {
    True: mark("The months do not follow one slope ({p}): read the figure of months beside it."),
    False: mark("That the months depart from one slope is not shown ({p})."),
}
TITLES = {
    "above": mark("Alike in purchases and value, those longer away come back more often"),
    "below": mark("Alike in purchases and value, those longer away come back less often"),
    "undecided": mark(
        "Alike in purchases and value, no clear rise or fall of returns with time since the lapse"
    ),
}


ALIKE = {
    "orders": mark(
        "Not stated: all lapsed customers counted have the same number of earlier purchases. "
        "Customers who differ in it are needed."
    ),
    "value": mark(
        "Not stated: all lapsed customers counted have the same value per purchase. Customers "
        "who differ in it are needed."
    ),
    "month": mark(
        "Not stated: only one month after the lapse lies inside the data. Longer data, or a smaller lapse_days, are "
        "needed."
    ),
}
ENTWINED = mark(
    "Not stated: in these customers month, earlier purchases and value go together, so that their parts cannot be told "
    "apart. More lapsed customers are needed."
)
DIVIDED = mark(
    "Not stated: month, earlier purchases and value divide those who come back from those who do not without "
    "exception, so that a ratio has no finite value. More lapsed customers are needed."
)


@dataclass(frozen=True, slots=True)
class ReturnRegression:
    """Hazard ratios of return.

    Attributes
    ----------
    ratios : dict of str to Estimate
        By the keys of `TERMS`; those that cannot be stated are missing.
    refusals : dict of str to str
        Why the others are not stated.
    returns, lapsed, person_months : int
        Returns in the months counted; lapses with a whole month inside the data; months at risk in all.
    bend : float or None
        p of the test that the months follow one slope; None when it cannot be told.
    level : float
    all_spells : bool
    """

    ratios: dict[str, Estimate]
    refusals: dict[str, str]
    returns: int
    lapsed: int
    person_months: int
    bend: float | None
    level: float
    all_spells: bool

    def findings(self) -> Findings:
        """State or refuse the three ratios."""
        return Findings(self._finding(term) for term in TERMS)

    def _finding(self, term: str) -> Finding:
        if term in self.refusals:
            return TERMS[term].refuse(self.refusals[term], n=self.lapsed)
        ratio = self.ratios[term]
        verdict = direction(ratio.interval, 1.0)
        text = say(SENTENCES[term][verdict], times=number(ratio.value))
        parts = [text, *(self._bends() if term == "month" else ()), say(CARE[term])]
        by_customer = say("discrete hazard regression, complementary log-log, errors by customer")
        return TERMS[term].state(
            ratio.value,
            " ".join(parts) + caution(self.returns),
            interval=ratio.interval,
            level=self.level,
            n=self.lapsed,
            method=by_customer
            if self.all_spells
            else say("discrete hazard regression, complementary log-log"),
            verdict=verdict,
        )

    def _bends(self) -> list[str]:
        if self.bend is None:
            return []
        return [say(BENDS[self.bend < BEND], p=p_value(self.bend))]

    def to_frame(self):
        """Return term, ratio, ci_low, ci_high of the ratios that are stated."""
        import pandas as pd

        rows = [(say(TERMS[term].label), r.value, *r.interval) for term, r in self.ratios.items()]
        return pd.DataFrame(rows, columns=["term", "ratio", "ci_low", "ci_high"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "term": (say("Between customers alike in the rest"), "text"),
            "ratio": (say("Hazard ratio"), "ratio"),
            "ci_low": (say("Interval from"), "ratio"),
            "ci_high": (say("to"), "ratio"),
        }

    def title(self) -> str:
        """Say what time since the lapse does when earlier purchases and value are held."""
        if "month" not in self.ratios:
            return say("Hazard of return by earlier purchases and value")
        return say(TITLES[direction(self.ratios["month"].interval, 1.0)])

    def table_caption(self) -> str:
        """Say what the table holds, and what is not in it."""
        if not self.ratios:
            return next(iter(self.refusals.values()))
        drawn = say(
            "{title}. Ratios of the hazard of return in months 1 to {months} after the lapse: {returns} returns in "
            "{person_months} months at risk; {level} intervals. They describe who comes back and who is left, and are "
            "no effect of anything.",
            title=self.title(),
            months=MONTHS,
            returns=integer(self.returns),
            person_months=integer(self.person_months),
            level=percent(self.level, 0),
        )
        return " ".join([drawn, *dict.fromkeys(self.refusals.values())])


def return_regression(
    history: History, *, level: float = 0.95, min_group: int = 5
) -> ReturnRegression:
    """Return how the hazard of return in months 1 to 12 goes with earlier purchases, value and time."""
    return regressed(
        person_months(history), level=level, min_group=min_group, all_spells=history.all_spells
    )


def person_months(history: History):
    """Return months at risk and returns, counted in the engine.

    Returns
    -------
    DataFrame
        Columns bucket (0 for all unless `all_spells`), month, orders (at most 10), tier (0 the lowest), trials, events.
    """
    import pandas as pd

    spells, _ = with_tiers(spells_by_month(history, MONTHS))
    spells = spells.mutate(
        bucket=spells.bucket % PARTS if history.all_spells else spells.bucket * 0,
        orders=spells.orders.clip(upper=MOST_ORDERS),
    )
    keys, months = ["bucket", "orders", "tier"], range(1, MONTHS + 1)
    sums = {}
    for k in months:
        counts = spells.whole >= k
        sums[f"trials{k}"] = (counts & (spells.month >= k)).sum()
        sums[f"events{k}"] = (counts & (spells.month == k)).sum()
    wide = spells.group_by(*keys).aggregate(**sums).order_by(*keys).execute()
    cells = [
        wide[keys].assign(month=k, trials=wide[f"trials{k}"], events=wide[f"events{k}"])
        for k in months
    ]
    cells = pd.concat(cells, ignore_index=True)
    return cells[cells.trials > 0].astype(int)


def regressed(cells, *, level: float, min_group: int, all_spells: bool) -> ReturnRegression:
    """Return the ratios from months at risk as `person_months` counts them."""
    first = cells[cells.month == 1]
    returns = int(cells.events.sum())
    common = {
        "returns": returns,
        "lapsed": int(first.trials.sum()),
        "person_months": int(cells.trials.sum()),
        "level": level,
        "all_spells": all_spells,
    }
    if returns < max(min_group, 1):
        reason = too_few(say("returns in months 1 to 12 after the lapse"), returns, min_group)
        return ReturnRegression({}, dict.fromkeys(TERMS, reason), bend=None, **common)
    if all_spells and cells.bucket.nunique() < 2:
        reason = say("Not stated: an interval needs two different customers.")
        return ReturnRegression({}, dict.fromkeys(TERMS, reason), bend=None, **common)
    free, of_free = _fit(cells, "free")
    sloped, of_sloped = _fit(cells, "sloped")
    ratios, refusals = {}, of_free | {k: v for k, v in of_sloped.items() if k == "month"}
    for term, fit in (("orders", free), ("value", free), ("month", sloped)):
        if term not in refusals:
            ratios[term] = fit.ratio(term, level=level)
    bend = None if all_spells else _bend(free, sloped)
    return ReturnRegression(ratios, refusals, bend=bend, **common)


def _fit(cells, months: str) -> tuple[HazardRegression | None, dict[str, str]]:
    """Return the model with `months` free or sloped, and why a ratio of it is refused, by term."""
    cells = _informative(cells) if months == "free" else cells
    if cells.empty:
        return None, dict.fromkeys(("orders", "value"), say(DIVIDED))
    columns, refusals = {}, {}
    wanted = {"orders": np.log2(cells.orders), "value": cells.tier.astype(float)}
    if months == "sloped":
        wanted["month"] = np.log2(cells.month)
    for term, values in wanted.items():
        if np.ptp(values) > 0:
            columns[term] = values.to_numpy(dtype=float)
        else:
            refusals[term] = say(ALIKE[term])
    if not columns:
        return None, refusals
    if months == "sloped":
        levels = np.ones((len(cells), 1))
    else:
        levels = cells.month.to_numpy()[:, None] == np.unique(cells.month)
    design = np.column_stack([levels, *columns.values()])
    names = [f"level_{i}" for i in range(levels.shape[1])] + list(columns)
    cell, place = np.unique(design, axis=0, return_inverse=True)
    bucket = np.unique(cells.bucket, return_inverse=True)[1]
    counts = np.zeros((2, bucket.max() + 1, len(cell)))
    np.add.at(counts[0], (bucket, place.ravel()), cells.events)
    np.add.at(counts[1], (bucket, place.ravel()), cells.trials)
    try:
        return discrete_hazard(*counts, cell, names), refusals
    except Collinear:
        return None, refusals | dict.fromkeys(columns, say(ENTWINED))
    except Separated:
        return None, refusals | dict.fromkeys(columns, say(DIVIDED))


def _informative(cells):
    """Return the cells of months in which some at risk return and some do not."""
    sums = cells.groupby("month")[["trials", "events"]].sum()
    some = sums.index[(sums.events > 0) & (sums.events < sums.trials)]
    return cells[cells.month.isin(some)]


def _bend(free: HazardRegression | None, sloped: HazardRegression | None) -> float | None:
    """Return p of the likelihood-ratio test of the months' own levels against one slope, None without either."""
    from scipy import stats

    if free is None or sloped is None:
        return None
    df = len(free.names) - len(sloped.names)
    held = {name for name in free.names if name in TERMS}
    if df < 1 or held != set(sloped.names) & {"orders", "value"}:
        return None
    return float(stats.chi2.sf(max(0.0, 2 * (free.log_likelihood - sloped.log_likelihood)), df))
