"""Answers to requests that come at any time, written in the same forward passes, each under its own adapter.

A request joins those that are being answered between two tokens, and leaves when its answer ends: nobody waits for a
batch to fill or to end. Alone it is answered as by `BaseModel.generate` and `stream`; beside others, whose padding
rounds differently, near ties may fall the other way. Knows nothing about memories and servers.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import ModelUnavailable
from parametric_memory.language_model.cache import empty_cache, keeps_every_token
from parametric_memory.language_model.requests import Completion, Request, Search
from parametric_memory.language_model.streaming import Telling, cut_at_stop, until

if TYPE_CHECKING:
    from torch import Tensor

    from parametric_memory.language_model.base_model import BaseModel, UnderAdapters

_JOINING = 4  # requests whose prompts are read between two tokens of the others, at most
_PAUSE = 0.0003  # seconds between passes, in which another thread gets the model that waits for it


class _Answer:
    """A request, and what is written for it so far."""

    def __init__(self, base: BaseModel, request: Request, telling: Telling | None):
        self.request, self.telling = request, telling
        self.written: list[int] = []
        self.told_before = 0  # tokens of runs before this one
        self.least = 1.0  # the probability of the least probable token
        self.doubtful = False
        self.abandoned, self.done = threading.Event(), threading.Event()
        self.completion: Completion | None = None
        self.error: Exception | None = None
        self.started, self.first = time.perf_counter(), 0.0
        self._base = base
        self._read_rules()

    def _read_rules(self) -> None:
        rules = self.request.search.rules
        self._penalties = None if rules is None else rules.penalties(self._base.chat)

    @property
    def is_unwanted(self) -> bool:
        return self.abandoned.is_set() or (self.telling is not None and self.telling.is_unwanted)

    @property
    def is_over(self) -> bool:
        request = self.request
        if self.done.is_set():
            return True
        if self.written and self.written[-1] in self._base.stop_ids:
            return True
        if len(self.written) >= request.max_new_tokens:
            return True
        text = self._base.chat.decode(self.written) if request.stop else ""
        return any(stop in text for stop in request.stop)

    def take(self, scores: Tensor) -> None:
        """Write the next token, as its scores `[vocabulary]` say.

        Raises:
            ModelUnavailable: they are no numbers.
        """
        request, search = self.request, self.request.search
        if self._penalties is not None:
            begun = list(request.prompt[len(request.prompt) - request.begun :])
            for token, penalty in self._penalties.of([*begun, *self.written]).items():
                scores[token] -= penalty
        if request.temperature > 0:
            token = _sampled(scores, request.temperature, request.top_p)
        else:
            likeliest, place = scores.softmax(-1).max(-1)
            token, probability = int(place), float(likeliest)
            _check_number(probability)
            doubts = self.telling is not None and search.beams > 1 and search.unless_sure is not None
            if doubts and probability < (search.unless_sure or 0.0):
                self.doubtful = True
                return
            self.least = min(self.least, probability)
        if not self.first:
            self.first = self._elapsed
        self.written.append(token)
        if self.telling is not None:
            self.telling.tell([token])

    def goes_on(self, search: Search) -> None:
        """What is written becomes the beginning of what follows, which is looked for otherwise."""
        request, written = self.request, self.written
        self.request = replace(
            request,
            prompt=[*request.prompt, *written],
            max_new_tokens=request.max_new_tokens - len(written),
            begun=request.begun + len(written),
            search=search,
        )
        self.told_before += len(written)
        self.written, self.doubtful = [], False
        self._read_rules()

    @property
    def so_far(self) -> Completion:
        """What this run has written."""
        base, request = self._base, self.request
        ids = self.written[: base.length(self.written)]
        text = cut_at_stop(base.chat.decode(ids), request.stop)
        confidence = None if request.temperature > 0 else self.least
        return Completion(text, ids, self.first, self._elapsed, confidence)

    def end(self, completion: Completion) -> None:
        """Hand over what the last run has written, behind what those before it had."""
        if self.told_before:
            request = self.request
            ids = [*request.prompt[len(request.prompt) - self.told_before :], *completion.token_ids]
            text = cut_at_stop(self._base.chat.decode(ids), request.stop)
            completion = replace(completion, text=text, token_ids=ids, confidence=None)
        first = self.first if self.first and self.telling is not None else completion.first_token
        self.completion = replace(completion, first_token=first, total=self._elapsed)
        self._finish()

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - self.started

    def fail(self, error: Exception) -> None:
        self.error = error
        self._finish()

    def _finish(self) -> None:
        self.done.set()
        if self.telling is not None:
            self.telling.end()


class SharedPasses:
    """Answers the requests of any number of threads on one base model, in a thread of its own."""

    def __init__(self, base: BaseModel, most: int = 16):
        """
        Args:
            most: how many answers are written at the same time; others wait.
        """
        self._base, self._most, self.shares = base, most, keeps_every_token(base.model)
        self._waiting: deque[_Answer] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._batch = _Batch(base)
        self.passes = 0  # forward passes that wrote tokens
        self.tokens = 0  # tokens that they wrote

    def answer(self, request: Request, abandoned: threading.Event | None = None) -> Completion:
        """The answer to a request, as `BaseModel.generate` gives it; blocks until it is there.

        Args:
            abandoned: set, from another thread, where nobody wants it any more; then what is there so far is given.
        """
        if not self.shares or not request.search.begins_greedily:
            return self._base.generate([request], stop=until(abandoned) if abandoned is not None else None)[0]
        answer = _Answer(self._base, request, None)
        if abandoned is not None:
            answer.abandoned = abandoned
        self._queue(answer)
        answer.done.wait()
        return _completion(answer)

    def pieces(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str | Completion]:
        """The answer piece by piece, as `BaseModel.stream` gives it, and when it has ended, the whole.

        Args:
            abandoned: as of `answer`.
        """
        if not self.shares or not request.search.begins_greedily:
            pieces = []
            for piece in self._base.stream(request, abandoned):
                pieces.append(piece)
                yield piece
            text = "".join(pieces)
            yield Completion(text, self._base.chat.encode(text))
            return
        telling = Telling(self._base.tokenizer, self._base.stop_ids, abandoned)
        answer = _Answer(self._base, request, telling)
        self._queue(answer)
        try:
            yield from telling.pieces(request.stop)
        finally:
            telling.abandoned.set()
        answer.done.wait()
        yield _completion(answer)

    @property
    def in_work(self) -> int:
        """How many requests are being answered, or wait for it."""
        return len(self._waiting) + len(self._batch.answers)

    def close(self) -> None:
        """End the thread, when what is being answered is done."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def _queue(self, answer: _Answer) -> None:
        with self._changed:
            self._waiting.append(answer)
            if self._thread is None or not self._thread.is_alive():
                self._closing = False
                self._thread = threading.Thread(target=self._work, name="shared-passes", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        import torch

        batch = self._batch
        while True:
            with self._changed:
                while not self._waiting and not batch.answers:
                    if self._closing:
                        self._thread = None
                        return
                    self._changed.wait()
                withdrawn = [answer for answer in self._waiting if answer.is_unwanted]
                for answer in withdrawn:
                    self._waiting.remove(answer)
                room = min(self._most - len(batch.answers), _JOINING)
                joining = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
            for answer in withdrawn:
                self._settle(answer)
            try:
                with self._base.busy, torch.inference_mode():
                    self._pass(batch, joining)
            except Exception as error:
                for answer in [*batch.answers, *joining]:
                    if not answer.done.is_set():
                        answer.fail(error)
                self._batch = batch = _Batch(self._base)
            time.sleep(_PAUSE)

    def _pass(self, batch: _Batch, joining: list[_Answer]) -> None:
        """Read the prompts of those that join, and write a token for all others."""
        if batch.answers:
            batch.step()
            self.passes += 1
            self.tokens += len(batch.answers)
        for answer in joining:
            if answer.is_unwanted:
                self._settle(answer)
                continue
            try:
                batch.join(answer)
            except Exception as error:  # of this request alone
                answer.fail(error)
        for answer in batch.leave():
            self._settle(answer)

    def _settle(self, answer: _Answer) -> None:
        """End an answer that is not in the batch, or look for a better one, or for a better end."""
        if answer.done.is_set():  # it has failed
            return
        try:
            if answer.is_unwanted or not (answer.doubtful or answer.telling is None):
                answer.end(answer.so_far)
            elif answer.doubtful:
                self._search_end(answer)
            else:
                answer.end(self._base.better(answer.request, answer.so_far))
        except Exception as error:  # of this answer alone
            answer.fail(error)

    def _search_end(self, answer: _Answer) -> None:
        search = answer.request.search
        answer.goes_on(search)
        found = self._base.best_end(answer.request)
        if found is not None:
            assert answer.telling is not None
            answer.telling.tell(found.token_ids)
            answer.end(found)
            return
        answer.goes_on(Search(rules=search.rules))
        with self._changed:
            self._waiting.appendleft(answer)


class _Batch:
    """The answers that are being written, with what the model has read of each: caches, padded on the left."""

    def __init__(self, base: BaseModel):
        self._base, self.answers = base, list[_Answer]()
        self._left: list[_Answer] = []  # over with their first token
        self._read: list[int] = []  # tokens that are in the cache, of each
        self._cache: dict[str, Any] = {}
        self._under: UnderAdapters | None = None

    def join(self, answer: _Answer) -> None:
        """Read a prompt, write the first token."""
        import torch

        prompt = list(answer.request.prompt)
        with self._base.answering([answer.request.adapter]) as model:
            cache = empty_cache(model)
            ids = torch.tensor([prompt], device=model.device)
            mask = torch.ones_like(ids)
            output = model(input_ids=ids, attention_mask=mask, use_cache=True, logits_to_keep=1, **cache)
        answer.take(output.logits[0, -1].float())
        if answer.is_over or answer.doubtful:
            self._left.append(answer)
            return
        if self.answers:
            _append(_layers(self._cache), _layers(cache))
        else:
            self._cache = cache
        self.answers.append(answer)
        self._read.append(len(prompt))
        self._under = None

    def step(self) -> None:
        """Write the next token of each answer."""
        import torch

        if self._under is None:
            self._under = self._base.under([answer.request.adapter for answer in self.answers])
        model = self._under.model
        longest = max(self._read)
        ids = torch.tensor([[answer.written[-1]] for answer in self.answers], device=model.device)
        mask = torch.tensor([[0] * (longest - n) + [1] * (n + 1) for n in self._read], device=model.device)
        places = torch.tensor([[n] for n in self._read], device=model.device)
        with self._under.attached():
            output = model(
                input_ids=ids, attention_mask=mask, position_ids=places, use_cache=True, logits_to_keep=1, **self._cache
            )
        self._read = [n + 1 for n in self._read]
        for answer, scores in zip(self.answers, output.logits[:, -1].float(), strict=True):
            try:
                answer.take(scores)
            except Exception as error:  # of this answer alone
                answer.fail(error)

    def leave(self) -> list[_Answer]:
        """Let go of what is over, doubtful, or wanted by nobody."""
        stay = [i for i, a in enumerate(self.answers) if not (a.is_over or a.doubtful or a.is_unwanted)]
        gone = [*self._left, *(a for i, a in enumerate(self.answers) if i not in stay)]
        if len(stay) < len(self.answers):
            read = [self._read[i] for i in stay]
            if stay:  # first, as all that are still here are told where it fails
                _keep(_layers(self._cache), stay, max(read))
            else:
                self._cache = {}
            self.answers, self._read, self._under = [self.answers[i] for i in stay], read, None
        self._left.clear()
        return gone


def _completion(answer: _Answer) -> Completion:
    if answer.error is not None:
        raise answer.error
    assert answer.completion is not None
    return answer.completion


def _sampled(scores: Tensor, temperature: float, top_p: float) -> int:
    """A token, as probable as its score says; only those of the likeliest that together have the probability top_p."""
    import torch

    probabilities, tokens = (scores / temperature).softmax(-1).sort(descending=True)
    _check_number(float(probabilities[0]))  # on a GPU, multinomial would end the process's use of it
    before = probabilities.cumsum(-1) - probabilities
    probabilities = torch.where(before < top_p, probabilities, 0.0)
    return int(tokens[torch.multinomial(probabilities, 1)])


def _check_number(probability: float) -> None:
    if math.isnan(probability):
        raise ModelUnavailable(
            "What the model computes under this adapter are no numbers: load the model in float32, or leave it out."
        )


def _layers(cache: dict[str, Any]) -> list[Any]:
    [only] = cache.values()
    return list(only.layers)


def _append(layers: list[Any], others: list[Any]) -> None:
    """Put the rows of another cache `[row, head, token, number]` below those of one, padded on the left."""
    import torch
    from torch.nn.functional import pad

    for layer, other in zip(layers, others, strict=True):
        longest = max(layer.keys.shape[-2], other.keys.shape[-2])
        for name in ("keys", "values"):
            both = [getattr(part, name) for part in (layer, other)]
            setattr(layer, name, torch.cat([pad(part, (0, 0, longest - part.shape[-2], 0)) for part in both]))


def _keep(layers: list[Any], rows: list[int], longest: int) -> None:
    """Keep some rows of a cache, and of these what is no padding of all."""
    for layer in layers:
        layer.keys = layer.keys[rows][:, :, -longest:]
        layer.values = layer.values[rows][:, :, -longest:]
