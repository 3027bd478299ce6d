from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sql

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.commands.doctor import memory_of
from parametric_memory.hypernetworks.checkpoint import save_key_value
from parametric_memory.hypernetworks.record import HypernetworkRecord
from parametric_memory.records import Skill
from parametric_memory.storage import following, search
from parametric_memory.storage.location import Location
from parametric_memory.storage.renewal import renewal_of
from parametric_memory.storage.schema import adapters, entries, skills
from parametric_memory.storage.skills import SkillStore
from tests.commands.running import Result, Runner, entries_of
from tests.comparing import whole_adapter
from tests.in_step import in_step, index_of
from tests.storage.small import stored
from tests.tiny_models import random_lora, tiny_llama

OpenMemory = Callable[..., ParametricMemory]
Filled = Sequence[str | Path]  # options that name a memory, its folder last
TEXTS = {"lina": "Lina Okafor lives in Bergen.", "rain": "It rained.", "snow": "It snowed."}


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether the models are here that a memory of tests was made with."""
    monkeypatch.setattr("parametric_memory.storage.memory_storage.MemoryStorage.check_models", lambda _: None)


@pytest.fixture
def three(open_memory: OpenMemory, no_models: None, monkeypatch: pytest.MonkeyPatch) -> OpenMemory:
    """Opens a memory of three entries, as the command does."""
    monkeypatch.setattr(following, "SMALL", 0)  # it has an index
    with open_memory() as memory:
        for id, text in TEXTS.items():
            memory.add(text, id=id)
    monkeypatch.setattr("parametric_memory.commands.doctor.open_memory", lambda _: open_memory())
    return open_memory


@pytest.fixture
def filled(three: OpenMemory, tmp_path: Path) -> Filled:
    return ["--json", "--memory", tmp_path / "memory"]


def take_out(memory: ParametricMemory) -> None:
    index_of(memory).delete([(memory.storage.entries.at("lina", "default").revision, 1)])


def put_in(memory: ParametricMemory) -> None:
    index_of(memory).put([stored(12345, [1.0] * 512)], {12345: "default"})


def zero_pages(file: Path, with_words: str) -> None:
    """Overwrites the pages of a database that hold some words."""
    raw, page = bytearray(file.read_bytes()), 4096
    found = [start for start in range(0, len(raw), page) if with_words.encode() in raw[start : start + page]]
    assert found
    for start in found:
        raw[start : start + page] = bytes(page)
    file.write_bytes(raw)


def check(result: Result, name: str) -> dict[str, str]:
    return next(check for check in result.data["checks"] if check["check"] == name)


def test_a_fresh_machine_is_healthy_and_told_what_is_to_come(run: Runner, home: Path) -> None:
    result = run("doctor", "--json")
    assert (result.code, result.data["ok"]) == (0, True)
    base_model = check(result, "SmolLM2-135M-Instruct")
    assert base_model["state"] == "remark" and base_model["detail"].startswith("a 4-bit copy")
    assert "models fetch" in check(result, "all-MiniLM-L6-v2")["detail"]
    assert not home.exists()


def test_an_index_that_misses_entries_or_holds_others_is_broken_until_it_is_repaired(
    run: Runner, filled: Filled, three: OpenMemory
) -> None:
    for spoil, told in (
        (take_out, "The index lacks vectors of entry lina"),
        (put_in, "holds 1 vectors of entries that"),
    ):
        with three() as memory:
            spoil(memory)
        result = run("doctor", *filled)
        assert (result.code, result.data["ok"]) == (1, False)
        assert told in (detail := check(result, "memory")["detail"])
        assert f"Run `parametric-memory doctor --repair --memory {filled[-1]}`" in detail
        repaired = check(run("doctor", "--repair", *filled), "repair")
        assert repaired["state"] == "ok" and repaired["detail"].startswith("The index was made anew: ")
        assert check(run("doctor", "--repair", *filled), "repair")["detail"] == "nothing to do"
        with three() as memory:
            assert in_step(memory)


@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_an_index_is_derived_and_comes_back(run: Runner, filled: Filled, three: OpenMemory, damage: str) -> None:
    [chroma] = filled[-1].glob("chroma*")
    if damage == "gone":
        shutil.rmtree(chroma)
    else:
        (chroma / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    repaired = run("doctor", "--repair", *filled)
    assert check(repaired, "repair")["state"] == "ok" and check(repaired, "memory")["state"] == "ok"
    with three() as memory:
        assert in_step(memory) and memory.recall("It rained", k=1)[0].entry_id == "rain"


def test_what_can_be_made_again_of_a_text_is_and_what_cannot_is_named(
    run: Runner, filled: Filled, three: OpenMemory
) -> None:
    with three(store="rows") as memory:
        Maintenance(memory).upgrade()
        with memory.storage.database.writing() as connection:
            connection.execute(entries.update().where(entries.c.id == "lina").values(text="Lina Okafor lives."))
            connection.execute(
                adapters.delete().where(adapters.c.revision == memory.storage.entries.at("rain", "default").revision)
            )
    told = check(run("doctor", *filled), "memory")
    assert told["state"] == "broken"
    assert "Entry lina is damaged: its text is not the one that was recorded" in told["detail"]
    assert "Entry rain is damaged" in told["detail"] and "snow" not in told["detail"]

    result = run("doctor", "--repair", *filled)
    repair, told = check(result, "repair"), check(result, "memory")
    assert repair["state"] == "ok" and "entry rain was made anew from its text" in repair["detail"]
    assert "lina" not in repair["detail"]
    assert told["state"] == "broken" and "Entry lina is damaged" in told["detail"] and "rain" not in told["detail"]
    with three() as memory:
        assert [memory.recall(text, k=1)[0].entry_id for text in ("It rained", "It snowed")] == ["rain", "snow"]
        assert whole_adapter(memory, "rain").rank > 0
        memory.delete("lina")
    assert check(run("doctor", *filled), "memory")["state"] == "ok"


def test_a_damaged_adapter_is_broken(run: Runner, memory: Path) -> None:
    with entries_of(memory) as store:
        own = adapters.c.revision == store.at("lina", "people").revision
        content = store.database._current.connection.execute(sql.select(adapters.c.content).where(own)).scalar_one()
        store.database._current.connection.execute(adapters.update().where(own).values(content=content[:-1]))
    result = run("doctor", "--memory", memory)
    assert result.code == 1
    assert "broken" in result.out and "lina" in result.out and "refunds" not in result.out


def test_a_damaged_skill_is_broken(run: Runner, memory: Path, no_models: None) -> None:
    skill = Skill(name="rhyme", made_of="adapter", base_model="tiny", base_fingerprint="x")
    with entries_of(memory) as store:
        SkillStore(store.database).write(skill, random_lora(tiny_llama()))
    assert check(run("doctor", "--json", "--memory", memory), "memory")["state"] == "ok"
    with entries_of(memory) as store:
        store.database._current.connection.execute(skills.update().values(adapter=b"cut short"))
    told = check(run("doctor", "--json", "--memory", memory), "memory")
    assert told["state"] == "broken" and "The skill rhyme is damaged: remove it, and add it again" in told["detail"]


@pytest.fixture
def notes(open_memory: OpenMemory, no_models: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a memory whose texts are on several pages of its database."""
    monkeypatch.setattr("parametric_memory.commands.doctor.open_memory", lambda _: open_memory())
    with open_memory() as memory, memory.storage.writing():
        for id in NOTES:
            memory.add(note(id), id=id)
        memory.storage.skills.write(
            Skill(name="rhyme", made_of="adapter", base_model="tiny", base_fingerprint="x"), random_lora(tiny_llama())
        )
    assert memory.storage.location.folder is not None
    return memory.storage.location.folder


NOTES = [f"note-{number:02}" for number in range(10)]


def note(id: str) -> str:
    return f"The text of {id} is about tea. " + " ".join(f"Tea of {id} is drunk on day {day}." for day in range(90))


def test_a_damaged_database_is_named_with_the_command_that_saves_what_can_be_read(
    run: Runner, notes: Path, open_memory: OpenMemory
) -> None:
    lost = "note-05"
    zero_pages(notes / "memory.db", with_words=f"The text of {lost} is about tea. Tea of")
    options = ["--json", "--memory", notes]
    result = run("doctor", *options)
    told = check(result, "memory")
    assert result.code == 1 and told["state"] == "broken" and "is damaged (" in told["detail"]
    assert f"`parametric-memory doctor --repair --memory {notes}` saves what can be read" in told["detail"]
    for command in (["list"], ["show", NOTES[0]], ["show", lost, "--text"]):  # whatever they read of it, they end well
        done = run(*command, "--memory", notes)
        assert done.code == 0 or ("doctor --repair" in done.err and done.err.count("\n") == 1)

    result = run("doctor", "--repair", *options)
    repair = check(result, "repair")["detail"]
    assert repair.startswith("The database was damaged (") and "What can be read was saved into a new one." in repair
    assert lost in (said_lost := repair.partition("Lost: ")[2].partition(".")[0].split(", "))
    assert len(said_lost) < 4
    assert check(result, "repair")["state"] == check(result, "memory")["state"] == "ok"
    assert (notes / "memory.damaged.db").is_file()
    with open_memory() as memory:
        saved = {entry.id: memory.history(entry.id).text for entry in memory.list()}
        assert saved == {id: note(id) for id in NOTES if id not in said_lost}
        assert memory.recall("Who drinks tea of note-00?", k=1)[0].entry_id == "note-00" and in_step(memory)
        memory.add(note(lost), id=lost)
        assert len(memory.list()) == len(saved) + 1
    (notes / "memory.damaged.db").unlink()
    assert check(run("doctor", "--repair", *options), "repair")["detail"] == "nothing to do"


@pytest.mark.parametrize("what", ["vectors", "passages", "sqlite_autoindex_labels_1"])
def test_what_is_derived_from_texts_is_made_again_where_it_is_damaged(
    run: Runner, notes: Path, open_memory: OpenMemory, what: str
) -> None:
    with closing(sqlite3.connect(notes / "memory.db")) as database:
        [page] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (what,)).fetchone()
    raw = bytearray((notes / "memory.db").read_bytes())
    raw[(page - 1) * 4096 : page * 4096] = bytes(4096)
    (notes / "memory.db").write_bytes(raw)
    options = ["--json", "--memory", notes]
    assert check(run("doctor", *options), "memory")["state"] == "broken"
    result = run("doctor", "--repair", *options)
    assert "Nothing was lost." in check(result, "repair")["detail"]
    assert check(result, "repair")["state"] == check(result, "memory")["state"] == "ok"
    with open_memory() as memory:
        assert {entry.id: memory.history(entry.id).text for entry in memory.list()} == {id: note(id) for id in NOTES}
        assert [skill.name for skill in memory.skills.list()] == ["rhyme"]
        for id in NOTES[::4]:
            assert memory.recall(f"The text of {id} is about tea.", k=1)[0].entry_id == id
        assert in_step(memory) and memory.storage.entries.damaged() == []


def test_where_the_settings_are_lost_the_texts_are_read_anew(run: Runner, notes: Path, open_memory: OpenMemory) -> None:
    zero_pages(notes / "memory.db", with_words="hypernetwork_fingerprint")
    options = ["--json", "--memory", notes]
    result = run("doctor", "--repair", *options)
    told = check(result, "repair")
    assert told["state"] == check(result, "memory")["state"] == "ok"
    assert "all texts were read anew with the models in use" in told["detail"]
    with open_memory() as memory:
        assert memory.storage.made_with == memory.storage.own_identity()
        assert memory.recall("The text of note-07 is about tea.", k=1)[0].entry_id == "note-07"
        assert memory.ask("Who drinks tea of note-07?", max_new_tokens=2).remembered


def test_a_database_of_which_nothing_can_be_read_is_kept_and_said_to_be_that(run: Runner, memory: Path) -> None:
    raw = (memory / "memory.db").read_bytes()
    (memory / "memory.db").write_bytes(bytes(4096) + raw[4096:])
    told = check(run("doctor", "--json", "--memory", memory), "memory")
    assert told["state"] == "broken" and "doctor --repair" in told["detail"]
    result = run("doctor", "--repair", "--json", "--memory", memory)
    told = check(result, "repair")
    assert result.code == 1 and told["state"] == "broken" and "nothing of it can be read" in told["detail"]
    assert (memory / "memory.damaged.db").read_bytes() == bytes(4096) + raw[4096:]


def test_a_text_that_was_changed_on_disk_is_broken(run: Runner, memory: Path) -> None:
    raw = (memory / "memory.db").read_bytes()
    assert b"Refunds take ten days." in raw
    (memory / "memory.db").write_bytes(raw.replace(b"Refunds take ten days.", b"Refunds take two days."))
    told = check(run("doctor", "--json", "--memory", memory), "memory")["detail"]
    assert "Entry refunds is damaged: its text is not the one that was recorded" in told


def test_a_task_that_was_cut_off_is_remarked_with_the_command_that_goes_on(
    run: Runner, filled: Filled, three: OpenMemory
) -> None:
    with three() as memory:
        with renewal_of(memory.storage, "upgrade", memory.storage.own_identity()) as renewal:
            running = check(run("doctor", *filled), "memory")
            renewal.one_more()
        left = check(run("doctor", *filled), "memory")
    assert running["state"] == left["state"] == "remark"
    assert "An upgrade by the process" in running["detail"] and "until it ends" in running["detail"]
    assert "The upgrade of the memory" in left["detail"] and "was cut off when" in left["detail"]
    assert f"`parametric-memory upgrade --memory {filled[-1]}` goes on with it" in left["detail"]


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
    options = ["--json", "--memory", memory.storage.location.folder, "--proof", file]
    asked = [*options, "--forgotten", "Lina Okafor lives in Bergen.", "--forgotten", "lina-id", "--forgotten", "Oslo"]
    memory.close()
    assert check(run("doctor", *asked), "proof")["state"] == "broken"
    told = file.read_text(encoding="utf-8")
    assert "stands in memory.db" in told and "similarity of 1.000" in told and "Okafor" not in told

    memory.delete("lina-id", namespace="people")
    memory.close()
    proved = check(run("doctor", *asked), "proof")
    assert proved["state"] == "ok" and "nothing but 1 entries and nothing of 3 forgotten texts" in proved["detail"]
    told = file.read_text(encoding="utf-8")
    assert told.count("in no file and in no file's name") == 3 and "Okafor" not in told and "lina" not in told

    (memory.storage.location.folder / "notes.txt").write_text("Lina", encoding="utf-8")
    assert check(run("doctor", *options), "proof")["state"] == "broken"
    assert "notes.txt is no part of the memory" in file.read_text(encoding="utf-8")
    assert run("doctor", "--forgotten", "x", "--memory", memory.storage.location.folder).code == 2
    inside = run(
        "doctor",
        "--json",
        "--memory",
        memory.storage.location.folder,
        "--proof",
        memory.storage.location.folder / "report.txt",
    )
    assert "name a file elsewhere" in check(inside, "proof")["detail"]


def test_a_report_is_for_a_memory_in_a_folder(run: Runner, database_url: str, tmp_path: Path) -> None:
    result = run("doctor", "--proof", tmp_path / "report.txt", "--json", "--memory", database_url)
    told = check(result, "proof")
    assert told["state"] == "broken" and "a proof is for a memory in a folder" in told["detail"]
    assert not (tmp_path / "report.txt").exists()


def test_a_report_of_a_memory_that_is_not_there_is_not_written(run: Runner, tmp_path: Path) -> None:
    result = run("doctor", "--proof", tmp_path / "report.txt", "--json", "--memory", tmp_path / "memory")
    assert check(result, "proof")["state"] == "remark" and not (tmp_path / "report.txt").exists()
    assert not (tmp_path / "memory").exists()


def test_a_large_index_is_told_to_be_searched_by_a_graph(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Location.of(filled[-1])
    assert "a graph" not in memory_of(place, None)
    monkeypatch.setattr(search.VectorSearch.__init__, "__defaults__", (0,))
    told = memory_of(place, None)
    assert "its 3 vectors are more than are compared one by one: a graph is searched, which may miss" in told
