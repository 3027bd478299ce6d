"""Small Perceiver hypernetworks that do something, for tests."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter
from parametric_memory.batches import within_tokens
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig
from parametric_memory.hypernetworks.hypernetwork import whole_adapter

CHUNKS = [[3, 1, 4, 1, 5], [9, 2, 6], [5, 3, 5, 8]]
SMALL = {"latent_size": 8, "latents": 3, "blocks": 2, "rank": 2}


def config_for(model: Any, **options: Any) -> PerceiverConfig:
    targets = options.pop("target_modules", ("down_proj",))
    return PerceiverConfig.for_model(model, "tiny", targets, **(SMALL | options))


def trained(config: PerceiverConfig, context_model: Any = None) -> PerceiverHypernetwork:
    """A hypernetwork whose adapters do something: untrained, they are zero."""
    torch.manual_seed(1)
    hypernetwork = PerceiverHypernetwork(config, context_model).eval()
    for name, parameter in hypernetwork.network.named_parameters():
        if "scaler" in name or "bias_" in name:
            torch.nn.init.normal_(parameter)
    return hypernetwork


@torch.no_grad()
def adapter_of(
    hypernetwork: PerceiverHypernetwork, model: PreTrainedModel, chunks: list[list[int]], at_once: int = 8192
) -> Adapter:
    """The adapter of a document in chunks, which are read some tokens at once."""
    return whole_adapter([hypernetwork.chunk_factors(model, batch) for batch in within_tokens(chunks, at_once)])
