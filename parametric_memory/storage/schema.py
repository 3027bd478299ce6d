"""The tables of a memory, the same in SQLite and in PostgreSQL.

    entries     record and text of each entry, and the revision in use
    labels      metadata by name, for filters
    revisions   what the memory's models made of a text: counts, and how its rows are stored
    passages    the parts of a text that can be attached alone, and who said them
    vectors     of the summary and of passages; each embedder has a `space` of its own
    adapters    the rows of a passage, or a whole adapter, in pieces
    history     earlier texts of entries
    skills      adapters for ways to answer
    settings    the format version, what the memory was made with, where its index is, a reindex or an upgrade that is
                running or was cut off
    outbox      vectors that were added and deleted, for the index to follow
    unfinished  rows of long texts whose addition was stopped

An entry's id is unique in its namespace, its key in the memory. Everything derived refers to a revision, and a revision
to an entry's key: deleting an entry deletes all of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sql
from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, Text

AT_ONCE = 1_000  # values in a statement; SQLite takes 32,766
FORMAT = 5  # of the tables

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(sql.TypeDecorator[datetime]):
    """A moment in UTC, as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sql.Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sql.Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


# Ids are ordered by their bytes, whatever the language of a PostgreSQL server.
Name = Text().with_variant(Text(collation="C"), "postgresql")
Json = sql.JSON(none_as_null=True)  # all but ASCII is escaped: PostgreSQL takes no NUL
Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers an INTEGER alone

metadata = sql.MetaData()


def _table(name: str, *columns: Any, numbered: bool = False) -> sql.Table:
    """numbered: keys are never used again, as another process may still know the former row by its key."""
    return sql.Table(name, metadata, *columns, sqlite_autoincrement=numbered)


def _of(column: str, table: str = "revisions.id", **options: Any) -> Column[int]:
    """A reference to a row; when that is deleted, this one is deleted too."""
    return Column(column, Key, sql.ForeignKey(table, ondelete="CASCADE"), nullable=False, **options)


entries = _table(
    "entries",
    Column("key", Key, primary_key=True),
    Column("id", Name, nullable=False),
    Column("namespace", Name, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("source", Text),
    Column("metadata", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("said_at", Moment),
    Column("expires_at", Moment),
    Column("valid_from", Moment),
    Column("valid_until", Moment),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False, index=True),
    Column("revision", Key, nullable=False, unique=True),
    Column("turns", Json),
    Column("text", Text, nullable=False),  # last: SQLite reads no further than it has to
    sql.UniqueConstraint("id", "namespace"),
    Index("entries_by_age", "created_at", "id"),
    Index("entries_by_namespace", "namespace", "created_at", "id"),
    numbered=True,
)

labels = _table(
    "labels",
    _of("entry", "entries.key", primary_key=True),
    Column("name", Name, primary_key=True),
    Column("text", Name),
    Column("number", Float),
    Column("flag", sql.Boolean),
    Index("labels_by_text", "name", "text"),
    Index("labels_by_number", "name", "number"),
)

revisions = _table(
    "revisions",
    Column("id", Key, primary_key=True),
    _of("entry", "entries.key", index=True),
    Column("replaces", Key),  # the revision in whose place an upgrade is to put this one; NULL: it is in use
    Column("tokens", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("store", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("adapter_sha256", Text, nullable=False),
    numbered=True,
)

passages = _table(
    "passages",
    _of("revision", primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("said", Json),
    Column("text", Text, nullable=False),
)

vectors = _table(
    "vectors",
    _of("revision", primary_key=True),
    Column("space", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("passage", Integer, nullable=False),  # -1: of none
    Column("vector", LargeBinary, nullable=False),  # float32
)

adapters = _table(
    "adapters",
    _of("revision", primary_key=True),
    Column("passage", Integer, primary_key=True),  # -1: a whole adapter
    Column("piece", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

history = _table(
    "history",
    _of("entry", "entries.key", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("source", Text),
    Column("metadata", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("turns", Json),
    Column("text", Text, nullable=False),
)

skills = _table(
    "skills",
    Column("name", Name, primary_key=True),
    Column("record", Json, nullable=False),
    Column("adapter", LargeBinary, nullable=False),
)

settings = _table("settings", Column("name", Name, primary_key=True), Column("value", Text, nullable=False))

outbox = _table(
    "outbox",
    Column("seq", Key, primary_key=True),
    Column("revision", Key, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("change", Text, nullable=False),  # put or drop
    numbered=True,
)

unfinished = _table(
    "unfinished",
    Column("made_of", Name, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("stored_at", Moment, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
