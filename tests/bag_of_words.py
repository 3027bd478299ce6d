"""Embeddings without a model: texts are near that share words."""

from __future__ import annotations

import math
import re
from zlib import crc32

from langchain_core.embeddings import Embeddings


class BagOfWords(Embeddings):
    """Counts of words, each in the place its hash says, scaled to length 1."""

    def __init__(self, dimension: int = 512, fingerprint: str = "bag of words") -> None:
        self.dimension, self.fingerprint = dimension, fingerprint

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        counts = [0.0] * self.dimension
        for word in re.findall(r"\w+", text.lower()):
            counts[crc32(word.encode()) % self.dimension] += 1
        length = math.hypot(*counts) or 1.0
        return [count / length for count in counts]
