"""Places for memories, and processes that write there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.forks import Forks, Job, running
from tests.faults.writers import Place, Trials


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where no memory is yet: a folder, or a PostgreSQL database; the vectors of `served` are in a Chroma server."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "memory"))
    index = request.getfixturevalue("chroma_url") if request.param == "served" else None
    return Place(request.getfixturevalue("database_url"), index)


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    if sys.platform == "win32":
        pytest.skip("no fork there")
    arguments = {"folder": str(tmp_path_factory.mktemp("first"))}
    with running(Job("tests.faults.writers:use_everything", arguments)) as started:
        yield started


@pytest.fixture
def trials(place: Place, tmp_path: Path, forks: Forks) -> Trials:
    return Trials(place, tmp_path / "log", forks)
