"""The address that a server listens at: it is told once requests are taken, and not held open by who sends none.

Knows nothing about what is served.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

_HEAD_SECONDS = 30.0  # until the line and the headers of a request are there
_NOT_STARTED = 3  # the status that uvicorn ends with where it cannot listen


class _Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that is closed where the head of a request does not come in time.

    uvicorn itself bounds only how long nothing comes between two requests. Bodies are bounded by `access.Limits`.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """The time runs from the first byte on, however many follow it."""
        if self.cycle is not None and not self.cycle.response_complete:  # a request is in work
            self._unwatch()
        elif self._late is None:
            self._late = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Listener(uvicorn.Server):
    """Serves an app at an address until it is told to stop."""

    def __init__(self, app: FastAPI, host: str, port: int, on_start: Callable[[int], None], grace: float = 30):
        """
        Args:
            port: 0: any that is free.
            on_start: is told the port, once requests are taken.
            grace: seconds that answers have to end in when the server is stopped.
        """
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=_Connection,
                ws="none",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=math.ceil(grace),
            )
        )
        self._on_start = on_start

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_start(self.servers[0].sockets[0].getsockname()[1])

    def listen(self) -> None:
        """Serve. Raises SystemExit where the address cannot be listened at, which uvicorn has told of."""
        with suppress(KeyboardInterrupt):
            self.run()
        if not self.started:
            sys.exit(_NOT_STARTED)
