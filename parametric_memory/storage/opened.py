"""A memory by where it is: in a folder of this machine, or shared by several. Knows nothing about either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.storage.folder import DocumentScorer, MemoryFolder
from parametric_memory.storage.identity import MemoryIdentity, read_identity
from parametric_memory.storage.shared.location import SharedLocation

if TYPE_CHECKING:
    from parametric_memory.models.selection import Models


def identity_of(where: Path | SharedLocation) -> MemoryIdentity | None:
    """What a memory was made with; None for one that is yet to be made. Raises as `read_identity`."""
    return read_identity(where) if isinstance(where, Path) else where.read_identity()


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
