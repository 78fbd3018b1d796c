"""Reports appear whole or not at all: built beside their place, then renamed onto it under a lock.

A run that failed leaves a note for the index in ``failures.json``, and the earlier report as it was.
"""

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".lock"
FAILURES = "failures.json"
_BESIDE = re.compile(r"\.(?P<run>.+)\.[0-9a-f]{8}(?P<old>\.old)?")


@contextmanager
def alone(out: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the output folder for this process; `waiting` is called when another one holds it.

    Nothing that lies beside a report belongs to a living process once the lock is held, so what a
    killed run left is put right here. A folder in which nothing appeared is taken away again.
    """
    from filelock import FileLock, Timeout

    created = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        _put_right(out)
        yield
    finally:
        _put_right(out)
        if created and [path.name for path in out.iterdir()] == [LOCK]:
            (out / LOCK).unlink()
        lock.release()
        if created:
            with suppress(OSError):
                out.rmdir()


def _put_right(out: Path) -> None:
    """Take away half-built reports, and put back an earlier one whose successor never came."""
    for folder in list(out.glob("*/.*")):
        beside = _BESIDE.fullmatch(folder.name)
        if beside is None:
            continue
        place = folder.parent / beside["run"]
        if beside["old"] and not place.exists():
            folder.rename(place)
        else:
            shutil.rmtree(folder)
    for study in list(out.iterdir()):
        if study.is_dir():
            with suppress(OSError):
                study.rmdir()


def beside(place: Path) -> Path:
    """Make and return an empty folder beside `place`, to build its next content in."""
    folder = place.parent / f".{place.name}.{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    return folder


def put(built: Path, place: Path) -> None:
    """Move a complete folder onto its place; what stood there stays until then."""
    earlier = built.with_name(built.name + ".old")
    try:
        if place.exists():
            place.rename(earlier)
        built.rename(place)
    except BaseException:
        if earlier.exists() and not place.exists():
            earlier.rename(place)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def note(out: Path, ended: Mapping[str, dict | None]) -> None:
    """Note under ``study/run`` how runs failed; None, a report that stands as asked for, ends an earlier note."""
    file, beside = out / FAILURES, out / f".{FAILURES}"
    noted = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    noted = {label: failure for label, failure in {**noted, **ended}.items() if failure}
    if not noted:
        file.unlink(missing_ok=True)
        return
    text = json.dumps(noted, indent=1, ensure_ascii=False, sort_keys=True)
    beside.write_text(text + "\n", encoding="utf-8", newline="\n")
    beside.replace(file)
