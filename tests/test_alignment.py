from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from tests.alignment import at_an_odd_place, use_odd_places


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float8_e4m3fn, torch.int64])
def test_a_copy_at_an_odd_place_is_the_same(dtype: torch.dtype) -> None:
    tensor = torch.arange(6).view(2, 3).to(dtype)
    copies = [at_an_odd_place(tensor) for _ in range(9)]
    assert all(torch.equal(copy.view(torch.uint8), tensor.view(torch.uint8)) for copy in copies)
    assert 0 not in {copy.data_ptr() % 64 for copy in copies}
    assert len({copy.data_ptr() % 64 for copy in copies}) > 3


def test_what_is_loaded_and_what_modules_are_made_of_stands_at_odd_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((safetensors.torch, "load"), (safetensors.torch, "load_file"), (torch, "load")):
        monkeypatch.setattr(module, name, getattr(module, name))  # to be put back at the end
    monkeypatch.setattr(nn.Parameter, "__new__", staticmethod(nn.Parameter.__new__))
    use_odd_places()
    weights = {"a": torch.ones(3, 4), "b": torch.ones(5)}
    safetensors.torch.save_file(weights, tmp_path / "weights.safetensors")
    torch.save({"of a network": weights}, tmp_path / "state.pt")
    stored = (tmp_path / "weights.safetensors").read_bytes()
    for found in (
        safetensors.torch.load_file(tmp_path / "weights.safetensors"),
        safetensors.torch.load(stored),
        torch.load(tmp_path / "state.pt")["of a network"],
        dict(nn.Linear(4, 3).named_parameters()),
    ):
        assert len(found) == 2 and all(tensor.data_ptr() % 64 for tensor in found.values())
    assert torch.equal(safetensors.torch.load(stored)["a"], weights["a"])
