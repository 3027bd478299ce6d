from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.hypernetworks.hypernetwork import Attached, ChunkFactors, combined
from parametric_memory.hypernetworks.key_value.config import KeyValueConfig
from parametric_memory.hypernetworks.key_value.features import chunk_features
from parametric_memory.hypernetworks.key_value.network import LEAST_RANK, KeyValueHypernetwork
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
    assert rows.token.tolist() == [[list(range(len(SHORT)))] * 2]


@torch.no_grad()
@pytest.mark.parametrize("rank", [8, 20])
def test_rows_stay_within_the_rank_budget_and_in_the_documents_order(base, hypernetwork, rank: int) -> None:
    factors = trained(hypernetwork).chunk_factors(base.model, [SHORT, MIDDLE, LONG], BEFORE, rank=rank)
    shared = hypernetwork.config.shared_rank
    for chunk, tokens in enumerate((SHORT, MIDDLE, LONG)):
        for module in MODULES:
            _, _, positions = own_rows(factors, module, chunk)
            assert len(positions) + shared == max(min(rank, LEAST_RANK), rank * len(tokens) // 100)
            assert positions == sorted(set(positions))
            assert positions[-1] < len(tokens)


def test_the_budget_is_for_every_100_tokens_and_at_least_one_row_is_left(hypernetwork) -> None:
    assert [hypernetwork.own_rank(tokens, rank=16) for tokens in (5, 100, 160, 500)] == [8, 14, 23, 78]
    assert [hypernetwork.own_rank(tokens, rank=40) for tokens in (5, 40, 100)] == [8, 14, 38]
    assert hypernetwork.own_rank(5, rank=1) == 1


def test_shared_rows_below_the_memory_layers_take_no_place_from_the_documents(hypernetwork) -> None:
    config = replace(hypernetwork.config, shared_layers=(1,))
    assert [KeyValueHypernetwork(config).own_rank(tokens, rank=16) for tokens in (5, 100, 500)] == [10, 16, 80]


@torch.no_grad()
def test_the_tokens_with_the_largest_gates_are_kept(base, hypernetwork) -> None:
    trained(hypernetwork)
    everything = hypernetwork.chunk_factors(base.model, [MIDDLE], BEFORE)
    some = hypernetwork.chunk_factors(base.model, [MIDDLE], BEFORE, rank=10)
    features = chunk_features(base.model, [MIDDLE], BEFORE, (2, 3), hypernetwork.config.feature_layers)
    gates = hypernetwork.gate(hypernetwork.token_features(features))[0]  # [token, layer]
    for layer, module in enumerate(MODULES):
        A, B, positions = own_rows(some, module, 0)
        best = gates[:, layer].topk(8).indices.sort().values
        assert positions == best.tolist()
        assert_close(A, everything.rows[module].A[0, best])
        assert_close(B, everything.rows[module].B[0, best])


@torch.no_grad()
@pytest.mark.parametrize("is_trained", [False, True])
@pytest.mark.parametrize("rank", [8, None])
def test_a_chunks_rows_do_not_depend_on_its_batch_nor_on_padding(base, hypernetwork, rank, is_trained) -> None:
    if is_trained:
        trained(hypernetwork)
    chunks: Sequence[list[int]] = [SHORT, LONG, MIDDLE]
    together = hypernetwork.chunk_factors(base.model, chunks, BEFORE, rank=rank)
    for position, chunk in enumerate(chunks):
        alone = hypernetwork.chunk_factors(base.model, [chunk], BEFORE, rank=rank)
        for module in MODULES:
            A, B, tokens = own_rows(together, module, position)
            expected_A, expected_B, expected_tokens = own_rows(alone, module, 0)
            assert tokens == expected_tokens
            assert_close(A, expected_A)
            assert_close(B, expected_B)


@torch.no_grad()
def test_noise_on_the_gates_changes_which_tokens_are_kept_and_nothing_else(base, hypernetwork) -> None:
    quiet, noisy = (
        hypernetwork.chunk_factors(base.model, [LONG], BEFORE, rank=8, gate_noise=noise) for noise in (0.0, 5.0)
    )
    assert own_rows(quiet, MODULES[0], 0)[2] != own_rows(noisy, MODULES[0], 0)[2]
    everything = hypernetwork.chunk_factors(base.model, [LONG], BEFORE)
    A, _, kept = own_rows(noisy, MODULES[0], 0)
    assert_close(A, everything.rows[MODULES[0]].A[0, kept])


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
    factors = trained(hypernetwork).chunk_factors(base.model, [SHORT, MIDDLE], BEFORE, rank=8)
    assert factors.penalty is not None
    total = factors.penalty + sum(
        f.A.square().sum() + f.B.square().sum() for f in combined([factors], [[Attached(0), Attached(1)]]).values()
    )
    total.backward()
    without = [name for name, p in hypernetwork.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_values_may_be_learned_beside_the_embeddings(base, hypernetwork) -> None:
    config = replace(hypernetwork.config, value_width=8)
    wider = KeyValueHypernetwork(config)
    plain = wider.chunk_factors(base.model, [SHORT], BEFORE).rows[MODULES[0]].B
    with torch.no_grad():
        wider.value_out.normal_()
    assert not torch.allclose(wider.chunk_factors(base.model, [SHORT], BEFORE).rows[MODULES[0]].B, plain)


def test_a_configuration_survives_json(hypernetwork) -> None:
    config = hypernetwork.config
    assert KeyValueConfig(**json.loads(json.dumps(asdict(config)))) == config
