"""The recovery study: does a failure that was put right leave customers more satisfied than if nothing had failed?"""

from retorno.recovery.answer import answer
from retorno.recovery.between.difference import DEFINITIONS as _BETWEEN
from retorno.recovery.between.difference import between_groups
from retorno.recovery.groups import group_means, respondent_flow
from retorno.recovery.repair.rate import DEFINITIONS as _RATE
from retorno.recovery.repair.rate import recovery_rates
from retorno.recovery.survey import scored_survey
from retorno.recovery.verdict import SmallestEffect
from retorno.recovery.within.change import DEFINITIONS as _CHANGE
from retorno.recovery.within.change import recovered_changes

DEFINITIONS = (*_BETWEEN, *_CHANGE, *_RATE)

__all__ = [
    "DEFINITIONS",
    "SmallestEffect",
    "answer",
    "between_groups",
    "group_means",
    "recovered_changes",
    "recovery_rates",
    "respondent_flow",
    "scored_survey",
]
