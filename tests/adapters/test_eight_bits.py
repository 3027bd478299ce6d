from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter, Factors, compact
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.adapters.peft_folder import load_peft, save_peft
from tests.close import assert_close

MODULE = "model.layers.0.mlp.down_proj"


def factors(size_A: float = 1.0, size_B: float = 1.0, shared: int = 0) -> Factors:
    torch.manual_seed(0)
    return Factors(size_A * torch.randn(6, 200), size_B * torch.randn(6, 100), scaling=0.5, shared=shared)


def update(factors: Factors) -> Tensor:
    """`[d_out, d_in]`"""
    return factors.scaling * factors.B.float().T @ factors.A.float()


@pytest.mark.parametrize(
    ("size_A", "size_B"), [(1.0, 1.0), (1e-3, 1e3), (1e3, 1e-3), (0.01, 2.0), (1e-3, 1e-3), (1e4, 1e4)]
)
def test_an_update_stays_nearly_what_it_was_however_large_its_sides(size_A: float, size_B: float) -> None:
    whole = factors(size_A, size_B)
    short = compact(Adapter({MODULE: whole})).factors[MODULE]
    assert short.A.dtype == short.B.dtype == torch.float8_e4m3fn
    error = (update(short) - update(whole)).norm() / update(whole).norm()
    assert 0 < error < 0.05


def test_modules_of_one_adapter_keep_one_scaling_and_rows_of_all_sizes() -> None:
    small = "model.layers.1.mlp.down_proj"
    whole = Adapter({MODULE: factors(), small: factors(0.01, 0.1)})
    short = compact(whole)
    assert len({f.scaling for f in short.factors.values()}) == 1
    for name, before in whole.factors.items():
        assert (update(short.factors[name]) - update(before)).norm() / update(before).norm() < 0.05


def test_it_takes_half_of_the_bytes_of_bfloat16() -> None:
    whole = Adapter({MODULE: factors()})
    assert 2 * compact(whole).num_bytes == whole.to(torch.bfloat16).num_bytes


@pytest.mark.parametrize("shared", [2, 6])
def test_rows_that_every_adapter_has_stay_in_bfloat16_and_fit_those_of_others(shared: int) -> None:
    others = "model.layers.1.mlp.up_proj"
    first, second = (Adapter({MODULE: factors(size), others: factors(shared=shared)}) for size in (1.0, 30.0))
    short = [compact(first), compact(second), first.to(torch.bfloat16)]
    assert short[0].factors[others].A.dtype == torch.bfloat16
    assert short[0].factors[others].widened() is short[0].factors[others]
    merged = merge(short, [1.0, 1.0, 1.0]).factors[others]
    assert (merged.shared, merged.rank) == (shared, shared + 3 * (6 - shared))


def test_a_row_of_nothing_stays_one() -> None:
    whole = factors()
    whole.A[0] = whole.B[1] = 0
    short = compact(Adapter({MODULE: whole})).factors[MODULE]
    assert not short.A[0].float().any() and not short.B[1].float().any()
    assert short.A.float().isfinite().all() and short.B.float().isfinite().all()


def test_it_is_merged_and_compressed_in_numbers_long_enough() -> None:
    short = compact(Adapter({MODULE: factors()}))
    merged = merge([short, short], [0.5, 0.5]).factors[MODULE]
    assert merged.A.dtype == torch.float32
    assert_close(update(merged), update(short.factors[MODULE]))
    assert compress(short, 3).factors[MODULE].A.dtype == torch.bfloat16


def test_a_folder_keeps_it_as_it_is(tmp_path: Path) -> None:
    short = compact(Adapter({MODULE: factors()}))
    save_peft(short, tmp_path)
    read = load_peft(tmp_path).factors[MODULE]
    assert read.A.dtype == read.B.dtype == torch.float8_e4m3fn
    kept = short.factors[MODULE]
    assert torch.equal(read.A.view(torch.uint8), kept.A.view(torch.uint8))
    assert torch.equal(read.B.view(torch.uint8), kept.B.view(torch.uint8)) and read.scaling == kept.scaling
