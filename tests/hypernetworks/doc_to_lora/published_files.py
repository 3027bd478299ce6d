"""Checkpoints in the published format, made from networks of our own.

The reference's classes are not there; classes of the same qualified names are, while a file is written.
"""

from __future__ import annotations

import enum
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import torch

from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig, PerceiverNetwork

CLASSES = (
    "ctx_to_lora.configs.CtxEncoderArguments",
    "ctx_to_lora.modeling.aggregator.AggregatorConfig",
    "ctx_to_lora.modeling.hypernet.HypernetConfig",
    "peft.tuners.lora.config.LoraConfig",
    "peft.tuners.lora.config.LoraRuntimeConfig",
    "peft.utils.peft_types.PeftType",
    "peft.utils.peft_types.TaskType",
)
_PER_LAYER = {"norm_in": "layers.0", "up": "layers.1", "down": "layers.3", "norm_out": "layers.4"}
_PLAIN = {"norm_in": "mlp.0", "up": "mlp.2", "down": "mlp.5", "norm_out": "mlp.6"}


@contextmanager
def _reference_classes() -> Iterator[dict[str, type]]:
    """Empty classes that pickle under the reference's names, by last part of the name."""
    found: dict[str, type] = {}
    modules: dict[str, ModuleType] = {}
    for path in CLASSES:
        module_name, _, name = path.rpartition(".")
        parents = module_name.split(".")
        for length in range(1, len(parents) + 1):
            modules.setdefault(".".join(parents[:length]), ModuleType(module_name))
        if name in ("PeftType", "TaskType"):
            found[name] = enum.Enum(name, {"LORA": "LORA", "CAUSAL_LM": "CAUSAL_LM"}, type=str, module=module_name)
        else:
            found[name] = type(name, (), {"__module__": module_name})
        setattr(modules[module_name], name, found[name])
    with mock.patch.dict(sys.modules, modules):
        yield found


def publish(
    network: PerceiverNetwork, path: Path, edit: Callable[[dict[str, Any]], object] = lambda content: None
) -> Path:
    """Writes a network as the reference saves it.

    edit: may change what is written: weights by name, `base_model_name_or_path`, `hypernet_config`,
        `ctx_encoder_args`.
    """
    with _reference_classes() as classes:
        content: dict[str, Any] = {
            _published_name(name, network.config): value for name, value in network.state_dict().items()
        }
        content |= _configs(network.config, classes)
        edit(content)
        torch.save(OrderedDict(content), path)
    return path


def _published_name(name: str, config: PerceiverConfig) -> str:
    parts = name.split(".")
    if parts[0] in ("modality_projection", "encoder", "decoder"):
        return f"aggregator.perceiver.{name}"
    if parts[0] == "pre_head":
        inner = (_PER_LAYER if config.per_layer_pre_head else _PLAIN)[parts[2]]
        return f"layers.{parts[1]}.{inner}.{parts[3]}"
    return name


def _configs(config: PerceiverConfig, classes: dict[str, type]) -> dict[str, Any]:
    def filled(name: str, **values: Any) -> Any:
        instance = classes[name]()
        vars(instance).update(values)
        return instance

    encoder = config.context_encoder
    lora = filled(
        "LoraConfig",
        r=config.rank,
        lora_alpha=config.alpha,
        target_modules=set(config.target_modules),
        peft_type=classes["PeftType"]("LORA"),
        task_type=classes["TaskType"]("CAUSAL_LM"),
        runtime_config=filled("LoraRuntimeConfig", ephemeral_gpu_offload=False),
    )
    aggregator = filled(
        "AggregatorConfig",
        aggregator_type="perceiver",
        feature_size=config.feature_size,
        n_latent_queries=config.latents,
        num_blocks=config.blocks,
        num_self_attn_per_block=config.self_attention,
        shared_weights=config.shared_weights,
    )
    hypernet = filled(
        "HypernetConfig",
        latent_size=config.latent_size,
        per_rank_gen=config.per_rank,
        use_bias=config.use_bias,
        use_per_rank_bias=False,
        per_layer_processing=config.per_layer_pre_head,
        num_pre_head_layers=config.pre_head_blocks,
        dropout_rate=config.dropout,
        extra_modules=None,
        lora_config=lora,
        layer_indices=torch.arange(config.num_layers),
        feature_sizes=(config.d_in, config.d_out),
        aggregator_config=aggregator,
    )
    arguments = filled(
        "CtxEncoderArguments",
        ctx_encoder_type=encoder.kind,
        ctx_encoder_model_name_or_path=encoder.model,
        layer_idx=encoder.exit_layer,
        ctx_encoder_last_layer=encoder.last_layer,
        quantize_ctx_encoder=True,
    )
    return {
        "base_model_name_or_path": config.base_model,
        "hypernet_config": hypernet,
        "ctx_encoder_args": arguments,
    }
