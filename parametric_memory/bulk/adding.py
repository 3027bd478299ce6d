"""Documents become entries, prepared a few together here or, as they get ready, elsewhere. One process writes.

Knows nothing about who prepares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from parametric_memory.bulk.groups import groups
from parametric_memory.bulk.workers import Text
from parametric_memory.errors import DocumentError, ParametricMemoryError
from parametric_memory.storage.decision import between_steps
from parametric_memory.text.cleaning import clean, content_hash

if TYPE_CHECKING:
    from parametric_memory.records import Entry
    from parametric_memory.storage.prepared import Prepared
    from parametric_memory.text.documents import Document

    Remember = Callable[[Document, Prepared | None], Entry]
    RememberTogether = Callable[[Sequence[Document], Sequence[Prepared]], Sequence[Entry]]
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
        between_steps()
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


def added_here(
    documents: Sequence[Document],
    remember: Remember,
    remember_together: RememberTogether,
    is_known: Callable[[str], bool],
    prepared: Callable[[Sequence[Text]], Sequence[Prepared]],
    told: Told | None = None,
) -> list[Entry]:
    """The same, prepared in this process: documents in their order, a few neighbouring ones together.

    Where some are refused or cannot be prepared, those before the first of them are written all the same.

    Args:
        remember_together: writes what was prepared of several documents, or raises DocumentError and writes none.
        prepared: makes what is to be written of texts.
    """
    entries: list[Entry] = []
    waiting = iter(documents)
    for texts in groups(_cleaned(documents)):
        group = list(islice(waiting, len(texts)))
        between_steps()  # before what takes long
        if told:
            told(group[0], None)
        ready = _ready([Text(text, of.title) for text, of in zip(texts, group, strict=True)], is_known, prepared)
        written = _written(group, ready, remember_together)
        for number, document in enumerate(group):
            if number not in written:
                between_steps()
            if told and number:
                told(document, None)
            entries.append(written[number] if number in written else remember(document, ready.get(number)))
            if told:
                told(document, entries[-1])
    for document in waiting:
        if told:
            told(document, None)
        entries.append(remember(document, None))  # which refuses it
    return entries


def _cleaned(documents: Sequence[Document]) -> Iterator[str]:
    """Texts up to the first that is refused."""
    with suppress(ParametricMemoryError):
        for document in documents:
            yield clean(document.text)


def _written(
    documents: Sequence[Document], ready: Mapping[int, Prepared], remember_together: RememberTogether
) -> dict[int, Entry]:
    """By their numbers, the entries of the documents that were prepared; nothing where one of them is refused."""
    if not ready:
        return {}
    between_steps()
    try:
        entries = remember_together([documents[number] for number in ready], [*ready.values()])
    except DocumentError:  # which is raised again when its turn comes
        return {}
    return dict(zip(ready, entries, strict=True))


def _ready(
    texts: Sequence[Text], is_known: Callable[[str], bool], prepared: Callable[[Sequence[Text]], Sequence[Prepared]]
) -> dict[int, Prepared]:
    """By their numbers, what was made of texts that the memory does not hold; nothing where one of them is refused."""
    first: dict[str, int] = {}
    for number, (text, _) in enumerate(texts):
        first.setdefault(content_hash(text), number)
    numbers = [number for digest, number in first.items() if not is_known(digest)]
    if len(numbers) < 2:
        return {}  # as `add` makes it
    try:
        return dict(zip(numbers, prepared([texts[number] for number in numbers]), strict=True))
    except ParametricMemoryError:  # which is raised again when its turn comes
        return {}
