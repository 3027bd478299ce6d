"""Work that blocks, away from the loop that serves: so much at once, and more is told to come again.

Knows nothing about what the work is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem

_T = TypeVar("_T")
_RETRY_AFTER = {"Retry-After": "1"}


class Place:
    """A place among those in work; whoever loses it has left."""

    def __init__(self, leave: Callable[[], None]):
        self._leave: Callable[[], None] | None = leave

    def leave(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def __del__(self) -> None:
        self.leave()


class Desk:
    """Runs work in threads, a bounded number of pieces at once."""

    def __init__(self, most: int, seconds: float, metrics: Metrics):
        """
        Args:
            most: how many requests may be in work or wait.
            seconds: the longest that one may take.
        """
        self._most, self._seconds, self._metrics, self._busy = most, seconds, metrics, 0
        self._threads = ThreadPoolExecutor(most, "parametric-memory-server")

    def take(self) -> Place:
        """A place among those in work. Raises Problem (429) where all are taken."""
        if self._busy >= self._most:
            self._metrics.count("refused_total")
            told = f"{self._busy} requests are in work already: try again in a second."
            raise Problem(429, told, headers=_RETRY_AFTER)
        self._change(1)
        return Place(lambda: self._change(-1))

    def _change(self, by: int) -> None:
        self._busy += by
        self._metrics.set("requests_in_work", self._busy)

    @asynccontextmanager
    async def in_time(self, place: Place) -> AsyncIterator[None]:
        """A block of work, after which a place is free. Raises Problem (504) where it takes too long."""
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError:
            raise Problem(504, f"It took longer than {self._seconds:g} seconds: ask for less.") from None
        finally:
            place.leave()

    async def run(self, work: Callable[[], _T]) -> _T:
        """What some work gives, within a place of its own. Raises what the work raises."""
        async with self.in_time(self.take()):
            return await self.in_thread(work)

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """The same within a place that is taken already."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def pieces(self, pieces: Iterator[_T]) -> AsyncIterator[_T]:
        """What an iterator gives, as it comes, within a place that is taken; it is closed when nobody reads on."""
        done = object()
        following: asyncio.Future[object] | None = None
        try:
            while True:
                following = asyncio.ensure_future(self.in_thread(lambda: next(pieces, done)))
                piece = await asyncio.shield(following)
                if piece is done:
                    return
                yield piece  # type: ignore[misc]
        finally:
            if following is not None and not following.done():
                following.add_done_callback(lambda _: self._threads.submit(_close, pieces))
            else:
                self._threads.submit(_close, pieces)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _close(pieces: Iterator[object]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
