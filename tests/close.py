"""Whether two computations came to the same, but for rounding.

A sum depends on the order in which it is added up. That differs by processor, by build, and by where in memory the
numbers stand: so nobody promises the last bits of what is computed. Tests compare bits where nothing is computed: what
is read back, and what must have been left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter
from parametric_memory.records import Recall

# Of the largest number of a tensor: a small one may be what is left of two large ones. A few layers in float32 differed
# by up to 5e-6 when their tensors were moved in memory. Float64 is what tests look at float32 with.
ROUNDING = {torch.float64: 2e-5, torch.float32: 2e-5, torch.bfloat16: 2 * torch.finfo(torch.bfloat16).eps}

# Of weights that a few steps of training made: a step is as long for a gradient that is mere rounding as for any other.
TRAINED = 1e-3


def assert_close(actual: Tensor, expected: Tensor, within: float | None = None, name: str = "") -> None:
    """
    Args:
        within: of the largest number of what is expected; see `ROUNDING` when not given.
        name: what is compared, where a test compares much.
    """
    within = ROUNDING[expected.dtype] if within is None else within
    largest = expected.detach().abs().max().item() if expected.numel() else 0.0
    torch.testing.assert_close(actual, expected, rtol=0, atol=within * largest, msg=lambda said: f"{name}\n{said}")


def assert_close_adapters(actual: Adapter, expected: Adapter, within: float | None = None) -> None:
    """Adapters of the same modules, their factors close; see `assert_close`."""
    assert actual.factors.keys() == expected.factors.keys()
    for name, factors in actual.factors.items():
        other = expected.factors[name]
        assert (factors.scaling, factors.shared) == (other.scaling, other.shared), name
        assert_close(factors.A, other.A, within, name)
        assert_close(factors.B, other.B, within, name)


def close(first: Tensor, second: Tensor, within: float | None = None) -> bool:
    return _holds(assert_close, first, second, within)


def close_adapters(first: Adapter, second: Adapter, within: float | None = None) -> bool:
    return _holds(assert_close_adapters, first, second, within)


def close_weights(first: Mapping[str, Tensor], second: Mapping[str, Tensor], within: float | None = None) -> bool:
    """Tensors of the same names that are close."""
    return first.keys() == second.keys() and all(close(first[name], second[name], within) for name in first)


def assert_close_recalls(actual: Iterable[Recall], expected: Iterable[Recall]) -> None:
    """Recalls that differ in scores and weights alone, and in these by rounding."""
    (named, numbers), (other_named, other_numbers) = map(_told, (actual, expected))
    assert named == other_named and numbers == pytest.approx(other_numbers, abs=1e-5)


def _told(recalls: Iterable[Recall]) -> tuple[list[dict[str, Any]], list[float]]:
    """Recalls without their scores and weights, and these."""
    told = [recall.model_dump() for recall in recalls]
    scored = [part for recall in told for part in (recall, *recall["passages"])]
    return told, [part.pop(name) for part in scored for name in ("score", "weight")]


def _holds(check: Callable[..., None], *args: object) -> bool:
    try:
        check(*args)
    except AssertionError:
        return False
    return True
