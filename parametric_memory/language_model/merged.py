"""A copy of a model whose weights include the rows that all documents share.

Most modules of an adapter have only shared rows, which are the same for every question. In the weights they cost
nothing a token. The copy has its own weights in these modules; all else, hooks included, are the model's own objects.
Knows nothing about prompts, generation and memories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, Factors

_MOST_COPIED = 512 * 2**20  # bytes of weights; above that shared rows are attached by hooks, too

Rows = Mapping[str, "Factors"]


@dataclass(frozen=True)
class _Weight:
    """A weight with rows added, the rows, and the state of the original weight."""

    factors: Factors
    source: Tensor
    version: int
    place: int
    merged: nn.Parameter

    @classmethod
    def of(cls, factors: Factors, source: Tensor) -> _Weight:
        """The sum is computed in float32 and rounded once."""
        with torch.no_grad(), torch.inference_mode(False):
            A, B = (side.to(source.device, torch.float32) for side in (factors.A, factors.B))
            merged = (source + torch.mm(B.T, A) * factors.scaling).to(source.dtype)
        parameter = nn.Parameter(merged, requires_grad=False)
        return cls(factors, source, source._version, source.data_ptr(), parameter)

    def holds(self, factors: Factors, source: Tensor) -> bool:
        unchanged = source is self.source and (source._version, source.data_ptr()) == (self.version, self.place)
        return unchanged and _same(factors, self.factors)


class SharedRows:
    """Makes such copies of one model, and caches the weights of the last one. Not thread-safe."""

    def __init__(self) -> None:
        self._weights: dict[str, _Weight] = {}

    def under(
        self, model: PreTrainedModel, adapters: Sequence[Adapter | None]
    ) -> tuple[PreTrainedModel, Sequence[Adapter | None]]:
        """The model to answer with, and the rest of the adapters, one a row, to attach to it.

        These are the model itself and whole adapters if shared rows differ, are on other modules than plain linear
        ones, would need too much memory, or if a module was compiled or has a `forward` of its own.
        """
        shared = _shared_by_all(adapters)
        if not shared or any(map(_is_bound, model.modules())):
            return model, adapters
        modules = dict(model.named_modules())
        sources = {name: source for name in shared if (source := _weight(modules.get(name))) is not None}
        sized = all(
            (shared[name].B.shape[1], shared[name].A.shape[1]) == source.shape for name, source in sources.items()
        )
        copied = sum(source.nbytes for source in sources.values())
        if not sources or len(sources) < len(shared) or not sized or copied > _MOST_COPIED:
            return model, adapters
        if not all(name in self._weights and self._weights[name].holds(shared[name], w) for name, w in sources.items()):
            self._weights = {}  # first, as there may be no memory for two sets
            self._weights = {name: _Weight.of(shared[name], source) for name, source in sources.items()}
        beside = _with_weights(model, {name: self._weights[name].merged for name in sources})
        left = [Adapter({name: f for name, f in a.factors.items() if name not in sources}) for a in adapters if a]
        return beside, left


def _shared_by_all(adapters: Sequence[Adapter | None]) -> Rows:
    """By module, the rows of modules without own rows in any adapter; none if they differ between adapters."""
    found: list[Rows] = []
    for adapter in adapters:
        factors = adapter.factors if adapter else {}
        trained = {name for name, f in factors.items() if f.A.requires_grad or f.B.requires_grad}
        found.append({name: f for name, f in factors.items() if not f.own and name not in trained})
    first = found[0] if found else {}
    same = all(other.keys() == first.keys() and all(_same(other[n], first[n]) for n in first) for other in found[1:])
    return first if same else {}


def _same(some: Factors, other: Factors) -> bool:
    if some.scaling == other.scaling and some.A is other.A and some.B is other.B:
        return True
    if (some.A.shape, some.B.shape, some.scaling) != (other.A.shape, other.B.shape, other.scaling):
        return False
    sides = ((some.A, other.A), (some.B, other.B))
    return all(a.device == b.device and torch.equal(a.float(), b.float()) for a, b in sides)


def _is_bound(module: nn.Module) -> bool:
    """Whether its `forward` is bound to it, so that a copy would run the original's modules."""
    return "forward" in module.__dict__ or module.__dict__.get("_compiled_call_impl") is not None


def _weight(module: nn.Module | None) -> Tensor | None:
    """A module's weight that rows can be added to; None: they need a hook."""
    weight = module.weight if module is not None and type(module) is nn.Linear else None
    if weight is None or weight.is_inference() or not weight.dtype.is_floating_point:
        return None
    return None if weight.is_meta or weight.dtype.itemsize < 2 else weight


def _with_weights(model: PreTrainedModel, weights: Mapping[str, nn.Parameter]) -> PreTrainedModel:
    """A model with these weights. Their modules and the parents of these are shallow copies; hooks, buffers and other
    parameters are the same objects."""
    made: dict[str, nn.Module] = {}

    def beside(name: str) -> nn.Module:
        if name not in made:
            parent, _, own = name.rpartition(".")
            siblings = beside(parent)._modules if name else {"": model}
            source = siblings[own]
            assert source is not None  # a module of this name was found
            siblings[own] = made[name] = copied = object.__new__(type(source))
            copied.__dict__.update(source.__dict__, _modules=dict(source._modules))
        return made[name]

    for name, weight in weights.items():
        module = beside(name)
        module.__dict__["_parameters"] = {**module._parameters, "weight": weight}
    return beside("")
