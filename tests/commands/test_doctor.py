from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.commands.doctor import memory_of
from parametric_memory.hypernetworks.key_value.folder import save_key_value
from parametric_memory.hypernetworks.record import HypernetworkRecord
from parametric_memory.index import nearest
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.index.parts import IndexRecord
from parametric_memory.storage.entry_store import EntryStore
from tests.adapters.test_token_rows import MODULE, made
from tests.commands.running import Result, Runner


def check(result: Result, name: str) -> dict[str, str]:
    return next(check for check in result.data["checks"] if check["check"] == name)


def test_a_fresh_machine_is_healthy_and_told_what_is_to_come(run: Runner, home: Path) -> None:
    result = run("doctor", "--json")
    assert (result.code, result.data["ok"]) == (0, True)
    base_model = check(result, "SmolLM2-135M-Instruct")
    assert base_model["state"] == "remark" and base_model["detail"].startswith("a 4-bit copy")
    assert "models fetch" in check(result, "all-MiniLM-L6-v2")["detail"]
    assert not home.exists()


def test_an_index_that_misses_entries_is_broken(run: Runner, memory: Path) -> None:
    result = run("doctor", "--json", "--memory", memory)
    assert (result.code, result.data["ok"]) == (1, False)
    assert f"doctor --repair --memory {memory}" in check(result, "memory")["detail"]


def test_an_index_that_is_behind_its_entries_is_broken(run: Runner, memory: Path) -> None:
    entries, index = EntryStore(memory), MemoryIndex(memory / "chroma")
    records = [IndexRecord(entry.id, [[1.0, 0.0]], state=entry.state) for entry in entries.iter()]
    index.add_many(records)
    assert "as they are" not in check(run("doctor", "--json", "--memory", memory), "memory")["detail"]
    index.add_many([replace(records[0], state="of before")])
    index.close()
    result = run("doctor", "--json", "--memory", memory)
    assert (result.code, result.data["ok"]) == (1, False)
    assert "as they are" in check(result, "memory")["detail"]


def test_what_can_be_put_right_is_and_is_told(
    run: Runner, open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    for id, text in (("lina", "Lina Okafor lives in Bergen."), ("lost", "It rained."), ("gone", "It snowed.")):
        memory.add(text, id=id)
    memory.storage.entries.delete("gone"), memory.storage.index.delete(["lost"])
    (memory.folder / "entries" / "lina" / "texts.json").write_text('{"passages": 3}')
    (memory.folder / "entries" / "stray").mkdir()
    monkeypatch.setattr("parametric_memory.commands.doctor.open_memory", lambda _: open_memory())
    options = ["--json", "--memory", memory.folder]
    assert check(run("doctor", *options), "memory")["state"] == "broken"

    result = run("doctor", "--repair", *options)
    told = check(result, "repair")["detail"]
    assert "entry lina was made anew from its text" in told and "texts.json" in told
    assert "in step with entry lost" in told and "in step with entry gone" in told
    assert "Entry stray" in check(result, "memory")["detail"]
    (memory.folder / "entries" / "stray").rmdir()
    assert check(run("doctor", "--repair", *options), "repair")["detail"] == "nothing to do"
    assert [open_memory().recall(text, k=1)[0].entry_id for text in ("Lina", "It rained")] == ["lina", "lost"]

    (memory.folder / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    assert check(run("doctor", *options), "memory")["state"] == "broken"
    assert check(run("doctor", "--repair", *options), "repair")["detail"].startswith("The index was built anew: ")
    assert open_memory().recall("It rained", k=1)[0].entry_id == "lost"


@pytest.mark.parametrize("index", ["gone", "damaged", "behind"])
def test_a_damaged_text_stops_no_repair_and_is_named(
    run: Runner, open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    memory = open_memory()
    for id, text in (("lina", "Lina Okafor lives in Bergen."), ("rain", "It rained."), ("snow", "It snowed.")):
        memory.add(text, id=id)
    (memory.folder / "entries" / "lina" / "text.txt").write_bytes(b"\xff")
    (memory.folder / "entries" / "snow" / "texts.json").write_bytes(b"{")
    if index == "behind":
        memory.storage.index.delete(["lina", "rain"])
    memory.close()
    if index == "gone":
        shutil.rmtree(memory.folder / "chroma")
    elif index == "damaged":
        (memory.folder / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    monkeypatch.setattr("parametric_memory.commands.doctor.open_memory", lambda _: open_memory())
    result = run("doctor", "--repair", "--json", "--memory", memory.folder)
    repair, told = check(result, "repair"), check(result, "memory")
    assert repair["state"] == "ok" and "entry snow was made anew" in repair["detail"]
    assert "lina" not in repair["detail"]
    assert told["state"] == "broken" and "Entry lina in" in told["detail"]
    assert [open_memory().recall(text, k=1)[0].entry_id for text in ("It rained", "It snowed")] == ["rain", "snow"]


def test_what_is_no_entry_is_broken(run: Runner, memory: Path) -> None:
    (memory / "entries" / "lina" / "entry.json").write_text("{")
    (memory / "entries" / "stray").mkdir()
    (memory / "entries" / "notes.txt").touch()
    result = run("doctor", "--json", "--memory", memory)
    assert (result.code, check(result, "memory")["state"]) == (1, "broken")
    told = check(result, "memory")["detail"]
    assert all(named in told for named in ("Entry lina in", "Entry stray in", "notes.txt is a file", "Delete it"))


def test_a_damaged_adapter_is_broken(run: Runner, memory: Path) -> None:
    weights = memory / "entries" / "lina" / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    result = run("doctor", "--memory", memory)
    assert result.code == 1
    assert "broken" in result.out and "lina" in result.out


def test_damage_to_what_is_kept_of_an_entry_is_broken(run: Runner, memory: Path) -> None:
    entries, index = EntryStore(memory), MemoryIndex(memory / "chroma")
    for id, stored in (("text", None), ("rows", DocumentRows.of_passages([{MODULE: made(2)}]))):
        record = entries.read("lina").model_copy(update={"id": id})
        entries.write(record, entries.text("lina"), stored, {"passages": ["Lina Okafor moved to Bergen."]})
    index.add_many([IndexRecord(entry.id, [[1.0, 0.0]], state=entry.state) for entry in entries.iter()])
    index.close()
    passages, rows = memory / "entries" / "text" / "texts.json", memory / "entries" / "rows" / "rows.safetensors"
    for file, damage in ((passages, b"[]"), (rows, b"")):
        whole = file.read_bytes()
        file.write_bytes(damage)
        broken = check(run("doctor", "--json", "--memory", memory), "memory")
        assert broken["state"] == "broken" and file.name in broken["detail"]
        file.write_bytes(whole)


def test_a_text_that_was_changed_on_disk_is_broken(run: Runner, memory: Path) -> None:
    (memory / "entries" / "refunds" / "text.txt").write_text("Refunds take a year.", encoding="utf-8")
    result = run("doctor", "--json", "--memory", memory)
    assert "Entry refunds in" in (told := check(result, "memory")["detail"]) and "text.txt was changed on disk" in told


def test_a_folder_that_is_no_memory_is_broken(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Lina,", encoding="utf-8")
    result = run("doctor", "--json", "--memory", tmp_path)
    assert result.code == 1
    assert "is not a memory" in check(result, "memory")["detail"]


def test_a_hypernetwork_that_was_not_measured_with_the_base_model_is_remarked(
    run: Runner, base, hypernetwork, tmp_path: Path
) -> None:
    base.model.save_pretrained(tmp_path / "model")
    base.tokenizer.save_pretrained(tmp_path / "model")
    for name, fingerprint in (("own", base.fingerprint), ("copy", "of the copy")):
        record = HypernetworkRecord("key-value", "tiny", fingerprint, base_signature=base.signature)
        save_key_value(hypernetwork, record, tmp_path / name)
    models = ["--base-model", tmp_path / "model", "--memory", tmp_path / "memory", "--json"]
    fits = check(run("doctor", *models, "--hypernetwork", tmp_path / "own"), "hypernetwork")
    assert fits["state"] == "ok" and "fits" in fits["detail"]
    other = check(run("doctor", *models, "--hypernetwork", tmp_path / "copy"), "hypernetwork")
    assert other["state"] == "remark" and "measured with other weights" in other["detail"]


def test_a_report_says_that_what_was_deleted_is_nowhere(
    run: Runner, open_memory: Callable[..., ParametricMemory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, file = open_memory(), tmp_path / "report.txt"
    memory.add("Lina Okafor lives in Bergen.", id="lina-id", namespace="people")
    memory.add("It rained.", id="rain")
    monkeypatch.setattr("parametric_memory.commands.doctor.open_memory", lambda _: open_memory())
    options = ["--json", "--memory", memory.folder, "--proof", file]
    asked = [*options, "--forgotten", "Lina Okafor lives in Bergen.", "--forgotten", "lina-id", "--forgotten", "Oslo"]
    assert check(run("doctor", *asked), "proof")["state"] == "broken"
    told = file.read_text(encoding="utf-8")
    assert "entries/lina-id/text.txt" in told and "similarity of 1.000" in told and "Okafor" not in told

    memory.delete("lina-id")
    proved = check(run("doctor", *asked), "proof")
    assert proved["state"] == "ok" and "nothing but 1 entries and nothing of 3 forgotten texts" in proved["detail"]
    told = file.read_text(encoding="utf-8")
    assert told.count("in no file and in no file's name") == 3 and "Okafor" not in told and "lina" not in told

    (memory.folder / "notes.txt").write_text("Lina", encoding="utf-8")
    assert check(run("doctor", *options), "proof")["state"] == "broken"
    assert "notes.txt is no part of the memory" in file.read_text(encoding="utf-8")
    assert run("doctor", "--forgotten", "x", "--memory", memory.folder).code == 2
    inside = run("doctor", "--json", "--memory", memory.folder, "--proof", memory.folder / "report.txt")
    assert "name a file elsewhere" in check(inside, "proof")["detail"]


def test_a_large_index_is_told_to_be_searched_by_a_graph(
    run: Runner, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = MemoryIndex(memory / "chroma")
    index.add_many(IndexRecord(entry.id, [[1.0, 0.0]], state=entry.state) for entry in EntryStore(memory).iter())
    index.close()
    assert "a graph" not in memory_of(memory, None)
    monkeypatch.setattr(nearest, "_COMPARED_EXACTLY", 1)
    told = memory_of(memory, None)
    assert "its 2 vectors are more than are compared one by one: a graph is searched, which may miss" in told
