"""Small entries, as a memory's tables take them. No model makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from parametric_memory.adapters.factors import Adapter, DocumentRows, Factors
from parametric_memory.documents.cleaning import content_hash
from parametric_memory.index.exact import Stored
from parametric_memory.internalize.deriving import Derived
from parametric_memory.records import Entry
from parametric_memory.storage.entries import EntryStore, Found, add_revision
from tests.adapters.test_token_rows import equal, made

if TYPE_CHECKING:
    from parametric_memory.internalize.deriving import Kept

EAST, NORTH, WEST = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]
NORTH_EAST = [1.0, 1.0, 0.0]


def record(id: str = "one", text: str = "A text.", **values: Any) -> Entry:
    fields = {"title": "T", "summary": "S", "content_hash": content_hash(text), "tokens": 3, "chunks": 1}
    return Entry(id=id, **{**fields, **values})


def derived(
    vectors: Sequence[Sequence[float]] = (EAST,),
    numbers: Sequence[int] | None = None,
    kept: Kept = None,
    passages: Sequence[str] = (),
) -> Derived:
    """Vectors are of no passage unless their numbers are given."""
    return Derived(3, 1, kept, passages, "S", vectors, [-1] * len(vectors) if numbers is None else numbers)


def at(store: EntryStore, id: str) -> Found:
    """The entry with an id in the default namespace."""
    return store.at(id, "default")


def put(store: EntryStore, id: str = "one", *vectors: Sequence[float], text: str | None = None, **values: Any) -> Entry:
    """Writes an entry whose text is its id, unless another is given; its vector points to the east, unless others are.

    values: of its record.
    """
    text = id if text is None else text
    with store.database.writing():
        return store.write(record(id, text, **values), text, (), derived(vectors or (EAST,))).entry


def stored(revision: int, *vectors: Sequence[float], passages: Sequence[int] | None = None) -> Stored:
    """The vectors of one revision, of no passage unless their numbers are given."""
    numbers = [-1] * len(vectors) if passages is None else passages
    arrays = (np.asarray(values, np.int64) for values in ([revision] * len(vectors), range(len(vectors)), numbers))
    return Stored(*arrays, np.asarray(vectors, np.float32))


def adapter(value: float = 1.0, dtype: torch.dtype = torch.bfloat16) -> Adapter:
    """Every number tells which adapter it is."""
    factors = Factors(torch.full((2, 5), value, dtype=dtype), torch.full((2, 3), value, dtype=dtype), value, shared=1)
    return Adapter({f"model.layers.{layer}.mlp.down_proj": factors for layer in range(2)})


def rows() -> DocumentRows:
    """Of two passages."""
    return DocumentRows.of_passages([made(2), made(3, 1)])


def same(first: Kept, second: Kept) -> bool:
    """Whether what is kept of two entries is the same, to the bit."""
    if isinstance(first, Adapter) and isinstance(second, Adapter):
        return list(first.factors) == list(second.factors) and all(
            one.A.dtype == other.A.dtype
            and torch.equal(one.A, other.A)
            and torch.equal(one.B, other.B)
            and (one.scaling, one.shared) == (other.scaling, other.shared)
            for one, other in zip(first.factors.values(), second.factors.values(), strict=True)
        )
    if isinstance(first, DocumentRows) and isinstance(second, DocumentRows):
        return list(first.counts) == list(second.counts) and equal(first.rows, second.rows)
    return first is second is None


def replace_later(store: EntryStore, found: Found, made: Derived, space: int = 1) -> None:
    """Puts a revision beside the one in use, as an upgrade does."""
    with store.database.writing() as connection:
        add_revision(connection, found.key, found.entry, "", (), made, space, found.revision)
