"""Copies the readable part of a damaged SQLite database into a new one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from parametric_memory.errors import SettingsError
from parametric_memory.files import storage_errors
from parametric_memory.internalize.selection import MemoryIdentity
from parametric_memory.records import name_of
from parametric_memory.storage import schema
from parametric_memory.storage.database import FORMAT_SETTING
from parametric_memory.storage.entries import OUTBOX_START, SPACE
from parametric_memory.storage.filters import label_rows
from parametric_memory.storage.following import COLLECTION, FOLLOWED
from parametric_memory.storage.location import DATABASE, Location
from parametric_memory.storage.renewal import TASK

_DAMAGED = "memory.damaged.db"  # the old database, beside the new one
_NOT_COPIED = (COLLECTION, FOLLOWED, OUTBOX_START, FORMAT_SETTING, TASK)  # settings
_DERIVED = ("passages", "vectors", "adapters")  # from a text, by revision
# Of a revision that replaces a lost one: no rows have this sha256, so `EntryStore.damaged` names it.
_LOST = {"store": "rows", "adapter_sha256": "lost"}
_UNKNOWN = {"replaces": None, "tokens": 0, "chunks": 1, "rank": 0}


def salvage(location: Location) -> list[str]:
    """Copies what can be read of a damaged SQLite database into a new one, which replaces it; the old one is kept.

    Returns the ids of lost entries; other losses are in parentheses. `Maintenance.repair` derives lost rows and vectors
    again. Raises StorageError: the disk refuses.
    """
    new = location.file.with_name(f"{DATABASE}.new")
    with storage_errors(f"write {new}"):
        new.unlink(missing_ok=True)
        engine = sql.create_engine(f"sqlite:///{new}")
        schema.metadata.create_all(engine)
        engine.dispose()
        with closing(sqlite3.connect(location.file)) as old, closing(sqlite3.connect(new)) as saved:
            saved.execute("PRAGMA foreign_keys = ON")  # rows without their entry are not copied
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
        self._whole = {table for table in tables if self._copy(table)}  # all of whose rows were copied

    def lost(self) -> list[str]:
        """Completes the copy; what was lost, see `salvage`."""
        self._settle_settings()
        lost, others = set[tuple[str, ...]](), list[str]()
        every = self._saved.execute("SELECT id, namespace, key, metadata, revision FROM entries").fetchall()
        for id, namespace, key, metadata, revision in every:
            try:
                self._settle_entry(key, metadata, revision)
            except (sqlite3.Error, ValueError, SettingsError):
                self._saved.execute("DELETE FROM entries WHERE key = ?", (key,))
                lost.add((id, namespace))
            else:
                of = name_of(id, namespace)
                others += [] if self._is_whole("history", "entry", key) else [f"(earlier versions of {of})"]
        # Of an upgrade that was cut off:
        self._saved.execute("DELETE FROM revisions WHERE id NOT IN (SELECT revision FROM entries)")
        others += [f"(the skill {name})" for (name,) in sorted(self._missing("skills", "name"))]
        lost |= self._missing("entries", "id, namespace")
        if not lost and "entries" not in self._whole:
            others.append("(entries whose records cannot be read)")
        return [*others, *(name_of(*of) for of in sorted(lost))]

    def _copy(self, table: str) -> bool:
        """Copies the rows of a table that the table, from either end, or its indexes lead to; whether that was all."""
        columns = schema.metadata.tables[table].columns
        kinds = [
            str if isinstance(column.type, sql.JSON) else getattr(column.type, "impl", column.type).python_type
            for column in columns
        ]
        scans = ["NOT INDEXED ORDER BY rowid", "NOT INDEXED ORDER BY rowid DESC"]
        scans += [f"INDEXED BY {index}" for index in self._indexes(table)]
        rowids, whole = set[int](), False
        for scan in scans:
            with suppress(sqlite3.Error):
                for (rowid,) in self._old.execute(f"SELECT rowid FROM {table} {scan}"):
                    rowids.add(rowid)
                whole = scan is scans[0]
                if whole:
                    break
        for rowid in sorted(rowids):
            try:
                row = self._old.execute(
                    f"SELECT {', '.join(columns.keys())} FROM {table} WHERE rowid = {rowid}"
                ).fetchone()
                if not all(isinstance(value, kind | None) for value, kind in zip(row, kinds, strict=True)):
                    raise ValueError("a value is not of its column's type")
                self._insert(table, dict(zip(columns.keys(), row, strict=True)))
            except (sqlite3.Error, TypeError, ValueError):
                whole = False
        return whole

    def _indexes(self, table: str) -> list[str]:
        names = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
        return [name for (name,) in self._saved.execute(names, (table,))]

    def _is_whole(self, table: str, column: str, value: int) -> bool:
        """Whether all rows with a value in a column were copied, by the table's index; if that is damaged, all rows."""
        count = f"SELECT count(*) FROM {table} WHERE {column} = ?"
        saved = self._saved.execute(count, (value,)).fetchone()
        try:
            return bool(self._old.execute(count, (value,)).fetchone() == saved)
        except sqlite3.Error:
            return table in self._whole

    def _settle_settings(self) -> None:
        """Deletes the settings of the index and of a task, and an identity that is not whole."""
        names = {name for (name,) in self._saved.execute("SELECT name FROM settings")}
        needed = {name for name, field in MemoryIdentity.model_fields.items() if field.is_required()}
        for name in (*_NOT_COPIED, *(() if needed <= names else needed)):
            self._saved.execute("DELETE FROM settings WHERE name = ?", (name,))
        self._saved.execute("INSERT INTO settings VALUES (?, ?)", (FORMAT_SETTING, str(schema.FORMAT)))
        if SPACE not in names:  # it may be lost, or 0
            most = "SELECT space FROM vectors GROUP BY space ORDER BY count(*) DESC, space LIMIT 1"
            self._saved.execute(f"INSERT INTO settings SELECT '{SPACE}', space FROM ({most})")

    def _settle_entry(self, key: int, metadata: str, revision: int) -> None:
        """Writes an entry's labels, and replaces its revision if that is not whole.

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

    def _missing(self, table: str, columns: str) -> set[tuple[str, ...]]:
        """The values that a table's indexes name, as far as they can be read, and that were not copied."""
        named: set[tuple[str, ...]] = set()
        self._old.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for index in self._indexes(table):
            with suppress(sqlite3.Error):
                for names in self._old.execute(f"SELECT {columns} FROM {table} INDEXED BY {index}"):
                    named.add(tuple(map(str, names)))
        return named - {*self._saved.execute(f"SELECT {columns} FROM {table}")}
