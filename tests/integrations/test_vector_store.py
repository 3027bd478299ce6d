from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from langchain_core.documents import Document

from langchain_parametric_memory import ChatParametricMemory, ParametricMemoryVectorStore
from parametric_memory import ParametricMemory
from parametric_memory.errors import DocumentError, SettingsError
from tests.bag_of_words import BagOfWords
from tests.comparing import whole_adapter

OpenMemory = Callable[..., ParametricMemory]
CELLO = Document("Tomas plays the cello.", metadata={"year": 2021, "kind": "music"}, id="cello")
CELLOS = Document("Tomas plays the cello today.", metadata={"year": 2022, "kind": "music"}, id="cellos")
BREAD = Document("Pia bakes rye bread.", metadata={"year": 2023, "kind": "food", "source": "diary.md"}, id="bread")


@pytest.fixture
def store(open_memory: OpenMemory) -> ParametricMemoryVectorStore:
    store = ParametricMemoryVectorStore(open_memory())
    store.add_documents([CELLO, CELLOS, BREAD])
    return store


def ids(documents: list[Document]) -> list[str | None]:
    return [document.id for document in documents]


def test_what_is_added_is_internalized_and_answered_from(store: ParametricMemoryVectorStore) -> None:
    assert whole_adapter(store.memory, "bread").rank > 0
    answer = ChatParametricMemory(memory=store.memory, max_tokens=2).invoke("What bread bakes Pia?")
    assert [r["entry_id"] for r in answer.response_metadata["recalls"] if r["attached"]] == ["bread"]


def test_documents_come_back_as_they_were_nearest_first(store: ParametricMemoryVectorStore) -> None:
    assert store.similarity_search("Who bakes bread?", k=1) == [BREAD]
    assert ids(store.similarity_search("Tomas plays the cello", k=2)) == ["cello", "cellos"]


def test_scores_are_cosine_similarities(store: ParametricMemoryVectorStore) -> None:
    [(document, score), (_, lower)] = store.similarity_search_with_score("Tomas plays the cello.", k=2)
    assert document == CELLO
    assert score == pytest.approx(1.0, abs=1e-5)
    assert 0 < lower < score
    [(_, relevance)] = store.similarity_search_with_relevance_scores("Tomas plays the cello.", k=1)
    assert relevance == pytest.approx(1.0, abs=1e-5)
    vector = BagOfWords().embed_query("Tomas plays the cello.")
    assert store.similarity_search_by_vector(vector, k=1) == [CELLO]


def test_filters_are_those_of_chroma(store: ParametricMemoryVectorStore) -> None:
    assert ids(store.similarity_search("Tomas", filter={"kind": "food"})) == ["bread"]
    assert set(ids(store.similarity_search("Tomas", filter={"year": {"$lt": 2023}}))) == {"cello", "cellos"}
    assert ids(store.max_marginal_relevance_search("Tomas", filter={"kind": "food"})) == ["bread"]


def test_marginal_relevance_prefers_what_is_not_there_yet(store: ParametricMemoryVectorStore) -> None:
    assert ids(store.max_marginal_relevance_search("Tomas plays cello", k=2, lambda_mult=1.0)) == ["cello", "cellos"]
    assert ids(store.max_marginal_relevance_search("Tomas plays cello", k=2, lambda_mult=0.0)) == ["cello", "bread"]


async def test_the_async_methods_do_the_same(store: ParametricMemoryVectorStore) -> None:
    assert await store.aadd_texts(["Lina moved to Bergen."], ids=["lina"]) == ["lina"]
    assert ids(await store.asimilarity_search("Where did Lina move?", k=1)) == ["lina"]
    assert ids(await store.amax_marginal_relevance_search("Lina", k=1)) == ["lina"]
    [(document, score)] = await store.asimilarity_search_with_score("Lina moved", k=1, filter={"year": 2023})
    assert (document.id, score) == ("bread", 0)
    assert ids(await store.aget_by_ids(["lina", "nobody"])) == ["lina"]
    assert await store.adelete(["lina"])
    assert await store.aget_by_ids(["lina"]) == []


def test_the_same_document_is_not_added_twice(store: ParametricMemoryVectorStore) -> None:
    first = store.add_texts(["Lina moved."], [{"year": 2021}])
    assert store.add_texts(["Lina moved."], [{"year": 2021}]) == first
    assert store.add_texts(["Lina moved."], [{"year": 2022}]) != first
    assert store.memory.get(first[0]).version == 1


def test_new_metadata_alone_does_not_internalize_again(store: ParametricMemoryVectorStore) -> None:
    before = store.memory.get("bread")
    store.add_documents([Document(BREAD.page_content, metadata={"kind": "baking"}, id="bread")])
    after = store.memory.get("bread")
    assert (after.version, after.adapter_sha256) == (before.version, before.adapter_sha256)
    assert ids(store.similarity_search("bread", filter={"kind": "baking"})) == ["bread"]
    assert store.get_by_ids(["bread"])[0].metadata == {"kind": "baking"}


def test_title_and_source_in_the_metadata_are_kept_for_citations(store: ParametricMemoryVectorStore) -> None:
    store.add_texts(["Lina moved."], [{"title": "A letter", "source": "letters.txt"}], ids=["letter"])
    entry = store.memory.get("letter")
    assert (entry.title, entry.source) == ("A letter", "letters.txt")


def test_a_store_holds_the_documents_of_one_namespace(store: ParametricMemoryVectorStore) -> None:
    other = ParametricMemoryVectorStore(store.memory, namespace="other")
    other.add_texts(["Pia bakes bread rolls."], ids=["rolls"])
    assert ids(other.similarity_search("Who bakes bread?")) == ["rolls"]
    assert store.get_by_ids(["rolls"]) == []
    assert store.delete(["rolls"])
    assert ids(other.get_by_ids(["rolls"])) == ["rolls"]
    store.add_texts(["Something else."], ids=["rolls"])
    assert [one.page_content for one in other.get_by_ids(["rolls"])] == ["Pia bakes bread rolls."]


async def test_whose_a_document_is_narrows_every_search(open_memory: OpenMemory) -> None:
    store = ParametricMemoryVectorStore(open_memory())
    ana = {"user": "ana", "agent": "cook", "run": "monday"}
    store.add_texts(["Pia bakes rye bread."], [{"year": 2021}], ids=["rye"], **ana)
    await store.aadd_documents([Document("Pia bakes white bread.", id="white")], user="ana", agent="nurse")
    store.add_texts(["Pia bakes no bread."], ids=["none"])
    for search in (
        store.similarity_search,
        store.max_marginal_relevance_search,
        lambda query, **whose: [found for found, _ in store.similarity_search_with_score(query, **whose)],
        lambda query, **whose: store.similarity_search_by_vector(BagOfWords().embed_query(query), **whose),
    ):
        assert ids(search("Who bakes bread?")) == ["none"]
        assert set(ids(search("Who bakes bread?", user="ana"))) == {"rye", "white"}
        assert ids(search("Who bakes bread?", user="ana", agent="nurse")) == ["white"]
        assert ids(search("Who bakes bread?", filter={"year": 2021}, **ana)) == ["rye"]
        assert search("Who bakes bread?", agent="cook") == []
    assert ids(store.as_retriever(search_kwargs={"user": "ana", "run": "monday"}).invoke("bread")) == ["rye"]
    assert store.memory.get("rye").metadata == {"year": 2021, "agent_id": "cook", "run_id": "monday"}
    with pytest.raises(SettingsError, match="A user is a namespace"):
        ParametricMemoryVectorStore(store.memory, namespace="bea").add_texts(["Pia moved."], user="ana")
    with pytest.raises(SettingsError, match="is no name"):
        store.similarity_search("bread", user="")
    store.delete(user="ana", agent="nurse")
    assert {entry.id for entry in store.memory.list()} == {"rye", "none"}


def test_the_same_text_of_two_agents_is_two_documents(open_memory: OpenMemory) -> None:
    store = ParametricMemoryVectorStore(open_memory())
    added = [store.add_texts(["Lina moved."], agent=agent)[0] for agent in ("cook", "nurse", "cook")]
    assert added[0] == added[2] != added[1] and len(store.memory.list()) == 2


def test_documents_are_found_while_they_last_and_hold(open_memory: OpenMemory) -> None:
    store = ParametricMemoryVectorStore(open_memory())
    store.add_texts(["Pia baked bread."], ids=["past"], valid_from="2020-01-01", valid_until="2020-12-31")
    store.add_documents([Document("Pia bakes bread.", id="now")], valid_from="2021-01-01", ttl=timedelta(days=1))
    assert ids(store.similarity_search("Who bakes bread?")) == ["now"]
    entry = store.memory.get("now")
    assert entry.expires_at is not None and entry.valid_from == datetime(2021, 1, 1, tzinfo=UTC)
    [recall] = store.memory.recall("Who baked bread?", at="2020-06-01")
    assert recall.entry_id == "past"
    with pytest.raises(SettingsError, match="valid_until"):
        store.add_texts(["One.", "Two."], valid_from="2021-01-02", valid_until="2021-01-01")
    made = ParametricMemoryVectorStore.from_texts(["Three."], memory=store.memory, ids=["three"], ttl=timedelta(0))
    assert made.get_by_ids(["three"]) == [] and len(store.memory.list()) == 3


def test_deleting_without_ids_empties_the_namespace_only(store: ParametricMemoryVectorStore) -> None:
    other = ParametricMemoryVectorStore(store.memory, namespace="other")
    other.add_texts(["Pia bakes rolls."], ids=["rolls"])
    store.delete()
    assert store.similarity_search("bread") == []
    assert ids(other.similarity_search("rolls")) == ["rolls"]


def test_a_filter_says_what_is_deleted(store: ParametricMemoryVectorStore) -> None:
    store.delete(where={"kind": "food"})
    assert {entry.id for entry in store.memory.list()} == {"cello", "cellos"}
    store.delete(["cello"], filter={"year": 2022})
    with pytest.raises(TypeError, match="give one of them"):
        store.delete(filter={"year": 2022}, where={"year": 2021})
    store.delete(filter={"year": 2022})
    with pytest.raises(SettingsError, match="would forget everything"):
        store.delete(where={})
    assert [entry.id for entry in store.memory.list()] == ["cello"]


def test_options_that_there_are_not_are_refused_before_anything_happens(store: ParametricMemoryVectorStore) -> None:
    calls: list[Callable[..., object]] = [
        partial(store.similarity_search, "Tomas"),
        partial(store.similarity_search_with_score, "Tomas"),
        partial(store.similarity_search_by_vector, [0.0]),
        partial(store.max_marginal_relevance_search, "Tomas"),
        partial(store.add_documents, [Document("Lina moved.")]),
        store.delete,
        store.as_retriever(search_kwargs={"namespace": "other"}).invoke,
    ]
    for call in calls[:-1]:
        with pytest.raises(TypeError, match="no option namespace"):
            call(namespace="other")
    with pytest.raises(TypeError, match="no option namespace"):
        calls[-1]("Tomas")
    with pytest.raises(TypeError, match="threshold: a memory that is open"):
        ParametricMemoryVectorStore.from_texts(["Lina moved."], memory=store.memory, threshold=0.1)
    assert len(store.memory.list()) == 3
    assert ids(store.similarity_search("Tomas", 4, {"kind": "food"})) == ["bread"]


def test_what_cannot_be_kept_is_refused_before_anything_is_added(store: ParametricMemoryVectorStore) -> None:
    for text, metadata in (("", {}), ("Three.", {"languages": ["eng"]})):
        with pytest.raises(DocumentError):
            store.add_texts(["One.", text], [{}, metadata])
    ParametricMemoryVectorStore(store.memory, namespace="other").add_texts(["Two."], ids=["taken"])
    assert len(store.memory.list()) == 4 and store.get_by_ids(["taken"]) == []
    [id] = store.add_texts(["Lina moved."], [{"author": None, "page": 1}])
    assert store.get_by_ids([id])[0].metadata == {"page": 1}


def test_citations_follow_the_metadata(store: ParametricMemoryVectorStore) -> None:
    for metadata, title, source in (
        ({"source": "a.txt", "title": "First"}, "First", "a.txt"),
        ({"source": "b.txt"}, "Lina moved.", "b.txt"),
        ({}, "Lina moved.", None),
    ):
        store.add_texts(["Lina moved."], [metadata], ids=["lina"])
        entry = store.memory.get("lina")
        assert (entry.title, entry.source, entry.version) == (title, source, 1)


def test_a_lost_index_hides_nothing(store: ParametricMemoryVectorStore, open_memory: OpenMemory) -> None:
    searches = ("similarity_search", "max_marginal_relevance_search")
    before = [ids(getattr(store, search)("Tomas plays the cello")) for search in searches]
    store.memory.close()
    for folder in store.memory.storage.location.folder.glob("chroma*"):
        shutil.rmtree(folder)
    for most_compared in (10**9, 0):  # all are compared, or a graph would be searched
        again = ParametricMemoryVectorStore(open_memory())
        again.memory.storage.search._most = most_compared
        assert [ids(getattr(again, search)("Tomas plays the cello")) for search in searches] == before


def test_what_is_changed_during_a_search_for_variety_is_passed_over(
    store: ParametricMemoryVectorStore, monkeypatch
) -> None:
    nearest = store.memory.storage.search.nearest

    def then_deleted(*args, **options):
        found = nearest(*args, **options)
        store.memory.delete("cello")
        return found

    monkeypatch.setattr(store.memory.storage.search, "nearest", then_deleted)
    assert ids(store.max_marginal_relevance_search("Tomas plays the cello", k=1)) == ["cellos"]


def test_variety_is_told_by_the_vectors_that_were_found(open_memory: OpenMemory) -> None:
    store = ParametricMemoryVectorStore(open_memory())
    words = " ".join(f"Word{number} is said." for number in range(40))
    store.add_texts([f"{words} Pia bakes bread.", "Tomas and Pia sing."], ids=["long", "short"])
    for search in (store.similarity_search, partial(store.max_marginal_relevance_search, lambda_mult=1.0)):
        assert ids(search("Pia bakes bread", k=1)) == ["long"]


def test_a_count_that_does_not_fit_is_refused_before_anything_is_added(store: ParametricMemoryVectorStore) -> None:
    with pytest.raises(DocumentError, match="2 texts came with 2 metadata and 1 ids"):
        store.add_texts(["One.", "Two."], ids=["one"])
    assert store.get_by_ids(["one"]) == []


def test_from_documents_makes_a_memory_in_a_folder_that_outlives_it(open_memory: OpenMemory, tmp_path: Path) -> None:
    usual = open_memory()
    options = {"base_model": usual.models.base, "hypernetwork": usual.models.hypernetwork_folder}
    folder = tmp_path / "made"
    options |= {"embeddings": BagOfWords()}
    made = ParametricMemoryVectorStore.from_documents([CELLO, BREAD], persist_directory=folder, **options)
    made.memory.close()
    assert ParametricMemoryVectorStore(open_memory(folder)).similarity_search("Who bakes bread?", k=1) == [BREAD]


def test_from_texts_takes_a_memory_too(open_memory: OpenMemory) -> None:
    memory = open_memory()
    store = ParametricMemoryVectorStore.from_texts(["Lina moved."], memory=memory, ids=["lina"], namespace="people")
    assert store.namespace == "people" and [entry.id for entry in memory.list(namespace="people")] == ["lina"]


def test_stores_of_two_namespaces_have_documents_of_the_same_id(open_memory: OpenMemory) -> None:
    ana, ben = (ParametricMemoryVectorStore(open_memory(), namespace=name) for name in ("ana", "ben"))
    (
        ana.add_texts(["Ana sails."], [{"by": "ana"}], ids=["one"]),
        ben.add_texts(["Ben rows."], [{"by": "ben"}], ids=["one"]),
    )
    ana.add_texts(["Ana sails a boat."], [{"by": "ana"}], ids=["one"])
    assert [document.page_content for document in ana.get_by_ids(["one"])] == ["Ana sails a boat."]
    assert [document.page_content for document in ben.similarity_search("Who rows?", k=1)] == ["Ben rows."]
    ana.delete(["one"])
    assert ana.get_by_ids(["one"]) == [] and ben.get_by_ids(["one"])[0].page_content == "Ben rows."


def test_as_retriever_searches_in_every_way(store: ParametricMemoryVectorStore) -> None:
    assert ids(store.as_retriever(search_kwargs={"k": 1}).invoke("Who bakes bread?")) == ["bread"]
    varied = store.as_retriever(search_type="mmr", search_kwargs={"k": 2, "lambda_mult": 0.0})
    assert ids(varied.invoke("Tomas plays cello")) == ["cello", "bread"]
    strict = store.as_retriever(search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.5})
    assert ids(strict.invoke("Pia bakes bread")) == ["bread"]
