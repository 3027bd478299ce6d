"""A Text-to-LoRA hypernetwork on disk, as we keep it.

    config.json          TextToLoraConfig: everything needed to rebuild the network, module order included
    model.safetensors    its weights; what has the shape of all factors is left out where it is zero

Knows nothing about published layouts: `published` turns those into this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import Tensor

from parametric_memory.errors import CheckpointError
from parametric_memory.files.json_objects import shown
from parametric_memory.hypernetworks.record import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    check_sizes,
    listed,
    read_json,
    read_tensors,
    without_memory,
    write_folder,
)
from parametric_memory.hypernetworks.text_to_lora.config import TextToLoraConfig
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora

_OF_FACTORS = ("AB_offset.", "mean_recon_target.", "std_recon_target.")


def save_text_to_lora(network: TextToLora, folder: Path, dtype: torch.dtype | None = None) -> None:
    """Writes a network; files of these names in the folder are replaced.

    Args:
        dtype: of the weights in the file; their own when not given.

    Raises:
        StorageError: the disk refuses.
    """
    state = network.state_dict()
    kept = {name: t.to(dtype) for name, t in state.items() if not name.startswith(_OF_FACTORS) or t.any()}
    write_folder(folder, network.config.model_dump(mode="json"), kept)


def load_text_to_lora(folder: Path) -> TextToLora:
    """Reads a network, on the CPU and in evaluation mode.

    Raises:
        CheckpointError: a file is missing or damaged, an option is unknown, or config and weights disagree.
        StorageError: the disk refuses.
    """
    config = read_text_to_lora_config(folder)
    return build(config, read_tensors(folder / WEIGHTS_FILE), folder / WEIGHTS_FILE, may_lack_zeros=True)


def read_text_to_lora_config(folder: Path) -> TextToLoraConfig:
    """What is written down about a network; no weights are read but the header of their file.

    Raises:
        CheckpointError: the config is missing or damaged, an option is unknown, or names sizes that no weights have.
        StorageError: the disk refuses.
    """
    path, content = folder / CONFIG_FILE, read_json(folder)
    check_sizes({name: value for name, value in content.items() if name != "training"}, folder)
    try:
        return TextToLoraConfig.model_validate(content)
    except ValidationError as error:
        raise CheckpointError(f"{path} is no config of a Text-to-LoRA hypernetwork: {first_problem(error)}.") from error


def build(
    config: TextToLoraConfig, state: Mapping[str, Tensor], source: Path, *, may_lack_zeros: bool = False
) -> TextToLora:
    """The network of a configuration with these weights, in float32 and in evaluation mode.

    Args:
        source: where the weights came from, for messages.
        may_lack_zeros: what has the shape of all factors is zero where it is not there.

    Raises:
        CheckpointError: the weights are not exactly those the configuration needs.
    """
    with without_memory(source):
        network = TextToLora(config)
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if may_lack_zeros:  # which take no memory before all else is known to fit
        zero = torch.zeros(1)
        lacking = {n: shape for n, shape in expected.items() if n.startswith(_OF_FACTORS) and n not in state}
        state = {**state, **{name: zero.expand(shape) for name, shape in lacking.items()}}
    for problem, names in (
        ("is incomplete: it lacks", expected.keys() - state.keys()),
        ("does not fit its options: it also holds", state.keys() - expected.keys()),
    ):
        if names:
            raise CheckpointError(f"{source} {problem} {listed(sorted(names))}.")
    for name, shape in expected.items():
        if state[name].shape != shape or not state[name].is_floating_point():
            raise CheckpointError(
                f"{source} does not fit its options: {name} should be floating point of shape {list(shape)}, "
                f"not {str(state[name].dtype).removeprefix('torch.')} of shape {list(state[name].shape)}."
            )
    network.load_state_dict({name: state[name].float().contiguous() for name in expected}, assign=True)
    return network.eval()


def first_problem(error: ValidationError) -> str:
    """The first thing wrong with a configuration, in one line."""
    detail = error.errors()[0]
    place = ".".join(str(part) for part in detail["loc"])
    given = f", not {shown(repr(detail['input']))}" if isinstance(detail["input"], str | int | float) else ""
    return f"{shown(place)}: {detail['msg']}{given}" if place else detail["msg"]
