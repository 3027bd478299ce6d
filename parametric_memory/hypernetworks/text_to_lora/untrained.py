"""A Text-to-LoRA hypernetwork before training, for any base model: it generates a fresh LoRA, whatever the task.

Knows nothing about data or training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import AdapterError, SettingsError
from parametric_memory.hypernetworks.hypernetwork import decoder_layers
from parametric_memory.hypernetworks.text_to_lora.network import (
    LayerFactors,
    TargetModule,
    TextToLora,
    TextToLoraConfig,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DEFAULT_MODULES = ("q_proj", "v_proj")
RANK, ALPHA = 8, 16.0


def rslora_scaling(rank: int, alpha: float = ALPHA) -> float:
    """The factor on an update of rank-stabilised LoRA (arXiv 2312.03732)."""
    return alpha / math.sqrt(rank)


def target_modules(model: PreTrainedModel, names: Sequence[str] = DEFAULT_MODULES) -> tuple[TargetModule, ...]:
    """The types of linear modules with these short names, of which each layer of the model has one.

    Raises SettingsError: the model has no linear modules of a name, or not in every layer of one size.
    """
    prefix, layers = decoder_layers(model)
    linear = [{name: of for name, of in layer.named_modules() if isinstance(of, torch.nn.Linear)} for layer in layers]
    found = []
    for name in dict.fromkeys(names):
        path = next((path for path in linear[0] if path.rpartition(".")[2] == name), None)
        if path is None:
            there = sorted({path.rpartition(".")[2] for path in linear[0]})
            raise SettingsError(f"The base model has no linear modules named {name}: it has {', '.join(there)}.")
        sizes = {(of[path].in_features, of[path].out_features) if path in of else None for of in linear}
        if len(sizes) > 1:
            raise SettingsError(f"The base model has not one {name} of one size in every layer: choose other modules.")
        d_in, d_out = linear[0][path].in_features, linear[0][path].out_features
        found.append(TargetModule(name=name, path=f"{prefix}.{{layer}}.{path}", d_in=d_in, d_out=d_out))
    return tuple(found)


def fresh_factors(modules: Sequence[TargetModule], layers: int, rank: int) -> dict[str, LayerFactors]:
    """PEFT's initial LoRA by module type, for one task: A is random, and different in every layer; B is zero."""
    found = {}
    for module in modules:
        A = torch.empty(layers, rank, module.d_in)
        for layer in A:
            torch.nn.init.kaiming_uniform_(layer, a=math.sqrt(5))
        found[module.name] = LayerFactors(A[:, None], torch.zeros(layers, 1, rank, module.d_out))
    return found


def layer_factors(
    adapter: Adapter, modules: Sequence[TargetModule], layers: int, rank: int, scaling: float
) -> dict[str, LayerFactors]:
    """An adapter's factors by module type, for one task, at this scaling, padded with zeros to this rank.

    Raises AdapterError: it lacks a module, has others, or more rows.
    """
    names = {module.full_name(layer) for module in modules for layer in range(layers)}
    if adapter.factors.keys() != names:
        differing = sorted(adapter.factors.keys() ^ names)[0]
        raise AdapterError(f"The adapter is not of the modules that are trained: {differing} is in one of them alone.")
    found = {}
    for module in modules:
        A, B = torch.zeros(layers, 1, rank, module.d_in), torch.zeros(layers, 1, rank, module.d_out)
        for layer in range(layers):
            own = adapter.factors[module.full_name(layer)]
            if own.rank > rank or (own.A.shape[1], own.B.shape[1]) != (module.d_in, module.d_out):
                raise AdapterError(
                    f"The adapter has rank {own.rank} and sizes {own.A.shape[1]} and {own.B.shape[1]} at "
                    f"{module.full_name(layer)}, which do not fit rank {rank} and {module.d_in} and {module.d_out}."
                )
            A[layer, 0, : own.rank] = own.A.float()
            B[layer, 0, : own.rank] = own.B.float() * (own.scaling / scaling)
        found[module.name] = LayerFactors(A, B)
    return found


def untrained_network(
    model: PreTrainedModel,
    base_name: str,
    *,
    embedding_model: str | None,
    embedding_size: int,
    modules: Sequence[str] = DEFAULT_MODULES,
    rank: int = RANK,
    alpha: float = ALPHA,
    offset: Adapter | bool = False,
    seed: int = 0,
    **options: Any,
) -> TextToLora:
    """A hypernetwork that generates one LoRA, whatever the task, until it is trained.

    offset: False: the bias of the heads is a fresh LoRA, the same in all layers, as in published training. True: an
        offset of the heads' output is a fresh LoRA, different in every layer. Or an adapter: the offset. Shared heads
        have no such bias, and always an offset.
    options: more fields of `TextToLoraConfig`.

    Raises SettingsError: the model has no such modules; AdapterError: the adapter does not fit them.
    """
    targets = target_modules(model, modules)
    config = TextToLoraConfig(
        base_model=base_name,
        embedding_model=embedding_model,
        embedding_size=embedding_size,
        layers=model.config.get_text_config().num_hidden_layers,
        modules=targets,
        rank=rank,
        scaling=rslora_scaling(rank, alpha),
        **options,
    )
    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(seed)
        network = TextToLora(config)
        start = fresh_factors(targets, config.layers, rank)
        if isinstance(offset, Adapter):
            start = layer_factors(offset, targets, config.layers, rank, config.scaling)
        for module in targets if config.objective == "answers" else ():
            head = network.heads.get_submodule(module.name)
            assert isinstance(head, torch.nn.Linear)
            head.weight.zero_()
            if head.bias is not None:
                head.bias.zero_()
            A, B = start[module.name].A[:, 0], start[module.name].B[:, 0]  # [layer, rank, d_in], [layer, rank, d_out]
            if offset or config.shared_head or head.bias is None:
                network.AB_offset.get_parameter(f"A.{module.name}").copy_(A)
                network.AB_offset.get_parameter(f"B.{module.name}").copy_(B.transpose(-1, -2))
            else:
                rows = A[0, 0] if config.row_positions else A[0].flatten()
                head.bias[: rows.numel()].copy_(rows)
    return network
