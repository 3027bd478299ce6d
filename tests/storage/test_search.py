"""The nearest entries: compared exactly, or looked for in Chroma, whatever the index has seen and whoever owns it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parametric_memory.errors import MemoryMismatch, SettingsError
from parametric_memory.storage import following
from parametric_memory.storage import search as search_module
from parametric_memory.storage.filters import DEEPEST, MOST_CONDITIONS, MOST_KEYS, MOST_VALUES
from parametric_memory.storage.location import Location
from parametric_memory.storage.revisions import put_vectors
from tests.servers import chroma_server, free_port
from tests.storage.processes import forked, needs_fork
from tests.storage.searching import Searcher
from tests.storage.small import EAST, NORTH, NORTH_EAST, WEST, derived, record

Open = Callable[..., Searcher]
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HALF = pytest.approx(0.5**0.5, abs=1e-5)
WHOLE = pytest.approx(1.0, abs=1e-5)


@pytest.fixture
def open_in() -> Iterator[Open]:
    """Opens a location, as another process each time; the graph is searched where there is one."""
    opened: list[Searcher] = []

    def open_(location: Location, most: int = 0) -> Searcher:
        opened.append(Searcher(location, most))
        return opened[-1]

    yield open_
    for searcher in opened:
        searcher.close()


def place(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Location:
    where = request.getfixturevalue("database_url") if "postgresql" in kind else tmp_path / "memory"
    return Location.of(where, request.getfixturevalue("chroma_url") if "server" in kind else None)


@pytest.fixture(params=["exact", "graph", "a server", "postgresql", "postgresql and a server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a memory of each kind, as another process each time."""
    location = place(request, request.param, tmp_path)
    open_in = request.getfixturevalue("open_in")
    return lambda: open_in(location, 10**9 if request.param == "exact" else 0)


@pytest.fixture(params=["graph", "postgresql and a server"])
def with_graph(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a memory whose graph is searched, as another process each time."""
    location = place(request, request.param, tmp_path)
    open_in = request.getfixturevalue("open_in")
    return lambda: open_in(location)


@pytest.fixture
def in_graph(open_in: Open, in_folder: Location) -> Searcher:
    return open_in(in_folder)


def test_the_nearest_come_first_with_their_cosine_similarity_and_each_once(opened: Open) -> None:
    memory = opened()
    assert memory.nearest(EAST) == {} and memory.search.count() == 0
    memory.put("north", NORTH), memory.put("east", [5.0, 0.0, 0.0], NORTH, WEST)  # length does not count
    memory.put("west", WEST)
    assert memory.nearest(NORTH_EAST) == {"east": HALF, "north": HALF, "west": pytest.approx(-(0.5**0.5), abs=1e-5)}
    assert memory.nearest(EAST, 1) == {"east": WHOLE} and memory.nearest(EAST, 0) == {}
    assert memory.search.count() == 5 and memory.search.index.problems() == []


def test_what_is_found_is_what_is_nearest(opened: Open) -> None:
    memory, drawn = opened(), np.random.default_rng(0)
    with memory.writing():
        for number in range(120):
            times = {"valid_until": NOW - DAY} if number % 7 == 0 else {}
            vectors = drawn.normal(size=(1 + number % 3, 4)).tolist()
            labels = {"number": number, "even": number % 2 == 0}
            memory.put(f"{number}", *vectors, namespace="ab"[number % 2], metadata=labels, **times)
    for filter, matches, namespace, at in (
        (None, lambda m: True, None, None),
        (None, lambda m: True, "a", None),
        ({"number": {"$lt": 9}}, lambda m: m["number"] < 9, None, None),
        ({"even": False}, lambda m: not m["even"], "b", NOW - 2 * DAY),
        ({"even": False}, lambda m: not m["even"], "a", None),
    ):
        for k in (1, 5, 50):
            vector = drawn.normal(size=4).tolist()
            expected = memory.by_hand(vector, matches, namespace, at)
            found = memory.nearest(vector, k, filter=filter, namespace=namespace, at=at)
            best = sorted(expected.values(), reverse=True)[:k]
            assert [*found.values()] == pytest.approx(best, abs=1e-5)
            assert found == {id: pytest.approx(expected[id], abs=1e-5) for id in found}


def test_what_is_written_is_found_as_it_is_now(opened: Open) -> None:
    memory = opened()
    memory.put("a", EAST), memory.put("b", NORTH)
    assert memory.nearest(EAST, 1) == {"a": WHOLE}
    memory.put("a", WEST, WEST, text="another", version=2)
    assert memory.nearest(WEST) == {"a": WHOLE, "b": pytest.approx(0, abs=1e-6)} and memory.search.count() == 3
    memory.delete("a")
    assert memory.nearest(EAST) == {"b": pytest.approx(0, abs=1e-6)} and memory.search.count() == 1
    memory.put("a", EAST), memory.put("c", EAST)
    assert [*memory.nearest(EAST)] in (["a", "c", "b"], ["c", "a", "b"]) and memory.search.index.problems() == []


def test_another_process_sees_and_is_seen(opened: Open) -> None:
    one, other = opened(), opened()
    one.put("a", EAST)
    assert [*other.nearest(EAST)] == ["a"]
    other.put("b", NORTH), other.put("a", WEST, text="another", version=2)
    assert [*one.nearest(NORTH, 1)] == ["b"] and one.nearest(WEST, 1) == {"a": WHOLE}
    one.delete("a")
    assert [*other.nearest(WEST)] == ["b"]
    other.delete("b")
    assert one.nearest(WEST) == other.nearest(WEST) == {} and one.search.count() == other.search.count() == 0
    one.put("c", EAST)
    assert [*one.nearest(EAST)] == [*other.nearest(EAST)] == ["c"] and one.search.index.problems() == []


def test_an_entry_moves_to_another_namespace_with_its_vectors(opened: Open) -> None:
    memory = opened()
    entries = [memory.put(f"{number}", EAST, NORTH, namespace="a") for number in range(3)]
    with memory.writing():
        memory.store.update(entries[0].model_copy(update={"namespace": "b"}))
    assert [*memory.nearest(EAST, namespace="b")] == ["0"] and len(memory.nearest(EAST, namespace="a")) == 2
    assert memory.search.index.problems() == []


def test_expired_entries_and_those_that_do_not_hold_are_not_found_and_hide_none(opened: Open) -> None:
    memory = opened()
    with memory.writing():
        for number in range(60):
            memory.put(f"was {number}", EAST, valid_until=NOW - DAY)
        memory.put("expired", EAST, expires_at=NOW - DAY), memory.put("to come", EAST, valid_from=NOW + DAY)
        memory.put("is", NORTH, valid_from=NOW - DAY, valid_until=NOW + DAY), memory.put("always", NORTH)
    assert memory.nearest(EAST, 2).keys() == {"always", "is"}
    assert [*memory.nearest(EAST, 1, at=NOW + 2 * DAY)] == ["to come"]
    assert len(memory.nearest(EAST, 100, at=NOW - 2 * DAY)) == 61
    assert memory.nearest(EAST, 9, at=NOW - DAY, filter={"missing": 1}) == {} and memory.search.count() == 64


def test_many_entries_of_the_same_vector_hide_no_other(opened: Open) -> None:
    memory = opened()
    with memory.writing():
        for number in range(300):
            memory.put(f"same {number}", EAST, namespace="a", expires_at=NOW - DAY)
        memory.put("other", NORTH, namespace="a"), memory.put("third", WEST)
    assert [*memory.nearest(EAST, 2)] == ["other", "third"]
    assert [*memory.nearest(EAST, 2, namespace="a")] == ["other"]


def test_an_entry_with_very_many_near_vectors_hides_no_other(opened: Open) -> None:
    memory = opened()
    memory.put("crowd", *([1.0, 0.001 * i, 0.0] for i in range(300)))
    memory.put("other", NORTH), memory.put("third", WEST, namespace="b")
    assert [*memory.nearest(EAST, 3)] == ["crowd", "other", "third"]
    assert [*memory.nearest(EAST, 3, namespace="b")] == ["third"]


def test_of_each_entry_the_nearest_passages_are_told_each_once(opened: Open) -> None:
    memory = opened()
    vectors = [NORTH, NORTH_EAST, EAST, NORTH_EAST, WEST, [1.0, 0.5, 0.0]]  # the first is no passage's
    with memory.writing():
        memory.put("none", NORTH_EAST)
        for id, own, numbers in (("many", vectors, [-1, 0, 2, 2, 3, 4]), ("two", [EAST, WEST], [0, 1])):
            memory.store.write(record(id, id), id, (), derived(own, numbers))
    many, two, none = (memory.store.at(id).revision for id in ("many", "two", "none"))
    for _ in range(2):  # before and after a search
        found = memory.search.passages([many, none, two, 10**6], EAST, 3)
        assert {of: [number for number, _ in best] for of, best in found.items()} == {
            many: [2, 4, 0],
            none: [],
            two: [0, 1],
        }
        assert found[many][2] == (0, HALF)
        assert memory.search.passages([many], EAST, 0) == {many: []} and memory.search.passages([], EAST, 3) == {}
        assert memory.search.nearest_vectors(EAST, [many, two, 10**6]) == {many: EAST, two: EAST}
        memory.nearest(EAST)


def test_vectors_of_another_length_are_refused(opened: Open) -> None:
    memory = opened()
    memory.put("a", EAST)
    with pytest.raises(MemoryMismatch, match=r"holds vectors of 3 numbers, not 2: .*`parametric-memory reindex"):
        memory.nearest([1.0, 0.0])


def test_what_is_not_understood_is_refused_also_of_an_empty_memory(opened: Open) -> None:
    memory = opened()
    for options in ({"namespace": "\ud800"}, {"filter": {"a": {"$like": "x"}}}):
        with pytest.raises(SettingsError):
            memory.nearest(EAST, **options)


def test_the_largest_metadata_and_filters_that_are_taken_are_answered(opened: Open) -> None:
    memory = opened()
    memory.put("many", EAST, metadata={f"key{number}": "x" for number in range(MOST_KEYS)})
    memory.put("other", EAST)
    conditions = [{f"key{number}": "x"} for number in range(MOST_CONDITIONS)]
    deep: dict[str, Any] = {"key0": "x"}
    for number in range((DEEPEST - 2) // 2):
        deep = {"$or" if number % 2 else "$and": [deep, {"key1": "x"}]}
    texts = {"key0": {"$in": ["x", *map(str, range(MOST_VALUES - 3))]}}
    for filter in ({"$and": conditions}, {"$or": conditions}, deep, texts):
        assert [*memory.nearest(EAST, filter=filter, namespace="default")] == ["many"]


def test_threads_search_while_one_writes_and_miss_nothing(opened: Open) -> None:
    memory, over = opened(), threading.Event()
    memory.put("stays", EAST), memory.put("changes", NORTH)

    def look() -> int:
        rounds = 0
        while not over.is_set() or not rounds:
            assert [*memory.nearest(EAST, 1)] == ["stays"]
            assert memory.nearest(NORTH, 1) == {"changes": WHOLE}
            rounds += 1
        return rounds

    with ThreadPoolExecutor(2) as threads:
        looking = [threads.submit(look) for _ in range(2)]
        try:
            for number in range(15):
                memory.put("changes", NORTH, text=f"text {number}", version=number + 2)
                memory.put("comes and goes", WEST), memory.delete("comes and goes")
        finally:
            over.set()
        assert all(thread.result() for thread in looking)
    assert memory.search.index.problems() == [] and memory.search.count() == 2


def test_a_reader_of_before_does_not_keep_what_came_since_from_later_ones(opened: Open) -> None:
    memory, other = opened(), opened()
    memory.put("a", EAST)
    with memory.database.reading():
        assert memory.store.count() == 1
        other.put("b", NORTH)
        with ThreadPoolExecutor(1) as another:
            assert another.submit(memory.search.count).result() == 2
        assert [*memory.nearest(NORTH, 1)] == ["a"]
    assert [*memory.nearest(NORTH, 1)] == ["b"]


def test_whether_all_is_compared_is_known(opened: Open, request: pytest.FixtureRequest) -> None:
    memory = opened()
    assert memory.search.is_exact
    memory.put("a", EAST)
    assert memory.search.is_exact == (request.node.callspec.params["opened"] in ("exact", "postgresql"))


# The index


def test_what_the_index_has_not_seen_is_found_and_it_follows_later(with_graph: Open) -> None:
    memory = with_graph()
    memory.put("a", EAST), memory.put("b", NORTH)
    killed = with_graph()
    killed.put("c", WEST, follows=False), killed.put("a", NORTH, text="x", version=2, follows=False)
    killed.delete("b", follows=False)
    moved = killed.put("d", NORTH_EAST, follows=False)
    with killed.writing(follows=False):
        killed.store.update(moved.model_copy(update={"namespace": "n"}))
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
    monkeypatch.setattr(search_module, "_SMALL", 2)
    for number in range(3):
        in_graph.put(f"{number}", np.random.default_rng(number).normal(size=8).tolist())
    in_graph.put("secret", SECRET)
    in_graph.delete("secret")
    assert in_graph.database.setting("traces") == "1" and traces(in_graph, SECRET)
    in_graph.search.erase()
    assert in_graph.database.setting("traces") is None and traces(in_graph, SECRET) == []


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
        memory.database.set("dimension", "2")
        memory.database.set("collection", memory.search.index.new_name())
        memory.database.set("followed", None)
    for reader in (memory, other):
        assert reader.nearest([0.0, 1.0], 1) == {"b": WHOLE}
        with pytest.raises(MemoryMismatch):
            reader.nearest(EAST)
    assert memory.search.index.problems() == []


def test_a_lost_index_is_made_anew(with_graph: Open, tmp_path: Path) -> None:
    memory = with_graph()
    memory.put("a", EAST)
    memory.close()
    with_graph().search.index._in_use(memory.database.settings()).destroy()  # type: ignore[union-attr]
    assert memory.search.index.problems() == [] and [*memory.nearest(EAST, 1)] == ["a"]
    assert not memory.search.is_exact


def test_what_is_in_the_index_and_should_not_be_is_told(with_graph: Open) -> None:
    memory = with_graph()
    memory.put("a", EAST), memory.put("b", NORTH, WEST)
    index = memory.search.index._in_use(memory.database.settings())
    assert index is not None
    index.delete([(memory.store.at("b").revision, 2)])
    [stored, _] = memory.store.stored_vectors(0)
    index.put([(stored._replace(revision=1000), "default")])
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
    folder = in_graph.database.location.folder
    assert folder is not None
    (folder / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    for _ in range(2):
        assert [*in_graph.nearest(EAST)] == ["a"]
    [told] = caplog.messages
    assert "chroma is damaged: " in told and "All vectors are compared instead." in told
    in_graph.put("b", NORTH)
    assert in_graph.search.index.problems() == [] and not in_graph.search.is_exact
    assert [*in_graph.nearest(NORTH, 1)] == ["b"] and len(caplog.messages) == 1


def test_a_foreign_folder_of_the_name_of_an_index_is_not_taken_for_one(in_graph: Searcher, open_in: Open) -> None:
    other = open_in(Location.of(in_graph.database.location.file.parent.with_name("other")))
    other.put("theirs", WEST)
    other.close()
    assert in_graph.database.location.folder is not None and other.database.location.folder is not None
    shutil.copytree(other.database.location.folder / "chroma", in_graph.database.location.folder / "chroma")
    in_graph.put("mine", EAST)
    assert [*in_graph.nearest(WEST)] == ["mine"] and in_graph.search.index.problems() == []


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
