from __future__ import annotations

import json
import os
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora
from parametric_memory.hypernetworks.text_to_lora.published import convert_published, is_published, load_published
from tests.hypernetworks.text_to_lora.networks import publish, random_network, tiny_config


@pytest.fixture
def network() -> TextToLora:
    return random_network(tiny_config())


@pytest.fixture
def source(network: TextToLora, tmp_path: Path) -> Path:
    return publish(network, tmp_path / "published")


def refusal(source: Path) -> str:
    """What loading a bad checkpoint says: one line."""
    with pytest.raises(CheckpointError) as caught:
        load_published(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_module_order_is_that_of_the_heads(network: TextToLora, source: Path, tmp_path: Path) -> None:
    state = OrderedDict(network.state_dict())
    for name in [name for name in state if name.startswith("heads.q_proj")]:
        state.move_to_end(name)
    torch.save(state, source / "hypermod.pt")

    config = convert_published(source, tmp_path / "ours")

    assert [module.name for module in config.modules] == ["v_proj", "q_proj"]
    swapped, embedding = load_text_to_lora(tmp_path / "ours"), torch.randn(48)
    first, second = network.adapter(embedding), swapped.adapter(embedding)
    assert not torch.allclose(
        first.factors["model.layers.0.self_attn.v_proj"].A,
        second.factors["model.layers.0.self_attn.v_proj"].A,
    )


def test_options_that_grow_without_end_take_no_time(source: Path) -> None:
    steps = [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 30)]
    options = source / "args.yaml"
    options.write_text("\n".join([options.read_text(), "a0: &a0 {x: 1}", *steps, "emb_model: *a29", ""]))
    assert "emb_model holds no plain value" in refusal(source)
    options.write_text("#" * 5_000_000)
    assert "larger than 4.2 MB" in refusal(source)


@pytest.mark.parametrize(
    "line",
    [
        "save_freq: 10**100",
        f"save_freq: {10**100}",
        f"save_freq: {'9' * 5000}",
        "when: 2025-13-45",
        "device: !!python/object/apply:os.system ['touch RAN']",
        "space: !!python/name:torch.float32",
        "sizes: !unknown {a: [1, 2]}",
    ],
)
def test_options_that_do_not_matter_may_be_anything(
    source: Path, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = source / "args.yaml"
    options.write_text(f"{options.read_text()}\n{line}\n")
    assert load_published(source).config == tiny_config()
    assert not (tmp_path / "RAN").exists()


def test_a_tag_on_an_option_that_matters_is_ignored(network: TextToLora, source: Path) -> None:
    options = source / "args.yaml"
    text = options.read_text().replace("model_dir: base", "model_dir: !!python/object/apply:os.getcwd base")
    options.write_text(text)
    assert load_published(source).config.base_model == "base"


def test_an_empty_embedding_model_is_the_base_model(network: TextToLora, source: Path) -> None:
    publish(network, source, emb_model="")
    assert load_published(source).config.embedding_model is None


def test_tasks_that_are_numbers_keep_their_names(tmp_path: Path) -> None:
    network = random_network(tiny_config(embedding_size=2))
    source = publish(network, tmp_path, use_one_hot_task_emb=True)
    assert load_published(source).config.tasks == ("first", "second")


def test_the_encoder_is_linear_whatever_the_options_say(network: TextToLora, source: Path) -> None:
    for said in ("linear", "vq", "transformer"):
        publish(network, source, encoder_type=said)
        assert load_published(source).config == tiny_config()


def test_a_reconstruction_of_products_may_say_that_it_predicts_z_scores(network: TextToLora, source: Path) -> None:
    publish(network, source, training_task="recon", pred_z_score=True, factorized=False)
    loaded = load_published(source)
    assert loaded.config.objective == "delta_w"
    assert loaded.adapter(torch.randn(loaded.config.embedding_size)).factors


@pytest.mark.parametrize(("rslora", "scaling"), [(True, 8.0), (False, 4.0)])
def test_scaling_follows_peft(source: Path, rslora: bool, scaling: float) -> None:
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 16, "use_rslora": rslora}
    (source / "adapter_config.json").write_text(json.dumps(config))
    assert load_published(source).config.scaling == scaling


def test_an_earlier_checkpoint_of_a_run_takes_its_options_from_above(source: Path) -> None:
    earlier = source / "checkpoints" / "it_100"
    earlier.mkdir(parents=True)
    (source / "hypermod.pt").rename(earlier / "hypermod.pt")
    assert load_published(earlier / "hypermod.pt").config == tiny_config()
    assert is_published(earlier)
    assert is_published(earlier / "hypermod.pt")
    assert not is_published(source)
    assert not is_published(source / "args.yaml")


class _Hostile:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch RAN",)


def pickled(protocol: int) -> Callable[[Any, Path], None]:
    return lambda content, path: path.write_bytes(pickle.dumps(content, protocol))


@pytest.mark.parametrize("write", [torch.save, *(pickled(protocol) for protocol in range(6))])
@pytest.mark.parametrize("where", ["at the top", "beside tensors"])
def test_a_hostile_pickle_is_refused_by_name_and_does_not_run(
    write: Callable[[Any, Path], None],
    where: str,
    network: TextToLora,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    beside = {"posix": "posix", "system": "system", "mixer.1.bias": [_Hostile()]}
    write(_Hostile() if where == "at the top" else beside, source / "hypermod.pt")
    assert f"{os.system.__module__}.system" in refusal(source)
    assert not (tmp_path / "RAN").exists()


def test_a_harmless_global_is_refused_too(source: Path) -> None:
    torch.save({"heads.q_proj.weight": torch.float32, "path": Path("x")}, source / "hypermod.pt")
    assert "pathlib" in refusal(source)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file(source: Path, share: float) -> None:
    data = (source / "hypermod.pt").read_bytes()
    (source / "hypermod.pt").write_bytes(data[: int(len(data) * share)])
    assert "cut short" in refusal(source)


@pytest.mark.parametrize("content", [[1, 2], {"heads": {"nested": torch.ones(1)}}, {1: torch.ones(1)}])
def test_a_file_that_holds_something_else(source: Path, content: Any) -> None:
    torch.save(content, source / "hypermod.pt")
    assert re.search("not tensors by name|heads in it is no tensor", refusal(source))


@pytest.mark.parametrize(
    "missing",
    ["heads.q_proj.weight", "AB_offset.A.q_proj", "task_encoder.mlp.0.weight", "mlp2.mlp.4.bias"],
)
def test_missing_weights(network: TextToLora, source: Path, missing: str) -> None:
    state = {name: tensor for name, tensor in network.state_dict().items() if name != missing}
    torch.save(state, source / "hypermod.pt")
    message = refusal(source)
    assert missing in message or "q_proj" in message


def test_no_heads_at_all(source: Path) -> None:
    torch.save({"weight": torch.ones(2)}, source / "hypermod.pt")
    assert "no heads" in refusal(source)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("AB_offset.A.q_proj", torch.ones(3)),
        ("AB_offset.A.q_proj", torch.ones(0, 4, 64)),
        ("mixer.1.weight", torch.ones(128, 31)),
        ("mixer.1.weight", torch.ones(128, 32, dtype=torch.int64)),
    ],
)
def test_wrong_shapes(network: TextToLora, source: Path, name: str, tensor: torch.Tensor) -> None:
    torch.save({**network.state_dict(), name: tensor}, source / "hypermod.pt")
    assert name in refusal(source)


def test_a_target_whose_place_is_unknown(network: TextToLora, source: Path) -> None:
    state = {name.replace("q_proj", "c_attn"): tensor for name, tensor in network.state_dict().items()}
    torch.save(state, source / "hypermod.pt")
    assert "c_attn" in refusal(source)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"training_task": "dpo"}, "'dpo'"),
        ({"exp_setup": "hyper_vera"}, "'hyper_vera'"),
        ({"shared_AB_head": "yes"}, "shared_AB_head"),
        ({"hypernet_latent_size": 32.5}, "hypernet_latent_size"),
        ({"learnable_pos_emb": True}, "learnable_pos_emb"),
        ({"delta_w_scaling": 0, "training_task": "recon", "pred_z_score": False}, "delta_w_scaling"),
        ({"shared_AB_head": True}, "out_emb"),
    ],
)
def test_options_that_are_unknown_or_do_not_fit_the_weights(
    network: TextToLora, source: Path, options: dict[str, Any], named: str
) -> None:
    publish(network, source, **options)
    assert named in refusal(source)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"peft_type": "VERA"}, "'VERA'"),
        ({"use_dora": True}, "use_dora"),
        ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"),
        ({"r": 0}, "r:"),
        ({"r": 8}, "AB_offset"),
        ({"lora_alpha": None}, "lora_alpha"),
    ],
)
def test_adapters_of_other_kinds(source: Path, changes: dict[str, Any], named: str) -> None:
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 16, **changes}
    (source / "adapter_config.json").write_text(json.dumps(config))
    assert named in refusal(source)


@pytest.mark.parametrize("name", ["hypermod.pt", "args.yaml", "adapter_config.json"])
def test_a_missing_file(source: Path, name: str) -> None:
    (source / name).unlink()
    assert f"{name} is missing" in refusal(source)


@pytest.mark.parametrize("text", ["a: [", "just a word", "a: b: c", "", "\x00"])
def test_options_that_are_no_yaml_mapping(source: Path, text: str) -> None:
    (source / "args.yaml").write_text(text)
    assert "args.yaml" in refusal(source)


def test_an_adapter_configuration_that_is_no_json(source: Path) -> None:
    (source / "adapter_config.json").write_text("{")
    assert "adapter_config.json" in refusal(source)
