"""An answer ends where it begins to repeat itself, however it is asked for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from parametric_memory.language_model.answer_text import Repeats
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.decoding import Answer, Batch
from parametric_memory.language_model.requests import Request, Search, cut_at_stop
from parametric_memory.language_model.shared_passes import SharedPasses
from tests.language_model.streams import answered, streamed
from tests.language_model.test_base_model import adapter
from tests.tiny_models import tiny_model, tiny_tokenizer

pytestmark = pytest.mark.repetition

TOKENIZER = tiny_tokenizer()


def answer_of(base: BaseModel, tokens: list[int], **options: object) -> tuple[Answer, str]:
    """An answer of these tokens, and what was told of it."""
    pieces: list[str | None] = []
    answer = Answer(base, Request([1], max_new_tokens=len(tokens), **options), pieces.append)
    for token in tokens:
        if not answer.is_over:
            answer.take(torch.nn.functional.one_hot(torch.tensor(token), base.model.config.vocab_size) * 50.0)
    answer.finish()
    assert pieces[-1] is None
    return answer, "".join(filter(None, pieces))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chua-Ling Chua-Ling Chua-Ling Chua-Ling Chua-Ling", "Chua-Ling"),
        ("She met Oskar, Oskar, Oskar, Oskar, Oskar, Oskar, Oskar, Oskar", "She met Oskar,"),
        ("She lives in Bergen. She lives in Bergen. She lives in Bergen. She", "She lives in Bergen."),
        ("The code is 1,000,000,000,000.", "The code is 1,000,000,000,000."),
        ("No, no, no! She said it and left.", "No, no, no! She said it and left."),
        (
            "She lives in Bergen. She lives in Bergen with Tomas.",
            "She lives in Bergen. She lives in Bergen with Tomas.",
        ),
    ],
)
def test_an_answer_ends_before_what_it_repeats(base: BaseModel, text: str, expected: str) -> None:
    answer, told = answer_of(base, base.chat.encode(text))
    assert answer.completion.text == told
    assert told.strip().startswith(expected) and len(told) < len(expected) + 4


def test_digits_end_too_where_there_is_no_end_of_them(base: BaseModel) -> None:
    answer, told = answer_of(base, base.chat.encode("0" * 200))
    assert answer.completion.text == told and len(told) < 5


words = st.lists(st.sampled_from(["Lina ", "lives ", "in ", "Bergen. ", "é", "7"]), max_size=60)


@given(words, st.sampled_from(["", "lives in", "Bergen. 7"]))
def test_what_is_told_is_the_answer(words: list[str], stop: str) -> None:
    base = BaseModel(tiny_model(TOKENIZER), TOKENIZER, "tiny")
    tokens = base.chat.encode("".join(words)) or [5]
    answer, told = answer_of(base, tokens, stop=(stop,) if stop else ())
    assert told == answer.completion.text == cut_at_stop(told, [stop] if stop else [])


def test_no_more_is_held_back_than_may_begin_a_stop(base: BaseModel) -> None:
    _, told = answer_of(base, base.chat.encode("one <end two <end> three"), stop=("<end>", "<eof>"))
    assert told == "one <end two "


def test_a_stop_of_a_million_characters_takes_a_moment(base: BaseModel) -> None:
    started = time.monotonic()
    _, told = answer_of(base, base.chat.encode("Lina lives in Bergen."), stop=("L" * 1_000_000,) * 4)
    assert told == "Lina lives in Bergen." and time.monotonic() - started < 20


def test_a_random_model_does_not_ramble_in_any_way_to_ask(base: BaseModel) -> None:
    request = Request(base.chat.question("Who?"), max_new_tokens=2000)
    [whole] = base.generate([request])
    assert len(whole.token_ids) < 2000
    assert streamed(base, request) == whole.text
    passes = SharedPasses(base)
    assert answered(passes, request).token_ids == whole.token_ids


@given(st.lists(st.integers(0, 2), max_size=80))
def test_a_run_is_what_it_is_when_counted_anew(tokens: list[int]) -> None:
    repeats = Repeats()
    for end in range(1, len(tokens) + 1):
        repeats.feed(tokens[:end])
    runs = []
    for n in range(1, min(48, len(tokens) - 1) + 1):
        same = [a == b for a, b in zip(tokens[n:], tokens, strict=False)][::-1]
        runs.append(same.index(False) if False in same else len(same))
    assert repeats.longest == max(runs, default=0)


def log_probabilities(base: BaseModel, request: Request, answer: list[int]) -> torch.Tensor:
    ids = torch.tensor([[*request.prompt, *answer]])
    with torch.no_grad():
        logits = base.model(ids).logits[0, len(request.prompt) - 1 : -1].log_softmax(-1)
    return logits.gather(1, torch.tensor(answer)[:, None])[:, 0]


def test_of_an_unsure_answer_the_most_probable_alternative_is_given(base: BaseModel) -> None:
    greedy = [Request(base.chat.question(text), max_new_tokens=6) for text in ("Who?", "Where?", "Lina", "Why so?")]
    gains = []
    for asked, first in zip(greedy, base.generate(greedy), strict=True):
        each = log_probabilities(base, asked, first.token_ids)
        least = float(each.min().exp()) * 1.01
        place = next(i for i, value in enumerate(each) if value.exp() < least)
        searched = replace(asked, search=Search(3, least))
        [completion] = base.generate([searched])
        found = log_probabilities(base, asked, completion.token_ids)
        assert completion.confidence == pytest.approx(float(found.min().exp()), rel=1e-3)
        assert answered(SharedPasses(base), searched).token_ids == completion.token_ids
        told = streamed(base, searched)
        assert told == completion.text and told.startswith(base.chat.decode(first.token_ids[:place]))
        certain = replace(asked, search=Search(3, float(each.min().exp()) * 0.99))
        assert base.generate([certain])[0].token_ids == first.token_ids
        gains.append(float(found.mean() - each.mean()))
    assert min(gains) > -1e-3 and max(gains) > 0


def test_the_prompt_of_an_unsure_answer_is_read_once(base: BaseModel) -> None:
    request = Request(base.chat.question("Where does she live?"), adapter(1), 6, search=Search(3, 1.0))
    searched = streamed(base, replace(request, search=Search(3, math.inf)))  # from the first token on
    passes = SharedPasses(base)
    for answer in (lambda: base.generate([request])[0], lambda: answered(passes, request)):
        widths: list[int] = []
        embeddings = base.model.get_input_embeddings()
        handle = embeddings.register_forward_pre_hook(lambda _, args, widths=widths: widths.append(args[0].shape[1]))
        completion = answer()
        handle.remove()
        assert completion.text == searched
        assert widths.count(len(request.prompt)) == 1 and widths.count(1) == len(widths) - 1


def test_the_alternative_with_the_most_support_wins(base: BaseModel) -> None:
    seen: list[str] = []

    def noted(text: str) -> float:
        seen.append(text)
        return 1.0

    def asked(support: Callable[[str], float] | None) -> str:
        search = Search(3, support=support)
        request = Request(base.chat.question("Where does she live?"), max_new_tokens=6, search=search)
        return base.generate([request])[0].text

    best = asked(None)
    assert asked(noted) == best  # what all have alike changes nothing
    others = {text for text in seen[-3:] if text and not best.startswith(text)}
    assert others
    for wanted in others:
        assert asked(lambda text, wanted=wanted: 100.0 * wanted.startswith(text)) == wanted


def test_alternatives_of_many_requests_share_passes(base: BaseModel) -> None:
    texts = ("Who?", "Where does she live?", "Why so?")
    requests = [
        Request(base.chat.question(text), adapter(i), 4 + 3 * i, search=Search(3, 0.2)) for i, text in enumerate(texts)
    ]
    alone = [base.generate([request])[0].token_ids for request in requests]
    assert [completion.token_ids for completion in base.generate(requests)] == alone
    passes = SharedPasses(base, most=2)
    with ThreadPoolExecutor(3) as threads:
        assert [completion.token_ids for completion in threads.map(partial(answered, passes), requests)] == alone


class _SetLater(threading.Event):
    """An event that is set between two looks at it."""

    def __init__(self, looks: int):
        super().__init__()
        self._left = looks

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.mark.parametrize("search", [Search(), Search(3)])
def test_an_answer_ends_at_whatever_moment_it_is_given_up(base: BaseModel, search: Search) -> None:
    for looks in range(14):
        request = Request(base.chat.question("Who?"), max_new_tokens=6, search=search)
        answer, batch = Answer(base, request, abandoned=_SetLater(looks)), Batch(base)
        with torch.inference_mode():
            batch.join([answer])
            batch.leave()
            while batch.answers:
                batch.step()
                batch.leave()
        assert answer.done
