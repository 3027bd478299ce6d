"""Places for memories: a folder, and a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.location import Location


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """A place where no memory is yet."""
    if request.param == "sqlite":
        return Location.of(tmp_path / "memory")
    return Location.of(request.getfixturevalue("database_url"))


@pytest.fixture
def in_folder(tmp_path: Path) -> Location:
    """One in a folder, for what is of SQLite alone."""
    return Location.of(tmp_path / "memory")


@pytest.fixture
def connected() -> Iterator[Callable[..., Database]]:
    """Opens the database of a location, each time in a new instance."""
    opened: list[Database] = []

    def connect(location: Location, lock_timeout: float = 5.0) -> Database:
        opened.append(Database(location, lock_timeout))
        return opened[-1]

    yield connect
    for database in opened:
        database.close()


@pytest.fixture
def database(connected: Callable[..., Database], location: Location) -> Database:
    return connected(location)


@pytest.fixture
def store(database: Database) -> EntryStore:
    return EntryStore(database)
