"""JSON from strangers: bounded in size and depth before it becomes objects."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import open_file, storage_errors

# As objects, JSON may take twenty times as much memory. A configuration that names ten thousand modules is smaller.
LARGEST_CONFIG = 4 * 2**20  # bytes
_SHOWN = 200  # characters
_STRING_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{,:]', re.DOTALL)  # a string that never ends, too


def parsed(data: bytes | str) -> Any:
    """As `json.loads`. Raises ValueError: it is no JSON, or nested too deeply."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def holds_more(data: bytes, values: float) -> bool:
    """Whether JSON may become more than so many values and names, each of some sixty bytes."""
    if sum(map(data.count, (b"[", b"{", b",", b":"))) <= values:
        return False
    if b"\0" in data:  # it is of UTF-16 or UTF-32, where a byte alone does not tell what ends a string
        return True
    marks = (found for found in _STRING_OR_MARK.finditer(data) if data[found.start()] != ord('"'))
    return next(islice(marks, int(values), None), None) is not None


def read_object(path: Path, limit: int = LARGEST_CONFIG) -> dict[str, Any]:
    """The JSON object in a file. Raises CheckpointError: it holds something else; and as `read_bounded`."""
    data = read_bounded(path, limit)
    try:
        content = parsed(data)
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: it is no JSON ({error}).") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is damaged: it should hold a JSON object.")
    return content


def read_bounded(path: Path, limit: int = LARGEST_CONFIG) -> bytes:
    """A file's content. limit: bytes. Raises StorageError, and CheckpointError: the file is larger."""
    with storage_errors(f"read {path}"), open_file(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise CheckpointError(
            f"{path} cannot be used: it is larger than {limit / 1e6:.1f} MB, which no such file needs to be."
        )
    return data


def shown(value: object) -> str:
    """A stranger's text in a message: on one line, cut if it is long."""
    text = str(value)
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in cut)
