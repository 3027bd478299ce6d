"""What a query attaches: which entries of a memory, which of their rows, and how strongly.

`Recaller.recall` goes through four steps, and `attachment` adds the fifth:

    find             entries whose vectors are near to the query's, in the index
    score            how good the scorer finds each, and which of its passages
    gate             those above the threshold, as many as an answer attaches, and their weights
    choose_passages  of each, the passages whose rows count, and their weights
    attach           the rows of all, as one adapter

Knows nothing about prompts and answers: no language model runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError, EntryNotFound, SettingsError
from parametric_memory.language_model.requests import Search
from parametric_memory.recall.calibration import Calibration
from parametric_memory.recall.passages import chosen_passages, looked_at
from parametric_memory.recall.scorer import Candidate, Query, Scored, ScoredPassage, Vector
from parametric_memory.recall.scorers import without
from parametric_memory.records import Entry, Recall, RecalledPassage
from parametric_memory.settings import RecallSettings
from parametric_memory.storage.folder import MemoryFolder
from parametric_memory.text.cleaning import clean
from parametric_memory.text.in_context import InContext, in_context
from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.recall.scorer import Scorer

_LISTED = 4  # entries, at least, when nobody says how many
_COMPARED = 8  # entries, at least, whose order the scorer says
_TRIES = 3  # to attach what was recalled

Found = tuple[Entry, float]  # an entry and its similarity to a query
Ranked = tuple[Entry, Scored]


@dataclass(frozen=True)
class Attachment:
    """What a query recalls, and what an answer to it is given under.

    Attributes:
        adapter: the merged adapter of what is attached; None: nothing is.
        texts: what is attached, as text, if that was asked for.
        search: how an answer is looked for.
        seconds: to `recall`, and to `attach`.
    """

    recalls: Sequence[Recall]
    adapter: Adapter | None
    texts: Sequence[str]
    search: Search
    seconds: Mapping[str, float]

    @property
    def has_documents(self) -> bool:
        """Whether something that was recalled is attached; a skill alone is no document."""
        return any(recall.attached for recall in self.recalls)

    def beside(self, skills: Sequence[Adapter]) -> Attachment:
        """The same with skills beside what was recalled, each with its whole effect."""
        return replace(self, adapter=beside(self.adapter, skills)) if skills else self


def beside(documents: Adapter | None, skills: Sequence[Adapter]) -> Adapter | None:
    """The adapter of documents with skills beside it: their updates add up. None for nothing at all.

    The rank that documents may have is theirs alone: what is merged here is not compressed.
    """
    from parametric_memory.adapters.merging import merge

    adapters = [*([] if documents is None else [documents]), *skills]
    if len(adapters) < 2:
        return adapters[0] if adapters else None
    return merge(adapters)


class Recaller:
    """Finds what a memory knows about a query, and makes one adapter of it."""

    def __init__(self, kept: MemoryFolder, settings: RecallSettings, scorer_of: Callable[[], Scorer]):
        """scorer_of: gives what the memory's documents are embedded by, and corrects similarities."""
        self.kept, self.models, self.settings, self._scorer_of = kept, kept.models, settings, scorer_of

    @property
    def scorer(self) -> Scorer:
        return self._scorer_of()

    @property
    def calibration(self) -> Calibration:
        """Raises CheckpointError: what the hypernetwork's folder says of it cannot be."""
        return Calibration.of(*self.models.calibration)

    @property
    def threshold(self) -> float:
        """Score below which nothing is attached."""
        chosen = (self.settings.threshold, self.scorer.threshold)
        return next((t for t in chosen if t is not None), self.calibration.threshold)

    @property
    def least_similarity(self) -> float:
        """Cosine similarity from which on something is near by its vectors alone, whatever a scorer says."""
        return self.threshold if self.scorer.threshold is None else self.calibration.threshold

    @property
    def max_adapters(self) -> int:
        return self.settings.max_adapters or self.calibration.max_adapters

    @property
    def max_passages(self) -> int:
        return self.settings.max_passages or self.calibration.max_passages

    @property
    def rank(self) -> int | None:
        """Rows for every 100 tokens of what is made when it is recalled; None: as many as its internalizer makes."""
        return self.settings.rank or self.models.attached_rank

    @property
    def strength(self) -> float:
        """Factor on the update of what surely answers; see `strength_at`."""
        return self.calibration.strength if self.settings.strength is None else self.settings.strength

    def recall(
        self,
        query: str,
        k: int | None = None,
        *,
        namespace: str,
        filter: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> list[Recall]:
        """The entries nearest to a query, best first, and which of them an answer attaches.

        Args:
            k: how many, at most; as many as an answer lists when not given. Among the nearest few, the scorer decides
                the order and what is attached; others follow.
            at: the moment at which it must hold what they say; None: now.

        Raises:
            DocumentError: the query is empty, or no text.
            SettingsError: k is less than 1, or the filter is not understood.
            MemoryFolderError: the index is gone or damaged.
        """
        query = clean(query, "The query", "say what to look for")
        if k is not None and k < 1:
            raise SettingsError(f"k must be at least 1, not {k}.")
        if self.kept.empty:
            return []
        self.kept.check_vectors()
        k = max(_LISTED, self.max_adapters) if k is None else k
        asked = self.scorer.query(query, self.models.embeddings)
        found = self.find(asked, k, namespace, filter, at)
        scored = self.score(asked, found)
        weights = self.gate(scored)
        passages = {entry.id: self.choose_passages(entry, of.passages) for entry, of in scored[: len(weights)]}
        return [
            Recall(
                entry_id=entry.id,
                title=entry.title,
                summary=entry.summary,
                source=entry.source,
                metadata=entry.metadata,
                score=of.score,
                weight=weights[place] if place < len(weights) else 0.0,
                attached=place < len(weights),
                passages=passages.get(entry.id, []),
                newer_than=[found[number][0].id for number in of.newer_than],
            )
            for place, (entry, of) in enumerate(scored[:k])
        ]

    def find(
        self, query: Query, k: int, namespace: str, filter: Mapping[str, Any] | None, at: datetime | None = None
    ) -> list[Found]:
        """At least the k nearest entries, if there are as many, with their similarities, nearest first."""
        near = self.kept.nearest(query.vector, max(k, self._compared), namespace=namespace, filter=filter, at=at)
        return [
            (entry, similarity)
            for id, similarity in near
            # Else it was deleted, moved or ran out a moment ago: the index may have stayed behind.
            if (entry := self.kept.find(id)) is not None and entry.namespace == namespace and entry.is_open(at)
        ]

    def score(self, query: Query, found: Sequence[Found]) -> list[Ranked]:
        """The nearest entries as the scorer orders them, best first; others behind them as they were.

        However many are found, the order of the first ones, and so what is attached, is the same.
        """
        compared = [entry.id for entry, _ in found[: self._compared] if _has_words(entry)]
        most = looked_at(self.max_passages)

        @cache
        def nearest() -> Mapping[str, Sequence[ScoredPassage]]:  # of all in one search, if a scorer looks at any
            return self.kept.looked_up(lambda index: index.nearest_passages(compared, query.vector, most))

        def near(id: str, vector: Vector) -> Sequence[ScoredPassage]:
            if vector is query.vector:
                return nearest().get(id, ())
            return self.kept.looked_up(lambda index: index.nearest_passages([id], vector, most)).get(id, ())

        candidates = [
            Candidate(
                title=entry.title,
                summary=entry.summary,
                similarity=similarity,
                since=entry.holds_since,
                passages=partial(self._sentences, entry),
                nearest=partial(near, entry.id),
            )
            for entry, similarity in found
        ]
        scored = [(entry, of) for (entry, _), of in zip(found, query.score(candidates), strict=True)]
        first = sorted(scored[: self._compared], key=lambda ranked: (-ranked[1].score, not ranked[1].newer_than))
        return first + scored[self._compared :]

    def gate(self, scored: Sequence[Ranked]) -> Sequence[float]:
        """The weights of the entries that an answer attaches: of the first ones, none below the threshold."""
        passing = [of.score for _, of in scored[: self.max_adapters] if of.score >= self.threshold]
        return self.scorer.weights(passing)

    def choose_passages(self, entry: Entry, scored: Sequence[ScoredPassage]) -> list[RecalledPassage]:
        """Which passages of an entry an answer attaches; none of one whose rows are all attached."""
        if not scored:
            return []
        return self._with_said(
            entry.id, chosen_passages(self.scorer, scored, self._passages(entry.id), self.max_passages)
        )

    def attachment(
        self,
        query: str,
        k: int | None = None,
        *,
        namespace: str,
        filter: Mapping[str, Any] | None = None,
        at: datetime | None = None,
        with_texts: bool = False,
    ) -> Attachment:
        """What a query recalls, and the merged adapter and, if asked for, the texts of what is attached."""
        look = partial(self.recall, query, k, namespace=namespace, filter=filter, at=at)
        for _ in range(_TRIES - 1):
            with suppress(EntryNotFound):  # an entry was deleted meanwhile
                return self._attachment(query, look, with_texts)
        return self._attachment(query, look, with_texts)

    def _attachment(self, query: str, look: Callable[[], Sequence[Recall]], with_texts: bool) -> Attachment:
        started = time.perf_counter()
        recalls = look()
        recalled = time.perf_counter()
        adapter = self.attach(recalls, with_texts)
        texts = [self.passage(r) for r in recalls if r.attached] if with_texts else []
        seconds = {"recall": recalled - started, "attach": time.perf_counter() - recalled}
        # What was calibrated are answers from a document's words, not what a skill makes the model write.
        attached = (self.kept.find(r.entry_id) for r in recalls if r.attached)
        search = self.search(query) if any(entry and _has_words(entry) for entry in attached) else Search()
        return Attachment(recalls, adapter, texts, search, seconds)

    def attach(self, recalls: Sequence[Recall], with_texts: bool = False) -> Adapter | None:
        """The merged adapter of the recalls that are attached; None for none.

        with_texts: whether their text will be in the prompt. It is heard without being spoken louder.
        """
        from parametric_memory.adapters.merging import merge

        chosen = [r for r in recalls if r.attached]
        if not chosen:
            return None
        self.kept.check_models()
        adapters = [self._recalled(r, 1.0 if with_texts else strength_at(r.score, self.strength)) for r in chosen]
        if len(adapters) == 1 and chosen[0].weight == 1.0 and self.settings.max_rank is None:
            return adapters[0]
        return merge(adapters, [r.weight for r in chosen], self.settings.max_rank)

    def passage(self, recall: Recall) -> str:
        """What a recall attaches, as text: all of an entry, or the recalled passages, in their order.

        Raises EntryNotFound.
        """
        text = self.kept.store.text(recall.entry_id)
        if not recall.passages:
            return text
        texts = self.kept.passages(recall.entry_id)
        numbers = sorted(passage.number for passage in recall.passages)
        if numbers[-1] >= len(texts):  # the entry has changed since it was recalled
            return text
        return "\n".join(texts[number] for number in numbers)

    def search(self, question: str) -> Search:
        """How an answer under an adapter is looked for, as measured with the hypernetwork; else greedily."""
        told = self.calibration
        rules = self.scorer.answer_rules(question, without(told.answers, self.settings.without))
        return Search(told.beams, told.unless_sure if told.beams > 1 else None, rules)

    def confidence(
        self, question: str, answer: str, recalls: Sequence[Recall], least_probable: float | None
    ) -> float | None:
        """How probable it is that an answer is right: where something is attached, as far as the scorer can tell; or
        else as probable as its least probable token.

        Args:
            least_probable: the probability of that token; None, and None is returned, where nobody knows.
        """
        if least_probable is None:
            return None
        return self.scorer.confidence(question, answer, self.attached_sentences(recalls), least_probable)

    def attached_sentences(self, recalls: Sequence[Recall]) -> list[InContext]:
        """The passages whose rows are attached, as they stand in their documents; none of a document without any."""
        return [
            in_context(texts, passage.number, recall.title)
            for recall in recalls
            if recall.attached and (texts := self._passages(recall.entry_id))
            for passage in recall.passages or [RecalledPassage(number=0, score=recall.score, weight=1.0)]
            if passage.number < len(texts)
        ]

    @property
    def _compared(self) -> int:
        return max(_COMPARED, self.max_adapters)

    def _sentences(self, entry: Entry) -> Sequence[str]:
        """What can be read of an entry's document; nothing of what was added as an adapter."""
        if not _has_words(entry):
            return ()
        try:
            return self.kept.passages(entry.id) or sentences(self.kept.store.text(entry.id))
        except (EntryNotFound, CheckpointError):  # deleted a moment ago; damage is no reason not to answer
            return ()

    def _passages(self, id: str) -> Sequence[str]:
        """An entry's passages; none where it was deleted a moment ago, and damaged ones are no reason not to answer."""
        try:
            return self.kept.passages(id)
        except (EntryNotFound, CheckpointError):
            return ()

    def _with_said(self, id: str, passages: list[RecalledPassage]) -> list[RecalledPassage]:
        """The passages of an entry, with who said them where it is a conversation."""
        try:
            said = self.kept.said(id)
        except (EntryNotFound, CheckpointError, ValueError):  # damage is no reason not to answer
            return passages
        return [p.model_copy(update={"said": said[p.number]}) if p.number < len(said) else p for p in passages]

    def _recalled(self, recall: Recall, strength: float) -> Adapter:
        """An entry's adapter, or those of its rows that were recalled."""
        weights = {passage.number: passage.weight for passage in recall.passages}
        return self.kept.adapters.attached(recall.entry_id, weights, self.rank, strength)


def strength_at(score: float, strength: float) -> float:
    """Factor on the update of rows that are made of a document's sentences, when a question attaches them without text.

    What surely answers is to be heard above what the model knows, and what hardly does is to leave it alone: `strength`
    at a score of 1, and as trained, 1, at 0 and below.
    """
    return 1.0 + (strength - 1.0) * min(max(score, 0.0), 1.0)


def _has_words(entry: Entry) -> bool:
    """Whether its adapter was made of a document's words; not what was added as an adapter."""
    return entry.chunks > 0
