"""Doc-to-LoRA checkpoints as they were published (`pytorch_model.bin`), read through an allow-list.

A published file is a pickle. Only tensors and the names in `_STAND_INS` may occur in it: the reference's
config classes become bags of attributes, nothing of the reference or of PEFT is imported, and a file with any
other name is refused before anything in it is rebuilt. Knows nothing about base models or how a hypernetwork
is used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from parametric_memory.adapters.checkpoints import load_pickle
from parametric_memory.errors import CheckpointError
from parametric_memory.files import shown
from parametric_memory.hypernetworks.doc_to_lora.config import PerceiverConfig
from parametric_memory.hypernetworks.doc_to_lora.features import ContextEncoderConfig
from parametric_memory.hypernetworks.doc_to_lora.folder import save_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.record import fill, without_memory

FILE = "pytorch_model.bin"


class _Bag:
    """Stands in for the reference's config classes: attributes and nothing else."""


class _Name(str):
    """Stands in for the reference's enums of names."""

    def __new__(cls, value: object) -> _Name:
        if not isinstance(value, str):  # lists that hold each other twice are written out without end
            raise TypeError(f"a name should be a text, not a {type(value).__name__}")
        return super().__new__(cls, value)


_STAND_INS = {
    "ctx_to_lora.configs.CtxEncoderArguments": _Bag,
    "ctx_to_lora.modeling.aggregator.AggregatorConfig": _Bag,
    "ctx_to_lora.modeling.hypernet.HypernetConfig": _Bag,
    "ctx_to_lora.modeling_utils.HypernetConfig": _Bag,  # where it was before
    "peft.tuners.lora.config.LoraConfig": _Bag,
    "peft.tuners.lora.config.LoraRuntimeConfig": _Bag,
    "peft.utils.peft_types.PeftType": _Name,
    "peft.utils.peft_types.TaskType": _Name,
    "__builtin__.set": set,
    "builtins.set": set,
}

# What is in a file beside weights, and the options of each of the reference's configs.
_CONFIGS = frozenset({"base_model_name_or_path", "hypernet_config", "ctx_encoder_args"})
_OPTIONS = {
    "hypernet_config": frozenset(
        "latent_size use_light_weight_lora light_weight_latent_size per_rank_gen use_per_rank_bias use_bias "
        "per_layer_processing use_token_mixing num_pre_head_layers dropout_rate lora_config extra_modules "
        "base_hidden_size layer_indices feature_sizes aggregator_config".split()
    ),
    "aggregator_config": frozenset(
        "aggregator_type num_layers num_modules num_extra_modules output_size feature_size pooling_type "
        "num_latent_factor lora_r per_rank_gen n_latent_queries num_blocks num_self_attn_per_block shared_weights "
        "layer_to_layer_ctx_encoder".split()
    ),
    "ctx_encoder_args": frozenset(
        "ctx_encoder_model_name_or_path ctx_encoder_type layer_idx quantize_ctx_encoder ctx_encoder_last_layer".split()
    ),
}

# The reference's parameter names: what stands in front, and the layers of its pre-head blocks, per-layer
# and plain.
_PREFIXES = ("_orig_mod.", "aggregator.perceiver.")
_PRE_HEAD = {
    **{f"layers.{index}": name for index, name in ((0, "norm_in"), (1, "up"), (3, "down"), (4, "norm_out"))},
    **{f"mlp.{index}": name for index, name in ((0, "norm_in"), (2, "up"), (5, "down"), (6, "norm_out"))},
}


def holds_published(source: Path) -> bool:
    """Whether it is a file, which may have any name, or a folder with a checkpoint somewhere below."""
    return source.is_file() or any(source.rglob(FILE))


def convert_published(
    source: Path, destination: Path, ignored: Collection[str] = (), **options: Any
) -> PerceiverConfig:
    """Converts a published checkpoint into a hypernetwork folder.

    Args:
        source, ignored: see `read_published`.
        options: fields of `PerceiverConfig` that no checkpoint says: `chunk_tokens`, `row_scale`, `bias_scale`.

    Raises:
        CheckpointError: see `read_published`.
        StorageError: the disk refuses.
    """
    hypernetwork = read_published(source, ignored)
    hypernetwork.config = replace(hypernetwork.config, **options)
    save_perceiver(hypernetwork, destination, extra={"converted_from": source.name})
    return hypernetwork.config


def read_published(source: Path, ignored: Collection[str] = ()) -> PerceiverHypernetwork:
    """Reads a published checkpoint, without a context encoder of its own.

    Args:
        source: the file, the folder it is in, or one with a single checkpoint somewhere below.
        ignored: options unknown here that are known not to matter.

    Raises:
        CheckpointError: no such file, a name that is not allowed, a truncated file, missing or unknown
            options, weights that do not fit them.
    """
    path = _checkpoint_file(source)
    content = _load(path)
    config = _config(path, content, ignored)
    tensors = {own_name(key): value for key, value in content.items() if isinstance(value, Tensor)}
    with without_memory(path):
        hypernetwork = PerceiverHypernetwork(config)
    fill(hypernetwork.network, tensors, path)
    return hypernetwork.eval()


def _checkpoint_file(source: Path) -> Path:
    """The checkpoint in a folder, or in the one folder below that has one; a file is its own answer."""
    if source.is_file():
        return source
    found = sorted(source.rglob(FILE)) if source.is_dir() else []
    if not found:
        missing = source / FILE if source.is_dir() else source
        raise CheckpointError(f"{missing} does not exist: give a {FILE} or the folder it is in.")
    if source / FILE in found:
        return source / FILE
    if len(found) > 1:
        several = ", ".join(str(path.relative_to(source)) for path in found)
        raise CheckpointError(f"{source} holds several checkpoints: name one of {several}.")
    return found[0]


def _load(path: Path) -> dict[str, Any]:
    content = load_pickle(path, "Doc-to-LoRA checkpoint", _STAND_INS)
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise CheckpointError(
            f"{path} is no Doc-to-LoRA checkpoint: it holds a {type(content).__name__}, not weights by name."
        )
    return content


def _config(path: Path, content: Mapping[str, Any], ignored: Collection[str]) -> PerceiverConfig:
    """The reference's three configs as ours. Options that older files lack have the reference's defaults.

    Left out: what the reference stores but never uses (light-weight LoRA, token mixing, per-rank bias), and
    `quantize_ctx_encoder`, which is about memory: here the context is read by the model as it was loaded.
    """
    try:
        hypernet, encoder = vars(content["hypernet_config"]), vars(content["ctx_encoder_args"])
        aggregator, lora = vars(hypernet["aggregator_config"]), vars(hypernet["lora_config"])
        _refuse_unknown(path, content, ignored)
        _refuse_unsupported(path, hypernet, aggregator)
        targets = tuple(sorted(lora["target_modules"]))
        d_in, d_out = ({target: int(sizes[target]) for target in targets} for sizes in hypernet["feature_sizes"])
        return PerceiverConfig(
            base_model=content["base_model_name_or_path"],
            num_layers=len(hypernet["layer_indices"]),
            target_modules=targets,
            d_in=d_in,
            d_out=d_out,
            rank=lora["r"],
            alpha=float(lora["lora_alpha"]),
            feature_size=aggregator["feature_size"],
            latent_size=hypernet["latent_size"],
            latents=aggregator["n_latent_queries"],
            blocks=aggregator["num_blocks"],
            self_attention=aggregator["num_self_attn_per_block"],
            shared_weights=aggregator["shared_weights"],
            per_rank=hypernet["per_rank_gen"],
            per_layer_pre_head=hypernet["per_layer_processing"],
            pre_head_blocks=_or_default(hypernet, "num_pre_head_layers", 4),
            use_bias=_or_default(hypernet, "use_bias", True),
            dropout=_or_default(hypernet, "dropout_rate", 0.0),
            context_encoder=_context_encoder(content, encoder),
        )
    except KeyError as error:
        raise CheckpointError(f"{path} is incomplete: it lacks {shown(error)}.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path} is damaged: its config cannot be read ({shown(error)}).") from error


def _context_encoder(content: Mapping[str, Any], encoder: Mapping[str, Any]) -> ContextEncoderConfig:
    name = encoder["ctx_encoder_model_name_or_path"]
    return ContextEncoderConfig(
        kind=str(encoder["ctx_encoder_type"]),
        model=None if name == content["base_model_name_or_path"] else name,
        exit_layer=encoder["layer_idx"],
        last_layer=encoder.get("ctx_encoder_last_layer"),
    )


def _or_default(config: Mapping[str, Any], name: str, default: Any) -> Any:
    value = config.get(name)
    return default if value is None else value


def _refuse_unknown(path: Path, content: Mapping[str, Any], ignored: Collection[str]) -> None:
    """What this package knows nothing about may change what a network computes; what is off changes nothing."""
    options = {name: vars(content[name]) for name in ("hypernet_config", "ctx_encoder_args")}
    options["aggregator_config"] = vars(options["hypernet_config"]["aggregator_config"])
    unknown = [name for name, value in content.items() if name not in _CONFIGS and not isinstance(value, Tensor)]
    for config, found in options.items():
        is_set = {name for name, value in found.items() if value is not None and value is not False}
        unknown += is_set - _OPTIONS[config]
    if unknown := sorted(set(unknown) - set(ignored)):
        raise CheckpointError(
            f"{path} has options that are not known here: {shown(', '.join(unknown))}. Only if they do not change "
            "what it computes, have them ignored."
        )


def _refuse_unsupported(path: Path, hypernet: Mapping[str, Any], aggregator: Mapping[str, Any]) -> None:
    """Options that would mean something else than this package computes."""
    layers = [int(index) for index in hypernet["layer_indices"]]
    found = {
        f"aggregator_type {aggregator['aggregator_type']}": aggregator["aggregator_type"] != "perceiver",
        f"extra_modules {hypernet.get('extra_modules')}": bool(hypernet.get("extra_modules")),
        f"layer_indices {layers}": layers != list(range(len(layers))),
    }
    if unsupported := [label for label, is_set in found.items() if is_set]:
        raise CheckpointError(f"{path} uses options that cannot be converted: {shown(', '.join(unsupported))}.")


def own_name(key: str) -> str:
    """A parameter's name in our network."""
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    parts = key.split(".")
    if parts[0] == "layers" and len(parts) == 5:
        inner = ".".join(parts[2:4])
        return ".".join(["pre_head", parts[1], _PRE_HEAD.get(inner, inner), parts[4]])
    return key
