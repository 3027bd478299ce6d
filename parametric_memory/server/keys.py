"""API keys, each for some namespaces or all. Only their hashes are stored.

Knows nothing about requests.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from parametric_memory.errors import MemoryLocked, SettingsError
from parametric_memory.files import replace_durably, storage_errors
from parametric_memory.records import Record, Text, now
from parametric_memory.settings import home

_PREFIX = "pm-"
_LONGEST_WAIT = 10.0  # seconds, for another process that adds or removes a key


class Key(Record):
    """An API key as it is stored."""

    name: Text  # what the owner of the server calls it
    sha256: str  # of the key, hex; unsalted, since a key has 256 random bits and cannot be guessed
    namespaces: list[Text]  # those it opens; empty means all
    created_at: datetime


_KEYS = TypeAdapter(list[Key])


class Keys:
    """The keys in a file, by default `<home>/server-keys.json`. The file is read at every call."""

    def __init__(self, path: Path | None = None):
        self.path = path if path is not None else home() / "server-keys.json"

    def all(self) -> list[Key]:
        """All keys. Raises SettingsError if the file holds something else."""
        with storage_errors(f"read {self.path}"):
            if not self.path.exists():
                return []
            data = self.path.read_bytes()
        try:
            return _KEYS.validate_json(data)
        except ValidationError as error:
            raise SettingsError(
                f"{self.path} holds no API keys, or is damaged: move it away and add keys anew."
            ) from error

    def add(self, name: str, namespaces: Sequence[str] = ()) -> str:
        """Makes a key and returns it. It cannot be shown again.

        Raises SettingsError for a name that is empty or taken, MemoryLocked if another process writes for too long.
        """
        if not name.strip():
            raise SettingsError("A key needs a name, so that it can be removed.")
        if not all(namespace.strip() for namespace in namespaces):
            raise SettingsError("A namespace is empty: name one, or none for a key that opens all.")
        key = _PREFIX + secrets.token_urlsafe(32)
        with self._changing() as keys:
            if any(other.name == name for other in keys):
                raise SettingsError(f"There is a key {name!r} already: remove it first, or choose another name.")
            keys.append(Key(name=name, sha256=_sha256(key), namespaces=[*namespaces], created_at=now()))
        return key

    def remove(self, name: str) -> None:
        """Removes a key. Raises SettingsError if there is none of that name, MemoryLocked as `add` does."""
        with self._changing() as keys:
            named = [key for key in keys if key.name == name]
            if not named:
                raise SettingsError(f"There is no key {name!r}: `keys list` shows them.")
            keys.remove(named[0])

    def find(self, shown: str) -> Key | None:
        """The record of a key that a client sent; None if there is none."""
        digest = _sha256(shown)
        return next((key for key in self.all() if hmac.compare_digest(key.sha256, digest)), None)

    @contextmanager
    def _changing(self) -> Iterator[list[Key]]:
        """All keys, which are written after the block. Raises MemoryLocked if another process writes for too long."""
        with storage_errors(f"write {self.path}"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(f"{self.path}.lock", timeout=_LONGEST_WAIT):
                    keys = self.all()
                    yield keys
                    replace_durably(self.path, _KEYS.dump_json(keys, indent=1))
                    self.path.chmod(0o600)
            except Timeout as error:
                waited = f"(waited {_LONGEST_WAIT:g} s): try again when it has finished."
                raise MemoryLocked(f"Another process is writing to {self.path} {waited}") from error


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
