"""Temporary memories of given texts, and what they recall and attach for a case.

Knows nothing about what is asked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from parametric_memory.documents.cleaning import clean, content_hash
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.answerer import Reply
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.rows import Route
from parametric_memory.internalize.embedding import fingerprint_of
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.memory import ParametricMemory, reopen
from parametric_memory.settings import ModelSettings, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.recall.scorer import Scorer
    from parametric_memory.records import Recall

_CONTENT = "content"  # of a text, in its entry's metadata
_CACHED_RECALLS = 4096
_CACHED_VECTORS = 65_536


class IndexedTexts:
    """A temporary memory and its texts, by the id of their entry; `route` says what a case recalls."""

    def __init__(self, memory: ParametricMemory, texts: Mapping[str, str], route: Route = "ask"):
        self.memory, self.texts, self.route = memory, texts, route
        self.own = route in ("alone", "given")
        self.found = lru_cache(_CACHED_RECALLS)(memory.recall)
        self._of_own = lru_cache(_CACHED_RECALLS)(
            lambda question, document: memory.recall(question, 1, filter={_CONTENT: _content(document)})
        )

    def recalls(self, case: Case) -> Sequence[Recall]:
        """Recalls of a case's question, best first, those below the threshold included."""
        return self._of_own(case.question, case.document) if self.own else self.found(case.question)

    def recalled(self, case: Case) -> Case:
        """The case with the texts that it recalls; `rag` searches all texts. Unchanged if it recalls its own alone."""
        if self.own:
            return case
        attached = tuple(self.texts[r.entry_id] for r in self.recalls(case) if r.attached)
        return replace(case, attached=attached, searched=tuple(self.texts.values()))

    def adapt(self, case: Case) -> Adapter | None:
        """The adapter that the memory answers the case's question under."""
        return self.memory.recaller.attach(self.recalls(case))

    def hybrid(self, case: Case) -> tuple[Adapter | None, str]:
        """The adapter of a hybrid answer, and the text in its prompt."""
        recaller, recalls = self.memory.recaller, self.recalls(case)
        text = "\n\n".join(recaller.passage(recall) for recall in recalls if recall.attached)
        return recaller.attach(recalls, with_texts=True), text

    def confident(self, cases: Sequence[Case], replies: Sequence[Reply]) -> list[Reply]:
        """Replies under what `adapt` attaches, with the confidence that `ask` returns."""
        confidence = self.memory.recaller.confidence
        return [
            reply._replace(confidence=confidence(case.question, reply.text, self.recalls(case), reply.confidence))
            for case, reply in zip(cases, replies, strict=True)
        ]

    @contextmanager
    def under(self, route: Route = "ask", **settings: Any) -> Iterator[IndexedTexts]:
        """The same memory by another route, and with other settings of recall."""
        with reopen(self.memory, **_gate(route), **settings) as other:
            yield IndexedTexts(other, self.texts, route)


@contextmanager
def indexed(
    memory: ParametricMemory, texts: Iterable[str], route: Route = "ask", **settings: Any
) -> Iterator[IndexedTexts]:
    """A memory of these texts with the models of another, and with other settings of recall; removed afterwards."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        reopen(memory, Path(folder) / "memory", **_gate(route), **settings) as small,
    ):
        by_id = {small.add(text, metadata={_CONTENT: _content(text)}).id: text for text in texts}
        yield IndexedTexts(small, by_id, route)


def _gate(route: Route) -> dict[str, Any]:
    return {"threshold": -1.0} if route in ("ungated", "given") else {}


def _content(text: str) -> str:
    return content_hash(clean(text))


@contextmanager
def sentence_memory(
    memory: ParametricMemory, texts: Mapping[str, Sequence[str]], embeddings: Embeddings, scorer: Scorer
) -> Iterator[ParametricMemory]:
    """A temporary memory without adapters, so that hundreds of texts take seconds; it recalls as others do.

    Args:
        memory: gives calibration and number of passages, and the threshold of a scorer that has none.
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


class _Sentences:
    """An internalizer of `sentence_memory`: cuts a text into sentences, with an empty adapter."""

    fingerprint = "sentences alone"

    def internalize(self, text: str) -> Internalized:
        import torch

        from parametric_memory.adapters.factors import Adapter, Factors

        nothing = Adapter({"nothing": Factors(torch.zeros(1, 1), torch.zeros(1, 1))})
        found = sentences(text) or [text]
        return Internalized(nothing, tokens=len(text.split()), chunks=len(found), passages=found)


class CachedEmbeddings(Embeddings):
    """Computes each vector once."""

    def __init__(self, embeddings: Embeddings):
        self.embeddings, self.fingerprint = embeddings, fingerprint_of(embeddings)
        self._query = lru_cache(_CACHED_VECTORS)(embeddings.embed_query)
        self._documents: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        return self._query(text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._documents]
        if new:
            self._documents.update(zip(new, self.embeddings.embed_documents(new), strict=True))
        return [self._documents[text] for text in texts]
