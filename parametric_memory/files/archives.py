"""Zip files that somebody else may have packed: looked through before anything is unpacked.

Only the list of their members is read for it. Knows nothing about what the members are.
"""

from __future__ import annotations

import stat
import zipfile
from collections import Counter
from collections.abc import Sequence

from parametric_memory.files.json_objects import shown

# Adapters hardly shrink when they are packed, texts to a third. A text that repeats itself shrinks without end, so
# small archives, which harm nobody, may be of anything. `export` keeps to this: see `fits`.
_MOST_TIMES = 50
_ALWAYS = 256 * 2**20  # bytes
_BLOCK = 4096  # bytes of a disk that the smallest file takes
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack in steps that nobody can bound


def fits(unpacked: int, packed: int) -> bool:
    """Whether an archive of `packed` bytes may hold files that take `unpacked` bytes of a disk."""
    return unpacked <= max(_ALWAYS, _MOST_TIMES * packed)


def room(sizes: Sequence[int]) -> int:
    """Bytes of a disk that files of these sizes take, roughly: many empty ones take much."""
    return sum(max(size, _BLOCK) for size in sizes)


def problem(members: Sequence[zipfile.ZipInfo], packed: int) -> str | None:
    """Why an archive of `packed` bytes is not to be unpacked, in words; None where nothing speaks against it.

    Zip readers unpack no more of a member than the list says, so what holds for the list holds for the disk.
    """
    for member in members:
        if (how := _misplaced(member)) is not None:
            return f"its member {shown(member.filename)} {how}"
    twice = [name for name, times in Counter(member.filename for member in members).items() if times > 1]
    if twice:
        return f"it holds {shown(twice[0])} more than once"
    unpacked = room([member.file_size for member in members if not member.is_dir()])
    if not fits(unpacked, packed):
        limit = max(_ALWAYS, _MOST_TIMES * packed)
        return (
            f"its {len(members)} files would take {unpacked / 1e6:,.0f} MB of the disk, and {limit / 1e6:,.0f} MB is "
            f"the most for an archive of {packed / 1e6:.1f} MB"
        )
    return None


def _misplaced(member: zipfile.ZipInfo) -> str | None:
    """What a member is that could end up elsewhere, or as something else than a file; None for a plain one."""
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or "\\" in name or ":" in name.partition("/")[0] or ".." in name.split("/"):
        return "lies outside of it"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if member.compress_type not in _PACKED:
        return "is packed in a way that is not read here"
    return None
