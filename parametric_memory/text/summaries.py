"""Summaries without a language model: the sentences that stand nearest to the middle of what a text says.

Any callable `str -> str` can take its place. Knows nothing about the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_MOST_SENTENCES = 400  # of longer texts, that many spread over the whole are looked at


def extractive_summary(text: str, embeddings: Embeddings, title: str | None = None, max_words: int = 60) -> str:
    """The title and the most central sentences of a text, in their own order; a short text whole.

    A sentence is the more central, the nearer its embedding is to the mean of all (centroid summarization).

    Args:
        text: a cleaned text.
        title: comes first, unless the text begins with it.
        max_words: of the sentences together. A text of one overlong sentence is cut there.
    """
    heading = [title] if title and not text.lstrip("# ").startswith(title.rstrip("…")) else []
    if len(text.split()) <= max_words:
        return " ".join([*heading, *text.split()])
    found = list(dict.fromkeys(sentences(text)))
    stride = -(-len(found) // _MOST_SENTENCES)
    found = found[::stride]
    chosen, room = set(), max_words
    for position in _by_centrality(found, embeddings):
        length = len(found[position].split())
        if length <= room:
            chosen.add(position)
            room -= length
    if not chosen:
        chosen_text = " ".join(found[0].split()[:max_words]) + " …"
        return " ".join([*heading, chosen_text])
    return " ".join([*heading, *(found[position] for position in sorted(chosen))])


def _by_centrality(texts: list[str], embeddings: Embeddings) -> list[int]:
    """Positions of the texts, that with the embedding nearest to the mean first."""
    import numpy as np

    vectors = np.asarray(embeddings.embed_documents(texts), dtype=np.float64)  # [text, dimension]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)
    similarities = vectors @ vectors.mean(0)
    return [int(position) for position in np.argsort(-similarities, kind="stable")]
