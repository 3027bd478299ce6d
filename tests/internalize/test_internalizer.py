from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import DocumentError
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from tests.close import assert_close, close
from tests.hypernetworks.key_value.test_network import MODULES, trained

SENTENCES = (
    "Lina Okafor lives in Bergen.",
    "The Heron project is led by Tomas Brandt, who has an office on the third floor.",
    "Its budget is 4200.",
    "The museum keeps the old maps in a cellar below the harbour.",
    "Nobody has seen the dog since spring.",
)


@pytest.fixture
def internalizer(base, hypernetwork) -> HypernetworkInternalizer:
    hypernetwork.config = replace(hypernetwork.config, chunk_tokens=90)
    return HypernetworkInternalizer(base, trained(hypernetwork).eval(), "test")


def test_a_document_becomes_rows_of_its_own_and_the_shared_rows_once(internalizer) -> None:
    result = internalizer.internalize(" ".join(SENTENCES))
    assert result.chunks == len(SENTENCES)
    for module in MODULES:
        factors = result.adapter.factors[module]
        assert factors.shared == 2
        assert factors.own == result.tokens
        assert factors.B.abs().sum(-1).all()
    only_shared = result.adapter.factors["model.layers.1.mlp.down_proj"]
    assert (only_shared.own, only_shared.shared) == (0, 2)


def test_chunks_follow_each_other_whatever_batches_they_were_read_in(internalizer, monkeypatch) -> None:
    text = " ".join(SENTENCES * 5)
    whole = internalizer.internalize(text)
    monkeypatch.setattr("parametric_memory.internalize.internalizer._CHUNKS_AT_ONCE", 8)
    assert whole.chunks > 8  # more than one batch, from now on
    in_batches = internalizer.internalize(text)
    for name, factors in whole.adapter.factors.items():
        assert_close(in_batches.adapter.factors[name].A, factors.A, within=1e-4)
        assert_close(in_batches.adapter.factors[name].B, factors.B, within=1e-4)


def test_a_document_of_one_chunk_has_the_rows_of_that_chunk_decorrelated(base, internalizer) -> None:
    result = internalizer.internalize(SENTENCES[0])
    chunk = base.chat.encode(f" {SENTENCES[0]}")
    with torch.no_grad():
        expected = internalizer.hypernetwork.chunk_factors(base.model, [chunk], base.chat.before)
    for module in MODULES:
        rows = expected.rows[module]
        apart = internalizer.hypernetwork.decorrelate(
            Adapter({module: Factors(rows.A[0], rows.B[0])}), base.model
        ).factors[module]
        assert_close(result.adapter.factors[module].A[:-2], apart.A)
        assert_close(result.adapter.factors[module].B[:-2], rows.B[0])
        assert not close(apart.A, rows.A[0], within=1e-3)


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_text_without_tokens_is_refused(internalizer, text: str) -> None:
    with pytest.raises(DocumentError):
        internalizer.internalize(text)


def test_texts_that_are_internalized_together_are_as_each_by_itself(internalizer, monkeypatch) -> None:
    texts = [*SENTENCES, " ".join(SENTENCES), " ".join(SENTENCES * 9)]
    passes: list[int] = []
    chunk_factors = internalizer.hypernetwork.chunk_factors

    def counted(model, chunks, *rest, **options):
        passes.append(len(chunks))
        return chunk_factors(model, chunks, *rest, **options)

    monkeypatch.setattr(internalizer.hypernetwork, "chunk_factors", counted)
    together = internalizer.internalize_together(texts)
    assert len(passes) < len(texts) and sum(passes) == sum(made.chunks for made in together)
    for text, made in zip(texts, together, strict=True):
        alone = internalizer.internalize(text)
        assert (made.tokens, made.chunks) == (alone.tokens, alone.chunks)
        for name, factors in alone.adapter.factors.items():
            assert_close(made.adapter.factors[name].A, factors.A, within=1e-4)
            assert_close(made.adapter.factors[name].B, factors.B, within=1e-4)


def test_of_texts_together_one_without_tokens_is_refused(internalizer) -> None:
    with pytest.raises(DocumentError):
        internalizer.internalize_together([SENTENCES[0], " \n "])
    assert internalizer.internalize_together([]) == []
