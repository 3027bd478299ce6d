"""The interface of hypernetworks that read documents, and the combination of their factors into adapters.

A hypernetwork turns chunks of documents into LoRA factors of the base model in one forward pass. Training and
internalizing both call `chunk_factors`. Knows nothing about entries, indexes or prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, Factors, TokenRows
from parametric_memory.errors import CheckpointError, SettingsError
from parametric_memory.language_model.chat import ChatFormat, QuestionForm
from parametric_memory.language_model.hooks import no_adapters

Chunks = Sequence[Sequence[int]]  # of a document, in token ids
_ROWS_AT_MOST = 1024  # of one module, before they are folded


def decoder_layers(model: PreTrainedModel) -> tuple[str, list[Any]]:
    """The decoder's layers and their name in the model, for any architecture. Raises CheckpointError: it has none."""
    depth = model.config.get_text_config().num_hidden_layers
    for layers in model.get_decoder().children():
        if isinstance(layers, nn.ModuleList) and len(layers) == depth:
            return next(name for name, module in model.named_modules() if module is layers), list(layers)
    raise CheckpointError(f"{type(model).__name__} has no list of decoder layers.")


class _Read(Exception):
    """Ends a forward pass that has computed what it is for."""


def decoder_states(
    model: nn.Module, entering: Sequence[nn.Module], leaving: Sequence[nn.Module] = (), **inputs: Any
) -> list[Tensor]:
    """The hidden states that enter some modules of the decoder, then those that leave others, in one forward pass.

    It ends once all are known. Attached adapters and passes of other threads have no effect.

    model: a decoder, or a model that has it. inputs: of this model.
    """
    states: dict[int, Tensor] = {}
    own_thread = get_ident()

    def save(place: int, state: Tensor) -> None:
        states[place] = state
        if len(states) == len(entering) + len(leaving):
            raise _Read

    # While a hook is added or removed, torch may call it without the keyword arguments, in another thread's pass.
    def enter(_module: nn.Module, args: tuple[Any, ...], kwargs: Any = None, *, place: int) -> None:
        if get_ident() == own_thread:
            save(place, args[0] if args else kwargs["hidden_states"])

    def leave(_module: nn.Module, _args: tuple[Any, ...], output: Any, *, place: int) -> None:
        if get_ident() == own_thread:
            save(place, output[0] if isinstance(output, tuple) else output)

    handles = [m.register_forward_pre_hook(partial(enter, place=i), with_kwargs=True) for i, m in enumerate(entering)]
    handles += [m.register_forward_hook(partial(leave, place=i)) for i, m in enumerate(leaving, len(entering))]
    try:
        with no_adapters():
            model(**inputs, use_cache=False)
    except _Read:
        pass
    finally:
        for handle in handles:
            handle.remove()
    return [states[place] for place in range(len(handles))]


@dataclass(frozen=True)
class BatchedFactors:
    """Factors of one target module for a batch, or of one in each layer: y = W x + scaling * B^T (A x)."""

    A: Tensor  # [batch, rank, d_in] or [batch, layer, rank, d_in]; in Text-to-LoRA [layer, batch, rank, d_in]
    B: Tensor  # the same with d_out

    def products(self) -> Tensor:
        """B^T A `[..., d_out, d_in]`: the change of the weight, without the scaling."""
        return self.B.transpose(-1, -2) @ self.A


@dataclass(frozen=True)
class Attached:
    """A chunk whose rows are attached, and a factor on their B."""

    chunk: int
    weight: float = 1.0


@dataclass(frozen=True)
class ChunkFactors:
    """Factors of a batch of chunks."""

    rows: dict[str, BatchedFactors]  # by the module's full name; a block of rows for each chunk
    shared: dict[str, BatchedFactors]  # batch of 1: the document-independent rows, once in any combination
    scaling: float = 1.0
    penalty: Tensor | None = None  # a scalar that training may add to the loss
    token: dict[str, Tensor] | None = None  # [chunk, rank]: the token of each row, -1 for none


def combined(parts: Sequence[ChunkFactors], groups: Sequence[Sequence[Attached]]) -> dict[str, BatchedFactors]:
    """An item of a batch for each group: the rows of the group's chunks, concatenated, and the shared rows once.

    Chunks are numbered across the parts. Rows that stand for no token are left out, so that a short chunk costs no more
    beside a long one. Smaller groups are padded with rows of zero. Modules with shared rows only have a batch of 1.
    """
    shared = parts[0].shared
    padded = len({len(group) for group in groups}) > 1
    found = {name: factors for name, factors in shared.items() if name not in parts[0].rows}
    for name, first in parts[0].rows.items():
        A, B = (torch.cat([getattr(part.rows[name], side).flatten(0, 1) for part in parts]) for side in "AB")
        rows = list(_rows_of_chunks(parts, name))
        index = [torch.cat([rows[a.chunk] for a in group]) for group in groups]
        weights = [torch.cat([torch.full((len(rows[a.chunk]),), a.weight) for a in group]) for group in groups]
        row, weight = (nn.utils.rnn.pad_sequence(x, batch_first=True).to(first.A.device) for x in (index, weights))
        A, B = A[row], B[row] * weight[..., None].to(B.dtype)
        if padded:  # zero on both sides, for penalties on factors
            A = A * (weight != 0)[..., None]
        if name in shared:
            A = torch.cat([A, shared[name].A.expand(len(groups), -1, -1)], 1)
            B = torch.cat([B, shared[name].B.expand(len(groups), -1, -1)], 1)
        found[name] = BatchedFactors(A, B)
    return found


def _rows_of_chunks(parts: Sequence[ChunkFactors], name: str) -> Iterator[Tensor]:
    """For each chunk, the indices of its rows of a module among those of all chunks, without rows of no token."""
    start = 0
    for part in parts:
        chunks, rank, _ = part.rows[name].A.shape
        counts = torch.ones(chunks, rank) if part.token is None else (part.token[name] >= 0).cpu()
        for of_chunk in counts:
            yield start + of_chunk.nonzero()[:, 0]
            start += rank


def whole_adapter(parts: Sequence[ChunkFactors], chunks: Sequence[int] | None = None) -> Adapter:
    """The rows of all chunks, or of those with these numbers across the parts, and the shared rows once at the end."""
    first = parts[0]
    chunks = range(sum(len(next(iter(part.rows.values())).A) for part in parts)) if chunks is None else chunks
    shared = {name: of.A.shape[1] for name, of in first.shared.items()}
    factors = {
        name: Factors(of.A[0], of.B[0], first.scaling, shared.get(name, 0))
        for name, of in combined(parts, [[Attached(chunk) for chunk in chunks]]).items()
    }
    return Adapter(factors)


def folded(parts: list[ChunkFactors]) -> list[ChunkFactors]:
    """The same updates `B^T A` in one part, as products and identities, where these have fewer rows.

    Rows of tokens stay, of which questions attach a few.
    """
    first = parts[0]
    sides = {name: min(of.A.shape[-1], of.B.shape[-1]) for name, of in first.rows.items()}
    count = max(sum(part.rows[name].A[..., 0].numel() for part in parts) for name in sides)
    if first.token is not None or count <= max(_ROWS_AT_MOST, *sides.values()):
        return parts
    rows = {}
    for name, side in sides.items():
        A, B = (torch.cat([getattr(part.rows[name], of).flatten(0, 1) for part in parts]) for of in "AB")
        if B.shape[1] <= A.shape[1]:
            A, B = B.T @ A, torch.eye(side).to(B)
        else:
            A, B = torch.eye(side).to(A), A.T @ B
        rows[name] = BatchedFactors(A[None], B[None])
    return [replace(first, rows=rows)]


class Hypernetwork(nn.Module):
    """Base class. The base model is passed in, never stored. Only hypernetworks that read sentences implement
    `shared_factors`, `token_rows`, `row_modules`, `row_shapes` and `factors_of`."""

    kind: str
    stored_dtype: torch.dtype = torch.float32  # of stored adapters
    reads_sentences = False  # whether a chunk is a sentence, whose rows can be attached without the others

    def read(self, text: str, chat: ChatFormat) -> tuple[Chunks, Sequence[int]]:
        """Chunks of token ids, and the ids that open each one's turn. Raises DocumentError: the text has no tokens."""
        raise NotImplementedError

    def question_form(self, chat: ChatFormat) -> QuestionForm:
        """The form of questions in training: a bare user turn."""
        return QuestionForm(chat.question)

    def fast_parameters(self) -> list[nn.Parameter]:
        """Parameters that need a larger learning rate than matrices."""
        return []

    def chunk_factors(self, model: PreTrainedModel, chunks: Chunks, before: Sequence[int]) -> ChunkFactors:
        """Factors of a batch of chunks of token ids. model: the base model, here and below.

        before: ids that open the user turn of a chunk.
        """
        raise NotImplementedError

    def shared_factors(self, model: PreTrainedModel) -> dict[str, BatchedFactors]:
        """The document-independent rows, as in `ChunkFactors.shared`."""
        raise NotImplementedError

    def token_rows(self, model: PreTrainedModel, chunks: Chunks, before: Sequence[int]) -> list[TokenRows]:
        """The rows of each chunk in stored form; positions count within the chunk. See `chunk_factors`."""
        raise NotImplementedError

    def row_modules(self, model: PreTrainedModel) -> list[str]:
        """The modules of such rows, layer by layer."""
        raise NotImplementedError

    @property
    def row_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of a row's tensors in `TokenRows`, by name."""
        raise NotImplementedError

    def factors_of(self, model: PreTrainedModel, rows: TokenRows, weights: Tensor | None = None) -> dict[str, Factors]:
        """Decodes such rows into factors by module, in bfloat16 on the CPU, without shared rows.

        weights: `[row]`, a factor on the update of each row.
        """
        raise NotImplementedError

    def decorrelate(self, adapter: Adapter, model: PreTrainedModel) -> Adapter:
        """Changes rows so that they answer each other's keys less."""
        return adapter

    def seen_factors(self, model: PreTrainedModel, reader: PreTrainedModel, inputs: Mapping[str, Any]) -> ChunkFactors:
        """Factors of one document with pictures. Raises SettingsError: this hypernetwork reads texts only.

        reader: the model that reads the document: the base model, or another. inputs: its arguments.
        """
        raise SettingsError(f"A {self.kind} hypernetwork reads texts only.")
