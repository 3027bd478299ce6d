from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation.run_memory import calibrated_threshold, evaluate_memory, threshold_rows

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner


def test_the_table_holds_every_choice_of_recall(examine: Callable[..., Runner]) -> None:
    rows = evaluate_memory(examine("none", "rag", "random_adapter"), documents=5)
    cases = [row.case for row in rows if row.metric == "contained"]
    assert cases[0] == "1 adapter" and rows[0].none is not None and rows[0].rag is not None
    assert {"2 adapters", "8 adapters", "1 sentence", "5 sentences", "strength 1.5"} < set(cases)
    assert all(row.none is None for row in rows if row.case != "1 adapter"), "controls are asked once"
    assert rows[-1].case == "calibrated threshold" and 0 < rows[-1].memory < 1


def test_a_clean_gap_is_cut_in_the_middle() -> None:
    assert calibrated_threshold([0.6, 0.8, 0.7], [0.1, 0.3, 0.2]) == pytest.approx(0.45)


def test_a_threshold_of_two_decimals_is_on_the_right_side_of_a_score() -> None:
    # None is between 0.446 and 0.449: the second best gate is better than one that keeps nothing.
    assert calibrated_threshold([0.449], [0.446, 0.3]) == pytest.approx(0.37)


def test_a_question_whose_document_is_not_nearest_does_not_lower_the_gate() -> None:
    assert calibrated_threshold([0.6, 0.8, -1.0], [0.1, 0.3]) == pytest.approx(0.45)


def test_a_threshold_says_what_it_keeps_and_what_it_lets_through() -> None:
    rows = threshold_rows([0.55, 0.75, -1.0], [0.1, 0.45], [0.25, 0.65])
    half = {row.metric: row.memory for row in rows if row.case == "threshold 0.50 (calibrated)"}
    assert half == {
        "right recalls kept": pytest.approx(2 / 3),
        "unrelated let through": 0.0,
        "unknown subjects let through": 0.5,
    }
