"""Vectors of a document's passages. Knows nothing about embedders and indexes."""

from __future__ import annotations

from collections.abc import Sequence

_SHARE_OF_FIRST = 0.3


def in_context(vectors: Sequence[Sequence[float]]) -> list[list[float]]:
    """Each passage's direction moved a little towards that of the first, which says what the document is about.

    A later sentence that says only "she" is found by a question with her name. Measured with all-MiniLM-L6-v2 on 196
    questions about real passages: the right sentence is nearest for 65 % and among three for 94 %; as they were, for 57
    and 92 %.

    Args:
        vectors: `[passage, dimension]`.

    Returns:
        Unit vectors of the same shape; zero where there was no direction.
    """
    import numpy as np

    if not vectors:
        return []
    units = np.asarray(vectors, dtype=np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True).clip(1e-12)
    units[1:] += _SHARE_OF_FIRST * units[0] * units[1:].any(axis=1, keepdims=True)  # what is nowhere stays there
    units /= np.linalg.norm(units, axis=1, keepdims=True).clip(1e-12)
    rows: list[list[float]] = units.tolist()
    return rows
