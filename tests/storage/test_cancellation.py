"""A write that is cancelled has happened or has not, and says which."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from parametric_memory.cancellation import (
    Cancellation,
    Cancelled,
    check_cancelled,
    committed,
    in_thread,
    long_texts_in_turn,
    regardless,
)
from parametric_memory.storage import database as database_module
from parametric_memory.storage.database import Database


class Gate:
    """Where a thread waits until it may go on."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._open.wait(20)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, 20)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


def started(write: Callable[[], object]) -> asyncio.Task[object]:
    return asyncio.ensure_future(in_thread(write, "added"))


async def cancelled(task: asyncio.Task[object], gate: Gate) -> tuple[str, object]:
    """What a write that waits at a gate says when it is cancelled."""
    await gate.reached()
    task.cancel()
    await asyncio.sleep(0.05)
    gate.open()
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    words, result = raised.value.args
    return words, result


async def test_a_write_that_nobody_cancels_gives_its_result(database: Database) -> None:
    def write() -> str:
        database.set("a", "1")
        return "a"

    assert await started(write) == "a" and database.setting("a") == "1"


async def test_a_write_that_is_cancelled_before_its_commit_is_rolled_back(database: Database, gate: Gate) -> None:
    ended = threading.Event()

    def write() -> str:
        try:
            with database.writing():
                database.set("a", "1")
                gate.wait()
        finally:
            ended.set()
        return "a"

    assert await cancelled(started(write), gate) == ("Nothing was added.", None)
    await asyncio.to_thread(ended.wait, 20)
    assert database.settings() == {}
    database.set("a", "2")  # nobody holds it


async def test_a_write_that_is_cancelled_while_it_commits_is_waited_for(
    database: Database, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = database_module.commit

    def slowly(transaction: Callable[[], None]) -> None:
        commit(lambda: (gate.wait(), transaction())[1])

    monkeypatch.setattr(database_module, "commit", slowly)

    def write() -> str:
        database.set("a", "1")
        return "a"

    task = started(write)
    await gate.reached()
    asyncio.get_running_loop().call_later(0.05, task.cancel)
    threading.Timer(0.3, gate.open).start()
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    assert raised.value.args == ("It was added all the same: a.", "a") and database.setting("a") == "1"


async def test_what_was_committed_before_is_told(database: Database, gate: Gate) -> None:
    def write() -> list[str]:
        for name in ("a", "b", "c"):
            check_cancelled()
            with database.writing():
                database.set(name, "1")
            committed(name)
            if name == "b":
                gate.wait()
        return ["a", "b", "c"]

    assert await cancelled(started(write), gate) == ("Only a part was added: a, b.", ["a", "b"])
    assert database.settings().keys() == {"format", "a", "b"}


async def test_a_failure_after_a_cancellation_is_told_with_what_was_done(database: Database, gate: Gate) -> None:
    def write() -> None:
        database.set("a", "1")
        committed("a")
        gate.wait()
        raise ValueError("The disk is full.")

    assert await cancelled(started(write), gate) == ("Only a part was added: a. The disk is full.", ["a"])


async def test_what_follows_a_commit_is_done_also_where_the_call_was_cancelled(database: Database) -> None:
    cancellation, done = Cancellation(), []

    def follow() -> None:
        cancellation.cancel()
        check_cancelled()
        database.set("followed", "1")
        done.append(database.setting("followed"))

    def write() -> None:
        with database.writing():
            database.set("a", "1")
            database.after_commit(follow)

    cancellation.run(write)
    assert done == ["1"]
    with pytest.raises(Cancelled):
        cancellation.run(database.set, "a", "2")
    assert database.setting("a") == "1"


def test_outside_of_a_call_that_can_be_cancelled_nothing_is(database: Database) -> None:
    check_cancelled()
    assert committed("a") == "a"
    database.set("a", "1")
    cancellation = Cancellation()
    assert cancellation.cancel()
    with pytest.raises(Cancelled):
        cancellation.run(check_cancelled)
    cancellation.run(regardless, check_cancelled)
    check_cancelled()


async def test_who_is_cancelled_twice_is_told_all_the_same(database: Database, gate: Gate) -> None:
    def write() -> str:
        database.set("a", "1")
        committed("a")
        gate.wait()
        return "a"

    task = started(write)
    await gate.reached()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.02)
    gate.open()
    with pytest.raises(asyncio.CancelledError, match="It was added all the same: a"):
        await task


@pytest.fixture
def splits() -> Iterator[tuple[Gate, Callable[[str], list[str]]]]:
    """A function that splits long texts, and a gate in it; the gate is open afterwards."""
    gate = Gate()

    @long_texts_in_turn
    def split(text: str) -> list[str]:
        if text[0] == "w":
            gate.wait()
        return text.split()

    yield gate, split
    gate.open()


async def test_long_texts_are_split_one_at_a_time(splits: tuple[Gate, Callable[[str], list[str]]]) -> None:
    gate, split = splits
    first = asyncio.ensure_future(asyncio.to_thread(split, "waiting " * 100_000))
    await gate.reached()
    second = asyncio.ensure_future(asyncio.to_thread(split, "going " * 100_000))
    assert split("short") == ["short"]
    done, _ = await asyncio.wait([second], timeout=0.3)
    assert not done
    gate.open()
    assert len(await first) == len(await second) == 100_000


async def test_a_cancelled_call_does_not_wait_for_its_turn(splits: tuple[Gate, Callable[[str], list[str]]]) -> None:
    gate, split = splits
    first = asyncio.ensure_future(asyncio.to_thread(split, "waiting " * 100_000))
    await gate.reached()
    cancellation = Cancellation()
    second = asyncio.ensure_future(asyncio.to_thread(cancellation.run, split, "going " * 100_000))
    await asyncio.sleep(0.1)
    cancellation.cancel()
    with pytest.raises(Cancelled):
        await asyncio.wait_for(second, 10)
    gate.open()
    assert len(await first) == 100_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
async def test_a_forked_process_does_not_wait_for_a_thread_that_it_lacks(
    splits: tuple[Gate, Callable[[str], list[str]]],
) -> None:
    gate, split = splits
    first = asyncio.ensure_future(asyncio.to_thread(split, "waiting " * 100_000))
    await gate.reached()
    process = os.fork()
    if not process:
        signal.alarm(20)
        os._exit(len(split("going " * 100_000)) != 100_000)
    assert os.waitpid(process, 0)[1] == 0
    gate.open()
    await first
