"""Locks among processes, in a folder and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parametric_memory.storage.database import Database
from parametric_memory.storage.location import Location
from parametric_memory.storage.locks import DatabaseLock
from tests.storage.processes import forked, killed_afterwards, needs_fork, until

Connect = Callable[..., Database]


@pytest.mark.parametrize("name", ["index", "task"])
def test_a_lock_is_had_by_one_until_it_gives_it_back(location: Location, connected: Connect, name: str) -> None:
    databases = [connected(location), connected(location)]
    databases[0].set("a", "1")
    one, other = (DatabaseLock(database, name) for database in databases)
    assert one.is_free and one.take() and one.take()
    assert not other.take() and not other.is_free
    assert DatabaseLock(databases[0], {"index": "task", "task": "index"}[name]).take()
    other.release()  # which is not its own
    assert not other.is_free
    one.release()
    assert other.is_free and other.take() and not one.take()


def test_who_looks_whether_a_lock_is_free_does_not_let_go_of_it(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("a", "1")
    lock = DatabaseLock(database, "task")
    assert lock.take() and not lock.is_free
    assert not DatabaseLock(connected(location), "task").take()


@needs_fork
def test_the_system_lets_go_of_the_lock_of_the_dead(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("a", "1")
    lock, held = DatabaseLock(database, "task"), []

    def take() -> None:
        held.append(DatabaseLock(Database(location), "task"))
        assert held[0].take()

    with killed_afterwards(take) as kill:
        assert not lock.take()
        kill()
        until(lock.take)


@needs_fork
def test_a_fork_neither_has_the_locks_of_its_parent_nor_lets_go_of_them(location: Location, connected: Connect) -> None:
    database = connected(location)
    database.set("a", "1")
    lock = DatabaseLock(database, "task")
    assert lock.take()

    def child() -> None:
        assert not lock.take() and not DatabaseLock(database, "task").take()
        lock.release()

    forked(child)
    assert not DatabaseLock(connected(location), "task").take(), "the parent has it still"
    lock.release()
    assert DatabaseLock(connected(location), "task").take()
