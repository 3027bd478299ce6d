"""Document -> adapter: the seam for internalizers, and the one that uses a hypernetwork.

Knows nothing about entries, indexes or questions.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

import torch

from parametric_memory.adapters.factors import Adapter, compact
from parametric_memory.adapters.focus import PassageRows
from parametric_memory.batches import batched, shortest_first, within_tokens
from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.hypernetwork import ChunkFactors, Hypernetwork
from parametric_memory.internalize.accumulation import KeptRow, RowAccumulator
from parametric_memory.internalize.on_demand import Reading
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.chat import QuestionForm
from parametric_memory.language_model.precision import bfloat16_is_faster
from parametric_memory.records import KeptToken

if TYPE_CHECKING:
    from parametric_memory.adapters.token_rows import TokenRows
    from parametric_memory.internalize.pictures import PictureDocument
    from parametric_memory.internalize.vision import Vision

_PAUSE = 1e-4  # seconds; without it other threads would seldom get the model, as its lock is not fair
_CHUNKS_AT_ONCE = 32
_TOKENS_AT_ONCE = 2048  # in one forward pass, padding included; a longer chunk is read on its own


@dataclass(frozen=True)
class Internalized:
    """An adapter of a document.

    Attributes:
        kept: by module, the tokens that its rows stand for.
        passages: the parts of the text whose rows can be attached alone, if rows stand for tokens.
        passage_rows: the rows of these.
        stored_dtype: of the adapter on disk; None: its own.
    """

    adapter: Adapter
    tokens: int
    chunks: int
    kept: Mapping[str, Sequence[KeptToken]] = field(default_factory=dict)
    passages: Sequence[str] = ()
    passage_rows: PassageRows = field(default_factory=dict)
    stored_dtype: torch.dtype | None = None

    @property
    def to_keep(self) -> Adapter:
        """The adapter as it is stored."""
        if self.stored_dtype is not None and self.stored_dtype.itemsize == 1:
            return compact(self.adapter)
        return self.adapter.to(self.stored_dtype)


class Internalizer(Protocol):
    """Turns a text into an adapter. A memory can only be used with an internalizer of the same `fingerprint`."""

    @property
    def fingerprint(self) -> str: ...

    def internalize(self, text: str) -> Internalized: ...


class HypernetworkInternalizer:
    """One forward pass of the base model and one of the hypernetwork a chunk, over a few chunks at a time."""

    def __init__(
        self,
        base: BaseModel,
        hypernetwork: Hypernetwork,
        fingerprint: str,
        *,
        max_rank: int | None = None,
    ):
        """max_rank: the largest rank of an adapter, however long the document; see `RowAccumulator`."""
        self.base, self.hypernetwork, self.fingerprint, self.max_rank = base, hypernetwork, fingerprint, max_rank

    @property
    def question(self) -> QuestionForm:
        """The form of a question that the hypernetwork was trained with."""
        return self.hypernetwork.question_form(self.base.chat)

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token, AdapterError for a budget that leaves it no row."""
        return self._made(*self._read(text))

    def internalize_together(self, texts: Sequence[str]) -> list[Internalized]:
        """`internalize` for several texts: short ones of similar length share forward passes.

        The last bits of an adapter may depend on the other texts. Raises as `internalize`.
        """
        read = [self._read(text) for text in texts]
        made: dict[int, Internalized] = {}
        for group in self._together([chunks for chunks, _ in read]):
            if len(group) == 1:
                made[group[0]] = self._made(*read[group[0]])
                continue
            before = read[group[0]][1]  # the hypernetwork's own, the same for every text
            all_rows = {number: RowAccumulator(self.max_rank) for number in group}
            with torch.inference_mode():
                factors, first = self._factors([chunk for number in group for chunk in read[number][0]], before), 0
                for number, rows in all_rows.items():
                    chunks = read[number][0]
                    rows.add(factors.of_chunks(first, first + len(chunks)), chunks)
                    first += len(chunks)
            made |= {number: self._internalized(read[number][0], rows) for number, rows in all_rows.items()}
        return [made[number] for number in range(len(texts))]

    def _together(self, texts: Sequence[Sequence[Sequence[int]]]) -> Iterator[list[int]]:
        """The indices of texts, given as chunks, in groups for one forward pass; a longer one is on its own."""
        longest = [max(map(len, chunks)) for chunks in texts]

        def fits(group: list[int]) -> bool:
            count = sum(len(texts[number]) for number in group)
            return count <= _CHUNKS_AT_ONCE and count * longest[group[-1]] <= _TOKENS_AT_ONCE

        return batched(shortest_first(longest), fits)

    def _read(self, text: str) -> tuple[Sequence[Sequence[int]], Sequence[int]]:
        """See `Hypernetwork.read`. Raises DocumentError for a text without a token."""
        if not text.strip():  # a template may add tokens even to this
            raise DocumentError("The text is empty: there is nothing to remember.")
        return self.hypernetwork.read(text, self.base.chat)

    def _made(self, chunks: Sequence[Sequence[int]], before: Sequence[int]) -> Internalized:
        """A text alone. chunks, before: see `Hypernetwork.read`."""
        rows = RowAccumulator(self.max_rank)
        with torch.inference_mode():
            for batch in within_tokens(chunks, _TOKENS_AT_ONCE, _CHUNKS_AT_ONCE):
                rows.add(self._factors(batch, before), batch)
        return self._internalized(chunks, rows)

    def _internalized(self, chunks: Sequence[Sequence[int]], rows: RowAccumulator) -> Internalized:
        """The adapter of the rows of a text's chunks."""
        decode, kept = self.base.tokenizer.decode, rows.kept()
        reading = Reading.of(chunks)
        words = {
            module: [KeptToken(position=k.position, word=decode([k.token]), strength=k.strength) for k in of_module]
            for module, of_module in kept.items()
        }
        return Internalized(
            self.decorrelate(rows.adapter()),
            tokens=sum(map(len, chunks)),
            chunks=len(chunks),
            kept=words,
            passages=reading.texts(decode) if kept else [],
            passage_rows=_rows_by_passage(kept, reading.lengths),
            stored_dtype=self.hypernetwork.stored_dtype,
        )

    def decorrelate(self, adapter: Adapter) -> Adapter:
        """See `Hypernetwork.decorrelate`. Choose the rows to attach before: each depends on the others."""
        with torch.no_grad():
            return self.hypernetwork.decorrelate(adapter, self.base.model)

    def internalize_seen(self, vision: Vision, document: PictureDocument) -> Internalized:
        """The adapter of a document with pictures.

        Raises:
            CheckpointError: the hypernetwork was made for another reader.
            DocumentError: the reader does not take the document.
            SettingsError: the hypernetwork reads only texts.
        """
        with self.base.busy, torch.inference_mode():
            seen = vision.see(document)
            factors = self.hypernetwork.seen_factors(self.base.model, vision.reader, seen)
            rows = RowAccumulator(self.max_rank)
            rows.add(factors, [seen.ids.tolist()])
        return Internalized(rows.adapter(), tokens=len(seen), chunks=1, stored_dtype=self.hypernetwork.stored_dtype)

    def _factors(self, chunks: Sequence[Sequence[int]], before: Sequence[int]) -> ChunkFactors:
        """The factors of chunks that share a forward pass. Other threads get the model between two passes."""
        with self._model():
            return self.hypernetwork.chunk_factors(self.base.model, chunks, before)

    def token_rows(self, chunks: Sequence[Sequence[int]]) -> list[TokenRows]:
        """Small rows of chunks that share a forward pass, see `Hypernetwork.token_rows`.

        Products are computed in bfloat16 if the processor is faster at it: small rows have fewer bits anyway.
        """
        fast = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_faster(self.base.model.device.type))
        with self._model(), torch.inference_mode(), fast:
            return self.hypernetwork.token_rows(self.base.model, chunks, self.base.chat.before)

    @contextmanager
    def _model(self) -> Iterator[None]:
        """Holds the base model's lock, and gives way to other threads afterwards."""
        with self.base.busy:
            yield
        time.sleep(_PAUSE)


def _rows_by_passage(kept: Mapping[str, Sequence[KeptRow]], lengths: Sequence[int]) -> PassageRows:
    """By module, the number of rows of each passage. lengths: of the passages, in tokens."""
    ends = list(accumulate(lengths))
    counts = {module: [0] * len(lengths) for module in kept}
    for module, rows in kept.items():
        for row in rows:
            counts[module][bisect_right(ends, row.position)] += 1
    return counts
