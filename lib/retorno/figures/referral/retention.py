"""The share of referred and other customers still there."""

from retorno.figures.panels import nothing, writer
from retorno.figures.referral.lines import COLOURS, lines, months_axis
from retorno.language import percent


def retention(result, ax):
    """Draw the share of both groups still there by months since joining, with pointwise bands."""
    frame = result.to_frame()
    drawn = [group for group in COLOURS if group in frame]
    if not drawn:
        return nothing(ax, result.caption())
    columns = {
        group: [frame[group], frame[f"{group}_ci_low"], frame[f"{group}_ci_high"]]
        for group in drawn
    }
    lines(ax, frame.month, columns, percent, writer("share"), 0.065)
    months_axis(ax, frame.month)
    return ax
