"""Checkpoints that somebody else may have written: tensors by name, out of files of torch or of safetensors.

What `torch.save` wrote is read through an allow-list of the names that may occur in it.

Three walls stand in front of a hostile file. First its opcodes are read, none of them run: a file that names anything
outside the allow-list is refused by that name. Then torch's restricted unpickler rebuilds what is left, with empty
stand-ins in place of the classes a caller allows; the file is mapped, so that tensors take no memory beside it. Last,
each tensor is measured against the numbers that it was given. Knows nothing about what the files are for.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError
from parametric_memory.files import open_file, shown, storage_errors

if TYPE_CHECKING:
    from torch import Tensor

_ELEMENTS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
# All that a pickle of tensors by name refers to. Torch's own list holds more, some of which make what is large of a
# number.
_TENSOR_NAMES = frozenset(
    {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    | {f"torch.{element}Storage" for element in _ELEMENTS}
)
_ARCHIVE = b"PK\x03\x04"  # what torch, too, tells an archive from a bare pickle by
_TO_MEMO = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_FROM_MEMO = ("GET", "BINGET", "LONG_BINGET")
_LOOKED_THROUGH = 2**26  # bytes of a file that is refused for being no archive: for names to warn of
_LONGEST_NAME = 200  # characters of a module or of what it holds
# Parts of a tuple and of those in it, written out; checkpoints have a handful. As keys of a dict, tuples that hold each
# other twice take longer with every step, and those that lie too deeply end the process.
_LARGEST_TUPLE = 1000
_MOST_SHARED = 16  # times the file's bytes that its tensors may have together: layers may share their weights

_AT_ONCE = 2**22  # numbers that are looked at


def load_pickle(path: Path, what: str, stand_ins: Mapping[str, type] | None = None) -> Any:
    """What torch wrote to a file, since its release 1.6; tensors on the CPU. Nothing in the file runs.

    Args:
        what: what the file should be, for messages: "Doc-to-LoRA checkpoint".
        stand_ins: names that may occur besides those of tensors, and what is made in their place.

    Raises:
        CheckpointError: the file names anything else, is damaged or cut short, was not written by torch, or holds
            tensors larger than it is, or numbers that are not finite.
        StorageError: the disk refuses.
    """
    import torch

    stand_ins = stand_ins or {}
    names: set[str] = set()
    with storage_errors(f"read {path}"):
        try:
            try:
                for pickled in _pickles(path):
                    _check_pickle(pickled, names)
            finally:  # in a damaged file, too
                if forbidden := sorted(names - _TENSOR_NAMES - stand_ins.keys()):
                    raise CheckpointError(
                        f"{path} was refused, and nothing in it was run: it names {shown(', '.join(forbidden))}, which "
                        f"no {what} needs. Do not trust this file."
                    )
            replaced: list[Any] = [(stand_in, name) for name, stand_in in stand_ins.items()]
            with torch.serialization.safe_globals(replaced):
                content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            return _measured(path, content) if isinstance(content, Mapping) else content
        except (CheckpointError, OSError):
            raise
        # Damaged bytes make the unpickler fail in any way: its own errors, RuntimeError, EOFError, KeyError, ...
        except Exception as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise CheckpointError(f"{path} is damaged, cut short or no {what}: {shown(reason)}") from error


def _pickles(path: Path) -> Iterator[IO[bytes]]:
    """The pickles in an archive, or the one in a file that is none, which is looked through for its names alone."""
    with open_file(path) as file:
        if file.read(len(_ARCHIVE)) != _ARCHIVE:
            file.seek(0)
            yield io.BytesIO(file.read(_LOOKED_THROUGH))
            raise ValueError("it is no archive, as torch has written them since its release 1.6")
        with zipfile.ZipFile(file) as archive:
            # By their records, not by name: an archive may hold two files of one name. Torch takes no heed of case.
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError("it is packed, which torch never does")
                if member.filename.lower().endswith(".pkl"):
                    yield io.BytesIO(archive.read(member))


def _check_pickle(pickled: IO[bytes], names: set[str]) -> None:
    """Notes the names in a pickle, and how large its tuples are, by moving on a stack what an unpickler would move.

    Since protocol 4 a name is made of two texts on the stack, which may have come there in any way.

    Raises ValueError: a tuple is too large; and what reading damaged opcodes raises.
    """
    stack: list[Any] = []  # texts, marks, and how many parts all else has
    memo: dict[Any, Any] = {}
    for opcode, argument, _ in pickletools.genops(pickled):
        name, before = opcode.name, opcode.stack_before
        if name in _TO_MEMO:
            memo[len(memo) if argument is None else argument] = stack[-1]
            continue
        popped = []
        if pickletools.markobject in before:
            while (item := stack.pop()) is not pickletools.markobject:
                popped.append(item)
            before = before[: before.index(pickletools.markobject)]
        popped += [stack.pop() for _ in before]
        pushed = argument[:_LONGEST_NAME] if isinstance(argument, str) else 1
        if name in _FROM_MEMO:
            pushed = memo[argument]
        elif name == "DUP":
            pushed = popped[0]
        elif name in ("GLOBAL", "INST"):
            names.add(str(argument).replace(" ", "."))
        elif name == "STACK_GLOBAL":
            names.add(".".join(map(str, reversed(popped))))
        elif "TUPLE" in name:
            pushed = 1 + sum(1 if isinstance(item, str) else item for item in popped)
            if pushed > _LARGEST_TUPLE:
                raise ValueError("its parts are nested more deeply than those of any checkpoint")
        stack += [kind if kind is pickletools.markobject else pushed for kind in opcode.stack_after]


def _measured(path: Path, content: Mapping[Any, Any]) -> dict[Any, Any]:
    """What a file holds by name, its tensors in memory. Refuses tensors of more numbers than they were given.

    Raises CheckpointError: names the tensor.
    """
    from torch import Tensor

    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    for name, tensor in tensors.items():
        # A step of 0 through one number makes a tensor of any size.
        if tensor.nbytes > tensor.untyped_storage().nbytes():
            raise CheckpointError(
                f"{path} was refused: {shown(name)} {shown(list(tensor.shape))} is larger than what the file holds of "
                "it."
            )
    if sum(tensor.nbytes for tensor in tensors.values()) > _MOST_SHARED * path.stat().st_size:
        raise CheckpointError(
            f"{path} was refused: its tensors are of more than {_MOST_SHARED} times as many bytes as the file."
        )
    check_finite(tensors, path)
    return {**content, **{name: tensor.detach().clone() for name, tensor in tensors.items()}}


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
