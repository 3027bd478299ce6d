"""A shared memory, as `MemoryFolder` is one in a folder: other parts, the same steps. Knows no more than that does."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from parametric_memory.errors import (
    MemoryFolderError,
    MemoryLocked,
    ParametricMemoryError,
)
from parametric_memory.index.connection import IndexStumbled
from parametric_memory.index.server import ServerIndex
from parametric_memory.records import RunningTask
from parametric_memory.storage.folder import OWN_INDEX, DocumentScorer, MemoryFolder
from parametric_memory.storage.identity import INDEX, MemoryIdentity
from parametric_memory.storage.shared.entries import SharedEntryStore
from parametric_memory.storage.shared.location import SharedLocation, shared_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from parametric_memory.index.parts import IndexRecord
    from parametric_memory.models.selection import Models
    from parametric_memory.records import Entry
    from parametric_memory.storage.folder import Made

_FEW = 8  # entries that may be looked at during the lease in which a new index takes its place
_ROUNDS = 10


class SharedMemory(MemoryFolder):
    """Reads and writes one shared memory with one set of models.

    Attributes:
        location: its place and server. `folder` is this machine's own, for what was read.
    """

    def __init__(
        self,
        location: SharedLocation,
        models: Models,
        scorer_of: Callable[[], DocumentScorer],
        store: str | None = None,
        versions: int | None = None,
    ) -> None:
        """As `MemoryFolder`."""
        self.location = location
        self._shared = SharedEntryStore(location)
        self._identity_at: object = None
        super().__init__(location.cache, models, scorer_of, store, versions)

    @property
    def where(self) -> SharedLocation:
        return self.location

    def index_in(self, name: str) -> ServerIndex:
        return shared_index(
            self.location,
            name,
            self._shared.leases.seen,
            fingerprint=self.models.embedder_fingerprint,
            state_of=self._state_of,
        )

    def nearest(
        self,
        vector: Sequence[float],
        k: int,
        *,
        namespace: str | None,
        filter: Mapping[str, Any] | None,
        at: datetime | None = None,
    ) -> list[tuple[str, float]]:
        if self.empty:
            return []
        self._shared.sweep()
        return super().nearest(vector, k, namespace=namespace, filter=filter, at=at)

    def reindex(self, on_progress: Callable[[RunningTask], None] | None = None) -> int:
        """As `MemoryFolder.reindex`; where the server has lost the entries' records, these are made anew too."""
        before = self._made_with("rebuild")
        vectors = self._vectors  # before anything takes long
        if self._shared.records.missing:
            with self.writing():
                self._shared.restore_records()
        index = self.index_in(f"{INDEX}-{uuid4().hex[:8]}")
        try:
            index.add_many(self._records(on_progress))
            for _ in range(_ROUNDS):
                if len(ids := self.out_of_step(index)) <= _FEW:
                    break
                self.bring_in_step(index, ids)
            with self.writing():
                self.bring_in_step(index, self.out_of_step(index))
                count = index.count()
                now = self._made_with("rebuild")
                if now.index != before.index:
                    raise MemoryLocked(f"Another process built the index of the memory in {self.where} anew meanwhile.")
                self._become(now.model_copy(update={**vectors, "index": index.name}))
                with suppress(ParametricMemoryError):  # the next one tries again
                    self._sweep_indexes()
        except BaseException as error:
            with suppress(ParametricMemoryError):
                there = self.location.read_identity()
                if there is None or there.index != index.name:  # else it is whole, and everybody looks there
                    index.drop()
            if isinstance(error, IndexStumbled):
                raise MemoryLocked(
                    f"Another process took away what this one was building for the memory in {self.where}, as a "
                    "reindex, `erase` and `doctor --repair` do: try again."
                ) from error
            raise
        return count

    def upgrade(self, remade: Callable[[Entry, str], Made], on_progress: Callable[[Entry], None] | None = None) -> int:
        """Raises MemoryFolderError: a shared memory is not upgraded where it is."""
        raise MemoryFolderError(
            f"The shared memory in {self.where} is not upgraded where it is: `export` it, and `import` the file into a "
            "new place that is opened with the new models."
        )

    def check_takes_skills(self) -> None:
        raise MemoryFolderError(
            f"The shared memory in {self.where} keeps no skills: add them to a memory in a folder, and export their "
            "adapters from there."
        )

    def tidied(self) -> list[str]:
        with self.writing():
            return [*self._shared.tidy(None), *self._dropped_indexes()]

    def _sweep_indexes(self) -> None:
        self._dropped_indexes()

    def _dropped_indexes(self) -> list[str]:
        """Under the lock: takes away every index but the one in use, also what reindexes left that were killed; the
        collections. A reindex that is running has to begin again.
        """
        known = self.location.known()
        assert known is not None
        server, collections = known
        in_use = f"{collections}-{self._identity.index if self._identity else INDEX}"
        dropped = []
        for name in server.names(f"{collections}-"):
            if name != in_use and OWN_INDEX.fullmatch(name.removeprefix(f"{collections}-")):
                self._shared.leases.check()
                server.drop(name)
                dropped.append(name)
        return dropped

    def _records(self, on_progress: Callable[[RunningTask], None] | None) -> Iterator[IndexRecord]:
        task = RunningTask(task="reindex", pid=os.getpid(), entries=len(self.store.names()))
        for done, entry in enumerate(self.store.iter(), 1):
            if (record := self.record_of_whole(entry)) is not None:
                yield record
            if on_progress:
                on_progress(task.model_copy(update={"done": done}))

    def _erase(self, most: int | None = None) -> None:
        """Under the lock: what writers left goes. What the server's files keep, it sees to by itself."""
        self._shared.tidy(None)

    def _heal(self) -> None:
        self._left = ids = self._shared.leases.ids()
        if ids is None or ids:
            self._shared.tidy(ids)
        super()._heal()

    def _store_for(self, base_model: str | None) -> SharedEntryStore:
        self._shared.base_model_name = base_model
        return self._shared

    def _read_identity(self) -> MemoryIdentity | None:
        """Read again where somebody wrote since."""
        at = self._shared.leases.seen() if self._identity_at is not None else None
        if at is None or at != self._identity_at:
            self._known_identity = self.location.read_identity()
            self._identity_at = at if at is not None else object()
        return self._known_identity

    def _write_identity(self, identity: MemoryIdentity) -> None:
        self._shared.leases.check()
        if self._identity is None:
            self._shared.records.begin()  # from here on it is told when they are gone
        self.location.write_identity(identity)
        self._known_identity = identity
