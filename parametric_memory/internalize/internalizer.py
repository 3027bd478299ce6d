"""Document -> adapter or rows: the seam for internalizers, and two that use a hypernetwork.

`HypernetworkInternalizer` makes one adapter of the rows of all chunks, with the shared rows once at the end; a budget
compresses it by SVD. `SentenceReader` makes rows of single sentences, which do not depend on other sentences and can be
attached alone; cutting a document needs only a tokenizer. Sentences of several documents share forward passes, sorted
by length to save padding; only the rounding of a sentence's rows depends on the others. Knows nothing about entries.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, DocumentRows, Factors, TokenRows, WeightedRows
from parametric_memory.adapters.merging import compress
from parametric_memory.batches import shortest_first, within_tokens
from parametric_memory.cancellation import check_cancelled
from parametric_memory.errors import AdapterError
from parametric_memory.hypernetworks.hypernetwork import ChunkFactors, Hypernetwork, folded, whole_adapter
from parametric_memory.internalize.pictures import PictureDocument
from parametric_memory.internalize.vision import Vision
from parametric_memory.language_model import precision
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.progress import report_progress
from parametric_memory.records import KeptToken

_CHUNKS_AT_ONCE = 32
_CHUNK_TOKENS_AT_ONCE = 2048  # in one forward pass, padding included; a longer chunk is read on its own
_TOKENS_AT_ONCE = 512  # of sentences: rows take 300 KB a token while they are computed
_MOST_PASSAGES = 2048  # of a document: the index has a vector for each
_PAUSE = 1e-4  # seconds; without it other threads would seldom get the model, as its lock is not fair
_CHUNKS_IN_PART = 256  # of a long text: some seconds of work


@dataclass(frozen=True)
class Internalized:
    """An adapter of a document."""

    adapter: Adapter
    tokens: int
    chunks: int
    passages: Sequence[str] = ()  # the parts of the text that the index finds; none: its sentences

    @property
    def to_keep(self) -> Adapter:
        return self.adapter


class Internalizer(Protocol):
    """Turns a text into an adapter. A memory can only be used with an internalizer of the same `fingerprint`."""

    @property
    def fingerprint(self) -> str: ...

    def internalize(self, text: str) -> Internalized: ...


@dataclass(frozen=True)
class ReadDocument:
    """A document without an adapter of its own."""

    tokens: int
    chunks: int
    passages: Sequence[str]  # the parts of the text whose rows can be attached alone
    to_keep: DocumentRows | None = None  # its rows; None: they are computed at recall


@dataclass(frozen=True)
class Reading:
    """A document as token ids."""

    chunks: Sequence[Sequence[int]]  # sentences, or pieces of long ones
    passages: Sequence[range]  # the chunks of each passage that can be attached alone

    @classmethod
    def of(cls, chunks: Sequence[Sequence[int]]) -> Reading:
        """Every chunk is a passage; of very many chunks, runs of neighbouring ones are."""
        length = -(-len(chunks) // _MOST_PASSAGES)
        starts = range(0, len(chunks), length)
        return cls(chunks, [range(start, min(start + length, len(chunks))) for start in starts])

    def document_rows(self, of_chunks: Sequence[TokenRows], most: int | None = None) -> DocumentRows:
        """The rows of the document from those of its chunks; the strongest of them, if it may have only so many."""
        starts = accumulate(map(len, self.chunks), initial=0)
        shifted = [rows.shifted(start) for rows, start in zip(of_chunks, starts, strict=False)]
        rows = DocumentRows.of_passages([TokenRows.joined(shifted[p.start : p.stop]) for p in self.passages])
        return rows if most is None else rows.strongest(most)

    @property
    def tokens(self) -> int:
        return sum(map(len, self.chunks))

    def texts(self, decode: Callable[[Sequence[int]], str]) -> list[str]:
        """The passages as text."""
        return [" ".join(decode(self.chunks[i]).strip() for i in passage) for passage in self.passages]


@contextmanager
def model_for_a_pass(base: BaseModel) -> Iterator[PreTrainedModel]:
    """Holds the base model's lock, and gives way to other threads afterwards."""
    with base.busy:
        yield base.model
    time.sleep(_PAUSE)


class HypernetworkInternalizer:
    """Makes whole adapters: one pass of the base model and one of the hypernetwork a chunk, a few chunks at a time."""

    def __init__(self, base: BaseModel, hypernetwork: Hypernetwork, fingerprint: str, *, max_rank: int | None = None):
        """max_rank: the largest rank of an adapter, however long the document."""
        self.base, self.hypernetwork, self.fingerprint, self.max_rank = base, hypernetwork, fingerprint, max_rank

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token, AdapterError for a budget that leaves it no row."""
        return self.internalize_together([text])[0]

    def internalize_together(self, texts: Sequence[str]) -> list[Internalized]:
        """`internalize` for several texts: those of one chunk share forward passes.

        The last bits of an adapter may depend on the other texts. Raises as `internalize`.
        """
        read = [self.hypernetwork.read(text, self.base.chat) for text in texts]
        lengths = [sum(map(len, chunks)) for chunks, _ in read]
        order = shortest_first(lengths)
        short = [number for number in order if len(read[number][0]) == 1]
        together = [*within_tokens(short, _CHUNK_TOKENS_AT_ONCE, _CHUNKS_AT_ONCE, lengths.__getitem__)]
        made: dict[int, Internalized] = {}
        for group in [*together, *([number] for number in order if len(read[number][0]) > 1)]:
            are_several = len(group) > 1
            chunks = [chunk for number in group for chunk in read[number][0]]
            parts = self._factors(chunks, read[group[0]][1], fold=not are_several)
            for place, number in enumerate(group):
                adapter = self._adapter(parts, [place] if are_several else None)
                made[number] = Internalized(adapter, lengths[number], len(read[number][0]))
        return [made[number] for number in range(len(texts))]

    def _factors(self, chunks: Sequence[Sequence[int]], before: Sequence[int], *, fold: bool) -> list[ChunkFactors]:
        """The rows of chunks. fold: see `folded`; all chunks must be of one document."""
        parts: list[ChunkFactors] = []
        with torch.inference_mode():
            for batch in within_tokens(chunks, _CHUNK_TOKENS_AT_ONCE, _CHUNKS_AT_ONCE):
                with model_for_a_pass(self.base) as model:
                    factors = self.hypernetwork.chunk_factors(model, batch, before)
                parts = folded([*parts, factors]) if fold else [*parts, factors]
        return parts

    def _adapter(self, parts: Sequence[ChunkFactors], chunks: Sequence[int] | None = None) -> Adapter:
        """Of some chunks, as it is stored. chunks: see `whole_adapter`."""
        with torch.no_grad():
            adapter = self.hypernetwork.decorrelate(whole_adapter(parts, chunks), self.base.model)
        limited = adapter if self.max_rank is None else compress(adapter, self.max_rank)
        return limited.to(self.hypernetwork.stored_dtype)

    def internalize_seen(self, vision: Vision, document: PictureDocument) -> Internalized:
        """The adapter of a document with pictures.

        Raises CheckpointError: the hypernetwork was made for another reader; SettingsError: it reads only texts;
        DocumentError: the reader's processor does not take the document.
        """
        with self.base.busy, torch.inference_mode():
            inputs = vision.see(document)
            factors = self.hypernetwork.seen_factors(self.base.model, vision.reader, inputs)
        read = inputs["input_ids"] if "input_ids" in inputs else inputs["inputs_embeds"]
        return Internalized(self._adapter([factors]), read.shape[1], 1)


class RowParts(Protocol):
    """Stores the rows of a long text while they are made. A part has a passage for each chunk."""

    def read(self) -> Iterable[DocumentRows]: ...

    def write(self, part: int, rows: DocumentRows) -> None: ...


class SentenceReader:
    """Cuts documents into sentences, and makes rows and adapters of these through a hypernetwork."""

    def __init__(
        self,
        base: BaseModel,
        cut: Callable[[str], Sequence[Sequence[int]]],
        hypernetwork_of: Callable[[], Hypernetwork],
    ):
        """cut: a text into chunks of tokens, see `Hypernetwork.read`. hypernetwork_of: loads one when it is needed."""
        self._base, self._cut, self._hypernetwork_of = base, cut, hypernetwork_of

    def read(self, text: str) -> Reading:
        """Raises DocumentError for a text without a token."""
        return Reading.of(self._cut(text))

    def documents(
        self, texts: Sequence[str], *, with_rows: bool, parts: RowParts | None = None, max_rank: int | None = None
    ) -> list[ReadDocument]:
        """Reads texts; without rows no model runs.

        Args:
            parts: has the rows that an earlier call computed of these texts, and gets those that are computed now.
            max_rank: the largest rank of the adapter of a text's rows and the shared ones; the strongest rows are kept.

        Raises DocumentError for a text without a token, AdapterError for a rank that leaves it no row.
        """
        readings = [self.read(text) for text in texts]
        most = None if max_rank is None else self._own_rows(max_rank)
        chunks = [chunk for reading in readings for chunk in reading.chunks]
        made: Sequence[TokenRows] = ()
        if with_rows:
            made = self.rows(chunks) if parts is None else self._rows_in_parts(chunks, parts)
        rows = iter(made)
        return [
            ReadDocument(
                reading.tokens,
                len(reading.chunks),
                reading.texts(self._base.tokenizer.decode),
                reading.document_rows(list(islice(rows, len(reading.chunks))), most) if with_rows else None,
            )
            for reading in readings
        ]

    def _own_rows(self, max_rank: int) -> int:
        """How many rows a document may have beside the shared ones. Raises AdapterError: none."""
        own = self._hypernetwork_of().row_modules(self._base.model)
        least = max((f.rank + (name in own) for name, f in self._shared.items()), default=1)
        if max_rank < least:
            raise AdapterError(
                f"max_rank {max_rank} leaves no row for the documents beside the shared rows: take at least {least}."
            )
        return max_rank - max((f.rank for name, f in self._shared.items() if name in own), default=0)

    def whole(self, text: str) -> Adapter:
        """The adapter of all of a text, of rows in the form that memories store."""
        rows = self.documents([text], with_rows=True)[0].to_keep
        assert rows is not None
        return self.adapter([WeightedRows(rows.rows)])

    def rows(self, chunks: Sequence[Sequence[int]]) -> list[TokenRows]:
        """The rows of chunks, each by itself; positions count within a chunk.

        Products are computed in bfloat16 if the processor is faster at it: small rows have fewer bits anyway.
        """
        hypernetwork, before = self._hypernetwork_of(), self._base.chat.before
        in_bfloat16 = precision.bfloat16_is_faster(self._base.model.device.type)
        lengths, made = [len(chunk) for chunk in chunks], dict[int, TokenRows]()
        for batch in within_tokens(shortest_first(lengths), _TOKENS_AT_ONCE, length=lengths.__getitem__):
            check_cancelled()
            fast = torch.autocast("cpu", torch.bfloat16, enabled=in_bfloat16)
            with model_for_a_pass(self._base) as model, torch.inference_mode(), fast:
                rows = hypernetwork.token_rows(model, [chunks[number] for number in batch], before)
            made |= zip(batch, rows, strict=True)
        return [made[number] for number in range(len(chunks))]

    def _rows_in_parts(self, chunks: Sequence[Sequence[int]], parts: RowParts) -> list[TokenRows]:
        made = [part.of_passage(number) for part in parts.read() for number in range(part.passages)]
        for start in range(len(made), len(chunks), _CHUNKS_IN_PART):
            report_progress("sentences", start, len(chunks))
            new = self.rows(chunks[start : start + _CHUNKS_IN_PART])
            parts.write(start // _CHUNKS_IN_PART, DocumentRows.of_passages(new))
            made += new
        return made

    def adapter(self, parts: Sequence[WeightedRows], *, decorrelate: bool = True) -> Adapter:
        """An adapter of these rows, in order, and the shared rows; in bfloat16, on the CPU.

        decorrelate: see `Hypernetwork.decorrelate`.
        """
        hypernetwork, shared = self._hypernetwork_of(), self._shared
        weights = torch.cat([part.weight * self._of_tokens(part) for part in parts])
        with torch.inference_mode():
            together = TokenRows.joined([part.rows for part in parts])
            own = hypernetwork.factors_of(self._base.model, together, weights)
        factors = {**own, **shared}
        for name, of in own.items():
            if (beside := shared.get(name)) is not None:
                factors[name] = Factors(torch.cat([of.A, beside.A]), torch.cat([of.B, beside.B]), shared=beside.rank)
        adapter = Adapter(factors)
        with torch.no_grad():
            return hypernetwork.decorrelate(adapter, self._base.model) if decorrelate else adapter

    def _of_tokens(self, part: WeightedRows) -> Tensor:
        """Factors on rows, `[row]`, from those on words.

        A row makes the model say the token that follows its own, and so has the factor of that one's word.
        """
        if not part.words:
            return torch.ones(len(part.rows))
        ids, decode = part.rows.tokens[:, 1].tolist(), self._base.tokenizer.decode
        # Tokens and words meet at their letters: a tokenizer may put the space before a word into its first token.
        of_letters = [factor for word, factor in zip(decode(ids).split(), part.words, strict=False) for _ in word]
        of_tokens, at = [], 0
        for token in ids:
            end = at + len("".join(decode([token]).split()))
            of_tokens.append(max(of_letters[at:end], default=1.0))
            at = end
        return torch.tensor([*of_tokens[1:], of_tokens[-1]])

    def check(self, document: DocumentRows) -> None:
        """Raises AdapterError: these rows are not of the hypernetwork's form."""
        shapes = self._hypernetwork_of().row_shapes
        if any(document.rows.parts[name].shape[1:] != shape for name, shape in shapes.items()):
            raise AdapterError("its rows do not fit the hypernetwork: they were made by another one.")

    def words(self, rows: TokenRows, adapter: Adapter) -> dict[str, list[KeptToken]]:
        """By module, the tokens that rows stand for. adapter: that of these rows, see `adapter`."""
        decode, found, tokens = self._base.tokenizer.decode, {}, rows.tokens.tolist()
        for name in self._hypernetwork_of().row_modules(self._base.model):
            strengths = adapter.factors[name].B[: len(tokens)].float().norm(dim=1).tolist()
            found[name] = [
                KeptToken(position=position, word=decode([token]), strength=round(strength, 3))
                for (position, token), strength in zip(tokens, strengths, strict=True)
            ]
        return found

    @cached_property
    def _shared(self) -> Mapping[str, Factors]:
        """The shared rows by module, in bfloat16 on the CPU."""
        rows = self._hypernetwork_of().shared_factors(self._base.model)
        with torch.inference_mode():
            wide = {name: (of.A[0].cpu().bfloat16(), of.B[0].cpu().bfloat16()) for name, of in rows.items()}
        return {name: Factors(A, B, shared=len(A)) for name, (A, B) in wide.items()}
