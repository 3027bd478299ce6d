"""What clients can send to stop a server or to slow it for others, and how it is meanwhile.

    python benchmarks/attacks.py [--seconds 20] [--json]

A server is started in a process of its own. Each attack goes on for at most `--seconds`; meanwhile `/healthz` is asked
twenty times a second. At the end the server gets SIGTERM with 25 half-sent bodies, four long stops and two answers at
work. Statuses are those that the attack got: 0 stands for a connection that the server closed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks.running import Report, run_benchmark
from benchmarks.soaking import resident, served
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.rows import EvalRow

CHAT, ASK, FILES, EMBED = "/v1/chat/completions", "/ask", "/memories/files", "/v1/embeddings"
LONE = "\ud800"  # half of a character, which UTF-8 cannot encode
_HEAD = b"POST /memories HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF_BODY = _HEAD + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
_LONG = {"messages": [{"role": "user", "content": "Tell me about Harbour Street."}], "max_tokens": 2000}
_TIMEOUT = 130.0  # more than the server gives itself
_LEAVES = 1.0  # seconds after the attack until a client closes the connections that have no answer
_POLLS = 20  # a second

Attack = Callable[["Client"], None]


class Client:
    """Sends requests of an attack to a server, and counts what became of them."""

    def __init__(self, url: str, seconds: float):
        self.url, self.until, self.statuses = url, time.monotonic() + seconds, Counter[int]()
        self._http = httpx.Client(base_url=url, timeout=seconds + _LEAVES, limits=httpx.Limits(max_connections=None))

    def send(self, path: str, method: str = "POST", **request: Any) -> None:
        status = 0
        with suppress(httpx.HTTPError):
            status = self._http.request(method, path, **request).status_code
        self.statuses[status] += 1

    def send_json(self, path: str, body: bytes | dict[str, Any]) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send(path, content=content, headers={"Content-Type": "application/json"})

    def together(self, works: Sequence[Callable[[], object]]) -> None:
        """Runs all works at once, and waits until they have ended or the attack's time is up."""
        threads = ThreadPoolExecutor(len(works))
        wait([threads.submit(work) for work in works], timeout=max(0.0, self.until - time.monotonic()))
        threads.shutdown(wait=False, cancel_futures=True)

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname or "", address.port or 80), timeout=10)

    def hold(self, count: int, sent: bytes) -> list[socket.socket]:
        """Connections that send so much and nothing more."""
        connections = [self.connect() for _ in range(count)]
        for connection in connections:
            with suppress(OSError):
                connection.sendall(sent)
        return connections

    def rest(self) -> None:
        time.sleep(max(0.0, min(5.0, self.until - time.monotonic())))


def bodies(path: str, *sent: bytes | dict[str, Any], times: int = 1) -> Attack:
    """These bodies, all at once, each so many times."""
    return lambda client: client.together([lambda body=body: client.send_json(path, body) for body in sent] * times)  # type: ignore[misc]


def files(name: str, content: bytes, times: int = 1) -> Attack:
    upload = {"files": (name, content)}
    return lambda client: client.together([lambda: client.send(FILES, files=upload)] * times)


def held(count: int, sent: bytes) -> Attack:
    def attack(client: Client) -> None:
        connections = client.hold(count, sent)
        client.rest()
        for connection in connections:
            connection.close()

    return attack


def unread(client: Client) -> None:
    """Answers that nobody reads: all entries of the largest page, asked for again and again on one connection."""
    line = b"GET /memories?page_size=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    held(40, line * 200)(client)


def cancelled(client: Client) -> None:
    """Streams whose clients go after the first byte."""
    for _ in range(50):
        stream = httpx.stream("POST", client.url + CHAT, json={**_LONG, "stream": True})
        with suppress(httpx.HTTPError), stream as answer:
            client.statuses[answer.status_code] += 1
            next(answer.iter_bytes(), b"")


def many_clients(client: Client) -> None:
    def ask() -> None:
        while time.monotonic() < client.until:
            client.send(ASK, json={"question": "Which house did Lina Okafor move to?", "max_tokens": 16})

    client.together([ask] * 32)


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {**_LONG, "response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}


def _message(content: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


ATTACKS: dict[str, Attack] = {
    "4 stops of a million characters": bodies(CHAT, {**_LONG, "stop": "q" * 1_000_000}, times=4),
    "1.4 million messages": bodies(CHAT, b'{"messages":[' + b"{}," * 1_400_000 + b"{}]}", times=2),
    "2,048 texts to embed, 4 times": bodies(EMBED, {"input": ["word " * 200] * 2048, "model": "any"}, times=4),
    "20 MB of <": files("a.html", b"<" * 20_000_000, times=2),
    "20 MB of [": files("a.md", b"[" * 20_000_000, times=2),
    "8 uploads of 5 MB of prose": files("a.txt", b"The lamp is red. " * 300_000, times=8),
    "an enum of 200,000": bodies(CHAT, _schema({"enum": [*range(200_000)]}), times=2),
    "20,000 optional properties": bodies(
        CHAT, _schema({"properties": {f"p{i}": {"type": "string"} for i in range(20_000)}}), times=2
    ),
    "lone surrogates": bodies(CHAT, _message(LONE), {**_message("a"), "model": LONE}, {**_message("a"), "stop": LONE}),
    "a page past all pages": lambda client: client.send("/memories?page=9223372036854775807", "GET"),
    "40 unread answers": unread,
    "40 streams of tools": lambda client: client.together(
        [lambda: client.send("/mcp", "GET", headers={"Accept": "text/event-stream"})] * 40
    ),
    "25 half-sent bodies": held(25, HALF_BODY),
    "450 idle connections": held(450, b""),
    "450 half-sent heads": held(450, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "),
    "50 cancelled streams": cancelled,
    "32 clients": many_clients,
}


def measure(memory: ParametricMemory, seconds: float, report: Report) -> list[EvalRow]:
    rows = []
    with served(memory) as (url, process):
        for name, attack in {"nothing": Client.rest, **ATTACKS}.items():
            client = Client(url, seconds)
            with Health(url, process) as health:
                attack(client)
            time.sleep(2 * _LEAVES)
            statuses = ", ".join(f"{status} x {count}" for status, count in sorted(client.statuses.items()))
            report(f"{name}: {statuses or 'connections alone'}; slowest /healthz {max(health.times):.3f} s")
            figures = {
                "/healthz, 99 %, ms": 1000 * quantiles(health.times, n=100, method="inclusive")[-1],
                "MiB at the peak": health.peak,
                "MiB afterwards": resident(process),
            }
            rows += [
                EvalRow(case=name, metric=metric, memory=figure, n=len(health.times), unit="number")
                for metric, figure in figures.items()
            ]
        ended = seconds_to_end(url, process)
    report(f"SIGTERM: {ended:.1f} s")
    return [*rows, EvalRow(case="SIGTERM under attack", metric="seconds to the end", memory=ended, n=1, unit="number")]


class Health:
    """Asks `/healthz` all the while, and looks at how large the process is."""

    def __init__(self, url: str, process: int):
        self.times: list[float] = []
        self.peak, self._url, self._process, self._ended = 0.0, url, process, threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def _poll(self) -> None:
        with httpx.Client(base_url=self._url, timeout=_TIMEOUT) as client:
            while not self._ended.wait(1 / _POLLS):
                started = time.perf_counter()
                try:
                    client.get("/healthz").raise_for_status()
                except httpx.HTTPError:
                    self.times.append(_TIMEOUT)
                else:
                    self.times.append(time.perf_counter() - started)
                self.peak = max(self.peak, resident(self._process))

    def __enter__(self) -> Health:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        while len(self.times) < 2 * _POLLS:  # also of an attack that is refused at once
            time.sleep(0.1)
        self._ended.set()
        self._thread.join()


def seconds_to_end(url: str, process: int) -> float:
    """From SIGTERM to the end of the process, with requests of all kinds at work."""
    client = Client(url, 2)
    connections = client.hold(25, HALF_BODY)
    works = [lambda: client.send_json(CHAT, {**_LONG, "stop": "q" * 1_000_000})] * 4
    client.together([*works, *[lambda: client.send_json(CHAT, _LONG)] * 2])
    os.kill(process, signal.SIGTERM)
    started = time.monotonic()
    while resident(process):
        time.sleep(0.05)
    for connection in connections:
        connection.close()
    return time.monotonic() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="that an attack may take")
    run_benchmark("attacks", parser, lambda memory, chosen, report: measure(memory, chosen.seconds, report))
