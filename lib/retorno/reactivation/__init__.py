"""The reactivation study: do customers we win back pay, how fast, and is that because we won them back?"""

from retorno.reactivation.answer import answer
from retorno.reactivation.contact.effects import DEFINITIONS as _EFFECTS
from retorno.reactivation.contact.effects import contact_effects
from retorno.reactivation.curves.windows import DEFINITIONS as _WINDOWS
from retorno.reactivation.curves.windows import like_for_like, new_against_reactivated
from retorno.reactivation.history import purchase_history
from retorno.reactivation.lines import line_counts
from retorno.reactivation.returns.hazard import DEFINITIONS as _RETURNS
from retorno.reactivation.returns.hazard import return_hazard
from retorno.reactivation.returns.states import DEFINITIONS as _STATES
from retorno.reactivation.returns.states import lapse_states

DEFINITIONS = (*_STATES, *_RETURNS, *_WINDOWS, *_EFFECTS)

__all__ = [
    "DEFINITIONS",
    "answer",
    "contact_effects",
    "lapse_states",
    "like_for_like",
    "line_counts",
    "new_against_reactivated",
    "purchase_history",
    "return_hazard",
]
