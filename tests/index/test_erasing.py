from __future__ import annotations

import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.index.parts import IndexRecord

if TYPE_CHECKING:
    from parametric_memory import ParametricMemory

SECRET = "the-secret-entry"


def vectors(seed: int, count: int = 3) -> list[list[float]]:
    return np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32).tolist()


def record(id: str, seed: int, parts: int = 3) -> IndexRecord:
    return IndexRecord(
        id, vectors(seed, parts), {"said": f"{id} said it", f"key of {id}": True}, namespace=f"of {id}", state=id
    )


def traces(folder: Path, secret: IndexRecord) -> list[str]:
    """Files in which something of a record stands: its id, with which its metadata and its namespace begin or end, or
    one of its vectors."""
    told = [secret.entry_id.encode(), *(np.asarray(vector, np.float32).tobytes() for vector in secret.vectors)]
    return [path.name for path in folder.rglob("*") if path.is_file() and any(t in path.read_bytes() for t in told)]


@pytest.fixture
def index(tmp_path: Path) -> MemoryIndex:
    return MemoryIndex(tmp_path / "chroma")


def test_what_was_deleted_is_nowhere_in_the_files_and_all_else_is_found(index: MemoryIndex) -> None:
    secret = record(SECRET, 1)
    index.add_many([record("a", 2), secret, record("b", 3)])
    index.delete([SECRET])
    assert traces(index.folder, secret) == ["chroma.sqlite3"]
    assert index.cleaned()
    assert traces(index.folder, secret) == []
    for found in (index, MemoryIndex(index.folder)):
        assert found.entry_ids() == {"a", "b"}
        for id, seed in (("a", 2), ("b", 3)):
            [(nearest, similarity)] = found.query(vectors(seed)[2], 1)
            assert nearest == id and similarity == pytest.approx(1.0)
            assert found.query(vectors(seed)[2], 1, filter={"said": f"{id} said it"}) == [(id, similarity)]
        assert found.query(vectors(1)[0], 5)[0][1] < 0.9


def test_what_is_put_in_afterwards_is_found_also_by_who_opens_the_index_anew(index: MemoryIndex) -> None:
    index.add_many([record("a", 2), record(SECRET, 1)])
    for number in range(3):
        index.delete([SECRET if number == 0 else f"after {number - 1}"])
        assert index.cleaned()
        index.add_many([record(f"after {number}", 10 + number)])
        other = MemoryIndex(index.folder)
        assert other.entry_ids() == {"a", f"after {number}"}
        assert other.query(vectors(10 + number)[0], 1)[0][0] == f"after {number}"
        other.close()


def test_who_has_the_index_open_reads_on(index: MemoryIndex) -> None:
    reader = MemoryIndex(index.folder)
    index.add_many([record("a", 2), record(SECRET, 1)])
    assert reader.query(vectors(1)[0], 1)[0][0] == SECRET
    index.delete([SECRET])
    assert index.cleaned()
    index.add_many([record("b", 3)])
    assert [id for id, _ in reader.query(vectors(3)[0], 2)] == ["b", "a"]
    reader.close()


def test_an_index_from_whose_files_nothing_can_be_taken_is_copied(index: MemoryIndex) -> None:
    secret = record(SECRET, 1)
    index.add_many([secret, *(record(f"entry {number}", 100 + number, 16) for number in range(70))])
    index.delete([SECRET])
    assert not index.cleaned()
    copy = MemoryIndex(index.folder.with_name("copy"))
    copy.copy(index)
    assert traces(copy.folder, secret) == []
    assert copy.states() == index.states() and len(copy.states()) == 70
    for number in (0, 33, 69):
        found, before = (dict(of.query(vectors(100 + number, 16)[5], 3)) for of in (copy, index))
        assert found == pytest.approx(before)


@pytest.mark.parametrize("entries", [2, 80])
def test_where_vectors_are_yet_to_come_stands_nothing_that_the_process_knew(index: MemoryIndex, entries: int) -> None:
    index.add_many([record(f"entry {number}", number, 16) for number in range(entries)])
    index.query(vectors(1)[0], 1)
    index.add_many([record("one more", entries)])
    [file] = index.folder.glob("*/data_level0.bin")
    room, used, of_each = struct.unpack_from("<12xQQQ", file.with_name("header.bin").read_bytes())
    assert room * of_each == file.stat().st_size and (used > 0) == (entries == 80)
    assert not any(file.read_bytes()[used * of_each :])
    index.close()
    assert MemoryIndex(index.folder).query(vectors(0, 16)[3], 1)[0][0] == "entry 0"


@pytest.mark.parametrize("entries", [2, 80])
def test_nor_where_another_opens_the_index_and_only_reads(index: MemoryIndex, entries: int) -> None:
    index.add_many([record(f"entry {number}", number, 16) for number in range(entries)])
    index.close()
    [file] = index.folder.glob("*/data_level0.bin")
    before = file.stat().st_mtime_ns
    reader = MemoryIndex(index.folder)
    assert not reader.has_opened
    assert reader.query(vectors(1, 16)[3], 1)[0][0] == "entry 1" and reader.has_opened
    assert (file.stat().st_mtime_ns != before) == (entries == 2)  # Chroma writes it anew while all is in its queue
    reader.blank()
    _, used, of_each = struct.unpack_from("<12xQQQ", file.with_name("header.bin").read_bytes())
    assert not any(file.read_bytes()[used * of_each :])
    assert reader.query(vectors(1, 16)[3], 1)[0][0] == "entry 1" and not reader.has_opened


def test_a_memory_that_is_asked_sees_to_it_unless_somebody_writes(open_memory: Callable[..., ParametricMemory]) -> None:
    with open_memory() as memory:
        memory.add("Lina Okafor lives in Bergen.")
    with open_memory() as reader:
        assert reader.recall("Where does Lina live?") and not reader.kept.index.has_opened
    with open_memory() as reader, open_memory() as writer, writer.kept.writing(), ThreadPoolExecutor(1) as another:
        assert another.submit(reader.recall, "Where does Lina live?").result(timeout=60)
        assert reader.kept.index.has_opened
