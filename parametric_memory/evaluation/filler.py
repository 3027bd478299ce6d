"""Long texts: ordinary prose of any length, and one with documents hidden in it.

The prose is novels, fairy tales and the World Factbook, all in the public domain; no sentence of it is among those that
a hypernetwork's key statistics are taken over. Knows nothing about questions.
"""

from __future__ import annotations

import gzip
import random
from functools import lru_cache
from importlib.resources import files
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


_BORDER = "\n\n"  # between passages


def prose() -> list[str]:
    """Passages of a few sentences, 150,000 tokens in all."""
    packed = files("parametric_memory").joinpath("evaluation", "prose.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().split(_BORDER)


class Filler:
    """Draws passages of prose with a seed; a text longer than all of them repeats them."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, seed: int):
        self.tokenizer, self.rng = tokenizer, random.Random(seed)
        self._border = self._length(_BORDER)
        self._tokens = lru_cache(None)(lambda passage: self._length(passage) + self._border)

    def text(self, tokens: int, *hidden: str) -> str:
        """A text of nearly so many tokens: as many whole passages as fit, the hidden documents among them, anywhere.

        At least one passage, or what is hidden, is in it, however few the tokens.
        """
        passages = prose()
        self.rng.shuffle(passages)
        left = tokens - sum(map(self._tokens, hidden))
        chosen: list[str] = []
        for passage in cycle(passages):
            left -= self._tokens(passage)
            if left < 0:
                break
            chosen.append(passage)
        for document in hidden:
            chosen.insert(self.rng.randint(0, len(chosen)), document)
        return _BORDER.join(chosen or passages[:1])

    def _length(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])
