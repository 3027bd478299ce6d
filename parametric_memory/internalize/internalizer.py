"""Document -> adapter: the seam for internalizers, and the one that uses a hypernetwork.

The rows of batches of chunks are concatenated to one adapter, with the shared rows once at the end. Two things limit
its rank. A budget keeps the strongest of rows that stand for tokens, and compresses others by SVD. And more rows than
the smaller side of a module are folded into as many as that side has, which is exact; but not those that stand for
tokens, of which questions attach a few. Knows nothing about entries, indexes or questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter, Factors, compact
from parametric_memory.adapters.focus import PassageRows
from parametric_memory.adapters.merging import compress
from parametric_memory.batches import batched, shortest_first, within_tokens
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, ChunkFactors, Hypernetwork
from parametric_memory.internalize.on_demand import Reading, model_for_a_pass
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.records import KeptToken

if TYPE_CHECKING:
    from parametric_memory.internalize.pictures import PictureDocument
    from parametric_memory.internalize.vision import Vision

_CHUNKS_AT_ONCE = 32
_TOKENS_AT_ONCE = 2048  # in one forward pass, padding included; a longer chunk is read on its own
_ROWS_AT_MOST = 1024  # of one module that stand for no token, before they are folded


@dataclass(frozen=True)
class Internalized:
    """An adapter of a document."""

    adapter: Adapter
    tokens: int
    chunks: int
    # by module, the tokens that its rows stand for
    kept: Mapping[str, Sequence[KeptToken]] = field(default_factory=dict)
    passages: Sequence[str] = ()  # the parts of the text whose rows can be attached alone, if rows stand for tokens
    passage_rows: PassageRows = field(default_factory=dict)  # the rows of these
    stored_dtype: torch.dtype | None = None  # of the adapter on disk; None: its own

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


class KeptRow(NamedTuple):
    """The token that a row stands for."""

    position: int  # in the document, counted in tokens
    token: int
    strength: float  # length of the row's value: its gate, and how surely it points


@dataclass
class _Module:
    """A module's own rows so far, in parts A `[row, d_in]` and B `[row, d_out]`, and their tokens."""

    A: list[Tensor] = field(default_factory=list)
    B: list[Tensor] = field(default_factory=list)
    kept: list[KeptRow] = field(default_factory=list)

    def join(self) -> tuple[Tensor, Tensor]:
        """Concatenates the parts into one and frees them: they may take gigabytes."""
        if len(self.A) > 1:
            self.A, self.B = [torch.cat(self.A)], [torch.cat(self.B)]
        return self.A[0], self.B[0]

    def keep_strongest(self, count: int) -> None:
        """Keeps so many rows, in order; of equally strong ones the first."""
        by_strength = sorted(range(len(self.kept)), key=lambda i: -self.kept[i].strength)
        (A, B), strongest = self.join(), sorted(by_strength[:count])
        self.A, self.B, self.kept = [A[strongest]], [B[strongest]], [self.kept[i] for i in strongest]

    def fold(self) -> None:
        """The same update `B^T A` with as many rows as the smaller side has: the product and an identity."""
        A, B = self.join()
        d_in, d_out = A.shape[1], B.shape[1]
        if d_out <= d_in:
            A, B = B.T @ A, torch.eye(d_out, dtype=B.dtype, device=B.device)
        else:
            A, B = torch.eye(d_in, dtype=A.dtype, device=A.device), A.T @ B
        self.A, self.B = [A], [B]


class RowAccumulator:
    """Collects the factors of a document's chunks, batch by batch.

    max_rank: the largest rank of a module, shared rows included; None: any.
    """

    def __init__(self, max_rank: int | None = None) -> None:
        self.max_rank = max_rank
        self._modules: dict[str, _Module] = {}
        self._shared: Mapping[str, BatchedFactors] = {}
        self._scaling = 1.0
        self._tokens = 0

    def add(self, part: ChunkFactors, chunks: Sequence[Sequence[int]]) -> None:
        """Adds the rows of the next chunks."""
        self._shared, self._scaling = part.shared, part.scaling
        starts = list(accumulate(map(len, chunks), initial=self._tokens))
        for name, rows in part.rows.items():
            module = self._modules.setdefault(name, _Module())
            A, B = rows.A.flatten(0, 1), rows.B.flatten(0, 1)
            if part.token is not None:
                alive = part.token[name].flatten() >= 0  # the others fill up short chunks
                A, B = A[alive], B[alive]
                strengths = iter(B.norm(dim=-1).tolist())
                module.kept += [
                    KeptRow(start + position, chunk[position], next(strengths))
                    for start, chunk, positions in zip(starts, chunks, part.token[name].tolist(), strict=False)
                    for position in positions
                    if position >= 0
                ]
            module.A.append(A)
            module.B.append(B)
            if part.token is None:
                if sum(map(len, module.A)) > max(_ROWS_AT_MOST, min(A.shape[1], B.shape[1])):
                    module.fold()
            elif self.max_rank is not None:
                shared = self._shared[name].A.shape[1] if name in self._shared else 0
                module.keep_strongest(max(1, self.max_rank - shared))  # `compress` reports a budget that is too small
        self._tokens = starts[-1]

    def adapter(self) -> Adapter:
        """All rows added so far, within the budget.

        Raises AdapterError: the budget leaves no row for the document.
        """
        factors = {}
        for name in dict.fromkeys([*self._modules, *self._shared]):
            parts = [self._modules[name].join()] if name in self._modules else []
            count = 0
            if name in self._shared:
                shared = self._shared[name]
                parts.append((shared.A[0], shared.B[0]))
                count = shared.A.shape[1]
            A, B = (torch.cat(side) if len(side) > 1 else side[0] for side in zip(*parts, strict=True))
            factors[name] = Factors(A.contiguous(), B.contiguous(), self._scaling, count)
        whole = Adapter(factors)
        return whole if self.max_rank is None else compress(whole, self.max_rank)

    def kept(self) -> dict[str, list[KeptRow]]:
        """By module, the tokens that rows stand for, in the document's order."""
        return {name: module.kept for name, module in self._modules.items() if module.kept}


class HypernetworkInternalizer:
    """One forward pass of the base model and one of the hypernetwork a chunk, over a few chunks at a time."""

    def __init__(self, base: BaseModel, hypernetwork: Hypernetwork, fingerprint: str, *, max_rank: int | None = None):
        """max_rank: the largest rank of an adapter, however long the document; see `RowAccumulator`."""
        self.base, self.hypernetwork, self.fingerprint, self.max_rank = base, hypernetwork, fingerprint, max_rank

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token, AdapterError for a budget that leaves it no row."""
        return self.internalize_together([text])[0]

    def internalize_together(self, texts: Sequence[str]) -> list[Internalized]:
        """`internalize` for several texts: short ones of similar length share forward passes.

        The last bits of an adapter may depend on the other texts. Raises as `internalize`.
        """
        read = [self.hypernetwork.read(text, self.base.chat) for text in texts]
        longest = [max(map(len, chunks)) for chunks, _ in read]

        def fits(group: list[int]) -> bool:
            count = sum(len(read[number][0]) for number in group)
            return count <= _CHUNKS_AT_ONCE and count * longest[group[-1]] <= _TOKENS_AT_ONCE

        made: dict[int, Internalized] = {}
        for group in batched(shortest_first(longest), fits):  # in one batch, but for a long text on its own
            before = read[group[0]][1]  # the hypernetwork's own, the same for every text
            all_rows = {number: RowAccumulator(self.max_rank) for number in group}
            owned = [(number, chunk) for number in group for chunk in read[number][0]]
            with torch.inference_mode():
                for batch in within_tokens(owned, _TOKENS_AT_ONCE, _CHUNKS_AT_ONCE, lambda of: len(of[1])):
                    with model_for_a_pass(self.base) as model:
                        factors = self.hypernetwork.chunk_factors(model, [chunk for _, chunk in batch], before)
                    first = 0
                    for number, of_text in groupby(batch, itemgetter(0)):
                        chunks = [chunk for _, chunk in of_text]
                        all_rows[number].add(factors.of_chunks(first, first + len(chunks)), chunks)
                        first += len(chunks)
            made |= {number: self._internalized(read[number][0], rows) for number, rows in all_rows.items()}
        return [made[number] for number in range(len(texts))]

    def _internalized(self, chunks: Sequence[Sequence[int]], rows: RowAccumulator) -> Internalized:
        """The adapter of the rows of a text's chunks."""
        decode, kept = self.base.tokenizer.decode, rows.kept()
        reading = Reading.of(chunks)
        words = {
            module: [KeptToken(position=k.position, word=decode([k.token]), strength=k.strength) for k in of_module]
            for module, of_module in kept.items()
        }
        with torch.no_grad():
            adapter = self.hypernetwork.decorrelate(rows.adapter(), self.base.model)
        ends = torch.tensor(reading.lengths).cumsum(0)
        passage_rows = {
            module: torch.bucketize(torch.tensor([row.position for row in rows]), ends, right=True)
            .bincount(minlength=len(ends))
            .tolist()
            for module, rows in kept.items()
        }
        return Internalized(
            adapter,
            tokens=sum(map(len, chunks)),
            chunks=len(chunks),
            kept=words,
            passages=reading.texts(decode) if kept else [],
            passage_rows=passage_rows,
            stored_dtype=self.hypernetwork.stored_dtype,
        )

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
