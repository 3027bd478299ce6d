"""Running a command line in this process, and a memory that no model made."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.commands import main
from parametric_memory.documents.cleaning import content_hash
from parametric_memory.internalize.deriving import Derived
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.internalize.selection import MemoryIdentity, as_settings
from parametric_memory.recall.judged import JudgedScorer
from parametric_memory.records import Entry
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.location import Location

TEXTS = {"lina": "Lina Okafor moved to Bergen.", "refunds": "Refunds take ten days."}


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as the one JSON document it must be."""
        assert self.out, self.err
        return json.loads(self.out)


class Runner:
    """Calls `main` as a shell would."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> Result:
        self._capture.readouterr()
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._patch.setattr(sys, "argv", ["parametric-memory", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capture.readouterr()
        return Result(int(ended.value.code or 0), printed.out, printed.err)


def make_memory(folder: Path) -> Path:
    """A memory of two entries, `lina` and `refunds`, with tiny adapters. It has no vectors."""
    made_with = MemoryIdentity(
        base_model="tiny",
        base_fingerprint="base",
        hypernetwork="tiny-hypernetwork",
        hypernetwork_fingerprint="hypernetwork",
        embedder_fingerprint=MiniLMEmbeddings().fingerprint,
        scorer=JudgedScorer.fingerprint,
    )
    with entries_of(folder) as store:
        for name, value in as_settings(made_with).items():
            store.database.set(name, value)
        for id, text in TEXTS.items():
            write_entry(
                store,
                id,
                text,
                namespace="people" if id == "lina" else "default",
                metadata={"team": "sales", "year": 2021} if id == "lina" else {},
            )
    return folder


@contextmanager
def entries_of(folder: Path) -> Iterator[EntryStore]:
    """The entries of a memory, in one transaction that no model takes part in."""
    with closing(Database(Location.of(folder))) as database, database.writing():
        yield EntryStore(database)


def write_entry(store: EntryStore, id: str, text: str, **record: Any) -> Entry:
    """Writes an entry with a tiny adapter. record: fields of it."""
    import torch

    adapter = Adapter({"model.layers.3.mlp.down_proj": Factors(torch.ones(2, 5), torch.ones(2, 3))})
    derived = Derived(
        tokens=len(text.split()), chunks=1, kept=adapter, passages=(), summary=text, vectors=(), numbers=()
    )
    usual = {"title": id.capitalize(), "summary": text, "content_hash": content_hash(text), "tokens": 0, "chunks": 1}
    return store.write(Entry(id=id, **(usual | record)), text, (), derived)
