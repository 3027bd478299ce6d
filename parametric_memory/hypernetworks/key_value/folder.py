"""Reads and writes a key-value hypernetwork's folder; weights are bfloat16, the code of rows as it is.

Knows nothing about the meaning of the weights.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from parametric_memory.adapters.checkpoints import read_tensors
from parametric_memory.hypernetworks.key_value.config import KeyValueConfig
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.key_value.row_code import RowCode
from parametric_memory.hypernetworks.record import (
    ROW_CODE_FILE,
    WEIGHTS_FILE,
    HypernetworkRecord,
    build,
    config_of,
    read_network_config,
    write_folder,
)

_CODE = "row_code."  # prefix of the code's tensors in a state dict


def save_key_value(hypernetwork: KeyValueHypernetwork, record: HypernetworkRecord, folder: Path) -> None:
    """Writes a hypernetwork; replaces files of these names. Raises StorageError: the disk refuses."""
    state = hypernetwork.state_dict()
    code = {name.removeprefix(_CODE): tensor for name, tensor in state.items() if name.startswith(_CODE)}
    weights = {name: tensor.bfloat16() for name, tensor in state.items() if not name.startswith(_CODE)}
    write_folder(folder, config_of(record, asdict(hypernetwork.config)), weights, code)


def read_key_value_config(folder: Path) -> KeyValueConfig:
    """The network's options. Raises as `read_network_config`.

    Folders that were written before every token had a row hold a `rank`, which means nothing now.
    """
    return read_network_config(folder, KeyValueHypernetwork.kind, KeyValueConfig, unused=("rank",))


def load_key_value(folder: Path) -> KeyValueHypernetwork:
    """Reads a hypernetwork, in float32, on the CPU and in evaluation mode.

    Raises CheckpointError: a file is missing or damaged, of a later format, or does not fit the config; StorageError.
    """
    config = read_key_value_config(folder)
    tensors = read_tensors(folder / WEIGHTS_FILE)
    code = read_tensors(folder / ROW_CODE_FILE) if (folder / ROW_CODE_FILE).exists() else {}

    def make() -> KeyValueHypernetwork:
        hypernetwork = KeyValueHypernetwork(config)
        if "scales" in code:
            coordinates = code["scales"].shape[-1]
            hypernetwork.row_code = RowCode(len(config.memory_layers), config.intermediate_size, coordinates)
        return hypernetwork

    tensors |= {_CODE + name: tensor for name, tensor in code.items()}
    return build(make, tensors, folder / WEIGHTS_FILE)
