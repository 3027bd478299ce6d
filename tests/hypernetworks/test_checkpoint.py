from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import (
    HypernetworkRecord,
    load_hypernetwork,
    read_record,
    save_hypernetwork,
)

RECORD = HypernetworkRecord("key-value", "tiny", "0123456789abcdef", {"steps": 3}, {"threshold": 0.4})


@pytest.fixture
def folder(hypernetwork, tmp_path: Path) -> Path:
    save_hypernetwork(hypernetwork, RECORD, tmp_path / "hypernetwork")
    return tmp_path / "hypernetwork"


def change_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def test_what_is_written_comes_back_in_the_precision_of_bfloat16(base, hypernetwork, folder: Path) -> None:
    loaded, record = load_hypernetwork(folder, base.model)
    assert loaded.config == hypernetwork.config
    expected = hypernetwork.state_dict()
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, expected[name].bfloat16().float()), name
    assert (record.base_model, record.base_fingerprint) == ("tiny", "0123456789abcdef")
    assert (record.training, record.calibration) == ({"steps": 3}, {"threshold": 0.4})


def test_a_loaded_hypernetwork_is_ready_for_use_not_for_training(base, folder: Path) -> None:
    loaded, _ = load_hypernetwork(folder, base.model)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_the_fingerprint_tells_weights_apart(hypernetwork, folder: Path, tmp_path: Path) -> None:
    save_hypernetwork(hypernetwork, RECORD, tmp_path / "same")
    with torch.no_grad():
        hypernetwork.log_gain += 1
    save_hypernetwork(hypernetwork, RECORD, tmp_path / "other")
    fingerprint = read_record(folder).fingerprint
    assert read_record(tmp_path / "same").fingerprint == fingerprint
    assert read_record(tmp_path / "other").fingerprint != fingerprint


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(base, folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name) as refused:
        load_hypernetwork(folder, base.model)
    assert "\n" not in str(refused.value)


def test_truncated_weights_are_refused_in_one_line(base, folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(CheckpointError, match=r"cannot be used") as refused:
        load_hypernetwork(folder, base.model)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "{}", '{"format_version": 1, "kind": "key-value"}'])
def test_a_config_that_is_none_is_refused_in_one_line(base, folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json") as refused:
        load_hypernetwork(folder, base.model)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format_version": 99}, "format version 99"),
        ({"kind": "crystal"}, "crystal"),
        ({"network": {}}, "cannot be used"),
        ({"network": {"unknown": 1}}, "cannot be used"),
    ],
)
def test_what_this_release_does_not_know_is_named(base, folder: Path, changes: dict[str, Any], named: str) -> None:
    change_config(folder, **changes)
    with pytest.raises(CheckpointError, match=named) as refused:
        load_hypernetwork(folder, base.model)
    assert str(folder) in str(refused.value) and "\n" not in str(refused.value)


def test_weights_of_other_sizes_than_the_config_says_are_refused_in_one_line(base, hypernetwork, folder: Path) -> None:
    change_config(folder, network=hypernetwork.config.to_dict() | {"metric_rank": 3})
    with pytest.raises(CheckpointError, match="cannot be used") as refused:
        load_hypernetwork(folder, base.model)
    assert "\n" not in str(refused.value)
