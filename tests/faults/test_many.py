"""Several who read and write at once, and tasks that take long."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.errors import InternalError

from benchmarks.growth import DrawnVectors, NoModels, OneNumber, opened, text
from parametric_memory import ModelSettings, RecallSettings
from parametric_memory.errors import MemoryLocked, StorageError
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.memory import ParametricMemory
from parametric_memory.models.selection import Models
from parametric_memory.storage.entry_store import EntryStore


def found(memory: ParametricMemory, words: str) -> list[str]:
    return [recall.entry_id for recall in memory.recall(words, k=1) if recall.score > 0.9]


def writes(folder: str, name: str, seconds: float) -> list[str]:
    """Adds, replaces and deletes, three times at least; the ids of what stays."""
    stays: list[str] = []
    with opened(Path(folder)) as memory:
        until, number = time.monotonic() + seconds, 0
        while number < 3 or time.monotonic() < until:
            id = f"{name} {number}"
            memory.add(text(f"{id} before"), id=id)
            memory.add(text(id), id=id)
            if number % 3:
                memory.delete(id)
            else:
                stays.append(id)
            number += 1
    return stays


def reads(folder: str, end: str) -> int:
    """Recalls what is listed until a file is there; how often."""
    times = 0
    with opened(Path(folder)) as memory:
        while not times or not Path(end).exists():
            assert found(memory, text("first")) == ["first"]
            for entry in memory.list()[:5]:
                memory.recall(entry.summary)
                times += 1
    return times


def renews(folder: str, end: str) -> int:
    """Reindexes and upgrades until a file is there; how often."""
    times = 0
    with opened(Path(folder)) as memory:
        while not times or not Path(end).exists():
            memory.reindex()
            memory.upgrade()
            times += 1
    return times


def many(folder: Path, seconds: float, readers: int) -> None:
    end = folder.with_name("end")
    with opened(folder) as memory:
        memory.add(text("first"), id="first")
    with get_context("spawn").Pool(readers + 3) as processes:
        tasks: list[Any] = [processes.apply_async(reads, (str(folder), str(end))) for _ in range(readers)]
        tasks += [processes.apply_async(renews, (str(folder), str(end)))]
        writers = [processes.apply_async(writes, (str(folder), name, seconds)) for name in ("one", "two")]
        try:
            stays = [id for writer in writers for id in writer.get(timeout=300 + seconds)]
        finally:
            end.touch()
        assert all(task.get(timeout=300) for task in tasks)
    with opened(folder) as memory:
        assert {entry.id for entry in memory.list()} == {"first", *stays}
        assert memory.storage.index.states() == {entry.id: entry.state for entry in memory.list()}
        assert all(found(memory, text(id)) == [id] for id in stays)


def test_what_another_process_has_added_is_found_by_the_very_next_question(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    with opened(folder) as memory, get_context("spawn").Pool(1) as other:
        memory.add(text("first"), id="first")
        assert found(memory, text("first")) == ["first"]
        stays = other.apply(writes, (str(folder), "other", 0))
        assert stays and all(found(memory, text(id)) == [id] for id in stays)


def test_readers_beside_writers_and_long_tasks_see_no_error(tmp_path: Path) -> None:
    many(tmp_path / "memory", 3, readers=1)


@pytest.mark.soak
def test_readers_beside_writers_for_ten_minutes_see_no_error(tmp_path: Path) -> None:
    many(tmp_path / "memory", 600, readers=4)


MOVED = "error returned from database: (code: 1032) attempt to write a readonly database"


@pytest.mark.parametrize("notices", [True, False])
def test_a_reader_whose_index_a_reindex_takes_away_while_it_opens_it_finds_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notices: bool
) -> None:
    open_client, overtaken = chromadb.PersistentClient, []

    def overtaken_client(*args: Any) -> Any:
        client = open_client(*args)
        monkeypatch.setattr(chromadb, "PersistentClient", open_client)
        folder = Path(args[0])
        other.reindex()
        overtaken.append(not folder.exists())
        if notices:  # SQLite does where the file is gone before the client is ready
            raise InternalError(MOVED)
        return client

    with opened(tmp_path) as other, opened(tmp_path) as reader:
        other.add(text("first"), id="first")
        monkeypatch.setattr(chromadb, "PersistentClient", overtaken_client)
        assert found(reader, text("first")) == ["first"]
    assert overtaken == [True]


def test_an_index_that_is_put_in_the_place_of_another_between_two_looks_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, vector = MemoryIndex.nearest_vectors, DrawnVectors().embed_query(text("first"))

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(MemoryIndex, "nearest_vectors", whole)
        other.reindex()
        return whole(*args)

    with opened(tmp_path) as other, opened(tmp_path) as reader:
        other.add(text("first"), id="first")
        monkeypatch.setattr(MemoryIndex, "nearest_vectors", overtaken)
        [near] = reader.nearest(vector, k=1, with_vectors=True)
    assert near.vector == pytest.approx(vector, abs=1e-5)


def test_an_index_that_stays_and_cannot_be_used_is_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> Any:
        raise InternalError(MOVED)

    with opened(tmp_path) as memory:
        memory.add(text("first"), id="first")
        memory.close()
        with monkeypatch.context() as patched:
            patched.setattr(chromadb, "PersistentClient", refused)
            with pytest.raises(StorageError, match=r"readonly database\. Free space"):
                memory.recall(text("first"))
        assert found(memory, text("first")) == ["first"]


class Waits(OneNumber):
    """Internalizes nothing before it is let."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def internalize(self, text: str) -> Internalized:
        self.begun.set()
        assert self.may_go_on.wait(20)
        return super().internalize(text)


def waiting(folder: Path) -> tuple[ParametricMemory, Waits]:
    internalizer = Waits()
    models = NoModels()
    Models.__init__(models, ModelSettings(internalizer=internalizer, embeddings=DrawnVectors()), progress=False)
    return ParametricMemory(folder, models=models, recall=RecallSettings(scorer="vectors", threshold=0.5)), internalizer


def test_while_an_upgrade_runs_others_read_and_write_and_are_told(tmp_path: Path) -> None:
    with opened(tmp_path) as memory, ThreadPoolExecutor(1) as threads:
        memory.add(text("first"), id="first"), memory.add(text("second"), id="second")
        upgrading, internalizer = waiting(tmp_path)
        upgrade = threads.submit(upgrading.upgrade)
        assert internalizer.begun.wait(20)
        running = memory.running
        assert running is not None and (running.task, running.entries, running.done) == ("upgrade", 2, 0)
        assert "An upgrade by the process" in str(running) and "0 of 2 entries" in str(running)
        assert found(memory, text("first")) == ["first"]
        memory.add(text("third"), id="third"), memory.add(text("changed"), id="second"), memory.delete("first")
        for task in (memory.reindex, memory.upgrade):
            with pytest.raises(MemoryLocked, match=r"upgrade by the process \d+ is running .*0 of 2 entries are done"):
                task()
        internalizer.may_go_on.set()
        assert upgrade.result(20) == 2
        assert memory.running is None
        for reader in (memory, upgrading):
            assert found(reader, text("first")) == found(reader, text("second")) == []
            assert found(reader, text("third")) == ["third"] and found(reader, text("changed")) == ["second"]
        assert memory.storage.index.states() == {entry.id: entry.state for entry in memory.list()}
        upgrading.close()


def test_writers_come_in_the_order_in_which_they_asked(tmp_path: Path) -> None:
    """Each of eight that write one after the other waits for no more than the seven others."""
    waited: list[float] = []

    def write(_: int) -> None:
        store = EntryStore(tmp_path, lock_timeout=30)
        for _ in range(3):
            begun = time.monotonic()
            with store.writing():
                waited.append(time.monotonic() - begun)
                time.sleep(0.1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert len(waited) == 24
    assert max(waited) < 7 * 0.1 * 3  # and what a busy machine takes in between


def test_a_writer_that_died_while_it_waited_holds_nobody_up(tmp_path: Path) -> None:
    store = EntryStore(tmp_path)
    with store.writing():
        pass
    dead = tmp_path / "entries" / ".writer" / "queue" / "0"
    dead.touch()
    with store.writing():
        assert not dead.exists()


@pytest.mark.parametrize("late", [False, True])
async def test_an_add_that_is_cancelled_says_whether_it_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    memory, internalizer = waiting(tmp_path)
    begun, may_go_on = threading.Event(), threading.Event()
    whole: Callable[..., Any] = EntryStore.write_together

    def slowly(*args: Any) -> Any:
        begun.set()
        assert may_go_on.wait(20)
        return whole(*args)

    monkeypatch.setattr(EntryStore, "write_together", slowly)
    adding = asyncio.create_task(memory.aadd(text("first"), id="first"))
    assert await asyncio.to_thread(internalizer.begun.wait, 20)
    if late:
        internalizer.may_go_on.set()
        assert await asyncio.to_thread(begun.wait, 20)
    adding.cancel()
    threading.Timer(0.2, may_go_on.set).start()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await adding
    internalizer.may_go_on.set()
    await asyncio.sleep(0.3)
    message, entry = cancelled.value.args
    assert [entry] == memory.list() if late else (entry, memory.list()) == (None, [])
    assert ("added all the same: first" in message) is late
    memory.close()
