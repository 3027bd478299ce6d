from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import fitted
from parametric_memory.errors import AdapterError
from tests.close import assert_close


def factors(rank: int, scaling: float = 1.0, d_in: int = 6, d_out: int = 5) -> Factors:
    generator = torch.Generator().manual_seed(rank)
    A, B = torch.randn(rank, d_in, generator=generator), torch.randn(rank, d_out, generator=generator)
    return Factors(A, B, scaling)


def update(of: Factors) -> torch.Tensor:
    return of.scaling * of.B.T @ of.A


ADAPTER = Adapter(
    {
        "model.layers.0.mlp.down_proj": factors(2, 0.5),
        "model.layers.1.mlp.down_proj": factors(3, 2.0),
        "model.layers.1.self_attn.q_proj": factors(1, 1.0, 5, 4),
    }
)


def test_one_rank_one_scaling_and_the_same_modules_in_every_layer() -> None:
    fitting = fitted(ADAPTER, (2, 4, 8))
    assert {f.rank for f in fitting.factors.values()} == {4}
    assert len({f.scaling for f in fitting.factors.values()}) == 1
    assert set(fitting.factors) == {*ADAPTER.factors, "model.layers.0.self_attn.q_proj"}


def test_the_update_is_the_same() -> None:
    fitting = fitted(ADAPTER, (2, 4, 8))
    for name, of in ADAPTER.factors.items():
        assert_close(update(fitting.factors[name]), update(of))
    added = fitting.factors["model.layers.0.self_attn.q_proj"]
    assert not update(added).any() and update(added).shape == (4, 5)


def test_a_common_scaling_stays() -> None:
    same = Adapter({name: replace(of, scaling=0.25) for name, of in ADAPTER.factors.items()})
    assert {f.scaling for f in fitted(same, (4,)).factors.values()} == {0.25}


def test_what_is_larger_than_every_rank_is_the_closest_of_the_largest() -> None:
    fitting = fitted(Adapter({"model.layers.0.mlp.down_proj": factors(5)}), (1, 2))
    [of] = fitting.factors.values()
    whole = update(factors(5))
    U, S, V = torch.linalg.svd(whole)
    assert of.rank == 2
    assert_close(update(of), U[:, :2] * S[:2] @ V[:2])


def test_no_rank_is_refused() -> None:
    with pytest.raises(AdapterError, match="no rank"):
        fitted(ADAPTER, ())
