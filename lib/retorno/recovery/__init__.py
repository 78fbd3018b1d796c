"""The recovery study: does a failure that was put right leave customers more satisfied than if nothing had failed?"""

from retorno.recovery.answer import answer
from retorno.recovery.between.adjusted import DEFINITIONS as _ADJUSTED
from retorno.recovery.between.adjusted import adjusted_differences
from retorno.recovery.between.difference import DEFINITIONS as _BETWEEN
from retorno.recovery.between.difference import between_groups
from retorno.recovery.between.leavers import DEFINITIONS as _LEAVERS
from retorno.recovery.between.leavers import leavers
from retorno.recovery.between.ordered import DEFINITIONS as _ORDERED
from retorno.recovery.between.ordered import ordered_models
from retorno.recovery.between.sizes import DEFINITIONS as _SIZES
from retorno.recovery.between.sizes import effect_sizes
from retorno.recovery.groups import group_means, respondent_flow
from retorno.recovery.literature.bias import questioned
from retorno.recovery.literature.drawn import forest
from retorno.recovery.literature.evidence_map import evidence_map
from retorno.recovery.literature.moderators import moderators
from retorno.recovery.literature.own import DEFINITIONS as _OWN
from retorno.recovery.literature.own import with_own_study
from retorno.recovery.literature.pooled import DEFINITIONS as _POOLED
from retorno.recovery.literature.pooled import pooled_literature
from retorno.recovery.literature.published import published_effects
from retorno.recovery.literature.spread import baujat, funnel
from retorno.recovery.literature.steps import cumulative, left_out
from retorno.recovery.repair.double_deviation import DEFINITIONS as _DEVIATION
from retorno.recovery.repair.double_deviation import double_deviations
from retorno.recovery.repair.rate import DEFINITIONS as _RATE
from retorno.recovery.repair.rate import recovery_rates
from retorno.recovery.survey import scored_survey
from retorno.recovery.verdict import SmallestEffect
from retorno.recovery.when.moderation import DEFINITIONS as _MODERATION
from retorno.recovery.when.moderation import moderation
from retorno.recovery.when.threshold import DEFINITIONS as _THRESHOLD
from retorno.recovery.when.threshold import quality_threshold
from retorno.recovery.why.justice import justice_mediation
from retorno.recovery.why.mediation import DEFINITIONS as _MEDIATION
from retorno.recovery.within.ceiling import DEFINITIONS as _CEILING
from retorno.recovery.within.ceiling import ceiling
from retorno.recovery.within.change import DEFINITIONS as _CHANGE
from retorno.recovery.within.change import recovered_changes
from retorno.recovery.within.reliability import DEFINITIONS as _RELIABILITY
from retorno.recovery.within.reliability import reliability_sensitivity
from retorno.recovery.within.selection import DEFINITIONS as _SELECTION
from retorno.recovery.within.selection import well_recovered
from retorno.recovery.within.sizes import DEFINITIONS as _CHANGE_SIZES
from retorno.recovery.within.sizes import change_sizes
from retorno.recovery.worth.money import Money
from retorno.recovery.worth.plan import DEFINITIONS as _PLAN
from retorno.recovery.worth.plan import study_plan
from retorno.recovery.worth.value import DEFINITIONS as _VALUE
from retorno.recovery.worth.value import recovery_value

DEFINITIONS = (
    *_BETWEEN,
    *_SIZES,
    *_ORDERED,
    *_ADJUSTED,
    *_LEAVERS,
    *_CHANGE,
    *_CHANGE_SIZES,
    *_RELIABILITY,
    *_CEILING,
    *_SELECTION,
    *_RATE,
    *_DEVIATION,
    *_MODERATION,
    *_THRESHOLD,
    *_MEDIATION,
    *_VALUE,
    *_PLAN,
    *_POOLED,
    *_OWN,
)

__all__ = [
    "DEFINITIONS",
    "Money",
    "SmallestEffect",
    "adjusted_differences",
    "answer",
    "baujat",
    "between_groups",
    "ceiling",
    "change_sizes",
    "cumulative",
    "double_deviations",
    "effect_sizes",
    "evidence_map",
    "forest",
    "funnel",
    "group_means",
    "justice_mediation",
    "leavers",
    "left_out",
    "moderation",
    "moderators",
    "ordered_models",
    "pooled_literature",
    "published_effects",
    "quality_threshold",
    "questioned",
    "recovered_changes",
    "recovery_rates",
    "recovery_value",
    "reliability_sensitivity",
    "respondent_flow",
    "scored_survey",
    "study_plan",
    "well_recovered",
    "with_own_study",
]
