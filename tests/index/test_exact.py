from __future__ import annotations

import numpy as np
import pytest

from parametric_memory.index.exact import (
    MOST_COMPARED,
    ExactVectors,
    Stored,
    compares_exactly,
    cosines,
    directions,
    merged,
    nearest_passages,
    once_each,
)

EAST, NORTH, WEST, NORTH_EAST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [1.0, 1.0]
HALF = pytest.approx(0.5**0.5)


def stored(revision: int, *vectors: list[float], passages: list[int] | None = None) -> Stored:
    return Stored(revision, passages or [-1] * len(vectors), np.asarray(vectors, np.float32))


def of(*revisions: Stored) -> ExactVectors:
    exact = ExactVectors()
    exact.add(revisions)
    return exact


def test_of_none_nothing_is_found() -> None:
    exact = ExactVectors()
    assert exact.nearest(EAST, 3) == exact.nearest(EAST, 3, among=[1]) == ([], True)
    assert len(exact) == 0 and 1 not in exact
    exact.remove([1])


def test_a_revision_is_as_near_as_its_nearest_row_and_comes_once() -> None:
    exact = of(stored(1, [5.0, 0.0], WEST), stored(2, NORTH_EAST), stored(3, WEST))
    assert exact.nearest(EAST, 9) == ([(1, pytest.approx(1)), (2, HALF), (3, pytest.approx(-1))], True)
    assert exact.nearest(EAST, 2) == ([(1, pytest.approx(1)), (2, HALF)], False)
    assert exact.nearest(EAST, 9, among=[3, 2, 7]) == ([(2, HALF), (3, pytest.approx(-1))], True)
    assert exact.nearest(EAST, 1, among=[3, 2]) == ([(2, HALF)], False)
    assert exact.nearest(EAST, 9, among=[]) == ([], True)


def test_of_equals_the_first_added_comes_first() -> None:
    exact = of(*(stored(number, EAST) for number in (5, 2, 9, 1)))
    assert [revision for revision, _ in exact.nearest(EAST, 2)[0]] == [5, 2]
    assert [revision for revision, _ in exact.nearest(EAST, 9)[0]] == [5, 2, 9, 1]


def test_what_is_added_and_removed_leaves_what_is_found_one_by_one() -> None:
    drawn, there, exact = np.random.default_rng(0), dict[int, np.ndarray](), ExactVectors()
    for step in range(60):
        new = {step * 10 + i: drawn.normal(size=(1 + i % 3, 6)).astype(np.float32) for i in range(drawn.integers(4))}
        exact.add((Stored(revision, range(len(of)), of) for revision, of in new.items()), expected=step)
        there |= new
        gone = [*drawn.permutation([*there])[: drawn.integers(3)].tolist(), 10**6]
        exact.remove(gone)
        there = {revision: of for revision, of in there.items() if revision not in gone}
        query = drawn.normal(size=6)
        expected = {revision: max(cosines(of, query)) for revision, of in there.items()}
        found, whole = exact.nearest(query, 10**6)
        assert (
            whole and dict(found) == pytest.approx(expected, abs=1e-5) and len(exact) == sum(map(len, there.values()))
        )
        assert [s for _, s in found] == sorted((s for _, s in found), reverse=True)
        for revision, of in there.items():
            assert revision in exact
            nearest = int(np.argmax(cosines(of, query)))
            assert exact.passages(query, revision, 1)[0][0] == nearest
            assert exact.vector(query, revision) == pytest.approx(directions(of)[nearest].tolist())
    exact.remove([*there])
    assert exact.nearest(query, 3) == ([], True)
    exact.add([stored(1, [1.0] * 6)])
    assert len(exact.nearest([1.0] * 6, 3)[0]) == 1


def test_a_revision_that_is_there_is_not_added_again_and_one_without_vectors_not_at_all() -> None:
    exact = of(stored(1, EAST), Stored(2, [], np.empty((0, 2), np.float32)))
    exact.add([stored(1, NORTH)])
    assert exact.nearest(EAST, 9) == ([(1, pytest.approx(1))], True) and 2 not in exact and len(exact) == 1


def test_passages_are_told_best_first_and_what_is_of_none_is_left_out() -> None:
    exact = of(stored(1, EAST, NORTH, NORTH_EAST, EAST, WEST, passages=[-1, 0, 1, 2, 1]))
    assert exact.passages(EAST, 1, 9) == [(2, pytest.approx(1)), (1, HALF), (0, pytest.approx(0))]
    assert exact.passages(EAST, 1, 1) == [(2, pytest.approx(1))] and exact.passages(EAST, 1, 0) == []
    assert nearest_passages([-1, 3, 3], [0.9, 0.1, 0.5], 5) == [(3, 0.5)]


def test_a_vector_without_a_direction_is_near_to_nothing() -> None:
    exact = of(stored(1, [0.0, 0.0]), stored(2, WEST))
    assert dict(exact.nearest(EAST, 9)[0]) == {1: 0.0, 2: pytest.approx(-1)}
    assert dict(exact.nearest([0.0, 0.0], 9)[0]) == {1: 0.0, 2: 0.0}


def test_small_memories_are_compared_exactly() -> None:
    assert compares_exactly(50_000, 384) and not compares_exactly(50_001, 384)
    assert compares_exactly(0, 384, 0) and not compares_exactly(1, 384, 0) and MOST_COMPARED == 50_000 * 384


def test_pairs_are_put_together_each_once_with_the_best() -> None:
    assert once_each([1, 2, 1], [0.1, 0.5, 0.9]) == [(1, 0.9), (2, 0.5)]
    assert merged([(1, 0.5), (2, 0.2)], [(2, 0.7)], []) == [(2, 0.7), (1, 0.5)] and merged() == []
