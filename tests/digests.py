"""One short value that stands for much data, so that a test can tell whether any of it has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any


def digest(data: Any) -> str:
    """The beginning of the SHA-256 of the data as JSON; dataclasses count as the mappings of their fields."""
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, default=asdict).encode()).hexdigest()[:16]
