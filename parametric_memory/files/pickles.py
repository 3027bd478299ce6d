"""Files that `torch.save` wrote, read through an allow-list of the names that may occur in them.

Two walls stand in front of a hostile file. First its opcodes are read, none of them run, and a file that
names anything outside the allow-list is refused by that name. Then torch's restricted unpickler rebuilds what
is left, with empty stand-ins in place of the classes a caller allows. Knows nothing about what the files are
for.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import ZIP_ERRORS, storage_errors

_ELEMENTS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
# All that a pickle of tensors by name refers to.
TENSOR_NAMES = frozenset(
    {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    | {f"torch.{element}Storage" for element in _ELEMENTS}
)
_PICKLES_IN_A_ROW = 5  # of files of old releases of torch; raw numbers follow them
_ARCHIVE = b"PK\x03\x04"  # what torch, too, tells an archive from a bare pickle by
_TO_MEMO = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_FROM_MEMO = ("GET", "BINGET", "LONG_BINGET")


def load_pickle(path: Path, what: str, stand_ins: Mapping[str, type] | None = None) -> Any:
    """What `torch.save` wrote to a file, tensors on the CPU; nothing in the file runs.

    Args:
        what: what the file should be, for messages: "Doc-to-LoRA checkpoint".
        stand_ins: names that may occur besides those of tensors, and what is made in their place.

    Raises:
        CheckpointError: the file names anything else, is damaged or cut short, or was not written by torch.
        StorageError: the disk refuses.
    """
    stand_ins = stand_ins or {}
    if forbidden := sorted(named_globals(path) - TENSOR_NAMES - stand_ins.keys()):
        raise CheckpointError(
            f"{path} was refused, and nothing in it was run: it names {', '.join(forbidden)}, which no {what} "
            "needs. Do not trust this file."
        )
    replaced: list[Any] = [(stand_in, name) for name, stand_in in stand_ins.items()]
    try:
        with torch.serialization.safe_globals(replaced):
            return torch.load(path, map_location="cpu", weights_only=True)
    # Damaged bytes make the unpickler fail in any way: its own errors, RuntimeError, EOFError, KeyError, ...
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise CheckpointError(f"{path} is damaged, cut short or no {what}: {reason}") from error


def named_globals(path: Path) -> set[str]:
    """Names such as `torch.FloatStorage` that unpickling a file would look up, told without running any of it.

    A damaged file gives the names up to the damage.

    Raises:
        StorageError: the disk refuses.
    """
    names: set[str] = set()
    with storage_errors(f"read {path}"):
        for pickles in _pickles(path):
            try:
                for _ in range(_PICKLES_IN_A_ROW):
                    names.update(_looked_up(pickles))
            # Arguments of damaged opcodes, and the end, fail as whatever reads them does: numbers, text encodings, ...
            except (ValueError, OverflowError, IndexError):
                continue
    return names


def _pickles(path: Path) -> Iterator[io.BytesIO]:
    """The pickles in a torch archive, or the whole of a file that is no archive."""
    with path.open("rb") as file:
        is_archive = file.read(len(_ARCHIVE)) == _ARCHIVE
    if not is_archive:
        yield io.BytesIO(path.read_bytes())
        return
    try:
        with zipfile.ZipFile(path) as archive:
            # By their records, not by name: an archive may hold two files of one name. Torch takes no heed of case.
            for record in archive.infolist():
                if record.filename.lower().endswith(".pkl"):
                    yield io.BytesIO(archive.read(record))
    except ZIP_ERRORS:
        return


def _looked_up(pickled: io.BytesIO) -> Iterator[str]:
    """Names in order, up to the end of one pickle, found by moving on a stack what an unpickler would move.

    Since protocol 4 a name is made of two texts on the stack, which may have come there in any way.
    """
    stack: list[Any] = []  # texts, marks, and None for all else
    memo: dict[Any, Any] = {}
    for opcode, argument, _ in pickletools.genops(pickled):
        name, before = opcode.name, opcode.stack_before
        if name in _TO_MEMO:
            memo[len(memo) if argument is None else argument] = stack[-1]
            continue
        pushed: Any = None
        if "UNICODE" in name or "STRING" in name:
            pushed = argument
        elif name in _FROM_MEMO:
            pushed = memo.get(argument)
        elif name == "DUP":
            pushed = stack[-1]
        elif name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".")
        elif name == "STACK_GLOBAL":
            yield f"{stack[-2]}.{stack[-1]}"
        elif name.startswith("EXT"):
            yield f"copyreg extension {argument}"
        popped = len(before)
        if pickletools.markobject in before or (name == "POP" and stack[-1] is pickletools.markobject):
            while stack.pop() is not pickletools.markobject:
                pass
            popped = before.index(pickletools.markobject) if pickletools.markobject in before else 0
        for _ in range(popped):
            stack.pop()
        stack += [kind if kind is pickletools.markobject else pushed for kind in opcode.stack_after]
