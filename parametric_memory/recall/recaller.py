"""What a query attaches: which entries of a memory, which of their rows, and how strongly.

The index finds entries by their vectors; names that a document does not hold, and words that a passage shares with the
query, correct what vectors miss. Knows nothing about prompts and answers: no language model runs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.focus import fits, focused, passage_weights
from parametric_memory.errors import CheckpointError, EntryNotFound, SettingsError
from parametric_memory.language_model.requests import Search
from parametric_memory.recall.english import Letters
from parametric_memory.recall.passages import chosen_passages, looked_at, passage_vector
from parametric_memory.records import Entry, Recall, RecalledPassage
from parametric_memory.storage.folder import PASSAGE_ROWS, MemoryFolder
from parametric_memory.text.cleaning import clean
from parametric_memory.text.names import with_names_meant

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

_LISTED = 4  # entries, at least, when nobody says how many
_COMPARED = 8  # entries, at least, by the names and words they hold
_READ = 3  # passages of each, the nearest that do not say the same
_LOOKED_AT = 4 * _READ  # some of which may
ENTRY_TEMPERATURE = 0.1  # of the softmax over scores that weights several entries; see `passage_weights`
_TRIES = 3  # to attach what was recalled


@dataclass(frozen=True)
class RecallSettings:
    """What a caller decides. Where it is None, the hypernetwork's calibration does."""

    max_adapters: int | None = None
    max_passages: int | None = None
    threshold: float | None = None
    max_rank: int | None = None  # of the merged adapter; None: any


@dataclass(frozen=True)
class Attachment:
    """What a query recalls, and what an answer to it is given under."""

    recalls: Sequence[Recall]
    adapter: Adapter | None
    texts: Sequence[str]  # what is attached, as text, if that was asked for
    search: Search  # how an answer is looked for
    seconds: Mapping[str, float]  # to `recall`, and to `attach`


class Recaller:
    """Finds what a memory knows about a query, and makes one adapter of it."""

    def __init__(self, kept: MemoryFolder, settings: RecallSettings):
        self.kept, self.models, self.settings = kept, kept.models, settings

    @property
    def threshold(self) -> float:
        own = self.settings.threshold
        return self.models.calibration.threshold if own is None else own

    @property
    def max_adapters(self) -> int:
        return self.settings.max_adapters or self.models.calibration.max_adapters

    @property
    def max_passages(self) -> int:
        return self.settings.max_passages or self.models.calibration.max_passages

    def recall(
        self, query: str, k: int | None = None, *, namespace: str, filter: Mapping[str, Any] | None = None
    ) -> list[Recall]:
        """The entries nearest to a query, best first, and which of them an answer attaches.

        Args:
            k: how many, at most; as many as an answer lists when not given. Among the nearest few, names decide the
                order and what is attached; others follow.

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
        self.kept.check_embedder()
        k = max(_LISTED, self.max_adapters) if k is None else k
        vector = self.models.embeddings.embed_query(query)
        found = self._found(query, vector, k, namespace, filter)
        passing = [score for _, score in found[: self.max_adapters] if score >= self.threshold]
        weights = passage_weights(passing, ENTRY_TEMPERATURE)
        passages = self._passages_to_attach(query, vector, [entry for entry, _ in found[: len(passing)]])
        return [
            Recall(
                entry_id=entry.id,
                title=entry.title,
                summary=entry.summary,
                source=entry.source,
                metadata=entry.metadata,
                score=score,
                weight=weights[place] if place < len(passing) else 0.0,
                attached=place < len(passing),
                passages=passages.get(entry.id, []),
            )
            for place, (entry, score) in enumerate(found[:k])
        ]

    def attachment(
        self,
        query: str,
        k: int | None = None,
        *,
        namespace: str,
        filter: Mapping[str, Any] | None = None,
        with_texts: bool = False,
    ) -> Attachment:
        """`recall`, `adapter_for` and, if asked for, `passage` in one, also where an entry is deleted meanwhile."""
        for _ in range(_TRIES - 1):
            with suppress(EntryNotFound):
                return self._attachment(query, k, namespace, filter, with_texts)
        return self._attachment(query, k, namespace, filter, with_texts)

    def _attachment(
        self, query: str, k: int | None, namespace: str, filter: Mapping[str, Any] | None, with_texts: bool
    ) -> Attachment:
        started = time.perf_counter()
        recalls = self.recall(query, k, namespace=namespace, filter=filter)
        recalled = time.perf_counter()
        adapter = self.adapter_for(recalls)
        texts = [self.passage(r) for r in recalls if r.attached] if with_texts else []
        seconds = {"recall": recalled - started, "attach": time.perf_counter() - recalled}
        # What was calibrated are answers from a document's words, not what a skill makes the model write.
        attached = (self.kept.find(r.entry_id) for r in recalls if r.attached)
        search = self.models.search(query) if any(entry and _has_words(entry) for entry in attached) else Search()
        return Attachment(recalls, adapter, texts, search, seconds)

    def adapter_for(self, recalls: Sequence[Recall]) -> Adapter | None:
        """The merged adapter of the recalls that are attached; None for none."""
        from parametric_memory.adapters.merging import merge

        chosen = [r for r in recalls if r.attached]
        if not chosen:
            return None
        self.kept.check_models()
        adapters = [self._recalled(r) for r in chosen]
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

    def _found(
        self, query: str, vector: Sequence[float], k: int, namespace: str, filter: Mapping[str, Any] | None
    ) -> list[tuple[Entry, float]]:
        """At least the k nearest entries, if there are as many, with their scores, best first.

        Whatever k is, the order of the first ones, and so what is attached, is the same.
        """
        letters, compared = Letters.of(query), max(_COMPARED, self.max_adapters)
        near = [
            (entry, similarity)
            for id, similarity in self.kept.nearest(vector, max(k, compared), namespace=namespace, filter=filter)
            # Else it was deleted, moved or ran out a moment ago: the index may have stayed behind.
            if (entry := self.kept.find(id)) is not None and entry.namespace == namespace and not entry.is_expired()
        ]
        read = [entry.id for entry, _ in near[:compared]] if letters.words else []
        nearest = self.kept.index.nearest_passages(read, vector, _LOOKED_AT)
        found = [
            (entry, similarity + self._correction(letters, entry, nearest.get(entry.id))) for entry, similarity in near
        ]
        return sorted(found[:compared], key=lambda pair: -pair[1]) + found[compared:]

    def _passages_to_attach(
        self, query: str, vector: Sequence[float], entries: Sequence[Entry]
    ) -> dict[str, list[RecalledPassage]]:
        """Which passages of each entry an answer attaches, by the entry's id; none of one whose rows are all attached.

        Args:
            vector: the query's.
        """
        entries = [entry for entry in entries if _has_words(entry)]
        if not entries:
            return {}
        if any(entry.chunks > 1 for entry in entries):
            vector = passage_vector(self.models.embeddings, query, vector)
        most, temperature = self.max_passages, self.models.calibration.passage_temperature
        chosen = {}
        for id, near in self.kept.index.nearest_passages([e.id for e in entries], vector, looked_at(most)).items():
            texts = self._passages(id)
            if any(number >= len(texts) for number, _ in near):  # it has changed
                texts = ()
            chosen[id] = chosen_passages(query, near, texts, most, temperature)
        return chosen

    def _passages(self, id: str) -> Sequence[str]:
        """An entry's passages; none where it was deleted a moment ago, and damaged ones are no reason not to answer."""
        try:
            return self.kept.passages(id)
        except (EntryNotFound, CheckpointError):
            return ()

    def _correction(self, letters: Letters, entry: Entry, nearest: Sequence[tuple[int, float]] | None) -> float:
        """What letters change of an entry's similarity. A skill is for anything.

        Args:
            nearest: its passages, by number and similarity, nearest first; None: the query's words do not count, or
                the index has it no longer, and none is read.
        """
        if not _has_words(entry) or not (nearest is not None or letters.names or letters.of_asker):
            return 0.0
        try:
            text = self.kept.store.text(entry.id)
        except (EntryNotFound, CheckpointError):  # deleted a moment ago; a damaged text is no reason not to answer
            return 0.0
        held = self._held_words(letters, entry, nearest) if nearest is not None else 0.0
        return held + letters.correction(f"{entry.title}\n{entry.summary}\n{text}")

    def _held_words(self, letters: Letters, entry: Entry, nearest: Sequence[tuple[int, float]]) -> float:
        """What the query's words change, which are looked for in an entry's summary and its nearest passages.

        Nothing where an internalizer tells no passages.
        """
        passages = self._passages(entry.id)
        if not passages:
            return 0.0
        numbers = [number for number, _ in nearest if number < len(passages)]
        if len(passages) == 1:  # which has no vector of its own
            numbers = [0]
        texts: list[str] = []
        for number in numbers:
            if len(texts) < _READ and (text := with_names_meant(passages, number)) not in texts:
                texts.append(text)
        return letters.held_words([entry.summary, *texts])

    def _recalled(self, recall: Recall) -> Adapter:
        """An entry's adapter, or those of its rows that were recalled."""
        adapter = self.kept.store.adapter(recall.entry_id)
        if not recall.passages:
            return adapter
        rows = self.kept.store.extra(recall.entry_id).get(PASSAGE_ROWS, {})
        weights = {passage.number: passage.weight for passage in recall.passages}
        if not fits(adapter, rows, weights):  # the entry has changed since it was recalled
            return adapter
        return focused(adapter, rows, weights)


def _has_words(entry: Entry) -> bool:
    """Whether its adapter was made of a document's words; not what was added as an adapter."""
    return entry.chunks > 0
