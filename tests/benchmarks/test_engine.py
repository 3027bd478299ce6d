from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")

from benchmarks.engine import measure
from parametric_memory import ParametricMemory
from parametric_memory.answering.vllm import VllmEngine
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.memory import reopen
from tests.answering.standing_in import StandIn
from tests.server.live import listening


def test_answers_through_a_server_are_compared_with_the_librarys(
    open_memory: Callable[..., ParametricMemory], base: BaseModel, tmp_path: Path
) -> None:
    said: list[str] = []
    memory = open_memory()
    with listening(StandIn(base).app) as url:
        through = reopen(memory, engine=VllmEngine(f"{url}/v1", memory.models, folder=tmp_path / "engine"))
        rows = list(measure(memory, through, 12, 0, said.append))
    as_asked, as_greedy, *right = rows
    assert [row.n for row in rows] == [12] * 4
    assert as_greedy.memory >= 0.8  # of random weights, two tokens may be equally probable
    assert len(said) == round(12 * (1 - as_asked.memory))
    assert all(0 <= row.memory <= 1 for row in right)
