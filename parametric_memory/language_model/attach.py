"""Puts an adapter on a model that the caller holds, and takes it off again: the model is bit-identical afterwards.

Works on transformers models and on PEFT models, whose modules are wrapped and renamed. Knows nothing about memories.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import AdapterError
from parametric_memory.language_model.base_model import architecture, weights_fingerprint
from parametric_memory.language_model.hooks import adapter_hooks

if TYPE_CHECKING:
    from torch import nn

    from parametric_memory.language_model.base_model import BaseModel

logger = logging.getLogger(__name__)


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
def attached(model: nn.Module, adapter: Adapter | None, made_for: BaseModel | None = None) -> Iterator[None]:
    """Inside the block, and in this thread, the model answers under the adapter, beside adapters of its own.

    Args:
        made_for: the base model that the adapter was made for. What fits in names and sizes is attached; a model that
            is not this one, by its architecture and a sample of its weights, is told of once in a warning. Of a
            tokenizer, which is not given, nothing is known.

    Raises:
        AdapterError: the model lacks one of the adapter's modules, or has one of another size.
    """
    if adapter is None:
        yield
        return
    hooks = adapter_hooks(model, [renamed_for(model, adapter)])
    if made_for is not None and model is not made_for.model:
        _tell_apart(model, made_for)
    with hooks:
        yield


_compared: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()  # with the fingerprint that a model was compared to


def _tell_apart(model: nn.Module, made_for: BaseModel) -> None:
    """Warns of a model that is not the one that an adapter was made for; each is looked at once."""
    told = _compared.get(model) == made_for.fingerprint
    if told or not hasattr(getattr(model, "config", None), "get_text_config"):  # no model of transformers
        return
    _compared[model] = made_for.fingerprint
    if architecture(model) != architecture(made_for.model):
        logger.warning(
            "The adapter was made for %s. This model is another one, into which it only fits: what it answers under "
            "the adapter may mean nothing.",
            made_for.title,
        )
    elif _fingerprint(model) != made_for.fingerprint:
        logger.warning(
            "The adapter was made for %s. This model is of the same architecture and has other weights: how well it "
            "answers under the adapter was not measured.",
            made_for.title,
        )


def _fingerprint(model: nn.Module) -> str:
    """Empty for weights that cannot be read one by one, which no checkpoint has: packed ones, or some on a disk."""
    try:
        return weights_fingerprint(model)
    except (NotImplementedError, RuntimeError):
        return ""
