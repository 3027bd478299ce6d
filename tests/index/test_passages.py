from __future__ import annotations

import pytest

from parametric_memory.index.passages import in_context


def test_later_passages_lean_towards_the_first_and_all_are_unit_vectors() -> None:
    first, second, third = in_context([[2.0, 0.0], [0.0, 5.0], [1.0, 0.0]])
    assert first == [1.0, 0.0]
    assert second == pytest.approx([0.2873, 0.9578], abs=1e-3)
    assert third == pytest.approx([1.0, 0.0])


def test_there_may_be_none_and_a_passage_without_direction_gets_none() -> None:
    assert in_context([]) == []
    assert in_context([[1.0, 0.0], [0.0, 0.0]])[1] == [0.0, 0.0]
