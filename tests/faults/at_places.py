"""What processes do at places that refuse, or after a fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.growth import text
from parametric_memory import Maintenance
from parametric_memory.errors import StorageError
from tests.faults.crowd import found
from tests.faults.writers import Place, opened

_NOBODY = 65534


def add_until_full(disk: str, name: str) -> None:
    """Adds until the disk is full, makes room, and looks what is there."""
    with opened(Place(f"{disk}/memory")) as memory:
        added: list[str] = []

        def add_many() -> None:
            for number in range(1_000):
                added.append(memory.add(text(f"{name} {number}"), id=f"{name} {number}").id)

        with pytest.raises(StorageError, match="disk is full"):
            add_many()
        assert {entry.id for entry in memory.list()} >= set(added)
        Path(disk, "ballast").unlink()
        memory.add(text(name), id=name)
        assert all(found(memory, memory.history(id).text) == [id] for id in (*added, name))
    with opened(Place(f"{disk}/memory")) as memory:
        assert memory.storage.search.index.problems() == [] and memory.storage.database.problems() == []


def leave_a_log(place: list[str]) -> None:
    """Ends without a word, as what it added is in SQLite's log alone."""
    opened(Place(*place)).add(text("first"), id="first")
    os._exit(0)


def answer_and_refuse(place: list[str], nobody: bool) -> None:
    """Finds what can be read, and says why it cannot be changed. nobody: as a user who may write nothing."""
    if nobody:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    with opened(Place(*place)) as memory:
        for _ in range(2):
            assert found(memory, text("first")) == ["first"] and memory.history("first").text == text("first")
            assert memory.storage.tasks.running() is None
            for change in (
                lambda: memory.add(text("new")),
                lambda: memory.delete("first"),
                Maintenance(memory).reindex,
            ):
                with pytest.raises(StorageError, match=r"Could not write the memory in .* (may not be written|unable)"):
                    change()


def fork_before_use(place: list[str]) -> None:
    memory = opened(Place(*place))

    def use(number: int) -> None:
        memory.add(text(number), id=str(number))
        assert found(memory, text(number)) == [str(number)]

    for number in range(3):
        in_a_fork(lambda number=number: use(number))
    assert all(found(memory, text(number)) == [str(number)] for number in range(3))


def fork_after_use(place: list[str]) -> None:
    """Both go on; the index is the parent's until that lets go of it."""
    memory = opened(Place(*place))
    memory.add(text("of the parent"), id="parent")
    closed, tell_closed = os.pipe()
    used, tell_used = os.pipe()

    def use() -> None:
        for each in (memory, opened(Place(*place))):
            assert found(each, text("of the parent")) == ["parent"]
        memory.add(text("of the fork"), id="fork")
        os.write(tell_used, b"x")
        os.read(closed, 1)
        memory.add(text("of the fork, later"), id="later")
        assert found(memory, text("of both")) == ["both"]
        memory.close()
        with opened(Place(*place)) as another:
            assert len(another.list()) == 4
            another.delete("fork")

    def close() -> None:
        os.read(used, 1)
        assert found(memory, text("of the fork")) == ["fork"]
        memory.add(text("of both"), id="both")
        memory.close()
        os.write(tell_closed, b"x")

    in_a_fork(use, meanwhile=close)
    with opened(Place(*place)) as memory:
        assert {entry.id for entry in memory.list()} == {"parent", "both", "later"}
        assert found(memory, text("of the fork, later")) == ["later"]
        assert memory.storage.database.problems() == []


def in_a_fork(action: Callable[[], None], meanwhile: Callable[[], None] = lambda: None) -> None:
    process = os.fork()
    if not process:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    meanwhile()
    assert os.waitpid(process, 0)[1] == 0
