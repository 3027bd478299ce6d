from __future__ import annotations

import random
from statistics import fmean, stdev

import pytest

from parametric_memory.evaluation.comparisons import ratio_of_means


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
