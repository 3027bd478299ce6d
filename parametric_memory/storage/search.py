"""Which entries are near to a vector: compared exactly in a memory that is not large, else looked for in Chroma.

The index follows the outbox: a transaction that changes vectors notes it there, and after the commit the process that
owns the index brings it up. A search never depends on that: what the index has not seen yet is compared exactly. One
process at a time owns an index in a folder, as Chroma's is not safe for several; the others compare all vectors.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import sqlalchemy as sql

from parametric_memory.errors import MemoryMismatch, ParametricMemoryError, as_typed
from parametric_memory.index.chroma import ChromaIndex, IndexServer, part_id
from parametric_memory.index.exact import (
    MOST_COMPARED,
    ExactVectors,
    Stored,
    Vector,
    compares_exactly,
    merged,
)
from parametric_memory.storage.conditions import in_batches, within
from parametric_memory.storage.entries import OUTBOX_START, SPACE, EntryStore, Found
from parametric_memory.storage.filters import clause
from parametric_memory.storage.location import CHROMA
from parametric_memory.storage.schema import entries, outbox, vectors

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

# Settings.
COLLECTION, FOLLOWED, SERVER = "collection", "followed", "index_server"
TRACES, DIMENSION = "traces", "dimension"

_FEW = 2_000  # vectors that are read for one query, in place of a search in the graph
_REBUILT_AT_ONCE = 2_000  # vectors of an index that is made anew after a delete, a third of a second
_FIRST_WINDOW = 8  # times as many vectors as entries are wanted, which are looked at first
_NOTED_EVERY = 64  # changes, after which the database is told how far the index is
_OUTBOX_KEPT = 10_000  # changes, for processes that compare exactly


class VectorSearch:
    """Of one memory. Threads may share it."""

    _all: ClassVar[weakref.WeakSet[VectorSearch]] = weakref.WeakSet()

    def __init__(self, store: EntryStore, most_compared: int = MOST_COMPARED) -> None:
        """most_compared: numbers of the vectors that are compared exactly, at most, where there is an index."""
        self._store, self._database, self._most = store, store.database, most_compared
        self._owner = self._database.lock("index")
        self._lock = threading.RLock()  # of what is kept in main memory
        self._following = threading.Lock()
        self._forget()
        self._index: ChromaIndex | None = None
        self._followed: tuple[str, int] | None = None  # a collection, and how far it is
        self._noted = 0  # how far the database says that it is
        self._all.add(self)

    def _forget(self) -> None:
        self._exact: ExactVectors | None = None
        self._dropped: set[int] = set()
        self._space, self._position, self._count = -1, -1, 0

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
        of_place, of_metadata = within(namespace, filter), clause(filter)
        with self._database.reading() as connection:
            settings = self._database.settings()
            if k < 1 or DIMENSION not in settings:
                return []
            self._check_dimension(vector, int(settings[DIMENSION]))
            found: list[tuple[Found, float]] = []
            for candidates, whole in self._candidates(connection, settings, vector, k, namespace, of_place):
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
            exact = self._exact
            known = [] if exact is None else [revision for revision in revisions if revision in exact]
            if len(known) < len(revisions):
                exact = self._read(entries.c.revision.in_(revisions))
            assert exact is not None
            return {revision: exact.passages(vector, revision, most) for revision in revisions if revision in exact}

    def nearest_vectors(self, vector: Vector, revisions: Sequence[int]) -> dict[int, list[float]]:
        """Of each revision the direction of the vector that is nearest to one, `[dimension]`."""
        found: dict[int, list[float]] = {}
        with self._database.reading():
            for some in in_batches(revisions):
                exact = self._read(entries.c.revision.in_(some))
                found |= {revision: exact.vector(vector, revision) for revision in some if revision in exact}
        return found

    def _candidates(
        self,
        connection: Connection,
        settings: Mapping[str, str],
        vector: Vector,
        k: int,
        namespace: str | None,
        conditions: Sequence[ColumnElement[bool]],
    ) -> Iterator[tuple[list[tuple[int, float]], bool]]:
        """Revisions with their similarities, best first, more each time, and whether they are all there are."""
        with self._lock:
            self._catch_up(connection, settings)
            index = self._index_to_search(connection, settings)

        def search(most: int, of: str | None = None, among: Sequence[int] | None = None) -> Any:
            if index is None:
                with self._lock:
                    return self._in_memory().nearest(vector, most, among)
            if among is not None:
                return self._read(entries.c.revision.in_(among)).nearest(vector, most)
            found, whole = index.nearest(vector, most, of)
            return merged(found, unseen), whole

        unseen = [] if index is None else self._unseen(connection, settings).nearest(vector, k * _FEW)[0]
        # Most queries are answered by the nearest few. Conditions are dear to Chroma: they come second.
        yield search(_FIRST_WINDOW * k)
        if conditions and (few := self._few(connection, settings, conditions)) is not None:
            yield search(sys.maxsize, among=few)
            return
        for power in count(1):
            yield search(_FIRST_WINDOW * k * 4**power, namespace)

    def _entries_of(
        self,
        candidates: Sequence[tuple[int, float]],
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
        self, connection: Connection, settings: Mapping[str, str], conditions: Sequence[ColumnElement[bool]]
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

    def _check_dimension(self, vector: Vector, dimension: int) -> None:
        if len(vector) != dimension:
            command = as_typed("parametric-memory", "reindex", *self._database.location.options)
            raise MemoryMismatch(
                f"The memory in {self._database.location} holds vectors of {dimension} numbers, not {len(vector)}: "
                f"open it with the embedder it was made with, or run `{command}`."
            )

    # Vectors in main memory

    def _in_memory(self) -> ExactVectors:
        """All vectors. Those of entries that were replaced a moment ago may still be among them."""
        if self._exact is None:
            self._exact = self._read(expected=self._count)
        return self._exact

    def _catch_up(self, connection: Connection, settings: Mapping[str, str]) -> None:
        """Takes in what changed since the last look."""
        space, start = int(settings.get(SPACE, 0)), int(settings.get(OUTBOX_START, 0))
        if space != self._space or self._position < start:
            self._forget()
            self._space = space
            self._position = _last(connection, settings)
            counted = sql.select(sql.func.count()).select_from(vectors).where(vectors.c.space == space)
            self._count = connection.execute(counted).scalar_one()
            return
        changes = connection.execute(
            sql.select(outbox).where(outbox.c.seq > self._position).order_by(outbox.c.seq)
        ).all()
        if not changes:
            return
        self._position = changes[-1].seq
        self._count += sum({"put": row.parts, "drop": -row.parts}.get(row.change, 0) for row in changes)
        if self._exact is not None:
            # A transaction that began before may still see what was dropped: it stays until the next time.
            self._exact.remove(self._dropped)
            self._dropped = {row.revision for row in changes if row.change == "drop"}
            put = [row.revision for row in changes if row.change == "put"]
            for some in in_batches(put):
                self._exact.add(self._store.stored_vectors(space, entries.c.revision.in_(some)))

    def _read(self, *conditions: ColumnElement[bool], expected: int = 0) -> ExactVectors:
        found = ExactVectors()
        found.add(self._store.stored_vectors(self._store.space, *conditions), expected)
        return found

    # The index

    def follow(self) -> None:
        """Brings the index up to the outbox, if this process may; raises nothing, as the next one tries again."""
        with suppress(ParametricMemoryError), self._following:
            if self._owned():
                try:
                    self._follow()
                finally:
                    self._let_go_of_server()

    def rebuild(self, on_entry: Callable[[], None] | None = None) -> None:
        """Makes the index anew beside the one in use, of the vectors in the database, and puts it in its place.

        on_entry: is called after the vectors of each entry.

        Raises:
            StorageError, MemoryFolderError: see `ChromaIndex`.
        """
        with self._following:
            settings = self._database.settings()
            old, new = self._index_of(settings), self._new_index(settings)
            if new is None:
                return
            try:
                last = self._fill(new, on_entry)
                new.close()
            except BaseException:
                with suppress(ParametricMemoryError):
                    new.destroy()
                raise
            with self._database.writing():
                self._database.set(COLLECTION, new.name)
                self._database.set(FOLLOWED, str(last))
            self._followed, self._noted = (new.name, last), last
            if self._index is not None:
                self._index.close()
            self._index = None
            if old is not None:
                old.destroy()
            self._remove_others(new.name)

    def after_commit(self) -> None:
        """Brings the index up; where something was deleted, a small index is made anew instead, without its traces.

        Raises nothing: what fails is done by the next transaction, or the next process.
        """
        with suppress(ParametricMemoryError):
            if self._database.setting(TRACES) is not None and self.count() <= _REBUILT_AT_ONCE and self._owned():
                self.erase()
                return
        self.follow()

    def erase(self) -> None:
        """Takes what deleted entries left out of the database's log and out of the index. Raises as `rebuild`."""
        settings = self._database.settings()
        if COLLECTION in settings:
            self.rebuild()
        if self._database.purge() and TRACES in settings:
            with self._database.writing():
                self._database.set(TRACES, None)
            self._database.purge()

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
            self._catch_up(connection, settings)
            return self._index_to_search(connection, settings) is None

    def problems(self) -> list[str]:
        """What is in the index and should not be, or the other way round, in words. Raises as `rebuild`."""
        self.follow()
        with self._following:
            settings = self._database.settings()
            if COLLECTION not in settings or not self._owned():
                return []
            index = self._index_of(settings)
            assert index is not None
            found = index.ids()
            self._let_go_of_server()
        with self._database.reading() as connection:
            statement = (
                sql.select(entries.c.id, vectors.c.revision, vectors.c.part)
                .join(vectors, vectors.c.revision == entries.c.revision)
                .where(vectors.c.space == self._store.space)
            )
            wanted = {part_id(row.revision, row.part): row.id for row in connection.execute(statement)}
        missing = dict.fromkeys(wanted[id] for id in wanted.keys() - found)
        stale = len(found - wanted.keys())
        return [
            *(f"The index lacks vectors of entry {id}." for id in missing),
            *([f"The index holds {stale} vectors of entries that are not there."] if stale else []),
        ]

    def close(self) -> None:
        """Brings the index up and lets go of it."""
        if self._database.exists:
            self.follow()
            with suppress(ParametricMemoryError), self._following:
                self._note_followed()
        with self._following:
            if self._index is not None:
                self._index.close()
            self._index = None
            self._owner.release()
        with self._lock:
            self._forget()

    @classmethod
    def after_fork(cls) -> None:
        """In a process that was forked: Chroma's engine and all locks are the other process's."""
        for search in list(cls._all):
            search._lock, search._following = threading.RLock(), threading.Lock()
            if search._index is not None:
                search._index.abandon()
            search._index = search._followed = None

    def _owned(self) -> bool:
        """Whether this process owns the index, from now on if nobody else does."""
        return self._owner.take()

    def _let_go_of_server(self) -> None:
        """An index in a server is owned only while it is written."""
        if self._index is not None and not isinstance(self._index.place, Path):
            self._owner.release()

    def _index_to_search(self, connection: Connection, settings: Mapping[str, str]) -> ChromaIndex | None:
        """The index, where the memory is large and this process may use it; None: all vectors are compared."""
        if DIMENSION not in settings or compares_exactly(self._count, int(settings[DIMENSION]), self._most):
            return None
        index = self._index_of(settings)
        if index is None or (isinstance(index.place, Path) and not self._owned()):
            return None
        behind = _last(connection, settings) - self._seen(settings)
        return index if 0 <= behind <= _FEW else None

    def _seen(self, settings: Mapping[str, str]) -> int:
        """How far the index has followed the outbox; far below 0 where it has to be made first."""
        name = settings.get(COLLECTION)
        if self._followed is not None and self._followed[0] == name:
            return self._followed[1]
        return int(settings.get(FOLLOWED, -(2**62)))

    def _unseen(self, connection: Connection, settings: Mapping[str, str]) -> ExactVectors:
        """The vectors that the index has not seen yet."""
        new = sql.select(outbox.c.revision).where(outbox.c.seq > self._seen(settings), outbox.c.change == "put")
        revisions = connection.execute(new).scalars().all()
        return self._read(entries.c.revision.in_(revisions)) if revisions else ExactVectors()

    def _index_of(self, settings: Mapping[str, str]) -> ChromaIndex | None:
        """The index that the memory names; None where there is none."""
        name = settings.get(COLLECTION)
        if name is None:
            return None
        if self._index is None or self._index.name != name:
            if self._index is not None:
                self._index.close()
            self._index = self._index_named(name, settings)
        return self._index

    def _index_named(self, name: str, settings: Mapping[str, str]) -> ChromaIndex | None:
        location = self._database.location
        server = location.index or settings.get(SERVER)
        if server is not None:
            return ChromaIndex(IndexServer(server), name)
        return None if location.folder is None else ChromaIndex(location.folder / name, name)

    def _new_index(self, settings: Mapping[str, str]) -> ChromaIndex | None:
        return self._index_named(self.new_name(), settings)

    def new_name(self) -> str:
        """Of an index that is to be made; the first in a folder has a name without a number."""
        settings = self._database.settings()
        server = self._database.location.index or settings.get(SERVER)
        if server is None and COLLECTION not in settings:
            return CHROMA
        return f"{CHROMA if server is None else 'pm'}-{uuid4().hex[:12]}"

    def _follow(self) -> None:
        settings = self._database.settings()
        if DIMENSION not in settings:
            return
        if COLLECTION not in settings:
            index = self._new_index(settings)
            if index is None:
                return
            if isinstance(index.place, Path):
                index.destroy()  # what is there belongs to no memory
            with self._database.writing():
                self._database.set(COLLECTION, index.name)
                if not isinstance(index.place, Path):
                    self._database.set(SERVER, str(index.place))
            settings = self._database.settings()
        index = self._index_of(settings)
        if index is None:
            return
        name, seen = settings[COLLECTION], self._seen(settings)
        if seen < int(settings.get(OUTBOX_START, 0)) or not index.exists:
            index.destroy()
            self._followed = name, self._fill(index)
            self._note_followed()
            self._remove_others(name)
            return
        with self._database.reading() as connection:
            changes = connection.execute(sql.select(outbox).where(outbox.c.seq > seen).order_by(outbox.c.seq)).all()
            if not changes:
                return
            put = [row.revision for row in changes if row.change == "put"]
            index.delete((row.revision, row.parts) for row in changes if row.change == "drop")
            for some in in_batches(put):
                index.put(self._with_namespaces(connection, entries.c.revision.in_(some)))
            moved = {row.revision: row.parts for row in changes if row.change == "move"}
            for found in self._store.select(entries.c.revision.in_([*moved])) if moved else ():
                index.move(found.revision, moved[found.revision], found.entry.namespace)
        self._followed = name, changes[-1].seq
        if self._followed[1] - self._noted >= _NOTED_EVERY:
            self._note_followed()

    def _fill(self, index: ChromaIndex, on_entry: Callable[[], None] | None = None) -> int:
        """Puts all vectors into an empty index; how far in the outbox that is."""
        with self._database.reading() as connection:
            last = _last(connection, self._database.settings())
            index.put(self._with_namespaces(connection, on_entry=on_entry))
        return last

    def _with_namespaces(
        self,
        connection: Connection,
        *conditions: ColumnElement[bool],
        on_entry: Callable[[], None] | None = None,
    ) -> Iterable[tuple[Stored, str]]:
        statement = sql.select(entries.c.revision, entries.c.namespace).where(*conditions)
        namespaces: dict[int, str] = {row.revision: row.namespace for row in connection.execute(statement)}
        for stored in self._store.stored_vectors(self._store.space, *conditions):
            yield stored, namespaces[stored.revision]
            if on_entry:
                on_entry()

    def _note_followed(self) -> None:
        """Tells the database how far the index is, and takes away what nobody needs of the outbox."""
        if self._followed is None or self._followed[1] == self._noted:
            return
        name, seen = self._followed
        with self._database.writing() as connection:
            if self._database.setting(COLLECTION) != name:
                return
            self._database.set(FOLLOWED, str(seen))
            if (first := seen - _OUTBOX_KEPT) > int(self._database.setting(OUTBOX_START) or 0) + _OUTBOX_KEPT:
                connection.execute(outbox.delete().where(outbox.c.seq <= first))
                self._database.set(OUTBOX_START, str(first))
        self._noted = seen

    def _remove_others(self, name: str) -> None:
        """Takes away what rebuilds that were killed left beside the index of this name."""
        folder = self._database.location.folder
        for path in folder.glob(f"{CHROMA}*") if folder is not None else ():
            if path.is_dir() and path.name != name:
                ChromaIndex(path, path.name).destroy()


def _last(connection: Connection, settings: Mapping[str, str]) -> int:
    """The last change in the outbox, also where all of them were taken away."""
    last = connection.execute(sql.select(sql.func.max(outbox.c.seq))).scalar_one()
    return int(settings.get(OUTBOX_START, 0)) if last is None else int(last)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=VectorSearch.after_fork)
