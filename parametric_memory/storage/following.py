"""Keeps a memory's Chroma index in step with its database.

A small memory in a folder has no index, as all of its vectors are compared. A transaction that changes vectors notes
it in the outbox; after the commit, the process that owns the index brings it up. One process at a time owns an index in
a folder, for as long as it has it open, as Chroma's is not safe for several; an index in a server is owned while it is
written. Whatever is wrong with an index, another one is made beside it, and takes its place in a transaction.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sql

from parametric_memory.errors import MemoryFolderError, MemoryLocked, ParametricMemoryError, StorageError
from parametric_memory.index.chroma import ChromaIndex, IndexServer, engine_works, part_id
from parametric_memory.storage.database import LOCK_TIMEOUT, Database
from parametric_memory.storage.entries import OUTBOX_START, SPACE, EntryStore, last_change
from parametric_memory.storage.location import CHROMA, Location
from parametric_memory.storage.locks import FORKED
from parametric_memory.storage.schema import entries, in_batches, outbox, vectors

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from parametric_memory.index.exact import Stored

Settings = Mapping[str, str]

# Settings: the index in use and its server, how far it has followed the outbox, and the length of vectors.
COLLECTION, SERVER, FOLLOWED, DIMENSION = "collection", "index_server", "followed", "dimension"

SMALL = 2_000  # vectors of a memory in a folder that needs no index
_NEVER = -(2**62)  # how far an index has followed that is damaged
_POLLED_EVERY = 0.02  # seconds
_NOTED_EVERY = 64  # changes, after which the database is told how far the index is
_OUTBOX_KEPT = 10_000  # changes, for processes that compare vectors and read the outbox now and then


class IndexFollower:
    """Of one memory. Threads may share it."""

    def __init__(self, store: EntryStore, least: Callable[[], int] = lambda: SMALL) -> None:
        """least: an index in a folder is begun for more vectors than that."""
        self._store, self._database, self._least = store, store.database, least
        self.owner, self._builder = self._database.lock("index"), self._database.lock("build")
        self._lock = threading.RLock()
        self._index: ChromaIndex | None = None
        self._followed: tuple[str, int] | None = None  # a collection, and how far it is
        self._noted = 0  # how far the database says that it is
        self._applying = 0  # the last change that was begun to be applied
        self._is_tidy = False  # nothing of other indexes is left
        self._others = 0
        FORKED.add(self)

    # Searching

    def to_search(self, settings: Settings) -> ChromaIndex | None:
        """The index, where there is one that this process may search."""
        index = self.in_use(settings)
        return index if index is not None and (not self.is_in_folder(settings) or self._owns(settings)) else None

    def is_damaged(self, index: ChromaIndex) -> None:
        """Notes that a search failed: the index is not searched again before it was made anew."""
        if self._followed is None or self._followed[0] == index.name:
            self._followed = index.name, _NEVER

    def seen(self, settings: Settings) -> int:
        """How far the index has followed the outbox; far below 0 where it has to be made first."""
        self._leave_another()
        if self._followed is not None and self._followed[0] == settings.get(COLLECTION):
            return self._followed[1]
        return int(settings.get(FOLLOWED, _NEVER))

    def is_ahead_of(self, change: int) -> bool:
        """Whether this process has applied later changes to the index, or is applying them."""
        return self._applying > change

    def is_in_folder(self, settings: Settings) -> bool:
        """Whether an index is beside the database, and not in a server."""
        return self._database.location.folder is not None and self._server(settings) is None

    def in_use(self, settings: Settings) -> ChromaIndex | None:
        """The index that the memory names; None where it names none."""
        self._leave_another()
        name = settings.get(COLLECTION)
        if self._index is not None and self._index.name != name:
            self._index.close()
            self._index = None
        if self._index is None and name is not None:
            self._index = self._named(name, settings)
        return self._index

    # Following

    def follow(self) -> None:
        """Brings the index up, or begins one, if this process may own it. Raises nothing: what fails is tried again
        later."""
        with suppress(ParametricMemoryError), self._lock:
            settings = self._database.settings()
            if not self._has_one(settings) or not self._owns(settings):
                return
            try:
                self._apply(settings)
            except MemoryFolderError:  # it is damaged, and derived: it is made anew, unless somebody is at that
                if self._builder.is_free:
                    self.rebuild()
            finally:
                self._let_go_of_server(settings)

    def rebuild(self, on_entry: Callable[[], None] | None = None) -> None:
        """Makes an index beside the one in use, of the vectors in the database, and puts it in its place.

        on_entry: is called after the vectors of each entry.

        Raises:
            MemoryLocked: another process makes one for too long.
            StorageError, MemoryFolderError: see `ChromaIndex`.
        """
        with self._lock:
            if self._has_one(self._database.settings()):
                with self._building():
                    while not self._rebuilt(self._database.settings(), on_entry):
                        pass

    def drop(self) -> None:
        """Takes an index in a folder away, at once, and what is left of others. Raises as `rebuild`.

        Where Chroma's files have room for vectors to come, it writes whatever its process has in memory, as what was
        deleted. So an index is not made anew by the process that deletes.
        """
        folder = self._database.location.folder
        with self._lock:
            if self._database.setting(COLLECTION) is not None or (folder and [*folder.glob(f"{CHROMA}*")]):
                with self._building():
                    with self._database.writing():
                        self._database.set(COLLECTION, None)
                        self._database.set(FOLLOWED, None)
                    self._leave()
                    self._remove_others()

    def rebuild_elsewhere(self) -> None:
        """As `rebuild`, in a process of its own, which has nothing in memory that was deleted.

        Raises StorageError: it failed.
        """
        folder = self._database.location.folder
        assert folder is not None
        with self._lock:
            self._leave()
        command = [sys.executable, "-m", __name__, str(folder.absolute())]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise StorageError(f"Could not make the index of the memory in {folder} anew: {last}")

    def problems(self) -> list[str]:
        """What is in the index and should not be, or the other way round, in words.

        Nothing where there is no index, or another process owns it. Raises as `rebuild`.
        """
        self.follow()
        with self._lock:
            settings = self._database.settings()
            index = self.in_use(settings)
            if index is None or not self._owns(settings):
                return []
            if not index.exists:
                self.rebuild()
                index = self.in_use(self._database.settings()) or index
            found = index.ids()
            self._let_go_of_server(settings)
        statement = (
            sql.select(entries.c.id, vectors.c.revision, vectors.c.part)
            .join(vectors, vectors.c.revision == entries.c.revision)
            .where(vectors.c.space == self._store.space)
        )
        with self._database.reading() as connection:
            wanted = {part_id(row.revision, row.part): row.id for row in connection.execute(statement)}
        missing = dict.fromkeys(wanted[id] for id in wanted.keys() - found)
        stale = len(found - wanted.keys())
        return [
            *(f"The index lacks vectors of entry {id}." for id in missing),
            *([f"The index holds {stale} vectors of entries that are not there."] if stale else []),
        ]

    def close(self) -> None:
        """Brings the index up and lets go of it."""
        with suppress(ParametricMemoryError):
            if self._database.exists:
                self.follow()
                with self._lock:
                    self._note_followed()
        with self._lock:
            self._leave()
            self.owner.release()

    def after_fork(self) -> None:
        """In a process that was forked: Chroma's engine is the other process's."""
        self._lock = threading.RLock()
        if self._index is not None:
            self._index.abandon()
        self._index = self._followed = None

    def _has_one(self, settings: Settings) -> bool:
        """Whether the memory has an index, or is to have one."""
        if DIMENSION not in settings or COLLECTION in settings or not self.is_in_folder(settings):
            return DIMENSION in settings and self._named("", settings) is not None
        least = self._least()
        some = sql.select(vectors.c.part).where(vectors.c.space == int(settings.get(SPACE, 0))).limit(least + 1)
        with self._database.reading() as connection:
            counted = connection.execute(sql.select(sql.func.count()).select_from(some.subquery()))
            return counted.scalar_one() > least

    def _apply(self, settings: Settings) -> None:
        """Applies to the index what is new in the outbox. Raises MemoryFolderError: it has to be made first."""
        index, seen = self.in_use(settings), self.seen(settings)
        if index is None or seen < int(settings.get(OUTBOX_START, 0)):
            raise MemoryFolderError("There is no index that can be brought up.")
        if not self._is_tidy and self._builder.take():
            try:
                self._remove_others()
                self._is_tidy = True
            finally:
                self._builder.release()
        with self._database.reading() as connection:
            new = sql.select(outbox).where(outbox.c.seq > seen).order_by(outbox.c.seq)
            changes = connection.execute(new).all()
            if (changes and not index.exists) or (isinstance(index.place, Path) and not index.place.exists()):
                raise MemoryFolderError(f"The index in {index} is gone.")
            if not changes:
                return
            self._applying = changes[-1].seq
            index.delete((row.revision, row.parts) for row in changes if row.change == "drop")
            for some in in_batches([row.revision for row in changes if row.change == "put"]):
                self._put(connection, index, entries.c.revision.in_(some))
        self._followed = index.name, changes[-1].seq
        if self._followed[1] - self._noted >= _NOTED_EVERY:
            self._note_followed()

    def _rebuilt(self, settings: Settings, on_entry: Callable[[], None] | None) -> bool:
        """Makes another index. False: another one was put in use meanwhile, or other vectors."""
        old = self.in_use(settings)
        new = self._named(f"{CHROMA if self.is_in_folder(settings) else 'pm'}-{uuid4().hex[:12]}", settings)
        assert new is not None
        self._is_tidy = False  # where this is interrupted, the next `follow` takes away what it leaves
        try:
            with self._database.reading() as connection:
                last = last_change(connection, self._database.settings())
                self._put(connection, new, on_entry=on_entry)
            new.close()
            with self._database.writing():
                current = self._database.settings()
                is_next = all(current.get(name) == settings.get(name) for name in (COLLECTION, SPACE))
                if is_next:
                    self._database.set(COLLECTION, new.name)
                    self._database.set(FOLLOWED, str(last))
                    self._database.set(SERVER, self._server(settings))
        except BaseException:
            with suppress(ParametricMemoryError):
                new.destroy()
            raise
        if not is_next:
            new.destroy()
            return False
        self._leave()
        self._followed, self._noted = (new.name, last), last
        if old is not None:
            old.destroy()
        self._remove_others()
        return True

    def _put(
        self,
        connection: Connection,
        index: ChromaIndex,
        *conditions: ColumnElement[bool],
        on_entry: Callable[[], None] | None = None,
    ) -> None:
        def blocks() -> Iterator[Stored]:
            for block in self._store.stored_vectors(self._store.space, *conditions):
                yield block
                for _ in {*block.revisions.tolist()} if on_entry is not None else ():
                    on_entry()  # type: ignore[misc]

        statement = sql.select(entries.c.revision, entries.c.namespace).where(*conditions)
        index.put(blocks(), {row.revision: row.namespace for row in connection.execute(statement)})

    def _note_followed(self) -> None:
        """Tells the database how far the index is, and takes away what nobody needs of the outbox."""
        if self._followed is None or self._followed[1] in (self._noted, _NEVER):
            return
        name, seen = self._followed
        with self._database.writing() as connection:
            settings = self._database.settings()
            if settings.get(COLLECTION) != name:
                return
            self._database.set(FOLLOWED, str(seen))
            first = seen - _OUTBOX_KEPT
            if first > int(settings.get(OUTBOX_START, 0)) + _OUTBOX_KEPT:
                connection.execute(outbox.delete().where(outbox.c.seq <= first))
                self._database.set(OUTBOX_START, str(first))
        self._noted = seen

    def _leave(self) -> None:
        """Lets go of the index in use, and knows nothing about it."""
        if self._index is not None:
            self._index.close()
        self._index, self._followed, self._noted, self._is_tidy = None, None, 0, False

    def _leave_another(self) -> None:
        """Lets go of an index beside a database that was moved or removed."""
        if self._others != self._database.others:
            with self._lock:
                self._leave()
                self._others = self._database.others
                self.owner.release()

    def _owns(self, settings: Settings) -> bool:
        """Whether this process owns the index, from now on if nobody else does."""
        self._leave_another()
        return (engine_works() or not self.is_in_folder(settings)) and self.owner.take()

    def _let_go_of_server(self, settings: Settings) -> None:
        if not self.is_in_folder(settings):
            self.owner.release()

    def _server(self, settings: Settings) -> str | None:
        return self._database.location.index or settings.get(SERVER)

    def _named(self, name: str, settings: Settings) -> ChromaIndex | None:
        """An index of this name; None where a memory in PostgreSQL names no server for it."""
        if (server := self._server(settings)) is not None:
            return ChromaIndex(IndexServer(server), name)
        folder = self._database.location.folder
        return None if folder is None else ChromaIndex(folder / name, name)

    @contextmanager
    def _building(self) -> Iterator[None]:
        """A block in which no other process makes an index, nor takes one away.

        Raises MemoryLocked, and StorageError where nothing can be written.
        """
        self._database.check_can_be_written()
        end = monotonic() + LOCK_TIMEOUT
        while not self._builder.take():
            if monotonic() > end:
                raise MemoryLocked(
                    f"Another process makes the index of the memory in {self._database.location} anew: try again when "
                    "it has finished."
                )
            sleep(_POLLED_EVERY)
        try:
            yield
        finally:
            self._builder.release()

    def _remove_others(self) -> None:
        """Takes away the indexes in the folder that are not in use: another folder's, and what a kill left."""
        folder, name = self._database.location.folder, self._database.settings().get(COLLECTION)
        for path in folder.glob(f"{CHROMA}*") if folder is not None else ():
            if path.is_dir() and path.name != name:
                ChromaIndex(path, path.name).destroy()


if __name__ == "__main__":
    try:
        IndexFollower(EntryStore(Database(Location(Path(sys.argv[1]))))).rebuild()
    except ParametricMemoryError as problem:
        sys.exit(str(problem))
