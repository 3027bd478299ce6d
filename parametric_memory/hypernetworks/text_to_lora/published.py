"""Text-to-LoRA checkpoints as the reference implementation publishes them, read into our network.

    hypermod.pt            the state dict, pickled by torch
    args.yaml              the training run's options, of which a dozen matter
    adapter_config.json    PEFT's configuration of the adapters: rank, alpha, rslora

Nothing in these files runs: the pickle is read through an allow-list of the names that tensors need, then by
torch with its own, and YAML tags are ignored. Knows nothing about hubs: files are local.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator
from torch import Tensor

from parametric_memory.adapters.checkpoints import load_pickle
from parametric_memory.errors import CheckpointError
from parametric_memory.files import read_bounded, shown
from parametric_memory.hypernetworks.text_to_lora.config import (
    Objective,
    TargetModule,
    TaskEncoderKind,
    TextToLoraConfig,
)
from parametric_memory.hypernetworks.text_to_lora.folder import (
    build,
    first_problem,
    save_text_to_lora,
)
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora

WEIGHTS_FILE = "hypermod.pt"
OPTIONS_FILE = "args.yaml"
ADAPTER_FILE = "adapter_config.json"

# The parent of each projection, the same in Llama, Mistral, Gemma, Qwen and Phi.
_PARENTS = {
    **dict.fromkeys(("q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj"), "self_attn"),
    **dict.fromkeys(("gate_proj", "up_proj", "down_proj", "gate_up_proj"), "mlp"),
}


class _Options(BaseModel):
    """The options of a training run that matter, under the reference's names and with its defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

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
        return "delta_w"  # of products the reference takes no z-scores, whatever pred_z_score says


class _AdapterOptions(BaseModel):
    """What matters of PEFT's configuration of the adapters."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

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
    """Whether a folder, or a file, is a published Text-to-LoRA checkpoint, told by its name."""
    weights = _weights_path(source)
    return weights.name == WEIGHTS_FILE and weights.is_file()


def convert_published(source: Path, destination: Path) -> TextToLoraConfig:
    """Converts a published checkpoint to our folder layout; returns what was written down about it.

    Raises:
        CheckpointError: as `load_published`.
        StorageError: the disk refuses.
    """
    network = load_published(source)
    save_text_to_lora(network, destination)
    return network.config


def load_published(source: Path) -> TextToLora:
    """Reads a published checkpoint, on the CPU and in evaluation mode.

    Args:
        source: the folder, or its `hypermod.pt`; one under `checkpoints/` takes its options from above.

    Raises:
        CheckpointError: a file is missing, damaged or cut short, an option is unknown, the pickle names
            anything but tensors, or weights and options disagree.
        StorageError: the disk refuses.
    """
    weights = _weights_path(source)
    folder = weights.parent
    if "checkpoints" in folder.parts[-2:]:
        folder = folder.parent if folder.name == "checkpoints" else folder.parent.parent
    options = _read_options(folder / OPTIONS_FILE)
    adapter = _read_adapter_options(folder / ADAPTER_FILE)
    state = read_state_dict(weights)
    return build(_configuration(state, options, adapter, weights), state, weights)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Tensors by name, in the file's order, out of a file that `torch.save` wrote; nothing in it runs.

    Raises:
        CheckpointError: the file is damaged or cut short, or holds anything but tensors.
        StorageError: the disk refuses.
    """
    _check_file(path)
    state = load_pickle(path, "Text-to-LoRA checkpoint")
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in state.items()
    ):
        raise CheckpointError(f"{path} is no state dict: it should hold tensors by name and nothing else.")
    return dict(state)


def _weights_path(source: Path) -> Path:
    return source / WEIGHTS_FILE if source.is_dir() else source


def _configuration(
    state: Mapping[str, Tensor], options: _Options, adapter: _AdapterOptions, source: Path
) -> TextToLoraConfig:
    """Sizes from the weights, structure from the options, scaling from the adapters' configuration."""
    modules, encoder = _modules(state, source), _encoder(state)
    positions: Literal["learned", "rotary"] = "learned" if options.learnable_pos_emb else "rotary"
    try:
        return TextToLoraConfig(
            base_model=options.model_dir or adapter.base_model_name_or_path or "",
            embedding_model=options.emb_model or None,
            tasks=tuple(options.train_ds_names or ()) if options.use_one_hot_task_emb else (),
            embedding_size=_tensor(state, "task_encoder.mlp.0.weight", 2, source).shape[1],
            layers=len(_tensor(state, f"AB_offset.A.{modules[0].name}", 3, source)),
            modules=modules,
            rank=adapter.r,
            scaling=adapter.scaling,
            latent_size=options.hypernet_latent_size,
            head_size=options.head_in_size,
            task_encoder=encoder,
            codes=_codes(state, encoder, source),
            shared_head=options.shared_AB_head,
            row_positions=positions if options.autoreg_gen else None,
            head_bias=f"heads.{modules[0].name}.bias" in state,
            objective=options.objective,
            delta_w_scaling=options.delta_w_scaling,
        )
    except ValidationError as error:
        raise CheckpointError(f"{source} cannot be converted: {first_problem(error)}.") from error


def _modules(state: Mapping[str, Tensor], source: Path) -> tuple[TargetModule, ...]:
    """Target modules in the order of the heads, which is that of the rows of the module type embedding.

    The reference numbers the modules as a Python set happens to list them, and saves that order nowhere else.
    """
    names = [key.split(".")[1] for key in state if key.startswith("heads.") and key.endswith(".weight")]
    if not names:
        raise CheckpointError(f"{source} is no Text-to-LoRA hypernetwork: it has no heads.")
    modules = []
    for name in names:
        if name not in _PARENTS:
            raise CheckpointError(
                f"{source} makes adapters for {name}, whose place in the base model is not known; known are "
                f"{', '.join(_PARENTS)}."
            )
        modules.append(
            TargetModule(
                name=name,
                path=f"model.layers.{{layer}}.{_PARENTS[name]}.{name}",
                d_in=_tensor(state, f"AB_offset.A.{name}", 3, source).shape[2],
                d_out=_tensor(state, f"AB_offset.B.{name}", 3, source).shape[1],
            )
        )
    return tuple(modules)


def _encoder(state: Mapping[str, Tensor]) -> TaskEncoderKind:
    """The encoder that the weights are of: the reference writes down another, and builds a linear one all the same."""
    if "task_encoder.cluster_size" in state:
        return "vq"
    if "task_encoder.embed" in state:
        return "softmax"
    return "discrete" if "task_encoder.mlp.3.weight" in state else "linear"


def _codes(state: Mapping[str, Tensor], encoder: TaskEncoderKind, source: Path) -> int | None:
    if encoder == "linear":
        return None
    if encoder == "vq":
        return _tensor(state, "task_encoder.embed", 2, source).shape[1]
    return _tensor(state, "task_encoder.mlp.3.weight", 2, source).shape[0]


def _tensor(state: Mapping[str, Tensor], name: str, dimensions: int, source: Path) -> Tensor:
    if name not in state:
        raise CheckpointError(f"{source} is incomplete: it lacks {name}.")
    if state[name].ndim != dimensions or not state[name].numel():
        raise CheckpointError(
            f"{source} does not fit its options: {name} should have {dimensions} dimensions, not shape "
            f"{list(state[name].shape)}."
        )
    return state[name]


def _read_options(path: Path) -> _Options:
    """The options that matter; the values of all others are not even looked at, some being no plain YAML."""
    try:
        loader = _PlainLoader(_read_file(path).decode())
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise ValueError("it names no options")
        values = {
            key.value: loader.construct_object(value, deep=True)
            for key, value in root.value
            if isinstance(key, yaml.ScalarNode) and key.value in _Options.model_fields
        }
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is damaged: it is no YAML mapping ({shown(' '.join(str(error).split()))})."
        ) from error
    try:
        return _Options.model_validate(values)
    except ValidationError as error:
        raise CheckpointError(f"{path} cannot be used: {first_problem(error)}.") from error


class _PlainLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which also takes a value of an unknown tag for what it is without the tag."""

    def flatten_mapping(self, node: yaml.Node) -> None:
        """Merges nothing into a mapping: no option needs it, and what is merged twice each time grows without end."""

    def construct_untagged(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self.construct_scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        assert isinstance(node, yaml.MappingNode), "YAML has no fourth kind"
        return self.construct_mapping(node, deep=True)


_PlainLoader.add_constructor(None, _PlainLoader.construct_untagged)


def _read_adapter_options(path: Path) -> _AdapterOptions:
    try:
        return _AdapterOptions.model_validate_json(_read_file(path))
    except ValidationError as error:
        raise CheckpointError(f"{path} cannot be used: {first_problem(error)}.") from error


def _read_file(path: Path) -> bytes:
    """A file's content.

    Raises:
        CheckpointError: there is no such file, or a larger one than there is any.
        StorageError: the disk refuses.
    """
    _check_file(path)
    return read_bounded(path)


def _check_file(path: Path) -> None:
    """Raises CheckpointError: there is no such file."""
    if not path.is_file():
        raise CheckpointError(f"{path.parent} is no Text-to-LoRA hypernetwork: {path.name} is missing.")
