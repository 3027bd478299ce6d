from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from tests.commands.running import Runner


def test_path_is_the_folder_and_nothing_else(run: Runner, home: Path, tmp_path: Path) -> None:
    assert run("path").out == f"{home / 'memory'}\n"
    assert run("path", "--memory", tmp_path).out == f"{tmp_path}\n"
    assert run("path", "--json").data == {
        "memory": str(home / "memory"),
        "home": str(home),
        "models": str(home / "models"),
    }


def test_version_is_told_by_command_and_option(run: Runner) -> None:
    version = run("version").out
    assert version.strip()
    assert run("--version").out == version
    assert run("version", "--json").data == {"version": version.strip()}


def test_how_far_a_reindex_is_is_told_now_and_then(
    run: Runner, open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.storage.following.SMALL", 0)
    memory = open_memory()
    memory.add("Lina Okafor lives in Bergen."), memory.add("It rained.")
    monkeypatch.setattr("parametric_memory.commands.maintenance.open_memory", lambda *_, **__: open_memory())
    assert run("reindex").err == ""
    monkeypatch.setattr("parametric_memory.commands.context._TOLD_SECONDS", 0.0)
    assert run("reindex").err == "1 of 2 entries\n"
    assert run("reindex", "--quiet").err == ""


def test_import_says_how_many_entries_are_new_and_how_many_replaced(
    run: Runner, open_memory: Callable[..., ParametricMemory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, other = open_memory(), tmp_path / "other"
    memory.add("Lina Okafor lives in Bergen.", id="lina"), memory.add("It rained.", id="rain")
    monkeypatch.setattr("parametric_memory.commands.maintenance.open_memory", lambda *_, **__: open_memory())
    assert run("export", tmp_path / "memory.zip").code == 0
    memory.delete("rain")
    assert run("import", tmp_path / "memory.zip", "--memory", other).out == f"1 entry added to {other}, 1 replaced\n"
    told = run("import", tmp_path / "memory.zip", "--memory", other, "--json").data
    assert told == {"memory": str(other), "entries": 2, "replaced": 2}


def test_models_are_listed_without_being_fetched(run: Runner, home: Path) -> None:
    listed = run("models", "--json").data
    assert [(model["name"], model["complete"]) for model in listed] == [("smollm2", False), ("minilm", False)]
    assert "not here" in run("models").out
    assert not home.exists()
