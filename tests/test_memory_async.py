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
from parametric_memory.documents.files import Document
from parametric_memory.errors import EntryNotFound, StorageError
from parametric_memory.progress import shown_by
from parametric_memory.storage import database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.search import VectorSearch
from tests.in_step import in_step

OpenMemory = Callable[..., ParametricMemory]
LINA, RAIN, SNOW, HAIL = "Lina Okafor lives in Bergen.", "It rained in Oslo.", "It snowed in Tromso.", "It hailed."


@pytest.fixture
def memory(open_memory: OpenMemory) -> ParametricMemory:
    memory = open_memory(versions=3)
    memory.add("Lina Okafor lives in Molde.", id="lina")
    memory.add(LINA, id="lina")
    return memory


class Held:
    """Writers wait at some point until they may go on, or fail."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.error: BaseException | None = None

    def wait(self) -> None:
        self.begun.set()
        assert self.may_go_on.wait(20)
        if self.error is not None:
            raise self.error

    def before(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        """The same, but writers wait first."""

        def slowly(*args: Any) -> Any:
            self.wait()
            return whole(*args)

        return slowly

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 20)

    def goes_on_soon(self) -> None:
        threading.Timer(0.2, self.may_go_on.set).start()


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.may_go_on.set()


def hold(patch: pytest.MonkeyPatch, held: Held, where: str) -> None:
    """Writers wait while they write, while they commit, or when they have committed."""
    if where == "before":
        for name in ("write", "update", "delete"):
            patch.setattr(EntryStore, name, held.before(getattr(EntryStore, name)))
    elif where == "during":
        commit = database.commit
        patch.setattr(database, "commit", lambda transaction: commit(held.before(transaction)))
    else:
        patch.setattr(VectorSearch, "after_commit", held.before(VectorSearch.after_commit))


@contextmanager
def somebody_writes(memory: ParametricMemory) -> Iterator[None]:
    """Another thread is in a transaction."""
    begun, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with memory.storage.writing():
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


async def all_have_ended(memory: ParametricMemory) -> None:
    """Whoever was at a transaction, or waited for one, has had its turn."""
    await asyncio.sleep(0.3)
    with memory.storage.writing():
        pass


WRITERS: dict[str, Callable[[ParametricMemory], Awaitable[Any]]] = {
    "aadd": lambda memory: memory.aadd(RAIN, id="rain"),
    "aadd_messages": lambda memory: memory.aadd_messages([("Ana", "It rained.")], id="rain"),
    "aadd_documents": lambda memory: memory.aadd_files(Document(RAIN, "Rain", None)),
    "aupdate": lambda memory: memory.aupdate("lina", text=RAIN),
    "aupdate of a title": lambda memory: memory.aupdate("lina", title="Home"),
    "arestore": lambda memory: memory.history("lina").arestore(1),
    "adelete": lambda memory: memory.adelete("lina"),
    "adelete_all": lambda memory: memory.adelete(namespace="default"),
}
every_writer = pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
Writer = Callable[[ParametricMemory], Awaitable[Any]]


def state(memory: ParametricMemory) -> list[tuple[str, int, str, str]]:
    return [(entry.id, entry.version, entry.title, memory.history(entry.id).text) for entry in memory.list()]


async def test_the_twins_do_the_same(memory: ParametricMemory, tmp_path: Path) -> None:
    (tmp_path / "rain.txt").write_text(RAIN)
    told: list[Any] = []
    with shown_by(lambda *done: told.append(done)):
        [rain] = await memory.aadd_files(tmp_path / "rain.txt", user="ana")
    assert told[-1] == ("documents", 1, 1) and rain.namespace == "ana"
    documents = [Document(SNOW, "Snow", None), Document(RAIN, "Rain", None)]
    snow, _ = await memory.aadd_files(*documents, user="bea")
    assert await memory.aget(snow.id) == memory.get(snow.id) == snow
    assert await memory.alist(user="ana") == memory.list(user="ana") == [rain]
    updated = await memory.aupdate("lina", title="Home")
    assert updated.title == "Home" and memory.get("lina") == updated
    await memory.adelete("lina")
    assert len(await memory.adelete(user="bea")) == 2 and memory.list() == [rain]
    for call in (memory.aget("lina"), memory.adelete("lina"), memory.aupdate("lina", title="Home")):
        with pytest.raises(EntryNotFound):
            await call


@every_writer
async def test_what_was_not_committed_when_it_is_cancelled_is_rolled_back(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch, held: Held, writer: Writer
) -> None:
    before = state(memory)
    hold(monkeypatch, held, "before")
    writing = asyncio.ensure_future(writer(memory))
    await held.reached()
    writing.cancel()
    words, result = (await cancelled(writing)).args  # at once, while the thread is still at it
    assert words.startswith("Nothing was ") and result is None
    held.may_go_on.set()
    await all_have_ended(memory)
    assert state(memory) == before and in_step(memory)


@every_writer
@pytest.mark.parametrize("where", ["during", "after"])
async def test_what_was_being_committed_when_it_is_cancelled_is_written_and_given(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch, held: Held, writer: Writer, where: str
) -> None:
    before = state(memory)
    hold(monkeypatch, held, where)
    writing = asyncio.ensure_future(writer(memory))
    await held.reached()
    held.goes_on_soon()
    for _ in range(3):  # however often it is cancelled
        writing.cancel()
        await asyncio.sleep(0.02)
    words, result = (await cancelled(writing)).args
    assert held.may_go_on.is_set()
    assert state(memory) != before
    assert "all the same: " in words
    written = [result] if not isinstance(result, list) else result
    for each in written:
        id = each if isinstance(each, str) else each.id
        assert id in words
        assert isinstance(each, str) or memory.get(id) == each
    await all_have_ended(memory)
    assert memory.storage.search.index.problems() == []  # it may be empty by now


@every_writer
async def test_what_has_not_begun_when_it_is_cancelled_does_not_happen_later(
    memory: ParametricMemory, writer: Writer
) -> None:
    before = state(memory)
    with somebody_writes(memory):
        writing = asyncio.ensure_future(writer(memory))
        await asyncio.sleep(0.3)
        writing.cancel()
        words, result = (await cancelled(writing)).args
        assert words.startswith("Nothing was ") and result is None
    await all_have_ended(memory)
    assert state(memory) == before


async def test_a_memory_of_which_nothing_came_stays_empty(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(tmp_path / "new")
    with somebody_writes(memory):
        writing = asyncio.ensure_future(memory.aadd(RAIN))
        await asyncio.sleep(0.3)
        writing.cancel()
        assert (await cancelled(writing)).args == ("Nothing was added.", None)
    await all_have_ended(memory)
    assert memory.storage.empty and memory.list() == []


@every_writer
async def test_a_commit_that_fails_when_it_is_cancelled_has_written_nothing(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch, held: Held, writer: Writer
) -> None:
    before, held.error = state(memory), StorageError("The disk is full.")
    with monkeypatch.context() as patched:
        hold(patched, held, "during")
        writing = asyncio.ensure_future(writer(memory))
        await held.reached()
        held.goes_on_soon()
        writing.cancel()
        words, result = (await cancelled(writing)).args
        assert words.startswith("Nothing was ") and result is None
        await asyncio.sleep(0.3)
    await all_have_ended(memory)
    assert state(memory) == before


async def test_of_many_documents_those_are_added_that_were_being_committed_when_it_is_cancelled(
    memory: ParametricMemory, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.writer._TEXTS", 2)  # that are written in one transaction
    hold(monkeypatch, held, "during")
    before = len(memory.list())
    writing = asyncio.ensure_future(memory.aadd_files(*[Document(text, text, None) for text in (RAIN, SNOW, HAIL)]))
    await held.reached()
    held.goes_on_soon()
    writing.cancel()
    words, added = (await cancelled(writing)).args
    assert words == f"Only a part was added: {', '.join(entry.id for entry in added)}."
    assert [memory.history(entry.id).text for entry in added] == [RAIN, SNOW]
    await all_have_ended(memory)
    assert len(memory.list()) == before + 2


@pytest.mark.parametrize("written_before", [0, 1])
async def test_of_many_documents_none_is_written_that_was_being_derived_when_it_is_cancelled(
    memory: ParametricMemory, held: Held, monkeypatch: pytest.MonkeyPatch, written_before: int
) -> None:
    whole, ended = memory.storage.deriver.derive_together, threading.Event()

    def slowly(*of: Any) -> Any:
        try:
            return held.before(whole)(*of)
        finally:
            ended.set()

    monkeypatch.setattr(memory.storage.deriver, "derive_together", slowly)
    before = [Document(f"{RAIN} " * 2000, "Rain", None)] * written_before  # a group by itself
    documents = [*before, *(Document(text, text, None) for text in (SNOW, HAIL))]
    writing = asyncio.ensure_future(memory.aadd_files(*documents))
    await held.reached()
    writing.cancel()
    await asyncio.sleep(0.1)
    if not written_before:
        words, result = (await cancelled(writing)).args
        assert not ended.is_set()  # what is derived is not waited for, as nothing comes of it
    held.may_go_on.set()
    if written_before:
        words, result = (await cancelled(writing)).args
    assert words.startswith("Only a part was added: " if written_before else "Nothing was added.")
    assert [entry.title for entry in result or ()] == ["Rain"] * written_before
    await all_have_ended(memory)
    assert len(memory.list()) == 1 + written_before


async def test_where_it_fails_half_way_when_it_is_cancelled_what_was_written_is_given(
    memory: ParametricMemory, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.writer._TEXTS", 2)
    whole, calls = memory.storage.deriver.derive_together, []

    def fails_at_last(drafts: Sequence[Any], store: Any) -> Any:
        calls.append(drafts)
        return whole(drafts, store) if len(calls) == 1 else held.wait()

    monkeypatch.setattr(memory.storage.deriver, "derive_together", fails_at_last)
    held.error = RuntimeError("no more memory on the device")
    documents = [Document(text, text, None) for text in (RAIN, SNOW, HAIL, "It thundered.")]
    writing = asyncio.ensure_future(memory.aadd_files(*documents))
    await held.reached()
    writing.cancel()
    await asyncio.sleep(0.02)
    held.may_go_on.set()
    error = await cancelled(writing)
    words, added = error.args
    assert [memory.history(entry.id).text for entry in added] == [RAIN, SNOW]
    assert words == f"Only a part was added: {added[0].id}, {added[1].id}. no more memory on the device"
    assert isinstance(error.__cause__, RuntimeError)
    assert len(memory.list()) == 3


async def test_what_fails_without_a_cancellation_is_raised_as_it_is(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(EntryStore, "write", full)
    with pytest.raises(StorageError, match="disk is full"):
        await memory.aadd(RAIN)
    assert len(memory.list()) == 1


async def test_a_time_that_is_up_is_told_as_that(memory: ParametricMemory) -> None:
    with somebody_writes(memory), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await memory.aadd(RAIN)
    await all_have_ended(memory)
    assert len(memory.list()) == 1


@pytest.mark.parametrize(("where", "written"), [("before", False), ("during", True), ("after", True)])
def test_a_loop_that_ends_leaves_nothing_half_written(
    memory: ParametricMemory, held: Held, monkeypatch: pytest.MonkeyPatch, where: str, written: bool
) -> None:
    hold(monkeypatch, held, where)

    async def left_alone() -> None:
        left.append(asyncio.ensure_future(memory.aadd(RAIN, id="rain")))
        await held.reached()
        held.goes_on_soon()

    left: list[asyncio.Future[Any]] = []
    asyncio.run(left_alone())  # waits for its threads
    assert left[0].cancelled() and [entry.id for entry in memory.list()] == ["lina", *(["rain"] if written else [])]
    assert in_step(memory)
