from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

from parametric_memory.adapters.merging import merge
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.errors import CheckpointError, ModelUnavailable
from parametric_memory.hypernetworks.doc_to_lora.config import PerceiverConfig, target_names
from parametric_memory.hypernetworks.doc_to_lora.features import KINDS, ContextEncoderConfig
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverNetwork
from parametric_memory.internalize.accumulation import RowAccumulator
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.language_model.hooks import adapter_hooks
from tests.tiny_models import (
    ARCHITECTURES,
    PROJECTIONS,
    number_tokenizer,
    text_of,
    tiny_decoder,
    tiny_llama,
    tiny_tokenizer,
)

CHUNKS = [[3, 1, 4, 1, 5], [9, 2, 6], [5, 3, 5, 8]]
SMALL = {"latent_size": 8, "latents": 3, "blocks": 2, "rank": 2}


@pytest.fixture(scope="module")
def model():
    return tiny_llama()


def config_for(model: Any, **options: Any) -> PerceiverConfig:
    targets = options.pop("target_modules", ("down_proj",))
    return PerceiverConfig.for_model(model, "tiny", targets, **(SMALL | options))


def trained(config: PerceiverConfig, context_model: Any = None) -> PerceiverHypernetwork:
    """A hypernetwork whose adapters do something: untrained, they are zero."""
    torch.manual_seed(1)
    hypernetwork = PerceiverHypernetwork(config, context_model).eval()
    for name, parameter in hypernetwork.network.named_parameters():
        if "scaler" in name or "bias_" in name:
            torch.nn.init.normal_(parameter)
    return hypernetwork


def same(first: Any, second: Any) -> bool:
    return first.factors.keys() == second.factors.keys() and all(
        torch.allclose(first.factors[name].A, second.factors[name].A, rtol=0, atol=1e-6)
        and torch.allclose(first.factors[name].B, second.factors[name].B, rtol=0, atol=1e-6)
        for name in first.factors
    )


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
    hypernetwork.save(tmp_path)
    again = PerceiverHypernetwork.from_folder(tmp_path, model)
    assert again.config == hypernetwork.config
    adapter = again.adapter_for(model, CHUNKS)
    assert same(adapter, hypernetwork.adapter_for(model, CHUNKS))
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
    adapter = hypernetwork.adapter_for(model, CHUNKS)
    save_peft(adapter, tmp_path)
    ids = torch.tensor([CHUNKS[0] + CHUNKS[1]])
    with torch.no_grad(), adapter_hooks(model, [adapter]):
        ours = model(input_ids=ids).logits
    with torch.no_grad():
        theirs = PeftModel.from_pretrained(tiny_decoder(architecture), tmp_path)(input_ids=ids).logits
    torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-6)
    assert not torch.allclose(ours, model(input_ids=ids).logits, atol=1e-3)


def test_a_cross_encoder_has_its_own_sizes(model, tmp_path) -> None:
    reader = tiny_llama(hidden_size=24, layers=5)
    encoder = ContextEncoderConfig(model="another", last_layer=3)
    hypernetwork = trained(config_for(model, context_encoder=encoder, feature_size=24), reader)
    hypernetwork.save(tmp_path)
    again = PerceiverHypernetwork.from_folder(tmp_path, model, reader)
    assert same(again.adapter_for(model, CHUNKS), hypernetwork.adapter_for(model, CHUNKS))


def test_a_cross_encoder_is_loaded_by_its_name(model, tmp_path) -> None:
    tiny_llama(hidden_size=24, layers=5).save_pretrained(tmp_path / "reader")
    encoder = ContextEncoderConfig(model=str(tmp_path / "reader"), last_layer=3)
    trained(config_for(model, context_encoder=encoder, feature_size=24)).save(tmp_path / "hypernetwork")
    again = PerceiverHypernetwork.from_folder(tmp_path / "hypernetwork", model)
    assert again.adapter_for(model, CHUNKS).rank == 8


@pytest.mark.parametrize("kind", KINDS)
def test_a_cross_encoder_of_another_architecture_reads_in_tokens_of_its_own(model, kind: str, tmp_path) -> None:
    reader = tmp_path / "reader"
    tiny_decoder("gemma2", layers=5, hidden_size=24, vocabulary=80).save_pretrained(reader)
    number_tokenizer(80, end=0).save_pretrained(reader)
    encoder = ContextEncoderConfig(kind, model=str(reader), exit_layer=2, last_layer=3)
    hypernetwork = trained(config_for(model, context_encoder=encoder, feature_size=24))
    hypernetwork.save(tmp_path / "hypernetwork")
    again = PerceiverHypernetwork.from_folder(tmp_path / "hypernetwork", model)
    chunks, before = again.read(text_of([70, 71, 72]), ChatFormat.of(number_tokenizer(64, end=0)))
    assert (chunks, list(before)) == ([[70, 71, 72]], [])
    factors = again.chunk_factors(model, chunks, before)
    adapter = again.adapter_for(model, chunks)
    for name, of_module in adapter.factors.items():
        torch.testing.assert_close(torch.cat([factors.rows[name].A[0], factors.shared[name].A[0]]), of_module.A)


def test_a_question_is_asked_after_an_empty_system_turn_as_documents_are_read(model) -> None:
    tokenizer = tiny_tokenizer()
    hypernetwork, chat = PerceiverHypernetwork(config_for(model)), ChatFormat.of(tokenizer)
    turns = "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nWhere?<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.decode(hypernetwork.question(" Where?\n", chat)) == turns
    [chunk], _ = hypernetwork.read("Where?", chat)
    assert chunk == hypernetwork.question("Where?", chat)


def test_a_cross_encoder_that_is_not_there_is_named(model, tmp_path) -> None:
    encoder = ContextEncoderConfig(model=str(tmp_path / "nowhere"))
    trained(config_for(model, context_encoder=encoder)).save(tmp_path)
    with pytest.raises(ModelUnavailable, match="nowhere"):
        PerceiverHypernetwork.from_folder(tmp_path, model)


def test_a_context_encoder_with_other_layers_than_the_base_model_is_refused(model) -> None:
    hypernetwork = trained(config_for(model, context_encoder=ContextEncoderConfig(last_layer=2)))
    with pytest.raises(CheckpointError, match=r"2 layers, .* has 3"):
        hypernetwork.adapter_for(model, CHUNKS)


def test_a_document_in_chunks_is_the_merge_of_its_chunks_with_the_shared_rows_once(model) -> None:
    hypernetwork = trained(config_for(model))
    merged = merge([hypernetwork.adapter_for(model, [chunk]) for chunk in CHUNKS])
    assert same(hypernetwork.adapter_for(model, CHUNKS), merged)
    assert {factors.shared for factors in merged.factors.values()} == {2}


def test_a_document_that_is_read_batch_by_batch_has_the_same_adapter(model) -> None:
    hypernetwork = trained(config_for(model))
    rows, before = RowAccumulator(), CHUNKS[0][:1]
    chunks = [[*before, *chunk[1:]] for chunk in CHUNKS]
    for chunk in chunks:
        rows.add(hypernetwork.chunk_factors(model, [chunk[1:]], before), [chunk[1:]])
    assert same(rows.adapter(), hypernetwork.adapter_for(model, chunks))


def test_how_many_chunks_are_read_at_once_changes_nothing(model) -> None:
    hypernetwork = trained(config_for(model))
    assert same(hypernetwork.adapter_for(model, CHUNKS), hypernetwork.adapter_for(model, CHUNKS, tokens_at_once=1))


def test_chunk_factors_are_the_rows_of_the_adapter(model) -> None:
    hypernetwork = trained(config_for(model))
    factors = hypernetwork.chunk_factors(model, [chunk[1:] for chunk in CHUNKS[:1]], before=CHUNKS[0][:1])
    adapter = hypernetwork.adapter_for(model, CHUNKS[:1])
    for name, of_module in adapter.factors.items():
        rows = torch.cat([factors.rows[name].A[0], factors.shared[name].A[0]])
        torch.testing.assert_close(rows, of_module.A)
    assert factors.scaling == adapter.factors[name].scaling == pytest.approx(2 * 2**1.5)
    factors.rows[name].B.sum().backward()
    assert hypernetwork.network.encoder.latents_q.grad is not None


def test_an_untrained_hypernetwork_changes_nothing(model) -> None:
    adapter = PerceiverHypernetwork(config_for(model)).adapter_for(model, CHUNKS)
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


@pytest.fixture
def folder(model, tmp_path: Path) -> Path:
    trained(config_for(model)).save(tmp_path, extra={"data": "toy"})
    return tmp_path


def rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refusal(folder: Path, model: Any) -> str:
    with pytest.raises(CheckpointError) as caught:
        PerceiverHypernetwork.from_folder(folder, model)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_what_the_maker_adds_is_kept(folder) -> None:
    assert json.loads((folder / "config.json").read_text())["extra"] == {"data": "toy"}


def test_a_folder_for_another_base_model_is_refused(folder) -> None:
    assert "2 layers" in refusal(folder, tiny_llama(layers=2))
    assert "32 to 16" in refusal(folder, tiny_llama(hidden_size=24))


def test_a_folder_of_another_format_is_refused(folder, model) -> None:
    rewrite(folder, format_version=99)
    assert "99" in refusal(folder, model)
    rewrite(folder, kind="key-value")
    assert "does not describe a Perceiver" in refusal(folder, model)


def test_an_unknown_or_missing_option_is_named(folder, model) -> None:
    network = json.loads((folder / "config.json").read_text())["network"]
    rewrite(folder, network=network | {"token_mixing": True})
    assert "token_mixing" in refusal(folder, model)
    rewrite(folder, network={name: value for name, value in network.items() if name != "latents"})
    assert "latents" in refusal(folder, model)
    rewrite(folder, network=network | {"rank": 0})
    assert "rank 0" in refusal(folder, model)


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
