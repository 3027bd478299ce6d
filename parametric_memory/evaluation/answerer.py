"""Answers any number of requests of one base model, in batches that fit into memory.

A request that was answered before is not asked again: columns of several memories may be the same. With a file, replies
are stored as they come, so that an interrupted evaluation resumes. A reply is reused for the same model, code, prompt,
adapter and decoding. An adapter that is made again may be rounded differently and is then another one. Where part of a
batch was answered before, the rest is padded differently, which in bfloat16 can tip a near tie.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import parametric_memory
from parametric_memory.adapters.packing import adapter_digest
from parametric_memory.batches import batched
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.results import machine
from parametric_memory.language_model.requests import Request
from parametric_memory.progress import report_progress

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_REQUESTS = 16  # in a batch, and of a batch's prompts and adapters, padded, at most:
_TOKENS = 16_384
_FACTOR_ENTRIES = 150_000_000
_TABLE = "create table if not exists replies (asked primary key, text, confidence, prompt_tokens)"


class Reply(NamedTuple):
    """The answer to a request. confidence: see `Completion`."""

    text: str
    confidence: float | None
    prompt_tokens: int


class Answerer:
    """Answers requests of one base model. stored: replies by the digest of their request."""

    def __init__(self, base: BaseModel, path: Path | None = None):
        """path: an SQLite file of replies, created where there is none. None: they are stored for this run alone.

        Raises DocumentError: the file cannot be opened, or is something else.
        """
        self.base = base
        self.reused = self.done = 0  # replies of an earlier run, and those that the model gave
        try:
            self._file = sqlite3.connect(path or ":memory:")
            self._file.execute(_TABLE)
            self.stored = {asked: Reply(*of) for asked, *of in self._file.execute("select * from replies")}
        except sqlite3.Error as error:
            raise DocumentError(f"{path} holds no answers of an evaluation ({error}): name another.") from error
        self._earlier, self._machine = frozenset(self.stored), machine()

    def replies(self, requests: Iterable[Request], by_length: bool = False) -> list[Reply]:
        """In the order of the requests, which are drawn as they are needed: adapters may be made on the way.

        by_length: prompts of similar length are in a batch, the shortest first, so that little is padded.
        """
        numbered = enumerate(requests)
        in_order = sorted(numbered, key=lambda each: len(each[1].prompt)) if by_length else numbered
        replies: dict[int, Reply] = {}

        def missing() -> Iterator[tuple[Request, int, str]]:
            for place, request in in_order:
                key = self._key(request)
                if key in self.stored:
                    replies[place] = self.stored[key]
                    self.reused += key in self._earlier
                else:
                    yield request, place, key

        for batch in batched(missing(), lambda some: _fits([request for request, _, _ in some])):
            completions = self.base.generate([request for request, _, _ in batch])
            for (request, place, key), completion in zip(batch, completions, strict=True):
                reply = Reply(completion.text, completion.confidence, len(request.prompt))
                replies[place] = self.stored[key] = reply
                self._file.execute("insert or ignore into replies values (?, ?, ?, ?)", (key, *reply))
            self._file.commit()
            self.done += len(batch)
            report_progress("answers", self.done)
        return [reply for _, reply in sorted(replies.items())]

    def _key(self, request: Request) -> str:
        """A digest of everything that the answer to a request depends on."""
        digest = hashlib.sha256(f"{_code()} {self._machine} {self.base.fingerprint} {self.base.model.dtype}".encode())
        how = (list(request.prompt), request.max_new_tokens, request.stop, request.temperature, request.top_p)
        digest.update(repr((how, request.search)).encode())
        if request.adapter is not None:
            digest.update(adapter_digest(request.adapter).encode())
        return digest.hexdigest()


def _fits(requests: Sequence[Request]) -> bool:
    """Whether requests fit into a batch."""
    tokens = len(requests) * max(len(r.prompt) * r.search.alternatives for r in requests)
    factors = ([] if r.adapter is None else r.adapter.factors.values() for r in requests)
    entries = len(requests) * max(sum(f.A.numel() + f.B.numel() for f in of) for of in factors)
    return len(requests) <= _REQUESTS and tokens <= _TOKENS and entries <= _FACTOR_ENTRIES


@cache
def _code() -> str:
    """A digest of this package's code, uncommitted changes included."""
    digest, root = hashlib.sha256(), Path(parametric_memory.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
