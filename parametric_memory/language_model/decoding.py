"""The decode loop: writes answers to several requests, one token of each per forward pass.

Each answer has its own adapter, rules, grammar and stops. It joins a batch when its prompt is read, and leaves it at
its end. `BaseModel.generate` runs a batch of its own; `SharedPasses` runs one for the requests of many threads. Knows
nothing about memories and servers.
"""

from __future__ import annotations

import inspect
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import DynamicCache, PreTrainedModel

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import Abandoned, ModelUnavailable
from parametric_memory.language_model.answer_rules import Penalties
from parametric_memory.language_model.answer_text import AnswerText, Repeats
from parametric_memory.language_model.hooks import RequestAdapters
from parametric_memory.language_model.json_grammar import Constraint
from parametric_memory.language_model.precision import bfloat16_is_faster
from parametric_memory.language_model.requests import Completion, Request, cut_at_stop
from parametric_memory.language_model.small_weights import writing

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_LOOKED_AHEAD = 64  # most tokens of an answer before the best of its alternatives is chosen
_TINY = 1e-30

Tell = Callable[[str | None], object]


class Answer:
    """One request and the tokens written for it so far."""

    def __init__(
        self, base: BaseModel, request: Request, tell: Tell | None = None, abandoned: threading.Event | None = None
    ):
        """
        Args:
            tell: called with each final piece of the text, and with None at the end.
            abandoned: another thread sets it when nobody wants the answer any more.

        Raises SettingsError: the request's grammar cannot be used.
        """
        if request.grammar:  # an answer cut at a stop would not fit it
            request = replace(request, stop=())
        self.request, self._base, self._tell = request, base, tell
        self.written: list[int] = []
        self.least = 1.0  # probability of the least probable token
        self.ended, self.withdrawn, self.done = False, False, False
        self.given_up = False  # `is_unwanted` as of the last token: it may change at any moment
        self.error: Exception | None = None
        self.started, self.first, self.total = time.perf_counter(), 0.0, 0.0
        self._abandoned, self._repeats = abandoned, Repeats()
        self._text = AnswerText(base.chat, request.stop) if tell is not None or request.stop else None
        self.alternatives: list[Answer] = []  # they take its place in the batch
        self.parent: Answer | None = None
        self._log_probability, self._lost = 0.0, False
        self._constraint = Constraint(request.grammar, base, request.max_new_tokens) if request.grammar else None
        rules = None if request.grammar else request.search.rules
        self._penalties = None if rules is None else Penalties(base.chat, rules)

    @property
    def is_unwanted(self) -> bool:
        owner = self.parent or self
        return owner.withdrawn or (self._abandoned is not None and self._abandoned.is_set())

    @property
    def is_over(self) -> bool:
        return self.ended or self._lost or self.error is not None or (self.parent or self).given_up

    def take(self, scores: Tensor) -> None:
        """Write the next token, and those that a grammar then leaves no choice for; or begin `alternatives` where the
        token is unsure.

        scores: of the next token `[vocabulary]`, float32; changed in place.

        Raises ModelUnavailable: the scores are not numbers; SettingsError: the grammar asks for far more tokens than
        the answer may have.
        """
        self._penalize(scores)
        if self._constraint is None:
            token = self._chosen(scores)
            if self.alternatives:
                return
            self._write(token)
        else:
            token = self._chosen(self._constraint.masked(scores, len(self.written), self._repeats.excess > 0))
            for each in [token, *self._constraint.accept(token)]:
                self._write(each)
            self.ended = self.ended or self._constraint.is_complete
        if not self.first:
            self.first = self._elapsed
        if self._tell is not None and self._text is not None and not self.is_over and not self.is_unwanted:
            piece = self._text.final(self._repeats.longest)  # all but a possible beginning of a stop or of a repetition
            if piece:
                self._tell(piece)

    def _chosen(self, scores: Tensor) -> int:
        if self.request.temperature > 0:
            return _sampled(scores, self.request.temperature, self.request.top_p)
        probabilities, search = scores.softmax(-1), self.request.search
        likeliest, token = probabilities.max(-1)
        probability = float(likeliest)
        _check_number(probability)
        may_branch = self.parent is None and self._constraint is None and len(self.written) < _LOOKED_AHEAD
        if may_branch and search.alternatives > 1 and probability < search.unless_sure:
            likely = probabilities.topk(search.alternatives)
            tokens, values = likely.indices.tolist(), likely.values.tolist()
            self.alternatives = [self._branch(*each) for each in zip(tokens, values, strict=True)]
        self._count(probability)
        return int(token)

    def _count(self, probability: float) -> None:
        self.least = min(self.least, probability)
        self._log_probability += math.log(max(probability, _TINY))

    def _branch(self, token: int, probability: float) -> Answer:
        """A copy of this answer that continues with a token."""
        branch = copy(self)
        branch.parent, branch.alternatives, branch.written = self.parent or self, [], [*self.written]
        branch._tell, branch._repeats, branch._text = None, copy(self._repeats), None
        if self.request.stop:
            branch._text = AnswerText(self._base.chat, self.request.stop)
            for each in self.written:
                branch._text.feed(each)
        branch._count(probability)
        branch._write(token)
        return branch

    def search(self, beams: Sequence[Answer], scores: Sequence[Tensor]) -> None:
        """One step of beam search: replace alternatives by their most probable continuations.

        beams: the alternatives that are not over. scores: of each one's next token `[vocabulary]`; changed in place.
        """
        for beam, own in zip(beams, scores, strict=True):
            beam._penalize(own)
        logs = torch.stack([own.log_softmax(-1) for own in scores])
        _check_number(float(logs.max()))
        sums = logs + torch.tensor([beam._log_probability for beam in beams], device=logs.device)[:, None]
        most, width = self.request.search.alternatives, logs.shape[1]
        running = 0
        found: list[tuple[Answer, Answer]] = []
        for place in sums.flatten().topk(2 * most).indices.tolist():
            beam, token = beams[place // width], place % width
            found.append((beam, beam._branch(token, math.exp(float(logs[place // width, token])))))
        if self.request.search.support:  # else the most probable are the best
            found.sort(key=lambda each: -each[1]._merit)
        for rank, (beam, branch) in enumerate(found):
            if rank < most if branch.ended else running < most:
                beam.alternatives.append(branch)
                running += not branch.ended
        for beam in beams:
            beam._lost = True
        others = [each for each in self.alternatives if each not in beams]
        self.alternatives = [*others, *(branch for beam in beams for branch in beam.alternatives)]

    @property
    def is_decided(self) -> bool:
        """Whether a single alternative is left, which continues greedily."""
        return sum(not each._lost for each in self.alternatives) == 1

    @property
    def _merit(self) -> float:
        """The mean of its tokens' log-probabilities, plus its support; minus infinity if it has lost."""
        if self._lost:
            return -math.inf
        mean, support = self._log_probability / max(1, len(self.written)), self.request.search.support
        if support is None:
            return mean
        text = self._base.chat.decode(self.written)
        return mean + support(text if self.ended else text.rpartition(" ")[0])  # its last word may not be whole

    def choose(self) -> bool:
        """Drop the alternatives that cannot win. Returns whether the best one is complete, and takes it over."""
        best = max(self.alternatives, key=lambda each: each._merit)
        whole = [each for each in self.alternatives if each.ended]
        if (best.ended and len(whole) >= self.request.search.alternatives) or len(best.written) >= _LOOKED_AHEAD:
            for each in self.alternatives:
                each._lost = each is not best
        if not all(each.is_over for each in self.alternatives):
            return False
        self.written, self.least, self.error, self.ended = best.written, best.least, best.error, True
        self.first = self.first or self._elapsed
        return True

    def _penalize(self, scores: Tensor) -> None:
        if self._penalties is not None:
            for token, penalty in self._penalties.of(self.written).items():
                scores[token] -= penalty

    def _write(self, token: int) -> None:
        self.written.append(token)
        self.ended = self.ended or (self._constraint is None and len(self.written) >= self.request.max_new_tokens)
        if token in self._base.stop_ids:
            self.ended = True
            return
        self._repeats.feed(self.written)
        if self._text is not None and self._text.feed(token):
            self.ended = True
        elif self._constraint is None and self._repeats.are_degenerate(self._base.chat, self.written):
            del self.written[-self._repeats.excess :]
            self.ended = True

    def finish(self) -> None:
        """Hand out the rest, and tell that this is the end."""
        self.total = self._elapsed
        if self._constraint is not None and not self._constraint.is_complete and self.error is None:
            self.error = Abandoned("Nobody wants the answer any more: ask again.")
        if self._tell is not None:
            if self._text is not None and not self.is_unwanted and self.error is None:
                self._tell(self.completion.text[self._text.told :])
            self._tell(None)
        self.done = True

    def fail(self, error: Exception) -> None:
        """End it with an error, unless it has ended."""
        answer = self.parent or self
        if not answer.done:
            answer.error = error
            answer.finish()

    @property
    def completion(self) -> Completion:
        """The answer so far. Raises the error that ended it."""
        if self.error is not None:
            raise self.error
        ids = self.written[: self._base.length(self.written)]
        text = cut_at_stop(self._base.chat.decode(ids), self.request.stop)
        confidence = None if self.request.temperature > 0 else self.least
        return Completion(text, [*ids], self.first, self.total, confidence)

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - self.started


class Batch:
    """Answers that are being written, and their cache of keys and values, padded on the left."""

    def __init__(self, base: BaseModel):
        self._base, self.answers = base, list[Answer]()
        self._read: list[int] = []  # by answer, the number of its tokens in the cache
        self._length = 0  # of the cache, padding included
        self._cache: dict[str, Any] = {}
        self._adapters: list[Adapter | None] = []  # of the next pass: one for each answer, or one for all
        self._built: tuple[list[Adapter | None], RequestAdapters] | None = None  # adapters, prepared for the model

    def join(self, answers: Sequence[Answer]) -> None:
        """Read the prompts of some answers, padded to the longest, and write their first tokens.

        A batch that is not empty takes others only where the model's cache keeps every token, see `keeps_every_token`.
        """
        prompts = [answer.request.prompt for answer in answers]
        adapters, cache = [answer.request.adapter for answer in answers], empty_cache(self._base.model)
        longest, pad = max(map(len, prompts)), self._base.chat.end
        ids = torch.tensor([[pad] * (longest - len(p)) + list(p) for p in prompts], device=self._base.model.device)
        scores = self._scores(adapters, ids, [*map(len, prompts)], longest, cache)
        if self.answers:
            _append(self._cache, cache)
            self._length, self._adapters = max(self._length, longest), _fewest([*self.answers, *answers])
        else:
            self._cache, self._length, self._adapters = cache, longest, adapters
        self.answers += answers
        self._read += map(len, prompts)
        self._take(answers, scores)

    def step(self) -> None:
        """Write the next token of each answer. One that is alone reads all that its grammar has put down at once."""
        unread = [a.written[n - len(a.request.prompt) :] for a, n in zip(self.answers, self._read, strict=True)]
        width = len(unread[0]) if len(unread) == 1 else 1
        ids = torch.tensor([tokens[:width] for tokens in unread], device=self._base.model.device)
        self._length += width
        self._read = [n + width for n in self._read]
        scores = self._scores(self._adapters, ids, self._read, self._length, self._cache)
        ready = [i for i, tokens in enumerate(unread) if len(tokens) == width]
        self._take([self.answers[i] for i in ready], scores if len(ready) == len(unread) else scores[ready])

    def leave(self) -> None:
        """Remove and finish the answers that are over, and replace answers by their alternatives."""
        asked = dict.fromkeys(a.parent or a for a in self.answers)
        for answer in asked:
            answer.given_up = answer.is_unwanted
        over = [answer for answer in asked if (answer.choose() if answer.alternatives else answer.is_over)]
        after = [(i, each) for i, a in enumerate(self.answers) for each in a.alternatives or [a] if not each.is_over]
        if [each for _, each in after] != self.answers:
            stay = [i for i, _ in after]
            if stay:
                self._keep(stay)
            else:
                self._cache, self._built = {}, None
            self.answers, self._read = [each for _, each in after], [self._read[i] for i in stay]
            self._adapters = _fewest(self.answers)
        for answer in over:
            answer.finish()

    def _scores(
        self, adapters: list[Adapter | None], ids: Tensor, read: list[int], length: int, cache: dict[str, Any]
    ) -> Tensor:
        """The scores `[answer, vocabulary]` of the tokens that follow some tokens.

        Args:
            adapters: one for each answer, or one for all. They are prepared anew where they differ from the last ones.
            ids: `[answer, token]`, padded on the left where an answer has fewer.
            read: how many tokens of each are in the cache after this pass.
            length: of the cache after this pass, padding included.
        """
        options: dict[str, Any] = {}
        if any(n != length for n in read):
            mask = torch.tensor([[0] * (length - n) + [1] * n for n in read], device=ids.device)
            options["attention_mask"] = mask
        if self._base.takes_positions:
            ends = torch.tensor(read, device=ids.device)[:, None]
            options["position_ids"] = (ends - torch.arange(ids.shape[1], 0, -1, device=ids.device)).clamp_min_(0)
        if self._built is None or [*map(id, self._built[0])] != [*map(id, adapters)]:
            self._built = adapters, RequestAdapters(self._base.model, adapters)
        model: Any = self._base.model
        small = writing(many_in_bfloat16=bfloat16_is_faster(model.device.type))
        with self._built[1].attached(), _contiguous_inputs(model.get_output_embeddings()), small:
            output = model(input_ids=ids, use_cache=True, logits_to_keep=1, **options, **cache)
        return output.logits[:, -1].float()

    def _take(self, answers: Sequence[Answer], scores: Tensor) -> None:
        together: dict[Answer, list[tuple[Answer, Tensor]]] = {}  # alternatives, by the answer that they are of
        for answer, own in zip(answers, scores, strict=True):
            asked = answer if answer.parent is None or answer.parent.is_decided else answer.parent
            together.setdefault(asked, []).append((answer, own))
        for asked, rows in together.items():
            beams = [answer for answer, _ in rows]
            try:
                if beams == [asked]:
                    asked.take(rows[0][1])
                else:
                    asked.search(beams, [own for _, own in rows])
            except Exception as error:  # of this answer alone
                for beam in beams:
                    beam.error = error

    def _keep(self, rows: list[int]) -> None:
        """Keep some rows of the cache, and of a cache of every token only the columns that they use."""
        [cache] = self._cache.values()
        if rows != [*range(len(self.answers))]:
            cache.batch_select_indices(torch.tensor(rows, device=self._base.model.device))
        if self._base.keeps_every_token:
            self._length = max(self._read[row] for row in rows)
            for layer in cache.layers:
                layer.keys, layer.values = (side[:, :, -self._length :] for side in (layer.keys, layer.values))


def _fewest(answers: Sequence[Answer]) -> list[Adapter | None]:
    """The adapters of answers, one each; a single one if all have the same."""
    adapters = [answer.request.adapter for answer in answers]
    return adapters[:1] if len({*map(id, adapters)}) == 1 else adapters


@contextmanager
def _contiguous_inputs(head: nn.Module) -> Iterator[None]:
    """Inside the block, the head gets a prompt's last position as a tensor of its own.

    PyTorch 2.13 copies the head's weight before it multiplies a view of all positions: in bfloat16 on a CPU that takes
    longer than reading the prompt.
    """

    def copied(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(x.clone(memory_format=torch.contiguous_format) for x in inputs)  # `contiguous` may not copy

    handle = head.register_forward_pre_hook(copied)
    try:
        yield
    finally:
        handle.remove()


def empty_cache(model: PreTrainedModel) -> dict[str, Any]:
    """A cache of keys and values for the model's forward pass, by its name as an argument there."""
    renamed = "cache" in inspect.signature(model.forward).parameters  # by transformers, in a release of version 5
    return {"cache" if renamed else "past_key_values": DynamicCache(config=model.config)}


def _sampled(scores: Tensor, temperature: float, top_p: float) -> int:
    """A token sampled from the most probable ones that together have the probability top_p."""
    probabilities, tokens = (scores / temperature).softmax(-1).sort(descending=True)
    _check_number(float(probabilities[0]))  # after an error in multinomial, a process cannot use its GPU any more
    before = probabilities.cumsum(-1) - probabilities
    probabilities = torch.where(before < top_p, probabilities, 0.0)
    return int(tokens[torch.multinomial(probabilities, 1)])


def _check_number(probability: float) -> None:
    if math.isnan(probability):
        raise ModelUnavailable(
            "The model's scores under this adapter are not numbers: load the model in float32, or leave it out."
        )


def _append(cache: dict[str, Any], others: dict[str, Any]) -> None:
    """Append the rows of another cache `[row, head, token, number]` to one, padded on the left."""
    [own], [added] = cache.values(), others.values()
    for layer, other in zip(own.layers, added.layers, strict=True):
        longest = max(layer.keys.shape[-2], other.keys.shape[-2])
        for name in ("keys", "values"):
            both = [getattr(part, name) for part in (layer, other)]
            setattr(layer, name, torch.cat([pad(part, (0, 0, longest - part.shape[-2], 0)) for part in both]))
