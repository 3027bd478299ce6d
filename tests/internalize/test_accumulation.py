from __future__ import annotations

import pytest
import torch
from torch import Tensor

from parametric_memory.adapters.factors import Factors
from parametric_memory.errors import AdapterError
from parametric_memory.hypernetworks import hypernetwork as hypernetwork_module
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, ChunkFactors, whole_adapter
from parametric_memory.internalize import internalizer
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from tests.close import assert_close
from tests.hypernetworks.doc_to_lora.networks import config_for, trained

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


def update(factors: Factors) -> Tensor:
    """The change of a weight, `[d_out, d_in]`."""
    return factors.scaling * factors.B.T @ factors.A


def test_ranks_are_concatenated_over_batches_and_shared_rows_come_once_and_last() -> None:
    rows = rows_of(3, 2)
    adapter = whole_adapter([part(BatchedFactors(rows.A[some], rows.B[some])) for some in (slice(2), slice(2, 3))])
    factors = adapter.factors[MODULE]
    assert (factors.own, factors.shared, factors.scaling) == (6, SHARED, 0.5)
    assert torch.equal(factors.A[:6], rows.A.flatten(0, 1)) and torch.equal(factors.B[:6], rows.B.flatten(0, 1))
    assert torch.equal(factors.A[6:], rows_of(1, SHARED, 100).A[0])
    assert (adapter.factors[ONLY_SHARED].own, adapter.factors[ONLY_SHARED].shared) == (0, SHARED)


def test_rows_that_fill_up_short_chunks_are_left_out() -> None:
    rows, last = rows_of(2, 3), rows_of(1, 1)
    adapter = whole_adapter([part(rows, torch.tensor([[0, 2, 3], [1, -1, -1]])), part(last, torch.tensor([[2]]))])
    assert torch.equal(adapter.factors[MODULE].A[:5], torch.cat([rows.A[0], rows.A[1, :1], last.A[0]]))


def test_a_long_document_takes_no_more_rows_than_a_module_has_outputs_and_loses_nothing(
    base, monkeypatch: pytest.MonkeyPatch
) -> None:
    hypernetwork = trained(config_for(base.model, chunk_tokens=8))
    text = " ".join(f"In room {n} of the museum the old maps of harbour {n} are kept." for n in range(60))
    internalize = HypernetworkInternalizer(base, hypernetwork, "test").internalize
    whole = internalize(text).adapter
    monkeypatch.setattr(hypernetwork_module, "_ROWS_AT_MOST", 8)
    monkeypatch.setattr(internalizer, "_CHUNKS_AT_ONCE", 16)
    few = internalize(text).adapter
    for name, factors in few.factors.items():
        d_in, d_out, at_once = factors.A.shape[1], factors.B.shape[1], 16 * hypernetwork.config.rank
        assert factors.own <= min(d_in, d_out) + at_once < whole.factors[name].own
        assert_close(update(factors), update(whole.factors[name]), within=1e-4)


def test_a_document_that_is_read_in_one_pass_takes_no_more_rows_either(base, monkeypatch: pytest.MonkeyPatch) -> None:
    hypernetwork = trained(config_for(base.model, chunk_tokens=8))
    text = " ".join(f"In room {n} of the museum the old maps of harbour {n} are kept." for n in range(60))
    internalize = HypernetworkInternalizer(base, hypernetwork, "test").internalize
    monkeypatch.setattr(internalizer, "_CHUNKS_AT_ONCE", 1000)
    monkeypatch.setattr(internalizer, "_CHUNK_TOKENS_AT_ONCE", 100_000)
    whole = internalize(text).adapter
    monkeypatch.setattr(hypernetwork_module, "_ROWS_AT_MOST", 8)
    for name, factors in internalize(text).adapter.factors.items():
        assert factors.own <= min(factors.A.shape[1], factors.B.shape[1]) < whole.factors[name].own
        assert_close(update(factors), update(whole.factors[name]), within=1e-4)


def test_a_document_of_any_length_stays_within_its_budget(base) -> None:
    text = " ".join(f"In room {n} of the museum the old maps of harbour {n} are kept." for n in range(20))
    hypernetwork = trained(config_for(base.model, chunk_tokens=32, use_bias=False))
    internalizers = (HypernetworkInternalizer(base, hypernetwork, "test", max_rank=most) for most in (None, 3))
    whole, small = (each.internalize(text) for each in internalizers)
    assert small.adapter.rank == 3 < whole.adapter.rank and small.tokens == whole.tokens
    for name, factors in small.adapter.factors.items():
        exact = update(whole.adapter.factors[name])
        lost = torch.linalg.svdvals(exact)[3:].norm().item()
        assert torch.linalg.matrix_norm(update(factors) - exact).item() == pytest.approx(lost, rel=1e-3)


def test_a_budget_without_a_row_for_the_document_is_refused(base) -> None:
    hypernetwork = trained(config_for(base.model))
    with pytest.raises(AdapterError, match=f"at least {hypernetwork.config.rank + 1}"):
        HypernetworkInternalizer(base, hypernetwork, "test", max_rank=1).internalize("Lina lives in Bergen.")
