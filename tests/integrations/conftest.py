"""The memories that the suites here share, tiny and embedded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory, RecallSettings
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.language_model.base_model import BaseModel
from tests.bag_of_words import BagOfWords
from tests.commands.conftest import embedded_home
from tests.tiny_models import random_lora

__all__ = ["embedded_home"]

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


@pytest.fixture
def skill(memory: ParametricMemory, tmp_path: Path) -> str:
    """The name of a skill of the memory's, with a strong effect."""
    save_peft(random_lora(memory.models.base.model), tmp_path / "lora", "tiny")
    return memory.skills.add(name="loud", folder=tmp_path / "lora").name


@pytest.fixture(scope="class")
def shared_memory(
    request: pytest.FixtureRequest,
    _tiny_base: BaseModel,
    hypernetwork_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ParametricMemory]:
    """A memory of three sentences that all tests of a class share, as its `memory`."""
    folder = tmp_path_factory.mktemp("shared") / "memory"
    with ParametricMemory(
        folder,
        base_model=_tiny_base,
        hypernetwork=hypernetwork_folder,
        embeddings=BagOfWords(),
        recall=RecallSettings(threshold=0.3, scorer="vectors"),
    ) as memory:
        for sentence in SENTENCES:
            memory.add(sentence)
        request.cls.memory = memory
        yield memory


@pytest.fixture(scope="session")
def embedded_memory(embedded_home: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParametricMemory]:
    """An empty memory over the embedded base model."""
    with pytest.MonkeyPatch.context() as patch:
        if embedded_home is not None:
            patch.setenv("PARAMETRIC_MEMORY_HOME", str(embedded_home))
        with ParametricMemory(tmp_path_factory.mktemp("embedded") / "memory") as memory:
            yield memory


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the standard suites, those tests are slow that run with the embedded model."""
    for item in items:
        if isinstance(item, pytest.Function) and item.originalname in getattr(item.cls, "with_embedded_model", ()):
            item.add_marker(pytest.mark.slow)
