from __future__ import annotations

from pathlib import Path

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


def test_models_are_listed_without_being_fetched(run: Runner, home: Path) -> None:
    listed = run("models", "--json").data
    assert [(model["name"], model["complete"]) for model in listed] == [("smollm2", False), ("minilm", False)]
    assert "not here" in run("models").out
    assert not home.exists()
