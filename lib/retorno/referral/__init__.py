"""The referral study: does a programme pay once rewards, fraud and would-have-come-anyway are counted?"""

from retorno.referral.answer import answer
from retorno.referral.gap.margins import DEFINITIONS as _MARGIN_GAP
from retorno.referral.gap.margins import margin_gap
from retorno.referral.staying.retention import DEFINITIONS as _RETENTION
from retorno.referral.staying.retention import retention
from retorno.referral.tenure import follow
from retorno.referral.worth.account import account
from retorno.referral.worth.assumptions import Assumptions
from retorno.referral.worth.programme import DEFINITIONS as _PROGRAMME
from retorno.referral.worth.programme import programme
from retorno.referral.worth.value import DEFINITIONS as _VALUE
from retorno.referral.worth.value import customer_value, published_form

DEFINITIONS = (*_MARGIN_GAP, *_RETENTION, *_VALUE, *_PROGRAMME)

__all__ = [
    "DEFINITIONS",
    "Assumptions",
    "account",
    "answer",
    "customer_value",
    "follow",
    "margin_gap",
    "programme",
    "published_form",
    "retention",
]
