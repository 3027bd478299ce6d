"""Text-to-LoRA checkpoints as the reference implementation publishes them, read into our network.

    hypermod.pt            the state dict, pickled by torch
    args.yaml              the training run's options, of which a dozen matter
    adapter_config.json    PEFT's configuration of the adapters: rank, alpha, rslora

Nothing in these files runs: the pickle may contain tensors only, and YAML tags are ignored. Files are local.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, PositiveInt, model_validator
from torch import Tensor

from parametric_memory.adapters.checkpoints import check_file, load_pickle, validated
from parametric_memory.errors import CheckpointError
from parametric_memory.files import read_bounded, read_object, shown
from parametric_memory.hypernetworks.checkpoint import save_text_to_lora
from parametric_memory.hypernetworks.record import build
from parametric_memory.hypernetworks.text_to_lora.network import Objective, TextToLora, TextToLoraConfig

WEIGHTS_FILE = "hypermod.pt"
OPTIONS_FILE = "args.yaml"
ADAPTER_FILE = "adapter_config.json"

# The parent of each projection, the same in Llama, Mistral, Gemma, Qwen and Phi.
_PARENTS = {
    **dict.fromkeys(("q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj"), "self_attn"),
    **dict.fromkeys(("gate_proj", "up_proj", "down_proj", "gate_up_proj"), "mlp"),
}


class _Options(BaseModel, frozen=True, strict=True):
    """The options of a training run that matter, with the reference's names and defaults."""

    model_dir: str | None = None
    emb_model: str | None = None
    exp_setup: Literal["hyper_lora"] | None = "hyper_lora"
    training_task: Literal["sft", "recon"] = "sft"
    pred_z_score: bool = True
    factorized: bool = False
    delta_w_scaling: float = 10000.0
    shared_AB_head: bool = False
    autoreg_gen: bool = False
    learnable_pos_emb: bool = False
    hypernet_latent_size: int = 128
    head_in_size: int = 512
    use_one_hot_task_emb: bool = False
    train_ds_names: list[str] | None = None

    @model_validator(mode="after")
    def _can_generate(self) -> _Options:
        if self.learnable_pos_emb and not self.autoreg_gen:
            raise ValueError("learnable_pos_emb needs autoreg_gen, which is off")
        if self.use_one_hot_task_emb and not self.train_ds_names:
            raise ValueError("use_one_hot_task_emb needs train_ds_names, which are missing")
        return self

    @property
    def objective(self) -> Objective:
        if self.training_task == "sft":
            return "answers"
        if self.factorized:
            return "standardized_factors" if self.pred_z_score else "factors"
        return "delta_w"  # the reference takes no z-scores of products, whatever pred_z_score says


class _AdapterOptions(BaseModel, frozen=True, strict=True):
    """The options of PEFT's configuration that matter."""

    base_model_name_or_path: str | None = None
    peft_type: Literal["LORA"]
    r: PositiveInt
    lora_alpha: Annotated[float, Field(gt=0)]
    use_rslora: bool = False
    use_dora: Literal[False] = False
    rank_pattern: Annotated[dict[str, int] | None, Field(max_length=0)] = None
    alpha_pattern: Annotated[dict[str, float] | None, Field(max_length=0)] = None

    @property
    def scaling(self) -> float:
        return self.lora_alpha / (math.sqrt(self.r) if self.use_rslora else self.r)


def is_published(source: Path) -> bool:
    """Whether a folder, or a file, is a published Text-to-LoRA checkpoint, by its name."""
    weights = _weights_path(source)
    return weights.name == WEIGHTS_FILE and weights.is_file()


def convert_published(source: Path, destination: Path) -> TextToLoraConfig:
    """Converts a published checkpoint to our folder layout. Raises as `load_published`."""
    network = load_published(source)
    save_text_to_lora(network, destination)
    return network.config


def load_published(source: Path) -> TextToLora:
    """Reads a published checkpoint, on the CPU and in evaluation mode.

    source: the folder, or its `hypermod.pt`; the options of one under `checkpoints/` are above it.

    Raises CheckpointError: a file is missing or damaged, an option is unknown, the pickle names anything but tensors,
    or weights and options disagree; StorageError: the disk refuses.
    """
    weights = _weights_path(source)
    folder = weights.parent
    if "checkpoints" in folder.parts[-2:]:
        folder = folder.parent if folder.name == "checkpoints" else folder.parent.parent
    for path in (folder / OPTIONS_FILE, folder / ADAPTER_FILE, weights):
        check_file(path, "Text-to-LoRA hypernetwork")
    options = _read_options(folder / OPTIONS_FILE)
    adapter = validated(_AdapterOptions, read_object(folder / ADAPTER_FILE), folder / ADAPTER_FILE)
    state = load_pickle(weights, "Text-to-LoRA checkpoint")
    return build(partial(TextToLora, _configuration(state, options, adapter, weights)), state, weights)


def _weights_path(source: Path) -> Path:
    return source / WEIGHTS_FILE if source.is_dir() else source


def _configuration(
    state: Mapping[str, Tensor], options: _Options, adapter: _AdapterOptions, source: Path
) -> TextToLoraConfig:
    """Sizes from the weights, structure from the options, scaling from the adapters' configuration."""

    def shape(name: str, dimensions: int) -> tuple[int, ...]:
        if name not in state or state[name].ndim != dimensions or not state[name].numel():
            raise CheckpointError(f"{source} is incomplete: it lacks {name} of {dimensions} dimensions.")
        return tuple(state[name].shape)

    # The reference numbers the modules as a Python set happens to order them: the order of the heads.
    names = [key.split(".")[1] for key in state if key.startswith("heads.") and key.endswith(".weight")]
    if not names:
        raise CheckpointError(f"{source} is no Text-to-LoRA hypernetwork: it has no heads.")
    if unknown := [name for name in names if name not in _PARENTS]:
        raise CheckpointError(
            f"{source} makes adapters for {unknown[0]}, whose place in the base model is not known; known are "
            f"{', '.join(_PARENTS)}."
        )
    modules = [
        {
            "name": name,
            "path": f"model.layers.{{layer}}.{_PARENTS[name]}.{name}",
            "d_in": shape(f"AB_offset.A.{name}", 3)[2],
            "d_out": shape(f"AB_offset.B.{name}", 3)[1],
        }
        for name in names
    ]
    # The option `encoder_type` is not read: the reference stores several values, and builds a linear encoder for each.
    positions = "learned" if options.learnable_pos_emb else "rotary"
    values = {
        "base_model": options.model_dir or adapter.base_model_name_or_path or "",
        "embedding_model": options.emb_model or None,
        "tasks": (options.train_ds_names or ()) if options.use_one_hot_task_emb else (),
        "embedding_size": shape("task_encoder.mlp.0.weight", 2)[1],
        "layers": shape(f"AB_offset.A.{names[0]}", 3)[0],
        "modules": modules,
        "rank": adapter.r,
        "scaling": adapter.scaling,
        "latent_size": options.hypernet_latent_size,
        "head_size": options.head_in_size,
        "shared_head": options.shared_AB_head,
        "row_positions": positions if options.autoreg_gen else None,
        "head_bias": f"heads.{names[0]}.bias" in state,
        "objective": options.objective,
        "delta_w_scaling": options.delta_w_scaling,
    }
    return validated(TextToLoraConfig, values, source)


def _read_options(path: Path) -> _Options:
    """The options that matter; other values are not parsed, since some are no plain YAML."""
    values: dict[str, Any] = {}
    try:
        loader = yaml.SafeLoader(read_bounded(path).decode())
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise ValueError("it names no options")
        for key, value in root.value:
            if isinstance(key, yaml.ScalarNode) and key.value in _Options.model_fields:
                several = isinstance(value, yaml.SequenceNode)
                plain = [_plain(loader, key.value, node) for node in (value.value if several else [value])]
                values[key.value] = plain if several else plain[0]
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is damaged: it is no YAML mapping of options ({shown(' '.join(str(error).split()))})."
        ) from error
    return validated(_Options, values, path)


def _plain(loader: yaml.SafeLoader, option: str, node: yaml.Node) -> Any:
    """The value of a scalar as it is written, whatever its tag says. Raises ValueError: it is no scalar."""
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError(f"{option} holds no plain value")
    tag = loader.resolve(yaml.ScalarNode, node.value, (node.style is None, True))
    return loader.construct_object(yaml.ScalarNode(tag, node.value))
