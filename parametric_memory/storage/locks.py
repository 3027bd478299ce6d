"""Locks among all processes that use a memory. The system releases a lock when its process dies."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from parametric_memory.errors import MemoryLocked
from parametric_memory.storage.schema import settings

if TYPE_CHECKING:
    from parametric_memory.storage.database import Database

# Keys of advisory locks in PostgreSQL.
_LOCKS = {"write": 0x706D00, "index": 0x706D01, "task": 0x706D02, "build": 0x706D03}
_POLLED_EVERY = 0.02  # seconds
FORKED: weakref.WeakSet[Any] = weakref.WeakSet()  # objects whose `after_fork` is called in a forked process
INHERITED: list[Callable[[], object]] = []  # functions that close SQLite connections of the parent
_OF_PARENTS: list[Any] = []  # connections to PostgreSQL over which nothing may be sent, not even their end
_closing_inherited = threading.Lock()


class DatabaseLock:
    """A lock among processes, held by a connection of its own. A forked process does not have it.

    In a folder: an empty SQLite file in an exclusive transaction, which unlike `flock` a forked process does not share.
    In PostgreSQL: an advisory lock.
    """

    def __init__(self, database: Database, name: str) -> None:
        """name: "index", "build" or "task"."""
        self._database, self._name = database, name
        self._connection: Any = None  # that has it
        FORKED.add(self)

    def take(self) -> bool:
        """Takes the lock if it is free, without waiting; returns whether this process has it."""
        if self._connection is None:
            folder = self._database.location.folder
            self._connection = self._on_server() if folder is None else _on_file(folder / f"{self._name}.lock")
        return self._connection is not None

    def release(self) -> None:
        """Releases the lock if this process has it."""
        connection, self._connection = self._connection, None
        if isinstance(connection, sql.Connection):
            with suppress(SQLAlchemyError):
                connection.execute(sql.text(f"SELECT pg_advisory_unlock({lock_key(self._name)})"))
        if connection is not None:
            connection.close()

    @contextmanager
    def held(self, doing: str, timeout: float = 0.0) -> Iterator[None]:
        """A block in which this process has the lock.

        Args:
            doing: what the process that has it does, for the message.
            timeout: seconds to wait for it.

        Raises MemoryLocked: another process has it; StorageError: nothing can be written.
        """
        self._database.execute(settings.delete().where(sql.false()))  # raises where nothing can be written
        end = monotonic() + timeout
        while not self.take():
            if monotonic() >= end:
                raise MemoryLocked(f"Another process {doing}: try again when it has finished.")
            sleep(_POLLED_EVERY)
        try:
            yield
        finally:
            self.release()

    @property
    def is_free(self) -> bool:
        """Whether no process has it."""
        if self._connection is not None or not self.take():
            return False
        self.release()
        return True

    def after_fork(self) -> None:
        """In a forked process: the lock stays the parent's."""
        connection, self._connection = self._connection, None
        if isinstance(connection, sqlite3.Connection):
            INHERITED.append(connection.close)
        elif connection is not None:
            _OF_PARENTS.append(connection)

    def _on_server(self) -> sql.Connection | None:
        with self._database._errors("lock"):
            connection = self._database._engine("read").connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(sql.text(f"SELECT pg_try_advisory_lock({lock_key(self._name)})")).scalar():
                return connection
            connection.close()
        return None


def _on_file(path: Path) -> sqlite3.Connection | None:
    if not os.access(path.parent, os.W_OK):  # else all who may only read could have the lock at once
        return None
    close_inherited()
    with suppress(sqlite3.Error), ExitStack() as stack:  # another process has it, or the file may not be made
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        stack.callback(connection.close)
        connection.execute("PRAGMA journal_mode=OFF").close()  # else a file beside it that a kill would leave
        connection.execute("BEGIN EXCLUSIVE")
        stack.pop_all()
        return connection
    return None


def close_inherited() -> None:
    """Closes a parent's SQLite connections before SQLite is used in a forked process, which else takes the parent's
    locks for its own. Not within the fork, when other code may be half done."""
    if INHERITED:
        with _closing_inherited:
            for close in INHERITED:
                close()
            INHERITED.clear()


def lock_key(name: str) -> str:
    """Locks of memories in different schemas of one database are different ones."""
    return f"{_LOCKS[name]}, hashtext(current_schema())"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: [known.after_fork() for known in list(FORKED)])
