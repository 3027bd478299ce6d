"""What is prepared together becomes what `add` would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from parametric_memory import ParametricMemory
from parametric_memory.documents.files import Document
from parametric_memory.errors import DocumentError
from parametric_memory.internalize.deriving import Draft
from parametric_memory.progress import shown_by
from parametric_memory.writer import groups
from tests.comparing import held, scores
from tests.in_step import in_step

Open = Callable[..., ParametricMemory]
NAMES = ("Lina", "Tomas", "Ada", "Marco")
DOCUMENTS = [
    Document(f"{name} moved to town {number}. " + f"{name} keeps {number} boats. " * (1 + number), name)
    for number, name in enumerate(NAMES)
]


def test_a_file_that_has_changed_replaces_the_text_of_its_entry(open_memory: Open, tmp_path: Path) -> None:
    memory, file = open_memory(), tmp_path / "boat.txt"
    file.write_text("The boat is red.")
    [red] = memory.add_files(file, metadata={"year": 2021})
    file.write_text("The boat is blue.")
    [blue] = memory.add_files(file)
    assert (blue.id, blue.version, blue.metadata) == (red.id, 2, {"year": 2021}) and memory.list() == [blue]
    assert [version.text for version in memory.history(red.id)] == ["The boat is red."]
    assert memory.add_files(file) == [blue]
    memory.add("The boat is red.", id="told")
    file.write_text("The boat is red.")
    assert [entry.id for entry in memory.add_files(file)] == ["told"]  # a text is held once


def test_a_source_of_several_documents_replaces_nothing(open_memory: Open, tmp_path: Path) -> None:
    memory, book = open_memory(), str(tmp_path / "book.txt")
    Path(book).write_text("It is read elsewhere.")
    memory.add_files(*(Document(text, text, book) for text in ("The boat is red.", "It rains.")))
    memory.add_files(Document("It snows.", "Snow", book))
    memory.add_files(Document("The boat is green.", "Boat", "crm"))
    memory.add_files(Document("The boat is blue.", "Boat", "crm"))
    assert memory.count() == 5


def test_in_step_with_a_folder_entries_of_files_that_are_gone_go(open_memory: Open, tmp_path: Path) -> None:
    memory, folder = open_memory(), tmp_path / "notes"
    folder.mkdir()
    (folder / "boat.txt").write_text("The boat is red.")
    (folder / "rain.txt").write_text("It rains.")
    memory.add_files(folder)
    memory.add_files(folder, namespace="other")
    memory.add("Lina lives in Bergen.", id="lina", source="crm")
    (folder / "rain.txt").unlink()
    [boat] = memory.add_files(folder, sync=True)
    assert [entry.id for entry in memory.list(namespace="default")] == [boat.id, "lina"]
    assert memory.count(namespace="other") == 2


def test_in_step_with_a_folder_files_that_are_there_keep_their_entries(
    open_memory: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, folder, beside = open_memory(), tmp_path / "notes", tmp_path / "beside"
    folder.mkdir()
    beside.mkdir()
    (folder / "boat.txt").write_text("The boat is red.")
    (folder / "storm.log").write_text("The storm came at night.")  # is read where it is named
    (beside / "rain.txt").write_text("It rains.")
    monkeypatch.chdir(folder)
    memory.add_files("boat.txt", "storm.log", "../beside/rain.txt")
    memory.add_files(".", sync=True)
    sources = [folder / "boat.txt", folder / "storm.log", beside / "rain.txt"]
    assert [entry.source for entry in memory.list()] == [str(source) for source in sources]
    (folder / "storm.log").unlink()
    memory.add_files("../notes", sync=True)
    assert [entry.source for entry in memory.list()] == [str(sources[0]), str(sources[2])]


@pytest.mark.parametrize("options", [{}, {"store": "rows"}, {"max_rank": 8}], ids=["text", "rows", "adapters"])
def test_documents_that_are_prepared_together_are_what_add_makes_of_each(
    open_memory: Open, tmp_path: Path, options: dict[str, Any]
) -> None:
    alone = open_memory(folder=tmp_path / "alone", **options)
    for document in DOCUMENTS:
        alone.add(document)
    memory = open_memory(folder=tmp_path / "together", **options)
    known = memory.add(DOCUMENTS[2])
    entries = memory.add_files(*DOCUMENTS, Document(DOCUMENTS[0].text, "again"))
    assert [entry.title for entry in entries] == [*NAMES, "Lina"] and entries[2] == known
    assert held(memory) == held(alone)
    for question in ("Where did Ada move?", "How many boats does Marco keep?"):
        assert scores(memory, question) == pytest.approx(scores(alone, question))


def test_documents_that_are_written_together_are_done_together(open_memory: Open) -> None:
    done: list[int] = []
    with shown_by(lambda what, count, of: done.append(count) if what == "documents" else None):
        open_memory().add_files(*DOCUMENTS)
    assert {*done} == {0, len(DOCUMENTS)}


def test_documents_have_ids_and_metadata_of_their_own(open_memory: Open) -> None:
    memory = open_memory(versions=0)
    given = [replace(document, id=document.title, metadata={"year": 2021, "who": "?"}) for document in DOCUMENTS]
    entries = memory.add_files(*given, metadata={"who": "me"})
    assert [entry.id for entry in entries] == list(NAMES)
    assert all(entry.metadata == {"year": 2021, "who": "me"} for entry in entries)
    assert memory.add(given[0]).metadata == given[0].metadata and memory.count() == len(NAMES)
    changed = memory.add_files(*(replace(document, text=f"Now: {document.text}") for document in given))
    assert [(entry.id, entry.version) for entry in changed] == [(name, 2) for name in NAMES]
    assert not memory.history("Lina")
    with pytest.raises(DocumentError, match="flat"):
        memory.add_files(Document("It rains.", metadata={"day": [1]}))


def test_documents_with_the_same_id_or_text_are_written_in_their_order(open_memory: Open) -> None:
    memory = open_memory()
    memory.add_files(Document("It rains.", id="day"), Document("It snows.", id="day"))
    memory.add_files(Document("The boat is red.", id="red"), Document("The boat is red."), Document("The boat sank."))
    assert [(entry.id, memory.history(entry.id).text) for entry in memory.list()][:2] == [
        ("day", "It snows."),
        ("red", "The boat is red."),
    ]
    assert memory.count() == 3


def test_what_was_added_before_an_interrupt_stays_and_the_same_call_adds_the_rest(
    open_memory: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    notes = [Document(f"Mole {number} lives in burrow {number}.", f"Mole {number}") for number in range(40)]
    made, read = memory.storage.deriver.made, list[int]()

    def interrupted(texts: Sequence[str], *options: Any) -> Any:
        if read:
            raise KeyboardInterrupt
        read.append(len(texts))
        return made(texts, *options)

    with monkeypatch.context() as patched:
        patched.setattr(memory.storage.deriver, "made", interrupted)
        with pytest.raises(KeyboardInterrupt):
            memory.add_files(*notes)
    assert 0 < memory.count() == sum(read) < 40
    assert [entry.title for entry in memory.add_files(*notes)] == [note.title for note in notes]
    assert memory.count() == 40


def test_what_comes_before_a_document_that_cannot_be_prepared_is_written(
    open_memory: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    made = memory.storage.deriver.made

    def made_but_of_ada(texts: Sequence[str], store: str, *parts: Any) -> Any:
        if any(text.startswith("Ada") for text in texts):
            raise DocumentError("Ada is not to be read.")
        return made(texts, store, *parts)

    monkeypatch.setattr(memory.storage.deriver, "made", made_but_of_ada)
    with pytest.raises(DocumentError, match="Ada"):
        memory.add_files(*DOCUMENTS)
    assert sorted(entry.title for entry in memory.list()) == ["Lina", "Tomas"]


def test_what_comes_before_a_document_that_is_refused_is_written(open_memory: Open) -> None:
    memory = open_memory()
    with pytest.raises(DocumentError, match="binary"):
        memory.add_files(*DOCUMENTS[:2], Document("\0", "binary"), *DOCUMENTS[2:])
    assert sorted(entry.title for entry in memory.list()) == ["Lina", "Tomas"]


def test_documents_that_are_prepared_together_are_written_in_one_transaction(open_memory: Open) -> None:
    memory = open_memory()
    known = memory.add(DOCUMENTS[1])
    with transactions(memory) as begun:
        entries = memory.add_files(*DOCUMENTS, DOCUMENTS[0])
    assert len(begun) == 1
    assert [entry.title for entry in entries] == ["Lina", "Tomas", "Ada", "Marco", "Lina"] and entries[1] == known
    assert [entry.title for entry in memory.list()] == ["Tomas", "Lina", "Ada", "Marco"]
    assert in_step(memory)
    again = memory.add_files(*DOCUMENTS, metadata={"year": 2021})
    assert [entry.metadata for entry in again] == [{"year": 2021}] * 4
    assert len(memory.list(filter={"year": 2021})) == 4


@contextmanager
def transactions(memory: ParametricMemory) -> Iterator[list[str]]:
    """The transactions that write entries meanwhile."""
    found: list[str] = []

    def noted(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN IMMEDIATE"):
            found.append("")
        elif statement.startswith("INSERT INTO entries"):
            found[-1] = "entries"

    with memory.storage.database.writing() as connection:
        engine = connection.engine
    sql.event.listen(engine, "before_cursor_execute", noted)
    yield found
    sql.event.remove(engine, "before_cursor_execute", noted)
    found[:] = [kind for kind in found if kind]


def test_one_that_cannot_be_recorded_keeps_none_before_it_from_being_written(open_memory: Open) -> None:
    memory = open_memory()
    refused = replace(DOCUMENTS[2], title="\ud800")
    with pytest.raises(DocumentError, match="title"):
        memory.add_files(*DOCUMENTS[:2], refused, DOCUMENTS[3])
    assert sorted(entry.title for entry in memory.list()) == ["Lina", "Tomas"]


def test_a_long_document_is_prepared_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.writer._CHARACTERS", 50)
    texts = ["a" * 10, "b" * 90, "c" * 10, *["d"] * 40]
    found = [*groups(map(Draft, texts))]
    assert [len(group) for group in found] == [1, 1, 32, 9]
    assert [draft.text for group in found for draft in group] == texts
    assert list(groups([])) == []
