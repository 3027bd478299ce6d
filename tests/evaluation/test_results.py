from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation.results import Result, checked_out, command_line, result_of
from parametric_memory.evaluation.rows import EvalRow

if TYPE_CHECKING:
    from parametric_memory import ParametricMemory

ROW = EvalRow(case="c", metric="m", memory=0.5, n=2, errors={"memory": 0.1})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit of a package."""
    code = tmp_path / "parametric_memory" / "code.py"
    code.parent.mkdir()
    code.write_text("x = 1\n")
    as_somebody = ("-c", "user.name=A", "-c", "user.email=a@b")
    for arguments in (("init", "-q"), ("add", "."), (*as_somebody, "commit", "-q", "-m", "First")):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    return tmp_path


def test_a_command_keeps_what_was_typed_but_for_folders_and_what_shows_it(tmp_path: Path) -> None:
    data = tmp_path / "my questions.jsonl"
    data.touch()
    typed = ["eval", "qa", "--json", "--data", str(data), f"--judge={tmp_path}/judge", "--quiet", "--limit", "3"]
    assert command_line("parametric-memory", typed) == (
        "parametric-memory eval qa --data 'my questions.jsonl' --judge=judge --limit 3"
    )
    assert command_line("x", ["--base-model", "some/hub-id", "--controls", "none,rag"]) == (
        "x --base-model some/hub-id --controls none,rag"
    )
    assert (
        command_line("x", ["eval", "--answers", "folder/kept.jsonl", "--seed", "1", "--answers=b"]) == "x eval --seed 1"
    )


def test_a_checkout_has_its_commit_and_says_when_its_code_differs(checkout: Path) -> None:
    commit, dirty = checked_out(checkout)
    assert commit is not None and len(commit) == 40 and not dirty
    (checkout / "docs.md").write_text("no code")
    assert checked_out(checkout) == (commit, False)
    (checkout / "parametric_memory" / "new.py").touch()
    assert checked_out(checkout) == (commit, True)


def test_a_folder_that_is_no_checkout_has_no_commit(checkout: Path) -> None:
    assert checked_out(checkout / "parametric_memory") == (None, False)


def test_a_result_stands_by_itself(open_memory: Callable[..., ParametricMemory]) -> None:
    memory = open_memory()
    result = result_of("facts", "parametric-memory eval facts", 3, memory, lambda: [ROW])
    again = Result.model_validate_json(result.model_dump_json())
    assert again == result and again.rows == [ROW] and (again.eval, again.seed) == ("facts", 3)
    assert again.models.hypernetwork_fingerprint == memory.models.internalizer_fingerprint
    for told in (again.models.base_model, again.models.dtype, again.machine, str(again.date)):
        assert told in again.origin
