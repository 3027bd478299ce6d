from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parametric_memory import ParametricMemory
    from parametric_memory.evaluation.controls import Examiner


@pytest.fixture
def examine(open_memory: Callable[..., ParametricMemory]) -> Callable[..., Examiner]:
    """An examiner of a tiny memory, which answers in four tokens."""

    def examine_(*controls: str, **options: Any) -> Examiner:
        from parametric_memory.evaluation.controls import Examiner

        return Examiner(open_memory(**options), controls, answer_tokens=4)

    return examine_
