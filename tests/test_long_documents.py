"""A document of many chunks: a question is answered from the chunks that it is near to."""

from __future__ import annotations

import random
from collections.abc import Callable

from parametric_memory import ParametricMemory

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


def test_the_rows_of_the_nearest_chunks_are_attached_and_no_others(open_memory: OpenMemory) -> None:
    memory = open_memory(max_chunks=2, threshold=0.1)
    entry = memory.add(LONG)
    assert entry.chunks > 5

    [recall] = memory.recall(QUESTION)
    assert recall.attached and len(recall.chunks) == 2
    whole, attached = memory.store.adapter(entry.id), memory.adapter_for([recall])
    assert attached is not None and attached.rank < whole.rank

    name, factors = next(iter(attached.factors.items()))
    assert factors.shared == whole.factors[name].shared
    rows = {tuple(row.tolist()) for row in whole.factors[name].A}
    assert {tuple(row.tolist()) for row in factors.A} <= rows


def test_the_words_of_a_passage_find_its_chunk(open_memory: OpenMemory) -> None:
    """The chunk with the fact brings the rows of the fact's words, wherever in the document it stands."""
    memory = open_memory(max_chunks=1, threshold=0.1)
    entry = memory.add(LONG)
    [recall] = memory.recall(QUESTION)
    [chunk] = recall.chunks
    lengths = memory.store.extra(entry.id)["chunk_lengths"]
    text = f" {memory.text(entry.id)}"
    assert LINA in text[sum(lengths[:chunk]) : sum(lengths[: chunk + 1])]


def test_a_passage_is_the_text_of_the_chunks_that_were_recalled(open_memory: OpenMemory) -> None:
    memory = open_memory(max_chunks=2, threshold=0.1)
    memory.add(LONG)
    [recall] = memory.recall(QUESTION)
    pieces = memory.passage(recall).split("\n\n")
    assert len(pieces) == 2 and all(piece in LONG for piece in pieces)
    assert any(LINA in piece for piece in pieces)
    assert sum(map(len, pieces)) < len(LONG) / 2


def test_an_index_that_is_built_anew_finds_the_same_chunks(open_memory: OpenMemory) -> None:
    memory = open_memory(max_chunks=2, threshold=0.1)
    memory.add(LONG)
    before = memory.recall(QUESTION)
    memory.reindex()
    assert memory.recall(QUESTION) == before


def test_a_short_document_is_attached_whole(open_memory: OpenMemory) -> None:
    memory = open_memory(max_chunks=2, threshold=0.1)
    entry = memory.add(LINA)
    [recall] = memory.recall(QUESTION)
    assert recall.chunks == []
    assert memory.passage(recall) == LINA
    attached = memory.adapter_for([recall])
    assert attached is not None and attached.rank == memory.store.adapter(entry.id).rank
