"""What a shared memory does on one machine: its records, leases and files, and what it says when something is wrong."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from parametric_memory import ParametricMemory
from parametric_memory.errors import (
    EntryNotFound,
    MemoryFolderError,
    MemoryLocked,
    ParametricMemoryError,
    SettingsError,
    StorageError,
)
from parametric_memory.storage.identity import MemoryIdentity
from parametric_memory.storage.shared import leases
from parametric_memory.storage.shared.leases import Leases
from parametric_memory.storage.shared.location import SharedLocation
from parametric_memory.storage.shared.memory import SharedMemory
from tests.servers import Proxy, chroma_server, free_port

HARBOUR = "The old harbour was rebuilt after the storm of 1911. The museum moved into the largest shed."
Open = Callable[..., ParametricMemory]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def shared(open_memory: Open, chroma: str, home: Path, tmp_path: Path) -> ParametricMemory:
    """A shared memory in the folder `shared`."""
    return open_memory(tmp_path / "shared", index=chroma)


def objects(memory: ParametricMemory) -> list[str]:
    assert isinstance(memory.kept, SharedMemory)
    return memory.kept.location.place.files("entries")


def on_another_machine(
    open_memory: Open, memory: ParametricMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ParametricMemory:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "another-home"))
    return open_memory(memory.place)


def test_each_change_is_a_file_of_its_own_and_only_the_last_stays(shared: ParametricMemory, tmp_path: Path) -> None:
    entry = shared.add("The ferry leaves at nine.", id="a/b: ö?", metadata={"team": "sea"})
    [first] = objects(shared)
    shared.update(entry.id, metadata={"team": "land"})
    [second] = objects(shared)
    assert first != second
    with zipfile.ZipFile(tmp_path / "shared" / second) as packed:
        assert packed.read("text.txt").decode() == "The ferry leaves at nine."
        assert json.loads(packed.read("entry.json"))["metadata"] == {"team": "land"}
    assert [e.id for e in shared.list(filter={"team": "land"})] == ["a/b: ö?"]


def test_deleting_takes_away_file_record_vectors_and_what_other_machines_unpacked(
    shared: ParametricMemory, open_memory: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.add(HARBOUR, id="harbour")
    shared.add("The ferry leaves at nine.", id="ferry")
    other = on_another_machine(open_memory, shared, tmp_path, monkeypatch)
    assert other.text("harbour") == HARBOUR
    unpacked = other.folder / "versions" / "harbour"
    assert unpacked.is_dir()

    shared.delete("harbour")
    time.sleep(0.15)  # others hear of a change a tenth of a second later, at most
    with pytest.raises(EntryNotFound):
        other.text("harbour")
    assert [file.split("/")[1] for file in objects(shared)] == ["ferry"]
    assert shared.kept.index.entry_ids() == {"ferry"}
    assert [r.entry_id for r in other.recall("When was the harbour rebuilt?")] == ["ferry"]
    assert not unpacked.exists()


def test_earlier_versions_are_kept_and_restored(open_memory: Open, chroma: str, home: Path, tmp_path: Path) -> None:
    memory = open_memory(tmp_path / "shared", index=chroma, versions=2)
    memory.add("The ferry leaves at nine.", id="ferry")
    memory.update("ferry", text="The ferry leaves at ten.")
    assert [v.text for v in memory.history("ferry")] == ["The ferry leaves at nine."]
    memory.restore("ferry", 1)
    assert memory.text("ferry") == "The ferry leaves at nine."
    assert memory.get("ferry").version == 3


def test_what_no_record_names_is_not_seen_and_goes_with_a_repair(shared: ParametricMemory, tmp_path: Path) -> None:
    from parametric_memory.storage.repair import repaired

    shared.add(HARBOUR, id="harbour")
    [file] = objects(shared)
    left = tmp_path / "shared" / "entries" / "ghost" / "1-0123456789ab.zip"
    left.parent.mkdir()
    shutil.copy(tmp_path / "shared" / file, left)
    assert [entry.id for entry in shared.list()] == ["harbour"]
    assert repaired(shared.kept) == ["entries/ghost/1-0123456789ab.zip was taken away: a writer that died left it."]
    assert objects(shared) == [file]


def killed_between_two_records(memory: ParametricMemory, tmp_path: Path, text: str) -> None:
    """Replaces the text of `ferry`, and leaves what it was as a writer does that is killed before that is gone."""
    assert isinstance(memory.kept, SharedMemory)
    entries = memory.kept._shared
    [before] = entries.records.all()
    packed = (tmp_path / "shared" / before.file).read_bytes()
    memory.update("ferry", text=text)
    (tmp_path / "shared" / before.file).write_bytes(packed)
    entries.records.put(before)


def test_a_deleted_entry_does_not_come_back_as_what_it_was_before(shared: ParametricMemory, tmp_path: Path) -> None:
    shared.add("The ferry leaves at nine.", id="ferry")
    killed_between_two_records(shared, tmp_path, "The ferry leaves at ten.")
    assert shared.text("ferry") == "The ferry leaves at ten."

    shared.delete("ferry")
    assert shared.list() == []
    assert objects(shared) == []
    again = shared.add("The ferry leaves at nine.")
    assert (again.version, shared.text(again.id)) == (1, "The ferry leaves at nine.")


@pytest.mark.parametrize("ids", [None, ["ferry"]], ids=["all", "one"])
def test_what_an_entry_was_before_goes_with_what_no_record_names(
    shared: ParametricMemory, tmp_path: Path, ids: list[str] | None
) -> None:
    shared.add("The ferry leaves at nine.", id="ferry")
    killed_between_two_records(shared, tmp_path, "The ferry leaves at ten.")
    assert isinstance(shared.kept, SharedMemory)
    entries = shared.kept._shared
    with shared.writing():
        [left] = entries.tidy(ids)
    [record] = entries.records.with_earlier(None)
    assert objects(shared) == [record.file] != [left]
    assert shared.text("ferry") == "The ferry leaves at ten."


def test_a_file_that_the_place_did_not_take_away_goes_with_the_next_writer(
    shared: ParametricMemory, tmp_path: Path
) -> None:
    shared.add("The ferry leaves at nine.", id="ferry")
    file = tmp_path / "shared" / objects(shared)[0]
    packed = file.read_bytes()
    file.unlink()
    file.mkdir()  # which is not taken away as a file is
    shared.update("ferry", text="The ferry leaves at ten.")
    file.rmdir()
    file.write_bytes(packed)
    shared.add(HARBOUR, id="harbour")
    assert sorted(path.split("/")[1] for path in objects(shared)) == ["ferry", "harbour"]
    assert shared.text("ferry") == "The ferry leaves at ten."


def test_a_write_that_the_place_refuses_leaves_all_as_it_was(shared: ParametricMemory, tmp_path: Path) -> None:
    shared.add(HARBOUR, id="harbour")
    (tmp_path / "shared" / "entries" / "ferry").write_text("a file where a folder is needed")
    with pytest.raises(StorageError, match="ferry"):
        shared.add("The ferry leaves at nine.", id="ferry")
    assert [entry.id for entry in shared.list()] == ["harbour"]
    assert shared.kept.index.entry_ids() == {"harbour"}
    (tmp_path / "shared" / "entries" / "ferry").unlink()
    assert shared.add("The ferry leaves at nine.", id="ferry").version == 1


def test_a_file_that_is_lost_or_damaged_is_told_of(shared: ParametricMemory, tmp_path: Path) -> None:
    shared.add(HARBOUR, id="harbour")
    file = tmp_path / "shared" / objects(shared)[0]
    shutil.rmtree(shared.folder / "versions")
    file.write_bytes(b"PK no more")
    with pytest.raises(ParametricMemoryError, match=r"Entry harbour in .* is damaged: .* is no whole zip file"):
        shared.text("harbour")
    file.unlink()
    with pytest.raises(ParametricMemoryError, match=r"Entry harbour in .* is damaged: .* is gone"):
        shared.text("harbour")
    shared.delete("harbour")
    assert shared.list() == []


def test_an_index_is_built_anew_and_others_follow(
    shared: ParametricMemory, open_memory: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.add(HARBOUR, id="harbour")
    other = on_another_machine(open_memory, shared, tmp_path, monkeypatch)
    assert [r.entry_id for r in other.recall("When was the harbour rebuilt?")] == ["harbour"]
    before = shared.kept.index.name
    assert shared.reindex() == 1
    assert shared.kept.index.name != before
    assert [r.entry_id for r in other.recall("When was the harbour rebuilt?")] == ["harbour"]
    other.add("The ferry leaves at nine.", id="ferry")
    assert shared.kept.index.entry_ids() == {"harbour", "ferry"}


def indexes(memory: ParametricMemory) -> list[str]:
    """The names of all that are in the server, as the memory knows them."""
    assert isinstance(memory.kept, SharedMemory)
    server, collections = memory.kept.location.known() or pytest.fail("it was made")
    return [name.removeprefix(f"{collections}-") for name in server.names(f"{collections}-chroma")]


@pytest.mark.parametrize("way", ["reindex", "erase", "repair"])
def test_the_index_that_a_killed_reindex_left_goes(shared: ParametricMemory, way: str) -> None:
    from parametric_memory.storage.repair import repaired

    shared.add(HARBOUR, id="harbour")
    left = shared.kept.index_in("chroma-0123abcd")
    left.add_many([shared.kept.record_of(shared.get("harbour"))])
    assert sorted(indexes(shared)) == ["chroma", "chroma-0123abcd"]
    ways: dict[str, Callable[[], object]] = {"reindex": shared.reindex, "erase": shared.erase}
    ways.get(way, lambda: repaired(shared.kept))()
    assert indexes(shared) == [shared.kept.index.name]
    assert [r.entry_id for r in shared.recall("When was the harbour rebuilt?")] == ["harbour"]


def test_a_reindex_that_is_interrupted_after_its_index_took_its_place_leaves_it(
    shared: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.add(HARBOUR, id="harbour")
    become = shared.kept._become

    def interrupted(identity: MemoryIdentity) -> None:
        become(identity)
        raise KeyboardInterrupt

    monkeypatch.setattr(shared.kept, "_become", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shared.reindex()
    assert shared.kept.index.name != "chroma"
    assert [r.entry_id for r in shared.recall("When was the harbour rebuilt?")] == ["harbour"]


def test_a_reindex_whose_index_another_takes_away_says_so(
    shared: ParametricMemory, open_memory: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.add(HARBOUR, id="harbour")
    other = on_another_machine(open_memory, shared, tmp_path, monkeypatch)
    out_of_step = shared.kept.out_of_step

    def after_another(index: Any = None) -> list[str]:
        monkeypatch.setattr(shared.kept, "out_of_step", out_of_step)
        other.reindex()
        return out_of_step(index)

    monkeypatch.setattr(shared.kept, "out_of_step", after_another)
    with pytest.raises(MemoryLocked, match="Another process "):
        shared.reindex()
    assert indexes(shared) == [other.kept.index.name]
    assert shared.recall("When was the harbour rebuilt?")[0].entry_id == "harbour"


def test_a_server_that_lost_everything_is_told_of_and_gets_it_again(
    open_memory: Open, home: Path, tmp_path: Path
) -> None:
    port = free_port()
    with chroma_server(tmp_path / "server", port) as url:
        memory = open_memory(tmp_path / "shared", index=url)
        memory.add(HARBOUR, id="harbour", metadata={"team": "history"})
        memory.update("harbour", metadata={"team": "sea"})
    with pytest.raises(StorageError, match=f"Could not use the index server at {url}"):
        memory.recall("When was the harbour rebuilt?")
    with chroma_server(tmp_path / "new-server", port) as url:
        memory = open_memory(tmp_path / "shared")
        with pytest.raises(
            MemoryFolderError,
            match=r"has no records of the memory in .* make them anew with `parametric-memory reindex",
        ):
            memory.recall("When was the harbour rebuilt?")
        assert memory.reindex() == 1
        assert [r.entry_id for r in memory.recall("When was the harbour rebuilt?")] == ["harbour"]
        assert memory.get("harbour").metadata == {"team": "sea"}


def test_a_shared_memory_is_exported_and_imported_and_says_what_it_does_not(
    shared: ParametricMemory, open_memory: Open, chroma: str, tmp_path: Path
) -> None:
    shared.add(HARBOUR, id="harbour")
    assert shared.export(tmp_path / "memory.zip") == 1
    local = open_memory(tmp_path / "local")
    assert local.import_(tmp_path / "memory.zip") == 1
    again = open_memory(tmp_path / "again", index=chroma)
    assert again.import_(tmp_path / "memory.zip") == 1
    assert again.text("harbour") == local.text("harbour") == HARBOUR
    with pytest.raises(MemoryFolderError, match="is not upgraded where it is: `export` it"):
        shared.upgrade()
    with pytest.raises(MemoryFolderError, match="keeps no skills"):
        shared.add_skill("Answer in one word.")
    with pytest.raises(MemoryFolderError, match="has its index beside it: write it to a file"):
        open_memory(tmp_path / "local", index=chroma)


def test_a_writer_that_slept_writes_nothing_after_another_took_its_lease(
    shared: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.add(HARBOUR, id="harbour")
    assert isinstance(shared.kept, SharedMemory)
    monkeypatch.setattr(leases, "_PATIENCE", 0.4)
    monkeypatch.setattr(leases, "_BEAT", 60.0)  # the sleeper says nothing
    asleep, awake = shared.kept.store.leases, Leases(shared.kept.location, 10.0)  # type: ignore[attr-defined]

    def write_after_sleeping() -> None:
        with shared.writing():
            awake.acquire()  # after it was seen to say nothing for so long
            shared.kept.store.update(shared.get("harbour").model_copy(update={"title": "Another"}))

    with pytest.raises(MemoryLocked, match="was asleep while it wrote"):
        write_after_sleeping()
    awake.release()
    assert asleep.depth == 0
    assert shared.get("harbour").title != "Another"
    assert len(objects(shared)) == 1
    assert shared.add("The ferry leaves at nine.", id="ferry").version == 1


def test_who_waits_too_long_is_told_who_writes(shared: ParametricMemory) -> None:
    shared.add(HARBOUR)
    assert isinstance(shared.kept, SharedMemory)
    with shared.writing():
        other = Leases(shared.kept.location, 0.2)
        with pytest.raises(MemoryLocked, match=r"The process \d+ on .* is writing to the memory in .*shared"):
            other.acquire()


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (None, "is no memory yet, and a shared one keeps its index in a Chroma server"),
        ("localhost:8000", "is no address of an index server"),
        ("http://127.0.0.1:1", "Could not use the index server at http://127.0.0.1:1"),
        ("http://no-such-host.invalid:8000", "Could not use the index server at http://no-such-host.invalid:8000"),
    ],
)
def test_a_server_that_is_none_is_told_of_in_one_line(
    index: str | None, told: str, open_memory: Open, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(ParametricMemoryError, match=told) as raised:
        open_memory(f"file://{tmp_path}/shared", index=index).add(HARBOUR)
    assert "\n" not in str(raised.value)


def test_a_server_that_takes_calls_and_never_answers_is_told_of(
    open_memory: Open, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.index.server.FIRST_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(StorageError, match=f"Could not use the index server at {url}"):
            open_memory(tmp_path / "shared", index=url).add(HARBOUR)


def test_a_proxy_that_refuses_is_told_of_in_one_line_and_ends_no_lease(
    open_memory: Open, chroma: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_BEAT", 0.05)
    with Proxy(chroma) as proxy:
        memory = open_memory(tmp_path / "shared", index=proxy.url)
        memory.add(HARBOUR, id="harbour")
        assert isinstance(memory.kept, SharedMemory)
        with memory.writing():
            lease = memory.kept._shared.leases
            proxy.status = 502
            with pytest.raises(StorageError, match=r"or a proxy before it, refused: .*502 Bad Gateway") as raised:
                memory.kept.index.entry_ids()
            assert "\n" not in str(raised.value)
            time.sleep(0.3)  # signs of life that do not come through
            proxy.status, then = None, lease._confirmed
            end = time.monotonic() + 10
            while lease._confirmed == then and time.monotonic() < end:
                time.sleep(0.05)
            assert lease._confirmed > then
            memory.update("harbour", metadata={"team": "sea"})
            proxy.status = 503  # what was written stays, though the server does not hear that the lease is over
        proxy.status = None
        assert memory.get("harbour").metadata == {"team": "sea"}


def test_a_kind_of_place_that_nobody_knows_is_told_of(home: Path, chroma: str) -> None:
    with pytest.raises(SettingsError, match="names no kind of place"):
        SharedLocation("nothing-known://bucket/memory", chroma)


def test_a_bucket_that_is_not_there_or_not_reached_is_told_of_in_one_line(
    s3_keys: None, open_memory: Open, chroma: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageError, match="there is no bucket no-such-bucket") as raised:
        open_memory("s3://no-such-bucket/memory", index=chroma)
    assert "\n" not in str(raised.value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StorageError, match="s3://another-bucket/memory") as raised:
        open_memory("s3://another-bucket/memory", index=chroma)
    assert "\n" not in str(raised.value)


def test_whoever_makes_a_place_first_decides_for_all(home: Path, tmp_path: Path) -> None:
    first = SharedLocation(tmp_path / "shared", "http://127.0.0.1:8001").make()
    assert SharedLocation(tmp_path / "shared", "http://127.0.0.1:8002").make() == first


def test_a_place_that_is_shared_already_needs_no_index(home: Path, tmp_path: Path) -> None:
    from parametric_memory.storage.shared.location import located

    SharedLocation(tmp_path / "shared", "http://127.0.0.1:8001").make()
    assert isinstance(located(tmp_path / "shared"), SharedLocation)
    assert located(tmp_path / "local") == tmp_path / "local"


def test_an_addition_takes_a_dozen_requests_and_a_question_about_five(
    shared: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_MOMENT", 60.0)  # on a machine that has much to do, more is looked at again
    shared.add(HARBOUR, id="harbour")
    assert isinstance(shared.kept, SharedMemory)
    server, _ = shared.kept.location.known() or pytest.fail("it was made")
    asked: list[str] = []
    session = server.client()._server._session  # type: ignore[attr-defined]

    def count(request: httpx.Request) -> None:
        if threading.current_thread().name != "lease":  # signs of life come by the clock
            asked.append(request.url.path.rpartition("/")[2])

    session.event_hooks["request"] = [count]
    shared.recall("When was the harbour rebuilt?")
    asked.clear()
    shared.recall("When was the harbour rebuilt?")
    assert len(asked) <= 6, asked
    asked.clear()
    shared.add("The ferry leaves at nine.", id="ferry")
    assert len(asked) <= 16, asked
