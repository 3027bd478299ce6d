"""Tells how far long work is. Who shows it, if anybody, is set around the work, not passed through every room between.

Knows nothing about what is done, nor how progress is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Show = Callable[[str, int, int | None], None]
_show: ContextVar[Show | None] = ContextVar("show", default=None)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """Calls `show` with what `report_progress` reports within the block, in this thread."""
    token = _show.set(show)
    try:
        yield
    finally:
        _show.reset(token)


def report_progress(what: str, done: int, of: int | None = None) -> None:
    """Reports that so many are done. what: a plural, such as "sentences". of: how many there are, if that is known."""
    if (show := _show.get()) is not None:
        show(what, done, of)
