from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parametric_memory import ParametricMemory
    from parametric_memory.evaluation.runner import Runner


@pytest.fixture
def examine(open_memory: Callable[..., ParametricMemory]) -> Callable[..., Runner]:
    """An runner of a tiny memory, which answers in four tokens."""

    def examine_(*controls: str, seed: int = 0, **options: Any) -> Runner:
        from parametric_memory.evaluation.runner import Runner

        return Runner(open_memory(**options), controls, seed=seed, answer_tokens=4, report=lambda line: None)

    return examine_
