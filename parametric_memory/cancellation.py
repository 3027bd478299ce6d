"""Makes cancelling a write all-or-nothing: a transaction commits, or its caller is told that nothing was written.

Knows nothing about what is written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


class Cancelled(Exception):
    """Nobody waits for the write any more: it is rolled back."""


class Cancellation:
    """Of one call that writes, in whatever thread.

    Attributes:
        results: what its transactions that were committed have written, as far as they have said.
    """

    def __init__(self) -> None:
        self.results: list[Any] = []
        self._cancelled, self._committed = False, False
        self._lock = threading.Lock()

    def cancel(self) -> bool:
        """Lets nothing more be committed, and waits for a commit that has begun. True: nothing was committed."""
        with self._lock:
            self._cancelled = True
            return not self._committed

    def check(self) -> None:
        """Raises Cancelled."""
        if self._cancelled:
            raise Cancelled

    def commit(self, commit: Callable[[], None]) -> None:
        """Raises Cancelled, and commits nothing, after `cancel`."""
        with self._lock:
            self.check()
            commit()
            self._committed = True

    def run(self, write: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls what writes; its transactions ask this object whether they may commit."""
        token = _current.set(self)
        try:
            return write(*args, **kwargs)
        finally:
            _current.reset(token)


def commit(transaction: Callable[[], None]) -> None:
    """Commits, unless the call was cancelled. Raises Cancelled."""
    if (cancellation := _current.get()) is not None:
        cancellation.commit(transaction)
    else:
        transaction()


def regardless(work: Callable[[], None]) -> None:
    """Does what follows a commit, also where the call was cancelled by then."""
    token = _current.set(None)
    try:
        work()
    finally:
        _current.reset(token)


def check_cancelled() -> None:
    """Before work that takes long: raises Cancelled where nobody waits for it."""
    if (cancellation := _current.get()) is not None:
        cancellation.check()


def committed(result: _T) -> _T:
    """Notes what a transaction has written, for who cancels a call that has several."""
    if (cancellation := _current.get()) is not None:
        cancellation.results.append(result)
    return result


async def in_thread(write: Callable[[], _T], done: str, names: Callable[[Any], Iterable[str]]) -> _T:
    """Calls what writes, in a thread.

    After a cancellation nothing more is committed. The CancelledError's arguments are what happened, in words, and the
    result: what the call returned, a list of what it had committed where it was cut short, or None.

    Args:
        done: the verb for what it does, as "added".
        names: the names of what was written.
    """
    import asyncio  # takes a tenth of the time that importing the package takes

    cancellation, context = Cancellation(), copy_context()
    # A future of the pool, not a task: those are all cancelled where a loop ends.
    writing = asyncio.get_running_loop().run_in_executor(None, lambda: context.run(cancellation.run, write))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        nothing = cancellation.cancel()
    if nothing:
        writing.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # which nobody waits for
        raise asyncio.CancelledError(f"Nothing was {done}.", None)
    while not writing.done():
        with suppress(asyncio.CancelledError):  # once more: it is known in a moment
            await asyncio.wait([writing])
    failed = writing.exception()
    if failed is None:
        result = writing.result()
        raise asyncio.CancelledError(f"It was {done} all the same: {', '.join(names(result))}.", result)
    partly = f"Only a part was {done}: {', '.join(names(cancellation.results))}."
    words = partly if isinstance(failed, Cancelled) else f"{partly} {failed}"
    raise asyncio.CancelledError(words, [*cancellation.results]) from (
        None if isinstance(failed, Cancelled) else failed
    )
