from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from parametric_memory.adapters.merging import merge
from parametric_memory.batches import batched
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation import answerer as answering
from parametric_memory.evaluation.answerer import Answerer, _fits
from parametric_memory.language_model.requests import Request, Search
from tests.tiny_models import random_lora

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel


@pytest.fixture
def asked(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """All requests that the model was asked."""
    requests: list[Request] = []
    generate = base.generate

    def counting(batch: Sequence[Request], *more: Any) -> Any:
        requests.extend(batch)
        return generate(batch, *more)

    monkeypatch.setattr(base, "generate", counting)
    return requests


def _requests(base: BaseModel, count: int = 20) -> list[Request]:
    adapters = [None, random_lora(base.model, seed=1), random_lora(base.model, seed=2)]
    return [Request(base.chat.question(f"Who is {n}?"), adapters[n % 3], max_new_tokens=3) for n in range(count)]


def test_what_was_answered_is_not_asked_again(base: BaseModel, tmp_path: Path, asked: list[Request]) -> None:
    requests = _requests(base)
    plain = Answerer(base).replies(requests)
    asked.clear()
    first = Answerer(base, tmp_path / "kept.db").replies(requests[:11])
    assert len(asked) == 11
    again = Answerer(base, tmp_path / "kept.db")
    assert len(again.stored) == 11
    whole = again.replies(requests)
    assert len(asked) == 20 and again.reused == 11
    assert whole[:11] == first
    assert [reply.text for reply in whole] == [reply.text for reply in plain]
    assert again.replies(reversed(requests), by_length=True) == whole[::-1]
    assert len(asked) == 20


def test_without_a_file_a_run_asks_nothing_twice(base: BaseModel, asked: list[Request]) -> None:
    answerer, requests = Answerer(base), _requests(base, 3)
    assert answerer.replies(requests) == answerer.replies(requests)
    assert len(asked) == answerer.done == 3 and answerer.reused == 0


def test_what_is_asked_otherwise_is_another_request(base: BaseModel, tmp_path: Path, asked: list[Request]) -> None:
    prompt, adapter = base.chat.question("Who?"), random_lora(base.model, seed=1)
    answerer = Answerer(base, tmp_path / "kept.db")
    others = [
        Request(prompt, max_new_tokens=3),
        Request(prompt, max_new_tokens=4),
        Request([*prompt, 1], max_new_tokens=3),
        Request(prompt, adapter, max_new_tokens=3),
        Request(prompt, merge([adapter], [0.5]), max_new_tokens=3),
        Request(prompt, max_new_tokens=3, search=Search(2, 0.5)),
    ]
    answerer.replies(others)
    assert len(asked) == len(answerer.stored) == len(others)
    answerer.replies([Request(prompt, random_lora(base.model, seed=1), max_new_tokens=3)])  # the same numbers
    assert len(asked) == len(others)


def test_answers_of_other_code_are_not_taken(
    base: BaseModel, tmp_path: Path, asked: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    Answerer(base, tmp_path / "kept.db").replies(_requests(base, 2))
    monkeypatch.setattr(answering, "_code", lambda: "changed")
    Answerer(base, tmp_path / "kept.db").replies(_requests(base, 2))
    assert len(asked) == 4


def test_a_run_that_fails_has_kept_what_was_answered(base: BaseModel, tmp_path: Path, asked: list[Request]) -> None:
    def failing() -> Any:
        yield from _requests(base, 18)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Answerer(base, tmp_path / "kept.db").replies(failing())
    assert len(Answerer(base, tmp_path / "kept.db").stored) == 16  # a batch


def test_a_file_of_something_else_is_refused_and_left_alone(base: BaseModel, tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("Ada likes tea.\n" * 20)
    with pytest.raises(DocumentError, match=r"notes\.jsonl holds no answers of an evaluation"):
        Answerer(base, path)
    assert path.read_text() == "Ada likes tea.\n" * 20


def test_batches_stay_within_their_limits() -> None:
    short, long = Request([1] * 10), Request([1] * 9000)
    assert list(map(len, batched([short] * 20, _fits))) == [16, 4]
    assert list(map(len, batched([short, long, long, short], _fits))) == [1, 1, 1, 1]


def test_answers_come_in_the_order_of_the_questions(base: BaseModel) -> None:
    questions = ["Where does she live?", "Who?", "What is the name of her brother, who plays the cello?"] * 7
    requests = [Request(base.chat.question(q), max_new_tokens=4) for q in questions]
    alone = [base.generate([request])[0].text for request in requests[:3]]
    answerer = Answerer(base)
    given = answerer.replies(requests)
    assert [reply.text for reply in given[:3]] == alone
    assert [reply.text for reply in answerer.replies(requests, by_length=True)] == alone * 7
    assert [reply.prompt_tokens for reply in given] == [len(request.prompt) for request in requests]
    assert all(0 < (reply.confidence or 0) < 1 for reply in given)
