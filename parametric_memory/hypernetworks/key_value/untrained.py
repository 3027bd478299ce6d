"""A key-value hypernetwork for any base model, before training: sizes and key statistics of the model itself.

Training starts here, and a base model without a trained hypernetwork uses it as it is.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from parametric_memory.adapters.checkpoints import validated
from parametric_memory.batches import in_runs
from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.hypernetwork import decoder_layers
from parametric_memory.hypernetworks.key_value.network import KeyValueConfig, KeyValueHypernetwork, chunk_features
from parametric_memory.language_model.chat import ChatFormat

_BATCH = 8
_PASSAGE_TOKENS = 160
_READER_MODULES = (
    *("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"),
    *("mlp.gate_proj", "mlp.up_proj"),
)
_MEASURED_GAIN, _MEASURED_EMBEDDING_NORM = 40.0, 2.87  # of SmolLM2-135M
_NORMS_OF_OUTPUT = ("post_feedforward_layernorm", "post_mlp_layernorm")  # Gemma 2 and 3, OLMo 2, EXAONE 4; GLM 4
_NORMED_GAIN = 0.25  # of Gemma 3 270M, in norms of an ordinary output of `down_proj`


def ordinary_text() -> list[str]:
    """Passages of plain English prose in the public domain, for key statistics."""
    return gzip.decompress(Path(__file__).with_name("ordinary_text.txt.gz").read_bytes()).decode().split("\n\n")


def ordinary_chunks(chat: ChatFormat, passages: Sequence[str] | None = None) -> list[list[int]]:
    """The beginnings of passages, by default those of `ordinary_text`, as token ids."""
    return [chat.encode(" " + passage)[:_PASSAGE_TOKENS] for passage in (passages or ordinary_text())]


def default_config(model: PreTrainedModel, **overrides: Any) -> KeyValueConfig:
    """Memory rows in the last two fifths of the layers, token features from three depths below and between them.

    Shared rows are below the memory rows. The gain, the norm of a row of B, is in proportion to the norm of the input
    embeddings.

    Raises CheckpointError: an override is unknown or out of range.
    """
    config = model.config.get_text_config()
    depth = config.num_hidden_layers
    first_memory_layer = depth - max(1, round(0.4 * depth))
    feature_size = max(64, min(512, 64 * round(config.hidden_size / 96)))
    _, [layer, *_] = decoder_layers(model)
    linear = {name: (m.in_features, m.out_features) for name, m in layer.named_modules() if isinstance(m, nn.Linear)}
    norm = model.get_input_embeddings().weight[:4096].float().norm(dim=-1).mean().item()
    values: dict[str, Any] = {
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_layers": depth,
        "memory_layers": tuple(range(first_memory_layer, depth)),
        "feature_layers": tuple(sorted({min(round(depth * share), depth - 1) for share in (0.27, 0.53, 0.8)})),
        "feature_size": feature_size,
        "feature_heads": feature_size // 64,
        "value_width": feature_size // 4,
        "whitening_rank": min(128, config.intermediate_size // 4),
        "shared_layers": tuple(range(round(depth / 3), first_memory_layer)),
        "shared_rank": 8,
        "reader_layers": tuple(range(round(depth / 3), depth)),
        "reader_modules": tuple((name, *linear[name]) for name in _READER_MODULES if name in linear),
        "reader_rank": 8,
        "gain": _MEASURED_GAIN * norm / _MEASURED_EMBEDDING_NORM,
        **overrides,
    }
    return validated(KeyValueConfig, values, "The config of a key-value hypernetwork")


def check_gated(model: PreTrainedModel) -> None:
    """Raises CheckpointError: a layer of the model has no gated MLP with a `down_proj`, as in mixtures of experts."""
    _, layers = decoder_layers(model)
    if not all(hasattr(getattr(layer, "mlp", None), "down_proj") for layer in layers):
        raise CheckpointError(
            f"{type(model).__name__} has no mlp.down_proj in its layers: the key-value hypernetwork needs a gated MLP."
        )


def untrained_hypernetwork(
    model: PreTrainedModel, chat: ChatFormat, passages: Sequence[str] | None = None, **overrides: Any
) -> KeyValueHypernetwork:
    """The closed-form memory for this base model; it takes a minute on two CPU cores.

    A norm that follows the MLP, as in Gemma 3, divides its output by the size of the sum of this output and the rows.
    There a row of B has a share of the size that the output ordinarily has, whatever the size of the embeddings: a
    larger one would leave little of the output at any token.

    overrides: fields of `KeyValueConfig`.

    Raises CheckpointError: the model has no gated MLP with a `down_proj`, or an override is invalid.
    """
    check_gated(model)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)  # the same rows for the same model, every time
        hypernetwork = KeyValueHypernetwork(default_config(model, **overrides))
    config = hypernetwork.config
    memory_layers = [decoder_layers(model)[1][layer] for layer in config.memory_layers]
    size, layers_count = config.intermediate_size, len(memory_layers)
    total, covariance = 0, torch.zeros(layers_count, size, size)
    chunks = ordinary_chunks(chat, passages)
    for some in in_runs(chunks, _BATCH):
        features = chunk_features(model, some, chat.before, config.memory_layers, config.feature_layers)
        keys = features.keys.transpose(1, 2)[features.mask].float().cpu()  # [token, layer, d_ff]
        for layer in range(layers_count):
            covariance[layer].addmm_(keys[:, layer].T, keys[:, layer])
        total += keys.shape[0]
    for layer, module in enumerate(memory_layers):
        hypernetwork.whitening.fit(layer, covariance[layer] / total, keys[:, layer])
        if any(hasattr(module, name) for name in _NORMS_OF_OUTPUT):
            W = module.mlp.down_proj.weight.detach().float().cpu()
            norm = ((W @ (covariance[layer] / total)) * W).sum().sqrt()
            hypernetwork.log_gain.data[layer] = (_NORMED_GAIN * norm).log()
    return hypernetwork.to(model.device)
