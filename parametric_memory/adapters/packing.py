"""Adapters and rows as bytes: safetensors, in a database's blob or an archive's file. Knows nothing about models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.token_rows import DocumentRows, TokenRows
from parametric_memory.errors import AdapterError, CheckpointError
from parametric_memory.files.json_objects import shown

if TYPE_CHECKING:
    from torch import Tensor

_PARTS = ("A", "B", "powers", "tokens", "counts")  # of the rows of a module
_MODULES = "modules"  # in the metadata of an adapter: scaling and number of shared rows by module


def pack_rows(rows: DocumentRows) -> bytes:
    """For each module A and B in float8, powers and tokens, see `TokenRows`, and how many rows are of each passage."""
    import torch
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    for name, of_module in rows.modules.items():
        counts = torch.tensor(list(rows.counts[name]), dtype=torch.int32)
        parts = (of_module.A, of_module.B, of_module.powers, of_module.tokens, counts)
        # Copies: safetensors refuses tensors that share memory, and those of a document may.
        tensors |= {f"{name}.{part}": t.clone().contiguous() for part, t in zip(_PARTS, parts, strict=True)}
    return save(tensors)


def unpack_rows(content: bytes, where: str) -> DocumentRows:
    """The rows that `pack_rows` packed. where: what they are, for messages. Raises CheckpointError for damaged ones."""
    tensors, _ = _tensors(content, where)
    modules, counts = {}, {}
    for name in dict.fromkeys(key.rpartition(".")[0] for key in tensors):
        parts = [tensors[key] for part in _PARTS if (key := f"{name}.{part}") in tensors]
        if len(parts) < len(_PARTS) or not _fit_together(*parts):
            raise CheckpointError(f"{where} is damaged: what it holds of {shown(name)} are no rows.")
        A, B, powers, tokens, of_passages = parts
        modules[name], counts[name] = TokenRows(A, B, powers, tokens), of_passages.tolist()
    return DocumentRows(modules, counts)


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


def _fit_together(A: Tensor, B: Tensor, powers: Tensor, tokens: Tensor, counts: Tensor) -> bool:
    """Whether these are the parts of one module's rows."""
    import torch

    short = (torch.float8_e4m3fn, 2)
    kinds = [(part.dtype, part.ndim) for part in (A, B, powers, tokens, counts)]
    if kinds != [short, short, (torch.int8, 2), (torch.int32, 2), (torch.int32, 1)]:
        return False
    rows = len(A)
    return (
        (B.shape[0], *powers.shape, *tokens.shape) == (rows, rows, 2, rows, 2)
        and all(bool((part >= 0).all()) for part in (tokens, counts))
        and int(counts.sum()) == rows
    )
