"""Tensors at odd places in memory: what a second run of the numeric tests computes with.

Some kernels add up in another order where a tensor does not begin at a multiple of 64 bytes. Where one begins is
chance: tensors of a file that is mapped into memory begin where the file has them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import cycle
from typing import Any

import torch
from torch import Tensor, nn

_ALIGNED = 64  # bytes: where torch puts what it makes itself
_PLACES = (1, 3, 5, 7, 9, 11, 13)  # elements behind an aligned address
_following = cycle(_PLACES)


def start_again() -> None:
    """The next tensor has the first place: so a test has the same places by itself as among others."""
    global _following
    _following = cycle(_PLACES)


def at_an_odd_place(tensor: Tensor) -> Tensor:
    """A copy that begins at no multiple of 64 bytes, each at another distance; what is no plain tensor, as it is."""
    if tensor.device.type != "cpu" or tensor.layout != torch.strided or not tensor.is_contiguous():
        return tensor
    size, count = tensor.element_size(), tensor.numel()
    room = torch.empty(count + _ALIGNED // size + _PLACES[-1], dtype=tensor.dtype)
    first = -room.data_ptr() % _ALIGNED // size + next(_following)
    return room[first : first + count].view(tensor.shape).copy_(tensor.detach())


def use_odd_places() -> None:
    """From now on, what is loaded, and what a module is made of, stands at odd places.

    To be called before other modules take the names of the functions that load.
    """
    import safetensors.torch

    safetensors.torch.load = _placing(safetensors.torch.load)
    safetensors.torch.load_file = _placing(safetensors.torch.load_file)
    torch.load = _placing(torch.load)
    made = nn.Parameter.__new__

    def parameter(cls: type[nn.Parameter], data: Any = None, requires_grad: bool = True) -> nn.Parameter:
        return made(cls, at_an_odd_place(data) if type(data) in (Tensor, nn.Parameter) else data, requires_grad)

    nn.Parameter.__new__ = staticmethod(parameter)


def _placing(load: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, the tensors in the dictionary that it gives, or in dictionaries in there, at odd places."""

    @wraps(load)
    def placed(*args: Any, **options: Any) -> Any:
        content = load(*args, **options)
        moved: dict[Any, Tensor] = {}  # names of one tensor stay names of one
        for part in [content, *content.values()] if isinstance(content, dict) else []:
            if isinstance(part, dict):
                for name, value in part.items():
                    if isinstance(value, Tensor):
                        key = (value.data_ptr(), value.dtype, value.shape, value.stride())
                        part[name] = moved[key] = moved[key] if key in moved else at_an_odd_place(value)
        return content

    return placed
