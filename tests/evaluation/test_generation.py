from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from parametric_memory.evaluation.generation import batched, by_length, replies
from parametric_memory.language_model.requests import Request, Search

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel


def test_batches_stay_within_their_limits() -> None:
    short, long = Request([1] * 10), Request([1] * 9000)
    assert list(map(len, batched([short] * 20))) == [16, 4]
    assert list(map(len, batched([short, long, long, short]))) == [1, 1, 1, 1]
    assert list(map(len, batched([Request([1] * 2000, search=Search(4))] * 4))) == [2, 2]
    assert list(batched([])) == []


def test_answers_come_in_the_order_of_the_questions(base: BaseModel) -> None:
    questions = ["Where does she live?", "Who?", "What is the name of her brother, who plays the cello?"] * 7
    requests = [Request(base.chat.question(q), max_new_tokens=4) for q in questions]
    alone = [base.generate([request])[0].text for request in requests[:3]]
    given = list(replies(base, requests))
    assert [reply.text for reply in given[:3]] == alone
    assert [reply.text for reply in by_length(partial(replies, base), requests)] == alone * 7
    assert [reply.prompt_tokens for reply in given] == [len(request.prompt) for request in requests]
    assert all(0 < (reply.confidence or 0) < 1 for reply in given)
