"""Shows how far a long command is: one bar in a terminal, else a short line now and then. Knows no command."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from parametric_memory.progress import shown_by

if TYPE_CHECKING:
    from rich.progress import Progress

_SECONDS = 10.0  # between lines


class _Shown:
    """What is done, as it is reported: of the whole, reported first, and of the part in work."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._next = tell, time.monotonic() + _SECONDS
        self._done: dict[str, tuple[int, int | None]] = {}
        self._bar: Progress | None = None

    def __call__(self, what: str, done: int, of: int | None) -> None:
        whole = next(iter(self._done), what)
        self._done = {what: (done, of)} if what == whole else {whole: self._done[whole], what: (done, of)}
        if sys.stderr.isatty():
            self._draw()
        elif done != of and (now := time.monotonic()) >= self._next:  # what is done is shown
            self._next = now + _SECONDS
            self._tell(str(self))

    def __str__(self) -> str:
        parts = (f"{done:,} {what}" if of is None else f"{done:,} of {of:,} {what}" for what, (done, of) in self)
        return ", ".join(parts)

    def __iter__(self) -> Iterator[tuple[str, tuple[int, int | None]]]:
        """What is reported, without a whole of one."""
        return ((what, of) for what, of in self._done.items() if of[1] != 1 or len(self._done) == 1)

    def _draw(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        if self._bar is None:
            columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), redirect_stdout=False, transient=True)
            self._bar.add_task("")
            self._bar.start()
        _, (done, of) = next(iter(self))
        self._bar.update(self._bar.task_ids[0], completed=done, total=of, description=str(self))

    def hide(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


_shown: _Shown | None = None


@contextmanager
def show_progress(tell: Callable[[str], None], resumes: bool) -> Iterator[None]:
    """Shows what is reported within the block.

    Args:
        tell: prints a line on stderr.
        resumes: if the block is interrupted, says how far it was, and that the same command goes on from there.
    """
    global _shown
    _shown = shown = _Shown(tell)
    try:
        with shown_by(shown):
            yield
    except KeyboardInterrupt:
        shown.hide()
        if resumes and str(shown):
            tell(f"Stopped at {shown}. The same command does what is left.")
        raise
    finally:
        hide_progress()
        _shown = None


def hide_progress() -> None:
    """Removes the bar, before a result is printed."""
    if _shown is not None:
        _shown.hide()
