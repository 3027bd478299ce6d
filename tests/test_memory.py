"""Adding, changing and looking at what a memory holds. What it answers: `test_memory_answers.py`."""

from __future__ import annotations

import json
import math
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parametric_memory import NEVER, Maintenance, ParametricMemory
from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    DocumentError,
    EntryNotFound,
    MemoryFolderError,
    MemoryMismatch,
    ParametricMemoryError,
    SettingsError,
    StorageError,
)
from parametric_memory.index.chroma import ChromaIndex
from parametric_memory.internalize.deriving import Draft
from parametric_memory.internalize.internalizer import Internalized, Internalizer
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.memory import reopen
from parametric_memory.progress import shown_by
from parametric_memory.storage import following
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.schema import entries as table
from tests.bag_of_words import BagOfWords
from tests.close import assert_close_recalls
from tests.comparing import whole_adapter
from tests.conftest import grouped
from tests.in_step import in_step, index_of
from tests.statements import full_disk
from tests.tiny_models import tiny_model

OpenMemory = Callable[..., ParametricMemory]
LINA, HERON = "Lina Okafor lives in Bergen.", "The Heron project is led by Tomas Brandt."


class Fails:
    """An internalizer that has come to its end."""

    fingerprint = "fails"

    def internalize(self, text: str) -> Internalized:
        return fails(text)


def fails(*_: object) -> Any:
    raise RuntimeError("no more memory on the device")


class Blind(BagOfWords):
    """An embedder to which all texts are the same."""

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


def ids(recalls) -> list[str]:
    return [recall.entry_id for recall in recalls]


@contextmanager
def index_fails(step: str, error: type[BaseException] = StorageError) -> Iterator[None]:
    """A step of what changes the index fails."""

    def fails(*_: object) -> None:
        raise error("The disk is full.")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ChromaIndex, step, fails)
        yield


def test_a_text_becomes_an_entry_that_a_new_instance_finds(open_memory: OpenMemory) -> None:
    entry = open_memory().add(f"# Contacts\n\n{LINA}\n", source="crm", metadata={"team": "sales"})
    assert (entry.title, entry.source, entry.metadata) == ("Contacts", "crm", {"team": "sales"})
    assert (entry.version, entry.chunks) == (1, 2)
    assert entry.tokens > 0

    again = open_memory()
    assert again.get(entry.id) == entry
    assert again.list() == [entry]
    assert LINA in again.history(entry.id).text
    assert ids(again.recall("Where does Lina Okafor live?")) == [entry.id]


def test_an_entrys_adapter_is_written_as_a_peft_folder_for_the_base_model(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory, folder = open_memory(), tmp_path / "adapter"
    entry = memory.add(LINA)
    memory.adapters.export(entry.id, folder)
    assert load_peft(folder).rank == whole_adapter(memory, entry.id).rank > 0
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "tiny"


def test_the_same_text_twice_is_a_no_op(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    assert memory.add(f"  {LINA}\r\n\n") == entry
    assert open_memory().add(LINA) == entry
    assert memory.list() == [entry]


def test_the_same_text_from_several_threads_at_once_is_one_entry(open_memory: OpenMemory) -> None:
    memory = open_memory()
    with ThreadPoolExecutor(4) as threads:
        added = list(threads.map(memory.add, [LINA] * 4))
    assert len({entry.id for entry in added}) == len(memory.list()) == 1


def test_the_same_id_with_a_new_text_is_a_new_version(open_memory: OpenMemory) -> None:
    memory = open_memory()
    first = memory.add(LINA, id="lina")
    second = memory.add("Tomas lives in Oslo.", id="lina")
    assert (second.version, second.created_at) == (2, first.created_at)
    assert memory.list() == [second]
    assert memory.history("lina").text == "Tomas lives in Oslo."
    assert second.content_hash != first.content_hash
    assert ids(memory.recall("Oslo")) == ["lina"]


def test_what_is_attached_does_not_depend_on_how_many_entries_are_looked_at(open_memory: OpenMemory) -> None:
    memory = open_memory(embeddings=Blind())
    for number in range(10):
        memory.add(f"Name{chr(97 + number)} lives in Bergen. The week was mild. Bergen is where it rains. It rained.")
    question = f"Where does {memory.list()[-1].title.split()[0]} live?"
    few, many = memory.recall(question, 4), memory.recall(question, 10)
    assert few == many[:4]
    assert few[0].attached


@pytest.mark.parametrize(
    ("query", "k", "problem"), [("", None, "query is empty"), (" ", 3, "query"), ("Lina", 0, "k must")]
)
def test_a_query_or_number_that_says_nothing_is_refused(open_memory, query: str, k: int | None, problem: str) -> None:
    with pytest.raises(ParametricMemoryError, match=problem):
        open_memory().recall(query, k)


def test_metadata_that_is_no_number_is_told_of_as_that(open_memory: OpenMemory) -> None:
    with pytest.raises(DocumentError, match=r"cannot hold nan, as 'price' does: leave it out"):
        open_memory().add(LINA, metadata={"price": math.nan})


def test_letters_are_the_same_however_they_are_composed(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add("Lina lives in Zürich.")
    composed, decomposed = ("Who lives in Zürich?", "Who lives in Zu\u0308rich?")
    assert_close_recalls(memory.recall(composed), memory.recall(decomposed))


@pytest.mark.parametrize("metadata", [{"a": {"b": 1}}, {"a": [1]}, {"a": None}])
def test_metadata_that_cannot_be_kept_is_refused_before_a_text_is_internalized(open_memory, metadata) -> None:
    memory = open_memory(internalizer=Fails())
    with pytest.raises(DocumentError, match=r"must be flat.*'a'"):
        memory.add(LINA, metadata=metadata)


def test_a_time_that_no_calendar_has_is_refused(open_memory: OpenMemory) -> None:
    with pytest.raises(SettingsError, match="past the year 9999"):
        open_memory().add(LINA, ttl=timedelta(weeks=999_999))


def test_an_adapter_keeps_its_rows_when_it_is_described_anew(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory, peft = open_memory(), tmp_path / "adapter"
    memory.adapters.export(memory.add(LINA).id, peft)
    skill = memory.adapters.add(peft, "knows where people live")
    changed = memory.update(skill.id, text="knows where Lina lives", metadata={"team": "sales"})
    assert (changed.chunks, changed.version, changed.adapter_sha256) == (0, 2, skill.adapter_sha256)
    assert memory.history(skill.id).text == "knows where Lina lives"
    assert changed.metadata == {"team": "sales"}


def test_namespaces_do_not_meet(open_memory: OpenMemory) -> None:
    memory = open_memory()
    mine, theirs = memory.add(LINA), memory.add(LINA, namespace="theirs")
    assert mine.id != theirs.id
    assert ids(memory.recall("Lina")) == [mine.id]
    assert ids(memory.recall("Lina", namespace="theirs")) == [theirs.id]
    assert memory.list(namespace="theirs") == [theirs]
    assert ids(open_memory(namespace="theirs").recall("Lina")) == [theirs.id]
    assert memory.recall("Lina", namespace="nobody") == []


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(seconds=-1)])
def test_an_expired_entry_is_not_recalled_and_its_text_can_be_added_again(open_memory, ttl: timedelta) -> None:
    memory = open_memory()
    expired = memory.add(LINA, ttl=ttl)
    assert expired.is_expired()
    assert memory.recall("Where does Lina Okafor live?") == []
    fresh = memory.add(LINA, ttl=timedelta(hours=1))
    assert fresh.id != expired.id
    assert ids(memory.recall("Where does Lina Okafor live?")) == [fresh.id]


def test_a_known_text_takes_on_the_metadata_and_the_time_that_come_with_it(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA, metadata={"team": "sales", "year": 2020})
    assert memory.add(LINA, metadata={"team": "sales"}) == entry == memory.get(entry.id)
    again = memory.add(LINA, metadata={"year": 2024}, ttl=timedelta(hours=1))
    assert again == memory.get(entry.id)
    assert (again.id, again.version, again.metadata) == (entry.id, 1, {"team": "sales", "year": 2024})
    assert again.expires_at is not None and again.adapter_sha256 == entry.adapter_sha256
    assert ids(memory.recall("Lina", filter={"year": 2024})) == [entry.id]


def test_an_entry_may_be_given_another_time(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA, metadata={"year": 2020})
    changed = memory.update(entry.id, ttl=timedelta(hours=1))
    assert changed.expires_at is not None and changed.metadata == entry.metadata
    assert memory.update(entry.id, metadata={}).expires_at == changed.expires_at
    memory.update(entry.id, ttl=timedelta(0))
    assert memory.recall("Lina") == []


def test_a_memory_is_opened_with_the_models_it_was_made_with(
    open_memory: OpenMemory, base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = open_memory().add(LINA)
    loaded: list[object] = []
    monkeypatch.setattr(BaseModel, "load", lambda name, **_: loaded.append(name) or base)
    settings = {"embeddings": BagOfWords(), "threshold": 0.3}
    with ParametricMemory(tmp_path / "memory", **grouped(settings)) as memory:
        answer = memory.ask("Where does Lina Okafor live?", max_new_tokens=2)
    assert loaded == ["tiny"] and [r.entry_id for r in answer.recalls if r.attached] == [entry.id]


def test_namespaces_have_entries_of_the_same_id_and_do_not_touch_each_others(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory, ana, ben = open_memory(versions=3), {"namespace": "ana"}, {"namespace": "ben"}
    first, theirs = memory.add(LINA, id="note-1", **ana), memory.add(HERON, id="note-1", **ben)
    assert (memory.get("note-1", **ana), memory.get("note-1", **ben)) == (first, theirs)
    with pytest.raises(EntryNotFound, match="No entry has the id 'note-1' in the namespace 'default'"):
        memory.get("note-1")
    [recall] = memory.recall(LINA, user="ana")
    assert (recall.entry_id, recall.namespace) == ("note-1", "ana")
    assert memory.recaller.passage(recall) == LINA and memory.recaller.attach([recall]) is not None
    memory.add("Lina Okafor lives in Oslo.", id="note-1", user="ana")
    memory.update("note-1", metadata={"year": 2024}, **ana)
    assert [version.text for version in memory.history("note-1", **ana)] == [LINA]
    assert memory.get("note-1", **ben) == theirs and not memory.history("note-1", **ben)
    assert memory.history("note-1", **ana).restore(1).namespace == "ana"
    memory.update("note-1", ttl=timedelta(0), **ana)
    assert memory.get("note-1", **ana).is_expired() and not memory.recall(LINA, **ana)
    assert ids(memory.recall(HERON, **ben)) == ["note-1"]
    memory.update("note-1", ttl=NEVER, **ana)
    with pytest.raises(DocumentError, match="The namespace ben has an entry note-1 already"):
        memory.update("note-1", move_to="ben", **ana)
    with pytest.raises(DocumentError, match="The namespace ben has an entry note-1 already"):
        memory.update("note-1", text="Another text.", move_to="ben", **ana)
    assert memory.history("note-1", **ana).text == LINA
    Maintenance(memory).export(tmp_path / "memory.zip")
    assert memory.delete("note-1", user="ana") == ["note-1"] and memory.list() == [theirs]
    assert Maintenance(memory).import_(tmp_path / "memory.zip") == (1, 1)
    assert {entry.namespace: memory.history(entry.id, namespace=entry.namespace).text for entry in memory.list()} == {
        "ana": LINA,
        "ben": HERON,
    }


def test_another_text_under_a_known_id_keeps_metadata_and_time(open_memory: OpenMemory) -> None:
    memory = open_memory()
    first = memory.add(LINA, id="note", metadata={"team": "sales", "year": 2020}, ttl=timedelta(days=7))
    second = memory.add(HERON, id="note", metadata={"year": 2021})
    assert (second.version, second.metadata) == (2, {"team": "sales", "year": 2021})
    assert second.expires_at == first.expires_at
    assert [r.entry_id for r in memory.recall("Heron", filter={"team": "sales"})] == ["note"]
    assert memory.update("note", text=LINA, metadata={}).metadata == {}


def test_a_text_that_takes_the_place_of_an_expired_one_lasts(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(LINA, id="note", ttl=timedelta(microseconds=1))
    assert memory.add(HERON, id="note").expires_at is None


def test_changes_at_the_same_time_do_not_undo_each_other(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, other = open_memory(), open_memory()
    memory.add(LINA, id="note", metadata={"team": "sales"})
    writing = memory.storage.writing

    def after_the_other() -> Any:
        monkeypatch.undo()
        other.update("note", metadata={"team": "support"})
        return writing()

    monkeypatch.setattr(memory.storage, "writing", after_the_other)
    lasting = memory.update("note", ttl=timedelta(days=1))
    assert lasting.metadata == {"team": "support"} and lasting.expires_at is not None
    other.update("note", metadata={"team": "legal"})
    monkeypatch.setattr(memory.storage, "writing", after_the_other)
    assert memory.add(LINA, id="note", metadata={"year": 2024}).metadata == {"team": "support", "year": 2024}


@pytest.mark.parametrize("change", ["add", "update"])
def test_another_text_undoes_nothing_that_others_do_meanwhile(open_memory: OpenMemory, monkeypatch, change) -> None:
    memory, other = open_memory(), open_memory()
    memory.add(LINA, id="note", metadata={"team": "sales"})
    made = memory.storage.deriver.made
    moved = "people" if change == "update" else "default"

    def slowly(text: str, store: str) -> Any:
        other.update("note", metadata={"team": "legal"}, ttl=timedelta(days=7), move_to=moved)
        return made(text, store)

    monkeypatch.setattr(memory.storage.deriver, "made", slowly)
    entry = memory.add(HERON, id="note") if change == "add" else memory.update("note", text=HERON)
    assert (entry.version, entry.metadata) == (2, {"team": "legal"}) and entry.expires_at is not None
    assert entry.namespace == moved
    assert ids(memory.recall("Heron", filter={"team": "legal"}, namespace=moved)) == ["note"]


def test_an_entry_moves_to_another_namespace(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(LINA, id="lina")
    moved = memory.update("lina", move_to="people")
    assert (moved.namespace, moved.version) == ("people", 1)
    assert ids(memory.recall("Lina", namespace="people")) == ["lina"] and memory.recall("Lina") == []
    assert memory.update("lina", text=HERON, namespace="people", move_to="default").namespace == "default"
    assert ids(memory.recall("Heron")) == ["lina"]


def test_an_entry_that_another_moves_meanwhile_is_found_where_it_now_is(open_memory: OpenMemory, monkeypatch) -> None:
    memory, other = open_memory(), open_memory()
    memory.add(LINA, id="lina")
    embed = memory.models.embeddings.embed_documents

    def slowly(texts):
        monkeypatch.undo()
        other.update("lina", move_to="people")
        return embed(texts)

    monkeypatch.setattr(memory.models.embeddings, "embed_documents", slowly)
    assert memory.update("lina", text=HERON).namespace == "people"
    assert ids(memory.recall("Heron", namespace="people")) == ["lina"] and memory.recall("Heron") == []


def test_an_update_that_is_refused_changes_nothing(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA, id="lina")
    for wrong in ({"metadata": {"tags": ["a"]}}, {"ttl": timedelta.max}, {"text": " "}, {"title": 2024}, {"source": 5}):
        with pytest.raises((DocumentError, SettingsError)):
            memory.update("lina", move_to="people", **wrong)
    assert memory.get("lina") == entry


def test_an_entry_whose_new_text_cannot_be_internalized_stays_where_it_was(
    open_memory: OpenMemory, monkeypatch
) -> None:
    memory = open_memory()
    entry = memory.add(LINA, id="lina")

    def broken(*_: object) -> Any:
        raise CheckpointError("no memory left")

    monkeypatch.setattr(memory.storage.deriver, "made", broken)
    with pytest.raises(CheckpointError):
        memory.update("lina", text=HERON, move_to="people")
    assert memory.get("lina") == entry and ids(memory.recall("Lina")) == ["lina"]


def test_an_expired_entry_stays_one_whatever_its_text(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(LINA, id="lina", ttl=timedelta(microseconds=1))
    assert memory.update("lina", text=HERON).is_expired()


def test_a_text_that_two_add_at_once_has_the_metadata_of_both(open_memory: OpenMemory, monkeypatch) -> None:
    memory, other = open_memory(), open_memory()
    made = memory.storage.deriver.made

    def slowly(text: str, store: str) -> Any:
        other.add(LINA, metadata={"first": 1})
        return made(text, store)

    monkeypatch.setattr(memory.storage.deriver, "made", slowly)
    entry = memory.add(LINA, metadata={"second": 2}, ttl=timedelta(days=1))
    assert memory.list() == [entry]
    assert entry.metadata == {"first": 1, "second": 2} and entry.expires_at is not None


@pytest.mark.parametrize("most_compared", [0, 10**9], ids=["a graph", "exact"])
@pytest.mark.parametrize("damage", ["gone", "no database"])
def test_a_lost_or_damaged_index_hides_nothing_and_comes_back(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch, most_compared: int, damage: str
) -> None:
    monkeypatch.setattr(following, "SMALL", 0)
    with open_memory() as first:
        entry = first.add(LINA)
        folder = first.storage.location.folder / first.storage.database.setting("collection")
    if damage == "gone":
        shutil.rmtree(folder)
    else:
        (folder / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    memory = open_memory()
    memory.storage.search._most = most_compared
    assert memory.list() == [entry]
    assert ids(memory.recall("Lina")) == ids(memory.recall("Lina", namespace="default")) == [entry.id]
    other = memory.add(HERON)
    assert ids(memory.recall("Heron", k=1)) == [other.id]
    assert memory.update(entry.id, metadata={"year": 2024}).metadata == {"year": 2024}
    assert Maintenance(memory).reindex() == 2
    assert in_step(memory) and ids(memory.recall("Lina", k=1)) == [entry.id]


@pytest.mark.parametrize("small", [2_000, -1], ids=["taken away", "changed"])
def test_what_is_deleted_is_gone_though_the_index_fails(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(following, "SMALL", small)
    memory = open_memory()
    memory.storage.search._most = 0
    memory.add(LINA, id="lina"), memory.add(HERON, id="heron")
    with index_fails("delete"), index_fails("put"):
        memory.delete("lina")
        assert [entry.id for entry in memory.list()] == ["heron"]
        assert ids(memory.recall("Lina")) == ids(open_memory().recall("Lina")) == ["heron"]
        assert memory.add(LINA, id="lina").version == 1
        assert ids(memory.recall("Lina", k=1)) == ["lina"]
    assert in_step(memory)


def test_what_is_damaged_stops_nothing_but_itself(
    open_memory: OpenMemory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = open_memory()
    lina, heron = memory.add(LINA, id="lina"), memory.add(HERON, id="heron")
    with memory.storage.database.writing() as connection:
        connection.execute(table.update().where(table.c.id == "heron").values(text="The Heron project is led by nob"))
    assert memory.list() == [lina, heron]
    assert ids(memory.recall("Where does Lina Okafor live?", k=1)) == [lina.id]
    added = memory.add("Ayla Demir keeps bees.", id="ayla")
    assert memory.add(LINA) == lina
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 2
    assert "Entry heron is damaged: its text is not the one" in caplog.text
    memory.delete("heron")
    assert memory.add(HERON, id="heron").content_hash == heron.content_hash
    assert {entry.id for entry in memory.list()} == {lina.id, added.id, "heron"}
    assert Maintenance(memory).export(tmp_path / "memory.zip") == Maintenance(memory).reindex() == 3


def test_a_first_add_that_was_killed_leaves_a_memory_to_use(open_memory: OpenMemory, monkeypatch) -> None:
    memory = open_memory()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for owner, step in ((memory.storage, "become"), (memory.storage.entries, "write")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, step, killed)
            with pytest.raises(KeyboardInterrupt):
                memory.add(LINA)
        assert open_memory().list() == [] and not open_memory().recall("Lina")
    assert open_memory().add(LINA).version == 1
    assert len(open_memory().recall("Lina")) == 1


def test_a_block_of_writing_is_all_or_nothing(open_memory: OpenMemory) -> None:
    memory, other = open_memory(), open_memory()
    first = memory.add(LINA, id="lina")

    def changes() -> None:
        with memory.storage.writing():
            memory.add(HERON, id="heron")
            memory.update("lina", metadata={"year": 2024})
            assert [entry.id for entry in memory.list()] == ["lina", "heron"]
            assert other.list() == [first]  # it has its own state, and waits for nobody
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        changes()
    assert memory.list() == other.list() == [first]
    assert ids(memory.recall("Heron")) == ["lina"] and in_step(memory)
    with memory.storage.writing():
        memory.add(HERON, id="heron"), memory.delete("lina")
    assert [entry.id for entry in other.list()] == ["heron"] and ids(other.recall("Lina")) == ["heron"]


def test_vectors_that_entries_left_behind_hide_no_entry_and_go_with_the_next_write(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SMALL", -1)
    memory = open_memory()
    memory.storage.search._most = 0  # a graph is searched
    right = memory.add("Lina Okafor lives in Bergen, far in the north.")
    left = [memory.add(f"Lina Okafor lives in Bergen {number}.").id for number in range(20)]
    with index_fails("delete"):  # as when a process is killed then
        memory.delete(*left)
        assert not memory.storage.search.is_exact
        assert ids(memory.recall(LINA)) == ids(memory.recall(LINA, k=1)) == [right.id]
        assert [near.entry for near in memory.recaller.nearest(BagOfWords().embed_query(LINA), 2)] == [right]
        assert len(index_of(memory).ids()) > 20
    memory.add(HERON)
    assert in_step(memory)


class Killed(BaseException):
    """The process ends here."""


def dies(memory: ParametricMemory) -> None:
    """Lets go of what a process holds that ends; nothing is put right before."""
    index_of(memory).close()
    memory.storage.search.index.owner.release()
    memory.storage.database.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda memory: memory.add(HERON, id="note"),
        lambda memory: memory.update("note", metadata={"year": 2024}, move_to="other"),
    ],
    ids=["a text", "a record"],
)
@pytest.mark.parametrize("step", ["put", "delete"])
@pytest.mark.parametrize("most_compared", [0, 10**9], ids=["a graph", "exact"])
def test_what_was_acknowledged_is_found_wherever_its_writer_is_killed(
    open_memory: OpenMemory,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[ParametricMemory], object],
    step: str,
    most_compared: int,
) -> None:
    monkeypatch.setattr(following, "SMALL", 0)
    memory = open_memory()
    memory.add(LINA, id="note", metadata={"year": 2020})
    with index_fails(step, Killed), suppress(Killed):
        change(memory)
    dies(memory)
    other = open_memory()
    other.storage.search._most = most_compared
    entry, text = other.get("note"), other.history("note").text
    assert entry.version == 2 or entry.namespace == "other"
    [recall] = other.recall(text, namespace=entry.namespace, filter={"year": entry.metadata["year"]})
    assert recall.entry_id == "note" and recall.score > 0.9
    assert not other.recall(text, namespace="default" if entry.namespace == "other" else "other")
    other.update("note", metadata={"year": 2025})
    assert in_step(other)
    assert Maintenance(other).reindex() == 1 and ids(other.recall(text, namespace=entry.namespace)) == ["note"]


def test_filters_see_the_metadata(open_memory: OpenMemory) -> None:
    memory = open_memory()
    old = memory.add(LINA, metadata={"year": 2020, "team": "sales"})
    new = memory.add(HERON, metadata={"year": 2024, "team": "sales"})
    assert ids(memory.recall("Lina", filter={"year": {"$gte": 2021}})) == [new.id]
    assert memory.list(filter={"year": 2020}) == [old]
    assert memory.list(filter={"team": "sales"}) == [old, new]
    with pytest.raises(SettingsError, match=r"\$near"):
        memory.recall("Lina", filter={"year": {"$near": 2021}})


def test_pages_are_of_the_oldest_or_the_newest_and_are_counted(open_memory: OpenMemory) -> None:
    memory = open_memory()
    texts = [f"Lina Okafor has {number} boats." for number in range(5)]
    entries = [memory.add(text, namespace="ana" if number % 2 else "bo") for number, text in enumerate(texts)]
    assert memory.list(limit=2, offset=3) == entries[3:]
    assert memory.list(limit=2, newest=True) == entries[:2:-1] and memory.list(newest=True) == entries[::-1]
    assert memory.list(namespace="ana", limit=5, offset=1) == [entries[3]]
    memory.update(entries[0].id, metadata={"year": 2024})
    assert [e.id for e in memory.list(filter={"year": 2024}, limit=3, newest=True)] == [entries[0].id]
    assert (memory.count(), memory.count(user="ana"), memory.count(filter={"year": 2024})) == (5, 2, 1)
    assert memory.count(namespace="nobody") == 0 and memory.storage.entries.counts() == {"ana": 2, "bo": 3}


def test_metadata_is_replaced_and_what_is_not_given_stays(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA, title="Contact", source="crm", metadata={"draft": True}, ttl=timedelta(hours=1))
    changed = memory.update(entry.id, metadata={"year": 2024})
    other = {"metadata": {"year": 2024}, "updated_at": changed.updated_at, "said_at": entry.updated_at}
    assert changed == entry.model_copy(update=other)
    assert changed.updated_at > entry.updated_at and changed.holds_since == entry.holds_since
    assert memory.get(entry.id) == changed
    assert ids(memory.recall("Lina", filter={"year": 2024})) == [entry.id]
    assert memory.recall("Lina", filter={"draft": True}) == []


def test_a_text_is_replaced_and_what_is_not_given_stays(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA, title="Contact", source="crm", metadata={"year": 2024}, ttl=timedelta(hours=1))
    changed = memory.update(entry.id, text="Lina Okafor lives in Oslo.")
    assert (changed.version, memory.history(entry.id).text) == (2, "Lina Okafor lives in Oslo.")
    assert (changed.title, changed.source, changed.metadata) == ("Contact", "crm", {"year": 2024})
    assert changed.expires_at == entry.expires_at


def test_a_sentence_that_is_repeated_is_attached_once(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=2)
    memory.add(" ".join(["Boats sail far."] * 20 + ["Boats sail home.", "It rains."]))
    [recall] = memory.recall("Which boats sail far?")
    assert len(recall.passages) == 2
    assert 20 in {passage.number for passage in recall.passages}


def test_the_index_holds_every_entry_in_its_present_state(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add(LINA, id="lina"), memory.add(HERON, id="heron")
    assert in_step(memory)
    memory.add("Lina Okafor lives in Oslo.", id="lina")
    memory.update("heron", metadata={"year": 2024}, move_to="projects")
    assert in_step(memory)
    memory.update("heron", text=LINA, namespace="projects")
    memory.delete("lina")
    assert in_step(memory)
    Maintenance(memory).export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other")
    Maintenance(other).import_(tmp_path / "memory.zip")
    assert in_step(other)
    Maintenance(other).reindex()
    assert in_step(other)
    other.storage.search._most = 0
    assert ids(other.recall(LINA, namespace="projects")) == ["heron"] and other.recall(LINA) == []


def test_a_title_that_was_made_from_the_text_follows_the_text(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    assert memory.update(entry.id, text="Lina Okafor lives in Oslo.").title == "Lina Okafor lives in Oslo."


@pytest.mark.parametrize("metadata", [{"a": {"b": 1}}, {"list": [1]}, {"$gt": 1}, {"chroma:document": "x"}])
def test_metadata_that_cannot_be_kept_leaves_the_memory_as_it_was(open_memory: OpenMemory, metadata) -> None:
    memory = open_memory()
    entry = memory.add(LINA, metadata={"year": 2024})
    with pytest.raises((DocumentError, SettingsError)):
        memory.add(HERON, metadata=metadata)
    with pytest.raises((DocumentError, SettingsError)):
        memory.update(entry.id, metadata=metadata)
    assert memory.list() == [entry]


def test_what_is_deleted_is_gone(open_memory: OpenMemory) -> None:
    memory = open_memory()
    lina, heron = memory.add(LINA), memory.add(HERON)
    memory.delete(lina.id)
    assert memory.list() == [heron]
    assert ids(memory.recall("Lina")) == [heron.id]
    with pytest.raises(EntryNotFound, match=lina.id):
        memory.get(lina.id)


def test_an_unknown_id_is_named(open_memory: OpenMemory) -> None:
    memory = open_memory()
    for action in (memory.get, memory.delete, memory.adapters.explain):
        with pytest.raises(EntryNotFound, match="nobody"):
            action("nobody")
    with pytest.raises(EntryNotFound, match="nobody"):
        memory.update("nobody", metadata={})


def test_looking_makes_no_folder(open_memory: OpenMemory) -> None:
    memory = open_memory()
    assert memory.list() == []
    assert memory.recall("Lina") == []
    with pytest.raises(EntryNotFound):
        memory.delete("nobody")
    assert not memory.storage.location.folder.exists()


def test_a_folder_that_is_no_memory_is_refused_at_once(open_memory: OpenMemory, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(MemoryFolderError, match="not a memory"):
        open_memory(tmp_path)


@pytest.mark.parametrize("text", ["", " \n", "\0binary"])
def test_what_is_no_text_is_refused(open_memory: OpenMemory, text: str) -> None:
    memory = open_memory()
    with pytest.raises(DocumentError):
        memory.add(text)
    assert not memory.storage.location.folder.exists()


def test_nothing_is_left_of_a_text_that_could_not_be_internalized(open_memory: OpenMemory) -> None:
    failing = open_memory(internalizer=Fails())
    with pytest.raises(RuntimeError, match="no more memory"):
        failing.add(LINA)
    assert not failing.storage.location.folder.exists()


def test_a_replacement_that_could_not_be_internalized_leaves_the_earlier_version(open_memory, monkeypatch) -> None:
    memory = open_memory()
    entry = memory.add(LINA, id="lina")
    monkeypatch.setattr(memory.storage.deriver, "made", fails)
    with pytest.raises(RuntimeError, match="no more memory"):
        memory.add(HERON, id="lina")
    assert memory.list() == [entry]
    assert ids(memory.recall("Lina")) == ["lina"]


def test_vectors_of_another_length_are_refused(open_memory: OpenMemory) -> None:
    entry = open_memory().add(LINA)
    other = open_memory(embeddings=BagOfWords(dimension=100))  # claims to be the same embedder
    for change in (lambda: other.add(HERON), lambda: other.update(entry.id, text=HERON), lambda: other.recall("Lina")):
        with pytest.raises(MemoryMismatch, match="512"):
            change()
    assert open_memory().list() == [entry] and ids(open_memory().recall("Lina")) == [entry.id]


WRITTEN = ("entries", "revisions", "vectors", "labels", "outbox")  # tables, for each entry


@pytest.mark.parametrize("table", WRITTEN)
def test_an_entry_that_cannot_be_stored_leaves_all_as_it_was(open_memory: OpenMemory, table: str) -> None:
    memory = open_memory()
    entry = memory.add(LINA, id="lina", metadata={"year": 2024})
    with full_disk(f"INSERT INTO {table}"):
        for id in ("heron",) if table == "entries" else ("heron", "lina"):
            with pytest.raises(StorageError, match=r"the disk is full. Free some space"):
                memory.add(HERON, id=id, metadata={"year": 2024})
        if table != "entries":
            with pytest.raises(StorageError, match="the disk is full"):
                memory.update("lina", text=HERON)
    assert memory.list() == [entry] and memory.history("lina").text == LINA
    assert in_step(memory)
    assert memory.recall(LINA, filter={"year": 2024})[0].score == pytest.approx(1.0, abs=1e-5)


def test_files_are_added_and_told_of(open_memory: OpenMemory, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "heron.md").write_text(f"# Heron\n\n{HERON}\n")
    (tmp_path / "lina.txt").write_text(LINA)
    told: list[tuple[str, int, int | None]] = []
    memory = open_memory()
    with shown_by(lambda *done: told.append(done)):
        entries = memory.add_files(tmp_path / "lina.txt", tmp_path / "docs", metadata={"year": 2024})
    assert [e.title for e in entries] == ["lina", "Heron"]
    assert [e.source for e in entries] == [str(tmp_path / "lina.txt"), str(tmp_path / "docs" / "heron.md")]
    assert told[0] == ("documents", 0, 2) and told[-1] == ("documents", 2, 2)
    assert memory.list(filter={"year": 2024}) == entries


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\x03" * 50])
def test_a_file_that_cannot_be_read_leaves_the_memory_as_it_was(open_memory, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "good.txt").write_text(LINA)
    (tmp_path / "bad.txt").write_bytes(content)
    memory = open_memory()
    with pytest.raises(DocumentError, match=r"bad\.txt"):
        memory.add_files(tmp_path / "good.txt", tmp_path / "bad.txt")
    assert memory.list() == []
    assert not memory.storage.location.folder.exists()


@pytest.mark.parametrize("task", ["reindex", "upgrade"])
def test_a_memory_that_is_not_there_is_not_made_by_repairing_it(open_memory: OpenMemory, task: str) -> None:
    memory = open_memory()
    with pytest.raises(MemoryFolderError, match=r"holds nothing to .*: add a document first"):
        getattr(Maintenance(memory), task)()
    assert not memory.storage.location.folder.exists()


def test_another_embedder_is_refused_until_the_memory_is_reindexed_with_it(open_memory: OpenMemory) -> None:
    entry = open_memory().add(LINA)
    other = open_memory(embeddings=BagOfWords(dimension=300, fingerprint="other words"))
    for action in (other.recall, other.ask, other.add):
        with pytest.raises(MemoryMismatch, match=r"other words.*parametric-memory reindex"):
            action("Who is Lina?")
    assert Maintenance(other).reindex() == 1
    assert ids(other.recall("Lina")) == [entry.id]
    with pytest.raises(MemoryMismatch, match="other words"):
        open_memory().recall("Lina")


def test_an_entry_is_deleted_whatever_the_memory_is_opened_with(open_memory: OpenMemory) -> None:
    lina, heron = open_memory().add(LINA), open_memory().add(HERON)
    open_memory(embeddings=BagOfWords(dimension=300, fingerprint="other words")).delete(lina.id)
    assert open_memory().list() == [heron] and ids(open_memory().recall("Lina")) == [heron.id]


def test_another_base_model_is_refused_until_the_memory_is_upgraded(open_memory: OpenMemory, base) -> None:
    entry = open_memory(store="text").add(LINA)
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    other = open_memory(base_model=other_base, hypernetwork=None)
    for action in (other.ask, other.add):
        with pytest.raises(MemoryMismatch, match=r"tiny, not another.*parametric-memory upgrade"):
            action("Where does Lina Okafor live?")
    assert Maintenance(other).upgrade() == 1
    assert other.ask("Where does Lina Okafor live?", max_new_tokens=2).remembered
    assert other.get(entry.id) == entry
    with pytest.raises(MemoryMismatch, match="upgrade"):
        open_memory().add(HERON)


def test_an_upgrade_that_fails_half_way_leaves_the_memory_as_it_was(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(LINA), memory.add(HERON)
    before = memory.list()

    class FailsLater(Fails):
        fingerprint = "fails later"

        def internalize(self, text: str) -> Internalized:
            if self.__dict__.setdefault("begun", False):
                return super().internalize(text)
            self.begun = True
            return Internalized(Adapter(whole_adapter(memory, before[0].id).factors), tokens=3, chunks=1)

    with pytest.raises(RuntimeError, match="no more memory"):
        Maintenance(open_memory(internalizer=FailsLater())).upgrade()
    assert open_memory().list() == before


def test_an_added_adapter_stays_with_its_base_model(open_memory: OpenMemory, base, tmp_path: Path) -> None:
    memory = open_memory()
    made = memory.add(LINA)
    memory.adapters.export(made.id, tmp_path / "adapter")
    added = memory.adapters.add(tmp_path / "adapter", "Where Lina lives.", id="skill")
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    with pytest.raises(AdapterError, match="skill: added as adapters for another base model than another"):
        Maintenance(open_memory(base_model=other_base, hypernetwork=None)).upgrade()
    assert open_memory().list() == [made, added]
    assert Maintenance(open_memory(max_rank=12)).upgrade() == 2


@pytest.mark.parametrize(
    "step",
    ["INSERT INTO settings", "INSERT INTO revisions", "INSERT INTO vectors", "UPDATE entries", "DELETE FROM settings"],
)
def test_an_upgrade_that_fails_at_any_step_leaves_the_memory_as_it_was(
    open_memory: OpenMemory, base, step: str
) -> None:
    memory = open_memory()
    before = [memory.add(LINA), memory.add(HERON)]
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    other = open_memory(base_model=other_base, hypernetwork=None)
    if step == "DELETE FROM settings":  # of one that was cut off, too
        with full_disk("UPDATE entries"), pytest.raises(StorageError, match="full"):
            Maintenance(other).upgrade()
    with full_disk(step), pytest.raises(StorageError, match="full"):
        Maintenance(other).upgrade()
    assert memory.list() == before and in_step(memory)
    assert memory.ask("Where does Lina Okafor live?", max_new_tokens=2).remembered
    with pytest.raises(MemoryMismatch, match="upgrade"):
        other.ask("Where does Lina Okafor live?")
    assert Maintenance(other).upgrade() == 2
    assert other.ask("Where does Lina Okafor live?", max_new_tokens=2).remembered


def test_metadata_that_are_changed_while_the_text_is_replaced_go_to_the_new_text(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    writing = memory.storage.writing

    def after_another_writer():
        monkeypatch.setattr(memory.storage, "writing", writing)
        open_memory().update(entry.id, text=HERON)
        return writing()

    monkeypatch.setattr(memory.storage, "writing", after_another_writer)
    changed = memory.update(entry.id, metadata={"team": "sales"})
    assert (changed.version, changed.metadata) == (2, {"team": "sales"})
    assert memory.get(entry.id) == changed and memory.history(entry.id).text == HERON
    assert memory.ask("Who leads the Heron project?", max_new_tokens=2).remembered
    assert ids(memory.recall("Who leads the Heron project?", filter={"team": "sales"})) == [entry.id]


def test_a_memory_that_another_process_made_with_other_models_meanwhile_is_refused(
    open_memory: OpenMemory, base
) -> None:
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    first, second = open_memory(), open_memory(base_model=other_base, hypernetwork=None)
    assert first.list() == second.list() == []
    draft = second.storage.derive(Draft(HERON))
    first.add(LINA)
    with pytest.raises(MemoryMismatch, match="tiny, not another"):
        second.storage.write(draft)
    assert Maintenance(second).upgrade() == 1
    with pytest.raises(MemoryMismatch, match="another, not tiny"):
        first.ask("Where does Lina Okafor live?")


def test_what_an_adapter_keeps_is_told_in_words(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    kept = memory.adapters.explain(entry.id)
    assert sorted(kept) == ["model.layers.2.mlp.down_proj", "model.layers.3.mlp.down_proj"]
    assert all(token.word in f" {LINA}" for tokens in kept.values() for token in tokens)
    assert {len(words) for words in kept.values()} == {entry.tokens}


def test_any_summary_may_be_what_the_index_knows(open_memory: OpenMemory) -> None:
    memory = open_memory(summarizer=lambda text: "somebody's whereabouts")
    entry = memory.add(LINA)
    assert entry.summary == "somebody's whereabouts"
    assert memory.recall("somebody's whereabouts")[0].score == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("setting", ["max_adapters", "max_passages", "max_rank"])
@pytest.mark.parametrize("value", [0, -1])
def test_counts_below_one_are_refused_by_name(open_memory: OpenMemory, setting: str, value: int) -> None:
    with pytest.raises(SettingsError, match=setting):
        open_memory(**{setting: value})


def test_a_threshold_that_is_no_number_is_refused(open_memory: OpenMemory) -> None:
    with pytest.raises(SettingsError, match="threshold must be a number, not nan"):
        open_memory(threshold=math.nan)


def test_a_memory_travels_as_one_file(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    entries = [memory.add(LINA, metadata={"year": 2024}), memory.add(HERON)]
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 2
    other = open_memory(tmp_path / "other")
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (2, 0)
    assert other.list() == entries
    assert ids(other.recall("Lina", k=1)) == [entries[0].id]
    with pytest.raises(ParametricMemoryError):
        Maintenance(other).import_(tmp_path / "missing.zip")


@pytest.mark.parametrize("store", ["text", "rows"])
def test_others_write_while_an_archive_is_read(
    open_memory: OpenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    memory = open_memory(store=store)
    entries = [memory.add(f"{LINA} Note {number}.") for number in range(40)]
    Maintenance(memory).export(tmp_path / "memory.zip")
    other, third = open_memory(tmp_path / "other", store=store), open_memory(tmp_path / "other", store=store)
    together, whole = [], other.storage.deriver.vectors_together

    def vectors_together(texts: Sequence[Any]) -> Any:
        third.add(f"It rained {len(together)} days.")  # what takes long is done while others may write
        together.append(texts)
        return whole(texts)

    monkeypatch.setattr(other.storage.deriver, "vectors_together", vectors_together)
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (40, 0)
    assert {entry.id for entry in entries} < {entry.id for entry in other.list()}
    assert len(together) > 1 and len(other.list()) == 40 + len(together)
    assert all(
        any(r.entry_id == entry.id for r in other.recall(memory.history(entry.id).text, k=3)) for entry in entries[::13]
    )


def test_an_import_that_fails_half_way_says_what_was_taken_over_and_can_be_done_again(
    open_memory: OpenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory(store="text")
    entries = [memory.add(f"{LINA} Note {number}.") for number in range(34)]
    Maintenance(memory).export(tmp_path / "memory.zip")
    other, whole, written = open_memory(tmp_path / "other", store="text"), EntryStore.write, []

    def full_at_the_last(store: EntryStore, entry: Any, *of: Any) -> Any:
        written.append(entry.id)
        if len(written) == 34:
            raise StorageError("The disk is full.")
        return whole(store, entry, *of)

    with monkeypatch.context() as patched:
        patched.setattr(EntryStore, "write", full_at_the_last)
        with pytest.raises(StorageError, match=r"full\. 32 entries were imported before: import .*memory.zip again"):
            Maintenance(other).import_(tmp_path / "memory.zip")
    assert len(other.list()) == 32 and in_step(other)
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (2, 32)
    assert other.list() == entries


def test_an_export_takes_the_place_of_an_earlier_one_and_of_nothing_else(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory()
    memory.add(LINA)
    Maintenance(memory).export(tmp_path / "memory.zip")
    memory.add(HERON)
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 2
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(MemoryFolderError, match=r"report\.pdf is there already"):
        Maintenance(memory).export(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == b"%PDF-1.7"
    for folder in (tmp_path, Path("/"), Path()):
        with pytest.raises(StorageError, match="it is a folder"):
            Maintenance(memory).export(folder)


def test_an_export_is_of_one_state_whatever_others_write_meanwhile(
    open_memory: OpenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, other = open_memory(), open_memory()
    before = [memory.add(LINA, id="lina"), memory.add(HERON, id="heron")]
    write = zipfile.ZipFile.writestr

    def others_write_meanwhile(archive: zipfile.ZipFile, *of: Any) -> None:
        monkeypatch.undo()
        other.update("heron", text="The Heron project is over."), other.add("It rained."), Maintenance(other).upgrade()
        write(archive, *of)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", others_write_meanwhile)
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 2
    assert len(memory.list()) == 3
    taken = open_memory(tmp_path / "taken")
    Maintenance(taken).import_(tmp_path / "memory.zip")
    assert taken.list() == before and taken.history("heron").text == HERON


def test_an_exported_memory_of_other_models_names_them(
    open_memory: OpenMemory, whole_adapters: Internalizer, base, tmp_path: Path
) -> None:
    memory = open_memory(internalizer=whole_adapters)
    memory.add(LINA, id="lina")
    Maintenance(memory).export(tmp_path / "memory.zip")
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    other = open_memory(tmp_path / "other", base_model=other_base, hypernetwork=None)
    with pytest.raises(
        MemoryMismatch, match=r"lina in .*memory\.zip has an adapter made with other models.*--base-model tiny"
    ):
        Maintenance(other).import_(tmp_path / "memory.zip")
    assert other.list() == []


def test_a_damaged_archive_is_refused_before_anything_is_taken_over(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(store="text")
    memory.add(LINA), memory.add(HERON)
    Maintenance(memory).export(tmp_path / "memory.zip")
    packed = bytearray((tmp_path / "memory.zip").read_bytes())
    middle = len(packed) // 3
    packed[middle : middle + 200] = bytes(200)
    (tmp_path / "memory.zip").write_bytes(packed)
    other = open_memory(tmp_path / "other")
    with pytest.raises(MemoryFolderError, match=r"memory\.zip is not an exported memory"):
        Maintenance(other).import_(tmp_path / "memory.zip")
    assert other.list() == []


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"notes.txt": "Lina"}, r"docs\.zip is not an exported memory: it holds no memory\.json"),
        ({"memory.json": "{}"}, r"docs\.zip is not an exported memory: memory\.json in it is damaged"),
    ],
)
def test_an_archive_of_something_else_is_refused_by_its_name(
    open_memory: OpenMemory, tmp_path: Path, files: dict[str, str], told: str
) -> None:
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(MemoryFolderError, match=told):
        Maintenance(open_memory(tmp_path / "other")).import_(tmp_path / "docs.zip")


def test_what_is_deleted_while_it_is_updated_stays_deleted(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(LINA, id="note")
    internalizer = memory.models.internalizer

    class Deletes:
        fingerprint = internalizer.fingerprint

        def internalize(self, text: str) -> Internalized:
            open_memory().delete("note")
            return internalizer.internalize(text)

    with pytest.raises(EntryNotFound):
        open_memory(hypernetwork=None, internalizer=Deletes()).update("note", text=HERON)
    assert not open_memory().list() and not open_memory().recall("Who leads the Heron project?")


def test_an_index_that_fails_keeps_nobody_from_writing_and_follows_later(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.storage.search._most = 0  # a graph is searched
    memory.add(LINA, id="note")
    with index_fails("put"):
        assert memory.update("note", move_to="another").namespace == "another"
        assert ids(memory.recall(LINA, namespace="another")) == ["note"] and memory.recall(LINA) == []
        memory.add(HERON, id="heron")
        assert ids(memory.recall("Heron")) == ["heron"]
        assert memory.storage.search.index.problems() != []
    assert in_step(memory)
    assert ids(memory.recall(LINA, namespace="another")) == ["note"] and ids(memory.recall(LINA)) == ["heron"]


@pytest.mark.parametrize("change", [{"namespace": "another"}, {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_an_index_that_stayed_behind_attaches_nothing_of_another_namespace_or_time(
    open_memory: OpenMemory, change: dict[str, object]
) -> None:
    memory = open_memory()
    memory.storage.search._most = 0  # a graph is searched
    entry = memory.add(LINA)
    assert ids(memory.recall("Where does Lina Okafor live?")) == [entry.id]
    found = memory.storage.entries.at(entry.id, "default")
    memory.storage.entries.update(found, entry.model_copy(update=change))  # which the index does not hear of
    assert not memory.storage.search.is_exact
    assert not memory.recall("Where does Lina Okafor live?")


def test_a_time_to_live_is_ended_by_an_update_with_another_text_or_without(open_memory: OpenMemory) -> None:
    memory = open_memory()
    for text in (None, HERON):
        entry = memory.add(LINA, ttl=timedelta(hours=1))
        assert entry.expires_at is not None
        assert memory.update(entry.id, text=text, ttl=NEVER).expires_at is None
        assert memory.get(entry.id).expires_at is None
        memory.delete(entry.id)
    with pytest.raises(SettingsError, match="ttl must be a timedelta, not 'never'"):
        memory.add(LINA, ttl="never")  # a new entry has none unless it is given one


def test_entries_are_listed_by_their_ids_those_that_are_gone_left_out(open_memory: OpenMemory) -> None:
    memory = open_memory()
    for id, text in {"lina": LINA, "heron": HERON}.items():
        memory.add(text, id=id, metadata={"kind": id})
    assert [entry.id for entry in memory.list(ids=["heron", "nobody", "lina"])] == ["lina", "heron"]
    assert [entry.id for entry in memory.list(ids=["heron", "lina"], filter={"kind": "heron"})] == ["heron"]
    assert not memory.list(ids=[])


def test_what_cannot_be_added_is_told_of_before_anything_is_made_of_it(open_memory: OpenMemory) -> None:
    memory = open_memory(internalizer=Fails(), hypernetwork=None)
    with pytest.raises(DocumentError, match="empty"):
        memory.add("  ", id="lina")
    with pytest.raises(DocumentError, match="must be flat"):
        memory.add(LINA, metadata={"years": [2021]})


def test_other_settings_of_recall_share_the_models_and_the_scorer(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(scorer="vectors", threshold=0.3)
    memory.add(LINA)
    strict = reopen(memory, threshold=1.1)
    assert strict.models is memory.models and strict.storage.location.folder == memory.storage.location.folder
    assert memory.recall(LINA)[0].attached and not strict.recall(LINA)[0].attached
    elsewhere = reopen(memory, tmp_path / "elsewhere", namespace="people")
    elsewhere.add(LINA)
    assert elsewhere.list()[0].namespace == "people"
    assert elsewhere.storage.made_with.scorer == "vectors"


def test_loaded_models_are_shared_and_cannot_be_named_anew(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    assert ParametricMemory(tmp_path / "other", models=memory.models).models is memory.models
    with pytest.raises(SettingsError, match="Loaded models are given: base_model, embeddings cannot be others"):
        ParametricMemory(tmp_path, models=memory.models, base_model="tiny", embeddings=BagOfWords())


@pytest.mark.parametrize("nothing", [None, 5, ["Lina"], b"Lina"])
def test_what_is_no_text_is_refused_in_one_line(open_memory: OpenMemory, nothing: Any) -> None:
    memory = open_memory()
    for call in (memory.add, memory.ask, memory.recall):
        with pytest.raises(DocumentError, match=r"^The (text|question|query) is no text but .*: give a str\.$"):
            call(nothing)
    with pytest.raises(DocumentError, match="Messages are a list"):
        memory.add_messages(None)  # type: ignore[arg-type]
