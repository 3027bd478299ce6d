"""Documents become entries one after the other, made here or, as they get ready, elsewhere. One process writes.

Knows nothing about who prepares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from parametric_memory.bulk.workers import Text
from parametric_memory.text.cleaning import clean, content_hash

if TYPE_CHECKING:
    from parametric_memory.records import Entry
    from parametric_memory.storage.prepared import Prepared
    from parametric_memory.text.documents import Document

    Remember = Callable[[Document, Prepared | None], Entry]
    Told = Callable[[Document, Entry | None], None]


def added(
    documents: Sequence[Document],
    remember: Remember,
    is_known: Callable[[str], bool],
    prepared: Callable[[Sequence[Text]], Iterator[tuple[int, Prepared]]],
    told: Told | None = None,
) -> list[Entry]:
    """The entries of documents, in their order.

    A text that is there already, or comes twice, is prepared once at most. The longest are prepared first, so that no
    worker begins with one of them when all others have finished.

    Args:
        remember: writes what was prepared of a document, or makes it where nothing was.
        is_known: whether the memory holds a text of this content hash.
        prepared: see `Workers.prepared`.
        told: is called before and after each document is written, with its entry when there is one.
    """
    texts = [clean(document.text) for document in documents]
    first: dict[str, int] = {}
    for number, text in enumerate(texts):
        first.setdefault(content_hash(text), number)
    numbers = [number for digest, number in first.items() if not is_known(digest)]
    numbers.sort(key=lambda number: len(texts[number]), reverse=True)
    entries: dict[int, Entry] = {}

    def keep(number: int, ready: Prepared | None) -> None:
        if told:
            told(documents[number], None)
        entries[number] = remember(documents[number], ready)
        if told:
            told(documents[number], entries[number])

    for place, ready in prepared([Text(texts[number], documents[number].title) for number in numbers]):
        keep(numbers[place], ready)
    for number in range(len(documents)):
        if number not in entries:
            keep(number, None)
    return [entries[number] for number in range(len(documents))]


def in_turn(documents: Sequence[Document], remember: Remember, told: Told | None = None) -> list[Entry]:
    """The same, all made here, in their order."""
    entries = []
    for document in documents:
        if told:
            told(document, None)
        entries.append(remember(document, None))
        if told:
            told(document, entries[-1])
    return entries
