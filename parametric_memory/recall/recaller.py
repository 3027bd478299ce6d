"""What a query attaches: which entries of a memory, which of their rows, and how strongly.

`Recaller.recall` goes through four steps, and `attachment` adds the fifth:

    find    entries whose vectors are near to the query's, in the index
    score   how good the scorer finds each, and which of its passages
    gate    those above the threshold
    choose  the best passages of all of them, and how strongly each is attached
    attach  the rows of these, as one adapter

Knows nothing about prompts and answers: no language model runs.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Unpack

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.dates import Moment, moment
from parametric_memory.documents.passages import spaced
from parametric_memory.documents.sentences import InContext, in_context, sentences
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.requests import Search
from parametric_memory.recall.calibration import Calibration, ChosenScorer, without
from parametric_memory.recall.entry_adapters import EntryAdapters
from parametric_memory.recall.scorer import Candidate, Query, Scored, ScoredPassage, Vector
from parametric_memory.records import Entry, Neighbour, Recall, RecalledPassage
from parametric_memory.scopes import Scope, namespace_of, within
from parametric_memory.settings import RecallSettings
from parametric_memory.storage.entries import Found
from parametric_memory.storage.memory_storage import MemoryStorage

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

_LOOKED_AT = 64  # of the passages of an entry nearest to a question: several may say the same
_LISTED = 4  # entries, at least, when nobody says how many
_COMPARED = 8  # entries, at least, whose order the scorer says

Near = tuple[Found, float]  # an entry and its similarity to a query
Ranked = tuple[Found, Scored]
Choice = tuple[float, list[RecalledPassage]]  # the weight of an entry, and its passages; none: all of its rows


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

    def __init__(self, storage: MemoryStorage, settings: RecallSettings, scorer: ChosenScorer):
        """scorer: what the memory's documents are embedded by, and corrects similarities."""
        self.storage, self.models, self.settings, self.scorer = storage, storage.models, settings, scorer
        self.adapters = EntryAdapters(storage.entries, storage.models)

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
        with self.storage.database.reading():
            return [recall for _, recall in self._recalled(query, k, namespace, filter, at)]

    def _recalled(
        self, query: str, k: int | None, namespace: str, filter: Mapping[str, Any] | None, at: datetime | None
    ) -> list[tuple[Found, Recall]]:
        """Within a transaction: what is recalled, each with its entry."""
        query = clean(query, "The query", "say what to look for")
        if k is not None and k < 1:
            raise SettingsError(f"k must be at least 1, not {k}.")
        if self.storage.empty:
            return []
        self.storage.check_vectors()
        k = self._listed if k is None else k
        asked = self.scorer.query(query, self.models.embeddings)
        most = max(k, self._compared)
        near = self.storage.search.nearest(asked.vector, most, namespace=namespace, filter=filter, at=at)
        texts = self._passages_of([found for found, _ in near[: self._compared]])
        scored = self.score(asked, near, texts)
        chosen = self.choose(self.gate(scored, near), texts)
        recalls = []
        for found, of in scored[:k]:
            entry, is_attached = found.entry, found.entry.id in chosen
            weight, passages = chosen.get(entry.id) or (0.0, self._best_of(found, of, texts))
            if is_attached and passages:
                said = self.storage.entries.said(found, [passage.number for passage in passages])
                passages = [passage.model_copy(update={"said": said.get(passage.number)}) for passage in passages]
            recall = Recall(
                entry_id=entry.id,
                title=entry.title,
                summary=entry.summary,
                source=entry.source,
                metadata=entry.metadata,
                score=of.score,
                weight=weight,
                attached=is_attached,
                passages=passages,
                newer_than=[near[number][0].entry.id for number in of.newer_than],
            )
            recalls.append((found, recall))
        return recalls

    def nearest(
        self,
        vector: Sequence[float],
        k: int = 4,
        *,
        filter: Mapping[str, Any] | None = None,
        namespace: str | None = None,
        at: Moment | None = None,
        with_vectors: bool = False,
        **scope: Unpack[Scope],
    ) -> list[Neighbour]:
        """The entries nearest to a vector of the memory's embedder, by cosine similarity alone, best first.

        Args:
            vector: `[dimension]`.
            namespace: all of them when neither it nor a user is given.
            at, scope: see `ParametricMemory.recall`.
            with_vectors: also return the nearest vector of each entry.

        Raises:
            SettingsError: the filter is not understood.
            MemoryMismatch: the vectors of the memory have another length.
        """
        place: Any = {
            "filter": within(filter, scope),
            "namespace": namespace_of(namespace, scope),
            "at": None if at is None else moment(at, "at"),
        }
        with self.storage.database.reading():
            near = self.storage.search.nearest(vector, k, **place)
            revisions = [found.revision for found, _ in near] if with_vectors else []
            vectors = self.storage.search.nearest_vectors(vector, revisions) if revisions else {}
        return [Neighbour(of.entry.id, similarity, vectors.get(of.revision)) for of, similarity in near]

    def score(self, query: Query, near: Sequence[Near], texts: Mapping[str, Sequence[str]]) -> list[Ranked]:
        """The nearest entries as the scorer orders them, best first; others behind them as they were.

        However many are found, the order of the first ones, and so what is attached, is the same.

        Args:
            texts: the passages of the first ones, by id.
        """
        compared = [found.revision for found, _ in near[: self._compared] if _has_words(found.entry)]
        most = looked_at(self.max_passages)

        @cache
        def nearest() -> Mapping[int, Sequence[ScoredPassage]]:  # of all in one search, if a scorer looks at any
            return self.storage.search.passages(compared, query.vector, most)

        def nearest_of(revision: int, vector: Vector) -> Sequence[ScoredPassage]:
            if vector is query.vector:
                return nearest().get(revision, ())
            return self.storage.search.passages([revision], vector, most).get(revision, ())

        candidates = [
            Candidate(
                title=found.entry.title,
                summary=found.entry.summary,
                similarity=similarity,
                since=found.entry.holds_since,
                passages=partial(self._sentences, found.entry, texts),
                nearest=partial(nearest_of, found.revision),
            )
            for found, similarity in near
        ]
        scored = [(found, of) for (found, _), of in zip(near, query.score(candidates), strict=True)]
        first = sorted(scored[: self._compared], key=lambda ranked: (-ranked[1].score, not ranked[1].newer_than))
        return first + scored[self._compared :]

    def gate(self, scored: Sequence[Ranked], near: Sequence[Near]) -> list[Ranked]:
        """The entries that an answer may attach: of the first ones, none below the threshold, and none that is older
        than another one which says the same.

        near: the entries in the order that `Scored.newer_than` counts them in.
        """
        passing = [ranked for ranked in scored[: self._listed] if ranked[1].score >= self.threshold]
        older = {near[number][0].revision for _, of in passing for number in of.newer_than}
        return [(found, of) for found, of in passing if found.revision not in older][: self.max_adapters]

    def choose(self, passing: Sequence[Ranked], texts: Mapping[str, Sequence[str]]) -> dict[str, Choice]:
        """The best passages of all entries together, `max_passages` of them, by the id of their entry.

        A passage counts by its weight among those of its entry, times the entry's. An entry whose rows are all attached
        takes the place of one passage.
        """
        parts: list[tuple[float, str, RecalledPassage | None]] = []
        of_entries = self.scorer.weights([of.score for _, of in passing])
        for (found, of), weight in zip(passing, of_entries, strict=True):
            passages = self._best_of(found, of, texts)
            shares = self.scorer.weights([passage.score for passage in passages])
            shared: list[RecalledPassage | None] = [
                passage.model_copy(update={"weight": share}) for passage, share in zip(passages, shares, strict=True)
            ]
            parts += [(weight, found.entry.id, passage) for passage in shared or [None]]
        best: dict[Hashable, tuple[float, str, RecalledPassage | None]] = {}
        for weight, id, passage in sorted(parts, key=lambda part: -part[0] * (part[2].weight if part[2] else 1.0)):
            number, text = (passage.number, passage.text) if passage else (None, "")
            best.setdefault(text or (id, number), (weight, id, passage))  # the same sentence twice is twice as strong
        chosen: dict[str, Choice] = {}
        for weight, id, passage in [*best.values()][: self.max_passages]:
            _, attached = chosen.setdefault(id, (weight, []))
            attached += [passage] if passage else []
        return chosen

    def _best_of(self, found: Found, of: Scored, texts: Mapping[str, Sequence[str]]) -> list[RecalledPassage]:
        """The best passages of an entry; none of one whose rows are attached as a whole."""
        known = texts.get(found.entry.id, ())
        scored = [(0, of.score)] if len(known) == 1 else of.passages
        return best_passages(scored, known, self.max_passages)

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
        started = time.perf_counter()
        with self.storage.database.reading():  # one state of the memory
            recalled = self._recalled(query, k, namespace, filter, at)
            looked = time.perf_counter()
            attached = [(found, recall) for found, recall in recalled if recall.attached]
            adapter = self._attach(attached, with_texts)
            texts = [self.passage(recall) for _, recall in attached] if with_texts else []
        seconds = {"recall": looked - started, "attach": time.perf_counter() - looked}
        # What was calibrated are answers from a document's words, not what a skill makes the model write.
        search = self.search(query) if any(_has_words(found.entry) for found, _ in attached) else Search()
        return Attachment([recall for _, recall in recalled], adapter, texts, search, seconds)

    def attach(self, recalls: Sequence[Recall], with_texts: bool = False) -> Adapter | None:
        """The merged adapter of the recalls that are attached; None for none.

        with_texts: whether their text will be in the prompt, where rows are as strong as trained.

        Raises EntryNotFound: an entry was deleted meanwhile.
        """
        with self.storage.database.reading():
            attached = [(self.storage.entries.at(r.entry_id), r) for r in recalls if r.attached]
            return self._attach(attached, with_texts)

    def _attach(self, attached: Sequence[tuple[Found, Recall]], with_texts: bool) -> Adapter | None:
        from parametric_memory.adapters.merging import compress

        if not attached:
            return None
        self.storage.check_models()
        adapter = self.adapters.together(
            [
                (
                    found,
                    {passage.number: passage.weight for passage in recall.passages},
                    1.0 if with_texts else strength_at(recall.score, self.strength),
                    recall.weight,
                )
                for found, recall in attached
            ],
            self.rank,
        )
        return adapter if self.settings.max_rank is None else compress(adapter, self.settings.max_rank)

    def passage(self, recall: Recall) -> str:
        """What a recall attaches, as the models read it: all of an entry, or the recalled passages, in their order.

        Raises EntryNotFound.
        """
        if recall.passages:
            texts = self.storage.entries.passages([recall.entry_id])[recall.entry_id]
            numbers = sorted(passage.number for passage in recall.passages)
            if numbers[-1] < len(texts):  # else the entry has changed since it was recalled
                return "\n".join(texts[number] for number in numbers)
        return spaced(self.storage.entries.reading(recall.entry_id))

    def search(self, question: str) -> Search:
        """How an answer under an adapter is looked for, as measured with the hypernetwork."""
        told = self.calibration
        rules = self.scorer.answer_rules(question, without(told.answers, self.settings.without))
        return Search(told.alternatives, told.unless_sure, rules)

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
        attached = [recall for recall in recalls if recall.attached]
        texts = self.storage.entries.passages([recall.entry_id for recall in attached])
        return [
            in_context(texts[recall.entry_id], passage.number, recall.title)
            for recall in attached
            if texts[recall.entry_id]
            for passage in recall.passages or [RecalledPassage(number=0, score=recall.score, weight=1.0)]
            if passage.number < len(texts[recall.entry_id])
        ]

    @property
    def _listed(self) -> int:
        return max(_LISTED, self.max_adapters)

    @property
    def _compared(self) -> int:
        return max(_COMPARED, self.max_adapters)

    def _passages_of(self, found: Sequence[Found]) -> dict[str, list[str]]:
        """The passages of entries, by id."""
        return self.storage.entries.passages([of.entry.id for of in found if _has_words(of.entry)])

    def _sentences(self, entry: Entry, texts: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """What can be read of an entry's document; nothing of what was added as an adapter."""
        if not _has_words(entry):
            return ()
        passages = texts[entry.id] if entry.id in texts else self.storage.entries.passages([entry.id])[entry.id]
        return passages or sentences(self.storage.entries.reading(entry.id))


def strength_at(score: float, strength: float) -> float:
    """Factor on the update of rows that are made of a document's sentences, when a question attaches them without text.

    What surely answers is to be heard above what the model knows, and what hardly does is to leave it alone: `strength`
    at a score of 1, and as trained, 1, at 0 and below.
    """
    return 1.0 + (strength - 1.0) * min(max(score, 0.0), 1.0)


def _has_words(entry: Entry) -> bool:
    """Whether its adapter was made of a document's words; not what was added as an adapter."""
    return entry.chunks > 0


def looked_at(most: int) -> int:
    """How many of the nearest passages of an entry are needed to choose so many."""
    return max(_LOOKED_AT, 8 * most)


def best_passages(scored: Sequence[ScoredPassage], texts: Sequence[str], most: int) -> list[RecalledPassage]:
    """The best passages of an entry, each text once, with a weight of 0.

    Args:
        scored: numbers and scores, best first.
        texts: of all passages of the entry; none where they are not known.
        most: how many.
    """
    if any(number >= len(texts) for number, _ in scored):  # the entry has changed
        texts = ()
    first = {texts[number]: number for number, _ in reversed(scored)} if texts else {}
    once = [(number, score) for number, score in scored if not texts or first[texts[number]] == number]
    return [
        RecalledPassage(number=number, score=score, weight=0.0, text=texts[number] if texts else "")
        for number, score in once[:most]
    ]
