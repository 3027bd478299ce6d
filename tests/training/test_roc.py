from __future__ import annotations

import random
from statistics import fmean, stdev

import pytest

from parametric_memory.training.roc import area_under_curve, share_passing, threshold_keeping


def test_the_area_counts_pairs_in_the_right_order_and_ties_half() -> None:
    found = area_under_curve([0.9, 0.5], [0.5, 0.1])
    assert found is not None and found.value == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert area_under_curve([0.9], [0.1]) == (1.0, None)
    assert area_under_curve([], [0.1]) is None and area_under_curve([0.1], []) is None


def test_an_area_has_the_error_that_repeating_it_shows() -> None:
    rng = random.Random(0)
    areas, errors = [], []
    for _ in range(200):
        found = area_under_curve([rng.gauss(1, 1) for _ in range(60)], [rng.gauss(0, 1) for _ in range(40)])
        assert found is not None and found.error is not None
        areas.append(found.value)
        errors.append(found.error)
    assert fmean(errors) == pytest.approx(stdev(areas), rel=0.15)


def test_a_threshold_keeps_at_least_its_share() -> None:
    scores = [n / 100 for n in range(100)]
    assert sum(score >= threshold_keeping(scores, 0.95) for score in scores) == 95
    assert threshold_keeping([0.3, 0.2, 0.1], 0.95) == 0.1
    assert threshold_keeping([0.5] * 10 + [0.1], 0.9) == 0.5


def test_what_passes_is_counted_at_the_threshold_that_keeps_its_share() -> None:
    assert share_passing([3.0, 5.0, 6.0], [float(i) for i in range(100)]) == pytest.approx(2 / 3)
    assert share_passing([1.0, 2.0], [1.5, 3.0], kept=0.5) == 0.0
