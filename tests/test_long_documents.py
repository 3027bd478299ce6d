"""A document of several sentences: a question is answered from those that it is near to."""

from __future__ import annotations

import random
from collections.abc import Callable

from torch.nn.functional import normalize

from parametric_memory import Maintenance, ParametricMemory
from tests.close import assert_close_recalls
from tests.comparing import passages_of, whole_adapter

OpenMemory = Callable[..., ParametricMemory]
LINA = "Lina Okafor lives in Bergen, in a yellow house above the harbour."
WORDS = (
    "saw nail wall box room window train boy museum storm letter brother spring shed garden river bridge candle bread "
    "lamp road winter coat door music paper stone field horse glass market sugar cloud island engine basket tower rope"
).split()
RNG = random.Random(0)
FILLER = [f"The {' '.join(RNG.sample(WORDS, 9))}." for _ in range(80)]
LONG = " ".join([*FILLER[:55], LINA, *FILLER[55:]])
QUESTION = "Where does Lina Okafor live?"


def test_the_rows_of_the_nearest_sentences_are_attached_and_no_others(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=2, threshold=0.1)
    entry = memory.add(LONG)
    assert entry.chunks > 5

    [recall] = memory.recall(QUESTION)
    assert recall.attached and len(recall.passages) == 2
    whole, attached = whole_adapter(memory, entry.id), memory.recaller.attach([recall])
    assert attached is not None and attached.rank < whole.rank

    name, factors = next(iter(attached.factors.items()))
    assert factors.shared == whole.factors[name].shared
    # A row says what it says alone, as strongly as its passage weighs; what it answers to depends on the others.
    said = normalize(factors.B[: factors.own].float()) @ normalize(whole.factors[name].B.float()).T
    assert (said.amax(1) > 0.999).all()


def test_the_sentence_with_the_fact_is_found_wherever_it_stands(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=1, threshold=0.1)
    entry = memory.add(LONG)
    [recall] = memory.recall(QUESTION)
    [passage] = recall.passages
    assert passages_of(memory, entry.id)[passage.number] == LINA
    assert passage.weight == 1 and 0 < passage.score <= 1.25


def test_a_passage_is_the_text_of_the_sentences_that_were_recalled(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=2, threshold=0.1)
    memory.add(LONG)
    [recall] = memory.recall(QUESTION)
    pieces = memory.recaller.passage(recall).split("\n")
    assert len(pieces) == 2 and all(piece in LONG for piece in pieces)
    assert any(LINA in piece for piece in pieces)
    assert sum(map(len, pieces)) < len(LONG) / 2


def test_an_index_that_is_built_anew_finds_the_same_sentences(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=2, threshold=0.1)
    memory.add(LONG)
    before = memory.recall(QUESTION)
    Maintenance(memory).reindex()
    assert_close_recalls(memory.recall(QUESTION), before)


def test_a_document_of_one_sentence_is_attached_whole(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=2, threshold=0.1)
    entry = memory.add(LINA)
    [recall] = memory.recall(QUESTION)
    assert [passage.text for passage in recall.passages] == [LINA]
    assert memory.recaller.passage(recall) == LINA
    attached = memory.recaller.attach([recall])
    assert attached is not None and attached.rank == whole_adapter(memory, entry.id).rank


def test_a_short_document_of_several_facts_is_attached_in_part(open_memory: OpenMemory) -> None:
    memory = open_memory(max_passages=1, threshold=0.1)
    entry = memory.add(f"The Heron project is led by Tomas Brandt. {LINA} The budget is 348 crowns.")
    [recall] = memory.recall(QUESTION)
    assert [p.number for p in recall.passages] == [1] and memory.recaller.passage(recall) == LINA
    attached = memory.recaller.attach([recall])
    assert attached is not None and attached.num_bytes < whole_adapter(memory, entry.id).num_bytes
