"""Checkpoints that somebody else may have written: validated configs, and tensors from files of torch and safetensors.

Three checks protect against a hostile pickle. First its opcodes are read, and none is run: a file that names anything
outside an allow-list is refused. Then torch's restricted unpickler loads it, with empty stand-ins for the classes that
the caller allows; the file is memory-mapped. Last, each tensor is compared with the size of its storage. Knows nothing
about the meaning of the files.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from parametric_memory.errors import CheckpointError
from parametric_memory.files import open_file, shown, storage_errors

if TYPE_CHECKING:
    from torch import Tensor

_ELEMENTS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
# All that a pickle of tensors by name refers to. Torch's own list has more, some of which allocate memory by a number.
_TENSOR_NAMES = frozenset(
    {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    | {f"torch.{element}Storage" for element in _ELEMENTS}
)
_ARCHIVE = b"PK\x03\x04"  # the first bytes of an archive; torch, too, detects one by them
_TO_MEMO = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_FROM_MEMO = ("GET", "BINGET", "LONG_BINGET")
_SEARCHED = 2**26  # bytes of a bare pickle, which is refused in any case: its names are for the message
_LONGEST_NAME = 200  # characters of a module or class
# Elements of a tuple, nested ones included; checkpoints have a handful. Hashing tuples that contain each other twice
# takes exponential time, and deep nesting overflows the stack.
_LARGEST_TUPLE = 1000
_MOST_SHARED = 16  # bytes of all tensors per byte of the file: layers may share weights
_AT_ONCE = 2**22  # numbers that are checked in one step

_M = TypeVar("_M")
_adapter = cache(TypeAdapter)  # to make one takes a thousand times as long as to use it


def check_file(path: Path, folder: str) -> None:
    """Raises CheckpointError: there is no such file. folder: what its folder should be, for the message."""
    with storage_errors(f"read {path}"):
        exists = path.exists()  # what is no plain file is refused when it is read
    if not exists:
        raise CheckpointError(f"{path.parent} is no {folder}: {path.name} is missing.")


def validated(model: type[_M], values: object, source: object) -> _M:
    """Values as a pydantic model or dataclass. Raises CheckpointError: names the source and the first invalid value."""
    try:
        found: _M = _adapter(model).validate_python(values)  # type: ignore[arg-type]  # a class is hashable
        return found
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(str(part) for part in detail["loc"])
        problem = f"{shown(place)}: {detail['msg']}" if place else detail["msg"]
        if isinstance(given := detail["input"], str | int | float):
            problem += f", not {shown(repr(given))}"
        raise CheckpointError(f"{source} cannot be used: {problem}.") from error


def load_pickle(path: Path, what: str, stand_ins: Mapping[str, type] | None = None) -> dict[str, Any]:
    """The tensors by name in a file of `torch.save` (since release 1.6), on the CPU. Nothing in the file runs.

    what: what the file should be, for messages: "Doc-to-LoRA checkpoint".
    stand_ins: allowed names besides those of tensors, and the classes that replace them. The file may then hold other
        values, too.

    Raises CheckpointError: the file names or holds anything else, is damaged, was not written by torch, or holds
    tensors larger than their storage, or numbers that are not finite; StorageError: the disk refuses.
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
            allowed: list[Any] = [(stand_in, name) for name, stand_in in stand_ins.items()]
            with torch.serialization.safe_globals(allowed):
                content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            if not isinstance(content, Mapping) or not all(isinstance(name, str) for name in content):
                raise CheckpointError(f"{path} is no {what}: it holds a {type(content).__name__}, not tensors by name.")
            found = _checked(path, content)
            if not stand_ins and (others := [name for name, value in found.items() if not torch.is_tensor(value)]):
                raise CheckpointError(f"{path} is no {what}: {shown(others[0])} in it is no tensor.")
            return found
        except (CheckpointError, OSError):
            raise
        # Damaged bytes make the unpickler fail in any way: its own errors, RuntimeError, EOFError, KeyError, ...
        except Exception as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise CheckpointError(f"{path} is damaged, cut short or no {what}: {shown(reason)}") from error


def _pickles(path: Path) -> Iterator[IO[bytes]]:
    """The pickles in an archive; of a bare pickle its beginning, for the names in it. Raises ValueError."""
    with open_file(path) as file:
        if file.read(len(_ARCHIVE)) != _ARCHIVE:
            file.seek(0)
            yield io.BytesIO(file.read(_SEARCHED))
            raise ValueError("it is no archive, as torch has written them since its release 1.6")
        with zipfile.ZipFile(file) as archive:
            # By record, not by name: an archive may hold two files of one name. Torch ignores case.
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError("it is packed, which torch never does")
                if member.filename.lower().endswith(".pkl"):
                    yield io.BytesIO(archive.read(member))


def _check_pickle(pickled: IO[bytes], names: set[str]) -> None:
    """Adds the names in a pickle, by simulating the unpickler's stack. Raises ValueError: a tuple is too large.

    Since protocol 4 a name consists of two texts on the stack, which any opcode may have put there.
    """
    stack: list[Any] = []  # texts, marks, and the number of elements of anything else
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
                raise ValueError("its tuples are nested more deeply than those of any checkpoint")
        stack += [kind if kind is pickletools.markobject else pushed for kind in opcode.stack_after]


def _checked(path: Path, content: Mapping[Any, Any]) -> dict[Any, Any]:
    """The content with its tensors copied to memory. Raises CheckpointError: a tensor is larger than its storage."""
    from torch import Tensor

    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    for name, tensor in tensors.items():
        # A stride of 0 makes a tensor of any size from one number.
        if tensor.nbytes > tensor.untyped_storage().nbytes():
            name = f"{shown(name)} {shown(list(tensor.shape))}"
            raise CheckpointError(f"{path} was refused: {name} is larger than what the file holds of it.")
    if sum(tensor.nbytes for tensor in tensors.values()) > _MOST_SHARED * path.stat().st_size:
        raise CheckpointError(f"{path} was refused: its tensors have {_MOST_SHARED} times as many bytes as the file.")
    check_finite(tensors, path)
    return {**content, **{name: tensor.detach().clone() for name, tensor in tensors.items()}}


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors by name of a safetensors file, on the CPU.

    Raises CheckpointError: the file is damaged, or holds numbers that are not finite; StorageError: the disk refuses.
    """
    from safetensors.torch import load_file

    with storage_errors(f"read {path}"), damaged_errors(path):
        tensors: dict[str, Tensor] = load_file(path)
    check_finite(tensors, path)
    return tensors


@contextmanager
def damaged_errors(source: object) -> Iterator[None]:
    """Turns errors of safetensors into CheckpointError. source: what is read, for the message."""
    from safetensors import SafetensorError

    try:
        yield
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{source} is damaged or cut short: {shown(error)}.") from error


def is_finite(tensor: Tensor) -> bool:
    """Whether all numbers are finite in float32, the dtype of computation."""
    import torch

    parts: Any = tensor.reshape(-1).split(_AT_ONCE)
    return all(torch.isfinite(part.float()).all() for part in parts)


def check_finite(tensors: Mapping[str, Tensor], source: Path) -> None:
    """Raises CheckpointError: names a tensor with a NaN or an infinite number."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not is_finite(tensor):
            raise CheckpointError(f"{source} cannot be used: {shown(name)} holds numbers that are not finite.")
