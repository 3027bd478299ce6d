"""Answers to any number of requests, in batches that fit into memory.

Knows nothing about evaluations or controls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

_REQUESTS = 16  # in a batch, and of a batch's prompts and adapters, padded, at most:
_TOKENS = 16_384
_FACTOR_ENTRIES = 150_000_000


@dataclass(frozen=True)
class Reply:
    """What was answered to a request.

    Attributes:
        confidence: see `Completion`.
        prompt_tokens: what was read for it.
    """

    text: str
    confidence: float | None
    prompt_tokens: int


def replies(base: BaseModel, requests: Iterable[Request]) -> Iterator[Reply]:
    """The answers in the order of the requests, which are drawn as they are needed: adapters may be made on the way."""
    for batch in batched(requests):
        for request, completion in zip(batch, base.generate(batch), strict=True):
            yield Reply(completion.text, completion.confidence, len(request.prompt))


def by_length(answer: Callable[[Iterable[Request]], Iterable[Reply]], requests: Sequence[Request]) -> list[Reply]:
    """Answers in the order of the requests, which are asked the shortest prompt first, so that little is padded."""
    order = sorted(range(len(requests)), key=lambda i: len(requests[i].prompt))
    found = dict(zip(order, answer(requests[i] for i in order), strict=True))
    return [found[i] for i in range(len(requests))]


def batched(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Neighbouring requests in batches; one that is too large for any is on its own."""
    batch: list[Request] = []
    for request in requests:
        grown = [*batch, request]
        tokens = len(grown) * max(len(r.prompt) * r.search.beams for r in grown)
        entries = len(grown) * max(_entries(r.adapter) for r in grown)
        if batch and (len(grown) > _REQUESTS or tokens > _TOKENS or entries > _FACTOR_ENTRIES):
            yield batch
            grown = [request]
        batch = grown
    if batch:
        yield batch


def _entries(adapter: Adapter | None) -> int:
    return sum(f.A.numel() + f.B.numel() for f in adapter.factors.values()) if adapter else 0
