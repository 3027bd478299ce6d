"""Processes that tests start, and kill.

Run as a program, this is a server: for each line on stdin, a list of jobs, it forks a process for each of them, which
takes no time for imports, and answers with a line when all are gone. In the server itself nobody uses a memory: neither
SQLite's connections nor Chroma's engine may come through a fork.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """A call of a function, in a process of its own.

    Attributes:
        function: as `module:name`.
        arguments: what JSON can say.
        seconds: from when the file `log` is there until the process is killed; None: it is left alone.
        patience: seconds after which it has failed.
    """

    function: str
    arguments: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    log: str = ""
    patience: int = 120


@dataclass(frozen=True)
class Forks:
    server: subprocess.Popen[str]

    def run(self, *jobs: Job) -> list[bool]:
        """Whether each was killed. Raises AssertionError where one failed."""
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.write(json.dumps([asdict(job) for job in jobs]) + "\n")
        self.server.stdin.flush()
        ends = json.loads(self.server.stdout.readline())
        assert "failed" not in ends, f"{ends} of {[job.function for job in jobs]}"
        return [end == "killed" for end in ends]


@contextmanager
def running(first: Job) -> Iterator[Forks]:
    """first: what it does is imported for all that follow."""
    command = [sys.executable, __file__, json.dumps(asdict(first))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Forks(server)
        server.communicate()


def serve() -> None:
    import_what_is_used(json.loads(sys.argv[1]))
    gc.freeze()
    for line in sys.stdin:
        jobs = json.loads(line)
        processes = [forked(job) for job in jobs]
        for job, process in zip(jobs, processes, strict=True):
            if job["seconds"] is not None:
                end = time.monotonic() + job["patience"]
                while not Path(job["log"]).exists() and time.monotonic() < end:
                    time.sleep(0.005)
                time.sleep(job["seconds"])
                os.kill(process, signal.SIGKILL)
        ended = [os.waitpid(process, 0)[1] for process in processes]
        ends = [{0: "ended", signal.SIGKILL: "killed"}.get(status, "failed") for status in ended]
        print(json.dumps(ends), flush=True)


def forked(job: dict[str, Any]) -> int:
    """The id of the process."""
    process = os.fork()
    if process:
        return process
    signal.alarm(job["patience"])  # which ends it, whatever hangs
    status = 1
    try:
        module, _, name = job["function"].partition(":")
        getattr(import_module(module), name)(**job["arguments"])
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def import_what_is_used(first: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "modules")
        process = forked(
            {**first, "function": "__main__:tell_modules", "arguments": {"first": first, "told": str(told)}}
        )
        os.waitpid(process, 0)
        for name in told.read_text(encoding="utf-8").splitlines():
            with suppress(ImportError):
                import_module(name)


def tell_modules(first: dict[str, Any], told: str) -> None:
    module, _, name = first["function"].partition(":")
    getattr(import_module(module), name)(**first["arguments"])
    Path(told).write_text("\n".join(sys.modules), encoding="utf-8")


if __name__ == "__main__":
    serve()
