"""Which entries are near to a vector: compared exactly in a memory that is not large, else looked for in Chroma.

A search does not depend on how far the index is: what it has not seen yet is compared exactly, and all vectors are
where this process may not use it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from parametric_memory.errors import (
    MemoryFolderError,
    MemoryMismatch,
    ParametricMemoryError,
    StorageError,
    as_typed,
)
from parametric_memory.index.exact import MOST_COMPARED, ExactVectors, Ranked, Vector, nearest_passages
from parametric_memory.storage import following
from parametric_memory.storage.entries import OUTBOX_START, SPACE, EntryStore, Found, last_change
from parametric_memory.storage.filters import clause, within
from parametric_memory.storage.following import DIMENSION, IndexFollower, Settings
from parametric_memory.storage.locks import FORKED
from parametric_memory.storage.schema import entries, in_batches, outbox, vectors

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from parametric_memory.index.chroma import ChromaIndex

logger = logging.getLogger(__name__)

TRACES = "traces"  # a setting: what was deleted may still be read in files

_FEW = 2_000  # vectors that are read for one query, in place of a search in the graph
_FIRST_WINDOW = 8  # times as many vectors as entries are wanted, which are looked at first


class VectorSearch:
    """Of one memory. Threads may share it.

    Attributes:
        index: what keeps the Chroma index in step.
    """

    def __init__(self, store: EntryStore, most_compared: int = MOST_COMPARED) -> None:
        """most_compared: numbers of the vectors that are compared exactly, at most, where there is an index."""
        self._store, self._database, self._most = store, store.database, most_compared
        self.index = IndexFollower(store, lambda: min(self._most, following.SMALL))
        self._lock = threading.RLock()  # of what is kept in main memory
        self._forget()
        FORKED.add(self)

    def _forget(self) -> None:
        self._exact: ExactVectors | None = None
        self._space, self._position, self._count = -1, -1, 0
        self._large: set[str] = set()  # namespaces that had many vectors
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
            for candidates in self._candidates(connection, settings, vector, k, namespace, conditions):
                found = self._entries_of(candidates, k, namespace, of_metadata, at)
                if len(found) == k:
                    break
            return found

    def passages(self, revisions: Sequence[int], vector: Vector, most: int) -> dict[int, list[tuple[int, float]]]:
        """Of each revision the passages that are nearest to a vector, compared exactly.

        Returns:
            By revision, pairs of a passage's number and its cosine similarity, best first.
        """
        found: dict[int, tuple[list[int], list[float]]] = {}
        with self._database.reading():
            for revision, passage, similarity, _ in self._of(revisions).compared(vector):
                numbers, similarities = found.setdefault(revision, ([], []))
                numbers.append(passage)
                similarities.append(similarity)
        return {revision: nearest_passages(*of, most) for revision, of in found.items()}

    def nearest_vectors(self, vector: Vector, revisions: Sequence[int]) -> dict[int, list[float]]:
        """Of each revision the direction of the vector that is nearest to one, `[dimension]`."""
        best: dict[int, tuple[float, Any]] = {}
        with self._database.reading():
            for revision, _, similarity, direction in self._of(revisions).compared(vector):
                if revision not in best or similarity > best[revision][0]:
                    best[revision] = similarity, direction
        return {revision: direction.tolist() for revision, (_, direction) in best.items()}

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
    ) -> Iterator[Ranked]:
        """Revisions with their similarities, best first, more each time; the last time all there are."""
        windows = (_FIRST_WINDOW * k * 4**power for power in count())
        look, few = self._look(connection, settings, vector, k), None
        # Conditions are dear to Chroma. Most queries are answered by the nearest few of all; not in a small namespace.
        may_be_small = len(conditions) == 1 and namespace not in {None, *self._large} and self._count > _FEW
        if may_be_small and (few := self._few(connection, settings, conditions)) is None:
            self._large.add(str(namespace))
        if few is None:
            found, whole = look(next(windows), None)
            yield found
            if whole:
                return
            if conditions and not may_be_small:
                few = self._few(connection, settings, conditions)
        if few is not None:
            yield self._of(few).nearest(vector)
            return
        for most in windows:
            found, whole = look(most, namespace)
            yield found
            if whole:
                return

    def _look(
        self, connection: Connection, settings: Settings, vector: Vector, k: int
    ) -> Callable[[int, str | None], tuple[Ranked, bool]]:
        """What looks at so many vectors, in the graph of a namespace: what it finds, and whether that is all."""
        with self._lock:
            at = self._catch_up(connection, settings)
            index, seen = self._graph(settings, at), (int(settings.get(SPACE, 0)), at)

        def compare(most: int, _: object) -> tuple[Ranked, bool]:
            with self._lock:
                if (self._space, self._position) != seen:  # this transaction sees less than is in main memory
                    exact = self._of(connection.execute(sql.select(entries.c.revision)).scalars().all())
                else:
                    exact = self._exact = self._exact or self._read()
            return exact.nearest(vector, most), len(exact) <= most

        if index is None:
            return compare
        new = sql.select(outbox.c.revision).where(outbox.c.seq > self.index.seen(settings), outbox.c.change == "put")
        beside = dict(self._of(connection.execute(new).scalars().all()).nearest(vector))

        def look_up(most: int, namespace: str | None) -> tuple[Ranked, bool]:
            try:
                found, whole = index.nearest(vector, most, namespace)
            except (MemoryFolderError, StorageError) as error:
                logger.warning("%s All vectors are compared instead.", error)
                if isinstance(error, MemoryFolderError):
                    self.index.is_damaged(index)
                return compare(most, namespace)
            if whole is None or self.index.is_ahead_of(at):
                return compare(most, namespace)
            return sorted({**dict(found), **beside}.items(), key=lambda pair: -pair[1]), whole

        return look_up

    def _of(self, revisions: Iterable[int]) -> ExactVectors:
        """The vectors of some revisions, as far as they are in use, from main memory or from the database."""
        wanted = {*revisions}
        with self._lock:
            known = self._exact if self._space == self._store.space else None
        return self._filled((known or ExactVectors()).only(wanted), wanted)

    def _filled(self, exact: ExactVectors, revisions: set[int]) -> ExactVectors:
        """Vectors with those of some revisions, which may be there already."""
        for some in in_batches([*revisions - exact.only(revisions).revisions]):
            exact = exact.with_more(self._read(entries.c.revision.in_(some)))
        return exact

    def _graph(self, settings: Settings, at: int) -> ChromaIndex | None:
        """The index, where the memory is large and this process may search it; None: all vectors are compared.

        at: the last change that the transaction sees.
        """
        if DIMENSION not in settings or self._count * int(settings[DIMENSION]) <= self._most:
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

    def _read(self, *conditions: ColumnElement[bool]) -> ExactVectors:
        return ExactVectors(self._store.stored_vectors(self._store.space, *conditions))

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
            dropped, put = ({row.revision for row in changes if row.change == change} for change in ("drop", "put"))
            self._exact = self._filled(self._exact.only(dropped, without=True), put)
        return self._position

    # After a change

    def after_commit(self) -> None:
        """Brings the index up; where something was deleted from a small memory in a folder, its files are cleared.

        Raises nothing: what fails is done by the next transaction, or the next process.
        """
        with suppress(ParametricMemoryError):
            settings = self._database.settings()
            if TRACES in settings and self.index.is_in_folder(settings) and self.count() <= following.SMALL:
                self.erase()
                return
        self.index.follow()

    def erase(self) -> None:
        """Takes what deleted entries left out of the database's log and out of the index.

        Raises:
            StorageError, MemoryFolderError: see `ChromaIndex`.
        """
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
        """Brings the index up and lets go of it."""
        self.index.close()
        with self._lock:
            self._forget()

    def after_fork(self) -> None:
        """In a process that was forked: no thread of the other process lets go of a lock here."""
        self._lock = threading.RLock()
