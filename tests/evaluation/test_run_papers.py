from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from parametric_memory.documents.files import read_documents
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.run_papers import HALVES, PAPER_SCORES, PAPERS, evaluate_papers, paper_questions
from parametric_memory.evaluation.scores import contains, contains_any
from parametric_memory.records import NOT_HELD

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner


@pytest.mark.parametrize("half", HALVES)
def test_every_file_is_asked_about_and_says_the_answers_that_its_questions_have(half: str) -> None:
    asked = paper_questions(half)
    assert {case.document for case in asked} == {path.name for path in (PAPERS / half).iterdir()}
    for case in asked:
        text = "\n\n".join(document.text for document in read_documents(PAPERS / half / case.document))
        assert not case.answers or contains_any(text, case.answers), case.question
        assert not any(contains(case.question, answer) for answer in case.answers), case.question


def test_there_are_200_questions_with_answers_and_40_without_and_none_is_there_twice() -> None:
    asked = [each for half in HALVES for each in paper_questions(half)]
    assert Counter(bool(case.answers) for case in asked) == {True: 200, False: 40}
    assert len({case.question for case in asked}) == 240


def test_an_answer_is_right_or_wrong_or_none_and_may_loop() -> None:
    case = Case("It opens at 9:30.", "When does it open?", ("9:30",))
    answers = ("At 9:30.", "At 10.", NOT_HELD, "At ten, at ten, at ten.")
    of = {metric: [int(score(case, text)) for text in answers] for metric, score in PAPER_SCORES.items()}
    assert of.pop("f1") == [0, 0, 0, 0]  # rounded
    assert of == {"right": [1, 0, 0, 0], "wrong": [0, 1, 0, 1], "abstained": [0, 0, 1, 0], "loops": [0, 0, 0, 1]}


def test_all_files_lie_in_one_memory_which_abstains_where_nothing_is_attached(examine: Callable[..., Runner]) -> None:
    told: list[str] = []
    runner = examine("hybrid", "none", threshold=9.0)
    runner.report = told.append
    rows = evaluate_papers(runner, ["a"], 10)
    assert told == ["half a: 10 questions, 26 files in one memory"]
    assert {(row.case, row.n) for row in rows} == {("a, answerable", 8), ("a, unanswerable", 2)}
    [abstained, other] = [row for row in rows if row.metric == "abstained"]
    assert (abstained.memory, abstained.hybrid, abstained.none, other.memory) == (1, 1, 0, 1)
