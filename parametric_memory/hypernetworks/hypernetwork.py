"""What every hypernetwork has in common: batched factors and their combination into one adapter.

A hypernetwork turns chunks of documents into LoRA factors of the base model in one forward pass. Training and
internalizing both go through `chunk_factors`; what differs between hypernetworks is behind it.
Knows nothing about entries, indexes or prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.chat import QuestionForm

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter, Factors
    from parametric_memory.adapters.token_rows import TokenRows
    from parametric_memory.language_model.chat import ChatFormat


@dataclass(frozen=True)
class Seen:
    """What a decoder is given of one document.

    Attributes:
        inputs: the decoder's arguments; `inputs_embeds` `[1, position, hidden]` is one of them.
        ids: `[position]`, the tokens of the text; -1 where a picture is.
        skip: how many positions open the turn, ahead of the document.
    """

    inputs: Mapping[str, Any]
    ids: Tensor
    skip: int = 0

    @property
    def embeddings(self) -> Tensor:
        found: Tensor = self.inputs["inputs_embeds"]
        return found

    def __len__(self) -> int:
        return self.embeddings.shape[1]


@dataclass(frozen=True)
class BatchedFactors:
    """Factors of one target module for a batch: y = W x + scaling * B^T (A x)."""

    A: Tensor  # [batch, rank, d_in]
    B: Tensor  # [batch, rank, d_out]


@dataclass(frozen=True)
class Attached:
    """A chunk whose rows a question sees, and how strongly: a factor on their B."""

    chunk: int
    weight: float = 1.0


@dataclass(frozen=True)
class ChunkFactors:
    """What a hypernetwork says about a batch of chunks."""

    rows: dict[str, BatchedFactors]  # by the module's full name; one row block a chunk
    shared: dict[str, BatchedFactors]  # batch of 1: the document-independent rows, once in any combination
    scaling: float = 1.0
    penalty: Tensor | None = None  # a scalar that training may add to the loss
    token: dict[str, Tensor] | None = None  # [chunk, rank]: the token each row came from, -1 for none

    def rows_of_chunks(self, name: str) -> list[Tensor]:
        """The rows of a module that stand for a token, by their numbers within their chunk."""
        chunks, rank, _ = self.rows[name].A.shape
        if self.token is None:
            return [torch.arange(rank)] * chunks
        return [row.nonzero()[:, 0] for row in (self.token[name] >= 0).cpu()]

    def of_chunks(self, start: int, stop: int) -> ChunkFactors:
        """What is said about some neighbouring chunks of the batch."""
        return replace(
            self,
            rows={name: BatchedFactors(of.A[start:stop], of.B[start:stop]) for name, of in self.rows.items()},
            token=self.token and {name: tokens[start:stop] for name, tokens in self.token.items()},
        )

    def combined(self, groups: Sequence[Sequence[Attached]]) -> dict[str, BatchedFactors]:
        """One item of a batch for every group: the chunks of the group, ranks concatenated, and the shared rows once.

        Groups of fewer chunks are filled up with rows of zero. Modules with shared rows alone have a batch of 1.
        """
        return combined([self], groups)


def combined(parts: Sequence[ChunkFactors], groups: Sequence[Sequence[Attached]]) -> dict[str, BatchedFactors]:
    """`ChunkFactors.combined` of chunks that were read in several batches, numbered through.

    Rows that stand for no token take no place, so that a short chunk costs no more for a long one beside it.
    """
    shared = parts[0].shared
    filled = len({len(group) for group in groups}) > 1
    found = {name: factors for name, factors in shared.items() if name not in parts[0].rows}
    for name, own in parts[0].rows.items():
        rows = [row for part in parts for row in part.rows_of_chunks(name)]
        starts = [0, *accumulate(part.rows[name].A.shape[1] for part in parts for _ in range(len(part.rows[name].A)))]
        row, weight = _indices(groups, [start + kept for start, kept in zip(starts, rows, strict=False)], own.A.device)
        A = torch.cat([part.rows[name].A.flatten(0, 1) for part in parts])[row]
        if filled:  # rows that fill up are zero on both sides, as a penalty on factors sees them
            A = A * (weight != 0)[..., None]
        B = torch.cat([part.rows[name].B.flatten(0, 1) for part in parts])[row] * weight[..., None].to(own.B.dtype)
        if name in shared:
            A = torch.cat([A, shared[name].A.expand(len(groups), -1, -1)], 1)
            B = torch.cat([B, shared[name].B.expand(len(groups), -1, -1)], 1)
        found[name] = BatchedFactors(A, B)
    return found


def _indices(
    groups: Sequence[Sequence[Attached]], rows: Sequence[Tensor], device: torch.device
) -> tuple[Tensor, Tensor]:
    """The rows that each group sees and how strongly, `[group, row]`; of weight 0 where a group has fewer.

    rows: of each chunk, by their numbers among all.
    """
    index = [torch.cat([rows[a.chunk] for a in group]) for group in groups]
    weight = [torch.cat([torch.full((len(rows[a.chunk]),), a.weight) for a in group]) for group in groups]
    padded = [nn.utils.rnn.pad_sequence(x, batch_first=True).to(device) for x in (index, weight)]
    return padded[0], padded[1]


class Hypernetwork(nn.Module):
    """Base class. Subclasses know their base model's sizes; the base model itself is passed in, never kept."""

    kind: str
    default_rank: int | None = None  # what `rank` is when nobody says; None where a hypernetwork has one rank only
    stored_dtype: torch.dtype = torch.float32  # what its adapters are kept in
    reads_sentences = False  # whether a chunk is a sentence, whose rows can be attached without the others

    def read(self, text: str, chat: ChatFormat, even: bool = False) -> tuple[list[list[int]], Sequence[int]]:
        """A document as `chunk_factors` takes it: chunks of token ids, and the ids that open each one's turn.

        Args:
            even: cut into chunks of one length, as the reference does, wherever a hypernetwork would cut otherwise.

        Raises:
            DocumentError: the text has no tokens.
        """
        raise NotImplementedError

    def question_form(self, chat: ChatFormat) -> QuestionForm:
        """The form in which this hypernetwork was trained to have the base model asked: a bare user turn."""
        return QuestionForm(chat.question)

    def question(self, text: str, chat: ChatFormat) -> list[int]:
        """Ids of a question in that form."""
        return self.question_form(chat)(text)

    def fast_parameters(self) -> list[nn.Parameter]:
        """Parameters that take a larger learning rate than matrices do."""
        return []

    def shared_factors(self, model: PreTrainedModel) -> dict[str, BatchedFactors]:
        """The document-independent rows, as `chunk_factors` gives them. Only one that reads sentences needs to say.

        model: the base model.
        """
        raise NotImplementedError

    def chunk_factors(
        self,
        model: PreTrainedModel,
        chunks: Sequence[Sequence[int]],
        before: Sequence[int],
        *,
        rank: int | None = None,
        gate_noise: float = 0.0,
        under: Adapter | None = None,
    ) -> ChunkFactors:
        """Factors of a batch of chunks of token ids.

        Args:
            model: the base model.
            before: ids that open the user turn a chunk is read in.
            rank: rows for every 100 tokens of a chunk, where a hypernetwork has a choice, see there; None: as many as
                there can be.
            gate_noise: standard deviation of noise on the choice of rows, while training.
            under: an adapter of the base model that it reads under, as in a second reading.
        """
        raise NotImplementedError

    def token_rows(
        self, model: PreTrainedModel, chunks: Sequence[Sequence[int]], before: Sequence[int], rank: int | None = None
    ) -> list[TokenRows]:
        """The rows of each chunk in the form that a memory keeps, of a hypernetwork that reads sentences.

        Args: see `chunk_factors`.
        """
        raise NotImplementedError

    def row_modules(self, model: PreTrainedModel) -> list[str]:
        """The modules that such rows are of, layer by layer."""
        raise NotImplementedError

    @property
    def row_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of a row's parts in `TokenRows`, by name."""
        raise NotImplementedError

    def factors_of(self, model: PreTrainedModel, rows: TokenRows, weights: Tensor | None = None) -> dict[str, Factors]:
        """The factors that such rows stand for, by module, in bfloat16 on the CPU; without shared rows.

        weights: `[row]`, a factor on the update of each row.
        """
        raise NotImplementedError

    def decorrelate(self, adapter: Adapter, model: PreTrainedModel) -> Adapter:
        """The adapter with rows that answer each other's keys less, of a hypernetwork whose rows do.

        model: the base model.
        """
        return adapter

    def seen_factors(
        self, model: PreTrainedModel, reader: PreTrainedModel, seen: Seen, *, rank: int | None = None
    ) -> ChunkFactors:
        """Factors of one document with pictures.

        Args:
            model: the base model.
            reader: the model whose decoder reads what was seen: the base model itself, or another.

        Raises:
            SettingsError: this hypernetwork reads texts alone, or not through that model.
        """
        raise SettingsError(f"A {self.kind} hypernetwork reads texts alone: choose one that reads pictures too.")


def batches(chunks: Sequence[Sequence[int]], tokens: int, most: int | None = None) -> Iterator[list[Sequence[int]]]:
    """Neighbouring chunks in batches of at most `tokens`, padding included; a longer chunk is on its own.

    Args:
        most: the largest number of chunks in a batch; None: any.
    """
    batch: list[Sequence[int]] = []
    for chunk in chunks:
        if batch and (len(batch) == most or (len(batch) + 1) * max(len(chunk), *map(len, batch)) > tokens):
            yield batch
            batch = []
        batch.append(chunk)
    yield batch
