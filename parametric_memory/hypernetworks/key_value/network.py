"""The key-value hypernetwork: a document's own MLP activations become the rows of its adapter.

A feed-forward layer works as a key-value memory (arXiv 2012.14913), and a fact can be written into it in closed form
with a whitened key (ROME, arXiv 2202.05262; MEMIT, arXiv 2210.07229). For token t of a document and memory layer l:

- key: the input of that layer's `down_proj` at t, from one plain pass of the base model over the document;
- row of A: the whitened key, scaled so that it answers 1 to its own key and close to 0 to anything else;
- row of B: a gain times the unit output embedding of the token that follows t.

So where a position of an answer resembles a position of the document, the update points to the document's next token.
Training adds a strength for each token (gates), a better metric for keys, keys closer to those of questions (contextual
rows), values other than the next token (pointers, contextual values), and document-independent rows: of `down_proj`
below the memory layers (shared rows), and of attention and MLP inputs, so that a question's keys resemble the
document's (reader rows). Features are computed without gradients and without attached adapters. Knows nothing about
files or training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, NamedTuple

import torch
from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, model_validator
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, Factors, TokenRows
from parametric_memory.batches import batched, shortest_first, within_tokens
from parametric_memory.hypernetworks.chunking import read_sentences
from parametric_memory.hypernetworks.hypernetwork import (
    BatchedFactors,
    ChunkFactors,
    Chunks,
    Hypernetwork,
    decoder_layers,
    decoder_states,
)
from parametric_memory.hypernetworks.key_value.row_code import RowCode
from parametric_memory.hypernetworks.key_value.whitening import Whitening
from parametric_memory.language_model.answer_logits import right_padded
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.language_model.precision import bfloat16_is_faster

_TOKENS_AT_ONCE = 160  # at least, in one forward pass on a CPU: more of them cost more padding than they save


class ChunkFeatures(NamedTuple):
    """Features of a batch of chunks, padded on the right to a common number of tokens."""

    keys: Tensor  # [chunk, memory layer, token, d_ff]: inputs of down_proj, in the base model's dtype
    hidden: Tensor  # [chunk, feature layer, token, hidden]
    embeddings: Tensor  # [chunk, token, hidden]: input embeddings
    said: Tensor  # [chunk, token, hidden]: output embeddings; along one the model says the token
    mask: Tensor  # [chunk, token] bool


@torch.no_grad()
def chunk_features(
    model: PreTrainedModel,
    chunks: Chunks,
    before: Sequence[int],
    memory_layers: Sequence[int],
    feature_layers: Sequence[int],
) -> ChunkFeatures:
    """Features of a batch of chunks, each read as the text of a user turn.

    chunks: token ids, one list per chunk.
    before: ids that open the turn; the features leave out their positions.
    """
    skip = len(before)
    ids, mask = right_padded([[*before, *chunk] for chunk in chunks], 0, model.device)
    longest = ids.shape[1] - skip
    lengths, on_cpu = [len(chunk) for chunk in chunks], model.device.type == "cpu"

    def fits(rows: list[int]) -> bool:
        return not on_cpu or sum(lengths[row] for row in rows[:-1]) < _TOKENS_AT_ONCE

    decoder, (_, layers) = model.get_decoder(), decoder_layers(model)
    watched = [layers[i].mlp.down_proj for i in memory_layers] + [layers[i] for i in feature_layers]
    whole: list[Tensor] = []  # keys, hidden states
    for rows in batched(shortest_first(lengths), fits):
        length = skip + lengths[rows[-1]]
        found = decoder_states(decoder, watched, input_ids=ids[rows, :length], attention_mask=mask[rows, :length])
        # `[row, layer, position, size]`
        states = torch.stack(found[: len(memory_layers)], 1), torch.stack(found[len(memory_layers) :], 1)
        whole = whole or [x.new_zeros((len(chunks), x.shape[1], longest, x.shape[-1])) for x in states]
        for all_rows, part in zip(whole, states, strict=True):
            all_rows[rows, :, : length - skip] = part[:, :, skip:]
    keys, hidden = whole
    ids, mask = ids[:, skip:], mask[:, skip:].bool()
    embeddings = model.get_input_embeddings()(ids).float()
    return ChunkFeatures(keys, hidden.float(), embeddings, _output_embeddings(model, ids, embeddings), mask)


def _output_embeddings(model: PreTrainedModel, ids: Tensor, embeddings: Tensor) -> Tensor:
    """Rows of the language-model head; the input embeddings where it shares their weights, or is quantized."""
    weight = getattr(model.get_output_embeddings(), "weight", None)
    if weight is None or weight is model.get_input_embeddings().weight or not weight.is_floating_point():
        return embeddings
    return weight[ids.to(weight.device)].float().to(ids.device)


Layers = tuple[NonNegativeInt, ...]


@dataclass(frozen=True, config={"extra": "forbid"})
class KeyValueConfig:
    """Everything that rebuilds a `KeyValueHypernetwork`. Layer numbers count decoder layers from 0.

    Raises ValidationError: a value is of another type, or out of range.
    """

    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_layers: PositiveInt
    memory_layers: Layers  # layers whose down_proj carries the document's rows
    feature_layers: Layers  # the token features see the hidden state that enters these layers
    feature_size: PositiveInt = 384
    feature_heads: PositiveInt = 6
    feature_blocks: Annotated[int, Field(ge=0, le=100)] = 2  # constructed before the weights are compared
    metric_rank: NonNegativeInt = 256  # of the learned change of the key metric
    context_width: NonNegativeInt = 192  # of the contextual rows
    value_width: PositiveInt = 96  # of the contextual values, a layer's own
    shared_layers: Layers = ()
    shared_rank: NonNegativeInt = 0  # document-independent rows of down_proj in each shared layer
    reader_layers: Layers = ()
    reader_modules: Annotated[tuple[tuple[str, PositiveInt, PositiveInt], ...], Field(max_length=1000)] = ()
    reader_rank: NonNegativeInt = 0  # document-independent rows of each reader module (name, size in, size out)
    whitening_rank: NonNegativeInt = 128
    gain: Annotated[FiniteFloat, Field(gt=0)] = 40.0
    next_token_bias: FiniteFloat = 12.0  # initial preference of a row's value for the token that follows
    chunk_tokens: PositiveInt = 160  # of a sentence; a longer one is cut

    @model_validator(mode="after")
    def _fits_together(self) -> KeyValueConfig:
        if self.feature_size % self.feature_heads:
            raise ValueError(f"{self.feature_heads} feature heads cannot be of size {self.feature_size}")
        for layers in (self.memory_layers, self.feature_layers, self.shared_layers, self.reader_layers):
            if any(layer >= self.num_layers for layer in layers):
                raise ValueError(f"layers {list(layers)} are not among {self.num_layers}")
        return self


_FITTED_AT_ONCE = 512  # tokens, padding included
_LARGEST_FITTED = 4096  # d_ff
_DECORRELATED_AT_ONCE = 1024  # rows


class Rows(NamedTuple):
    """A row for each token of a batch of chunks. Those of padding are zero in B."""

    A: Tensor  # [chunk, memory layer, token, d_ff]
    B: Tensor  # [chunk, memory layer, token, hidden]
    strength: Tensor  # [chunk, memory layer, token]: the norm of B


def rms(x: Tensor) -> Tensor:
    return F.rms_norm(x, x.shape[-1:])


class FeatureBlock(nn.Module):
    """A bidirectional pre-norm transformer block that starts as the identity."""

    def __init__(self, size: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(size, 3 * size, bias=False)
        self.attention_out = nn.Linear(size, size, bias=False)
        self.gate_up = nn.Linear(size, 4 * size, bias=False)
        self.down = nn.Linear(2 * size, size, bias=False)
        nn.init.zeros_(self.attention_out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, tokens, size = x.shape
        split = self.query_key_value(rms(x)).view(batch, tokens, 3, self.heads, size // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None])
        x = x + self.attention_out(attended.transpose(1, 2).reshape(batch, tokens, size))
        gate, up = self.gate_up(rms(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class KeyValueHypernetwork(Hypernetwork):
    """Chunks' features -> adapter rows. Every learned part starts without effect."""

    kind = "key-value"
    reads_sentences = True

    def __init__(self, config: KeyValueConfig, coordinates: int = 0):
        """coordinates: of a fitted code of rows."""
        super().__init__()
        self.config, self._layers_read = config, (config.memory_layers, config.feature_layers)
        layers, size = len(config.memory_layers), config.feature_size
        self.whitening = Whitening(layers, config.intermediate_size, config.whitening_rank)
        self.row_code = RowCode(layers, config.intermediate_size, coordinates)

        self.project_hidden = nn.Linear(config.hidden_size * len(config.feature_layers), size, bias=False)
        self.project_token = nn.Linear(config.hidden_size, size, bias=False)
        self.project_next = nn.Linear(config.hidden_size, size, bias=False)
        self.blocks = nn.ModuleList(FeatureBlock(size, config.feature_heads) for _ in range(config.feature_blocks))

        self.gate = nn.Linear(size, layers)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)
        self.log_gain = nn.Parameter(torch.full((layers,), config.gain).log())

        d_ff = config.intermediate_size
        self.metric_in = nn.Parameter(torch.randn(layers, d_ff, config.metric_rank) / d_ff**0.5)
        self.metric_out = nn.Parameter(torch.zeros(layers, config.metric_rank, d_ff))
        self.context_in = nn.Linear(size, config.context_width, bias=False)
        self.context_out = nn.Parameter(torch.zeros(layers, config.context_width, d_ff))

        self.pointer_query = nn.Linear(size, size, bias=False)
        self.pointer_key = nn.Linear(size, size, bias=False)
        nn.init.normal_(self.pointer_query.weight, std=0.02)
        self.next_token_bias = nn.Parameter(torch.tensor(config.next_token_bias / 3))

        # A code of each token, and what each layer adds of it to the mixture of output embeddings.
        self.value_in = nn.Linear(size, config.value_width, bias=False)
        self.value_out = nn.Parameter(torch.zeros(layers, config.value_width, config.hidden_size))
        if config.shared_rank:
            shared = len(config.shared_layers)
            self.shared_A = nn.Parameter(0.02 * torch.randn(shared, config.shared_rank, d_ff))
            self.shared_B = nn.Parameter(torch.zeros(shared, config.shared_rank, config.hidden_size))
        readers = len(config.reader_layers)
        self.reader_A, self.reader_B = nn.ParameterDict(), nn.ParameterDict()
        for name, d_in, d_out in config.reader_modules if config.reader_rank else ():
            key = name.replace(".", "_")
            self.reader_A[key] = nn.Parameter(torch.randn(readers, config.reader_rank, d_in) / d_in**0.5)
            self.reader_B[key] = nn.Parameter(torch.zeros(readers, config.reader_rank, d_out))

    def fast_parameters(self) -> list[nn.Parameter]:
        """Scalars in log space or before a softmax."""
        return [self.log_gain, self.next_token_bias]

    def read(self, text: str, chat: ChatFormat) -> tuple[Chunks, Sequence[int]]:
        """A chunk for each sentence, read as the text of a user turn; see `read_sentences`."""
        return read_sentences(text, chat, self.config.chunk_tokens), chat.before

    def chunk_factors(self, model: PreTrainedModel, chunks: Chunks, before: Sequence[int]) -> ChunkFactors:
        features = chunk_features(model, chunks, before, *self._layers_read)
        rows, mask, modules = self(features), features.mask, self.row_modules(model)
        positions = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
        return ChunkFactors(
            rows={module: BatchedFactors(rows.A[:, i], rows.B[:, i]) for i, module in enumerate(modules)},
            shared=self.shared_factors(model),
            penalty=(rows.strength.sum(-1) / mask.sum(-1, keepdim=True)).mean() / self.config.gain,
            token=dict.fromkeys(modules, positions.masked_fill(~mask, -1)),
        )

    def token_rows(self, model: PreTrainedModel, chunks: Chunks, before: Sequence[int]) -> list[TokenRows]:
        features = chunk_features(model, chunks, before, *self._layers_read)
        z, mask = self.token_features(features), features.mask
        strength = self._strength(self.gate(z).float().transpose(1, 2))
        A = self._rows_of_A(features.keys.transpose(0, 1)[:, mask], self.context_in(z[mask]))
        keys, sizes = self.row_code.encoded(A)
        mixture, mixture_scale = _eight_bits(self.values(z, features)[mask])
        code, code_scale = _eight_bits(self.value_in(z[mask]))
        positions = [[position, token] for chunk in chunks for position, token in enumerate(chunk)]
        parts = (
            torch.tensor(positions, dtype=torch.int32),
            keys.transpose(0, 1).cpu().contiguous(),
            torch.cat([sizes.transpose(0, 1), strength.transpose(1, 2)[mask][..., None]], -1).to("cpu", torch.bfloat16),
            torch.cat([mixture, code], 1).cpu(),
            torch.stack([mixture_scale, code_scale], 1).cpu(),
        )
        of_chunks = zip(*(part.split([len(chunk) for chunk in chunks]) for part in parts), strict=True)
        return [TokenRows(*of_chunk) for of_chunk in of_chunks]

    def row_modules(self, model: PreTrainedModel) -> list[str]:
        name, _ = decoder_layers(model)
        return [f"{name}.{layer}.mlp.down_proj" for layer in self.config.memory_layers]

    @property
    def row_shapes(self) -> dict[str, tuple[int, ...]]:
        layers, code = len(self.config.memory_layers), self.row_code
        return {
            "keys": (layers, code.bytes_a_row),
            "gains": (layers, len(code.parts) + 1),
            "values": (self.config.hidden_size + self.config.value_width,),
        }

    def drop_row_code(self) -> None:
        """Replaces the code of rows by one that is not fitted."""
        self.row_code = RowCode(len(self.config.memory_layers), self.config.intermediate_size)

    @torch.no_grad()
    def fit_row_code(self, model: PreTrainedModel, chunks: Chunks, before: Sequence[int]) -> None:
        """Fits the code of rows to the rows and keys of chunks, some 20,000 tokens. It decodes no earlier rows.

        Where d_ff is large, nothing is fitted: the eigenvectors of larger second moments take hours.
        """
        layers, d_ff = len(self.config.memory_layers), self.config.intermediate_size
        if d_ff > _LARGEST_FITTED:
            return
        shape = layers, d_ff, d_ff
        keys_moment, rows_moment = torch.zeros(shape), torch.zeros(shape)
        for batch in within_tokens(chunks, _FITTED_AT_ONCE):
            features = chunk_features(model, batch, before, *self._layers_read)
            for moment, of_tokens in ((keys_moment, features.keys), (rows_moment, self(features).A)):
                x = of_tokens.transpose(0, 1)[:, features.mask].float().cpu()
                moment += x.transpose(1, 2) @ x
        self.row_code = RowCode.fitted(keys_moment, rows_moment).to(self.log_gain.device)

    def factors_of(self, model: PreTrainedModel, rows: TokenRows, weights: Tensor | None = None) -> dict[str, Factors]:
        config, device = self.config, self.log_gain.device
        gains = rows.gains.to(device).float()
        A = self.row_code.decoded(rows.keys.to(device).transpose(0, 1), gains[..., :-1].transpose(0, 1))
        sizes = [config.hidden_size, config.value_width]
        scales = rows.scales.repeat_interleave(torch.tensor(sizes), 1)
        mixture, code = (rows.values.float() * scales).to(device).split(sizes, 1)
        strength = gains[..., -1] * (1.0 if weights is None else weights.to(device)[:, None])
        B = torch.baddbmm(mixture.expand(len(A), -1, -1), code.expand(len(A), -1, -1), self.value_out)
        A, B = (side.to("cpu", torch.bfloat16) for side in (A, strength.T[..., None] * B))
        return {module: Factors(A[i], B[i]) for i, module in enumerate(self.row_modules(model))}

    def decorrelate(self, adapter: Adapter, model: PreTrainedModel) -> Adapter:
        """See `Whitening.decorrelate`. Rows are multiplied in their dtype, or in float32 if that is faster."""
        factors, modules = dict(adapter.factors), self.row_modules(model)
        counts = [factors[name].own if name in factors else 0 for name in modules]

        def alike(layers: list[int]) -> bool:
            return counts[layers[0]] == counts[layers[-1]] <= _DECORRELATED_AT_ONCE // len(layers)

        for layers in batched(range(len(modules)), alike):
            count, names = counts[layers[0]], [modules[i] for i in layers]
            if count > 1:
                rows = torch.stack([factors[name].A[:count] for name in names])
                wide = rows if bfloat16_is_faster("cpu") else rows.float()
                apart = self.whitening.decorrelate(wide, slice(layers[0], layers[-1] + 1)).to(rows.dtype)
                for name, A in zip(names, apart, strict=True):
                    factors[name] = replace(factors[name], A=torch.cat([A, factors[name].A[count:]]))
        return Adapter(factors)

    def shared_factors(self, model: PreTrainedModel) -> dict[str, BatchedFactors]:
        config, (layers, _) = self.config, decoder_layers(model)
        rows = {
            f"{layers}.{layer}.mlp.down_proj": BatchedFactors(self.shared_A[i : i + 1], self.shared_B[i : i + 1])
            for i, layer in enumerate(config.shared_layers if config.shared_rank else ())
        }
        for name, _, _ in config.reader_modules if config.reader_rank else ():
            A, B = (side[name.replace(".", "_")] for side in (self.reader_A, self.reader_B))
            for i, layer in enumerate(config.reader_layers):
                rows[f"{layers}.{layer}.{name}"] = BatchedFactors(A[i : i + 1], B[i : i + 1])
        return rows

    def token_features(self, features: ChunkFeatures) -> Tensor:
        """Contextual features of every token: `[chunk, token, feature_size]`."""
        token = rms(features.embeddings)
        has_next = F.pad(features.mask[:, 1:], (0, 1))
        following = torch.where(has_next[..., None], token.roll(-1, dims=1), token)  # the last one follows itself
        hidden = rms(features.hidden.to(token.dtype)).transpose(1, 2).flatten(2)
        z = self.project_hidden(hidden) + self.project_token(token) + self.project_next(following)
        for block in self.blocks:
            z = block(z, features.mask)
        return rms(z)

    def values(self, z: Tensor, features: ChunkFeatures) -> Tensor:
        """For each token a mixture of the chunk's unit output embeddings, `[chunk, token, hidden]`."""
        scores = (self.pointer_query(z) @ self.pointer_key(z).transpose(1, 2)).float() / z.shape[-1] ** 0.5
        positions = torch.arange(z.shape[1], device=z.device)
        is_next = positions[None, :] == positions[:, None] + 1
        scores = scores + 3 * self.next_token_bias * is_next
        weights = scores.masked_fill(~features.mask[:, None], float("-inf")).softmax(-1)
        return weights.to(z.dtype) @ F.normalize(features.said.to(z.dtype), dim=-1)

    def forward(self, features: ChunkFeatures) -> Rows:
        """A row in every memory layer for every token of each chunk."""
        z, mask = self.token_features(features), features.mask[:, None]
        strength = self._strength(self.gate(z).float().transpose(1, 2)) * mask  # [chunk, layer, token]
        keys = features.keys.float().transpose(0, 1)  # [layer, chunk, token, d_ff]
        A = self._rows_of_A(keys.flatten(1, 2), self.context_in(z).flatten(0, 1)).unflatten(1, keys.shape[1:3])
        B = self.values(z, features)[:, None] + self.value_in(z)[:, None] @ self.value_out
        return Rows(A.transpose(0, 1), strength[..., None] * B, strength)

    def _rows_of_A(self, keys: Tensor, context: Tensor) -> Tensor:
        """`[layer, row, d_ff]` of keys of that shape. context: `[layer, row, context_width]`, or without layers."""
        rows = self.whitening(keys)
        # The contextual part has a quarter of a row's size: larger diverges at once.
        context = context * (self.whitening.scale[:, None, None] / 4)
        return rows + rows @ self.metric_in @ self.metric_out + context @ self.context_out

    def _strength(self, gates: Tensor) -> Tensor:
        """Norms of rows of B, of gates `[chunk, layer, row]`."""
        return (self.log_gain[:, None] + gates).exp()


def _eight_bits(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows `[row, number]` as int8, and the scale of each, `[row]`."""
    scale = x.abs().amax(1) / 127
    return (x / scale.clamp_min(1e-30)[:, None]).round().to(torch.int8), scale.float()
