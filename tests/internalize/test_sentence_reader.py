from __future__ import annotations

import pytest
import torch
from torch import Tensor

from parametric_memory.adapters.factors import TokenRows, WeightedRows
from parametric_memory.errors import AdapterError, DocumentError
from parametric_memory.hypernetworks.key_value.row_code import RowCode
from parametric_memory.internalize.internalizer import HypernetworkInternalizer, SentenceReader
from parametric_memory.language_model import precision
from tests.adapters.test_token_rows import equal
from tests.close import assert_close
from tests.hypernetworks.key_value.test_network import MODULES, trained
from tests.internalize.test_internalizer import SENTENCES


@pytest.fixture
def internalizer(base, hypernetwork) -> HypernetworkInternalizer:
    return HypernetworkInternalizer(base, trained(hypernetwork).eval(), "test")


@pytest.fixture
def reader(base, internalizer) -> SentenceReader:
    return SentenceReader(
        base, lambda text: internalizer.hypernetwork.read(text, base.chat)[0], lambda: internalizer.hypernetwork
    )


def assert_same(first: TokenRows, second: TokenRows, reader: SentenceReader) -> None:
    """Of the same tokens, wherever these stand. A number may be rounded to the next one of eight bits."""
    assert torch.equal(first.tokens[:, 1], second.tokens[:, 1])
    one, other = (reader.adapter([WeightedRows(rows)], decorrelate=False).factors for rows in (first, second))
    for name in MODULES:
        for side in ("A", "B"):
            expected = getattr(other[name], side).float()
            assert (getattr(one[name], side).float() - expected).norm() <= 0.05 * expected.norm()


def test_a_sentence_has_the_same_rows_in_any_document(reader: SentenceReader) -> None:
    made = reader.documents(
        [" ".join(SENTENCES), " ".join(reversed(SENTENCES)), " ".join(SENTENCES * 3)], with_rows=True
    )
    for document in made:
        for number, passage in enumerate(document.passages):
            [alone] = reader.documents([passage], with_rows=True)
            assert_same(document.to_keep.of_passage(number), alone.to_keep.of_passage(0), reader)


def test_rows_that_are_made_later_are_those_that_were_kept(reader: SentenceReader) -> None:
    text = " ".join(SENTENCES)
    [kept], reading = reader.documents([text], with_rows=True), reader.read(text)
    for number, rows in enumerate(reader.rows(reading.chunks)):
        assert_same(kept.to_keep.of_passage(number), rows, reader)


def test_every_sentence_is_a_chunk_and_a_passage_however_the_text_is_laid_out(base, reader: SentenceReader) -> None:
    for text in ("\n".join(SENTENCES), "  ".join(SENTENCES)):
        [read] = reader.documents([f"\n{text}\n"], with_rows=False)
        assert list(read.passages) == list(SENTENCES) and read.chunks == len(SENTENCES)
        assert read.tokens == sum(len(base.chat.encode(f" {sentence}")) for sentence in SENTENCES)


def test_a_sentence_that_is_too_long_for_a_chunk_is_cut(reader: SentenceReader) -> None:
    text = " and ".join(SENTENCES * 3).replace(". and", " and")
    [read] = reader.documents([text], with_rows=False)
    assert read.chunks > 1 and " ".join(read.passages) == text


def test_of_very_many_chunks_neighbouring_ones_are_one_passage(reader: SentenceReader, monkeypatch) -> None:
    monkeypatch.setattr("parametric_memory.internalize.internalizer._MOST_PASSAGES", 2)
    [document] = reader.documents([" ".join(SENTENCES)], with_rows=True)
    assert list(document.passages) == [" ".join(SENTENCES[:3]), " ".join(SENTENCES[3:])]
    assert sum(document.to_keep.counts) == document.tokens and min(document.to_keep.counts) > 0


def test_words_of_rows_are_those_of_the_text_in_order(reader: SentenceReader) -> None:
    text = " ".join(SENTENCES)
    [document] = reader.documents([text], with_rows=True)
    words = reader.words(document.to_keep.rows, reader.adapter([WeightedRows(document.to_keep.rows)]))
    for name in MODULES:
        assert [token.position for token in words[name]] == list(range(document.tokens))
        rest = f" {text}"
        for token in words[name]:
            rest = rest[rest.index(token.word) + len(token.word) :]


def test_within_a_rank_the_strongest_rows_are_kept_in_order(reader: SentenceReader) -> None:
    text = " ".join(SENTENCES)
    [whole], [small] = (reader.documents([text], with_rows=True, max_rank=most) for most in (None, 12))
    shared = reader.whole(text).factors[MODULES[0]].shared
    assert small.to_keep.rank == 12 - shared < whole.to_keep.rank and small.tokens == whole.tokens
    assert reader.adapter([WeightedRows(small.to_keep.rows)]).rank == 12
    strengths = whole.to_keep.rows.gains[..., -1].float().sum(1)
    strongest = strengths.topk(12 - shared).indices.sort().values
    assert torch.equal(small.to_keep.rows.tokens, whole.to_keep.rows.tokens[strongest])
    assert len(small.to_keep.counts) == len(SENTENCES) and sum(small.to_keep.counts) == small.to_keep.rank
    [short] = reader.documents([text], with_rows=True, max_rank=1000)
    assert equal(short.to_keep.rows, whole.to_keep.rows)


def test_a_rank_without_a_row_for_the_document_is_refused(reader: SentenceReader) -> None:
    shared = reader.whole(SENTENCES[0]).factors[MODULES[0]].shared
    with pytest.raises(AdapterError, match=f"at least {shared + 1}"):
        reader.documents(SENTENCES, with_rows=True, max_rank=shared)


class Uncoded(RowCode):
    """Stores every number as it is: of random weights, rows are so alike that their code's errors grow."""

    def __init__(self, layers: int, size: int):
        super().__init__(layers, size)
        self.bytes_a_row = 4 * size

    def encoded(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return rows.float().contiguous().view(torch.uint8), torch.ones(*rows.shape[:2], 1)

    def decoded(self, codes: Tensor, sizes: Tensor) -> Tensor:
        return codes.contiguous().view(torch.float32)


@pytest.fixture
def uncoded(internalizer) -> None:
    config = internalizer.hypernetwork.config
    internalizer.hypernetwork.row_code = Uncoded(len(config.memory_layers), config.intermediate_size)


def read_in(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "bfloat16_is_faster", lambda _device: dtype == torch.bfloat16)


@pytest.mark.usefixtures("uncoded")
def test_they_are_those_of_the_whole_document_but_for_rounding(
    reader: SentenceReader, internalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_in(torch.float32, monkeypatch)
    text = " ".join(SENTENCES)
    [document], whole = reader.documents([text], with_rows=True), internalizer.internalize(text)
    assert (document.tokens, document.chunks) == (whole.tokens, whole.chunks)
    assert list(document.passages) == list(SENTENCES)
    together = reader.adapter([WeightedRows(document.to_keep.rows)])
    for name in MODULES:
        own, exact, rounded = whole.adapter.factors[name].own, whole.adapter.factors[name], together.factors[name]
        assert (rounded.own, rounded.shared) == (own, exact.shared)
        for short, side in zip((rounded.A, rounded.B), (exact.A, exact.B), strict=True):
            off = (short[:own].float() - side[:own]).norm(dim=1) / side[:own].norm(dim=1)
            assert off.max() <= 0.03
            assert_close(short[own:], side[own:].bfloat16())


@pytest.mark.usefixtures("uncoded")
def test_sentences_are_read_in_bfloat16_where_that_is_faster(
    reader: SentenceReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for dtype in (torch.float32, torch.bfloat16):
        read_in(dtype, monkeypatch)
        [document] = reader.documents([" ".join(SENTENCES)], with_rows=True)
        made.append(reader.adapter([WeightedRows(document.to_keep.rows)], decorrelate=False).factors)
    for name in MODULES:
        for side in "AB":
            wide, short = (getattr(factors[name], side).float() for factors in made)
            off = (short - wide).norm(dim=1) / wide.norm(dim=1)
            assert off.max() > 0 and off.median() <= 0.05  # of random weights, some rows are moved by more


def test_parts_are_attached_as_strongly_as_is_asked(reader: SentenceReader) -> None:
    first, second = reader.rows([reader.read(text).chunks[0] for text in SENTENCES[:2]])
    plain, weighted = (
        reader.adapter([WeightedRows(first), WeightedRows(second, w)], decorrelate=False).factors for w in (1.0, 0.5)
    )
    for name in MODULES:
        count, own = len(first), plain[name].own
        assert torch.equal(plain[name].B[:count], weighted[name].B[:count])
        torch.testing.assert_close(0.5 * plain[name].B[count:own], weighted[name].B[count:own], rtol=0.01, atol=1e-3)


def test_a_word_is_said_as_strongly_as_is_asked(base, reader: SentenceReader) -> None:
    [rows] = reader.rows([reader.read(SENTENCES[0]).chunks[0]])
    tokens = [base.tokenizer.decode([token]) for token in rows.tokens[:, 1].tolist()]
    text = "".join(tokens)
    words = [0.5 if number == 1 else 1.0 for number in range(len(text.split()))]
    plain, weighted = (reader.adapter([WeightedRows(rows, 1.0, w)], decorrelate=False).factors for w in ((), words))
    second, spaces = text.split()[1], [len("".join(tokens[:n]).split()) for n in range(1, len(tokens) + 1)]
    expected = torch.tensor([0.5 if of_next == 2 else 1.0 for of_next in [*spaces[1:], spaces[-1]]])
    assert second and 0 < (expected == 0.5).sum() < len(tokens)
    for name in MODULES:
        of_rows = weighted[name].B[: len(rows)].float().norm(dim=1) / plain[name].B[: len(rows)].float().norm(dim=1)
        torch.testing.assert_close(of_rows, expected, rtol=0.01, atol=0.01)
    assert torch.equal(weighted[MODULES[0]].B[len(rows) :], plain[MODULES[0]].B[len(rows) :])  # the shared ones


def test_a_text_is_read_without_a_model(base, monkeypatch, reader: SentenceReader) -> None:
    monkeypatch.setattr(base.model, "forward", None)
    monkeypatch.setattr(reader, "_hypernetwork_of", None)
    [document] = reader.documents([" ".join(SENTENCES)], with_rows=False)
    assert document.to_keep is None and list(document.passages) == list(SENTENCES)


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_text_without_tokens_is_refused(reader: SentenceReader, text: str) -> None:
    with pytest.raises(DocumentError):
        reader.documents([text], with_rows=False)
