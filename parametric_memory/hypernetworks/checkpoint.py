"""Hypernetwork folders of either kind: `config.json`, which rebuilds one, and `model.safetensors`.

Writes key-value hypernetworks, reads both kinds. Knows the folder's layout and nothing about what hypernetworks do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import replace_durably, replace_files, storage_errors
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import (
    CONFIG_FILE,
    FORMAT_VERSION,
    WEIGHTS_FILE,
    PerceiverHypernetwork,
    published_question,
)
from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
from parametric_memory.hypernetworks.key_value.network import KeyValueConfig, KeyValueHypernetwork

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.language_model.chat import ChatFormat

_TEXT_TO_LORA = "text-to-lora"  # the kind that `skills` reads


@dataclass(frozen=True)
class HypernetworkRecord:
    """What a folder says beside the weights."""

    kind: str
    base_model: str
    base_fingerprint: str = ""  # empty where the maker did not know it: converted checkpoints
    training: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)  # as written; see `Calibration`
    fingerprint: str = ""  # of the weights; computed on reading


def save_hypernetwork(hypernetwork: KeyValueHypernetwork, record: HypernetworkRecord, folder: Path) -> None:
    """Write a folder, weights in bfloat16.

    Raises:
        StorageError: the disk refuses.
    """
    from safetensors.torch import save

    state = {name: t.to("cpu", torch.bfloat16).contiguous() for name, t in hypernetwork.state_dict().items()}
    config = {
        "format_version": FORMAT_VERSION,
        "kind": record.kind,
        "base_model": record.base_model,
        "base_fingerprint": record.base_fingerprint,
        "network": hypernetwork.config.to_dict(),
        "training": dict(record.training),
        "calibration": dict(record.calibration),
    }
    weights = save(state, metadata={"format": "pt"})
    with storage_errors(f"write the hypernetwork to {folder}"):
        replace_files(folder, {WEIGHTS_FILE: weights, CONFIG_FILE: _as_file(config)})


def read_record(folder: Path) -> HypernetworkRecord:
    """The record alone; no tensor is read, only hashed.

    Raises:
        CheckpointError: the folder holds no hypernetwork, or one of a format that this release does not read.
    """
    config = _read_config(folder)
    weights = folder / WEIGHTS_FILE
    with weights.open("rb") as file:
        fingerprint = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return HypernetworkRecord(
        kind=config["kind"],
        base_model=config.get("base_model") or config["network"].get("base_model", ""),
        base_fingerprint=config.get("base_fingerprint", ""),
        training=config.get("training", {}),
        calibration=config.get("calibration", {}),
        fingerprint=fingerprint,
    )


def save_calibration(folder: Path, **settings: Any) -> None:
    """Write settings of recall into a hypernetwork's folder; others stay as they are, and so does its fingerprint.

    Raises:
        CheckpointError: the folder holds no hypernetwork.
        StorageError: the disk refuses.
    """
    config = _read_config(folder)
    config["calibration"] = {**config.get("calibration", {}), **settings}
    with storage_errors(f"write {folder / CONFIG_FILE}"):
        replace_durably(folder / CONFIG_FILE, _as_file(config))


def question_for(record: HypernetworkRecord, text: str, chat: ChatFormat) -> list[int]:
    """Ids of a question as a record's hypernetwork was trained to be asked; see `Hypernetwork.question`."""
    if record.kind == PerceiverHypernetwork.kind:
        return published_question(text, chat, record.base_model)
    return chat.question(text)


def load_hypernetwork(folder: Path, model: PreTrainedModel) -> tuple[Hypernetwork, HypernetworkRecord]:
    """Rebuild a hypernetwork, in float32, for a base model.

    Raises:
        CheckpointError: a file is missing, truncated, of a later format, or does not fit its configuration.
    """
    config, record = _read_config(folder), read_record(folder)
    if record.kind == PerceiverHypernetwork.kind:
        return PerceiverHypernetwork.from_folder(folder, model).requires_grad_(False), record
    if record.kind != KeyValueHypernetwork.kind:
        raise CheckpointError(f"{folder} holds a hypernetwork of the unknown kind {record.kind!r}.")
    return _load_key_value(folder, config), record


def _load_key_value(folder: Path, config: Mapping[str, Any]) -> KeyValueHypernetwork:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        hypernetwork = KeyValueHypernetwork(KeyValueConfig.from_dict(config["network"]))
        state = {name: t.float() for name, t in load_file(folder / WEIGHTS_FILE).items()}
        hypernetwork.load_state_dict(state)
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{folder} holds weights that cannot be used: {reason}") from error
    return hypernetwork.eval().requires_grad_(False)


def _as_file(config: Mapping[str, Any]) -> bytes:
    return (json.dumps(config, indent=2) + "\n").encode()


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    if not path.is_file() or not (folder / WEIGHTS_FILE).is_file():
        raise CheckpointError(f"{folder} is not a hypernetwork folder: it needs {CONFIG_FILE} and {WEIGHTS_FILE}.")
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(config, dict) and config.get("kind") == _TEXT_TO_LORA:
            raise CheckpointError(f"{folder} is a Text-to-LoRA hypernetwork: it makes skills and reads no documents.")
        version, _, _ = config["format_version"], config["kind"], config["network"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is not the configuration of a hypernetwork ({error}).") from error
    if version != FORMAT_VERSION:
        raise CheckpointError(f"{path} has format version {version}; this release reads {FORMAT_VERSION}.")
    return config
