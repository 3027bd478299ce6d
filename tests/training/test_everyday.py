from __future__ import annotations

import re

from parametric_memory.evaluation.known_facts import KNOWN_FACTS
from parametric_memory.evaluation.relations import UNRELATED_QUESTIONS
from parametric_memory.training.everyday import EVERYDAY_QUESTIONS


def words(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def test_no_question_comes_twice_or_is_asked_in_evaluation() -> None:
    asked = set(map(words, EVERYDAY_QUESTIONS))
    assert len(asked) == len(EVERYDAY_QUESTIONS) > 200
    assert asked.isdisjoint(map(words, [*UNRELATED_QUESTIONS, *(fact.question for fact in KNOWN_FACTS)]))
