"""Commands on a shared memory, over a real Chroma server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from parametric_memory.language_model.base_model import BaseModel
from tests.commands.running import Result, Runner
from tests.storage.conftest import chroma

__all__ = ["chroma"]

Command = Callable[..., Result]


@pytest.fixture
def command(
    run: Runner, chroma: str, base: BaseModel, hypernetwork_folder: Path, tiny_search: None, tmp_path: Path
) -> Command:
    """Runs a command on the shared memory in the folder `shared`; the first one names its server and models."""
    model = tmp_path / "model"
    base.model.save_pretrained(model)
    base.tokenizer.save_pretrained(model)
    place = f"file://{tmp_path}/shared"
    made = ("--base-model", model, "--hypernetwork", hypernetwork_folder, "--memory", place)
    added = run("add", "--text", "Lina Okafor moved to Bergen.", "--index", chroma, *made, "--json")
    assert added.code == 0, added.err
    return partial(_on_place, run, made)


def _on_place(run: Runner, options: tuple[str | Path, ...], *words: str | Path) -> Result:
    return run(*words, *options)


def test_commands_do_on_a_shared_memory_what_they_do_on_a_folder(command: Command, tmp_path: Path) -> None:
    [entry] = command("list", "--json").data
    assert command("show", entry["id"][:6], "--text").out == "Lina Okafor moved to Bergen.\n"
    assert command("update", entry["id"], "--meta", "team=sales").code == 0
    assert [found["entry_id"] for found in command("recall", "Where does Lina live?", "--json").data] == [entry["id"]]
    assert command("reindex").out == "1 entry in the index\n"
    assert command("export", tmp_path / "memory.zip").out.startswith("1 entry written")
    checks = {check["check"]: check for check in command("doctor", "--json").data["checks"]}
    assert checks["memory"]["detail"].startswith(f"file://{tmp_path}/shared, 1 entries (1 kept as text)")
    assert checks["cache's disk"]["state"] == "ok"
    assert command("rm", entry["id"]).out == f"removed {entry['id']}\n"
    assert command("list", "--json").data == []
    assert command("import", tmp_path / "memory.zip").code == 0
    assert command("list", "--json").data[0]["metadata"] == {"team": "sales"}
    assert not list((tmp_path / "shared").rglob("*.tmp"))


def test_what_a_shared_memory_does_not_do_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    for words in (("upgrade",), ("skill", "add", "Answer in one word."), ("list", "--index", "http://127.0.0.1:1")):
        failed = command(*words)
        assert failed.code == 1
        assert len(failed.err.strip().splitlines()) == 1, failed.err
    proof = command("doctor", "--proof", tmp_path / "proof.txt", "--json").data["checks"][-1]
    assert proof["state"] == "broken"
    assert "a proof is for a memory in a folder" in proof["detail"]
