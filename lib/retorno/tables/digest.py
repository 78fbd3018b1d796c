"""The digest by which a file is known again."""

import hashlib
from pathlib import Path


def digest(file: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()
