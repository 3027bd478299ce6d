"""What is read at once: what is of similar length together, so that little is padded. Knows nothing about models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def by_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Places of what has these lengths, the shortest first, in batches of as many as `most`."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for start in range(0, len(order), most):
        yield order[start : start + most]


def in_groups(lengths: Sequence[int], count: int) -> list[list[int]]:
    """The same in so many batches, or fewer."""
    return list(by_length(lengths, max(1, -(-len(lengths) // count))))


def within_tokens(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """The same in batches of at most so many tokens, padding included; a longer one is on its own."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
