"""Puts an adapter on a model that the caller holds, and takes it off again: the model is bit-identical afterwards.

Works on transformers models and on PEFT models, whose modules are wrapped and renamed. Knows nothing about memories.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import AdapterError
from parametric_memory.language_model.hooks import adapter_hooks

if TYPE_CHECKING:
    from torch import nn


def renamed_for(model: nn.Module, adapter: Adapter) -> Adapter:
    """The adapter with its modules named as this model names them.

    Raises:
        AdapterError: the model lacks one of them.
    """
    modules = dict(model.named_modules())
    return Adapter({_name_in(modules, name): factors for name, factors in adapter.factors.items()})


def _name_in(modules: dict[str, nn.Module], name: str) -> str:
    found = name if name in modules else next((n for n in modules if n.endswith(f".{name}")), None)
    if found is None:
        raise AdapterError(f"The model has no module {name}: the adapter was made for another base model.")
    return found  # where PEFT has wrapped it, PEFT's layer: what is inside may be scaled before it comes out (DoRA)


@contextmanager
def attached(model: nn.Module, adapter: Adapter | None) -> Iterator[None]:
    """Inside the block, and in this thread, the model answers under the adapter, beside adapters of its own."""
    if adapter is None:
        yield
        return
    with adapter_hooks(model, [renamed_for(model, adapter)]):
        yield
