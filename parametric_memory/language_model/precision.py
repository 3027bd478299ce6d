"""In which precision a processor computes well.

Knows nothing about models.
"""

from __future__ import annotations

import platform
from functools import cache

_X86 = ("x86_64", "amd64")


@cache
def bfloat16_is_slow(device: str) -> bool:
    """Whether products of matrices take longer in bfloat16 than in float32 there.

    So it is on an x86 processor without AMX: two to three times as long for a prompt with AVX-512 (PyTorch 2.13, Intel
    Sapphire Rapids without AMX; a single token takes as long), eight times without (AMD Zen 3).

    device: "cpu", "cuda" or the like.
    """
    import torch

    if device.partition(":")[0] != "cpu" or platform.machine().lower() not in _X86:
        return False
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # PyTorch before 2.10 does not say
    return not capabilities.get("amx_bf16", False)
