"""What a run tells while it goes on: live lines on a terminal, plain lines elsewhere."""

import sys
import time
from contextlib import contextmanager

import click

from retorno.language import integer, number, say


class Plain:
    """One line when a run starts, when a section is done and when the run ends."""

    def __init__(self):
        self.sections: dict[str, tuple[str, float]] = {}

    def waiting(self) -> None:
        """Tell that another process writes into the same folder."""
        self.line(say("Another run writes to this folder; waiting for it."))

    def skipped(self, label: str) -> None:
        """Tell that nothing had to be done."""
        self.line(say("{run}: unchanged", run=label))

    def started(self, label: str) -> None:
        """Tell that a notebook starts."""
        self.sections[label] = ("", time.monotonic())
        self.line(say("{run}: started", run=label))

    def cell(self, label: str, cell: int, cells: int, heading: str) -> None:
        """Tell that code cell `cell` of `cells` starts, under `heading`."""
        section, since = self.sections[label]
        if heading == section:
            return
        if section:
            self.line(_done(label, section, since))
        self.sections[label] = (heading, time.monotonic())

    def finished(self, label: str, seconds: float, problem: str) -> None:
        """Tell that a run is over; `problem` is empty when all went well."""
        if not problem:
            self.line(say("{run}: done in {seconds} s", run=label, seconds=number(seconds, 1)))
            return
        click.echo(problem, err=True)

    def line(self, text: str) -> None:
        """Write one line."""
        click.echo(text)
        sys.stdout.flush()


def _done(label: str, section: str, since: float) -> str:
    return say(
        "{run}: {section} ({seconds} s)",
        run=label,
        section=section,
        seconds=number(time.monotonic() - since, 1),
    )


class Live(Plain):
    """One moving line for each notebook: cell i of n, seconds, and the heading it is under."""

    def __init__(self, bars):
        super().__init__()
        self.bars, self.tasks = bars, {}

    def started(self, label: str) -> None:
        """Show the notebook's line."""
        self.tasks[label] = self.bars.add_task(label, total=None, where=say("starting"))

    def cell(self, label: str, cell: int, cells: int, heading: str) -> None:
        """Move the notebook's line on."""
        where = say(
            "cell {cell} of {cells}: {heading}",
            cell=integer(cell),
            cells=integer(cells),
            heading=heading,
        )
        self.bars.update(self.tasks[label], completed=cell - 1, total=cells, where=where)

    def finished(self, label: str, seconds: float, problem: str) -> None:
        """Replace the moving line by the last word."""
        self.bars.remove_task(self.tasks.pop(label))
        super().finished(label, seconds, problem)

    def line(self, text: str) -> None:
        """Write one line above the moving ones."""
        self.bars.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def telling():
    """Give the way of telling that fits where the output goes."""
    if not sys.stdout.isatty():
        yield Plain()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        TextColumn("{task.fields[where]}", markup=False),
    )
    with Progress(*columns, transient=True) as bars:
        yield Live(bars)
