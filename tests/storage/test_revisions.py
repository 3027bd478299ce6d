"""What was derived from texts, and what is made anew beside what is in use, in SQLite and in PostgreSQL."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sql

from parametric_memory.storage import entries as entries_module
from parametric_memory.storage.entries import EntryStore, put_vectors
from parametric_memory.storage.renewal import unmade
from parametric_memory.storage.schema import adapters, entries
from tests.adapters.test_token_rows import equal
from tests.storage.small import EAST, NORTH, WEST, adapter, at, derived, put, record, replace_later, rows, same


def ids(store: EntryStore, *conditions: Any, **options: Any) -> list[str]:
    return [found.entry.id for found in store.select(*conditions, **options)]


def test_of_rows_those_of_some_passages_are_read(store: EntryStore) -> None:
    own = rows()
    written = store.write(record(), "A text.", (), derived(kept=own, passages=["one", "two"])).entry
    assert (written.store, written.rank) == ("rows", 5)
    found = at(store, "one")
    assert same(store.kept(found), own) and same(store.kept(found, [0, 1]), own)
    second = store.kept(found, [1])
    assert second is not None and list(second.counts) == [own.counts[1]]
    assert equal(second.rows, own.of_passage(1))
    assert store.damaged() == []


def test_what_is_larger_than_a_database_takes_at_once_is_kept_in_pieces(
    store: EntryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "_PIECE", 100)
    for id, own in (("adapter", adapter(3.0)), ("rows", rows())):
        store.write(record(id), "A text.", (), derived(kept=own))
        found = at(store, id)
        with store.database.reading() as connection:
            sizes = connection.execute(
                sql.select(sql.func.length(adapters.c.content)).where(adapters.c.revision == found.revision)
            ).scalars()
            assert len(pieces := [*sizes]) > 4 and max(pieces) == 100
        assert same(store.kept(found), own)
    assert store.damaged() == []


def test_vectors_come_back_by_revision_as_numbers_of_32_bits(store: EntryStore) -> None:
    drawn = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    store.write(record(), "A text.", (), derived(drawn.tolist(), numbers=[-1, 0, 1]))
    store.write(record("none"), "A text.", (), derived([]))
    put(store, "two", [*NORTH, 0.0, 0.0])
    [stored] = store.stored_vectors(0)
    one, two = at(store, "one").revision, at(store, "two").revision
    assert stored.revisions.tolist() == [one] * 3 + [two] and stored.parts.tolist() == [0, 1, 2, 0]
    assert np.array_equal(stored.vectors[:3], drawn) and stored.passages.tolist() == [-1, 0, 1, -1]
    assert stored.vectors.dtype == np.float32
    assert [of.revisions.tolist() for of in store.stored_vectors(0, entries.c.id == "two")] == [[two]]
    assert [*store.stored_vectors(1)] == []


def test_new_vectors_stand_beside_those_in_use_until_they_take_their_place(store: EntryStore) -> None:
    put(store, "a", EAST), put(store, "b", EAST)
    assert ids(store, *unmade(1)) == ["a", "b"]
    with store.database.writing() as connection:
        for found in store.select():
            put_vectors(connection, found.revision, 1, [NORTH, WEST], [-1, 0])
            put_vectors(connection, found.revision, 1, [NORTH], [-1])  # again
    stale = at(store, "b")
    put(store, "b", WEST, text="another", version=2)
    assert ids(store, *unmade(1)) == ["b"] and store.space == 0
    with store.database.writing() as connection:
        assert stale.revision != at(store, "b").revision
        put_vectors(connection, at(store, "b").revision, 1, [WEST], [-1])
        store.use_space(1)
    assert store.space == 1 and [of.vectors.tolist() for of in store.stored_vectors(1)] == [[NORTH, WEST]]
    assert [*store.stored_vectors(0)] == []


def test_a_revision_that_an_upgrade_makes_takes_the_place_of_the_one_it_was_made_for(store: EntryStore) -> None:
    for id in ("a", "b", "c"):
        store.write(record(id, id, metadata={"of": id}), id, (), derived(kept=adapter(1.0), passages=["before"]))
    in_use = {found.entry.id: found for found in store.select()}
    for id in ("a", "b"):
        replace_later(store, in_use[id], derived([NORTH], kept=rows(), passages=["now"]))
    put(store, "b", text="another", version=2)
    assert ids(store, *unmade(1), order=[entries.c.key]) == ["b", "c"]
    assert at(store, "a").entry.store == "adapter" and [*store.passages([at(store, "a")]).values()] == [["before"]]
    store.use_space(1)
    now = at(store, "a")
    assert now.entry == in_use["a"].entry.model_copy(
        update={"store": "rows", "rank": 5, "adapter_sha256": now.entry.adapter_sha256}
    )
    assert same(store.kept(now), rows()) and store.damaged() == []
    assert store.passages([now]) == {now.revision: ["now"]}
    assert (at(store, "b").entry.store, at(store, "c").entry.store) == ("text", "adapter")
    assert [of.revisions.tolist() for of in store.stored_vectors(1)] == [[now.revision]]


def test_how_long_vectors_are_is_told_by_one_of_them(store: EntryStore) -> None:
    put(store, "a", EAST)
    with store.database.writing() as connection:
        put_vectors(connection, at(store, "a").revision, 1, [[1.0] * 5], [-1])
    assert [store.dimension(space) for space in (0, 1, 2)] == [3, 5, None]
