"""What Chroma keeps on the disk of vectors that were deleted, and how it goes: rows of its queue, keys of their
metadata, and the free pages of its database.

Chroma deletes rows of tables and leaves what they held in free pages. Its queue keeps what was put in, and that it was
deleted, until its graph is written to the disk, after a thousand steps. From the graph's files nothing can be taken:
then the index has to be copied. And where these files have room for vectors
to come, Chroma writes whatever its process had in memory, also where it only opens a graph that is still in its queue.
Knows nothing about collections.
"""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from parametric_memory.errors import StorageError

_OWN_KEYS = "#"  # begins those of Chroma's own, see `filters.RESERVED_PREFIXES`
_WAIT = 5.0  # seconds for another process to read
# What the metadata have not taken in yet is no trace of what was deleted; that the graph has not is no matter, as it
# takes in what is left of the queue. The last row stays, without what it says: its number must not be given out again.
_DELETED = """
    id NOT IN (SELECT embedding_id FROM embeddings) AND seq_id <= (
        SELECT MIN(m.seq_id) FROM max_seq_id m JOIN segments s ON s.id = m.segment_id WHERE s.scope = 'METADATA'
    )
"""
_LAST = "seq_id = (SELECT MAX(seq_id) FROM embeddings_queue)"
_EMPTY = "operation = 3, id = 'deleted', vector = NULL, encoding = NULL, metadata = NULL"
# Of the graph: how many vectors there is room for, how many there are, and bytes of each.
_HEADER = struct.Struct("<12xQQQ")
_VECTORS = "*/data_level0.bin"
_STEPS = (
    f"DELETE FROM embeddings_queue WHERE {_DELETED} AND NOT {_LAST}",
    f"UPDATE embeddings_queue SET {_EMPTY} WHERE {_DELETED} AND {_LAST}",
)


def can_be_cleaned(folder: Path) -> bool:
    """Whether what was deleted is nowhere but in the database: the graph was never written to the disk."""
    return not any(folder.glob("*/index_metadata.pickle"))


def clean(database: Path) -> None:
    """Takes out of a database what it still has of vectors that were deleted. Cut off, nothing happened.

    Raises StorageError: somebody is reading all the time, the disk is full, or Chroma's tables are others.
    """
    try:
        with closing(sqlite3.connect(database, timeout=_WAIT, isolation_level=None)) as opened:
            opened.execute("BEGIN IMMEDIATE")
            for step in _STEPS:
                opened.execute(step)
            _drop_keys(opened)
            opened.execute("COMMIT")
            opened.execute("VACUUM")
    except (sqlite3.Error, ValueError, AttributeError) as error:
        raise StorageError(
            f"Could not take traces of what was deleted out of {database}: {error}. Try again later."
        ) from error


def written_last(folder: Path) -> dict[Path, int]:
    """When the files of a graph that have room for vectors last changed."""
    return {path: path.stat().st_mtime_ns for path in folder.glob(_VECTORS)}


def blank_room(folder: Path, blanked: dict[Path, int]) -> None:
    """Overwrites what Chroma wrote to its graph's files where vectors are yet to come.

    Args:
        blanked: when those files last changed in which it was done; brought up to date.

    Raises OSError.
    """
    for path in folder.glob(_VECTORS):
        if blanked.get(path) == path.stat().st_mtime_ns:
            continue
        header = path.with_name("header.bin").read_bytes()
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            if len(header) >= _HEADER.size:
                room, used, of_each = _HEADER.unpack_from(header)
                if room * of_each == size and used <= room:
                    file.seek(used * of_each)
                    file.write(bytes(size - used * of_each))
        blanked[path] = path.stat().st_mtime_ns


def _drop_keys(database: sqlite3.Connection) -> None:
    """A collection's schema names each key that any metadata ever had."""
    used = {key for (key,) in database.execute("SELECT DISTINCT key FROM embedding_metadata")}
    for id, written in database.execute(
        "SELECT id, schema_str FROM collections WHERE schema_str IS NOT NULL"
    ).fetchall():
        schema = json.loads(written)
        keys = {key: value for key, value in schema.get("keys", {}).items() if key in used or key.startswith(_OWN_KEYS)}
        if keys.keys() != schema.get("keys", {}).keys():
            changed = json.dumps({**schema, "keys": keys}, separators=(",", ":"), ensure_ascii=False)
            database.execute("UPDATE collections SET schema_str = ? WHERE id = ?", (changed, id))
