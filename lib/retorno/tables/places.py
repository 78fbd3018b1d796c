"""Where a table is: a file, a public data set or a database; and what of that others may see."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from retorno.errors import TableError
from retorno.language import say
from retorno.tables.digest import digest
from retorno.tables.problems import quoted
from retorno.tables.public import locate

FILES = ("duckdb", "sqlite")
SERVERS = ("postgresql", "postgres")
HIDDEN = "***"
_PASSWORD = re.compile(r"(?<=[?&]password=)[^&]+|(?<=[?&]sslpassword=)[^&]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table is.

    Attributes
    ----------
    shown : str
        What others may see: as it was typed, an absolute path as its file name only, a password as
        asterisks.
    opened : str
        What `retorno.tables.read` is given: an absolute path, the name of a public set, or the
        address of a database, its file absolute, its password in it.
    file : Path or None
        The file behind it; None for a server.
    """

    shown: str
    opened: str
    file: Path | None

    @classmethod
    def of(cls, source: str, base: Path) -> "Place":
        """Return the place of `source`, relative to the folder `base`.

        Raises
        ------
        TableError
            When there is no such file, the public set is not here, or the address is not one of a
            database that can be read.
        """
        if is_address(source):
            return cls._at(source, base)
        if not _is_path(source):
            return cls(source, source, Path(locate(source)))
        path = (base / source).absolute()
        return cls(_named(source), str(path), _existing(path, source))

    @classmethod
    def _at(cls, address: str, base: Path) -> "Place":
        scheme, _, rest = address.partition("://")
        if scheme in FILES and rest.startswith("/"):
            path = (base / rest[1:]).absolute()
            return cls(shown(address), f"{scheme}:///{path}", _existing(path, rest[1:]))
        if scheme in SERVERS:
            _check_server(address)
            # Plain ASCII without quotes stands in a notebook as it is, and is found there again.
            return cls(shown(address), quote(address, safe="%:/?#[]@!$&'()*+,;=~"), None)
        raise TableError(
            say(
                "{address}: no database is read at such an address. These are: {known}. "
                "After sqlite:/// and duckdb:/// stands the path of a file.",
                address=quoted(address if scheme in FILES else shown(address)),
                known="postgresql://USER@HOST:5432/DATABASE, sqlite:///FILE, duckdb:///FILE",
            )
        )

    @property
    def sha256(self) -> str | None:
        """The digest of the file; None for a server, whose content nobody vouches for."""
        return None if self.file is None else digest(self.file)


def is_address(source: str) -> bool:
    """Return whether `source` is written as an address and not as a path."""
    return "://" in source


def shown(address: str) -> str:
    """Return an address as others may see it.

    Examples
    --------
    >>> shown("postgresql://ana:secret@db.example.org/crm?sslmode=require")
    'postgresql://ana:***@db.example.org/crm?sslmode=require'
    >>> shown("sqlite:////home/ana/crm.db")
    'sqlite:///crm.db'
    """
    scheme, _, rest = address.partition("://")
    if scheme in FILES:
        return f"{scheme}:///{_named(rest.removeprefix('/'))}"
    user, at, place = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{scheme}://{name}{colon}{HIDDEN if colon else ''}{at}{_PASSWORD.sub(HIDDEN, place)}"


def server(address: str) -> str:
    """Return host, port and database of an address, without user and password.

    Examples
    --------
    >>> server("postgresql://ana:secret@localhost:5432/crm?sslmode=require")
    'localhost:5432/crm'
    """
    return address.partition("://")[2].rpartition("@")[2].partition("?")[0].strip("/")


def hidden(address: str, text: str) -> str:
    """Return `text` without the passwords of `address`, in case a driver repeats them."""
    user = address.partition("://")[2].rpartition("@")[0]
    for password in (user.partition(":")[2], *_PASSWORD.findall(address)):
        for written in filter(None, {password, unquote(password)}):
            text = text.replace(written, HIDDEN)
    return text


def _is_path(source: str) -> bool:
    return bool(Path(source).suffix) or "/" in source or "\\" in source


def _named(source: str) -> str:
    """Return a path as it was typed; of an absolute one only the name."""
    return Path(source).name if Path(source).is_absolute() else source


def _existing(path: Path, source: str) -> Path:
    """Return the file at `path`; a complaint names it as it was typed."""
    try:
        return Path(locate(str(path)))
    except TableError as error:
        raise TableError(str(error).replace(str(path), source)) from None


def _check_server(address: str) -> None:
    """Stop where a bare mark in a password would let the driver take a part of it for the host."""
    rest = address.partition("://")[2]
    host = re.split("[/?#]", rest, maxsplit=1)[0]
    if host.count("@") != rest.count("@") or host.count("@") > 1:
        raise TableError(
            say(
                "the address of the database is not understood. In a user or password, write {marks} as "
                "{codes}; or leave the password out and give it in the environment variable "
                "PGPASSWORD or in the file ~/.pgpass.",
                marks="@ / ? # %",
                codes="%40 %2F %3F %23 %25",
            )
        )
