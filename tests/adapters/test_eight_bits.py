from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.adapters.peft_folder import load_peft, save_peft
from tests.close import assert_close

MODULE = "model.layers.0.mlp.down_proj"


def of_eight_bits() -> Adapter:
    torch.manual_seed(0)
    return Adapter({MODULE: Factors(torch.randn(6, 200), torch.randn(6, 100), scaling=0.5)}).to(torch.float8_e4m3fn)


def update(factors: Factors) -> Tensor:
    """`[d_out, d_in]`"""
    return factors.scaling * factors.B.float().T @ factors.A.float()


def test_it_is_merged_and_compressed_in_numbers_long_enough() -> None:
    short = of_eight_bits()
    merged = merge([short, short], [0.5, 0.5]).factors[MODULE]
    assert merged.A.dtype == torch.float32
    assert_close(update(merged), update(short.factors[MODULE]))
    assert compress(short, 3).factors[MODULE].A.dtype == torch.bfloat16


def test_a_folder_keeps_it_as_it_is(tmp_path: Path) -> None:
    short = of_eight_bits()
    save_peft(short, tmp_path)
    read = load_peft(tmp_path).factors[MODULE]
    assert read.A.dtype == read.B.dtype == torch.float8_e4m3fn
    kept = short.factors[MODULE]
    assert torch.equal(read.A.view(torch.uint8), kept.A.view(torch.uint8))
    assert torch.equal(read.B.view(torch.uint8), kept.B.view(torch.uint8)) and read.scaling == kept.scaling
