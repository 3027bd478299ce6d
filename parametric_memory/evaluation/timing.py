"""How long work takes. Knows nothing about the work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seconds(work: Callable[[], object], device: torch.device | None = None) -> float:
    """How long some work takes, until the device is done with it where one is given."""
    import torch

    started = time.perf_counter()
    work()
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started
