"""A memory whose finds a judge reads: a real one, of random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from parametric_memory import ParametricMemory
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall.judge import JudgeNetwork, save_judge
from parametric_memory.recall.judge_config import JudgeConfig
from parametric_memory.records import NOT_HELD

OpenMemory = Callable[..., ParametricMemory]
HERON = "The Heron project ends in May. Its lead is Ada Berg. It is paid by the city."


@pytest.fixture
def open_judged(open_memory: OpenMemory, tiny_embedder: Path, tmp_path: Path) -> OpenMemory:
    """Opens the test's memory with a judge of random weights, for a tiny embedder."""
    embeddings = MiniLMEmbeddings(tiny_embedder)
    config = JudgeConfig(embedder=embeddings.fingerprint, rank=2)
    network = JudgeNetwork(embeddings.loaded[1], config)
    torch.manual_seed(1)
    with torch.no_grad():
        network.head.weight.copy_(torch.randn_like(network.head.weight))
    save_judge(network, config, tmp_path / "judge")
    judged = {"embeddings": embeddings, "judge": tmp_path / "judge", "scorer": None, "threshold": 0.0}
    return lambda **options: open_memory(**(judged | options))


def test_a_memory_with_the_embedder_that_a_judge_was_trained_on_is_judged(open_judged: OpenMemory) -> None:
    memory = open_judged(threshold=None)
    memory.add(HERON)
    [found] = memory.recall("Who leads Heron?")
    assert memory.recaller.threshold == 0.5 and 0 < found.score < 1
    assert found.attached == (found.score >= 0.5)
    assert memory.storage.made_with.scorer == "judge:1"


def test_the_passages_attached_are_those_that_the_judge_finds_best(open_judged: OpenMemory) -> None:
    memory = open_judged(max_passages=2)
    memory.add(HERON)
    [found] = memory.recall("Who leads Heron?")
    scores = [passage.score for passage in found.passages]
    assert len(scores) == 2 and scores == sorted(scores, reverse=True) and found.score == scores[0]
    assert found.passages[0].weight == 1.0 and found.passages[1].weight == pytest.approx(scores[1] / scores[0])


def test_an_answer_abstains_where_nothing_that_is_held_answers(open_judged: OpenMemory) -> None:
    memory = open_judged(threshold=1.01)
    memory.add(HERON)
    answer = memory.ask("Who leads Heron?")
    assert (answer.text, answer.remembered, answer.confidence) == (NOT_HELD, False, None)
    assert answer.recalls and not answer.recalls[0].attached
    assert memory.ask("Who leads Heron?", abstain=False, max_new_tokens=2).text != NOT_HELD
    held = open_judged().ask("Who leads Heron?", max_new_tokens=2)
    assert held.remembered and held.text != NOT_HELD and 0 < (held.confidence or 0.0) < 1


def test_an_empty_memory_holds_nothing(open_judged: OpenMemory) -> None:
    assert open_judged().ask("Who leads Heron?").text == NOT_HELD


def test_another_judge_needs_no_other_index(open_judged: OpenMemory, tmp_path: Path) -> None:
    memory = open_judged()
    memory.add(HERON)
    config = JudgeConfig(embedder=memory.models.embedder_fingerprint, rank=2)
    save_judge(JudgeNetwork(memory.models.embeddings.loaded[1], config), config, tmp_path / "other")  # type: ignore[attr-defined]
    assert [r.score for r in open_judged(judge=tmp_path / "other").recall("Who leads Heron?")] == [0.5]
