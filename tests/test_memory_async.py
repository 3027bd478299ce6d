"""The async twins: they do the same, and one that is cancelled has happened or has not, and says which."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.errors import EntryNotFound, StorageError
from parametric_memory.storage.entry_store import EntryStore
from parametric_memory.text.documents import Document

OpenMemory = Callable[..., ParametricMemory]
LINA, RAIN, SNOW = "Lina Okafor lives in Bergen.", "It rained in Oslo.", "It snowed in Tromso."


@pytest.fixture
def memory(open_memory: OpenMemory) -> ParametricMemory:
    memory = open_memory(versions=3)
    memory.add("Lina Okafor lives in Molde.", id="lina")
    memory.add(LINA, id="lina")
    return memory


class Held:
    """Writes to any store wait, and may fail then."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.fails = False

    def wait(self) -> None:
        self.begun.set()
        assert self.may_go_on.wait(20)
        if self.fails:
            raise StorageError("The disk is full.")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held()

    def waiting(whole: Callable[..., Any]) -> Callable[..., Any]:
        def slowly(*args: Any) -> Any:
            held.wait()
            return whole(*args)

        return slowly

    for name in ("write_together", "update", "delete"):
        monkeypatch.setattr(EntryStore, name, waiting(getattr(EntryStore, name)))
    yield held
    held.may_go_on.set()


@contextmanager
def somebody_writes(memory: ParametricMemory) -> Iterator[None]:
    """Another thread holds the write lock."""
    begun, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with memory.writing():
            begun.set()
            may_end.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(20)
    try:
        yield
    finally:
        may_end.set()
        writer.join()


async def cancelled(waiting: asyncio.Future[Any]) -> asyncio.CancelledError:
    with pytest.raises(asyncio.CancelledError) as told:
        await waiting
    return told.value


WRITERS: dict[str, Callable[[ParametricMemory], Awaitable[Any]]] = {
    "aadd": lambda memory: memory.aadd(RAIN, id="rain"),
    "aadd_messages": lambda memory: memory.aadd_messages([("Ana", "It rained.")], id="rain"),
    "aadd_documents": lambda memory: memory.aadd_documents([Document(RAIN, "Rain", None)]),
    "aupdate": lambda memory: memory.aupdate("lina", text=RAIN),
    "aupdate of a title": lambda memory: memory.aupdate("lina", title="Home"),
    "arestore": lambda memory: memory.arestore("lina", 1),
    "adelete": lambda memory: memory.adelete("lina"),
    "adelete_all": lambda memory: memory.adelete_all(namespace="default"),
}


def state(memory: ParametricMemory) -> list[tuple[str, int, str, str]]:
    return [(entry.id, entry.version, entry.title, memory.text(entry.id)) for entry in memory.list()]


async def test_the_twins_do_the_same(memory: ParametricMemory, tmp_path: Path) -> None:
    (tmp_path / "rain.txt").write_text(RAIN)
    told: list[Any] = []
    [rain] = await memory.aadd_files(tmp_path / "rain.txt", user="ana", on_progress=lambda *what: told.append(what))
    assert told == [(tmp_path / "rain.txt", None), (tmp_path / "rain.txt", rain)] and rain.namespace == "ana"
    documents = [Document(SNOW, "Snow", None), Document(RAIN, "Rain", None)]
    snow, _ = await memory.aadd_documents(documents, user="bea")
    assert await memory.aget(snow.id) == memory.get(snow.id) == snow
    assert await memory.alist(user="ana") == memory.list(user="ana") == [rain]
    updated = await memory.aupdate("lina", title="Home")
    assert updated.title == "Home" and memory.get("lina") == updated
    await memory.adelete("lina")
    assert len(await memory.adelete_all(user="bea")) == 2 and memory.list() == [rain]
    for call in (memory.aget("lina"), memory.adelete("lina"), memory.aupdate("lina", title="Home")):
        with pytest.raises(EntryNotFound):
            await call


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
async def test_what_is_being_written_when_it_is_cancelled_is_written_and_given(
    memory: ParametricMemory, held: Held, writer: Callable[[ParametricMemory], Awaitable[Any]]
) -> None:
    before = state(memory)
    writing = asyncio.ensure_future(writer(memory))
    assert await asyncio.to_thread(held.begun.wait, 20)
    for _ in range(3):  # however often it is cancelled
        writing.cancel()
        await asyncio.sleep(0.02)
        assert not writing.done()
    held.may_go_on.set()
    words, result = (await cancelled(writing)).args
    assert state(memory) != before
    assert "all the same: " in words
    written = [result] if not isinstance(result, list) else result
    for each in written:
        id = each if isinstance(each, str) else each.id
        assert id in words
        assert isinstance(each, str) or memory.get(id) == each


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
async def test_what_has_not_begun_when_it_is_cancelled_does_not_happen_later(
    memory: ParametricMemory, writer: Callable[[ParametricMemory], Awaitable[Any]]
) -> None:
    before = state(memory)
    with somebody_writes(memory):
        writing = asyncio.ensure_future(writer(memory))
        await asyncio.sleep(0.3)
        writing.cancel()
        words, result = (await cancelled(writing)).args
        assert words.startswith("Nothing was ") and result is None
    await asyncio.sleep(0.3)
    with memory.writing():  # whoever waited had its turn
        assert state(memory) == before


async def test_a_memory_of_which_nothing_came_stays_empty(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(tmp_path / "new")
    with somebody_writes(memory):
        writing = asyncio.ensure_future(memory.aadd(RAIN))
        await asyncio.sleep(0.3)
        writing.cancel()
        assert (await cancelled(writing)).args == ("Nothing was added.", None)
    await asyncio.sleep(0.3)
    with memory.writing():  # whoever waited had its turn
        assert memory.storage.empty and not (tmp_path / "new" / "memory.json").exists()


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
async def test_where_it_fails_when_it_is_cancelled_the_failure_is_the_cause(
    memory: ParametricMemory, held: Held, writer: Callable[[ParametricMemory], Awaitable[Any]]
) -> None:
    before, held.fails = state(memory), True
    writing = asyncio.ensure_future(writer(memory))
    assert await asyncio.to_thread(held.begun.wait, 20)
    writing.cancel()
    held.may_go_on.set()
    error = await cancelled(writing)
    words, result = error.args
    assert isinstance(error.__cause__, StorageError) and "The disk is full." in words and result is None
    assert state(memory) == before


async def test_of_many_documents_those_are_added_that_had_begun_when_it_is_cancelled(
    memory: ParametricMemory, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.bulk.groups._TEXTS", 2)  # that are written in one step
    before = len(memory.list())
    documents = [Document(text, text, None) for text in (RAIN, SNOW, "It hailed in Bodo.")]
    writing = asyncio.ensure_future(memory.aadd_documents(documents))
    assert await asyncio.to_thread(held.begun.wait, 20)
    writing.cancel()
    await asyncio.sleep(0.02)
    held.may_go_on.set()
    words, added = (await cancelled(writing)).args
    assert words == f"Only a part was added: {', '.join(entry.id for entry in added)}."
    assert [memory.text(entry.id) for entry in added] == [RAIN, SNOW] and len(memory.list()) == before + 2


@pytest.mark.parametrize("written_before", [0, 1])
async def test_of_many_documents_none_is_written_that_was_being_prepared_when_it_is_cancelled(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch, written_before: int
) -> None:
    preparing, prepared, ended = Held(), memory.storage.prepared_together, threading.Event()

    def slowly(texts: Sequence[Any]) -> Any:
        try:
            preparing.wait()
            return prepared(texts)
        finally:
            ended.set()

    monkeypatch.setattr(memory.storage, "prepared_together", slowly)
    before = [Document(f"{RAIN} " * 2000, "Rain", None)] * written_before  # a group by itself
    documents = [*before, *(Document(text, text, None) for text in (SNOW, "It hailed in Bodo."))]
    writing = asyncio.ensure_future(memory.aadd_documents(documents))
    assert await asyncio.to_thread(preparing.begun.wait, 20)
    writing.cancel()
    words, result = (await cancelled(writing)).args
    assert not ended.is_set()  # what is prepared is not waited for
    preparing.may_go_on.set()
    assert words.startswith("Only a part was added: " if written_before else "Nothing was added.")
    assert [entry.title for entry in result or ()] == ["Rain"] * written_before
    await asyncio.sleep(0.3)
    assert len(memory.list()) == 1 + written_before


@pytest.mark.parametrize("deleting", [False, True])
async def test_where_it_fails_half_way_when_it_is_cancelled_what_was_done_is_given(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch, deleting: bool
) -> None:
    if deleting:
        memory.add(RAIN, id="rain")
    held, name, calls = Held(), "delete" if deleting else "write_together", 0
    whole, held.fails = getattr(EntryStore, name), True

    def fails_at_last(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            held.wait()
        return whole(*args)

    monkeypatch.setattr(EntryStore, name, fails_at_last)
    said = [{"role": "user", "content": f"It rained on day {day}.", "when": f"2026-05-0{day}"} for day in (1, 2)]
    call = memory.adelete_all(namespace="default") if deleting else memory.aadd_messages(said)
    writing = asyncio.ensure_future(call)
    assert await asyncio.to_thread(held.begun.wait, 20)
    writing.cancel()
    await asyncio.sleep(0.02)
    held.may_go_on.set()
    error = await cancelled(writing)
    words, [done] = error.args
    id = done if isinstance(done, str) else done.id
    assert words == f"Only a part was {'deleted' if deleting else 'added'}: {id}. The disk is full."
    assert isinstance(error.__cause__, StorageError)
    assert len(memory.list()) == (1 if deleting else 2) and (id in [e.id for e in memory.list()]) is not deleting


async def test_a_time_that_is_up_is_told_as_that(memory: ParametricMemory) -> None:
    with somebody_writes(memory), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await memory.aadd(RAIN)
    assert len(memory.list()) == 1


def test_a_loop_that_ends_waits_for_what_is_being_written(memory: ParametricMemory, held: Held) -> None:
    async def left_alone() -> None:
        left.append(asyncio.ensure_future(memory.aadd(RAIN, id="rain")))
        assert await asyncio.to_thread(held.begun.wait, 20)
        threading.Timer(0.2, held.may_go_on.set).start()

    left: list[asyncio.Future[Any]] = []
    asyncio.run(left_alone())
    assert left[0].cancelled() and memory.text("rain") == RAIN
