"""The index follows the database, whoever owns it, and whatever was killed, lost or damaged meanwhile."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from parametric_memory.errors import MemoryMismatch
from parametric_memory.storage import following
from parametric_memory.storage.entries import put_vectors
from parametric_memory.storage.location import Location
from tests.servers import chroma_server, free_port
from tests.storage.processes import forked, needs_fork
from tests.storage.searching import Open, Searcher
from tests.storage.small import EAST, NORTH, NORTH_EAST, WEST, at, stored

HALF = pytest.approx(0.5**0.5, abs=1e-5)
WHOLE = pytest.approx(1.0, abs=1e-5)


def test_what_the_index_has_not_seen_is_found_and_it_follows_later(with_graph: Open) -> None:
    memory = with_graph()
    memory.put("a", EAST), memory.put("b", NORTH)
    killed = with_graph()
    killed.put("c", WEST, follows=False), killed.put("a", NORTH, text="x", version=2, follows=False)
    killed.delete("b", follows=False)
    killed.put("d", NORTH_EAST, follows=False)
    moved = at(killed.store, "d")
    with killed.writing(follows=False):
        killed.store.update(moved, moved.entry.model_copy(update={"namespace": "n"}))
    for reader in (memory, killed, with_graph()):
        assert [*reader.nearest(WEST, 1)] == ["c"] and reader.nearest(NORTH, 2) == {"a": WHOLE, "d": HALF}
        assert [*reader.nearest(EAST, namespace="n")] == ["d"]
    memory.close(), killed.close()
    later = with_graph()
    assert later.search.index.problems() == [] and not later.search.is_exact
    assert later.nearest(NORTH, 2) == {"a": WHOLE, "d": HALF}


def test_the_database_is_told_how_far_the_index_is(with_graph: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_NOTED_EVERY", 3)
    monkeypatch.setattr(following, "_OUTBOX_KEPT", 4)
    one, other = with_graph(), with_graph()
    for number in range(20):
        one.put(f"{number}", [float(number), 1.0, 0.0])
        if number == 2:
            assert [*other.nearest([2.0, 1.0, 0.0], 1)] == ["2"]
    assert [*other.nearest([19.0, 1.0, 0.0], 1)] == ["19"] and other.search.count() == 20
    one.close()
    assert int(other.database.settings()["outbox_start"]) > 0, "what nobody needs is gone"
    assert with_graph().search.index.problems() == [] and [*with_graph().nearest([5.0, 1.0, 0.0], 1)] == ["5"]


def test_who_does_not_own_an_index_in_a_folder_compares_all(in_graph: Searcher, open_in: Open) -> None:
    in_graph.put("a", EAST)
    other = open_in(in_graph.database.location)
    assert other.search.is_exact and not in_graph.search.is_exact
    assert [*other.nearest(EAST)] == ["a"] and other.search.index.problems() == []
    in_graph.close()
    assert [*other.nearest(EAST)] == ["a"] and not other.search.is_exact


def test_an_index_is_made_anew_beside_the_one_in_use(with_graph: Open) -> None:
    memory, other = with_graph(), with_graph()
    for number in range(3):
        memory.put(f"{number}", [float(number), 1.0, 0.0], NORTH)
    before, told = memory.database.setting("collection"), []
    assert [*other.nearest(EAST, 1)] == ["2"]
    memory.search.index.rebuild(lambda: told.append([*memory.nearest(EAST, 1)]))
    assert told == [["2"]] * 3 and memory.database.setting("collection") != before
    for reader in (memory, other, with_graph()):
        assert [*reader.nearest(EAST, 1)] == ["2"]
    assert memory.search.index.problems() == []
    if folder := memory.database.location.folder:
        assert [path.name for path in folder.glob("chroma*")] == [memory.database.setting("collection")]


def test_a_rebuild_that_is_cut_off_leaves_the_index_in_use(with_graph: Open) -> None:
    memory = with_graph()
    memory.put("a", EAST), memory.put("b", NORTH)
    before = memory.database.setting("collection")

    def cut_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        memory.search.index.rebuild(cut_off)
    assert memory.database.setting("collection") == before and [*memory.nearest(EAST, 1)] == ["a"]
    assert memory.search.index.problems() == []
    if folder := memory.database.location.folder:
        assert [path.name for path in folder.glob("chroma*")] == [before]


def test_what_a_killed_rebuild_left_goes_with_the_next(in_graph: Searcher) -> None:
    in_graph.put("a", EAST)
    folder = in_graph.database.location.folder
    assert folder is not None
    (folder / "chroma-0123456789ab").mkdir()
    in_graph.search.index.rebuild()
    assert [path.name for path in folder.glob("chroma*")] == [in_graph.database.setting("collection")]


def index_in(memory: Searcher) -> Path:
    """The folder of the index in use."""
    folder, name = memory.database.location.folder, memory.database.setting("collection")
    assert folder is not None and name is not None
    return folder / name


def traces(memory: Searcher, vector: list[float]) -> list[str]:
    """Files in which a vector stands, as it is or scaled to length 1."""
    folder = memory.database.location.folder
    assert folder is not None
    array = np.asarray(vector, np.float32)
    forms = [array.tobytes(), (array / np.linalg.norm(array)).astype(np.float32).tobytes()]
    return [p.name for p in folder.rglob("*") if p.is_file() and any(form in p.read_bytes() for form in forms)]


SECRET = np.random.default_rng(7).normal(size=8).tolist()


def test_what_is_deleted_leaves_nothing_in_a_small_index(in_graph: Searcher) -> None:
    for number in range(3):
        in_graph.put(f"{number}", np.random.default_rng(number).normal(size=8).tolist())
    in_graph.put("secret", SECRET)
    assert [*in_graph.nearest(SECRET, 1)] == ["secret"] and traces(in_graph, SECRET)
    in_graph.delete("secret")
    assert traces(in_graph, SECRET) == [] and in_graph.database.setting("traces") is None
    assert "secret" not in in_graph.nearest(SECRET, 9) and in_graph.search.index.problems() == []


def test_a_large_index_keeps_traces_until_they_are_erased(in_graph: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SMALL", 2)
    for number in range(3):
        in_graph.put(f"{number}", np.random.default_rng(number).normal(size=8).tolist())
    in_graph.put("secret", SECRET)
    in_graph.delete("secret")
    assert in_graph.database.setting("traces") == "1" and traces(in_graph, SECRET)
    in_graph.search.erase()
    assert in_graph.database.setting("traces") is None and traces(in_graph, SECRET) == []


def test_a_small_memory_in_a_folder_has_no_index_until_it_grows(
    in_folder: Location, open_in: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SMALL", 2)
    memory = open_in(in_folder, 10**9)
    memory.put("a", EAST, WEST)
    assert memory.search.index.problems() == [] and memory.database.setting("collection") is None
    memory.put("b", NORTH)
    assert index_in(memory).exists() and len(memory.search.index.in_use(memory.database.settings()).ids()) == 3
    memory.delete("a")
    assert memory.database.setting("collection") is None and memory.search.index.problems() == []
    assert {path.name for path in in_folder.folder.iterdir()} >= {"memory.db"} and not [*in_folder.folder.glob("chr*")]


def test_what_a_killed_deleter_left_goes_with_the_next_write(in_graph: Searcher) -> None:
    in_graph.put("a", SECRET[::-1]), in_graph.put("secret", SECRET)
    in_graph.delete("secret", follows=False)
    assert traces(in_graph, SECRET)
    in_graph.put("b", SECRET[::-1])
    assert traces(in_graph, SECRET) == [] and in_graph.search.index.problems() == []


def test_new_vectors_in_another_space_are_found_once_they_are_in_use(with_graph: Open) -> None:
    memory, other = with_graph(), with_graph()
    memory.put("a", EAST), memory.put("b", WEST)
    assert [*other.nearest(EAST, 1)] == ["a"]
    with memory.writing(), memory.database.writing() as connection:
        for found, vector in zip(memory.store.select(), ([1.0, 0.0], [0.0, 1.0]), strict=True):
            put_vectors(connection, found.revision, 1, [vector], [-1])
        memory.store.use_space(1)
        memory.database.set("collection", None)
    for reader in (memory, other):
        assert reader.nearest([0.0, 1.0], 1) == {"b": WHOLE}
        with pytest.raises(MemoryMismatch):
            reader.nearest(EAST)
    assert memory.search.index.problems() == []


def test_a_lost_index_is_made_anew(with_graph: Open, tmp_path: Path) -> None:
    memory = with_graph()
    memory.put("a", EAST)
    memory.close()
    with_graph().search.index.in_use(memory.database.settings()).destroy()  # type: ignore[union-attr]
    assert memory.search.index.problems() == [] and [*memory.nearest(EAST, 1)] == ["a"]
    assert not memory.search.is_exact


def test_a_write_does_not_wait_until_another_process_has_made_an_index(with_graph: Open) -> None:
    memory, other = with_graph(), with_graph()
    memory.put("a", EAST)
    memory.search.index.in_use(memory.database.settings()).destroy()  # type: ignore[union-attr]
    assert other.search.index._builder.take()
    started = time.monotonic()
    memory.put("b", NORTH)
    assert time.monotonic() - started < 5 and memory.nearest(NORTH, 1) == {"b": WHOLE}
    other.search.index._builder.release()
    memory.put("c", WEST)
    assert memory.search.index.problems() == [] and not memory.search.is_exact


def test_what_is_in_the_index_and_should_not_be_is_told(with_graph: Open) -> None:
    memory = with_graph()
    memory.put("a", EAST), memory.put("b", NORTH, WEST)
    index = memory.search.index.in_use(memory.database.settings())
    assert index is not None
    index.delete([(at(memory.store, "b").revision, 2)])
    index.put([stored(1000, EAST)], {1000: "default"})
    assert memory.search.index.problems() == [
        "The index lacks vectors of entry b.",
        "The index holds 1 vectors of entries that are not there.",
    ]
    memory.search.index.rebuild()
    assert memory.search.index.problems() == []


def test_a_damaged_index_is_told_and_made_anew_by_the_next_write(
    in_graph: Searcher, caplog: pytest.LogCaptureFixture
) -> None:
    in_graph.put("a", EAST)
    in_graph.close()
    (index_in(in_graph) / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    for _ in range(2):
        assert [*in_graph.nearest(EAST)] == ["a"]
    [told] = caplog.messages
    assert " is damaged: " in told and "All vectors are compared instead." in told
    in_graph.put("b", NORTH)
    assert in_graph.search.index.problems() == [] and not in_graph.search.is_exact
    assert [*in_graph.nearest(NORTH, 1)] == ["b"] and len(caplog.messages) == 1


def test_a_foreign_folder_of_the_name_of_an_index_is_not_taken_for_one(in_graph: Searcher, open_in: Open) -> None:
    other = open_in(Location.of(in_graph.database.location.file.parent.with_name("other")))
    other.put("theirs", WEST)
    other.close()
    assert in_graph.database.location.folder is not None
    theirs = index_in(other)
    shutil.copytree(theirs, in_graph.database.location.folder / theirs.name)
    in_graph.put("mine", EAST)
    assert [*in_graph.nearest(WEST)] == ["mine"] and in_graph.search.index.problems() == []


def test_of_entries_of_one_id_the_index_follows_each(with_graph: Open) -> None:
    killed = with_graph()
    killed.put("a", EAST, namespace="n"), killed.put("a", NORTH, namespace="m", follows=False)
    with killed.writing(follows=False):
        killed.store.delete([killed.store.at("a", "n")])
    killed.put("a", WEST, namespace="n", follows=False)
    killed.close()
    later = with_graph()
    assert later.search.index.problems() == []
    assert later.nearest(NORTH, namespace="m") == later.nearest(WEST, namespace="n") == {"a": WHOLE}


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_an_index_server_that_goes_away_stops_no_write_and_is_brought_up_when_it_is_back(
    where: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder_or_url = tmp_path / "memory" if where == "sqlite" else request.getfixturevalue("database_url")
    open_in = request.getfixturevalue("open_in")
    port = free_port()
    location = Location.of(folder_or_url, f"http://127.0.0.1:{port}")
    with chroma_server(tmp_path / "chroma", port):
        memory = open_in(location)
        memory.put("a", EAST)
        assert [*memory.nearest(EAST)] == ["a"]
    memory.put("b", NORTH), memory.delete("a")
    assert [*memory.nearest(NORTH)] == ["b"]  # all vectors are compared
    assert f"index server at http://127.0.0.1:{port}" in caplog.text
    assert [*open_in(location, 10**9).nearest(NORTH)] == ["b"]
    with chroma_server(tmp_path / "chroma", port):
        assert [*memory.nearest(NORTH)] == ["b"]
        memory.put("c", WEST)
        assert memory.search.index.problems() == []
        memory.close()


def test_two_processes_write_to_one_server_in_turns(with_graph: Open) -> None:
    searchers = [with_graph(), with_graph()]

    def write(worker: int) -> None:
        for number in range(6):
            searchers[worker].put(f"{worker} {number}", [float(worker), float(number), 1.0])

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(write, range(2)))
    for searcher in searchers:
        assert searcher.search.count() == 12 and len(searcher.nearest(EAST, 20)) == 12
        searcher.search.index.follow()
    assert searchers[0].search.index.problems() == []


@needs_fork
def test_a_fork_searches_and_writes_and_leaves_the_index_to_its_parent(in_graph: Searcher) -> None:
    in_graph.put("a", EAST), in_graph.put("b", NORTH)
    assert [*in_graph.nearest(EAST, 1)] == ["a"]

    def child() -> None:
        assert [*in_graph.nearest(EAST, 1)] == ["a"] and in_graph.search.is_exact
        in_graph.put("c", WEST), in_graph.delete("a")
        assert [*in_graph.nearest(WEST, 1)] == ["c"] and "a" not in in_graph.nearest(EAST)

    forked(child)
    assert [*in_graph.nearest(WEST, 1)] == ["c"] and "a" not in in_graph.nearest(EAST)
    assert in_graph.search.index.problems() == [] and not in_graph.search.is_exact
