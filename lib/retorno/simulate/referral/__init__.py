"""A world of customers who bring others, and of the programme that rewards it; its answers are known.

`simulate` draws tables from a world; `answers` computes what a study should find in them, without any draw.
"""

from retorno.simulate.referral.answers import DEFAULTS, answers
from retorno.simulate.referral.draw import Simulated, simulate
from retorno.simulate.referral.world import WORLDS, Campaign, Programme, World, parameters

__all__ = [
    "DEFAULTS",
    "WORLDS",
    "Campaign",
    "Programme",
    "Simulated",
    "World",
    "answers",
    "parameters",
    "simulate",
]
