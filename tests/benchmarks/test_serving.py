from __future__ import annotations

from collections.abc import Callable

from benchmarks.serving import measure
from parametric_memory import ParametricMemory


def test_answers_to_several_users_are_counted_and_timed(open_memory: Callable[..., ParametricMemory]) -> None:
    rows = measure(open_memory(), [1, 4], 8, lambda line: None)
    assert [row.case for row in rows] == ["1 users"] * 3 + ["4 users"] * 3
    rate, middle, late = rows[3:]
    assert rate.memory > rate.one_at_a_time > 0
    assert 0 < middle.memory <= late.memory
