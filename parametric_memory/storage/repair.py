"""What `doctor --repair` puts right: a damaged database, what can be made again of texts, and the index."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from parametric_memory.errors import CheckpointError, MemoryFolderError, SettingsError
from parametric_memory.files.durable import storage_errors
from parametric_memory.storage import schema
from parametric_memory.storage.database import FORMAT_SETTING
from parametric_memory.storage.entries import OUTBOX_START, SPACE
from parametric_memory.storage.filters import label_rows
from parametric_memory.storage.following import COLLECTION, DIMENSION, FOLLOWED
from parametric_memory.storage.identity import MemoryIdentity
from parametric_memory.storage.location import DATABASE
from parametric_memory.text.cleaning import content_hash

if TYPE_CHECKING:
    from parametric_memory.storage.location import Location
    from parametric_memory.storage.memory_storage import MemoryStorage

_DAMAGED = "memory.damaged.db"  # the database as it was, beside the one that was saved
# Keys that are looked up between damages, and failures in a row: a page has far fewer rows.
_MOST_PROBED, _GIVEN_UP = 1_000_000, 1_000
# Of the index and of the outbox, which are begun anew.
_OF_INDEX = {COLLECTION, FOLLOWED, OUTBOX_START}
_OF_REVISION = ("passages", "vectors", "adapters")
# Of a revision that takes the place of what was lost: no rows have this sha256, so it is found damaged and made again.
_LOST = {"store": "rows", "adapter_sha256": "lost"}
_UNKNOWN = {"replaces": None, "tokens": 0, "chunks": 1, "refined": 0.0, "rank": 0, "extra": None}


def repaired(storage: MemoryStorage) -> list[str]:
    """Puts right what can be: a sentence for each thing that was done.

    Raises what internalizing and embedding raise, where rows or the index have to be made anew.
    """
    damaged = storage.entries.damaged().items()
    done = [told for id, damage in damaged if (told := _made_again(storage, id, damage))]
    try:
        problems = storage.search.index.problems()
    except MemoryFolderError as error:
        problems = [str(error)]
    if problems:
        storage.search.index.rebuild()
        done.append(f"The index was made anew: {' '.join(problems[:3])}")
    return done


def salvage(location: Location) -> list[str]:
    """Reads what can be read of a damaged SQLite database into a new one, which takes its place; the damaged one stays
    beside it.

    What was derived from a text and cannot be read, `repaired` makes again.

    Returns:
        The ids of entries that were lost; in parentheses, what else was.

    Raises StorageError: the disk refuses.
    """
    new = location.file.with_name(f"{DATABASE}.new")
    with storage_errors(f"write {new}"):
        new.unlink(missing_ok=True)
        engine = sql.create_engine(f"sqlite:///{new}")
        schema.metadata.create_all(engine)
        engine.dispose()
        with closing(sqlite3.connect(location.file)) as old, closing(sqlite3.connect(new)) as saved:
            lost = _copied(_Damaged(old), saved)
            saved.commit()
        shutil.move(location.file, location.file.with_name(_DAMAGED))
        for suffix in ("-wal", "-shm"):
            Path(f"{location.file}{suffix}").unlink(missing_ok=True)
        shutil.move(new, location.file)
    return lost


def _copied(old: _Damaged, saved: sqlite3.Connection) -> list[str]:
    """Copies all that can be read; what was lost."""
    _copy_settings(old, saved)
    for row in old.rows("skills"):
        with suppress(sqlite3.Error):
            _insert(saved, "skills", row)
    lost: list[str] = []
    for row in old.rows("entries"):
        id = _text(row["id"])
        if not _copied_entry(old, saved, row):
            lost.append(id)
        elif not _copied_history(old, saved, row["key"]):
            lost.append(f"(earlier versions of {id})")
    if saved.execute("SELECT 1 FROM settings WHERE name IN (?, ?)", (SPACE, DIMENSION)).fetchone() is None:
        # They can be told from the vectors.
        saved.execute(f"INSERT INTO settings SELECT '{DIMENSION}', length(vector) / 4 FROM vectors LIMIT 1")
        most = "SELECT space FROM vectors GROUP BY space ORDER BY count(*) DESC, space LIMIT 1"
        saved.execute(f"INSERT INTO settings SELECT '{SPACE}', space FROM ({most})")
    return lost + _unread(old, saved, lost)


def _copy_settings(old: _Damaged, saved: sqlite3.Connection) -> None:
    """All but those of the index; what the memory was made with whole or not at all."""
    settings = {_text(row["name"]): row for row in old.rows("settings")}
    needed = {name for name, field in MemoryIdentity.model_fields.items() if field.is_required()}
    whole = needed <= settings.keys()
    for name in settings.keys() - _OF_INDEX - {FORMAT_SETTING} - (set() if whole else needed):
        _insert(saved, "settings", settings[name])
    saved.execute("INSERT INTO settings VALUES (?, ?)", (FORMAT_SETTING, str(schema.FORMAT)))


def _copied_entry(old: _Damaged, saved: sqlite3.Connection, row: dict[str, Any]) -> bool:
    """Copies an entry, without what is derived from its text where that is damaged. Whether it could be."""
    revision: dict[str, Any] = _UNKNOWN
    saved.execute("SAVEPOINT entry")
    try:
        _insert(saved, "entries", row)
        for label in label_rows(row["key"], json.loads(row["metadata"])):
            _insert(saved, "labels", label)
        saved.execute("SAVEPOINT derived")
        try:
            [revision] = old.rows_with("revisions", "id", row["revision"])
            _insert(saved, "revisions", revision)
            for table in _OF_REVISION:
                for part in old.rows_with(table, "revision", row["revision"]):
                    _insert(saved, table, part)
        except (sqlite3.Error, ValueError):
            saved.execute("ROLLBACK TO derived")
            if not revision["chunks"]:  # its adapter was made elsewhere
                raise
            _insert(saved, "revisions", {**revision, "id": row["revision"], "entry": row["key"], **_LOST})
    except (sqlite3.Error, ValueError, SettingsError):
        saved.execute("ROLLBACK TO entry")
        return False
    return True


def _copied_history(old: _Damaged, saved: sqlite3.Connection, entry: int) -> bool:
    """Copies what an entry said before; whether all of it could be."""
    try:
        for part in old.rows_with("history", "entry", entry):
            _insert(saved, "history", part)
    except sqlite3.Error:
        return False
    return True


def _unread(old: _Damaged, saved: sqlite3.Connection, lost: list[str]) -> list[str]:
    """What is not even found in the tables, as far as their indexes tell."""
    skills = [f"(the skill {name})" for name in _missing(old, saved, "skills", "name") or ()]
    ids = _missing(old, saved, "entries", "id")
    if ids is not None:
        return [*skills, *(id for id in ids if id not in lost)]
    with suppress(sqlite3.Error):
        [there] = old.connection.execute("SELECT count(*) FROM entries INDEXED BY entries_by_age").fetchone()
        [here] = saved.execute("SELECT count(*) FROM entries").fetchone()
        count = there - here - sum(not told.startswith("(") for told in lost)
        return [*skills, *([f"(one of {count} whose record cannot be read)"] if count > 0 else [])]
    return skills


def _missing(old: _Damaged, saved: sqlite3.Connection, table: str, column: str) -> list[str] | None:
    """What the index of a table names and was not saved; None: that cannot be read."""
    statement = f"SELECT {column} FROM {table} INDEXED BY sqlite_autoindex_{table}_1 ORDER BY {column}"
    here = {name for (name,) in saved.execute(f"SELECT {column} FROM {table}")}
    with suppress(sqlite3.Error):
        return [name for (raw,) in old.connection.execute(statement) if (name := _text(raw)) not in here]
    return None


def _text(raw: Any) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)


class _Damaged:
    """A damaged database, as far as it can be read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.text_factory = bytes  # a damaged text may be no UTF-8
        self.connection = connection
        self._found_anew: dict[str, bool] = {}  # by table: whether its rows could be

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table that can be read: from its beginning to a damage, from its end to one, and between them
        one by one."""

        def read(condition: str, key: int, order: str) -> tuple[int, dict[str, Any]] | None:
            statement = f"SELECT rowid, * FROM {table} WHERE rowid {condition} ? ORDER BY rowid {order} LIMIT 1"
            found = self.connection.execute(statement, (key,))
            if (values := found.fetchone()) is None:
                return None
            return values[0], dict(zip([column[0] for column in found.description][1:], values[1:], strict=True))

        first, last = 0, 2**62
        try:
            while (row := read(">", first, "ASC")) is not None:
                first = row[0]
                yield row[1]
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                while (row := read("<", last, "DESC")) is not None and row[0] > first:
                    last = row[0]
                    yield row[1]
            failures = 0
            for key in range(first + 1, min(last, first + _MOST_PROBED)):
                try:
                    row, failures = read("=", key, "ASC"), 0
                except sqlite3.Error:
                    row, failures = None, failures + 1
                if row is not None:
                    yield row[1]
                if failures == _GIVEN_UP:
                    return

    def rows_with(self, table: str, column: str, value: object) -> list[dict[str, Any]]:
        """The rows of a table with a value in its column, found without an index where that is damaged.

        Raises sqlite3.Error: one of them may be lost.
        """
        try:
            return self._select(table, f"{column} = ?", value)
        except sqlite3.Error:
            if not self._can_be_found_anew(table, column):
                raise
        return self._select(table, f"rowid IN (SELECT number FROM temp.{table}_anew WHERE value = ?)", value)

    def _select(self, table: str, condition: str, value: object) -> list[dict[str, Any]]:
        found = self.connection.execute(f"SELECT * FROM main.{table} WHERE {condition}", (value,))
        names = [named[0] for named in found.description]
        return [dict(zip(names, values, strict=True)) for values in found]

    def _can_be_found_anew(self, table: str, column: str) -> bool:
        """Whether all rows of a table can be read, by another index then, that is made once."""
        if table not in self._found_anew:
            try:
                self.connection.execute(f"CREATE TEMP TABLE {table}_anew (value, number)")
                every = f"SELECT {column}, rowid FROM main.{table} NOT INDEXED"
                self.connection.execute(f"INSERT INTO temp.{table}_anew {every}")
                self.connection.execute(f"CREATE INDEX temp.{table}_by_value ON {table}_anew (value)")
                self._found_anew[table] = True
            except sqlite3.Error:
                self._found_anew[table] = False
        return self._found_anew[table]


def _insert(saved: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Raises sqlite3.Error: a value is not what its column takes."""
    of_table = schema.metadata.tables[table].columns
    blobs = {column.name for column in of_table if isinstance(column.type, sql.LargeBinary)}
    try:
        values = [
            value.decode() if isinstance(value, bytes) and name not in blobs else value for name, value in row.items()
        ]
    except UnicodeDecodeError as error:
        raise sqlite3.DatabaseError(str(error)) from error
    marks = ", ".join("?" * len(values))
    saved.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)


def _made_again(storage: MemoryStorage, id: str, damage: str) -> str | None:
    """Makes anew what is kept beside an entry's text, where that is damaged and can be; what was done, in words.

    A refinement is lost.
    """
    entry, text = storage.entries.read(id), storage.entries.text(id)
    if not entry.chunks or content_hash(text) != entry.content_hash:
        return None
    storage.check_models()
    with suppress(CheckpointError):
        made = storage.deriver.with_vectors(storage.deriver.made(text, storage.store), text, entry.summary)
        with storage.writing():
            storage.entries.write(entry, text, storage.entries.turns(id), made)
        return f"What is kept of entry {id} was made anew from its text: {damage}"
    return None
