from __future__ import annotations

import pytest

from parametric_memory.language_model.batching import by_length, in_groups, within_tokens

LENGTHS = [5, 1, 3, 1, 9]


def test_batches_are_of_similar_length_and_hold_everything_once() -> None:
    assert list(by_length(LENGTHS, 2)) == [[1, 3], [2, 0], [4]]
    assert in_groups(LENGTHS, 2) == [[1, 3, 2], [0, 4]]
    assert in_groups(LENGTHS[:1], 3) == [[0]]


@pytest.mark.parametrize(("tokens", "batches"), [(4, [[1, 3], [2], [0], [4]]), (9, [[1, 3, 2], [0], [4]])])
def test_batches_hold_no_more_tokens_than_they_may_but_for_a_single_one(tokens: int, batches: list[list[int]]) -> None:
    assert list(within_tokens(LENGTHS, tokens)) == batches


def test_of_nothing_there_is_no_batch() -> None:
    assert [*by_length([], 2), *in_groups([], 2), *within_tokens([], 2)] == []
