"""How the letters of a text file are written: UTF-8, UTF-16 by its mark, else Windows-1252."""

import codecs
import gzip
from pathlib import Path

from retorno.language import integer, say, say_n
from retorno.tables.formats import way_out
from retorno.tables.problems import SHOWN, refusal

UTF8 = "utf-8"
FALLBACK = "cp1252"  # Western Windows, which holds Latin-1
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
NAMES = {UTF8: "UTF-8", "utf-8-sig": "UTF-8", FALLBACK: "Windows-1252", "utf-16": "UTF-16"}
PART = 2**20  # bytes


def packed(path: Path) -> bool:
    """Return whether the file is compressed with gzip, by its name."""
    return path.suffix.lower() == ".gz"


def found(table: str, path: Path) -> str:
    """Return the encoding of a file; TableError when it is no text, or in no one encoding."""
    decoder = codecs.getincrementaldecoder(UTF8)()
    with _bytes(path) as raw:
        part = raw.read(PART)
        for mark, encoding in MARKS.items():
            if part.startswith(mark):
                return encoding
        _check_text(table, path, part)
        try:
            while part:  # half a letter at the very end is left to DuckDB, which names the line
                decoder.decode(part)
                part = raw.read(PART)
        except UnicodeDecodeError:
            _check_fallback(table, path)
            return FALLBACK
    return UTF8


def _check_text(table: str, path: Path, start: bytes) -> None:
    if b"\0" in start.split(b"\n")[0]:
        way = way_out(table, "encoding", "utf-16")
        problem = say(
            "the file is not text. If it is UTF-16 without its mark, say so: {way}", way=way
        )
        raise refusal(table, path.name, [problem])


def text(path: Path, encoding: str):
    """Open a file as text, line ends as they are. Bytes that are no UTF-8 pass through, for DuckDB to find."""
    errors = "surrogateescape" if encoding == UTF8 else "strict"
    opener = gzip.open if packed(path) else open
    return opener(
        path,
        "rt",
        encoding="utf-8-sig" if encoding == UTF8 else encoding,
        errors=errors,
        newline="",
    )


def _check_fallback(table: str, path: Path) -> None:
    """Refuse a file that is no UTF-8 but not surely Windows-1252 either; TableError names the lines.

    So it is with bytes that mean nothing there, and when there are letters in UTF-8 too.
    """
    foreign, neither, utf8 = [], [], False
    with _bytes(path) as raw:
        for number, line in enumerate(raw, start=1):
            utf8 |= not line.decode(UTF8, "ignore").isascii()
            if line.decode(UTF8, "ignore").encode() != line:
                foreign.append(number)
                if line.decode(FALLBACK, "ignore").encode(FALLBACK) != line:
                    neither.append(number)
    if neither:
        raise refusal(table, path.name, [_unknown(table, neither)])
    if utf8:
        raise refusal(table, path.name, [broken(table, lines(foreign, len(foreign)))])


def broken(table: str, where: str) -> str:
    """Return the sentence for lines that are no UTF-8."""
    return say(
        "not UTF-8 text in {where}. Save the file as UTF-8. If all of it is written otherwise, say "
        "how: {way}",
        where=where,
        way=way_out(table, "encoding", FALLBACK),
    )


def wrong(table: str, encoding: str, *, asked: bool) -> str:
    """Return the sentence for a file that is not written as its user says, or as it begins."""
    shown = NAMES.get(encoding, encoding)
    if not asked:
        return say(
            "the file begins as {encoding}, but is cut or damaged further down.", encoding=shown
        )
    return say(
        "the file is no text in {encoding}. Leave `formats: encoding` out and it is looked for, or "
        "say another: {way}",
        encoding=shown,
        way=way_out(table, "encoding", UTF8, FALLBACK),
    )


def twice(names: list[str]) -> list[str]:
    """Return the names that look like UTF-8 read as Windows-1252 and saved so: "AÃ±o".

    Examples
    --------
    >>> twice(["AÃ±o", "Año", "Year"])
    ['AÃ±o']
    """
    return [name for name in names if _again(name) not in (None, name)]


def _again(name: str) -> str | None:
    try:
        return name.encode(FALLBACK).decode(UTF8)
    except UnicodeError:
        return None


def _unknown(table: str, numbers: list[int]) -> str:
    return say(
        "it is not known how the letters are written: neither UTF-8 nor Windows-1252 in {where}. "
        "Save the file as UTF-8, or say its encoding, such as cp850 or mac-roman: {way}",
        where=lines(numbers, len(numbers)),
        way=way_out(table, "encoding", "..."),
    )


def lines(first: list[int], count: int) -> str:
    """Return where: the numbers of the `first` lines of `count`."""
    shown = ", ".join(map(str, first[:SHOWN]))
    where = say_n("line {lines}", "lines {lines}", count, lines=shown)
    more = count - SHOWN
    return where + " " + say("and {n} more", n=integer(more)) if more > 0 else where


def _bytes(path: Path):
    return gzip.open(path, "rb") if packed(path) else path.open("rb")
