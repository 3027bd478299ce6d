"""A reindex or an upgrade that is under way, as other processes see it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from parametric_memory.errors import MemoryLocked
from parametric_memory.records import RunningTask
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore, put_vectors
from parametric_memory.storage.location import Location
from parametric_memory.storage.renewal import TaskStore, unmade
from tests.storage.processes import killed_afterwards, needs_fork
from tests.storage.small import NORTH, at, derived, put, replace_later

REINDEX = RunningTask(task="reindex", pid=os.getpid(), entries=3, becomes="this", space=1)
UPGRADE = REINDEX.model_copy(update={"task": "upgrade"})


def done(entries: int) -> RunningTask:
    return REINDEX.model_copy(update={"done": entries})


@pytest.fixture
def tasks(store: EntryStore) -> TaskStore:
    put(store, "a"), put(store, "b"), put(store, "c")
    return TaskStore(store.database)


@pytest.fixture
def others(connected: Callable[..., Database], location: Location) -> TaskStore:
    """The tasks as another process sees them."""
    return TaskStore(connected(location))


def make_vectors(store: EntryStore, id: str) -> None:
    with store.database.writing() as connection:
        put_vectors(connection, at(store, id).revision, 1, [NORTH], [-1])


def test_of_a_memory_without_a_task_none_is_told(tasks: TaskStore, others: TaskStore) -> None:
    assert tasks.running() is tasks.left() is others.running() is others.left() is None
    tasks.drop()


def test_a_task_that_runs_is_seen_by_others_and_no_other_begins(tasks: TaskStore, others: TaskStore) -> None:
    with tasks.begun(REINDEX) as begun:
        assert begun == tasks.running() == others.running() == REINDEX
        assert tasks.left() is others.left() is None
        for task in (REINDEX, UPGRADE):
            refused = "Another process is at a reindex or an upgrade of the memory in"
            with pytest.raises(MemoryLocked, match=refused), others.begun(task):
                pass
        tasks.note(done(3))
        assert others.running() == done(3)
        tasks.drop()
    assert tasks.running() is others.running() is others.left() is None
    with others.begun(UPGRADE) as begun:
        assert begun == UPGRADE


def test_how_far_it_is_is_written_now_and_then(
    tasks: TaskStore, others: TaskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    with tasks.begun(REINDEX):
        for number in (1, 2, 3):
            tasks.note(done(number))
            told.append(getattr(others.running(), "done", None))
            monkeypatch.setattr("parametric_memory.storage.renewal._NOTED_EVERY", 1000.0)
    assert told == [1, 1, 3]


def test_a_task_that_was_cut_off_goes_on_with_what_it_has_made(
    store: EntryStore, tasks: TaskStore, others: TaskStore
) -> None:
    with tasks.begun(REINDEX):
        make_vectors(store, "a")
        tasks.note(done(3))
    assert others.running() is None and others.left() == done(3)
    later = REINDEX.model_copy(update={"pid": 7, "started": REINDEX.started.replace(year=2030), "space": 5})
    with others.begun(later) as again:
        assert (again.pid, again.space, again.started) == (7, 1, REINDEX.started)
    assert [of.entry.id for of in store.select(*unmade(1))] == ["b", "c"]


@pytest.mark.parametrize("other", [UPGRADE, REINDEX.model_copy(update={"becomes": "that"})])
def test_another_task_takes_away_what_one_that_was_cut_off_has_made(
    store: EntryStore, tasks: TaskStore, others: TaskStore, other: RunningTask
) -> None:
    with tasks.begun(REINDEX):
        make_vectors(store, "a")
        replace_later(store, at(store, "b"), derived())
    with others.begun(other) as begun:
        assert begun == other
    assert store.count(*unmade(1)) == 3 and [*store.stored_vectors(1)] == []
    assert sum(len(of.vectors) for of in store.stored_vectors(0)) == 3


def test_what_a_task_left_can_be_dropped(store: EntryStore, tasks: TaskStore, others: TaskStore) -> None:
    with tasks.begun(UPGRADE):
        replace_later(store, at(store, "b"), derived())
    others.drop()
    assert others.left() is None and store.count(*unmade(1)) == 3


@needs_fork
def test_the_task_of_a_process_that_was_killed_is_left(tasks: TaskStore, location: Location, store: EntryStore) -> None:
    unended: list[object] = []

    def begin() -> None:
        block = TaskStore(Database(location)).begun(REINDEX)
        unended.append(block)
        block.__enter__()

    with killed_afterwards(begin) as kill:
        assert tasks.running() == REINDEX and tasks.left() is None
        kill()
        end = time.monotonic() + 10
        while tasks.running() is not None:  # a server notices a moment later
            assert time.monotonic() < end
            time.sleep(0.01)
    assert tasks.left() == REINDEX
    with tasks.begun(REINDEX.model_copy(update={"space": 7})) as again:
        assert again.space == 1
