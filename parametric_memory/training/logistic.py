"""Logistic regression, for probabilities out of a few numbers.

Knows nothing about what the numbers are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

_DECAY = 1e-3  # of slopes, so that they stay finite where the labels can be told apart without error


def logistic_regression(
    features: Tensor, labels: Sequence[bool], weights: Sequence[float] | None = None
) -> list[float]:
    """A slope for each feature, and the offset behind them.

    Args:
        features: `[item, feature]`.
        weights: how much each item counts; all alike when not given.
    """
    target = torch.tensor(labels, dtype=torch.float64)
    of_items = torch.ones_like(target) if weights is None else torch.tensor(weights, dtype=torch.float64)
    of_items = of_items / of_items.sum()
    inputs = features.double()
    fitted = torch.zeros(inputs.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = inputs @ fitted[:-1] + fitted[-1]
        value = F.binary_cross_entropy_with_logits(logits, target, of_items, reduction="sum")
        value = value + _DECAY * fitted[:-1].square().sum()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    return fitted.tolist()
