"""Index records of many entries, whose texts are embedded together: of short ones, several times as many a second.

Knows nothing about how texts become vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from parametric_memory.errors import CheckpointError, EntryNotFound
from parametric_memory.index.embedding import EmbeddedAhead
from parametric_memory.storage.adapters import PASSAGES
from parametric_memory.storage.written import parts_of

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.index.parts import IndexRecord
    from parametric_memory.records import Entry
    from parametric_memory.storage.entry_store import EntryStore

_TEXTS = 256  # about, that are embedded together; the vectors of more would take much memory

Texts = tuple[str, Sequence[str]]  # of an entry: its text, and its passages


def records_together(
    entries: Iterable[Entry],
    store_of: Callable[[Entry], EntryStore],
    embeddings: Callable[[], Embeddings],
    record_of: Callable[[Entry, str, Sequence[str], Embeddings], IndexRecord],
) -> Iterator[IndexRecord]:
    """What the index keeps of entries, in their order, without those that are deleted meanwhile.

    Those whose text or passages are damaged are left out, too: a warning names each of them once.

    Args:
        store_of: where an entry's text and passages are.
        embeddings: gives the embedder.
        record_of: makes the record of an entry, of its text and passages, with an embedder.
    """
    for group in _groups(entries, store_of):
        parts = (part for entry, (text, passages) in group for part in _embedded(entry, text, passages))
        ahead = EmbeddedAhead(embeddings(), list(parts))
        yield from (record_of(entry, text, passages, ahead) for entry, (text, passages) in group)


def _groups(entries: Iterable[Entry], store_of: Callable[[Entry], EntryStore]) -> Iterator[list[tuple[Entry, Texts]]]:
    group: list[tuple[Entry, Texts]] = []
    texts = 0
    for entry in entries:
        store = store_of(entry)
        try:
            text, passages = store.text(entry.id), store.listed_texts(entry.id, PASSAGES)
        except EntryNotFound:
            continue
        except CheckpointError as error:
            store.pass_over(error)
            continue
        group.append((entry, (text, passages)))
        texts += 1 + len(passages)
        if texts >= _TEXTS:
            yield group
            group, texts = [], 0
    if group:
        yield group


def _embedded(entry: Entry, text: str, passages: Sequence[str]) -> list[str]:
    return [entry.summary, *(part for part, _ in parts_of(text, passages))]
