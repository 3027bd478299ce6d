"""Precisions that a device, such as "cpu" or "cuda:0", computes fast in. Knows nothing about models."""

from __future__ import annotations

import platform
import timeit
from functools import cache, partial

import torch

_X86 = ("x86_64", "amd64")
_CLEARLY = 0.8  # ratio of times; a smaller difference is noise, and not worth the rounding


@cache
def bfloat16_is_slow(device: str) -> bool:
    """Whether matrix products take longer in bfloat16 than in float32.

    They do on an x86 processor without AMX: two to three times as long for a prompt with AVX-512 (PyTorch 2.13, Intel
    Sapphire Rapids without AMX; not for a single token), eight times without (AMD Zen 3).
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
    """
    if device.partition(":")[0] != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    seconds = []
    with torch.inference_mode():
        for dtype in (torch.float32, torch.bfloat16):
            x, weight = torch.ones(64, 576, dtype=dtype), torch.ones(1536, 576, dtype=dtype)
            runs = timeit.repeat(partial(torch.nn.functional.linear, x, weight), repeat=6, number=1)
            seconds.append(min(runs[1:]))  # the first one prepares others
    return seconds[1] < _CLEARLY * seconds[0]
