"""The adapters of entries, whatever stands on disk of them: all of one, or the rows of some of its passages.

An entry that is kept as text is read again, and rows are made of the sentences that are wanted; those made last stay in
memory. Knows nothing about questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.focus import PassageRows, fits, focused
from parametric_memory.adapters.token_rows import DocumentRows, PartRows, adapter_of
from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.on_demand import SentenceReader, joined, moved
from parametric_memory.records import KeptToken
from parametric_memory.storage.cache import Recent

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Factors
    from parametric_memory.internalize.internalizer import Internalized
    from parametric_memory.internalize.on_demand import Reading
    from parametric_memory.models.selection import Models
    from parametric_memory.storage.entry_store import EntryStore

# What the store keeps beside an adapter.
KEPT_WORDS, PASSAGES, PASSAGE_ROWS = "kept", "passages", "passage_rows"

_ROW_BYTES = 256 * 2**20  # of rows made last
_TOKENS_READ = 2**20  # of the texts read last


class EntryAdapters:
    """Of one memory. Threads may share it."""

    def __init__(self, store_of: Callable[[], EntryStore], models: Models):
        """store_of: gives the entries, which are opened no sooner than they are needed."""
        self._store_of, self._models = store_of, models
        self._readings: Recent[Reading] = Recent(_TOKENS_READ, lambda reading: reading.tokens)
        self._rows: Recent[PartRows] = Recent(_ROW_BYTES, lambda rows: sum(r.num_bytes for r in rows.values()))

    def whole(self, id: str, rank: int | None = None) -> Adapter:
        """An entry's adapter, shared rows included.

        Args:
            rank: of what is made again, see `SentenceReader.rows`.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: it is damaged.
        """
        return self.attached(id, {}, rank)

    def attached(
        self, id: str, weights: Mapping[int, float], rank: int | None = None, strength: float = 1.0
    ) -> Adapter:
        """The rows of some of an entry's passages, and the shared rows; all of its rows where it has no such passages.

        Args:
            weights: a factor on the update of each passage's rows, by the passage's number.
            rank: of what is made again, see `SentenceReader.rows`.
            strength: another factor, on all rows that are made of sentences; what is kept as an adapter is as strong
                as it was made to be.

        Raises what `whole` does.
        """
        store = self._store_of()
        stored = store.stored(id)
        if isinstance(stored, Adapter):
            rows = store.extra(id).get(PASSAGE_ROWS, {}) if weights else {}
            # Passages that are not there are of an entry that has changed since they were found.
            return focused(stored, rows, weights) if rows and fits(stored, rows, weights) else stored
        if isinstance(stored, DocumentRows):
            if not weights or max(weights) >= stored.passages:
                return self._together([(stored.modules, strength)])
            return self._together([(stored.of_passage(n), strength * weights[n]) for n in sorted(weights)])
        reading = self._reading(id)
        if not weights or max(weights) >= len(reading.passages):
            weights = dict.fromkeys(range(len(reading.passages)), 1.0)
        parts = [
            (self._made(reading.chunks[c], rank), strength * weights[n])
            for n in sorted(weights)
            for c in reading.passages[n]
        ]
        return self._together(parts)

    def _together(self, parts: Sequence[tuple[PartRows, float]]) -> Adapter:
        """Rows that are attached together, which disturb each other less than each by itself would."""
        return self._sentences.told_apart(adapter_of(parts, self._shared))

    def internalized(self, id: str, rank: int | None = None) -> Internalized:
        """An entry's whole adapter, and what there is to say about it. As `whole` else."""
        from parametric_memory.internalize.internalizer import Internalized

        entry, extra = self._store_of().read(id), self._store_of().extra(id)
        passages: Sequence[str] = extra.get(PASSAGES, ())
        stored = self._store_of().stored(id)
        if isinstance(stored, Adapter):
            rows: PassageRows = extra.get(PASSAGE_ROWS, {})
            words = {module: _words(of_module) for module, of_module in extra.get(KEPT_WORDS, {}).items()}
            if not fits(stored, rows, range(len(passages))):
                passages, rows = (), {}
            return Internalized(stored, entry.tokens, entry.chunks, words, passages, rows)
        made = stored if isinstance(stored, DocumentRows) else self._document(id, rank)
        adapter = adapter_of([(made.modules, 1.0)], self._shared)
        return Internalized(
            adapter, entry.tokens, entry.chunks, self._sentences.words(made.modules), passages, made.counts
        )

    def _document(self, id: str, rank: int | None) -> DocumentRows:
        """All rows of an entry that is kept as text."""
        reading, of_chunks, first = self._reading(id), [], 0
        for chunk in reading.chunks:
            of_chunks.append(moved(self._made(chunk, rank), first))
            first += len(chunk)
        return DocumentRows.of_passages([joined([of_chunks[i] for i in passage]) for passage in reading.passages])

    def _reading(self, id: str) -> Reading:
        text = self._store_of().text(id)
        if (reading := self._readings.get(text)) is None:
            reading = self._sentences.read(text)
            self._readings.put(text, reading)
        return reading

    def _made(self, chunk: Sequence[int], rank: int | None) -> PartRows:
        """The rows of a chunk, which depend on nothing else than its tokens."""
        key = (tuple(chunk), rank)
        if (rows := self._rows.get(key)) is None:
            rows = self._sentences.rows(chunk, rank)
            self._rows.put(key, rows)
        return rows

    @cached_property
    def _shared(self) -> Mapping[str, Factors]:
        return self._sentences.shared()

    @property
    def _sentences(self) -> SentenceReader:
        sentences = self._models.sentences
        if sentences is None:
            raise CheckpointError(
                f"{self._models.hypernetwork_name} reads no sentences by themselves, as entries of this memory need: "
                "open it with the hypernetwork that it was made with."
            )
        return sentences


def _words(rows: Sequence[Sequence[object]]) -> list[KeptToken]:
    return [KeptToken.model_validate(dict(zip(("position", "word", "strength"), row, strict=True))) for row in rows]
