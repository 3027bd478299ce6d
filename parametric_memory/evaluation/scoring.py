"""When an answer counts as right: the value stands in it as whole words, and no other document's value does.

Knows nothing about models or memories.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def words(text: str) -> str:
    """Lower case, words and numbers only, single spaces, a space at either end."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)  # 12,500 is one word
    found = re.findall(r"[^\W_]+", text.lower())
    return f" {' '.join(found)} "


def contains(answer: str, value: str) -> bool:
    """Whether the value stands in the answer, whole words."""
    return words(value) in words(answer)


def contains_any(answer: str, values: Iterable[str]) -> bool:
    """Whether one of the values stands in the answer, whole words."""
    return any(contains(answer, value) for value in values)


def right(answer: str, value: str, others: Iterable[str] = ()) -> bool:
    """Whether an answer holds the value and no value of another document, unless that one is part of it."""
    if not contains(answer, value):
        return False
    whole, own = words(answer), words(value)
    rest = whole.replace(own, "  ")
    others = {words(other) for other in others}
    return not any(other in (whole if own in other else rest) for other in others if other not in own)
