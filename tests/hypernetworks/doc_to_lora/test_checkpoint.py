from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from parametric_memory.errors import CheckpointError, ModelUnavailable
from parametric_memory.hypernetworks.checkpoint import load_perceiver, save_perceiver
from parametric_memory.hypernetworks.doc_to_lora.network import ContextEncoderConfig
from tests.hypernetworks.doc_to_lora.networks import CHUNKS, adapter_of, config_for, trained
from tests.tiny_models import tiny_llama


@pytest.fixture(scope="module")
def model():
    return tiny_llama()


@pytest.fixture
def folder(model, tmp_path: Path) -> Path:
    save_perceiver(trained(config_for(model)), tmp_path)
    return tmp_path


def rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refusal(folder: Path, model: Any) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_perceiver(folder, model)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_folder_for_another_base_model_is_refused(folder) -> None:
    assert "2 layers" in refusal(folder, tiny_llama(layers=2))
    assert "32 to 16" in refusal(folder, tiny_llama(hidden_size=24))


def test_a_folder_of_another_format_is_refused(folder, model) -> None:
    rewrite(folder, format_version=99)
    assert "99" in refusal(folder, model)
    rewrite(folder, format_version=1, kind="key-value")
    assert "does not describe a perceiver" in refusal(folder, model)


def test_an_unknown_or_missing_option_is_named(folder, model) -> None:
    network = json.loads((folder / "config.json").read_text())["network"]
    rewrite(folder, network=network | {"token_mixing": True})
    assert "token_mixing" in refusal(folder, model)
    rewrite(folder, network={name: value for name, value in network.items() if name != "latents"})
    assert "latents" in refusal(folder, model)
    rewrite(folder, network=network | {"rank": 0})
    assert "rank: Input should be greater than 0, not 0" in refusal(folder, model)


def test_damaged_files_are_named(folder, model) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "model.safetensors" in refusal(folder, model)
    weights.unlink()
    assert "model.safetensors is missing" in refusal(folder, model)
    (folder / "config.json").write_text("{")
    assert "no JSON" in refusal(folder, model)
    (folder / "config.json").unlink()
    assert "config.json is missing" in refusal(folder, model)


def test_weights_that_do_not_fit_are_named(folder, model) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    save_file({**weights, "head.weight": torch.zeros(1)}, path)
    assert "head.weight is [1]" in refusal(folder, model)
    save_file({name: value for name, value in weights.items() if name != "head.weight"}, path)
    assert "lacks head.weight" in refusal(folder, model)
    save_file({**weights, "tail.weight": torch.zeros(1)}, path)
    assert "unknown weights tail.weight" in refusal(folder, model)


def test_a_cross_encoder_is_loaded_by_its_name(model, tmp_path) -> None:
    tiny_llama(hidden_size=24, layers=5).save_pretrained(tmp_path / "reader")
    encoder = ContextEncoderConfig(model=str(tmp_path / "reader"), last_layer=3)
    save_perceiver(trained(config_for(model, context_encoder=encoder, feature_size=24)), tmp_path / "hypernetwork")
    again = load_perceiver(tmp_path / "hypernetwork", model)
    assert adapter_of(again, model, CHUNKS).rank == 8


def test_a_cross_encoder_that_is_not_there_is_named(model, tmp_path) -> None:
    encoder = ContextEncoderConfig(model=str(tmp_path / "nowhere"))
    save_perceiver(trained(config_for(model, context_encoder=encoder)), tmp_path)
    with pytest.raises(ModelUnavailable, match="nowhere"):
        load_perceiver(tmp_path, model)
