"""The errors of this package, in one hierarchy.

Catch `ParametricMemoryError` to catch them all. A message is one line that names the cause and the way out.
"""

from __future__ import annotations

import os
import shlex
import subprocess


class ParametricMemoryError(Exception):
    """The base class of the errors of this package."""


class SettingsError(ParametricMemoryError):
    """A setting or an environment variable has a value that cannot be used."""


class DocumentError(ParametricMemoryError):
    """A text or a file cannot be internalized: empty, binary, unreadable, too large, wrongly encoded."""


class ConversationTooLong(DocumentError):
    """A question or a conversation is longer than the base model's window."""


class EntryNotFound(ParametricMemoryError):
    """No entry has this id in the namespace."""


class SkillNotFound(ParametricMemoryError):
    """The memory has no skill of this name."""


class MemoryFolderError(ParametricMemoryError):
    """A folder is not a memory, or has a format that this release does not read."""


class MemoryMissing(MemoryFolderError):
    """There is no memory at a place yet."""


class MemoryMismatch(ParametricMemoryError):
    """The memory was made with another base model, hypernetwork or embedder."""


class MemoryLocked(ParametricMemoryError):
    """Another writer holds the memory."""


class StorageError(ParametricMemoryError):
    """The disk refused a read or a write: full, no permission, read-only. Nothing half-written is left."""


class ModelUnavailable(ParametricMemoryError):
    """A model is not on this machine and cannot be fetched."""


class Abandoned(ParametricMemoryError):
    """The caller abandoned an answer while it was generated."""


class CheckpointError(ParametricMemoryError):
    """A file of weights or a record is damaged, incomplete or of an unknown layout."""


class TrainingError(ParametricMemoryError):
    """A training run cannot continue."""


class AdapterError(ParametricMemoryError):
    """An adapter is of an unsupported kind, or adapters do not fit together."""


def as_typed(*words: object) -> str:
    """A command quoted for the user's shell, for messages that name a way out."""
    parts = list(map(str, words))
    return subprocess.list2cmdline(parts) if os.name == "nt" else shlex.join(parts)
