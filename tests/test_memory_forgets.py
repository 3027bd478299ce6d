"""What is deleted is off the disk: not its text, nor what was made of it, nor its names; and nothing else changed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.errors import EntryNotFound
from parametric_memory.storage.following import IndexFollower
from parametric_memory.storage.location import OWN
from parametric_memory.storage.search import VectorSearch
from tests.close import assert_close_adapters, assert_close_recalls
from tests.in_step import in_step

OpenMemory = Callable[..., ParametricMemory]
SECRET = "Odalys Quimby keeps her savings under the seventh floorboard. She told nobody."
KEPT = ("Lina Okafor lives in Bergen. She studies seals.", "Refunds take ten days.", "The harbour opens at noon.")
NAMES = {"id": "id-of-odalys", "namespace": "namespace-of-odalys", "title": "Title of Odalys", "source": "odalys.txt"}
METADATA = {"owner-of-secret": "value-of-odalys"}


def told(memory: ParametricMemory) -> list[bytes]:
    """All that could tell of the secret: its words, names and metadata, in bytes of the kinds that files have, and the
    numbers of its vectors."""
    words = ["Quimby", "floorboard", *NAMES.values(), *METADATA, *METADATA.values()]
    texts = [form(word) for word in words for form in (str, quote, lambda word: json.dumps(word)[1:-1])]
    vectors = memory.models.embeddings.embed_documents([SECRET, *SECRET.split(". ")])
    scaled = [np.asarray(vector, np.float32) / np.float32(np.linalg.norm(vector)) for vector in vectors]
    return [
        *(text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le")),
        *(np.asarray(vector, np.float32).tobytes() for vector in [*vectors, *scaled]),
    ]


def traces(memory: ParametricMemory) -> list[str]:
    """Files below a memory, and their paths, in which something of the secret stands."""
    found = told(memory)
    paths = list(memory.storage.location.folder.rglob("*"))
    return [
        str(path)
        for path in paths
        if any(part in str(path).encode() or (path.is_file() and part in path.read_bytes()) for part in found)
    ]


def fill(memory: ParametricMemory, with_secret: bool = True) -> None:
    memory.add(KEPT[0], id="lina"), memory.add(KEPT[1], id="refunds")
    if with_secret:
        memory.add(SECRET, metadata=METADATA, **NAMES)
    memory.add(KEPT[2], id="harbour")


@pytest.mark.parametrize("store", ["text", "rows"])
def test_after_a_delete_nothing_of_the_entry_is_in_any_file(open_memory: OpenMemory, store: str) -> None:
    with open_memory(store=store) as memory:
        fill(memory)
        memory.recall("Who keeps savings?", namespace=NAMES["namespace"])
        assert traces(memory)
        memory.update(NAMES["id"], namespace=NAMES["namespace"], metadata={**METADATA, "more": "value-of-odalys again"})
        memory.update(NAMES["id"], namespace=NAMES["namespace"], text=f"{SECRET} It rained.")
        memory.delete(NAMES["id"], namespace=NAMES["namespace"])
        assert traces(memory) == []


def test_a_memory_that_forgot_is_the_same_as_one_that_never_knew(open_memory: OpenMemory, tmp_path: Path) -> None:
    forgot, never = open_memory(tmp_path / "forgot"), open_memory(tmp_path / "never")
    fill(forgot), fill(never, with_secret=False)
    forgot.delete(NAMES["id"], namespace=NAMES["namespace"])
    for question in ("Where does Lina Okafor live?", "How long do refunds take?", "Who keeps her savings where?"):
        answers = [memory.ask(question, max_new_tokens=8, abstain=False) for memory in (forgot, never)]
        assert answers[0].text == answers[1].text
        assert answers[0].confidence == pytest.approx(answers[1].confidence, rel=1e-3)
        recalls = [memory.recall(question) for memory in (forgot, never)]
        assert_close_recalls(*recalls)
        adapters = [memory.attachment(question).adapter for memory in (forgot, never)]
        assert (adapters[0] is None) == (adapters[1] is None)
        if adapters[0] is not None and adapters[1] is not None:
            assert_close_adapters(adapters[0], adapters[1])


def test_a_writer_that_was_killed_while_it_forgot_leaves_it_to_the_next(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory() as memory:
        fill(memory)
        with monkeypatch.context() as patch:
            patch.setattr(VectorSearch, "after_commit", lambda _: 1 / 0)  # when it has committed
            with pytest.raises(ZeroDivisionError):
                memory.delete(NAMES["id"], namespace=NAMES["namespace"])
        assert traces(memory) and memory.storage.leaves_traces
    with open_memory() as memory:
        memory.add("It snowed.")
        assert traces(memory) == [] and not memory.storage.leaves_traces


def test_many_are_forgotten_at_once_in_one_block(open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped, drop = [], IndexFollower.drop
    with open_memory() as memory:
        fill(memory)
        monkeypatch.setattr(IndexFollower, "drop", lambda index: dropped.append(1) or drop(index))
        with memory.storage.writing():
            memory.delete(NAMES["id"], namespace=NAMES["namespace"]), memory.delete("lina")
        assert len(dropped) == 1 and traces(memory) == []
        assert [entry.id for entry in memory.list()] == ["refunds", "harbour"]


def test_a_large_index_is_made_anew_when_it_is_asked_for(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.storage.following.SMALL", 2)
    with open_memory() as memory, open_memory() as reader:
        fill(memory)
        assert reader.recall("Lina")[0].entry_id == "lina"
        memory.delete(NAMES["id"], namespace=NAMES["namespace"])
        assert traces(memory) and memory.storage.leaves_traces
        Maintenance(memory).erase()
        assert traces(memory) == [] and not memory.storage.leaves_traces
        assert reader.recall("Where is the harbour?")[0].entry_id == "harbour"
        memory.add("It snowed.", id="snow")
        assert reader.recall("It snowed.")[0].entry_id == "snow"
        with pytest.raises(EntryNotFound):
            reader.get(NAMES["id"], namespace=NAMES["namespace"])
        assert len([path for path in memory.storage.location.folder.iterdir() if path.name.startswith("chroma")]) == 1
        assert in_step(memory)


def test_an_index_goes_when_what_is_deleted_leaves_a_small_memory(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory() as memory:
        with monkeypatch.context() as patch:
            patch.setattr("parametric_memory.storage.following.SMALL", 2)
            fill(memory)
            assert in_step(memory) and list(memory.storage.location.folder.glob("chroma*"))
        memory.delete(NAMES["id"], namespace=NAMES["namespace"])
        assert traces(memory) == [] and not list(memory.storage.location.folder.glob("chroma*"))
        memory.add("It snowed.")
        assert not list(memory.storage.location.folder.glob("chroma*")) and memory.recall("Lina")[0].entry_id == "lina"
        assert in_step(memory)


def test_what_a_reader_kept_on_the_disk_goes_with_the_next_change(open_memory: OpenMemory) -> None:
    with open_memory() as memory, open_memory() as reader:
        fill(memory)
        with reader.storage.database.reading():  # the log must tell what was, as long as somebody reads that
            assert SECRET in reader.history(NAMES["id"], namespace=NAMES["namespace"]).text
            memory.delete(NAMES["id"], namespace=NAMES["namespace"])
            assert memory.storage.leaves_traces
        assert reader.list() == memory.list()
        memory.add("It snowed.")
        assert traces(memory) == [] and not memory.storage.leaves_traces


def test_an_import_leaves_no_copy_and_an_export_none_but_the_archive(
    open_memory: OpenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with open_memory(tmp_path / "theirs") as theirs, open_memory() as memory:
        fill(theirs)
        before = {path.name for path in tmp_path.iterdir()}
        assert Maintenance(theirs).export(tmp_path / "theirs.zip") == 4
        assert {path.name for path in tmp_path.iterdir()} == before | {"theirs.zip"}
        assert Maintenance(memory).import_(tmp_path / "theirs.zip") == (4, 0)
        assert {path.name for path in memory.storage.location.folder.iterdir()} <= {*OWN, "chroma"}
        assert list((tmp_path / "temporary").iterdir()) == []
        assert [memory.history(entry.id).text for entry in memory.list()] == [
            theirs.history(entry.id).text for entry in theirs.list()
        ]
