"""A server under a steady load: which requests fail, how long they take, and whether its process grows.

Requests are sent when their time has come, whether or not others are answered: a server that is too slow for the rate
shows it by refusing (429), which counts as refused, and not as failed. Most are questions, streamed and not; some add
an entry, look for it, and forget it, so that the memory itself stays as large as it is.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import httpx

from parametric_memory import ParametricMemory
from parametric_memory.evaluation.results import Report
from parametric_memory.evaluation.rows import EvalRow

PEOPLE = ("Lina Okafor", "Tomas Reyes", "Ada Brandt", "Marco Ilves", "Yuki Sand", "Piet Moor", "Rosa Lind", "Emil Dahl")
TOKENS = 24
_SECONDS_TO_START = 300
_SECONDS_TO_ANSWER = 130  # more than the server gives itself
_WARM = 0.1  # of the time, after which the process should not grow any more
_LOOKS = 200  # at the process's size
_CLIENTS = 32


@contextmanager
def served(memory: ParametricMemory) -> Iterator[tuple[str, int]]:
    """The address and process of a server of the memory's folder, with some entries."""
    for number, person in enumerate(PEOPLE):
        memory.add(f"{person} moved to house {number} of Harbour Street in 2021.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "parametric_memory", "serve", "--port", str(port)]
    command += ["--memory", str(memory.storage.location.folder)]
    process, url = subprocess.Popen(command), f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + _SECONDS_TO_START
        while not _is_ready(url):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"`{' '.join(command)}` did not start.")
            time.sleep(0.5)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def resident(process: int) -> float:
    """MiB of a process that are in memory; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def soak(url: str, process: int, seconds: float, rate: float, report: Report) -> list[EvalRow]:
    """What became of requests at a steady rate, and how the process grew."""
    client = httpx.Client(base_url=url, timeout=_SECONDS_TO_ANSWER)
    kinds: list[Callable[[httpx.Client, int], bool]] = [_ask, _stream, _ask, _stream, _change]
    failed: list[str] = []
    refused, took, guard = [0], list[float](), threading.Lock()

    def send(number: int) -> None:
        started = time.perf_counter()
        try:
            answered = kinds[number % len(kinds)](client, number)
        except Exception as error:
            with guard:
                failed.append(f"{type(error).__name__}: {error}")
            report(f"request {number} failed: {failed[-1]}")
            return
        with guard:
            if answered:
                took.append(time.perf_counter() - started)
            else:
                refused[0] += 1

    sizes: list[tuple[float, float]] = []
    started = time.monotonic()
    with ThreadPoolExecutor(_CLIENTS) as threads:
        for number in range(int(seconds * rate)):
            due = started + number / rate
            while (left := due - time.monotonic()) > 0:
                time.sleep(min(left, 1.0))
            if len(sizes) < (time.monotonic() - started) / seconds * _LOOKS:
                sizes.append((time.monotonic() - started, resident(process)))
            threads.submit(send, number)
    sizes.append((time.monotonic() - started, resident(process)))
    client.close()
    if len(took) < 2:
        raise RuntimeError(f"Hardly a request was answered; the last that failed: {failed[-1] if failed else 'none'}.")
    warm = next(size for at, size in sizes if at >= _WARM * seconds)
    sent, hours = int(seconds * rate), seconds * (1 - _WARM) / 3600
    figures = {
        "requests": sent,
        "failed": len(failed),
        "refused": refused[0],
        "seconds, p50": median(took),
        "seconds, p95": quantiles(took, n=20)[-1],
        "MiB when warm": warm,
        "MiB at the end": sizes[-1][1],
        "MiB more an hour": (sizes[-1][1] - warm) / hours,
    }
    case = f"{rate:g} requests a second, {seconds:g} s"
    return [EvalRow(case=case, metric=name, memory=figure, n=sent, unit="number") for name, figure in figures.items()]


def _ask(client: httpx.Client, number: int) -> bool:
    asked = {"question": _question(number), "max_tokens": TOKENS}
    return _answered(client.post("/ask", json=asked))


def _stream(client: httpx.Client, number: int) -> bool:
    asked = {"messages": [{"role": "user", "content": _question(number)}], "max_tokens": TOKENS, "stream": True}
    answer = client.post("/v1/chat/completions", json=asked)
    answered = _answered(answer)
    if answered and not answer.text.endswith("data: [DONE]\n\n"):
        raise RuntimeError(f"the stream broke off: {answer.text[-200:]!r}")
    return answered


def _change(client: httpx.Client, number: int) -> bool:
    """Adds an entry, finds it and forgets it."""
    added = client.post("/memories", json={"text": f"Crate {number} stands in bay {number % 97}."})
    if not _answered(added):
        return False
    [entry] = added.json()["results"]
    found = client.post("/search", json={"query": f"Where does crate {number} stand?", "limit": 10})
    gone = client.delete(f"/memories/{entry['id']}")
    while gone.status_code == 429:
        time.sleep(1)
        gone = client.delete(f"/memories/{entry['id']}")
    return _answered(gone) and _answered(found)


def _answered(answer: httpx.Response) -> bool:
    """Whether a request was answered, and not refused for the time being. Raises httpx.HTTPStatusError for others."""
    if answer.status_code == 429:
        return False
    answer.raise_for_status()
    return True


def _question(number: int) -> str:
    return f"Which house did {PEOPLE[number % len(PEOPLE)]} move to?"
