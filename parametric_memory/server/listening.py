"""The HTTP listener: uvicorn, with timeouts for clients that send or read too slowly.

Knows nothing about what is served.
"""

import asyncio
import ctypes
import math
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from parametric_memory.server.settings import ServerSettings

_HEAD_SECONDS = 30.0  # for the request line and the headers to arrive
_UNREAD_SECONDS = 20.0  # for a response to be read, plus its size at the slowest rate
_SLOWEST = 1_000_000  # bytes a second
_THREAD_SECONDS = 0.5  # to wait for threads at exit, in all
_SWITCH_SECONDS = 0.001  # Python's switch interval, so that threads do not delay the loop; the default is 5 ms
_M_ARENA_MAX, _ARENAS = -8, 2  # of glibc: heaps that all threads share; one a thread holds what that has freed
_NOT_STARTED = 3  # uvicorn's exit status if it cannot listen


class _Connection(H11Protocol):
    """A connection that is closed if a request's head does not arrive in time, or a response is not read in time.

    uvicorn itself only limits the idle time between requests. `access.Guard` limits bodies. If a client pipelines, h11
    begins each request after the response before it; uvicorn's other protocol loses track of all but the newest.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) >= (self.limit_concurrency or math.inf):
            transport.abort()  # uvicorn would keep it open and answer 503
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        for name in [*self._timers]:
            self._stop(name)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        seconds = _UNREAD_SECONDS + self.transport.get_write_buffer_size() / _SLOWEST
        self._timers["unread"] = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop("unread")
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()  # closes once the rest of the last response is read
        self._timers["closing"] = self.loop.call_later(_UNREAD_SECONDS, self.transport.abort)

    def _watch(self) -> None:
        """Starts the timer of a request's head, or stops it. Further bytes do not restart it."""
        if self.cycle is not None and not self.cycle.response_complete:  # a request is running
            self._stop("head")
        elif "head" not in self._timers:
            self._timers["head"] = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class Listener(uvicorn.Server):
    """Serves an app at an address until it is stopped."""

    def __init__(self, app: FastAPI, settings: ServerSettings, on_start: Callable[[int], None]):
        """on_start: called with the port, once requests are accepted."""
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=_Connection,
                ws="none",
                log_level="warning",
                access_log=False,
                limit_concurrency=settings.max_connections + 1,
                timeout_graceful_shutdown=math.ceil(settings.grace),
            )
        )
        self._on_start = on_start

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_start(self.servers[0].sockets[0].getsockname()[1])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # else uvicorn raises them again, and the exit status is not 0

    async def shutdown(self, sockets: Any = None) -> None:
        """Drops requests that have not fully arrived, and gives the others the grace time to finish."""
        for connection in list(self.server_state.connections):
            cycle: Any = getattr(connection, "cycle", None)
            if cycle is not None and cycle.more_body and not cycle.response_complete:
                connection.transport.abort()
        await super().shutdown(sockets)

    def listen(self) -> None:
        """Serves. Raises SystemExit if it cannot listen at the address; uvicorn has logged why."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        if sys.platform == "linux":
            with suppress(AttributeError):  # another C library
                ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
        with suppress(KeyboardInterrupt):
            self.run()
        if not self.started:
            sys.exit(_NOT_STARTED)


def end_process() -> None:
    """Exits with status 0 after everything is closed. Python itself would wait for every running thread."""
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in others:
        thread.join(timeout=_THREAD_SECONDS / len(others))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
