from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.run_notes import NOTE_SCORES, evaluate_notes

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner


def test_any_of_a_notes_answers_is_right() -> None:
    score = NOTE_SCORES["contained"]
    case = Case("Closed at half past seven.", "When?", ("half past seven", "7:30"))
    assert [score(case, text) for text in ("At 7:30.", "At Half past  seven", "At half past six.")] == [1, 1, 0]


def test_all_notes_lie_in_one_memory_and_each_is_asked_about(examine: Callable[..., Examiner]) -> None:
    examiner = examine("none", "in_prompt", "rag", threshold=-1.0)
    answered, recalled = evaluate_notes(examiner, 4, lambda line: None)
    assert (answered.case, answered.metric, answered.n) == ("notes", "contained", 4)
    assert answered.in_prompt is not None and answered.rag is not None
    assert recalled.metric == "right note recalled" and recalled.memory >= 0.75
