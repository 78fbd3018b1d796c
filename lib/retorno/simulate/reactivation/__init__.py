"""A world of buyers who lapse and return, and of one campaign among them, whose answers are known exactly.

Customers join, buy, pause, stop and send goods back. On one day inside the data a randomised campaign contacts all
who have been silent; for some of them it makes a purchase that would have come later or never. What follows it is in
the same transactions, so contacts and purchases join. `simulate` draws tables from a world; `answers` computes what
a study should find in them, without any draw.

Given the segment and the day, what follows a purchase is the same for everybody: whoever is back buys on as a new
customer of that segment does. So the difference between returned and new customers is a difference of who they are.
That is the survivorship this world is made to show. The campaign changes two things in it: it brings back some who
would have stayed away, stoppers among them, so a few more and poorer customers are among the returned; and a window
that overlaps its month is worth a little more, in every group, so the days on which windows start count too.
"""

from retorno.simulate.reactivation.answers import DEFAULTS, answers, parameters
from retorno.simulate.reactivation.draw import Simulated, simulate
from retorno.simulate.reactivation.world import WORLDS, Arm, Campaign, Segment, World

__all__ = [
    "DEFAULTS",
    "WORLDS",
    "Arm",
    "Campaign",
    "Segment",
    "Simulated",
    "World",
    "answers",
    "parameters",
    "simulate",
]
