"""Files that `torch.save` wrote, read through an allow-list of the names that may occur in them.

Three walls stand in front of a hostile file. First its opcodes are read, none of them run, and a file that names
anything outside the allow-list is refused by that name; so is one whose tensors would take more memory than the file
has bytes. Then torch's restricted unpickler rebuilds what is left, with empty stand-ins in place of the classes a
caller allows. Last, each tensor is measured against the numbers that it was given. Knows nothing about what the files
are for.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import ZIP_ERRORS, open_file, read_file, storage_errors
from parametric_memory.files.json_objects import shown
from parametric_memory.files.tensors import check_finite

# Elements of a storage, and bytes of each.
_ELEMENTS = {
    **{"Float": 4, "Double": 8, "Half": 2, "BFloat16": 2},
    **{"Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1, "Bool": 1},
}
# All that a pickle of tensors by name refers to.
TENSOR_NAMES = frozenset(
    {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    | {f"torch.{element}Storage" for element in _ELEMENTS}
)
_BYTES = {f"torch.{element}Storage": size for element, size in _ELEMENTS.items()}
_PICKLES_IN_A_ROW = 5  # of files of old releases of torch; raw numbers follow them
_ARCHIVE = b"PK\x03\x04"  # what torch, too, tells an archive from a bare pickle by
_TO_MEMO = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_FROM_MEMO = ("GET", "BINGET", "LONG_BINGET")
_TUPLES = ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE")
_LONGEST_NAME = 200  # characters of a module or of what it holds
# Tuples of tuples, written out. Checkpoints have a handful of numbers in each; as the keys of a dict, tuples that hold
# each other twice take longer with every step, and those that lie too deeply end the process.
_LARGEST_TUPLE, _DEEPEST_TUPLE = 1000, 50
_MOST_SHARED = 16  # times the file's bytes that its tensors may have together: layers may share their weights


def load_pickle(path: Path, what: str, stand_ins: Mapping[str, type] | None = None) -> Any:
    """What `torch.save` wrote to a file, tensors on the CPU; nothing in the file runs.

    Args:
        what: what the file should be, for messages: "Doc-to-LoRA checkpoint".
        stand_ins: names that may occur besides those of tensors, and what is made in their place.

    Raises:
        CheckpointError: the file names anything else, is damaged or cut short, was not written by torch, or holds
            tensors larger than it is, or numbers that are not finite.
        StorageError: the disk refuses.
    """
    stand_ins = stand_ins or {}
    found = _looked_through(path)
    if forbidden := sorted(found.names - TENSOR_NAMES - stand_ins.keys()):
        raise CheckpointError(
            f"{path} was refused, and nothing in it was run: it names {shown(', '.join(forbidden))}, which no {what} "
            "needs. Do not trust this file."
        )
    try:
        problem = found.problem or _too_large(path, found)
    except ZIP_ERRORS as error:
        raise CheckpointError(f"{path} is damaged, cut short or no {what}: {shown(error)}") from error
    if problem:
        raise CheckpointError(f"{path} was refused, and nothing in it was loaded: {problem}. Do not trust this file.")
    replaced: list[Any] = [(stand_in, name) for name, stand_in in stand_ins.items()]
    try:
        with torch.serialization.safe_globals(replaced):
            content = torch.load(path, map_location="cpu", weights_only=True)
    # Damaged bytes make the unpickler fail in any way: its own errors, RuntimeError, EOFError, KeyError, ...
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise CheckpointError(f"{path} is damaged, cut short or no {what}: {shown(reason)}") from error
    if isinstance(content, Mapping):
        _check_tensors(path, content)
    return content


def named_globals(path: Path) -> set[str]:
    """Names such as `torch.FloatStorage` that unpickling a file would look up, told without running any of it.

    A damaged file gives the names up to the damage.

    Raises:
        StorageError: the disk refuses.
    """
    return _looked_through(path).names


@dataclass
class _Found:
    """What the opcodes of a file say."""

    names: set[str] = field(default_factory=set)
    storages: list[Any] = field(default_factory=list)  # what each is to be loaded by
    texts: set[str] = field(default_factory=set)  # of the last pickle: in a bare one, which storages follow it
    problem: str | None = None


def _looked_through(path: Path) -> _Found:
    found = _Found()
    with storage_errors(f"read {path}"):
        for pickles in _pickles(path):
            try:
                for _ in range(_PICKLES_IN_A_ROW):
                    _walk(pickles, found)
            # Arguments of damaged opcodes, and the end, fail as whatever reads them does: numbers, text encodings, ...
            except (ValueError, OverflowError, IndexError):
                continue
    return found


def _is_archive(path: Path) -> bool:
    with open_file(path) as file:
        return file.read(len(_ARCHIVE)) == _ARCHIVE


def _too_large(path: Path, found: _Found) -> str | None:
    """What of a file's storages it does not hold, in words; None where all of their bytes are in it."""
    size = path.stat().st_size
    records: Counter[str] = Counter()
    if is_archive := _is_archive(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        if packed := [member.filename for member in members if member.compress_type != zipfile.ZIP_STORED]:
            return f"{shown(packed[0])} in it is packed, which torch never does"
        if sum(member.file_size for member in members) > size:
            return "the files in it overlap"
        for member in members:  # torch takes no heed of case
            records[member.filename.partition("/")[2].lower()] += member.file_size
    needed: dict[str, int] = {}
    for storage in found.storages:
        match storage:
            case ("storage", str(kind), str(key), str(), int(count), *_) if kind in _BYTES and count >= 0:
                needed[key] = max(needed.get(key, 0), count * _BYTES[kind])
            case _:
                return "it does not say plainly how large its tensors are"
    for key, wanted in needed.items():
        there = records[f"data/{key}".lower()] if is_archive else size * (key in found.texts)
        if wanted > there:
            return f"its tensor data {shown(key)} claims {wanted:,} bytes, and the file has {there:,}"
    if sum(needed.values()) > size:
        return f"its tensors claim {sum(needed.values()):,} bytes, and the file has {size:,}"
    return None


def _check_tensors(path: Path, content: Mapping[Any, Any]) -> None:
    """Refuses tensors of more numbers than they were given, and numbers that are none.

    Raises:
        CheckpointError: names the tensor.
    """
    size = path.stat().st_size
    tensors = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    storages: dict[int, int] = {}
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        # A step of 0 through one number makes a tensor of any size; for a size beyond the numbers torch adds some.
        if tensor.nbytes > storage.nbytes() or storage.nbytes() > size:
            raise CheckpointError(
                f"{path} was refused: {shown(name)} {shown(list(tensor.shape))} is larger than what the file holds of "
                "it."
            )
    if sum(storages.values()) > size:
        raise CheckpointError(f"{path} was refused: its tensors are larger than what the file holds of them.")
    if sum(tensor.nbytes for tensor in tensors.values()) > _MOST_SHARED * size:
        raise CheckpointError(
            f"{path} was refused: its tensors are of more than {_MOST_SHARED} times as many bytes as the file."
        )
    check_finite(tensors, path)


def _pickles(path: Path) -> Iterator[io.BytesIO]:
    """The pickles in a torch archive, or the whole of a file that is no archive."""
    if not _is_archive(path):
        yield io.BytesIO(read_file(path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            # By their records, not by name: an archive may hold two files of one name. Torch takes no heed of case.
            for record in archive.infolist():
                # What is packed is refused before it matters what is in it.
                if record.filename.lower().endswith(".pkl") and record.compress_type == zipfile.ZIP_STORED:
                    yield io.BytesIO(archive.read(record))
    except ZIP_ERRORS:
        return


@dataclass(frozen=True)
class _Tuple:
    """A tuple on the stack, and how large and deep it is when all in it is written out."""

    items: tuple[Any, ...]
    size: int
    depth: int

    @classmethod
    def of(cls, items: Sequence[Any]) -> _Tuple:
        inner = [item for item in items if isinstance(item, _Tuple)]
        return cls(
            tuple(items),
            1 + len(items) + sum(item.size for item in inner),
            1 + max((item.depth for item in inner), default=0),
        )


def _walk(pickled: io.BytesIO, found: _Found) -> None:
    """Notes what one pickle says, found by moving on a stack what an unpickler would move.

    Since protocol 4 a name is made of two texts on the stack, which may have come there in any way.
    """
    stack: list[Any] = []  # texts, numbers, tuples, marks, and None for all else
    memo: dict[Any, Any] = {}
    found.texts = set()
    for opcode, argument, _ in pickletools.genops(pickled):
        name, before = opcode.name, opcode.stack_before
        if name in _TO_MEMO:
            memo[len(memo) if argument is None else argument] = stack[-1]
            continue
        pushed: Any = None
        if "UNICODE" in name or "STRING" in name or "INT" in name or "LONG" in name:
            pushed = argument
            if isinstance(argument, str):
                found.texts.add(argument)
        if name in _FROM_MEMO:
            pushed = memo.get(argument)
        elif name == "DUP":
            pushed = stack[-1]
        elif name in ("GLOBAL", "INST"):
            pushed = str(argument).replace(" ", ".")
            found.names.add(pushed)
        elif name == "STACK_GLOBAL":
            pushed = f"{_name(stack[-2])}.{_name(stack[-1])}"
            found.names.add(pushed)
        elif name.startswith("EXT"):
            found.names.add(f"copyreg extension {argument}")
        elif name in ("PERSID", "BINPERSID"):
            of_stack = stack[-1] if name == "BINPERSID" else None
            found.storages.append(of_stack.items if isinstance(of_stack, _Tuple) else None)
        popped = []
        if pickletools.markobject in before or (name == "POP" and stack[-1] is pickletools.markobject):
            while (item := stack.pop()) is not pickletools.markobject:
                popped.append(item)
            before = before[: before.index(pickletools.markobject)] if pickletools.markobject in before else []
        popped += [stack.pop() for _ in before]
        if name in _TUPLES:
            pushed = _Tuple.of(popped[::-1])
            if pushed.size > _LARGEST_TUPLE or pushed.depth > _DEEPEST_TUPLE:
                found.problem = "its parts are nested more deeply than those of any checkpoint"
                raise ValueError(found.problem)
        stack += [kind if kind is pickletools.markobject else pushed for kind in opcode.stack_after]


def _name(value: Any) -> str | None:
    """A text as part of a name; cut, so that a few long ones do not make many longer ones."""
    return value[:_LONGEST_NAME] if isinstance(value, str) else None
