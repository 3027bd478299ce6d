"""Places for memories: a folder, and a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.location import Location
from tests.storage.searching import Open, Searcher


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


# Searches


@pytest.fixture
def open_in() -> Iterator[Open]:
    """Opens a location, as another process each time; the graph is searched where there is one."""
    opened: list[Searcher] = []

    def open_(location: Location, most: int = 0) -> Searcher:
        opened.append(Searcher(location, most))
        return opened[-1]

    yield open_
    for searcher in opened:
        searcher.close()


def place(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Location:
    where = request.getfixturevalue("database_url") if "postgresql" in kind else tmp_path / "memory"
    return Location.of(where, request.getfixturevalue("chroma_url") if "server" in kind else None)


@pytest.fixture(params=["exact", "graph", "a server", "postgresql", "postgresql and a server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a memory of each kind, as another process each time."""
    location = place(request, request.param, tmp_path)
    open_in = request.getfixturevalue("open_in")
    return lambda: open_in(location, 10**9 if request.param == "exact" else 0)


@pytest.fixture(params=["graph", "postgresql and a server"])
def with_graph(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a memory whose graph is searched, as another process each time."""
    location = place(request, request.param, tmp_path)
    open_in = request.getfixturevalue("open_in")
    return lambda: open_in(location)


@pytest.fixture
def in_graph(open_in: Open, in_folder: Location) -> Searcher:
    return open_in(in_folder)
