from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation.answerer import Reply
from parametric_memory.evaluation.run_published import evaluate_published
from parametric_memory.evaluation.runner import Answered
from parametric_memory.hypernetworks.checkpoint import save_perceiver
from tests.hypernetworks.doc_to_lora.networks import config_for, trained

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner

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
