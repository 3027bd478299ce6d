"""Answers to any number of requests of one base model, in batches that fit into memory, kept in a file where one is
named: an evaluation that was cut off continues where it was.

A kept reply is that of the same model and code to the same prompt, under the same adapter, decoded in the same way;
what is asked, and what counts as right, may change between the runs. An adapter that was made again and rounded
otherwise is another one: its reply is asked for again. Of a batch that is answered in part already, the rest is padded
otherwise, which in bfloat16 can tip a near tie.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import parametric_memory
from parametric_memory.adapters.digest import adapter_digest
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.results import machine
from parametric_memory.files.durable import storage_errors
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.language_model.base_model import BaseModel

_REQUESTS = 16  # in a batch, and of a batch's prompts and adapters, padded, at most:
_TOKENS = 16_384
_FACTOR_ENTRIES = 150_000_000
_BEGINNING = b'{"asked": "'  # of every line of a file


@dataclass(frozen=True)
class Reply:
    """The answer to a request. confidence: see `Completion`. prompt_tokens: the length of its prompt."""

    text: str
    confidence: float | None
    prompt_tokens: int


class Answerer:
    """Answers requests of one base model; replies that a file keeps are not asked for again.

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
        """In the order of the requests, which are drawn as they are needed: adapters may be made on the way."""
        found: list[Reply | None] = []
        asked: deque[tuple[int, str]] = deque()

        def lacking() -> Iterator[Request]:
            for request in requests:
                key = self._key(request) if self._path else ""
                found.append(self._kept.get(key))
                self.reused += key in self._earlier
                if found[-1] is None:
                    asked.append((len(found) - 1, key))
                    yield request

        for batch in batched(lacking()):
            for request, completion in zip(batch, self.base.generate(batch), strict=True):
                place, key = asked.popleft()
                found[place] = reply = Reply(completion.text, completion.confidence, len(request.prompt))
                if self._path is not None:
                    self._keep(self._path, key, reply)
        return [reply for reply in found if reply is not None]

    def replies_by_length(self, requests: Sequence[Request]) -> list[Reply]:
        """As `replies`, prompts of similar length together, the shortest first, so that little is padded."""
        order = sorted(range(len(requests)), key=lambda i: len(requests[i].prompt))
        found = dict(zip(order, self.replies(requests[i] for i in order), strict=True))
        return [found[i] for i in range(len(requests))]

    def _keep(self, path: Path, key: str, reply: Reply) -> None:
        self._kept[key] = reply
        with storage_errors(f"keep an answer in {path}"), path.open("ab") as file:
            file.write(json.dumps({"asked": key, **asdict(reply)}).encode() + b"\n")

    def _key(self, request: Request) -> str:
        """A digest of everything that the answer to a request depends on."""
        digest = hashlib.sha256(f"{_code()} {self._machine} {self.base.fingerprint} {self.base.model.dtype}".encode())
        how = (list(request.prompt), request.max_new_tokens, request.stop, request.temperature, request.top_p)
        digest.update(repr((how, request.search, request.begun)).encode())
        if request.adapter is not None:
            digest.update(adapter_digest(request.adapter).encode())
        return digest.hexdigest()


def batched(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Neighbouring requests in batches; one that is too large for any is on its own."""
    batch: list[Request] = []
    for request in requests:
        grown = [*batch, request]
        tokens = len(grown) * max(len(r.prompt) * r.search.beams for r in grown)
        entries = len(grown) * max(_entries(r.adapter) for r in grown)
        if batch and (len(grown) > _REQUESTS or tokens > _TOKENS or entries > _FACTOR_ENTRIES):
            yield batch
            grown = [request]
        batch = grown
    if batch:
        yield batch


def _entries(adapter: Adapter | None) -> int:
    return sum(f.A.numel() + f.B.numel() for f in adapter.factors.values()) if adapter else 0


@cache
def _code() -> str:
    """A digest of this package's code, changes that no commit has included."""
    digest, root = hashlib.sha256(), Path(parametric_memory.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Reply]:
    """The replies in a file; a line that a killed run left unfinished is taken away.

    Raises DocumentError: something else is in it, which is left as it is.
    """

    def other(line: int) -> DocumentError:
        return DocumentError(f"{path}, line {line}, is no answer that an evaluation kept: name a file of its own.")

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
                raise other(number) from error
        if not content[whole:].startswith(_BEGINNING[: len(content) - whole]):
            raise other(len(lines) + 1)
        if whole < len(content):
            os.truncate(path, whole)
    return kept
