"""Commands on a memory in PostgreSQL, whose index is in a Chroma server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from parametric_memory.language_model.base_model import BaseModel
from tests.commands.running import Result, Runner

Command = Callable[..., Result]


@pytest.fixture
def command(
    run: Runner,
    database_url: str,
    chroma_url: str,
    base: BaseModel,
    hypernetwork_folder: Path,
    tiny_search: None,
    tmp_path: Path,
) -> Command:
    """Runs a command on the memory; the first one names its server and models."""
    model = tmp_path / "model"
    base.model.save_pretrained(model)
    base.tokenizer.save_pretrained(model)
    made = ("--base-model", model, "--hypernetwork", hypernetwork_folder, "--memory", database_url)
    added = run("add", "--text", "Lina Okafor moved to Bergen.", "--index", chroma_url, *made, "--json")
    assert added.code == 0, added.err
    return partial(_on_place, run, made)


def _on_place(run: Runner, options: tuple[str | Path, ...], *words: str | Path) -> Result:
    return run(*words, *options)


def test_commands_do_in_a_database_what_they_do_in_a_folder(command: Command, tmp_path: Path, chroma_url: str) -> None:
    [entry] = command("list", "--json").data
    assert command("show", entry["id"][:6], "--text").out == "Lina Okafor moved to Bergen.\n"
    assert command("update", entry["id"], "--meta", "team=sales").code == 0
    assert [found["entry_id"] for found in command("recall", "Where does Lina live?", "--json").data] == [entry["id"]]
    assert command("reindex").out == "1 entry in the index\n"
    assert command("export", tmp_path / "memory.zip").out.startswith("1 entry written")
    doctor = command("doctor", "--json", "--index", chroma_url)
    checks = {check["check"]: check for check in doctor.data["checks"]}
    assert checks["memory"]["state"] == "ok", checks["memory"]
    assert checks["memory"]["detail"].startswith("postgresql://tests@/test_")
    assert ", 1 entries (1 kept as rows), made with " in checks["memory"]["detail"]
    assert "memory's disk" not in checks
    assert command("rm", entry["id"]).out == f"removed {entry['id']}\n"
    assert command("list", "--json").data == []
    assert command("import", tmp_path / "memory.zip").code == 0
    assert command("list", "--json").data[0]["metadata"] == {"team": "sales"}
    assert command("upgrade", "--store", "rows").code == 0
    assert command("list", "--json").data[0]["store"] == "rows"
    assert not (tmp_path / "home" / "memory").exists()


def test_the_place_is_told_as_one_text_without_a_password(run: Runner, database_url: str) -> None:
    with_password = database_url.replace("tests@", "tests:secret@")
    told = run("path", "--memory", with_password, "--json").data["memory"]
    assert told.startswith("postgresql://tests:***@/test_") and "secret" not in told
    assert run("path", "--memory", with_password).out == f"{told}\n"
    missing = run("list", "--memory", with_password)
    assert "There is no memory in postgresql://tests:***@/test_" in missing.err and "secret" not in missing.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--index", "localhost:8000"), "no address of an index server"),
        (("list", "--memory", "s3://bucket/memory"), "s3:// is no place for a memory: name a folder, or a database as"),
        (("list", "--memory", "postgresql://nobody@127.0.0.1:1/none"), "Could not read the memory in postgresql://nob"),
    ],
)
def test_what_cannot_be_reached_is_told_in_one_line(run: Runner, words: tuple[str, ...], told: str) -> None:
    result = run(*words)
    assert (result.code, result.out) == (1, "")
    assert told in result.err and len(result.err.strip().splitlines()) == 1, result.err


def test_a_server_that_is_gone_stops_no_command(command: Command) -> None:
    assert command("add", "--text", "It rained.", "--index", "http://127.0.0.1:1").code == 0
    assert len(command("list", "--json", "--index", "http://127.0.0.1:1").data) == 2
    found = command("recall", "Where does Lina live?", "--json", "--index", "http://127.0.0.1:1")
    assert found.code == 0 and len(found.data) == 2
