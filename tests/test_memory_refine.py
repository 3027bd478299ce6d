"""Memories made by distillation, and entries that are refined by it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
import torch

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import AdapterError, EntryNotFound, MemoryMismatch, SettingsError
from tests.close import close
from tests.comparing import whole_adapter
from tests.test_memory import HERON, LINA

OpenMemory = Callable[..., ParametricMemory]
SECONDS = 0.2
QUESTION = "Where does Lina Okafor live?"


def same(first: Adapter, second: Adapter) -> bool:
    return all(close(f.A.float(), second.factors[name].A.float()) for name, f in first.factors.items())


def quiet(_line: str) -> None:
    """What is told is of no interest."""


@pytest.fixture
def memory(open_memory: OpenMemory) -> ParametricMemory:
    return open_memory()


def test_a_refined_entry_has_a_new_adapter_and_is_else_what_it_was(memory: ParametricMemory) -> None:
    entry = memory.add(LINA, metadata={"year": 2024})
    before, kept = whole_adapter(memory, entry.id), memory.adapters.explain(entry.id)
    told: list[str] = []
    refined = memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=told.append)
    kept_as = {"store": "adapter", "rank": before.rank, "adapter_sha256": refined.adapter_sha256}
    assert refined == entry.model_copy(update={"refined": SECONDS, **kept_as})
    assert refined == memory.get(entry.id)
    after = whole_adapter(memory, entry.id)
    assert after.rank == before.rank and not same(before, after)
    assert (memory.history(entry.id).text, memory.adapters.explain(entry.id)) == (LINA, kept)
    assert told and memory.ask(QUESTION, max_new_tokens=2).remembered


def test_a_question_attaches_the_nearest_sentences_of_a_refined_entry_as_before(memory: ParametricMemory) -> None:
    entry = memory.add(f"{LINA} The museum is closed in winter. It rained. Somebody laughed. {HERON}")
    [before] = memory.recall(QUESTION, k=1)
    memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=quiet)
    [after] = memory.recall(QUESTION, k=1)
    assert before.passages == after.passages != []
    attached = memory.recaller.attach([after])
    assert attached is not None and attached.rank < whole_adapter(memory, entry.id).rank


def test_refining_again_adds_up(memory: ParametricMemory) -> None:
    entry = memory.add(LINA)
    for _ in range(2):
        memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=quiet)
    assert memory.get(entry.id).refined == 2 * SECONDS


def test_refinements_of_one_entry_that_wait_for_each_other_add_up_too(memory: ParametricMemory) -> None:
    entry = memory.add(LINA)
    running = [memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=quiet, background=True) for _ in range(2)]
    assert [future.result(timeout=60).refined for future in running] == [SECONDS, 2 * SECONDS]


def test_the_same_text_is_not_added_again_over_a_refined_entry(memory: ParametricMemory) -> None:
    refined = memory.adapters.refine(memory.add(LINA).id, seconds=SECONDS, on_progress=quiet)
    assert memory.add(LINA) == refined


def test_a_new_text_is_not_refined(memory: ParametricMemory) -> None:
    entry = memory.adapters.refine(memory.add(LINA).id, seconds=SECONDS, on_progress=quiet)
    assert memory.update(entry.id, text=HERON).refined == 0


def test_in_the_background_answers_can_be_had_meanwhile(memory: ParametricMemory) -> None:
    entries = [memory.add(LINA), memory.add(HERON)]
    before = memory.ask(QUESTION, max_new_tokens=4).text
    running = [memory.adapters.refine(e.id, seconds=SECONDS, on_progress=quiet, background=True) for e in entries]
    assert all(isinstance(future, Future) for future in running)
    assert memory.get(entries[1].id).refined == 0
    assert memory.ask(QUESTION, max_new_tokens=4).text == before
    assert [future.result(timeout=60) for future in running] == [memory.get(e.id) for e in entries]
    assert {memory.get(e.id).refined for e in entries} == {SECONDS}


def test_what_cannot_be_refined_is_told_at_once_also_in_the_background(
    memory: ParametricMemory, tmp_path: Path
) -> None:
    entry, peft = memory.add(LINA), tmp_path / "adapter"
    memory.adapters.export(entry.id, peft)
    alone = memory.adapters.add(peft, "knows where Lina Okafor lives", id="alone")
    for background in (False, True):
        with pytest.raises(EntryNotFound, match="nobody"):
            memory.adapters.refine("nobody", background=background)
        with pytest.raises(SettingsError, match="seconds"):
            memory.adapters.refine(entry.id, seconds=0, background=background)
        with pytest.raises(AdapterError, match="no document"):
            memory.adapters.refine(alone.id, background=background)


def test_an_entry_that_is_replaced_meanwhile_stays_as_it_was_replaced(memory: ParametricMemory) -> None:
    entry = memory.add(LINA)
    with pytest.raises(AdapterError, match=r"was changed while it was refined"):
        memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=lambda _: memory.update(entry.id, text=HERON))
    assert memory.history(entry.id).text == HERON and memory.get(entry.id).refined == 0


def test_new_metadata_meanwhile_are_kept(memory: ParametricMemory) -> None:
    entry = memory.add(LINA)
    refined = memory.adapters.refine(
        entry.id, seconds=SECONDS, on_progress=lambda _: memory.update(entry.id, metadata={"year": 2024})
    )
    assert (refined.metadata, refined.refined) == ({"year": 2024}, SECONDS)


def test_a_deleted_entry_does_not_come_back(memory: ParametricMemory) -> None:
    entry = memory.add(LINA)
    running = memory.adapters.refine(
        entry.id, seconds=SECONDS, on_progress=lambda _: memory.delete(entry.id), background=True
    )
    with pytest.raises(EntryNotFound):
        running.result(timeout=60)
    assert memory.list() == []


def test_a_refinement_that_fails_leaves_the_adapter_that_was(memory: ParametricMemory) -> None:
    entry = memory.add(LINA)

    def fail(_line: str) -> None:
        raise RuntimeError("no more memory on the device")

    with pytest.raises(RuntimeError, match="no more memory"):
        memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=fail)
    assert memory.get(entry.id) == entry and entry.store == "rows"


def test_reindexing_leaves_it_and_upgrading_refines_again(memory: ParametricMemory, open_memory: OpenMemory) -> None:
    entry, other = memory.add(LINA), memory.add(HERON)
    refined = memory.adapters.refine(entry.id, seconds=SECONDS, on_progress=quiet)
    Maintenance(memory).reindex()
    assert memory.get(entry.id) == refined
    larger = open_memory(rank=12, progress=False)
    Maintenance(larger).upgrade()
    assert (larger.get(entry.id).refined, larger.get(other.id).refined) == (SECONDS, 0)
    once = larger.models.internalizer.internalize(LINA).adapter.to(torch.bfloat16)
    assert larger.get(entry.id).rank == once.rank > refined.rank
    assert not same(whole_adapter(larger, entry.id), once)


def test_a_memory_made_by_distillation_is_opened_as_one(open_memory: OpenMemory, hypernetwork_folder: Path) -> None:
    made = open_memory(internalizer="distillation", hypernetwork=None, distill_seconds=SECONDS, progress=False)
    entry = made.add(LINA)
    assert (entry.rank, entry.chunks) == (8, 1)
    assert made.adapters.explain(entry.id) == {}

    again = open_memory(hypernetwork=None, distill_seconds=SECONDS, progress=False)
    assert again.ask(QUESTION, max_new_tokens=2).remembered
    again.add(HERON)
    assert again.adapters.refine(entry.id, seconds=SECONDS, on_progress=quiet).refined == SECONDS

    other = open_memory(hypernetwork=hypernetwork_folder)
    with pytest.raises(MemoryMismatch, match=r"distillation.*parametric-memory upgrade"):
        other.add("The museum is in Bergen.")
    Maintenance(other).upgrade()
    assert other.adapters.explain(entry.id)


def test_distillation_tells_on_stderr_how_it_goes_unless_told_not_to(
    open_memory: OpenMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"internalizer": "distillation", "hypernetwork": None, "distill_seconds": SECONDS}
    open_memory(progress=False, **settings).add(LINA)
    assert capsys.readouterr().err == ""
    open_memory(**settings).add(HERON)
    assert "questions in" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_to_distil_is_refused(open_memory: OpenMemory, seconds: float) -> None:
    with pytest.raises(SettingsError, match="distill_seconds"):
        open_memory(distill_seconds=seconds)
