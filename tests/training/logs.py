from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_log(path: Path) -> list[dict[str, Any]]:
    """The records of a training run's log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
