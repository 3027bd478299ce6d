"""The entries of a memory: records, texts, passages, vectors, rows and history, in the tables of its database.

A method that writes is called within a transaction; a method that reads opens one where there is none. Knows nothing
about queries, models or the index, and loads torch only to read or write an adapter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sql

from parametric_memory.adapters.packing import digest_of, unpack_adapter, unpack_rows
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.errors import CheckpointError, EntryNotFound
from parametric_memory.index.exact import Stored
from parametric_memory.records import Entry, Said, Version
from parametric_memory.storage.filters import is_unicode, put_labels
from parametric_memory.storage.revisions import OF_REVISION, WHOLE, add_revision, drop_revisions
from parametric_memory.storage.schema import (
    adapters,
    entries,
    history,
    in_batches,
    outbox,
    passages,
    revisions,
    vectors,
)
from parametric_memory.text.cleaning import content_hash

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from parametric_memory.models.deriving import Derived, Kept
    from parametric_memory.storage.database import Database

# Settings: which vectors are in use, and after which change the outbox begins.
SPACE, OUTBOX_START = "space", "outbox_start"
_OTHER_TEXT, _OTHER_ROWS = "its text is not the one that was recorded", "its rows are not those that were recorded"
_NUMBER = 4  # bytes of a number of a vector
_AT_ONCE = 5_000  # vectors that are read
_NONE_YET = -1  # the revision of an entry, within the transaction that writes it

_OF_ENTRY = tuple(name for name in Entry.model_fields if name in entries.c)  # the fields of the record in `entries`
_IN_USE = revisions.c.id == entries.c.revision
_FOUND = sql.select(
    *(entries.c[name] for name in (*_OF_ENTRY, "key", "revision")), *(revisions.c[name] for name in OF_REVISION)
).join(revisions, _IN_USE)


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
        return found and found.entry

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
        statement = _FOUND.where(*conditions).order_by(*order).limit(page.get("limit")).offset(page.get("offset"))
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

    def is_in_use(self, found: Found) -> bool:
        """Whether an entry is there, and its revision still this one."""
        return self.count(entries.c.key == found.key, entries.c.revision == found.revision) > 0

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

    def said(self, found: Found, numbers: Sequence[int]) -> dict[int, Said]:
        """Who said some passages of a conversation, and when, by their numbers."""
        statement = sql.select(passages.c.number, passages.c.said).where(
            passages.c.revision == found.revision, passages.c.number.in_(numbers), passages.c.said.is_not(None)
        )
        return {number: Said.model_validate(said) for number, said in self._rows(statement)}

    def kept(self, found: Found, numbers: Sequence[int] | None = None) -> Kept:
        """What is kept of an entry's rows, on the CPU; None: nothing but its text.

        numbers: of the passages whose rows are wanted, in their order, as far as there are any; None: all. A whole
            adapter comes whole.

        Raises CheckpointError: it is damaged.
        """
        entry, contents = found.entry, dict[int, bytes]()
        if entry.store == "text":
            return None
        numbers = None if entry.store == "adapter" else numbers
        with self.database.reading():
            for passage, content in self._pieces(found.revision, numbers):
                contents[passage] = contents[passage] + content if passage in contents else content
        if numbers is None and digest_of(contents.values()) != entry.adapter_sha256:
            raise _damaged(entry.id, _OTHER_ROWS)
        where = f"What is kept of entry {entry.id}"
        if entry.store == "adapter":
            return unpack_adapter(contents.get(WHOLE, b""), where)
        return DocumentRows.of_passages([unpack_rows(content, where).of_passage(0) for content in contents.values()])

    def extra(self, found: Found) -> Mapping[str, Any]:
        """What is kept with a whole adapter, see `Derived.extra`."""
        rows = self._rows(sql.select(revisions.c.extra).where(revisions.c.id == found.revision))
        return (rows[0].extra if rows else None) or {}

    def history(self, id: str) -> list[Version]:
        """What an entry said before, oldest first; empty where nothing of it is kept. Raises EntryNotFound."""
        columns = sql.select(*(history.c[name] for name in Version.model_fields))
        with self.database.reading():
            rows = self._rows(columns.where(history.c.entry == self.at(id).key).order_by(history.c.version))
        return [Version(**{**row._mapping, "turns": row.turns or []}) for row in rows]

    def whole(self, at_once: int = 100, *, without: Collection[str] = ()) -> Iterator[Whole]:
        """All entries but some with all that is kept of them, in the order in which they were first added.

        Raises CheckpointError: what is kept of one is damaged, or its text is not the one that was recorded.
        """
        every = _FOUND.add_columns(entries.c.text, entries.c.turns, revisions.c.extra).order_by(entries.c.key)
        last = -1
        with self.database.reading():
            while rows := self._rows(every.where(entries.c.key > last).limit(at_once)):
                last = rows[-1].key
                parts = self.passages([row.id for row in rows])
                for row in rows:
                    if row.id in without:
                        continue
                    if content_hash(row.text) != row.content_hash:
                        raise _damaged(row.id, _OTHER_TEXT)
                    found = _as_found(row)
                    yield Whole(found.entry, row.text, row.turns or [], parts[row.id], self.kept(found), row.extra)

    def damaged(self) -> dict[str, str]:
        """What is wrong with entries, by their ids: a text or rows that are not those that were recorded."""
        columns = (entries.c.id, entries.c.content_hash, entries.c.text)
        of_revision = (revisions.c.id, revisions.c.store, revisions.c.adapter_sha256)
        every = sql.select(*columns, *of_revision).join(revisions, _IN_USE).execution_options(yield_per=100)
        problems: dict[str, str] = {}
        with self.database.reading() as connection:
            for id, digest, text, revision, store, of_rows in connection.execute(every):
                if content_hash(text) != digest:
                    problems[id] = str(_damaged(id, _OTHER_TEXT))
                elif store != "text" and digest_of(piece for _, piece in self._pieces(revision)) != of_rows:
                    problems[id] = str(_damaged(id, _OTHER_ROWS))
        return problems

    def stored_vectors(self, space: int, *conditions: ColumnElement[bool]) -> Iterator[Stored]:
        """The vectors of one space that are in use, in the order of revisions and their parts, thousands at a time."""
        import numpy as np

        statement = (
            sql.select(vectors.c.revision, vectors.c.part, vectors.c.passage, vectors.c.vector)
            .join(entries, entries.c.revision == vectors.c.revision)
            .where(vectors.c.space == space, *conditions)
            .order_by(vectors.c.revision, vectors.c.part)
            .execution_options(yield_per=_AT_ONCE)
        )
        with self.database.reading() as connection:
            for rows in connection.execute(statement).partitions():
                *numbers, blobs = zip(*rows, strict=True)
                made = np.frombuffer(b"".join(blobs), np.float32).reshape(len(blobs), -1)
                yield Stored._make([*(np.array(column, np.int64) for column in numbers), made])

    def dimension(self, space: int) -> int | None:
        """How many numbers the vectors of a space have; None: there are none."""
        rows = self._rows(sql.select(sql.func.length(vectors.c.vector)).where(vectors.c.space == space).limit(1))
        return rows[0][0] // _NUMBER if rows else None

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
            values = {"text": text, "turns": list(turns) or None, "revision": _NONE_YET}
            if known is None:
                added = entries.insert().values(**_values(entry), **values).returning(entries.c.key)
                key = connection.execute(added).scalar_one()
            else:
                key = known.key
                drop_revisions(connection, [key], self.space)
                connection.execute(_update(key, **_values(entry), **values))
            entry, revision = add_revision(connection, key, entry, turns, derived, self.space)
            connection.execute(_update(key, revision=revision))
            put_labels(connection, key, entry.metadata)
            connection.execute(outbox.insert().values(revision=revision, parts=len(derived.vectors), change="put"))
        return entry

    def update(self, entry: Entry) -> None:
        """Replaces the record of an entry; its text and what was derived from it stay. Raises EntryNotFound."""
        with self.database.writing() as connection:
            known = self.at(entry.id)
            connection.execute(_update(known.key, **_values(entry)))
            if known.entry.metadata != entry.metadata:
                put_labels(connection, known.key, entry.metadata)
            if known.entry.namespace != entry.namespace:  # the index has it with its namespace
                connection.execute(outbox.insert().values(revision=known.revision, parts=0, change="put"))

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
                now = sql.select(*(entries.c[name] for name in ("key", *Version.model_fields)))
                now = now.where(entries.c.key == found.key)
                connection.execute(history.insert().from_select(["entry", *Version.model_fields], now))
            connection.execute(
                history.delete().where(history.c.entry == found.key, history.c.version <= found.entry.version - most)
            )

    def use_space(self, space: int) -> None:
        """Puts the vectors of a space in use, and takes all others away."""
        with self.database.writing() as connection:
            self.database.set(OUTBOX_START, str(last_change(connection, self.database.settings())))
            self.database.set(SPACE, str(space))
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

    def _pieces(self, revision: int, numbers: Sequence[int] | None = None) -> Iterable[Any]:
        """Within a transaction: what is kept of rows, passage by passage, each in pieces. numbers: None: of all."""
        of_passages = [] if numbers is None else [adapters.c.passage.in_(numbers)]
        statement = sql.select(adapters.c.passage, adapters.c.content).where(
            adapters.c.revision == revision, *of_passages
        )
        with self.database.reading() as connection:
            return connection.execute(statement.order_by(adapters.c.passage, adapters.c.piece))

    def _rows(self, statement: Any) -> Sequence[Any]:
        with self.database.reading() as connection:
            return connection.execute(statement).all()


def _update(key: int, **values: Any) -> sql.Update:
    return entries.update().where(entries.c.key == key).values(**values)


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _OF_ENTRY}


def last_change(connection: Connection, settings: Mapping[str, str]) -> int:
    """The last change in the outbox, also where all of them were taken away."""
    last = connection.execute(sql.select(sql.func.max(outbox.c.seq))).scalar_one()
    return int(settings.get(OUTBOX_START, 0)) if last is None else int(last)


def _as_found(row: Any) -> Found:
    return Found(Entry(**{name: row._mapping[name] for name in Entry.model_fields}), row.key, row.revision)


def _damaged(id: str, how: str) -> CheckpointError:
    """What is raised for an entry that is not what was recorded."""
    return CheckpointError(f"Entry {id} is damaged: {how}. Delete it and add its document again.")
