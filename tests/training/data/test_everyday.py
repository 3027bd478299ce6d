from __future__ import annotations

import re

from parametric_memory.evaluation.held_out import known_facts, known_otherwise, unrelated_questions
from parametric_memory.training.data.relations import everyday_questions
from tests.digests import digest


def words(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def test_the_questions_are_those_that_a_trained_memory_was_kept_still_on() -> None:
    """The kept answers of a base model count for exactly these questions."""
    assert digest(everyday_questions()) == "bd9df5d491a4c3a0"


def test_no_question_comes_twice_or_is_asked_in_evaluation() -> None:
    asked = set(map(words, everyday_questions()))
    assert len(asked) == len(everyday_questions()) > 200
    assert asked.isdisjoint(map(words, [*unrelated_questions(), *(fact.question for fact in known_facts())]))


def test_some_questions_of_evaluation_have_no_form_of_training() -> None:
    beginnings = {" ".join(words(question).split()[:3]) for question in everyday_questions()}
    assert beginnings.isdisjoint(" ".join(words(fact.question).split()[:3]) for fact in known_otherwise())
