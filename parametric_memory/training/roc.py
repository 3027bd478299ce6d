"""ROC analysis of scores: area under the curve, thresholds, and logistic regression.

Knows nothing about what is scored.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import fmean, variance
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

KEPT = 0.95  # of what should pass a threshold, where the share of others that pass is measured
_DECAY = 1e-3  # of slopes, so that they stay finite where the labels can be separated without error


class Measured(NamedTuple):
    """A figure with its standard error; None where there are too few scores for one."""

    value: float
    error: float | None


def area_under_curve(higher: Sequence[float], lower: Sequence[float]) -> Measured | None:
    """The share of pairs whose first is above its second, ties half (AUC); None where one of the two is empty.

    The error is DeLong's: from how often each one of the first is above the second, and the other way round.
    """
    if not higher or not lower:
        return None
    of_higher = _shares_below(higher, lower)
    of_lower = [1 - share for share in _shares_below(lower, higher)]
    error = None
    if len(higher) > 1 and len(lower) > 1:
        error = math.sqrt(variance(of_higher) / len(higher) + variance(of_lower) / len(lower))
    return Measured(fmean(of_higher), error)


def threshold_keeping(scores: Sequence[float], share: float) -> float:
    """The highest of the scores that at least this share of them reaches. Raises IndexError for no scores."""
    return sorted(scores, reverse=True)[max(1, math.ceil(share * len(scores))) - 1]


def share_passing(scores: Sequence[float], others: Sequence[float], kept: float = KEPT) -> float:
    """The share of scores that pass the threshold which this share of the others passes."""
    least = threshold_keeping(others, kept)
    return sum(score >= least for score in scores) / len(scores)


def _shares_below(scores: Sequence[float], others: Sequence[float]) -> list[float]:
    """Of each score, the share of the others that it is above, ties half."""
    ordered = sorted(others)
    return [(bisect_left(ordered, score) + bisect_right(ordered, score)) / (2 * len(ordered)) for score in scores]


def logistic_regression(
    features: Tensor, labels: Sequence[bool], weights: Sequence[float] | None = None
) -> list[float]:
    """A slope for each feature, and the offset behind them.

    Args:
        features: `[item, feature]`.
        weights: how much each item counts; all alike when not given.
    """
    import torch
    from torch.nn import functional as F

    target = torch.tensor(labels, dtype=torch.float64)
    of_items = torch.tensor(weights or [1.0] * len(labels), dtype=torch.float64)
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
