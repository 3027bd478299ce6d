from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.hypernetworks.hypernetwork import Attached, ChunkFactors, combined
from parametric_memory.hypernetworks.key_value.network import KeyValueConfig, KeyValueHypernetwork, chunk_features
from parametric_memory.hypernetworks.key_value.whitening import Whitening
from tests.close import assert_close

BEFORE = [1, 40, 41]
SHORT, MIDDLE, LONG = list(range(50, 70)), list(range(60, 120)), list(range(80, 230))
MODULES = ("model.layers.2.mlp.down_proj", "model.layers.3.mlp.down_proj")


def trained(hypernetwork: KeyValueHypernetwork) -> KeyValueHypernetwork:
    """As if trained: no learned part is at its initial value."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in hypernetwork.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return hypernetwork


def own_rows(factors: ChunkFactors, module: str, chunk: int) -> tuple[Tensor, Tensor, list[int]]:
    """A and B of the rows of a chunk that stand for a token, and these tokens' positions."""
    A, B = factors.rows[module].A[chunk], factors.rows[module].B[chunk]
    assert factors.token is not None
    token = factors.token[module][chunk]
    assert torch.equal(B.abs().sum(-1) > 0, token >= 0)
    return A[token >= 0], B[token >= 0], token[token >= 0].tolist()


def test_a_whitened_key_answers_1_to_itself_and_next_to_nothing_to_others() -> None:
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(3, 64, generator=generator)
    keys = 3 * common[0] + torch.randn(400, 3, generator=generator) @ common
    keys = keys + torch.randn(400, 64, generator=generator)  # what tells one key from another
    whitening = Whitening(layers=1, size=64, rank=8)
    whitening.fit(0, keys.T @ keys / len(keys), keys)

    answers = whitening(keys[None])[0] @ keys.T
    plain = F.normalize(keys, dim=-1) @ F.normalize(keys, dim=-1).T
    others = ~torch.eye(len(keys), dtype=torch.bool)

    assert_close(answers.diagonal(), torch.ones(len(keys)))
    assert plain[others].abs().mean() > 0.5
    assert answers[others].abs().mean() < 0.15


def test_whitening_follows_the_leading_eigenvectors_of_the_covariance() -> None:
    generator = torch.Generator().manual_seed(0)
    scales = torch.linspace(3, 0.3, 64).exp()
    keys = torch.randn(2000, 64, generator=generator) * scales.sqrt()
    covariance = keys.T @ keys / len(keys)
    whitening = Whitening(layers=1, size=64, rank=8)
    whitening.fit(0, covariance, keys)
    values, vectors = torch.linalg.eigh(covariance)
    tail = 0.1 * covariance.diagonal().mean() + values[:-8].mean()
    assert_close(whitening.shrink[0], (values[-8:] / (values[-8:] + tail)).flip(0), within=1e-3)
    spanned = whitening.directions[0] @ whitening.directions[0].T
    assert_close(spanned, vectors[:, -8:] @ vectors[:, -8:].T, within=1e-2)


@torch.no_grad()
def test_before_training_a_row_is_the_whitened_key_and_makes_the_model_say_the_next_token(base, hypernetwork) -> None:
    features = chunk_features(base.model, [SHORT], BEFORE, (2, 3), hypernetwork.config.feature_layers)
    rows = hypernetwork(features)

    answers = (rows.A * features.keys).sum(-1)
    assert_close(answers, torch.ones_like(answers))
    head = base.model.get_output_embeddings().weight
    assert not torch.equal(head, base.model.get_input_embeddings().weight)
    said = F.normalize(rows.B[0, :, :-1], dim=-1) @ F.normalize(head, dim=-1).T  # [layer, token, vocabulary]
    assert said.argmax(-1).tolist() == [SHORT[1:]] * 2
    assert_close(rows.strength, torch.full_like(rows.strength, hypernetwork.config.gain))


@torch.no_grad()
@pytest.mark.parametrize("is_trained", [False, True])
def test_a_chunks_rows_do_not_depend_on_its_batch_nor_on_padding(base, hypernetwork, is_trained) -> None:
    if is_trained:
        trained(hypernetwork)
    chunks: Sequence[list[int]] = [SHORT, LONG, MIDDLE]
    together = hypernetwork.chunk_factors(base.model, chunks, BEFORE)
    for position, chunk in enumerate(chunks):
        alone = hypernetwork.chunk_factors(base.model, [chunk], BEFORE)
        for module in MODULES:
            A, B, tokens = own_rows(together, module, position)
            expected_A, expected_B, expected_tokens = own_rows(alone, module, 0)
            assert tokens == expected_tokens == list(range(len(chunk)))
            assert_close(A, expected_A)
            assert_close(B, expected_B)


def test_shared_rows_come_once_for_all_chunks_and_start_without_effect(base, hypernetwork) -> None:
    factors = hypernetwork.chunk_factors(base.model, [SHORT, MIDDLE], BEFORE)
    below = ["model.layers.1.mlp.down_proj", *MODULES]
    assert [name for name in factors.shared if name.endswith("down_proj")] == below
    for name, each in factors.shared.items():
        assert each.A.shape == (1, 2, base.model.get_submodule(name).in_features)
        assert not each.B.any()


@torch.no_grad()
def test_layers_for_shared_rows_without_any_rows_mean_none(base) -> None:
    config = KeyValueConfig(
        hidden_size=32,
        intermediate_size=64,
        num_layers=4,
        memory_layers=(3,),
        feature_layers=(1,),
        feature_size=64,
        feature_heads=1,
        whitening_rank=8,
        shared_layers=(2, 3),
        shared_rank=0,
    )
    assert KeyValueHypernetwork(config).chunk_factors(base.model, [SHORT], BEFORE).shared == {}


@torch.no_grad()
def test_reader_rows_lie_on_the_attention_and_are_the_same_for_every_document(base, hypernetwork) -> None:
    trained(hypernetwork)
    first, second = (hypernetwork.chunk_factors(base.model, [chunk], BEFORE).shared for chunk in (SHORT, LONG))
    of_attention = [name for name in first if "self_attn" in name]
    assert len(of_attention) == 3 * 4
    for name in of_attention:
        module = base.model.get_submodule(name)
        assert first[name].A.shape == (1, 2, module.in_features)
        assert first[name].B.shape == (1, 2, module.out_features)
        assert torch.equal(first[name].B, second[name].B)  # weights: merging asks for their bits


def test_gradients_reach_every_learned_part(base, hypernetwork) -> None:
    factors = trained(hypernetwork).chunk_factors(base.model, [SHORT, MIDDLE], BEFORE)
    assert factors.penalty is not None
    total = factors.penalty + sum(
        f.A.square().sum() + f.B.square().sum() for f in combined([factors], [[Attached(0), Attached(1)]]).values()
    )
    total.backward()
    without = [name for name, p in hypernetwork.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_values_are_learned_beside_the_embeddings(base, hypernetwork) -> None:
    wider = KeyValueHypernetwork(replace(hypernetwork.config, value_width=8))
    plain = wider.chunk_factors(base.model, [SHORT], BEFORE).rows[MODULES[0]].B
    with torch.no_grad():
        wider.value_out.normal_()
    assert not torch.allclose(wider.chunk_factors(base.model, [SHORT], BEFORE).rows[MODULES[0]].B, plain)


def test_a_configuration_survives_json(hypernetwork) -> None:
    config = hypernetwork.config
    assert KeyValueConfig(**json.loads(json.dumps(asdict(config)))) == config
