from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.run_qa import SCORES, Selection, evaluate_qa, questions_of, select
from parametric_memory.training.data.question_answering import Asked

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner
    from parametric_memory.language_model.base_model import BaseModel

RECORDS = [
    {"context": "Lina lives in Bergen.", "question": "Where does Lina live?", "answers": ["Bergen", "in Bergen"]},
    {"context": "Is it raining? Yes.", "question": "Is it raining?", "answers": ["Yes"], "kind": "yesno"},
    {
        "context": "A longer text about the harbour. " * 20,
        "split": "valid",
        "qas": [{"question": f"What is question {n}?", "answers": ["harbour"]} for n in range(3)],
    },
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in RECORDS)
    return path


def test_an_answer_is_scored_in_three_ways() -> None:
    case = Case("", "", ("the harbour museum", "a museum"))
    scored = {name: score(case, "It is the Harbour Museum!") for name, score in SCORES.items()}
    assert scored == {"contained": True, "f1": pytest.approx(2 / 3), "exact": False}
    assert SCORES["exact"](case, "Museum.") and not SCORES["contained"](case, "The museums.")


def test_every_score_gets_a_row_under_every_control(examine: Callable[..., Examiner], data: Path) -> None:
    examiner = examine("none", "in_prompt", "random_adapter", "rag")
    rows = evaluate_qa(examiner, str(data), Selection(), report=lambda line: None)
    assert [row.metric for row in rows] == ["contained", "f1", "exact"]
    assert {(row.case, row.n) for row in rows} == {("questions.jsonl.gz", 5)}
    assert all(row.figure(c) is not None for row in rows for c in ("none", "in_prompt", "random_adapter", "rag"))


def test_a_long_document_is_internalized_once_for_all_its_questions(
    examine: Callable[..., Examiner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = examine()
    internalizer = examiner.memory.models.internalizer
    internalize, read = internalizer.internalize, []

    def counting(text: str) -> object:
        read.append(text)
        return internalize(text)

    monkeypatch.setattr(internalizer, "internalize", counting)
    evaluate_qa(examiner, str(data), Selection(split="valid"), report=lambda line: None)
    assert read == [str(RECORDS[2]["context"]).strip()]


def test_the_selection_is_by_kind_length_and_split(base: BaseModel, data: Path) -> None:
    def chosen(split: str | None = None, **options: object) -> set[str]:
        selection = Selection(split=split, **options)  # type: ignore[arg-type]
        return {a.question for a in select(questions_of(str(data), split), selection, base.tokenizer, 0)}

    assert len(chosen()) == 5
    assert chosen(kind="yesno") == {"Is it raining?"}
    assert chosen(most_tokens=60) == {"Where does Lina live?", "Is it raining?"}
    assert chosen(split="valid") == {f"What is question {n}?" for n in range(3)}


def test_the_limit_draws_whole_texts_with_the_seed(base: BaseModel) -> None:
    asked = [Asked(f"text {i // 2}", f"question {i}", ("a",)) for i in range(40)]

    def drawn(seed: int) -> list[str]:
        return [a.context for a in select(asked, Selection(limit=7), base.tokenizer, seed)]

    assert len(drawn(0)) == 7 and len(set(drawn(0))) == 4
    assert drawn(0) == drawn(0) != drawn(1)


def test_what_cannot_be_asked_is_told(examine: Callable[..., Examiner], data: Path) -> None:
    with pytest.raises(DocumentError, match="squad"):
        questions_of("no-such-file.jsonl")
    with pytest.raises(DocumentError, match="no question"):
        evaluate_qa(examine(), str(data), Selection(kind="abstractive"), report=lambda line: None)
