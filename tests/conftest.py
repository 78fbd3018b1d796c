"""What several tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of the public files; a skipped test says how to give it, in CI it fails instead."""
    folder = os.environ.get("RETORNO_PUBLIC_DATA")
    if folder:
        return Path(folder)
    message = "set RETORNO_PUBLIC_DATA to a folder holding the public files"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
