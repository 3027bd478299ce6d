from __future__ import annotations

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.errors import AdapterError
from tests.close import assert_close

D_IN, D_OUT = 24, 16


def factors(rank: int, seed: int, scaling: float = 2.0, dtype: torch.dtype = torch.float32) -> Factors:
    generator = torch.Generator().manual_seed(seed)
    A = torch.randn(rank, D_IN, generator=generator).to(dtype)
    return Factors(A, torch.randn(rank, D_OUT, generator=generator).to(dtype), scaling)


def with_shared(document: Factors, shared: Factors) -> Factors:
    """The document's rows, then the shared ones."""
    return Factors(torch.cat([document.A, shared.A]), torch.cat([document.B, shared.B]), document.scaling, shared.rank)


def delta(factors: Factors) -> torch.Tensor:
    """`[d_out, d_in]` in float64."""
    return factors.scaling * factors.B.double().T @ factors.A.double()


def update(factors: Factors, x: torch.Tensor) -> torch.Tensor:
    return factors.scaling * (x @ factors.A.T) @ factors.B


def test_a_merge_is_the_weighted_sum_of_the_documents_plus_the_shared_rows_once() -> None:
    documents = [factors(rank, seed) for seed, rank in enumerate((4, 8, 2))]
    shared = factors(3, seed=99)
    weights = [1.0, 0.5, 0.25]
    merged = merge([Adapter({"m": with_shared(d, shared)}) for d in documents], weights).factors["m"]
    assert (merged.rank, merged.shared, merged.scaling) == (4 + 8 + 2 + 3, 3, 2.0)
    x = torch.randn(7, D_IN, generator=torch.Generator().manual_seed(5))
    expected = sum(w * update(d, x) for w, d in zip(weights, documents, strict=True)) + update(shared, x)
    assert_close(update(merged, x), expected)


def test_rows_are_concatenated_in_order_and_shared_rows_come_last() -> None:
    first, second, shared = factors(2, 1), factors(3, 2), factors(1, 3)
    merged = merge([Adapter({"m": with_shared(d, shared)}) for d in (first, second)]).factors["m"]
    assert torch.equal(merged.A, torch.cat([first.A, second.A, shared.A]))
    assert torch.equal(merged.B, torch.cat([first.B, second.B, shared.B]))


def test_merging_one_adapter_changes_nothing() -> None:
    adapter = Adapter({"m": with_shared(factors(2, 1), factors(1, 2))})
    merged = merge([adapter]).factors["m"]
    assert torch.equal(merged.A, adapter.factors["m"].A)
    assert torch.equal(merged.B, adapter.factors["m"].B)
    assert merged.shared == 1


def test_merging_a_merge_is_merging_all() -> None:
    shared = factors(1, 9)
    adapters = [Adapter({"m": with_shared(factors(2, seed), shared)}) for seed in range(3)]
    nested, flat = merge([merge(adapters[:2]), adapters[2]]).factors["m"], merge(adapters).factors["m"]
    assert torch.equal(nested.A, flat.A)
    assert torch.equal(nested.B, flat.B)
    assert nested.shared == 1


def test_a_module_that_only_some_adapters_have_comes_from_those() -> None:
    one, two, three = factors(2, 1), factors(3, 2), factors(4, 3)
    merged = merge([Adapter({"both": one}), Adapter({"both": two, "second": three})], [1.0, 0.5])
    assert merged.factors["both"].rank == 5
    assert_close(delta(merged.factors["second"]), 0.5 * delta(three))
    assert merged.rank == 5


def test_different_scalings_are_folded_into_b() -> None:
    parts = [factors(2, 1, scaling=2.0), factors(3, 2, scaling=0.125), factors(1, 3, scaling=0.0)]
    merged = merge([Adapter({"m": part}) for part in parts]).factors["m"]
    assert merged.scaling == 1.0
    assert_close(delta(merged), sum(delta(part) for part in parts))


def test_shared_rows_are_equal_also_when_the_scaling_comes_back_rounded() -> None:
    shared = factors(2, 9, scaling=45.2548)
    rounded = Factors(shared.A, shared.B, 45.2548 * (1 + 1e-15))
    adapters = [Adapter({"m": with_shared(factors(2, 1, scaling=s.scaling), s)}) for s in (shared, rounded)]
    assert merge(adapters).factors["m"].shared == 2


def test_bfloat16_adapters_are_merged_without_rounding() -> None:
    parts = [factors(2, seed, dtype=torch.bfloat16) for seed in range(2)]
    merged = merge([Adapter({"m": part}) for part in parts], [0.3, 0.7]).factors["m"]
    assert merged.B.dtype == torch.float32
    assert_close(delta(merged), 0.3 * delta(parts[0]) + 0.7 * delta(parts[1]))


def test_inputs_are_not_changed() -> None:
    part = factors(2, 1)
    before = part.B.clone()
    merge([Adapter({"m": part}), Adapter({"m": part})], [0.5, 0.0])
    assert torch.equal(part.B, before)


def test_an_adapter_without_shared_rows_merges_with_one_that_has_them() -> None:
    shared = factors(2, 9)
    plain, ours = factors(3, 1), with_shared(factors(1, 2), shared)
    merged = merge([Adapter({"m": plain}), Adapter({"m": ours})]).factors["m"]
    assert merged.shared == 2
    assert_close(delta(merged), delta(plain) + delta(ours))


def test_shared_rows_of_two_hypernetworks_are_refused() -> None:
    adapters = [Adapter({"layers.0": with_shared(factors(2, 1), factors(2, seed))}) for seed in (7, 8)]
    with pytest.raises(AdapterError, match=r"hypernetworks .* layers\.0"):
        merge(adapters)


def test_adapters_of_two_base_models_are_refused() -> None:
    wider = Factors(torch.zeros(2, D_IN + 1), torch.zeros(2, D_OUT))
    with pytest.raises(AdapterError, match="base models"):
        merge([Adapter({"m": factors(2, 1)}), Adapter({"m": wider})])


@pytest.mark.parametrize("weights", [[1.0], [1.0, float("nan")]])
def test_weights_that_do_not_fit_are_refused(weights: list[float]) -> None:
    with pytest.raises(AdapterError, match="weights"):
        merge([Adapter({"m": factors(2, 1)})] * 2, weights)


def test_merging_nothing_is_refused() -> None:
    with pytest.raises(AdapterError, match="nothing to merge"):
        merge([])


@pytest.mark.parametrize("max_rank", [3, 8, 12])
@pytest.mark.parametrize("own", [14, 40])  # 40 rows: more than either width
def test_compression_is_as_close_as_a_full_svd_allows(own: int, max_rank: int) -> None:
    document, shared = factors(own, 1), factors(2, 2)
    compressed = compress(Adapter({"m": with_shared(document, shared)}), max_rank).factors["m"]
    assert (compressed.rank, compressed.shared, compressed.scaling) == (max_rank, 2, 2.0)
    assert torch.equal(compressed.A[-2:], shared.A)
    assert torch.equal(compressed.B[-2:], shared.B)
    left, singular, right = torch.linalg.svd(delta(document), full_matrices=False)
    kept = max_rank - 2
    best = left[:, :kept] * singular[:kept] @ right[:kept]
    assert_close(delta(compressed) - delta(shared), best)


def test_compression_of_an_update_of_low_rank_loses_nothing() -> None:
    document = factors(4, 1)
    doubled = compress(merge([Adapter({"m": document})] * 2), 4).factors["m"]
    assert doubled.rank == 4
    assert_close(delta(doubled), 2 * delta(document))


def test_modules_within_the_budget_are_left_alone() -> None:
    small, large = factors(4, 1), factors(9, 2)
    compressed = compress(Adapter({"small": small, "large": large}), 4)
    assert compressed.factors["small"] is small
    assert compressed.rank == 4


def test_compression_keeps_the_dtype() -> None:
    adapter = Adapter({"m": factors(9, 2, dtype=torch.bfloat16)})
    assert compress(adapter, 4).factors["m"].A.dtype == torch.bfloat16


def test_a_budget_below_the_shared_rows_of_a_module_without_others_is_refused() -> None:
    with pytest.raises(AdapterError, match="3 shared rows at m: take at least 3"):
        compress(Adapter({"m": Factors(torch.ones(3, D_IN), torch.ones(3, D_OUT), shared=3)}), 2)


def test_a_budget_that_leaves_no_row_for_the_documents_is_refused() -> None:
    adapter = Adapter({"m": with_shared(factors(4, 1), factors(2, 2))})
    with pytest.raises(AdapterError, match="at least 3"):
        compress(adapter, 2)
