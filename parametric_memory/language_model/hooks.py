"""Attaches the adapters of a request by forward hooks, while a block of code runs.

The model's weights and modules are never changed, so no adapter can leak into another request, and threads that share a
model do not see each other's adapters. Knows nothing about prompts, generation and memories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, ref

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.pytorch_utils import Conv1D

from parametric_memory.adapters.checkpoints import is_finite
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError
from parametric_memory.files import shown

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
