from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from langchain_parametric_memory import ChatParametricMemory, ParametricMemoryStore, langgraph_store
from parametric_memory import ParametricMemory
from parametric_memory.errors import DocumentError, ParametricMemoryError, SettingsError

OpenMemory = Callable[..., ParametricMemory]
LINA, TOMAS = ("users", "lina"), ("users", "tomas")
ITEMS: list[tuple[tuple[str, ...], str, dict[str, Any]]] = [
    (LINA, "city", {"text": "Lina lives in Bergen.", "score": 5, "tags": ["home"], "about": {"kind": "place"}}),
    (LINA, "job", {"text": "Lina studies seals.", "score": 3, "about": {"kind": "work"}}),
    (TOMAS, "cello", {"text": "Tomas plays the cello.", "score": 4.5, "about": {"kind": "music"}}),
    (("users", "tomas", "notes"), "1", {"text": "Buy strings.", "done": False}),
    (("docs",), "rules", {"text": "Close the door.", "score": "high"}),
]
A_MOMENT = 0.2 / 60  # minutes


@pytest.fixture
def store(open_memory: OpenMemory) -> ParametricMemoryStore:
    return filled(ParametricMemoryStore(open_memory()))


def filled(store):
    for namespace, key, value in ITEMS:
        store.put(namespace, key, value)
    return store


def keys(items: list[Item]) -> list[str]:
    return [item.key for item in items]


OPERATIONS = [
    GetOp(LINA, "city"),
    GetOp(LINA, "nothing"),
    GetOp(("users",), "city"),
    SearchOp(("users",)),
    SearchOp(LINA),
    SearchOp(("us",)),
    SearchOp(()),
    SearchOp(("users",), limit=2),
    SearchOp(("users",), limit=2, offset=3),
    SearchOp((), filter={"score": 3}),
    SearchOp(LINA, filter={"score": {"$gte": 5}}),
    SearchOp(LINA, filter={"score": {"$gt": 2, "$lt": 5}}),
    SearchOp(LINA, filter={"score": {"$gt": "2.5"}}),
    SearchOp(LINA, filter={"score": {"$lte": 3}, "about": {"kind": {"$eq": "work"}}}),
    SearchOp((), filter={"score": {"$ne": 3}, "text": "Close the door."}),
    SearchOp((), filter={"about": {"kind": "work"}}),
    SearchOp((), filter={"tags": ["home"]}),
    SearchOp((), filter={"done": False}),
    ListNamespacesOp(),
    ListNamespacesOp(max_depth=1),
    ListNamespacesOp(max_depth=2, limit=2, offset=1),
    ListNamespacesOp(match_conditions=(MatchCondition("prefix", ("users",)),)),
    ListNamespacesOp(match_conditions=(MatchCondition("suffix", ("notes",)),)),
    ListNamespacesOp(match_conditions=(MatchCondition("prefix", ("*", "tomas")), MatchCondition("suffix", ("notes",)))),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_operations_give_what_langgraphs_own_store_gives(store: ParametricMemoryStore, operation) -> None:
    [own], [expected] = store.batch([operation]), filled(InMemoryStore()).batch([operation])

    def told(result: Any) -> Any:
        if isinstance(result, Item):
            return result.namespace, result.key, result.value
        return result

    if isinstance(operation, SearchOp):
        complete = operation.limit > len(ITEMS)
        assert len(own) == len(expected)
        if complete:
            assert sorted(map(repr, map(told, own))) == sorted(map(repr, map(told, expected)))
    else:
        assert told(own) == told(expected)


def test_an_operator_that_langgraph_does_not_know_is_told_of(store: ParametricMemoryStore) -> None:
    with pytest.raises(ValueError, match=r"Unsupported operator '\$in' in a filter: use \$eq"):
        store.search((), filter={"score": {"$in": [3]}})


def test_dates_are_compared_as_they_are_written(store: ParametricMemoryStore) -> None:
    store.put(("diary",), "walk", {"date": "2026-03-01", "steps": "900"})
    assert keys(store.search(("diary",), filter={"date": {"$gte": "2026-01-01"}, "steps": {"$lt": "1000"}})) == ["walk"]
    assert keys(store.search(("diary",), filter={"date": {"$lt": "2026-01-01"}})) == []


def test_what_cannot_be_compared_does_not_pass(store: ParametricMemoryStore) -> None:
    assert keys(store.search((), filter={"score": {"$gt": 4}})) == ["cello", "city"]


def test_pages_of_a_search_are_without_gaps_newest_first(store: ParametricMemoryStore) -> None:
    pages = [keys(store.search((), limit=2, offset=offset)) for offset in (0, 2, 4, 6)]
    assert pages == [["rules", "1"], ["cello", "job"], ["city"], []]


async def test_the_async_methods_do_the_same(store: ParametricMemoryStore) -> None:
    await store.aput(LINA, "pet", {"text": "Lina has a parrot."})
    assert (await store.aget(LINA, "pet")).value == {"text": "Lina has a parrot."}
    assert keys(await store.asearch(LINA, query="parrot", limit=1)) == ["pet"]
    await store.adelete(LINA, "pet")
    assert await store.aget(LINA, "pet") is None
    assert await store.alist_namespaces(prefix=["docs"]) == [("docs",)]


def test_a_batch_reads_before_it_writes_and_the_last_write_of_a_key_counts(store: ParametricMemoryStore) -> None:
    results = store.batch(
        [
            PutOp(LINA, "city", {"text": "Lina lives in Oslo."}),
            GetOp(LINA, "city"),
            PutOp(LINA, "city", {"text": "Lina lives in Turku."}),
            PutOp(TOMAS, "cello", None),
        ]
    )
    assert [results[0], results[2], results[3]] == [None, None, None]
    assert results[1].value == ITEMS[0][2]
    assert store.get(LINA, "city").value == {"text": "Lina lives in Turku."}
    assert store.get(TOMAS, "cello") is None


def test_a_search_with_words_ranks_by_meaning_below_a_prefix(store: ParametricMemoryStore) -> None:
    found = store.search(("users",), query="Who plays the cello?", limit=2)
    assert found[0].key == "cello"
    assert found[0].score > found[1].score
    assert keys(store.search(LINA, query="Who plays the cello?")) != ["cello"]
    assert "cello" not in keys(store.search(LINA, query="Who plays the cello?"))


def test_a_search_with_words_looks_as_far_as_its_filter_makes_it(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory())
    for number in range(12):
        store.put(LINA, str(number), {"text": f"Lina sees seals, day {number}.", "rare": number == 7})
    assert keys(store.search(LINA, query="Lina sees seals", filter={"rare": True}, limit=1)) == ["7"]
    assert len(store.search(LINA, query="Lina sees seals", limit=5, offset=10)) == 2


def test_fields_say_what_is_searched(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory(), fields=["text"])
    store.put(LINA, "a", {"text": "Lina studies seals.", "note": "cello"})
    store.put(LINA, "b", {"text": "Tomas sleeps.", "note": "seals"}, index=["note"])
    assert store.memory.history(store.memory.list()[0].id).text == "Lina studies seals."
    assert keys(store.search(LINA, query="seals"))[0] == "b"


def test_without_fields_the_whole_value_is_told_in_words(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory())
    store.put(LINA, "a", {"kind": "Memory", "content": {"content": "Lina studies seals."}})
    store.put(LINA, "b", {"content": "Tomas sleeps."})
    texts = [store.memory.history(entry.id).text for entry in store.memory.list()]
    assert texts == ["kind: Memory\ncontent: Lina studies seals.", "Tomas sleeps."]


def test_an_item_may_be_kept_without_being_searched(store: ParametricMemoryStore) -> None:
    store.put(LINA, "secret", {"text": "Lina has a parrot."}, index=False)
    assert store.get(LINA, "secret") is not None
    assert "secret" in keys(store.search(LINA))
    assert "secret" not in keys(store.search(LINA, query="Lina has a parrot."))


def test_an_item_that_is_not_searched_answers_nobody(store: ParametricMemoryStore) -> None:
    store.put(LINA, "secret", {"text": "Lina owns a zeppelin."}, index=False)
    store.put(LINA, "blob", {"blob": "\0"}, index=False)
    assert [r.title for r in store.memory.recall("Lina owns a zeppelin", namespace="users.lina")].count("secret") == 0
    assert not any("zeppelin" in store.memory.history(entry.id).text for entry in store.memory.list())
    assert store.get(LINA, "secret").value == {"text": "Lina owns a zeppelin."}
    assert {"secret", "blob"} <= set(keys(store.search(LINA)))
    store.put(LINA, "secret", {"text": "Lina owns a zeppelin."})
    assert keys(store.search(LINA, query="Lina owns a zeppelin", limit=1)) == ["secret"]
    store.put(LINA, "secret", {"text": "Lina owns a zeppelin."}, index=False)
    assert "secret" not in keys(store.search(LINA, query="Lina owns a zeppelin"))
    with pytest.raises(DocumentError):
        store.put(LINA, "blob", {"text": "\0x"})
    assert store.get(LINA, "blob").value == {"blob": "\0"}
    assert ("users", "lina") in store.list_namespaces()


@pytest.mark.parametrize(
    "op", [PutOp(("users.lina",), "k", {}), PutOp((), "k", {}), SearchOp(("a.b",)), GetOp(("",), "k")]
)
def test_a_namespace_that_would_be_another_is_refused(store: ParametricMemoryStore, op) -> None:
    before = len(store.memory.list())
    with pytest.raises(InvalidNamespaceError):
        store.batch([PutOp(LINA, "new", {"text": "Lina sings."}), op])
    assert len(store.memory.list()) == before


def test_a_sweep_spares_what_was_put_again_meanwhile(open_memory: OpenMemory, monkeypatch) -> None:
    store, other = ParametricMemoryStore(open_memory()), ParametricMemoryStore(open_memory())
    store.put(LINA, "a", {"text": "Lina studies seals."}, ttl=0.0001)
    time.sleep(0.02)
    entries = store._entries

    def then_put_again(*args: Any, **options: Any) -> list[Any]:
        found = list(entries(*args, **options))
        other.put(LINA, "a", {"text": "Lina studies seals."}, ttl=10)
        return found

    monkeypatch.setattr(store, "_entries", then_put_again)
    assert store.sweep_ttl() == 0
    assert store.get(LINA, "a") is not None


def test_a_new_value_keeps_the_time_of_creation(store: ParametricMemoryStore) -> None:
    before = store.get(LINA, "city")
    store.put(LINA, "city", {"text": "Lina lives in Oslo."})
    after = store.get(LINA, "city")
    assert after.created_at == before.created_at <= before.updated_at < after.updated_at <= datetime.now(UTC)
    assert keys(store.search(LINA, limit=1)) == ["city"]


def test_another_value_in_the_same_words_does_not_internalize_again(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory(), fields=["text"])
    store.put(LINA, "a", {"text": "Lina studies seals.", "seen": 1})
    [before] = store.memory.list()
    store.put(LINA, "a", {"text": "Lina studies seals.", "seen": 2})
    [after] = store.memory.list()
    assert store.get(LINA, "a").value["seen"] == 2
    assert (after.version, after.adapter_sha256) == (before.version, before.adapter_sha256)


def test_items_past_their_time_are_not_found_and_swept(store: ParametricMemoryStore) -> None:
    store.put(LINA, "passing", {"text": "Lina is at the dentist."}, ttl=A_MOMENT)
    assert store.get(LINA, "passing", refresh_ttl=False) is not None
    time.sleep(0.3)
    assert store.get(LINA, "passing") is None
    assert "passing" not in keys(store.search(LINA)) + keys(store.search(LINA, query="dentist"))
    assert store.sweep_ttl() == 1
    assert len(store.memory.list()) == len(ITEMS)


def test_reading_an_item_renews_its_time_unless_told_otherwise(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory(), ttl={"default_ttl": 1, "refresh_on_read": True})
    store.put(LINA, "a", {"text": "Lina studies seals."})
    store.put(LINA, "b", {"text": "Tomas sleeps."}, ttl=8 * A_MOMENT)  # a write may take its time
    first = store.memory.list()[0].expires_at
    store.get(LINA, "a")
    assert store.memory.list()[0].expires_at == first  # so little of its time is gone that it is not worth a write
    for _ in range(2):  # together longer than the item's time
        time.sleep(8 * 0.12)
        assert store.get(LINA, "b") is not None
    for _ in range(2):
        time.sleep(8 * 0.12)
        found = store.get(LINA, "b", refresh_ttl=False)
    assert found is None


def test_reading_an_item_undoes_nothing_that_others_do_meanwhile(open_memory: OpenMemory, monkeypatch) -> None:
    store = ParametricMemoryStore(open_memory(), ttl={"refresh_on_read": True})
    other = ParametricMemoryStore(open_memory())
    writing = store.memory.storage.writing

    def meanwhile(act: Callable[[], None]) -> None:
        def first_waits() -> AbstractContextManager[None]:
            monkeypatch.undo()
            act()
            return writing()

        monkeypatch.setattr(store.memory.storage, "writing", first_waits)

    monkeypatch.setattr(langgraph_store, "_WORTH_RENEWING", 0.0)
    store.put(LINA, "a", {"text": "Lina studies seals."}, ttl=10)
    meanwhile(lambda: other.put(LINA, "a", {"text": "Lina studies otters."}, ttl=10))
    store.get(LINA, "a")
    assert other.get(LINA, "a", refresh_ttl=False).value == {"text": "Lina studies otters."}
    monkeypatch.setattr(langgraph_store, "_WORTH_RENEWING", 0.0)
    meanwhile(lambda: other.delete(LINA, "a"))
    assert store.get(LINA, "a") is not None  # as it was when it was read
    assert store.get(LINA, "a") is None


def test_of_two_puts_at_once_one_is_whole(open_memory: OpenMemory, monkeypatch) -> None:
    store, other = ParametricMemoryStore(open_memory()), ParametricMemoryStore(open_memory())
    store.put(LINA, "pet", {"text": "Lina has a cat."}, ttl=60)
    add = store.memory.add

    def then_another(*arguments: Any, **options: Any) -> Any:
        entry = add(*arguments, **options)
        monkeypatch.undo()
        other.put(LINA, "pet", {"text": "Lina has a dog."})
        return entry

    monkeypatch.setattr(store.memory, "add", then_another)
    store.put(LINA, "pet", {"text": "Lina has a parrot."})
    found = store.get(LINA, "pet")
    assert found is not None and found.value == {"text": "Lina has a dog."}
    assert store.memory.recall("Which pet does Lina have?", namespace="users.lina")[0].summary == "Lina has a dog."


def test_a_value_that_is_no_json_is_refused(store: ParametricMemoryStore) -> None:
    with pytest.raises(DocumentError, match=r"'odd' in users\.lina is no JSON"):
        store.put(LINA, "odd", {"text": {1, 2}})
    assert store.get(LINA, "odd") is None


def test_other_entries_of_the_memory_are_no_items(store: ParametricMemoryStore) -> None:
    store.memory.add("Pia bakes rye bread.", namespace="users.pia")
    assert store.list_namespaces(prefix=["users", "pia"]) == []
    assert "Pia" not in str(store.search(("users",))) + str(store.search(("users",), query="Pia bakes bread"))


def test_items_outlive_the_store(store: ParametricMemoryStore, open_memory: OpenMemory) -> None:
    store.memory.close()
    again = ParametricMemoryStore(open_memory())
    assert again.get(TOMAS, "cello") == store.get(TOMAS, "cello")
    assert keys(again.search(TOMAS, query="cello", limit=1)) == ["cello"]


def test_a_chat_model_of_the_items_namespace_answers_from_them(open_memory: OpenMemory) -> None:
    store = filled(ParametricMemoryStore(open_memory(), fields=["text"]))
    chat = ChatParametricMemory(memory=store.memory, namespace="users.lina", max_tokens=2)
    answer = chat.invoke("Lina lives in which city?")
    assert [r["summary"] for r in answer.response_metadata["recalls"] if r["attached"]] == ["Lina lives in Bergen."]


def test_graphs_are_given_the_store(store: ParametricMemoryStore) -> None:
    def remember(state: MessagesState, *, store: BaseStore) -> MessagesState:
        said = state["messages"][-1].text
        store.put(("said",), "last", {"text": said})
        return {"messages": [("ai", store.search(("said",), query=said)[0].value["text"])]}

    graph = StateGraph(MessagesState)
    graph.add_node(remember)
    graph.add_edge(START, "remember")
    answer = graph.compile(store=store).invoke({"messages": [("user", "Pia bakes rye bread.")]})
    assert answer["messages"][-1].text == "Pia bakes rye bread."


def test_messages_in_a_value_are_remembered_as_what_people_said(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory())
    said = [
        {"type": "human", "content": "I moved to Bergen."},
        {"role": "assistant", "content": "Welcome there, friend!"},
    ]
    store.put(LINA, "chat", {"messages": said})
    item = store.get(LINA, "chat")
    assert item is not None and item.value == {"messages": said}
    [entry] = store.memory.list()
    assert "The user: I moved to Bergen." in store.memory.history(entry.id).text
    assert keys(store.search(LINA, query="Who moved to Bergen?")) == ["chat"]
    store.put(LINA, "chat", {"messages": said, "done": True})
    assert [item.value["done"] for item in store.search(LINA)] == [True]


@pytest.mark.parametrize("value", [{"messages": [{"role": "system", "content": "Be kind."}]}, {"messages": ["Hi."]}])
def test_messages_that_nobody_says_are_kept_as_they_are(open_memory: OpenMemory, value: dict[str, Any]) -> None:
    store = ParametricMemoryStore(open_memory())
    store.put(LINA, "chat", value)
    item = store.get(LINA, "chat")
    assert item is not None and item.value == value


def nested(depth: int) -> dict[str, Any]:
    value: Any = "Lina lives in Bergen."
    for _ in range(depth):
        value = {"about": value}
    return {"about": value}


def test_what_nests_too_deep_or_in_a_circle_is_refused(open_memory: OpenMemory) -> None:
    store = ParametricMemoryStore(open_memory())
    circle: dict[str, Any] = {}
    circle["circle"] = circle
    for value in (nested(200), nested(5_000), circle):
        with pytest.raises(DocumentError, match="more than 100 levels deep"):
            store.put(LINA, "deep", value)
    store.put(LINA, "deep", nested(90))
    [item] = store.search(LINA, query="Who lives in Bergen?")
    assert item.value == nested(90)


def test_names_that_are_no_unicode_are_refused_in_one_line_and_never_there(store: ParametricMemoryStore) -> None:
    for namespace, key in ((LINA, "a\ud800"), (("a\ud800",), "key")):
        assert store.get(namespace, key) is None
        store.delete(namespace, key)
        with pytest.raises(ParametricMemoryError) as raised:
            store.put(namespace, key, {"text": "x"})
        assert "\n" not in str(raised.value)
    assert len(store.search((), limit=100)) == len(ITEMS)


@pytest.mark.parametrize("minutes", [1e300, float("nan"), 1e10])
def test_a_time_to_live_that_no_clock_has_is_refused(open_memory: OpenMemory, minutes: float) -> None:
    store = ParametricMemoryStore(open_memory())
    with pytest.raises(SettingsError):
        store.put(LINA, "city", {"text": "Bergen"}, ttl=minutes)
    assert store.search(LINA) == []


def test_what_is_deleted_is_in_no_file(open_memory: OpenMemory) -> None:
    def files_with(secret: bytes) -> list[str]:
        files = (path for path in store.memory.storage.location.folder.rglob("*") if path.is_file())
        return [path.name for path in files if secret in path.read_bytes()]

    store = filled(ParametricMemoryStore(open_memory()))
    store.put(LINA, "pin", {"text": "The pin is secret-pin."}, ttl=A_MOMENT)
    store.put(LINA, "code", {"text": "The code is secret-code."}, index=False)
    store.put((*LINA, "work"), "job", {"text": "The job is secret-job."})
    assert files_with(b"secret-pin") and files_with(b"secret-code") and files_with(b"secret-job")
    time.sleep(60 * A_MOMENT)
    assert store.sweep_ttl() == 1
    assert files_with(b"secret-pin") == []
    assert store.forget(LINA) == 4
    assert files_with(b"secret-") == files_with(b"Bergen") == []
    assert sorted(keys(store.search(()))) == ["1", "cello", "rules"]
