from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError
from parametric_memory.language_model.attach import attached
from tests.tiny_models import assert_untouched, copy_of_tensors, tiny_model

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
        torch.testing.assert_close(logits(model), logits(changed), rtol=0, atol=1e-4)
        assert not torch.allclose(logits(model), before)

    assert torch.equal(logits(model), before)
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
            torch.testing.assert_close(layer(x), expected)


def test_no_adapter_changes_nothing(base) -> None:
    before = logits(base.model)
    with attached(base.model, None):
        assert torch.equal(logits(base.model), before)


def test_it_is_taken_off_when_the_block_fails(base) -> None:
    before = logits(base.model)
    with pytest.raises(ZeroDivisionError), attached(base.model, ADAPTER):
        raise ZeroDivisionError
    assert torch.equal(logits(base.model), before)


def test_other_threads_see_the_model_without_it(base) -> None:
    before = logits(base.model)
    with attached(base.model, ADAPTER), ThreadPoolExecutor(1) as other:
        assert torch.equal(other.submit(logits, base.model).result(), before)


def test_a_model_without_the_module_is_refused_by_name_and_stays_as_it_was(base) -> None:
    model = tiny_model(base.tokenizer, layers=2)
    with pytest.raises(AdapterError, match=r"layers\.2"), attached(model, ADAPTER):
        pass
    assert not any(module._forward_hooks for module in model.modules())
