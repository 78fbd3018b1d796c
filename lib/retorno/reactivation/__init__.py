"""The reactivation study: do customers we win back pay, how fast, and is that because we won them back?"""

from retorno.reactivation.answer import answer
from retorno.reactivation.contact.adjusted import DEFINITIONS as _ADJUSTED
from retorno.reactivation.contact.adjusted import adjusted_effects
from retorno.reactivation.contact.after import DEFINITIONS as _AFTER
from retorno.reactivation.contact.after import after_contact
from retorno.reactivation.contact.arms import DEFINITIONS as _ARMS
from retorno.reactivation.contact.arms import arm_check
from retorno.reactivation.contact.campaign import campaign
from retorno.reactivation.contact.contrasts import DEFINITIONS as _EFFECTS
from retorno.reactivation.contact.costs import DEFINITIONS as _COSTS
from retorno.reactivation.contact.costs import return_costs
from retorno.reactivation.contact.effects import contact_effects
from retorno.reactivation.contact.recency import DEFINITIONS as _RECENCY
from retorno.reactivation.contact.recency import effects_by_recency
from retorno.reactivation.contact.targeting import DEFINITIONS as _TARGETING
from retorno.reactivation.contact.targeting import targeting
from retorno.reactivation.contact.timing import DEFINITIONS as _TIMING
from retorno.reactivation.contact.timing import timing
from retorno.reactivation.curves.censored import DEFINITIONS as _CENSORED
from retorno.reactivation.curves.censored import censored
from retorno.reactivation.curves.season import DEFINITIONS as _SEASON
from retorno.reactivation.curves.season import same_months
from retorno.reactivation.curves.speed import DEFINITIONS as _SPEED
from retorno.reactivation.curves.speed import speed
from retorno.reactivation.curves.spread import DEFINITIONS as _SPREAD
from retorno.reactivation.curves.spread import spread
from retorno.reactivation.curves.thresholds import DEFINITIONS as _THRESHOLDS
from retorno.reactivation.curves.thresholds import over_thresholds
from retorno.reactivation.curves.windows import DEFINITIONS as _WINDOWS
from retorno.reactivation.curves.windows import like_for_like, new_against_reactivated
from retorno.reactivation.history import purchase_history
from retorno.reactivation.lapsed.alive import DEFINITIONS as _ALIVE
from retorno.reactivation.lapsed.alive import customers_alive
from retorno.reactivation.lapsed.rhythm import DEFINITIONS as _RHYTHM
from retorno.reactivation.lapsed.rhythm import own_rhythm
from retorno.reactivation.lapsed.rules import DEFINITIONS as _RULES
from retorno.reactivation.lapsed.rules import compare_rules
from retorno.reactivation.lapsed.threshold import DEFINITIONS as _THRESHOLD
from retorno.reactivation.lapsed.threshold import suggest_threshold
from retorno.reactivation.lines import line_counts
from retorno.reactivation.returns.cumulative import DEFINITIONS as _CUMULATIVE
from retorno.reactivation.returns.cumulative import cumulative_return
from retorno.reactivation.returns.groups import return_groups
from retorno.reactivation.returns.hazard import DEFINITIONS as _HAZARD
from retorno.reactivation.returns.hazard import return_hazard
from retorno.reactivation.returns.regression import DEFINITIONS as _REGRESSION
from retorno.reactivation.returns.regression import return_regression
from retorno.reactivation.returns.states import DEFINITIONS as _STATES
from retorno.reactivation.returns.states import lapse_states
from retorno.reactivation.worth.observed import DEFINITIONS as _OBSERVED
from retorno.reactivation.worth.observed import observed
from retorno.reactivation.worth.offers import DEFINITIONS as _OFFERS
from retorno.reactivation.worth.offers import offers
from retorno.reactivation.worth.plan import DEFINITIONS as _PLAN
from retorno.reactivation.worth.plan import holdout_plan
from retorno.reactivation.worth.programme import DEFINITIONS as _PROGRAMME
from retorno.reactivation.worth.programme import programme
from retorno.reactivation.worth.second_life import DEFINITIONS as _SECOND_LIFE
from retorno.reactivation.worth.second_life import second_life

DEFINITIONS = (
    *_THRESHOLD,
    *_RHYTHM,
    *_ALIVE,
    *_RULES,
    *_STATES,
    *_HAZARD,
    *_CUMULATIVE,
    *_REGRESSION,
    *_WINDOWS,
    *_THRESHOLDS,
    *_CENSORED,
    *_SPREAD,
    *_SEASON,
    *_SPEED,
    *_ARMS,
    *_EFFECTS,
    *_ADJUSTED,
    *_RECENCY,
    *_COSTS,
    *_AFTER,
    *_TARGETING,
    *_TIMING,
    *_SECOND_LIFE,
    *_PROGRAMME,
    *_OBSERVED,
    *_OFFERS,
    *_PLAN,
)

__all__ = [
    "DEFINITIONS",
    "adjusted_effects",
    "after_contact",
    "answer",
    "arm_check",
    "campaign",
    "censored",
    "compare_rules",
    "contact_effects",
    "cumulative_return",
    "customers_alive",
    "effects_by_recency",
    "holdout_plan",
    "lapse_states",
    "like_for_like",
    "line_counts",
    "new_against_reactivated",
    "observed",
    "offers",
    "over_thresholds",
    "own_rhythm",
    "programme",
    "purchase_history",
    "return_costs",
    "return_groups",
    "return_hazard",
    "return_regression",
    "same_months",
    "second_life",
    "speed",
    "spread",
    "suggest_threshold",
    "targeting",
    "timing",
]
