from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from parametric_memory.commands import main
from parametric_memory.commands.app import build
from tests.commands.running import Runner, entries_of

HEAVY = ("torch", "transformers", "chromadb", "peft", "matplotlib")
ROOT = Path(__file__).parents[2]


def all_commands() -> list[str]:
    """Every command line that has a help, `""` being the program's own."""
    root = typer.main.get_command(build())
    found = [""]
    for name, command in root.commands.items():
        found += [name, *(f"{name} {inner}" for inner in getattr(command, "commands", ()))]
    return found


@pytest.mark.parametrize("command", all_commands())
def test_every_command_has_help_with_examples(run: Runner, command: str) -> None:
    result = run(*command.split(), "--help")
    is_group = command in ("data", "train", "eval", "keys", "skill")
    assert result.code == 0
    assert result.err == ""
    assert is_group or "Examples:\n    parametric-memory" in result.out


@pytest.mark.parametrize("command", all_commands())
def test_every_command_takes_the_shared_options(run: Runner, command: str) -> None:
    options = run(*command.split(), "--help").out
    assert all(o in options for o in ("--memory", "--base-model", "--hypernetwork", "--json", "--quiet"))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["list", "--json"], ["show", "lina", "--namespace", "people"], ["path"]]
)
def test_looking_at_a_memory_imports_no_model_library(memory: Path, arguments: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('HEAVY', [m for m in {HEAVY} if m in sys.modules]))\n"
        "from parametric_memory.commands import main\n"
        f"main(['--memory', {str(memory)!r}, *{arguments!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "HEAVY []" in done.stdout


@pytest.mark.parametrize("program", [["cli.py"], ["-m", "parametric_memory"]])
def test_it_runs_from_a_checkout(memory: Path, program: list[str]) -> None:
    command = [sys.executable, *program, "list", "--memory", str(memory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Refunds" in done.stdout


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_what_the_encoding_of_the_output_lacks_ends_no_command(memory: Path, options: list[str]) -> None:
    with entries_of(memory) as store:
        found = store.at("lina", "people")
        store.update(found, found.entry.model_copy(update={"title": "\u0141\u00f3d\u017a \U0001f600"}))
    command = [sys.executable, "-m", "parametric_memory", "list", "--memory", str(memory), *options]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env=ascii_only, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    if options:
        assert "\u0141\u00f3d\u017a \U0001f600" in [entry["title"] for entry in json.loads(done.stdout)]


def test_shared_options_may_stand_before_or_after_the_command(run: Runner, memory: Path) -> None:
    after = run("list", "--memory", memory, "--json")
    assert len(after.data) == 2
    assert run("--memory", memory, "--json", "list").data == after.data


def test_what_stands_after_the_command_wins(run: Runner, memory: Path, tmp_path: Path) -> None:
    assert run("--memory", tmp_path / "other", "--json", "list", "--memory", memory).data != []


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["list", "--nonsense"], ["show"], ["ask"], ["list", "--filter", "team"], ["models", "eat"]],
)
def test_wrong_usage_ends_with_2_and_prints_nothing(run: Runner, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Error: " in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nobody", "--json"], "No entry has the id 'nobody'"),
        (["list", "--memory", ROOT / "tests"], "is not a memory"),
        (["list", "--memory", ROOT / "pyproject.toml"], "is a file, not a memory folder"),
        (["add", "no/such/file.txt"], "no/such/file.txt"),
    ],
)
def test_what_fails_says_so_in_one_line(run: Runner, arguments: list[str | Path], message: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Error: ") and result.err.count("\n") == 1
    assert message in result.err


def test_an_unexpected_error_shows_no_traceback(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.commands.maintenance.home", lambda: 1 / 0)
    result = run("path")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Error: ZeroDivisionError: division by zero") and result.err.count("\n") == 1


def test_debugging_shows_where_an_error_came_from(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARAMETRIC_MEMORY_DEBUG", "1")
    monkeypatch.setattr("parametric_memory.commands.maintenance.home", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["path"])


def test_an_interrupted_command_ends_with_130(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("parametric_memory.commands.maintenance.home", interrupt)
    result = run("path")
    assert (result.code, result.out) == (130, "")
    assert "Traceback" not in result.err
