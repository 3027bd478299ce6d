"""Rows of single sentences, made when somebody asks for them.

What a document is read as needs a tokenizer alone. Its rows are made sentence by sentence, each in a forward pass of
its own: of several sentences at once, they differ in their last bits with what is read beside them. So a sentence has
the same rows whether they were made when its document was added or are made when it is recalled: to the bit, on one
machine with one build of PyTorch and as many threads.

Knows nothing about entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parametric_memory.adapters.token_rows import DocumentRows, PartRows, TokenRows
from parametric_memory.errors import DocumentError
from parametric_memory.records import KeptToken

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter, Factors
    from parametric_memory.internalize.internalizer import HypernetworkInternalizer
    from parametric_memory.language_model.base_model import BaseModel

EVERY_TOKEN = 100  # rows for every 100 tokens, from which on no token is without
_MOST_PASSAGES = 2048  # of a document: the index holds a vector for each


@dataclass(frozen=True)
class ReadDocument:
    """A document that is remembered without an adapter of its own.

    Attributes:
        passages: the text in parts whose rows can be attached alone.
        to_keep: its rows; None: they are made again when they are wanted.
    """

    tokens: int
    chunks: int
    passages: Sequence[str]
    to_keep: DocumentRows | None = None


@dataclass(frozen=True)
class Reading:
    """A document as token ids.

    Attributes:
        chunks: sentences, or pieces of long ones.
        passages: what can be attached alone: which chunks each is made of.
    """

    chunks: Sequence[Sequence[int]]
    passages: Sequence[range]

    @classmethod
    def of(cls, chunks: Sequence[Sequence[int]]) -> Reading:
        """Every chunk is a passage, but runs of neighbouring ones are where there are very many."""
        length = -(-len(chunks) // _MOST_PASSAGES)
        starts = range(0, len(chunks), length)
        return cls(chunks, [range(start, min(start + length, len(chunks))) for start in starts])

    @property
    def tokens(self) -> int:
        return sum(map(len, self.chunks))

    @property
    def lengths(self) -> list[int]:
        """Of the passages, in tokens."""
        return [sum(len(self.chunks[i]) for i in passage) for passage in self.passages]

    def texts(self, decode: Callable[[Sequence[int]], str]) -> list[str]:
        """The passages as text."""
        return [" ".join(decode(self.chunks[i]).strip() for i in passage) for passage in self.passages]


class SentenceReader:
    """What a hypernetwork that reads sentences makes of them, one at a time."""

    def __init__(
        self,
        base: BaseModel,
        cut: Callable[[str], Sequence[Sequence[int]]],
        internalizer_of: Callable[[], HypernetworkInternalizer],
    ):
        """
        Args:
            cut: a text as the hypernetwork reads it; see `Hypernetwork.read`.
            internalizer_of: gives the hypernetwork, which is loaded no sooner than it is needed.
        """
        self._base, self._cut, self._internalizer_of = base, cut, internalizer_of

    def read(self, text: str) -> Reading:
        """Raises DocumentError for a text without a token."""
        if not text.strip():  # a blank before it would make a token even of this
            raise DocumentError("The text is empty: there is nothing to remember.")
        return Reading.of(self._cut(text))

    def document(self, text: str, *, with_rows: bool, rank: int | None = None) -> ReadDocument:
        """A text to be remembered. Without rows no model runs. Raises DocumentError for one without a token.

        rank: see `rows`.
        """
        reading = self.read(text)
        rows = None
        if with_rows:
            starts = _starts(reading.chunks)
            of_chunks = [
                moved(self.rows(chunk, rank), start) for chunk, start in zip(reading.chunks, starts, strict=True)
            ]
            rows = DocumentRows.of_passages([joined([of_chunks[i] for i in passage]) for passage in reading.passages])
        return ReadDocument(reading.tokens, len(reading.chunks), reading.texts(self._base.tokenizer.decode), rows)

    def rows(self, chunk: Sequence[int], rank: int | None = None) -> PartRows:
        """The rows of a chunk by itself; positions are counted in it.

        rank: as the internalizer makes them when not given, see `KeyValueHypernetwork.chunk_factors`; from 100 on,
            every token has one.
        """
        import torch

        internalizer = self._internalizer_of()
        rank = internalizer.rank if rank is None else rank
        rank = None if rank is None or rank >= EVERY_TOKEN else rank
        with self._base.busy, torch.inference_mode():
            made = internalizer.hypernetwork.chunk_factors(self._base.model, [chunk], self._base.chat.before, rank=rank)
        assert made.token is not None  # a hypernetwork that reads sentences says which token a row is of
        found = {}
        for name, factors in made.rows.items():
            alive = made.token[name][0] >= 0
            places = made.token[name][0][alive].tolist()
            A, B = factors.A[0][alive], factors.B[0][alive] * made.scaling
            found[name] = TokenRows.of(A, B, [(place, chunk[place]) for place in places])
        return found

    def shared(self) -> Mapping[str, Factors]:
        """The rows that all documents share, by module, in bfloat16 on the CPU."""
        import torch

        from parametric_memory.adapters.factors import Factors

        def kept(rows: torch.Tensor) -> torch.Tensor:
            return rows[0].detach().to("cpu", torch.bfloat16)

        rows = self._internalizer_of().hypernetwork.shared_factors(self._base.model)
        return {name: Factors(kept(factors.A), kept(factors.B)) for name, factors in rows.items()}

    def told_apart(self, adapter: Adapter) -> Adapter:
        """An adapter of such rows, which disturb each other less; see `Hypernetwork.told_apart`."""
        return self._internalizer_of().told_apart(adapter)

    def words(self, rows: PartRows) -> dict[str, list[KeptToken]]:
        """By module, the tokens that rows stand for."""
        decode, found = self._base.tokenizer.decode, {}
        for name, of_module in rows.items():
            strengths = of_module.widened()[1].float().norm(dim=1).tolist()
            found[name] = [
                KeptToken(position=position, word=decode([token]), strength=round(strength, 3))
                for (position, token), strength in zip(of_module.tokens.tolist(), strengths, strict=True)
            ]
        return found


def joined(parts: Sequence[PartRows]) -> PartRows:
    """Rows of neighbouring parts as those of one."""
    if len(parts) == 1:
        return parts[0]
    return {name: TokenRows.joined([rows[name] for rows in parts]) for name in parts[0]}


def moved(rows: PartRows, tokens: int) -> PartRows:
    """The same rows, their tokens standing so much further behind."""
    return {name: of_module.moved(tokens) for name, of_module in rows.items()}


def _starts(chunks: Sequence[Sequence[int]]) -> list[int]:
    """Where each chunk begins in its document, in tokens."""
    starts, first = [], 0
    for chunk in chunks:
        starts.append(first)
        first += len(chunk)
    return starts
