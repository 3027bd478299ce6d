"""What is made of a text before it is written: all of adding it that takes long. It can be made in another process.

Knows nothing about who makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parametric_memory.storage.folder import Made


@dataclass(frozen=True)
class Prepared:
    """A text that is ready to become an entry.

    Attributes:
        made: what is to be kept of it.
        summary: what the index embeds of it, beside its passages.
        vectors, numbers: see `IndexRecord`.
    """

    made: Made
    summary: str
    vectors: list[Sequence[float]]
    numbers: list[int]
