"""New customers around a campaign, week by week, against what the days before it lead to expect."""

from retorno.figures.panels import apart, heading, nothing, reach, stacked, value_axis
from retorno.figures.theme import ACCENT, INK, LINE, REFERENCE, SOFT, label_end
from retorno.language import number, say

LOOKS = {"all": (INK, 2.0), "referred": (ACCENT, 2.4), "other": (REFERENCE, 1.5)}
LETTERS = 0.11  # height of a line of letters as a fraction of a panel


def campaign(result, ax):
    """Draw new customers a day by week, the campaign shaded, with broken lines of what was to be expected."""
    if result.refusal():
        return nothing(ax, result.caption())
    frame, drawn = result.to_frame(), result.drawn()
    words = {"all": say("All"), "referred": say("Referred"), "other": say("Other")}
    parts = [name for name in ("referred", "other") if name in drawn]
    above, *below = stacked(ax, [5.2, 5.2] if parts else [6.5])
    heading(above, say("All new customers"))
    _panel(above, frame, result.effect.daily, {"all": words["all"]}, named=True)
    for panel in below:
        heading(panel, say("Referred and other new customers"))
        _panel(panel, frame, result.effect.daily, {n: words[n] for n in parts}, named=False)
    return ax


def _panel(ax, frame, daily, names: dict[str, str], *, named: bool) -> None:
    """Draw the lines of one panel over the shades; `named`: the shades get their words."""
    columns = [frame[part] for name in names for part in (name, f"expected_{name}")]
    low, high = reach([(column.min(), column.max()) for column in columns])
    high += 0.14 * (high - low) * named  # room for the words of the shades
    value_axis(ax.yaxis, low, high, number)
    value_axis(ax.xaxis, -daily.past, daily.during + daily.after_used, number, "0\n" + say("start"))
    _shades(ax, daily, named)
    heights = {}
    for name in names:
        colour, width = LOOKS[name]
        ax.plot(frame.day, frame[name], color=colour, linewidth=width)
        broken = {"color": SOFT, "linewidth": 1.4, "linestyle": (0, (4, 2)), "zorder": 3}
        ax.plot(frame.day, frame[f"expected_{name}"], **broken)
        heights[name] = frame[name].iloc[-1]
        if named:
            heights["expected"] = frame[f"expected_{name}"].iloc[-1]
    bottom, top = ax.get_ylim()
    for name, height in apart(heights, LETTERS * (top - bottom)).items():
        text = names.get(name, say("expected"))
        label_end(ax, ax.get_xlim()[1], height, text, "", LOOKS.get(name, (SOFT, 0))[0])


def _shades(ax, daily, named: bool) -> None:
    """Shade the campaign and, lighter, the days after it; words end and start where both meet."""
    end = daily.during
    ax.axvspan(0, end, color=REFERENCE, alpha=0.22, linewidth=0, zorder=0)
    if daily.after_used:
        ax.axvspan(end, end + daily.after_used, color=LINE, alpha=0.6, linewidth=0, zorder=0)
    if not named:
        return
    place = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points", "va": "top"}
    look = {"annotation_clip": False, "color": SOFT}
    ax.annotate(say("campaign"), (end, 1), xytext=(-3, -2), ha="right", **look, **place)
    if daily.after_used:
        ax.annotate(say("after it"), (end, 1), xytext=(4, -2), ha="left", **look, **place)
