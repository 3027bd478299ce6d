from __future__ import annotations

import pytest
import torch

from parametric_memory.training.judge_calibration import logistic_regression


def test_probabilities_are_those_that_labels_were_drawn_with() -> None:
    torch.manual_seed(0)
    features = torch.randn(4000, 2)
    labels = torch.rand(4000) < torch.sigmoid(features @ torch.tensor([2.0, -1.0]) + 0.5)
    assert logistic_regression(features, labels.tolist()) == pytest.approx([2.0, -1.0, 0.5], abs=0.2)


def test_items_count_as_much_as_they_weigh() -> None:
    features = torch.zeros(2, 1)
    assert logistic_regression(features, [True, False], [3.0, 1.0])[-1] == pytest.approx(1.0986, abs=1e-3)  # ln 3


def test_slopes_stay_finite_where_labels_can_be_told_apart() -> None:
    slope, _ = logistic_regression(torch.tensor([[-1.0], [1.0]]), [False, True])
    assert 0 < slope < 20
