"""A collection of a shared memory's server, opened once in every process.

Knows nothing about what it holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

    from parametric_memory.storage.shared.location import SharedLocation


class SharedCollection:
    """The one of a purpose, such as the memory's leases. Threads may share it."""

    def __init__(self, location: SharedLocation, purpose: str) -> None:
        self._location, self._purpose = location, purpose
        self._opened: tuple[int, Collection] | None = None  # and the process that opened it

    @contextmanager
    def used(self, create: bool = False) -> Iterator[Any]:
        """The collection; None if there is none and none is made. Raises as `IndexServer.errors`."""
        known, process = self._location.known(create), os.getpid()
        if known is None:
            yield None
            return
        server, name = known
        try:
            with server.errors():
                if self._opened is None or self._opened[0] != process:
                    found = server.collection(f"{name}-{self._purpose}", create)
                    self._opened = (process, found) if found is not None else None
                yield self._opened[1] if self._opened is not None else None
        except BaseException:
            self._opened = None
            raise
