from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError
from parametric_memory.language_model.base_model import BaseModel, attached
from tests.close import assert_close, close
from tests.tiny_models import assert_untouched, copy_of_tensors, tiny_llama, tiny_model

NAME = "model.layers.2.mlp.down_proj"
IDS = torch.tensor([[3, 1, 4, 1, 5]])
GENERATOR = torch.Generator().manual_seed(0)
ADAPTER = Adapter(
    {NAME: Factors(torch.randn(2, 64, generator=GENERATOR), torch.randn(2, 32, generator=GENERATOR), scaling=0.5)}
)


def plain(base) -> nn.Module:
    return tiny_model(base.tokenizer)


def with_lora_elsewhere(base) -> nn.Module:
    return get_peft_model(plain(base), LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))


def with_lora_on_the_same_module(base) -> nn.Module:
    config = LoraConfig(r=2, target_modules=["down_proj", "v_proj"], init_lora_weights=False)
    return get_peft_model(plain(base), config)


@torch.no_grad()
def logits(model: nn.Module) -> Tensor:
    return model.eval()(input_ids=IDS).logits


@pytest.mark.parametrize("make", [plain, with_lora_elsewhere, with_lora_on_the_same_module])
def test_a_model_answers_under_the_adapter_beside_its_own_and_is_afterwards_what_it_was(base, make) -> None:
    model = make(base)
    before, tensors = logits(model), copy_of_tensors(model)
    changed = deepcopy(model)
    modules = {name: module for name, module in changed.named_modules() if type(module) is nn.Linear}
    [linear] = [module for name, module in modules.items() if name.removesuffix(".base_layer").endswith(NAME)]
    factors = ADAPTER.factors[NAME]
    linear.weight.data += factors.scaling * factors.B.T @ factors.A

    with attached(model, ADAPTER):
        assert_close(logits(model), logits(changed))
        assert not close(logits(model), before, within=1e-3)

    assert_close(logits(model), before)
    assert_untouched(model, tensors)


def test_what_dora_scales_does_not_hold_the_adapter(base) -> None:
    config = LoraConfig(r=2, target_modules=["down_proj"], use_dora=True, init_lora_weights=False)
    model = get_peft_model(plain(base), config).eval()
    layer = model.get_submodule(f"base_model.model.{NAME}")
    layer.lora_magnitude_vector["default"].weight.data *= 3  # trained
    x = torch.randn(1, 4, 64)
    factors = ADAPTER.factors[NAME]
    with torch.no_grad():
        expected = layer(x) + factors.scaling * x @ factors.A.T @ factors.B
        with attached(model, ADAPTER):
            assert_close(layer(x), expected)


def test_no_adapter_changes_nothing(base) -> None:
    before = logits(base.model)
    with attached(base.model, None):
        assert_close(logits(base.model), before)


def test_it_is_taken_off_when_the_block_fails(base) -> None:
    before = logits(base.model)
    with pytest.raises(ZeroDivisionError), attached(base.model, ADAPTER):
        raise ZeroDivisionError
    assert_close(logits(base.model), before)


def test_other_threads_see_the_model_without_it(base) -> None:
    before = logits(base.model)
    with attached(base.model, ADAPTER), ThreadPoolExecutor(1) as other:
        assert_close(other.submit(logits, base.model).result(), before)


def test_a_model_without_the_module_is_refused_by_name_and_stays_as_it_was(base) -> None:
    model = tiny_model(base.tokenizer, layers=2)
    with pytest.raises(AdapterError, match=r"layers\.2"), attached(model, ADAPTER):
        pass
    assert not any(module._forward_hooks for module in model.modules())


def warnings(model: nn.Module, made_for: BaseModel, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is told when an adapter is put on a model."""
    caplog.clear()
    with caplog.at_level(logging.WARNING), attached(model, ADAPTER, made_for):
        logits(model)
    return caplog.messages


@pytest.mark.parametrize("make", [plain, with_lora_elsewhere, with_lora_on_the_same_module])
def test_of_a_copy_of_the_base_model_nothing_is_told(base, make, caplog: pytest.LogCaptureFixture) -> None:
    assert warnings(make(base), base, caplog) == []
    assert warnings(base.model, base, caplog) == []


def test_other_weights_of_the_same_architecture_are_told_of_once(base, caplog: pytest.LogCaptureFixture) -> None:
    made_for = BaseModel(base.model, base.tokenizer, "tiny", title="tiny (a 4-bit copy)")
    model = tiny_model(base.tokenizer, seed=5)
    [told] = warnings(model, made_for, caplog)
    assert "made for tiny (a 4-bit copy)" in told and "other weights" in told and "not measured" in told
    assert warnings(model, made_for, caplog) == []


def test_another_model_that_the_adapter_only_fits_is_told_of(base, caplog: pytest.LogCaptureFixture) -> None:
    [told] = warnings(tiny_llama(hidden_size=32, layers=4, vocabulary=64), base, caplog)
    assert "another one" in told and "may mean nothing" in told


def test_weights_that_cannot_be_read_are_taken_for_others(base, caplog: pytest.LogCaptureFixture) -> None:
    model = tiny_model(base.tokenizer)
    model.lm_head.to("meta")
    caplog.clear()
    with caplog.at_level(logging.WARNING), attached(model, ADAPTER, base):
        pass
    assert "other weights" in caplog.text


def test_a_model_of_ones_own_without_a_config_of_transformers_is_taken_as_it_is(
    base, caplog: pytest.LogCaptureFixture
) -> None:
    model = nn.Module()
    model.model = base.model.model
    with caplog.at_level(logging.WARNING), attached(model, ADAPTER, base):
        pass
    assert caplog.messages == []
