"""Servers that tests start for themselves, on free ports of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

_PATIENCE = 90.0  # seconds for a server to come up


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def chroma_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """`chroma run` over a folder; its address."""
    command = shutil.which("chroma", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if command is None:
        pytest.skip("the command chroma is not here")
    port = port or free_port()
    arguments = [command, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with _running(arguments, f"http://127.0.0.1:{port}", "/api/v2/heartbeat") as url:
        yield url


class Proxy:
    """Stands before a server and hands requests on, unless it is told what to answer.

    Attributes:
        status: what every request is answered with, by a page as proxies have it; None: what the server answers.
    """

    def __init__(self, server: str) -> None:
        proxy = self
        self.status: int | None = None

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, data = proxy.status, b"<html>\n<body>The server is not there.</body>\n</html>"
                if status is None:
                    headers = {name: value for name, value in self.headers.items() if name.lower() == "content-type"}
                    got = httpx.request(self.command, server + self.path, content=body, headers=headers, timeout=60)
                    status, data = got.status_code, got.content
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def _running(arguments: list[str], url: str, path: str) -> Iterator[str]:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                if httpx.get(url + path, timeout=5).status_code < 500:
                    break
            except httpx.HTTPError:
                pass
            assert process.poll() is None, f"{arguments[0]} ended"
            assert time.monotonic() < end, f"{arguments[0]} does not answer"
            time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()
