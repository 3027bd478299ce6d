"""Several who read and write at once, and tasks that take long."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks.growth import DrawnVectors, NoModels, OneNumber, text
from parametric_memory import Maintenance, ModelSettings, RecallSettings
from parametric_memory.errors import MemoryLocked
from parametric_memory.index.chroma import ChromaIndex
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.internalize.selection import Models
from parametric_memory.memory import ParametricMemory
from tests.faults.crowd import FIRST, SWINGING, begin, crowd, found, in_threads
from tests.faults.forks import Forks, Job
from tests.faults.writers import Place, opened

_SOAK = float(os.environ.get("PARAMETRIC_MEMORY_SOAK_SECONDS", "600"))


def together(place: Place, folder: Path, forks: Forks, seconds: float, readers: int) -> None:
    folder.mkdir()
    begin(place)
    with opened(place) as memory:
        memory.recall(text(FIRST))
        forks.run(*crowd(place, folder, seconds, readers))
        told = {
            path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir() if path.stat().st_size
        }
        print({name: of["times"] for name, of in told.items()})
        assert len(told) == readers + 3 and all(of["times"] for of in told.values())
        stays = [id for name, of in told.items() if name.startswith("writer") for id in of["stays"]]
        for reader in (memory, opened(place)):
            assert {entry.id for entry in reader.list()} == {FIRST, SWINGING, *stays}
            assert all(found(reader, text(id)) == [id] for id in stays)
            assert reader.storage.search.index.problems() == [] and reader.storage.database.problems() == []
            reader.close()


def test_readers_beside_writers_and_long_tasks_see_no_error(place: Place, tmp_path: Path, forks: Forks) -> None:
    together(place, tmp_path / "told", forks, 2, readers=2)


@pytest.mark.soak
@pytest.mark.parametrize("place", ["sqlite", "postgresql", "served"], indirect=True)
def test_readers_beside_writers_for_ten_minutes_see_no_error(place: Place, tmp_path: Path, forks: Forks) -> None:
    together(place, tmp_path / "told", forks, _SOAK, readers=4)


def test_several_who_make_a_memory_at_once_make_one(place: Place, forks: Forks) -> None:
    names = [f"{number} of several" for number in range(6)]
    forks.run(*(Job("tests.faults.crowd:come_first", {"place": list(place), "log": name}) for name in names))
    with opened(place) as memory:
        assert {entry.id for entry in memory.list()} == {*names}
        assert all(found(memory, text(name)) == [name] for name in names)
        assert memory.storage.search.index.problems() == []


def test_threads_that_share_an_instance_read_and_write(place: Place) -> None:
    begin(place)
    numbers = iter(range(10**6))
    with opened(place) as memory:
        memory.storage.search._most = 0

        def write() -> None:
            for _ in range(6):
                id = f"note {next(numbers)}"
                memory.add(text(id), id=id)
                memory.update(SWINGING, text=text(f"{SWINGING} {id}"))
                assert found(memory, text(id)) == [id] and found(memory, text(FIRST)) == [FIRST]
                assert [recall.entry_id for recall in memory.recall(text(id), namespace=SWINGING)] == [SWINGING]

        in_threads(4, write)
        assert len(memory.list()) == 26
        assert memory.storage.search.index.problems() == []


class Waits(DrawnVectors):
    """Embeds no question before it is let."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def embed_query(self, text: str) -> list[float]:
        if "?" in text:
            self.begun.set()
            assert self.may_go_on.wait(20)
        return super().embed_query(text.strip("?"))


def with_models(place: Place, embeddings: DrawnVectors | None = None, internalizer: Any = None) -> ParametricMemory:
    models = NoModels()
    settings = ModelSettings(internalizer=internalizer or OneNumber(), embeddings=embeddings or DrawnVectors())
    Models.__init__(models, settings, progress=False)
    recall = RecallSettings(scorer="vectors", threshold=0.5)
    return ParametricMemory(place.where, index=place.index, models=models, recall=recall)


@pytest.mark.parametrize("graph", [False, True], ids=["compared", "graph"])
def test_a_question_that_takes_long_is_answered_from_when_it_began(place: Place, graph: bool) -> None:
    embeddings = Waits()
    with with_models(place, embeddings) as memory, ThreadPoolExecutor(1) as threads:
        memory.add(text("old"), id=FIRST)
        if graph:
            memory.storage.search._most = 0
        assert found(memory, text("old")) == [FIRST]
        question = threads.submit(memory.recall, text("old") + "?")
        assert embeddings.begun.wait(20)
        for number in range(12):
            memory.add(text(f"{number}"), id=FIRST)
            assert found(memory, text(f"{number}")) == [FIRST]
        embeddings.may_go_on.set()
        assert [(recall.entry_id, recall.score > 0.9) for recall in question.result(20)] == [(FIRST, True)]


@pytest.mark.parametrize("place", ["sqlite", pytest.param("served", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.parametrize("when", ["before it is asked", "while it is asked"])
def test_a_reader_whose_index_a_reindex_takes_away_finds_all(
    place: Place, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    whole, overtaken = ChromaIndex.nearest, []

    def overtake(index: ChromaIndex, *args: Any) -> Any:
        monkeypatch.setattr(ChromaIndex, "nearest", whole)
        if when == "while it is asked":
            assert index.exists  # and it is open
        Maintenance(other).reindex()
        overtaken.append(index.name)
        return whole(index, *args)

    with opened(place) as reader, opened(place) as other:
        reader.add(text(FIRST), id=FIRST)
        reader.storage.search._most = 0
        assert found(reader, text(FIRST)) == [FIRST] and not reader.storage.search.is_exact
        monkeypatch.setattr(ChromaIndex, "nearest", overtake)
        assert found(reader, text(FIRST)) == [FIRST]
        assert overtaken
        assert found(reader, text(FIRST)) == [FIRST] and reader.storage.search.index.problems() == []


class Internalizes(OneNumber):
    """Nothing, before it is let."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def internalize(self, text: str) -> Internalized:
        self.begun.set()
        assert self.may_go_on.wait(20)
        return super().internalize(text)


def test_while_an_upgrade_runs_others_read_and_write_and_are_told(place: Place) -> None:
    internalizer = Internalizes()
    with (
        with_models(place) as memory,
        with_models(place, internalizer=internalizer) as upgrading,
        ThreadPoolExecutor(1) as threads,
    ):
        memory.add(text("first"), id="first"), memory.add(text("second"), id="second")
        upgrade = threads.submit(Maintenance(upgrading).upgrade)
        assert internalizer.begun.wait(20)
        running = memory.storage.tasks.running()
        assert running is not None and (running.task, running.entries, running.done) == ("upgrade", 2, 0)
        assert "An upgrade by the process" in str(running) and "0 of 2 entries" in str(running)
        assert found(memory, text("first")) == ["first"]
        memory.add(text("third"), id="third"), memory.add(text("changed"), id="second"), memory.delete("first")
        for task in (Maintenance(memory).reindex, Maintenance(memory).upgrade):
            with pytest.raises(MemoryLocked, match="Another process is at a reindex or an upgrade"):
                task()
        with pytest.raises(MemoryLocked, match=r"upgrade by the process \d+ is running .*0 of 2 entries are done"):
            Maintenance(memory).erase()
        internalizer.may_go_on.set()
        assert upgrade.result(20) == 2
        assert memory.storage.tasks.running() is None
        for reader in (memory, upgrading):
            assert found(reader, text("first")) == found(reader, text("second")) == []
            assert found(reader, text("third")) == ["third"] and found(reader, text("changed")) == ["second"]
            assert reader.storage.search.index.problems() == []
