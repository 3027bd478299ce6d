"""Doc-to-LoRA against tensors that the reference implementation produced, for every variant there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from parametric_memory.adapters.peft_folder import load_peft, save_peft
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from tests.close import assert_close
from tests.golden.doc_to_lora import DEEP, FOLDER, NAMES, Variant, load_variant, needs_golden, repeated, unpacked
from tests.hypernetworks.doc_to_lora.networks import adapter_of

pytestmark = needs_golden


@pytest.fixture(params=NAMES)
def variant(request: pytest.FixtureRequest) -> Variant:
    return load_variant(request.param)


def test_there_are_cases() -> None:
    assert NAMES, f"{FOLDER} holds no cases"


def test_context_features_are_those_of_the_reference(variant: Variant) -> None:
    ids, mask = variant.goldens["in.ctx_ids"], variant.goldens["in.ctx_attn_mask"].bool()
    features = variant.hypernetwork.features(variant.base_model, ids, mask.long())
    per_layer = features.ndim == 4
    tokens = mask[:, None].expand(-1, features.shape[1], -1) if per_layer else mask
    variant.close("feat.padded", features, tokens)
    for name in variant.goldens:
        if found := re.fullmatch(r"feat\.(chunk\d+)_alone", name):
            alone = variant.goldens[f"in.{found[1]}_ids"][None]
            variant.close(name, variant.hypernetwork.features(variant.base_model, alone))


def test_chunk_factors_are_those_of_the_reference(variant: Variant) -> None:
    variant.close_factors("lora", variant.chunk_factors())


@torch.no_grad()
def test_states_inside_the_network_are_those_of_the_reference(variant: Variant) -> None:
    if not any(name.startswith("mid.") for name in variant.goldens):
        return  # the reference keeps none in its layer-by-layer mode
    network, mask = variant.hypernetwork.network, variant.goldens["in.ctx_attn_mask"]
    parts: dict[str, list[Tensor]] = {"mid.enc": [], "mid.dec": []}  # large batches go through in parts
    watched = {"mid.enc": network.encoder, "mid.dec": network.decoder}
    handles = [
        module.register_forward_hook(lambda _m, _i, output, name=name: parts[name].append(output))
        for name, module in watched.items()
    ]
    try:
        features = variant.hypernetwork.features(variant.base_model, variant.goldens["in.ctx_ids"], mask)
        embedded = network.embed(features, mask)
    finally:
        for handle in handles:
            handle.remove()
    seen = {name: torch.cat(outputs) for name, outputs in parts.items()}
    seen["mid.lora_emb"] = seen["mid.prehead"] = embedded
    for block in network.pre_head:
        seen["mid.prehead"] = block(seen["mid.prehead"])
    for name, state in seen.items():
        variant.close(name, state)


def test_combined_factors_are_those_of_the_reference(variant: Variant) -> None:
    variant.close_combined("comb_base", variant.adapters())
    variant.close_combined("comb_scal", variant.adapters(scaled=True))
    for prefix in {name.partition(".")[0] for name in variant.goldens if re.match(r"comb_g\d", name)}:
        variant.close_combined(prefix, variant.adapters([int(size) for size in prefix.removeprefix("comb_g")]))


def test_user_scaled_factors_are_those_of_the_reference(variant: Variant) -> None:
    for prefix in {name.rsplit(".", 2)[0] for name in variant.goldens if name.startswith("lora_userscale")}:
        factor = float(prefix.removeprefix("lora_userscale"))
        chunks = variant.chunk_factors()
        scaled = {target: BatchedFactors(of.A * factor, of.B * factor) for target, of in chunks.items()}
        variant.close_factors(prefix, scaled)


def test_logits_under_adapters_are_those_of_the_reference(variant: Variant) -> None:
    goldens, adapters = variant.goldens, variant.adapters()
    ids, mask = goldens["in.q_ids_rpad"], goldens["in.q_mask_rpad"]
    variant.close("logits.lora", variant.logits(adapters, ids, mask), mask.bool())
    variant.close("logits.base", variant.logits([None] * len(ids), ids, mask), mask.bool())
    ids, mask = goldens["in.q3_ids_rpad"], goldens["in.q3_mask_rpad"]
    rows = repeated(adapters, goldens["in.q3_n_queries"].tolist())
    variant.close("logits.lora_nq21", variant.logits(rows, ids, mask), mask.bool())


def test_logits_of_packed_questions_are_those_of_the_reference(variant: Variant) -> None:
    if "in.q_ids_packed" not in variant.goldens:
        return  # the reference cannot pack in its layer-by-layer mode
    goldens = variant.goldens
    ids, mask = unpacked(goldens["in.q_ids_packed"], goldens["in.q_position_ids_packed"])
    rows = repeated(variant.adapters(), goldens["in.q3_n_queries"].tolist())
    logits = variant.logits(rows, ids, mask)
    variant.close("logits.lora_packed", logits[mask.bool()][None])


def test_one_chunk_becomes_the_adapter_of_the_reference(variant: Variant) -> None:
    chunk = variant.goldens["in.chunk0_ids"].tolist()
    adapter = adapter_of(variant.hypernetwork, variant.base_model, [chunk])
    ids, mask = variant.goldens["in.q_ids_rpad"][:1], variant.goldens["in.q_mask_rpad"][:1]
    logits = variant.logits([adapter], ids, mask)
    variant.close("logits.single_chunk0_q0", logits[:, : mask.sum()])


def test_greedy_answers_are_those_of_the_reference(variant: Variant) -> None:
    for name, adapters in (
        ("gen.lora", variant.adapters()),
        ("gen.lora_scal", variant.adapters(scaled=True)),
        ("gen.base", [None] * len(variant.groups)),
    ):
        expected = variant.goldens[name]
        assert variant.greedy(adapters, expected.shape[1]).tolist() == expected.tolist(), name


def test_a_document_in_chunks_is_the_peft_adapter_of_the_reference(variant: Variant) -> None:
    chunks = [variant.goldens[f"in.chunk{index}_ids"].tolist() for index in range(variant.groups[0])]
    adapter = adapter_of(variant.hypernetwork, variant.base_model, chunks, at_once=20)
    expected = load_peft(variant.folder / "peft_adapter_doc0")
    assert set(adapter.factors) == set(expected.factors)
    for name, factors in expected.factors.items():
        ours, rank = adapter.factors[name], adapter.factors[name].rank
        assert ours.scaling == pytest.approx(factors.scaling)
        assert_close(ours.A, factors.A[:rank], DEEP)
        assert_close(ours.B, factors.B[:rank], DEEP)
        assert not factors.A[rank:].any() and not factors.B[rank:].any()


def test_an_exported_adapter_means_the_same_in_plain_peft(variant: Variant, tmp_path: Path) -> None:
    from peft import PeftModel

    save_peft(variant.adapters()[0], tmp_path)
    ids, mask = variant.goldens["in.q_ids_rpad"][:1], variant.goldens["in.q_mask_rpad"][:1]
    ours = variant.logits(variant.adapters()[:1], ids, mask)
    model = PeftModel.from_pretrained(variant.base_model, tmp_path)
    try:
        with torch.no_grad():
            theirs = model(input_ids=ids, attention_mask=mask).logits
    finally:
        model.unload()
    assert_close(ours, theirs)
