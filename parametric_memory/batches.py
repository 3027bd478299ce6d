"""Cuts lists into batches. Knows nothing about what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")


def batched(items: Iterable[_T], fits: Callable[[list[_T]], bool]) -> Iterator[list[_T]]:
    """Neighbouring items in batches that fit; an item that does not is on its own."""
    batch: list[_T] = []
    for item in items:
        batch.append(item)
        if len(batch) > 1 and not fits(batch):
            yield batch[:-1]
            batch = [item]
    if batch:
        yield batch


def within_tokens(
    items: Iterable[_T], tokens: int, most: int | None = None, length: Callable[[Any], int] = len
) -> Iterator[list[_T]]:
    """Neighbouring items in batches of at most `tokens`, padding included, and `most` items; a longer one is alone."""
    return batched(
        items, lambda some: (most is None or len(some) <= most) and len(some) * max(map(length, some)) <= tokens
    )


def in_runs(items: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    """The items in batches of `most`."""
    for start in range(0, len(items), most):
        yield items[start : start + most]


def shortest_first(lengths: Sequence[int]) -> list[int]:
    """Indices of these lengths."""
    return sorted(range(len(lengths)), key=lengths.__getitem__)


def by_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Indices of these lengths, the shortest first, in batches of `most`."""
    return map(list, in_runs(shortest_first(lengths), most))


def in_groups(lengths: Sequence[int], count: int) -> list[list[int]]:
    """Indices of these lengths, the shortest first, in at most `count` batches."""
    return list(by_length(lengths, max(1, -(-len(lengths) // count))))
