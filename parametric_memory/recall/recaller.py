"""What a query attaches: which entries of a memory, which of their rows, and how strongly.

`Recaller.recall` goes through five steps, and `attachment` adds the sixth:

    find    entries whose vectors are near to the query's, in the index
    score   how good the scorer finds each, and which of its passages
    gate    those above the threshold
    choose  the best passages of all of them, and how strongly each is attached
    mark    the words of these that answer
    attach  the rows of these, as one adapter

Knows nothing about prompts and answers: no language model runs.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Unpack

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.conversations import as_written
from parametric_memory.documents.dates import Moment, moment
from parametric_memory.documents.passages import spaced
from parametric_memory.documents.sentences import in_context, sentences
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.requests import Search
from parametric_memory.recall.calibration import Calibration, ChosenScorer, without
from parametric_memory.recall.entry_adapters import EntryAdapters
from parametric_memory.recall.scorer import Candidate, MarkedAnswer, Query, Scored, ScoredPassage, Scorer, row_factors
from parametric_memory.records import Entry, Neighbour, Recall, RecalledPassage
from parametric_memory.scopes import Scope, namespace_of, within
from parametric_memory.settings import RecallSettings
from parametric_memory.storage.entries import Found
from parametric_memory.storage.memory_storage import MemoryStorage

_LOOKED_AT = 64  # nearest passages of an entry, at least: several may be the same text
_LISTED = 4  # entries, at least, by default
_COMPARED = 8  # entries, at least, that the scorer orders
# Share of the threshold that a question must score by itself for a turn before it to count. In 44 chats of two turns
# over twelve documents, 14 of 24 follow-ups recall the right entry alone, 20 with this bound and 21 with none; of 20
# turns that nothing answers, 3, 3 and 11 attach something.
_LEAST_ALONE = 1 / 3
_LEAST_WEIGHT = 0.01  # of a passage, beside the strongest one's, for its rows to be attached


class Where(Scope, total=False):
    """What may be recalled. What is not given matches any.

    Attributes:
        filter: equality or Chroma's operators on metadata.
        namespace: the memory's own when neither it nor a user is given.
        at: a moment, or the beginning of a day: recalls what held then, not what holds now.
    """

    filter: Mapping[str, Any] | None
    namespace: str | None
    at: Moment | None


def searched(
    filter: Mapping[str, Any] | None = None,
    namespace: str | None = None,
    at: Moment | None = None,
    **scope: Unpack[Scope],
) -> dict[str, Any]:
    """The `filter`, `namespace` and moment `at` of a search. Raises SettingsError."""
    return {
        "filter": within(filter, scope),
        "namespace": namespace_of(namespace, scope),
        "at": None if at is None else moment(at, "at"),
    }


Near = tuple[Found, float]  # an entry and its similarity to a query
Ranked = tuple[Found, Scored]
Choice = tuple[float, list[RecalledPassage]]  # an entry's weight, and its passages; none: all of its rows


@dataclass(frozen=True)
class Attachment:
    """What a query recalls, and the adapter for its answer."""

    query: str  # the reading of it that was recalled for
    recalls: Sequence[Recall]
    adapter: Adapter | None  # the merged adapter of what is attached; None: nothing is
    texts: Sequence[str]  # of what is attached, if they were asked for
    search: Search  # settings for the search of an answer
    seconds: Mapping[str, float]  # to `recall`, and to `attach`

    @property
    def has_documents(self) -> bool:
        """Whether a recalled entry is attached, and not only skills."""
        return any(recall.attached for recall in self.recalls)

    def beside(self, skills: Sequence[Adapter]) -> Attachment:
        """The attachment with skills added, each at its full strength."""
        return replace(self, adapter=beside(self.adapter, skills)) if skills else self


def beside(documents: Adapter | None, skills: Sequence[Adapter]) -> Adapter | None:
    """The sum of an adapter of documents and of skills, uncompressed; None for none at all."""
    adapters = [*([] if documents is None else [documents]), *skills]
    if len(adapters) < 2:
        return adapters[0] if adapters else None
    return merge(adapters)


class Recaller:
    """Finds what a memory knows about a query, and makes one adapter of it."""

    def __init__(self, storage: MemoryStorage, settings: RecallSettings, choice: ChosenScorer):
        self.storage, self.models, self.settings, self.choice = storage, storage.models, settings, choice
        self.adapters = EntryAdapters(storage.entries, storage.models)

    @property
    def scorer(self) -> Scorer:
        """Embeds the memory's documents and corrects similarities."""
        return self.choice.chosen

    @property
    def calibration(self) -> Calibration:
        """The hypernetwork's, with the memory's own settings in place of the same ones.

        Raises CheckpointError: a setting in the hypernetwork's folder cannot be used.
        """
        names = ("max_adapters", "max_passages", "strength")
        own: dict[str, Any] = {name: value for name in names if (value := getattr(self.settings, name)) is not None}
        return replace(Calibration.of(*self.models.calibration), **own)

    @property
    def threshold(self) -> float:
        """Score below which nothing is attached."""
        of_scorer, own = self.scorer.threshold, self.settings.threshold
        default = self.calibration.threshold if of_scorer is None else of_scorer
        return default if own is None else own

    @property
    def least_similarity(self) -> float:
        """Cosine similarity above which an entry counts as near by its vectors alone."""
        return self.threshold if self.scorer.threshold is None else self.calibration.threshold

    def recall(self, query: str, k: int | None = None, **where: Any) -> list[Recall]:
        """The entries nearest to a query, best first, and which of them an answer attaches.

        Args:
            k: at most; as many as an answer lists when not given. The scorer decides the order of the nearest few
                and what is attached; others follow.
            where: `filter`, `namespace` and the moment `at` which entries must be valid, see `searched`.

        Raises DocumentError: the query is empty, or no text; SettingsError: k is less than 1, or the filter is not
        understood; MemoryFolderError: the index is gone or damaged.
        """
        with self.storage.database.reading():
            return [recall for _, recall in self._recalled(query, k, where)]

    def _recalled(self, query: str, k: int | None, where: Mapping[str, Any]) -> list[tuple[Found, Recall]]:
        """The recalls, each with its entry. Call it within a transaction."""
        query = clean(query, "The query", "say what to look for")
        if k is not None and k < 1:
            raise SettingsError(f"k must be at least 1, not {k}.")
        if self.storage.empty:
            return []
        self.storage.check_vectors()
        k = self._listed if k is None else k
        asked = self.scorer.query(query, self.models.embeddings)
        near = self.storage.search.nearest(asked.vector, max(k, self._compared), **where)
        texts = self._passages_of([found for found, _ in near[: self._compared]])
        scored = self.score(asked, near, texts)
        passing = self.gate(scored, near)
        chosen = self.mark(query, passing, self.choose(passing, texts), texts)
        recalls = []
        for found, of in scored[:k]:
            entry, is_attached = found.entry, found.revision in chosen
            weight, passages = chosen.get(found.revision) or (0.0, self._best_of(found, of, texts))
            if is_attached and passages:
                said = self.storage.entries.said(found, [passage.number for passage in passages])
                own = [(passage, said.get(passage.number)) for passage in passages]
                passages = [p.model_copy(update={"said": of, "text": as_written(p.text, of)}) for p, of in own]
            recall = Recall(
                entry_id=entry.id,
                namespace=entry.namespace,
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
        self, vector: Sequence[float], k: int = 4, *, with_vectors: bool = False, **where: Unpack[Where]
    ) -> list[Neighbour]:
        """The entries nearest to a vector of the memory's embedder, by cosine similarity alone, best first.

        Args:
            vector: `[dimension]`.
            with_vectors: also return the nearest vector of each entry.
            where: see `Where`; in all namespaces when neither one nor a user is given.

        Raises SettingsError: the filter is not understood; MemoryMismatch: the memory's vectors have another length.
        """
        with self.storage.database.reading():
            near = self.storage.search.nearest(vector, k, **searched(**where))
            revisions = [found.revision for found, _ in near] if with_vectors else []
            vectors = self.storage.search.nearest_vectors(vector, revisions) if revisions else {}
        return [Neighbour(of.entry, similarity, vectors.get(of.revision)) for of, similarity in near]

    def score(self, query: Query, near: Sequence[Near], texts: Mapping[int, Sequence[str]]) -> list[Ranked]:
        """The nearest entries in the scorer's order, best first, and all others after them.

        The order of the first ones, and so what is attached, does not depend on how many entries are found.

        texts: the passages of the first ones, by revision.
        """
        compared = [found.revision for found, _ in near[: self._compared] if _has_words(found.entry)]
        most = max(_LOOKED_AT, 8 * self.calibration.max_passages)

        @cache
        def nearest() -> Mapping[int, Sequence[ScoredPassage]]:  # of all in one search, if a scorer looks at any
            return self.storage.search.passages(compared, query.vector, most)

        def nearest_of(revision: int, vector: Sequence[float]) -> Sequence[ScoredPassage]:
            if vector is query.vector:
                return nearest().get(revision, ())
            return self.storage.search.passages([revision], vector, most).get(revision, ())

        candidates = [
            Candidate(
                title=found.entry.title,
                summary=found.entry.summary,
                similarity=similarity,
                since=found.entry.holds_since,
                passages=partial(self._sentences, found, texts),
                nearest=partial(nearest_of, found.revision),
            )
            for found, similarity in near
        ]
        scored = [(found, of) for (found, _), of in zip(near, query.score(candidates), strict=True)]
        first = sorted(scored[: self._compared], key=lambda ranked: (-ranked[1].score, not ranked[1].newer_than))
        return first + scored[self._compared :]

    def gate(self, scored: Sequence[Ranked], near: Sequence[Near]) -> list[Ranked]:
        """The entries that an answer may attach: the first ones above the threshold that no newer one supersedes.

        near: the entries in the order of `Scored.newer_than`.
        """
        passing = [ranked for ranked in scored[: self._listed] if ranked[1].score >= self.threshold]
        older = {near[number][0].revision for _, of in passing for number in of.newer_than}
        return [(found, of) for found, of in passing if found.revision not in older][: self.calibration.max_adapters]

    def choose(self, passing: Sequence[Ranked], texts: Mapping[int, Sequence[str]]) -> dict[int, Choice]:
        """The best passages of all entries together, `max_passages` of them, by the revision of their entry.

        A passage counts by its weight among those of its entry, times the entry's. An entry whose rows are all attached
        takes the place of one passage.
        """
        parts: list[tuple[float, int, RecalledPassage | None]] = []
        of_entries = self.scorer.weights([of.score for _, of in passing])
        for (found, of), weight in zip(passing, of_entries, strict=True):
            passages = self._best_of(found, of, texts)
            shares = self.scorer.weights([passage.score for passage in passages])
            shared: list[RecalledPassage | None] = [
                p.model_copy(update={"weight": share}) for p, share in zip(passages, shares, strict=True)
            ]
            parts += [(weight, found.revision, passage) for passage in shared or [None]]
        parts.sort(key=lambda part: -part[0] * (part[2].weight if part[2] else 1.0))
        chosen, places, taken = dict[int, Choice](), self.calibration.max_passages, set[Hashable]()
        for weight, revision, passage in parts:
            key = passage.text if passage and passage.text else (revision, passage and passage.number)
            if key not in taken and len(taken) < places:  # a text that is attached twice would be twice as strong
                taken.add(key)
                _, attached = chosen.setdefault(revision, (weight, []))
                attached += [passage] if passage else []
        return chosen

    def mark(
        self, query: str, passing: Sequence[Ranked], chosen: Mapping[int, Choice], texts: Mapping[int, Sequence[str]]
    ) -> dict[int, Choice]:
        """The chosen passages, with the words of those marked whose rows count; nothing if none of these answers."""
        titles = {found.revision: found.entry.title for found, _ in passing}
        significant = dict(zip(chosen, _significant(chosen.values()), strict=True))
        read = {  # without those of an entry that has changed
            (revision, passage.number): in_context(texts[revision], passage.number, titles[revision])
            for revision, passages in significant.items()
            for passage in passages
            if passage.text
        }
        marks = self.scorer.mark(query, [*read.values()])
        if not marks.answered and self.threshold > 0:
            return {}
        words = {
            key: [*zip(of.sentence.split(), marked, strict=bool(marked))]
            for (key, of), marked in zip(read.items(), marks.words, strict=True)
        }
        return {
            revision: (weight, [p.model_copy(update={"words": words.get((revision, p.number), [])}) for p in passages])
            for revision, (weight, passages) in chosen.items()
        }

    def _best_of(self, found: Found, of: Scored, texts: Mapping[int, Sequence[str]]) -> list[RecalledPassage]:
        """The best passages of an entry; none of one whose rows are attached as a whole."""
        known = texts.get(found.revision, ())
        scored = [(0, of.score)] if len(known) == 1 else of.passages
        return best_passages(scored, known, self.calibration.max_passages)

    def attachment(
        self, readings: Sequence[str], k: int | None = None, *, with_texts: bool = False, **where: Any
    ) -> Attachment:
        """What a query recalls, and the merged adapter and, if `with_texts`, the texts of what is attached.

        Args:
            readings: the query as it stands and, in a conversation, after each of the last turns before it. One of
                these holds if its score is higher and the query's own is not negligible: an earlier turn says who is
                meant, not what is asked, and may be what the memory answers.
            k, where: see `recall`.
        """
        started = time.perf_counter()
        with self.storage.database.reading():  # one state of the memory
            query, *others = readings
            recalled = self._recalled(query, k, where)
            for other in others if self._may_need_context(_best(recalled)) else ():
                again = self._recalled(other, k, where)
                if _best(again) > _best(recalled):
                    query, recalled = other, again
            looked = time.perf_counter()
            attached = [(found, recall) for found, recall in recalled if recall.attached]
            adapter = self._attach(attached, with_texts)
            texts = [self.passage(recall) for _, recall in attached] if with_texts else []
            # Calibrated for answers from a document's words, not for what a skill makes the model write.
            of_words = [recall for found, recall in attached if _has_words(found.entry)]
            search = self.search(query, of_words) if of_words else Search()
        seconds = {"recall": looked - started, "attach": time.perf_counter() - looked}
        return Attachment(query, [recall for _, recall in recalled], adapter, texts, search, seconds)

    def _may_need_context(self, alone: float) -> bool:
        """Whether a query with this score may be better understood after a turn before it."""
        threshold = self.threshold
        is_judged = self.scorer.threshold is not None  # similarities of texts of other lengths do not compare
        return alone >= _LEAST_ALONE * threshold and (alone < threshold or is_judged)

    def attach(self, recalls: Sequence[Recall], with_texts: bool = False) -> Adapter | None:
        """The merged adapter of the recalls that are attached; None for none.

        with_texts: whether their text will be in the prompt; then rows are as strong as trained.

        Raises EntryNotFound: an entry was deleted meanwhile.
        """
        with self.storage.database.reading():
            attached = [(self._entry_of(r), r) for r in recalls if r.attached]
            return self._attach(attached, with_texts)

    def _entry_of(self, recall: Recall) -> Found:
        return self.storage.entries.at(recall.entry_id, recall.namespace)

    def _attach(self, attached: Sequence[tuple[Found, Recall]], with_texts: bool) -> Adapter | None:
        if not attached:
            return None
        self.storage.check_models()
        significant = _significant([(recall.weight, [*recall.passages]) for _, recall in attached])
        words = [passage.words for passages in significant for passage in passages]
        factors = iter(row_factors(words, self.calibration.unmarked))
        adapter = self.adapters.together(
            [
                (
                    found,
                    {passage.number: (passage.weight, next(factors)) for passage in passages},
                    1.0 if with_texts else strength_at(recall.score, self.calibration.strength),
                    recall.weight,
                )
                for (found, recall), passages in zip(attached, significant, strict=True)
                if passages or not recall.passages  # else none of its rows is
            ]
        )
        return adapter if self.settings.max_rank is None else compress(adapter, self.settings.max_rank)

    def passage(self, recall: Recall) -> str:
        """The text that a recall attaches: the whole entry as the models read it, or the recalled passages in order.

        Raises EntryNotFound.
        """
        with self.storage.database.reading():
            found = self._entry_of(recall)
            if recall.passages:
                texts = self.storage.entries.passages([found])[found.revision]
                numbers = sorted(passage.number for passage in recall.passages)
                if numbers[-1] < len(texts):  # else the entry has changed since it was recalled
                    said = self.storage.entries.said(found, numbers)
                    return "\n".join(as_written(texts[number], said.get(number)) for number in numbers)
            return spaced(self.storage.entries.reading(found))

    def search(self, question: str, recalls: Sequence[Recall] = ()) -> Search:
        """Settings for the search of an answer under what is attached, as measured with the hypernetwork."""
        calibration, support = self.calibration, None
        if calibration.marked:
            passages = [(of.weight * passage.weight, passage.words) for of in recalls for passage in of.passages]
            support = MarkedAnswer.of(passages, calibration.marked)
        rules = self.scorer.answer_rules(question, without(calibration.answers, self.settings.without))
        return Search(calibration.alternatives, calibration.unless_sure, rules, support)

    def confidence(
        self, question: str, answer: str, recalls: Sequence[Recall], least_probable: float | None
    ) -> float | None:
        """The probability that an answer is right by the scorer, or of its least probable token if nothing is attached.

        least_probable: the probability of that token; None if it is not known, and then None is returned.
        """
        if least_probable is None:
            return None
        attached = [recall for recall in recalls if recall.attached]
        texts = {
            namespace: self.storage.entries.passages_of([r.entry_id for r in attached], namespace)
            for namespace in {recall.namespace for recall in attached}
        }
        read = []  # the passages whose rows are attached; none of a document without passages
        for recall in attached:
            passages = texts[recall.namespace][recall.entry_id]
            numbers = [passage.number for passage in recall.passages] or [0]
            read += [in_context(passages, number, recall.title) for number in numbers if number < len(passages)]
        return self.scorer.confidence(question, answer, read, least_probable)

    @property
    def _listed(self) -> int:
        return max(_LISTED, self.calibration.max_adapters)

    @property
    def _compared(self) -> int:
        return max(_COMPARED, self.calibration.max_adapters)

    def _passages_of(self, found: Sequence[Found]) -> dict[int, list[str]]:
        """The passages of entries by revision."""
        return self.storage.entries.passages([of for of in found if _has_words(of.entry)])

    def _sentences(self, found: Found, texts: Mapping[int, Sequence[str]]) -> Sequence[str]:
        """The sentences of an entry's document; none of an entry that was added as an adapter."""
        if not _has_words(found.entry):
            return ()
        passages = (texts if found.revision in texts else self._passages_of([found]))[found.revision]
        return passages or sentences(self.storage.entries.reading(found))


def _significant(choices: Collection[Choice]) -> list[list[RecalledPassage]]:
    """Of each choice, the passages whose update is not negligible beside the strongest one's."""
    least = _LEAST_WEIGHT * max((weight * p.weight for weight, passages in choices for p in passages), default=0.0)
    return [[p for p in passages if weight * p.weight >= least] for weight, passages in choices]


def _best(recalled: Sequence[tuple[Found, Recall]]) -> float:
    return max((recall.score for _, recall in recalled), default=0.0)


def strength_at(score: float, strength: float) -> float:
    """Factor on the update of rows of a document's sentences that are attached without their text.

    A sure answer must outweigh what the model knows, an unsure one must not: `strength` at a score of 1, and 1, as
    trained, at 0 and below.
    """
    return 1.0 + (strength - 1.0) * min(max(score, 0.0), 1.0)


def _has_words(entry: Entry) -> bool:
    """Whether its adapter was made of a document's words, and not added as an adapter."""
    return entry.chunks > 0


def best_passages(scored: Sequence[ScoredPassage], texts: Sequence[str], most: int) -> list[RecalledPassage]:
    """The best passages of an entry, each text once, with a weight of 0.

    scored: best first. texts: of all passages of the entry; none if they are not known.
    """
    if any(number >= len(texts) for number, _ in scored):  # the entry has changed
        texts = ()
    first = {texts[number]: number for number, _ in reversed(scored)} if texts else {}
    once = [(number, score) for number, score in scored if not texts or first[texts[number]] == number]
    return [
        RecalledPassage(number=number, score=score, weight=0.0, text=texts[number] if texts else "")
        for number, score in once[:most]
    ]
