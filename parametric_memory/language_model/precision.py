"""Precisions that a processor computes fast in. Knows nothing about models."""

from __future__ import annotations

import platform
import timeit
from collections.abc import Callable
from functools import cache
from typing import Any

import torch

_X86 = ("x86_64", "amd64")
_CLEARLY = 0.8  # ratio of times; a smaller difference is noise, and not worth the rounding


@cache
def bfloat16_is_slow(device: str) -> bool:
    """Whether matrix products take longer in bfloat16 than in float32.

    They do on an x86 processor without AMX: two to three times as long for a prompt with AVX-512 (PyTorch 2.13, Intel
    Sapphire Rapids without AMX; not for a single token), eight times without (AMD Zen 3).

    device: "cpu", "cuda" or the like.
    """
    if device.partition(":")[0] != "cpu" or platform.machine().lower() not in _X86:
        return False
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # PyTorch before 2.10 does not say
    return not capabilities.get("amx_bf16", False)


@cache
def bfloat16_is_faster(device: str) -> bool:
    """Whether matrix products on a processor are clearly faster in bfloat16 than in float32; timed once a process.

    An AMD with AVX512-BF16 is twice as fast, an Intel that has it without AMX is slower, so flags do not suffice. False
    for other devices, where a model computes in the dtype of its weights.

    device: "cpu", "cuda" or the like.
    """
    if device.partition(":")[0] != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    with torch.inference_mode():
        x, weight = torch.ones(64, 576), torch.ones(1536, 576)
        wide = _seconds(lambda: torch.nn.functional.linear(x, weight))
        x, weight = x.bfloat16(), weight.bfloat16()
        return _seconds(lambda: torch.nn.functional.linear(x, weight)) < _CLEARLY * wide


def _seconds(compute: Callable[[], Any]) -> float:
    """The shortest of a few runs after a first one."""
    return min(timeit.repeat(compute, repeat=6, number=1)[1:])
