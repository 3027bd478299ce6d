"""A memory that finds texts and sentences as any other does, and from which nothing is answered.

Texts are cut into sentences as they are for a hypernetwork, and no adapter is made of them: hundreds of texts take
seconds. Knows nothing about what is asked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from parametric_memory.evaluation.scoring import contains_any
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.memory import ParametricMemory
from parametric_memory.models.embedding import fingerprint_of
from parametric_memory.settings import ModelSettings, RecallSettings
from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.recall.scorer import Scorer
    from parametric_memory.records import Recall

_KEPT_VECTORS = 65_536


@contextmanager
def sentence_memory(
    memory: ParametricMemory, texts: Mapping[str, Sequence[str]], embeddings: Embeddings, scorer: Scorer
) -> Iterator[ParametricMemory]:
    """A temporary memory of sentences alone, with the threshold of the scorer, or else of another memory.

    Args:
        memory: whose calibration and number of passages hold; its folder is not touched.
        texts: by namespace.
    """
    settings = ModelSettings(internalizer=_Sentences(), embeddings=embeddings)
    threshold = memory.recaller.calibration.threshold if scorer.threshold is None else scorer.threshold
    recall = RecallSettings(scorer=scorer, threshold=threshold, max_passages=memory.recaller.max_passages)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ParametricMemory(
            Path(folder) / "memory", base_model=memory.models.base, models=settings, recall=recall
        ) as made,
    ):
        for namespace, own in texts.items():
            for number, text in enumerate(own):
                made.add(text, id=f"{namespace} {number}", namespace=namespace)
        yield made


def holds_answer(memory: ParametricMemory, recall: Recall, answers: Sequence[str]) -> bool:
    """Whether what is attached of a recall holds one of the answers, as whole words."""
    return recall.attached and contains_any(memory.recaller.passage(recall), answers)


class _Sentences:
    """Makes no adapter of a text, only its sentences: nothing is answered from this memory."""

    fingerprint = "sentences alone"

    def internalize(self, text: str) -> Internalized:
        found = sentences(text) or [text]
        return Internalized(_nothing(), tokens=len(text.split()), chunks=len(found), passages=found)


def _nothing() -> Adapter:
    import torch

    from parametric_memory.adapters.factors import Adapter, Factors

    return Adapter({"nothing": Factors(torch.zeros(1, 1), torch.zeros(1, 1))})


class RememberedEmbeddings(Embeddings):
    """An embedder that is asked for each text once."""

    def __init__(self, embeddings: Embeddings):
        self.embeddings, self.fingerprint = embeddings, fingerprint_of(embeddings)
        self._query = lru_cache(_KEPT_VECTORS)(embeddings.embed_query)
        self._documents: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        return self._query(text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._documents]
        if new:
            self._documents.update(zip(new, self.embeddings.embed_documents(new), strict=True))
        return [self._documents[text] for text in texts]
