from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")

from benchmarks.serving import measure
from benchmarks.soaking import PEOPLE, soak
from parametric_memory import ParametricMemory
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from tests.server.live import listening


def test_answers_to_several_users_are_counted_and_timed(open_memory: Callable[..., ParametricMemory]) -> None:
    rows = measure(open_memory(), [1, 4], 8, lambda line: None)
    assert [row.case for row in rows] == ["1 users"] * 6 + ["4 users"] * 6
    rate, middle, late, rate_of, *_ = rows[6:]
    assert rate.memory > (rate.figure("one_at_a_time") or 0) > 0
    assert rate_of.memory == rate.memory / (rate.figure("one_at_a_time") or 0)
    assert 0 < middle.memory <= late.memory
    assert (rate.figure("transformers") or 0) > 0


def test_a_server_under_a_steady_load_answers_and_its_size_is_told(
    open_memory: Callable[..., ParametricMemory], tmp_path: Path
) -> None:
    memory = open_memory()
    for person in PEOPLE:
        memory.add(f"{person} moved to a house of Harbour Street.")
    said: list[str] = []
    with listening(build(memory, keys=Keys(tmp_path / "keys.json"))) as url:
        rows = {row.metric: row.memory for row in soak(url, os.getpid(), 4, 5, said.append)}
    assert rows["requests"] == 20 and rows["failed"] == 0 and not said
    assert 0 < rows["seconds, p50"] <= rows["seconds, p95"]
    assert rows["MiB at the end"] >= 0 and len(memory.list()) == len(PEOPLE)
