"""What an evaluation ran on, in one line. Knows nothing about evaluations."""

from __future__ import annotations

import os
import platform
import re
from contextlib import suppress
from pathlib import Path


def machine() -> str:
    """Processor, threads, graphics processor where there is one, and the versions that decide speed."""
    import torch

    parts = [f"{_processor()}, {torch.get_num_threads()} threads of {os.cpu_count()}"]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return ", ".join([*parts, f"torch {torch.__version__}", f"Python {platform.python_version()}"])


def _processor() -> str:
    with suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()
