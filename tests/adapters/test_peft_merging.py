from __future__ import annotations

import pytest
import torch
from peft import LoraConfig, get_peft_model

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.adapters.peft_merging import COMBINATIONS, combine_as_peft
from parametric_memory.errors import AdapterError
from tests.adapters.test_merging import delta, factors, with_shared
from tests.close import assert_close

D_IN, D_OUT = 24, 16
WEIGHTS = [1.0, 0.5]


class Model(torch.nn.Module):
    """One linear module."""

    def __init__(self) -> None:
        super().__init__()
        self.m = torch.nn.Linear(D_IN, D_OUT, bias=False)


def by_peft(documents: list[Factors], combination: str) -> torch.Tensor:
    """`[d_out, d_in]`: what PEFT itself makes of the adapters."""
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["m"])
    model = get_peft_model(Model(), config, adapter_name="0")
    model.add_adapter("1", config)
    layer = model.base_model.model.m
    with torch.no_grad():
        for name, document in enumerate(documents):
            layer.lora_A[str(name)].weight.copy_(document.A)
            layer.lora_B[str(name)].weight.copy_(document.B.T)
    options = {} if combination in ("cat", "svd", "linear") else {"density": 0.5}
    model.add_weighted_adapter(["0", "1"], WEIGHTS, "both", combination, **options)
    return layer.get_delta_weight("both").detach()


@pytest.mark.parametrize("combination", ["cat", "svd", "linear", "ties", "magnitude_prune"])
def test_adapters_are_combined_as_peft_combines_them(combination: str) -> None:
    documents = [factors(4, seed) for seed in (1, 2)]
    ours = combine_as_peft([Adapter({"m": d}) for d in documents], WEIGHTS, combination).factors["m"]
    assert_close(delta(ours).float(), by_peft(documents, combination))


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_shared_rows_come_once_and_ranks_may_differ(combination: str) -> None:
    shared = factors(3, seed=9)
    adapters = [Adapter({"m": with_shared(factors(rank, seed=rank), shared)}) for rank in (2, 5)]
    combined = combine_as_peft(adapters, WEIGHTS, combination).factors["m"]
    again = combine_as_peft(adapters, WEIGHTS, combination).factors["m"]
    assert_close(combined.A, again.A)
    assert combined.shared == 3 and combined.own == {"cat": 7}.get(combination, 5)
    rest = Factors(combined.A[combined.own :], combined.B[combined.own :], combined.scaling)
    assert_close(delta(rest), delta(shared))


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_one_adapter_stays_what_it_is(combination: str) -> None:
    alone = combine_as_peft([Adapter({"m": factors(4, 1)})], [0.5], combination, 0.5).factors["m"]
    assert_close(delta(alone), 0.5 * delta(factors(4, 1)))


def test_a_linear_combination_is_not_the_sum_of_the_updates() -> None:
    adapters = [Adapter({"m": factors(4, seed)}) for seed in (1, 2)]
    exact, closest, linear = (
        delta(combine_as_peft(adapters, WEIGHTS, name).factors["m"]) for name in ("cat", "svd", "linear")
    )
    assert (closest - exact).norm() < (linear - exact).norm()
    assert_close(exact, delta(merge(adapters, WEIGHTS).factors["m"]))
    assert_close(closest, delta(compress(merge(adapters, WEIGHTS), 4).factors["m"]))


def test_a_module_of_shared_rows_alone_stays() -> None:
    shared = Factors(*(side for f in [factors(3, seed=9)] for side in (f.A, f.B)), scaling=2.0, shared=3)
    combined = combine_as_peft([Adapter({"m": shared}), Adapter({"m": shared})], None, "linear").factors["m"]
    assert_close(delta(combined), delta(shared))


@pytest.mark.parametrize(("options", "named"), [({"combination": "sum"}, "linear"), ({"density": 0.0}, "density")])
def test_what_does_not_exist_is_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(AdapterError, match=named):
        combine_as_peft([Adapter({"m": factors(4, seed=1)})], **options)
