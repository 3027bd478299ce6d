"""A memory that several machines share, each a process with a home and a cache of its own, over a real Chroma server
and a real S3 server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HARBOUR = "The old harbour of Velmora was rebuilt after the storm of 1911."
MUSEUM = "The museum of Velmora moved into the largest shed."


class Machine:
    """Another process, as `another_machine`."""

    def __init__(self, hypernetwork: Path, home: Path) -> None:
        arguments = [sys.executable, "-m", "tests.storage.another_machine", str(hypernetwork)]
        own = {**os.environ, "PARAMETRIC_MEMORY_HOME": str(home)}
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
def machines(hypernetwork_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Machine]]:
    """Two, which are up."""
    started = [Machine(hypernetwork_folder, tmp_path_factory.mktemp("home")) for _ in range(2)]
    assert [each.hear() for each in started] == ["ready", "ready"]
    yield started
    for each in started:
        each.kill()


@pytest.fixture
def opened(place: str, chroma: str, machines: list[Machine]) -> list[Machine]:
    """Two machines with the shared memory open; the second one is told where it is, and not which index it has."""
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    first, second = machines
    first.do("open", place, chroma, own)
    first.do("add", MUSEUM, id="museum")
    second.do("open", place, None, own)
    return machines


def test_what_one_machine_adds_another_recalls_and_answers_from_within_a_second(opened: list[Machine]) -> None:
    first, second = opened
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


def test_machines_that_write_at_once_lose_nothing(opened: list[Machine]) -> None:
    first, second = opened
    texts = [{f"{name} {i}": f"The number {i} of {name} is {7 * i}." for i in range(4)} for name in ("Ana", "Ben")]
    doomed = {f"doomed {i}": f"Nobody needs the note {i}." for i in range(3)}
    first.do("add_all", doomed)

    for machine, of_machine in zip(opened, texts, strict=True):
        machine.send("add_all", of_machine)
    assert [sorted(machine.hear()) for machine in opened] == [sorted(of_machine) for of_machine in texts]

    first.send("mark", "museum", ["a1", "a2", "a3", "a4"])
    second.send("mark", "museum", ["b1", "b2", "b3", "b4"])
    assert [machine.hear() for machine in opened] == [None, None]

    first.send("delete_all", list(doomed))
    second.send("add", "The same words from two.", id="twice")
    assert [machine.hear() is not None for machine in opened] == [False, True]

    wanted = {"museum": MUSEUM, "twice": "The same words from two.", **texts[0], **texts[1]}
    assert first.do("listed") == second.do("listed") == wanted
    for machine in opened:
        marks = machine.do("get", "museum")["metadata"]
        assert marks == dict.fromkeys(["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"], True)
        assert machine.do("found_after", "What is the number 3 of Ben?", "Ben 3") >= 0
        assert not {r["entry_id"] for r in machine.do("recall", "Who needs the note 1?", 20)} & set(doomed)


def test_the_same_text_from_two_machines_is_one_entry(opened: list[Machine]) -> None:
    for machine in opened:
        machine.send("add", HARBOUR)
    entries = [machine.hear() for machine in opened]
    assert entries[0]["id"] == entries[1]["id"]
    assert len(opened[0].do("listed")) == 2


def test_a_writer_that_is_killed_leaves_nothing_half_written(
    opened: list[Machine], place: str, chroma: str, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    first, _ = opened
    doomed = Machine(hypernetwork_folder, tmp_path / "home")
    doomed.hear()
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    doomed.do("open", place, chroma, own)
    texts = {f"note {i}": f"The note {i} says that the lamp {i} is green." for i in range(500)}
    doomed.send("add_all", texts)
    assert first.do("found_after", "What does the note 1 say of the lamp 1?", "note 1") >= 0
    doomed.kill()

    listed = first.do("listed")
    assert {"museum", "note 0", "note 1"} <= listed.keys()
    assert listed.items() <= {"museum": MUSEUM, **texts}.items()
    # The next writer waits until the dead one's lease is over, and puts right what it was doing.
    last = next(id for id in texts if id not in listed)
    assert first.do("add", texts[last], id=last)["version"] == 1
    assert first.do("found_after", f"What does the {last} say?", last) >= 0
    assert first.do("repaired") == []
    assert len(first.do("files")) == len(first.do("listed"))
