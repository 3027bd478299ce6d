from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from parametric_memory.evaluation.run_two import TWO_SCORES, evaluate_two, two_document_cases

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner


def test_a_right_answer_is_the_one_of_two_or_holds_all_that_is_asked_for() -> None:
    which, both, every = two_document_cases(0, 3)
    score = TWO_SCORES["contained"]
    [right], [wrong] = which.answers, which.others
    assert right in which.sources[1] and wrong in which.sources[0]
    assert score(which, f"It is {right}.") == 1.0
    assert score(which, f"It is {wrong}.") == score(which, f"{right} and {wrong}.") == 0.0
    assert all(part in text for part, text in zip(both.answers, both.sources, strict=True))
    assert score(both, " and ".join(both.answers)) == 1.0 and score(both, both.answers[0]) == 0.0
    assert (
        all(name in text for name, text in zip(every.answers, every.sources, strict=True)) and len(every.sources) == 3
    )
    assert score(every, ", ".join(every.answers)) == 1.0 and score(every, ", ".join(every.answers[:2])) == 0.0


def test_each_kind_has_a_row_beside_one_document_alone(examine: Callable[..., Runner]) -> None:
    rows = evaluate_two(examine("in_prompt"), count=6)
    names = [f"several documents, {kind}" for kind in ("which of two", "about both", "all of three")]
    assert [row.case for row in rows][::3] == names
    assert [row.metric for row in rows] == ["contained", "f1", "all documents attached"] * 3
    answered = [row for row in rows if row.metric != "all documents attached"]
    assert all(row.figure("one_document") is not None and row.figure("in_prompt") is not None for row in answered)
