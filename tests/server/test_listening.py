from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from parametric_memory import ParametricMemory
from parametric_memory.server import listening as listener
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from parametric_memory.server.settings import ServerSettings
from tests.server.live import listening
from tests.server.test_safety import LONG

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


def closes(connection: socket.socket) -> bool:
    """Whether the other side closes a connection that goes on sending a header, byte by byte."""
    until = time.monotonic() + 10
    connection.settimeout(0.05)
    while time.monotonic() < until:
        try:
            connection.sendall(b"x")
            if connection.recv(1) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


@pytest.fixture
def url(memory: ParametricMemory, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(listener, "_HEAD_SECONDS", 0.5)
    with listening(build(memory, ServerSettings(), keys)) as url:
        yield url


def connected(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_headers_that_do_not_end_are_not_waited_for(url: str) -> None:
    with connected(url) as silent, connected(url) as slow:
        slow.sendall(HALF)
        assert closes(slow)
        assert silent.recv(1) == b""
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_nor_those_of_a_second_request(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(HALF + b"\r\n\r\n")
        received = b""
        while b'"ok"' not in received:
            part = connection.recv(10_000)
            assert part
            received += part
        connection.sendall(HALF)
        assert closes(connection)


def test_a_request_in_work_is_not_cut_off_by_the_time_for_headers(url: str) -> None:
    with httpx.Client() as client:
        started = time.monotonic()
        for _ in range(2):
            answer = client.post(f"{url}/v1/chat/completions", json={**LONG, "max_tokens": 800}, timeout=60)
            assert answer.status_code == 200 and answer.json()["usage"]["completion_tokens"] == 800
        assert time.monotonic() - started > 0.5


def test_the_port_is_told_once_requests_are_taken(url: str) -> None:
    assert not url.endswith(":0") and httpx.get(f"{url}/healthz").json() == {"status": "ok"}


def test_an_address_that_is_taken_ends_the_server(memory: ParametricMemory, keys: Keys) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports: list[int] = []
        settings = ServerSettings(port=taken.getsockname()[1])
        server = listener.Listener(build(memory, settings, keys), settings, ports.append)
        with pytest.raises(SystemExit):
            server.listen()
        assert not ports
