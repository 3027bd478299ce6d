"""Who writes to a memory: one at a time, in the order in which they came.

    <memory>/entries/.lock              held while somebody writes; the system lets go of it when its process dies
    <memory>/entries/.writer/holder     which process that is
    <memory>/entries/.writer/queue/     a file for each who waits, named by when it came, touched while it waits

A lock file alone lets in whoever asks at the right moment: of many writers, some would wait for good. The queue only
settles the order; that nobody else writes, the lock sees to. Knows nothing about what is written.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from parametric_memory.errors import MemoryLocked
from parametric_memory.files.process_lock import ProcessLock

_POLL = 0.02  # seconds
_DEAD = 2.0  # seconds since one who waits last touched its file
_numbers = count()


class WriteLock:
    """Of one folder of entries, which must be there. Nests within a thread."""

    def __init__(self, entries: Path, timeout: float) -> None:
        """timeout: seconds that a writer waits, unless it says otherwise."""
        self._memory, self._timeout = entries.parent, timeout
        self._lock = ProcessLock(entries / ".lock")
        self._queue, self._holder = entries / ".writer" / "queue", entries / ".writer" / "holder"

    def acquire(self, timeout: float | None = None) -> None:
        """Raises MemoryLocked, which names the process that writes. OSError: the folder cannot be written."""
        if self._lock.depth:
            self._lock.take()
            return
        wait = self._timeout if timeout is None else timeout
        self._queue.mkdir(parents=True, exist_ok=True)
        if (self._waiting() or not self._lock.take()) and not self._waited(wait):
            raise MemoryLocked(
                f"{self._who()} is writing to the memory in {self._memory} (waited {wait:g} s): try again when it has "
                "finished."
            )
        with suppress(OSError):  # a full disk, which the writer will tell of
            self._holder.write_text(f"{os.getpid()}\n")

    def release(self) -> None:
        self._lock.release()

    @property
    def depth(self) -> int:
        """How often this thread has taken it; 0: it has not."""
        return self._lock.depth

    @property
    def is_locked(self) -> bool:
        """Whether this thread has it."""
        return self._lock.depth > 0

    def _waited(self, seconds: float) -> bool:
        """Whether the lock was free, and nobody had come first, within that time."""
        end = time.monotonic() + seconds
        ticket = self._queue / f"{time.time_ns():020}-{os.getpid()}-{threading.get_ident()}-{next(_numbers)}"
        try:
            ticket.touch()
            while True:
                first = next(iter(self._waiting()), ticket.name)
                if first == ticket.name and self._lock.take():
                    return True
                if time.monotonic() >= end:
                    return False
                time.sleep(_POLL)
                with suppress(OSError):  # a full disk
                    ticket.touch()  # made again where others took this one for dead
        finally:
            ticket.unlink(missing_ok=True)

    def _waiting(self) -> list[str]:
        """Who waits, in order; the files of those that died go."""
        alive = []
        for path in sorted(self._queue.iterdir()):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime < _DEAD:
                    alive.append(path.name)
                else:
                    path.unlink()
        return alive

    def _who(self) -> str:
        with suppress(OSError, ValueError):
            pid = int(self._holder.read_text())
            return f"Another thread of this process ({pid})" if pid == os.getpid() else f"Another process ({pid})"
        return "Another process"
