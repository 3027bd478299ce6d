"""Looking up which entries hold a text: never one too few, whatever happened to the lookup or behind its back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import StorageError
from parametric_memory.storage import exchange
from parametric_memory.storage.contents import _FILE as FILE
from parametric_memory.storage.contents import ContentLookup
from parametric_memory.storage.entry_store import EntryStore
from tests.storage.test_entry_store import make_adapter, make_entry


def put(store: EntryStore, id: str, content: str) -> None:
    store.write(make_entry(id, content_hash=content), content, make_adapter())


def found(store: EntryStore, content: str) -> list[str]:
    """As a reader finds it, and a writer."""
    read = [entry.id for entry in store.with_content(content)]
    with store.writing():
        assert [entry.id for entry in store.with_content(content)] == read
    return read


def records_read(store: EntryStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is read from now on, by folder."""
    read, whole = [], store._read

    def noted(name: str, id: str) -> object:
        read.append(name)
        return whole(name, id)

    monkeypatch.setattr(store, "_read", noted)
    return read


@pytest.fixture
def store(tmp_path: Path) -> EntryStore:
    """Three entries of two texts, and a lookup that knows them."""
    store = EntryStore(tmp_path, lock_timeout=5)
    put(store, "a", "one"), put(store, "b", "two"), put(store, "c", "one")
    assert found(store, "one") == ["a", "c"]
    return store


def test_only_entries_that_hold_the_text_are_read(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for of_one in (store, EntryStore(tmp_path)):
        read = records_read(of_one, monkeypatch)
        assert found(of_one, "two") == ["b"] and set(read) == {"b"}
        read.clear()
        assert found(of_one, "three") == [] and read == []


def test_what_is_added_replaced_and_deleted_is_followed(store: EntryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "d", "two")
    put(store, "a", "two")
    store.delete("c")
    store.update(store.read("b").model_copy(update={"title": "Other"}))
    read = records_read(store, monkeypatch)
    assert found(store, "one") == [] and read == []
    assert found(store, "two") == ["a", "b", "d"]


def test_reading_makes_no_lookup_and_writing_makes_one(tmp_path: Path) -> None:
    store = EntryStore(tmp_path)
    put(store, "a", "one")
    assert [entry.id for entry in store.with_content("one")] == ["a"]
    assert not (tmp_path / "entries" / ".contents").exists()
    assert found(store, "one") == ["a"]
    assert (tmp_path / "entries" / ".contents").exists() and store.ids() == ["a"]


def lost(entries: Path) -> None:
    shutil.rmtree(entries / ".contents")


def damaged(entries: Path) -> None:
    path = entries / ".contents" / FILE
    path.write_bytes(b"no database" * 1000)


def cut(entries: Path) -> None:
    path = entries / ".contents" / FILE
    os.truncate(path, path.stat().st_size // 2)


def emptied(entries: Path) -> None:
    os.truncate(entries / ".contents" / FILE, 0)


def of_other_tables(entries: Path) -> None:
    with sqlite3.connect(entries / ".contents" / FILE) as database:
        database.execute("DROP TABLE folder")


def of_before(entries: Path) -> None:
    """As an earlier release leaves it."""
    (entries / ".contents" / FILE).rename(entries / ".contents" / "lookup.sqlite")


def by_age(store: EntryStore, **options: Any) -> list[str] | None:
    found = store.by_age(**options)
    return found if found is None else [entry.id for entry in found]


def test_the_oldest_come_first_and_no_more_are_read_than_are_wanted(
    store: EntryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id, days in (("old", 9), ("older", 99), ("new", -1)):
        at = store.read("a").created_at - timedelta(days=days)
        store.write(make_entry(id, content_hash=id, created_at=at), id, make_adapter())
    read = records_read(store, monkeypatch)
    oldest = store.by_age()
    assert oldest is not None and [next(oldest).id for _ in range(2)] == ["older", "old"] == read


def test_of_a_namespace_only_its_own_entries_are_read(store: EntryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for id in ("ana2", "ana1"):
        store.write(make_entry(id, content_hash=id, namespace="ana"), id, make_adapter())
    read = records_read(store, monkeypatch)
    assert [entry.id for entry in store.iter("ana")] == ["ana1", "ana2"] == read
    assert by_age(store, namespace="ana") == ["ana2", "ana1"] == by_age(store, newest=True, skipped=0)[1::-1]
    assert list(store.iter("nobody")) == []
    assert store.counts() == {"ana": 2, "default": 3}


def test_an_entry_that_moves_to_another_namespace_is_found_there_alone(store: EntryStore) -> None:
    store.update(store.read("a").model_copy(update={"namespace": "ana"}))
    assert [entry.id for entry in store.iter("ana")] == ["a"] and store.counts() == {"ana": 1, "default": 2}
    store.delete("a")
    assert list(store.iter("ana")) == [] and store.counts() == {"default": 2}


def test_a_page_reads_no_more_than_its_own(store: EntryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    oldest = by_age(store)
    assert oldest is not None
    read = records_read(store, monkeypatch)
    assert by_age(store, skipped=2) == oldest[2:] == read
    read.clear()
    newest = store.by_age(newest=True, skipped=1)
    assert newest is not None and next(newest).id == oldest[1] and read == [oldest[1]]


@pytest.mark.parametrize("damage", [lost, of_before])
def test_without_a_lookup_a_namespace_and_its_count_are_told_from_the_records(
    store: EntryStore, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store.write(make_entry("b", content_hash="two", namespace="ana"), "two", make_adapter())
    damage(tmp_path / "entries")
    assert [entry.id for entry in store.iter("ana")] == ["b"] and store.counts() == {"ana": 1, "default": 2}
    assert by_age(store, namespace="ana") is None


def test_an_entry_that_was_made_anew_takes_its_new_place(store: EntryStore) -> None:
    at = store.read("a").created_at
    store.write(make_entry("b", content_hash="two", created_at=at + timedelta(days=1)), "two", make_adapter())
    store.write(make_entry("c", content_hash="three", created_at=at - timedelta(days=1)), "three", make_adapter())
    assert by_age(store) == ["c", "a", "b"]
    store.delete("a")
    assert by_age(store) == ["c", "b"]


def test_where_a_lookup_is_behind_or_of_before_the_order_is_not_known_until_somebody_writes(
    store: EntryStore, tmp_path: Path
) -> None:
    of_before(tmp_path / "entries")
    assert by_age(store) is None
    put(store, "d", "one")
    assert found(store, "one") == ["a", "c", "d"] and by_age(store) is not None
    (tmp_path / "entries" / "d").rename(tmp_path / "d")
    assert by_age(store) is None


def test_where_a_record_is_damaged_the_order_is_not_known(store: EntryStore, tmp_path: Path) -> None:
    (tmp_path / "entries" / "a" / "entry.json").write_text("{")
    lost(tmp_path / "entries")
    assert found(store, "two") == ["b"] and by_age(store) is None


def test_pages_do_not_overlap_where_a_record_was_damaged_since(store: EntryStore, tmp_path: Path) -> None:
    put(store, "d", "three")
    oldest = by_age(store)
    assert oldest is not None
    (tmp_path / "entries" / oldest[1] / "entry.json").write_text("{")
    assert by_age(store, most=2) == oldest[:1] and by_age(store, skipped=2, most=2) == oldest[2:]
    assert by_age(store, newest=True, most=2) == oldest[:1:-1]
    assert by_age(store, newest=True, skipped=2, most=2) == oldest[:1]


def test_the_lookup_of_an_earlier_release_goes(store: EntryStore, tmp_path: Path) -> None:
    of_before(tmp_path / "entries")
    assert found(store, "one") == ["a", "c"]
    assert [path.name for path in (tmp_path / "entries" / ".contents").iterdir()] == [FILE]
    (tmp_path / "entries" / ".contents" / "lookup.sqlite").write_text("tells of entries that went")
    store.clean()
    assert [path.name for path in (tmp_path / "entries" / ".contents").iterdir()] == [FILE]


@pytest.mark.parametrize("damage", [lost, damaged, cut, emptied, of_other_tables, of_before])
def test_a_lookup_that_is_lost_or_damaged_is_made_anew(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path / "entries")
    assert found(store, "one") == ["a", "c"]
    read = records_read(store, monkeypatch)
    assert found(store, "two") == ["b"] and set(read) == {"b"}


def test_an_entry_that_somebody_put_there_or_took_away_is_noticed(store: EntryStore, tmp_path: Path) -> None:
    (tmp_path / "entries" / "c").rename(tmp_path / "c")
    assert found(store, "one") == ["a"]
    (tmp_path / "c").rename(tmp_path / "entries" / "c")
    assert found(store, "one") == ["a", "c"]


def test_a_damaged_record_that_is_mended_is_found(store: EntryStore, tmp_path: Path) -> None:
    path = tmp_path / "entries" / "a" / "entry.json"
    whole = path.read_bytes()
    path.write_text("{")
    lost(tmp_path / "entries")
    assert found(store, "one") == ["c"]
    path.write_bytes(whole)
    assert found(store, "one") == ["a", "c"]


def test_another_store_follows(store: EntryStore, tmp_path: Path) -> None:
    other = EntryStore(tmp_path)
    put(other, "d", "one")
    assert found(store, "one") == ["a", "c", "d"]
    put(store, "a", "two")
    assert found(other, "one") == ["c", "d"]


def test_a_lookup_that_cannot_be_written_is_behind_and_fails_nobody(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(ContentLookup, "_opened", refuses)
        put(store, "d", "one")
        assert found(store, "one") == ["a", "c", "d"]
    assert ContentLookup(tmp_path / "entries").names("one") is None
    assert found(store, "one") == ["a", "c", "d"]


def test_a_write_that_fails_leaves_what_was_there_to_be_found(
    store: EntryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(exchange, "sync_folder", fails)
        with pytest.raises(StorageError):
            put(store, "a", "two")
    assert store.counts() == {"default": 3}
    assert found(store, "one") == ["a", "c"] and found(store, "two") == ["b"]


def test_a_writer_that_fails_before_the_folder_changes_leaves_no_entry_too_many(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    changed = (tmp_path / "entries").stat().st_mtime_ns
    with monkeypatch.context() as patched:
        patched.setattr(exchange.Exchange, "put", fails)
        with pytest.raises(StorageError):
            put(store, "d", "one")
    assert (tmp_path / "entries").stat().st_mtime_ns == changed
    assert store.counts() == {"default": 3} and by_age(store) is None
    assert found(store, "one") == ["a", "c"] and by_age(store) is not None
    assert store.counts() == {"default": 3}


def test_an_entry_that_moves_where_the_lookup_cannot_be_told_is_found(
    store: EntryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    moved = store.read("a").model_copy(update={"namespace": "ana"})
    with monkeypatch.context() as patched:
        patched.setattr(ContentLookup, "_opened", refuses)
        store.update(moved)
    assert [entry.id for entry in store.iter("ana")] == ["a"] and store.counts() == {"ana": 1, "default": 2}


def die_at_step(number: int) -> None:
    """Ends this process just before the n-th step of what moves entries, and keeps account of them."""
    steps = 0

    def hook(event: str, _: object) -> None:
        nonlocal steps
        steps += event in ("os.rename", "os.mkdir", "os.rmdir", "sqlite3.connect")
        if steps == number:
            os._exit(77)

    sys.addaudithook(hook)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_writer_that_dies_anywhere_leaves_nothing_out(tmp_path: Path) -> None:
    def truth(store: EntryStore, content: str) -> list[str]:
        return [entry.id for entry in store.iter() if entry.content_hash == content]

    deaths, died = 0, True
    while died:
        store = EntryStore(tmp_path / str(deaths), lock_timeout=5)
        put(store, "a", "one"), put(store, "b", "two")
        assert found(store, "two") == ["b"]
        child = os.fork()
        if child == 0:
            try:
                writer = EntryStore(store.folder)  # locks do not go through a fork
                die_at_step(2 * deaths + 1)
                put(writer, "b", "one"), writer.delete("a"), put(writer, "c", "two")
                os._exit(0)
            finally:
                os._exit(1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, 77)
        died = status == 77
        deaths += died
        for content in ("one", "two"):
            assert [entry.id for entry in store.with_content(content)] == truth(store, content)
        assert sum(store.counts().values()) == len([*store.iter()])
        with store.writing():  # finishes what was begun
            pass
        assert found(store, "one") == truth(store, "one") and found(store, "two") == truth(store, "two")
        assert sum(store.counts().values()) == len([*store.iter()])
    assert deaths > 8
