"""Documents become entries, some at once: derived here or, as they get ready, in other processes. One process writes.

Knows nothing about who derives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from parametric_memory.bulk.groups import groups
from parametric_memory.cancellation import check_cancelled
from parametric_memory.errors import DocumentError, ParametricMemoryError

if TYPE_CHECKING:
    from parametric_memory.models.deriving import Derived, Draft
    from parametric_memory.records import Entry
    from parametric_memory.text.documents import Document


@dataclass(frozen=True)
class Adder:
    """Adds documents to a memory.

    Attributes:
        draft_of: a document as a draft. Raises DocumentError: it cannot be remembered.
        write: makes entries of drafts, in one transaction; what is not derived yet is derived then.
        is_known: whether the memory holds a draft's text.
        on_progress: is called before and after each document is written, with its entry when there is one.
    """

    documents: Sequence[Document]
    draft_of: Callable[[Document], Draft]
    write: Callable[[Sequence[Draft]], Sequence[Entry]]
    is_known: Callable[[Draft], bool]
    on_progress: Callable[[Document, Entry | None], None] | None = None

    def add_with(self, derived: Callable[[Sequence[Draft]], Iterator[tuple[int, Derived]]]) -> list[Entry]:
        """The entries of the documents, in their order; each text is derived by workers, once at most.

        The longest come first, so that no worker begins with one of them when all others have finished.

        derived: see `Workers.derived`.
        """
        drafts = [self.draft_of(document) for document in self.documents]
        first = {draft.digest: number for number, draft in reversed([*enumerate(drafts)])}
        numbers = [number for number in first.values() if not self.is_known(drafts[number])]
        numbers.sort(key=lambda number: len(drafts[number].text), reverse=True)
        entries: dict[int, Entry] = {}

        def keep(number: int, draft: Draft) -> None:
            check_cancelled()
            self._tell(number, None)
            [entries[number]] = self.write([draft])
            self._tell(number, entries[number])

        for place, of in derived([drafts[number] for number in numbers]):
            keep(numbers[place], drafts[numbers[place]].with_derived(of))
        for number, draft in enumerate(drafts):
            if number not in entries:
                keep(number, draft)
        return [entries[number] for number in range(len(drafts))]

    def add_here(self, derive: Callable[[Sequence[Draft]], Sequence[Draft]]) -> list[Entry]:
        """The same, derived in this process: documents in their order, a few neighbouring ones in one transaction.

        Where some are refused or cannot be derived, those before the first of them are written all the same.

        derive: makes what is to be written of several drafts.
        """
        entries: list[Entry] = []
        waiting = iter(self._drafts())
        for texts in groups(draft.text for draft in self._drafts()):
            group = list(islice(waiting, len(texts)))
            check_cancelled()  # before what takes long
            self._tell(len(entries), None)
            written = self._written_together(group, derive)
            for place, draft in enumerate(group):
                if place:
                    self._tell(len(entries), None)
                entries.append(written[place] if written else self.write([draft])[0])
                self._tell(len(entries) - 1, entries[-1])
        for document in self.documents[len(entries) :]:
            self._tell(len(entries), None)
            entries.append(self.write([self.draft_of(document)])[0])  # the first of them is refused
        return entries

    def _drafts(self) -> Iterator[Draft]:
        """Drafts up to the first document that is refused."""
        for document in self.documents:
            try:
                draft = self.draft_of(document)
            except DocumentError:
                return
            yield draft

    def _written_together(
        self, drafts: Sequence[Draft], derive: Callable[[Sequence[Draft]], Sequence[Draft]]
    ) -> Sequence[Entry]:
        """The entries of some drafts; none where they are better written one by one, or one of them is refused."""
        first = {draft.digest: number for number, draft in reversed([*enumerate(drafts)])}
        new = [number for number in sorted(first.values()) if not self.is_known(drafts[number])]
        if len(new) < 2:
            return []
        try:
            derived = dict(zip(new, derive([drafts[number] for number in new]), strict=True))
            check_cancelled()
            # Of the others there is an entry, or will be when the first of the same text is written.
            return self.write([derived.get(first[draft.digest], draft) for draft in drafts])
        except ParametricMemoryError:  # which is raised again when its turn comes
            return []

    def _tell(self, number: int, entry: Entry | None) -> None:
        if self.on_progress:
            self.on_progress(self.documents[number], entry)
