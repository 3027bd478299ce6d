"""Locks among all processes that use a memory: who owns its index, and who is at a long task.

The system lets go of a lock when its process dies. Knows nothing about what is locked.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from parametric_memory.storage.database import Database

# Keys of advisory locks in PostgreSQL.
_LOCKS = {"write": 0x706D00, "index": 0x706D01, "task": 0x706D02, "build": 0x706D03}


class DatabaseLock:
    """A lock among processes; the system lets go of it when its process dies."""

    _all: ClassVar[weakref.WeakSet[DatabaseLock]] = weakref.WeakSet()

    def __init__(self) -> None:
        self._connection: Any = None  # that has it
        self._all.add(self)

    def take(self) -> bool:
        """Whether this process has it by now. Does not wait."""
        raise NotImplementedError

    def release(self) -> None:
        """Gives it back, if this process has it."""
        raise NotImplementedError

    @property
    def is_free(self) -> bool:
        """Whether no process has it."""
        if self._connection is not None or not self.take():
            return False
        self.release()
        return True

    @classmethod
    def after_fork(cls) -> None:
        """In a process that was forked: the lock is the other process's, and stays so."""
        for lock in list(cls._all):
            lock._forget()

    def _forget(self) -> None:
        raise NotImplementedError


class FileLock(DatabaseLock):
    """An empty SQLite file in an exclusive transaction: unlike `flock`, a forked process does not share it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def take(self) -> bool:
        if self._connection is not None:
            return True
        if not os.access(self._path.parent, os.W_OK):  # there, whoever asks has a lock that nobody may write
            return False
        close_inherited()
        connection = None
        try:
            connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=OFF").close()  # else a file beside it that a kill would leave
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:  # somebody has it, or the file may not be made
            if connection is not None:
                connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _forget(self) -> None:
        if self._connection is not None:
            INHERITED.append(self._connection.close)
            self._connection = None


_OF_PARENTS: list[Any] = []  # connections to PostgreSQL that nothing may be sent over, not even that they end
_closing_inherited = threading.Lock()


class AdvisoryLock(DatabaseLock):
    """Held by a connection of its own."""

    def __init__(self, database: Database, name: str) -> None:
        super().__init__()
        self._database, self._name = database, name

    def take(self) -> bool:
        if self._connection is not None:
            return True
        with self._database._errors("lock"):
            connection = self._database._engine("write").connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(sql.text(f"SELECT pg_try_advisory_lock({lock_key(self._name)})")).scalar():
                self._connection = connection
                return True
            connection.close()
        return False

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.execute(sql.text(f"SELECT pg_advisory_unlock({lock_key(self._name)})"))
            connection.close()

    def _forget(self) -> None:
        if self._connection is not None:
            _OF_PARENTS.append(self._connection)
            self._connection = None


INHERITED: list[Callable[[], object]] = []  # what closes SQLite's connections of the process that forked


def close_inherited() -> None:
    """Before SQLite is used in a process that was forked: it takes locks that the other process has for its own, as
    long as it has connections of that one. Not within the fork, which may be no time to do anything."""
    if INHERITED:
        with _closing_inherited:
            for close in INHERITED:
                close()
            INHERITED.clear()


def lock_key(name: str) -> str:
    """Locks of memories in different schemas of one database are different ones."""
    return f"{_LOCKS[name]}, hashtext(current_schema())"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=DatabaseLock.after_fork)
