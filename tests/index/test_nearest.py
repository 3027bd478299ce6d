from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chromadb.errors import InternalError

from parametric_memory.errors import MemoryMismatch
from parametric_memory.index import nearest
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.index.parts import IndexRecord
from tests.bag_of_words import BagOfWords

EMBEDDER = BagOfWords(4096)  # so that few words share a place
ALIKE = [f"Word{number} is said." for number in range(400)]


@pytest.fixture
def index(tmp_path: Path) -> MemoryIndex:
    return MemoryIndex(tmp_path / "chroma")


def of_sentences(entry_id: str, sentences: list[str]) -> IndexRecord:
    return IndexRecord(entry_id, EMBEDDER.embed_documents(sentences), passages=range(len(sentences)))


@pytest.mark.parametrize("filter", [None, {"kind": "note"}])
def test_what_is_unlike_all_else_is_found(index: MemoryIndex, filter: dict[str, str] | None) -> None:
    note = {"kind": "note"}
    records = [
        of_sentences("words", ALIKE),
        IndexRecord("bread", [EMBEDDER.embed_query("Pia bakes bread.")], note),
        IndexRecord("song", [EMBEDDER.embed_query("Tomas and Pia sing.")], note),
    ]
    index.add_many(records)
    found = index.query(EMBEDDER.embed_query("Pia bakes bread"), 2, filter=filter)
    assert [entry for entry, _ in found] == ["bread", "song"]
    assert [similarity for _, similarity in found] == pytest.approx([1, 1 / 12**0.5])


def test_what_is_written_after_a_search_is_found(index: MemoryIndex) -> None:
    index.add_many([of_sentences("words", ALIKE[:10])])
    sought = EMBEDDER.embed_query("Pia bakes bread")
    assert [entry for entry, _ in index.query(sought)] == ["words"]
    index.add("bread", [EMBEDDER.embed_query("Pia bakes bread.")])
    assert index.query(sought)[0][0] == "bread"
    index.delete(["bread"])
    assert [entry for entry, _ in index.query(sought)] == ["words"]


def test_own_writes_are_known_without_reading_all_vectors_anew(index: MemoryIndex, monkeypatch) -> None:
    index.add_many([of_sentences("words", ALIKE[:10]), of_sentences("songs", ["Tomas sings.", "Pia sings."])])
    sought = EMBEDDER.embed_query("Pia bakes bread")
    index.query(sought)
    monkeypatch.setattr(nearest, "_vectors", None)
    index.add_many([of_sentences("bread", ["Lina bakes bread.", "Pia bakes bread."])])
    index.add("songs", [EMBEDDER.embed_query("Tomas sings.")])
    assert index.query(sought, 2) == [("bread", pytest.approx(1)), ("words", 0)]
    index.delete(["bread", "words"])
    assert index.query(sought, 2) == [("songs", 0)]


def test_after_a_write_that_failed_all_vectors_are_read_anew(index: MemoryIndex, monkeypatch) -> None:
    index.add_many([of_sentences("words", ALIKE[:10])])
    sought = EMBEDDER.embed_query("Pia bakes bread")
    index.query(sought)
    with pytest.raises(MemoryMismatch):
        index.add_many([of_sentences("bread", ["Pia bakes bread."]), IndexRecord("short", [[1.0]])])
    read = []
    of_all = nearest._vectors
    monkeypatch.setattr(nearest, "_vectors", lambda *asked: read.append(1) or of_all(*asked))
    assert [entry for entry, _ in index.query(sought, 1)] == ["words"]
    assert read


def test_among_many_vectors_the_graph_is_searched(index: MemoryIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "_COMPARED_EXACTLY", 2 * 4096)
    monkeypatch.setattr(nearest.NearestParts, "_exactly", None)
    for name in ("Tomas", "Pia", "Lina"):
        index.add(name, [EMBEDDER.embed_query(f"{name} sings.")], {"kind": "note"})
    for filter in (None, {"kind": "note"}):
        [(entry, similarity)] = index.query(EMBEDDER.embed_query("Pia sings"), 1, filter=filter)
        assert (entry, similarity) == ("Pia", pytest.approx(1))
    assert index.query(EMBEDDER.embed_query("Pia sings"), 1, filter={"kind": "book"}) == []


def test_while_another_adds_the_graph_tells_what_was_there_before(index: MemoryIndex, monkeypatch) -> None:
    index.add_many([of_sentences("words", ALIKE[:10])])

    def unknown(*args: object) -> None:
        raise InternalError("Error finding id")

    monkeypatch.setattr(nearest, "_vectors", unknown)
    assert [entry for entry, _ in index.query(EMBEDDER.embed_query("Word7 is said."), 1)] == ["words"]


def test_what_another_deletes_this_moment_is_passed_over(index: MemoryIndex, monkeypatch) -> None:
    index.add_many([of_sentences("words", ALIKE[:10]), of_sentences("bread", ["Pia bakes bread."])])
    sought = EMBEDDER.embed_query("Pia bakes bread")
    assert index.query(sought, 1)[0][0] == "bread"
    other = MemoryIndex(index.folder)
    monkeypatch.setattr(other._connection, "written", lambda: None)  # not yet
    other.delete(["bread"])
    assert [entry for entry, _ in index.query(sought, 2)] == ["words"]


def test_passages_that_another_replaces_this_moment_are_found_as_they_are_now(index: MemoryIndex, monkeypatch) -> None:
    index.add_many([of_sentences("bread", ["Pia bakes bread.", "It rained."])])
    sought = EMBEDDER.embed_query("Pia bakes bread")
    assert [number for number, _ in index.nearest_passages(["bread"], sought, 1)["bread"]] == [0]
    other = MemoryIndex(index.folder)
    monkeypatch.setattr(other._connection, "written", lambda: None)  # not yet
    other.add_many([of_sentences("bread", ["It rained.", "Pia bakes bread."])])
    assert [number for number, _ in index.nearest_passages(["bread"], sought, 1)["bread"]] == [1]


def test_more_than_one_page_is_read(index: MemoryIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "_A_PAGE", 3)
    index.add_many([of_sentences("words", ALIKE[:10]), *(IndexRecord(f"other{i}", [[1.0] * 4096]) for i in range(5))])
    passages = index.nearest_passages(["words"], EMBEDDER.embed_query("Word7 is said."), 10)["words"]
    assert passages[0] == (7, pytest.approx(1))
    assert sorted(passage for passage, _ in passages) == list(range(10))
    assert set(index.states()) == index.entry_ids() == {"words", *(f"other{i}" for i in range(5))}
    assert len(index.query([1.0] * 4096, 6)) == 6


def sung(*names: str, **options: Any) -> list[IndexRecord]:
    return [IndexRecord(name, [EMBEDDER.embed_query(f"{name} sings.")], namespace="choir", **options) for name in names]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Conditions under which vectors are read, of an index that takes any number for many."""
    monkeypatch.setattr(MemoryIndex, "_compared_exactly", 0)
    read, whole = [], nearest.NearestParts._read_few

    def counted(parts: nearest.NearestParts, condition: Any, most: int) -> Any:
        read.append(condition)
        return whole(parts, condition, most)

    monkeypatch.setattr(nearest.NearestParts, "_read_few", counted)
    return read


def test_of_many_vectors_the_few_of_a_namespace_are_compared_exactly_and_read_once(
    index: MemoryIndex, read: list[Any]
) -> None:
    index.add_many([of_sentences("words", ALIKE), *sung("Pia", "Tomas")])
    sought = EMBEDDER.embed_query("Pia sings")
    for _ in range(3):
        found = index.query(sought, 2, namespace="choir")
        assert found == [("Pia", pytest.approx(1)), ("Tomas", pytest.approx(0.5))]
    assert len(read) == 1 and not index.exact
    assert index.query(sought, 1, namespace="choir") == found[:1]
    index.add_many(sung("Ada"))
    assert {name for name, _ in index.query(sought, 4, namespace="choir")} == {"Pia", "Tomas", "Ada"}
    index.delete(["Pia"])
    assert {name for name, _ in index.query(sought, 4, namespace="choir")} == {"Tomas", "Ada"}
    assert len(read) == 3


def test_the_few_are_read_anew_when_another_wrote(index: MemoryIndex, read: list[Any]) -> None:
    index.add_many([of_sentences("words", ALIKE), *sung("Pia")])
    sought, other = EMBEDDER.embed_query("Pia sings"), MemoryIndex(index.folder)
    assert len(index.query(sought, 4, namespace="choir")) == 1
    other.add_many(sung("Tomas"))
    other.delete(["Pia"])
    assert [name for name, _ in index.query(sought, 4, namespace="choir")] == ["Tomas"]


def test_of_the_few_those_that_hold_now_are_found_and_no_moment_is_kept(index: MemoryIndex, read: list[Any]) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    index.add_many([of_sentences("words", ALIKE), *sung(*(f"Over{i}" for i in range(30)), expires_at=past)])
    index.add_many(sung("Pia", metadata={"kind": "solo"}))
    for _ in range(3):
        assert index.query(EMBEDDER.embed_query("sings"), 1, namespace="choir") == [("Pia", pytest.approx(1 / 2**0.5))]
    assert index.query(EMBEDDER.embed_query("sings"), 1, filter={"kind": "solo"})[0][0] == "Pia"
    assert len(read) == 2 and "valid" not in str(read)


def test_what_was_asked_under_last_is_kept(index: MemoryIndex, read: list[Any]) -> None:
    index.add_many([of_sentences("words", ALIKE), *sung("Pia")])
    sought = EMBEDDER.embed_query("Pia sings")
    for number in range(2 * nearest._CONDITIONS):
        assert index.query(sought, 1, namespace=f"none {number}") == []
        assert index.query(sought, 1, namespace="choir")[0][0] == "Pia"
    assert read.count({"parametric_memory:namespace": "choir"}) == 1


def test_where_they_are_not_few_the_graph_is_searched(
    index: MemoryIndex, read: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryIndex, "_few", 4096)
    index.add_many([of_sentences("words", ALIKE), *sung("Pia", "Tomas")])
    by_graph: list[Any] = []
    whole = nearest.NearestParts._by_graph

    def searched(parts: nearest.NearestParts, vector: Any, wanted: int, condition: Any, available: int) -> Any:
        by_graph.append(condition)
        return whole(parts, vector, wanted, condition, available)

    monkeypatch.setattr(nearest.NearestParts, "_by_graph", searched)
    for _ in range(2):
        index.query(EMBEDDER.embed_query("Pia sings"), 2, namespace="choir")
    assert by_graph and len(read) == 1
