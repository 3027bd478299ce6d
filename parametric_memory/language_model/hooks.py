"""Attaches the adapters of a request: by forward hooks while a block of code runs, and by copies of weights.

The model's weights and modules are never changed, so no adapter can leak into another request, and threads that share a
model do not see each other's adapters. Knows nothing about prompts, generation and memories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, ref

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from parametric_memory.adapters.checkpoints import is_finite
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError
from parametric_memory.files import shown

_MOST_COPIED = 512 * 2**20  # bytes of weights; above that shared rows are attached by hooks, too

# A module's input and output -> the output with the update, computed in float32 and rounded once.
Update = Callable[[Tensor, Tensor], Tensor]

_innermost: ContextVar[object | None] = ContextVar("innermost_adapters", default=None)
_prepared: WeakKeyDictionary[Factors, Any] = WeakKeyDictionary()  # see `_update`
_registering = Lock()  # torch numbers hooks without a lock: two threads could get the same number


class RequestAdapters:
    """Adapters on their way through a model, prepared once for any number of forward passes.

    The update is computed in float32, added to the module's output and cast back to the output's dtype.
    Gradients flow into the factors.

    Args:
        model: anything whose adapted modules are `nn.Linear`, GPT-2's `Conv1D`, or PEFT's layers around either.
        adapters: one a row of the batch, or one for as many neighbouring rows each; None for rows without. A single one
            is for every row.

    Raises AdapterError: an adapter names a module that the model does not have, that is not linear or of another size.
    """

    def __init__(self, model: nn.Module, adapters: Sequence[Adapter | None]) -> None:
        self.model = model
        self._updates: list[tuple[nn.Module, Update]] = []
        for name in dict.fromkeys(name for adapter in adapters if adapter for name in adapter.factors):
            rows = [adapter.factors.get(name) if adapter else None for adapter in adapters]
            self._updates.append(_update(model, name, rows))

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Inside the block, and in this thread or task only, the model answers under these adapters.

        Only the innermost of nested blocks counts. A thread started inside the block does not see its adapters: enter
        the block in the thread that runs the model. A generator must not yield inside the block, or its consumer would
        be inside too: enter it anew for every forward pass.

        Raises AdapterError: from the forward pass, when the batch has another number of rows.
        """
        block = object()

        def hook(update: Update) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor | None]:
            return lambda _, inputs, output: update(inputs[0], output) if _innermost.get() is block else None

        with _registering:
            handles = [module.register_forward_hook(hook(update)) for module, update in self._updates]
        token = _innermost.set(block)
        try:
            yield
        finally:
            _innermost.reset(token)
            with _registering:
                for handle in handles:
                    handle.remove()


def adapter_hooks(model: nn.Module, adapters: Sequence[Adapter | None]) -> AbstractContextManager[None]:
    """A block in which the model answers under these adapters, one a row; see `RequestAdapters`."""
    return RequestAdapters(model, adapters).attached()


def check_fits(model: nn.Module, adapter: Adapter) -> None:
    """Checks an adapter of unknown origin without copying it.

    Raises AdapterError: it has no modules; it names one that the model does not have, that is not linear or of another
        size; or its numbers are not floating point, or not finite.
    """
    if not adapter.factors:
        raise AdapterError("The adapter has no modules.")
    for name, factors in adapter.factors.items():
        module = _module(model, name)
        _check_sizes(name, getattr(module, "base_layer", module), [factors])
        for side in (factors.A, factors.B):
            if not side.is_floating_point():
                kind = str(side.dtype).removeprefix("torch.")
                raise AdapterError(f"The adapter's numbers at {name} are {kind}, not floating point.")
            if not is_finite(side):
                raise AdapterError(f"The adapter's numbers at {name} are not finite: it is damaged.")
        if not torch.isfinite(torch.tensor(factors.scaling, dtype=torch.float32)):
            raise AdapterError(f"The adapter's scaling at {name}, {factors.scaling}, is too large to be computed with.")


@contextmanager
def no_adapters() -> Iterator[None]:
    """A block in which models answer under no adapter, whatever is attached outside."""
    token = _innermost.set(None)
    try:
        yield
    finally:
        _innermost.reset(token)


def _update(model: nn.Module, name: str, rows: Sequence[Factors | None]) -> tuple[nn.Module, Update]:
    """The module of a name, and its update for the rows of a batch. What documents share is prepared once.

    Raises AdapterError: factors do not fit.
    """
    first = rows[0]
    is_same = first is not None and not first.own and all(factors is first for factors in rows)
    one = first if is_same or len(rows) == 1 else None
    if one is not None and (prepared := _prepared.get(one)) is not None:
        of_model, known, module, update = prepared
        if of_model() is model and known == name:
            return module, update
    module = _module(model, name)
    linear: Any = getattr(module, "base_layer", module)  # PEFT's layers hold the original one
    _check_sizes(name, linear, rows if one is None else [one])
    if one is None:
        return module, _batch_update(name, rows, linear.weight.device)
    update = _single_update(one, linear.weight.device)
    if not (one.own or one.A.requires_grad or one.B.requires_grad):
        _prepared[one] = ref(model), name, module, update
    return module, update


def _single_update(factors: Factors, device: torch.device) -> Update:
    """The update of one module under a single adapter, for inputs of any shape. It takes few, small steps: a model has
    hundreds of modules, and each token goes through all of them."""
    # As PEFT computes it: what a library user sees and what is exported agree but for a rounding of float32.
    A = factors.A.to(device, torch.float32).T  # [d_in, rank]
    B = factors.B.to(device, torch.float32).contiguous()  # [rank, d_out]
    scaling = factors.scaling

    def added(x: Tensor, output: Tensor) -> Tensor:
        inner = torch.mm(x.float().reshape(-1, x.shape[-1]), A)
        rows = output.float().reshape(-1, output.shape[-1])
        return torch.addmm(rows, inner, B, alpha=scaling).view(output.shape).to(output.dtype)

    return added


def _batch_update(name: str, rows: Sequence[Factors | None], device: torch.device) -> Update:
    """The update of one module for the rows of a batch, ranks padded with zeros.

    Raises AdapterError, from the forward pass: the batch has another number of rows.
    """
    some = next(factors for factors in rows if factors)
    rank = max(factors.rank for factors in rows if factors)
    filled = [factors or Factors(some.A[:0], some.B[:0]) for factors in rows]
    A = torch.stack([_padded(factors.A, rank, device) for factors in filled]).transpose(1, 2)
    B = torch.stack([_padded(factors.B, rank, device) for factors in filled])
    scaling = torch.tensor([factors.scaling for factors in filled], device=device)[:, None, None]

    def added(x: Tensor, output: Tensor) -> Tensor:  # x [batch, sequence, d_in]
        if x.ndim != 3 or x.shape[0] % len(A):
            raise AdapterError(
                f"{len(A)} adapters do not fit a batch of shape {list(x.shape)} at {name}: "
                "give one adapter a row, or one for as many rows each."
            )
        by_adapter = x.float().reshape(len(A), -1, x.shape[-1])  # rows of one adapter one behind the other
        update = torch.bmm(torch.bmm(by_adapter, A), B) * scaling
        return (output + update.reshape(output.shape)).to(output.dtype)

    return added


def _padded(factor: Tensor, rank: int, device: torch.device) -> Tensor:
    return F.pad(factor.to(device, torch.float32), (0, 0, 0, rank - factor.shape[0]))


def _module(model: nn.Module, name: str) -> nn.Module:
    try:
        return model.get_submodule(name)
    except AttributeError as error:
        raise AdapterError(
            f"{type(model).__name__} has no module {shown(name)}: the adapter was made for another base model."
        ) from error


def _check_sizes(name: str, module: nn.Module, rows: Sequence[Factors | None]) -> None:
    if isinstance(module, nn.Linear):
        size_in, size_out = module.in_features, module.out_features
    elif isinstance(module, Conv1D):
        size_in, size_out = int(module.nx), int(module.nf)
    else:
        raise AdapterError(f"{name} is a {type(module).__name__}; adapters go on linear modules only.")
    for factors in rows:
        if factors and (factors.A.shape[1], factors.B.shape[1]) != (size_in, size_out):
            raise AdapterError(
                f"The adapter takes {factors.A.shape[1]} to {factors.B.shape[1]} features at {name}, the "
                f"model {size_in} to {size_out}: it was made for another base model."
            )


# Rows that all documents share


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
    """Copies of one model whose weights include the rows that all documents share.

    Most modules of an adapter have only shared rows, which are the same for every question. In the weights they cost
    nothing a token. A copy has its own weights in these modules, and the last ones are cached; all else, hooks
    included, are the model's own objects. Not thread-safe.
    """

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


def _shared_by_all(adapters: Sequence[Adapter | None]) -> Mapping[str, Factors]:
    """By module, the rows of modules without own rows in any adapter; none if they differ between adapters."""
    found: list[Mapping[str, Factors]] = []
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
