"""A world of respondents, asked before and after some of them meet a failure, whose answers are known exactly.

Test-retest works by repeat or redraw: a respondent to whom nothing happens repeats the scores of the
first wave with a chance equal to the reliability, or else draws fresh ones from the law of the first
wave. So the correlation of the waves *is* the reliability, a later score is expected at
``mean + reliability * (before - mean)`` on any bounded and skewed scale, and `answers` sums over all that can
happen, without a draw. The price: 68 % give the same score twice, where a survey found about half (Dawes,
Stocchi and Dall'Olmo Riley: 49 %, seven points, six weeks).

What the worlds are made to show, each with its truth known:

- failures fall on those who scored low before: they rise by regression to the mean alone, and stay below
  the others by selection alone;
- of the recovered the discontented leave (world "leavers"): those still there look gained upon;
- half of the recovered rate the recovery by how content they are: a high rating need be no cause;
- justice mirrors what was lost or given and moves nothing: a measured mediator cannot tell the two apart.
"""

from retorno.simulate.recovery.answers import DEFAULTS, answers, true_effect
from retorno.simulate.recovery.draw import Simulated, simulate
from retorno.simulate.recovery.world import GROUPS, WORLDS, Item, World, parameters

__all__ = [
    "DEFAULTS",
    "GROUPS",
    "WORLDS",
    "Item",
    "Simulated",
    "World",
    "answers",
    "parameters",
    "simulate",
    "true_effect",
]
