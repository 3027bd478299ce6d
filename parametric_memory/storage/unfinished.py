"""Rows of a long text that is being added, stored in parts: an addition that is stopped goes on from there.

They are deleted with the text's entry written, with any deletion, and after a week.
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
from parametric_memory.storage.schema import unfinished

_LASTS = timedelta(days=7)


class UnfinishedRows:
    """The stored rows of one text. made_of: identifies the text and the models."""

    def __init__(self, database: Database, made_of: str) -> None:
        self._database, self._made_of, self._own = database, made_of, unfinished.c.made_of == made_of

    def read(self) -> Iterator[DocumentRows]:
        """The parts, in order."""
        parts = sql.select(unfinished.c.part).where(self._own).order_by(unfinished.c.part)
        for (part,) in self._database.rows(parts):
            one = sql.select(unfinished.c.content).where(self._own, unfinished.c.part == part)
            [(content,)] = self._database.rows(one)
            yield unpack_rows(content, "A part of a text that was not finished")

    def write(self, part: int, rows: DocumentRows) -> None:
        """Commits a part. To whoever cancels the addition, nothing is written by that."""
        content = pack_rows(rows)

        def write() -> None:
            with self._database.writing() as connection:
                connection.execute(unfinished.delete().where(unfinished.c.stored_at < now() - _LASTS))
                connection.execute(unfinished.delete().where(self._own, unfinished.c.part == part))
                values = {"made_of": self._made_of, "part": part, "stored_at": now(), "content": content}
                connection.execute(unfinished.insert().values(**values))

        regardless(write)

    def drop(self) -> None:
        """Deletes the parts."""
        self._database.execute(unfinished.delete().where(self._own))
