from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.evaluation.answerer import Reply
from parametric_memory.evaluation.run_published import ROUGE_L, SETS, WORD_F1, evaluate_published, read_published
from parametric_memory.evaluation.runner import Answered, Runner
from parametric_memory.hypernetworks.checkpoint import save_perceiver
from tests.hypernetworks.doc_to_lora.networks import config_for, trained

SQUAD = {"context": "C", "qas": [{"question": "Q", "answers": [{"text": "a"}, {"text": "a"}, {"text": "b"}]}]}
DROP_ANSWERS = {"answer": {"number": "4", "date": {}, "spans": []}, "validated_answers": [{"spans": ["x", "y"]}]}


@pytest.mark.parametrize(
    ("name", "file", "content", "context", "answers"),
    [
        ("squad", "dev.json", {"version": "1.1", "data": [{"title": "t", "paragraphs": [SQUAD]}]}, "C", ("a", "b")),
        ("squad", "rows.json", [{"context": "C", "question": "Q", "answers": {"text": ["a"]}}], "C", ("a",)),
        (
            "drop",
            "dev.json",
            {"p1": {"passage": "C", "qa_pairs": [{"question": "Q", **DROP_ANSWERS}]}},
            "C",
            ("4", "x", "y"),
        ),
        ("drop", "rows.json", [{"passage": "C", "question": "Q", "answers_spans": {"spans": ["4"]}}], "C", ("4",)),
        (
            "ropes",
            "dev.json",
            {
                "data": [
                    {
                        "paragraphs": [
                            {
                                "background": "B",
                                "situation": "S",
                                "qas": [{"question": "Q", "answers": [{"text": "a"}]}],
                            }
                        ]
                    }
                ]
            },
            "B\nS",
            ("a",),
        ),
        ("qasper_e", "rows.json", [{"context": "C", "input": "Q", "answers": ["a", "b"]}], "C", ("a", "b")),
        ("pwc_compact", "rows.json", [{"context": "C", "prompts": ["Q"], "responses": ["a"]}], "C", ("a",)),
    ],
)
def test_sets_are_read_as_they_are_published(
    name: str, file: str, content: Any, context: str, answers: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / file).write_text(json.dumps(content))
    [asked] = read_published(name, tmp_path / file)
    assert (asked.context, asked.question, asked.answers) == (context, "Q", answers)


def test_longbench_is_read_in_lines(tmp_path: Path) -> None:
    row = {"context": "C", "input": "Q", "answers": ["a"], "length": 3}
    (tmp_path / "2wikimqa.jsonl").write_text((json.dumps(row) + "\n") * 2)
    assert len(read_published("2wikimqa", tmp_path / "2wikimqa.jsonl")) == 2


def test_questions_are_put_and_scored_as_by_the_reference() -> None:
    assert SETS["squad"].instruction == (
        "Answer the following question. Output only the answer and do not output any other words.\n\nQuestion: "
    )
    assert SETS["multifieldqa_en_e"].instruction.startswith("Answer the following question. Only output the answer")
    assert 'write "unanswerable"' in SETS["qasper"].instruction
    assert SETS["squad_compact"].instruction == ""
    assert (SETS["drop"].score, SETS["ropes"].score) == (WORD_F1, ROUGE_L)


def test_files_of_another_form_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"context": "C", "input": "Q"}) + "\n")
    with pytest.raises(DocumentError, match=r"a.jsonl line 1 is not of the form of qasper: it lacks 'answers'"):
        read_published("qasper", tmp_path / "a.jsonl")
    with pytest.raises(DocumentError, match="Cannot read"):
        read_published("squad", tmp_path / "none.json")
    with pytest.raises(SettingsError, match="no set 'triviaqa'"):
        read_published("triviaqa", tmp_path / "a.jsonl")


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
    [question] = SETS[name].questions(record)
    assert (question.context, question.question, question.answers) == (context, "Q", answers)


TEXTS = ("Lina lives in Bergen.", "The harbour was rebuilt in 1874.")


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    path = tmp_path / "dev.json"
    rows = [{"context": text, "question": "What is it about?", "answers": {"text": ["it"]}} for text in TEXTS]
    path.write_text(json.dumps(rows))
    return path


def test_other_hypernetworks_are_columns_beside_the_controls(
    examine: Callable[..., Runner], base, squad: Path, tmp_path: Path
) -> None:
    perceiver = tmp_path / "needle" / "hypernetwork"
    save_perceiver(trained(config_for(base.model, alpha=0.01)), perceiver)
    runner = examine("none", "in_prompt", "random_adapter")
    f1, exact = evaluate_published(runner, "squad", squad, also=[perceiver])
    assert (f1.metric, exact.metric, f1.n, f1.route) == ("F1", "exact", 2, "given")
    for row in (f1, exact):
        for column in ("memory", "none", "in_prompt", "random_adapter", "needle"):
            assert row.figure(column) is not None
        assert (row.figure("relative") is None) is (row.in_prompt == 0)


def test_the_relative_score_is_a_share_of_the_prompts(
    examine: Callable[..., Runner], squad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = examine("in_prompt", "none")
    given = {"memory": ["it", "x"], "in_prompt": ["it", "it is"], "none": ["x", "x"]}
    replies = {column: [Reply(text, None, 1) for text in texts] for column, texts in given.items()}
    monkeypatch.setattr(runner, "answer", lambda cases, route: Answered(cases, replies, route))
    row = evaluate_published(runner, "squad", squad)[0]
    assert row.memory == 0.5 and row.in_prompt == pytest.approx((1 + 2 / 3) / 2)
    assert row.figure("relative") == pytest.approx(0.6) and row.figure("relative_none") is None


def test_questions_are_asked_in_the_words_of_the_set(examine: Callable[..., Runner], squad: Path) -> None:
    asked: list[str] = []
    runner = examine("in_prompt")
    question = runner.question
    runner.question = lambda case, *a, **o: asked.append(case.asked) or question(case, *a, **o)
    evaluate_published(runner, "squad", squad, limit=1)
    words = "Answer the following question. Output only the answer and do not output any other words."
    assert set(asked) == {f"{words}\n\nQuestion: What is it about?"}
