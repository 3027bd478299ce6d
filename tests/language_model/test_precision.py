from __future__ import annotations

import platform

import pytest
import torch

from parametric_memory.language_model.precision import bfloat16_is_slow


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    bfloat16_is_slow.cache_clear()


@pytest.mark.parametrize(
    ("machine", "capability", "device", "slow"),
    [
        ("x86_64", "AVX2", "cpu", True),
        ("AMD64", "AVX2", "cpu", True),
        ("x86_64", "DEFAULT", "cpu", True),
        ("x86_64", "AVX512", "cpu", False),
        ("x86_64", "AVX2", "cuda:1", False),
        ("arm64", "DEFAULT", "cpu", False),
    ],
)
def test_only_an_x86_processor_without_avx512_is_slow_in_bfloat16(
    machine: str, capability: str, device: str, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert bfloat16_is_slow(device) is slow
