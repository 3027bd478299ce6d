from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.errors import InternalError

from parametric_memory.errors import CheckpointError, MemoryFolderError, MemoryMismatch, SettingsError, StorageError
from parametric_memory.index import nearest
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.index.connection import GENERATION, Connection
from parametric_memory.index.filters import DEEPEST, MOST_CONDITIONS, MOST_KEYS, MOST_VALUES, matches
from parametric_memory.index.parts import IndexRecord

EAST, NORTH, WEST = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]
NORTH_EAST = [1.0, 1.0, 0.0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "chroma"


@pytest.fixture
def index(folder: Path) -> MemoryIndex:
    return MemoryIndex(folder, fingerprint="test:3")


def ids(found: list[tuple[str, float]]) -> list[str]:
    return [entry_id for entry_id, _ in found]


def test_the_nearest_entries_come_first_with_their_cosine_similarity(index: MemoryIndex) -> None:
    index.add("east", [[5.0, 0.0, 0.0]])  # length does not count
    index.add("north", [NORTH])
    index.add("west", [WEST])

    found = index.query(NORTH_EAST, k=3)

    assert sorted(ids(found)[:2]) == ["east", "north"]
    assert [score for _, score in found] == pytest.approx([0.5**0.5, 0.5**0.5, -(0.5**0.5)], abs=1e-5)
    assert ids(index.query(EAST, k=1)) == ["east"]


def test_an_entry_is_as_near_as_its_nearest_vector_and_comes_once(index: MemoryIndex) -> None:
    index.add("many", [WEST, NORTH, EAST])
    index.add("one", [NORTH_EAST])

    assert index.query(EAST, k=4) == [
        ("many", pytest.approx(1.0)),
        ("one", pytest.approx(0.5**0.5, abs=1e-5)),
    ]


@pytest.fixture(params=["few", "many"])
def few_or_many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that are kept and compared, or that are too many for that."""
    if request.param == "many":
        monkeypatch.setattr(nearest, "_COMPARED_EXACTLY", 0)


@pytest.mark.usefixtures("few_or_many")
def test_of_each_entry_the_nearest_passages_are_told_each_once(index: MemoryIndex) -> None:
    vectors = [NORTH, NORTH_EAST, EAST, NORTH_EAST, WEST, [1.0, 0.5, 0.0]]  # the first is no passage's
    index.add_many([IndexRecord("many", vectors, passages=[-1, 0, 2, 2, 3, 4])])
    index.add("none", [NORTH_EAST])
    index.add_many([IndexRecord("two", [EAST, WEST, NORTH], passages=[-1, 0, 1]), IndexRecord("other", [EAST])])

    found = index.nearest_passages(["many", "none", "two", "gone"], EAST, 3)
    assert {id: [number for number, _ in of_one] for id, of_one in found.items()} == {
        "many": [2, 4, 0],
        "none": [],
        "two": [1, 0],
    }
    assert index.nearest_passages([], EAST, 3) == index.nearest_passages(["many"], EAST, 0) == {}


@pytest.mark.usefixtures("few_or_many")
def test_an_empty_index_tells_no_passages(index: MemoryIndex) -> None:
    assert index.nearest_passages(["many"], EAST, 3) == {}
    index.add("many", [EAST])
    index.delete(["many"])
    assert index.nearest_passages(["many"], EAST, 3) == {}


def test_an_entry_with_very_many_near_vectors_does_not_hide_the_others(index: MemoryIndex) -> None:
    index.add("crowd", [[1.0, 0.001 * i, 0.0] for i in range(300)])
    index.add("other", [NORTH])
    index.add("third", [WEST])

    assert ids(index.query(EAST, k=3)) == ["crowd", "other", "third"]


@pytest.mark.usefixtures("few_or_many")
def test_a_passage_is_as_near_as_the_nearest_of_its_vectors(index: MemoryIndex) -> None:
    vectors = [NORTH, EAST, NORTH_EAST, EAST, WEST]
    index.add_many(
        [IndexRecord("long", vectors, passages=[-1, 0, 1, 0, 2]), IndexRecord("other", [EAST], passages=[7])]
    )

    nearest = [(0, pytest.approx(1)), (1, pytest.approx(0.5**0.5))]
    assert index.nearest_passages(["long"], EAST, 2) == {"long": nearest}
    assert index.nearest_passages(["long"], EAST, 9) == {"long": [*nearest, (2, pytest.approx(-1))]}


def test_the_index_says_in_which_state_each_entry_was_put_in(index: MemoryIndex) -> None:
    assert index.states() == {}
    index.add_many([IndexRecord("a", [EAST, WEST], state="first"), IndexRecord("b", [NORTH])])
    index.add_many([IndexRecord("a", [NORTH], state="second")])
    assert index.states() == {"a": "second", "b": ""}


def test_ids_may_contain_any_characters(index: MemoryIndex) -> None:
    index.add("docs:a/b:1 ü", [EAST])
    assert ids(index.query(EAST)) == ["docs:a/b:1 ü"]
    assert index.entry_ids() == {"docs:a/b:1 ü"}
    index.delete(["docs:a/b:1 ü"])
    assert index.count() == 0


def test_adding_again_leaves_nothing_of_the_earlier_entry(index: MemoryIndex) -> None:
    index.add("a", [EAST, NORTH], {"draft": True, "year": 2020})
    index.add("a", [WEST], {"year": 2021})

    assert index.query(EAST) == [("a", pytest.approx(-1.0))]
    assert index.query(EAST, filter={"draft": True}) == []
    assert ids(index.query(EAST, filter={"year": 2021})) == ["a"]
    assert index.count() == 1


def test_namespaces_do_not_meet(index: MemoryIndex) -> None:
    index.add("mine", [EAST], namespace="me")
    index.add("yours", [EAST], namespace="you")

    assert ids(index.query(EAST, namespace="me")) == ["mine"]
    assert sorted(ids(index.query(EAST))) == ["mine", "yours"]
    assert index.query(EAST, namespace="nobody") == []


def test_an_expired_entry_is_not_found_but_still_counted(index: MemoryIndex) -> None:
    now = datetime.now(UTC)
    index.add("old", [EAST], expires_at=now - timedelta(seconds=1))
    index.add("fresh", [EAST], expires_at=now + timedelta(hours=1))
    index.add("forever", [EAST])

    assert sorted(ids(index.query(EAST))) == ["forever", "fresh"]
    assert sorted(ids(index.query(EAST, at=now - timedelta(hours=2)))) == ["forever", "fresh"]  # by the clock
    assert index.count() == 3


def test_what_is_not_valid_at_a_moment_is_not_found_and_hides_nothing(index: MemoryIndex) -> None:
    now = datetime.now(UTC)
    for number in range(30):
        index.add(f"was-{number}", [EAST], valid_until=now - timedelta(days=1))
    index.add("to come", [EAST], valid_from=now + timedelta(days=1))
    index.add("is", [NORTH], valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1))
    index.add("always", [NORTH])
    assert sorted(ids(index.query(EAST, 2))) == ["always", "is"]
    assert ids(index.query(EAST, 1, at=now + timedelta(days=2))) == ["to come"]
    assert sorted(ids(index.query(EAST, 40, at=now + timedelta(days=2)))) == ["always", "to come"]
    assert len(index.query(EAST, 40, at=now - timedelta(days=2))) == 31
    assert ids(index.query(EAST, 40, at=now - timedelta(days=1), filter={"missing": 1})) == []


def test_vectors_of_an_index_that_knew_no_validity_are_found(index: MemoryIndex) -> None:
    """Such indexes have none of its keys: those of what is not bounded are as they were."""
    index.add("before", [EAST])
    with index._reading() as collection:
        kept = collection.get(include=["metadatas"])["metadatas"][0]
    assert not [key for key in kept if "valid" in key or "bounded" in key]
    for number in range(9):
        index.add(f"near-{number}", [EAST], namespace="other")
    assert ids(index.query(EAST, 1, namespace="default")) == ["before"]


@pytest.mark.parametrize(
    "filter",
    [
        {"team": "sales"},
        {"team": {"$ne": "sales"}},
        {"team": {"$in": ["sales", "support"]}},
        {"team": {"$nin": ["sales"]}},
        {"year": 2021},
        {"year": 2021.0},
        {"year": {"$gte": 2021}, "team": "sales"},
        {"year": {"$gt": 2019, "$lt": 2021.5}},
        {"year": {"$in": [2020, 2021.0]}},
        {"share": {"$lte": 1}},
        {"done": True},
        {"done": 1},
        {"author": {"name": "Ida"}},
        {"$or": [{"team": "support"}, {"$and": [{"year": 2020}, {"done": True}]}]},
        {"nowhere": 1},
        {"nowhere": {"$ne": 1}},
    ],
)
def test_filters_mean_the_same_to_the_index_and_in_plain_python(index: MemoryIndex, filter: dict[str, Any]) -> None:
    metadata: dict[str, dict[str, Any]] = {
        "a": {"team": "sales", "year": 2020, "done": True, "author": {"name": "Ida"}},
        "b": {"team": "sales", "year": 2021, "share": 0.5, "done": False},
        "c": {"team": "support", "year": 2022, "share": 1},
        "d": {"done": 1},
        "e": {},
    }
    index.add_many(IndexRecord(entry_id, [EAST], values) for entry_id, values in metadata.items())

    found = set(ids(index.query(EAST, k=10, filter=filter)))

    assert found == {entry_id for entry_id, values in metadata.items() if matches(values, filter)}


def test_deleting_what_is_not_there_is_no_error(index: MemoryIndex) -> None:
    index.delete(["nothing"])
    index.add("a", [EAST, NORTH])
    index.add("b", [EAST])
    index.delete(["a", "nothing"])
    assert index.entry_ids() == {"b"}


def test_an_index_whose_entries_were_all_deleted_finds_nothing(index: MemoryIndex) -> None:
    index.add("east", [EAST])
    index.delete(["east"])
    assert index.query(EAST, k=3) == index.query(EAST, k=3, namespace="default", filter={"year": 2021}) == []


def test_reading_an_index_that_is_not_there_makes_nothing(index: MemoryIndex, folder: Path) -> None:
    assert index.query(EAST) == []
    assert index.count() == 0
    assert not folder.parent.exists()


def test_more_entries_than_one_batch_holds(index: MemoryIndex) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(1500, 3))  # also more than Chroma holds in memory before it writes them
    index.add_many(IndexRecord(f"{i}", [vectors[i].tolist()], {"i": i}) for i in range(1500))

    assert index.count() == 1500
    wanted = vectors[1234]
    assert ids(index.query(wanted.tolist(), k=1)) == ["1234"]
    assert ids(index.query(wanted.tolist(), k=5, filter={"i": {"$in": [7, 8]}})) in (["7", "8"], ["8", "7"])
    assert len(index.query(wanted.tolist(), k=500)) == 500
    index.delete(f"{i}" for i in range(1490))
    assert len(index.query(wanted.tolist(), k=20)) == 10


def test_another_instance_sees_what_was_written(index: MemoryIndex, folder: Path) -> None:
    other = MemoryIndex(folder, fingerprint="test:3")
    index.add("a", [EAST])
    assert ids(other.query(EAST)) == ["a"]
    other.add("b", [NORTH])
    assert ids(index.query(NORTH)) == ["b", "a"]
    index.delete(["a"])
    assert ids(other.query(NORTH)) == ["b"]
    assert index.settle({"b": None}) == []
    index.add("c", [WEST])
    assert ids(other.query(NORTH)) == ["c"]
    other.close()
    assert ids(index.query(NORTH)) == ["c"]


def test_another_process_sees_and_is_seen(index: MemoryIndex, folder: Path) -> None:
    index.add("a", [EAST])
    assert ids(index.query(EAST)) == ["a"]
    code = (
        "import sys; from parametric_memory.index.chroma import MemoryIndex;"
        "index = MemoryIndex(sys.argv[1]);"
        "print([entry_id for entry_id, _ in index.query([1, 0, 0])]); index.add('b', [[0, 1, 0]])"
    )

    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['a']"
    assert ids(index.query(NORTH)) == ["b", "a"]


def test_threads_may_share_an_index_while_it_is_written_to(index: MemoryIndex) -> None:
    index.add("a", [EAST])
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(20):
                assert ids(index.query(EAST, k=1)) == ["a"]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(10):
        index.add(f"west {i}", [WEST])
    for thread in threads:
        thread.join()
    assert failures == []


def test_another_embedder_is_refused_by_name_until_the_index_is_made_anew(index: MemoryIndex, folder: Path) -> None:
    index.add("a", [EAST])
    index.close()
    other = MemoryIndex(folder, fingerprint="other:2")

    with pytest.raises(MemoryMismatch, match=r"made with the embedder test:3, not other:2.*parametric-memory reindex"):
        other.query([1.0, 0.0])
    with pytest.raises(MemoryMismatch):
        other.add("b", [[1.0, 0.0]])

    shutil.rmtree(folder)
    other.add("a", [[1.0, 0.0]])
    assert ids(other.query([1.0, 0.0])) == ["a"]


def test_vectors_of_another_length_are_refused_before_anything_is_changed(index: MemoryIndex) -> None:
    index.add("a", [EAST])
    with pytest.raises(MemoryMismatch, match="holds vectors of 3 numbers, not 2"):
        index.add("a", [[1.0, 0.0]])
    with pytest.raises(MemoryMismatch, match="holds vectors of 3 numbers, not 2"):
        index.query([1.0, 0.0])
    assert ids(index.query(EAST)) == ["a"]


def damage_database(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"this is no database" * 500)


def damage_tables(folder: Path) -> None:
    path = folder / "chroma.sqlite3"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xaa" * (len(content) - 8192)
    path.write_bytes(content)


def damage_vectors(folder: Path) -> None:
    for path in folder.glob("*/*.bin"):
        path.write_bytes(b"\xff" * 100)


@pytest.mark.parametrize("damage", [damage_database, damage_tables, damage_vectors])
def test_a_damaged_index_is_told(index: MemoryIndex, folder: Path, damage: Any) -> None:
    random = np.random.default_rng(0).normal(size=(1500, 3))
    index.add_many(IndexRecord(f"{i}", [random[i].tolist()]) for i in range(1500))
    index.close()
    damage(folder)

    for _ in range(2):
        with pytest.raises(MemoryFolderError) as caught:
            index.query(EAST)
        assert "damaged" in str(caught.value)
        assert f"parametric-memory reindex --memory {folder.parent}" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_index_with_another_distance_is_refused(index: MemoryIndex, folder: Path) -> None:
    import chromadb

    client = chromadb.PersistentClient(str(folder), chromadb.Settings(anonymized_telemetry=False))
    client.create_collection("entries", embedding_function=None)
    client.close()

    with pytest.raises(MemoryFolderError, match="index of another kind"):
        index.query(EAST)


def test_a_file_in_the_way_is_one_clear_line(index: MemoryIndex, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")
    with pytest.raises(StorageError, match="Could not use the index in"):
        index.add("a", [EAST])


def test_an_index_is_brought_in_step_with_some_entries(index: MemoryIndex) -> None:
    def state(id: str, of: str, vector: list[float]) -> IndexRecord:
        return IndexRecord(id, [vector, WEST], state=of)

    index.add_many([state("gone", "s", EAST), state("changed", "before", EAST), state("same", "s", NORTH)])
    with index._writing() as client:  # and writers were killed
        index._put_beside(client, [state("changed", "now", NORTH), state("same", "s", EAST)])
    assert index.settle({"gone": None, "changed": "now", "same": "s", "new": "s", "nobody": None}) == ["new"]
    assert index.states() == {"changed": "now", "same": "s"}
    assert dict(index.query(NORTH)) == {"changed": pytest.approx(1.0), "same": pytest.approx(1.0)}


@pytest.mark.parametrize(
    "look",
    [
        lambda index: ids(index.query(EAST, filter={"team": "sales"})),
        lambda index: index.nearest_passages(["a"], EAST, 3),
        lambda index: list(index.nearest_vectors(EAST, ["a"])),
    ],
)
def test_a_reader_that_stumbles_over_what_another_process_just_writes_looks_again(
    index: MemoryIndex, monkeypatch, look: Callable[[MemoryIndex], list[Any]]
) -> None:
    index.add_many([IndexRecord("a", [EAST], {"team": "sales"}, passages=[0])])
    expected = look(index)
    collection, failures = type(index._collection(index._connection.client())), iter([True, True])
    get = collection.get

    def stumbling(self: Any, *args: Any, **options: Any) -> Any:
        if next(failures, False):
            raise InternalError("Error finding id")
        return get(self, *args, **options)

    def searching(self: Any, *args: Any, **options: Any) -> Any:
        raise InternalError("Error finding id")

    monkeypatch.setattr(collection, "get", stumbling)
    monkeypatch.setattr(collection, "query", searching)
    assert look(index) == expected != []
    monkeypatch.setattr(collection, "get", searching)
    with pytest.raises(MemoryFolderError, match="is damaged"):
        look(index)


def test_a_lost_index_is_an_empty_one(index: MemoryIndex, folder: Path) -> None:
    index.add("a", [EAST])
    shutil.rmtree(folder)
    assert index.query(EAST) == []


def test_each_write_starts_a_new_generation(index: MemoryIndex, folder: Path) -> None:
    index.add("a", [EAST])
    first = (folder / GENERATION).read_text()
    index.delete(["a"])
    assert (folder / GENERATION).read_text() != first


def test_importing_the_index_does_not_import_chroma() -> None:
    code = "import sys, parametric_memory.index.chroma; print('chromadb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_cannot_be_replaced_stays(index: MemoryIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    index.add("east", [EAST, NORTH])
    collection = index._collection(index._connection.client())
    assert collection is not None
    whole = type(collection).add

    def fills_the_disk(self: Any, ids: list[str], vectors: Any, metadata: Any) -> None:
        whole(self, ids, vectors, metadata)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(type(collection), "add", fills_the_disk)
        with pytest.raises(StorageError):
            index.add("east", [WEST])
    assert index.query(EAST, k=1) == [("east", pytest.approx(1.0))]
    assert collection.count() == 2
    index.add("east", [WEST])
    assert index.query(EAST, k=1) == [("east", pytest.approx(-1.0))]


def test_an_index_that_is_dropped_unclosed_is_closed_by_the_next_one(folder: Path) -> None:
    for number in range(4):
        index = MemoryIndex(folder, fingerprint="test:3")
        index.add(f"entry {number}", [EAST])
        del index
        gc.collect()
    assert len([taken for taken in Connection._spellings if str(folder.parent) in taken]) == 1
    assert MemoryIndex(folder, fingerprint="test:3").count() == 4


def test_the_largest_metadata_and_filters_that_are_taken_do_the_index_no_harm(index: MemoryIndex) -> None:
    index.add("many", [EAST, NORTH], {f"key{number}": "x" for number in range(MOST_KEYS)})
    with pytest.raises(SettingsError, match="1001 keys"):
        index.add("more", [EAST], {f"key{number}": "x" for number in range(MOST_KEYS + 1)})
    conditions = [{f"key{number}": "x"} for number in range(MOST_CONDITIONS)]
    deep: dict[str, Any] = {"key0": "x"}
    for number in range((DEEPEST - 2) // 2):
        deep = {"$or" if number % 2 else "$and": [deep, {"key1": "x"}]}
    texts = {"key0": {"$in": ["x", *map(str, range(MOST_VALUES - 3))]}}
    for filter in ({"$and": conditions}, {"$or": conditions}, deep, texts):
        assert ids(index.query(EAST, filter=filter, namespace="default")) == ["many"]
    index.delete(["many"])
    index.add("other", [EAST])
    assert ids(index.query(EAST)) == ["other"]


def test_a_namespace_that_is_no_unicode_is_refused(index: MemoryIndex) -> None:
    index.add("east", [EAST])
    with pytest.raises(SettingsError, match="The namespace is not valid Unicode"):
        index.query(EAST, namespace="\ud800")


# Vectors of entries that are gone, or of what they were before


def stated(id: str, vector: list[float], state: str, **options: Any) -> IndexRecord:
    return IndexRecord(id, [vector, vector], state=state, passages=[-1, 0], **options)


@pytest.fixture
def there() -> dict[str, str | None]:
    """The state of each entry that is there."""
    return {}


@pytest.fixture
def stated_index(folder: Path, there: dict[str, str | None]) -> Iterator[MemoryIndex]:
    index = MemoryIndex(folder, fingerprint="test:3", state_of=there.get)
    yield index
    index.close()


def test_vectors_without_entries_hide_none_that_is_there(
    stated_index: MemoryIndex, there: dict[str, str | None]
) -> None:
    stated_index.add_many(stated(f"gone {number}", EAST, "s") for number in range(40))
    stated_index.add_many([stated("near", [0.9, 0.1, 0.0], "s"), stated("far", NORTH, "s")])
    there.update(near="s", far="s")
    for filter in (None, {"a": {"$ne": 1}}):
        assert ids(stated_index.query(EAST, k=1, filter=filter)) == ["near"]
        assert ids(stated_index.query(EAST, k=5, filter=filter)) == ["near", "far"]
    assert list(stated_index.nearest_vectors(EAST, ["gone 1", "near"])) == ["near"]
    assert list(stated_index.nearest_passages(["gone 1", "near"], EAST, 1)) == ["near"]


def test_only_vectors_of_what_an_entry_is_now_count(stated_index: MemoryIndex, there: dict[str, str | None]) -> None:
    stated_index.add_many([stated("a", EAST, "old")])
    there["a"] = "old"
    unlike = pytest.approx(0.0, abs=1e-6)
    with stated_index.replacing(stated("a", NORTH, "new")):  # from here on, the vectors of both are there
        assert stated_index.query(NORTH) == [("a", unlike)]
        there["a"] = "new"
        assert stated_index.query(EAST) == [("a", unlike)]
        assert stated_index.nearest_passages(["a"], EAST, 1) == {"a": [(0, unlike)]}
        assert stated_index.nearest_vectors(EAST, ["a"]) == {"a": pytest.approx(NORTH)}
    assert stated_index.states() == {"a": "new"} and stated_index.query(EAST) == [("a", unlike)]


def test_passages_of_now_are_found_behind_many_nearer_ones_of_another_state(
    stated_index: MemoryIndex, there: dict[str, str | None]
) -> None:
    stated_index.add_many([IndexRecord("a", [NORTH, WEST], state="old", passages=[0, 1])])
    there["a"] = "old"
    with stated_index.replacing(IndexRecord("a", [EAST] * 30, state="new", passages=range(30))):
        assert [number for number, _ in stated_index.nearest_passages(["a"], EAST, 2)["a"]] == [0, 1]


def test_what_readers_passed_over_goes_with_the_next_write(
    stated_index: MemoryIndex, folder: Path, there: dict[str, str | None]
) -> None:
    stated_index.add_many([stated("gone", EAST, "s"), stated("late", EAST, "s"), stated("a", NORTH, "s")])
    there["a"] = "s"
    assert ids(stated_index.query(EAST)) == ["a"]
    there["late"] = "s"  # it was on its way
    with stated_index.replacing(stated("a", WEST, "t")):
        there["a"] = "t"
    assert MemoryIndex(folder).entry_ids() == {"a", "late"}
    del there["late"]
    stated_index.query(EAST)
    stated_index.delete(["nobody"])
    assert MemoryIndex(folder).entry_ids() == {"a"}


def test_vectors_of_an_entry_that_cannot_be_read_are_passed_over_and_stay(folder: Path) -> None:
    damaged = True

    def state_of(id: str) -> str:
        if damaged:
            raise CheckpointError("The record is damaged.")
        return "s"

    index = MemoryIndex(folder, state_of=state_of)
    index.add_many([stated("a", EAST, "s")])
    assert index.query(EAST) == []
    index.delete(["b"])
    damaged = False
    assert ids(index.query(EAST)) == ["a"]


def test_a_replacement_that_fails_leaves_the_vectors_of_before(
    stated_index: MemoryIndex, there: dict[str, str | None]
) -> None:
    stated_index.add_many([stated("a", EAST, "s")])
    there["a"] = "s"
    with pytest.raises(KeyboardInterrupt), stated_index.replacing(stated("a", NORTH, "t")):
        raise KeyboardInterrupt
    assert stated_index.states() == {"a": "s"}
    assert stated_index.query(EAST) == [("a", pytest.approx(1.0))]


def test_of_several_that_fail_half_way_each_has_the_vectors_of_the_state_that_it_is_in(
    stated_index: MemoryIndex, there: dict[str, str | None]
) -> None:
    stated_index.add_many([stated("a", EAST, "s"), stated("b", EAST, "s")])
    there |= {"a": "s", "b": "s"}
    records = [stated(id, NORTH, "t") for id in ("a", "b", "c")]

    def half_way() -> None:
        there["a"] = "t"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), stated_index.replacing(*records):
        half_way()
    assert stated_index.states() == {"a": "t", "b": "s"} and stated_index.parts == 4
    assert ids(stated_index.query(NORTH))[0] == "a" and ids(stated_index.query(EAST))[0] == "b"


def test_what_another_process_wrote_while_one_looked_is_seen(
    stated_index: MemoryIndex, folder: Path, there: dict[str, str | None]
) -> None:
    stated_index.add_many([stated("a", EAST, "s")])
    other, state_of = MemoryIndex(folder), iter(["replace", "t"])
    stated_index.query(EAST)

    def meanwhile(id: str) -> str | None:
        if next(state_of, "t") == "replace":
            other.add_many([stated("a", NORTH, "t")])
        return "t"

    stated_index._state_of = meanwhile
    assert stated_index.query(NORTH) == [("a", pytest.approx(1.0))]


def test_a_vector_whose_metadata_are_not_there_yet_is_none(index: MemoryIndex, monkeypatch) -> None:
    index.add_many([IndexRecord("a", [EAST]), IndexRecord("b", [NORTH])])
    collection = type(index._collection(index._connection.client()))
    get = collection.get

    def half(self: Any, *args: Any, **options: Any) -> Any:
        found = get(self, *args, **options)
        if found["metadatas"]:
            found["metadatas"] = [
                None if id.startswith("a") else m for id, m in zip(found["ids"], found["metadatas"], strict=True)
            ]
        return found

    monkeypatch.setattr(collection, "get", half)
    assert ids(index.query(EAST)) == ["b"]
