"""Running what was planned: skip what stands, execute the rest, put complete reports in their place."""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

from retorno.language import current, say, use
from retorno.workbook import publish
from retorno.workbook.plan import Run
from retorno.workbook.progress import Plain
from retorno.workbook.sameness import key, unchanged
from retorno.workbook.studies import CLAIMS


@dataclass(frozen=True, slots=True)
class Task:
    """A run to be executed: its key and the folder its files are built in."""

    run: Run
    key: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    status : int
        0 done, 1 failed, 2 bad input.
    problem : str
        What went wrong, without a path of this machine; empty when done.
    seconds : float
    """

    status: int
    problem: str
    seconds: float


def run_all(runs: Sequence[Run], out: Path, tell: Plain, *, jobs: int, force: bool) -> int:
    """Bring the reports of `runs` in `out` up to date and return the exit status.

    A report that is unchanged is skipped unless `force`; one that fails leaves an earlier good
    one in its place, and the others still run.
    """
    with publish.alone(out, tell.waiting):
        tasks, ended = [], {}
        for run in runs:
            run_key = key(run)
            place = out / run.study / run.name
            if not force and unchanged(place, run_key):
                tell.skipped(run.label)
                ended[run.label] = None
            else:
                tasks.append(Task(run, run_key, publish.beside(place)))
        outcomes = _work_off(tasks, out, tell, jobs)
        ended |= {task.run.label: _failure(task.run, outcome) for task, outcome in outcomes}
        if any(out.glob("*/[!.]*/findings.json")):
            from retorno.report import write_claims, write_index

            publish.note(out, ended)
            write_index(out)
            write_claims(out, CLAIMS)
    return max((outcome.status for _, outcome in outcomes), default=0)


def _work_off(
    tasks: Sequence[Task], out: Path, tell: Plain, jobs: int
) -> list[tuple[Task, Outcome]]:
    """Execute the tasks and return how each ended; a complete report is in its place by then."""
    jobs = min(jobs, len(tasks))
    outcomes = []
    for task, outcome in _in_processes(tasks, tell, jobs) if jobs > 1 else _in_turn(tasks, tell):
        label, problem = task.run.label, outcome.problem
        if outcome.status == 0:
            publish.put(task.folder, out / task.run.study / task.run.name)
        if outcome.status == 1:
            problem = say("{run} failed: {problem}", run=label, problem=problem)
        tell.finished(label, outcome.seconds, problem)
        outcomes.append((task, outcome))
    return outcomes


def _failure(run: Run, outcome: Outcome) -> dict | None:
    """Return what the index is told of a run that failed, None for a good one."""
    if outcome.status == 0:
        return None
    return {
        "title": run.title,
        "status": outcome.status,
        "problem": outcome.problem,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _in_turn(tasks: Sequence[Task], tell: Plain) -> Iterator[tuple[Task, Outcome]]:
    for task in tasks:
        tell.started(task.run.label)
        yield task, perform(task, lambda *where, label=task.run.label: tell.cell(label, *where))


def perform(task: Task, tell: Callable[[int, int, str], None]) -> Outcome:
    """Execute a run, build its report in the task's folder, and say how it ended."""
    from retorno.workbook import record
    from retorno.workbook.execute import ExecutionError, execute

    started = time.monotonic()
    status, problem = 0, ""
    imports = Thread(target=_import_report, daemon=True)
    try:
        executed = execute(
            task.run.notebook,
            task.run.injected,
            tell,
            language=task.run.language,
            meanwhile=imports.start,
        )
        imports.join()
        record.write(task.run, task.key, executed, task.folder)
    except ExecutionError as error:
        status, problem = error.status, str(error)
    except Exception as error:
        status = 1
        problem = say(
            "while its report was made, {kind}: {problem}", kind=type(error).__name__, problem=error
        )
    private = record.private_paths(task.run) | _places(task.folder)
    return Outcome(status, record.without(private, problem), time.monotonic() - started)


def _places(folder: Path) -> dict[str, str]:
    """Return where a report is built and where its maker lives -> what a message shows instead."""
    return {f"{folder.absolute()}/": "", f"{folder}/": "", f"{Path.home()}/": "~/"}


def _import_report() -> None:
    """Import what a report needs; done while the kernel computes."""
    for name in ("retorno.report.export", "retorno.report.sheets"):
        import_module(name)


def _in_processes(tasks: Sequence[Task], tell: Plain, jobs: int) -> Iterator[tuple[Task, Outcome]]:
    """Execute each task in a process of its own, `jobs` of them at a time."""
    waiting, busy = list(tasks), {}
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                task = waiting.pop(0)
                pipe, process = _start(task)
                busy[pipe] = task, process
                tell.started(task.run.label)
            for pipe in wait(list(busy)):
                task, process = busy[pipe]
                message = _received(pipe, task)
                if not isinstance(message, Outcome):
                    tell.cell(task.run.label, *message)
                    continue
                del busy[pipe]
                pipe.close()
                process.join()
                yield task, message
    finally:
        for _, process in busy.values():
            process.terminate()
        for _, process in busy.values():
            process.join()


def _start(task: Task):
    """Return a pipe and the process that sends its progress and outcome through it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, task, current()), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _received(pipe, task: Task):
    try:
        return pipe.recv()
    except EOFError:
        return Outcome(1, say("its process ended; was there enough memory?"), 0.0)


def _serve(pipe, task: Task, language: str) -> None:
    """Perform a task for the process that started this one, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupted)
    use(language)
    with suppress(KeyboardInterrupt, BrokenPipeError):
        pipe.send(perform(task, lambda *where: pipe.send(where)))


def _interrupted(signum, frame):
    raise KeyboardInterrupt
