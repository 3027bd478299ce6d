from __future__ import annotations

import json
import os
import pickle
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.hypernetworks.checkpoint import load_perceiver, load_text_to_lora
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig, PerceiverNetwork
from tests.commands.running import Runner
from tests.hypernetworks.doc_to_lora.published_files import publish as publish_doc_to_lora
from tests.hypernetworks.text_to_lora.networks import publish as publish_text_to_lora
from tests.hypernetworks.text_to_lora.networks import random_network, tiny_config
from tests.tiny_models import tiny_llama

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def network() -> PerceiverNetwork:
    torch.manual_seed(0)
    return PerceiverNetwork(PerceiverConfig.for_model(tiny_llama(), "tiny", latent_size=8, latents=3, blocks=2, rank=2))


@pytest.fixture
def source(network: PerceiverNetwork, tmp_path: Path) -> Path:
    """A folder with a Doc-to-LoRA checkpoint."""
    (tmp_path / "published").mkdir()
    publish_doc_to_lora(network, tmp_path / "published" / "pytorch_model.bin")
    return tmp_path / "published"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def refusal(run: Runner, *arguments: str | Path) -> str:
    """What a failing `convert` tells: one line; nothing is written where there was nothing."""
    destination = Path(arguments[1])
    existed = destination.exists()
    result = run("convert", *arguments, "--quiet")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Error: ") and result.err.count("\n") == 1
    assert "unexpected" not in result.err
    assert destination.exists() == existed
    return result.err


def test_the_longest_piece_of_a_document_can_be_said(run: Runner, source: Path, tmp_path: Path) -> None:
    assert run("convert", source, tmp_path / "ours", "--chunk-tokens", "1024").code == 0
    config = json.loads((tmp_path / "ours" / "config.json").read_text())
    assert config["network"]["chunk_tokens"] == 1024


def test_how_strongly_adapters_act_can_be_said(run: Runner, source: Path, tmp_path: Path) -> None:
    assert run("convert", source, tmp_path / "ours", "--row-scale", "0.5", "--bias-scale", "2").code == 0
    config = json.loads((tmp_path / "ours" / "config.json").read_text())
    assert (config["network"]["row_scale"], config["network"]["bias_scale"]) == (0.5, 2.0)


def test_a_document_hypernetwork_becomes_a_folder_of_ours(run: Runner, source: Path, tmp_path: Path) -> None:
    result = run("convert", source, tmp_path / "new" / "ours", "--json")
    assert result.code == 0
    assert result.data == {"kind": "Doc-to-LoRA", "base_model": "tiny", "folder": str(tmp_path / "new" / "ours")}
    assert names(tmp_path / "new" / "ours") == {"config.json", "model.safetensors"}
    load_perceiver(tmp_path / "new" / "ours", tiny_llama())


def test_a_file_may_be_named_and_a_hypernetwork_may_be_replaced(run: Runner, source: Path, tmp_path: Path) -> None:
    for _ in range(2):
        result = run("convert", source / "pytorch_model.bin", tmp_path / "ours")
        assert (result.code, result.out) == (0, f"Doc-to-LoRA for tiny written to {tmp_path / 'ours'}\n")


def test_a_skill_hypernetwork_becomes_a_folder_of_ours(run: Runner, tmp_path: Path) -> None:
    network = random_network(tiny_config())
    publish_text_to_lora(network, tmp_path / "published")
    result = run("convert", tmp_path / "published", tmp_path / "ours", "--json")
    assert result.data["kind"] == "Text-to-LoRA"
    assert names(tmp_path / "ours") == {"config.json", "model.safetensors"}
    assert load_text_to_lora(tmp_path / "ours").config == network.config


def test_what_is_no_checkpoint_is_said(run: Runner, tmp_path: Path) -> None:
    assert "does not exist" in refusal(run, tmp_path / "nowhere", tmp_path / "ours")
    (tmp_path / "folder").mkdir()
    assert "neither pytorch_model.bin" in refusal(run, tmp_path / "folder", tmp_path / "ours")
    (tmp_path / "text.bin").write_text("hello")
    assert "no Doc-to-LoRA checkpoint" in refusal(run, tmp_path / "text.bin", tmp_path / "ours")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda content: content.pop("head.weight"), "lacks head.weight"),
        (lambda content: content.update({"head.weight": torch.zeros(2)}), "head.weight is [2]"),
        (lambda content: content.pop("ctx_encoder_args"), "lacks 'ctx_encoder_args'"),
        (lambda content: vars(content["ctx_encoder_args"]).pop("layer_idx"), "lacks 'layer_idx'"),
        (lambda content: vars(content["hypernet_config"]).update(merge="mlp"), "not known here: merge"),
    ],
    ids=["missing weights", "wrong shape", "missing entry", "missing option", "unknown option"],
)
def test_a_checkpoint_that_cannot_be_used_is_said_in_one_line(
    run: Runner, network: PerceiverNetwork, edit: Edit, said: str, tmp_path: Path
) -> None:
    assert said in refusal(run, publish_doc_to_lora(network, tmp_path / "m.bin", edit), tmp_path / "ours")


def test_an_option_may_be_ignored(run: Runner, network: PerceiverNetwork, tmp_path: Path) -> None:
    def edit(content: dict[str, Any]) -> None:
        vars(content["hypernet_config"])["merge"] = "mlp"

    path = publish_doc_to_lora(network, tmp_path / "m.bin", edit)
    assert run("convert", path, tmp_path / "ours", "--ignore-option", "merge").code == 0


@pytest.mark.parametrize("kind", ["doc", "text"])
def test_a_truncated_file_is_said(run: Runner, source: Path, kind: str, tmp_path: Path) -> None:
    if kind == "text":
        source = publish_text_to_lora(random_network(tiny_config()), tmp_path / "text")
    [file] = [path for path in source.iterdir() if path.suffix in (".bin", ".pt")]
    file.write_bytes(file.read_bytes()[:5000])
    assert "damaged" in refusal(run, source, tmp_path / "ours")


class _Hostile:
    """Leaves a file in the working folder when unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch RAN",)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "hypermod.pt"])
@pytest.mark.parametrize("bare", [True, False], ids=["a bare pickle", "an archive"])
def test_a_hostile_file_is_refused_by_the_name_in_it_and_nothing_runs(
    run: Runner, name: str, bare: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = publish_text_to_lora(random_network(tiny_config()), tmp_path / "hostile")
    (folder / "hypermod.pt").unlink()
    if bare:
        (folder / name).write_bytes(pickle.dumps(_Hostile()))
    else:
        torch.save({"weights": torch.ones(2), "extra": _Hostile()}, folder / name)
    assert f"{os.system.__module__}.system" in refusal(run, folder, tmp_path / "ours")
    assert not (tmp_path / "RAN").exists()
    pickle.loads(pickle.dumps(_Hostile()))
    assert (tmp_path / "RAN").exists()  # the same object does run elsewhere


def test_what_stands_at_the_destination_is_left_alone(run: Runner, source: Path, tmp_path: Path) -> None:
    tiny_llama().save_pretrained(tmp_path / "base")
    before = {path: path.read_bytes() for path in (tmp_path / "base").iterdir()}
    assert "holds something else" in refusal(run, source, tmp_path / "base")
    assert {path: path.read_bytes() for path in (tmp_path / "base").iterdir()} == before
    (tmp_path / "file").write_text("mine")
    assert "holds something else" in refusal(run, source, tmp_path / "file")
    assert "holds something else" in refusal(run, source, source)


def test_a_full_disk_leaves_nothing_half_written(run: Runner, source: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    run("convert", source, earlier)
    before = {path.name: path.read_bytes() for path in earlier.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = len(before["model.safetensors"]) // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        for destination in (earlier, tmp_path / "new" / "ours"):
            assert "Could not write the hypernetwork" in refusal(run, source, destination)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / "new").exists()
    assert {path.name: path.read_bytes() for path in earlier.iterdir()} == before
    assert json.loads(before["config.json"])["kind"] == "perceiver"
