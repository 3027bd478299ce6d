"""Whether a memory's index holds what its database does."""

from __future__ import annotations

from parametric_memory import ParametricMemory
from parametric_memory.index.chroma import ChromaIndex


def index_of(memory: ParametricMemory) -> ChromaIndex:
    """The index that the memory has opened."""
    index = memory.storage.search.index.in_use(memory.storage.database.settings())
    assert index is not None
    return index


def in_step(memory: ParametricMemory) -> bool:
    """Whether the index holds the vectors of all entries, and nothing else; or is not there, as that of a small memory
    in a folder. The memory must own it."""
    follower, folder = memory.storage.search.index, memory.storage.location.folder
    problems = follower.problems()
    if follower.in_use(memory.storage.database.settings()) is None:
        return folder is not None and not list(folder.glob("chroma*"))
    assert follower.owner.take()
    return not problems and len(index_of(memory).ids()) == memory.storage.search.count() > 0
