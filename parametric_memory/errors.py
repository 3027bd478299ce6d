"""Everything this package raises on purpose, in one hierarchy.

Catch `ParametricMemoryError` to catch all of it. A message is one line that names the thing and the way out.
This module knows nothing about where the errors are raised.
"""

from __future__ import annotations

import os
import shlex
import subprocess


class ParametricMemoryError(Exception):
    """The base of every error this package raises on purpose."""


class SettingsError(ParametricMemoryError):
    """A setting or an environment variable has a value that cannot be used."""


class DocumentError(ParametricMemoryError):
    """A text or a file cannot be remembered: empty, binary, unreadable, too large, wrongly encoded."""


class IdTaken(DocumentError):
    """The id of a new entry is that of one in another namespace."""


class EntryNotFound(ParametricMemoryError):
    """No entry has this id."""


class SkillNotFound(ParametricMemoryError):
    """The memory has no skill of this name."""


class MemoryFolderError(ParametricMemoryError):
    """A folder is not a memory, or one of a format version that this release does not read."""


class MemoryMismatch(ParametricMemoryError):
    """The memory was made with another base model, hypernetwork or embedder."""


class MemoryLocked(ParametricMemoryError):
    """Another writer holds the memory."""


class StorageError(ParametricMemoryError):
    """The disk refused a write or a read: full, no permission, read-only. Nothing half-written is left."""


class ModelUnavailable(ParametricMemoryError):
    """A model is not on this machine and cannot be fetched."""


class Abandoned(ParametricMemoryError):
    """An answer was given up while it was written: nobody wants it any more."""


class CheckpointError(ParametricMemoryError):
    """A file that holds weights or a record is damaged, incomplete or of an unknown layout."""


class TrainingError(ParametricMemoryError):
    """A training run cannot go on."""


class AdapterError(ParametricMemoryError):
    """An adapter is of a kind that is not supported, or adapters do not fit together."""


def as_typed(*words: object) -> str:
    """A command as the user's shell takes it, for a message that names a way out."""
    parts = list(map(str, words))
    return subprocess.list2cmdline(parts) if os.name == "nt" else shlex.join(parts)
