from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from peft import PeftModel
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

from parametric_memory.adapters.merging import merge
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import load_perceiver, save_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import (
    KINDS,
    ContextEncoderConfig,
    PerceiverConfig,
    PerceiverNetwork,
    target_names,
)
from parametric_memory.hypernetworks.hypernetwork import whole_adapter
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import assert_close, assert_close_adapters
from tests.hypernetworks.doc_to_lora.networks import CHUNKS, adapter_of, config_for, trained
from tests.tiny_models import (
    ARCHITECTURES,
    PROJECTIONS,
    number_tokenizer,
    text_of,
    tiny_decoder,
    tiny_llama,
    tiny_tokenizer,
)


@pytest.fixture(scope="module")
def model():
    return tiny_llama()


OPTIONS = {
    "the published main run": {},
    "all seven projections": {"target_modules": PROJECTIONS},
    "early exit": {"context_encoder": ContextEncoderConfig("early_exit", exit_layer=1)},
    "early exit after all layers": {"context_encoder": ContextEncoderConfig("early_exit")},
    "embeddings only": {"context_encoder": ContextEncoderConfig("embed_only")},
    "shared weights with self-attention": {"blocks": 4, "self_attention": 2, "shared_weights": True},
    "self-attention": {"self_attention": 1},
    "no pre-head block": {"pre_head_blocks": 0},
    "plain pre-head blocks": {"pre_head_blocks": 2, "per_layer_pre_head": False},
    "no bias": {"use_bias": False},
    "one embedding for all ranks": {"per_rank": False},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_variant_survives_its_folder_and_changes_answers(model, options, tmp_path) -> None:
    hypernetwork = trained(config_for(model, **options))
    save_perceiver(hypernetwork, tmp_path)
    again = load_perceiver(tmp_path, model)
    assert again.config == hypernetwork.config
    adapter = adapter_of(again, model, CHUNKS)
    assert_close_adapters(adapter, adapter_of(hypernetwork, model, CHUNKS))
    rows = hypernetwork.config.rank * (len(CHUNKS) + hypernetwork.config.use_bias)
    assert {factors.rank for factors in adapter.factors.values()} == {rows}
    ids = torch.tensor([CHUNKS[0]])
    with torch.no_grad(), adapter_hooks(model, [adapter]):
        changed = model(input_ids=ids).logits
    assert not torch.allclose(changed, model(input_ids=ids).logits, atol=1e-3)


@pytest.mark.parametrize(
    ("architecture", "targets"),
    [
        *((architecture, PROJECTIONS) for architecture in ARCHITECTURES),
        ("phi", ("q_proj", "dense", "fc2")),
        ("gpt_neox", ("query_key_value", "dense_4h_to_h")),
    ],
)
def test_every_architecture_gets_adapters_that_mean_the_same_in_plain_peft(architecture, targets, tmp_path) -> None:
    model = tiny_decoder(architecture)
    hypernetwork = trained(config_for(model, target_modules=targets, alpha=0.5))
    adapter = adapter_of(hypernetwork, model, CHUNKS)
    save_peft(adapter, tmp_path)
    ids = torch.tensor([CHUNKS[0] + CHUNKS[1]])
    with torch.no_grad(), adapter_hooks(model, [adapter]):
        ours = model(input_ids=ids).logits
    with torch.no_grad():
        theirs = PeftModel.from_pretrained(tiny_decoder(architecture), tmp_path)(input_ids=ids).logits
    assert_close(ours, theirs, within=5e-5)  # rounding grows from layer to layer of a random model: to 2e-5 here
    assert not torch.allclose(ours, model(input_ids=ids).logits, atol=1e-3)


def test_the_scales_of_a_config_act_on_rows_and_on_the_shared_rows(model) -> None:
    hypernetwork = trained(config_for(model))
    plain = hypernetwork.chunk_factors(model, CHUNKS)
    hypernetwork.config = replace(hypernetwork.config, row_scale=0.5, bias_scale=3.0)
    scaled = hypernetwork.chunk_factors(model, CHUNKS)
    for name, rows in plain.rows.items():
        assert_close(scaled.rows[name].A, 0.5 * rows.A)
        assert_close(scaled.rows[name].B, rows.B)
        assert_close(scaled.shared[name].A, 3 * plain.shared[name].A)
        assert_close(scaled.shared[name].B, 3 * plain.shared[name].B)
    assert_close_adapters(whole_adapter([scaled]), adapter_of(hypernetwork, model, CHUNKS))


def test_a_cross_encoder_has_its_own_sizes(model, tmp_path) -> None:
    reader = tiny_llama(hidden_size=24, layers=5)
    encoder = ContextEncoderConfig(model="another", last_layer=3)
    hypernetwork = trained(config_for(model, context_encoder=encoder, feature_size=24), reader)
    save_perceiver(hypernetwork, tmp_path)
    again = load_perceiver(tmp_path, model, reader)
    assert_close_adapters(adapter_of(again, model, CHUNKS), adapter_of(hypernetwork, model, CHUNKS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_cross_encoder_of_another_architecture_reads_in_tokens_of_its_own(model, kind: str, tmp_path) -> None:
    reader = tmp_path / "reader"
    tiny_decoder("gemma2", layers=5, hidden_size=24, vocabulary=80).save_pretrained(reader)
    number_tokenizer(80, end=0).save_pretrained(reader)
    encoder = ContextEncoderConfig(kind, model=str(reader), exit_layer=2, last_layer=3)
    hypernetwork = trained(config_for(model, context_encoder=encoder, feature_size=24))
    save_perceiver(hypernetwork, tmp_path / "hypernetwork")
    again = load_perceiver(tmp_path / "hypernetwork", model)
    chunks, before = again.read(text_of([70, 71, 72]), ChatFormat.of(number_tokenizer(64, end=0)))
    assert (chunks, list(before)) == ([[70, 71, 72]], [])
    factors = again.chunk_factors(model, chunks, before)
    adapter = adapter_of(again, model, chunks)
    for name, of_module in adapter.factors.items():
        assert_close(torch.cat([factors.rows[name].A[0], factors.shared[name].A[0]]), of_module.A)


def test_a_question_is_asked_after_an_empty_system_turn_as_documents_are_read(model) -> None:
    tokenizer = tiny_tokenizer()
    hypernetwork, chat = PerceiverHypernetwork(config_for(model)), ChatFormat.of(tokenizer)
    turns = "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nWhere?<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.decode(hypernetwork.question_form(chat)(" Where?\n")) == turns
    [chunk], _ = hypernetwork.read("Where?", chat)
    assert chunk == hypernetwork.question_form(chat)("Where?")


def test_a_context_encoder_with_other_layers_than_the_base_model_is_refused(model) -> None:
    hypernetwork = trained(config_for(model, context_encoder=ContextEncoderConfig(last_layer=2)))
    with pytest.raises(CheckpointError, match=r"3 layers; .* shape \[3, 2, 5, 16\]"):
        adapter_of(hypernetwork, model, CHUNKS)


def test_a_document_in_chunks_is_the_merge_of_its_chunks_with_the_shared_rows_once(model) -> None:
    hypernetwork = trained(config_for(model))
    merged = merge([adapter_of(hypernetwork, model, [chunk]) for chunk in CHUNKS])
    assert_close_adapters(adapter_of(hypernetwork, model, CHUNKS), merged)
    assert {factors.shared for factors in merged.factors.values()} == {2}


def test_a_document_that_is_read_batch_by_batch_has_the_same_adapter(model) -> None:
    hypernetwork = trained(config_for(model))
    before = CHUNKS[0][:1]
    chunks = [[*before, *chunk[1:]] for chunk in CHUNKS]
    parts = [hypernetwork.chunk_factors(model, [chunk[1:]], before) for chunk in chunks]
    assert_close_adapters(whole_adapter(parts), adapter_of(hypernetwork, model, chunks))


def test_how_many_chunks_are_read_at_once_changes_nothing(model) -> None:
    hypernetwork = trained(config_for(model))
    assert_close_adapters(adapter_of(hypernetwork, model, CHUNKS), adapter_of(hypernetwork, model, CHUNKS, at_once=1))


def test_chunk_factors_are_the_rows_of_the_adapter(model) -> None:
    hypernetwork = trained(config_for(model))
    factors = hypernetwork.chunk_factors(model, [chunk[1:] for chunk in CHUNKS[:1]], before=CHUNKS[0][:1])
    adapter = adapter_of(hypernetwork, model, CHUNKS[:1])
    for name, of_module in adapter.factors.items():
        rows = torch.cat([factors.rows[name].A[0], factors.shared[name].A[0]])
        assert_close(rows, of_module.A)
    assert factors.scaling == adapter.factors[name].scaling == pytest.approx(2 * 2**1.5)
    factors.rows[name].B.sum().backward()
    assert hypernetwork.network.encoder.latents_q.grad is not None


def test_an_untrained_hypernetwork_changes_nothing(model) -> None:
    adapter = adapter_of(PerceiverHypernetwork(config_for(model)), model, CHUNKS)
    assert all(not factors.B.any() for factors in adapter.factors.values())


def test_initial_values_are_spread_as_those_of_the_reference() -> None:
    torch.manual_seed(0)
    d, d_in, d_out, rank = 64, 96, 48, 8
    network = PerceiverNetwork(
        PerceiverConfig(
            base_model="x",
            num_layers=4,
            target_modules=("down_proj",),
            d_in={"down_proj": d_in},
            d_out={"down_proj": d_out},
            rank=rank,
            alpha=1,
            feature_size=d,
            latent_size=d,
            latents=64,
            blocks=1,
        )
    )
    expected = {
        network.head.weight: 0.5 / math.sqrt(d + (d_in + d_out) * rank),
        network.bias_A["down_proj"]: 0.2 / math.sqrt(d_in * rank),
        network.encoder.latents_q: 1.0,
        network.encoder.layers[0].self_attn.q_proj.weight: 1 / math.sqrt(3 * d),
        network.pre_head[0].up.weight: 1 / math.sqrt(d),
        network.pre_head[0].up.bias: 1 / math.sqrt(3 * d),
        network.pre_head[0].down.weight: 1 / math.sqrt(4 * d),
    }
    for parameter, std in expected.items():
        assert parameter.std().item() == pytest.approx(std, rel=0.1)
    assert not network.bias_B["down_proj"].any() and not network.scaler_B["down_proj"].any()
    assert network.scaler_A["down_proj"].eq(1).all()


def test_shared_weights_are_one_cross_layer_of_the_later_blocks_and_the_self_layers_of_all(model) -> None:
    layers = PerceiverNetwork(config_for(model, blocks=3, self_attention=2, shared_weights=True)).encoder.layers
    assert [[id(x) for x in layers].index(id(layer)) for layer in layers] == [0, 1, 2, 3, 1, 2, 3, 1, 2]


def test_target_modules_are_named_a_layer_each_in_sorted_order(model) -> None:
    names = target_names(model, ["q_proj", "down_proj"])
    assert list(names) == ["down_proj", "q_proj"]
    assert names["q_proj"] == [f"model.layers.{layer}.self_attn.q_proj" for layer in range(3)]
    with pytest.raises(CheckpointError, match="0 modules named c_proj"):
        target_names(model, ["c_proj"])
    with pytest.raises(CheckpointError, match="1 modules named c_attn; it takes exactly one, an nn"):
        target_names(GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=20)), ["c_attn"])
    encoder = BertModel(BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=20))
    with pytest.raises(CheckpointError, match="BertModel has no list of decoder layers"):
        target_names(encoder, ["dense"])


def test_gradients_are_those_of_one_part_where_features_are_read_in_several(model, monkeypatch) -> None:
    hypernetwork = trained(config_for(model))

    def gradients() -> dict[str, torch.Tensor]:
        hypernetwork.zero_grad()
        rows = hypernetwork.chunk_factors(model, CHUNKS).rows
        sum(of.B.square().sum() for of in rows.values()).backward()
        return {name: p.grad for name, p in hypernetwork.named_parameters() if p.grad is not None}

    at_once = gradients()
    monkeypatch.setattr("parametric_memory.hypernetworks.doc_to_lora.network._TOKENS_AT_ONCE", 1)
    in_parts = gradients()
    assert at_once.keys() == in_parts.keys()
    for name, gradient in at_once.items():
        assert_close(in_parts[name], gradient, within=1e-4)  # sums over every token, which cancel out
