from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.commands import context
from parametric_memory.commands.context import Context
from parametric_memory.errors import MemoryFolderError
from parametric_memory.internalize.selection import MemoryIdentity, as_settings
from parametric_memory.language_model.base_model import BaseModel
from tests.commands.running import entries_of

OpenMemory = Callable[..., ParametricMemory]
MADE_WITH = MemoryIdentity(
    base_model="owner/model",
    base_fingerprint="base",
    hypernetwork="/models/hypernetwork",
    hypernetwork_fingerprint="hypernetwork",
    embedder_fingerprint="embedder",
    scorer="vectors",
)


@pytest.fixture
def made(tmp_path: Path) -> str:
    """A memory without entries that was made with some models."""
    with entries_of(tmp_path / "memory") as store:
        for name, value in as_settings(MADE_WITH).items():
            store.database.set(name, value)
    return str(tmp_path / "memory")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, (MADE_WITH.base_model, MADE_WITH.hypernetwork)),
        ({"base_model": "another"}, ("another", None)),
        ({"hypernetwork": "another"}, (MADE_WITH.base_model, "another")),
    ],
)
def test_the_models_that_a_memory_was_made_with_are_used_where_no_others_are_named(
    made: str, named: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    with context.open_memory(Context(memory=made, **named)) as memory:
        settings = memory.models.settings
    assert (settings.base_model, settings.hypernetwork) == expected


def test_a_folder_that_is_no_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(MemoryFolderError, match="is not a memory"):
        context.open_memory(Context(memory=str(tmp_path)))


def test_a_memory_made_under_relative_paths_is_opened_from_anywhere(
    open_memory: OpenMemory, base: BaseModel, hypernetwork_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in (base.model, base.tokenizer):
        part.save_pretrained(tmp_path / "models" / "tiny")
    (tmp_path / "models" / "hypernetwork").symlink_to(hypernetwork_folder)
    monkeypatch.chdir(tmp_path / "models")
    made = open_memory(base_model="tiny", hypernetwork="hypernetwork")
    made.add("Lina Okafor moved to Bergen.")

    monkeypatch.chdir(tmp_path)
    with context.open_memory(Context(memory=str(made.storage.location.folder))) as memory:
        identity, models = memory.storage.made_with, memory.models

    assert identity is not None
    assert models.base.fingerprint == identity.base_fingerprint
    assert models.internalizer.fingerprint == identity.hypernetwork_fingerprint
