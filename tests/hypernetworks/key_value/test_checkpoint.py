from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import load_key_value, save_key_value
from parametric_memory.hypernetworks.record import HypernetworkRecord, read_record


def refusal(folder: Path) -> str:
    """What loading a damaged folder says: one line."""
    with pytest.raises(CheckpointError) as refused:
        load_key_value(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def change_network(folder: Path, network: dict[str, Any]) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"network": network}))


def test_what_is_written_comes_back_in_the_precision_of_bfloat16(hypernetwork, folder: Path) -> None:
    loaded, record = load_key_value(folder), read_record(folder)
    assert loaded.config == hypernetwork.config
    expected = hypernetwork.state_dict()
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, expected[name].bfloat16().float()), name
    assert (record.base_model, record.base_fingerprint) == ("tiny", "0123456789abcdef")
    assert (record.training, record.calibration) == ({"steps": 3}, {"threshold": 0.4})


def test_the_code_of_rows_comes_back_as_it_is(base, hypernetwork, written: HypernetworkRecord, folder: Path) -> None:
    before = read_record(folder).fingerprint
    hypernetwork.fit_row_code(base.model, [list(range(50, 80)), list(range(80, 230))], [1, 40, 41])
    save_key_value(hypernetwork, written, folder)
    loaded = load_key_value(folder).row_code
    for name, tensor in hypernetwork.row_code.state_dict().items():
        assert loaded.state_dict()[name].dtype == tensor.dtype
        assert torch.equal(loaded.state_dict()[name].float(), tensor.float())
    assert read_record(folder).fingerprint != before
    hypernetwork.drop_row_code()
    save_key_value(hypernetwork, written, folder)
    assert load_key_value(folder).row_code.coordinates == 0 and read_record(folder).fingerprint == before


def test_truncated_weights_are_refused(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    assert "damaged or cut short" in refusal(folder)


@pytest.mark.parametrize("network", [{}, {"unknown": 1}])
def test_options_that_are_missing_or_unknown_are_refused(folder: Path, network: dict[str, Any]) -> None:
    change_network(folder, network)
    assert f"{folder / 'config.json'} cannot be used" in refusal(folder)


def test_weights_of_other_sizes_than_the_config_says_are_refused(hypernetwork, folder: Path) -> None:
    change_network(folder, asdict(hypernetwork.config) | {"metric_rank": 3})
    assert "metric_in is [" in refusal(folder)
