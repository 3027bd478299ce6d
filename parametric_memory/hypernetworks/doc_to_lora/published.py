"""Doc-to-LoRA checkpoints as they were published (`pytorch_model.bin`), read through an allow-list.

A published file is a pickle. It may contain tensors and the names in `_STAND_INS` only: the reference's config classes
become plain objects, nothing of the reference or of PEFT is imported, and a file with any other name is refused before
anything is unpickled. Knows nothing about base models or the use of a hypernetwork.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from parametric_memory.adapters.checkpoints import load_pickle, validated
from parametric_memory.errors import CheckpointError
from parametric_memory.files import shown
from parametric_memory.hypernetworks.checkpoint import save_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig, PerceiverNetwork
from parametric_memory.hypernetworks.record import HypernetworkRecord, build

FILE = "pytorch_model.bin"


class _Bag:
    """Stands in for the reference's config classes: attributes only."""


class _Name(str):
    """Stands in for the reference's enums of names."""

    def __new__(cls, value: object) -> _Name:
        if not isinstance(value, str):  # the text of lists that contain each other twice has no end
            raise TypeError(f"a name should be a text, not a {type(value).__name__}")
        return super().__new__(cls, value)


_STAND_INS = {
    "ctx_to_lora.configs.CtxEncoderArguments": _Bag,
    "ctx_to_lora.modeling.aggregator.AggregatorConfig": _Bag,
    "ctx_to_lora.modeling.hypernet.HypernetConfig": _Bag,
    "ctx_to_lora.modeling_utils.HypernetConfig": _Bag,  # its place in older files
    "peft.tuners.lora.config.LoraConfig": _Bag,
    "peft.tuners.lora.config.LoraRuntimeConfig": _Bag,
    "peft.utils.peft_types.PeftType": _Name,
    "peft.utils.peft_types.TaskType": _Name,
    "__builtin__.set": set,
    "builtins.set": set,
}

# The entries of a file beside weights, and the options of each of the reference's configs.
_CONFIGS = frozenset({"base_model_name_or_path", "hypernet_config", "ctx_encoder_args"})
_OPTIONS: dict[str, list[str]] = json.loads(Path(__file__).with_name("published_options.json").read_bytes())

# The reference's parameter names: prefixes, and the layers of its pre-head blocks, per-layer and plain.
_PREFIXES = ("_orig_mod.", "aggregator.perceiver.")
_PRE_HEAD = {
    **{f"layers.{index}": name for index, name in ((0, "norm_in"), (1, "up"), (3, "down"), (4, "norm_out"))},
    **{f"mlp.{index}": name for index, name in ((0, "norm_in"), (2, "up"), (5, "down"), (6, "norm_out"))},
}


def holds_published(source: Path) -> bool:
    """Whether it is a file, of any name, or a folder with a checkpoint somewhere below."""
    return source.is_file() or any(source.rglob(FILE))


def convert_published(
    source: Path, destination: Path, ignored: Collection[str] = (), **options: Any
) -> PerceiverConfig:
    """Converts a published checkpoint into a hypernetwork folder. Raises as `read_published`.

    options: fields of `PerceiverConfig` that no checkpoint has: `chunk_tokens`, `row_scale`, `bias_scale`.
    """
    hypernetwork = read_published(source, ignored)
    hypernetwork.config = validated(PerceiverConfig, {**asdict(hypernetwork.config), **options}, source)
    training = {"converted_from": source.name}
    record = HypernetworkRecord(hypernetwork.kind, hypernetwork.config.base_model, training=training)
    save_perceiver(hypernetwork, destination, record)
    return hypernetwork.config


def read_published(source: Path, ignored: Collection[str] = ()) -> PerceiverHypernetwork:
    """Reads a published checkpoint, without a cross encoder.

    Args:
        source: the file, its folder, or a folder with a single checkpoint somewhere below.
        ignored: unknown options that are known not to matter.

    Raises CheckpointError: no such file, a forbidden name, a truncated file, missing or unknown options or weights;
    StorageError: the disk refuses.
    """
    path = _checkpoint_file(source)
    content = load_pickle(path, "Doc-to-LoRA checkpoint", _STAND_INS)
    config = _config(path, content, ignored)
    tensors = {own_name(key): value for key, value in content.items() if isinstance(value, Tensor)}
    return PerceiverHypernetwork(config, network=build(partial(PerceiverNetwork, config), tensors, path)).eval()


def _checkpoint_file(source: Path) -> Path:
    if source.is_file():
        return source
    found = sorted(source.rglob(FILE)) if source.is_dir() else []
    if source / FILE in found:
        return source / FILE
    if not found:
        missing = source / FILE if source.is_dir() else source
        raise CheckpointError(f"{missing} does not exist: give a {FILE} or the folder it is in.")
    if len(found) > 1:
        several = ", ".join(str(path.relative_to(source)) for path in found)
        raise CheckpointError(f"{source} holds several checkpoints: name one of {several}.")
    return found[0]


def _config(path: Path, content: Mapping[str, Any], ignored: Collection[str]) -> PerceiverConfig:
    """The reference's three configs as ours, with the reference's defaults for options that older files lack.

    Left out: options that the reference stores and never uses (light-weight LoRA, token mixing, per-rank bias), and
    `quantize_ctx_encoder`: here the context is read by the model as it was loaded.
    """
    try:
        hypernet, encoder = vars(content["hypernet_config"]), vars(content["ctx_encoder_args"])
        aggregator, lora = vars(hypernet["aggregator_config"]), vars(hypernet["lora_config"])
        _refuse_unknown(path, content, ignored)
        layers = [int(index) for index in hypernet["layer_indices"]]
        found = {
            f"aggregator_type {aggregator['aggregator_type']}": aggregator["aggregator_type"] != "perceiver",
            f"extra_modules {hypernet.get('extra_modules')}": bool(hypernet.get("extra_modules")),
            f"layer_indices {layers}": layers != list(range(len(layers))),
        }
        if unsupported := [label for label, is_set in found.items() if is_set]:
            raise CheckpointError(f"{path} uses options that cannot be converted: {shown(', '.join(unsupported))}.")
        targets = tuple(sorted(lora["target_modules"]))
        d_in, d_out = ({target: int(sizes[target]) for target in targets} for sizes in hypernet["feature_sizes"])
        base_model, reader = content["base_model_name_or_path"], encoder["ctx_encoder_model_name_or_path"]

        def option(name: str, default: Any) -> Any:
            return default if hypernet.get(name) is None else hypernet[name]

        values = {
            "base_model": base_model,
            "num_layers": len(layers),
            "target_modules": targets,
            "d_in": d_in,
            "d_out": d_out,
            "rank": lora["r"],
            "alpha": float(lora["lora_alpha"]),
            "feature_size": aggregator["feature_size"],
            "latent_size": hypernet["latent_size"],
            "latents": aggregator["n_latent_queries"],
            "blocks": aggregator["num_blocks"],
            "self_attention": aggregator["num_self_attn_per_block"],
            "shared_weights": aggregator["shared_weights"],
            "per_rank": hypernet["per_rank_gen"],
            "per_layer_pre_head": hypernet["per_layer_processing"],
            "pre_head_blocks": option("num_pre_head_layers", 4),
            "use_bias": option("use_bias", True),
            "dropout": option("dropout_rate", 0.0),
            "context_encoder": {
                "kind": str(encoder["ctx_encoder_type"]),
                "model": None if reader == base_model else reader,
                "exit_layer": encoder["layer_idx"],
                "last_layer": encoder.get("ctx_encoder_last_layer"),
            },
        }
    except KeyError as error:
        raise CheckpointError(f"{path} is incomplete: it lacks {shown(error)}.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path} is damaged: its config cannot be read ({shown(error)}).") from error
    return validated(PerceiverConfig, values, path)


def _refuse_unknown(path: Path, content: Mapping[str, Any], ignored: Collection[str]) -> None:
    """Unknown options may change what a network computes, unless they are off."""
    options = {name: vars(content[name]) for name in ("hypernet_config", "ctx_encoder_args")}
    options["aggregator_config"] = vars(options["hypernet_config"]["aggregator_config"])
    unknown = [name for name, value in content.items() if name not in _CONFIGS and not isinstance(value, Tensor)]
    for config, found in options.items():
        is_set = {name for name, value in found.items() if value is not None and value is not False}
        unknown += is_set.difference(_OPTIONS[config])
    if unknown := sorted(set(unknown) - set(ignored)):
        raise CheckpointError(
            f"{path} has options that are not known here: {shown(', '.join(unknown))}. Only if they do not change "
            "what it computes, have them ignored."
        )


def own_name(key: str) -> str:
    """A parameter's name in our network."""
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    parts = key.split(".")
    if parts[0] == "layers" and len(parts) == 5:
        inner = ".".join(parts[2:4])
        return ".".join(["pre_head", parts[1], _PRE_HEAD.get(inner, inner), parts[4]])
    return key
