"""A Text-to-LoRA hypernetwork before its training, for any base model: it says a fresh LoRA, whatever the task.

Knows nothing about data or training.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import AdapterError, SettingsError
from parametric_memory.hypernetworks.text_to_lora.config import TargetModule, TextToLoraConfig
from parametric_memory.hypernetworks.text_to_lora.network import LayerFactors, TextToLora

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_IN_A_LAYER = re.compile(r"(?P<before>.+?\.)(?P<layer>\d+)(?P<inside>\..+)")
DEFAULT_MODULES = ("q_proj", "v_proj")
RANK, ALPHA = 8, 16.0


def rslora_scaling(rank: int, alpha: float = ALPHA) -> float:
    """The factor on an update of rank-stabilised LoRA (arXiv 2312.03732)."""
    return alpha / math.sqrt(rank)


def target_modules(model: PreTrainedModel, names: Sequence[str] = DEFAULT_MODULES) -> tuple[TargetModule, ...]:
    """The types of linear modules of these short names, which every layer of the model has one of.

    Raises:
        SettingsError: the model has no linear modules of a name, or not in every layer of one size.
    """
    places: dict[str, dict[str, set[tuple[int, int, int]]]] = {name: {} for name in names}
    linear = set()
    for full, module in model.named_modules():
        match = _IN_A_LAYER.fullmatch(full)
        short = full.rpartition(".")[2]
        if match is None or not isinstance(module, torch.nn.Linear):
            continue
        linear.add(short)
        if short in places:
            path = f"{match['before']}{{layer}}{match['inside']}"
            place = (int(match["layer"]), module.in_features, module.out_features)
            places[short].setdefault(path, set()).add(place)
    layers = model.config.get_text_config().num_hidden_layers
    found = []
    for name in dict.fromkeys(names):
        if not places[name]:
            raise SettingsError(
                f"The base model has no linear modules named {name}: it has {', '.join(sorted(linear))}."
            )
        path, sizes = max(places[name].items(), key=lambda item: len(item[1]))
        if len(sizes) != layers or len({each[1:] for each in sizes}) > 1:
            raise SettingsError(f"The base model has not one {name} of one size in every layer: choose other modules.")
        [(d_in, d_out)] = {each[1:] for each in sizes}
        found.append(TargetModule(name=name, path=path, d_in=d_in, d_out=d_out))
    return tuple(found)


def fresh_factors(modules: Sequence[TargetModule], layers: int, rank: int) -> dict[str, LayerFactors]:
    """What PEFT begins a LoRA with, by module type, for one task: A is random, and other in every layer; B is zero."""
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
    """An adapter's factors by module type, for one task, under another scaling; of fewer rows, filled up with zeros.

    Raises:
        AdapterError: it lacks a module, has others, or more rows.
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
    """A hypernetwork that says one LoRA whatever the task, until it is trained.

    Args:
        offset: False: what it says begins with the bias of its heads, a fresh LoRA that is the same in all layers, as
            in published training. True: with an offset of what the heads say, a fresh LoRA that is another in every
            layer. Or an adapter, which is the offset. A head that says A and B alike has no such bias: it always
            has an offset.
        options: more fields of `TextToLoraConfig`.

    Raises:
        SettingsError: the model has no such modules.
        AdapterError: the adapter does not fit them.
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
        fresh = fresh_factors(targets, config.layers, rank)
        if config.objective == "answers":
            given = offset if isinstance(offset, Adapter) else None
            start = fresh if given is None else layer_factors(given, targets, config.layers, rank, config.scaling)
            for module in targets:
                _begin(network, module, start[module.name], bool(offset) or config.shared_head)
    return network


def _begin(network: TextToLora, module: TargetModule, start: LayerFactors, as_offset: bool) -> None:
    """The heads say nothing of the task: `start` [layer, 1, ...] is the offset, or its first layer their bias."""
    head = network.heads.get_submodule(module.name)
    assert isinstance(head, torch.nn.Linear)
    head.weight.zero_()
    if head.bias is not None:
        head.bias.zero_()
    if as_offset or head.bias is None:
        network.AB_offset.get_parameter(f"A.{module.name}").copy_(start.A[:, 0])
        network.AB_offset.get_parameter(f"B.{module.name}").copy_(start.B[:, 0].transpose(-1, -2))
    else:
        A = start.A[0, 0]  # [rank, d_in]
        rows = A[0] if network.config.row_positions else A.flatten()
        head.bias[: rows.numel()].copy_(rows)
