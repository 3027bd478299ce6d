from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError
from parametric_memory.language_model.hooks import RequestAdapters, adapter_hooks
from tests.close import assert_close, close
from tests.tiny_models import tiny_llama

DOWN, QUERY = "model.layers.1.mlp.down_proj", "model.layers.0.self_attn.q_proj"
IDS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return tiny_llama()


def adapter(seed: int, rank: int = 2, name: str = DOWN, d_in: int = 32, d_out: int = 16) -> Adapter:
    generator = torch.Generator().manual_seed(seed)
    A, B = (torch.randn(rank, width, generator=generator) for width in (d_in, d_out))
    return Adapter({name: Factors(A, B, scaling=0.5 + seed)})


@torch.no_grad()
def logits(model: nn.Module, ids: Tensor, adapters: Sequence[Adapter | None]) -> Tensor:
    with adapter_hooks(model, adapters):
        return model(input_ids=ids).logits


def weights_with(model: nn.Module, attached: Adapter) -> nn.Module:
    """A copy of the model with the update added to its weights: what attaching must mean."""
    changed = tiny_llama()
    changed.load_state_dict(model.state_dict())
    for name, factors in attached.factors.items():
        changed.get_submodule(name).weight.data += factors.scaling * factors.B.T @ factors.A
    return changed


def test_an_attached_adapter_means_its_update_added_to_the_weights(model: nn.Module) -> None:
    expected = weights_with(model, adapter(1))(input_ids=IDS).logits
    assert_close(logits(model, IDS, [adapter(1)] * 2), expected)


def test_a_single_adapter_fits_inputs_of_any_shape() -> None:
    linear = nn.Sequential(nn.Linear(32, 16))
    for shape in ((4, 32), (2, 3, 32), (32,)):
        x = torch.randn(shape)
        with adapter_hooks(linear, [adapter(1, name="0")]):
            changed = linear(x)
        factors = adapter(1, name="0").factors["0"]
        assert_close(changed, linear(x) + factors.scaling * x @ factors.A.T @ factors.B)
    with pytest.raises(AdapterError, match="2 adapters do not fit"), adapter_hooks(linear, [adapter(1, name="0")] * 2):
        linear(torch.randn(4, 32))


def test_the_linear_modules_of_gpt_2_take_adapters_too() -> None:
    model = nn.Sequential(Conv1D(16, 32))
    x = torch.randn(2, 3, 32)
    factors = adapter(1, name="0").factors["0"]
    with adapter_hooks(model, [adapter(1, name="0")]):
        changed = model(x)
    assert_close(changed, model(x) + factors.scaling * x @ factors.A.T @ factors.B)
    with pytest.raises(AdapterError, match="the model 32 to 16"):
        RequestAdapters(model, [adapter(1, name="0", d_in=16, d_out=32)])
    with pytest.raises(AdapterError, match="adapters go on linear modules only"):
        RequestAdapters(nn.Sequential(nn.LayerNorm(32)), [adapter(1, name="0")])


def test_each_row_answers_under_its_own_adapter_whatever_the_ranks_and_modules(model: nn.Module) -> None:
    first, second = adapter(1, rank=1), adapter(2, rank=5, name=QUERY, d_in=16, d_out=16)
    together = logits(model, IDS, [first, second])
    assert_close(together[:1], logits(model, IDS[:1], [first]))
    assert_close(together[1:], logits(model, IDS[1:], [second]))


def test_a_row_without_an_adapter_answers_as_the_base_model(model: nn.Module) -> None:
    together = logits(model, IDS, [adapter(1), None])
    assert_close(together[1:], logits(model, IDS, [None, None])[1:])


def test_a_single_adapter_holds_for_every_row(model: nn.Module) -> None:
    assert_close(logits(model, IDS, [adapter(1)]), logits(model, IDS, [adapter(1)] * 2))


def test_adapters_of_several_rows_each_hold_for_their_neighbours(model: nn.Module) -> None:
    ids = IDS.repeat_interleave(2, dim=0)
    several = logits(model, ids, [adapter(1), None])
    assert_close(several, logits(model, ids, [adapter(1), adapter(1), None, None]))


def test_nothing_is_left_after_the_block_even_when_it_fails(model: nn.Module) -> None:
    before = logits(model, IDS, [])
    with pytest.raises(ZeroDivisionError), adapter_hooks(model, [adapter(1)]):
        raise ZeroDivisionError
    assert_close(logits(model, IDS, []), before)
    assert not any(module._forward_hooks for module in model.modules())


def test_of_nested_blocks_the_innermost_counts_alone(model: nn.Module) -> None:
    outer, inner = logits(model, IDS, [adapter(1)]), logits(model, IDS, [adapter(2)])
    with torch.no_grad(), adapter_hooks(model, [adapter(1)]):
        with adapter_hooks(model, [adapter(2)]):
            assert_close(model(input_ids=IDS).logits, inner)
        assert_close(model(input_ids=IDS).logits, outer)
        with adapter_hooks(model, [None]):
            assert_close(model(input_ids=IDS).logits, logits(model, IDS, []))


def test_threads_that_share_a_model_do_not_see_each_others_adapters(model: nn.Module) -> None:
    alone = {seed: logits(model, IDS, [adapter(seed)]) for seed in range(4)}
    barrier = Barrier(len(alone))

    def answer(seed: int) -> bool:
        with torch.no_grad(), adapter_hooks(model, [adapter(seed)]):
            barrier.wait(timeout=30)  # every block is entered before any model runs
            return all(close(model(input_ids=IDS).logits, alone[seed]) for _ in range(20))

    with ThreadPoolExecutor(len(alone)) as threads:
        assert all(threads.map(answer, alone))


def test_two_streams_in_one_thread_do_not_mix_when_each_pass_enters_its_block(model: nn.Module) -> None:
    requests = [RequestAdapters(model, [adapter(seed)]) for seed in (1, 2)]
    for _ in range(2):
        for seed, request in zip((1, 2), requests, strict=True):
            with torch.no_grad(), request.attached():
                assert_close(model(input_ids=IDS).logits, logits(model, IDS, [adapter(seed)]))


def test_greedy_generation_with_a_cache_is_that_of_the_changed_weights(model: nn.Module) -> None:
    options = {"max_new_tokens": 6, "do_sample": False, "pad_token_id": 0}
    mask = torch.ones_like(IDS)
    with adapter_hooks(model, [adapter(1)]):
        answer = model.generate(input_ids=IDS, attention_mask=mask, **options)
    expected = weights_with(model, adapter(1)).generate(input_ids=IDS, attention_mask=mask, **options)
    assert answer.tolist() == expected.tolist()


def test_the_update_is_computed_in_float32_and_cast_to_the_models_dtype() -> None:
    linear = nn.Sequential(nn.Linear(32, 16, dtype=torch.bfloat16))
    attached, x = adapter(1, name="0"), torch.randn(1, 3, 32).bfloat16()
    factors = attached.factors["0"]
    with torch.no_grad():
        update = x.float() @ factors.A.T @ factors.B * factors.scaling
        expected = (linear(x).float() + update).bfloat16()
        with adapter_hooks(linear, [attached]):
            answered = linear(x)
    assert_close(answered, expected)
    assert (answered != expected).float().mean() < 0.05  # a sum in another order may be rounded to the other side


def test_gradients_reach_the_factors(model: nn.Module) -> None:
    A, B = torch.randn(2, 32, requires_grad=True), torch.randn(2, 16, requires_grad=True)
    with adapter_hooks(model, [Adapter({DOWN: Factors(A, B)}), None]):
        model(input_ids=IDS).logits.sum().backward()
    assert A.grad is not None and A.grad.any() and B.grad is not None and B.grad.any()


@pytest.mark.parametrize(
    ("attached", "named"),
    [
        (adapter(1, name="model.layers.9.mlp.down_proj"), "model.layers.9.mlp.down_proj"),
        (adapter(1, name="model.layers.1.mlp"), "LlamaMLP"),
        (adapter(1, d_in=33), "33"),
    ],
)
def test_an_adapter_of_another_base_model_is_refused(model: nn.Module, attached: Adapter, named: str) -> None:
    with pytest.raises(AdapterError, match=named):
        RequestAdapters(model, [attached])


def test_a_batch_of_another_size_is_refused(model: nn.Module) -> None:
    with pytest.raises(AdapterError, match="3 adapters"):
        logits(model, IDS, [adapter(1), None, None])
