"""Entries in the tables of a memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sql
import torch

from parametric_memory.adapters.factors import Adapter
from parametric_memory.documents.chat_messages import messages_of
from parametric_memory.documents.conversations import conversations
from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import CheckpointError, DocumentError, EntryNotFound, ParametricMemoryError
from parametric_memory.records import Version
from parametric_memory.storage import entries as entries_module
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.location import Location
from parametric_memory.storage.schema import adapters, entries, labels, passages, revisions, vectors
from tests.storage.small import EAST, NORTH, WEST, adapter, at, derived, put, record, rows, same

MOMENT = datetime(2024, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def ids(store: EntryStore, *conditions: Any, **options: Any) -> list[str]:
    return [found.entry.id for found in store.select(*conditions, **options)]


def test_an_entry_comes_back_as_it_was_written(store: EntryStore, location: Location, connected: Any) -> None:
    text = "Zeile eins\r\nline two\n\n雪 🙂 'quoted' \\"
    metadata = {"a": 1, "b": 0.1, "c": True, "d": "x" * 2000, "e": -(2**70), "f.g": "雪", "h": "a\0b"}
    times = {"said_at": MOMENT, "expires_at": LAST, "valid_from": datetime(1, 1, 1, tzinfo=UTC), "valid_until": MOMENT}
    entry = record(text=text, metadata=metadata, source="a/b.txt", namespace="n", version=7, **times)
    with store.database.writing():
        written = store.write(entry, text, (), derived(passages=["one", "two"])).entry
    assert written == entry.model_copy(update={"store": "text"})
    fresh = EntryStore(connected(location))
    found = fresh.at("one", "n")
    assert found == fresh.find("one", "n") and found.entry == written and fresh.find("one", "default") is None
    assert fresh.text(found) == text and fresh.content(found) == (text, [])
    assert fresh.passages([found]) == {found.revision: ["one", "two"]}
    [whole] = fresh.whole()
    assert whole == (written, text, [], ["one", "two"], None)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_whole_adapter_comes_back_bit_for_bit(store: EntryStore, dtype: torch.dtype) -> None:
    own = adapter(0.1, dtype)
    written = store.write(record(), "A text.", (), derived(kept=own)).entry
    assert (written.store, written.rank, len(written.adapter_sha256)) == ("adapter", 2, 64)
    found = at(store, "one")
    assert same(store.kept(found), own) and same(store.kept(found, [0]), own)
    assert store.damaged() == [] and [same(whole.kept, own) for whole in store.whole()] == [True]


def test_reading_an_empty_memory_finds_nothing(store: EntryStore) -> None:
    assert ids(store) == store.ids("default") == [*store.whole()] == []
    assert store.count() == 0 and store.counts() == store.counts(revisions.c.store) == {} and store.damaged() == []
    assert store.find("one", "default") is store.find(None, "default") is None
    assert not store.database.exists


IDS = ["0f" * 16, "docs/a b.txt#2", "..", ".hidden", "%41", "ü雪", "x", "X", " x ", "a'b\"c", "-", "é" * 900, "%", "_"]


def test_any_text_can_be_an_id(store: EntryStore) -> None:
    for id in IDS:
        put(store, id)
    assert store.ids("default") == sorted(IDS) and ids(store, order=[entries.c.key]) == IDS
    for id in IDS:
        assert (at(store, id).entry.id, store.text(at(store, id)), store.ids("default", id)[0]) == (id, id, id)
    assert (
        store.ids("default", "%") == ["%", "%41"]
        and store.ids("default", "_") == ["_"]
        and store.ids("default", "x") == ["x"]
    )
    store.delete([at(store, id) for id in IDS])
    assert store.ids("default") == []


@pytest.mark.parametrize("id", ["unknown", "", ".", "a/b", "\udcff", "a\0b", "x" * 5000])
def test_an_unknown_id_is_told(store: EntryStore, id: str) -> None:
    put(store)
    for name, namespace in ((id, "default"), ("one", id)):
        with pytest.raises(EntryNotFound, match=r"^No entry has the id .*: list the entries to see their ids\.$"):
            store.at(name, namespace)
        assert store.find(name, namespace) is None
    assert store.ids("default") == ["one"]


def test_what_postgresql_cannot_keep_is_told_and_nothing_is_written(database_url: str, connected: Any) -> None:
    store = EntryStore(connected(Location.of(database_url)))
    for values in ({"id": "a\0b"}, {"title": "a\0b"}, {"namespace": "a\0b"}):
        with pytest.raises(DocumentError, match="PostgreSQL cannot store this") as raised:
            store.write(record(**values), "A text.", (), derived())
        assert "\n" not in str(raised.value) and store.ids("default") == []


def test_writing_an_id_again_replaces_all_but_its_history(store: EntryStore) -> None:
    store.write(record(metadata={"a": 1}), "before", (), derived([EAST, WEST], kept=adapter(), passages=["b"]))
    first = at(store, "one")
    store.keep_version(at(store, "one"), 3)
    store.write(record(version=2, metadata={"b": 2}), "now", (), derived([NORTH], passages=["n"]))
    found = at(store, "one")
    assert (found.key, found.entry.version, store.text(at(store, "one"))) == (first.key, 2, "now")
    assert found.revision > first.revision and store.kept(found) is None
    assert [*store.passages([at(store, "one")]).values()] == [["n"]]
    assert [(v.version, v.text, v.metadata) for v in store.history(at(store, "one"))] == [(1, "before", {"a": 1})]
    assert [stored.vectors.tolist() for stored in store.stored_vectors(0)] == [[NORTH]]
    tables = (entries, revisions, passages, vectors, adapters, labels)
    with store.database.reading() as connection:
        counts = [connection.execute(sql.select(sql.func.count()).select_from(table)).scalar() for table in tables]
    assert counts == [1, 1, 1, 1, 0, 1]


def test_a_record_can_be_updated_alone(store: EntryStore) -> None:
    written = put(store, metadata={"a": 1})
    revision = at(store, "one").revision
    changed = written.model_copy(
        update={"metadata": {"b": "2"}, "updated_at": MOMENT, "namespace": "n", "title": "new"}
    )
    store.update(at(store, "one"), changed)
    found = store.at("one", "n")
    assert found[::2] == (changed, revision) and store.text(found) == "one"
    with store.database.reading() as connection:
        assert connection.execute(sql.select(labels.c.name, labels.c.text)).all() == [("b", "2")]


def test_an_entry_that_was_deleted_is_told(store: EntryStore) -> None:
    put(store)
    found = at(store, "one")
    store.delete([found])
    for use in (store.current, store.content, store.text, store.reading):
        with pytest.raises(EntryNotFound, match=r"^No entry has the id 'one' in the namespace 'default' of"):
            use(found)


def test_two_namespaces_have_entries_of_the_same_id(store: EntryStore) -> None:
    values: dict[str, Any] = {"metadata": {"a": 1}}
    (
        put(store, text="ana's", namespace="ana", **values),
        put(store, "one", NORTH, text="ben's", namespace="ben", **values),
    )
    ana, ben = store.at("one", "ana"), store.at("one", "ben")
    assert [(store.text(of), of.entry.namespace) for of in (ana, ben)] == [("ana's", "ana"), ("ben's", "ben")]
    store.keep_version(ana, 3), put(store, text="ana's new", namespace="ana", version=2)
    store.update(store.current(ana), store.current(ana).entry.model_copy(update={"title": "A"}))
    assert store.current(ben) == ben and store.history(ben) == [] and store.text(ben) == "ben's"
    assert [version.text for version in store.history(ana)] == ["ana's"]
    assert store.ids("ana") == store.ids("ben") == ["one"] and store.ids("default") == []
    assert {whole.text for whole in store.whole()} == {"ana's new", "ben's"}
    store.delete([store.current(ana)])
    assert store.find("one", "ana") is None and store.current(ben) == ben


def test_a_deleted_entry_takes_all_that_is_kept_of_it_along(store: EntryStore) -> None:
    for id in ("one", "two"):
        store.write(record(id, id, metadata={"a": 1}), id, (), derived(kept=rows(), passages=["one", "two"]))
        store.keep_version(at(store, id), 1)
    store.delete([at(store, "one")])
    with store.database.reading() as connection:
        for table in reversed(entries.metadata.sorted_tables):
            if table.name not in ("settings", "outbox", "skills", "unfinished"):
                column = table.c.get("entry", table.c.get("revision", table.c[next(iter(table.c.keys()))]))
                assert len(set(connection.execute(sql.select(column)).scalars())) == 1, table.name
    assert store.ids("default") == ["two"] and store.damaged() == []


def test_keys_and_revisions_are_never_given_out_again(store: EntryStore) -> None:
    put(store)
    before = at(store, "one")
    store.delete([at(store, "one")])
    put(store)
    assert at(store, "one").key > before.key and at(store, "one").revision > before.revision


def test_the_newest_versions_stay(store: EntryStore) -> None:
    put(store, text="first", title="A")
    for version in range(2, 7):
        store.keep_version(at(store, "one"), 3)
        put(store, text=f"text {version}", version=version, title="B", source="s", updated_at=MOMENT)
    assert [(v.version, v.text) for v in store.history(at(store, "one"))] == [(v, f"text {v}") for v in (3, 4, 5)]
    assert store.history(at(store, "one"))[0] == Version(
        version=3, title="B", source="s", updated_at=MOMENT, text="text 3"
    )
    store.keep_version(at(store, "one"), 0)
    assert store.history(at(store, "one")) == []


def test_a_failed_write_leaves_what_was_there(store: EntryStore) -> None:
    before = put(store)
    for fails in (KeyboardInterrupt, ValueError):

        def write(fails: type[BaseException] = fails) -> None:
            with store.database.writing():
                put(store, text="now", version=2), put(store, "two"), store.keep_version(at(store, "one"), 3)
                raise fails

        with pytest.raises(fails):
            write()
    assert [found.entry for found in store.select()] == [before]
    assert store.text(at(store, "one")) == "one" and store.history(at(store, "one")) == []


def test_entries_are_listed_by_age_in_pages(store: EntryStore) -> None:
    for number in (3, 1, 4, 2, 0):
        put(store, f"n{number}", created_at=MOMENT + timedelta(microseconds=number))
    put(store, "m0", created_at=MOMENT)
    by_age = [entries.c.created_at, entries.c.id]
    assert ids(store, order=by_age) == ["m0", "n0", "n1", "n2", "n3", "n4"]
    assert ids(store, order=by_age, limit=2, offset=1) == ["n0", "n1"]
    assert ids(store, order=by_age, limit=2, offset=5) == ["n4"]
    newest = [entries.c.created_at.desc(), entries.c.id.desc()]
    assert ids(store, order=newest, limit=2) == ["n4", "n3"]
    assert [whole.entry.id for whole in store.whole(at_once=2)] == ["n3", "n1", "n4", "n2", "n0", "m0"]


def test_entries_are_found_by_what_they_hold_and_where_they_came_from(store: EntryStore) -> None:
    for id, text, values in (
        ("a", "one", {"source": "x.txt", "namespace": "n"}),
        ("b", "two", {"source": "y.txt", "namespace": "n"}),
        ("c", "one", {"source": "x.txt"}),
        ("d", "four", {}),
    ):
        put(store, id, text=text, **values)
    store.write(record("e"), "A text.", (), replace(derived(kept=adapter()), chunks=0))
    assert ids(store, entries.c.content_hash == store.at("a", "n").entry.content_hash, order=[entries.c.key]) == [
        "a",
        "c",
    ]
    assert ids(store, entries.c.namespace == "n", entries.c.source.in_(["x.txt", "z"])) == ["a"]
    assert ids(store, revisions.c.chunks == 0) == ["e"]
    assert store.count() == 5 and store.count(entries.c.namespace == "n") == 2
    assert store.counts() == {"default": 3, "n": 2} and store.counts(revisions.c.store) == {"adapter": 1, "text": 4}
    put(store, "a", text="three", namespace="n")
    assert ids(store, entries.c.content_hash == at(store, "c").entry.content_hash) == ["c"]


def test_who_said_a_passage_is_known(store: EntryStore) -> None:
    said = [("Ada", "It rained."), ("Ben", "It snowed.")]
    [chat] = conversations(messages_of(said, "2024-05-07T10:00:00Z"), whole=True)
    passages = sentences(reading(chat.text, chat.turns))
    store.write(record(text=chat.text), chat.text, chat.turns, derived(passages=passages))
    told = store.said(at(store, "one"), range(10))  # the first passage says who talked
    assert [(number, of.speaker, of.turns) for number, of in told.items()] == [(1, "Ada", [0]), (2, "Ben", [1])]
    assert {of.said_at for of in told.values()} == {datetime(2024, 5, 7, 10, tzinfo=UTC)}
    assert store.content(at(store, "one"))[1] == list(chat.turns) and store.said(at(store, "one"), []) == {}


# Damage


@pytest.mark.parametrize("kept", [adapter(), rows()], ids=["adapter", "rows"])
@pytest.mark.parametrize("damage", ["flipped", "gone", "a piece gone"])
def test_rows_that_are_not_those_that_were_recorded_are_named(
    store: EntryStore, monkeypatch: pytest.MonkeyPatch, kept: Any, damage: str
) -> None:
    monkeypatch.setattr(entries_module, "_PIECE", 100)
    put(store, "other")
    store.write(record(), "A text.", (), derived(kept=kept, passages=["one", "two"]))
    found = at(store, "one")
    with store.database.writing() as connection:
        own = adapters.c.revision == found.revision
        if damage == "gone":
            connection.execute(adapters.delete().where(own))
        elif damage == "a piece gone":
            connection.execute(adapters.delete().where(own, adapters.c.piece == 3))
        else:
            piece = sql.and_(own, adapters.c.piece == 3)
            [*_, row] = connection.execute(sql.select(adapters).where(piece))
            content = row.content[:-1] + bytes([row.content[-1] ^ 1])
            piece = sql.and_(piece, adapters.c.passage == row.passage)
            connection.execute(adapters.update().where(piece).values(content=content))
    [(damaged, told)] = store.damaged()
    assert damaged == found
    assert told == (
        "Entry one is damaged: its rows are not those that were recorded. Delete it and add its document again."
    )
    with pytest.raises(CheckpointError, match="Entry one is damaged: its rows are not those that were recorded"):
        [*store.whole()]
    store.delete([at(store, "one")])
    assert store.damaged() == [] and [whole.entry.id for whole in store.whole()] == ["other"]


def test_a_text_that_is_not_the_one_that_was_recorded_is_named(store: EntryStore) -> None:
    put(store, "other"), put(store)
    with store.database.writing() as connection:
        connection.execute(entries.update().where(entries.c.id == "one").values(text="another"))
    assert [of.entry.id for of, _ in store.damaged()] == ["one"]
    with pytest.raises(CheckpointError, match="Entry one is damaged: its text is not the one that was recorded"):
        [*store.whole()]
    put(store)
    assert store.damaged() == []


def test_an_adapter_without_modules_is_refused_and_nothing_is_written(store: EntryStore) -> None:
    with pytest.raises(ParametricMemoryError, match="without modules cannot be kept"):
        store.write(record(), "A text.", (), derived(kept=Adapter({})))
    assert store.ids("default") == []


# Many


def test_listing_thousands_of_entries_needs_no_torch(in_folder: Location, connected: Callable[..., Database]) -> None:
    store = EntryStore(connected(in_folder))
    with store.database.writing():
        for number in range(1200):
            store.write(record(f"{number:05}", metadata={"n": number}), f"text {number}", (), derived())
    assert len(store.ids("default")) == store.count() == 1200
    store.delete(store.select(entries.c.id != "00000"))
    code = (
        "import sys; from parametric_memory.storage.location import Location; from parametric_memory.storage.database "
        "import Database; from parametric_memory.storage.entries import EntryStore; "
        f"n = len(EntryStore(Database(Location.of({str(in_folder)!r}))).select()); sys.exit(n != 1 or 'torch' in "
        "sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
