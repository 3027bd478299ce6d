"""Which names a pickle would look up, told from its opcodes without running any of them.

Knows nothing about what is in the pickle or what may be.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
import zlib
from collections.abc import Iterator


def named_globals(data: bytes) -> set[str]:
    """Names such as `torch.FloatStorage` in a file that `torch.save` or `pickle` wrote.

    A damaged file gives the names up to the damage.
    """
    names: set[str] = set()
    for pickled in _pickles(data):
        try:
            names.update(_looked_up(pickled))
        # Arguments of damaged opcodes fail as whatever reads them does: numbers, text encodings, lengths.
        except (ValueError, OverflowError, IndexError):
            continue
    return names


def _pickles(data: bytes) -> list[bytes]:
    """The pickles in a torch archive, or the data itself where it is no archive."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return [data]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [archive.read(name) for name in archive.namelist() if name.endswith(".pkl")]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return []


def _looked_up(pickled: bytes) -> Iterator[str]:
    """Names in order. Since protocol 4 a name is made of the two texts that were last put on the stack."""
    texts: list[str] = []
    memo: dict[int, str] = {}
    top: str | None = None
    stored = 0
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            place = stored if argument is None else int(argument)
            stored += 1
            if top is not None:
                memo[place] = top
            continue
        top = None
        if "UNICODE" in opcode.name:
            top = str(argument)
        elif opcode.name in ("GET", "BINGET", "LONG_BINGET"):
            top = memo.get(int(argument or 0))
        elif opcode.name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".")
        elif opcode.name == "STACK_GLOBAL":
            yield ".".join(texts[-2:])
        if top is not None:
            texts.append(top)
