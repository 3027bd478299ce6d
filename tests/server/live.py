"""The real server on a port of this machine, for clients that need one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

from fastapi import FastAPI

from parametric_memory.server.listening import Listener
from parametric_memory.server.settings import ServerSettings


@contextmanager
def listening(app: FastAPI, max_connections: int = 1000) -> Iterator[str]:
    """The address of a running server."""
    ports: Queue[int] = Queue()
    server = Listener(app, ServerSettings(port=0, max_connections=max_connections), ports.put)
    thread = threading.Thread(target=server.listen, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=30)}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
