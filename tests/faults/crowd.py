"""Those who write, read and renew one memory at once, each in a process of its own, until a file `end` is there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.growth import text
from parametric_memory import Maintenance, ParametricMemory
from tests.faults.forks import Job
from tests.faults.writers import Place, opened

FIRST, SWINGING = "first", "swinging"  # entries: one that stays as it is, and one whose text is replaced all the time


def crowd(place: Place, folder: Path, seconds: float, readers: int = 2, writers: int = 2) -> list[Job]:
    """Readers of two threads each, writers, and one who renews. folder: where they say what they did."""

    def job(name: str, function: str, **more: Any) -> Job:
        arguments = {"place": list(place), "log": str(folder / name), "end": str(folder / "end"), **more}
        return Job(f"tests.faults.crowd:{function}", arguments, patience=int(seconds) + 200)

    return [
        *(job(f"writer {number}", "write", seconds=seconds, last=writers) for number in range(writers)),
        *(job(f"reader {number}", "read") for number in range(readers)),
        job("renewer", "renew"),
    ]


def begin(place: Place) -> None:
    with opened(place) as memory:
        memory.add(text(FIRST), id=FIRST)
        memory.add(text(SWINGING), id=SWINGING, namespace=SWINGING)


def found(memory: ParametricMemory, words: str) -> list[str]:
    return [recall.entry_id for recall in memory.recall(words, k=1) if recall.score > 0.9]


@contextmanager
def taking_part(place: list[str], log: str) -> Iterator[tuple[ParametricMemory, dict[str, Any]]]:
    """A memory whose vectors are looked for in the graph wherever that may be, and what is told afterwards."""
    told: dict[str, Any] = {"times": 0}
    with opened(Place(*place)) as memory:
        memory.storage.search._most = 0
        yield memory, told
    Path(log).write_text(json.dumps(told), encoding="utf-8")


def write(place: list[str], log: str, end: str, seconds: float, last: int) -> None:
    """Adds, replaces and deletes, three times at least; tells the ids of what stays. The last of them ends all."""
    name, stays = Path(log).name, []
    with taking_part(place, log) as (memory, told):
        until = time.monotonic() + seconds
        while told["times"] < 3 or time.monotonic() < until:
            id = f"{name} {told['times']}"
            memory.add(text(f"{id} before"), id=id)
            memory.add(text(id), id=id)
            memory.update(SWINGING, text=text(f"{SWINGING} {id}"))
            assert found(memory, text(id)) == [id] and found(memory, text(f"{id} before")) == []
            if told["times"] % 3:
                memory.delete(id)
                assert found(memory, text(id)) == []
            else:
                stays.append(id)
            told["times"] += 1
        told["stays"] = stays
    if len([*Path(log).parent.glob("writer *")]) == last:
        Path(end).touch()


def read(place: list[str], log: str, end: str) -> None:
    """Recalls, in two threads."""
    with taking_part(place, log) as (memory, told):

        def recall() -> None:
            assert found(memory, text(FIRST)) == [FIRST]
            assert [recall.entry_id for recall in memory.recall(text(SWINGING), namespace=SWINGING)] == [SWINGING]
            for entry in memory.list()[:5]:
                memory.recall(entry.summary)
            told["times"] += 1

        in_threads(2, until(end, recall))


def renew(place: list[str], log: str, end: str) -> None:
    with taking_part(place, log) as (memory, told):

        def tasks() -> None:
            Maintenance(memory).reindex(), Maintenance(memory).upgrade(), Maintenance(memory).erase()
            told["times"] += 1

        until(end, tasks)()


def until(end: str, action: Callable[[], None]) -> Callable[[], None]:
    """Does something, once at least, until a file is there."""

    def go_on() -> None:
        action()
        while not Path(end).exists():
            action()

    return go_on


def in_threads(count: int, action: Callable[[], None]) -> None:
    """Raises what was raised in one of the threads."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            action()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def come_first(place: list[str], log: str) -> None:
    """Adds to a memory that others make at the same moment."""
    with opened(Place(*place)) as memory:
        id = memory.add(text(log), id=log).id
        assert found(memory, text(log)) == [id]
