"""Runs blocking work in threads, a bounded number of requests at once; refuses more with 429.

Cancelling a request cancels its work: `check_cancelled` raises in its thread.

Knows nothing about what the work is.
"""

import asyncio
import ctypes
import math
import multiprocessing
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from contextvars import ContextVar
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from parametric_memory.cancellation import Cancellation, Cancelled, check_cancelled
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem

_T = TypeVar("_T")
current_client: ContextVar[str | None] = ContextVar("client", default=None)  # None: clients have no keys
client_has_left: ContextVar[Callable[[], Awaitable[bool]] | None] = ContextVar("client_has_left", default=None)

_COMMITTED_SECONDS = 1.5  # of grace that a committed change has to be answered in
_LONGEST_RETRY = 60  # seconds
_PROCESS_BYTES = 4_000_000_000  # of memory that a separate process may use
_ADDED_BYTES = 400  # that a slow processor internalizes in a second
_CLIENT_LOOKED = 0.25  # seconds between checks whether a client is still connected
_IDLE_LOOKED = 2.0  # seconds between checks whether no work is left
_LOOKED = 0.05  # seconds between checks whether the work of a process was cancelled


class Place(AbstractContextManager["Place"]):
    """One of the bounded number of slots for requests, held for a limited time.

    It is free again when it was left and its threads have ended: a thread cannot be stopped, only asked to end.
    """

    def __init__(self, threads: ThreadPoolExecutor, seconds: float, free: Callable[[], None], metrics: Metrics):
        self.until = asyncio.get_running_loop().time() + seconds
        self.abandoned = threading.Event()  # set when the place is left: the result of its work is no longer wanted
        self._cancellation = Cancellation()
        self._threads, self._seconds, self._metrics = threads, seconds, metrics
        self._free: Callable[[], None] | None = free
        self._working, self._lock = 0, threading.Lock()

    def leave(self, *_: object) -> None:
        self.abandoned.set()
        self._cancellation.cancel()
        self._change(0)

    __exit__ = __del__ = leave

    def _change(self, by: int) -> None:
        with self._lock:
            self._working += by
            is_free = self.abandoned.is_set() and not self._working
            free, self._free = (self._free, None) if is_free else (None, self._free)
        if free is not None:
            free()

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """Runs work in a thread and returns its result.

        If the deadline passes or the client disconnects before the work has committed a change, it commits none, and
        this raises Problem (504 or 499). After a commit, the work gets a short grace time to return.
        """
        if self.abandoned.is_set():
            raise self._late
        return await self._result(self._begin(work))

    async def pieces(self, pieces: Generator[_T]) -> AsyncIterator[_T]:
        """Yields the items of a generator, read in a thread; closes it at the end. Raises as `in_thread` does."""
        done = object()
        following: Future[object] | None = None
        try:
            while not self.abandoned.is_set():
                following = self._begin(lambda: next(pieces, done))
                piece = await self._result(following)
                if piece is done:
                    return
                yield piece  # type: ignore[misc]
            raise self._late
        finally:
            if following is not None:
                following.add_done_callback(lambda _: self._close(pieces))

    def _begin(self, work: Callable[[], _T]) -> Future[_T]:
        """Starts work in a thread. The place stays taken until it ends."""
        begun = self._threads.submit(self._cancellation.run, work)
        self._change(1)
        begun.add_done_callback(lambda _: self._change(-1))
        return begun

    async def _result(self, begun: Future[_T]) -> _T:
        running, loop, refused = asyncio.wrap_future(begun), asyncio.get_running_loop(), self._late
        has_left = client_has_left.get()
        running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # also if nobody awaits it
        while not running.done() and (left := self.until - loop.time()) > 0:
            await asyncio.wait([running], timeout=min(left, _CLIENT_LOOKED) if has_left else left)
            if not running.done() and has_left is not None and await has_left():
                self._metrics.abandoned.inc()
                refused = Problem(499, "The client has disconnected.")
                break
        if not running.done() and self._cancellation.cancel():
            raise refused
        done, _ = await asyncio.wait([running], timeout=_COMMITTED_SECONDS)
        if done and not isinstance(running.exception(), Cancelled):
            return running.result()
        if self._cancellation.cancel():
            raise self._late
        detail = f"It took longer than {self._seconds:g} seconds, but part of it is written: list what is there."
        raise Problem(504, detail)

    def _close(self, pieces: Generator[object]) -> None:
        with suppress(RuntimeError):  # the server has stopped its threads
            self._begin(pieces.close)

    @property
    def _late(self) -> Problem:
        return Problem(504, f"It took longer than {self._seconds:g} seconds: ask for less.")


class Desk:
    """Runs work in threads, a bounded number of pieces at once."""

    def __init__(self, most: int, seconds: float, metrics: Metrics):
        """most: requests at once, running or waiting. seconds: the time limit of each."""
        self._most, self._seconds, self._metrics = most, seconds, metrics
        self._of: Counter[str | None] = Counter()  # places taken, by client
        self._usual = 1.0  # seconds that a place is taken, a moving average
        self._taken = 0
        self._counting = threading.RLock()  # reentrant: garbage collection may free a place meanwhile
        self._threads = ThreadPoolExecutor(most, "parametric-memory-server")

    def take(self, size: int = 0) -> Place:
        """Takes a place for the `current_client`. size: bytes to internalize; they extend the time limit.

        A client with a key gets a fair share: it leaves room for every other active client and for one more.

        Raises Problem (429), with the time to retry after, if all places or the client's share are taken.
        """
        client = current_client.get()
        with self._counting:
            others = sum(other != client for other in self._of)
            mine, share = self._of[client], self._most if client is None else max(1, self._most // (others + 2))
            if self._of.total() >= self._most or mine >= share:
                self._metrics.refused.inc()
                again = min(_LONGEST_RETRY, math.ceil(self._usual))
                whose, most = ("", self._most) if mine < share else ("of this key ", share)
                detail = f"{most} requests {whose}are in work already: try again in {again} s."
                raise Problem(429, detail, headers={"Retry-After": str(again)})
            self._of[client] += 1
            self._taken += 1
            self._metrics.requests_in_work.inc()
        began = time.monotonic()

        def free() -> None:
            with self._counting:
                self._usual += (time.monotonic() - began - self._usual) / self._most
                self._of -= Counter([client])  # a client without places is left out
                self._metrics.requests_in_work.dec()

        return Place(self._threads, self._seconds + size / _ADDED_BYTES, free, self._metrics)

    async def run(self, work: Callable[[], _T], size: int = 0) -> _T:
        """Runs work in a place of its own and returns its result. Raises as `take` and `Place.in_thread` do."""
        with self.take(size) as place:
            return await place.in_thread(work)

    async def give_memory_back(self) -> None:
        """Returns freed memory to the system whenever the work has ended. Runs until it is cancelled.

        glibc keeps what its many threads have freed, hundreds of megabytes after a load.
        """
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
        trimmed = 0  # places taken so far, when memory was last returned
        while trim is not None:
            await asyncio.sleep(_IDLE_LOOKED)
            if not self._of and trimmed != self._taken:
                trimmed = self._taken
                await asyncio.to_thread(trim, 0)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def in_process(work: Callable[..., _T], *args: Any) -> _T:
    """Runs work in a separate process, which is killed when the request of this thread is cancelled.

    Raises the errors of the work, Cancelled, and Problem (413) if it needs too much memory or its process dies.
    """
    spawning = multiprocessing.get_context("spawn")
    receiving, sending = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_send_result, args=(sending, work, args), daemon=True)
    process.start()
    sending.close()  # so that reading ends with the process
    try:
        while not receiving.poll(_LOOKED):
            check_cancelled()
        result, error = receiving.recv()
    except EOFError:
        raise Problem(413, "The process that read this died: split it into parts.") from None
    finally:
        process.kill()
        process.join()
        receiving.close()
    if isinstance(error, MemoryError):
        raise Problem(413, "Reading this takes too much memory: split it into parts.")
    if error is not None:
        raise error
    return result


def _send_result(sending: Connection, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    with suppress(ImportError):  # systems without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_PROCESS_BYTES, _PROCESS_BYTES))
    try:
        sending.send((work(*args), None))
    except Exception as error:
        sending.send((None, error))
