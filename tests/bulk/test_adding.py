"""What is prepared together, or by workers, becomes what `add` would have made. The one worker is in this process."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.bulk.groups import groups
from parametric_memory.bulk.workers import Opened, Preparer, Text
from parametric_memory.errors import DocumentError, ParametricMemoryError
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.storage.entry_store import EntryStore
from parametric_memory.storage.prepared import Prepared
from parametric_memory.text.documents import Document
from tests.bulk.comparing import held, scores
from tests.tiny_models import tiny_model

Open = Callable[..., ParametricMemory]
NAMES = ("Lina", "Tomas", "Ada", "Marco")
DOCUMENTS = [
    Document(f"{name} moved to town {number}. " + f"{name} keeps {number} boats. " * (1 + number), name)
    for number, name in enumerate(NAMES)
]


class OneWorker:
    """Takes everything, and gives everything back, as a process elsewhere does: pickled."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._preparer = Preparer()

    def prepared(self, texts: Sequence[Text], opened: Opened) -> Iterator[tuple[int, Prepared]]:
        self.read += [text.title for text in texts]
        found = self._preparer.prepared(texts, pickle.loads(pickle.dumps(opened)), name=str(opened.identity))
        if isinstance(found, ParametricMemoryError):
            raise found
        yield from enumerate(pickle.loads(pickle.dumps(found)))


@pytest.fixture
def open_shared(open_memory: Open, base: BaseModel, tmp_path: Path) -> Open:
    """Opens a memory whose base model others can load."""
    base.model.save_pretrained(tmp_path / "base")
    base.tokenizer.save_pretrained(tmp_path / "base")
    return lambda **options: open_memory(**{"base_model": tmp_path / "base"} | options)


@pytest.mark.parametrize("options", [{}, {"store": "rows"}, {"max_rank": 8}], ids=["text", "rows", "adapters"])
def test_what_a_worker_prepares_is_what_add_would_have_made(
    open_shared: Open, tmp_path: Path, options: dict[str, Any]
) -> None:
    alone = open_shared(folder=tmp_path / "alone", **options)
    for document in DOCUMENTS:
        alone.add(document)
    memory = open_shared(folder=tmp_path / "bulk", **options)
    entries = memory.add_documents(DOCUMENTS, metadata={"year": 2021}, workers=OneWorker())
    assert [entry.title for entry in entries] == list(NAMES)
    assert held(memory) == held(alone)
    assert len(memory.list(filter={"year": 2021})) == len(DOCUMENTS)
    for question in ("Where did Ada move?", "How many boats does Marco keep?"):
        assert scores(memory, question) == pytest.approx(scores(alone, question))


def test_the_longest_are_prepared_first_and_nothing_twice(open_shared: Open) -> None:
    memory, worker = open_shared(), OneWorker()
    memory.add(DOCUMENTS[1])
    told: list[tuple[str, bool]] = []
    entries = memory.add_documents(
        [*DOCUMENTS, Document(DOCUMENTS[0].text, "again")],
        workers=worker,
        on_progress=lambda document, entry: told.append((document.title, entry is not None)),
    )
    assert worker.read == ["Marco", "Ada", "Lina"]
    assert [entry.title for entry in entries] == [*NAMES, "Lina"]
    assert len(memory.list()) == len(DOCUMENTS)
    assert told[:2] == [("Marco", False), ("Marco", True)] and len(told) == 10


@pytest.mark.parametrize("options", [{}, {"store": "rows"}, {"max_rank": 8}], ids=["text", "rows", "adapters"])
def test_documents_that_are_prepared_together_are_what_add_makes_of_each(
    open_memory: Open, tmp_path: Path, options: dict[str, Any]
) -> None:
    alone = open_memory(folder=tmp_path / "alone", **options)
    for document in DOCUMENTS:
        alone.add(document)
    memory = open_memory(folder=tmp_path / "together", **options)
    known = memory.add(DOCUMENTS[2])
    told: list[tuple[str, bool]] = []
    entries = memory.add_documents(
        [*DOCUMENTS, Document(DOCUMENTS[0].text, "again")],
        on_progress=lambda document, entry: told.append((document.title, entry is not None)),
    )
    assert [entry.title for entry in entries] == [*NAMES, "Lina"] and entries[2] == known
    assert told == [(title, done) for title in (*NAMES, "again") for done in (False, True)]
    assert held(memory) == held(alone)
    for question in ("Where did Ada move?", "How many boats does Marco keep?"):
        assert scores(memory, question) == pytest.approx(scores(alone, question))


def test_what_comes_before_a_document_that_cannot_be_prepared_is_written(
    open_memory: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    made = memory.storage.made

    def made_but_of_ada(text: str) -> Any:
        if text.startswith("Ada"):
            raise DocumentError("Ada is not to be read.")
        return made(text)

    monkeypatch.setattr(memory.storage, "made", made_but_of_ada)
    with pytest.raises(DocumentError, match="Ada"):
        memory.add_documents(DOCUMENTS)
    assert sorted(entry.title for entry in memory.list()) == ["Lina", "Tomas"]


def test_what_comes_before_a_document_that_is_refused_is_written(open_memory: Open) -> None:
    memory = open_memory()
    told: list[tuple[str, bool]] = []
    with pytest.raises(DocumentError, match="binary"):
        memory.add_documents(
            [*DOCUMENTS[:2], Document("\0", "binary"), *DOCUMENTS[2:]],
            on_progress=lambda document, entry: told.append((document.title, entry is not None)),
        )
    assert sorted(entry.title for entry in memory.list()) == ["Lina", "Tomas"]
    assert told == [*((title, done) for title in ("Lina", "Tomas") for done in (False, True)), ("binary", False)]


def test_documents_that_are_prepared_together_are_written_in_one_step(
    open_memory: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    known = memory.add(DOCUMENTS[1])
    written, put, whole, whole_put = [], [], EntryStore.write_together, MemoryIndex._put

    def counted(store: EntryStore, parts: Sequence[Any]) -> Any:
        written.append([of.entry.title for of in parts])
        return whole(store, parts)

    def counted_put(index: MemoryIndex, collection: Any, parts: Sequence[Any], at_once: int) -> Any:
        put.append({record.entry_id for record, _ in parts})
        return whole_put(index, collection, parts, at_once)

    monkeypatch.setattr(EntryStore, "write_together", counted)
    monkeypatch.setattr(MemoryIndex, "_put", counted_put)
    entries = memory.add_documents([*DOCUMENTS, DOCUMENTS[0]], metadata={"year": 2021})
    assert written == [["Lina", "Ada", "Marco"]]
    assert put == [{entry.id for entry in entries} - {known.id}, {known.id}]  # which gets the metadata
    assert [entry.metadata for entry in entries] == [{"year": 2021}] * 5
    assert [entry.title for entry in memory.list()] == ["Tomas", "Lina", "Ada", "Marco"]


def test_one_that_cannot_be_recorded_keeps_none_before_it_from_being_written(open_memory: Open) -> None:
    memory = open_memory()
    refused = replace(DOCUMENTS[2], title="\ud800")
    with pytest.raises(DocumentError, match="title"):
        memory.add_documents([*DOCUMENTS[:2], refused, DOCUMENTS[3]])
    assert sorted(entry.title for entry in memory.list()) == ["Lina", "Tomas"]


def test_many_texts_are_looked_for_at_one_look_at_the_records(
    open_memory: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    held = [memory.add(f"{name} lives in Molde.") for name in NAMES]
    shutil.rmtree(memory.folder / "entries" / ".contents")
    read, whole = [], EntryStore._read

    def noted(store: EntryStore, name: str, id: str) -> Any:
        read.append(id)
        return whole(store, name, id)

    def prepared(texts: Sequence[Any]) -> Any:
        assert len(texts) == len(DOCUMENTS) and sorted(read) == sorted(entry.id for entry in held)
        raise DocumentError("That is enough.")

    monkeypatch.setattr(EntryStore, "_read", noted)
    monkeypatch.setattr(memory.storage, "prepared_together", prepared)
    assert len(memory.add_documents(DOCUMENTS)) == len(DOCUMENTS)


def test_a_long_document_is_prepared_by_itself() -> None:
    texts = ["a" * 10, "b" * 90, "c" * 10, *["d"] * 40]
    assert [len(group) for group in groups(texts, characters=50)] == [1, 1, 32, 9]
    assert [text for group in groups(texts, characters=50) for text in group] == texts
    assert list(groups([])) == []


def test_a_worker_with_another_model_refuses(open_shared: Open, base: BaseModel, tmp_path: Path) -> None:
    memory = open_shared()
    memory.add("Nora lives in Oslo.")
    tiny_model(base.tokenizer, seed=1).save_pretrained(tmp_path / "base")
    with pytest.raises(ParametricMemoryError):
        memory.add_documents(DOCUMENTS, workers=OneWorker())
    assert len(memory.list()) == 1
