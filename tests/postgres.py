"""A PostgreSQL server of its own for tests: made in a temporary folder, gone when the block ends."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

USER, PASSWORD = "ana", "ge heim/ñ@1"


@contextmanager
def running():
    """Give the address of a running server, its password in it.

    Without PostgreSQL the test is skipped; with RETORNO_NEEDS_POSTGRES=1, as in CI, it fails.
    """
    programs = _programs()
    if programs is None:
        message = "PostgreSQL is not installed: apt install postgresql"
        if os.environ.get("RETORNO_NEEDS_POSTGRES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="retorno-postgres-"))
    data, secret = folder / "data", folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    port = _free_port()
    _give_away(folder, secret)
    server = [programs / "pg_ctl", "-D", data]
    try:
        asked = ["-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256", "--no-sync"]
        _as_postgres([programs / "initdb", "-D", data, *asked, "--encoding=UTF8", "--locale=C"])
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off -k {folder}"
        _as_postgres([*server, "-w", "-l", folder / "log", "-o", options, "start"])
        try:
            yield f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        finally:
            _as_postgres([*server, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """Return the folder of the newest programs, on Debian not on the path."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return Path(on_path).parent if on_path else found[-1].parent if found else None


def _version(initdb: Path) -> float:
    return float(initdb.parts[-3])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _give_away(*paths: Path) -> None:
    if os.getuid() == 0:
        for path in paths:
            shutil.chown(path, "postgres", "postgres")


def _as_postgres(command: list) -> None:
    """Run a command, as root in the name of postgres: initdb refuses to run as root."""
    if os.getuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    # To a file: the server would keep a pipe open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, cwd="/", stdout=said, stderr=subprocess.STDOUT)
        said.seek(0)
        assert done.returncode == 0, said.read().decode()
