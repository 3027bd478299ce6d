"""A reindex or an upgrade: others read and write meanwhile, and one that is cut off goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sql

from benchmarks.growth import DrawnVectors, NoModels, OneNumber, text
from parametric_memory import Maintenance, ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.commands.doctor import memory_of
from parametric_memory.errors import MemoryFolderError, MemoryLocked, MemoryMismatch
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.internalize.selection import Models
from parametric_memory.progress import shown_by
from parametric_memory.records import RunningTask
from parametric_memory.storage import following
from parametric_memory.storage.location import Location
from parametric_memory.storage.renewal import TASK
from parametric_memory.storage.schema import revisions, vectors

ENTRIES = 100  # more than are made in one transaction
OTHERS = "others"


class Embedder(DrawnVectors):
    """Is cut off after so many texts."""

    def __init__(self, fingerprint: str = OTHERS, most: int = 10**6, dimension: int = 384) -> None:
        self.most, self.embedded, self.fingerprint, self.dimension = most, 0, fingerprint, dimension

    def embed_query(self, text: str) -> list[float]:
        if self.embedded == self.most:
            raise KeyboardInterrupt
        self.embedded += 1
        return super().embed_query(f"{self.fingerprint}: {text}")[: self.dimension]


class Internalizer(OneNumber):
    """Is cut off after so many texts."""

    def __init__(self, most: int = 10**6) -> None:
        self.most, self.made = most, 0

    def internalize(self, text: str) -> Internalized:
        if self.made == self.most:
            raise KeyboardInterrupt
        self.made += 1
        return super().internalize(text)


class Chosen(NoModels):
    def __init__(self, embeddings: Embedder, internalizer: OneNumber, max_rank: int | None) -> None:
        settings = ModelSettings(internalizer=internalizer, embeddings=embeddings, max_rank=max_rank)
        Models.__init__(self, settings, progress=False)


@contextmanager
def opened(
    where: Location,
    embedder: Embedder | None = None,
    internalizer: Internalizer | None = None,
    max_rank: int | None = None,
) -> Iterator[ParametricMemory]:
    """As it was made, unless other models are named."""
    models = Chosen(embedder or Embedder("first"), internalizer or Internalizer(), max_rank)
    with ParametricMemory(where, models=models, recall=RecallSettings(scorer="vectors", threshold=0.5)) as memory:
        yield memory


@contextmanager
def told(tell: Callable[[int], object]) -> Iterator[None]:
    """Calls a function with the number of entries that are done, after each."""
    with shown_by(lambda what, done, _: tell(done) if what == "entries" else None):
        yield


def found(memory: ParametricMemory, words: str) -> list[str]:
    return [recall.entry_id for recall in memory.recall(words, k=1) if recall.score > 0.9]


def in_step(memory: ParametricMemory) -> bool:
    """Whether nothing is left but what is in use, and the index holds just that."""
    with memory.storage.database.reading() as connection:
        spaces = connection.execute(sql.select(vectors.c.space).distinct()).scalars().all()
        made = connection.execute(sql.select(sql.func.count()).select_from(revisions)).scalar_one()
    is_tidy = [*spaces] == [memory.storage.entries.space] and made == memory.storage.entries.count()
    is_tidy = is_tidy and memory.storage.database.setting(TASK) is None
    return is_tidy and memory.storage.search.index.problems() == [] and memory.storage.entries.damaged() == []


@pytest.fixture
def filled(location: Location) -> Location:
    with opened(location) as memory, memory.storage.writing():
        for number in range(ENTRIES):
            memory.add(text(number), id=f"copy-{number}")
    return location


@pytest.fixture
def cut_off(filled: Location) -> Location:
    """A memory whose reindex with another embedder was cut off near its end."""
    with opened(filled, Embedder(most=ENTRIES - 10)) as memory, pytest.raises(KeyboardInterrupt):
        Maintenance(memory).reindex()
    return filled


def test_a_reindex_with_the_same_models_embeds_nothing(filled: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SMALL", 0)  # a small memory has no index that could be made anew
    embedder, seen = Embedder("first"), list[int]()
    with opened(filled, embedder) as memory:
        with told(seen.append):
            assert Maintenance(memory).reindex() == ENTRIES
        assert embedder.embedded == 0 and in_step(memory) and memory.storage.tasks.running() is None
        assert seen == ([] if filled.folder is None else [*range(1, ENTRIES + 1)])
        assert found(memory, text(7)) == ["copy-7"]


def test_a_reindex_goes_on_where_it_was_cut_off(cut_off: Location) -> None:
    with opened(cut_off) as memory:
        assert found(memory, text(7)) == ["copy-7"], "meanwhile it answers as it was"
    embedder, seen = Embedder(), list[int]()
    with opened(cut_off, embedder) as memory:
        with pytest.raises(MemoryMismatch, match="embedder first, not others"):
            memory.recall(text(7))
        with told(seen.append):
            assert Maintenance(memory).reindex() == ENTRIES
        assert embedder.embedded <= ENTRIES / 2 and seen == [*range(ENTRIES - embedder.embedded + 1, ENTRIES + 1)]
        assert [found(memory, text(n)) for n in (1, 50, 98)] == [["copy-1"], ["copy-50"], ["copy-98"]]
        assert in_step(memory)
    with opened(cut_off) as memory, pytest.raises(MemoryMismatch, match="embedder others, not first"):
        memory.recall(text(7))


def test_what_others_wrote_since_is_made_too(cut_off: Location) -> None:
    with opened(cut_off) as memory:
        memory.add(text("new"), id="new"), memory.add(text("other"), id="copy-3")
        memory.update("copy-4", move_to="moved"), memory.delete("copy-5"), memory.update("copy-6", title="Six")
    embedder = Embedder()
    with opened(cut_off, embedder) as memory:
        assert Maintenance(memory).reindex() == ENTRIES and embedder.embedded <= ENTRIES / 2
        assert found(memory, text("new")) == ["new"] and found(memory, text("other")) == ["copy-3"]
        assert found(memory, text(3)) == found(memory, text(4)) == found(memory, text(5)) == []
        assert [recall.entry_id for recall in memory.recall(text(4), namespace="moved")] == ["copy-4"]
        assert found(memory, text(6)) == ["copy-6"] and memory.get("copy-6").title == "Six" and in_step(memory)


def test_what_others_write_meanwhile_is_made_too(filled: Location) -> None:
    with opened(filled) as other, opened(filled, Embedder()) as memory:

        def meanwhile(number: int) -> None:
            if number in (10, ENTRIES):
                other.add(text(f"new {number}"), id=f"new {number}")
                other.add(text(f"other {number}"), id="copy-3")
                if number == 10:
                    other.delete("copy-9")
                assert found(other, text(f"other {number}")) == ["copy-3"] and other.storage.tasks.running() is not None

        with told(meanwhile):
            assert Maintenance(memory).reindex() == ENTRIES + 1
        assert in_step(memory) and found(memory, text("new 10")) == ["new 10"]
        assert found(memory, text(f"other {ENTRIES}")) == ["copy-3"]
        assert found(memory, text("other 10")) == found(memory, text(9)) == []


def test_where_others_never_stop_writing_it_ends(filled: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.storage.renewal._ROUNDS", 3)
    written, refused = 0, 0
    with opened(filled) as other, opened(filled, Embedder()) as memory:
        other.storage.database._timeout = 0.1

        def write_again(done: int) -> None:
            nonlocal written, refused
            if done == ENTRIES and not refused and written < 20:
                try:
                    other.update("copy-1", text=text(f"step {written}"))
                    written += 1
                except MemoryLocked:
                    refused += 1

        with told(write_again):
            assert Maintenance(memory).reindex() == ENTRIES
        assert 1 < written < 20 and refused == 1
        assert found(memory, text(f"step {written - 1}")) == ["copy-1"] and in_step(memory)


def test_an_upgrade_goes_on_where_it_was_cut_off(filled: Location) -> None:
    with opened(filled, internalizer=Internalizer(ENTRIES - 1)) as memory, pytest.raises(KeyboardInterrupt):
        Maintenance(memory).upgrade()
    with opened(filled) as memory:
        memory.delete("copy-5"), memory.update("copy-6", text=text("other"))
    internalizer, seen = Internalizer(), list[int]()
    with opened(filled, internalizer=internalizer) as memory:
        with told(seen.append):
            assert Maintenance(memory).upgrade() == ENTRIES - 1
        assert internalizer.made == 2 and seen == [ENTRIES - 2, ENTRIES - 1]
        assert in_step(memory) and found(memory, text(98)) == ["copy-98"] and found(memory, text("other")) == ["copy-6"]


def test_an_upgrade_with_other_options_begins_anew(filled: Location) -> None:
    with opened(filled, internalizer=Internalizer(ENTRIES - 1)) as memory, pytest.raises(KeyboardInterrupt):
        Maintenance(memory).upgrade()
    internalizer = Internalizer()
    with opened(filled, internalizer=internalizer, max_rank=8) as memory:
        assert Maintenance(memory).upgrade() == internalizer.made == ENTRIES and in_step(memory)


def test_a_reindex_with_another_embedder_begins_anew(cut_off: Location) -> None:
    embedder = Embedder("third")
    with opened(cut_off, embedder) as memory:
        assert Maintenance(memory).reindex() == ENTRIES and embedder.embedded >= ENTRIES
        assert found(memory, text(7)) == ["copy-7"] and in_step(memory)


def test_one_that_is_cut_off_when_all_is_made_goes_on_also_with_shorter_vectors(filled: Location) -> None:
    def somebody_writes(done: int) -> None:
        if done == ENTRIES:
            raise MemoryLocked("Somebody writes.")

    refused = pytest.raises(MemoryLocked, match="Somebody writes")
    with opened(filled, Embedder(dimension=16)) as memory, refused, told(somebody_writes):
        Maintenance(memory).reindex()
    embedder = Embedder(dimension=16)
    with opened(filled, embedder) as memory:
        assert Maintenance(memory).reindex() == ENTRIES and embedder.embedded <= ENTRIES / 2
        assert found(memory, text(7)) == ["copy-7"]
        memory.add(text("new"), id="new")
        assert found(memory, text("new")) == ["new"] and in_step(memory)


def test_only_one_runs_and_others_know_how_far_it_is(filled: Location) -> None:
    with opened(filled) as other, opened(filled, Embedder()) as memory:
        seen: list[RunningTask | None] = []

        def meanwhile(done: int) -> None:
            if done == ENTRIES:
                for begin in (Maintenance(other).reindex, Maintenance(other).upgrade):
                    with pytest.raises(MemoryLocked, match="Another process is at a reindex or an upgrade"):
                        begin()
                with pytest.raises(MemoryLocked, match="try again when it has finished"):
                    Maintenance(other).erase()
                seen.extend([other.storage.tasks.running(), memory.storage.tasks.running()])

        with told(meanwhile):
            Maintenance(memory).reindex()
        assert [task and (task.task, task.done, task.entries) for task in seen] == [("reindex", ENTRIES, ENTRIES)] * 2
        assert other.storage.tasks.running() is None and memory.storage.tasks.running() is None


def test_what_was_left_goes_with_an_erase(cut_off: Location) -> None:
    with opened(cut_off) as memory:
        Maintenance(memory).erase()
        assert memory.storage.tasks.left() is None and in_step(memory) and found(memory, text(7)) == ["copy-7"]


def test_what_was_left_is_told_with_the_way_to_go_on(cut_off: Location) -> None:
    left = r"The reindex of the memory in .* was cut off when \d+ of 100 entries were done: `parametric-memory reindex"
    with pytest.raises(Exception, match=rf"{left} --memory .*` goes on"):
        memory_of(cut_off, None)


def test_an_empty_memory_is_not_made(in_folder: Location) -> None:
    with opened(in_folder) as memory:
        for task, verb in ((Maintenance(memory).reindex, "rebuild"), (Maintenance(memory).upgrade, "upgrade")):
            with pytest.raises(MemoryFolderError, match=f"holds nothing to {verb}: add a document first"):
                task()
    assert in_folder.folder is not None and not in_folder.folder.exists()


def test_an_adapter_that_takes_a_documents_place_meanwhile_stays(
    open_memory: Callable[..., ParametricMemory], tmp_path: Path
) -> None:
    memory, other = open_memory(), open_memory()
    memory.add("Lina Okafor lives in Bergen.", id="lina"), memory.add("It rained.", id="rain")
    memory.adapters.export("rain", tmp_path / "rain")

    def meanwhile(_: int) -> None:
        if other.get("lina").chunks:
            other.adapters.add(tmp_path / "rain", "What the weather was like.", id="lina")

    with told(meanwhile):
        assert Maintenance(memory).upgrade() == 2
    assert memory.get("lina").chunks == 0 and in_step(memory)
