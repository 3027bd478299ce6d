"""Keeps a memory's Chroma index in step with its database.

A small memory in a folder has no index: all its vectors are compared. A transaction that changes vectors records the
change in the outbox; after the commit, the process that owns the index applies the outbox to it. Embedded Chroma is not
safe for several processes, so one process owns an index in a folder for as long as it has it open; an index in a server
is owned while it is written. An index with any fault is replaced by a new one that is built beside it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sql

from parametric_memory.batches import in_runs
from parametric_memory.errors import MemoryFolderError, ParametricMemoryError, StorageError
from parametric_memory.index.chroma import ChromaIndex, IndexServer, engine_works, part_id
from parametric_memory.index.exact import Stored
from parametric_memory.records import name_of
from parametric_memory.storage.database import LOCK_TIMEOUT, Database
from parametric_memory.storage.entries import OUTBOX_START, SPACE, EntryStore, last_change
from parametric_memory.storage.location import CHROMA, Location
from parametric_memory.storage.locks import FORKED, DatabaseLock
from parametric_memory.storage.schema import AT_ONCE, entries, outbox, vectors

Settings = Mapping[str, str]

# Settings: the index in use and its server, and how far it has followed the outbox.
COLLECTION, SERVER, FOLLOWED = "collection", "index_server", "followed"

SMALL = 2_000  # vectors of a memory in a folder that needs no index
_NEVER = -(2**62)  # how far an index has followed that is damaged
_NOTED_EVERY = 64  # changes, after which the database is told how far the index is
_OUTBOX_KEPT = 10_000  # changes, for processes that compare vectors and read the outbox now and then


class IndexFollower:
    """The index of one memory. Threads may share it. `rebuild`, `drop` and `problems` raise as `ChromaIndex` does."""

    def __init__(self, store: EntryStore, least: Callable[[], int] = lambda: SMALL) -> None:
        """least: an index in a folder is begun for more vectors than that."""
        self._store, self._database, self._least = store, store.database, least
        self.owner, self._builder = DatabaseLock(self._database, "index"), DatabaseLock(self._database, "build")
        self._building = f"makes the index of the memory in {self._database.location} anew"
        self._lock = threading.RLock()
        self._index: ChromaIndex | None = None
        self._seen: int | None = None  # the last change that it holds; None: as the database says
        self._others = 0
        FORKED.add(self)

    # Searching

    def to_search(self, settings: Settings) -> ChromaIndex | None:
        """The index, if there is one that this process may search."""
        index = self.in_use(settings)
        return index if index is not None and (not self.is_in_folder(settings) or self._owns(settings)) else None

    def is_damaged(self, index: ChromaIndex) -> None:
        """Notes that a search failed: the index is not searched again before it was rebuilt."""
        if self._index is index:
            self._seen = _NEVER

    def seen(self, settings: Settings) -> int:
        """The last change of the outbox that the index holds; far below 0 if it has to be built first."""
        self.in_use(settings)
        return int(settings.get(FOLLOWED, _NEVER)) if self._seen is None else self._seen

    def is_in_folder(self, settings: Settings) -> bool:
        """Whether an index is beside the database, and not in a server."""
        return self._database.location.folder is not None and self._server(settings) is None

    def in_use(self, settings: Settings) -> ChromaIndex | None:
        """The index that the settings name; None: they name none."""
        if self._others != self._database.others:  # the database that it was beside is gone
            with self._lock:
                self._leave()
                self._others = self._database.others
                self.owner.release()
        name = settings.get(COLLECTION)
        if self._index is not None and self._index.name != name:
            self._leave()
        if self._index is None and name is not None:
            self._index = self._named(name, settings)
        return self._index

    # Following

    def follow(self) -> None:
        """Applies the outbox to the index, or builds one, if this process may own it. What fails is tried later."""
        with suppress(ParametricMemoryError), self._lock:
            settings = self._database.settings()
            if not self._has_one(settings) or not self._owns(settings):
                return
            try:
                self._apply(settings)
            except MemoryFolderError:  # it is damaged, and derived: it is rebuilt, unless somebody does that
                if self._builder.is_free:
                    self.rebuild()
            finally:
                self._release_server(settings)

    def rebuild(self, on_entry: Callable[[], None] = lambda: None) -> None:
        """Builds an index of the vectors in the database beside the one in use, and replaces that.

        on_entry: is called after the vectors of each entry.

        Raises MemoryLocked: another process builds one for too long.
        """
        with self._lock:
            if self._has_one(self._database.settings()):
                with self._builder.held(self._building, LOCK_TIMEOUT):
                    while not self._rebuilt(self._database.settings(), on_entry):
                        pass

    def drop(self) -> None:
        """Deletes an index in a folder, and what is left of others. Raises MemoryLocked as `rebuild`.

        If it were rebuilt by this process, Chroma could write what the process has in memory, such as a deleted text,
        into the unused parts of its new files.
        """
        with self._lock:
            if self._database.setting(COLLECTION) is not None or self._strangers(None):
                with self._builder.held(self._building, LOCK_TIMEOUT):
                    with self._database.writing():
                        self._database.set(COLLECTION, None)
                        self._database.set(FOLLOWED, None)
                    self._leave()
                    self._remove_strangers()

    def rebuild_elsewhere(self) -> None:
        """As `rebuild`, in a new process, whose memory holds nothing that was deleted. Raises StorageError."""
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
        """What the index lacks or should not hold, in words; nothing without an index that this process owns."""
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
            self._release_server(settings)
        statement = (
            sql.select(entries.c.id, entries.c.namespace, vectors.c.revision, vectors.c.part)
            .join(vectors, vectors.c.revision == entries.c.revision)
            .where(vectors.c.space == self._store.space)
        )
        rows = self._database.rows(statement)
        wanted = {part_id(row.revision, row.part): name_of(row.id, row.namespace) for row in rows}
        missing = dict.fromkeys(wanted[id] for id in wanted.keys() - found)
        stale = len(found - wanted.keys())
        return [
            *(f"The index lacks vectors of entry {name}." for name in missing),
            *([f"The index holds {stale} vectors of entries that are not there."] if stale else []),
        ]

    def close(self) -> None:
        """Applies the outbox to the index, and closes that."""
        with suppress(ParametricMemoryError):
            if self._database.exists:
                self.follow()
                with self._lock:
                    self._note_seen()
        with self._lock:
            self._leave()
            self.owner.release()

    def after_fork(self) -> None:
        """In a process that was forked: Chroma's engine is the other process's."""
        self._lock = threading.RLock()
        if self._index is not None:
            self._index.abandon()
        self._index = self._seen = None

    def _has_one(self, settings: Settings) -> bool:
        """Whether the memory has an index, or is to have one."""
        if COLLECTION in settings or self._named("", settings) is None:
            return self._named("", settings) is not None
        some = sql.select(vectors.c.part).where(vectors.c.space == int(settings.get(SPACE, 0)))
        least = self._least() if self.is_in_folder(settings) else 0
        return bool(self._database.rows(some.offset(least).limit(1)))

    def _apply(self, settings: Settings) -> None:
        """Applies to the index what is new in the outbox. Raises MemoryFolderError: it has to be built first."""
        index, seen = self.in_use(settings), self.seen(settings)
        if index is None or seen < int(settings.get(OUTBOX_START, 0)):
            raise MemoryFolderError("There is no index that can be brought up.")
        if self._strangers(index.name) and self._builder.take():  # none of which is being built
            try:
                self._remove_strangers()
            finally:
                self._builder.release()
        with self._database.reading():
            later = sql.select(outbox).where(outbox.c.seq > seen).order_by(outbox.c.seq)
            changes = self._database.rows(later)
            if (changes and not index.exists) or (isinstance(index.place, Path) and not index.place.exists()):
                raise MemoryFolderError(f"The index in {index} is gone.")
            if not changes:
                return
            index.delete((row.revision, row.parts) for row in changes if row.change == "drop")
            for some in in_runs([row.revision for row in changes if row.change == "put"], AT_ONCE):
                self._put(index, entries.c.revision.in_(some))
        self._seen = changes[-1].seq
        if self._seen - int(settings.get(FOLLOWED, 0)) >= _NOTED_EVERY:
            self._note_seen()

    def _rebuilt(self, settings: Settings, on_entry: Callable[[], None]) -> bool:
        """Builds another index. False: another one was put in use meanwhile, or other vectors."""
        old = self.in_use(settings)
        new = self._named(f"{CHROMA if self.is_in_folder(settings) else 'pm'}-{uuid4().hex[:12]}", settings)
        assert new is not None
        try:
            with self._database.reading():
                last = last_change(self._database)
                self._put(new, on_entry=on_entry)
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
        self._index, self._seen = new, last
        self._remove_strangers()
        if old is not None:
            old.destroy()
        return True

    def _put(
        self, index: ChromaIndex, *conditions: sql.ColumnElement[bool], on_entry: Callable[[], None] = lambda: None
    ) -> None:
        """Within a transaction: adds the vectors of entries to an index."""

        def blocks() -> Iterator[Stored]:
            for block in self._store.stored_vectors(self._store.space, *conditions):
                yield block
                for _ in {*block.revisions.tolist()}:
                    on_entry()

        statement = sql.select(entries.c.revision, entries.c.namespace).where(*conditions)
        index.put(blocks(), {row.revision: row.namespace for row in self._database.rows(statement)})

    def _note_seen(self) -> None:
        """Tells the database how far the index is, and deletes the part of the outbox that nobody needs."""
        index, seen = self._index, self._seen
        if index is None or seen in (None, _NEVER) or self._database.setting(FOLLOWED) == str(seen):
            return
        with self._database.writing():
            settings = self._database.settings()
            if settings.get(COLLECTION) != index.name or seen is None:
                return
            self._database.set(FOLLOWED, str(seen))
            first = seen - _OUTBOX_KEPT
            if first > int(settings.get(OUTBOX_START, 0)) + _OUTBOX_KEPT:
                self._database.execute(outbox.delete().where(outbox.c.seq <= first))
                self._database.set(OUTBOX_START, str(first))

    def _leave(self) -> None:
        """Closes the index in use."""
        if self._index is not None:
            self._index.close()
        self._index = self._seen = None

    def _owns(self, settings: Settings) -> bool:
        """Whether this process owns the index, from now on if nobody else does."""
        self.in_use(settings)
        return (engine_works() or not self.is_in_folder(settings)) and self.owner.take()

    def _release_server(self, settings: Settings) -> None:
        if not self.is_in_folder(settings):
            self.owner.release()

    def _server(self, settings: Settings) -> str | None:
        return self._database.location.index or settings.get(SERVER)

    def _named(self, name: str, settings: Settings) -> ChromaIndex | None:
        """An index of this name; None: the memory is in PostgreSQL and names no server for it."""
        if (server := self._server(settings)) is not None:
            return ChromaIndex(IndexServer(server), name)
        folder = self._database.location.folder
        return None if folder is None else ChromaIndex(folder / name, name)

    def _strangers(self, name: str | None) -> list[Path]:
        """Indexes in the folder but the one of this name: another folder's, and those that a kill left."""
        folder = self._database.location.folder
        found = folder.glob(f"{CHROMA}*") if folder is not None else ()
        return [path for path in found if path.name != name and path.is_dir()]

    def _remove_strangers(self) -> None:
        for path in self._strangers(self._database.setting(COLLECTION)):
            ChromaIndex(path, path.name).destroy()


if __name__ == "__main__":
    try:
        IndexFollower(EntryStore(Database(Location(Path(sys.argv[1]))))).rebuild()
    except ParametricMemoryError as problem:
        sys.exit(str(problem))
