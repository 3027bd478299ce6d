"""A memory that several machines share, each a process with a home and a cache of its own, over a real Chroma server
and a real S3 server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import chroma_server, s3_server

HARBOUR = "The old harbour of Velmora was rebuilt after the storm of 1911."
MUSEUM = "The museum of Velmora moved into the largest shed."


class Machine:
    """Another process, as `another_machine`."""

    def __init__(self, place: str, index: str, hypernetwork: Path, home: Path, **environment: str) -> None:
        arguments = [sys.executable, "-m", "tests.storage.another_machine", place, index, str(hypernetwork)]
        own = {**os.environ, "PARAMETRIC_MEMORY_HOME": str(home), **environment}
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own, cwd=Path(__file__).parents[2]
        )

    def send(self, method: str, *arguments: Any, **options: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([method, arguments, options]) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the machine died"
        return json.loads(line)

    def do(self, method: str, *arguments: Any, **options: Any) -> Any:
        self.send(method, *arguments, **options)
        return self.hear()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place that is empty: in a folder that machines share, or in a bucket."""
    if request.param == "folder":
        return str(tmp_path / "shared")
    url = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "a-key",
        "AWS_SECRET_ACCESS_KEY": "a-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    bucket = f"memories-{uuid.uuid4().hex[:8]}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(bucket)
    return f"s3://{bucket}/team/memory"


@pytest.fixture
def machine(place: str, chroma: str, hypernetwork_folder: Path, tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Starts machines; all of them are there when it is called."""
    started: list[Machine] = []

    def start(index: str | None = None) -> Machine:
        home = tmp_path / f"home-{len(started)}"
        started.append(Machine(place, chroma if index is None else index, hypernetwork_folder, home))
        assert started[-1].hear() == "ready"
        return started[-1]

    yield start
    for each in started:
        each.kill()


def test_what_one_machine_adds_another_recalls_and_answers_from_within_a_second(
    machine: Callable[..., Machine],
) -> None:
    first, second = machine(), machine()
    first.do("add", MUSEUM, id="museum")
    assert second.do("found_after", "Where is the museum?", "museum") >= 0

    entry = first.do("add", HARBOUR, metadata={"team": "history"})
    assert 0 <= second.do("found_after", "When was the harbour rebuilt?", entry["id"]) < 1

    [recall, *_] = second.do("recall", "When was the harbour rebuilt?", filter={"team": "history"})
    assert recall["entry_id"] == entry["id"]
    answer = second.do("ask", "When was the harbour rebuilt?")
    assert answer["remembered"]
    assert answer["recalls"][0]["entry_id"] == entry["id"]
    assert second.do("listed") == {"museum": MUSEUM, entry["id"]: HARBOUR}
    assert second.do("get", entry["id"]) == entry
