"""What of an entry's rows stands in its folder: an adapter, the rows of its passages, or nothing.

    <entry>/adapter/            a PEFT folder: what was added or refined, and all whose rows are not made by sentences
    <entry>/rows.safetensors    for each module with rows: A and B in float8, powers and tokens, see `TokenRows`, and
                                how many rows are of each passage. Rows that all documents share are not in it.

An entry with neither is made again from its text. Knows nothing about models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import CAN_MAP, WEIGHTS_FILE, load_peft, save_peft
from parametric_memory.adapters.token_rows import DocumentRows, TokenRows
from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import open_file, storage_errors, sync_folder, write_durably
from parametric_memory.files.json_objects import shown

if TYPE_CHECKING:
    import torch

ADAPTER_FOLDER, ROWS_FILE = "adapter", "rows.safetensors"
_PARTS = ("A", "B", "powers", "tokens", "counts")

Stored = Adapter | DocumentRows | None


class Written(NamedTuple):
    """What a record says of what was written: see `Entry`."""

    store: Literal["text", "rows", "adapter"]
    rank: int
    adapter_sha256: str


def write_stored(
    stored: Stored, folder: Path, base_model_name: str | None = None, extra: Mapping[str, Any] | None = None
) -> Written:
    """Writes what is kept of an entry's rows into its folder.

    Args:
        base_model_name, extra: of an adapter, see `save_peft`.

    Raises:
        AdapterError: the adapter has no modules.
        StorageError: the disk refuses.
    """
    if stored is None:
        return Written("text", 0, "")
    if isinstance(stored, DocumentRows):
        return Written("rows", stored.rank, _write_rows(stored, folder / ROWS_FILE))
    sha256 = save_peft(stored, folder / ADAPTER_FOLDER, base_model_name, extra)
    sync_folder(folder / ADAPTER_FOLDER)
    return Written("adapter", stored.rank, sha256)


def read_stored(written: Written, folder: Path, most_read: int | None = None) -> tuple[Stored, bool]:
    """What is kept of an entry's rows, on the CPU, and whether it is mapped from its file, not read.

    Args:
        most_read: bytes; of a larger file what is used comes from the disk when it is used, and nothing must be written
            into the tensors. None: everything is read.

    Raises:
        CheckpointError: a file is missing or damaged.
        AdapterError: the adapter is no plain LoRA.
        StorageError: the disk refuses.
    """
    if written.store == "text":
        return None, False
    file = folder / (ROWS_FILE if written.store == "rows" else f"{ADAPTER_FOLDER}/{WEIGHTS_FILE}")
    if not file.exists():
        raise CheckpointError(f"{file} is missing: delete the entry, and add its document again.")
    mapped = CAN_MAP and most_read is not None and file.stat().st_size > most_read
    if written.store == "rows":
        return _read_rows(file, written.adapter_sha256, mapped), mapped
    return load_peft(file.parent, written.adapter_sha256, mapped=mapped), mapped


def _write_rows(rows: DocumentRows, path: Path) -> str:
    """Returns the sha256 of the file, in hex."""
    import torch
    from safetensors.torch import save

    tensors: dict[str, torch.Tensor] = {}
    for name, of_module in rows.modules.items():
        counts = torch.tensor(list(rows.counts[name]), dtype=torch.int32)
        parts = (of_module.A, of_module.B, of_module.powers, of_module.tokens, counts)
        # Copies: safetensors refuses tensors that share memory, and those of a document may.
        tensors |= {f"{name}.{part}": t.clone().contiguous() for part, t in zip(_PARTS, parts, strict=True)}
    data = save(tensors)
    write_durably(path, data)
    return hashlib.sha256(data).hexdigest()


def _read_rows(path: Path, sha256: str, mapped: bool) -> DocumentRows:
    from safetensors import SafetensorError
    from safetensors.torch import load, load_file

    with storage_errors(f"read {path}"), open_file(path) as file:
        data = None if mapped else file.read()
        found = hashlib.file_digest(file, "sha256") if data is None else hashlib.sha256(data)
    if sha256 != found.hexdigest():
        raise CheckpointError(f"{path} is damaged: its sha256 is not the one that was recorded.")
    try:
        tensors = load_file(path) if data is None else load(data)
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} is damaged or cut short: {shown(error)}.") from error
    modules, counts = {}, {}
    for name in dict.fromkeys(key.rpartition(".")[0] for key in tensors):
        parts = [tensors.get(f"{name}.{part}") for part in _PARTS]
        if not _fit_together(*parts):
            raise CheckpointError(f"{path} is damaged: what it holds of {shown(name)} are no rows.")
        A, B, powers, tokens, of_passages = (part for part in parts if part is not None)
        modules[name], counts[name] = TokenRows(A, B, powers, tokens), of_passages.tolist()
    return DocumentRows(modules, counts)


def _fit_together(
    A: torch.Tensor | None,
    B: torch.Tensor | None,
    powers: torch.Tensor | None,
    tokens: torch.Tensor | None,
    counts: torch.Tensor | None,
) -> bool:
    """Whether these are the parts of one module's rows."""
    import torch

    if A is None or B is None or powers is None or tokens is None or counts is None:
        return False
    dtypes = [part.dtype for part in (A, B, powers, tokens, counts)]
    if dtypes != [torch.float8_e4m3fn, torch.float8_e4m3fn, torch.int8, torch.int32, torch.int32]:
        return False
    if [part.ndim for part in (A, B, powers, tokens, counts)] != [2, 2, 2, 2, 1]:
        return False
    rows = A.shape[0]
    return (
        (B.shape[0], *powers.shape, *tokens.shape) == (rows, rows, 2, rows, 2)
        and all(bool((part >= 0).all()) for part in (tokens, counts))
        and int(counts.sum()) == rows
    )
