"""Tensors that somebody else may have written: what a file says of them, and whether their numbers are any.

Knows nothing about what the tensors are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import storage_errors
from parametric_memory.files.json_objects import shown

if TYPE_CHECKING:
    from torch import Tensor

_AT_ONCE = 2**22  # numbers


def read_shapes(path: Path) -> dict[str, list[int]]:
    """Shapes by name out of the header of a safetensors file; no tensor is read.

    Raises:
        CheckpointError: the file is damaged.
        StorageError: the disk refuses.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with storage_errors(f"read {path}"), safe_open(path, "pt") as file:
            return {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} cannot be used: it is damaged or cut short ({shown(error)}).") from error


def is_finite(tensor: Tensor) -> bool:
    """Whether all of its numbers are finite in float32, as they are computed with."""
    import torch

    parts: Any = tensor.reshape(-1).split(_AT_ONCE)
    return all(torch.isfinite(part.float()).all() for part in parts)


def check_finite(tensors: Mapping[str, Tensor], source: Path) -> None:
    """Raises CheckpointError: names a tensor that holds what is no number, or is infinite."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not is_finite(tensor):
            raise CheckpointError(f"{source} cannot be used: {shown(name)} holds numbers that are not finite.")
