"""Makes cancelling a write all-or-nothing: a transaction commits, or its caller is told that nothing was written.

Knows nothing about what is written.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

_P = ParamSpec("_P")
_S = TypeVar("_S")
_T = TypeVar("_T")
_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)

_LONG_TEXT = 100_000  # characters
_LOOKED = 0.05  # seconds between checks whether a call that waits was cancelled
_long_text = threading.RLock()


class Cancelled(Exception):
    """The call was cancelled: its transaction is rolled back."""


class Cancellation:
    """The cancellation of one call that writes, in whichever thread it runs.

    results: of committed transactions that reported them with `committed`.
    """

    def __init__(self) -> None:
        self.results: list[Any] = []
        self._cancelled, self._committed = False, False
        self._lock = threading.Lock()

    def cancel(self) -> bool:
        """Prevents further commits and waits for one that has begun. Returns whether nothing was committed."""
        with self._lock:
            self._cancelled = True
            return not self._committed

    def check(self) -> None:
        """Raises Cancelled."""
        if self._cancelled:
            raise Cancelled

    def commit(self, commit: Callable[[], None]) -> None:
        """Commits. Raises Cancelled, and commits nothing, after `cancel`."""
        with self._lock:
            self.check()
            commit()
            self._committed = True

    def run(self, write: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls a function whose transactions ask this object whether they may commit."""
        with _asking(self):
            return write(*args, **kwargs)


@contextmanager
def _asking(cancellation: Cancellation | None) -> Iterator[None]:
    """A block in which transactions ask this cancellation whether they may commit; None: they may."""
    token = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(token)


def commit(transaction: Callable[[], None]) -> None:
    """Commits, unless the call was cancelled. Raises Cancelled."""
    if (cancellation := _current.get()) is not None:
        cancellation.commit(transaction)
    else:
        transaction()


def regardless(work: Callable[[], None]) -> None:
    """Runs work that follows a commit, even if the call was cancelled meanwhile."""
    with _asking(None):
        work()


def check_cancelled() -> None:
    """Raises Cancelled if the call was cancelled. Call it before work that takes long."""
    if (cancellation := _current.get()) is not None:
        cancellation.check()


def long_texts_in_turn(function: Callable[Concatenate[str, _P], _T]) -> Callable[Concatenate[str, _P], _T]:
    """Decorates a function that splits a text: one thread at a time splits a long one. Raises Cancelled.

    A regular expression holds Python's lock until it has looked through the whole text. Several threads with texts of
    megabytes would stop all others for as long as that takes together.
    """

    @wraps(function)
    def in_turn(text: str, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if len(text) < _LONG_TEXT:
            return function(text, *args, **kwargs)
        while not _long_text.acquire(timeout=_LOOKED):
            check_cancelled()
        try:
            check_cancelled()
            return function(text, *args, **kwargs)
        finally:
            _long_text.release()

    return in_turn


if hasattr(os, "register_at_fork"):  # the thread that held the lock is not in the child
    os.register_at_fork(after_in_child=_long_text._at_fork_reinit)  # type: ignore[attr-defined]  # as `logging` does


def committed(result: _T) -> _T:
    """Records the result of a transaction in a call of several that may be cancelled. Returns it."""
    if (cancellation := _current.get()) is not None:
        cancellation.results.append(result)
    return result


async def in_thread(write: Callable[[], _T], done: str) -> _T:
    """Calls a function that writes, in a thread.

    After a cancellation nothing more is committed. The CancelledError has two arguments: a sentence about what
    happened, and the function's result, or a list of the results that were committed, or None.

    done: the past participle of what the function does, such as "added".
    """
    cancellation, context = Cancellation(), copy_context()
    # A future of the pool, not a task: a loop cancels all its tasks when it ends.
    writing = asyncio.get_running_loop().run_in_executor(None, lambda: context.run(cancellation.run, write))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        nothing = cancellation.cancel()
    if nothing:
        writing.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # or asyncio would log it
        raise asyncio.CancelledError(f"Nothing was {done}.", None)
    while not writing.done():
        with suppress(asyncio.CancelledError):  # again: the result comes in a moment
            await asyncio.wait([writing])
    failed = writing.exception()
    if failed is None:
        result = writing.result()
        raise asyncio.CancelledError(f"It was {done} all the same: {', '.join(_names(result))}.", result)
    message = f"Only a part was {done}: {', '.join(_names(cancellation.results))}."
    if isinstance(failed, Cancelled):
        raise asyncio.CancelledError(message, [*cancellation.results]) from None
    raise asyncio.CancelledError(f"{message} {failed}", [*cancellation.results]) from failed


def _names(result: Any) -> Iterator[str]:
    """The ids of what was written; of many the first three and how many follow."""
    written = result if isinstance(result, list) else [result]
    yield from (str(getattr(each, "id", each)) for each in written[:3])
    if len(written) > 3:
        yield f"and {len(written) - 3} more"


def async_twin(
    method: Callable[Concatenate[_S, _P], _T], done: str | None = None
) -> Callable[Concatenate[_S, _P], Coroutine[Any, Any, _T]]:
    """The async twin of a method, named with an `a` before it, which runs the method in a thread.

    done: for a method that writes, see `in_thread`: if the twin is cancelled, nothing is written afterwards.
    """

    @wraps(method)
    async def twin(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        call = partial(getattr(self, method.__name__), *args, **kwargs)  # also of a subclass
        return await (asyncio.to_thread(call) if done is None else in_thread(call, done))

    twin.__name__ = f"a{method.__name__}"
    twin.__qualname__ = f"{method.__qualname__.rpartition('.')[0]}.{twin.__name__}"
    cancelled = "" if done is None else " If it is cancelled, nothing more is written: see `cancellation.in_thread`."
    twin.__doc__ = f"`{method.__name__}`, in a thread.{cancelled}"
    return twin
