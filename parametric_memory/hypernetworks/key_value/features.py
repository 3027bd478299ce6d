"""What the base model computes over chunks of a document, as the key-value hypernetwork needs it.

Plain forward passes without gradient: no adapter takes part but one that is given, nor do other threads. Knows nothing
about what is made of the features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from parametric_memory.errors import CheckpointError
from parametric_memory.language_model.hooks import only_adapter

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.hypernetworks.hypernetwork import Seen

_TOKENS_AT_ONCE = 160  # at least, in one forward pass on a CPU: more of them pad more than they save


@dataclass(frozen=True)
class ChunkFeatures:
    """What the base model says about a batch of chunks, padded on the right to a common number of tokens."""

    keys: Tensor  # [chunk, memory layer, token, d_ff]: inputs of down_proj, in the base model's dtype
    hidden: Tensor  # [chunk, feature layer, token, hidden]
    embeddings: Tensor  # [chunk, token, hidden]: input embeddings
    said: Tensor  # [chunk, token, hidden]: output embeddings; along one the model says the token
    mask: Tensor  # [chunk, token] bool


def decoder_layers(model: PreTrainedModel) -> tuple[str, list[Any]]:
    """The decoder's layers and their name in the model, whatever the architecture calls them.

    Raises:
        CheckpointError: the model has no layers with an `mlp`.
    """
    depth = model.config.get_text_config().num_hidden_layers
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == depth and hasattr(module[0], "mlp"):
            return name, list(module)
    raise CheckpointError(
        f"{type(model).__name__} has no list of {depth} decoder layers with an mlp, which the key-value hypernetwork "
        "needs."
    )


def _states(
    model: PreTrainedModel,
    memory_layers: Sequence[int],
    feature_layers: Sequence[int],
    under: Adapter | None,
    **inputs: Any,
) -> tuple[Tensor, Tensor]:
    """Keys and hidden states of one forward pass, `[row, layer, position, size]`; see `ChunkFeatures`."""
    _, layers = decoder_layers(model)
    watched = [layers[i].mlp.down_proj for i in memory_layers] + [layers[i] for i in feature_layers]
    found: dict[int, Tensor] = {}
    mine = get_ident()

    def keeping(number: int) -> Callable[..., None]:
        def keep(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if get_ident() == mine:
                found[number] = args[0] if args else kwargs["hidden_states"]

        return keep

    handles = [m.register_forward_pre_hook(keeping(number), with_kwargs=True) for number, m in enumerate(watched)]
    try:
        with only_adapter(model, under):
            model.get_decoder()(**inputs, use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    in_order = [found[number] for number in range(len(watched))]
    return torch.stack(in_order[: len(memory_layers)], 1), torch.stack(in_order[len(memory_layers) :], 1)


@torch.no_grad()
def chunk_features(
    model: PreTrainedModel,
    chunks: Sequence[Sequence[int]],
    before: Sequence[int],
    memory_layers: Sequence[int],
    feature_layers: Sequence[int],
    under: Adapter | None = None,
) -> ChunkFeatures:
    """Features of a batch of chunks, each read as the text of a user turn.

    chunks: token ids, one list a chunk.
    before: ids that open the turn; their positions are dropped from the features.
    under: an adapter that the model reads under; it says nothing of padding.
    """
    longest, skip = max(map(len, chunks)), len(before)
    ids = torch.zeros((len(chunks), skip + longest), dtype=torch.long)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for row, chunk in enumerate(chunks):
        ids[row, : skip + len(chunk)] = torch.tensor([*before, *chunk])
        mask[row, : skip + len(chunk)] = True
    ids, mask = ids.to(model.device), mask.to(model.device)

    on_cpu = model.device.type == "cpu"
    kept: list[Tensor] = []  # keys, hidden states
    for rows in _of_similar_length([len(chunk) for chunk in chunks], _TOKENS_AT_ONCE if on_cpu else None):
        length = skip + max(len(chunks[row]) for row in rows)
        inputs = {"input_ids": ids[rows, :length], "attention_mask": mask[rows, :length].long()}
        found = _states(model, memory_layers, feature_layers, under, **inputs)
        kept = kept or [x.new_zeros((len(chunks), x.shape[1], longest, x.shape[-1])) for x in found]
        for whole, part in zip(kept, found, strict=True):
            whole[rows, :, : length - skip] = part[:, :, skip:]
    keys, hidden = kept
    embeddings = model.get_input_embeddings()(ids[:, skip:]).float()
    said = _output_embeddings(model, ids[:, skip:], embeddings)
    return ChunkFeatures(keys, hidden.float(), embeddings, said, mask[:, skip:])


@torch.no_grad()
def seen_features(
    model: PreTrainedModel, seen: Seen, memory_layers: Sequence[int], feature_layers: Sequence[int]
) -> ChunkFeatures:
    """Features of one document with pictures that the base model itself reads.

    Where a picture is, a position says what stands there in the model's input space.
    """
    keys, hidden = (x[:, :, seen.skip :] for x in _states(model, memory_layers, feature_layers, None, **seen.inputs))
    embeddings = seen.embeddings[:, seen.skip :].float()
    ids = seen.ids[None, seen.skip :].to(model.device)
    is_text = (ids >= 0)[..., None]
    said = torch.where(is_text, _output_embeddings(model, ids.clamp_min(0), embeddings), embeddings)
    return ChunkFeatures(keys, hidden.float(), embeddings, said, torch.ones_like(ids, dtype=torch.bool))


def _output_embeddings(model: PreTrainedModel, ids: Tensor, embeddings: Tensor) -> Tensor:
    """Rows of the language-model head; the input embeddings where that has the same weights, or no readable ones."""
    weight = getattr(model.get_output_embeddings(), "weight", None)
    if weight is None or weight is model.get_input_embeddings().weight or not weight.is_floating_point():
        return embeddings
    return weight[ids.to(weight.device)].float().to(ids.device)


def _of_similar_length(lengths: Sequence[int], tokens: int | None) -> Iterator[list[int]]:
    """The chunks in groups of similar length, by number: padding a group to its longest costs little.

    tokens: how many a group has at least, where chunks are left; None: all chunks are one group.
    """
    group: list[int] = []
    for chunk in sorted(range(len(lengths)), key=lengths.__getitem__):
        group.append(chunk)
        if tokens is not None and sum(lengths[i] for i in group) >= tokens:
            yield group
            group = []
    if group:
        yield group
