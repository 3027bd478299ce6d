"""How many times one mean of scores another is, with its standard error. Knows nothing about what is scored."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from statistics import fmean

from parametric_memory.evaluation.rows import standard_error
from parametric_memory.training.told_apart import Measured


def ratio_of_means(
    scores: Sequence[float], others: Sequence[float], clusters: Sequence[Hashable] | None = None
) -> Measured | None:
    """How many times the mean of the others one mean is, of the same questions; None where theirs is 0.

    The error is that of the delta method, which takes into account that both were asked the same.

    clusters: see `rows.standard_error`.
    """
    below = fmean(others)
    if not below:
        return None
    ratio = fmean(scores) / below
    left = [score - ratio * other for score, other in zip(scores, others, strict=True)]
    several = len(left if clusters is None else set(clusters)) > 1
    return Measured(ratio, standard_error(left, clusters) / below if several else None)
