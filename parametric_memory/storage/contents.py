"""Which entries hold a text, looked up by its hash: who adds one need not read every record.

    <memory>/entries/.contents/lookup.sqlite

The records are the truth. The lookup may name an entry too many, never one too few: the writer notes what an entry is
to hold before it puts it in its place, and strikes out what it held afterwards. Last it notes when the entries' folder
changed last. Where that does not fit, because a writer was killed, or somebody else put an entry there or took one
away, the lookup is behind, and is made anew by the next writer.

Knows nothing about records: folder names and hashes only.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from parametric_memory.errors import StorageError

UNKNOWN = ""  # the hash of a damaged entry, which may be mended and then hold any text

_TABLES = (
    "CREATE TABLE IF NOT EXISTS contents (hash TEXT, name TEXT, PRIMARY KEY (hash, name)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS by_name ON contents (name)",
    "CREATE TABLE IF NOT EXISTS folder (changed INTEGER)",
)
_WAIT = 5.0  # seconds for another process to read or write


class ContentLookup:
    """Of one folder of entries. Who writes holds the memory's lock; threads and processes may read at any time."""

    def __init__(self, entries: Path) -> None:
        self._file = entries / ".contents" / "lookup.sqlite"
        # On Windows the lock file goes with each release: there, what writers work on tells of them.
        self._changing = entries / ".staging" if os.name == "nt" else entries

    def names(self, content_hash: str) -> list[str] | None:
        """The folders whose entries may hold a text, sorted; None: the lookup is not there, or behind."""
        with suppress(sqlite3.Error, OSError), self._opened("ro") as database:
            if self._is_current(database):
                wanted = "SELECT DISTINCT name FROM contents WHERE hash IN (?, ?) ORDER BY name"
                return [name for (name,) in database.execute(wanted, (content_hash, UNKNOWN))]
        return None

    @contextmanager
    def following(self, name: str, content_hash: str | None) -> Iterator[None]:
        """A block in which the entry in a folder becomes one with a text; None: it goes.

        A lookup that is behind stays so, and so does one that cannot be written: it is no reason to fail.
        """
        noted = self._noted(name, content_hash)
        yield
        if noted:
            with suppress(sqlite3.Error, OSError), self._opened("rw") as database:
                database.execute("DELETE FROM contents WHERE name = ? AND hash IS NOT ?", (name, content_hash))
                self._note_change(database, self._changed())

    def _noted(self, name: str, content_hash: str | None) -> bool:
        """Whether the lookup is current, and by now also names what a folder's entry is to hold."""
        with suppress(sqlite3.Error, OSError):
            with self._opened("rw") as database:
                if not self._is_current(database):
                    return False
                if content_hash is not None:
                    database.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", (content_hash, name))
            return True
        return False

    def rebuild(self, contents: Iterable[tuple[str, str]]) -> None:
        """Make it anew, of the folders' names and hashes. Where the disk refuses, it stays behind."""
        with suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            changed = self._changed()  # as it was before anybody looked
            rows = [(content_hash, name) for name, content_hash in contents]
            try:
                self._fill(rows, changed)
            except sqlite3.Error:  # damaged, perhaps
                for path in self._file.parent.iterdir():
                    path.unlink()
                with suppress(sqlite3.Error):
                    self._fill(rows, changed)

    def clean(self) -> None:
        """Takes off the disk what the database's free pages tell of entries that went. Raises StorageError."""
        try:
            if self._file.exists():
                with closing(sqlite3.connect(self._file, timeout=_WAIT, isolation_level=None)) as database:
                    database.execute("VACUUM")
        except sqlite3.Error as error:
            raise StorageError(f"Could not clean {self._file}: {error}. Try again later.") from error

    def _fill(self, rows: list[tuple[str, str]], changed: int) -> None:
        with self._opened("rwc") as database:
            for statement in _TABLES:
                database.execute(statement)
            database.execute("DELETE FROM contents")
            database.executemany("INSERT OR IGNORE INTO contents VALUES (?, ?)", rows)
            self._note_change(database, changed)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        """The database; what is done in the block is done when it ends, or not at all."""
        if mode != "rwc" and not self._file.exists():
            raise FileNotFoundError(self._file)
        uri = f"{self._file.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT)) as database, database:
            database.execute("PRAGMA synchronous = NORMAL")
            yield database

    def _is_current(self, database: sqlite3.Connection) -> bool:
        return database.execute("SELECT changed FROM folder").fetchall() == [(self._changed(),)]

    @staticmethod
    def _note_change(database: sqlite3.Connection, changed: int) -> None:
        database.execute("DELETE FROM folder")
        database.execute("INSERT INTO folder VALUES (?)", (changed,))

    def _changed(self) -> int:
        return self._changing.stat().st_mtime_ns
