from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from langchain_parametric_memory.answering import Answering
from parametric_memory.language_model.answer_rules import AnswerWeights, EnglishAnswerRules
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Completion, Request, Search
from tests.language_model.test_base_model import adapter


class Gated(BaseModel):
    """Holds its first batch until it is let go, and keeps the size of each batch."""

    def __init__(self, base: BaseModel) -> None:
        super().__init__(base.model, base.tokenizer, base.name)
        self.sizes: list[int] = []
        self.begun, self.let_go = threading.Event(), threading.Event()

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        self.sizes.append(len(requests))
        self.begun.set()
        assert self.let_go.wait(10)
        return super().generate(requests)


@pytest.fixture
def requests(base: BaseModel) -> list[Request]:
    return [Request(base.chat.question(f"Who is number {n}?"), adapter(n), 8) for n in range(5)]


def answered_at_once(base: BaseModel, requests: Sequence[Request], batch_size: int) -> tuple[list[str], list[int]]:
    """The answers, and how many were answered together; all but the first wait while that one is answered."""
    answering, gated = Answering(), Gated(base)
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = [pool.submit(answering.answer, gated, requests[0], batch_size)]
        assert gated.begun.wait(10)
        answers += [pool.submit(answering.answer, gated, request, batch_size) for request in requests[1:]]
        while len(answering._queue) < len(requests) - 1 and batch_size > 1:
            time.sleep(0.01)
        gated.let_go.set()
        return [answer.result().text for answer in answers], gated.sizes


def test_callers_who_wait_are_answered_together_each_under_its_own_adapter(base, requests: list[Request]) -> None:
    alone = [base.generate([request])[0].text for request in requests]
    assert answered_at_once(base, requests, 4) == (alone, [1, 4])
    assert answered_at_once(base, requests, 3) == (alone, [1, 3, 1])
    assert len(set(alone)) == len(alone)


def test_with_a_batch_size_of_one_each_is_answered_alone(base, requests: list[Request]) -> None:
    alone = [base.generate([request])[0].text for request in requests]
    assert answered_at_once(base, requests, 1) == (alone, [1] * 5)


def test_callers_whose_questions_have_other_names_are_answered_together(base, requests: list[Request]) -> None:
    rules = [EnglishAnswerRules((f"Name{i}",), AnswerWeights(4.0, 4.0, 12.0)) for i in range(len(requests))]
    named = [replace(r, search=Search(rules=own)) for r, own in zip(requests, rules, strict=True)]
    texts, sizes = answered_at_once(base, named, 4)
    assert sizes == [1, 4]
    assert texts == [base.generate([each])[0].text for each in named]


def test_only_requests_with_the_same_settings_of_sampling_share_a_batch(base, requests: list[Request]) -> None:
    requests[1:3] = [replace(request, stop=("never written",)) for request in requests[1:3]]
    _, sizes = answered_at_once(base, requests, 4)
    assert sizes == [1, 2, 2]


def test_an_error_reaches_every_caller_of_its_batch_and_the_next_is_answered(base, requests: list[Request]) -> None:
    answering = Answering()
    broken = Request([10**6], None, 8)
    for _ in range(2):
        with pytest.raises(IndexError):
            answering.answer(base, broken, 4)
    assert answering.answer(base, requests[0], 4).text == base.generate([requests[0]])[0].text
