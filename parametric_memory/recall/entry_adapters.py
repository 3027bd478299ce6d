"""The adapters of entries, whatever the memory stores: whole, or the rows of some passages.

Rows of an entry that is stored as text are computed on demand; recent ones are cached. Knows nothing about questions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from parametric_memory.adapters.factors import Adapter, DocumentRows, TokenRows, WeightedRows
from parametric_memory.adapters.merging import merge
from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.selection import Models
from parametric_memory.records import KeptToken
from parametric_memory.storage.entries import EntryStore, Found

if TYPE_CHECKING:
    from parametric_memory.internalize.internalizer import Reading, SentenceReader

_ROW_BYTES = 256 * 2**20  # of cached rows, and of cached adapters
_TOKENS_READ = 2**20  # of cached readings

T = TypeVar("T")
Weight = tuple[float, Sequence[float]]  # of a passage and of its words, see `WeightedRows`


class Recent(Generic[T]):
    """A cache that drops the least recently used values above a total size. Threads may share it."""

    def __init__(self, most: int, size_of: Callable[[T], int]) -> None:
        self._most, self._size_of = most, size_of
        self._total = 0
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The cached value of a key, or the one that `make` returns."""
        return self.get_many([key], lambda _: [make()])[0]

    def get_many(self, keys: Sequence[Hashable], make: Callable[[Sequence[int]], Sequence[T]]) -> list[T]:
        """The values of keys. make: returns the missing ones, given their indices among the keys."""
        with self._guard:
            known = {place: self._values[key] for place, key in enumerate(keys) if key in self._values}
            for place in known:
                self._values.move_to_end(keys[place])
        new = [place for place in range(len(keys)) if place not in known]
        made = dict(zip(new, make(new), strict=True)) if new else {}
        with self._guard:
            for place, value in made.items():
                if keys[place] not in self._values:
                    self._values[keys[place]] = value
                    self._total += self._size_of(value)
            while self._total > self._most:
                _, evicted = self._values.popitem(last=False)
                self._total -= self._size_of(evicted)
        return [known[place] if place in known else made[place] for place in range(len(keys))]


class EntryAdapters:
    """The adapters of one memory's entries. Threads may share it."""

    def __init__(self, entries: EntryStore, models: Models):
        self._entries, self._models = entries, models
        self._readings: Recent[Reading] = Recent(_TOKENS_READ, lambda reading: reading.tokens)
        self._rows: Recent[TokenRows] = Recent(_ROW_BYTES, lambda rows: rows.num_bytes)
        self._adapters: Recent[Adapter] = Recent(_ROW_BYTES, lambda adapter: adapter.num_bytes)

    def whole(self, found: Found) -> Adapter:
        """An entry's adapter, shared rows included.

        Raises EntryNotFound: it was deleted; CheckpointError: it is damaged.
        """
        with self._entries.database.reading():
            return self.together([(self._entries.current(found), {}, 1.0, 1.0)])

    def together(self, chosen: Sequence[tuple[Found, Mapping[int, Weight], float, float]]) -> Adapter:
        """One adapter of passages of several entries and the shared rows. Rows of sentences are decorrelated together.

        chosen: for each entry: the weights of its passages, by number, or none for all of its rows; a factor on rows of
            sentences, not on stored adapters; and a factor on all of its rows. Stored adapters are attached whole.

        Raises CheckpointError: a stored adapter is damaged.
        """
        rows: list[WeightedRows] = []
        adapters: list[tuple[Adapter, float]] = []
        for found, weights, strength, share in chosen:
            if found.entry.store == "adapter":
                adapters.append((self._stored(found), share))
            else:
                weighted = self._rows_of(found, weights)
                rows += [of._replace(weight=strength * share * of.weight) for of in weighted]
        if rows:
            adapters.insert(0, (self._sentences.adapter(rows), 1.0))
        if len(adapters) == 1 and adapters[0][1] == 1.0:
            return adapters[0][0]
        return merge([adapter for adapter, _ in adapters], [share for _, share in adapters])

    def _stored(self, found: Found) -> Adapter:
        return self._adapters.get(self._key(found), lambda: cast(Adapter, self._entries.kept(found)))

    def _rows_of(self, found: Found, weights: Mapping[int, Weight]) -> list[WeightedRows]:
        """The rows of some passages, each with its weight; all rows if the entry lacks such passages."""
        numbers = sorted(weights)
        if found.entry.store == "rows":
            kept = self._entries.kept(found, numbers or None)
            if not isinstance(kept, DocumentRows) or kept.passages < len(numbers):
                numbers, kept = [], self._kept_rows(found)
            if not numbers:
                return [WeightedRows(kept.rows)]
            if found.entry.rank < found.entry.tokens:  # of some words only, which are not told apart
                weights = {number: (weight, ()) for number, (weight, _) in weights.items()}
            return [WeightedRows(kept.of_passage(i), *weights[n]) for i, n in enumerate(numbers)]
        read = self._entries.reading
        reading = self._readings.get(self._key(found), lambda: self._sentences.read(read(found)))
        if not numbers or numbers[-1] >= len(reading.passages):
            numbers, weights = [*range(len(reading.passages))], {}
        chunks = [reading.chunks[c] for n in numbers for c in reading.passages[n]]
        # The rows of a chunk depend on its tokens alone.
        rows_of = self._rows.get_many(
            [tuple(chunk) for chunk in chunks], lambda new: self._sentences.rows([chunks[place] for place in new])
        )
        made = iter(rows_of)
        joined = [TokenRows.joined([*islice(made, len(reading.passages[n]))]) for n in numbers]
        return [WeightedRows(rows, *weights.get(n, ())) for n, rows in zip(numbers, joined, strict=True)]

    def _kept_rows(self, found: Found) -> DocumentRows:
        return cast(DocumentRows, self._entries.kept(found))

    def words(self, found: Found) -> Mapping[str, Sequence[KeptToken]]:
        """By module, the tokens that the rows of an entry's adapter stand for; none where rows stand for none.

        Raises EntryNotFound: it was deleted; CheckpointError: its rows are damaged.
        """
        with self._entries.database.reading():
            found = self._entries.current(found)
            if found.entry.store == "adapter":
                return {}
            if found.entry.store == "rows":
                kept = self._kept_rows(found)
            else:
                [made] = self._sentences.documents([self._entries.reading(found)], with_rows=True)
                kept = cast(DocumentRows, made.to_keep)
        adapter = self._sentences.adapter([WeightedRows(kept.rows)], decorrelate=False)
        return self._sentences.words(kept.rows, adapter)

    def _key(self, found: Found) -> tuple[int, int]:
        """The revision; another memory at the same place may have the same one."""
        return self._entries.database.others, found.revision

    @property
    def _sentences(self) -> SentenceReader:
        sentences = self._models.sentences
        if sentences is None:
            raise CheckpointError(
                f"{self._models.hypernetwork_name} reads no sentences by themselves, as entries of this memory need: "
                "open it with the hypernetwork that it was made with."
            )
        return sentences
