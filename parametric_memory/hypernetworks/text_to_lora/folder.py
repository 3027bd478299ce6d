"""Reads and writes a Text-to-LoRA hypernetwork's folder; weights of the shape of all factors are stored unless zero.

Knows nothing about published layouts: see `published`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from parametric_memory.adapters.checkpoints import read_tensors, validated
from parametric_memory.hypernetworks.record import CONFIG_FILE, WEIGHTS_FILE, build, read_json, write_folder
from parametric_memory.hypernetworks.text_to_lora.config import TextToLoraConfig
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora

_OF_FACTORS = ("AB_offset.", "mean_recon_target.", "std_recon_target.")


def save_text_to_lora(network: TextToLora, folder: Path, dtype: torch.dtype | None = None) -> None:
    """Writes a network; replaces files of these names. Raises StorageError: the disk refuses.

    dtype: of the weights in the file; default: their own.
    """
    state = network.state_dict()
    stored = {name: t.to(dtype) for name, t in state.items() if not name.startswith(_OF_FACTORS) or t.any()}
    write_folder(folder, network.config.model_dump(mode="json"), stored)


def load_text_to_lora(folder: Path) -> TextToLora:
    """Reads a network, on the CPU and in evaluation mode.

    Raises CheckpointError: a file is missing or damaged, an option is unknown, or weights do not fit; StorageError.
    """
    config, path = read_text_to_lora_config(folder), folder / WEIGHTS_FILE
    return build(partial(TextToLora, config), read_tensors(path), path, _OF_FACTORS)


def read_text_to_lora_config(folder: Path) -> TextToLoraConfig:
    """The config of a network, without its weights. Raises as `load_text_to_lora`."""
    return validated(TextToLoraConfig, read_json(folder), folder / CONFIG_FILE)
