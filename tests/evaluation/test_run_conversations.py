from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.run_conversations import CONVERSATION_SCORES, evaluate_conversations

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner


def test_any_of_the_answers_is_right() -> None:
    score = CONVERSATION_SCORES["contained"]
    case = Case("Ana said: Ana comes at 7:30.", "When?", ("half past seven", "7:30"))
    assert [score(case, text) for text in ("At 7:30.", "At half past  seven", "At six.")] == [1, 1, 0]


def test_all_sessions_lie_in_one_memory_and_their_turns_are_looked_for(examine: Callable[..., Examiner]) -> None:
    told: list[str] = []
    examiner = examine("none", "in_prompt", "rag", threshold=-1.0)
    answered, f1, turns, sessions, unanswered = evaluate_conversations(examiner, 1, 8, told.append)
    assert told == ["3 sessions in one memory; 8 questions that they answer, 5 others"]
    assert (answered.case, answered.metric, answered.n) == ("conversations", "contained", 8)
    assert f1.metric == "f1" and answered.in_prompt is not None and answered.rag is not None
    assert turns.metric == "right turn first" and turns.rag is not None
    assert 0.4 <= turns.memory <= sessions.memory and set(turns.errors) == {"memory", "rag"}
    assert (unanswered.metric, unanswered.memory, unanswered.n) == ("nothing attached", 0.0, 5)


def test_with_a_high_threshold_nothing_is_attached(examine: Callable[..., Examiner]) -> None:
    *_, unanswered = evaluate_conversations(examine(threshold=9.0), 1, 2, lambda line: None)
    assert unanswered.memory == 1.0
