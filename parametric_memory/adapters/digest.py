"""What tells an adapter from others: a digest of all that it holds, whatever made it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter


def adapter_digest(adapter: Adapter) -> str:
    """The sha256 of an adapter's modules, scalings and numbers, in hex; of any dtype, on any device."""
    import torch

    found = hashlib.sha256()
    for name, factors in sorted(adapter.factors.items()):
        found.update(repr((name, factors.scaling, factors.shared)).encode())
        for side in (factors.A, factors.B):
            found.update(repr((side.dtype, tuple(side.shape))).encode())
            found.update(side.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
