"""ROC analysis of scores: area under the curve, and thresholds. Knows nothing about what is scored."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import fmean, variance
from typing import NamedTuple

KEPT = 0.95  # of what should pass a threshold, where the share of others that pass is measured


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
