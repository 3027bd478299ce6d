"""Places for memories, and what writes there to be killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.writers import Place, Trials, writer_server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where no memory is yet: a folder, or a PostgreSQL database; the vectors of `served` are in a Chroma server."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "memory"))
    index = request.getfixturevalue("chroma_url") if request.param == "served" else None
    return Place(request.getfixturevalue("database_url"), index)


@pytest.fixture(scope="session")
def _writers() -> Iterator[subprocess.Popen[str]]:
    if sys.platform == "win32":
        pytest.skip("no SIGKILL there")
    with writer_server() as server:
        yield server


@pytest.fixture
def trials(place: Place, tmp_path: Path, _writers: subprocess.Popen[str]) -> Trials:
    return Trials(place, tmp_path / "log", _writers)
