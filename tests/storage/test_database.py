"""Transactions and locks, in SQLite and in PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError, MemoryFolderError, MemoryLocked, StorageError
from parametric_memory.internalize.selection import as_settings, identity_in
from parametric_memory.storage.database import Database
from parametric_memory.storage.location import Location
from parametric_memory.storage.locks import DatabaseLock
from tests.internalize.test_identity import IDENTITY
from tests.storage.processes import forked, killed_afterwards, needs_fork, started, until

Connect = Callable[..., Database]


def test_a_memory_is_made_by_the_first_write_and_read_by_all(location: Location, connected: Connect) -> None:
    one, other = connected(location), connected(location)
    assert not other.exists and other.settings() == {} and other.problems() == []
    one.set("a", "1")
    assert other.exists and other.setting("a") == "1"
    other.set("a", None)
    assert one.setting("a") is None and set(one.settings()) == {"format"}


def test_reading_makes_nothing(in_folder: Location, connected: Connect) -> None:
    database = connected(in_folder)
    assert database.settings() == {} and database.purge()
    assert in_folder.folder is not None and not in_folder.folder.exists()


def test_transactions_nest(location: Location, connected: Connect) -> None:
    database, other = connected(location), connected(location)
    with database.writing() as outer:
        with database.writing() as inner:
            database.set("a", "1")
        assert inner is outer
        assert database.setting("a") == "1" and other.settings() == {}
    assert other.setting("a") == "1"


def test_a_block_that_fails_leaves_nothing(location: Location, connected: Connect) -> None:
    database, called = connected(location), []

    def fail() -> None:
        with database.writing():
            database.after_commit(lambda: called.append(1))
            database.set("a", "1")
            raise KeyboardInterrupt

    for _ in range(2):  # the first would have made the memory
        with pytest.raises(KeyboardInterrupt):
            fail()
        assert database.setting("a") is None and called == []
        assert database.exists == connected(location).exists == (database.setting("b") is not None)
        database.set("b", "2")


def test_what_follows_a_commit_is_done_once_and_sees_it(database: Database) -> None:
    seen: list[str | None] = []

    def look() -> None:
        seen.append(database.setting("a"))

    with database.writing():
        for value in ("1", "2"):
            with database.writing():
                database.set("a", value)
                database.after_commit(look)
        assert seen == []
    assert seen == ["2"]


def test_a_reader_sees_one_state_while_others_write(location: Location, connected: Connect) -> None:
    database, other = connected(location), connected(location)
    database.set("a", "1")
    with database.reading():
        assert database.setting("a") == "1"
        other.set("a", "2")
        assert database.setting("a") == "1"
        with ThreadPoolExecutor(1) as another:
            assert another.submit(database.setting, "a").result() == "2"
        assert database.setting("a") == "1"
    assert database.setting("a") == "2"


def test_a_write_within_a_read_sees_itself_and_the_read_what_it_saw(database: Database) -> None:
    database.set("a", "1")
    with database.reading():
        assert database.setting("a") == "1"
        with database.writing():
            database.set("a", "2")
            assert database.setting("a") == "2"
        assert database.setting("a") == "1"
    assert database.setting("a") == "2"


@pytest.mark.parametrize("instances", [1, 2])
def test_a_second_writer_waits_and_then_gives_up(location: Location, connected: Connect, instances: int) -> None:
    hasty = connected(location, 0.2)
    first = hasty if instances == 1 else connected(location)
    first.set("a", "1")
    with ThreadPoolExecutor(1) as another:
        with first.writing():
            refused = another.submit(hasty.set, "b", "2").exception()
            assert another.submit(hasty.setting, "a").result() == "1"
        assert isinstance(refused, MemoryLocked)
        assert f"kept the memory in {location} for more than 0.2 seconds" in str(refused)
        another.submit(hasty.set, "b", "2").result()
    assert first.setting("b") == "2"


def test_a_writer_waits_while_another_process_makes_the_database(in_folder: Location, connected: Connect) -> None:
    assert in_folder.folder is not None
    in_folder.folder.mkdir()
    with closing(sqlite3.connect(in_folder.file, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # as when it changes the mode of the file
        threading.Timer(0.2, other.rollback).start()
        connected(in_folder).set("a", "1")
    with closing(sqlite3.connect(in_folder.file)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("instances", [1, 4])
def test_writers_in_threads_take_turns_and_none_loses_what_another_wrote(
    location: Location, connected: Connect, instances: int
) -> None:
    databases = [connected(location, 30) for _ in range(instances)]

    def count(worker: int) -> None:
        for _ in range(5):
            database = databases[worker % instances]
            with database.writing():
                database.set("count", str(int(database.setting("count") or 0) + 1))

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(count, range(4)))
    assert databases[0].setting("count") == "20"


@needs_fork
def test_a_writer_that_is_killed_leaves_nothing_and_keeps_nobody_waiting(
    location: Location, connected: Connect
) -> None:
    database = connected(location)
    database.set("a", "1")
    database.close()

    def write_half() -> None:
        writer = Database(location)
        block = writer.writing()
        block.__enter__()
        writer.set("a", "2")
        unended.append(block)

    unended: list[object] = []
    with killed_afterwards(write_half) as kill:
        with pytest.raises(MemoryLocked):
            connected(location, 0.2).set("a", "3")
        kill()
        assert database.setting("a") == "1"
        database.set("a", "3")
    assert database.setting("a") == "3" and database.problems() == []


# Forks


@needs_fork
def test_parent_and_fork_read_and_write(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("a", "1")

    def child() -> None:
        assert database.setting("a") == "1"
        database.set("child", "1")
        database.close()

    for _ in range(3):
        forked(child)
        assert database.setting("child") == "1"
        database.set("child", None)
    database.set("a", "2")
    assert connected(location).setting("a") == "2" and database.problems() == []


@needs_fork
def test_what_a_fork_writes_after_its_parent_let_go_is_not_lost(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("a", "1")
    (opened, tell), (closed, go) = os.pipe(), os.pipe()

    def child() -> None:
        database.set("b", "2")
        os.write(tell, b"x")
        os.read(closed, 1)
        for number in range(20):
            database.set("b", str(number))

    end = started(child)
    os.read(opened, 1)
    database.close()
    os.write(go, b"x")
    end()
    assert connected(location).settings() == {"format": "5", "a": "1", "b": "19"}


@needs_fork
def test_a_fork_within_the_transaction_of_another_thread_is_not_in_it(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("a", "1")
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing():
            database.set("a", "2")
            begun.set()
            ended.wait()

    def child() -> None:
        assert database.setting("a") == "1"
        with pytest.raises(MemoryLocked):
            Database(location, 0.2).set("a", "3")

    with ThreadPoolExecutor(1) as another:
        writer = another.submit(write)
        begun.wait()
        forked(child)
        ended.set()
        writer.result()
    assert database.setting("a") == "2" and database.problems() == []


# Places that may not be written


@pytest.fixture
def read_only(in_folder: Location) -> Location:
    """A memory that only its owner may write, in a folder that all may look into."""
    if not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("only root can become another user")
    assert in_folder.folder is not None
    in_folder.folder.mkdir(0o755)  # one that the memory makes is its owner's alone
    for folder in in_folder.folder.parents:
        if not folder.stat().st_mode & 1:  # pytest keeps them so
            folder.chmod(0o711)
    return in_folder


NOBODY = 65534


def reads_and_cannot_write(location: Location) -> None:
    database = Database(location)
    assert database.setting("a") == "1" and database.problems() == []
    for write in (lambda: database.set("a", "2"), lambda: database.set("a", None)):
        with pytest.raises(StorageError, match=r"Could not write the memory in .*: (it may not|unable)"):
            write()
    assert database.setting("a") == "1"
    assert not DatabaseLock(database, "index").take()
    database.close()


def test_a_memory_that_may_not_be_written_is_read(read_only: Location, connected: Connect) -> None:
    database = connected(read_only)
    database.set("a", "1")
    database.close()
    forked(lambda: reads_and_cannot_write(read_only), NOBODY)
    assert read_only.folder is not None
    assert {path.name for path in read_only.folder.iterdir()} == {"memory.db"}


def test_what_a_killed_writer_left_in_the_log_is_read_where_nothing_may_be_written(
    read_only: Location, connected: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        Database(read_only).set("a", "1")

    with killed_afterwards(write):
        pass
    assert read_only.file.with_name("memory.db-wal").stat().st_size
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    temporary.chmod(0o777)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    forked(lambda: reads_and_cannot_write(read_only), NOBODY)
    assert list(temporary.iterdir()) == [], "a copy was left"
    assert connected(read_only).setting("a") == "1"


def test_who_may_not_write_reads_what_the_owner_is_writing(read_only: Location, connected: Connect) -> None:
    owner = connected(read_only)
    owner.set("a", "1")

    def read() -> None:
        database = Database(read_only)
        assert database.setting("a") == "1"
        os.write(tell, b"x")
        until(lambda: database.setting("a") == "2")

    seen, tell = os.pipe()
    end = started(read, NOBODY)
    os.read(seen, 1)
    owner.set("a", "2")
    end()


# Damage, and what is none of this release's


def test_a_damaged_database_is_named_with_the_way_out(in_folder: Location, connected: Connect) -> None:
    database = connected(in_folder)
    database.set("a", "x" * 100_000)
    database.close()
    content = bytearray(in_folder.file.read_bytes())
    for damaged in (b"no database" * 1000, content[:200] + b"\xaa" * (len(content) - 200)):
        in_folder.file.write_bytes(damaged)
        told = rf"memory\.db is damaged .*`parametric-memory doctor --repair --memory {in_folder}` saves"
        with pytest.raises(CheckpointError, match=told) as raised:
            database.settings()
        assert "\n" not in str(raised.value)
        assert database.problems()
        database.close()


def test_a_cut_off_database_has_problems(in_folder: Location, connected: Connect) -> None:
    database = connected(in_folder)
    database.set("a", "x" * 100_000)
    database.close()
    with in_folder.file.open("r+b") as file:
        file.truncate(in_folder.file.stat().st_size - 8192)
    assert database.problems()


def test_another_format_is_refused_by_its_number(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("format", "4")
    for use in (lambda new: new.exists, lambda new: new.settings(), lambda new: new.set("a", "1")):
        with pytest.raises(MemoryFolderError, match="is of format 4; this release reads format 5: `export` it with"):
            use(connected(location))


def test_a_database_of_something_else_is_refused_and_left_alone(in_folder: Location, connected: Connect) -> None:
    assert in_folder.folder is not None
    in_folder.folder.mkdir()
    with sqlite3.connect(in_folder.file) as other:
        other.execute("CREATE TABLE settings (key TEXT, content TEXT)")
    other.close()
    for use in (lambda new: new.settings(), lambda new: new.set("a", "1")):
        with pytest.raises(MemoryFolderError, match="something else"):
            use(connected(in_folder))


def test_a_folder_that_goes_is_a_memory_yet_to_be_made(in_folder: Location, connected: Connect) -> None:
    database = connected(in_folder)
    database.set("a", "1")
    database.close()
    assert in_folder.folder is not None
    shutil.rmtree(in_folder.folder)
    assert database.settings() == {} and not database.exists


def test_what_was_deleted_is_in_no_file_after_a_purge(in_folder: Location, connected: Connect) -> None:
    database = connected(in_folder)
    database.set("a", "a secret word")
    database.set("a", None)
    assert database.purge()
    assert in_folder.folder is not None
    assert [path for path in in_folder.folder.iterdir() if b"a secret word" in path.read_bytes()] == []


def test_a_reader_keeps_the_log_from_being_emptied_and_nobody_waits_long(
    in_folder: Location, connected: Connect
) -> None:
    database, reader = connected(in_folder), connected(in_folder)
    database.set("a", "1")
    with reader.reading():
        reader.setting("a")
        database.set("a", "2")
        started = time.monotonic()
        assert not database.purge()
        assert time.monotonic() - started < 2
    assert database.purge()


# Servers


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ada:pass-word@127.0.0.1:1/memory", "refused"),
        ("postgresql://ada:pass-word@/memory?host=/nowhere", "No such file"),
        ("postgresql://ada:pass-word@nowhere.invalid/memory", "nowhere.invalid"),
    ],
)
def test_a_server_that_is_not_there_is_one_line_without_the_password(connected: Connect, url: str, told: str) -> None:
    database = connected(Location.of(url))
    for use in (lambda: database.exists, database.settings, lambda: database.set("a", "1")):
        with pytest.raises(StorageError, match=rf"Could not (read|write) the memory in .*{told}") as raised:
            use()
        assert "\n" not in str(raised.value) and "pass-word" not in str(raised.value)


def test_a_database_that_is_not_there_is_named(connected: Connect, database_url: str) -> None:
    missing = database_url.replace("/test_", "/missing_")
    with pytest.raises(StorageError, match=r'database "missing_\w+" does not exist') as raised:
        connected(Location.of(missing)).settings()
    assert "\n" not in str(raised.value)


def test_a_wrong_password_is_told_and_not_shown(connected: Connect) -> None:
    import psycopg

    from tests.postgres import running

    with running() as server:
        access = server.folder / "data" / "pg_hba.conf"
        access.write_text(f"local all ada scram-sha-256\n{access.read_text()}")
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE ada LOGIN PASSWORD 'right'")
            connection.execute("SELECT pg_reload_conf()")
        url = server.url().replace("//tests@", "//ada:{}@")
        until(lambda: _refused(connected(Location.of(url.format("pass-word")))))
        with pytest.raises(StorageError, match="permission denied for schema"):  # of the public one
            connected(Location.of(url.format("right"))).set("a", "1")


def _refused(database: Database) -> bool:
    with pytest.raises(StorageError) as raised:
        database.set("a", "1")
    told = str(raised.value)
    assert "pass-word" not in told and "\n" not in told
    return 'password authentication failed for user "ada"' in told


def test_a_server_that_goes_away_is_told_and_used_again_when_it_is_back(connected: Connect, database_url: str) -> None:
    import psycopg

    database = connected(Location.of(database_url))
    database.set("a", "1")

    def cut_off() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def write() -> None:
        with database.writing():
            database.set("a", "2")
            cut_off()
            database.set("a", "3")

    with pytest.raises(StorageError):
        write()
    cut_off()
    assert database.setting("a") == "1"
    database.set("a", "4")
    assert database.setting("a") == "4"


def test_what_is_noted_in_the_settings_is_read_again(database: Database) -> None:
    assert identity_in(database.settings()) is None
    whole = IDENTITY.model_copy(update={"store": "rows", "versions": 3, "base_model": "a/ü 'b'"})
    with database.writing():
        for name, value in as_settings(whole).items():
            database.set(name, value)
    assert identity_in(database.settings()) == whole
