"""In which precision a processor computes well.

Knows nothing about models.
"""

from __future__ import annotations

import platform
from functools import cache

_X86 = ("x86_64", "amd64")
_SLOW = ("DEFAULT", "AVX2")  # what PyTorch calls an x86 processor without AVX-512


@cache
def bfloat16_is_slow(device: str) -> bool:
    """Whether products of matrices take longer in bfloat16 than in float32 there.

    So it is on an x86 processor without AVX-512, as most laptops have: eight times as long (PyTorch 2.13, AMD Zen 3).

    device: "cpu", "cuda" or the like.
    """
    import torch

    if device.partition(":")[0] != "cpu" or platform.machine().lower() not in _X86:
        return False
    return torch.backends.cpu.get_cpu_capability() in _SLOW
