"""The database of one memory: transactions that read a snapshot, and transactions that write, one at a time.

SQLite waits for the disk at every commit (WAL, `synchronous=FULL`) and overwrites deleted data (`secure_delete`). In
PostgreSQL a writer takes an advisory lock, so no transaction loses a race.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import sqlalchemy as sql
from sqlalchemy import event
from sqlalchemy.exc import DataError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from parametric_memory.cancellation import commit, regardless
from parametric_memory.errors import (
    CheckpointError,
    DocumentError,
    MemoryFolderError,
    MemoryLocked,
    ParametricMemoryError,
    SettingsError,
    StorageError,
    as_typed,
)
from parametric_memory.files import first_line, storage_errors
from parametric_memory.storage import locks, schema
from parametric_memory.storage.location import DATABASE, Location

LOCK_TIMEOUT = 10.0  # seconds that a writer waits for another one
_PURGE_TIMEOUT = 0.5  # seconds that it waits for readers, while no other writer can begin
_PAUSE = 0.01  # seconds between attempts
_LEAST_ROOM = 500_000  # bytes
_CONNECTIONS = 5  # that are kept open; more are opened when threads need them
FORMAT_SETTING = "format"


@dataclass
class _Current(threading.local):
    """What a thread has open."""

    connection: sql.Connection | None = None
    settings: dict[str, str] | None = None  # as this transaction has read them
    hooks: list[Callable[[], None]] | None = None  # to call after it is committed; None: it only reads


class Database:
    """Threads and processes may share it. Nothing is opened or created before it is needed.

    Transactions nest within a thread: an inner one is part of the outer one.
    """

    def __init__(self, location: Location, lock_timeout: float = LOCK_TIMEOUT) -> None:
        """lock_timeout: seconds that a writer waits for another one."""
        self.location, self._timeout = location, lock_timeout
        self._engines: dict[str, sql.Engine] = {}
        self._current = _Current()
        self._opening = threading.RLock()
        self._writer = threading.RLock()
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._as_it_was: list[Any] | None = None  # state of files that are read without locks
        self._known = False  # whether the tables are known to exist
        self._file: tuple[int, int] | None = None  # device and inode that connections are open to
        self.others = 0  # how often the file in use was replaced or removed
        locks.FORKED.add(self)

    @property
    def exists(self) -> bool:
        """Whether the memory was created.

        Raises MemoryFolderError: something else is there, or a memory of another format; StorageError: it cannot be
        reached.
        """
        if self._current.connection is not None:
            return self._known
        if self.location.folder is not None and not self._is_there():
            self.location.check()
            self._known = False
        elif not self._known:
            with self._errors("read"), self._engine("read").connect() as connection:
                self._known = self._has_tables(connection)
        return self._known

    @contextmanager
    def reading(self) -> Iterator[sql.Connection]:
        """A transaction on a snapshot, which is empty if the memory does not exist. Raises StorageError."""
        current = self._current
        if current.connection is not None:
            yield current.connection
            return
        engine = self._engine("read") if self.exists else self._engine("empty")
        with self._errors("read"), engine.connect() as connection, connection.begin():
            current.connection = connection
            try:
                yield connection
            finally:
                current.connection = current.settings = None

    @contextmanager
    def writing(self) -> Iterator[sql.Connection]:
        """A transaction in which nobody else writes. Missing tables are created.

        Raises MemoryLocked: another writer did not finish in time; StorageError: the disk or the server refuses;
        nothing is written.
        """
        current = self._current
        if current.hooks is not None and current.connection is not None:
            yield current.connection
            return
        outer = current.connection, current.settings
        if not self._writer.acquire(timeout=self._timeout):
            raise self._locked()
        hooks: list[Callable[[], None]] = []
        try:
            with self._errors("write"):
                self._make_folder()
                with self._engine("write").connect() as connection:
                    transaction = connection.begin()
                    if not self._known and not self._has_tables(connection):
                        schema.metadata.create_all(connection)
                        of_format = {"name": FORMAT_SETTING, "value": str(schema.FORMAT)}
                        connection.execute(schema.settings.insert().values(of_format))
                    current.connection, current.settings, current.hooks = connection, None, hooks
                    try:
                        yield connection
                        commit(transaction.commit)
                        self._known = True
                    except BaseException:
                        if transaction.is_active:
                            transaction.rollback()
                        raise
                    finally:
                        (current.connection, current.settings), current.hooks = outer, None
        finally:
            self._writer.release()
        for hook in hooks:
            regardless(hook)

    def rows(self, statement: sql.Executable) -> Sequence[Any]:
        """The rows that a query finds in the snapshot of this thread's transaction, or in one of their own."""
        with self.reading() as connection:
            return connection.execute(statement).all()

    def rows_now(self, statement: sql.Executable) -> Sequence[Any]:
        """The rows that a query finds at this moment, whatever this thread's transaction sees."""
        with self._errors("read"), self._engine("read").connect() as connection:
            return connection.execute(statement).all()

    def execute(self, statement: sql.Executable) -> None:
        """Runs a statement in this thread's transaction, or in one of its own."""
        with self.writing() as connection:
            connection.execute(statement)

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Calls a function once after this thread's transaction is committed, however often it is registered."""
        hooks = self._current.hooks
        if hooks is not None and hook not in hooks:
            hooks.append(hook)

    def setting(self, name: str) -> str | None:
        """The value of a setting, if it has one."""
        return self.settings().get(name)

    def settings(self) -> dict[str, str]:
        """All settings, by name; read once in each transaction."""
        with self.reading():
            if self._current.settings is None:
                self._current.settings = {row.name: row.value for row in self.rows(sql.select(schema.settings))}
            return self._current.settings

    def set(self, name: str, value: str | None) -> None:
        """Sets a setting, or deletes it (None)."""
        with self.writing():
            self.execute(schema.settings.delete().where(schema.settings.c.name == name))
            if value is not None:
                self.execute(schema.settings.insert().values(name=name, value=value))
            self._current.settings = None

    def purge(self) -> bool:
        """Empties SQLite's log, which still holds deleted data; False: a reader or the disk prevents it."""
        if self.location.folder is None or not self.exists:
            return True
        locks.close_inherited()
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(self.location.file, min(_PURGE_TIMEOUT, self._timeout))) as connection,
        ):
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        return False

    def problems(self) -> list[str]:
        """Damage that SQLite finds, in its words; PostgreSQL looks after itself."""
        try:
            if self.location.folder is None or not self.exists:
                return []
            with self.reading() as connection:
                found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
                strays = connection.exec_driver_sql('SELECT DISTINCT "table" FROM pragma_foreign_key_check')
                found += [f"{row[0]}: a row without its parent" for row in strays]
        except CheckpointError as error:
            return [str(error)]
        return [problem for problem in found if problem != "ok"]

    def close(self) -> None:
        """Closes all connections; the next call opens them again."""
        with self._opening:
            engines, self._engines, self._as_it_was, self._known = self._engines, {}, None, False
            for engine in engines.values():
                engine.dispose()
            if self._copy is not None:
                self._copy.cleanup()
                self._copy = None

    def after_fork(self) -> None:
        """In a forked process: connections and locks belong to the parent."""
        for engine in self._engines.values():
            if self.location.url is None:
                locks.INHERITED.append(engine.dispose)
            else:
                engine.dispose(close=False)
        self._engines, self._current, self._copy = {}, _Current(), None
        self._opening, self._writer = threading.RLock(), threading.RLock()

    # Engines

    def _engine(self, purpose: str) -> sql.Engine:
        locks.close_inherited()
        with self._opening:
            if purpose == "read" and self._as_it_was is not None and self._as_it_was != self._state():
                self.close()
            if purpose not in self._engines:
                self._engines[purpose] = self._opened(purpose)
            return self._engines[purpose]

    def _opened(self, purpose: str) -> sql.Engine:
        if purpose == "empty":
            engine = sql.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
            schema.metadata.create_all(engine)
            return engine
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": _CONNECTIONS, "max_overflow": -1}
        on_connect, on_begin = list[str](), list[str]()
        if self.location.url is None:
            path, options = self.location.file, dict[str, str]()
            # Who reads with others writes files beside the database.
            may_write = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK) and self._has_room()
            if purpose == "read" and not may_write:
                path, options = self._read_only()
            pragmas = [] if options else ["journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"]
            on_connect = [f"PRAGMA {pragma}" for pragma in ("foreign_keys=ON", *pragmas)]
            on_begin = ["BEGIN IMMEDIATE" if purpose == "write" else "BEGIN"]
            url = sql.URL.create("sqlite", database=path.absolute().as_uri() if options else str(path), query=options)
            pool["connect_args"] = {"timeout": self._timeout, "check_same_thread": False}
        else:
            url, pool["pool_pre_ping"] = self.location.url, True
            pool["isolation_level"] = "REPEATABLE READ" if purpose == "read" else "READ COMMITTED"
            pool["connect_args"] = {"connect_timeout": int(LOCK_TIMEOUT)}
            if purpose == "write":
                on_begin = [
                    f"SET LOCAL lock_timeout = {max(1, int(1000 * self._timeout))}",
                    f"SELECT pg_advisory_xact_lock({locks.lock_key('write')})",
                ]
        try:
            engine = sql.create_engine(url, **pool)
        except (ImportError, NoSuchModuleError) as error:
            raise SettingsError(
                "A memory in PostgreSQL needs psycopg: pip install 'parametric-memory[postgres]', or in a checkout "
                "pip install '.[postgres]'."
            ) from error

        @event.listens_for(engine, "connect")
        def _(connection: Any, _: Any) -> None:
            if on_connect:
                connection.isolation_level = None  # the driver begins no transactions by itself
            for statement in on_connect:
                _execute_when_free(connection, statement, self._timeout)

        @event.listens_for(engine, "begin")
        def _(connection: sql.Connection) -> None:
            for statement in on_begin:
                connection.exec_driver_sql(statement)

        return engine

    def _has_room(self) -> bool:
        with suppress(OSError):
            return shutil.disk_usage(self.location.file.parent).free > _LEAST_ROOM
        return True

    def _read_only(self) -> tuple[Path, dict[str, str]]:
        """Path and options to read a database that may not be written.

        Beside a log (WAL), SQLite reads it with others. If it cannot, or there is no log, it is read as it is now, and
        opened again when it has changed; if the log is not empty, from a copy.
        """
        file, log, shared = *self._files, {"mode": "ro", "uri": "true"}
        self._as_it_was = None
        if log.exists() and _can_be_read(file):
            return file, shared
        self._as_it_was = self._state()
        if not log.exists() or not log.stat().st_size:
            return file, {**shared, "immutable": "1"}
        self._copy = tempfile.TemporaryDirectory(prefix="parametric-memory-")
        for path in self._files:
            shutil.copyfile(path, Path(self._copy.name, path.name))
        return Path(self._copy.name, DATABASE), {}

    @property
    def _files(self) -> tuple[Path, Path]:
        return self.location.file, self.location.file.with_name(f"{DATABASE}-wal")

    def _state(self) -> list[tuple[int, int, int] | None]:
        """Inode, size and time of the database's files."""
        found = [path.stat() if path.exists() else None for path in self._files]
        return [(of.st_ino, of.st_size, of.st_mtime_ns) if of else None for of in found]

    def _is_there(self) -> bool:
        """Whether there is a SQLite file. Connections to a file that was moved or removed are closed."""
        file = None
        with storage_errors(f"look into {self.location}"), suppress(FileNotFoundError, NotADirectoryError):
            status = self.location.file.stat()
            file = status.st_dev, status.st_ino
        if self._file not in (None, file):
            self.others += 1
            self.close()
        self._file = file
        return file is not None

    def _make_folder(self) -> None:
        if self.location.folder is not None and not self._is_there():
            self.location.check()
            with storage_errors(f"write to the memory in {self.location}"):
                if not self.location.folder.exists():  # the permissions of a folder that exists are the user's choice
                    self.location.folder.mkdir(0o700, parents=True, exist_ok=True)
                    self.location.file.touch(0o600)

    def _has_tables(self, connection: sql.Connection) -> bool:
        """Raises MemoryFolderError: the tables are of another format, or of something else."""
        inspector, settings = sql.inspect(connection), schema.settings
        there = set(inspector.get_table_names())
        found = None
        if settings.name in there and {c["name"] for c in inspector.get_columns(settings.name)} == {*settings.c.keys()}:
            found = connection.execute(sql.select(settings.c.value).where(settings.c.name == FORMAT_SETTING)).scalar()
        if found is None:
            # A database in a server may hold tables of others; a file may not.
            others = there if self.location.url is None else there & schema.metadata.tables.keys()
            if others:
                raise MemoryFolderError(
                    f"The database in {self.location} holds tables of something else "
                    f"({', '.join(sorted(others)[:3])}): name another place."
                )
            return False
        if found != str(schema.FORMAT):
            raise MemoryFolderError(
                f"The memory in {self.location} is of format {found}; this release reads format {schema.FORMAT}: "
                "`export` it with the release that wrote it, and `import` that file into a new memory."
            )
        return True

    # Errors

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._typed(error, doing) from error

    def _typed(self, error: SQLAlchemyError, doing: str) -> ParametricMemoryError:
        if isinstance(error, DataError):
            return DocumentError(f"PostgreSQL cannot store this: {first_line(error.orig or error)}.")
        cause = (error.orig if isinstance(error, DBAPIError) else None) or error
        reason, is_file = first_line(cause), isinstance(error, DBAPIError) and self.location.url is None
        is_timeout = type(cause).__name__ in ("LockNotAvailable", "QueryCanceled")
        if is_timeout or (is_file and "locked" in reason):
            return self._locked()
        if not is_file:
            return StorageError(f"Could not {doing} the memory in {self.location}: {reason}.")
        if "malformed" in reason or "not a database" in reason:
            command = as_typed("parametric-memory", "doctor", "--repair", *self.location.options)
            return CheckpointError(
                f"{self.location.file} is damaged ({reason}): `{command}` saves what can be read into a new one."
            )
        is_full = "disk is full" in reason or ("disk I/O" in reason and not self._has_room())  # of a mapped file
        why = "the disk is full" if is_full else "it may not be written" if "readonly" in reason else reason
        return StorageError(
            f"Could not {doing} the memory in {self.location}: {why}. Free some space, change its permissions or name "
            "another folder."
        )

    def _locked(self) -> MemoryLocked:
        return MemoryLocked(
            f"Another writer has kept the memory in {self.location} for more than {self._timeout:g} seconds: try again."
        )


def _execute_when_free(connection: Any, statement: str, timeout: float) -> None:
    """Tries again while others use the file: SQLite's own timeout does not cover the change to WAL."""
    end = monotonic() + timeout
    while True:
        try:
            return connection.execute(statement).close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
        sleep(_PAUSE)


def _can_be_read(file: Path) -> bool:
    """Whether SQLite reads a database beside its log without writing."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").close()
    except sqlite3.OperationalError:
        return False
    return True
