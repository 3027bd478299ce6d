from __future__ import annotations

import pytest
import torch
from transformers import (
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    OPTConfig,
    OPTForCausalLM,
)

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.key_value.untrained import (
    default_config,
    ordinary_chunks,
    ordinary_text,
    untrained_hypernetwork,
)
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import assert_close, close
from tests.conftest import PASSAGES
from tests.tiny_models import tiny_decoder, tiny_model

DOCUMENT = "Lina Okafor lives in Bergen."


@torch.no_grad()
def test_an_untrained_memory_acts_at_once_and_only_through_its_adapter(base) -> None:
    ids = torch.tensor([base.chat.question("Where does Lina Okafor live?")])
    before = base.model(ids).logits
    hypernetwork = untrained_hypernetwork(base.model, base.chat, PASSAGES)
    adapter = HypernetworkInternalizer(base, hypernetwork, "untrained").internalize(DOCUMENT).adapter

    assert_close(base.model(ids).logits, before)
    with adapter_hooks(base.model, [adapter]):
        assert not close(base.model(ids).logits, before, within=1e-3)
    assert_close(base.model(ids).logits, before)


@torch.no_grad()
def test_the_same_base_model_gets_the_same_rows_every_time(base) -> None:
    chunk = base.chat.encode(f" {DOCUMENT}")
    first, second = (
        untrained_hypernetwork(base.model, base.chat, PASSAGES).chunk_factors(base.model, [chunk], base.chat.before)
        for _ in range(2)
    )
    for name, factors in first.rows.items():
        assert_close(factors.A, second.rows[name].A)
        assert_close(factors.B, second.rows[name].B)


def test_sizes_are_read_from_the_model(base) -> None:
    config = default_config(base.model)
    assert (config.hidden_size, config.intermediate_size, config.num_layers) == (32, 64, 4)
    assert config.memory_layers == (2, 3)
    assert config.shared_layers == (1,)
    assert config.reader_layers == (1, 2, 3)
    assert [size for _, *size in config.reader_modules] == [[32, 32], [32, 16], [32, 16], [32, 32], [32, 64], [32, 64]]


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_even_the_shallowest_model_gets_a_memory(base, layers: int) -> None:
    model = tiny_model(base.tokenizer, layers)
    hypernetwork = untrained_hypernetwork(model, base.chat, PASSAGES)
    assert max(hypernetwork.config.memory_layers) == layers - 1


def test_rows_are_as_strong_as_the_embeddings_are_large(base) -> None:
    model = tiny_model(base.tokenizer)
    small = default_config(model).gain
    model.get_input_embeddings().weight.mul_(3)
    assert default_config(model).gain == pytest.approx(3 * small)


@pytest.mark.parametrize("architecture", ["gemma2", "gemma3_text", "glm4"])
def test_where_a_norm_follows_the_mlp_rows_are_as_strong_as_its_own_output(base, architecture: str) -> None:
    model = tiny_decoder(architecture, layers=5, vocabulary=len(base.tokenizer))
    chat = base.chat
    outputs: list[torch.Tensor] = []
    last = model.model.layers[-1].mlp.down_proj
    handle = last.register_forward_hook(lambda _, args, output: outputs.append(output[0, len(chat.before) :]))
    for chunk in ordinary_chunks(chat, PASSAGES):
        model(torch.tensor([[*chat.before, *chunk]]))
    handle.remove()
    own = torch.cat(outputs).square().sum(-1).mean().sqrt()

    def gain() -> torch.Tensor:
        return untrained_hypernetwork(model, chat, PASSAGES).log_gain[-1].exp()

    assert 0.1 < gain() / own < 1
    before = gain() / own
    last.weight.mul_(3)
    assert_close(gain() / (3 * own), before)


@pytest.mark.parametrize(
    "model",
    [
        GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=400)),
        OPTForCausalLM(
            OPTConfig(
                hidden_size=16,
                word_embed_proj_dim=16,
                ffn_dim=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                vocab_size=400,
            )
        ),
        DeepseekV3ForCausalLM(
            DeepseekV3Config(
                hidden_size=16,
                intermediate_size=32,
                moe_intermediate_size=8,
                n_routed_experts=4,
                n_group=2,
                topk_group=1,
                num_experts_per_tok=2,
                first_k_dense_replace=1,  # only this layer has a gated MLP
                num_hidden_layers=3,
                num_attention_heads=2,
                num_key_value_heads=2,
                vocab_size=400,
            )
        ),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_without_a_gated_mlp_is_refused_by_name(base, model) -> None:
    with pytest.raises(CheckpointError, match=type(model).__name__):
        untrained_hypernetwork(model, base.chat, PASSAGES)


def test_ordinary_text_is_plenty_of_plain_passages() -> None:
    passages = ordinary_text()
    assert len(passages) > 50
    assert all(passage.strip() and "\n\n" not in passage for passage in passages)
