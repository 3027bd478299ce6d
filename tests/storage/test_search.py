"""The nearest entries: compared exactly, or looked for in Chroma, whatever the index has seen and whoever owns it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from parametric_memory.errors import MemoryMismatch, SettingsError
from parametric_memory.index.chroma import ChromaIndex
from parametric_memory.storage import search
from parametric_memory.storage.entries import put_vectors
from parametric_memory.storage.filters import DEEPEST, MOST_CONDITIONS, MOST_KEYS, MOST_VALUES
from parametric_memory.storage.following import COLLECTION
from tests.storage.searching import Open
from tests.storage.small import EAST, NORTH, NORTH_EAST, WEST, at, derived, record

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HALF = pytest.approx(0.5**0.5, abs=1e-5)
WHOLE = pytest.approx(1.0, abs=1e-5)


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
    for filter, matches, namespace, moment in (
        (None, lambda m: True, None, None),
        (None, lambda m: True, "a", None),
        ({"number": {"$lt": 9}}, lambda m: m["number"] < 9, None, None),
        ({"even": False}, lambda m: not m["even"], "b", NOW - 2 * DAY),
        ({"even": False}, lambda m: not m["even"], "a", None),
    ):
        for k in (1, 5, 50):
            vector = drawn.normal(size=4).tolist()
            expected = memory.by_hand(vector, matches, namespace, moment)
            found = memory.nearest(vector, k, filter=filter, namespace=namespace, at=moment)
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
    for number in range(3):
        memory.put(f"{number}", EAST, NORTH, namespace="a")
    first = memory.store.at("0", "a")
    with memory.writing():
        memory.store.update(first, first.entry.model_copy(update={"namespace": "b"}))
    assert [*memory.nearest(EAST, namespace="b")] == ["0"] and len(memory.nearest(EAST, namespace="a")) == 2
    assert memory.search.index.problems() == []


def test_entries_of_the_same_id_are_found_in_their_namespaces(opened: Open) -> None:
    memory = opened()
    memory.put("a", EAST, namespace="ana"), memory.put("a", NORTH, namespace="ben")
    assert memory.nearest(EAST, namespace="ana") == {"a": WHOLE} and memory.nearest(EAST, namespace="ben") == {"a": 0.0}
    with memory.writing():
        memory.store.delete([memory.store.at("a", "ana")])
    assert memory.nearest(EAST, namespace="ana") == {} and memory.nearest(NORTH, namespace="ben") == {"a": WHOLE}
    assert memory.search.index.problems() == []


def test_of_a_large_memory_a_small_namespace_is_compared_at_once(
    with_graph: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, asked = with_graph(), list[str | None]()
    monkeypatch.setattr(search, "_FEW", 4)
    with memory.writing():
        for number in range(6):
            memory.put(f"{number}", [float(number), 1.0, 0.0], namespace="large")
        memory.put("east", EAST, namespace="small"), memory.put("north", NORTH, namespace="small")
    whole = ChromaIndex.nearest

    def nearest(index: ChromaIndex, vector: Any, most: int, namespace: str | None = None) -> Any:
        asked.append(namespace)
        return whole(index, vector, most, namespace)

    monkeypatch.setattr(ChromaIndex, "nearest", nearest)
    for _ in range(2):
        assert [*memory.nearest(EAST, 3, namespace="small")] == ["east", "north"] and asked == []
    for _ in range(2):
        assert [*memory.nearest(EAST, 2, namespace="large")] == ["5", "4"] and asked.pop() is None


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
    many, two, none = (at(memory.store, id).revision for id in ("many", "two", "none"))
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


def test_a_search_that_began_before_a_reindex_compares_the_vectors_that_it_sees(opened: Open) -> None:
    memory = opened()
    memory.put("a", EAST)
    before = at(memory.store, "a").revision

    def reindexed() -> dict[str, float]:
        with memory.database.writing() as connection:
            put_vectors(connection, before, 1, [NORTH], [-1])
            memory.store.use_space(1)
            memory.database.set(COLLECTION, None)
        return memory.nearest(NORTH, 1)

    with memory.database.reading():
        look = memory.search._look(EAST)
        with ThreadPoolExecutor(1) as another:
            assert another.submit(reindexed).result() == {"a": WHOLE}
        assert look(1, None)[0] == [(before, WHOLE)]


@pytest.mark.parametrize("writes", [0, 1], ids=["itself", "another"])
def test_a_search_finds_what_was_replaced_after_it_began(opened: Open, writes: int) -> None:
    instances = opened(), opened()
    memory, writer = instances[0], instances[writes]
    memory.put("a", EAST)
    before = at(memory.store, "a").revision
    with memory.database.reading():
        look = memory.search._look(EAST)
        with ThreadPoolExecutor(1) as another:
            another.submit(writer.put, "a", NORTH).result()
        assert look(1, None)[0][0] == (before, WHOLE)
        assert memory.nearest(EAST, 1) == {"a": WHOLE}
    assert [*memory.nearest(NORTH, 1).values()] == [WHOLE]


def test_whether_all_is_compared_is_known(opened: Open, request: pytest.FixtureRequest) -> None:
    memory = opened()
    assert memory.search.is_exact
    memory.put("a", EAST)
    assert memory.search.is_exact == (request.node.callspec.params["opened"] in ("exact", "postgresql"))
