"""What the folder of any hypernetwork says of it.

    config.json         its kind, what it was made for and with, and its own options
    model.safetensors   its weights
    row_code.safetensors   how the rows that it makes are coded, of a kind that has such

Knows nothing about networks: what the options and the weights mean, the kinds' own `folder` modules know.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.checkpoints import check_finite, read_shapes
from parametric_memory.errors import CheckpointError
from parametric_memory.files import open_file, read_object, replace_durably, replace_files, shown, storage_errors

if TYPE_CHECKING:
    from torch import Tensor, nn

    from parametric_memory.language_model.base_model import BaseModel

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
ROW_CODE_FILE = "row_code.safetensors"
FORMAT_VERSION = 1
_LARGEST_SIZE = 100_000  # of what a config may name whatever the weights; a larger one must be in the weights
_MOST_LISTED = 10_000  # layers, modules, tasks
_TEXT_TO_LORA = "text-to-lora"  # the kind that reads no documents, whose config is of a layout of its own


@dataclass(frozen=True)
class HypernetworkRecord:
    """What the folder of a hypernetwork that reads documents says beside the weights."""

    kind: str
    base_model: str
    base_fingerprint: str = ""  # empty where the maker did not know it: converted checkpoints
    training: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)  # as written; see `Calibration`
    fingerprint: str = ""  # of the weights; computed on reading
    base_signature: str = ""  # of models that it may be used with though it was not measured with their weights


def read_record(folder: Path) -> HypernetworkRecord:
    """The record alone; no tensor is read, only hashed.

    Raises:
        CheckpointError: the folder holds no hypernetwork, or one of a format that this release does not read.
        StorageError: the disk refuses.
    """
    config = read_config(folder)
    digests = []
    for path in (folder / WEIGHTS_FILE, folder / ROW_CODE_FILE):
        if path.exists():
            with storage_errors(f"read {path}"), open_file(path) as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    fingerprint = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return HypernetworkRecord(
        kind=config["kind"],
        base_model=config.get("base_model") or config["network"].get("base_model", ""),
        base_fingerprint=config.get("base_fingerprint", ""),
        training=config.get("training", {}),
        calibration=config.get("calibration", {}),
        fingerprint=fingerprint[:16],
        base_signature=config.get("base_signature", ""),
    )


def is_measured_with(record: HypernetworkRecord, base: BaseModel) -> bool:
    """Whether it was trained and measured with these very weights, as far as its maker knew with which."""
    return record.base_fingerprint in ("", base.fingerprint)


def check_made_for(record: HypernetworkRecord, base: BaseModel, folder: Path) -> None:
    """Refuses a hypernetwork that was made for another model.

    One whose maker says so may be used with other weights of its model too, such as those that its own are a copy of.

    Raises:
        CheckpointError: the model is neither the one it was trained with, nor of the signature that its record names.
    """
    if is_measured_with(record, base) or (record.base_signature and record.base_signature == base.signature):
        return
    raise CheckpointError(
        f"The hypernetwork in {folder} was trained for {record.base_model} ({record.base_fingerprint}), not for "
        f"{base.title} ({base.fingerprint}): name that base model (--base-model), or train one for this."
    )


def calibration_of(*folders: Path | None) -> dict[str, Any]:
    """The settings of recall of the first of these hypernetworks that can be read: a run takes them along."""
    for folder in folders:
        if folder is not None:
            with suppress(CheckpointError):
                return dict(read_record(folder).calibration)
    return {}


def read_config(folder: Path) -> dict[str, Any]:
    """The config of a hypernetwork that reads documents: `kind` and `network`, its options, are in it.

    Raises:
        CheckpointError: the folder holds no such hypernetwork, or one of a format that this release does not read.
        StorageError: the disk refuses.
    """
    path, config = folder / CONFIG_FILE, read_json(folder)
    if config.get("kind") == _TEXT_TO_LORA:
        raise CheckpointError(f"{folder} is a Text-to-LoRA hypernetwork: it makes skills and reads no documents.")
    if lacking := [key for key in ("format_version", "kind", "network") if key not in config]:
        raise CheckpointError(f"{path} is not the configuration of a hypernetwork: it lacks {listed(lacking)}.")
    if config["format_version"] != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {shown(config['format_version'])}, this release reads {FORMAT_VERSION}: use "
            "the release that wrote it, or a newer one."
        )
    if not isinstance(network := config["network"], dict):
        raise CheckpointError(f"{path} is damaged: it holds no network config.")
    texts = {key: config.get(key) or "" for key in ("kind", "base_model", "base_fingerprint", "base_signature")}
    tables = {key: config.get(key, {}) for key in ("training", "calibration")}
    for names, kind in (({**texts, "network": network.get("base_model", "")}, str), (tables, dict)):
        if wrong := [key for key, value in names.items() if not isinstance(value, kind)]:
            raise CheckpointError(f"{path} is damaged: {wrong[0]} holds something else than it should.")
    return config


def check_sizes(network: object, folder: Path) -> None:
    """Refuses the options of a network that would take more memory than its weights do, before any of it is made.

    Only the header of the weights is read.

    Raises:
        CheckpointError: a number among the options is larger than there are numbers in the weights, or a list is of
            more than any model has layers, modules or tasks.
    """
    numbers = sum(math.prod(shape) for shape in read_shapes(folder / WEIGHTS_FILE).values())
    limit = max(numbers, _LARGEST_SIZE)
    for name, value in _leaves(network):
        if isinstance(value, int) and abs(value) > limit:
            raise CheckpointError(
                f"{folder / CONFIG_FILE} cannot be used: {shown(name)} is {shown(value)}, and all weights together are "
                f"{numbers:,} numbers."
            )
        if isinstance(value, list | dict) and len(value) > _MOST_LISTED:
            raise CheckpointError(f"{folder / CONFIG_FILE} cannot be used: {shown(name)} lists {len(value):,} things.")


def _leaves(value: object, name: str = "it") -> Iterator[tuple[str, object]]:
    """Everything in a JSON value, with the name of what it is in."""
    yield name, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)


@contextmanager
def without_memory(source: Path) -> Iterator[None]:
    """A block in which networks are made without weights, to compare their shapes with those of a file.

    Raises:
        CheckpointError: the options in `source` are of no network.
    """
    import torch

    try:
        with torch.device("meta"):
            yield
    except (RuntimeError, ArithmeticError, AssertionError, KeyError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise CheckpointError(f"{source} cannot be used: its options are of no network ({shown(reason)}).") from error


def read_json(folder: Path) -> dict[str, Any]:
    """What stands in a hypernetwork's config, of whatever kind.

    Raises:
        CheckpointError: one of the two files is missing, or the config is no JSON object.
        StorageError: the disk refuses.
    """
    path = folder / CONFIG_FILE
    _check_there(path)
    config = read_object(path)
    _check_there(folder / WEIGHTS_FILE)
    return config


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors by name out of a safetensors file, on the CPU.

    Raises:
        CheckpointError: the file is damaged, or holds numbers that are not finite.
        StorageError: the disk refuses.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with storage_errors(f"read {path}"):
            tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} cannot be used: it is damaged or cut short ({shown(error)}).") from error
    check_finite(tensors, path)
    return tensors


def fill(network: nn.Module, tensors: Mapping[str, Tensor], source: Path, zeros: tuple[str, ...] = ()) -> None:
    """Fills a network that was made `without_memory` with weights by name, as float32.

    Those that layers share may be listed once or often.

    Args:
        source: where they came from, for messages.
        zeros: beginnings of names of weights that are zero where they are not there.

    Raises:
        CheckpointError: a tensor is missing, unknown, of another shape or not floating point.
    """
    import torch

    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if unknown := sorted(set(tensors) - set(shapes)):
        raise CheckpointError(f"{source} does not fit its config: unknown weights {listed(unknown)}.")
    needed = {name for name, _ in (*network.named_parameters(), *network.named_buffers())}
    if missing := sorted(name for name in needed - set(tensors) if not name.startswith(zeros)):
        raise CheckpointError(f"{source} is incomplete: it lacks {listed(missing)}.")
    for name, shape in shapes.items():
        tensor = tensors.get(name)
        if tensor is not None and (tensor.shape != shape or not tensor.is_floating_point()):
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise CheckpointError(
                f"{source} does not fit its config: {name} is {list(tensor.shape)} in {dtype}, it should be floating "
                f"point of shape {list(shape)}."
            )
    state = {name: tensor.float().contiguous() for name, tensor in tensors.items()}
    state |= {name: torch.zeros(shapes[name]) for name in needed - set(tensors)}
    network.load_state_dict(state, strict=False, assign=True)


def write_folder(
    folder: Path,
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    code: Mapping[str, Tensor] = MappingProxyType({}),
) -> None:
    """Writes the files, weights first; files of these names in the folder are replaced.

    code: of rows; without it, a file of one that is there is removed.

    Raises:
        StorageError: the disk refuses.
    """
    from safetensors.torch import save

    contents = {
        name: save({key: t.detach().cpu().contiguous() for key, t in of.items()}, metadata={"format": "pt"})
        for name, of in ((WEIGHTS_FILE, tensors), (ROW_CODE_FILE, code))
        if of
    }
    with storage_errors(f"write the hypernetwork to {folder}"):
        if not code:
            (folder / ROW_CODE_FILE).unlink(missing_ok=True)
        replace_files(folder, {**contents, CONFIG_FILE: _as_file(config)})


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Writes the config beside weights that stay.

    Raises:
        StorageError: the disk refuses.
    """
    with storage_errors(f"write {folder / CONFIG_FILE}"):
        replace_durably(folder / CONFIG_FILE, _as_file(config))


def listed(names: Sequence[str], first: int = 3) -> str:
    """The first few of some names, and how many there are beside them."""
    return ", ".join(map(shown, names[:first])) + (f" and {len(names) - first} more" if len(names) > first else "")


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path.parent} is not a hypernetwork folder: {path.name} is missing.")


def _as_file(config: Mapping[str, Any]) -> bytes:
    return (json.dumps(config, indent=2) + "\n").encode()
