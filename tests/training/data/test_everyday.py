from __future__ import annotations

import re
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.held_out import known_facts, known_otherwise, unrelated_texts
from parametric_memory.training.data.relations import everyday_questions, read_everyday
from tests.digests import digest


def words(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def test_the_questions_are_those_that_a_trained_memory_was_kept_still_on() -> None:
    """The kept answers of a base model count for exactly these questions."""
    assert digest(everyday_questions()) == "bd9df5d491a4c3a0"


def test_no_question_comes_twice_or_is_asked_in_evaluation() -> None:
    asked = set(map(words, everyday_questions()))
    assert len(asked) == len(everyday_questions()) > 200
    assert asked.isdisjoint(map(words, [*unrelated_texts().questions, *(fact.question for fact in known_facts())]))


def test_some_questions_of_evaluation_have_no_form_of_training() -> None:
    beginnings = {" ".join(words(question).split()[:3]) for question in everyday_questions()}
    assert beginnings.isdisjoint(" ".join(words(question).split()[:3]) for question, _ in known_otherwise())


RECORDS = """
What is the capital of {}?
= Chile | Peru
= Kenya

{}
= Hello! | Are bats blind?
"""


def test_each_filling_makes_a_question_and_the_order_stays(tmp_path: Path) -> None:
    file = tmp_path / "everyday.txt"
    file.write_text(RECORDS)
    capitals = [f"What is the capital of {country}?" for country in ("Chile", "Peru", "Kenya")]
    assert read_everyday(file) == (*capitals, "Hello!", "Are bats blind?")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("of {}?", "of Chile?", ":2: {} is missing in 'What is the capital of Chile?'"),
        ("of {}?", "of {country}?", ":2: {country} is not known here; known are {}."),
        ("= Hello! | Are bats blind?\n", "", ":6: '{}' needs a line that begins with ="),
        ("= Kenya", "- Kenya", ":4: a record of this file has no line with -"),
        ("{}\n= H", "What is the capital of {}?\n= H", ":6: the record is there already, at everyday.txt:2."),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "everyday.txt"
    file.write_text(RECORDS.replace(old, new))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_everyday(file)
