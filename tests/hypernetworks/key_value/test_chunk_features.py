from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.hypernetworks.hypernetwork import decoder_layers
from parametric_memory.hypernetworks.key_value.network import chunk_features
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import assert_close, close

BEFORE = [1, 40, 41]
SHORT, LONG = [10, 11, 12, 13], [20, 21, 22, 23, 24, 25, 26]


def test_the_decoder_layers_are_found_with_their_name(base) -> None:
    name, layers = decoder_layers(base.model)
    assert name == "model.layers"
    assert list(layers) == list(base.model.model.layers)


def test_keys_are_what_enters_down_proj_and_hidden_states_what_enters_a_layer(base) -> None:
    entered: dict[str, torch.Tensor] = {}
    watched = {"key": base.model.model.layers[2].mlp.down_proj, "hidden": base.model.model.layers[1].input_layernorm}
    handles = [
        module.register_forward_pre_hook(lambda _, args, name=name: entered.update({name: args[0]}))
        for name, module in watched.items()
    ]
    base.model(torch.tensor([[*BEFORE, *LONG]]))
    for handle in handles:
        handle.remove()

    features = chunk_features(base.model, [LONG], BEFORE, memory_layers=[2, 3], feature_layers=[1])

    assert_close(features.keys[:, 0], entered["key"][:, len(BEFORE) :])
    assert_close(features.hidden[:, 0], entered["hidden"][:, len(BEFORE) :])
    assert torch.equal(features.embeddings, base.model.get_input_embeddings()(torch.tensor([LONG])))
    assert torch.equal(features.said, base.model.get_output_embeddings().weight[torch.tensor([LONG])])
    assert features.keys.shape == (1, 2, len(LONG), 64)


def test_a_shorter_chunk_is_padded_and_masked_and_otherwise_the_same(base) -> None:
    together = chunk_features(base.model, [SHORT, LONG], BEFORE, [3], [1, 2])
    alone = chunk_features(base.model, [SHORT], BEFORE, [3], [1, 2])
    assert together.mask.tolist() == [[True] * 4 + [False] * 3, [True] * 7]
    assert_close(together.keys[:1, :, :4], alone.keys)
    assert_close(together.hidden[:1, :, :4], alone.hidden)


def test_attached_adapters_take_no_part(base) -> None:
    attached = Adapter({"model.layers.0.mlp.down_proj": Factors(torch.ones(1, 64), torch.ones(1, 32))})
    plain = chunk_features(base.model, [LONG], BEFORE, [2, 3], [1])
    with adapter_hooks(base.model, [attached]):
        under = chunk_features(base.model, [LONG], BEFORE, [2, 3], [1])
    assert close(under.keys, plain.keys) and close(under.hidden, plain.hidden)


def test_a_thread_that_uses_the_model_meanwhile_changes_nothing(base) -> None:
    plain = chunk_features(base.model, [LONG], BEFORE, [2, 3], [1])
    other = torch.tensor([[50] * (len(BEFORE) + len(LONG))])
    done = threading.Event()

    def answer() -> None:
        while not done.is_set():
            base.model(other)

    with ThreadPoolExecutor(1) as threads:
        answering = threads.submit(answer)
        found = [chunk_features(base.model, [LONG], BEFORE, [2, 3], [1]) for _ in range(30)]
        done.set()
        answering.result()
    assert all(close(features.keys, plain.keys) for features in found)


def test_no_hook_stays_on_the_model_when_the_pass_fails(base) -> None:
    with pytest.raises(IndexError):
        chunk_features(base.model, [[10_000]], BEFORE, [3], [1])
    assert not any(module._forward_pre_hooks for module in base.model.modules())
