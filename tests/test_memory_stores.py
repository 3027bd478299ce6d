"""What a memory keeps of its documents, texts alone or rows too: its answers are the same."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from parametric_memory import ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import CheckpointError, MemoryFolderError, MemoryMismatch, SettingsError
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.storage.identity import read_identity
from tests.bag_of_words import BagOfWords
from tests.close import close, close_adapters
from tests.test_long_documents import LONG, QUESTION
from tests.test_memory import HERON, LINA
from tests.tiny_models import tiny_model

OpenMemory = Callable[..., ParametricMemory]
STORES = ("text", "rows")


def files(memory: ParametricMemory, id: str) -> set[str]:
    return {path.name for path in (memory.folder / "entries" / id).iterdir()}


def bytes_of(memory: ParametricMemory, id: str) -> int:
    return sum(p.stat().st_size for p in (memory.folder / "entries" / id).rglob("*") if p.is_file())


def same(first: Adapter | None, second: Adapter | None) -> bool:
    """Whether two adapters are the same, but for rounding: what is kept was computed, and is computed again."""
    assert first is not None and second is not None
    return close_adapters(first, second)


def words(memory: ParametricMemory, id: str) -> dict[str, list[tuple[int, str]]]:
    """By module, the words of an entry's rows and where they stand."""
    return {module: [(kept.position, kept.word) for kept in rows] for module, rows in memory.explain(id).items()}


def louder(first: Adapter | None, second: Adapter | None) -> float:
    """How many times the update of a document's rows the second one's is; both share all other rows."""
    assert first is not None and second is not None and first.factors.keys() == second.factors.keys()
    times = set()
    for factors, other in ((factors, second.factors[name]) for name, factors in first.factors.items()):
        own = factors.own
        assert close(factors.A, other.A) and close(factors.B[own:], other.B[own:])
        if own:
            times.add(float(other.B[:own].float().norm() / factors.B[:own].float().norm()))
    assert max(times) == pytest.approx(min(times), rel=1e-3)
    return times.pop()


def norms(adapter: Adapter | None) -> dict[str, float]:
    """Of the updates of a document's own rows, by module."""
    assert adapter is not None
    return {name: float(f.B[: f.own].float().norm()) for name, f in adapter.factors.items()}


def calibrated(hypernetwork: Path, folder: Path, **settings: float) -> Path:
    """A copy of a hypernetwork's folder, with other settings of recall."""
    from parametric_memory.hypernetworks.checkpoint import save_calibration

    shutil.copytree(hypernetwork, folder / "calibrated")
    save_calibration(folder / "calibrated", **settings)
    return folder / "calibrated"


@pytest.fixture(scope="module")
def filled(
    _tiny_base: BaseModel, hypernetwork_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The folder of a memory of either store, with the same documents."""
    folders = {store: tmp_path_factory.mktemp("filled") / store for store in STORES}
    models = ModelSettings(_tiny_base, hypernetwork_folder, embeddings=BagOfWords())
    for store, folder in folders.items():
        with ParametricMemory(folder, models=models, store=store, recall=RecallSettings(scorer="vectors")) as memory:
            memory.add(LONG, id="long"), memory.add(f"{HERON} {LINA}", id="short"), memory.add(LINA, id="one")
    return folders


@pytest.fixture
def both(filled: dict[str, Path], open_memory: OpenMemory, tmp_path: Path) -> list[ParametricMemory]:
    """A memory of either store, with the same documents."""
    return [
        open_memory(shutil.copytree(filled[store], tmp_path / store), max_passages=2, max_adapters=2)
        for store in STORES
    ]


def test_answers_are_the_same(both: list[ParametricMemory]) -> None:
    for question in (QUESTION, "Who leads the Heron project?", "Which lamp is by the river?"):
        found = [memory.attachment(question) for memory in both]
        assert found[0].recalls == found[1].recalls and any(r.attached for r in found[0].recalls)
        assert same(found[0].adapter, found[1].adapter)
        text, rows = (memory.ask(question, max_new_tokens=6) for memory in both)
        assert text.text == rows.text and text.confidence == pytest.approx(rows.confidence, rel=1e-3)


def test_whole_adapters_and_the_words_of_their_rows_are_the_same(both: list[ParametricMemory]) -> None:
    text, rows = both
    for id in ("long", "short", "one"):
        assert same(text.storage.adapters.whole(id), rows.storage.adapters.whole(id))
        assert words(text, id) == words(rows, id) != {}


def test_of_a_text_nothing_but_the_text_stands_on_disk(both: list[ParametricMemory]) -> None:
    text, rows = both
    record = {"entry.json", "text.txt", "texts.json"}
    assert files(text, "long") == record and files(rows, "long") == {*record, "rows.safetensors"}
    assert bytes_of(text, "long") < 3 * len(LONG) + 1000 < bytes_of(rows, "long") / 5
    entries = [memory.get("long") for memory in both]
    assert [entry.store for entry in entries] == list(STORES)
    assert (entries[0].rank, entries[0].adapter_sha256) == (0, "")
    assert entries[1].rank > 0 and len(entries[1].adapter_sha256) == 64


def test_a_new_memory_keeps_texts_and_a_memory_keeps_to_its_store(open_memory: OpenMemory, tmp_path: Path) -> None:
    assert open_memory().add(LINA).store == "text"
    open_memory(tmp_path / "rows", store="rows").add(LINA)
    assert open_memory(tmp_path / "rows").add(HERON).store == "rows"
    assert read_identity(tmp_path / "rows").store == "rows"
    with pytest.raises(MemoryMismatch, match=r"store rows, not text.*parametric-memory upgrade .*--store text"):
        open_memory(tmp_path / "rows", store="text").add("The museum is in Bergen.")


def test_a_store_that_there_is_not_is_refused(open_memory: OpenMemory) -> None:
    with pytest.raises(SettingsError, match="no store 'vectors': name text or rows"):
        open_memory(store="vectors")


def test_an_upgrade_changes_the_store(open_memory: OpenMemory) -> None:
    open_memory().add(LINA, id="lina")
    before = open_memory().attachment(QUESTION).adapter
    for store in ("rows", "text"):
        assert open_memory(store=store).upgrade() == 1
        assert (open_memory().get("lina").store, read_identity(open_memory().folder).store) == (store, store)
        assert same(open_memory().attachment(QUESTION).adapter, before)


def test_adding_a_text_runs_no_model(open_memory: OpenMemory, base, monkeypatch) -> None:
    memory = open_memory(threshold=0.1)
    monkeypatch.setattr(base.model, "forward", None)
    monkeypatch.setattr("parametric_memory.hypernetworks.checkpoint.load_hypernetwork", None)
    entry = memory.add(LONG)
    assert entry.chunks > 50 and memory.recall(QUESTION)[0].attached


def test_untrained_rows_are_made_when_they_are_wanted(open_memory: OpenMemory, monkeypatch) -> None:
    memory = open_memory(hypernetwork=None)
    with monkeypatch.context() as patched:
        patched.setattr("parametric_memory.hypernetworks.key_value.untrained.untrained_hypernetwork", None)
        assert memory.add(LINA).store == "text"
    assert memory.ask(QUESTION, max_new_tokens=2).remembered


@pytest.mark.parametrize("settings", [{"even_chunks": True}, {"max_rank": 6}], ids=str)
@pytest.mark.parametrize("store", STORES)
def test_what_is_not_made_by_sentences_is_kept_as_an_adapter(open_memory: OpenMemory, settings, store: str) -> None:
    memory = open_memory(store=store, threshold=0.1, **settings)
    entry = memory.add(f"{HERON} {LINA}")
    assert entry.store == "adapter" and entry.rank > 0 and "adapter" in files(memory, entry.id)
    assert memory.ask(QUESTION, max_new_tokens=2).remembered
    open_memory().add(HERON)
    assert {e.store for e in open_memory().list()} == {"adapter", store}
    assert open_memory(max_adapters=2, threshold=-1.0).ask(QUESTION, max_new_tokens=2).remembered


@pytest.mark.parametrize("store", STORES)
def test_what_is_refined_is_kept_as_an_adapter(open_memory: OpenMemory, store: str) -> None:
    memory = open_memory(store=store)
    entry = memory.add(f"{HERON} {LINA}")
    kept = words(memory, entry.id)
    refined = memory.refine(entry.id, seconds=0.1, on_progress=lambda _: None)
    assert (refined.store, refined.refined) == ("adapter", 0.1) and "rows.safetensors" not in files(memory, entry.id)
    assert words(memory, entry.id) == kept
    [recall] = memory.recall(QUESTION)
    assert len(recall.passages) == 2 and memory.recaller.attach([recall]) is not None


def test_rows_of_every_token_may_be_attached(open_memory: OpenMemory) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    ranks = {rank: memory.with_recall(rank=rank).attachment(QUESTION).adapter for rank in (None, 60, 100)}
    own = [max(factors.own for factors in adapter.factors.values()) for adapter in ranks.values()]
    assert own[0] < own[1] < own[2] == entry.tokens
    assert same(open_memory(rank=100).attachment(QUESTION).adapter, ranks[100])


def test_how_many_rows_are_attached_stands_in_the_calibration(
    open_memory: OpenMemory, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    folder = calibrated(hypernetwork_folder, tmp_path, rank=100)
    memory = open_memory(hypernetwork=folder)
    entry = memory.add(LINA)
    adapter = memory.attachment(QUESTION).adapter
    assert adapter is not None and max(factors.own for factors in adapter.factors.values()) == entry.tokens
    assert {len(of_module) for of_module in memory.explain(entry.id).values()} == {entry.tokens}
    # Rows that are kept are the same as those that are made again: both stores answer alike.
    assert open_memory(tmp_path / "rows", hypernetwork=folder, store="rows").add(LINA).rank == entry.tokens


def attached(memory: ParametricMemory, id: str, score: float, with_texts: bool = False) -> Adapter | None:
    """What of an entry is attached, were its score this one."""
    [recall] = [recall for recall in memory.recall(QUESTION) if recall.entry_id == id]
    scored = recall.model_copy(update={"attached": True, "weight": 1.0, "score": score})
    return memory.recaller.attach([scored], with_texts)


@pytest.mark.parametrize("id", ["one", "short"])  # attached whole, and sentence by sentence
def test_what_is_recalled_speaks_the_louder_the_better_its_score(
    filled: dict[str, Path], open_memory: OpenMemory, id: str
) -> None:
    memories = [open_memory(folder, store=store, strength=2.0) for store, folder in filled.items()]
    as_trained = attached(memories[0].with_recall(strength=1.0), id, score=1.0)
    for score, times in ((-0.5, 1.0), (0.0, 1.0), (0.5, 1.5), (1.0, 2.0)):
        of_stores = [attached(memory, id, score) for memory in memories]
        assert same(*of_stores)
        assert louder(as_trained, of_stores[0]) == pytest.approx(times, rel=0.01)


def test_how_loudly_stands_in_the_calibration_and_what_is_exported_is_as_it_was_made(
    open_memory: OpenMemory, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    memory = open_memory(hypernetwork=calibrated(hypernetwork_folder, tmp_path, strength=2.0))
    entry = memory.add(LINA)
    as_trained = memory.with_recall(strength=1.0).attachment(QUESTION).adapter
    assert same(attached(memory, entry.id, score=0.0), as_trained)
    assert louder(as_trained, attached(memory, entry.id, score=1.0)) == pytest.approx(2.0, rel=1e-3)
    assert same(memory.storage.adapters.whole(entry.id), as_trained)


@pytest.mark.parametrize("text", [LINA, f"{HERON} {LINA}"])
def test_what_is_refined_begins_as_loud_as_it_can_be_and_stays_so_whatever_is_set(
    open_memory: OpenMemory, text: str
) -> None:
    memory = open_memory(strength=2.0)
    entry = memory.add(text)
    before = attached(memory, entry.id, score=1.0)
    memory.refine(entry.id, seconds=1e-9, on_progress=lambda _: None)  # no time to learn anything
    refined = memory.attachment(QUESTION).adapter
    assert norms(refined) == pytest.approx(norms(before), rel=0.02)
    assert same(memory.with_recall(strength=1.0).attachment(QUESTION).adapter, refined)


def test_beside_their_text_rows_are_as_they_were_trained(open_memory: OpenMemory) -> None:
    memory = open_memory(strength=2.0)
    entry = memory.add(LINA)
    as_trained = attached(memory, entry.id, score=1.0, with_texts=True)
    assert same(as_trained, memory.attachment(QUESTION, with_texts=True).adapter)
    assert louder(as_trained, attached(memory, entry.id, score=1.0)) == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("strength", [0, -1, math.nan, math.inf])
def test_a_strength_is_more_than_0(strength: float) -> None:
    with pytest.raises(SettingsError, match="strength must be a finite number above 0"):
        RecallSettings(strength=strength)


def test_a_sentence_is_read_once(open_memory: OpenMemory, monkeypatch) -> None:
    memory = open_memory()
    memory.add(f"{HERON} {LINA}")
    first = memory.attachment(QUESTION).adapter
    monkeypatch.setattr(memory.models.sentences, "rows", None)
    assert same(memory.attachment(QUESTION).adapter, first)


def test_an_archive_of_texts_is_small_and_fits_any_models(open_memory: OpenMemory, base, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add(LONG, id="long", metadata={"year": 2024})
    assert memory.export(tmp_path / "memory.zip") == 1 and (tmp_path / "memory.zip").stat().st_size < 3 * len(LONG)
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    theirs = {
        "same": open_memory(tmp_path / "same", threshold=0.1),
        "rows": open_memory(tmp_path / "rows", store="rows", threshold=0.1),
        "another": open_memory(
            tmp_path / "another", base_model=other_base, hypernetwork=None, store="rows", threshold=0.1
        ),
    }
    for other in theirs.values():
        assert other.import_(tmp_path / "memory.zip") == 1
        assert other.get("long").metadata == {"year": 2024} and other.ask(QUESTION, max_new_tokens=2).remembered
    assert [memory.get("long").store for memory in theirs.values()] == ["text", "text", "rows"]


def test_an_archive_of_rows_is_taken_over_by_the_same_models(
    both: list[ParametricMemory], open_memory, tmp_path
) -> None:
    _, rows = both
    rows.export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other")
    assert other.import_(tmp_path / "memory.zip") == 3
    assert other.get("long") == rows.get("long")
    assert same(other.storage.adapters.whole("long"), rows.storage.adapters.whole("long"))


def test_archived_rows_that_are_damaged_are_refused(both: list[ParametricMemory], open_memory, tmp_path: Path) -> None:
    _, rows = both
    rows.export(tmp_path / "memory.zip")
    with zipfile.ZipFile(tmp_path / "memory.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["entries/one/rows.safetensors"] = content["entries/short/rows.safetensors"]
    with zipfile.ZipFile(tmp_path / "damaged.zip", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    other = open_memory(tmp_path / "other")
    with pytest.raises(MemoryFolderError, match="sha256 is not the one that was recorded"):
        other.import_(tmp_path / "damaged.zip")
    assert other.list() == []


def test_rows_that_are_gone_are_told_of(both: list[ParametricMemory]) -> None:
    _, rows = both
    (rows.folder / "entries" / "one" / "rows.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"one.rows\.safetensors is missing"):
        rows.storage.adapters.whole("one")


KILLED = """
import importlib, os, sys
from parametric_memory.records import Entry
from parametric_memory.storage.entry_store import EntryStore

def dies(*_):
    os._exit(9)

module, _, step = sys.argv[2].rpartition(".")
setattr(importlib.import_module(f"parametric_memory.storage.{module}"), step, dies)
entry = Entry(id="one", title="t", summary="s", content_hash="h", tokens=1, chunks=1)
EntryStore(sys.argv[1]).write(entry, "another text", None, {"passages": ["b"]})
"""


@pytest.mark.parametrize(
    ("store", "step"),
    [("rows", "entry_store.write_stored"), ("text", "entry_store.write_durably"), ("rows", "exchange.sync_folder")],
)
def test_a_writer_that_is_killed_leaves_a_text_as_it_was(both: list[ParametricMemory], store: str, step: str) -> None:
    memory = both[STORES.index(store)]
    before = memory.get("one")
    arguments = [sys.executable, "-c", KILLED, str(memory.folder), step]
    assert subprocess.run(arguments, check=False, env=os.environ).returncode == 9
    assert memory.get("one") == before and memory.text("one") == LINA
    memory.add("The museum is in Bergen.", id="next")  # the next writer clears away what is left
    assert list((memory.folder / "entries" / ".staging").iterdir()) == []
    assert memory.ask(QUESTION, max_new_tokens=2).remembered


def test_a_memory_of_the_format_before_is_refused_by_name(open_memory: OpenMemory) -> None:
    import json

    open_memory().add(LINA)
    file = open_memory().folder / "memory.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2}))
    with pytest.raises(MemoryFolderError, match="is of format 2; this release reads format 3"):
        open_memory()
