"""The digest by which a file is known again."""

import hashlib
from pathlib import Path


def digest(file: Path) -> str:
    """Return the SHA-256 of a file's content.

    What a database has written to the log beside its file, and not yet to the file, counts as its
    content.
    """
    with file.open("rb") as opened_file:
        whole = hashlib.file_digest(opened_file, "sha256")
    for log in (Path(f"{file}-wal"), Path(f"{file}.wal")):  # of SQLite, of DuckDB
        if log.is_file():
            whole.update(log.read_bytes())
    return whole.hexdigest()
