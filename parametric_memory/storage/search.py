"""Which entries are near to a vector: compared exactly in a memory that is not large, else looked for in Chroma.

A search does not depend on how far the index is: what it has not seen yet is compared exactly, and all vectors are
where this process may not use it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sql

from parametric_memory.errors import (
    MemoryFolderError,
    MemoryMismatch,
    ParametricMemoryError,
    StorageError,
    as_typed,
)
from parametric_memory.index.exact import MOST_COMPARED, ExactVectors, Vector, compares_exactly, merged
from parametric_memory.storage.entries import OUTBOX_START, SPACE, EntryStore, Found
from parametric_memory.storage.filters import clause, within
from parametric_memory.storage.following import COLLECTION, DIMENSION, IndexFollower, Settings, last_change
from parametric_memory.storage.schema import entries, in_batches, outbox, vectors

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from parametric_memory.index.chroma import ChromaIndex

logger = logging.getLogger(__name__)

TRACES = "traces"  # a setting: what was deleted may still be read in files

_FEW = 2_000  # vectors that are read for one query, in place of a search in the graph
_SMALL = 2_000  # vectors of an index that the next process makes anew in a third of a second
_FIRST_WINDOW = 8  # times as many vectors as entries are wanted, which are looked at first

Ranked = list[tuple[int, float]]  # revisions with similarities, best first


class VectorSearch:
    """Of one memory. Threads may share it.

    Attributes:
        index: what keeps the Chroma index in step.
    """

    _all: ClassVar[weakref.WeakSet[VectorSearch]] = weakref.WeakSet()

    def __init__(self, store: EntryStore, most_compared: int = MOST_COMPARED) -> None:
        """most_compared: numbers of the vectors that are compared exactly, at most, where there is an index."""
        self._store, self._database, self._most = store, store.database, most_compared
        self.index = IndexFollower(store)
        self._lock = threading.RLock()  # of what is kept in main memory
        self._forget()
        self._all.add(self)

    def _forget(self) -> None:
        self._exact: ExactVectors | None = None
        self._space, self._position, self._count = -1, -1, 0
        self._others = self._database.others

    # Searching

    def nearest(
        self,
        vector: Vector,
        k: int,
        *,
        namespace: str | None = None,
        filter: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> list[tuple[Found, float]]:
        """The `k` nearest entries that have not expired and hold, with their cosine similarities, best first.

        Args:
            vector: `[dimension]`.
            namespace: only entries of this namespace; None: of all.
            filter: what the metadata must be, see `filters`.
            at: the moment at which it must hold what they say; None: now.

        Raises:
            SettingsError: the filter is not understood, or the namespace no Unicode.
            MemoryMismatch: the vectors of the memory have another length.
        """
        conditions, of_metadata = within(namespace, filter), clause(filter)
        with self._database.reading() as connection:
            settings = self._database.settings()
            if k < 1 or DIMENSION not in settings:
                return []
            self.check_dimension(vector, int(settings[DIMENSION]))
            found: list[tuple[Found, float]] = []
            for candidates, whole in self._candidates(connection, settings, vector, k, namespace, conditions):
                found = self._entries_of(candidates, k, namespace, of_metadata, at)
                if len(found) == k or whole:
                    break
            return found

    def passages(self, revisions: Sequence[int], vector: Vector, most: int) -> dict[int, list[tuple[int, float]]]:
        """Of each revision the passages that are nearest to a vector, compared exactly.

        Returns:
            By revision, pairs of a passage's number and its cosine similarity, best first.
        """
        with self._database.reading(), self._lock:
            exact = self._in_memory()
            if any(revision not in exact for revision in revisions):
                exact = self._read(entries.c.revision.in_(revisions))
            return {revision: exact.passages(vector, revision, most) for revision in revisions if revision in exact}

    def nearest_vectors(self, vector: Vector, revisions: Sequence[int]) -> dict[int, list[float]]:
        """Of each revision the direction of the vector that is nearest to one, `[dimension]`."""
        found: dict[int, list[float]] = {}
        with self._database.reading():
            for some in in_batches(revisions):
                exact = self._read(entries.c.revision.in_(some))
                found |= {revision: exact.vector(vector, revision) for revision in some if revision in exact}
        return found

    def count(self) -> int:
        """How many vectors are in use."""
        with self._database.reading() as connection, self._lock:
            self._catch_up(connection, self._database.settings())
            return self._count

    @property
    def is_exact(self) -> bool:
        """Whether all vectors are compared with a query, and not looked for in a graph, which may miss the nearest."""
        with self._database.reading() as connection, self._lock:
            settings = self._database.settings()
            return self._graph(settings, self._catch_up(connection, settings)) is None

    def _candidates(
        self,
        connection: Connection,
        settings: Settings,
        vector: Vector,
        k: int,
        namespace: str | None,
        conditions: Sequence[ColumnElement[bool]],
    ) -> Iterator[tuple[Ranked, bool]]:
        """Revisions with their similarities, best first, more each time, and whether they are all there are."""
        search = self._search(connection, settings, vector, k)
        # Most queries are answered by the nearest few. Conditions are dear to Chroma: they come second.
        yield search(_FIRST_WINDOW * k, None, None)
        if conditions and (few := self._few(connection, settings, conditions)) is not None:
            yield search(sys.maxsize, None, few)
            return
        for power in count(1):
            yield search(_FIRST_WINDOW * k * 4**power, namespace, None)

    def _search(
        self, connection: Connection, settings: Settings, vector: Vector, k: int
    ) -> Callable[[int, str | None, Sequence[int] | None], tuple[Ranked, bool]]:
        """What looks for so many vectors, of a namespace in the graph, or among some revisions."""
        space = int(settings.get(SPACE, 0))
        with self._lock:
            at = self._catch_up(connection, settings)
            index = self._graph(settings, at)

        def compare(most: int, namespace: str | None, among: Sequence[int] | None) -> tuple[Ranked, bool]:
            with self._lock:
                if (self._space, self._position) != (space, at):  # another thread sees more than this transaction
                    return self._compared_as_it_was(connection, vector, most, among)
                if self._exact is None:
                    self._exact = self._read(expected=self._count)
                return self._exact.nearest(vector, most, among)

        if index is None:
            return compare
        new = sql.select(outbox.c.revision).where(outbox.c.seq > self.index.seen(settings), outbox.c.change == "put")
        unseen = connection.execute(new).scalars().all()
        beside, _ = self._read(entries.c.revision.in_(unseen)).nearest(vector, k * _FEW) if unseen else ([], True)

        def look_up(most: int, namespace: str | None, among: Sequence[int] | None) -> tuple[Ranked, bool]:
            if among is not None:
                return self._read(entries.c.revision.in_(among)).nearest(vector, most)
            try:
                if not index.exists:
                    raise MemoryFolderError(f"The index in {index} is gone.")
                found, whole = index.nearest(vector, most, namespace)
            except (MemoryFolderError, StorageError) as error:
                logger.warning("%s All vectors are compared instead.", error)
                if isinstance(error, MemoryFolderError):
                    self.index.is_damaged(index)
                return compare(most, namespace, among)
            if whole is None or self.index.is_ahead_of(at):
                return compare(most, namespace, among)
            return merged(found, beside), whole

        return look_up

    def _in_memory(self) -> ExactVectors:
        """The vectors in main memory, where they are of the space that this transaction sees; else none."""
        return self._exact if self._exact is not None and self._space == self._store.space else ExactVectors()

    def _compared_as_it_was(
        self, connection: Connection, vector: Vector, most: int, among: Sequence[int] | None
    ) -> tuple[Ranked, bool]:
        """Compares the vectors that a transaction sees which began before what is in main memory."""
        if among is None:
            among = connection.execute(sql.select(entries.c.revision)).scalars().all()
        exact = self._in_memory()
        found, whole = exact.nearest(vector, most, among)
        for some in in_batches([revision for revision in among if revision not in exact]):
            found = merged(found, self._read(entries.c.revision.in_(some)).nearest(vector, most)[0])
        return found, whole

    def _graph(self, settings: Settings, at: int) -> ChromaIndex | None:
        """The index, where the memory is large and this process may search it; None: all vectors are compared.

        at: the last change that the transaction sees.
        """
        if DIMENSION not in settings or compares_exactly(self._count, int(settings[DIMENSION]), self._most):
            return None
        return self.index.to_search(settings) if 0 <= at - self.index.seen(settings) <= _FEW else None

    def _entries_of(
        self,
        candidates: Ranked,
        k: int,
        namespace: str | None,
        filter: ColumnElement[bool] | None,
        at: datetime | None,
    ) -> list[tuple[Found, float]]:
        """The first `k` candidates that are entries which a query may find.

        Namespace and times are compared here: SQLite would rather look through a namespace than look up revisions.
        """
        found: list[tuple[Found, float]] = []
        conditions = [] if filter is None else [filter]
        for some in in_batches(candidates):
            revisions = [revision for revision, _ in some]
            there = {of.revision: of for of in self._store.select(entries.c.revision.in_(revisions), *conditions)}
            found += [
                (of, similarity)
                for revision, similarity in some
                if (of := there.get(revision)) and namespace in (None, of.entry.namespace) and of.entry.is_open(at)
            ]
            if len(found) >= k:
                break
        return found[:k]

    def _few(
        self, connection: Connection, settings: Settings, conditions: Sequence[ColumnElement[bool]]
    ) -> list[int] | None:
        """The revisions of the entries under some conditions; None where they have many vectors."""
        statement = (
            sql.select(entries.c.revision)
            .join(vectors, vectors.c.revision == entries.c.revision)
            .where(vectors.c.space == int(settings.get(SPACE, 0)), *conditions)
            .limit(_FEW + 1)
        )
        found = connection.execute(statement).scalars().all()
        return None if len(found) > _FEW else [*dict.fromkeys(found)]

    def check_dimension(self, vector: Vector, dimension: int) -> None:
        """Raises MemoryMismatch: a vector is not of so many numbers."""
        if len(vector) != dimension:
            command = as_typed("parametric-memory", "reindex", *self._database.location.options)
            raise MemoryMismatch(
                f"The memory in {self._database.location} holds vectors of {dimension} numbers, not {len(vector)}: "
                f"open it with the embedder it was made with, or run `{command}`."
            )

    def _read(self, *conditions: ColumnElement[bool], expected: int = 0) -> ExactVectors:
        found = ExactVectors()
        found.add(self._store.stored_vectors(self._store.space, *conditions), expected)
        return found

    def _catch_up(self, connection: Connection, settings: Settings) -> int:
        """Takes in what changed since the last look. The last change that this transaction sees."""
        space, start = int(settings.get(SPACE, 0)), int(settings.get(OUTBOX_START, 0))
        if space != self._space or self._position < start or self._others != self._database.others:
            self._forget()
            self._space, self._position = space, last_change(connection, settings)
            counted = sql.select(sql.func.count()).select_from(vectors).where(vectors.c.space == space)
            self._count = connection.execute(counted).scalar_one()
            return self._position
        new = sql.select(outbox).where(outbox.c.seq > self._position).order_by(outbox.c.seq)
        changes = connection.execute(new).all()
        if not changes:
            return last_change(connection, settings)
        self._position = changes[-1].seq
        self._count += sum(row.parts if row.change == "put" else -row.parts for row in changes)
        if self._exact is not None:
            self._exact.remove([row.revision for row in changes if row.change == "drop"])
            for some in in_batches([row.revision for row in changes if row.change == "put"]):
                self._exact.add(self._store.stored_vectors(space, entries.c.revision.in_(some)))
        return self._position

    # After a change

    def after_commit(self) -> None:
        """Brings the index up; where something was deleted, a small index in a folder is taken away instead.

        Raises nothing: what fails is done by the next transaction, or the next process.
        """
        with suppress(ParametricMemoryError):
            settings = self._database.settings()
            is_small = self.index.is_in_folder(settings) and self.count() <= _SMALL
            if is_small and TRACES in settings:
                self.erase()
            if is_small and self.index.is_discarded:
                return
        self.index.follow()

    def erase(self) -> None:
        """Takes what deleted entries left out of the database's log and out of the index.

        Raises:
            StorageError, MemoryFolderError: see `ChromaIndex`.
        """
        settings = self._database.settings()
        if COLLECTION in settings and not self.index.is_in_folder(settings):
            self.index.rebuild()
        elif COLLECTION in settings and self.count() > _SMALL:
            self.index.rebuild_elsewhere()
        elif COLLECTION in settings:
            self.index.discard()
        if self._database.purge() and TRACES in settings:
            with self._database.writing():
                if self._database.setting(TRACES) == settings[TRACES]:  # nothing was deleted meanwhile
                    self._database.set(TRACES, None)
            self._database.purge()

    def close(self) -> None:
        """Brings the index up and lets go of it."""
        self.index.close()
        with self._lock:
            self._forget()

    @classmethod
    def after_fork(cls) -> None:
        """In a process that was forked: no thread of the other process lets go of a lock here."""
        for search in list(cls._all):
            search._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=VectorSearch.after_fork)
