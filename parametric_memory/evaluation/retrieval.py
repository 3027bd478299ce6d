"""The control that memories are measured against most: retrieved passages in the prompt.

The memory's own embedder finds them. Knows nothing about adapters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from parametric_memory.hypernetworks.chunking import Chunk, split_at_borders
from parametric_memory.index.exact import cosines

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

_PASSAGE_TOKENS = 64
_TEXTS_KEPT = 4096


class PassageRetriever:
    """Finds the passages of texts that are nearest to a question."""

    def __init__(self, embeddings: Embeddings, tokenizer: PreTrainedTokenizerBase):
        self.embeddings, self.tokenizer = embeddings, tokenizer
        self._passages = lru_cache(_TEXTS_KEPT)(self._embedded)

    def find(self, question: str, texts: tuple[str, ...], budget: int) -> str:
        """The nearest passages, in the order they stand in the texts: as many as fit the budget, and at least one.

        Args:
            budget: of all passages together, in tokens.
        """
        import numpy as np

        found = [self._passages(text) for text in texts]
        passages = [passage for chunks, _ in found for passage in chunks]
        vectors = np.concatenate([vectors for _, vectors in found])  # [passage, dimension]
        scores = np.asarray(cosines(vectors, self.embeddings.embed_query(question)))
        chosen: list[int] = []
        for position in np.argsort(-scores, kind="stable"):
            budget -= len(passages[position].ids)
            if chosen and budget < 0:
                break
            chosen.append(int(position))
        return "\n".join(passages[position].text for position in sorted(chosen))

    def _embedded(self, text: str) -> tuple[list[Chunk], NDArray[np.float64]]:
        import numpy as np

        chunks = split_at_borders(text, self.tokenizer, _PASSAGE_TOKENS)
        return chunks, np.asarray(self.embeddings.embed_documents([c.text for c in chunks]))
