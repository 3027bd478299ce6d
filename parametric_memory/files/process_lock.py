"""A lock file that is its process's own: one that was forked from it has a lock of its own, which it does not hold.

Knows nothing about what is locked.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout


class ProcessLock:
    """Nests within a thread. The system lets go of it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._of, self._own = os.getpid(), FileLock(path)

    @property
    def _lock(self) -> FileLock:
        if self._of != os.getpid():
            self._of, self._own = os.getpid(), FileLock(self._path)
        return self._own

    def take(self, seconds: float = 0.0) -> bool:
        """Whether this thread has it by now. Raises OSError where the file may not be made."""
        with suppress(Timeout):
            self._lock.acquire(timeout=seconds)
            return True
        return False

    def release(self) -> None:
        """Once for each time that it was taken."""
        self._lock.release()

    @property
    def depth(self) -> int:
        """How often this thread has taken it; 0: it has not."""
        return self._lock.lock_counter
