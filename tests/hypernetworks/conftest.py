from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory.hypernetworks.checkpoint import save_key_value
from parametric_memory.hypernetworks.record import HypernetworkRecord


@pytest.fixture
def written() -> HypernetworkRecord:
    """What `folder` says of its hypernetwork."""
    return HypernetworkRecord("key-value", "tiny", "0123456789abcdef", {"steps": 3}, {"threshold": 0.4})


@pytest.fixture
def folder(hypernetwork, written: HypernetworkRecord, tmp_path: Path) -> Path:
    save_key_value(hypernetwork, written, tmp_path / "hypernetwork")
    return tmp_path / "hypernetwork"
