"""A memory of three sentences over tiny models, behind the real app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")
pytest.importorskip("mcp", reason="the extra `server` is not installed")

from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from parametric_memory.server.settings import ServerSettings

SENTENCES = (
    "Lina Okafor moved to Bergen in 2021 and works as a marine biologist.",
    "Tomas Reyes plays the cello in an orchestra in Valparaiso.",
    "The lighthouse at Cape Norr was built of red granite in 1874.",
)
Serve = Callable[..., TestClient]


@pytest.fixture
def memory(open_memory: Callable[..., ParametricMemory]) -> ParametricMemory:
    memory = open_memory()
    for i, sentence in enumerate(SENTENCES):
        memory.add(sentence, id=f"entry{i}")
    return memory


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.json")


@pytest.fixture
def serve(memory: ParametricMemory, keys: Keys) -> Iterator[Serve]:
    """Starts an app under some settings; a client for it."""
    running: list[TestClient] = []

    def start(**settings: Any) -> TestClient:
        client = TestClient(build(memory, ServerSettings(**settings), keys), base_url="http://localhost")
        client.__enter__()
        running.append(client)
        return client

    yield start
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()
