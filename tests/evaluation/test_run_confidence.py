from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation import run_confidence
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.generation import Reply
from parametric_memory.evaluation.indexed import indexed
from parametric_memory.evaluation.run_confidence import Told, evaluate_confidence
from parametric_memory.evaluation.run_qa import Selection

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner

RIGHT = [Told(0.9, 2.0, 0.5, True), Told(0.8, 1.0, 0.9, True), Told(0.2, 1.5, 0.4, True)]
WRONG = [Told(0.3, -1.0, 0.6, False), Told(0.1, -2.0, 0.3, False)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"context": "Lina lives in Bergen.", "question": "Where?", "answers": ["Bergen"]}))
    return path


def measure(examine: Callable[..., Examiner], data: Path) -> tuple[dict[str, float], dict[str, float]]:
    rows, weights = evaluate_confidence(examine(), str(data), Selection(), report=lambda _: None)
    return {row.metric.partition(",")[0]: row.memory for row in rows}, weights


def test_right_answers_are_told_from_wrong_ones_by_what_is_known_of_them(
    examine: Callable[..., Examiner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_confidence, "_told", lambda examiner, cases: [*RIGHT, *WRONG])
    areas, weights = measure(examine, data)
    assert areas["confidence"] == pytest.approx(5 / 6)
    assert areas["probability of the least probable token"] == pytest.approx(4 / 6)
    assert areas["judge's support"] == 1.0
    assert set(weights) == {"support_slope", "token_slope", "confidence_offset"} and weights["support_slope"] > 0


def test_answers_that_are_all_alike_tell_nothing(
    examine: Callable[..., Examiner], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_confidence, "_told", lambda examiner, cases: WRONG)
    with pytest.raises(DocumentError, match="0 answers were right and 2 wrong"):
        measure(examine, data)


def test_replies_get_the_confidence_that_ask_tells(examine: Callable[..., Examiner]) -> None:
    memory = examine().memory
    case = Case("Lina lives in Bergen.", "Where does Lina live?", ("Bergen",))
    with indexed(memory, [case.document], threshold=-1.0) as texts:
        replies = [Reply("In Bergen.", 0.25, 9), Reply("", None, 9)]
        told = texts.confident([case, case], replies)
        [recall] = texts.found(case.question)
        assert told[0].confidence == texts.memory.recaller.confidence(case.question, "In Bergen.", [recall], 0.25)
    assert told[1] == replies[1]
