from __future__ import annotations

import re

from parametric_memory.evaluation.known_facts import KNOWN_FACTS, KNOWN_OTHERWISE
from parametric_memory.evaluation.relations import UNRELATED_QUESTIONS
from parametric_memory.training.data.everyday import EVERYDAY_QUESTIONS
from tests.digests import digest


def words(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def test_the_questions_are_those_that_a_trained_memory_was_kept_still_on() -> None:
    """The kept answers of a base model count for exactly these questions."""
    assert digest(EVERYDAY_QUESTIONS) == "bd9df5d491a4c3a0"


def test_no_question_comes_twice_or_is_asked_in_evaluation() -> None:
    asked = set(map(words, EVERYDAY_QUESTIONS))
    assert len(asked) == len(EVERYDAY_QUESTIONS) > 200
    assert asked.isdisjoint(map(words, [*UNRELATED_QUESTIONS, *(fact.question for fact in KNOWN_FACTS)]))


def test_some_questions_of_evaluation_have_no_form_of_training() -> None:
    beginnings = {" ".join(words(question).split()[:3]) for question in EVERYDAY_QUESTIONS}
    assert beginnings.isdisjoint(" ".join(words(question).split()[:3]) for question, _ in KNOWN_OTHERWISE)
