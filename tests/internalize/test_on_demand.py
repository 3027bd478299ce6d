from __future__ import annotations

import pytest
import torch

from parametric_memory.adapters.token_rows import PartRows, adapter_of
from parametric_memory.errors import DocumentError
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.internalize.on_demand import SentenceReader
from tests.close import assert_close
from tests.hypernetworks.key_value.test_network import MODULES, trained
from tests.internalize.test_internalizer import SENTENCES


@pytest.fixture
def internalizer(base, hypernetwork) -> HypernetworkInternalizer:
    return HypernetworkInternalizer(base, trained(hypernetwork).eval(), "test", rank=8)


@pytest.fixture
def reader(base, internalizer) -> SentenceReader:
    return SentenceReader(base, lambda text: internalizer.hypernetwork.read(text, base.chat)[0], lambda: internalizer)


def assert_same(first: PartRows, second: PartRows) -> None:
    """Of the same tokens, wherever these stand. One number in thousands may be rounded to another one of eight bits."""
    for name, rows in first.items():
        assert torch.equal(rows.tokens[:, 1], second[name].tokens[:, 1])
        for one, other in zip(rows.widened(), second[name].widened(), strict=True):
            assert (one.float() - other.float()).norm() <= 0.01 * other.float().norm()


def test_a_sentence_has_the_same_rows_in_any_document(reader: SentenceReader) -> None:
    documents = [" ".join(SENTENCES), " ".join(reversed(SENTENCES)), " ".join(SENTENCES * 3)]
    made = [reader.document(text, with_rows=True) for text in documents]
    for document in made:
        for number, passage in enumerate(document.passages):
            alone = reader.document(passage, with_rows=True).to_keep
            assert_same(document.to_keep.of_passage(number), alone.of_passage(0))


def test_rows_that_are_made_later_are_those_that_were_kept(reader: SentenceReader) -> None:
    text = " ".join(SENTENCES)
    kept, reading = reader.document(text, with_rows=True).to_keep, reader.read(text)
    for number, chunk in enumerate(reading.chunks):
        assert_same(kept.of_passage(number), reader.rows(chunk))


def test_they_are_those_of_the_whole_document_but_for_rounding(reader: SentenceReader, internalizer) -> None:
    text = " ".join(SENTENCES)
    document, whole = reader.document(text, with_rows=True), internalizer.internalize(text)
    assert (document.tokens, document.chunks) == (whole.tokens, whole.chunks)
    assert list(document.passages) == list(whole.passages)
    assert document.to_keep.counts == whole.passage_rows
    shared = reader.shared()
    together = reader.told_apart(adapter_of([(document.to_keep.modules, 1.0)], shared))
    for name in MODULES:
        own, exact, rounded = whole.adapter.factors[name].own, whole.adapter.factors[name], together.factors[name]
        for short, side in zip((rounded.A, rounded.B), (exact.A, exact.B), strict=True):
            assert ((short[:own].float() - side[:own]).norm(dim=1) <= 0.1 * side[:own].norm(dim=1)).all()
        assert_close(shared[name].A, whole.adapter.factors[name].A[own:].bfloat16())
        assert [(t.position, t.word) for t in reader.words(document.to_keep.modules)[name]] == [
            (t.position, t.word) for t in whole.kept[name]
        ]


def test_a_text_is_read_without_a_model(base, monkeypatch, reader: SentenceReader) -> None:
    monkeypatch.setattr(base.model, "forward", None)
    monkeypatch.setattr(reader, "_internalizer_of", None)
    document = reader.document(" ".join(SENTENCES), with_rows=False)
    assert document.to_keep is None and list(document.passages) == list(SENTENCES)


def test_of_many_rows_as_many_are_made_as_are_asked_for(base, reader: SentenceReader) -> None:
    chunk = base.chat.encode(f" {SENTENCES[1]}")
    few, more, every = (len(reader.rows(chunk, rank)[MODULES[0]]) for rank in (None, 40, 100))
    assert few < more < every == len(chunk)


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_text_without_tokens_is_refused(reader: SentenceReader, text: str) -> None:
    with pytest.raises(DocumentError):
        reader.document(text, with_rows=False)
