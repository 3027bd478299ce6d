from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import load_hypernetwork, save_perceiver
from parametric_memory.hypernetworks.record import read_record
from tests.hypernetworks.doc_to_lora.networks import config_for, trained


def test_each_kind_is_loaded_as_what_it_is(base, hypernetwork, folder: Path, tmp_path: Path) -> None:
    perceiver = trained(config_for(base.model))
    save_perceiver(perceiver, tmp_path / "perceiver")
    for path, expected in ((folder, hypernetwork), (tmp_path / "perceiver", perceiver)):
        loaded, record = load_hypernetwork(path, base.model)
        assert (type(loaded), loaded.config) == (type(expected), expected.config)
        assert record == read_record(path)


def test_a_loaded_hypernetwork_is_ready_for_use_not_for_training(base, folder: Path) -> None:
    loaded, _ = load_hypernetwork(folder, base.model)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_a_kind_that_this_release_does_not_know_is_named(base, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"kind": "crystal"}))
    with pytest.raises(CheckpointError, match="crystal") as refused:
        load_hypernetwork(folder, base.model)
    assert str(folder) in str(refused.value) and "\n" not in str(refused.value)
