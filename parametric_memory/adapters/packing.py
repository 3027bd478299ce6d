"""Adapters and rows as bytes: safetensors, in a database's blob or an archive's file. Knows nothing about models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.token_rows import DocumentRows, TokenRows
from parametric_memory.errors import AdapterError, CheckpointError
from parametric_memory.files import shown

if TYPE_CHECKING:
    from torch import Tensor

_COUNTS = "counts"  # how many rows are of each passage
_MODULES = "modules"  # in the metadata of an adapter: scaling and number of shared rows by module


def pack_rows(rows: DocumentRows) -> bytes:
    """The tensors of `TokenRows`, and how many rows are of each passage."""
    import torch
    from safetensors.torch import save

    counts = torch.tensor(rows.counts, dtype=torch.int32)
    # Copies: safetensors refuses tensors that share memory, and those of a document may.
    return save({name: part.clone().contiguous() for name, part in {**rows.rows.parts, _COUNTS: counts}.items()})


def unpack_rows(content: bytes, where: str) -> DocumentRows:
    """The rows that `pack_rows` packed. where: what they are, for messages. Raises CheckpointError for damaged ones."""
    tensors, _ = _tensors(content, where)
    counts = tensors.pop(_COUNTS, None)
    try:
        rows = TokenRows(**tensors)
    except TypeError:
        rows = None
    if rows is None or counts is None or not _fit_together(rows, counts):
        raise CheckpointError(f"{where} is damaged: what it holds are no rows.")
    return DocumentRows(rows, counts.tolist())


def pack_adapter(adapter: Adapter) -> bytes:
    """A and B of each module as they are, the scaling and the number of shared rows in the file's metadata.

    Raises AdapterError: the adapter has no modules.
    """
    from safetensors.torch import save

    if adapter.rank == 0:
        raise AdapterError("An adapter without modules cannot be kept.")
    tensors: dict[str, Tensor] = {}
    modules = {name: (factors.scaling, factors.shared) for name, factors in adapter.factors.items()}
    for name, factors in adapter.factors.items():
        for side, tensor in (("A", factors.A), ("B", factors.B)):
            tensors[f"{name}.{side}"] = tensor.detach().cpu().contiguous().clone()
    return save(tensors, metadata={_MODULES: json.dumps(modules, sort_keys=True)})


def unpack_adapter(content: bytes, where: str) -> Adapter:
    """The adapter that `pack_adapter` packed, on the CPU. Raises CheckpointError: it is damaged."""
    tensors, metadata = _tensors(content, where)
    try:
        modules = json.loads(metadata[_MODULES])
        return Adapter(
            {
                name: Factors(tensors[f"{name}.A"], tensors[f"{name}.B"], scaling, shared)
                for name, (scaling, shared) in modules.items()
            }
        )
    except (KeyError, ValueError, TypeError, AttributeError, AdapterError) as error:
        raise CheckpointError(f"{where} is damaged: {shown(error)}.") from error


def digest_of(contents: Iterable[bytes]) -> str:
    """sha256 of what was packed, hex, however it is cut into pieces."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


def _tensors(content: bytes, where: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(content)
        length = int.from_bytes(content[:8], "little")
        return tensors, json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{where} is damaged or cut short: {shown(error)}.") from error


def _fit_together(rows: TokenRows, counts: Tensor) -> bool:
    """Whether these are the parts of a document's rows."""
    import torch

    if not all(part.ndim for part in rows.parts.values()):
        return False
    number, layers = len(rows.tokens), rows.keys.shape[1] if rows.keys.ndim == 3 else 0
    forms = {
        "tokens": (torch.int32, (number, 2)),
        "keys": (torch.uint8, (number, layers, rows.keys.shape[-1])),
        "gains": (torch.bfloat16, (number, layers, 2)),
        "values": (torch.int8, (number, rows.values.shape[-1])),
        "scales": (torch.float32, (number, 2)),
    }
    return (
        all((part.dtype, part.shape) == forms[name] for name, part in rows.parts.items())
        and (counts.dtype, counts.ndim) == (torch.int32, 1)
        and int(counts.sum()) == number > 0
        and all(bool((part >= 0).all()) for part in (rows.tokens, counts, rows.gains[..., 1], rows.scales))
        and bool(rows.gains.isfinite().all() and rows.scales.isfinite().all())
    )
