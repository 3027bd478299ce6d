"""A key-value hypernetwork on disk.

    config.json         what every hypernetwork's says (`record`), with the fields of `KeyValueConfig` as its network
    model.safetensors   its weights, bfloat16

Knows nothing about what the weights do.
"""

from __future__ import annotations

from pathlib import Path

from parametric_memory.errors import CheckpointError
from parametric_memory.files.json_objects import shown
from parametric_memory.hypernetworks.key_value.config import KeyValueConfig
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.record import (
    CONFIG_FILE,
    FORMAT_VERSION,
    WEIGHTS_FILE,
    HypernetworkRecord,
    check_sizes,
    read_config,
    read_tensors,
    without_memory,
    write_folder,
)


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
    write_folder(folder, config, {name: t.bfloat16() for name, t in hypernetwork.state_dict().items()})


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
    try:
        config = KeyValueConfig.from_dict(network)
        with without_memory(folder / CONFIG_FILE):
            hypernetwork = KeyValueHypernetwork(config)
        hypernetwork.load_state_dict({name: t.float() for name, t in tensors.items()}, assign=True)
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = shown(str(error).strip().splitlines()[0])
        raise CheckpointError(f"{folder} holds weights that cannot be used: {reason}") from error
    return hypernetwork.eval()
