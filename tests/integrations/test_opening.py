from __future__ import annotations

import gc
from pathlib import Path

import pytest

from langchain_parametric_memory import (
    AskMemory,
    ChatParametricMemory,
    ParametricMemoryRetriever,
    ParametricMemoryVectorStore,
)
from langchain_parametric_memory.opening import open_memory
from parametric_memory import ParametricMemory
from parametric_memory.errors import MemoryFolderError
from parametric_memory.settings import default_memory_folder


def test_whatever_names_one_folder_shares_one_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    holders = [
        ChatParametricMemory(memory="memory"),
        AskMemory(memory=str(tmp_path / "memory")),
        ParametricMemoryRetriever(memory=Path("memory")),
        ParametricMemoryVectorStore("memory"),
    ]
    assert len({id(holder.memory) for holder in holders}) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_memory_is_taken_as_it_is(tmp_path: Path) -> None:
    memory = ParametricMemory(tmp_path / "memory")
    assert ChatParametricMemory(memory=memory).memory is memory


def test_no_folder_is_the_default_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path))
    assert ChatParametricMemory().memory.storage.location.folder == default_memory_folder() == tmp_path / "memory"


def test_options_open_a_folder_anew(tmp_path: Path) -> None:
    first = open_memory(tmp_path)
    second = open_memory(tmp_path, namespace="other")
    assert second is not first and second.namespace == "other"
    assert open_memory(tmp_path) is second


def test_a_memory_that_nobody_holds_is_let_go(tmp_path: Path) -> None:
    first = open_memory(tmp_path, namespace="other")
    del first
    gc.collect()
    assert open_memory(tmp_path).namespace == "default"


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Bergen")
    with pytest.raises(MemoryFolderError, match="not a memory"):
        ChatParametricMemory(memory=tmp_path)
