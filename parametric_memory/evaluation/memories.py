"""Temporary memories of given texts, and what they recall and attach for a case. Knows nothing about what is asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.factors import Adapter
from parametric_memory.documents.cleaning import clean, content_hash, title_of
from parametric_memory.documents.files import Document
from parametric_memory.evaluation.rows import Route
from parametric_memory.recall.scorer import surest
from parametric_memory.records import Entry, Recall

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Case
    from parametric_memory.memory import ParametricMemory

_CONTENT = "content"  # of a text, in its entry's metadata
_CACHED_RECALLS = 4096


class IndexedTexts:
    """A temporary memory and its texts, by the id of their entry; `route` says what a case recalls."""

    def __init__(self, memory: ParametricMemory, texts: Mapping[str, str], route: Route = "ask"):
        self.memory, self.texts, self.route = memory, dict(texts), route
        self.own = route in ("alone", "given")
        self.found = lru_cache(_CACHED_RECALLS)(memory.recall)
        self._of_own = lru_cache(_CACHED_RECALLS)(
            lambda question, document: memory.recall(question, 1, filter={_CONTENT: _content(document)})
        )

    def hold(self, entries: Iterable[Entry], texts: Iterable[str]) -> None:
        """Entries that were added to the memory, and the text of each."""
        self.texts.update(zip((entry.id for entry in entries), texts, strict=True))

    def recalls(self, case: Case) -> Sequence[Recall]:
        """Recalls of a case's question, best first, those below the threshold included."""
        return self._of_own(case.question, case.document) if self.own else self.found(case.question)

    def recalled(self, case: Case) -> Case:
        """The case with the texts that it recalls. Unchanged if it recalls its own alone."""
        if self.own:
            return case
        attached = tuple(self.texts[r.entry_id] for r in self.recalls(case) if r.attached)
        return replace(case, attached=attached)

    def searched(self, case: Case) -> tuple[str, ...]:
        """The texts that retrieval searches: all, or the case's own where it recalls this alone."""
        return (case.document,) if self.own else tuple(self.texts.values())

    def adapt(self, case: Case, with_texts: bool = False) -> Adapter | None:
        """The adapter that the memory answers the case's question under; with_texts: that of a hybrid answer."""
        return self.memory.recaller.attach(self.recalls(case), with_texts=with_texts)

    def text(self, case: Case) -> str:
        """The text in the prompt of a hybrid answer."""
        return "\n\n".join(self.memory.recaller.passage(recall) for recall in self.recalls(case) if recall.attached)

    def marked(self, case: Case) -> str:
        """The words that the scorer marks as the answer, in the passage where they weigh most; empty for none."""
        words = surest((r.weight * p.weight, p.words) for r in self.recalls(case) if r.attached for p in r.passages)
        if not words:
            return ""
        marks = [mark for _, mark in words]
        halfway = (min(marks) + max(marks)) / 2
        runs = [list(run) for _, run in groupby(words, key=lambda word: word[1] > halfway)]
        best = max(runs, key=lambda run: max(mark for _, mark in run))
        return " ".join(word for word, _ in best)

    @contextmanager
    def under(self, route: Route = "ask", **settings: Any) -> Iterator[IndexedTexts]:
        """The same memory by another route, and with other settings of recall."""
        from parametric_memory.memory import reopen

        with reopen(self.memory, **_gate(route), **settings) as other:
            yield IndexedTexts(other, self.texts, route)


@contextmanager
def indexed(
    memory: ParametricMemory, texts: Iterable[str], route: Route = "ask", **settings: Any
) -> Iterator[IndexedTexts]:
    """A memory of these texts with the models of another, and with other settings of recall; removed afterwards."""
    from parametric_memory.memory import reopen

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        reopen(memory, Path(folder) / "memory", **_gate(route), **settings) as small,
    ):
        by_id = {small.add(text, metadata={_CONTENT: _content(text)}).id: text for text in texts}
        yield IndexedTexts(small, by_id, route)


def _gate(route: Route) -> dict[str, Any]:
    return {"threshold": -1.0} if route in ("ungated", "given") else {}


def _content(text: str) -> str:
    return content_hash(clean(text))


def add_texts(memory: ParametricMemory, texts: Iterable[str | Document], namespace: str = "default") -> list[Entry]:
    """Adds all together, which is faster than one by one; texts with the titles that `add` gives them."""
    documents = (Document(of, title_of(of)) if isinstance(of, str) else of for of in texts)
    return memory.add_files(*documents, namespace=namespace)
