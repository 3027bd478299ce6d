"""The entries of a memory: records, texts, passages, vectors, rows and history, in the tables of its database.

A method that writes is called within a transaction; a method that reads opens one where there is none. Knows nothing
about queries, models or the index, and loads torch only to read or write an adapter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sql

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.errors import CheckpointError, EntryNotFound
from parametric_memory.index.exact import Stored
from parametric_memory.records import Entry, Said, Version
from parametric_memory.storage.conditions import in_batches
from parametric_memory.storage.filters import is_unicode, label_rows
from parametric_memory.storage.rows import pack_adapter, pack_rows, unpack_adapter, unpack_rows
from parametric_memory.storage.schema import (
    adapters,
    entries,
    history,
    labels,
    outbox,
    passages,
    revisions,
    vectors,
)
from parametric_memory.text.cleaning import content_hash
from parametric_memory.text.conversations import said_in

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

    from parametric_memory.storage.database import Database
    from parametric_memory.storage.draft import Derived, Kept

WHOLE = -1  # the passage number of a whole adapter, and of a vector of no passage
# Settings: which vectors are in use, and after which change the outbox begins.
SPACE, OUTBOX_START = "space", "outbox_start"
_PIECE = 32 * 2**20  # bytes; an adapter may be larger than a database takes at once
_NONE_YET = -1  # the revision of an entry, within the transaction that writes it

# The columns of the tables that are fields of the record.
_OF_ENTRY = (
    *("id", "namespace", "title", "summary", "source", "metadata", "created_at", "updated_at", "said_at"),
    *("expires_at", "valid_from", "valid_until", "version", "content_hash"),
)
_OF_REVISION = ("tokens", "chunks", "refined", "store", "rank", "adapter_sha256")
_RECORD = (*(entries.c[name] for name in _OF_ENTRY), *(revisions.c[name] for name in _OF_REVISION))


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
        with self.database.reading() as connection:
            return [_as_found(row) for row in connection.execute(statement)]

    def ids(self, beginning: str = "") -> list[str]:
        """The ids that begin with some characters, sorted."""
        statement = sql.select(entries.c.id).order_by(entries.c.id)
        if beginning:
            statement = statement.where(sql.func.substr(entries.c.id, 1, len(beginning)) == beginning)
        with self.database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def added_as_adapters(self) -> list[str]:
        """The ids of entries that have no document: their adapters were made elsewhere."""
        return [found.entry.id for found in self.select(revisions.c.chunks == 0, order=[entries.c.key])]

    def from_sources(self, namespace: str, sources: Collection[str]) -> list[tuple[str, str]]:
        """The ids of the entries of a namespace that came from some sources, each with its source."""
        statement = sql.select(entries.c.id, entries.c.source).where(entries.c.namespace == namespace)
        with self.database.reading() as connection:
            return [
                (id, source)
                for some in in_batches([*sources])
                for id, source in connection.execute(statement.where(entries.c.source.in_(some)))
            ]

    def count(self, *conditions: ColumnElement[bool]) -> int:
        """How many entries there are for which all conditions hold."""
        with self.database.reading() as connection:
            counted = sql.select(sql.func.count()).select_from(entries).where(*conditions)
            return int(connection.execute(counted).scalar_one())

    def kinds(self) -> dict[str, int]:
        """How many entries are kept as text, as rows and as an adapter."""
        statement = (
            sql.select(revisions.c.store, sql.func.count())
            .join(entries, entries.c.revision == revisions.c.id)
            .group_by(revisions.c.store)
        )
        with self.database.reading() as connection:
            return dict(sorted((kind, count) for kind, count in connection.execute(statement)))

    def counts(self) -> dict[str, int]:
        """How many entries each namespace has, by its name, sorted."""
        statement = sql.select(entries.c.namespace, sql.func.count()).group_by(entries.c.namespace)
        with self.database.reading() as connection:
            return dict(sorted((name, count) for name, count in connection.execute(statement)))

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
        with self.database.reading() as connection:
            return {number: Said.model_validate(said) for number, said in connection.execute(statement)}

    def kept(self, found: Found, numbers: Sequence[int] | None = None) -> Kept:
        """What is kept of an entry's rows, on the CPU; None: nothing but its text.

        numbers: of the passages whose rows are wanted, in their order, as far as there are any; None: all. A whole
            adapter comes whole.

        Raises CheckpointError: it is damaged.
        """
        with self.database.reading() as connection:
            return self._kept(connection, found, numbers)

    def extra(self, found: Found) -> Mapping[str, Any]:
        """What is kept with a whole adapter, see `Derived.extra`."""
        with self.database.reading() as connection:
            return (
                connection.execute(sql.select(revisions.c.extra).where(revisions.c.id == found.revision)).scalar() or {}
            )

    def history(self, id: str) -> list[Version]:
        """What an entry said before, oldest first; empty where nothing of it is kept. Raises EntryNotFound."""
        with self.database.reading() as connection:
            key = self.at(id).key
            rows = connection.execute(sql.select(history).where(history.c.entry == key).order_by(history.c.version))
            return [
                Version(
                    version=row.version,
                    title=row.title,
                    source=row.source,
                    metadata=row.metadata,
                    updated_at=row.updated_at,
                    text=row.text,
                    turns=row.turns or [],
                )
                for row in rows
            ]

    def whole(self, at_once: int = 100) -> Iterator[Whole]:
        """All entries with all that is kept of them, in the order in which they were first added.

        Raises CheckpointError: what is kept of one is damaged, or its text is not the one that was recorded.
        """
        columns = sql.select(entries.c.key, entries.c.text, entries.c.turns, revisions.c.extra)
        joined = columns.join(revisions, revisions.c.id == entries.c.revision)
        with self.database.reading() as connection:
            last = -1
            while page := self.select(entries.c.key > last, order=[entries.c.key], limit=at_once):
                last = page[-1].key
                rows = connection.execute(joined.where(entries.c.key.in_([found.key for found in page])))
                texts = {row.key: row for row in rows}
                parts = self.passages([found.entry.id for found in page])
                for found in page:
                    entry, row = found.entry, texts[found.key]
                    if content_hash(row.text) != entry.content_hash:
                        raise _damaged(entry.id, "its text is not the one that was recorded")
                    kept = self._kept(connection, found, None)
                    yield Whole(entry, row.text, row.turns or [], parts[entry.id], kept, row.extra)

    def damaged(self) -> dict[str, str]:
        """What is wrong with entries, by their ids: a text or rows that are not those that were recorded."""
        texts = sql.select(entries.c.id, entries.c.content_hash, entries.c.text)
        kept = (
            sql.select(entries.c.id, revisions.c.adapter_sha256, adapters.c.content)
            .join(revisions, revisions.c.id == entries.c.revision)
            .join(adapters, adapters.c.revision == revisions.c.id, isouter=True)
            .where(revisions.c.store != "text")
            .order_by(revisions.c.id, adapters.c.passage, adapters.c.piece)
        )
        problems: dict[str, str] = {}
        with self.database.reading() as connection:
            for id, digest, text in connection.execute(texts.execution_options(yield_per=1_000)):
                if content_hash(text) != digest:
                    problems[id] = str(_damaged(id, "its text is not the one that was recorded"))
            rows = connection.execute(kept.execution_options(yield_per=4))
            for (id, digest), pieces in groupby(rows, key=lambda row: (row[0], row[1])):
                found = hashlib.sha256()
                for _, _, content in pieces:
                    found.update(content or b"")
                if found.hexdigest() != digest:
                    problems.setdefault(id, str(_damaged(id, "its rows are not those that were recorded")))
        return problems

    def stored_vectors(self, space: int, *conditions: ColumnElement[bool]) -> Iterator[Stored]:
        """The vectors of one space that are in use, revision by revision."""
        import numpy as np

        statement = (
            sql.select(vectors.c.revision, vectors.c.passage, vectors.c.vector)
            .join(entries, entries.c.revision == vectors.c.revision)
            .where(vectors.c.space == space, *conditions)
            .order_by(vectors.c.revision, vectors.c.part)
            .execution_options(yield_per=5_000)
        )
        with self.database.reading() as connection:
            revision, numbers, blobs = -1, list[int](), list[bytes]()
            for row in connection.execute(statement):
                if row.revision != revision and blobs:
                    yield Stored(revision, numbers, np.frombuffer(b"".join(blobs), np.float32).reshape(len(blobs), -1))
                    numbers, blobs = [], []
                revision = row.revision
                numbers.append(row.passage)
                blobs.append(row.vector)
            if blobs:
                yield Stored(revision, numbers, np.frombuffer(b"".join(blobs), np.float32).reshape(len(blobs), -1))

    # Writing

    def write(self, entry: Entry, text: str, turns: Sequence[str], derived: Derived) -> Entry:
        """Writes an entry with its text; the text of an entry of the same id is replaced, and its history stays.

        Returns:
            The entry as stored, with `store`, `rank` and `adapter_sha256` of what is kept.
        """
        with self.database.writing() as connection:
            known = self._found(entry.id)
            entry, pieces = _packed(entry, derived)
            values = {name: getattr(entry, name) for name in _OF_ENTRY} | {"turns": list(turns) or None, "text": text}
            if known is None:
                key = connection.execute(
                    entries.insert().values(**values, revision=_NONE_YET).returning(entries.c.key)
                ).scalar_one()
            else:
                key = known.key
                self._drop_revisions(connection, [key])
                connection.execute(labels.delete().where(labels.c.entry == key))
                connection.execute(entries.update().where(entries.c.key == key).values(**values, revision=_NONE_YET))
            revision = self._add_revision(connection, key, entry, turns, derived, pieces)
            self._add_vectors(connection, revision, self.space, derived)
            connection.execute(entries.update().where(entries.c.key == key).values(revision=revision))
            if rows := label_rows(key, entry.metadata):
                connection.execute(labels.insert(), rows)
            _note(connection, [(revision, len(derived.vectors), "put")])
        return entry

    def update(self, entry: Entry) -> None:
        """Replaces the record of an entry; its text and what was derived from it stay. Raises EntryNotFound."""
        with self.database.writing() as connection:
            known = self.at(entry.id)
            values = {name: getattr(entry, name) for name in _OF_ENTRY}
            connection.execute(entries.update().where(entries.c.key == known.key).values(**values))
            if known.entry.metadata != entry.metadata:
                connection.execute(labels.delete().where(labels.c.entry == known.key))
                if rows := label_rows(known.key, entry.metadata):
                    connection.execute(labels.insert(), rows)
            if known.entry.namespace != entry.namespace:
                _note(connection, [(known.revision, 0, "put")])  # the index has it with its namespace

    def delete(self, ids: Sequence[str]) -> None:
        """Removes entries with all that is kept of them. Raises EntryNotFound for the first that is not there."""
        with self.database.writing() as connection:
            keys = [self.at(id).key for id in ids]
            self._drop_revisions(connection, keys)
            for some in in_batches(keys):
                connection.execute(entries.delete().where(entries.c.key.in_(some)))

    def keep_version(self, id: str, most: int) -> None:
        """Puts what an entry says into its history, of which the newest versions stay, as many as `most`."""
        with self.database.writing() as connection:
            found = self.at(id)
            row = connection.execute(
                sql.select(entries.c.text, entries.c.turns).where(entries.c.key == found.key)
            ).one()
            if most:
                entry = found.entry
                values = {
                    name: getattr(entry, name) for name in ("version", "title", "source", "metadata", "updated_at")
                }
                connection.execute(history.insert().values(entry=found.key, text=row.text, turns=row.turns, **values))
            connection.execute(
                history.delete().where(history.c.entry == found.key, history.c.version <= found.entry.version - most)
            )

    def add_version(self, id: str, version: Version) -> None:
        """Puts an earlier version into the history of an entry."""
        with self.database.writing() as connection:
            connection.execute(
                history.insert().values(
                    entry=self.at(id).key, **{**version.model_dump(), "turns": version.turns or None}
                )
            )

    # Making anew, beside what is in use

    def add_vectors(self, found: Found, space: int, derived_vectors: Sequence[Any], numbers: Sequence[int]) -> bool:
        """Gives a revision vectors in another space. False: it was replaced meanwhile."""
        with self.database.writing() as connection:
            if self._revision_of(connection, found.key) != found.revision:
                return False
            rows = _vector_rows(found.revision, space, derived_vectors, numbers)
            connection.execute(vectors.delete().where(vectors.c.revision == found.revision, vectors.c.space == space))
            connection.execute(vectors.insert(), rows)
        return True

    def add_replacement(self, found: Found, space: int, turns: Sequence[str], derived: Derived) -> bool:
        """Puts a revision beside the one in use, for `use_replacements`. False: that was replaced meanwhile."""
        with self.database.writing() as connection:
            if self._revision_of(connection, found.key) != found.revision:
                return False
            stale = sql.and_(revisions.c.entry == found.key, revisions.c.replaces.is_not(None))
            connection.execute(revisions.delete().where(stale))
            entry, pieces = _packed(found.entry, derived)
            revision = self._add_revision(connection, found.key, entry, turns, derived, pieces, found.revision)
            self._add_vectors(connection, revision, space, derived)
        return True

    def use_replacements(self) -> None:
        """Puts the revisions that an upgrade made in the place of those in use."""
        with self.database.writing() as connection:
            made = sql.select(revisions.c.id).where(
                revisions.c.entry == entries.c.key, revisions.c.replaces == entries.c.revision
            )
            connection.execute(entries.update().where(made.exists()).values(revision=made.scalar_subquery()))
            connection.execute(revisions.update().values(replaces=None).where(revisions.c.id == entries.c.revision))
            connection.execute(revisions.delete().where(revisions.c.id.not_in(sql.select(entries.c.revision))))

    def use_space(self, space: int) -> None:
        """Puts the vectors of a space in use, and takes all others away."""
        with self.database.writing() as connection:
            last = connection.execute(sql.select(sql.func.max(outbox.c.seq))).scalar_one()
            self.database.set(SPACE, str(space))
            if last is not None:
                self.database.set(OUTBOX_START, str(last))
            connection.execute(vectors.delete().where(vectors.c.space != space))
            connection.execute(outbox.delete())

    @property
    def space(self) -> int:
        """Which vectors are in use."""
        return int(self.database.setting(SPACE) or 0)

    # Parts

    def _found(self, id: str | None) -> Found | None:
        if not id or not self._can_be(id):
            return None
        with self.database.reading() as connection:
            row = connection.execute(_found(entries.c.id == id)).first()
        return None if row is None else _as_found(row)

    def _can_be(self, id: str) -> bool:
        """Whether a text can be an id here: PostgreSQL takes no NUL."""
        return is_unicode(id) and (self.database.location.url is None or "\0" not in id)

    def _column(self, id: str, column: Any) -> Any:
        row = None
        if self._can_be(id):
            with self.database.reading() as connection:
                row = connection.execute(sql.select(column).where(entries.c.id == id)).first()
        return self.at(id) if row is None else row[0]  # which raises EntryNotFound

    def _kept(self, connection: Connection, found: Found, numbers: Sequence[int] | None) -> Kept:
        entry, where = found.entry, f"What is kept of entry {found.entry.id}"
        if entry.store == "text":
            return None
        statement = (
            sql.select(adapters.c.passage, adapters.c.content)
            .where(adapters.c.revision == found.revision)
            .order_by(adapters.c.passage, adapters.c.piece)
        )
        if numbers is not None and entry.store == "rows":
            statement = statement.where(adapters.c.passage.in_(numbers))
        contents: dict[int, list[bytes]] = {}
        for passage, content in connection.execute(statement):
            contents.setdefault(passage, []).append(content)
        if numbers is None or entry.store == "adapter":  # it is all that is kept
            digest = hashlib.sha256(b"".join(piece for pieces in contents.values() for piece in pieces)).hexdigest()
            if digest != entry.adapter_sha256:
                raise _damaged(entry.id, "its sha256 is not the one that was recorded")
        if entry.store == "adapter":
            return unpack_adapter(b"".join(contents.get(WHOLE, [])), where)
        parts = [unpack_rows(b"".join(pieces), where) for pieces in contents.values()]
        return DocumentRows.of_passages([part.of_passage(0) for part in parts])

    def _add_revision(
        self,
        connection: Connection,
        key: int,
        entry: Entry,
        turns: Sequence[str],
        derived: Derived,
        pieces: Iterable[tuple[int, int, bytes]],
        replaces: int | None = None,
    ) -> int:
        values = {name: getattr(entry, name) for name in _OF_REVISION}
        revision = connection.execute(
            revisions.insert()
            .values(entry=key, replaces=replaces, extra=derived.extra, **values)
            .returning(revisions.c.id)
        ).scalar_one()
        said = said_in(turns, derived.passages) if turns else [None] * len(derived.passages)
        rows: list[dict[str, Any]] = [
            {"revision": revision, "number": number, "text": text, "said": of and of.model_dump(mode="json")}
            for number, (text, of) in enumerate(zip(derived.passages, said, strict=True))
        ]
        if rows:
            connection.execute(passages.insert(), rows)
        for passage, piece, content in pieces:
            connection.execute(
                adapters.insert().values(revision=revision, passage=passage, piece=piece, content=content)
            )
        return int(revision)

    def _add_vectors(self, connection: Connection, revision: int, space: int, derived: Derived) -> None:
        if rows := _vector_rows(revision, space, derived.vectors, derived.numbers):
            connection.execute(vectors.insert(), rows)

    def _drop_revisions(self, connection: Connection, keys: Sequence[int]) -> None:
        """Takes away all that was derived from the texts of some entries, made by an upgrade or in use."""
        for some in in_batches(keys):
            in_use = connection.execute(sql.select(entries.c.revision).where(entries.c.key.in_(some))).scalars()
            parts = self._parts(connection, [*in_use])
            _note(connection, [(revision, count, "drop") for revision, count in parts.items()])
            connection.execute(revisions.delete().where(revisions.c.entry.in_(some)))

    def _parts(self, connection: Connection, found: Sequence[int]) -> dict[int, int]:
        """How many vectors each revision has."""
        count = sql.func.count()
        statement = (
            sql.select(vectors.c.revision, count)
            .where(vectors.c.revision.in_(found), vectors.c.space == self.space)
            .group_by(vectors.c.revision)
        )
        return dict.fromkeys(found, 0) | {row[0]: row[1] for row in connection.execute(statement)}

    def _revision_of(self, connection: Connection, key: int) -> int | None:
        return connection.execute(sql.select(entries.c.revision).where(entries.c.key == key)).scalar_one_or_none()


def unmade(space: int) -> list[ColumnElement[bool]]:
    """Entries for which a reindex or an upgrade has made nothing yet, as they are now. space: of its vectors."""
    made = revisions.alias("made")
    return [
        ~sql.exists().where(vectors.c.revision == entries.c.revision, vectors.c.space == space),
        ~sql.exists().where(made.c.entry == entries.c.key, made.c.replaces == entries.c.revision),
    ]


def _found(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        sql.select(*_RECORD, entries.c.key, entries.c.revision)
        .join(revisions, revisions.c.id == entries.c.revision)
        .where(*conditions)
    )


def _as_found(row: Any) -> Found:
    values = dict(row._mapping)
    key, revision = values.pop("key"), values.pop("revision")
    return Found(Entry(**values), key, revision)


def _packed(entry: Entry, derived: Derived) -> tuple[Entry, list[tuple[int, int, bytes]]]:
    """The record with what it says of what was derived; and what is kept, as passage, piece and content."""
    contents: dict[int, bytes] = {}
    if isinstance(derived.kept, Adapter):
        store, contents[WHOLE] = "adapter", pack_adapter(derived.kept)
    elif derived.kept is not None:
        rows, store = derived.kept, "rows"
        contents = {n: pack_rows(DocumentRows.of_passages([rows.of_passage(n)])) for n in range(rows.passages)}
    else:
        store = "text"
    digest = hashlib.sha256()
    pieces = []
    for passage, content in contents.items():
        digest.update(content)
        pieces += [
            (passage, piece, content[start : start + _PIECE])
            for piece, start in enumerate(range(0, len(content), _PIECE))
        ]
    fields = {
        "tokens": derived.tokens,
        "chunks": derived.chunks,
        "refined": derived.refined,
        "store": store,
        "rank": 0 if derived.kept is None else derived.kept.rank,
        "adapter_sha256": digest.hexdigest() if contents else "",
    }
    return entry.model_copy(update=fields), pieces


def _vector_rows(
    revision: int, space: int, made: Sequence[Sequence[float]], numbers: Sequence[int]
) -> list[dict[str, Any]]:
    import numpy as np

    return [
        {
            "revision": revision,
            "space": space,
            "part": part,
            "passage": number,
            "vector": np.asarray(vector, np.float32).tobytes(),
        }
        for part, (vector, number) in enumerate(zip(made, numbers, strict=True))
    ]


def _note(connection: Connection, changes: Sequence[tuple[int, int, str]]) -> None:
    """Writes to the outbox: of each change the revision, its number of vectors, and what became of it."""
    if changes:
        rows = [{"revision": revision, "parts": parts, "change": change} for revision, parts, change in changes]
        connection.execute(outbox.insert(), rows)


def _damaged(id: str, how: str) -> CheckpointError:
    return CheckpointError(f"Entry {id} is damaged: {how}. Delete it and add its document again.")
