"""Files as `torch.save` writes them, and as nobody should: written by hand, opcode by opcode."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

FLOATS = b"ctorch\nFloatStorage\n"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    data = value.to_bytes(9, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def storage(count: int, key: str = "0") -> bytes:
    """The opcodes that load a storage of floats. count: how many it claims to have."""
    return b"(" + text("storage") + FLOATS + text(key) + text("cpu") + number(count) + b"tQ"


def tensor(shape: tuple[int, ...], strides: tuple[int, ...], loaded: bytes) -> bytes:
    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    return REBUILD + b"(" + loaded + number(0) + numbers(shape) + numbers(strides) + b"\x89" + HOOKS + b"tR"


HOOKS = b"ccollections\nOrderedDict\n)R"


def archive_of(content: bytes, data: bytes, path: Path, packed: int = zipfile.ZIP_STORED) -> Path:
    """An archive of torch with one tensor. content: the opcodes of what it holds; data: the storage's bytes."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}" + text("weight") + content + b"s.")
        archive.writestr("archive/byteorder", b"little")
        archive.writestr("archive/data/0", data)
        archive.writestr("archive/version", b"3\n")
    return path
