"""What was derived from the texts of entries, in the tables of a memory: passages, vectors, and what is kept of rows.

A revision is never changed: a new text, or an upgrade, makes another one, and an entry names the one that is in use.
Functions are called within a transaction. Knows nothing about records and texts, and loads torch only to read or write
an adapter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.errors import CheckpointError
from parametric_memory.index.exact import Stored
from parametric_memory.storage.conditions import in_batches
from parametric_memory.storage.rows import pack_adapter, pack_rows, unpack_adapter, unpack_rows
from parametric_memory.storage.schema import adapters, entries, outbox, passages, revisions, vectors
from parametric_memory.text.conversations import said_in

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from parametric_memory.records import Entry
    from parametric_memory.storage.draft import Derived, Kept

WHOLE = -1  # the passage number of a whole adapter, and of a vector of no passage
OF_REVISION = ("tokens", "chunks", "refined", "store", "rank", "adapter_sha256")  # fields of the record
_NUMBER = 4  # bytes of a number of a vector
_PIECE = 32 * 2**20  # bytes; an adapter may be larger than a database takes at once

Contents = dict[int, bytes]  # of what is kept, by passage


def packed(entry: Entry, derived: Derived) -> tuple[Entry, Contents]:
    """What is kept of rows, as bytes; and the record, with what it says of that."""
    kept, contents = derived.kept, Contents()
    if isinstance(kept, Adapter):
        store, contents = "adapter", {WHOLE: pack_adapter(kept)}
    elif kept is not None:
        store = "rows"
        contents = {n: pack_rows(DocumentRows.of_passages([kept.of_passage(n)])) for n in range(kept.passages)}
    else:
        store = "text"
    fields = {
        "tokens": derived.tokens,
        "chunks": derived.chunks,
        "refined": derived.refined,
        "store": store,
        "rank": 0 if kept is None else kept.rank,
        "adapter_sha256": digest_of(contents.values()) if contents else "",
    }
    return entry.model_copy(update=fields), contents


def add_revision(
    connection: Connection,
    key: int,
    entry: Entry,
    turns: Sequence[str],
    derived: Derived,
    contents: Contents,
    space: int,
    replaces: int | None = None,
) -> int:
    """Writes what was derived from an entry's text; the number of the revision.

    Args:
        key: of the entry.
        space: of the vectors.
        replaces: the revision that this one is to replace later; None: it is to be used at once.
    """
    values = {name: getattr(entry, name) for name in OF_REVISION} | {"extra": derived.extra}
    added = revisions.insert().values(entry=key, replaces=replaces, **values).returning(revisions.c.id)
    revision = int(connection.execute(added).scalar_one())
    said = said_in(turns, derived.passages) if turns else [None] * len(derived.passages)
    of_passages: list[dict[str, Any]] = [
        {"revision": revision, "number": number, "text": text, "said": of and of.model_dump(mode="json")}
        for number, (text, of) in enumerate(zip(derived.passages, said, strict=True))
    ]
    if of_passages:
        connection.execute(passages.insert(), of_passages)
    for passage, content in contents.items():
        for piece, start in enumerate(range(0, len(content), _PIECE)):
            some = {"piece": piece, "content": content[start : start + _PIECE]}
            connection.execute(adapters.insert().values(revision=revision, passage=passage, **some))
    put_vectors(connection, revision, space, derived.vectors, derived.numbers)
    return revision


def put_vectors(
    connection: Connection, revision: int, space: int, made: Sequence[Sequence[float]], numbers: Sequence[int]
) -> None:
    """Gives a revision its vectors of a space, `[part, dimension]`, each with the passage that it is of."""
    import numpy as np

    rows = [
        {"part": part, "passage": number, "vector": np.asarray(vector, np.float32).tobytes()}
        for part, (vector, number) in enumerate(zip(made, numbers, strict=True))
    ]
    connection.execute(vectors.delete().where(vectors.c.revision == revision, vectors.c.space == space))
    if rows:
        connection.execute(vectors.insert().values(revision=revision, space=space), rows)


def drop_revisions(connection: Connection, keys: Sequence[int], space: int) -> None:
    """Takes away all that was derived from the texts of some entries, made by an upgrade or in use."""
    for some in in_batches(keys):
        in_use = connection.execute(sql.select(entries.c.revision).where(entries.c.key.in_(some))).scalars().all()
        counted = (
            sql.select(vectors.c.revision, sql.func.count())
            .where(vectors.c.revision.in_(in_use), vectors.c.space == space)
            .group_by(vectors.c.revision)
        )
        parts = {row[0]: row[1] for row in connection.execute(counted)}
        note(connection, [(revision, parts.get(revision, 0), "drop") for revision in in_use])
        connection.execute(revisions.delete().where(revisions.c.entry.in_(some)))


def note(connection: Connection, changes: Sequence[tuple[int, int, str]]) -> None:
    """Writes to the outbox: of each change the revision, its number of vectors, and what became of it."""
    if changes:
        rows = [{"revision": revision, "parts": parts, "change": change} for revision, parts, change in changes]
        connection.execute(outbox.insert(), rows)


def read_kept(connection: Connection, entry: Entry, revision: int, numbers: Sequence[int] | None) -> Kept:
    """What is kept of an entry's rows, on the CPU; None: nothing but its text.

    numbers: of the passages whose rows are wanted, in their order, as far as there are any; None: all. A whole adapter
        comes whole.

    Raises CheckpointError: it is damaged.
    """
    if entry.store == "text":
        return None
    statement = (
        sql.select(adapters.c.passage, adapters.c.content)
        .where(adapters.c.revision == revision)
        .order_by(adapters.c.passage, adapters.c.piece)
    )
    if numbers is not None and entry.store == "rows":
        statement = statement.where(adapters.c.passage.in_(numbers))
    contents: Contents = {}
    for passage, content in connection.execute(statement):
        contents[passage] = contents[passage] + content if passage in contents else content
    where = f"What is kept of entry {entry.id}"
    if (numbers is None or entry.store == "adapter") and digest_of(contents.values()) != entry.adapter_sha256:
        raise damaged(entry.id, "its sha256 is not the one that was recorded")
    if entry.store == "adapter":
        return unpack_adapter(contents.get(WHOLE, b""), where)
    return DocumentRows.of_passages([unpack_rows(content, where).of_passage(0) for content in contents.values()])


def stored_vectors(connection: Connection, space: int, *conditions: ColumnElement[bool]) -> Iterator[Stored]:
    """The vectors of one space that are in use, revision by revision."""
    import numpy as np

    statement = (
        sql.select(vectors.c.revision, vectors.c.passage, vectors.c.vector)
        .join(entries, entries.c.revision == vectors.c.revision)
        .where(vectors.c.space == space, *conditions)
        .order_by(vectors.c.revision, vectors.c.part)
        .execution_options(yield_per=5_000)
    )
    for revision, rows in groupby(connection.execute(statement), key=itemgetter(0)):
        _, numbers, blobs = zip(*rows, strict=True)
        yield Stored(revision, numbers, np.frombuffer(b"".join(blobs), np.float32).reshape(len(blobs), -1))


def dimension_of(connection: Connection, space: int) -> int | None:
    """How many numbers the vectors of a space have; None: there are none."""
    length = sql.func.length(vectors.c.vector)
    size = connection.execute(sql.select(length).where(vectors.c.space == space).limit(1)).scalar()
    return None if size is None else int(size) // _NUMBER


def unmade(space: int) -> list[ColumnElement[bool]]:
    """Entries for which a reindex or an upgrade has made nothing yet, as they are now. space: of its vectors."""
    made = revisions.alias("made")
    return [
        ~sql.exists().where(vectors.c.revision == entries.c.revision, vectors.c.space == space),
        ~sql.exists().where(made.c.entry == entries.c.key, made.c.replaces == entries.c.revision),
    ]


def is_in_use(connection: Connection, key: int, revision: int) -> bool:
    """Whether an entry's revision is still this one."""
    in_use = connection.execute(sql.select(entries.c.revision).where(entries.c.key == key)).scalar_one_or_none()
    return in_use == revision


def drop_replacements(connection: Connection, key: int | None = None) -> None:
    """Takes away what an upgrade made of an entry, or of all, and that is not in use yet."""
    of_entry = [] if key is None else [revisions.c.entry == key]
    connection.execute(revisions.delete().where(revisions.c.replaces.is_not(None), *of_entry))


def use_replacements(connection: Connection) -> None:
    """Puts the revisions that an upgrade made in the place of those in use."""
    made = sql.select(revisions.c.id).where(
        revisions.c.entry == entries.c.key, revisions.c.replaces == entries.c.revision
    )
    connection.execute(entries.update().where(made.exists()).values(revision=made.scalar_subquery()))
    connection.execute(revisions.update().values(replaces=None).where(revisions.c.id == entries.c.revision))
    connection.execute(revisions.delete().where(revisions.c.id.not_in(sql.select(entries.c.revision))))


def digest_of(contents: Iterable[bytes]) -> str:
    """sha256 of what is kept, hex."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


def damaged(id: str, how: str) -> CheckpointError:
    """What is raised for an entry that is not what was recorded."""
    return CheckpointError(f"Entry {id} is damaged: {how}. Delete it and add its document again.")
