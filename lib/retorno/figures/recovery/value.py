"""What a recovery leaves by the compensation paid."""

from retorno.figures.panels import bands, nothing, point, reach, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, SOFT
from retorno.language import money, number, say

HEIGHT = 3.0


def value(result, ax):
    """Draw the worth of a recovery against the compensation, with the point paid and the break-even line."""
    if result.refused:
        return nothing(ax, result.caption())
    frame, currency = result.to_frame(), result.money.currency
    ax.figure.set_figheight(HEIGHT)
    low, high = reach(list(zip(frame.ci_low, frame.ci_high, strict=True)))
    value_axis(ax.yaxis, low, high, number, zero=say("break-even"))
    zero_line(ax.axhline)
    last = money(frame.worth.iloc[-1], currency)
    bands(ax, frame.compensation, [("", frame.worth, frame.ci_low, frame.ci_high, ACCENT, last)])
    value_axis(
        ax.xaxis, 0.0, float(frame.compensation.iloc[-1]), number, zero="0\n" + say("compensation")
    )
    paid = result.money.compensation
    ax.plot(paid, result.bears.value - paid, "o", **point(ACCENT))
    _written(
        ax,
        paid,
        result.bears.value - paid,
        say("paid: {amount}", amount=money(paid, currency)),
        INK,
    )
    most = result.bears.value
    if frame.compensation.iloc[0] <= most <= frame.compensation.iloc[-1]:
        ax.plot(most, 0, "o", **point(SOFT, 5))
        _written(ax, most, 0, say("breaks even: {amount}", amount=money(most, currency)), SOFT)
    return ax


def _written(ax, x: float, y: float, text: str, colour: str) -> None:
    """Write what a point is: above the falling line to its right, below the line of break-even to its left."""
    below = y < 0
    place = {"xytext": (-7, -7) if below else (7, 7), "ha": "right" if below else "left"}
    place["va"] = "top" if below else "bottom"
    ax.annotate(text, (x, y), textcoords="offset points", color=colour, **place)
