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
        so_far: what was written by the steps of it that are done.
    """

    def __init__(self, by_steps: bool = False) -> None:
        """by_steps: each step is decided by itself, and the call may end after any of them, see `between_steps`."""
        self.so_far: list[Any] = []
        self._by_steps, self._unwanted = by_steps, False
        self._guard = threading.Lock()
        self._begun: bool | None = None

    def refuse(self) -> bool:
        """Whether nothing more will be written; False: it is being written, or was."""
        with self._guard:
            self._unwanted = True
            return self._is(False)

    def begin(self) -> None:
        """Raises Refused where nothing is to be written."""
        with self._guard:
            if not self._is(True):
                raise Refused

    def end_step(self, result: Any) -> None:
        """result: what the step gives, which counts where something was written since the decision."""
        with self._guard:
            if self._begun:
                self.so_far.append(result)

    def next_step(self) -> None:
        """Raises Refused where nobody waits for it."""
        with self._guard:
            if self._by_steps:
                if self._unwanted:
                    raise Refused
                self._begun = None

    def deciding(self, write: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls what writes; all that it changes waits for this decision."""
        token = _current.set(self)
        try:
            return write(*args, **kwargs)
        finally:
            _current.reset(token)

    def _is(self, begun: bool) -> bool:
        if self._begun is None:
            self._begun = begun
        return self._begun is begun


def go_on() -> None:
    """Before a change: raises Refused where the call that it belongs to was stopped."""
    if (decision := _current.get()) is not None:
        decision.begin()


def between_steps() -> None:
    """Before another step of a call that may end after any of them: raises Refused where nobody waits for it."""
    if (decision := _current.get()) is not None:
        decision.next_step()


def step_done(result: _T) -> _T:
    """What a step of a call of several gives: told where the call ends before the last of them."""
    if (decision := _current.get()) is not None:
        decision.end_step(result)
    return result


async def written(
    write: Callable[[], _T], done: str, names: Callable[[Any], Iterable[str]], *, by_steps: bool = False
) -> _T:
    """What a call that writes gives, in a thread.

    Where it is cancelled, nothing comes later. The arguments of the CancelledError tell what happened in words, and
    give the result, a list of what its steps gave where only some of them were done, or None where nothing was changed.
    Where the write failed, that is its cause.

    Args:
        done: what it does, as "added".
        names: of what was written, for the words.
        by_steps: it ends after the step that has begun, or before one, where it is cancelled; else after the last.
    """
    import asyncio  # takes a tenth of the time that importing the package takes

    decision, context = Decision(by_steps), copy_context()
    # A future of the pool, not a task: those are all cancelled where a loop ends.
    writing = asyncio.get_running_loop().run_in_executor(None, lambda: context.run(decision.deciding, write))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        refused = decision.refuse()
    failed: BaseException | None = None
    if not refused or not writing.cancel():
        while not writing.done():
            with suppress(asyncio.CancelledError):  # once more: it is known in a moment
                await asyncio.wait([writing])
        failed = writing.exception()
        if failed is None and (decision.so_far or not refused):
            result = writing.result()
            raise asyncio.CancelledError(f"It was {done} all the same: {', '.join(names(result))}.", result)
    so_far = [*decision.so_far]
    told = f"Nothing was {done}." if refused else f"It could not be {done}."
    if so_far:
        told = f"Only a part was {done}: {', '.join(names(so_far))}."
    if failed is None or isinstance(failed, Refused):
        raise asyncio.CancelledError(told, so_far or None)
    raise asyncio.CancelledError(f"{told} {failed}", so_far or None) from failed
