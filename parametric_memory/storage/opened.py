"""A memory by where it is: in a folder of this machine, or shared by several. Knows nothing about either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.storage.entry_store import EntryStore
from parametric_memory.storage.folder import DocumentScorer, MemoryFolder
from parametric_memory.storage.identity import INDEX, MemoryIdentity, read_identity
from parametric_memory.storage.shared.location import SharedLocation, shared_index
from parametric_memory.storage.tasks import Work

if TYPE_CHECKING:
    from parametric_memory.models.selection import Models
    from parametric_memory.records import RunningTask


def identity_of(where: Path | SharedLocation) -> MemoryIdentity | None:
    """What a memory was made with; None for one that is yet to be made. Raises as `read_identity`."""
    return read_identity(where) if isinstance(where, Path) else where.read_identity()


def store_of(where: Path | SharedLocation) -> EntryStore:
    """The entries of a memory, which need not be there."""
    if isinstance(where, Path):
        return EntryStore(where)
    from parametric_memory.storage.shared.entries import SharedEntryStore

    return SharedEntryStore(where)


def index_of(where: Path | SharedLocation) -> MemoryIndex | None:
    """The index of a memory, whatever its vectors are made with; None: it has none yet, and is shared."""
    identity = identity_of(where)
    name = identity.index if identity else INDEX
    if isinstance(where, Path):
        return MemoryIndex(where / name)
    return shared_index(where, name, lambda: None) if identity else None


def task_in(where: Path | SharedLocation) -> RunningTask | None:
    """What is running in a memory's folder, in whatever process."""
    return Work(where).running() if isinstance(where, Path) else None


def left_in(where: Path | SharedLocation) -> RunningTask | None:
    """What was running in a memory's folder when its process died, and can go on."""
    return Work(where).left() if isinstance(where, Path) else None


def opened(
    where: Path | SharedLocation,
    models: Models,
    scorer_of: Callable[[], DocumentScorer],
    store: str | None = None,
    versions: int | None = None,
) -> MemoryFolder:
    """The memory that is there, as `MemoryFolder`, and raises as that."""
    if isinstance(where, Path):
        return MemoryFolder(where, models, scorer_of, store, versions)
    from parametric_memory.storage.shared.memory import SharedMemory

    return SharedMemory(where, models, scorer_of, store, versions)
