"""What the base model computes over chunks of a document, for the key-value hypernetwork.

Plain forward passes without gradient. Attached adapters and other threads have no effect on them. Knows nothing about
the use of the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from parametric_memory.batches import batched, shortest_first
from parametric_memory.hypernetworks.hypernetwork import decoder_layers, decoder_states
from parametric_memory.language_model.answer_logits import right_padded

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_TOKENS_AT_ONCE = 160  # at least, in one forward pass on a CPU: more of them cost more padding than they save


@dataclass(frozen=True)
class ChunkFeatures:
    """Features of a batch of chunks, padded on the right to a common number of tokens."""

    keys: Tensor  # [chunk, memory layer, token, d_ff]: inputs of down_proj, in the base model's dtype
    hidden: Tensor  # [chunk, feature layer, token, hidden]
    embeddings: Tensor  # [chunk, token, hidden]: input embeddings
    said: Tensor  # [chunk, token, hidden]: output embeddings; along one the model says the token
    mask: Tensor  # [chunk, token] bool


@torch.no_grad()
def chunk_features(
    model: PreTrainedModel,
    chunks: Sequence[Sequence[int]],
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

    _, layers = decoder_layers(model)
    watched = [layers[i].mlp.down_proj for i in memory_layers] + [layers[i] for i in feature_layers]
    whole: list[Tensor] = []  # keys, hidden states
    for rows in batched(shortest_first(lengths), fits):
        length = skip + lengths[rows[-1]]
        found = decoder_states(model, watched, input_ids=ids[rows, :length], attention_mask=mask[rows, :length])
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
