"""Whether a write that somebody stopped waiting for happens: decided once, when it begins to change the memory.

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
_current: ContextVar[Decision | None] = ContextVar("decision", default=None)


class Refused(Exception):
    """Nobody waits for the write any more, and nothing was changed, or nothing else will be."""


class Decision:
    """Of one call that writes, in whatever thread.

    Attributes:
        unwanted: nobody waits for it any more: a call of several steps ends after the one that has begun.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: bool | None = None
        self.unwanted = False

    def refuse(self) -> bool:
        """Whether nothing will be written; False: it is being written, or was."""
        return self._is(False)

    def begin(self) -> None:
        """Raises Refused where nothing is to be written."""
        if not self._is(True):
            raise Refused

    def deciding(self, write: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls what writes; all that it changes waits for this decision."""
        token = _current.set(self)
        try:
            return write(*args, **kwargs)
        finally:
            _current.reset(token)

    def _is(self, begun: bool) -> bool:
        with self._guard:
            if self._begun is None:
                self._begun = begun
            return self._begun is begun


def go_on() -> None:
    """Before a change: raises Refused where the call that it belongs to was stopped."""
    if (decision := _current.get()) is not None:
        decision.begin()


def between_steps() -> None:
    """Before another step of a call that may end after any of them: raises Refused where nobody waits for it."""
    if (decision := _current.get()) is not None and decision.unwanted:
        raise Refused


async def written(write: Callable[[], _T], done: str, names: Callable[[Any], Iterable[str]], so_far: Any = None) -> _T:
    """What a call that writes gives, in a thread.

    Where it is cancelled, nothing comes later. The arguments of the CancelledError tell what happened in words, and
    give the result, or None where nothing was changed. Where the write failed, that is its cause.

    Args:
        done: what it does, as "added".
        names: of what was written, for the words.
        so_far: the result of a call of several steps, as it grows; see `between_steps`.
    """
    import asyncio  # takes a tenth of the time that importing the package takes

    decision, context = Decision(), copy_context()
    # A future of the pool, not a task: those are all cancelled where a loop ends.
    writing = asyncio.get_running_loop().run_in_executor(None, lambda: context.run(decision.deciding, write))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        decision.unwanted = True
    if decision.refuse():
        failed = None if writing.cancel() else writing.exception()
        raise asyncio.CancelledError(f"Nothing was {done}.", None) from failed
    while not writing.done():
        with suppress(asyncio.CancelledError):  # once more: it is known in a moment
            await asyncio.wait([writing])
    failed = writing.exception()
    if failed is None:
        result = writing.result()
        raise asyncio.CancelledError(f"It was {done} all the same: {', '.join(names(result))}.", result)
    part = f"Only a part was {done}: {', '.join(names(so_far))}." if so_far else f"It could not be {done}."
    if isinstance(failed, Refused):
        raise asyncio.CancelledError(part, so_far or None)
    raise asyncio.CancelledError(f"{part} {failed}", so_far or None) from failed
