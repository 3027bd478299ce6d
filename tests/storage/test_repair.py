"""What is saved of a damaged database, what is named as lost, and what can be made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.selection import as_settings, identity_in
from parametric_memory.records import Skill
from parametric_memory.storage import following
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore, put_vectors
from parametric_memory.storage.location import Location
from parametric_memory.storage.repair import salvage
from parametric_memory.storage.schema import adapters, entries
from parametric_memory.storage.skills import SkillStore
from tests.internalize.test_identity import IDENTITY
from tests.storage.searching import Searcher
from tests.storage.small import EAST, NORTH, adapter, at, derived, put, record, rows, same

Connect = Callable[..., Database]
ENTRIES = 60
PAGE = 4096


@pytest.fixture
def store(in_folder: Location, connected: Connect) -> EntryStore:
    """Entries on many pages, and all that a memory may hold."""
    store = EntryStore(connected(in_folder))
    with store.database.writing():
        for name, value in as_settings(IDENTITY).items():
            store.database.set(name, value)
        for number in range(ENTRIES):
            put(store, f"n{number}", text=said(number), metadata={"number": number})
            store.keep_version(at(store, f"n{number}"), 1)
        store.write(record("rows"), "A text.", (), derived([EAST, NORTH], kept=rows(), passages=["one", "two"]))
        store.write(record("adapter"), "A text.", (), derived(kept=adapter()))
        SkillStore(store.database).write(
            Skill(name="short", description="Short.", base_model="b", made_of="adapter", base_fingerprint="f"),
            adapter(),
        )
    return store


def said(number: int) -> str:
    return f"This is what entry number {number} says. " * 40


def damage(location: Location, *marks: str, by: bytes = b"\0") -> None:
    """Overwrites the pages on which the marks stand, and those after each."""
    content = bytearray(location.file.read_bytes())
    for mark in marks:
        start = content.index(mark.encode()) // PAGE * PAGE
        content[start : start + PAGE] = by * PAGE
    location.file.write_bytes(content)


def test_of_a_database_that_is_whole_all_is_saved(store: EntryStore, in_folder: Location, connected: Connect) -> None:
    before = store.select(order=[entries.c.key])
    store.database.close()
    assert salvage(in_folder) == []
    saved = EntryStore(connected(in_folder))
    assert saved.database.problems() == [] and saved.damaged() == []
    assert saved.select(order=[entries.c.key]) == before
    assert [saved.text(at(saved, f"n{number}")) for number in range(ENTRIES)] == [
        said(number) for number in range(ENTRIES)
    ]
    assert [version.text for version in saved.history(at(saved, "n3"))] == [said(3)]
    assert same(saved.kept(at(saved, "rows")), rows()) and same(saved.kept(at(saved, "adapter")), adapter())
    assert [*saved.passages([at(saved, "rows")]).values()] == [["one", "two"]]
    assert len({revision for of in saved.stored_vectors(0) for revision in of.revisions.tolist()}) == ENTRIES + 2
    assert same(SkillStore(saved.database).adapter("short"), adapter())
    assert identity_in(saved.database.settings()) == IDENTITY
    assert in_folder.folder is not None
    saved.database.close()
    assert {path.name for path in in_folder.folder.iterdir()} == {"memory.db", "memory.damaged.db"}


@pytest.mark.parametrize("by", [b"\0", b"\xff", b"\x55"])
def test_what_a_damaged_page_does_not_hold_is_saved_and_what_is_lost_is_named(
    store: EntryStore, in_folder: Location, connected: Connect, by: bytes
) -> None:
    store.database.close()
    damage(in_folder, "entry number 30 says", by=by)
    assert store.database.problems()
    store.database.close()
    lost = salvage(in_folder)
    saved = EntryStore(connected(in_folder))
    there = {found.entry.id for found in saved.select()}
    assert lost and there >= {f"n{number}" for number in (*range(25), *range(36, ENTRIES))} | {"rows", "adapter"}
    gone = {f"n{number}" for number in range(ENTRIES)} - there
    assert gone and {id for id in lost if not id.startswith("(")} == gone
    assert saved.database.problems() == [] and saved.damaged() == []
    assert all(saved.text(at(saved, id)) == said(int(id[1:])) for id in there if id.startswith("n"))


def test_what_stands_between_two_damaged_pages_is_saved(
    store: EntryStore, in_folder: Location, connected: Connect
) -> None:
    store.database.close()
    damage(in_folder, "entry number 10 says", "entry number 50 says")
    salvage(in_folder)
    there = set(EntryStore(connected(in_folder)).ids("default"))
    assert there >= {f"n{number}" for number in (*range(5), *range(16, 45), *range(56, ENTRIES))}


def test_what_stands_after_a_damaged_page_and_after_keys_that_were_deleted_is_saved(
    in_folder: Location, connected: Connect
) -> None:
    store = EntryStore(connected(in_folder))
    with store.database.writing() as connection:
        for number in range(40):
            put(store, f"n{number}", text=said(number))
            if number == 20:
                connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 100000 WHERE name = 'entries'")
    store.database.close()
    damage(in_folder, "entry number 20 says")
    lost = salvage(in_folder)
    there = set(EntryStore(connected(in_folder)).ids("default"))
    assert there >= {f"n{number}" for number in (*range(15), *range(26, 40))}
    assert {f"n{number}" for number in range(40)} - there == {id for id in lost if not id.startswith("(")}


@pytest.mark.parametrize("index", ["sqlite_autoindex_entries_1", "sqlite_autoindex_passages_1"])
def test_where_an_index_is_damaged_nothing_is_lost(
    store: EntryStore, in_folder: Location, connected: Connect, index: str
) -> None:
    with store.database.reading() as connection:
        page = connection.exec_driver_sql(f"SELECT rootpage FROM sqlite_master WHERE name = '{index}'").scalar_one()
    store.database.close()
    content = bytearray(in_folder.file.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = bytes(PAGE)
    in_folder.file.write_bytes(content)
    assert salvage(in_folder) == []
    saved = EntryStore(connected(in_folder))
    assert saved.count() == ENTRIES + 2 and saved.damaged() == []
    assert [*saved.passages([at(saved, "rows")]).values()] == [["one", "two"]]


def test_of_an_entry_whose_rows_are_damaged_the_text_is_saved_to_make_them_of(
    store: EntryStore, in_folder: Location, connected: Connect
) -> None:
    store.database.close()
    damage(in_folder, "scales")
    assert salvage(in_folder) == []
    saved = EntryStore(connected(in_folder))
    assert saved.database.problems() == [] and saved.count() == ENTRIES + 2
    assert saved.text(at(saved, "rows")) == saved.text(at(saved, "adapter")) == "A text."
    assert {"rows"} <= {of.entry.id for of, _ in saved.damaged()} <= {"rows", "adapter"}
    with pytest.raises(CheckpointError, match="Entry rows is damaged"):
        saved.kept(at(saved, "rows"))


def test_an_adapter_that_was_added_as_such_is_lost_with_its_rows(in_folder: Location, connected: Connect) -> None:
    store = EntryStore(connected(in_folder))
    with store.database.writing():
        put(store, "text")
        given = replace(derived(kept=adapter()), chunks=0)
        store.write(record("added", chunks=0), "A text.", (), given)
    store.database.close()
    damage(in_folder, "model.layers.1.mlp.down_proj")
    assert salvage(in_folder) == ["added"] and EntryStore(connected(in_folder)).ids("default") == ["text"]


@pytest.mark.parametrize("what", ["header", "all", "cut off", "empty"])
def test_of_a_database_that_is_none_any_longer_a_memory_can_still_be_opened(
    store: EntryStore, in_folder: Location, connected: Connect, what: str
) -> None:
    store.database.close()
    content = in_folder.file.read_bytes()
    in_folder.file.write_bytes(
        {
            "header": b"\0" * PAGE + content[PAGE:],
            "all": b"no database" * 1000,
            "cut off": content[: len(content) // 2 + 100],
            "empty": b"",
        }[what]
    )
    salvage(in_folder)
    saved = EntryStore(connected(in_folder))
    assert saved.database.problems() == [] and saved.damaged() == []
    put(saved, "new")
    assert saved.text(at(saved, "new")) == "new"


def test_entries_are_found_also_where_the_settings_are_lost(store: EntryStore, in_folder: Location) -> None:
    with store.database.writing() as connection:
        for found in store.select():
            put_vectors(connection, found.revision, 1, [NORTH], [-1])
        store.use_space(1)
    store.database.close()
    damage(in_folder, "hypernetwork_fingerprint")
    assert salvage(in_folder) == []
    memory = Searcher(in_folder, 10**9)
    try:
        assert identity_in(memory.database.settings()) is None
        assert len(memory.nearest(NORTH, 100)) == ENTRIES + 2
    finally:
        memory.close()


def test_what_is_written_after_the_salvage_is_found_in_the_index_that_was_there(
    in_folder: Location,
) -> None:
    memory = Searcher(in_folder, 0)
    for number in range(5):
        memory.put(f"{number}", EAST)
    memory.close()
    assert salvage(in_folder) == []
    memory = Searcher(in_folder, 0)
    try:
        for number in range(8):
            memory.put(f"new {number}", NORTH)
            assert f"new {number}" in memory.nearest(NORTH, 20)
        assert len(memory.nearest(NORTH, 20)) == 13 and memory.search.index.problems() == []
    finally:
        memory.close()


def test_a_salvage_that_was_cut_off_can_be_done_again(
    store: EntryStore, in_folder: Location, connected: Connect
) -> None:
    store.database.close()
    in_folder.file.with_name("memory.db.new").write_bytes(b"half")
    assert salvage(in_folder) == [] and EntryStore(connected(in_folder)).count() == ENTRIES + 2


# What can be made again


def test_rows_that_are_damaged_are_made_again_of_the_text(open_memory: Callable[..., ParametricMemory]) -> None:
    memory = open_memory(store="rows")
    lina = memory.add("Lina Okafor lives in Bergen. She studies seals.", id="lina")
    memory.add("It rained.", id="rain"), memory.add("It snowed.", id="snow")
    assert Maintenance(memory).repair() == []
    with memory.storage.database.writing() as connection:
        connection.execute(adapters.delete().where(adapters.c.revision == at(memory.storage.entries, "lina").revision))
        connection.execute(entries.update().where(entries.c.id == "rain").values(text="It hailed."))
    [told] = Maintenance(memory).repair()
    assert told.startswith("What is kept of entry lina was made anew from its text: Entry lina is damaged")
    assert memory.get("lina") == lina and [of.entry.id for of, _ in memory.storage.entries.damaged()] == ["rain"]
    assert memory.recall("Where does Lina live?", k=1)[0].entry_id == "lina"


@pytest.mark.parametrize("change", ["text", "metadata", "deleted"])
def test_a_change_during_a_repair_is_not_lost(
    open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    memory = open_memory(store="rows")
    memory.add("Lina Okafor lives in Bergen. She studies seals.", id="lina")
    store, made = memory.storage.entries, memory.storage.deriver.made
    with memory.storage.database.writing() as connection:
        connection.execute(adapters.delete().where(adapters.c.revision == at(store, "lina").revision))

    def while_another_writes(*given: Any) -> Any:
        monkeypatch.undo()
        if change == "text":
            memory.update("lina", text="Lina Okafor lives in Oslo.")
        elif change == "metadata":
            memory.update("lina", metadata={"year": 2024})
        else:
            memory.delete("lina")
        return made(*given)

    monkeypatch.setattr(memory.storage.deriver, "made", while_another_writes)
    done = Maintenance(memory).repair()
    assert len(done) == (change == "metadata") and store.damaged() == []
    if change == "text":
        assert (store.text(at(store, "lina")), memory.get("lina").version) == ("Lina Okafor lives in Oslo.", 2)
    elif change == "metadata":
        assert memory.get("lina").metadata == {"year": 2024}
        assert store.text(at(store, "lina")).startswith("Lina Okafor lives in B")
    else:
        assert store.find("lina", "default") is None


def test_an_index_that_is_not_in_step_is_made_anew(
    open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SMALL", 0)
    memory = open_memory()
    memory.add("Lina Okafor lives in Bergen.", id="lina"), memory.add("It rained.", id="rain")
    follower = memory.storage.search.index
    index = follower.in_use(memory.storage.database.settings())
    assert index is not None
    index.delete([(at(memory.storage.entries, "rain").revision, 9)])
    assert Maintenance(memory).repair() == ["The index was made anew: The index lacks vectors of entry rain."]
    assert Maintenance(memory).repair() == [] and memory.recall("It rained.", k=1)[0].entry_id == "rain"
