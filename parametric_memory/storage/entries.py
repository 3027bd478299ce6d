"""The entries of a memory: records, texts, passages, vectors, rows and history, in the tables of its database.

A method that writes is called within a transaction; a method that reads opens one where there is none. Knows nothing
about queries, models or the index, and loads torch only to read or write an adapter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sql

from parametric_memory.errors import EntryNotFound
from parametric_memory.index.exact import Stored
from parametric_memory.records import Entry, Said, Version
from parametric_memory.storage.conditions import in_batches
from parametric_memory.storage.filters import is_unicode, label_rows
from parametric_memory.storage.revisions import (
    OF_REVISION,
    add_revision,
    damaged,
    digest_of,
    drop_revisions,
    note,
    packed,
    read_kept,
    stored_vectors,
)
from parametric_memory.storage.schema import adapters, entries, history, labels, outbox, passages, revisions, vectors
from parametric_memory.text.cleaning import content_hash

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

    from parametric_memory.storage.database import Database
    from parametric_memory.storage.draft import Derived, Kept

# Settings: which vectors are in use, and after which change the outbox begins.
SPACE, OUTBOX_START = "space", "outbox_start"
_OTHER_TEXT = "its text is not the one that was recorded"
_NONE_YET = -1  # the revision of an entry, within the transaction that writes it

# The columns of `entries` that are fields of the record.
_OF_ENTRY = (
    *("id", "namespace", "title", "summary", "source", "metadata", "created_at", "updated_at", "said_at"),
    *("expires_at", "valid_from", "valid_until", "version", "content_hash"),
)
_RECORD = (*(entries.c[name] for name in _OF_ENTRY), *(revisions.c[name] for name in OF_REVISION))
_IN_USE = revisions.c.id == entries.c.revision
_OF_VERSION = ("version", "title", "source", "metadata", "updated_at")  # of the record, in the history


class Found(NamedTuple):
    """An entry, with what leads to its rows in other tables."""

    entry: Entry
    key: int
    revision: int


class Whole(NamedTuple):
    """An entry with all that is kept of it."""

    entry: Entry
    text: str
    turns: Sequence[str]
    passages: Sequence[str]
    kept: Kept
    extra: Mapping[str, Any] | None


class EntryStore:
    """The entries of one memory. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # Reading

    def find(self, id: str | None) -> Entry | None:
        """The record of an entry; None where there is none."""
        found = self._found(id)
        return None if found is None else found.entry

    def read(self, id: str) -> Entry:
        """The record of an entry. Raises EntryNotFound."""
        return self.at(id).entry

    def at(self, id: str) -> Found:
        """An entry, with what leads to its rows in other tables. Raises EntryNotFound."""
        found = self._found(id)
        if found is None:
            raise EntryNotFound(
                f"No entry has the id {id!r} in {self.database.location}: list the entries to see their ids."
            )
        return found

    def select(self, *conditions: ColumnElement[bool], order: Sequence[Any] = (), **page: int | None) -> list[Found]:
        """The entries for which all conditions hold.

        Args:
            order: columns to sort by.
            page: `limit` and `offset`.
        """
        statement = _found(*conditions).order_by(*order).limit(page.get("limit")).offset(page.get("offset"))
        return [_as_found(row) for row in self._rows(statement)]

    def ids(self, beginning: str = "") -> list[str]:
        """The ids that begin with some characters, sorted."""
        statement = sql.select(entries.c.id).order_by(entries.c.id)
        if beginning:
            statement = statement.where(sql.func.substr(entries.c.id, 1, len(beginning)) == beginning)
        return [id for (id,) in self._rows(statement)] if self._can_be(beginning) else []

    def count(self, *conditions: ColumnElement[bool]) -> int:
        """How many entries there are for which all conditions hold."""
        [(count,)] = self._rows(sql.select(sql.func.count()).select_from(entries).where(*conditions))
        return int(count)

    def counts(self, by: ColumnElement[str] = entries.c.namespace) -> dict[str, int]:
        """How many entries there are for each value of a column, by that, sorted."""
        statement = sql.select(by, sql.func.count()).join_from(entries, revisions, _IN_USE).group_by(by)
        return dict(sorted((value, count) for value, count in self._rows(statement)))

    def text(self, id: str) -> str:
        """The text of an entry. Raises EntryNotFound."""
        return str(self._column(id, entries.c.text))

    def turns(self, id: str) -> list[str]:
        """Who said which part of a conversation, see `Conversation.turns`; empty for another entry."""
        return self._column(id, entries.c.turns) or []

    def passages(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """The passages of entries, by id, in the order of each text; empty where there are none, or no such entry."""
        found: dict[str, list[str]] = {id: [] for id in ids}
        statement = (
            sql.select(entries.c.id, passages.c.text)
            .join(passages, passages.c.revision == entries.c.revision)
            .order_by(passages.c.revision, passages.c.number)
        )
        with self.database.reading() as connection:
            for some in in_batches([id for id in found if self._can_be(id)]):
                for id, text in connection.execute(statement.where(entries.c.id.in_(some))):
                    found[id].append(text)
        return found

    def said(self, id: str, numbers: Sequence[int]) -> dict[int, Said]:
        """Who said some passages of a conversation, and when, by their numbers."""
        if not self._can_be(id):
            return {}
        statement = (
            sql.select(passages.c.number, passages.c.said)
            .join(entries, passages.c.revision == entries.c.revision)
            .where(entries.c.id == id, passages.c.number.in_(numbers), passages.c.said.is_not(None))
        )
        return {number: Said.model_validate(said) for number, said in self._rows(statement)}

    def kept(self, found: Found, numbers: Sequence[int] | None = None) -> Kept:
        """What is kept of an entry's rows; see `revisions.read_kept`."""
        with self.database.reading() as connection:
            return read_kept(connection, found.entry, found.revision, numbers)

    def extra(self, found: Found) -> Mapping[str, Any]:
        """What is kept with a whole adapter, see `Derived.extra`."""
        rows = self._rows(sql.select(revisions.c.extra).where(revisions.c.id == found.revision))
        return (rows[0].extra if rows else None) or {}

    def history(self, id: str) -> list[Version]:
        """What an entry said before, oldest first; empty where nothing of it is kept. Raises EntryNotFound."""
        with self.database.reading():
            of_entry = sql.select(history).where(history.c.entry == self.at(id).key).order_by(history.c.version)
            return [
                Version(text=row.text, turns=row.turns or [], **{name: row._mapping[name] for name in _OF_VERSION})
                for row in self._rows(of_entry)
            ]

    def whole(self, at_once: int = 100, *, without: Collection[str] = ()) -> Iterator[Whole]:
        """All entries but some with all that is kept of them, in the order in which they were first added.

        Raises CheckpointError: what is kept of one is damaged, or its text is not the one that was recorded.
        """
        columns = sql.select(entries.c.key, entries.c.text, entries.c.turns, revisions.c.extra)
        joined = columns.join(revisions, _IN_USE)
        with self.database.reading() as connection:
            last = -1
            while page := self.select(entries.c.key > last, order=[entries.c.key], limit=at_once):
                last = page[-1].key
                rows = self._rows(joined.where(entries.c.key.in_([found.key for found in page])))
                texts = {row.key: row for row in rows}
                parts = self.passages([found.entry.id for found in page])
                for found in page:
                    entry, row = found.entry, texts[found.key]
                    if entry.id in without:
                        continue
                    if content_hash(row.text) != entry.content_hash:
                        raise damaged(entry.id, _OTHER_TEXT)
                    kept = read_kept(connection, entry, found.revision, None)
                    yield Whole(entry, row.text, row.turns or [], parts[entry.id], kept, row.extra)

    def damaged(self) -> dict[str, str]:
        """What is wrong with entries, by their ids: a text or rows that are not those that were recorded."""
        texts = sql.select(entries.c.id, entries.c.content_hash, entries.c.text)
        kept = (
            sql.select(entries.c.id, revisions.c.adapter_sha256, adapters.c.content)
            .join(revisions, _IN_USE)
            .join(adapters, adapters.c.revision == revisions.c.id, isouter=True)
            .where(revisions.c.store != "text")
            .order_by(revisions.c.id, adapters.c.passage, adapters.c.piece)
        )
        problems: dict[str, str] = {}
        with self.database.reading() as connection:
            for id, digest, text in connection.execute(texts.execution_options(yield_per=1_000)):
                if content_hash(text) != digest:
                    problems[id] = str(damaged(id, _OTHER_TEXT))
            rows = connection.execute(kept.execution_options(yield_per=4))
            for (id, digest), pieces in groupby(rows, key=lambda row: (row[0], row[1])):
                if digest_of(content or b"" for _, _, content in pieces) != digest:
                    problems.setdefault(id, str(damaged(id, "its rows are not those that were recorded")))
        return problems

    def stored_vectors(self, space: int, *conditions: ColumnElement[bool]) -> Iterator[Stored]:
        """The vectors of one space that are in use, revision by revision."""
        with self.database.reading() as connection:
            yield from stored_vectors(connection, space, *conditions)

    @property
    def space(self) -> int:
        """Which vectors are in use."""
        return int(self.database.setting(SPACE) or 0)

    # Writing

    def write(self, entry: Entry, text: str, turns: Sequence[str], derived: Derived) -> Entry:
        """Writes an entry with its text; the text of an entry of the same id is replaced, and its history stays.

        Returns:
            The entry as stored, with `store`, `rank` and `adapter_sha256` of what is kept.
        """
        with self.database.writing() as connection:
            known = self._found(entry.id)
            entry, contents = packed(entry, derived)
            values = {name: getattr(entry, name) for name in _OF_ENTRY}
            values |= {"turns": list(turns) or None, "text": text, "revision": _NONE_YET}
            if known is None:
                key = connection.execute(entries.insert().values(**values).returning(entries.c.key)).scalar_one()
            else:
                key = known.key
                drop_revisions(connection, [key], self.space)
                connection.execute(entries.update().where(entries.c.key == key).values(**values))
            revision = add_revision(connection, key, entry, turns, derived, contents, self.space)
            connection.execute(entries.update().where(entries.c.key == key).values(revision=revision))
            self._label(connection, key, entry, is_new=known is None)
            note(connection, [(revision, len(derived.vectors), "put")])
        return entry

    def update(self, entry: Entry) -> None:
        """Replaces the record of an entry; its text and what was derived from it stay. Raises EntryNotFound."""
        with self.database.writing() as connection:
            known = self.at(entry.id)
            values = {name: getattr(entry, name) for name in _OF_ENTRY}
            connection.execute(entries.update().where(entries.c.key == known.key).values(**values))
            if known.entry.metadata != entry.metadata:
                self._label(connection, known.key, entry)
            if known.entry.namespace != entry.namespace:
                note(connection, [(known.revision, 0, "put")])  # the index has it with its namespace

    def delete(self, ids: Sequence[str]) -> None:
        """Removes entries with all that is kept of them. Raises EntryNotFound for the first that is not there."""
        with self.database.writing() as connection:
            keys = [self.at(id).key for id in ids]
            drop_revisions(connection, keys, self.space)
            for some in in_batches(keys):
                connection.execute(entries.delete().where(entries.c.key.in_(some)))

    def keep_version(self, id: str, most: int) -> None:
        """Puts what an entry says into its history, of which the newest versions stay, as many as `most`."""
        with self.database.writing() as connection:
            found = self.at(id)
            if most:
                values = {name: getattr(found.entry, name) for name in _OF_VERSION}
                values |= {"text": self.text(id), "turns": self.turns(id) or None}
                connection.execute(history.insert().values(entry=found.key, **values))
            connection.execute(
                history.delete().where(history.c.entry == found.key, history.c.version <= found.entry.version - most)
            )

    def use_space(self, space: int) -> None:
        """Puts the vectors of a space in use, and takes all others away."""
        with self.database.writing() as connection:
            last = connection.execute(sql.select(sql.func.max(outbox.c.seq))).scalar_one()
            self.database.set(SPACE, str(space))
            if last is not None:
                self.database.set(OUTBOX_START, str(last))
            connection.execute(vectors.delete().where(vectors.c.space != space))
            connection.execute(outbox.delete())

    # Parts

    def _found(self, id: str | None) -> Found | None:
        if not id or not self._can_be(id):
            return None
        return next(iter(self.select(entries.c.id == id)), None)

    def _can_be(self, id: str) -> bool:
        """Whether a text can be an id here: PostgreSQL takes no NUL."""
        return is_unicode(id) and (self.database.location.url is None or "\0" not in id)

    def _column(self, id: str, column: Any) -> Any:
        rows = self._rows(sql.select(column).where(entries.c.id == id)) if self._can_be(id) else []
        return rows[0][0] if rows else self.at(id)  # which raises EntryNotFound

    def _label(self, connection: Connection, key: int, entry: Entry, is_new: bool = False) -> None:
        """Writes the labels of an entry in the place of those it has."""
        if not is_new:
            connection.execute(labels.delete().where(labels.c.entry == key))
        if rows := label_rows(key, entry.metadata):
            connection.execute(labels.insert(), rows)

    def _rows(self, statement: Any) -> Sequence[Any]:
        with self.database.reading() as connection:
            return connection.execute(statement).all()


def _found(*conditions: ColumnElement[bool]) -> Select[Any]:
    return sql.select(*_RECORD, entries.c.key, entries.c.revision).join(revisions, _IN_USE).where(*conditions)


def _as_found(row: Any) -> Found:
    values = dict(row._mapping)
    key, revision = values.pop("key"), values.pop("revision")
    return Found(Entry(**values), key, revision)
