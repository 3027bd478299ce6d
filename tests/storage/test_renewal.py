"""A reindex or an upgrade that is cut off, and goes on where it was."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.growth import DrawnVectors, NoModels, OneNumber, filled, text
from parametric_memory import ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.commands.doctor import memory_of
from parametric_memory.errors import MemoryLocked
from parametric_memory.files.process_lock import ProcessLock
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.models.selection import Models
from parametric_memory.records import Entry, RunningTask
from parametric_memory.storage.tasks import Work
from tests.faults.test_many import found

ENTRIES = 300  # more than are embedded together
TASK = RunningTask(task="reindex", pid=1, entries=1)


class Embedder(DrawnVectors):
    """Is cut off after so many texts."""

    def __init__(self, most: int = 10**6, fingerprint: str = "drawn") -> None:
        self.most, self.embedded, self.fingerprint = most, 0, fingerprint

    def embed_query(self, text: str) -> list[float]:
        if self.embedded == self.most:
            raise KeyboardInterrupt
        self.embedded += 1
        return super().embed_query(text)


class Internalizer(OneNumber):
    """Is cut off after so many texts."""

    def __init__(self, most: int = 10**6) -> None:
        self.most, self.made = most, 0

    def internalize(self, text: str) -> Internalized:
        if self.made == self.most:
            raise KeyboardInterrupt
        self.made += 1
        return super().internalize(text)


class Chosen(NoModels):
    def __init__(self, embeddings: Embedder, internalizer: Internalizer, max_rank: int | None) -> None:
        settings = ModelSettings(internalizer=internalizer, embeddings=embeddings, max_rank=max_rank)
        Models.__init__(self, settings, progress=False)


@contextmanager
def opened(
    folder: Path,
    embedder: Embedder | None = None,
    internalizer: Internalizer | None = None,
    max_rank: int | None = None,
) -> Iterator[ParametricMemory]:
    models = Chosen(embedder or Embedder(), internalizer or Internalizer(), max_rank)
    with ParametricMemory(folder, models=models, recall=RecallSettings(scorer="vectors", threshold=0.5)) as memory:
        yield memory


@pytest.fixture
def cut_off(tmp_path: Path) -> Path:
    """A memory whose reindex was cut off near its end."""
    folder = tmp_path / "memory"
    filled(folder, ENTRIES)
    whole = Embedder()
    with opened(folder, whole) as memory:
        memory.reindex()
    with opened(folder, Embedder(whole.embedded - 10)) as memory, pytest.raises(KeyboardInterrupt):
        memory.reindex()
    return folder


def indexes(folder: Path) -> list[Path]:
    return list(folder.glob("chroma*"))


def test_a_reindex_goes_on_where_it_was_cut_off(cut_off: Path) -> None:
    embedder = Embedder()
    told: list[tuple[int, int]] = []
    with opened(cut_off, embedder) as memory:
        assert found(memory, text(7)) == ["copy-7"]  # meanwhile it answers as it was
        before = embedder.embedded
        assert memory.reindex(lambda task: told.append((task.done, task.entries))) == ENTRIES
        assert told == [(done, ENTRIES) for done in range(1, ENTRIES + 1)]
        assert embedder.embedded - before < ENTRIES / 2
        assert [found(memory, text(n)) for n in (1, 150, 298)] == [["copy-1"], ["copy-150"], ["copy-298"]]
        assert memory.storage.out_of_step() == [] and len(indexes(cut_off)) == 1


def test_what_others_wrote_since_is_in_the_index_that_goes_on(cut_off: Path) -> None:
    with opened(cut_off) as memory:
        memory.add(text("new"), id="new")
        memory.add(text("other"), id="copy-3")
        memory.update("copy-4", namespace="moved")
        assert len(indexes(cut_off)) == 2
    embedder = Embedder()
    with opened(cut_off, embedder) as memory:
        assert memory.reindex() == ENTRIES + 1 and embedder.embedded < ENTRIES / 2
        assert found(memory, text("new")) == ["new"] and found(memory, text("other")) == ["copy-3"]
        assert found(memory, text(3)) == [] and found(memory, text(4)) == []
        assert [recall.entry_id for recall in memory.recall(text(4), namespace="moved")] == ["copy-4"]
        assert memory.storage.out_of_step() == []


def test_what_is_deleted_takes_what_was_left_with_it(cut_off: Path) -> None:
    with opened(cut_off) as memory:
        memory.delete("copy-7")
        assert len(indexes(cut_off)) == 1 and not (cut_off / "work").exists()
        assert memory.reindex() == ENTRIES - 1 and found(memory, text(7)) == []


def test_an_upgrade_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    folder, internalizer = tmp_path / "memory", Internalizer()
    filled(folder, ENTRIES)
    with opened(folder, internalizer=Internalizer(ENTRIES - 1)) as memory, pytest.raises(KeyboardInterrupt):
        memory.upgrade()
    with opened(folder, internalizer=internalizer) as memory:
        assert memory.upgrade() == ENTRIES and internalizer.made < ENTRIES
        assert memory.storage.out_of_step() == [] and found(memory, text(298)) == ["copy-298"]
        assert not (folder / "work").exists()


def test_an_upgrade_with_other_options_begins_anew(tmp_path: Path) -> None:
    folder, internalizer = tmp_path / "memory", Internalizer()
    filled(folder, ENTRIES)
    with opened(folder, internalizer=Internalizer(ENTRIES - 1)) as memory, pytest.raises(KeyboardInterrupt):
        memory.upgrade()
    with opened(folder, internalizer=internalizer, max_rank=8) as memory:
        assert memory.upgrade() == internalizer.made == ENTRIES


def test_a_deletion_of_before_is_no_reason_to_begin_anew(cut_off: Path) -> None:
    with opened(cut_off) as memory:
        memory.storage.entries.journal.leaves_traces()
    os.utime(cut_off / "entries" / ".writer" / "traces", (1.7e9, 1.7e9))
    embedder = Embedder()
    with opened(cut_off, embedder) as memory:
        memory.add(text("new"))
        assert memory.reindex() == ENTRIES + 1 and embedder.embedded < ENTRIES / 2


def test_a_writer_that_takes_long_throws_nothing_away(cut_off: Path) -> None:
    def somebody_writes(task: RunningTask) -> None:
        if task.done == ENTRIES:
            raise MemoryLocked("Somebody writes.")

    embedder = Embedder()
    with opened(cut_off) as memory, pytest.raises(MemoryLocked, match="Somebody writes"):
        memory.reindex(somebody_writes)
    with opened(cut_off, embedder) as memory:
        assert memory.reindex() == ENTRIES and embedder.embedded < ENTRIES


@pytest.mark.parametrize(("file", "content"), [("text.txt", b"\xff"), ("text.txt", None), ("texts.json", b"{")])
def test_an_entry_whose_text_is_damaged_is_named_and_stops_no_reindex(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, content: bytes | None
) -> None:
    filled(tmp_path / "memory", 20)

    def meanwhile(task: RunningTask) -> None:
        if task.done == 3:  # it is looked at again at the end, too
            other.add(text("later"), id="copy-6")
            other.update("copy-5", title="Damaged")
            damaged = tmp_path / "memory" / "entries" / "copy-5" / file
            damaged.unlink() if content is None else damaged.write_bytes(content)

    with opened(tmp_path / "memory") as memory, opened(tmp_path / "memory") as other:
        memory.reindex(meanwhile)
        for _ in range(2):
            assert memory.reindex() == 19
        assert [record.getMessage().count("Entry copy-5 in") for record in caplog.records] == [1]
        assert found(memory, text(4)) == ["copy-4"] and found(memory, text("later")) == ["copy-6"]
        memory.add(text("new"), id="new")
        assert found(memory, text("new")) == ["new"]


def test_a_memory_of_which_nothing_but_a_damaged_text_is_left_can_be_added_to(tmp_path: Path) -> None:
    filled(tmp_path / "memory", 1)
    [damaged] = (tmp_path / "memory" / "entries").glob("[!.]*/text.txt")
    damaged.write_bytes(b"\xff")
    [index] = indexes(tmp_path / "memory")
    shutil.rmtree(index)
    with opened(tmp_path / "memory") as memory:
        assert memory.reindex() == 0
        memory.add(text("new"), id="new")
        assert found(memory, text("new")) == ["new"]


def test_an_entry_that_goes_while_it_is_looked_at_again_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path / "memory", 20)
    with opened(tmp_path / "memory") as memory, opened(tmp_path / "memory") as other:
        settle = MemoryIndex.settle

        def settled(index: MemoryIndex, states: Mapping[str, str | None]) -> list[str]:
            missing = settle(index, states)
            if index.folder != other.storage.index.folder and "copy-5" in {entry.id for entry in other.list()}:
                other.delete("copy-5")
            return missing

        def replaces_many(task: RunningTask) -> None:
            if task.done == 1:
                for number in range(1, 12):
                    other.add(text(f"later {number}"), id=f"copy-{number}")

        monkeypatch.setattr(MemoryIndex, "settle", settled)
        assert memory.reindex(replaces_many) == 19
        assert memory.storage.out_of_step() == [] and found(memory, text("later 5")) == []
        assert found(memory, text("later 6")) == ["copy-6"]


def test_an_adapter_that_takes_a_documents_place_meanwhile_stays(
    open_memory: Callable[..., ParametricMemory], tmp_path: Path
) -> None:
    memory, other = open_memory(), open_memory()
    memory.add("Lina Okafor lives in Bergen.", id="lina"), memory.add("It rained.", id="rain")
    memory.export_adapter("rain", tmp_path / "rain")

    def meanwhile(entry: Entry) -> None:
        if entry.id == "lina":
            other.add_adapter(tmp_path / "rain", "What the weather was like.", id="lina")

    assert memory.upgrade(meanwhile) == 2
    assert memory.get("lina").chunks == 0 and memory.storage.out_of_step() == []


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param(lambda folder: Embedder(fingerprint="others"), id="another embedder"),
        pytest.param(lambda folder: damaged(folder), id="a damaged note"),
    ],
)
def test_what_cannot_go_on_begins_anew(cut_off: Path, otherwise: Callable[[Path], Embedder]) -> None:
    embedder = otherwise(cut_off)
    with opened(cut_off, embedder) as memory:
        assert memory.reindex() == ENTRIES and embedder.embedded >= ENTRIES
        assert found(memory, text(7)) == ["copy-7"] and len(indexes(cut_off)) == 1


def damaged(folder: Path) -> Embedder:
    (folder / "work" / "task.json").write_text("{", encoding="utf-8")
    return Embedder()


@pytest.mark.parametrize("told", [None, b"{"], ids=["nothing told", "damaged"])
def test_a_task_that_could_not_say_that_it_runs_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bytes | None
) -> None:
    monkeypatch.setattr("parametric_memory.storage.tasks._MOMENT", 0.1)
    filled(tmp_path / "memory", 20)
    work = tmp_path / "memory" / "work"
    work.mkdir()
    (work / "changed").write_bytes(b'"copy-1"\n')
    if told is not None:
        (work / "task.json").write_bytes(told)
    runs = ProcessLock(work / ".lock")
    with opened(tmp_path / "memory") as memory:
        assert runs.take()
        for begin in (memory.reindex, memory.upgrade, lambda: Work(memory.folder).begin(TASK)):
            with pytest.raises(MemoryLocked, match="Another process is at a reindex or an upgrade"):
                begin()
        assert (work / "changed").read_bytes() == b'"copy-1"\n'
        runs.release()
        assert memory.reindex() == 20 and not work.exists()


def test_an_index_that_was_left_damaged_is_given_up_for_the_next_try(cut_off: Path) -> None:
    left = json.loads((cut_off / "work" / "task.json").read_text(encoding="utf-8"))["index"]
    (cut_off / left / "chroma.sqlite3").write_bytes(b"damaged" * 1000)
    with opened(cut_off) as memory:
        with pytest.raises(Exception, match=left):
            memory.reindex()
        assert memory.reindex() == ENTRIES and len(indexes(cut_off)) == 1


def test_what_was_left_is_told_with_the_way_to_go_on(cut_off: Path) -> None:
    with pytest.raises(
        Exception, match=r"The reindex of .* was cut off .*`parametric-memory reindex --memory .*` goes on"
    ):
        memory_of(cut_off, None)
