"""Requests that share forward passes are answered as they are alone."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from parametric_memory.errors import AdapterError, ModelUnavailable
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.decoding import Answer
from parametric_memory.language_model.requests import Completion, Request
from parametric_memory.language_model.shared_passes import SharedPasses
from tests.language_model.streams import answered, streamed, written
from tests.language_model.test_base_model import adapter
from tests.tiny_models import tiny_decoder, tiny_tokenizer

QUESTIONS = ("Who?", "Where does she live, and since when?", "What is the name of her brother?", "Lina", "Why so?")


@pytest.fixture
def passes(base: BaseModel) -> SharedPasses:
    return SharedPasses(base, most=3)


def requests(base: BaseModel, **options: object) -> list[Request]:
    return [
        Request(base.chat.question(text), adapter(i) if i % 2 else None, 8 + 5 * i, **options)  # type: ignore[arg-type]
        for i, text in enumerate(QUESTIONS)
    ]


def together(base: BaseModel, passes: SharedPasses, asked: list[Request]) -> list[Future[Completion]]:
    """Answers that are to come, none of which is begun before all are asked for."""
    coming = list[Future[Completion]]()

    def answer(request: Request, into: Future[Completion]) -> None:
        try:
            into.set_result(answered(passes, request))
        except Exception as error:
            into.set_exception(error)

    with base.busy:
        for request in asked:
            coming.append(Future())
            threading.Thread(target=answer, args=(request, coming[-1]), daemon=True).start()
        time.sleep(0.2)
    return coming


def test_one_request_is_answered_as_generate_does(base: BaseModel, passes: SharedPasses) -> None:
    for request in requests(base):
        [expected] = base.generate([request])
        answer = answered(passes, request)
        assert (answer.text, answer.token_ids) == (expected.text, expected.token_ids)
        assert answer.confidence == pytest.approx(expected.confidence, rel=1e-4)  # passes of other sizes
        assert 0 < answer.first_token <= answer.total


def test_requests_that_come_together_share_passes_and_get_their_own_answers(
    base: BaseModel, passes: SharedPasses
) -> None:
    asked = requests(base)
    with base.busy, ThreadPoolExecutor(len(asked)) as threads:  # nothing is answered before all are there
        coming = [threads.submit(answered, passes, request) for request in asked]
        time.sleep(0.2)
        base.busy.release()
        answers = [answer.result(timeout=60) for answer in coming]
        base.busy.acquire()
    assert [a.token_ids for a in answers] == [base.generate([request])[0].token_ids for request in asked]
    assert passes.tokens > 1.5 * passes.passes


def test_one_that_comes_later_joins_and_does_not_wait_for_the_end(base: BaseModel, passes: SharedPasses) -> None:
    long = Request(base.chat.question("Long?"), None, 400)
    pieces = passes.pieces(long)
    assert next(pieces)
    short = answered(passes, requests(base)[0])
    assert short.token_ids and len(passes._waiting) == 0
    _, whole = written(pieces)
    assert len(whole.token_ids) == 400 and whole.token_ids == base.generate([long])[0].token_ids


def test_a_stream_tells_what_generate_would(base: BaseModel, passes: SharedPasses) -> None:
    for request in requests(base):
        text, whole = written(passes.pieces(request))
        assert text == streamed(base, request) == whole.text


def test_an_answer_ends_at_a_stop(base: BaseModel, passes: SharedPasses) -> None:
    request = requests(base)[4]
    stop = base.generate([request])[0].text[5:8]
    stopped = Request(request.prompt, request.adapter, request.max_new_tokens, (stop,))
    [expected] = base.generate([stopped])
    assert answered(passes, stopped).text == expected.text
    assert written(passes.pieces(stopped))[0] == expected.text


def test_a_sampled_answer_has_as_many_tokens_as_it_may(base: BaseModel, passes: SharedPasses) -> None:
    request = Request(base.chat.question("Who?"), None, 12, temperature=1.0, top_p=0.9)
    answer = answered(passes, request)
    assert 0 < len(answer.token_ids) <= 12 and answer.confidence is None


def test_almost_nothing_of_the_probability_is_the_likeliest_token(base: BaseModel, passes: SharedPasses) -> None:
    prompt = base.chat.question("Who?")
    sampled = answered(passes, Request(prompt, None, 12, temperature=1.0, top_p=1e-6))
    assert sampled.token_ids == base.generate([Request(prompt, None, 12)])[0].token_ids


def test_a_request_that_fails_fails_alone(base: BaseModel, passes: SharedPasses) -> None:
    pieces = passes.pieces(Request(base.chat.question("Long?"), None, 60))
    next(pieces)
    wrong = adapter(1)
    strange = type(wrong)({"model.layers.9.mlp.down_proj": next(iter(wrong.factors.values()))})
    with pytest.raises(AdapterError, match="no module"):
        answered(passes, Request(base.chat.question("Who?"), strange))
    assert len(written(pieces)[1].token_ids) == 60


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_an_answer_whose_scores_are_no_numbers_fails_alone(
    base: BaseModel, passes: SharedPasses, temperature: float
) -> None:
    broken = adapter(1)
    for factors in broken.factors.values():
        factors.B.mul_(math.nan)
    pieces = passes.pieces(Request(base.chat.question("Long?"), None, 60))
    next(pieces)
    with pytest.raises(ModelUnavailable, match="not numbers"):
        answered(passes, Request(base.chat.question("Who?"), broken, temperature=temperature))
    assert len(written(pieces)[1].token_ids) == 60


def test_scores_that_are_no_numbers_in_the_midst_of_an_answer_end_it_alone(
    base: BaseModel, passes: SharedPasses, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    take = Answer.take

    def overflowing(answer: Answer, scores: torch.Tensor) -> None:
        take(answer, scores * math.nan if answer.request.adapter is not None and len(answer.written) == 3 else scores)

    monkeypatch.setattr(Answer, "take", overflowing)
    prompt = base.chat.question("Who?")
    failed, whole = together(base, passes, [Request(prompt, adapter(1), 20), Request(prompt, None, 20)])
    with pytest.raises(ModelUnavailable, match="not numbers"):
        failed.result(timeout=20)
    assert whole.result(timeout=20).token_ids == base.generate([Request(prompt, None, 20)])[0].token_ids


def test_a_temperature_of_almost_nothing_is_greedy(base: BaseModel, passes: SharedPasses) -> None:
    greedy = Request(base.chat.question("Who?"), None, 12)
    almost = replace(greedy, temperature=1e-40)
    assert answered(passes, almost).token_ids == base.generate([almost])[0].token_ids
    assert answered(passes, almost).token_ids == base.generate([greedy])[0].token_ids


def test_what_nobody_reads_is_not_written_on(base: BaseModel, passes: SharedPasses) -> None:
    pieces = passes.pieces(Request(base.chat.question("Long?"), None, 100_000))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    gone = threading.Event()
    waiting = threading.Thread(
        target=answered, args=(passes, Request(base.chat.question("Long?"), None, 100_000), gone), daemon=True
    )
    waiting.start()
    time.sleep(0.1)
    gone.set()
    waiting.join(timeout=20)
    assert not waiting.is_alive()
    before = passes.tokens
    time.sleep(0.1)
    assert passes.tokens == before


def test_a_model_with_windows_answers_by_itself() -> None:
    base = BaseModel(tiny_decoder("gemma2", vocabulary=320), tiny_tokenizer(), "gemma")
    passes, request = SharedPasses(base), Request(base.chat.question("Who?"), None, 6)
    assert answered(passes, request).token_ids == base.generate([request])[0].token_ids
    assert written(passes.pieces(request))[0] == streamed(base, request)


def test_a_model_with_windows_stops_where_nobody_wants_the_answer() -> None:
    base = BaseModel(tiny_decoder("gemma2", vocabulary=320), tiny_tokenizer(), "gemma")
    passes, request, gone = SharedPasses(base), Request(base.chat.question("Long?"), None, 100_000), threading.Event()
    writing = threading.Thread(target=answered, args=(passes, request, gone), daemon=True)
    reading = threading.Thread(target=lambda: [*passes.pieces(request, gone)], daemon=True)
    for thread in (writing, reading):
        thread.start()
    time.sleep(0.2)
    gone.set()
    for thread in (writing, reading):
        thread.join(timeout=30)
        assert not thread.is_alive()
