from __future__ import annotations

import numpy as np
import pytest

from parametric_memory.index.exact import ExactVectors, cosines, directions
from tests.storage.small import stored

EAST, NORTH, WEST, NORTH_EAST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [1.0, 1.0]
HALF = pytest.approx(0.5**0.5)


def test_of_none_nothing_is_found() -> None:
    exact = ExactVectors()
    for same in (exact, exact.only([1]), exact.with_more(exact)):
        assert same.nearest(EAST, 3) == [] and [*same.compared(EAST)] == []
        assert len(same) == 0 and same.revisions == set()


def test_a_revision_is_as_near_as_its_nearest_vector_and_comes_once() -> None:
    exact = ExactVectors([stored(1, [5.0, 0.0], WEST), stored(2, NORTH_EAST), stored(3, WEST)])
    assert exact.nearest(EAST) == [(1, pytest.approx(1)), (2, HALF), (3, pytest.approx(-1))]
    assert exact.nearest(EAST, 2) == [(1, pytest.approx(1)), (2, HALF)]
    assert exact.only([3, 2, 7]).nearest(EAST) == [(2, HALF), (3, pytest.approx(-1))]
    assert exact.only([3, 2]).nearest(EAST, 1) == [(2, HALF)] and exact.only([]).nearest(EAST) == []
    assert exact.only([3, 2], without=True).revisions == {1} and exact.revisions == {1, 2, 3}


def test_of_equals_the_first_added_comes_first() -> None:
    exact = ExactVectors(stored(number, EAST) for number in (5, 2, 9, 1))
    assert [revision for revision, _ in exact.nearest(EAST, 2)] == [5, 2]
    assert [revision for revision, _ in exact.nearest(EAST)] == [5, 2, 9, 1]


@pytest.mark.parametrize("together", [1, 5, 1_000])
def test_what_is_added_and_removed_leaves_what_is_found_one_by_one(
    monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr("parametric_memory.index.exact._TOGETHER", together)
    drawn, there, exact = np.random.default_rng(0), dict[int, np.ndarray](), ExactVectors()
    for step in range(60):
        new = {step * 10 + i: drawn.normal(size=(1 + i % 3, 6)).astype(np.float32) for i in range(drawn.integers(4))}
        before = len(exact)
        more = exact.with_more(ExactVectors(stored(revision, *of.tolist()) for revision, of in new.items()))
        assert len(exact) == before, "who compares what was there goes on with that"
        there |= new
        gone = [*drawn.permutation([*there])[: drawn.integers(3)].tolist(), 10**6]
        exact = more.only(gone, without=True)
        there = {revision: of for revision, of in there.items() if revision not in gone}
        query = drawn.normal(size=6)
        expected = {revision: max(cosines(of, query)) for revision, of in there.items()}
        found = exact.nearest(query)
        assert dict(found) == pytest.approx(expected, abs=1e-5) and len(exact) == sum(map(len, there.values()))
        assert [s for _, s in found] == sorted((s for _, s in found), reverse=True)
        compared = [*exact.compared(query)]
        for revision, of in there.items():
            similarities = [similarity for other, _, similarity, _ in compared if other == revision]
            own = [direction.tolist() for other, _, _, direction in compared if other == revision]
            assert similarities == pytest.approx(cosines(of, query), abs=1e-5)
            assert own == [pytest.approx(direction) for direction in directions(of).tolist()]


def test_vectors_are_compared_with_the_passages_that_they_are_of() -> None:
    exact = ExactVectors([stored(1, EAST, NORTH, WEST, passages=[-1, 0, 1])])
    assert [(revision, passage) for revision, passage, _, _ in exact.compared(EAST)] == [(1, -1), (1, 0), (1, 1)]


def test_a_vector_without_a_direction_is_near_to_nothing() -> None:
    exact = ExactVectors([stored(1, [0.0, 0.0]), stored(2, WEST)])
    assert dict(exact.nearest(EAST)) == {1: 0.0, 2: pytest.approx(-1)}
    assert dict(exact.nearest([0.0, 0.0])) == {1: 0.0, 2: 0.0}
