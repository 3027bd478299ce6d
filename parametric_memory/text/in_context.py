"""A sentence with what a reader needs to understand it: what its document begins with, and the sentence before.

Knows nothing about who reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class InContext:
    """A sentence as the judge reads it.

    Attributes:
        opening: what the document begins with, its title or its first sentence; empty for the first sentence itself.
        before: the sentence before; empty where that is the opening.
    """

    sentence: str
    opening: str = ""
    before: str = ""


def in_context(passages: Sequence[str], number: int, title: str = "") -> InContext:
    """A passage of a document as the judge reads it.

    Args:
        title: the document's; it stands before passages that do not begin with it.
    """
    first = passages[0]
    opening = title if title and not first.startswith(title.rstrip(".\u2026 ")) else ""
    if number > 0:
        opening = f"{opening}. {first}" if opening else first
    return InContext(passages[number], opening, passages[number - 1] if number > 1 else "")
