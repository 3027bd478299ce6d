from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.adapters.peft_folder import load_peft, save_peft
from parametric_memory.errors import AdapterError, CheckpointError, ParametricMemoryError, StorageError
from tests.close import assert_close

REPOSITORY = Path(__file__).parents[2]
GOLDEN = Path(os.environ.get("PARAMETRIC_MEMORY_GOLDEN", REPOSITORY / ".." / "shared" / "golden"))
HIDDEN, INTERMEDIATE, LAYERS, VOCABULARY = 32, 48, 3, 96
WIDTHS = {"mlp.down_proj": (INTERMEDIATE, HIDDEN), "self_attn.q_proj": (HIDDEN, HIDDEN)}
INPUT = torch.arange(2 * 9).reshape(2, 9)


def base_model() -> Any:
    """A tiny random Llama in float32, the same at every call."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        intermediate_size=INTERMEDIATE,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    return LlamaForCausalLM(config).eval()


def adapter_for(ranks: dict[tuple[int, str], int], seed: int = 1, scaling: float = 1.5, shared: int = 0) -> Adapter:
    """Random factors by (layer, module); the shared rows are the same for every seed."""
    generator = torch.Generator().manual_seed(seed)
    common = torch.Generator().manual_seed(1000)
    factors = {}
    for (layer, module), rank in ranks.items():
        rows = [
            torch.cat([torch.randn(rank, d, generator=generator), torch.randn(shared, d, generator=common)])
            for d in WIDTHS[module]
        ]
        factors[f"model.layers.{layer}.{module}"] = Factors(rows[0], 0.1 * rows[1], scaling, shared)
    return Adapter(factors)


def everywhere(rank: int) -> dict[tuple[int, str], int]:
    return {(layer, module): rank for layer in range(LAYERS) for module in WIDTHS}


def logits_with_hooks(adapter: Adapter) -> torch.Tensor:
    """The base model's logits with `scaling * B^T (A x)` added at every module, without PEFT."""

    def adding(factors: Factors) -> Callable[..., torch.Tensor]:
        return lambda _, inputs, output: output + factors.scaling * (inputs[0] @ factors.A.T) @ factors.B

    model = base_model()
    for name, factors in adapter.factors.items():
        model.get_submodule(name).register_forward_hook(adding(factors))
    with torch.no_grad():
        return model(INPUT).logits


def logits_with_peft(folder: Path) -> torch.Tensor:
    from peft import PeftModel

    with torch.no_grad():
        return PeftModel.from_pretrained(base_model(), str(folder)).eval()(INPUT).logits


def assert_same(first: Adapter, second: Adapter) -> None:
    assert first.factors.keys() == second.factors.keys()
    for name, factors in first.factors.items():
        other = second.factors[name]
        assert torch.equal(factors.A, other.A)
        assert torch.equal(factors.B, other.B)
        assert factors.scaling == pytest.approx(other.scaling, rel=1e-12)
        assert factors.shared == other.shared


DOCUMENTS = [adapter_for(everywhere(4), seed, shared=2) for seed in (1, 2, 3)]
ADAPTERS = {
    "every layer": adapter_for(everywhere(4)),
    "shared rows": DOCUMENTS[0],
    "some layers": adapter_for({(1, "mlp.down_proj"): 4, (2, "mlp.down_proj"): 4}),
    "other modules by layer": adapter_for({(0, "mlp.down_proj"): 4, (2, "self_attn.q_proj"): 4}),
    "other ranks by module": adapter_for({(0, "mlp.down_proj"): 2, (1, "mlp.down_proj"): 7}),
    "other scalings by module": Adapter(
        {**adapter_for(everywhere(2)).factors, **adapter_for({(1, "mlp.down_proj"): 2}, scaling=0.25).factors}
    ),
    "several documents": merge(DOCUMENTS, [1.0, 0.5, 0.2]),
    "several documents of different modules": merge(
        [adapter_for(everywhere(4)), adapter_for({(1, "mlp.down_proj"): 3}, seed=2, scaling=0.5)]
    ),
    "a rank budget": compress(merge(DOCUMENTS), 8),
}


@pytest.mark.parametrize("case", ADAPTERS)
def test_an_adapter_comes_back_as_it_was(case: str, tmp_path: Path) -> None:
    save_peft(ADAPTERS[case], tmp_path)
    assert_same(load_peft(tmp_path), ADAPTERS[case])


@pytest.mark.parametrize("case", ADAPTERS)
def test_plain_peft_computes_the_same_logits(case: str, tmp_path: Path) -> None:
    save_peft(ADAPTERS[case], tmp_path)
    expected = logits_with_hooks(ADAPTERS[case])
    assert (expected - logits_with_hooks(Adapter({}))).abs().max() > 1e-3
    assert_close(logits_with_peft(tmp_path), expected)


def test_modules_are_named_as_people_write_them(tmp_path: Path) -> None:
    save_peft(ADAPTERS["some layers"], tmp_path / "some", base_model_name="a/model")
    config = json.loads((tmp_path / "some" / "adapter_config.json").read_text())
    assert (config["target_modules"], config["layers_to_transform"]) == (["down_proj"], [1, 2])
    assert (config["r"], config["lora_alpha"]) == (4, 6.0)
    assert (config["rank_pattern"], config["alpha_pattern"]) == ({}, {})
    assert config["base_model_name_or_path"] == "a/model"


def test_modules_that_differ_by_layer_are_named_in_full(tmp_path: Path) -> None:
    save_peft(ADAPTERS["other modules by layer"], tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["target_modules"] == ["model.layers.0.mlp.down_proj", "model.layers.2.self_attn.q_proj"]
    assert config["layers_to_transform"] is None


def test_one_scaling_needs_no_patterns_to_be_right(tmp_path: Path) -> None:
    """Engines that read only r and lora_alpha compute alpha / r for every module."""
    save_peft(ADAPTERS["several documents of different modules"], tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["lora_alpha"] / config["r"] == 1.0
    assert all(config["alpha_pattern"][name] == rank for name, rank in config["rank_pattern"].items())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_the_file_has_the_adapters_dtype(dtype: torch.dtype, tmp_path: Path) -> None:
    adapter = ADAPTERS["every layer"].to(dtype)
    save_peft(adapter, tmp_path)
    assert {t.dtype for t in load_file(tmp_path / "adapter_model.safetensors").values()} == {dtype}
    assert_same(load_peft(tmp_path), adapter)


def test_modules_may_share_their_factors(tmp_path: Path) -> None:
    factors = Factors(torch.ones(1, HIDDEN), torch.ones(1, HIDDEN))
    adapter = Adapter({f"model.layers.{layer}.self_attn.q_proj": factors for layer in range(2)})
    save_peft(adapter, tmp_path)
    assert_same(load_peft(tmp_path), adapter)


def test_extra_values_are_kept(tmp_path: Path) -> None:
    save_peft(ADAPTERS["every layer"], tmp_path, extra={"hypernetwork": "abc", "chunks": 3})
    own = json.loads((tmp_path / "parametric_memory.json").read_text())
    assert own["extra"] == {"hypernetwork": "abc", "chunks": 3}


def test_a_known_hash_is_checked(tmp_path: Path) -> None:
    save_peft(ADAPTERS["every layer"], tmp_path)
    load_peft(tmp_path, hashlib.sha256((tmp_path / "adapter_model.safetensors").read_bytes()).hexdigest())
    with pytest.raises(CheckpointError, match="sha256"):
        load_peft(tmp_path, "0" * 64)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_rslora": True},
        {"rank_pattern": {"q_proj": 2, r"layers\.1\.mlp\.down_proj": 6}},
        {
            "alpha_pattern": {"down_proj": 3},
            "use_rslora": True,
            "rank_pattern": {"layers.2.mlp.down_proj": 9},
        },
        {"layers_to_transform": [0, 2]},
    ],
    ids=["plain", "rslora", "ranks", "alphas, ranks and rslora", "layers"],
)
def test_an_adapter_made_by_peft_computes_the_same_logits(options: dict[str, Any], tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(2)
    config = LoraConfig(r=4, lora_alpha=10, target_modules=["down_proj", "q_proj"], init_lora_weights=False, **options)
    get_peft_model(base_model(), config).save_pretrained(tmp_path)
    adapter = load_peft(tmp_path)
    assert all(factors.shared == 0 for factors in adapter.factors.values())
    assert_close(logits_with_hooks(adapter), logits_with_peft(tmp_path))


def test_weights_that_torch_pickled_are_read_too(tmp_path: Path) -> None:
    save_peft(adapter_for(everywhere(2)), tmp_path, "small")
    expected = load_peft(tmp_path)
    torch.save(load_file(tmp_path / "adapter_model.safetensors"), tmp_path / "adapter_model.bin")
    (tmp_path / "adapter_model.safetensors").unlink()
    assert_same(load_peft(tmp_path), expected)
    torch.save([1, 2], tmp_path / "adapter_model.bin")
    with pytest.raises(CheckpointError, match="holds a list, not tensors by name"):
        load_peft(tmp_path)
    torch.save({"f": print}, tmp_path / "adapter_model.bin")
    with pytest.raises(CheckpointError, match=r"refused, and nothing in it was run.*print"):
        load_peft(tmp_path)


def test_an_adapter_of_the_head_is_read_without_the_head_that_peft_saves_beside_it(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=2, target_modules=["q_proj", "lm_head"], init_lora_weights=False)
    get_peft_model(base_model(), config).save_pretrained(tmp_path, save_embedding_layers=True)
    assert any(".base_layer." in name for name in load_file(tmp_path / "adapter_model.safetensors"))
    adapter = load_peft(tmp_path)
    assert "lm_head" in adapter.factors
    assert_close(logits_with_hooks(adapter), logits_with_peft(tmp_path))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"bias": "lora_only"}, "bias"),
        ({"lora_bias": True}, "bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"trainable_token_indices": [1, 2]}, "trainable_token_indices"),
        ({"init_lora_weights": "pissa"}, "pissa"),
    ],
)
def test_what_is_no_plain_lora_is_refused_by_name(options: dict[str, Any], name: str, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    get_peft_model(base_model(), LoraConfig(r=2, target_modules=["down_proj"], **options)).save_pretrained(tmp_path)
    with pytest.raises(AdapterError, match=name):
        load_peft(tmp_path)


def test_other_peft_types_are_refused_by_name(tmp_path: Path) -> None:
    from peft import LoHaConfig, get_peft_model

    get_peft_model(base_model(), LoHaConfig(r=2, target_modules=["down_proj"])).save_pretrained(tmp_path)
    with pytest.raises(AdapterError, match="LOHA"):
        load_peft(tmp_path)


def test_lora_on_embeddings_is_refused(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    get_peft_model(base_model(), LoraConfig(r=2, target_modules=["embed_tokens"])).save_pretrained(tmp_path)
    with pytest.raises(AdapterError, match="embed_tokens"):
        load_peft(tmp_path)


def edit(folder: Path, file: str, **changes: Any) -> None:
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**content, **changes}))


def drop_one_tensor(folder: Path) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    tensors.popitem()
    save_file(tensors, folder / "adapter_model.safetensors")


def cut_short(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        drop_one_tensor,
        lambda folder: (folder / "adapter_model.safetensors").unlink(),
        lambda folder: (folder / "adapter_model.safetensors").write_bytes(b""),
        lambda folder: save_file({}, folder / "adapter_model.safetensors"),
        lambda folder: (folder / "adapter_config.json").unlink(),
        lambda folder: (folder / "adapter_config.json").write_text("{"),
        lambda folder: (folder / "adapter_config.json").write_text("[]"),
        lambda folder: edit(folder, "adapter_config.json", r=5),
        lambda folder: edit(folder, "adapter_config.json", r=None),
        lambda folder: edit(folder, "adapter_config.json", lora_alpha="many"),
        lambda folder: edit(folder, "adapter_config.json", alpha_pattern={"(": 1}),
        lambda folder: edit(folder, "parametric_memory.json", format_version=99),
        lambda folder: edit(folder, "parametric_memory.json", shared_rows={"model.layers.0.mlp.down_proj": 50}),
        lambda folder: edit(folder, "parametric_memory.json", shared_rows=[1]),
    ],
)
def test_damage_is_told_in_one_line(damage: Callable[[Path], object], tmp_path: Path) -> None:
    save_peft(ADAPTERS["every layer"], tmp_path)
    damage(tmp_path)
    with pytest.raises(CheckpointError) as caught:
        load_peft(tmp_path)
    assert "\n" not in str(caught.value)
    assert "adapter_" in str(caught.value) or str(tmp_path) in str(caught.value)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no PEFT folder"):
        load_peft(tmp_path / "missing")


def test_an_empty_adapter_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="without modules"):
        save_peft(Adapter({}), tmp_path)


def test_saving_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Could not write the adapter"):
        save_peft(ADAPTERS["every layer"], tmp_path / "file" / "folder")


GOLDEN_FOLDERS = sorted(GOLDEN.glob("d2l/*/peft_adapter_doc0"))


@pytest.mark.skipif(not GOLDEN_FOLDERS, reason=f"no reference tensors in {GOLDEN}")
@pytest.mark.parametrize("folder", GOLDEN_FOLDERS, ids=lambda folder: folder.parent.name)
def test_adapters_exported_by_the_reference_load(folder: Path) -> None:
    adapter = load_peft(folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter_model.safetensors")
    assert adapter.rank == config["r"]
    assert len(adapter.factors) * 2 == len(tensors)
    for name, factors in adapter.factors.items():
        assert torch.equal(factors.A, tensors[f"base_model.model.{name}.lora_A.weight"])
        assert torch.equal(factors.B.T, tensors[f"base_model.model.{name}.lora_B.weight"])
        assert factors.scaling == config["lora_alpha"] / config["r"]


def config_of(folder: Path) -> Path:
    save_peft(ADAPTERS["other ranks by module"], folder)
    return folder / "adapter_config.json"


@pytest.mark.parametrize("content", ['{"a":' * 200_000, "[" * 5_000_000])
@pytest.mark.parametrize("file", ["adapter_config.json", "parametric_memory.json"])
def test_json_that_is_too_deep_or_too_large_is_refused(content: str, file: str, tmp_path: Path) -> None:
    config_of(tmp_path)
    (tmp_path / file).write_text(content)
    with pytest.raises(CheckpointError, match=rf"{file} (is damaged: .*nested too deeply|cannot be used: .*larger)"):
        load_peft(tmp_path)


@pytest.mark.parametrize("option", ["rank_pattern", "alpha_pattern"])
def test_a_pattern_that_would_take_forever_does_not(option: str, tmp_path: Path) -> None:
    edit(config_of(tmp_path).parent, "adapter_config.json", **{option: {r"(.*.*)*(\w+\w+)+x": 1}})
    with suppress(CheckpointError):
        load_peft(tmp_path)
    edit(tmp_path, "adapter_config.json", **{option: {"(a{99}){99}": 1}})
    with pytest.raises(CheckpointError, match=r"'\(a\{99\}\)\{99\}' in .*adapter_config.json is too long"):
        load_peft(tmp_path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), other=st.binary(min_size=1, max_size=4), number=st.integers(0, 2))
def test_a_folder_of_any_bytes_raises_only_errors_of_its_own(
    tmp_path: Path, share: float, other: bytes, number: int
) -> None:
    folder = config_of(tmp_path).parent
    path = sorted(folder.iterdir())[number]
    data = path.read_bytes()
    place = int(share * len(data))
    path.write_bytes(data[:place] + other + data[place + len(other) :])
    with suppress(ParametricMemoryError):
        load_peft(folder)
