"""Rows of a long text that is being added, stored in parts: an addition that is stopped goes on from there.

They are deleted with the text's entry written, with any deletion, and after a week. Their table is created where it is
first needed, so memories of earlier releases have it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sql

from parametric_memory.adapters.packing import pack_rows, unpack_rows
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.cancellation import regardless
from parametric_memory.records import now
from parametric_memory.storage.database import Database
from parametric_memory.storage.schema import Moment, Name

_LASTS = timedelta(days=7)
_TABLE = sql.Table(
    "unfinished",
    sql.MetaData(),
    sql.Column("made_of", Name, primary_key=True),
    sql.Column("part", sql.Integer, primary_key=True),
    sql.Column("stored_at", Moment, nullable=False),
    sql.Column("rows", sql.LargeBinary, nullable=False),
)


class UnfinishedRows:
    """The stored rows of one text. made_of: identifies the text and the models."""

    def __init__(self, database: Database, made_of: str) -> None:
        self._database, self._own = database, _TABLE.c.made_of == made_of
        self._made_of = made_of

    def read(self) -> Iterator[DocumentRows]:
        """The parts, in order."""
        with self._database.reading() as connection:
            found = sql.inspect(connection).has_table(_TABLE.name)
            parts = sql.select(_TABLE.c.part).where(self._own).order_by(_TABLE.c.part)
            numbers = connection.execute(parts).scalars().all() if found else []
        for number in numbers:
            with self._database.reading() as connection:
                one = sql.select(_TABLE.c.rows).where(self._own, _TABLE.c.part == number)
                content = connection.execute(one).scalar_one()
            yield unpack_rows(content, "A part of a text that was not finished")

    def write(self, part: int, rows: DocumentRows) -> None:
        """Commits a part. To whoever cancels the addition, nothing is written by that."""
        regardless(lambda: self._write(part, pack_rows(rows)))

    def _write(self, part: int, rows: bytes) -> None:
        with self._database.writing() as connection:
            _TABLE.create(connection, checkfirst=True)
            connection.execute(_TABLE.delete().where(_TABLE.c.stored_at < now() - _LASTS))
            connection.execute(_TABLE.delete().where(self._own, _TABLE.c.part == part))
            values = {"made_of": self._made_of, "part": part, "stored_at": now(), "rows": rows}
            connection.execute(_TABLE.insert().values(**values))

    def drop(self) -> None:
        """Deletes the parts."""
        _drop(self._database, self._own)


def drop_unfinished(database: Database) -> None:
    """Deletes the parts of all texts."""
    _drop(database)


def _drop(database: Database, *conditions: sql.ColumnElement[bool]) -> None:
    with database.writing() as connection:
        if sql.inspect(connection).has_table(_TABLE.name):
            connection.execute(_TABLE.delete().where(*conditions))
