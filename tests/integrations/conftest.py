"""The memory that the suites here share, and what langchain-tests expects of its surroundings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.language_model.base_model import BaseModel
from tests.bag_of_words import BagOfWords

SENTENCES = (
    "Lina Okafor moved to Bergen in 2021 and works as a marine biologist.",
    "Tomas Reyes plays the cello in an orchestra in Valparaiso.",
    "The lighthouse at Cape Norr was built of red granite in 1874.",
)


@pytest.fixture
def memory(open_memory: Callable[..., ParametricMemory]) -> ParametricMemory:
    """A memory of three sentences."""
    memory = open_memory()
    for sentence in SENTENCES:
        memory.add(sentence)
    return memory


@pytest.fixture(scope="class")
def shared_memory(
    _tiny_base: BaseModel, hypernetwork_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ParametricMemory]:
    """A memory of three sentences that all tests of a class share: the standard suites only read."""
    folder = tmp_path_factory.mktemp("shared") / "memory"
    with ParametricMemory(
        folder, base_model=_tiny_base, hypernetwork=hypernetwork_folder, embeddings=BagOfWords(), threshold=0.3
    ) as memory:
        for sentence in SENTENCES:
            memory.add(sentence)
        yield memory


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The standard suites' coroutines carry no mark of their own."""
    here = Path(__file__).parent
    for item in items:
        if isinstance(item, pytest.Function) and here in item.path.parents and inspect.iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.asyncio)
