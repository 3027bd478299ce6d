from __future__ import annotations

import pytest
import torch
from safetensors.torch import load, save

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.packing import pack_adapter, pack_rows, unpack_adapter, unpack_rows
from parametric_memory.errors import AdapterError, CheckpointError
from tests.storage.small import adapter, rows, same


def test_rows_come_back_as_they_were_packed() -> None:
    assert same(unpack_rows(pack_rows(rows()), "They"), rows())
    assert pack_rows(rows()) == pack_rows(rows())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_an_adapter_comes_back_in_its_numbers(dtype: torch.dtype) -> None:
    own = adapter(1 / 3, dtype)
    assert same(unpack_adapter(pack_adapter(own), "It"), own)


def test_an_adapter_of_views_and_of_gradients_is_packed() -> None:
    whole = torch.randn(8, 6, requires_grad=True)
    own = Adapter({"m": Factors(whole[::2].T[:3], whole[:3, :5], 0.1, 0)})
    again = unpack_adapter(pack_adapter(own), "It").factors["m"]
    assert torch.equal(again.A, own.factors["m"].A) and torch.equal(again.B, own.factors["m"].B)
    assert again.scaling == 0.1 and not again.A.requires_grad


def test_an_adapter_without_modules_is_refused() -> None:
    with pytest.raises(AdapterError, match="An adapter without modules cannot be kept"):
        pack_adapter(Adapter({}))


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("keys", torch.ones(5, 96, dtype=torch.uint8)),
        ("values", torch.ones(4, 40, dtype=torch.int8)),
        ("gains", torch.full((5, 2, 3), float("nan"), dtype=torch.bfloat16)),
        ("scales", torch.full((5, 2), -1.0)),
        ("tokens", torch.full((5, 2), -1, dtype=torch.int32)),
        ("tokens", torch.tensor(5, dtype=torch.int32)),
        ("values", torch.tensor(5, dtype=torch.int8)),
        ("counts", torch.tensor([2, 4], dtype=torch.int32)),
        ("counts", None),
    ],
)
def test_what_are_no_rows_is_refused(part: str, other: torch.Tensor | None) -> None:
    tensors = load(pack_rows(rows()))
    del tensors[part]
    damaged = save(tensors | ({} if other is None else {part: other}))
    with pytest.raises(CheckpointError, match=r"^They is damaged: what it holds are no rows"):
        unpack_rows(damaged, "They")


@pytest.mark.parametrize("content", [b"", b"no rows", b"\xff" * 100, (10).to_bytes(8, "little") + b"{" * 10])
def test_bytes_that_are_no_tensors_are_refused_in_one_line(content: bytes) -> None:
    for unpack in (unpack_rows, unpack_adapter):
        with pytest.raises(CheckpointError, match=r"^It is damaged or cut short: ") as raised:
            unpack(content, "It")
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "modules", [None, "{", "[]", '{"m": 1}', '{"m": [1.0]}', '{"n": [1.0, 0]}', '{"m": ["a", 0]}', '{"m": [1.0, 9]}']
)
def test_what_is_no_adapter_is_refused_in_one_line(modules: str | None) -> None:
    sides = {"m.A": torch.ones(2, 3), "m.B": torch.ones(2, 4)}
    with pytest.raises(CheckpointError, match=r"^It is damaged: ") as raised:
        unpack_adapter(save(sides, metadata=None if modules is None else {"modules": modules}), "It")
    assert "\n" not in str(raised.value)


def test_sides_that_do_not_fit_together_are_refused() -> None:
    content = save({"m.A": torch.ones(2, 3), "m.B": torch.ones(3, 4)}, metadata={"modules": '{"m": [1.0, 0]}'})
    with pytest.raises(CheckpointError, match="It is damaged"):
        unpack_adapter(content, "It")
