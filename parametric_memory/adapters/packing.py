"""Adapters and rows as bytes: safetensors, in a database's blob or an archive's file. Knows nothing about models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from parametric_memory.adapters.checkpoints import damaged_errors
from parametric_memory.adapters.factors import Adapter, DocumentRows, Factors, TokenRows
from parametric_memory.errors import AdapterError, CheckpointError
from parametric_memory.files import shown

if TYPE_CHECKING:
    from torch import Tensor

_COUNTS = "counts"  # rows of each passage
_MODULES = "modules"  # in the metadata of an adapter: scaling and number of shared rows by module


def pack(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Tensors by name as a safetensors file."""
    import torch
    from safetensors.torch import save

    # Copies: safetensors refuses tensors that share memory, and those of a document or an adapter may.
    copies = {n: t.detach().cpu().clone(memory_format=torch.contiguous_format) for n, t in tensors.items()}
    return save(copies, metadata)


def unpack(content: bytes, where: object) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The inverse of `pack`. where: names the content in messages. Raises CheckpointError: it is damaged."""
    from safetensors.torch import load

    with damaged_errors(where):
        tensors = load(content)
        length = int.from_bytes(content[:8], "little")
        return tensors, json.loads(content[8 : 8 + length]).get("__metadata__") or {}


def pack_rows(rows: DocumentRows) -> bytes:
    """The tensors of `TokenRows`, and the number of rows of each passage."""
    import torch

    return pack({**rows.rows.parts, _COUNTS: torch.tensor(rows.counts, dtype=torch.int32)})


def unpack_rows(content: bytes, where: str) -> DocumentRows:
    """The inverse of `pack_rows`. Raises CheckpointError: the content is damaged."""
    parts, _ = unpack(content, where)
    counts = parts.pop(_COUNTS, None)
    if counts is None or not _are_rows(parts, counts):
        raise CheckpointError(f"{where} is damaged: what it holds are no rows.")
    return DocumentRows(TokenRows(**parts), counts.tolist())


def pack_adapter(adapter: Adapter) -> bytes:
    """A and B of each module as they are; scaling and number of shared rows in the file's metadata.

    Raises AdapterError: the adapter has no modules.
    """
    if adapter.rank == 0:
        raise AdapterError("An adapter without modules cannot be kept.")
    modules = {name: (factors.scaling, factors.shared) for name, factors in adapter.factors.items()}
    tensors = {f"{name}.{side}": getattr(f, side) for name, f in adapter.factors.items() for side in "AB"}
    return pack(tensors, {_MODULES: json.dumps(modules, sort_keys=True)})


def unpack_adapter(content: bytes, where: str) -> Adapter:
    """The inverse of `pack_adapter`, on the CPU. Raises CheckpointError: the content is damaged."""
    tensors, metadata = unpack(content, where)
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
    """sha256 (hex) of the concatenated contents."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


def adapter_digest(adapter: Adapter) -> str:
    """sha256 (hex) of an adapter's modules, scalings and numbers, whatever device they are on."""
    return digest_of([pack_adapter(adapter)])


def _are_rows(parts: dict[str, Tensor], counts: Tensor) -> bool:
    """Whether the tensors have the names, shapes, dtypes and ranges of `TokenRows`."""
    import torch

    if parts.keys() != {field.name for field in fields(TokenRows)} or not all(part.ndim for part in parts.values()):
        return False
    number, layers = len(parts["tokens"]), parts["keys"].shape[1] if parts["keys"].ndim == 3 else 0
    forms = {
        "tokens": (torch.int32, (number, 2)),
        "keys": (torch.uint8, (number, layers, parts["keys"].shape[-1])),
        "gains": (torch.bfloat16, (number, layers, parts["gains"].shape[-1])),
        "values": (torch.int8, (number, parts["values"].shape[-1])),
        "scales": (torch.float32, (number, 2)),
    }
    return (
        all((part.dtype, part.shape) == forms[name] for name, part in parts.items())
        and (counts.dtype, counts.ndim) == (torch.int32, 1)
        and int(counts.sum()) == number
        and all(bool((part >= 0).all()) for part in (parts["tokens"], counts, parts["gains"], parts["scales"]))
        and bool(parts["gains"].isfinite().all() and parts["scales"].isfinite().all())
    )
