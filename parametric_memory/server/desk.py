"""Work that blocks, away from the loop that serves: so much at once, and more is told to come again.

What works for a request is cancelled with it: `check_cancelled` raises in its thread.

Knows nothing about what the work is.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from parametric_memory.cancellation import Cancellation, Cancelled, check_cancelled
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem

_T = TypeVar("_T")
current_client: ContextVar[str | None] = ContextVar("client", default=None)  # None: nobody is told from others

_COMMITTED_SECONDS = 1.5  # beyond its time, that a change has which is committed
_LONGEST_RETRY = 60  # seconds
_PROCESS_BYTES = 4_000_000_000  # that a process of its own may take
_ADDED_BYTES = 400  # a second that a slow processor internalizes
_CLIENT_LOOKED = 1.0  # seconds between looks whether a client that adds is still there
_LOOKED = 0.05  # seconds between looks whether the work of a process is still wanted


class Place:
    """A place among those in work, for a time; whoever loses it has left.

    It is another's when it was left and nothing works in it any more: a thread cannot be stopped, only asked to end.

    Attributes:
        until: when its time is up, as the loop's clock has it.
        abandoned: set when it is left: what still works in it is wanted by nobody.
        cancellation: of what works in it, cancelled at the same time.
    """

    def __init__(self, threads: ThreadPoolExecutor, seconds: float, free: Callable[[], None]):
        self.until, self.abandoned = asyncio.get_running_loop().time() + seconds, threading.Event()
        self.cancellation = Cancellation()
        self._threads, self.seconds = threads, seconds
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
        self.cancellation.cancel()
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
            begun = self._threads.submit(self.cancellation.run, work)
        except BaseException:
            self._change(-1)
            raise
        begun.add_done_callback(lambda _: self._change(-1))
        return begun

    async def _in_time(self, begun: Future[_T]) -> _T:
        try:
            async with asyncio.timeout_at(self.until) as limit:
                return await asyncio.wrap_future(begun)
        except Cancelled:
            raise self.late from None
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
        return Problem(504, f"It took longer than {self.seconds:g} seconds: ask for less.")


class Desk:
    """Runs work in threads, a bounded number of pieces at once."""

    def __init__(self, most: int, seconds: float, metrics: Metrics):
        """
        Args:
            most: how many requests may be in work or wait.
            seconds: the longest that one may take.
        """
        self._most, self._seconds, self._metrics = most, seconds, metrics
        self._of: Counter[str | None] = Counter()  # places that are taken, by who has them
        self._usual = 1.0  # seconds that a place is taken for, of late
        self._counting = threading.RLock()  # also of a place that is lost while another one is counted
        self._threads = ThreadPoolExecutor(most, "parametric-memory-server")

    def take(self, more_seconds: float = 0.0) -> Place:
        """A place among those in work, for the `current_client`. more_seconds: beyond those that a request may take.

        A client that is told from others leaves room for each of the others, and for one that has yet to come.

        Raises Problem (429), which says when to come again: all are taken, or as many as the client may have.
        """
        client = current_client.get()
        with self._counting:
            others = sum(other != client for other in self._of)
            mine, share = self._of[client], self._most if client is None else max(1, self._most // (others + 2))
            if self._of.total() >= self._most or mine >= share:
                self._metrics.count("refused_total")
                again = min(_LONGEST_RETRY, math.ceil(self._usual))
                whose, most = ("", self._most) if mine < share else ("of this key ", share)
                told = f"{most} requests {whose}are in work already: try again in {again} s."
                raise Problem(429, told, headers={"Retry-After": str(again)})
            self._change(client, 1)
        began = time.monotonic()

        def free() -> None:
            with self._counting:
                self._usual += (time.monotonic() - began - self._usual) / self._most
                self._change(client, -1)

        return Place(self._threads, self._seconds + more_seconds, free)

    def _change(self, client: str | None, by: int) -> None:
        with self._counting:
            self._of[client] += by
            if not self._of[client]:
                del self._of[client]
            self._metrics.set("requests_in_work", self._of.total())

    async def run(self, work: Callable[[], _T]) -> _T:
        """What some work gives, within a place of its own. Raises as `take` and `Place.in_thread` do."""
        with self.take() as place:
            return await place.in_thread(work)

    async def write(
        self, work: Callable[[], _T], size: int = 0, has_left: Callable[[], Awaitable[bool]] | None = None
    ) -> _T:
        """Runs work that changes the memory, within a place of its own.

        If its time is up, or its client leaves, before anything is committed, nothing is written, and it raises as
        `run` does. What is committed then has a moment more to be answered.

        Args:
            size: bytes that are added, for which it has more time.
            has_left: whether the client is gone.
        """
        with self.take(size / _ADDED_BYTES) as place:
            writing = asyncio.wrap_future(place.begin(work))
            writing.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # also where nobody waits
            loop = asyncio.get_running_loop()
            while (left := place.until - loop.time()) > 0:
                done, _ = await asyncio.wait([writing], timeout=min(left, _CLIENT_LOOKED))
                if done:
                    return writing.result()
                if has_left is not None and await has_left():
                    if place.cancellation.cancel():
                        raise Problem(499, "The client has gone.")
                    break
            if place.cancellation.cancel():
                raise place.late
            done, _ = await asyncio.wait([writing], timeout=_COMMITTED_SECONDS)
            if not done or isinstance(writing.exception(), Cancelled):
                told = f"It took longer than {place.seconds:g} seconds, and at least a part of it is written"
                raise Problem(504, f"{told}: look what is there.")
            return writing.result()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def in_process(work: Callable[..., _T], *args: Any) -> _T:
    """What some work gives in a process of its own, which ends with the request that this thread works for.

    Raises what the work raises, Cancelled where nobody waits for it, and Problem (413) where it takes too much memory.
    """
    bounded: tuple[Any, ...] = ()
    with suppress(ImportError):  # of systems that know no such limit
        import resource

        bounded = (resource.setrlimit, (resource.RLIMIT_AS, (_PROCESS_BYTES, _PROCESS_BYTES)))
    with multiprocessing.get_context("spawn").Pool(1, *bounded) as pool:
        coming = pool.apply_async(work, args)
        while not coming.ready():
            check_cancelled()
            coming.wait(_LOOKED)
        try:
            return coming.get()
        except MemoryError:
            raise Problem(413, "Reading this takes too much memory: split it into parts.") from None
