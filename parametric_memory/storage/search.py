"""Nearest-neighbour search of entries: exact in a memory that is not large, by Chroma's graph in a larger one.

A result does not depend on how far the index has followed the outbox: newer vectors are compared exactly, and so are
all vectors if this process may not use the index.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any

import sqlalchemy as sql

from parametric_memory.batches import in_runs
from parametric_memory.errors import MemoryFolderError, MemoryMismatch, ParametricMemoryError, StorageError, as_typed
from parametric_memory.index.chroma import ChromaIndex
from parametric_memory.index.exact import MOST_COMPARED, ExactVectors, Ranked, Vector
from parametric_memory.storage import following
from parametric_memory.storage.entries import OUTBOX_START, EntryStore, Found, last_change
from parametric_memory.storage.filters import within
from parametric_memory.storage.following import IndexFollower
from parametric_memory.storage.locks import FORKED
from parametric_memory.storage.schema import AT_ONCE, entries, outbox, vectors

logger = logging.getLogger(__name__)

TRACES = "traces"  # a setting: what was deleted may still be read in files

_FEW = 2_000  # vectors that are read for one query, in place of a search in the graph
_FIRST_WINDOW = 8  # times as many vectors as entries are wanted, which are looked at first


class VectorSearch:
    """The search of one memory. Threads may share it."""

    def __init__(self, store: EntryStore, most_compared: int = MOST_COMPARED) -> None:
        """most_compared: vectors are compared exactly up to so many numbers in all, even if there is an index."""
        self._store, self._database, self._most = store, store.database, most_compared
        self.index = IndexFollower(store, lambda: min(self._most, following.SMALL))
        self._lock = threading.RLock()  # of what is kept in main memory
        self._forget()
        FORKED.add(self)

    def _forget(self) -> None:
        self._exact: ExactVectors | None = None
        self._space, self._position, self._count = -1, -1, 0
        self._large: set[str] = set()  # namespaces that had many vectors
        self._dimensions: dict[int, int | None] = {}  # length of vectors, by space
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
        """The `k` nearest entries that have not expired and are valid, with their cosine similarities, best first.

        Args:
            vector: `[dimension]`.
            namespace: only entries of this namespace; None: of all.
            filter: of the metadata, see `filters`.
            at: a moment of the entries' validity; None: now.

        Raises SettingsError: the filter is not understood, or the namespace no Unicode; MemoryMismatch: the vectors of
        the memory have another length.
        """
        filters, found = within(None, filter), list[tuple[Found, float]]()
        conditions = [*filters, *within(namespace, None)]
        with self._database.reading():
            if k < 1:
                return []
            self.check_dimension(vector)
            for candidates in self._candidates(vector, k, namespace, conditions):
                found = self._entries_of(candidates, k, namespace, filters, at)
                if len(found) == k:
                    break
        return found

    def passages(self, revisions: Sequence[int], vector: Vector, most: int) -> dict[int, list[tuple[int, float]]]:
        """By revision, the passages nearest to a vector: pairs of number and cosine similarity, best first."""
        found: dict[int, dict[int, float]] = {}
        for revision, passage, similarity, _ in self._best_first(revisions, vector):
            of_revision = found.setdefault(revision, {})
            if passage >= 0:
                of_revision.setdefault(passage, similarity)
        return {revision: [*of.items()][:most] for revision, of in found.items()}

    def nearest_vectors(self, vector: Vector, revisions: Sequence[int]) -> dict[int, list[float]]:
        """By revision, the direction of its vector that is nearest to one, `[dimension]`."""
        best: dict[int, Any] = {}
        for revision, _, _, direction in self._best_first(revisions, vector):
            best.setdefault(revision, direction)
        return {revision: direction.tolist() for revision, direction in best.items()}

    def _best_first(self, revisions: Sequence[int], vector: Vector) -> list[tuple[int, int, float, Any]]:
        with self._database.reading():
            return sorted(self._of(revisions).compared(vector), key=lambda compared: -compared[2])

    def count(self) -> int:
        """The number of vectors in use."""
        with self._database.reading(), self._lock:
            self._catch_up()
            return self._count

    @property
    def is_exact(self) -> bool:
        """Whether a query is compared with all vectors; a graph may miss the nearest."""
        with self._database.reading(), self._lock:
            return self._graph(self._catch_up()) is None

    # All that follows is called within a transaction.

    def _candidates(
        self, vector: Vector, k: int, namespace: str | None, conditions: Sequence[sql.ColumnElement[bool]]
    ) -> Iterator[Ranked]:
        """Revisions with their similarities, best first, more each time; the last time all there are."""
        look = self._look(vector)
        # Conditions are slow in Chroma. Most queries are answered by the nearest few of all; not in a small namespace.
        may_be_small = len(conditions) == 1 and namespace not in {None, *self._large} and self._count > _FEW
        few = self._few(conditions) if may_be_small else None
        if may_be_small and few is None:
            self._large.add(str(namespace))
        for power in count():
            if power == 1 and conditions and not may_be_small:
                few = self._few(conditions)
            if few is not None:
                yield few.nearest(vector)
                return
            found, whole = look(_FIRST_WINDOW * k * 4**power, namespace if power else None)
            yield found
            if whole:
                return

    def _look(self, vector: Vector) -> Callable[[int, str | None], tuple[Ranked, bool]]:
        """A function that looks at so many vectors, in the graph at those of a namespace: the revisions, and whether
        these are all."""
        with self._lock:
            at = self._catch_up()
            index, seen = self._graph(at), (self._store.space, at)

        def compare(most: int) -> tuple[Ranked, bool]:
            with self._lock:
                if (self._space, self._position) != seen:  # this transaction sees less than is in main memory
                    exact = self._of(row.revision for row in self._database.rows(sql.select(entries.c.revision)))
                else:
                    exact = self._exact = self._exact or self._read()
            return exact.nearest(vector, most), len(exact) <= most

        if index is None:
            return lambda most, _: compare(most)
        followed = self.index.seen(self._database.settings())
        new = sql.select(outbox.c.revision).where(outbox.c.seq > followed, outbox.c.change == "put")
        dropped = sql.select(outbox.c.revision).where(outbox.c.seq > at, outbox.c.change == "drop")
        beside = dict(self._of(row.revision for row in self._database.rows(new)).nearest(vector))

        def look_up(most: int, namespace: str | None) -> tuple[Ranked, bool]:
            try:
                found, whole = index.nearest(vector, most, namespace)
            except (MemoryFolderError, StorageError) as error:
                logger.warning("%s All vectors are compared instead.", error)
                if isinstance(error, MemoryFolderError):
                    self.index.is_damaged(index)
                return compare(most)
            if whole is None:
                return compare(most)
            # The index may be ahead of this transaction, which still sees what was dropped since.
            gone = self._of(row.revision for row in self._database.rows_now(dropped)).nearest(vector)
            return sorted({**dict(found), **beside, **dict(gone)}.items(), key=lambda pair: -pair[1]), whole

        return look_up

    def _of(self, revisions: Iterable[int]) -> ExactVectors:
        """The vectors of some revisions that are in use, from main memory or from the database."""
        wanted = {*revisions}
        with self._lock:
            known = self._exact if self._space == self._store.space else None
        return self._filled((known or ExactVectors()).only(wanted), wanted)

    def _filled(self, exact: ExactVectors, revisions: set[int]) -> ExactVectors:
        """The vectors with those of some revisions, read where they are missing."""
        for some in in_runs([*revisions - exact.only(revisions).revisions], AT_ONCE):
            exact = exact.with_more(self._read(entries.c.revision.in_(some)))
        return exact

    def _graph(self, at: int) -> ChromaIndex | None:
        """The index to search; None: all vectors are compared. at: the last change that the transaction sees."""
        settings = self._database.settings()
        if self._count * (self._dimension() or 0) <= self._most:
            return None
        return self.index.to_search(settings) if at - self.index.seen(settings) <= _FEW else None

    def _entries_of(
        self,
        candidates: Ranked,
        k: int,
        namespace: str | None,
        filters: Sequence[sql.ColumnElement[bool]],
        at: datetime | None,
    ) -> list[tuple[Found, float]]:
        """The first `k` candidates that are entries which a query may find, a few more of them read each time.

        Namespace and times are compared here: SQLite would rather look through a namespace than look up revisions.
        """
        found: list[tuple[Found, float]] = []
        start, end = 0, 2 * k
        while len(found) < k and start < len(candidates):
            some = dict(candidates[start:end])
            start, end = end, end + min(2 * end, AT_ONCE)
            there = {of.revision: of for of in self._store.select(entries.c.revision.in_(some), *filters)}
            found += [
                (of, similarity)
                for revision, similarity in some.items()
                if (of := there.get(revision)) and namespace in (None, of.entry.namespace) and of.entry.is_open(at)
            ]
        return found[:k]

    def _few(self, conditions: Sequence[sql.ColumnElement[bool]]) -> ExactVectors | None:
        """The vectors of the entries for which all conditions hold; None: there are many."""
        found = ExactVectors(self._store.stored_vectors(self._store.space, *conditions, most=_FEW + 1))
        return None if len(found) > _FEW else found

    def _dimension(self) -> int | None:
        space = self._store.space
        if self._dimensions.get(space) is None:
            self._dimensions[space] = self._store.dimension(space)
        return self._dimensions[space]

    def check_dimension(self, vector: Vector) -> None:
        """Raises MemoryMismatch: the memory's vectors have another length."""
        if (dimension := self._dimension()) not in (None, len(vector)):
            command = as_typed("parametric-memory", "reindex", *self._database.location.options)
            raise MemoryMismatch(
                f"The memory in {self._database.location} holds vectors of {dimension} numbers, not {len(vector)}: "
                f"open it with the embedder it was made with, or run `{command}`."
            )

    def _read(self, *conditions: sql.ColumnElement[bool]) -> ExactVectors:
        return ExactVectors(self._store.stored_vectors(self._store.space, *conditions))

    def _catch_up(self) -> int:
        """Reads what changed since the last time; returns the last change that this transaction sees."""
        space, start = self._store.space, int(self._database.setting(OUTBOX_START) or 0)
        if space != self._space or self._position < start or self._others != self._database.others:
            self._forget()
            self._space, self._position = space, last_change(self._database)
            counted = sql.select(sql.func.count()).select_from(vectors).where(vectors.c.space == space)
            [(self._count,)] = self._database.rows(counted)
            return self._position
        later = sql.select(outbox).where(outbox.c.seq > self._position).order_by(outbox.c.seq)
        changes = self._database.rows(later)
        if not changes:
            return last_change(self._database)
        self._position = changes[-1].seq
        self._count += sum(row.parts if row.change == "put" else -row.parts for row in changes)
        if self._exact is not None:
            dropped, put = ({row.revision for row in changes if row.change == change} for change in ("drop", "put"))
            self._exact = self._filled(self._exact.only(dropped, without=True), put)
        return self._position

    # After a change

    def after_commit(self) -> None:
        """Brings the index up; erases what was deleted from a small memory in a folder. What fails is done later."""
        with suppress(ParametricMemoryError):
            settings = self._database.settings()
            if TRACES in settings and self.index.is_in_folder(settings) and self.count() <= following.SMALL:
                self.erase()
                return
        self.index.follow()

    def erase(self) -> None:
        """Removes deleted entries from the database's log and from the index. Raises as `ChromaIndex`."""
        settings = self._database.settings()
        if not self.index.is_in_folder(settings):
            self.index.rebuild()
        elif self.count() > following.SMALL:
            self.index.rebuild_elsewhere()
        else:
            self.index.drop()
        if self._database.purge() and TRACES in settings:
            with self._database.writing():
                if self._database.setting(TRACES) == settings[TRACES]:  # nothing was deleted meanwhile
                    self._database.set(TRACES, None)
            self._database.purge()

    def close(self) -> None:
        """Brings the index up and closes it."""
        self.index.close()
        with self._lock:
            self._forget()

    def after_fork(self) -> None:
        """In a forked process, where no thread of the parent releases a lock."""
        self._lock = threading.RLock()
