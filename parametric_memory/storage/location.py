"""The place of a memory: a folder with a SQLite file, or a PostgreSQL database that machines share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.request import url2pathname

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from parametric_memory.errors import MemoryFolderError, SettingsError
from parametric_memory.files import storage_errors
from parametric_memory.index.chroma import IndexServer

DATABASE, CHROMA = "memory.db", "chroma"
OWN = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", "index.lock", "build.lock", "task.lock")
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True)
class Location:
    """Either a `folder` for SQLite, or the `url` of a PostgreSQL database.

    index: the address of a Chroma server; None: the one that the memory names, or a folder beside its database.
    """

    folder: Path | None
    url: URL | None = None
    index: str | None = None

    @classmethod
    def of(cls, where: str | Path | Location, index: str | None = None) -> Location:
        """Parses a folder or URL. Raises SettingsError: a URL that is neither a folder's nor PostgreSQL's."""
        if isinstance(where, Location):
            return where
        if index is not None:
            IndexServer(index)  # refused before anything is made
        if not isinstance(where, str) or "://" not in where:
            return cls(Path(where), index=index)
        scheme, _, rest = where.partition("://")
        if scheme == "file":
            return cls(Path(url2pathname(rest.removeprefix("localhost"))), index=index)
        if scheme not in _POSTGRES:
            raise SettingsError(
                f"{scheme}:// is no place for a memory: name a folder, or a database as postgresql://host/database."
            )
        try:
            url = make_url(f"postgresql+psycopg://{rest}")
        except (ArgumentError, ValueError) as error:
            raise SettingsError(
                "The URL of the memory cannot be read: write it as postgresql://user@host/database."
            ) from error
        if isinstance(password := url.query.get("password"), str):  # which SQLAlchemy would show
            url = url.difference_update_query(["password"]).set(password=password)
        return cls(None, url, index)

    def __str__(self) -> str:
        if self.url is None:
            return str(self.folder)
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)

    @property
    def options(self) -> list[str]:
        """The command-line options that name it."""
        return ["--memory", str(self), *(["--index", self.index] if self.index is not None else [])]

    @property
    def file(self) -> Path:
        """The SQLite database."""
        assert self.folder is not None
        return self.folder / DATABASE

    def check(self) -> None:
        """Raises MemoryFolderError: the folder holds something else."""
        assert self.folder is not None
        with storage_errors(f"look into {self.folder}"):
            if self.folder.exists() and not self.folder.is_dir():
                raise MemoryFolderError(f"{self.folder} is a file, not a memory folder: name a folder.")
            found = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        if DATABASE not in found and any(name not in OWN and not name.startswith(CHROMA) for name in found):
            raise MemoryFolderError(
                f"{self.folder} is not a memory (no {DATABASE}) and not empty: name another folder."
            )
