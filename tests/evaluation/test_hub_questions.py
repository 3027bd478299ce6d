from __future__ import annotations

from importlib.util import find_spec

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.hub_questions import SETS, asked, hub_questions


@pytest.mark.parametrize(
    ("name", "record", "context", "answers"),
    [
        (
            "squad",
            {"context": "C", "question": "Q", "answers": {"text": ["a", "a", "b"], "answer_start": [0, 0, 1]}},
            "C",
            ("a", "b"),
        ),
        (
            "drop",
            {"passage": "C", "question": "Q", "answers_spans": {"spans": ["4"], "types": ["number"]}},
            "C",
            ("4",),
        ),
        ("ropes", {"background": "B", "situation": "S", "question": "Q", "answers": {"text": ["a"]}}, "B\nS", ("a",)),
        ("2wikimqa", {"context": "C", "input": "Q", "answers": ["a"]}, "C", ("a",)),
    ],
)
def test_records_of_each_set_become_questions(
    name: str, record: dict[str, object], context: str, answers: tuple[str, ...]
) -> None:
    question = asked(name, record)
    assert (question.context, question.question, question.answers) == (context, "Q", answers)


@pytest.mark.skipif(find_spec("datasets") is not None, reason="datasets is installed")
def test_without_datasets_the_way_out_is_named() -> None:
    with pytest.raises(DocumentError, match="pip install datasets"):
        list(hub_questions("squad"))


def test_the_sets_are_named_as_people_call_them() -> None:
    assert {"squad", "drop", "ropes", "2wikimqa", "qasper"} <= SETS.keys()
