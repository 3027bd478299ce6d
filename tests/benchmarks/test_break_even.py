from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from benchmarks.break_even import chat, document, measure
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.rows import EvalRow, measured
from parametric_memory.language_model.base_model import BaseModel

WAYS = ["memory", "in_prompt", "rag", "judged_text"]


@pytest.fixture
def rows(open_memory: Callable[..., ParametricMemory]) -> dict[tuple[str, str], EvalRow]:
    """By case and metric, of two documents of each of two lengths, asked alone and after a chat."""
    memory = open_memory(threshold=0.0)
    return {(row.case, row.metric): row for row in measure(memory, 2, 2, [64, 400], [0, 128], 0, lambda line: None)}


def test_a_length_is_added_once_and_asked_about_after_each_chat(rows: dict[tuple[str, str], EvalRow]) -> None:
    added = ["milliseconds to add", "tokens read to add"]
    asked = ["milliseconds to the first token", "tokens read"]
    paid = ["has paid after questions", "has paid in tokens after questions"]
    assert [*rows] == [
        (f"{length} tokens{after}", metric)
        for length in (64, 400)
        for after, metrics in (("", [*added, *asked, *paid]), (", after 128 of chat", [*asked, *paid]))
        for metric in metrics
    ]
    assert all(row.n == 2 and measured([row]) == WAYS for row in rows.values())


def test_tokens_that_adding_reads_are_saved_by_the_questions_about_a_long_document(
    rows: dict[tuple[str, str], EvalRow],
) -> None:
    read, prompt = rows["400 tokens", "tokens read to add"], rows["400 tokens", "tokens read"]
    paid = rows["400 tokens", "has paid in tokens after questions"]
    assert 350 < read.memory <= 400 and read.in_prompt == read.rag == read.figure("judged_text") == 0
    for way in WAYS[1:]:
        saved = (prompt.figure(way) or 0.0) - prompt.memory
        assert saved > 0 and paid.figure(way) == pytest.approx(read.memory / saved)
    assert (paid.in_prompt or 0.0) < min(paid.rag or 0.0, paid.figure("judged_text") or 0.0)


def test_a_chat_is_read_in_every_way(rows: dict[tuple[str, str], EvalRow]) -> None:
    alone, after = rows["64 tokens", "tokens read"], rows["64 tokens, after 128 of chat", "tokens read"]
    for way in WAYS:
        assert 100 < (after.figure(way) or 0.0) - (alone.figure(way) or 0.0) < 250


def test_a_document_hides_its_fact_in_prose_and_is_as_long_as_its_length_says(base: BaseModel) -> None:
    fact, rng = "Lina Okafor moved to Bergen.", Random(0)
    texts = [document(base.chat, tokens, fact, rng) for tokens in (64, 400, 400)]
    assert all(fact in text for text in texts) and len(set(texts)) == 3
    assert all(0.8 * n < len(base.chat.encode(text)) <= n for n, text in zip((64, 400, 400), texts, strict=True))


def test_a_chat_is_of_whole_pairs_of_turns(base: BaseModel) -> None:
    assert chat(base.chat, 0) == []
    assert [turn["role"] for turn in chat(base.chat, 200)] == ["user", "assistant"] * 2
    assert all(40 < len(base.chat.encode(turn["content"])) < 80 for turn in chat(base.chat, 200))
