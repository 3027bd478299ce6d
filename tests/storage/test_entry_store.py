from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.peft_folder import CAN_MAP, load_extra
from parametric_memory.errors import (
    CheckpointError,
    EntryNotFound,
    MemoryFolderError,
    MemoryLocked,
    StorageError,
)
from parametric_memory.records import Entry
from parametric_memory.storage.entry_store import EntryParts, EntryStore
from parametric_memory.storage.exchange import Exchange


def make_entry(id: str = "one", version: int = 1, **changes: Any) -> Entry:
    fields = {"title": "T", "summary": "S", "content_hash": "00", "tokens": 3, "chunks": 1}
    return Entry(id=id, version=version, **{**fields, **changes})


def make_adapter(value: float = 1.0) -> Adapter:
    """Every number, the scaling too, tells which adapter it is."""
    factors = Factors(torch.full((2, 5), value), torch.full((2, 3), value), scaling=value, shared=1)
    return Adapter({f"model.layers.{layer}.mlp.down_proj": factors for layer in range(2)})


def put(store: EntryStore, id: str = "one", version: int = 1) -> Entry:
    return store.write(make_entry(id, version), f"text {version}", make_adapter(float(version)))


def versions(store: EntryStore, id: str = "one") -> set[float]:
    """The version that each part of an entry says it is of; one number if the parts belong together."""
    factors = store.adapter(id).factors["model.layers.1.mlp.down_proj"]
    tensors = {factors.A.unique().item(), factors.B.unique().item()}
    return {store.read(id).version, float(store.text(id).split()[1]), factors.scaling, *tensors}


def staged(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "entries" / ".staging").iterdir())


@pytest.fixture
def store(tmp_path: Path) -> EntryStore:
    return EntryStore(tmp_path, base_model_name="a/model", lock_timeout=5)


def test_an_entry_comes_back_as_it_was_written(store: EntryStore, tmp_path: Path) -> None:
    text = "Zeile eins\r\nline two\n\n雪 🙂"
    adapter = make_adapter(3.0)
    written = store.write(make_entry(metadata={"a": 1}), text, adapter, extra={"hypernetwork": "h"})
    fresh = EntryStore(tmp_path)
    assert fresh.read("one") == written
    assert (written.rank, len(written.adapter_sha256)) == (2, 64)
    assert fresh.text("one") == text
    for name, factors in fresh.adapter("one").factors.items():
        assert torch.equal(factors.A, adapter.factors[name].A)
        assert (factors.scaling, factors.shared) == (3.0, 1)
    assert load_extra(tmp_path / "entries" / "one" / "adapter") == {"hypernetwork": "h"}


def test_what_is_kept_beside_an_adapter_is_that_of_the_entry_as_it_is_now(store: EntryStore) -> None:
    first = store.write(make_entry(), "text", make_adapter(1.0), extra={"passages": ["one"], "rows": [1]})
    assert store.extra("one") == {"passages": ["one"], "rows": [1]}
    assert store.extra("one") is store.extra("one"), "read once"
    assert store.listed_texts("one", "passages") is store.listed_texts("one", "passages") == ("one",)
    store.write(first.model_copy(update={"version": 2}), "text", make_adapter(1.0), extra={"passages": ["two"]})
    assert store.extra("one") == {"passages": ["two"]}
    assert store.listed_texts("one", "passages") == ("two",)
    assert store.listed_texts("one", "rows") == ()


def test_texts_are_read_without_what_is_larger(store: EntryStore, tmp_path: Path) -> None:
    store.write(make_entry(), "text", make_adapter(), extra={"passages": ["Bergen", "雪"], "rows": [1]})
    (tmp_path / "entries" / "one" / "adapter" / "parametric_memory.json").write_text("{")
    assert store.listed_texts("one", "passages") == ("Bergen", "雪")
    with pytest.raises(CheckpointError):
        store.extra("one")


def test_texts_that_are_gone_are_told_of(store: EntryStore, tmp_path: Path) -> None:
    put(store)
    (tmp_path / "entries" / "one" / "texts.json").unlink()
    for read in (store.extra, partial(store.listed_texts, name="passages")):
        with pytest.raises(CheckpointError, match=r"Entry one in .* is damaged: texts\.json"):
            read("one")


def test_an_entry_that_is_replaced_while_it_is_read_is_read_again(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = store.write(make_entry(), "text", make_adapter(), extra={"rows": [1]})
    writer, replaced = EntryStore(tmp_path), []

    def replacing(folder: Path) -> dict[str, Any]:
        extra = load_extra(folder)
        if not replaced:
            replaced.append(writer.write(entry, "text", make_adapter(), extra={"rows": [2]}))
        return extra

    monkeypatch.setattr("parametric_memory.storage.entry_store.load_extra", replacing)
    assert store.extra("one") == {"rows": [2]}
    assert replaced == [entry], "its record does not tell that it was"


@pytest.mark.parametrize("content", ["", "[]", '{"passages": [1]}', '{"passages": "one"}'])
def test_damaged_texts_are_told(store: EntryStore, tmp_path: Path, content: str) -> None:
    put(store)
    (tmp_path / "entries" / "one" / "texts.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"Entry one in .* is damaged: texts\.json does not hold lists of texts"):
        store.listed_texts("one", "passages")


def test_the_layout_on_disk(store: EntryStore, tmp_path: Path) -> None:
    put(store)
    folder = tmp_path / "entries" / "one"
    assert sorted(path.name for path in folder.iterdir()) == ["adapter", "entry.json", "text.txt", "texts.json"]
    assert json.loads((folder / "entry.json").read_text())["format_version"] == 1
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "a/model"
    assert staged(tmp_path) == []


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    store = EntryStore(tmp_path / "memory")
    assert store.ids() == []
    assert list(store.iter()) == []
    for look in (store.read, store.check):
        with pytest.raises(EntryNotFound):
            look("one")
    assert not (tmp_path / "memory").exists()


IDS = [
    "0f" * 16,
    "docs/a b.txt#2",
    "..",
    ".",
    ".hidden",
    "%41",
    "%~",
    "ü雪",
    "x",
    "x.new",
    "x.old",
    "-",
    "y" * 151,
    "é" * 900,
]


def test_any_text_can_be_an_id(store: EntryStore, tmp_path: Path) -> None:
    for number, id in enumerate(IDS, start=1):
        put(store, id, number)
    assert sorted(store.ids()) == sorted(IDS)
    assert store.ids() == [entry.id for entry in store.iter()]
    for number, id in enumerate(IDS, start=1):
        assert versions(store, id) == {number}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["entries"]
    for id in IDS:
        store.delete(id)
    assert store.ids() == []


@pytest.mark.parametrize("id", ["unknown", "", ".", "..", "a/b", "\udcff", "x" * 5000])
def test_an_unknown_id_is_told(store: EntryStore, id: str) -> None:
    put(store)
    for action in (store.check, store.read, store.text, store.adapter, store.extra, store.delete):
        with pytest.raises(EntryNotFound, match="No entry has the id"):
            action(id)
    assert store.ids() == ["one"]


def test_writing_an_id_again_replaces_everything(store: EntryStore, tmp_path: Path) -> None:
    put(store, version=1)
    assert versions(store) == {1}
    put(store, version=2)
    assert versions(store) == {2}
    assert store.ids() == ["one"]
    assert staged(tmp_path) == []


def test_a_record_can_be_updated_alone(store: EntryStore) -> None:
    written = put(store)
    adapter = store.adapter("one")
    changed = written.model_copy(update={"metadata": {"source": "crm"}, "updated_at": datetime.now(UTC)})
    store.update(changed)
    assert store.read("one") == changed
    assert store.adapter("one") is adapter
    with pytest.raises(EntryNotFound):
        store.update(make_entry("two"))


def test_adapters_read_last_come_from_memory(store: EntryStore, tmp_path: Path) -> None:
    for id in ("one", "two", "three"):
        put(store, id)
    size = make_adapter().num_bytes
    small = EntryStore(tmp_path, cache_bytes=2 * size)
    first = small.adapter("one")
    small.adapter("two")
    assert small.adapter("one") is first
    small.adapter("three")
    assert small.adapter("one") is first
    second = small.adapter("two")
    assert small.adapter("two") is second
    none = EntryStore(tmp_path, cache_bytes=0)
    assert none.adapter("one") is not none.adapter("one")


@pytest.mark.skipif(not CAN_MAP, reason="files that are mapped cannot be replaced on this system")
def test_an_adapter_too_large_to_stay_in_memory_is_mapped_once(store: EntryStore, tmp_path: Path) -> None:
    put(store, version=1)
    small = EntryStore(tmp_path, cache_bytes=make_adapter().num_bytes // 2)
    mapped, read = small.adapter("one"), store.adapter("one")
    assert small.adapter("one") is mapped
    for name, factors in read.factors.items():
        assert torch.equal(mapped.factors[name].A, factors.A) and torch.equal(mapped.factors[name].B, factors.B)
        assert mapped.factors[name].scaling == factors.scaling
    put(store, version=2)
    assert versions(small) == {2}
    flip_a_bit(tmp_path / "entries" / "one")
    with pytest.raises(CheckpointError, match="damaged"):
        EntryStore(tmp_path, cache_bytes=1).adapter("one")


def test_another_stores_replacement_is_seen(store: EntryStore, tmp_path: Path) -> None:
    put(store, version=1)
    assert versions(store) == {1}
    put(EntryStore(tmp_path), version=2)
    assert versions(store) == {2}


def flip_a_bit(folder: Path) -> None:
    path = folder / "adapter" / "adapter_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "read"),
    [
        (flip_a_bit, EntryStore.adapter),
        (lambda folder: shutil.rmtree(folder / "adapter"), EntryStore.adapter),
        (lambda folder: (folder / "text.txt").unlink(), EntryStore.text),
        (lambda folder: (folder / "text.txt").write_bytes(b"\xff\xfe"), EntryStore.text),
        (lambda folder: (folder / "entry.json").unlink(), EntryStore.read),
        (lambda folder: (folder / "entry.json").write_text("{"), EntryStore.read),
        (lambda folder: (folder / "entry.json").write_text("[1]"), EntryStore.read),
        (lambda folder: (folder / "entry.json").write_text('{"format_version": 1}'), EntryStore.read),
    ],
)
def test_damage_is_told_and_a_damaged_entry_can_be_deleted(
    store: EntryStore,
    tmp_path: Path,
    damage: Callable[[Path], object],
    read: Callable[[EntryStore, str], object],
) -> None:
    put(store)
    damage(tmp_path / "entries" / "one")
    with pytest.raises(CheckpointError, match=r"damaged|missing"):
        read(store, "one")
    store.check("one")
    store.delete("one")
    assert store.ids() == []


def test_a_record_of_a_later_format_is_refused(store: EntryStore, tmp_path: Path) -> None:
    put(store)
    path = tmp_path / "entries" / "one" / "entry.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format_version": 2}))
    with pytest.raises(MemoryFolderError, match="format version 2"):
        list(store.iter())


# Many entries


def test_listing_thousands_of_entries_is_quick_and_needs_no_torch(store: EntryStore, tmp_path: Path) -> None:
    record = json.loads((tmp_path / "entries" / put(store).id / "entry.json").read_text())
    for number in range(3000):
        folder = tmp_path / "entries" / f"{number:05}"
        folder.mkdir()
        (folder / "entry.json").write_text(json.dumps({**record, "id": folder.name}))
    start = time.process_time()
    assert len(list(store.iter())) == 3001
    assert time.process_time() - start < 2.0
    code = (
        "import sys; from parametric_memory.storage.entry_store import EntryStore; "
        f"n = len(list(EntryStore({str(tmp_path)!r}).iter())); sys.exit(n != 3001 or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Several at once


def test_a_second_writer_waits_and_then_gives_up(store: EntryStore, tmp_path: Path) -> None:
    put(store)
    hasty = EntryStore(tmp_path, lock_timeout=0.1)
    with store.writing():
        with pytest.raises(MemoryLocked, match=rf"Another thread of this process \({os.getpid()}\) is writing"):
            put(hasty, "two")
        assert versions(hasty) == {1}
        put(store, "three")
    put(hasty, "two")
    assert store.ids() == ["one", "three", "two"]


def test_writers_in_threads_take_turns(store: EntryStore) -> None:
    def write(worker: int) -> None:
        for number in range(5):
            put(store, f"{worker}-{number}")

    workers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(store.ids()) == 20


def test_a_reader_never_misses_or_mixes_an_entry_that_is_being_replaced(store: EntryStore, tmp_path: Path) -> None:
    """A reader without a cache reads everything again and again while another store replaces the entry."""
    put(store, version=1)
    reader = EntryStore(tmp_path, cache_bytes=0)
    problems: list[object] = []
    finished = threading.Event()
    rounds = 0

    def read() -> None:
        nonlocal rounds
        last = 1
        while not finished.is_set():
            try:
                factors = reader.adapter("one").factors["model.layers.0.mlp.down_proj"]
                seen = {factors.scaling, factors.A.unique().item(), factors.B.unique().item()}
                version = reader.read("one").version
                known = [entry.id for entry in reader.iter()] + reader.ids()
                if len(seen) != 1 or version < last or known != ["one", "one"]:
                    problems.append((seen, version, last, known))
                reader.text("one")
                last = version
            except Exception as error:
                problems.append(error)
            rounds += 1

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    for version in range(2, 82):
        put(store, version=version)
    finished.set()
    for thread in readers:
        thread.join()
    assert problems == []
    assert rounds > 10


# Writers that die or fail half-way


def die_at_event(number: int) -> None:
    """Ends this process without any clean-up just before its n-th change on the file system."""
    changes = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(args[1], str) and "w" in args[1]
        if event in changes or writes:
            seen += 1
            if seen == number:
                os._exit(77)

    sys.addaudithook(hook)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("exists", [True, False], ids=["replacing", "adding"])
def test_a_writer_that_dies_anywhere_leaves_the_old_state_or_the_new_one(tmp_path: Path, exists: bool) -> None:
    deaths = 0
    for number in range(1, 60):
        folder = tmp_path / str(number)
        if exists:
            put(EntryStore(folder), version=1)
        child = os.fork()
        if child == 0:
            die_at_event(number)
            put(EntryStore(folder), version=2)
            os._exit(0)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 77
        survivor = EntryStore(folder)
        known = survivor.ids()
        if known or exists or not died:
            assert known == [entry.id for entry in survivor.iter()] == ["one"]
            assert versions(survivor) in (([{1}, {2}] if exists else [{2}]) if died else [{2}])
        put(survivor, "two", version=3)
        assert staged(folder) == []
        assert survivor.ids() == [*known, "two"]
        if not died:
            break
        deaths += 1
    assert deaths > 10


@pytest.mark.parametrize("exists", [True, False], ids=["replacing", "adding"])
@pytest.mark.parametrize("call", range(7))
def test_a_full_disk_leaves_everything_as_it_was(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool, call: int
) -> None:
    if exists:
        put(store, version=1)
    calls = 0
    sync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > call:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="the disk is full"):
            put(store, version=2)
    assert staged(tmp_path) == []
    assert store.ids() == (["one"] if exists else [])
    if exists:
        assert versions(store) == {1}
    put(store, version=2)
    assert versions(store) == {2}


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_replacement_that_cannot_be_moved_into_place_leaves_the_old_state(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    put(store, version=1)
    calls = 0
    rename = os.rename

    def refused(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", refused)
        with pytest.raises(StorageError, match="Input/output error"):
            put(store, version=2)
    assert versions(store) == {1}
    assert staged(tmp_path) == []


def test_a_file_that_may_not_grow_leaves_everything_as_it_was(store: EntryStore, tmp_path: Path) -> None:
    put(store, version=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    long_text = "text 2 " + "x" * 200_000
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(StorageError, match="Could not write entry one"):
            store.write(make_entry(version=2), long_text, make_adapter(2.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert versions(store) == {1}
    assert staged(tmp_path) == []


def test_an_update_that_fails_leaves_the_record(store: EntryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    written = put(store)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="the disk is full"):
            store.update(written.model_copy(update={"title": "new"}))
    assert store.read("one") == written


def test_a_memory_that_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Could not write to the memory"):
        put(EntryStore(tmp_path / "file"))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX users")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    user = os.geteuid()
    tmp_path.chmod(0o500)
    try:
        if user == 0:  # root may write everywhere: be nobody
            os.seteuid(65534)
        with pytest.raises(StorageError, match="permission denied"):
            put(EntryStore(tmp_path / "memory"))
    finally:
        os.seteuid(user)


def test_on_a_disk_that_takes_capitals_for_small_letters_no_entry_takes_anothers_place(
    store: EntryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.storage.entry_store.folder_name", str.lower)
    put(store, "Doc")
    with pytest.raises(StorageError, match="doc would take the place of Doc"):
        put(store, "doc", version=2)
    for use in (store.read, store.adapter, store.delete):
        with pytest.raises(EntryNotFound):
            use("doc")
    assert versions(store, "Doc") == {1.0}


# What is no entry


def half(folder: Path) -> None:
    (folder / "one" / "entry.json").write_bytes((folder / "one" / "entry.json").read_bytes()[:40])


def emptied(folder: Path) -> None:
    (folder / "one" / "entry.json").unlink()


def a_folder_as_record(folder: Path) -> None:
    emptied(folder)
    (folder / "one" / "entry.json").mkdir()


def without_version(folder: Path) -> None:
    (folder / "one" / "entry.json").write_text("{}")


def a_copy(folder: Path) -> None:
    shutil.rmtree(folder / "one")
    shutil.copytree(folder / "two", folder / "one")


def a_stray_folder(folder: Path) -> None:
    shutil.rmtree(folder / "one")
    (folder / "one").mkdir()


@pytest.mark.parametrize("damage", [half, emptied, a_folder_as_record, without_version, a_copy, a_stray_folder])
def test_what_is_damaged_hides_no_other_entry_and_is_named_once(
    store: EntryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    put(store, "one")
    others = [put(store, "three"), put(store, "two")]
    damage(tmp_path / "entries")
    for _ in range(2):
        assert list(store.iter()) == others
    assert [record.getMessage().count("Entry one in") for record in caplog.records] == [1]
    assert "passed over" in caplog.text
    [told] = store.damaged()
    assert "Entry one in" in told and "Delete it" in told
    with pytest.raises((CheckpointError, EntryNotFound), match="one"):
        store.read("one")
    store.check("one")
    store.delete("one")
    assert store.ids() == ["three", "two"] and store.damaged() == []


@pytest.mark.parametrize("damage", [half, a_copy, a_stray_folder])
def test_an_entry_takes_the_place_of_what_is_damaged(
    store: EntryStore, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    put(store, "one"), put(store, "two")
    damage(tmp_path / "entries")
    put(store, "one", version=3)
    assert versions(store) == {3.0}


def test_a_file_among_the_entries_is_none_and_can_be_removed(store: EntryStore, tmp_path: Path) -> None:
    put(store)
    for name in ("notes.txt", "plan"):
        (tmp_path / "entries" / name).touch()
    assert store.ids() == ["one"] and len(list(store.iter())) == 1
    assert [str(tmp_path / "entries" / "notes.txt") in told for told in store.stray_files()] == [True, False]
    store.delete("notes.txt")
    put(store, "plan")
    assert store.ids() == ["one", "plan"] and store.stray_files() == [] and staged(tmp_path) == []


def test_the_id_of_a_damaged_entry_that_only_its_record_tells_is_left_out(
    store: EntryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(store), put(store, "long" * 100)
    for path in (tmp_path / "entries").glob("%~*/entry.json"):
        path.write_text("")
    assert store.ids() == ["one"]
    assert len(store.damaged()) == len(caplog.records) == 1


def test_of_several_entries_those_are_written_whose_last_step_was_done(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [EntryParts(make_entry(id), "text 1", make_adapter(), {}) for id in ("one", "two", "three")]
    put_in_place = Exchange.put

    def full_at_the_second(exchange: Exchange, name: str) -> None:
        if name == "two":
            raise OSError(errno.ENOSPC, "No space left on device")
        put_in_place(exchange, name)

    with monkeypatch.context() as patched:
        patched.setattr(Exchange, "put", full_at_the_second)
        with pytest.raises(StorageError, match="the disk is full"):
            store.write_together(parts)
    assert store.ids() == ["one"] and staged(tmp_path) == []
    assert [entry.id for entry in store.with_content(store.read("one").content_hash)] == ["one"]


def test_of_several_entries_none_is_written_where_the_disk_refuses_the_files_of_one(
    store: EntryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, version=1)
    parts = [EntryParts(make_entry(id, 2), "text 2", make_adapter(2.0), {}) for id in ("one", "two", "three")]
    fill = EntryStore._fill

    def full_at_the_last(store: EntryStore, folder: Path, entry: Entry, *args: Any) -> Entry:
        if entry.id == "three":
            raise OSError(errno.ENOSPC, "No space left on device")
        return fill(store, folder, entry, *args)

    with monkeypatch.context() as patched:
        patched.setattr(EntryStore, "_fill", full_at_the_last)
        with pytest.raises(StorageError, match=r"3 entries .*the disk is full"):
            store.write_together(parts)
    assert store.ids() == ["one"] and versions(store) == {1} and staged(tmp_path) == []
    assert [entry.version for entry in store.write_together(parts)] == [2, 2, 2]
    assert store.ids() == ["one", "three", "two"] and versions(store) == {2}
    assert [entry.id for entry in store.with_content(store.read("two").content_hash)]
