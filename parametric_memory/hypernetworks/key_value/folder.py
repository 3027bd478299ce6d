"""A key-value hypernetwork on disk.

    config.json         what every hypernetwork's says (`record`), with the fields of `KeyValueConfig` as its network
    model.safetensors   its weights, bfloat16
    row_code.safetensors   how small rows are coded, see `RowCode`; without it they are coded as they are

Knows nothing about what the weights do.
"""

from __future__ import annotations

from pathlib import Path

from parametric_memory.errors import CheckpointError
from parametric_memory.files import shown
from parametric_memory.hypernetworks.key_value.config import KeyValueConfig
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.key_value.row_code import RowCode
from parametric_memory.hypernetworks.record import (
    CONFIG_FILE,
    FORMAT_VERSION,
    ROW_CODE_FILE,
    WEIGHTS_FILE,
    HypernetworkRecord,
    check_sizes,
    read_config,
    read_tensors,
    without_memory,
    write_folder,
)

_CODE = "row_code."  # begins the names of its tensors in a state dict


def save_key_value(hypernetwork: KeyValueHypernetwork, record: HypernetworkRecord, folder: Path) -> None:
    """Writes a hypernetwork; files of these names in the folder are replaced.

    Raises:
        StorageError: the disk refuses.
    """
    config = {
        "format_version": FORMAT_VERSION,
        "kind": record.kind,
        "base_model": record.base_model,
        "base_fingerprint": record.base_fingerprint,
        **({"base_signature": record.base_signature} if record.base_signature else {}),
        "network": hypernetwork.config.to_dict(),
        "training": dict(record.training),
        "calibration": dict(record.calibration),
    }
    weights, code = {}, {}
    for name, tensor in hypernetwork.state_dict().items():
        if name.startswith(_CODE):
            code[name.removeprefix(_CODE)] = tensor
        else:
            weights[name] = tensor.bfloat16()
    write_folder(folder, config, weights, code)


def load_key_value(folder: Path) -> KeyValueHypernetwork:
    """Reads a hypernetwork, in float32, on the CPU and in evaluation mode.

    Raises:
        CheckpointError: a file is missing or damaged, of a later format, or weights are not finite or do
            not fit the config.
        StorageError: the disk refuses.
    """
    network = read_config(folder)["network"]
    check_sizes(network, folder)
    tensors = read_tensors(folder / WEIGHTS_FILE)
    code = read_tensors(folder / ROW_CODE_FILE) if (folder / ROW_CODE_FILE).exists() else {}
    try:
        config = KeyValueConfig.from_dict(network)
        with without_memory(folder / CONFIG_FILE):
            hypernetwork = KeyValueHypernetwork(config)
            if code:
                hypernetwork.row_code = RowCode(
                    len(config.memory_layers), config.intermediate_size, len(code["weight"].T)
                )
        tensors = {name: t.float() for name, t in tensors.items()} | {_CODE + name: t for name, t in code.items()}
        hypernetwork.load_state_dict(tensors, assign=True)
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = shown(str(error).strip().splitlines()[0])
        raise CheckpointError(f"{folder} holds weights that cannot be used: {reason}") from error
    return hypernetwork.eval()
