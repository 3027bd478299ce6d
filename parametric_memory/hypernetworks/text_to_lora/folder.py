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
from parametric_memory.files import shown
from parametric_memory.hypernetworks.record import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    check_sizes,
    fill,
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
    return build(config, read_tensors(folder / WEIGHTS_FILE), folder / WEIGHTS_FILE, _OF_FACTORS)


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
    config: TextToLoraConfig, state: Mapping[str, Tensor], source: Path, zeros: tuple[str, ...] = ()
) -> TextToLora:
    """The network of a configuration with these weights, in float32 and in evaluation mode; see `fill`."""
    with without_memory(source):
        network = TextToLora(config)
    fill(network, state, source, zeros)
    return network.eval()


def first_problem(error: ValidationError) -> str:
    """The first thing wrong with a configuration, in one line."""
    detail = error.errors()[0]
    place = ".".join(str(part) for part in detail["loc"])
    given = f", not {shown(repr(detail['input']))}" if isinstance(detail["input"], str | int | float) else ""
    return f"{shown(place)}: {detail['msg']}{given}" if place else detail["msg"]
