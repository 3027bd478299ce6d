"""A memory of given texts for the time of an evaluation: what its index finds, and what it attaches.

Knows nothing about what is asked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.evaluation.cases import Case
from parametric_memory.text.cleaning import clean, content_hash

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.evaluation.generation import Reply
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.records import Recall

_CONTENT = "content"  # of a text, in its entry's metadata
_LOOKED_UP = 4096  # questions whose recalls are kept


class IndexedTexts:
    """A temporary memory and the texts that it was given, by the id of their entry."""

    def __init__(self, memory: ParametricMemory, texts: Mapping[str, str]):
        self.memory, self.texts = memory, texts
        self._recalls = lru_cache(_LOOKED_UP)(memory.recall)
        self._of_own = lru_cache(_LOOKED_UP)(self._recalled_of_own)

    def found(self, question: str) -> Sequence[Recall]:
        """What the memory recalls, best first: also what is too far away to be attached."""
        return self._recalls(question)

    def text(self, recall: Recall) -> str:
        """What was recalled."""
        return self.texts[recall.entry_id]

    def recalled(self, case: Case) -> Case:
        """The case with the texts that its question recalls; retrieval looks in all texts."""
        attached = tuple(self.texts[r.entry_id] for r in self._recalls(case.question) if r.attached)
        return replace(case, attached=attached, searched=tuple(self.texts.values()))

    def adapt(self, case: Case) -> Adapter | None:
        """The adapter that the memory answers the case's question under."""
        return self.memory.recaller.attach(self._recalls(case.question))

    def hybrid(self, case: Case) -> tuple[Adapter | None, str]:
        """What a hybrid answer is given: the adapter, and the text that stands in its prompt."""
        return self._with_text(self._recalls(case.question))

    def adapt_to_own(self, case: Case) -> Adapter | None:
        """The adapter for the case's question, were the case's document all that the memory holds."""
        return self.memory.recaller.attach(self._of_own(case.question, case.document))

    def hybrid_of_own(self, case: Case) -> tuple[Adapter | None, str]:
        """As `hybrid`, were the case's document all that the memory holds."""
        return self._with_text(self._of_own(case.question, case.document))

    def confident(self, cases: Sequence[Case], replies: Sequence[Reply], own: bool = False) -> list[Reply]:
        """Replies under what `adapt` attaches, with the confidence that `ask` tells.

        own: what `adapt_to_own` attaches.
        """
        recaller, told = self.memory.recaller, []
        for case, reply in zip(cases, replies, strict=True):
            recalls = self._of_own(case.question, case.document) if own else self._recalls(case.question)
            confidence = recaller.confidence(case.question, reply.text, recalls, reply.confidence)
            told.append(replace(reply, confidence=confidence))
        return told

    def _with_text(self, recalls: Sequence[Recall]) -> tuple[Adapter | None, str]:
        recaller = self.memory.recaller
        text = "\n\n".join(recaller.passage(recall) for recall in recalls if recall.attached)
        return recaller.attach(recalls, with_texts=True), text

    def _recalled_of_own(self, question: str, document: str) -> Sequence[Recall]:
        return self.memory.recall(question, 1, filter={_CONTENT: _content(document)})

    @contextmanager
    def under(self, **settings: Any) -> Iterator[IndexedTexts]:
        """The same memory with other settings of recall."""
        with self.memory.with_recall(**settings) as other:
            yield IndexedTexts(other, self.texts)


@contextmanager
def indexed(memory: ParametricMemory, texts: Sequence[str], **settings: Any) -> Iterator[IndexedTexts]:
    """A memory of these texts with the models of another; its folder is gone afterwards.

    settings: of recall, where they are to be others than that memory's.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        memory.with_recall(Path(folder) / "memory", **settings) as small,
    ):
        yield IndexedTexts(small, {small.add(text, metadata={_CONTENT: _content(text)}).id: text for text in texts})


def _content(text: str) -> str:
    return content_hash(clean(text))


def right_first(cases: Sequence[Case]) -> list[bool]:
    """Of each recalled case, whether its own document was recalled first."""
    return [case.sources[:1] == (case.document,) for case in cases]


def recalled_alone(
    memory: ParametricMemory, cases: Sequence[Case], hybrid: bool
) -> tuple[dict[Case, Adapter | None], dict[Case, tuple[Adapter | None, str]]]:
    """What a memory of a case's document alone attaches for its question, and what a hybrid answer is given.

    Neighbours of one document share a memory.

    hybrid: whether the latter is wanted: its adapters are others, and as large.
    """
    adapters: dict[Case, Adapter | None] = {}
    hybrids: dict[Case, tuple[Adapter | None, str]] = {}
    for document, asked in groupby(cases, lambda case: case.document):
        with indexed(memory, [document]) as texts:
            for case in asked:
                adapters[case] = texts.adapt(case)
                if hybrid:
                    hybrids[case] = texts.hybrid(case)
    return adapters, hybrids
