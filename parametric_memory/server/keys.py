"""API keys: who may use which namespaces of the memories that are served here. Of a key nothing is kept but its hash.

Knows nothing about requests.
"""

from __future__ import annotations

import hashlib
import hmac
import json
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
    """An API key, as it is kept.

    Attributes:
        name: what it is called by those who gave it out.
        sha256: of the key, hex. A key has 256 random bits, so that nobody can try them all.
        namespaces: which it opens; empty: all.
    """

    name: Text
    sha256: str
    namespaces: list[Text]
    created_at: datetime


_KEYS = TypeAdapter(list[Key])


class Keys:
    """The keys in a file; `<home>/server-keys.json` when none is named. It is read anew for every question."""

    def __init__(self, path: Path | None = None):
        self.path = path if path is not None else home() / "server-keys.json"

    def all(self) -> list[Key]:
        """Raises SettingsError where the file holds something else."""
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
        """Make a key; it is told this once.

        Raises SettingsError where there is one of that name or a name is empty, MemoryLocked where another process
        writes for too long.
        """
        if not name.strip():
            raise SettingsError("A key needs a name, by which it can be removed.")
        if not all(namespace.strip() for namespace in namespaces):
            raise SettingsError("A namespace is empty: name one, or none for a key that opens all.")
        key = _PREFIX + secrets.token_urlsafe(32)
        with self._writing():
            keys = self.all()
            if any(other.name == name for other in keys):
                raise SettingsError(f"There is a key {name!r} already: remove it first, or choose another name.")
            self._write([*keys, Key(name=name, sha256=_sha256(key), namespaces=[*namespaces], created_at=now())])
        return key

    def remove(self, name: str) -> None:
        """Raises SettingsError where there is none of that name, MemoryLocked as `add`."""
        with self._writing():
            keys = self.all()
            left = [key for key in keys if key.name != name]
            if len(left) == len(keys):
                raise SettingsError(f"There is no key {name!r}: `keys list` shows them.")
            self._write(left)

    def find(self, shown: str) -> Key | None:
        """The key that somebody shows."""
        digest = _sha256(shown)
        return next((key for key in self.all() if hmac.compare_digest(key.sha256, digest)), None)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A block in which nobody else writes. Raises MemoryLocked where somebody does for too long."""
        lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=_LONGEST_WAIT)
        with storage_errors(f"write {self.path}"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire()
            except Timeout as error:
                raise MemoryLocked(
                    f"Another process is writing to {self.path} (waited {_LONGEST_WAIT:g} s): try again when it has "
                    "finished."
                ) from error
        try:
            yield
        finally:
            lock.release()

    def _write(self, keys: Sequence[Key]) -> None:
        with storage_errors(f"write {self.path}"):
            replace_durably(self.path, json.dumps([key.model_dump(mode="json") for key in keys], indent=1).encode())
            self.path.chmod(0o600)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
