from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora, save_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora
from tests.hypernetworks.text_to_lora.networks import VALUE, random_network, tiny_config


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_text_to_lora(random_network(tiny_config()), tmp_path)
    return tmp_path


def refusal(folder: Path) -> str:
    """What loading a damaged folder says: one line."""
    with pytest.raises(CheckpointError) as caught:
        load_text_to_lora(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_module_order_stands_in_the_config(folder: Path) -> None:
    names = [module["name"] for module in json.loads((folder / "config.json").read_text())["modules"]]
    assert names == ["q_proj", "v_proj"]


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    assert "config.json is missing" in refusal(tmp_path)


@pytest.mark.parametrize("size", [0, 7, 400, -1])
def test_truncated_weights(folder: Path, size: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    assert "damaged or cut short" in refusal(folder)


def test_missing_and_unknown_weights(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    mixer = weights.pop("mixer.1.weight")
    save_file(weights, folder / "model.safetensors")
    assert "lacks mixer.1.weight" in refusal(folder)
    save_file({**weights, "mixer.1.weight": mixer, "extra": mixer.clone()}, folder / "model.safetensors")
    assert "unknown weights extra" in refusal(folder)


def test_weights_of_other_shapes(folder: Path) -> None:
    edit_config(folder, head_size=41)
    message = refusal(folder)
    assert "mlp3.4" in message
    assert "41" in message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dropout": 0.1}, "dropout"),
        ({"objective": "codes"}, "'codes'"),
        ({"format": 2}, "format"),
        ({"kind": "doc-to-lora"}, "'doc-to-lora'"),
        ({"layers": 0}, "layers"),
        ({"modules": [{**VALUE.model_dump(), "path": "v_proj"}]}, "modules.0.path"),
    ],
)
def test_options_that_are_unknown_or_impossible(folder: Path, changes: dict[str, Any], named: str) -> None:
    edit_config(folder, **changes)
    assert named in refusal(folder)


def test_a_config_that_is_no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    assert "JSON" in refusal(folder)


def test_half_precision_takes_half_the_room_and_zeros_take_none(tmp_path: Path) -> None:
    network = TextToLora(tiny_config()).eval()
    save_text_to_lora(network, tmp_path / "whole")
    save_text_to_lora(network, tmp_path / "half", torch.float16)
    names = load_file(tmp_path / "half" / "model.safetensors")
    assert not any(name.startswith(("AB_offset", "mean_recon", "std_recon")) for name in names)
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "half")]
    assert sizes[1] < 0.6 * sizes[0]
    embedding = torch.randn(48)
    first, second = (load_text_to_lora(tmp_path / name).adapter(embedding) for name in ("whole", "half"))
    for name, factors in first.factors.items():
        torch.testing.assert_close(second.factors[name].A, factors.A, atol=1e-2, rtol=1e-2)
        assert second.factors[name].A.dtype == torch.float32
