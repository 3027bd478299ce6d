from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from parametric_memory.adapters.factors import Factors
from parametric_memory.errors import AdapterError
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, ChunkFactors
from parametric_memory.internalize import internalizer
from parametric_memory.internalize.internalizer import HypernetworkInternalizer, RowAccumulator
from tests.close import assert_close

MODULE, ONLY_SHARED = "layers.0.down_proj", "layers.1.down_proj"
D_IN, D_OUT, SHARED = 6, 4, 2


def rows_of(chunks: int, rank: int, seed: int = 0) -> BatchedFactors:
    generator = torch.Generator().manual_seed(seed)
    return BatchedFactors(
        torch.randn(chunks, rank, D_IN, generator=generator), torch.randn(chunks, rank, D_OUT, generator=generator)
    )


def part(rows: BatchedFactors, token: Tensor | None = None) -> ChunkFactors:
    """token `[chunk, row]`: the token each row stands for."""
    shared = {MODULE: rows_of(1, SHARED, 100), ONLY_SHARED: rows_of(1, SHARED, 101)}
    return ChunkFactors({MODULE: rows}, shared, scaling=0.5, token=None if token is None else {MODULE: token})


def chunks(lengths: Sequence[int]) -> list[list[int]]:
    """Chunks of a document whose tokens are 1000, 1001, ..."""
    starts = [1000 + sum(lengths[:i]) for i in range(len(lengths))]
    return [list(range(start, start + length)) for start, length in zip(starts, lengths, strict=True)]


def update(factors: Factors) -> Tensor:
    """The change of a weight, `[d_out, d_in]`."""
    return factors.scaling * factors.B.T @ factors.A


def test_ranks_are_concatenated_over_batches_and_shared_rows_come_once_and_last() -> None:
    rows, document = rows_of(3, 2), chunks([5, 5, 5])
    accumulated = RowAccumulator()
    accumulated.add(part(BatchedFactors(rows.A[:2], rows.B[:2])), document[:2])
    accumulated.add(part(BatchedFactors(rows.A[2:], rows.B[2:])), document[2:])
    adapter = accumulated.adapter()
    factors = adapter.factors[MODULE]
    assert (factors.own, factors.shared, factors.scaling) == (6, SHARED, 0.5)
    assert torch.equal(factors.A[:6], rows.A.flatten(0, 1)) and torch.equal(factors.B[:6], rows.B.flatten(0, 1))
    assert torch.equal(factors.A[6:], rows_of(1, SHARED, 100).A[0])
    assert (adapter.factors[ONLY_SHARED].own, adapter.factors[ONLY_SHARED].shared) == (0, SHARED)
    assert accumulated.kept() == {}


def test_rows_that_fill_up_short_chunks_are_left_out_and_tokens_are_counted_through_the_document() -> None:
    rows, document = rows_of(2, 3), chunks([4, 2])
    accumulated = RowAccumulator()
    accumulated.add(part(rows, torch.tensor([[0, 2, 3], [1, -1, -1]])), document)
    accumulated.add(part(rows_of(1, 1), torch.tensor([[2]])), [[2000, 2001, 2002]])
    kept = accumulated.kept()[MODULE]
    assert [(row.position, row.token) for row in kept] == [(0, 1000), (2, 1002), (3, 1003), (5, 1005), (8, 2002)]
    assert kept[1].strength == pytest.approx(rows.B[0, 1].norm().item())
    assert accumulated.adapter().factors[MODULE].own == 5


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_within_a_budget_the_strongest_rows_are_kept_whatever_the_batches(at_once: int) -> None:
    count, rank = 5, 3
    rows, document, tokens = rows_of(count, rank), chunks([4] * count), torch.tensor([[0, 1, 3]] * count)
    accumulated = RowAccumulator(max_rank=4 + SHARED)
    for first in range(0, count, at_once):
        batch = slice(first, first + at_once)
        accumulated.add(part(BatchedFactors(rows.A[batch], rows.B[batch]), tokens[batch]), document[batch])
    strengths = rows.B.flatten(0, 1).norm(dim=-1)
    strongest = strengths.topk(4).indices.sort().values
    factors = accumulated.adapter().factors[MODULE]
    assert torch.equal(factors.A[:4], rows.A.flatten(0, 1)[strongest])
    assert (factors.own, factors.shared) == (4, SHARED)
    assert [row.position for row in accumulated.kept()[MODULE]] == [
        4 * (i // rank) + (0, 1, 3)[i % rank] for i in strongest.tolist()
    ]


def test_rows_that_stand_for_no_token_are_compressed_to_the_nearest_update() -> None:
    rows, document = rows_of(4, 2), chunks([3] * 4)
    whole, small = RowAccumulator(), RowAccumulator(max_rank=3 + SHARED)
    for accumulated in (whole, small):
        accumulated.add(part(rows), document)
    own = rows.B.flatten(0, 1).T @ rows.A.flatten(0, 1)
    _, singular, _ = torch.linalg.svd(own)
    factors = small.adapter().factors[MODULE]
    assert factors.rank == 3 + SHARED
    error = torch.linalg.matrix_norm(update(factors) - update(whole.adapter().factors[MODULE])).item()
    assert error == pytest.approx(0.5 * singular[3:].norm().item(), rel=1e-4)


def test_a_long_document_takes_no_more_rows_than_a_module_has_outputs_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(internalizer, "_ROWS_AT_MOST", 8)
    accumulated, expected = RowAccumulator(), torch.zeros(D_OUT, D_IN)
    for seed in range(50):
        rows = rows_of(2, 2, seed)
        accumulated.add(part(rows), chunks([3, 3]))
        expected += 0.5 * rows.B.flatten(0, 1).T @ rows.A.flatten(0, 1)
        assert accumulated.adapter().rank <= 8 + SHARED
    factors = accumulated.adapter().factors[MODULE]
    own = Factors(factors.A[: factors.own], factors.B[: factors.own], factors.scaling)
    assert_close(update(own), expected)


@pytest.mark.parametrize("token", [None, torch.tensor([[0, 1]])])
def test_a_budget_without_a_row_for_the_document_is_refused(token: Tensor | None) -> None:
    accumulated = RowAccumulator(max_rank=SHARED)
    accumulated.add(part(rows_of(1, 2), token), chunks([2]))
    with pytest.raises(AdapterError, match=f"at least {SHARED + 1}"):
        accumulated.adapter()


def test_a_document_of_any_length_stays_within_its_budget(base, hypernetwork) -> None:
    sentences = [f"In room {n} of the museum the old maps of harbour {n} are kept." for n in range(450)]
    internalizer = HypernetworkInternalizer(base, hypernetwork, "test", max_rank=24)
    short, long = (internalizer.internalize(" ".join(sentences[:count])) for count in (45, 450))
    assert long.tokens > 8192 and long.chunks > 8192 // hypernetwork.config.chunk_tokens
    assert long.adapter.rank == short.adapter.rank == 24
    assert long.adapter.num_bytes == short.adapter.num_bytes
    positions = [token.position for token in next(iter(long.kept.values()))]
    assert len(positions) == 22 and positions == sorted(positions) and positions[-1] < long.tokens
