"""Which entries hold a text, looked up by its hash, which are in a namespace, and which are the oldest.

Who adds an entry, or lists a page of many, need not read every record.

    <memory>/entries/.contents/lookup-2.sqlite

The records are the truth. While an entry is written, the lookup is behind: readers read the records. When it is done,
the writer notes what the entry is by now, and when the entries' folder changed last. Where that does not fit, because a
writer was killed or failed, or somebody else put an entry there or took one away, the lookup stays behind, and is made
anew by the next writer.

Knows nothing about records: folder names, hashes, namespaces and moments only.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from parametric_memory.errors import StorageError

_UNKNOWN = ""  # the hash, and the namespace, of a damaged entry, which may be mended and then hold any text
_EPOCH = datetime.fromtimestamp(0, UTC)

_FILE = "lookup-2.sqlite"  # of other tables than the ones before it, whose files are swept
_TABLES = (
    """CREATE TABLE IF NOT EXISTS contents
       (name TEXT PRIMARY KEY, hash TEXT, created INTEGER, namespace TEXT) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_hash ON contents (hash, name)",
    "CREATE INDEX IF NOT EXISTS by_age ON contents (created, name)",
    "CREATE INDEX IF NOT EXISTS by_namespace ON contents (namespace, created, name)",
    "CREATE TABLE IF NOT EXISTS folder (changed INTEGER)",
)
_WAIT = 5.0  # seconds for another process to read or write


class Content(NamedTuple):
    """What is looked up of an entry: the hash of its text, when it was made, and its namespace."""

    hash: str
    created: datetime
    namespace: str

    @property
    def row(self) -> tuple[str, int, str]:
        return self.hash, (self.created - _EPOCH) // timedelta(microseconds=1), self.namespace


class ContentLookup:
    """Of one folder of entries. Who writes holds the memory's lock; threads and processes may read at any time."""

    def __init__(self, entries: Path) -> None:
        self._file = entries / ".contents" / _FILE
        # On Windows the lock file goes with each release: there, what writers work on tells of them.
        self._changing = entries / ".staging" if os.name == "nt" else entries

    @property
    def is_current(self) -> bool:
        """Whether it is there, and not behind."""
        with suppress(sqlite3.Error, OSError), self._opened("ro") as database:
            return self._is_current(database)
        return False

    def names(self, content_hash: str) -> list[str] | None:
        """The folders whose entries may hold a text, sorted; None: the lookup is not there, or behind."""
        with suppress(sqlite3.Error, OSError), self._opened("ro") as database:
            if self._is_current(database):
                wanted = "SELECT name FROM contents WHERE hash IN (?, ?) ORDER BY name"
                return [name for (name,) in database.execute(wanted, (content_hash, _UNKNOWN))]
        return None

    def by_age(
        self, namespace: str | None = None, *, newest: bool = False, skipped: int = 0, most: int | None = None
    ) -> Iterator[tuple[datetime, str]] | None:
        """When the entries of which folders were made, the oldest first. None: the lookup is not there, or behind, or
        knows of damaged ones.

        Args:
            namespace: only those in it.
            newest: these first.
            skipped, most: how many of the first are passed over, and how many come then; all others where not given.
        """
        with suppress(sqlite3.Error, OSError), self._opened("ro") as database:
            if self._tells_all(database):
                where, values = ("", ()) if namespace is None else ("WHERE namespace = ?", (namespace,))
                order = "created DESC, name DESC" if newest else "created, name"
                wanted = f"SELECT created, name FROM contents {where} ORDER BY {order} LIMIT ? OFFSET ?"
                rows = database.execute(wanted, (*values, -1 if most is None else most, skipped)).fetchall()
                return ((_EPOCH + timedelta(microseconds=created), name) for created, name in rows)
        return None

    def counts(self) -> dict[str, int] | None:
        """How many entries each namespace has, as `by_age` knows."""
        with suppress(sqlite3.Error, OSError), self._opened("ro") as database:
            if self._tells_all(database):
                counted = "SELECT namespace, COUNT(*) FROM contents GROUP BY namespace ORDER BY namespace"
                return dict(database.execute(counted).fetchall())
        return None

    @contextmanager
    def following(self, contents: Mapping[str, Content | None]) -> Iterator[None]:
        """A block in which the entries in some folders become ones with a text; None: one goes. Meanwhile the lookup
        is behind, and where the block is cut off it stays so.

        One that is behind already stays so, and so does one that cannot be written: it is no reason to fail.
        """
        was_current = self._fell_behind()
        yield
        if was_current:
            with suppress(sqlite3.Error, OSError), self._opened("rw") as database:
                database.executemany("DELETE FROM contents WHERE name = ?", ((name,) for name in contents))
                self._insert(database, [(name, content) for name, content in contents.items() if content is not None])
                self._note_change(database, self._changed())

    def _fell_behind(self) -> bool:
        """Whether the lookup was current, and tells by now that it is behind."""
        try:
            with self._opened("rw") as database:
                if not self._is_current(database):
                    return False
                database.execute("DELETE FROM folder")
            return True
        except FileNotFoundError:
            return False
        except (sqlite3.Error, OSError):  # it cannot be told so: the folder changes, also where an entry stays in place
            os.utime(self._changing)
            return False

    def rebuild(self, contents: Iterable[tuple[str, Content | None]]) -> None:
        """Make it anew, of the folders' names and what is in them; None: it is damaged. Where the disk refuses, it
        stays behind."""
        with suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            self._sweep()
            changed = self._changed()  # as it was before anybody looked
            rows = list(contents)
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
            self._sweep()
            if self._file.exists():
                with closing(sqlite3.connect(self._file, timeout=_WAIT, isolation_level=None)) as database:
                    database.execute("VACUUM")
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"Could not clean {self._file}: {error}. Try again later.") from error

    def _sweep(self) -> None:
        """Takes away the lookups of earlier releases. Raises OSError."""
        with suppress(FileNotFoundError):
            for path in self._file.parent.iterdir():
                if not path.name.startswith(_FILE):
                    path.unlink()

    def _fill(self, rows: list[tuple[str, Content | None]], changed: int) -> None:
        with self._opened("rwc") as database:
            for statement in _TABLES:
                database.execute(statement)
            database.execute("DELETE FROM contents")
            self._insert(database, rows)
            self._note_change(database, changed)

    @staticmethod
    def _insert(database: sqlite3.Connection, rows: Iterable[tuple[str, Content | None]]) -> None:
        values = ((name, *(content.row if content else (_UNKNOWN, 0, _UNKNOWN))) for name, content in rows)
        into = "INSERT INTO contents (name, hash, created, namespace) VALUES (?, ?, ?, ?)"
        database.executemany(into, values)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        """The database; what is done in the block is done when it ends, or not at all."""
        if mode != "rwc" and not self._file.exists():
            raise FileNotFoundError(self._file)
        uri = f"{self._file.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT)) as database, database:
            database.execute("PRAGMA synchronous = NORMAL")
            yield database

    def _tells_all(self, database: sqlite3.Connection) -> bool:
        """Whether it is current, and no entry is damaged."""
        damaged = database.execute("SELECT 1 FROM contents WHERE hash = ? LIMIT 1", (_UNKNOWN,)).fetchone()
        return not damaged and self._is_current(database)

    def _is_current(self, database: sqlite3.Connection) -> bool:
        return database.execute("SELECT changed FROM folder").fetchall() == [(self._changed(),)]

    @staticmethod
    def _note_change(database: sqlite3.Connection, changed: int) -> None:
        database.execute("DELETE FROM folder")
        database.execute("INSERT INTO folder VALUES (?)", (changed,))

    def _changed(self) -> int:
        return self._changing.stat().st_mtime_ns
