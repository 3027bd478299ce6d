from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from parametric_memory.errors import AdapterError
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora, rotate
from parametric_memory.hypernetworks.text_to_lora.published import convert_published
from tests.close import assert_close, assert_close_adapters
from tests.hypernetworks.text_to_lora.networks import DOWN, QUERY, VALUE, publish, random_network, tiny_config

VARIANTS = [
    {"shared_head": shared, "row_positions": positions, "head_bias": bias, "objective": objective}
    for shared, positions, (bias, objective) in product(
        (False, True),
        (None, "learned", "rotary"),
        ((True, "answers"), (True, "factors"), (False, "standardized_factors"), (True, "delta_w")),
    )
]


@pytest.mark.parametrize(
    ("changes", "trained"),
    [
        ({}, 72256),
        ({"shared_head": True}, 56704),
        ({"shared_head": True, "head_bias": False}, 56192),
        ({"shared_head": True, "row_positions": "learned"}, 41152),
        ({"shared_head": True, "row_positions": "rotary"}, 40960),
        ({"row_positions": "learned"}, 44896),
        ({"head_bias": False}, 71360),
    ],
)
def test_every_variant_has_as_many_weights_as_in_the_reference(changes: dict[str, Any], trained: int) -> None:
    network = TextToLora(tiny_config(**changes))
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == trained


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: "-".join(map(str, changes.values())))
def test_every_variant_says_the_same_after_conversion(changes: dict[str, Any], tmp_path: Path) -> None:
    network = random_network(tiny_config(**changes))
    config = convert_published(publish(network, tmp_path / "published"), tmp_path / "ours")
    assert config == network.config
    embedding = torch.randn(config.embedding_size)
    expected, adapter = network.adapter(embedding), load_text_to_lora(tmp_path / "ours").adapter(embedding)
    assert list(adapter.factors) == [module.full_name(layer) for module in config.modules for layer in range(3)]
    assert_close_adapters(adapter, expected, within=5e-5)  # weights of one sign: rounding adds up


@pytest.mark.parametrize("positions", [None, "learned", "rotary"])
@pytest.mark.parametrize("shared", [False, True])
def test_modules_may_be_wider_on_either_side(shared: bool, positions: str | None) -> None:
    config = tiny_config(modules=(QUERY, VALUE, DOWN), shared_head=shared, row_positions=positions)
    factors = random_network(config).adapter(torch.randn(48)).factors["model.layers.2.mlp.down_proj"]
    assert factors.A.shape == (4, 48)
    assert factors.B.shape == (4, 64)
    assert not torch.allclose(factors.A[0], factors.A[1])


def test_a_task_is_encoded_alone_whatever_the_batch() -> None:
    network = random_network(tiny_config())
    embeddings = torch.randn(3, 48)
    together = network.generate("q_proj", network.encode(embeddings))
    adapter = network.adapter(embeddings[1])
    assert_close(together.A[2, 1], adapter.factors["model.layers.2.self_attn.q_proj"].A)
    assert_close(together.B[2, 1], adapter.factors["model.layers.2.self_attn.q_proj"].B)


def test_generating_an_adapter_is_deterministic_in_training_mode_too() -> None:
    network = random_network(tiny_config()).train()
    embedding = torch.randn(48)
    assert_close_adapters(network.adapter(embedding), network.adapter(embedding))
    assert network.training


def test_standardizing_is_undone() -> None:
    network = random_network(tiny_config(objective="standardized_factors"))
    factors = network.predict("v_proj", network.encode(torch.randn(2, 48)))
    back = network.unstandardize("v_proj", network.standardize("v_proj", factors))
    assert_close(back.A, factors.A)
    assert_close(back.B, factors.B)


def test_rotation_is_that_of_transformers() -> None:
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    rows = torch.randn(2, 4, 32)
    config = LlamaConfig(hidden_size=32, num_attention_heads=1, rope_theta=10000.0)
    cos, sin = LlamaRotaryEmbedding(config)(rows, torch.arange(4).unsqueeze(0))
    expected, _ = apply_rotary_pos_emb(rows.unsqueeze(1), rows.unsqueeze(1), cos, sin)
    assert_close(rotate(rows), expected.squeeze(1))


def test_an_embedding_of_another_size_is_refused() -> None:
    with pytest.raises(AdapterError, match="embedder"):
        random_network(tiny_config()).adapter(torch.randn(47))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"codes": 32}, "codes"),
        ({"latent_size": 34, "row_positions": "rotary"}, "even width"),
        ({"modules": (QUERY, QUERY)}, "twice"),
        ({"tasks": ("only one",)}, "1 tasks"),
    ],
)
def test_configurations_that_do_not_fit_together(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        tiny_config(**changes)
