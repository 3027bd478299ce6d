from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.language_model import hooks
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import SharedRows, adapter_hooks
from parametric_memory.language_model.requests import Request
from tests.close import assert_close, close
from tests.tiny_models import number_tokenizer, tiny_llama

DOWN, QUERY, UP = "model.layers.1.mlp.down_proj", "model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"
IDS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])


def factors(seed: int, d_in: int, d_out: int, shared: int) -> Factors:
    generator = torch.Generator().manual_seed(seed)
    A, B = (torch.randn(2, width, generator=generator) for width in (d_in, d_out))
    return Factors(A, 0.2 * B, scaling=0.5, shared=shared)


SHARED = {QUERY: factors(0, 16, 16, 2), UP: factors(1, 16, 32, 2)}


def of_document(seed: int) -> Adapter:
    return Adapter({**SHARED, DOWN: factors(seed, 32, 16, 0)})


@pytest.fixture
def model() -> PreTrainedModel:
    return tiny_llama()


@torch.no_grad()
def hooked(model: nn.Module, adapters: Sequence[Adapter | None]) -> Tensor:
    with adapter_hooks(model, adapters):
        return model(input_ids=IDS).logits


@torch.no_grad()
def answered(model: PreTrainedModel, adapters: Sequence[Adapter | None], rows: SharedRows | None = None) -> Tensor:
    beside, left = (rows or SharedRows()).under(model, adapters)
    return hooked(beside, left)


@pytest.fixture
def sums(monkeypatch: pytest.MonkeyPatch) -> list[Factors]:
    """Of which factors a weight was made."""
    made: list[Factors] = []
    of = hooks._Weight.of

    def counted(rows: Factors, source: Tensor) -> hooks._Weight:
        made.append(rows)
        return of(rows, source)

    monkeypatch.setattr(hooks._Weight, "of", counted)
    return made


def test_it_answers_as_with_all_rows_attached_and_only_a_documents_own_are_left(model: PreTrainedModel) -> None:
    _, [left] = SharedRows().under(model, [of_document(5)])
    assert left is not None and list(left.factors) == [DOWN]
    assert_close(answered(model, [of_document(5)]), hooked(model, [of_document(5)]))
    together = [of_document(5), of_document(6)]
    assert_close(answered(model, together), hooked(model, together))


def test_the_model_is_bit_for_bit_what_it_was(model: PreTrainedModel) -> None:
    before, weights = hooked(model, []), {name: w.clone() for name, w in model.state_dict().items()}
    modules = list(model.modules())
    beside, _ = SharedRows().under(model, [of_document(5)])
    assert beside is not model and list(model.modules()) == modules
    assert_close(hooked(model, []), before)
    assert all(torch.equal(w, weights[name]) for name, w in model.state_dict().items())


def test_everything_else_is_the_models_own(model: PreTrainedModel) -> None:
    beside, _ = SharedRows().under(model, [of_document(5)])
    own = {name for name, w in beside.named_parameters() if w is not model.get_parameter(name)}
    assert own == {f"{QUERY}.weight", f"{UP}.weight"}
    seen: list[nn.Module] = []
    handle = model.get_submodule(UP).register_forward_hook(lambda module, _inputs, _output: seen.append(module))
    hooked(beside, [])
    handle.remove()
    assert len(seen) == 1  # hooks that others set meet both


def test_weights_are_made_once_for_the_same_rows(model: PreTrainedModel, sums: list[Factors]) -> None:
    rows = SharedRows()
    for seed in (5, 6):
        answered(model, [of_document(seed)], rows)
    copied = {name: replace(f, A=f.A.clone(), B=f.B.clone()) for name, f in SHARED.items()}
    answered(model, [Adapter(copied)], rows)
    assert len(sums) == len(SHARED)
    answered(model, [Adapter({**copied, UP: factors(9, 16, 32, 2)})], rows)
    assert len(sums) == 2 * len(SHARED)


def test_a_model_that_changes_is_followed(model: PreTrainedModel) -> None:
    rows = SharedRows()
    answered(model, [of_document(5)], rows)
    with torch.no_grad():
        model.get_submodule(UP).weight.mul_(2.0)
        model.get_submodule(DOWN).weight.mul_(2.0)
    expected = hooked(model, [of_document(5)])
    assert_close(answered(model, [of_document(5)], rows), expected)
    model.get_submodule("model.layers.0.self_attn").v_proj = nn.Linear(16, 16, bias=False)
    expected = hooked(model, [of_document(5)])
    assert_close(answered(model, [of_document(5)], rows), expected)


def with_other_rows() -> Sequence[Adapter | None]:
    return [of_document(5), Adapter({**SHARED, UP: factors(9, 16, 32, 2)})]


def in_training() -> Sequence[Adapter | None]:
    return [Adapter({name: replace(f, A=f.A.clone().requires_grad_()) for name, f in SHARED.items()})]


@pytest.mark.parametrize(
    "adapters",
    [[of_document(5), None], with_other_rows(), [Adapter({DOWN: factors(5, 32, 16, 0)})], [None], in_training()],
    ids=["a row without", "rows that differ", "none shared", "none", "in training"],
)
def test_the_model_itself_answers_where_rows_have_nothing_in_common(
    model: PreTrainedModel, adapters: Sequence[Adapter | None], sums: list[Factors]
) -> None:
    assert SharedRows().under(model, adapters) == (model, adapters)
    assert not sums


def test_much_is_not_copied(model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_MOST_COPIED", 4 * (16 * 16 + 16 * 32) - 1)
    assert SharedRows().under(model, [of_document(5)])[0] is model


@pytest.mark.parametrize("name", ["", "model.layers.1"])
def test_a_module_that_was_given_another_forward_is_not_copied(model: PreTrainedModel, name: str) -> None:
    module = model.get_submodule(name)
    module.forward = module.forward  # bound to the module, as accelerate and torch.compile leave it
    assert SharedRows().under(model, [of_document(5)])[0] is model


def test_the_sum_is_rounded_once() -> None:
    model = tiny_llama().bfloat16()
    beside, _ = SharedRows().under(model, [of_document(5)])
    source, rows = model.get_submodule(UP).weight, SHARED[UP]
    exact = source.double() + rows.scaling * rows.B.double().T @ rows.A.double()
    difference = (beside.get_submodule(UP).weight.double() - exact).abs()
    assert bool((difference <= exact.abs() * 2**-8).all())


def test_other_threads_and_plain_passes_see_nothing_of_an_answer_under_way(model: PreTrainedModel) -> None:
    base = BaseModel(model, number_tokenizer(100, end=0), "tiny")
    before = hooked(model, [])
    prompt = base.chat.question("7 8 9")
    under = base.under([of_document(5)])
    with under.attached(), torch.no_grad():
        assert not close(under.model(input_ids=IDS).logits, before, within=1e-3)
        with ThreadPoolExecutor(1) as other:
            assert_close(other.submit(hooked, model, []).result(), before)
        with adapter_hooks(model, []):
            assert_close(model(input_ids=IDS).logits, before)
    plain = base.generate([Request(prompt)])
    base.generate([Request(prompt, of_document(5))])
    assert base.generate([Request(prompt)])[0].token_ids == plain[0].token_ids
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
