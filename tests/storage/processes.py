"""Other processes that tests start, by `fork`: they take no time for imports."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
_PATIENCE = 60.0  # seconds


def forked(action: Callable[[], object], user: int | None = None) -> None:
    """Does something in another process, whose end is waited for; see `started`."""
    started(action, user)()


def started(action: Callable[[], object], user: int | None = None) -> Callable[[], None]:
    """Begins something in another process; gives what waits for its end.

    That raises AssertionError where it failed there, or took too long. user: whom it runs as.
    """
    pid = _started(action, user)

    def wait() -> None:
        end = time.monotonic() + _PATIENCE
        while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        assert ended[1] == 0, f"it ended with {ended[1]}"

    return wait


def until(action: Callable[[], bool]) -> None:
    """Does something until it works: a server notices a moment later that a process is gone."""
    end = time.monotonic() + 10
    while not action():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def killed_afterwards(action: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Another process that has done something, and then waits to be killed; gives what kills it."""
    done, tell = os.pipe()

    def act() -> None:
        action()
        os.write(tell, b"done")
        signal.pause()

    pid = _started(act, None)
    os.close(tell)
    alive = True

    def kill() -> None:
        nonlocal alive
        if alive:
            alive = False
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    try:
        assert os.read(done, 4) == b"done", "it failed"
        yield kill
    finally:
        kill()
        os.close(done)


def _started(action: Callable[[], object], user: int | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        if user is not None:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        action()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
