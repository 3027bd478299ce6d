"""What was derived from the texts of entries, in the tables of a memory: passages, vectors, and what is kept of rows.

A revision is never changed: a new text, or an upgrade, makes another one, and an entry names the one that is in use.
Functions are called within a transaction. Knows nothing about records and texts, and loads torch only to read or write
an adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.packing import digest_of, pack_adapter, pack_rows
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.records import Entry
from parametric_memory.storage.schema import adapters, entries, in_batches, outbox, passages, revisions, vectors
from parametric_memory.text.conversations import said_in

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from parametric_memory.models.deriving import Derived

WHOLE = -1  # the passage number of a whole adapter, and of a vector of no passage
OF_REVISION = tuple(name for name in Entry.model_fields if name not in entries.c)  # fields of the record
_PIECE = 32 * 2**20  # bytes; an adapter may be larger than a database takes at once


def add_revision(
    connection: Connection,
    key: int,
    entry: Entry,
    turns: Sequence[str],
    derived: Derived,
    space: int,
    replaces: int | None = None,
) -> tuple[Entry, int]:
    """Writes what was derived from an entry's text.

    Args:
        key: of the entry.
        space: of the vectors.
        replaces: the revision that this one is to replace later; None: it is to be used at once.

    Returns:
        The record, with what it says of what is kept, and the number of the revision.
    """
    kept, contents = derived.kept, dict[int, bytes]()
    if isinstance(kept, Adapter):
        contents = {WHOLE: pack_adapter(kept)}
    elif kept is not None:
        contents = {n: pack_rows(DocumentRows.of_passages([kept.of_passage(n)])) for n in range(kept.passages)}
    of_revision = {
        "tokens": derived.tokens,
        "chunks": derived.chunks,
        "refined": derived.refined,
        "store": "text" if kept is None else "adapter" if isinstance(kept, Adapter) else "rows",
        "rank": 0 if kept is None else kept.rank,
        "adapter_sha256": digest_of(contents.values()) if contents else "",
    }
    added = revisions.insert().values(entry=key, replaces=replaces, extra=derived.extra, **of_revision)
    revision = int(connection.execute(added.returning(revisions.c.id)).scalar_one())
    said = said_in(turns, derived.passages) if turns else [None] * len(derived.passages)
    of_passages: list[dict[str, Any]] = [
        {"revision": revision, "number": number, "text": text, "said": of and of.model_dump(mode="json")}
        for number, (text, of) in enumerate(zip(derived.passages, said, strict=True))
    ]
    if of_passages:
        connection.execute(passages.insert(), of_passages)
    pieces = [
        {"passage": passage, "piece": piece, "content": content[start : start + _PIECE]}
        for passage, content in contents.items()
        for piece, start in enumerate(range(0, len(content), _PIECE))
    ]
    for some in in_batches(pieces):
        connection.execute(adapters.insert().values(revision=revision), some)
    put_vectors(connection, revision, space, derived.vectors, derived.numbers)
    return entry.model_copy(update=of_revision), revision


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
        in_use = (
            sql.select(entries.c.revision, sql.func.count(vectors.c.part), sql.literal("drop"))
            .join(vectors, (vectors.c.revision == entries.c.revision) & (vectors.c.space == space), isouter=True)
            .where(entries.c.key.in_(some))
            .group_by(entries.c.revision)
        )
        connection.execute(outbox.insert().from_select(["revision", "parts", "change"], in_use))
        connection.execute(revisions.delete().where(revisions.c.entry.in_(some)))


def unmade(space: int) -> list[ColumnElement[bool]]:
    """Entries for which a reindex or an upgrade has made nothing yet, as they are now. space: of its vectors."""
    made = revisions.alias("made")
    return [
        ~sql.exists().where(vectors.c.revision == entries.c.revision, vectors.c.space == space),
        ~sql.exists().where(made.c.entry == entries.c.key, made.c.replaces == entries.c.revision),
    ]


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
