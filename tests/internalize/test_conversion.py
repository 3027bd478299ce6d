from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parametric_memory.errors import CheckpointError, ModelUnavailable
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig, PerceiverNetwork
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.internalize.conversion import DOC_TO_LORA, convert, hypernetwork_folder
from parametric_memory.settings import HOME_VARIABLE
from tests.hypernetworks.doc_to_lora.published_files import publish
from tests.tiny_models import tiny_llama


@pytest.fixture(scope="module")
def network() -> PerceiverNetwork:
    return PerceiverNetwork(PerceiverConfig.for_model(tiny_llama(), "tiny", latent_size=8, latents=3, blocks=1, rank=2))


@pytest.fixture
def on_the_hub(network: PerceiverNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository that the hub has given before; nothing else can be had from it."""
    from huggingface_hub import constants

    repository = tmp_path / "cache" / "models--owner--name"
    folder = repository / "snapshots" / "abc" / "gemma_demo" / "checkpoint-80000"
    folder.mkdir(parents=True)
    publish(network, folder / "pytorch_model.bin")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return "owner/name"


@pytest.mark.parametrize(
    "inside", ["", "/gemma_demo", "/gemma_demo/", "/gemma_demo/checkpoint-80000/pytorch_model.bin"]
)
def test_a_hub_id_may_name_a_repository_a_folder_or_a_file(on_the_hub: str, inside: str, tmp_path: Path) -> None:
    made = convert(on_the_hub + inside, tmp_path / "ours")
    assert (made.kind, made.base_model, made.folder) == (DOC_TO_LORA, "tiny", tmp_path / "ours")
    assert read_record(made.folder).base_model == "tiny"


def test_what_a_repository_does_not_have_is_said(on_the_hub: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint in mistral"):
        convert(f"{on_the_hub}/mistral", tmp_path / "ours")


def test_a_hub_that_cannot_be_reached_is_said(on_the_hub: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="download it elsewhere"):
        convert("owner/another", tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_a_hypernetwork_is_named_by_its_folder(tmp_path: Path) -> None:
    assert hypernetwork_folder(tmp_path) == tmp_path
    assert hypernetwork_folder("/nowhere/at all") == Path("/nowhere/at all")


def test_a_hypernetwork_named_by_a_hub_id_is_converted_once(on_the_hub: str, tmp_path: Path) -> None:
    folder = hypernetwork_folder(f"{on_the_hub}/gemma_demo")
    assert folder == tmp_path / "home" / "hypernetworks" / "owner--name--gemma_demo"
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert hypernetwork_folder(f"{on_the_hub}/gemma_demo") == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_a_converted_network_keeps_its_weights(network: PerceiverNetwork, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    convert(publish(network, tmp_path / "any name"), tmp_path / "ours")
    weights = load_file(tmp_path / "ours" / "model.safetensors")
    assert all(torch.equal(weights[name], value) for name, value in network.named_parameters())
