"""A hypernetwork's folder.

    config.json            its kind, base model, training and calibration, and the network's own options
    model.safetensors      its weights
    row_code.safetensors   the code of its rows, for a kind that codes rows

Knows nothing about networks: `checkpoint` interprets options and weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic.dataclasses import dataclass

from parametric_memory.adapters.checkpoints import check_file, validated
from parametric_memory.adapters.packing import pack
from parametric_memory.errors import CheckpointError
from parametric_memory.files import read_object, replace_files, sha256_of, shown, storage_errors

if TYPE_CHECKING:
    from torch import Tensor, nn

    from parametric_memory.language_model.base_model import BaseModel

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
ROW_CODE_FILE = "row_code.safetensors"
FORMAT_VERSION = 1

Config = TypeVar("Config")
Network = TypeVar("Network", bound="nn.Module")


@dataclass(frozen=True)
class HypernetworkRecord:
    """The config of a hypernetwork that reads documents, without the network's options."""

    kind: str
    base_model: str
    base_fingerprint: str = ""  # empty where it is unknown: converted checkpoints
    training: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=dict)  # as stored; see `Calibration`
    fingerprint: str = ""  # of the weights; computed on reading
    base_signature: str = ""  # of models that it may be used with, though it was not measured with their weights


def read_record(folder: Path) -> HypernetworkRecord:
    """The record of a folder; weights are hashed, not loaded. Raises as `read_config`."""
    record = validated(HypernetworkRecord, read_config(folder), folder / CONFIG_FILE)
    digests = [sha256_of(path) for path in (folder / WEIGHTS_FILE, folder / ROW_CODE_FILE) if path.exists()]
    fingerprint = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return replace(record, fingerprint=fingerprint[:16])


def is_measured_with(record: HypernetworkRecord, base: BaseModel) -> bool:
    """Whether it was trained and measured with these weights of the base model, or with unknown ones."""
    return record.base_fingerprint in ("", base.fingerprint)


def check_made_for(record: HypernetworkRecord, base: BaseModel, folder: Path) -> None:
    """Raises CheckpointError: the base model has neither the fingerprint nor the signature in the record."""
    if is_measured_with(record, base) or (record.base_signature and record.base_signature == base.signature):
        return
    raise CheckpointError(
        f"The hypernetwork in {folder} was trained for {record.base_model} ({record.base_fingerprint}), not for "
        f"{base.title} ({base.fingerprint}): name that base model (--base-model), or train one for this."
    )


def calibration_of(*folders: Path | None) -> dict[str, Any]:
    """The calibration in the first of these folders that can be read."""
    for folder in folders:
        if folder is not None:
            with suppress(CheckpointError):
                return read_record(folder).calibration
    return {}


def read_config(folder: Path) -> dict[str, Any]:
    """The config of a hypernetwork that reads documents; its `network` holds the network's options.

    Raises CheckpointError: the folder holds no such hypernetwork, or another format; StorageError: the disk refuses.
    """
    path, config = folder / CONFIG_FILE, read_json(folder)
    if config.get("kind") == "text-to-lora":
        raise CheckpointError(f"{folder} is a Text-to-LoRA hypernetwork: it makes skills and reads no documents.")
    if (version := config.get("format_version")) != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {shown(version)}, this release reads {FORMAT_VERSION}: use the release that "
            "wrote it, or a newer one."
        )
    if not isinstance(config.get("network"), dict):
        raise CheckpointError(f"{path} is damaged: it holds no network config.")
    return config


def read_network_config(folder: Path, kind: str, of_kind: type[Config]) -> Config:
    """The network's options. Raises as `read_config`, and CheckpointError: they are invalid, or of another kind."""
    config = read_config(folder)
    if config.get("kind") != kind:
        raise CheckpointError(f"{folder / CONFIG_FILE} does not describe a {kind} hypernetwork.")
    return validated(of_kind, config["network"], folder / CONFIG_FILE)


def read_json(folder: Path) -> dict[str, Any]:
    """The config of any kind. Raises CheckpointError: config or weights are missing, or it is no JSON object."""
    check_file(folder / CONFIG_FILE, "hypernetwork folder")
    config = read_object(folder / CONFIG_FILE)
    check_file(folder / WEIGHTS_FILE, "hypernetwork folder")
    return config


def build(
    make: Callable[[], Network], tensors: Mapping[str, Tensor], source: Path, zeros: tuple[str, ...] = ()
) -> Network:
    """A network with given weights, in evaluation mode. Shapes are compared before the network takes any memory.

    make: constructs the network, in the dtypes that it should have.
    tensors: by name; weights that layers share may be listed once or repeatedly.
    zeros: prefixes of names; weights of these names default to zero.

    Raises CheckpointError: the options are of no network, or a tensor is missing, unknown, or of another shape or kind.
    """
    import torch

    try:
        with torch.device("meta"):
            network = make()
    except (RuntimeError, ArithmeticError, AssertionError, KeyError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise CheckpointError(f"{source} cannot be used: its options are of no network ({shown(reason)}).") from error
    own = network.state_dict()
    if unknown := sorted(set(tensors) - set(own)):
        raise CheckpointError(f"{source} does not fit its config: unknown weights {listed(unknown)}.")
    needed = {name for name, _ in (*network.named_parameters(), *network.named_buffers())}
    if missing := sorted(name for name in needed - set(tensors) if not name.startswith(zeros)):
        raise CheckpointError(f"{source} is incomplete: it lacks {listed(missing)}.")
    for name, tensor in ((name, tensors[name]) for name in own if name in tensors):
        if tensor.shape != own[name].shape or not tensor.is_floating_point():
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise CheckpointError(
                f"{source} does not fit its config: {name} is {list(tensor.shape)} in {dtype}, it should be floating "
                f"point of shape {list(own[name].shape)}."
            )
    state = {name: tensor.to(own[name].dtype).contiguous() for name, tensor in tensors.items()}
    state |= {name: torch.zeros(own[name].shape) for name in needed - set(tensors)}
    network.load_state_dict(state, strict=False, assign=True)
    return network.eval()


def config_of(record: HypernetworkRecord, network: Mapping[str, Any]) -> dict[str, Any]:
    """What `read_config` reads. network: the network's options."""
    values = {name: value for name, value in asdict(record).items() if name != "fingerprint"}
    return {"format_version": FORMAT_VERSION, **values, "network": network}


def write_folder(
    folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor], code: Mapping[str, Tensor] | None = None
) -> None:
    """Writes a hypernetwork's files, weights first, and replaces or removes those in the folder.

    Raises StorageError: the disk refuses.
    """
    contents = {
        name: pack(tensors, {"format": "pt"})
        for name, tensors in ((WEIGHTS_FILE, weights), (ROW_CODE_FILE, code))
        if tensors
    }
    with storage_errors(f"write the hypernetwork to {folder}"):
        if not code:
            (folder / ROW_CODE_FILE).unlink(missing_ok=True)
        replace_files(folder, {**contents, CONFIG_FILE: (json.dumps(config, indent=2) + "\n").encode()})


def listed(names: Sequence[str]) -> str:
    """The first three names, and the number of the others."""
    return ", ".join(map(shown, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
