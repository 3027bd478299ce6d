"""A hypernetwork on disk: `config.json`, which rebuilds it, and `model.safetensors`.

Knows the folder's layout and nothing about what hypernetworks do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.hypernetwork import Hypernetwork
from parametric_memory.internalize.key_value import KeyValueConfig, KeyValueHypernetwork

FORMAT = 1
CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"


@dataclass(frozen=True)
class HypernetworkRecord:
    """What the folder says beside the weights."""

    kind: str
    base_model: str
    base_fingerprint: str
    training: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)  # recall thresholds measured with it
    fingerprint: str = ""  # of the weights; computed on reading


def save_hypernetwork(hypernetwork: KeyValueHypernetwork, record: HypernetworkRecord, folder: Path) -> None:
    """Write the folder, weights in bfloat16."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: t.to("cpu", torch.bfloat16).contiguous() for name, t in hypernetwork.state_dict().items()}
    save_file(state, folder / WEIGHTS_FILE)
    config = {
        "format": FORMAT,
        "kind": record.kind,
        "base_model": record.base_model,
        "base_fingerprint": record.base_fingerprint,
        "config": hypernetwork.config.to_dict(),
        "training": dict(record.training),
        "calibration": dict(record.calibration),
    }
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n")


def read_record(folder: Path) -> HypernetworkRecord:
    """The record alone; cheap, no tensor is read.

    Raises:
        CheckpointError: the folder holds no hypernetwork, or one of a later format.
    """
    config = _read_config(folder)
    return HypernetworkRecord(
        kind=config["kind"],
        base_model=config["base_model"],
        base_fingerprint=config["base_fingerprint"],
        training=config.get("training", {}),
        calibration=config.get("calibration", {}),
        fingerprint=hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()[:16],
    )


def load_hypernetwork(folder: Path) -> tuple[Hypernetwork, HypernetworkRecord]:
    """Rebuild a hypernetwork in float32.

    Raises:
        CheckpointError: a file is missing, truncated, of a later format, or does not fit its configuration.
    """
    config, record = _read_config(folder), read_record(folder)
    if record.kind != KeyValueHypernetwork.kind:
        raise CheckpointError(f"{folder} holds a hypernetwork of the unknown kind {record.kind!r}.")
    try:
        hypernetwork = KeyValueHypernetwork(KeyValueConfig.from_dict(config["config"]))
        state = {name: t.float() for name, t in load_file(folder / WEIGHTS_FILE).items()}
        hypernetwork.load_state_dict(state)
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{folder} holds weights that cannot be used: {reason}") from error
    return hypernetwork.eval().requires_grad_(False), record


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    if not path.is_file() or not (folder / WEIGHTS_FILE).is_file():
        raise CheckpointError(f"{folder} is not a hypernetwork folder: it needs {CONFIG_FILE} and {WEIGHTS_FILE}.")
    try:
        config: dict[str, Any] = json.loads(path.read_text())
        version, _ = config["format"], config["kind"]
    except (json.JSONDecodeError, KeyError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is not a hypernetwork's configuration ({error}).") from error
    if version != FORMAT:
        raise CheckpointError(f"{path} is of format {version}; this release reads format {FORMAT}.")
    return config
