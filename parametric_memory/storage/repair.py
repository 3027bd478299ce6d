"""What `doctor --repair` puts right: a damaged database, what can be made again of texts, and the index."""

from __future__ import annotations

import json
import shutil
import sqlite3
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
_GIVEN_UP = 1_000  # keys in a row that lead to a damaged page, which has far fewer
# Settings of the index and of the outbox, which are begun anew.
_OF_INDEX = (COLLECTION, FOLLOWED, OUTBOX_START, FORMAT_SETTING)
_DERIVED = ("passages", "vectors", "adapters")  # from a text, by revision
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
            saved.execute("PRAGMA foreign_keys = ON")  # what is of no entry that was saved is not saved
            lost = _Salvage(old, saved).lost()
            saved.commit()
        shutil.move(location.file, location.file.with_name(_DAMAGED))
        for suffix in ("-wal", "-shm"):
            Path(f"{location.file}{suffix}").unlink(missing_ok=True)
        shutil.move(new, location.file)
    return lost


class _Salvage:
    """Copies the tables of a damaged database, row by row."""

    def __init__(self, old: sqlite3.Connection, saved: sqlite3.Connection) -> None:
        self._old, self._saved = old, saved
        tables = ("settings", "skills", "entries", "revisions", "history", *_DERIVED)
        self._whole = {table for table in tables if self._copy(table)}  # of which all rows were saved

    def lost(self) -> list[str]:
        """Puts what was saved in order; what was not."""
        self._settle_settings()
        ids, others = set(), []
        for (key,) in self._saved.execute("SELECT key FROM entries").fetchall():
            entry = "SELECT id, metadata, revision FROM entries WHERE key = ?"
            id, metadata, revision = self._saved.execute(entry, (key,)).fetchone()
            try:
                self._settle_entry(key, metadata, revision)
            except (sqlite3.Error, ValueError, SettingsError):
                self._saved.execute("DELETE FROM entries WHERE key = ?", (key,))
                ids.add(id)
            else:
                others += [] if self._is_whole("history", "entry", key) else [f"(earlier versions of {id})"]
        # Of an upgrade that was cut off:
        self._saved.execute("DELETE FROM revisions WHERE id NOT IN (SELECT revision FROM entries)")
        others += [f"(the skill {name})" for name in sorted(self._missing("skills", "name"))]
        ids |= self._missing("entries", "id")
        if not ids and "entries" not in self._whole:
            others.append("(entries whose records cannot be read)")
        return [*others, *sorted(ids)]

    def _copy(self, table: str) -> bool:
        """Copies the rows of a table that can be read; whether that was all of them.

        It goes from either end, key by key where pages are damaged.
        """
        columns = schema.metadata.tables[table].columns
        kinds = [getattr(column.type, "impl", column.type).python_type for column in columns]
        names = [column.name for column in columns]
        row_at = f"SELECT {', '.join(names)} FROM {table} WHERE rowid = ?"
        first, whole = 0, True
        for key, sign, order, step in ((0, ">", "ASC", 1), (2**62, "<", "DESC", -1)):
            failures = 0
            while failures < _GIVEN_UP:
                after = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid {sign} ? ORDER BY rowid {order} LIMIT 1"
                try:
                    found = self._old.execute(after, (key,)).fetchone()
                except sqlite3.Error:
                    key, failures, whole = key + step, failures + 1, False
                    continue
                if found is None or (step < 0 and found[0] <= first):
                    return whole
                [key], failures = found, 0
                first = key if step > 0 else first
                try:
                    row = self._old.execute(row_at, found).fetchone()
                    if not all(isinstance(value, kind | None) for value, kind in zip(row, kinds, strict=True)):
                        raise ValueError("a value is not what its column takes")
                    self._insert(table, dict(zip(names, row, strict=True)))
                except (sqlite3.Error, TypeError, ValueError):
                    whole = False
        return whole

    def _is_whole(self, table: str, column: str, value: int) -> bool:
        """Whether all rows of a table with a value in its column were saved, as its index tells; else, as all were."""
        count = f"SELECT count(*) FROM {table} WHERE {column} = ?"
        [saved] = self._saved.execute(count, (value,)).fetchone()
        try:
            return self._old.execute(count, (value,)).fetchone() == (saved,)
        except sqlite3.Error:
            return table in self._whole

    def _settle_settings(self) -> None:
        """Takes away those of the index, and what the memory was made with where that is not whole."""
        names = {name for (name,) in self._saved.execute("SELECT name FROM settings")}
        needed = {name for name, field in MemoryIdentity.model_fields.items() if field.is_required()}
        for name in (*_OF_INDEX, *(() if needed <= names else needed)):
            self._saved.execute("DELETE FROM settings WHERE name = ?", (name,))
        self._saved.execute("INSERT INTO settings VALUES (?, ?)", (FORMAT_SETTING, str(schema.FORMAT)))
        if not names & {SPACE, DIMENSION}:  # they can be told from the vectors
            self._saved.execute(f"INSERT INTO settings SELECT '{DIMENSION}', length(vector) / 4 FROM vectors LIMIT 1")
            most = "SELECT space FROM vectors GROUP BY space ORDER BY count(*) DESC, space LIMIT 1"
            self._saved.execute(f"INSERT INTO settings SELECT '{SPACE}', space FROM ({most})")

    def _settle_entry(self, key: int, metadata: str, revision: int) -> None:
        """Gives an entry its labels, and takes away what is derived from its text where that is not whole.

        Raises sqlite3.Error, ValueError, SettingsError: the entry is lost.
        """
        for label in label_rows(key, json.loads(metadata)):
            self._insert("labels", label)
        found = self._saved.execute("SELECT * FROM revisions WHERE id = ? AND entry = ?", (revision, key))
        row = found.fetchone()
        if row is not None and all(self._is_whole(table, "revision", revision) for table in _DERIVED):
            return
        known = dict(zip((column[0] for column in found.description), row, strict=True)) if row else _UNKNOWN
        if not known["chunks"]:
            raise ValueError("its adapter was made elsewhere")
        self._saved.execute("DELETE FROM revisions WHERE id = ?", (revision,))
        self._insert("revisions", {**known, "id": revision, "entry": key, **_LOST})

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        marks = ", ".join("?" * len(row))
        self._saved.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])

    def _missing(self, table: str, column: str) -> set[str]:
        """What the indexes of a table name, as far as they can be read, and was not saved."""
        named: set[str] = set()
        self._old.text_factory = lambda raw: raw.decode("utf-8", "replace")
        own = [str(index.name) for index in schema.metadata.tables[table].indexes if column in index.columns]
        for index in (f"sqlite_autoindex_{table}_1", *own):
            with suppress(sqlite3.Error):
                for (name,) in self._old.execute(f"SELECT {column} FROM {table} INDEXED BY {index}"):
                    named.add(str(name))
        return named - {name for (name,) in self._saved.execute(f"SELECT {column} FROM {table}")}


def _made_again(storage: MemoryStorage, id: str, damage: str) -> str | None:
    """Makes anew what is kept beside an entry's text, where that is damaged and can be; what was done, in words.

    A refinement is lost.
    """
    entry, text = storage.entries.read(id), storage.entries.text(id)
    if not entry.chunks or content_hash(text) != entry.content_hash:
        return None
    storage.check_models()
    with suppress(CheckpointError):
        made = storage.deriver.with_vectors(storage.deriver.made([text], storage.store)[0], text, entry.summary)
        with storage.writing():
            storage.entries.write(entry, text, storage.entries.turns(id), made)
        return f"What is kept of entry {id} was made anew from its text: {damage}"
    return None
