"""Whether a write that somebody stopped waiting for happens: decided once, when it begins to change the memory.

Knows nothing about what is written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_current: ContextVar[Decision | None] = ContextVar("decision", default=None)


class Refused(Exception):
    """Nobody waits for the write any more, and nothing was changed."""


class Decision:
    """Of one call that writes, in whatever thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: bool | None = None

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
