"""The needle of Doc-to-LoRA: a magic number in a line of its own, among one line that is repeated.

"The special magic number is NNNN." stands at one of ten depths of a text of a given length in tokens. Knows nothing
about models.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parametric_memory.training.data.token_rows import TextQuestion, TextRow

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat

QUESTION = "What is the special magic number? Answer with the number alone."
FILLER = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."
NEEDLE = "The special magic number is {number}."
DEPTHS = 10
DIGITS = 4


@dataclass(frozen=True)
class MagicNumber:
    """A text and the number that is hidden in it. depth: 0 for the beginning, `DEPTHS` - 1 for the end."""

    text: str
    number: str
    depth: int


class MagicNumbers:
    """Draws texts of so many tokens, at most, in whole lines: the needle, and as many beside it as fit."""

    def __init__(self, chat: ChatFormat):
        self.chat = chat
        self._line = len(chat.encode(f"{FILLER}\n"))
        self._needle = len(chat.encode(NEEDLE.format(number="0" * DIGITS) + "\n"))

    def text(self, rng: random.Random, tokens: int, depth: int | None = None) -> MagicNumber:
        """depth: drawn when not given."""
        depth = rng.randrange(DEPTHS) if depth is None else depth
        number = "".join(rng.choice("0123456789") for _ in range(DIGITS))
        lines = [FILLER] * max(0, (tokens - self._needle) // self._line)
        lines.insert(round(depth / (DEPTHS - 1) * len(lines)), NEEDLE.format(number=number))
        return MagicNumber("\n".join(lines), number, depth)

    def row(self, rng: random.Random, least: int, most: int) -> TextRow:
        """A text of a length between these, asked about."""
        hidden = self.text(rng, rng.randint(least, most))
        answer = (*self.chat.encode(hidden.number), self.chat.end)
        return TextRow(hidden.text, (TextQuestion(QUESTION, answer),), "needle")
