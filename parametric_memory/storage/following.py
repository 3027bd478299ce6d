"""Keeps a memory's Chroma index in step with its database.

A transaction that changes vectors notes it in the outbox. After the commit, the process that owns the index brings it
up. One process at a time owns an index in a folder, for as long as it has it open, as Chroma's is not safe for several;
an index in a server is owned while it is written. What a killed process left undone is done by the next owner.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

import sqlalchemy as sql

from parametric_memory.errors import MemoryFolderError, MemoryLocked, ParametricMemoryError, StorageError
from parametric_memory.index.chroma import ChromaIndex, IndexServer, engine_works, part_id
from parametric_memory.index.exact import Stored
from parametric_memory.storage.database import LOCK_TIMEOUT, Database
from parametric_memory.storage.entries import OUTBOX_START, EntryStore
from parametric_memory.storage.location import CHROMA, Location
from parametric_memory.storage.schema import entries, in_batches, outbox, vectors

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

Settings = Mapping[str, str]

# Settings: the index in use and its server, how far it has followed the outbox, and the length of vectors.
COLLECTION, SERVER, FOLLOWED, DIMENSION = "collection", "index_server", "followed", "dimension"

_NEVER = -(2**62)  # how far an index has followed that has to be made
_POLLED_EVERY = 0.02  # seconds
_NOTED_EVERY = 64  # changes, after which the database is told how far the index is
_OUTBOX_KEPT = 10_000  # changes, for processes that compare vectors and read the outbox now and then


class IndexFollower:
    """Of one memory. Threads may share it."""

    _all: ClassVar[weakref.WeakSet[IndexFollower]] = weakref.WeakSet()
    _discarded: ClassVar[set[Path]] = set()  # folders of memories that this process makes no index for, see `discard`

    def __init__(self, store: EntryStore) -> None:
        self._store, self._database = store, store.database
        self.owner, self._builder = self._database.lock("index"), self._database.lock("build")
        self._lock = threading.RLock()
        self._index: ChromaIndex | None = None
        self._followed: tuple[str, int] | None = None  # a collection, and how far it is
        self._noted = 0  # how far the database says that it is
        self._applying = 0  # the last change that was begun to be applied
        self._damaged = False
        self._is_tidy = False  # nothing of other indexes is left
        self._others = 0
        self._all.add(self)

    def to_search(self, settings: Settings) -> ChromaIndex | None:
        """The index, where there is one that this process may search."""
        index = self._in_use(settings)
        if index is None or self._damaged or (isinstance(index.place, Path) and not self._owns(settings)):
            return None
        return index

    def is_damaged(self, index: ChromaIndex) -> None:
        """Notes that a search failed: the index is not searched again before it was made anew."""
        self._damaged = self._damaged or index is self._index

    def seen(self, settings: Settings) -> int:
        """How far the index has followed the outbox; far below 0 where it has to be made first."""
        self._leave_another()
        name = settings.get(COLLECTION)
        if self._followed is not None and self._followed[0] == name:
            return self._followed[1]
        return int(settings.get(FOLLOWED, _NEVER))

    def is_ahead_of(self, change: int) -> bool:
        """Whether this process has applied later changes to the index, or is applying them."""
        return self._applying > change

    def is_in_folder(self, settings: Settings) -> bool:
        """Whether the index is beside the database, and not in a server."""
        return self._database.location.folder is not None and self._server(settings) is None

    def new_name(self) -> str:
        """The name of an index that is to be made; the first in a folder has one without a number."""
        settings = self._database.settings()
        if self.is_in_folder(settings) and COLLECTION not in settings:
            return CHROMA
        return f"{CHROMA if self.is_in_folder(settings) else 'pm'}-{uuid4().hex[:12]}"

    def follow(self) -> None:
        """Brings the index up, if this process may own it. Raises nothing: what fails is tried again later."""
        with suppress(ParametricMemoryError), self._lock:
            if not self._owns(self._database.settings()):
                return
            try:
                self._follow()
            except MemoryFolderError:  # it is damaged, and derived: it is made anew
                self.rebuild()
            finally:
                self._let_go_of_server()

    def rebuild(self, on_entry: Callable[[], None] | None = None) -> None:
        """Makes the index anew beside the one in use, of the vectors in the database, and puts it in its place.

        on_entry: is called after the vectors of each entry.

        Raises:
            MemoryLocked: another process makes one for too long.
            StorageError, MemoryFolderError: see `ChromaIndex`.
        """
        with self._lock:
            if self._named("", self._database.settings()) is None:
                return
            self._wait_for_builder()
            try:
                while not self._rebuilt(on_entry):
                    pass
            finally:
                self._builder.release()

    def discard(self) -> None:
        """Takes an index in a folder away, at once. Another process makes the next one.

        Where Chroma's files have room for vectors to come, it writes whatever its process has in memory: in this one,
        what was deleted.
        """
        with self._lock:
            self._wait_for_builder()
            try:
                with self._database.writing():  # of another name: who has this one open must not take the next for it
                    self._database.set(COLLECTION, self.new_name())
                    self._database.set(FOLLOWED, None)
                self._leave()
                self._remove_others("")
            finally:
                self._builder.release()
        self._discarded.add(self._folder)

    @property
    def is_discarded(self) -> bool:
        """Whether the index was taken away, and is not to be made in this process."""
        return self._folder in self._discarded

    def rebuild_elsewhere(self) -> None:
        """As `rebuild`, in a process of its own, which has nothing in memory that was deleted.

        Raises StorageError: it failed.
        """
        with self._lock:
            self._leave()
        command = [sys.executable, "-m", __name__, str(self._folder)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise StorageError(f"Could not make the index of the memory in {self._folder} anew: {last}")

    def problems(self) -> list[str]:
        """What is in the index and should not be, or the other way round, in words.

        Nothing where there is no index, or another process owns it. Raises as `rebuild`.
        """
        if self.is_discarded:
            return []
        self.follow()
        with self._lock:
            settings = self._database.settings()
            index = self._in_use(settings)
            if index is None or not self._owns(settings):
                return []
            if not index.exists:
                self._fill_anew(index)
            found = index.ids()
            self._let_go_of_server()
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
            if self._database.exists and not self.is_discarded:
                self.follow()
                with self._lock:
                    self._note_followed()
        with self._lock:
            if self._index is not None:
                self._index.close()
            self._index, self._is_tidy = None, False
            self.owner.release()

    @classmethod
    def after_fork(cls) -> None:
        """In a process that was forked: Chroma's engine is the other process's."""
        for follower in list(cls._all):
            follower._lock = threading.RLock()
            if follower._index is not None:
                follower._index.abandon()
            follower._index = follower._followed = None

    def _follow(self) -> None:
        settings: Settings = self._database.settings()
        if DIMENSION not in settings:
            return
        if COLLECTION not in settings:
            settings = self._begun(settings)
        index = self._in_use(settings)
        if index is None:
            return
        self._is_tidy = self._is_tidy or self._tidied()
        name, seen = index.name, self.seen(settings)
        is_gone = isinstance(index.place, Path) and not index.place.exists()
        if self._damaged or is_gone or seen < int(settings.get(OUTBOX_START, 0)):
            self._fill_anew(index)
            return
        with self._database.reading() as connection:
            new = sql.select(outbox).where(outbox.c.seq > seen).order_by(outbox.c.seq)
            changes = connection.execute(new).all()
            if not changes:
                return
            if not index.exists:
                raise MemoryFolderError(f"The index in {index} is gone.")
            self._applying = changes[-1].seq
            index.delete((row.revision, row.parts) for row in changes if row.change == "drop")
            for some in in_batches([row.revision for row in changes if row.change == "put"]):
                index.put(self._with_namespaces(connection, entries.c.revision.in_(some)))
        self._followed = name, changes[-1].seq
        if self._followed[1] - self._noted >= _NOTED_EVERY:
            self._note_followed()

    def _begun(self, settings: Settings) -> Settings:
        """The settings of a memory that has an index from now on, if it may have one."""
        index = self._named(self.new_name(), settings)
        if index is None:
            return settings
        if isinstance(index.place, Path):
            index.destroy()  # what is there belongs to no memory
        with self._database.writing():
            self._use(index, None)
        return self._database.settings()

    def _use(self, index: ChromaIndex, last: int | None) -> None:
        """Within a transaction: puts an index in use that has followed the outbox so far; None: it is to be made."""
        self._database.set(COLLECTION, index.name)
        self._database.set(FOLLOWED, None if last is None else str(last))
        self._database.set(SERVER, None if isinstance(index.place, Path) else str(index.place))

    def _rebuilt(self, on_entry: Callable[[], None] | None) -> bool:
        """Makes another index. False: another one was put in use meanwhile, of other vectors perhaps."""
        settings: Settings = self._database.settings()
        old, new = self._in_use(settings), self._named(self.new_name(), settings)
        assert new is not None
        self._is_tidy = False  # where this is interrupted, the next `follow` takes away what it leaves
        try:
            last = self._fill(new, on_entry)
            new.close()
            with self._database.writing():
                is_next = self._database.setting(COLLECTION) == settings.get(COLLECTION)
                if is_next:
                    self._use(new, last)
        except BaseException:
            with suppress(ParametricMemoryError):
                new.destroy()
            raise
        if not is_next:
            new.destroy()
            return False
        self._followed, self._noted, self._index, self._damaged = (new.name, last), last, None, False
        if old is not None:
            old.destroy()
        self._remove_others(new.name)
        return True

    def _fill_anew(self, index: ChromaIndex) -> None:
        """Makes the index in its own place."""
        self._discarded.discard(self._folder)
        if self._database.setting(FOLLOWED) is not None:  # a process that is killed leaves an index that is not whole
            with self._database.writing():
                self._database.set(FOLLOWED, None)
        self._followed, self._noted = None, 0
        index.destroy()
        self._followed, self._damaged = (index.name, self._fill(index)), False
        self._note_followed()
        self._is_tidy = self._tidied()

    def _fill(self, index: ChromaIndex, on_entry: Callable[[], None] | None = None) -> int:
        """Puts all vectors into an empty index; how far in the outbox that is."""
        with self._database.reading() as connection:
            last = last_change(connection, self._database.settings())
            index.put(self._with_namespaces(connection, on_entry=on_entry))
        return last

    def _with_namespaces(
        self, connection: Connection, *conditions: ColumnElement[bool], on_entry: Callable[[], None] | None = None
    ) -> Iterator[tuple[Stored, str]]:
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
            first = seen - _OUTBOX_KEPT
            if first > int(self._database.setting(OUTBOX_START) or 0) + _OUTBOX_KEPT:
                connection.execute(outbox.delete().where(outbox.c.seq <= first))
                self._database.set(OUTBOX_START, str(first))
        self._noted = seen

    @property
    def _folder(self) -> Path:
        """The memory's folder; of one in PostgreSQL, none that is anywhere."""
        return (self._database.location.folder or Path("postgresql:")).absolute()

    def _leave(self) -> None:
        """Lets go of the index in use, and knows nothing about it."""
        if self._index is not None:
            self._index.close()
        self._index, self._followed, self._noted = None, None, 0

    def _leave_another(self) -> None:
        """Lets go of an index beside a database that was moved or removed."""
        if self._others != self._database.others:
            with self._lock:
                self._leave()
                self._is_tidy = False
                self._others = self._database.others
                self.owner.release()

    def _owns(self, settings: Settings) -> bool:
        """Whether this process owns the index, from now on if nobody else does."""
        self._leave_another()
        return (engine_works() or not self.is_in_folder(settings)) and self.owner.take()

    def _server(self, settings: Settings) -> str | None:
        return self._database.location.index or settings.get(SERVER)

    def _in_use(self, settings: Settings) -> ChromaIndex | None:
        """The index that the memory names; None where it names none."""
        self._leave_another()
        name = settings.get(COLLECTION)
        if name is None:
            return None
        if self._index is None or self._index.name != name:
            if self._index is not None:
                self._index.close()
            self._index = self._named(name, settings)
        return self._index

    def _named(self, name: str, settings: Settings) -> ChromaIndex | None:
        """An index of this name; None where a memory in PostgreSQL names no server for it."""
        if (server := self._server(settings)) is not None:
            return ChromaIndex(IndexServer(server), name)
        folder = self._database.location.folder
        return None if folder is None else ChromaIndex(folder / name, name)

    def _let_go_of_server(self) -> None:
        if not self.is_in_folder(self._database.settings()):
            self.owner.release()

    def _wait_for_builder(self) -> None:
        """Until no other process makes an index. Raises MemoryLocked, and StorageError where nothing can be written."""
        self._database.check_can_be_written()
        end = monotonic() + LOCK_TIMEOUT
        while not self._builder.take():
            if monotonic() > end:
                raise MemoryLocked(
                    f"Another process makes the index of the memory in {self._database.location} anew: try again when "
                    "it has finished."
                )
            sleep(_POLLED_EVERY)

    def _tidied(self) -> bool:
        """Takes away what is left of other indexes; False: not while another process makes one."""
        if self._database.location.folder is None:
            return True
        if not self._builder.take():
            return False
        try:
            self._remove_others(self._database.settings()[COLLECTION])
        finally:
            self._builder.release()
        return True

    def _remove_others(self, name: str) -> None:
        """Takes away what rebuilds that were killed left beside the index of this name."""
        folder = self._database.location.folder
        for path in folder.glob(f"{CHROMA}*") if folder is not None else ():
            if path.is_dir() and path.name != name:
                ChromaIndex(path, path.name).destroy()


def last_change(connection: Connection, settings: Settings) -> int:
    """The last change in the outbox, also where all of them were taken away."""
    last = connection.execute(sql.select(sql.func.max(outbox.c.seq))).scalar_one()
    return int(settings.get(OUTBOX_START, 0)) if last is None else int(last)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=IndexFollower.after_fork)

if __name__ == "__main__":
    try:
        IndexFollower(EntryStore(Database(Location(Path(sys.argv[1]))))).rebuild()
    except ParametricMemoryError as problem:
        sys.exit(str(problem))
