from __future__ import annotations

import random
from statistics import fmean, stdev

import pytest

from parametric_memory.evaluation.comparisons import area_under_curve, ratio_of_means, threshold_keeping


def test_a_ratio_of_means_has_the_error_that_repeating_it_shows() -> None:
    rng = random.Random(0)
    ratios, errors = [], []
    for _ in range(400):
        others = [float(rng.random() < 0.4) for _ in range(200)]
        scores = [other if rng.random() < 0.7 else float(rng.random() < 0.5) for other in others]
        found = ratio_of_means(scores, others)
        assert found is not None and found.error is not None
        ratios.append(found.value)
        errors.append(found.error)
    assert fmean(errors) == pytest.approx(stdev(ratios), rel=0.1)


def test_what_is_alike_question_by_question_has_a_ratio_without_error() -> None:
    assert ratio_of_means([1.0, 0.0, 1.0], [1.0, 0.0, 1.0]) == (1.0, 0.0)
    assert ratio_of_means([1.0], [1.0]) == (1.0, None)
    assert ratio_of_means([1.0, 0.0], [0.0, 0.0]) is None


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
    with pytest.raises(ValueError, match="no scores"):
        threshold_keeping([], 0.95)
