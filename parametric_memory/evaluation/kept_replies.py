"""Replies in a file as they come, by what was asked: an evaluation that was cut off goes on where it was.

A reply is that of the same model and code to the same prompt, under the same adapter, looked for in the same way; what
is asked, and what counts as right, may change between the runs. An adapter that was made again and rounded otherwise is
another one: its reply is asked for again. Of a batch that is answered in part already, the rest is padded otherwise,
which in bfloat16 can tip a near tie.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import parametric_memory
from parametric_memory.adapters.digest import adapter_digest
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.generation import Reply, by_length, replies
from parametric_memory.evaluation.machine import machine
from parametric_memory.files.durable import storage_errors
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_NOT_YET = Reply("", None, 0)
_BEGINNING = b'{"asked": "'  # of every line


class Answerer:
    """Answers requests of one base model; where a file keeps the replies, those that it has are not asked again.

    Attributes:
        reused: how many replies were of an earlier run.
    """

    def __init__(self, base: BaseModel, path: Path | None = None):
        """
        Args:
            path: of JSON lines, one a reply; it is made where it is not there. None: nothing is kept.

        Raises:
            DocumentError: the file holds something else.
            StorageError: it cannot be read.
        """
        self.base = base
        self.reused = 0
        self._path = path
        self._kept = _read(path) if path else {}
        self._earlier, self._machine = frozenset(self._kept), machine()

    @property
    def kept(self) -> int:
        """How many replies are kept."""
        return len(self._kept)

    def replies(self, requests: Iterable[Request]) -> list[Reply]:
        """The replies in the order of the requests, which are drawn as they are needed."""
        if self._path is None:
            return list(replies(self.base, requests))
        found: list[Reply] = []
        asked: deque[tuple[int, str]] = deque()

        def lacking() -> Iterator[Request]:
            for request in requests:
                key = self._key(request)
                found.append(self._kept.get(key, _NOT_YET))
                self.reused += key in self._earlier
                if key not in self._kept:
                    asked.append((len(found) - 1, key))
                    yield request

        for reply in replies(self.base, lacking()):
            place, key = asked.popleft()
            found[place] = self._kept[key] = reply
            with storage_errors(f"keep an answer in {self._path}"), self._path.open("ab") as file:
                file.write(_line(key, reply))
        return found

    def replies_by_length(self, requests: Sequence[Request]) -> list[Reply]:
        """As `replies`, prompts of similar length together, so that little is padded."""
        return by_length(self.replies, requests)

    def _key(self, request: Request) -> str:
        """What tells a request from every other one that may be answered otherwise."""
        digest = hashlib.sha256(f"{_code()} {self._machine} {self.base.fingerprint} {self.base.model.dtype}".encode())
        how = (list(request.prompt), request.max_new_tokens, request.stop, request.temperature, request.top_p)
        digest.update(repr((how, request.search, request.begun)).encode())
        if request.adapter is not None:
            digest.update(adapter_digest(request.adapter).encode())
        return digest.hexdigest()


@cache
def _code() -> str:
    """Tells this package's code from what it was, by changes that no commit has, too."""
    digest, root = hashlib.sha256(), Path(parametric_memory.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _line(key: str, reply: Reply) -> bytes:
    return json.dumps({"asked": key, **asdict(reply)}).encode() + b"\n"


def _read(path: Path) -> dict[str, Reply]:
    """The replies in a file; a line that a killed run left unfinished is taken away.

    Raises DocumentError: something else is in it, which is left as it is.
    """
    kept: dict[str, Reply] = {}
    with storage_errors(f"read {path}"):
        path.touch()
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        lines = content[:whole].splitlines()
        for number, line in enumerate(lines, 1):
            try:
                fields = json.loads(line)
                asked = fields.pop("asked")
                kept[asked] = Reply(**fields)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise _other(path, number) from error
        if not content[whole:].startswith(_BEGINNING[: len(content) - whole]):
            raise _other(path, len(lines) + 1)
        if whole < len(content):
            os.truncate(path, whole)
    return kept


def _other(path: Path, line: int) -> DocumentError:
    return DocumentError(f"{path}, line {line}, is no answer that an evaluation kept: name a file of its own.")
