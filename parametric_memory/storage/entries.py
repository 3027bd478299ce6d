"""The entries of a memory: records, texts, passages, vectors, rows and history, in the tables of its database.

torch is loaded only to read or write an adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import sqlalchemy as sql

from parametric_memory.adapters.factors import Adapter, DocumentRows
from parametric_memory.adapters.packing import digest_of, pack_adapter, pack_rows, unpack_adapter, unpack_rows
from parametric_memory.batches import in_runs
from parametric_memory.documents.cleaning import content_hash
from parametric_memory.documents.conversations import said_in
from parametric_memory.documents.passages import reading
from parametric_memory.errors import CheckpointError, EntryNotFound
from parametric_memory.index.exact import Stored
from parametric_memory.internalize.deriving import Derived
from parametric_memory.records import Entry, Said, Version, is_unicode
from parametric_memory.storage.database import Database
from parametric_memory.storage.filters import put_labels
from parametric_memory.storage.schema import AT_ONCE, adapters, entries, history, outbox, passages, revisions, vectors

_T = TypeVar("_T")

# Settings: which vectors are in use, and after which change the outbox begins.
SPACE, OUTBOX_START = "space", "outbox_start"
_NUMBER = 4  # bytes of a number of a vector
_AT_ONCE = 5_000  # vectors that are read
_NONE_YET = -1  # the revision of an entry, within the transaction that writes it
_WHOLE = -1  # the passage number of a whole adapter
_PIECE = 32 * 2**20  # bytes; an adapter may be larger than a database takes at once

# The fields of the record in `entries` and in `revisions`.
_OF_ENTRY = tuple(name for name in Entry.model_fields if name in entries.c)
_OF_REVISION = tuple(name for name in Entry.model_fields if name not in entries.c)
_IN_USE = revisions.c.id == entries.c.revision
_FOUND = sql.select(
    *(entries.c[name] for name in (*_OF_ENTRY, "key", "revision")), *(revisions.c[name] for name in _OF_REVISION)
).join(revisions, _IN_USE)


class Found(NamedTuple):
    """An entry with its keys in other tables."""

    entry: Entry
    key: int
    revision: int


class Whole(NamedTuple):
    """An entry with all that is stored of it."""

    entry: Entry
    text: str
    turns: Sequence[str]
    passages: Sequence[str]
    kept: Adapter | DocumentRows | None


class EntryStore:
    """The entries of one memory. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # Reading

    def find(self, id: str | None, namespace: str) -> Found | None:
        """The entry with an id in a namespace, if there is one."""
        if not id or not self._can_be(id + namespace):
            return None
        return next(iter(self.select(entries.c.id == id, entries.c.namespace == namespace)), None)

    def at(self, id: str, namespace: str) -> Found:
        """The entry with an id in a namespace. Raises EntryNotFound."""
        return self._there(self.find(id, namespace), id, namespace)

    def anywhere(self, id: str, first: str, may_see: Callable[[str], bool] = lambda _: True) -> Found:
        """The entry with an id in `first`, or else in the only other namespace one may see. Raises EntryNotFound."""
        found = self.select(entries.c.id == id) if id and self._can_be(id) else []
        seen = [of for of in found if may_see(of.entry.namespace)]
        here = [of for of in found if of.entry.namespace == first] or seen
        return self._there(here[0] if len(here) == 1 else None, id, first)

    def current(self, found: Found) -> Found:
        """The entry as it is now, in whichever namespace. Raises EntryNotFound: it was deleted."""
        now = next(iter(self.select(entries.c.key == found.key)), None)
        return self._there(now, found.entry.id, found.entry.namespace)

    def select(
        self, *conditions: sql.ColumnElement[bool], order: Sequence[Any] = (), **page: int | None
    ) -> list[Found]:
        """The entries for which all conditions hold, sorted by `order`. page: `limit` and `offset`."""
        statement = _FOUND.where(*conditions).order_by(*order).limit(page.get("limit")).offset(page.get("offset"))
        return [_as_found(row) for row in self.database.rows(statement)]

    def ids(self, namespace: str | None, beginning: str = "") -> list[str]:
        """The ids in a namespace, or in all, that begin with some characters, sorted."""
        begins = sql.func.substr(entries.c.id, 1, len(beginning)) == beginning
        within = [] if namespace is None else [entries.c.namespace == namespace]
        statement = sql.select(entries.c.id).where(begins, *within).distinct().order_by(entries.c.id)
        return [id for (id,) in self.database.rows(statement)] if self._can_be(beginning + (namespace or "")) else []

    def count(self, *conditions: sql.ColumnElement[bool]) -> int:
        """The number of entries for which all conditions hold."""
        [(count,)] = self.database.rows(sql.select(sql.func.count()).select_from(entries).where(*conditions))
        return int(count)

    def counts(self, by: sql.ColumnElement[str] = entries.c.namespace) -> dict[str, int]:
        """The number of entries for each value of a column, sorted by that."""
        statement = sql.select(by, sql.func.count()).join_from(entries, revisions, _IN_USE).group_by(by)
        return dict(sorted((value, count) for value, count in self.database.rows(statement)))

    def content(self, found: Found) -> tuple[str, list[str]]:
        """The text of an entry, and the speakers of its parts, see `Conversation.turns`. Raises EntryNotFound."""
        rows = self.database.rows(sql.select(entries.c.text, entries.c.turns).where(entries.c.key == found.key))
        row = self._there(next(iter(rows), None), found.entry.id, found.entry.namespace)
        return row.text, row.turns or []

    def text(self, found: Found) -> str:
        """The text of an entry. Raises EntryNotFound."""
        return self.content(found)[0]

    def reading(self, found: Found) -> str:
        """The text of an entry as the models read it. Raises EntryNotFound."""
        return reading(*self.content(found))

    def passages(self, found: Iterable[Found]) -> dict[int, list[str]]:
        """The passages of entries, by revision, in the order of each text."""
        return self._passages(entries.c.revision, [of.revision for of in found])

    def passages_of(self, ids: Iterable[str], namespace: str) -> dict[str, list[str]]:
        """The passages of entries of a namespace, by id; none of an entry that is not there."""
        return self._passages(entries.c.id, ids, entries.c.namespace == namespace)

    def _passages(self, by: sql.Column[Any], values: Iterable[Any], *conditions: sql.ColumnElement[bool]) -> Any:
        texts: dict[Any, list[str]] = {value: [] for value in values}
        statement = sql.select(by, passages.c.text).join(passages, passages.c.revision == entries.c.revision)
        statement = statement.where(*conditions).order_by(passages.c.revision, passages.c.number)
        with self.database.reading():
            for some in in_runs([*texts], AT_ONCE):
                for value, text in self.database.rows(statement.where(by.in_(some))):
                    texts[value].append(text)
        return texts

    def said(self, found: Found, numbers: Sequence[int]) -> dict[int, Said]:
        """Speaker and time of some passages of a conversation, by their numbers."""
        statement = sql.select(passages.c.number, passages.c.said).where(
            passages.c.revision == found.revision, passages.c.number.in_(numbers), passages.c.said.is_not(None)
        )
        return {number: Said.model_validate(said) for number, said in self.database.rows(statement)}

    def kept(self, found: Found, numbers: Sequence[int] | None = None) -> Adapter | DocumentRows | None:
        """The stored rows or adapter of an entry, on the CPU; None: only its text is stored, or no such passage.

        numbers: of the passages whose rows are wanted, sorted; missing ones are ignored; None: all. An adapter is
            returned whole.

        Raises CheckpointError: it is damaged.
        """
        entry, contents = found.entry, dict[int, bytes]()
        if entry.store == "text":
            return None
        numbers = None if entry.store == "adapter" else numbers
        pieces = sql.select(adapters.c.passage, adapters.c.content).where(adapters.c.revision == found.revision)
        if numbers is not None:
            pieces = pieces.where(adapters.c.passage.in_(numbers))
        with self.database.reading() as connection:
            for passage, content in connection.execute(pieces.order_by(adapters.c.passage, adapters.c.piece)):
                contents[passage] = contents.get(passage, b"") + content
        if numbers is None and digest_of(contents.values()) != entry.adapter_sha256:
            raise _damaged(entry, "its rows are not those that were recorded")
        if not contents and numbers is not None:
            return None
        where = f"What is kept of entry {entry.name}"
        if entry.store == "adapter":
            return unpack_adapter(contents.get(_WHOLE, b""), where)
        return DocumentRows.of_passages([unpack_rows(content, where).of_passage(0) for content in contents.values()])

    def history(self, found: Found) -> list[Version]:
        """The stored earlier versions of an entry, oldest first."""
        columns = sql.select(*(history.c[name] for name in Version.model_fields))
        rows = self.database.rows(columns.where(history.c.entry == found.key).order_by(history.c.version))
        return [Version(**{**row._mapping, "turns": row.turns or []}) for row in rows]

    def whole(
        self, at_once: int = 100, *, on_damage: Callable[[Found, CheckpointError], object] | None = None
    ) -> Iterator[Whole]:
        """All entries with all that is stored of them, in the order in which they were first added.

        on_damage: is called for an entry whose text or rows are damaged; None: the error is raised.
        """
        every = _FOUND.add_columns(entries.c.text, entries.c.turns).order_by(entries.c.key)
        with self.database.reading() as connection:
            for rows in connection.execute(every.execution_options(yield_per=at_once)).partitions():
                all_found = [_as_found(row) for row in rows]
                parts = self.passages(all_found)
                for row, found in zip(rows, all_found, strict=True):
                    try:
                        if content_hash(row.text) != row.content_hash:
                            raise _damaged(found.entry, "its text is not the one that was recorded")
                        kept = self.kept(found)
                    except CheckpointError as error:
                        if on_damage is None:
                            raise
                        on_damage(found, error)
                    else:
                        yield Whole(found.entry, row.text, row.turns or [], parts[found.revision], kept)

    def damaged(self) -> list[tuple[Found, str]]:
        """Each entry whose text or rows do not have the recorded hash, with a sentence about that."""
        problems: list[tuple[Found, str]] = []
        for _ in self.whole(on_damage=lambda found, error: problems.append((found, str(error)))):
            pass
        return problems

    def stored_vectors(
        self, space: int, *conditions: sql.ColumnElement[bool], most: int | None = None
    ) -> Iterator[Stored]:
        """The vectors in use of one space, sorted by revision and part, thousands at a time.

        most: any so many of them are enough; less than `_AT_ONCE`.
        """
        statement = (
            sql.select(vectors.c.revision, vectors.c.part, vectors.c.passage, vectors.c.vector)
            .join(entries, entries.c.revision == vectors.c.revision)
            .where(vectors.c.space == space, *conditions)
            .execution_options(yield_per=_AT_ONCE)
        )
        # With a limit, the database need not sort all of a large namespace.
        statement = statement.order_by(vectors.c.revision, vectors.c.part) if most is None else statement.limit(most)
        with self.database.reading() as connection:
            for rows in connection.execute(statement).partitions():
                *numbers, blobs = zip(*(rows if most is None else sorted(rows)), strict=True)
                made = np.frombuffer(b"".join(blobs), np.float32).reshape(len(blobs), -1)
                yield Stored._make([*(np.array(column, np.int64) for column in numbers), made])

    def dimension(self, space: int) -> int | None:
        """The length of the vectors of a space; None: there are none."""
        rows = self.database.rows(
            sql.select(sql.func.length(vectors.c.vector)).where(vectors.c.space == space).limit(1)
        )
        return rows[0][0] // _NUMBER if rows else None

    @property
    def space(self) -> int:
        """The space of the vectors in use."""
        return int(self.database.setting(SPACE) or 0)

    # Writing

    def write(
        self, entry: Entry, text: str, turns: Sequence[str], derived: Derived, known: Found | None = None
    ) -> Found:
        """Writes an entry, or replaces the text of one; the history stays. Returns it as stored.

        known: the entry to replace; None: the one with this id in this namespace, if there is one.
        """
        with self.database.writing() as connection:
            known = known or self.find(entry.id, entry.namespace)
            values = _values(entry) | {"text": text, "turns": list(turns) or None, "revision": _NONE_YET}
            if known is None:
                key = connection.execute(entries.insert().values(values).returning(entries.c.key)).scalar_one()
            else:
                key = known.key
                drop_revisions(connection, [key], self.space)
                connection.execute(_update(key, **values))
            entry, revision = add_revision(connection, key, entry, text, turns, derived, self.space)
            connection.execute(_update(key, revision=revision))
            put_labels(connection, key, entry.metadata)
            connection.execute(outbox.insert().values(revision=revision, parts=len(derived.vectors), change="put"))
        return Found(entry, key, revision)

    def update(self, known: Found, entry: Entry) -> None:
        """Replaces the record of an entry; text and revision stay."""
        with self.database.writing() as connection:
            connection.execute(_update(known.key, **_values(entry)))
            if known.entry.metadata != entry.metadata:
                put_labels(connection, known.key, entry.metadata)
            if known.entry.namespace != entry.namespace:  # which the index stores too
                connection.execute(outbox.insert().values(revision=known.revision, parts=0, change="put"))

    def delete(self, found: Iterable[Found]) -> None:
        """Deletes entries with all that is stored of them."""
        with self.database.writing() as connection:
            for keys in in_runs([of.key for of in found], AT_ONCE):
                drop_revisions(connection, keys, self.space)
                connection.execute(entries.delete().where(entries.c.key.in_(keys)))

    def keep_version(self, found: Found, most: int) -> None:
        """Copies an entry's text into its history, of which the newest `most` versions stay."""
        with self.database.writing():
            if most:
                now = sql.select(*(entries.c[name] for name in ("key", *Version.model_fields)))
                now = now.where(entries.c.key == found.key)
                self.database.execute(history.insert().from_select(["entry", *Version.model_fields], now))
            too_old = history.c.version <= found.entry.version - most
            self.database.execute(history.delete().where(history.c.entry == found.key, too_old))

    def use_space(self, space: int) -> None:
        """Puts the vectors of a space in use, and the revisions that an upgrade made. Deletes all others."""
        made = sql.select(revisions.c.id).where(
            revisions.c.entry == entries.c.key, revisions.c.replaces == entries.c.revision
        )
        with self.database.writing() as connection:
            connection.execute(entries.update().where(made.exists()).values(revision=made.scalar_subquery()))
            connection.execute(revisions.update().values(replaces=None).where(_IN_USE))
            connection.execute(revisions.delete().where(revisions.c.id.not_in(sql.select(entries.c.revision))))
            self.database.set(OUTBOX_START, str(last_change(self.database)))
            self.database.set(SPACE, str(space))
            connection.execute(vectors.delete().where(vectors.c.space != space))
            connection.execute(outbox.delete())

    # Parts

    def _there(self, row: _T | None, id: str, namespace: str) -> _T:
        """Raises EntryNotFound: there is no row of an entry."""
        if row is None:
            raise EntryNotFound(
                f"No entry has the id {id!r} in the namespace {namespace!r} of {self.database.location}: list the "
                "entries to see their ids."
            )
        return row

    def _can_be(self, name: str) -> bool:
        """Whether a text can be an id or a namespace here: PostgreSQL takes no NUL."""
        return is_unicode(name) and (self.database.location.url is None or "\0" not in name)


def _update(key: int, **values: Any) -> sql.Update:
    return entries.update().where(entries.c.key == key).values(**values)


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _OF_ENTRY}


def last_change(database: Database) -> int:
    """The last change in the outbox, also of one that was emptied."""
    [(last,)] = database.rows(sql.select(sql.func.max(outbox.c.seq)))
    return int(database.setting(OUTBOX_START) or 0) if last is None else int(last)


def _as_found(row: Any) -> Found:
    return Found(Entry(**{name: row._mapping[name] for name in Entry.model_fields}), row.key, row.revision)


def _damaged(entry: Entry, how: str) -> CheckpointError:
    return CheckpointError(f"Entry {entry.name} is damaged: {how}. Delete it and add its document again.")


# Revisions: passages, vectors and rows derived from a text. A revision is immutable: a new text or an upgrade makes
# another one, and the entry names the one in use. Call these within a transaction.


def add_revision(
    connection: sql.Connection,
    key: int,
    entry: Entry,
    text: str,
    turns: Sequence[str],
    derived: Derived,
    space: int,
    replaces: int | None = None,
) -> tuple[Entry, int]:
    """Writes what was derived from the text of the entry with this key; returns the updated record and the revision.

    Args:
        space: of the vectors.
        replaces: the revision that this one is to replace later; None: it is to be used at once.
    """
    kept, contents = derived.kept, dict[int, bytes]()
    if isinstance(kept, Adapter):
        contents = {_WHOLE: pack_adapter(kept)}
    elif kept is not None:
        contents = {n: pack_rows(DocumentRows.of_passages([kept.of_passage(n)])) for n in range(kept.passages)}
    of_revision = {
        "tokens": derived.tokens,
        "chunks": derived.chunks,
        "store": "text" if kept is None else "adapter" if isinstance(kept, Adapter) else "rows",
        "rank": 0 if kept is None else kept.rank,
        "adapter_sha256": digest_of(contents.values()) if contents else "",
    }
    added = revisions.insert().values(entry=key, replaces=replaces, **of_revision)
    revision = int(connection.execute(added.returning(revisions.c.id)).scalar_one())
    said = said_in(text, turns, derived.passages)
    of_passages: list[dict[str, Any]] = [
        {"revision": revision, "number": number, "text": passage, "said": of and of.model_dump(mode="json")}
        for number, (passage, of) in enumerate(zip(derived.passages, said, strict=True))
    ]
    if of_passages:
        connection.execute(passages.insert(), of_passages)
    pieces = [
        {"passage": passage, "piece": piece, "content": content[start : start + _PIECE]}
        for passage, content in contents.items()
        for piece, start in enumerate(range(0, len(content), _PIECE))
    ]
    for some in in_runs(pieces, AT_ONCE):
        connection.execute(adapters.insert().values(revision=revision), some)
    put_vectors(connection, revision, space, derived.vectors, derived.numbers)
    return entry.model_copy(update=of_revision), revision


def put_vectors(
    connection: sql.Connection, revision: int, space: int, made: Sequence[Sequence[float]], numbers: Sequence[int]
) -> None:
    """Replaces a revision's vectors of a space, `[part, dimension]`; numbers: of their passages."""
    rows = [
        {"part": part, "passage": number, "vector": np.asarray(vector, np.float32).tobytes()}
        for part, (vector, number) in enumerate(zip(made, numbers, strict=True))
    ]
    connection.execute(vectors.delete().where(vectors.c.revision == revision, vectors.c.space == space))
    if rows:
        connection.execute(vectors.insert().values(revision=revision, space=space), rows)


def drop_revisions(connection: sql.Connection, keys: Sequence[int], space: int) -> None:
    """Deletes all revisions of some entries, and notes the vectors in use in the outbox."""
    in_use = (
        sql.select(entries.c.revision, sql.func.count(vectors.c.part), sql.literal("drop"))
        .join(vectors, (vectors.c.revision == entries.c.revision) & (vectors.c.space == space), isouter=True)
        .where(entries.c.key.in_(keys))
        .group_by(entries.c.revision)
    )
    connection.execute(outbox.insert().from_select(["revision", "parts", "change"], in_use))
    connection.execute(revisions.delete().where(revisions.c.entry.in_(keys)))
