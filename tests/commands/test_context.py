from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.commands.context import Context, open_models
from parametric_memory.errors import MemoryFolderError
from parametric_memory.internalize.identity import MemoryIdentity, as_settings
from parametric_memory.internalize.selection import EMBEDDED_BASE_MODEL
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


def made_with(identity: MemoryIdentity, folder: Path) -> Path:
    """A memory without entries that was made with some models."""
    with entries_of(folder) as store:
        for name, value in as_settings(identity).items():
            store.database.set(name, value)
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return made_with(MADE_WITH, tmp_path / "memory")


def test_the_models_that_a_memory_was_made_with_are_used_where_no_others_are_named(made: Path) -> None:
    context = Context(memory=str(made)).as_made()
    assert (context.base_model, context.hypernetwork) == (MADE_WITH.base_model, MADE_WITH.hypernetwork)


def test_another_base_model_takes_no_hypernetwork_of_the_memorys_own(made: Path) -> None:
    context = Context(memory=str(made), base_model="another").as_made()
    assert (context.base_model, context.hypernetwork) == ("another", None)


def test_another_hypernetwork_is_used_with_the_memorys_own_base_model(made: Path) -> None:
    context = Context(memory=str(made), hypernetwork="another").as_made()
    assert (context.base_model, context.hypernetwork) == (MADE_WITH.base_model, "another")


@pytest.mark.parametrize("name", ["smollm2-135m-instruct", "untrained key-value rows"])
def test_a_hypernetwork_that_comes_with_the_base_model_is_not_named(tmp_path: Path, name: str) -> None:
    identity = MADE_WITH.model_copy(update={"base_model": EMBEDDED_BASE_MODEL, "hypernetwork": name})
    context = Context(memory=str(made_with(identity, tmp_path / "memory"))).as_made()
    assert (context.base_model, context.hypernetwork) == (EMBEDDED_BASE_MODEL, None)


def test_a_memory_yet_to_be_made_names_no_models(tmp_path: Path) -> None:
    assert Context(memory=str(tmp_path / "new")).as_made() == Context(memory=str(tmp_path / "new"))


def test_a_folder_that_is_no_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(MemoryFolderError, match="is not a memory"):
        Context(memory=str(tmp_path)).as_made()


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
    models = open_models(Context(memory=str(made.storage.location.folder)).as_made())

    identity = made.storage.made_with
    assert identity is not None
    assert models.base.fingerprint == identity.base_fingerprint
    assert models.internalizer.fingerprint == identity.hypernetwork_fingerprint
