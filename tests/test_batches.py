"""Batches: which items are together, and that none is lost."""

from __future__ import annotations

import pytest

from parametric_memory.batches import batched, by_length, in_groups, in_runs, shortest_first, within_tokens

LENGTHS = [5, 1, 3, 1, 9]


def test_batches_are_of_similar_length_and_hold_everything_once() -> None:
    assert list(by_length(LENGTHS, 2)) == [[1, 3], [2, 0], [4]]
    assert in_groups(LENGTHS, 2) == [[1, 3, 2], [0, 4]]
    assert in_groups(LENGTHS[:1], 3) == [[0]]


@pytest.mark.parametrize(("tokens", "batches"), [(4, [[1, 3], [2], [0], [4]]), (9, [[1, 3, 2], [0], [4]])])
def test_batches_hold_no_more_tokens_than_they_may_but_for_a_single_one(tokens: int, batches: list[list[int]]) -> None:
    assert list(within_tokens(shortest_first(LENGTHS), tokens, length=LENGTHS.__getitem__)) == batches


def test_neighbours_stay_together_in_their_order() -> None:
    assert list(within_tokens(["aa", "a", "aaa", "a"], 6)) == [["aa", "a"], ["aaa", "a"]]
    assert list(within_tokens(["aa", "a", "aaa", "a"], 100, most=3)) == [["aa", "a", "aaa"], ["a"]]
    assert list(batched([4, 1, 2, 9, 1], lambda some: sum(some) <= 5)) == [[4, 1], [2], [9], [1]]
    assert list(in_runs([1, 2, 3], 2)) == [[1, 2], [3]]


def test_of_nothing_there_is_no_batch() -> None:
    assert [*by_length([], 2), *in_groups([], 2), *within_tokens([], 2), *batched([], len), *in_runs([], 2)] == []
