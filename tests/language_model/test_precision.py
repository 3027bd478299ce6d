from __future__ import annotations

import platform

import pytest
import torch

from parametric_memory.language_model.precision import bfloat16_is_faster, bfloat16_is_slow


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    bfloat16_is_slow.cache_clear()


@pytest.mark.parametrize(
    ("machine", "amx", "device", "slow"),
    [
        ("x86_64", False, "cpu", True),
        ("AMD64", False, "cpu", True),
        ("x86_64", True, "cpu", False),
        ("x86_64", False, "cuda:1", False),
        ("arm64", False, "cpu", False),
    ],
)
def test_only_an_x86_processor_without_amx_is_slow_in_bfloat16(
    machine: str, amx: bool, device: str, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": amx}, raising=False)
    assert bfloat16_is_slow(device) is slow


def test_a_release_of_pytorch_that_does_not_say_counts_as_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert bfloat16_is_slow("cpu")


def test_bfloat16_is_faster_on_no_processor_without_its_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    bfloat16_is_faster.cache_clear()
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    assert not bfloat16_is_faster("cpu") and not bfloat16_is_faster("cuda")
    bfloat16_is_faster.cache_clear()
