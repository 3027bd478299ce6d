from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError


def factors(rank: int, shared: int = 0, scaling: float = 1.0) -> Factors:
    return Factors(torch.randn(rank, 5), torch.randn(rank, 3), scaling, shared)


def test_an_adapter_tells_its_largest_rank_and_its_bytes() -> None:
    adapter = Adapter({"a": factors(2), "b": factors(4)})
    assert adapter.rank == 4
    assert adapter.num_bytes == (2 + 4) * (5 + 3) * 4
    assert adapter.to(torch.bfloat16).num_bytes == (2 + 4) * (5 + 3) * 2


def test_an_adapter_without_modules_has_rank_zero() -> None:
    assert Adapter({}).rank == 0


def test_an_adapter_does_not_change_with_the_dict_it_was_made_of() -> None:
    modules = {"a": factors(1)}
    adapter = Adapter(modules)
    modules.clear()
    assert list(adapter.factors) == ["a"]


@pytest.mark.parametrize(
    ("a", "b", "scaling", "shared"),
    [
        ((2, 5), (3, 3), 1.0, 0),
        ((5,), (5,), 1.0, 0),
        ((2, 5), (2, 3), 1.0, 3),
        ((2, 5), (2, 3), float("nan"), 0),
    ],
)
def test_factors_that_do_not_fit_are_refused(
    a: tuple[int, ...], b: tuple[int, ...], scaling: float, shared: int
) -> None:
    with pytest.raises(AdapterError):
        Factors(torch.zeros(a), torch.zeros(b), scaling, shared)


@pytest.mark.parametrize("module", ["adapters.factors", "adapters.merging", "adapters.peft_folder", "storage.entries"])
def test_importing_does_not_load_torch(module: str) -> None:
    code = f"import sys, parametric_memory.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
