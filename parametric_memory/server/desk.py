"""Work that blocks, away from the loop that serves: so much at once, and more is told to come again.

Knows nothing about what the work is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from parametric_memory.cancellation import Cancellation
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem

_T = TypeVar("_T")
_RETRY_AFTER = {"Retry-After": "1"}


class Place:
    """A place among those in work, for a time; whoever loses it has left.

    It is another's when it was left and nothing works in it any more: a thread cannot be stopped, only asked to end.

    Attributes:
        until: when its time is up, as the loop's clock has it.
        abandoned: set when it is left: what still works in it is wanted by nobody.
    """

    def __init__(self, threads: ThreadPoolExecutor, seconds: float, free: Callable[[], None]):
        self.until, self.abandoned = asyncio.get_running_loop().time() + seconds, threading.Event()
        self._threads, self._seconds = threads, seconds
        self._free: Callable[[], None] | None = free
        self._working, self._lock = 0, threading.Lock()

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def __del__(self) -> None:
        self.leave()

    def leave(self) -> None:
        self.abandoned.set()
        self._change(0)

    def _change(self, by: int) -> None:
        with self._lock:
            self._working += by
            is_free = self.abandoned.is_set() and not self._working
            free, self._free = (self._free, None) if is_free else (None, self._free)
        if free is not None:
            free()

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """What some work gives. Raises what it raises, and Problem (504) where the place's time is up before."""
        if self.abandoned.is_set():
            raise self.late
        return await self._in_time(self.begin(work))

    async def pieces(self, pieces: Iterator[_T]) -> AsyncIterator[_T]:
        """What an iterator gives, as it comes; it is closed when nobody reads on. Raises as `in_thread` does."""
        done = object()
        following: Future[object] | None = None
        try:
            while not self.abandoned.is_set():
                following = self.begin(lambda: next(pieces, done))
                piece = await self._in_time(following)
                if piece is done:
                    return
                yield piece  # type: ignore[misc]
            raise self.late
        finally:
            if following is not None:
                following.add_done_callback(lambda _: self._close(pieces))

    def begin(self, work: Callable[[], _T]) -> Future[_T]:
        """Starts some work in a thread. Until it ends the place is taken."""
        self._change(1)
        try:
            begun = self._threads.submit(work)
        except BaseException:
            self._change(-1)
            raise
        begun.add_done_callback(lambda _: self._change(-1))
        return begun

    async def _in_time(self, begun: Future[_T]) -> _T:
        try:
            async with asyncio.timeout_at(self.until) as limit:
                return await asyncio.wrap_future(begun)
        except TimeoutError:
            if not limit.expired():  # it is the work's own
                raise
            raise self.late from None

    def _close(self, pieces: Iterator[object]) -> None:
        close = getattr(pieces, "close", None)
        if close is not None:
            with suppress(RuntimeError):  # the server has ended, and its threads
                self.begin(close)

    @property
    def late(self) -> Problem:
        """What is told where the place's time is up."""
        return Problem(504, f"It took longer than {self._seconds:g} seconds: ask for less.")


class Desk:
    """Runs work in threads, a bounded number of pieces at once."""

    def __init__(self, most: int, seconds: float, metrics: Metrics):
        """
        Args:
            most: how many requests may be in work or wait.
            seconds: the longest that one may take.
        """
        self._most, self._seconds, self._metrics, self._busy = most, seconds, metrics, 0
        self._counting = threading.RLock()  # also of a place that is lost while another one is counted
        self._threads = ThreadPoolExecutor(most, "parametric-memory-server")

    def take(self) -> Place:
        """A place among those in work. Raises Problem (429) where all are taken."""
        with self._counting:
            if self._busy >= self._most:
                self._metrics.count("refused_total")
                told = f"{self._busy} requests are in work already: try again in a second."
                raise Problem(429, told, headers=_RETRY_AFTER)
            self._change(1)
        return Place(self._threads, self._seconds, lambda: self._change(-1))

    def _change(self, by: int) -> None:
        with self._counting:
            self._busy += by
            self._metrics.set("requests_in_work", self._busy)

    async def run(self, work: Callable[[], _T]) -> _T:
        """What some work gives, within a place of its own. Raises as `Place.in_thread` does."""
        with self.take() as place:
            return await place.in_thread(work)

    async def write(self, work: Callable[[], _T]) -> _T:
        """What some work gives that changes the memory, within a place of its own.

        Where its time is up, or nobody waits for it any more, before anything is committed, nothing is written, and it
        raises as `run` does.
        """
        cancellation = Cancellation()
        with self.take() as place:
            writing = asyncio.wrap_future(place.begin(lambda: cancellation.run(work)))
            try:
                done, _ = await asyncio.wait([writing], timeout=self._seconds)
                if not done and cancellation.cancel():
                    raise place.late
                return await asyncio.shield(writing)
            finally:
                if not writing.done():
                    cancellation.cancel()
                    writing.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody waits

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
