"""A place among those in work is for a time, and taken for as long as anything works in it."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.soaking import resident
from parametric_memory.cancellation import check_cancelled, commit
from parametric_memory.server import desk as desks
from parametric_memory.server.desk import Desk, client_has_left, in_process
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem


async def when_free(desk: Desk) -> None:
    async with asyncio.timeout(10):
        while desk._of:
            await asyncio.sleep(0.01)


async def test_a_place_is_taken_until_the_work_that_was_given_up_has_ended() -> None:
    desk, ended = Desk(1, 0.1, Metrics()), threading.Event()
    with pytest.raises(Problem) as late:
        await desk.run(ended.wait)
    assert late.value.status == 504
    with pytest.raises(Problem) as refused:
        desk.take()
    assert refused.value.status == 429
    ended.set()
    await when_free(desk)
    assert await desk.run(lambda: "done") == "done"


async def test_what_works_in_a_place_that_was_left_is_asked_to_end() -> None:
    desk = Desk(1, 0.1, Metrics())
    with pytest.raises(Problem), desk.take() as place:
        await place.in_thread(place.abandoned.wait)
    await when_free(desk)
    with pytest.raises(Problem):
        await place.in_thread(lambda: None)


async def test_pieces_that_come_too_late_are_a_problem_and_their_iterator_is_closed() -> None:
    desk, going_on, closed = Desk(1, 0.2, Metrics()), threading.Event(), threading.Event()

    def pieces() -> Iterator[int]:
        try:
            yield 1
            going_on.wait()
            yield 2
        finally:
            closed.set()

    with desk.take() as place:
        told = place.pieces(pieces())
        assert await anext(told) == 1
        with pytest.raises(Problem) as late:
            await anext(told)
    assert late.value.status == 504
    going_on.set()
    assert await asyncio.to_thread(closed.wait, 10)
    await when_free(desk)


async def test_a_change_whose_time_is_up_before_it_is_committed_does_not_happen() -> None:
    desk, derived, written = Desk(1, 0.1, Metrics()), threading.Event(), threading.Event()

    def add() -> None:
        derived.wait(10)
        commit(written.set)

    with pytest.raises(Problem) as late:
        await desk.run(add)
    assert late.value.status == 504
    derived.set()
    await when_free(desk)
    assert not written.is_set()


async def test_a_change_whose_time_is_up_while_it_is_committed_is_answered_when_it_is_done() -> None:
    desk, written = Desk(1, 0.1, Metrics()), threading.Event()

    def takes_long() -> None:
        time.sleep(0.4)
        written.set()

    def add() -> str:
        commit(takes_long)
        return "added"

    assert await desk.run(add) == "added" and written.is_set()


async def test_a_change_that_is_committed_is_answered_whatever_follows_it() -> None:
    desk, done = Desk(1, 0.1, Metrics()), threading.Event()

    def add() -> str:
        commit(lambda: None)
        done.wait(10)  # as of bringing the index up
        return "added"

    adding = asyncio.ensure_future(desk.run(add))
    await asyncio.sleep(0.3)
    assert not adding.done()
    done.set()
    assert await adding == "added"


async def test_a_change_that_is_committed_and_goes_on_is_told_to_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_COMMITTED_SECONDS", 0.1)
    desk, done = Desk(1, 0.1, Metrics()), threading.Event()

    def add() -> None:
        commit(lambda: None)
        done.wait(10)

    with pytest.raises(Problem, match="is written") as late:
        await desk.run(add)
    assert late.value.status == 504
    done.set()
    await when_free(desk)


async def test_a_change_that_nobody_waits_for_any_more_is_not_committed() -> None:
    desk, derived, written = Desk(1, 10.0, Metrics()), threading.Event(), threading.Event()

    def add() -> None:
        derived.wait(10)
        commit(written.set)

    adding = asyncio.ensure_future(desk.run(add))
    await asyncio.sleep(0.1)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    derived.set()
    await when_free(desk)
    assert not written.is_set()


async def test_nothing_more_is_derived_of_a_change_that_nobody_waits_for() -> None:
    desk, derived, more = Desk(1, 0.1, Metrics()), threading.Event(), threading.Event()

    def add() -> None:
        derived.wait(10)
        check_cancelled()
        more.set()

    with pytest.raises(Problem):
        await desk.run(add)
    derived.set()
    await when_free(desk)
    assert not more.is_set()


async def test_what_a_change_raises_is_raised() -> None:
    def add() -> None:
        raise ValueError("The text is empty.")

    with pytest.raises(ValueError, match="empty"):
        await Desk(1, 10.0, Metrics()).run(add)


async def test_a_time_out_of_the_work_itself_is_not_the_desks() -> None:
    def asks() -> None:
        raise TimeoutError("The disk sleeps.")

    with pytest.raises(TimeoutError, match="The disk sleeps"):
        await Desk(1, 10.0, Metrics()).run(asks)


async def test_an_addition_has_time_for_its_size_and_ends_with_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_CLIENT_LOOKED", 0.05)
    desk, ended = Desk(1, 0.1, Metrics()), threading.Event()

    def add() -> str:
        while not ended.wait(0.01):
            check_cancelled()
        return "added"

    async def has_left() -> bool:
        return True

    client_has_left.set(has_left)
    with pytest.raises(Problem) as gone:
        await desk.run(add, 100_000)
    assert gone.value.status == 499
    await when_free(desk)

    def add_two() -> None:
        commit(lambda: None)
        add()

    with pytest.raises(Problem, match="part of it is written"):
        await desk.run(add_two, 100_000)
    await when_free(desk)
    client_has_left.set(None)
    threading.Timer(0.5, ended.set).start()
    assert await desk.run(add, 100_000) == "added"  # other requests have a tenth of a second


def test_work_whose_process_dies_ends_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(Problem, match="died") as died:
        in_process(os._exit, 1)
    assert died.value.status == 413 and time.monotonic() - started < 20


def test_work_in_a_process_returns_or_raises() -> None:
    assert in_process(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        in_process(divmod, 7, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")
async def test_memory_that_work_has_freed_goes_back_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_IDLE_LOOKED", 0.05)
    desk, kept = Desk(1, 10.0, Metrics()), list[bytes]()

    def fill() -> None:
        kept.append([b"%04096d" % i for i in range(50_000)][-1])  # the last keeps what is below it

    await desk.run(fill)
    full = resident(os.getpid())
    trimming = asyncio.create_task(desk.give_memory_back())
    async with asyncio.timeout(10):
        while resident(os.getpid()) > full - 150:
            await asyncio.sleep(0.05)
    trimming.cancel()
