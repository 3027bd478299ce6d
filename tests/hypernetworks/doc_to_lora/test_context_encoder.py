from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import encode_context
from parametric_memory.hypernetworks.doc_to_lora.network import KINDS, ContextEncoderConfig
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import assert_close, close
from tests.tiny_models import ARCHITECTURES, tiny_decoder

IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2]])
LAYERS = 4


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return tiny_decoder(request.param, LAYERS)


@torch.no_grad()
def hidden_states(model: PreTrainedModel, layers: int) -> tuple[Tensor, ...]:
    """What transformers itself says of a model that really has this many layers."""
    cut = tiny_decoder(model.config.model_type, layers)
    own = cut.state_dict()
    cut.load_state_dict({name: value for name, value in model.state_dict().items() if name in own})
    return cut.get_decoder()(input_ids=IDS, output_hidden_states=True).hidden_states


@pytest.mark.parametrize(("last_layer", "kept"), [(None, LAYERS - 1), (3, 2), (1, 0), (99, LAYERS)])
def test_per_layer_activations_are_the_hidden_states_of_a_shorter_model(model, last_layer, kept) -> None:
    features = encode_context(model, ContextEncoderConfig(last_layer=last_layer), IDS)
    if kept:
        assert_close(features, torch.stack(hidden_states(model, kept), dim=1))
    assert features.shape == (1, kept + 1, IDS.shape[1], 16)


@pytest.mark.parametrize(("exit_layer", "kept"), [(1, 1), (3, 3), (None, LAYERS), (-1, LAYERS - 1)])
def test_early_exit_is_the_output_of_a_shorter_model(model, exit_layer, kept) -> None:
    features = encode_context(model, ContextEncoderConfig("early_exit", exit_layer=exit_layer), IDS)
    assert_close(features, hidden_states(model, kept)[-1])


def test_embeddings_only_are_those_that_enter_the_first_layer(model) -> None:
    features = encode_context(model, ContextEncoderConfig("embed_only"), IDS)
    assert_close(features, hidden_states(model, 1)[0])
    scale = 4.0 if "gemma" in model.config.model_type else 1.0  # the root of the hidden size
    assert_close(features, scale * model.get_input_embeddings().weight[IDS])


@pytest.mark.parametrize("architecture", ["phi", "gpt_neox"])
def test_decoders_may_call_their_layers_and_norm_otherwise(architecture: str) -> None:
    model = tiny_decoder(architecture, LAYERS)
    features = encode_context(model, ContextEncoderConfig(), IDS)
    assert_close(features, torch.stack(hidden_states(model, LAYERS - 1), dim=1))


@pytest.mark.parametrize("kind", KINDS)
def test_padding_on_the_right_changes_nothing(model, kind: str) -> None:
    length = IDS.shape[1]
    padded = torch.nn.functional.pad(IDS, (0, 3))
    mask = torch.nn.functional.pad(torch.ones_like(IDS), (0, 3))
    config = ContextEncoderConfig(kind, exit_layer=2)
    features = encode_context(model, config, padded, mask)[..., :length, :]
    assert_close(features, encode_context(model, config, IDS))


def test_the_model_stays_whole(model) -> None:
    before = model(input_ids=IDS).logits
    encode_context(model, ContextEncoderConfig(), IDS)
    assert len(model.model.layers) == LAYERS
    assert_close(model(input_ids=IDS).logits, before)
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_attached_adapters_take_no_part(model) -> None:
    attached = Adapter({"model.layers.0.mlp.down_proj": Factors(torch.ones(1, 32), torch.ones(1, 16))})
    features = encode_context(model, ContextEncoderConfig(), IDS)
    with adapter_hooks(model, [attached]):
        assert_close(encode_context(model, ContextEncoderConfig(), IDS), features)


def test_threads_that_share_a_model_do_not_mix_their_features(model) -> None:
    rows = [torch.full((1, 6), token) for token in range(8)]
    config = ContextEncoderConfig()
    alone = [encode_context(model, config, row) for row in rows]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda row: encode_context(model, config, row), rows * 4))
    assert all(close(a, b) for a, b in zip(together, alone * 4, strict=True))


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="pooler"):
        ContextEncoderConfig("pooler")
