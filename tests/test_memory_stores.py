"""What a memory keeps of its documents, texts alone or rows too: its answers are the same."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from parametric_memory import Maintenance, ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.adapters.factors import Adapter
from parametric_memory.documents.files import Document
from parametric_memory.errors import CheckpointError, MemoryFolderError, MemoryMismatch, SettingsError
from parametric_memory.internalize.internalizer import Internalizer, SentenceReader
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.memory import reopen
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import Found
from parametric_memory.storage.location import Location
from parametric_memory.storage.schema import adapters, entries
from tests.bag_of_words import BagOfWords
from tests.close import assert_close_recalls, close, close_adapters
from tests.comparing import passages_of, whole_adapter
from tests.in_step import in_step
from tests.test_long_documents import LONG, QUESTION
from tests.test_memory import HERON, LINA
from tests.tiny_models import tiny_model

OpenMemory = Callable[..., ParametricMemory]
STORES = ("text", "rows")


def kept_of(memory: ParametricMemory, id: str) -> dict[int, int]:
    """Bytes of the rows that are kept of an entry, by the passage that they are of; -1: of a whole adapter."""
    size = sql.func.sum(sql.func.length(adapters.c.content))
    of_entry = sql.select(adapters.c.passage, size).join(entries, entries.c.revision == adapters.c.revision)
    with memory.storage.database.reading() as connection:
        return dict(connection.execute(of_entry.where(entries.c.id == id).group_by(adapters.c.passage)).all())


def revision_of(id: str) -> sql.ColumnElement[bool]:
    """Rows of `adapters` that are of an entry."""
    return adapters.c.revision == sql.select(entries.c.revision).where(entries.c.id == id).scalar_subquery()


@contextmanager
def counted(memory: ParametricMemory) -> Iterator[list[tuple[str, int]]]:
    """The entries and passages whose rows are read meanwhile."""
    read: list[tuple[str, int]] = []
    whole = memory.storage.entries.kept

    def noted(found: Found, numbers: Sequence[int] | None = None) -> Any:
        rows = whole(found, numbers)
        assert numbers is None or rows.passages == len(numbers)
        read.extend((found.entry.id, number) for number in numbers or range(rows.passages))
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory.storage.entries, "kept", noted)
        yield read


def same(first: Adapter | None, second: Adapter | None) -> bool:
    """Whether two adapters are the same, but for rounding: what is kept was computed, and is computed again."""
    assert first is not None and second is not None
    return close_adapters(first, second)


def words(memory: ParametricMemory, id: str) -> dict[str, list[tuple[int, str]]]:
    """By module, the words of an entry's rows and where they stand."""
    return {
        module: [(kept.position, kept.word) for kept in rows] for module, rows in memory.adapters.explain(id).items()
    }


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
    copy = Path(shutil.copytree(hypernetwork, folder / "calibrated"))
    config = json.loads((copy / "config.json").read_text())
    config["calibration"] = {**config.get("calibration", {}), **settings}
    (copy / "config.json").write_text(json.dumps(config))
    return copy


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
        open_memory(shutil.copytree(filled[store], tmp_path / store), max_passages=4, max_adapters=2)
        for store in STORES
    ]


def test_answers_are_the_same(both: list[ParametricMemory]) -> None:
    for question in (QUESTION, "Who leads the Heron project?", "Which lamp is by the river?"):
        found = [memory.attachment(question) for memory in both]
        assert_close_recalls(found[0].recalls, found[1].recalls)
        assert any(r.attached for r in found[0].recalls)
        assert same(found[0].adapter, found[1].adapter)
        text, rows = (memory.ask(question, max_new_tokens=6) for memory in both)
        assert text.text == rows.text and text.confidence == pytest.approx(rows.confidence, rel=1e-3)


def test_whole_adapters_and_the_words_of_their_rows_are_the_same(both: list[ParametricMemory]) -> None:
    text, rows = both
    for id in ("long", "short", "one"):
        # Rows of a sentence that was read beside another are rounded otherwise, and decorrelation makes that larger.
        assert close_adapters(whole_adapter(text, id), whole_adapter(rows, id), within=0.1)
        assert words(text, id) == words(rows, id) != {}


def test_of_a_text_nothing_but_the_text_is_kept_and_of_rows_those_of_each_passage(
    both: list[ParametricMemory],
) -> None:
    text, rows = both
    passages = len(passages_of(rows, "long"))
    assert kept_of(text, "long") == {} and sorted(kept_of(rows, "long")) == [*range(passages)]
    assert sum(kept_of(rows, "long").values()) > 5 * len(LONG)
    records = [memory.get("long") for memory in both]
    assert [entry.store for entry in records] == list(STORES)
    assert (records[0].rank, records[0].adapter_sha256) == (0, "")
    assert records[1].rank > 0 and len(records[1].adapter_sha256) == 64


def test_no_rows_are_read_but_those_of_the_passages_that_are_attached(both: list[ParametricMemory]) -> None:
    _, rows = both
    rows.delete("one"), rows.delete("short")
    rows = reopen(rows, threshold=0.1)
    with counted(rows) as read:
        found = rows.attachment(QUESTION)
    attached = {recall.entry_id: recall.passages for recall in found.recalls if recall.attached}
    wanted = [(id, n) for id, of in attached.items() for n in [p.number for p in of] or kept_of(rows, id)]
    assert sorted(read) == sorted(wanted) and 0 < sum(id == "long" for id, _ in read) < rows.get("long").chunks / 5
    with rows.storage.database.writing() as connection:  # the others may be gone
        others = adapters.c.passage.not_in([number for id, number in wanted if id == "long"])
        connection.execute(adapters.delete().where(revision_of("long"), others))
    assert same(rows.attachment(QUESTION).adapter, found.adapter)
    assert [of.entry.id for of, _ in rows.storage.entries.damaged()] == ["long"]


def test_what_is_attached_of_an_entry_that_was_replaced_meanwhile_is_all_of_it(both: list[ParametricMemory]) -> None:
    for memory in both:
        recalls = memory.recall(QUESTION)
        assert any(len(recall.passages) > 1 for recall in recalls if recall.attached)
        for recall in recalls:
            memory.update(recall.entry_id, text=f"{HERON} So said {recall.entry_id}.")
        assert memory.recaller.attach(recalls) is not None


def test_a_new_memory_keeps_rows_and_a_memory_keeps_to_its_store(open_memory: OpenMemory, tmp_path: Path) -> None:
    assert open_memory().add(LINA).store == "rows"
    open_memory(tmp_path / "text", store="text").add(LINA)
    assert open_memory(tmp_path / "text").add(HERON).store == "text"
    assert open_memory(tmp_path / "text").storage.made_with.store == "text"
    with pytest.raises(MemoryMismatch, match=r"store text, not rows.*parametric-memory upgrade .*--store rows"):
        open_memory(tmp_path / "text", store="rows").add("The museum is in Bergen.")


def test_a_store_that_there_is_not_is_refused(open_memory: OpenMemory) -> None:
    with pytest.raises(SettingsError, match="no store 'vectors': name text or rows"):
        open_memory(store="vectors")


def test_an_upgrade_changes_the_store(open_memory: OpenMemory) -> None:
    open_memory().add(LINA, id="lina")
    before = open_memory().attachment(QUESTION).adapter
    for store in ("rows", "text"):
        assert Maintenance(open_memory(store=store)).upgrade() == 1
        assert open_memory().get("lina").store == open_memory().storage.made_with.store == store
        assert same(open_memory().attachment(QUESTION).adapter, before)


def test_an_upgrade_reads_short_texts_together(open_memory: OpenMemory, monkeypatch) -> None:
    memory = open_memory(store="text")
    memory.add_files(*(Document(f"Mole {number} lives in burrow {number}.", f"Mole {number}") for number in range(40)))
    upgraded = open_memory(store="rows")
    hypernetwork, passes = upgraded.models.internalizer.hypernetwork, []
    token_rows = hypernetwork.token_rows

    def counted(model, chunks, before):
        passes.append(len(chunks))
        return token_rows(model, chunks, before)

    monkeypatch.setattr(hypernetwork, "token_rows", counted)
    assert Maintenance(upgraded).upgrade() == sum(passes) == 40 and len(passes) < 8


def test_adding_a_text_runs_no_model(open_memory: OpenMemory, base, monkeypatch) -> None:
    memory = open_memory(store="text", threshold=0.1)
    monkeypatch.setattr(base.model, "forward", None)
    monkeypatch.setattr("parametric_memory.hypernetworks.checkpoint.load_hypernetwork", None)
    entry = memory.add(LONG)
    assert entry.chunks > 50 and memory.recall(QUESTION)[0].attached


def test_a_question_reads_no_document(open_memory: OpenMemory, base, tmp_path: Path) -> None:
    """What goes through the base model are the question's tokens and the answer's."""
    read: dict[str, int] = {}
    for store in STORES:
        memory = open_memory(tmp_path / store, store=store, threshold=0.1)
        memory.add(LONG)
        memory.models.internalizer  # loaded  # noqa: B018
        tokens: list[int] = []
        handle = base.model.get_decoder().register_forward_pre_hook(
            lambda _, args, kwargs, seen=tokens: seen.append((args[0] if args else kwargs["input_ids"]).numel()),
            with_kwargs=True,
        )
        answer = memory.ask(QUESTION, max_new_tokens=4)
        handle.remove()
        read[store] = sum(tokens)
        assert answer.remembered
    assert read["rows"] <= answer.prompt_tokens + 4 < read["text"]


def test_untrained_rows_are_made_when_they_are_wanted(open_memory: OpenMemory, monkeypatch) -> None:
    memory = open_memory(hypernetwork=None, store="text")
    with monkeypatch.context() as patched:
        patched.setattr("parametric_memory.hypernetworks.key_value.untrained.untrained_hypernetwork", None)
        assert memory.add(LINA).store == "text"
    assert memory.ask(QUESTION, max_new_tokens=2).remembered


@pytest.mark.parametrize("store", STORES)
def test_what_is_not_made_by_sentences_is_kept_as_an_adapter(
    open_memory: OpenMemory, whole_adapters: Internalizer, store: str
) -> None:
    memory = open_memory(store=store, threshold=0.1, internalizer=whole_adapters)
    entry = memory.add(f"{HERON} {LINA}")
    assert entry.store == "adapter" and entry.rank > 0 and [*kept_of(memory, entry.id)] == [-1]
    assert memory.ask(QUESTION, max_new_tokens=2).remembered and memory.adapters.explain(entry.id) == {}
    open_memory().add(HERON)
    assert {e.store for e in open_memory().list()} == {"adapter", store}
    assert open_memory(max_adapters=2, threshold=-1.0).ask(QUESTION, max_new_tokens=2).remembered


@pytest.mark.parametrize("store", STORES)
def test_within_a_rank_the_rows_of_the_strongest_words_are_kept(open_memory: OpenMemory, store: str) -> None:
    memory = open_memory(store=store, threshold=-1.0, max_rank=6)
    entry = memory.add(f"{HERON} {LINA} Ada sings. Ben reads. Pia bakes bread. It rains. The cello is blue.")
    assert entry.store == "rows" and 0 < entry.rank <= 6 < entry.tokens
    assert {len(words) for words in memory.adapters.explain(entry.id).values()} == {entry.rank}
    assert memory.ask(QUESTION, max_new_tokens=2).remembered
    found, made = memory.storage.entries.at(entry.id, "default"), memory.recaller.adapters
    passages = passages_of(memory, entry.id)
    assert len(passages) > 6  # one at least has no row
    of_passages = [made.together([(found, {n: (1.0, (0.5,))}, 1.0, 1.0)]) for n in range(len(passages))]
    assert sum(max(f.own for f in adapter.factors.values()) for adapter in of_passages) == entry.rank


def test_every_token_has_a_row(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    adapter = memory.attachment(QUESTION).adapter
    assert adapter is not None and max(factors.own for factors in adapter.factors.values()) == entry.tokens
    assert {len(of_module) for of_module in memory.adapters.explain(entry.id).values()} == {entry.tokens}
    # Rows that are kept are the same as those that are made again: both stores answer alike.
    assert open_memory(tmp_path / "rows", store="rows").add(LINA).rank == entry.tokens


def attached(memory: ParametricMemory, id: str, score: float, with_texts: bool = False) -> Adapter | None:
    """What of an entry is attached, were its score this one."""
    [recall] = [recall for recall in memory.recall(QUESTION) if recall.entry_id == id]
    passages = [passage.model_copy(update={"weight": passage.weight or 1.0}) for passage in recall.passages]
    scored = recall.model_copy(update={"attached": True, "weight": 1.0, "score": score, "passages": passages})
    return memory.recaller.attach([scored], with_texts)


@pytest.mark.parametrize("id", ["one", "short"])  # attached whole, and sentence by sentence
def test_what_is_recalled_speaks_the_louder_the_better_its_score(
    filled: dict[str, Path], open_memory: OpenMemory, id: str
) -> None:
    memories = [open_memory(folder, store=store, strength=2.0) for store, folder in filled.items()]
    as_trained = attached(reopen(memories[0], strength=1.0), id, score=1.0)
    for score, times in ((-0.5, 1.0), (0.0, 1.0), (0.5, 1.5), (1.0, 2.0)):
        of_stores = [attached(memory, id, score) for memory in memories]
        assert same(*of_stores)
        assert louder(as_trained, of_stores[0]) == pytest.approx(times, rel=0.01)


def test_how_loudly_stands_in_the_calibration_and_what_is_exported_is_as_it_was_made(
    open_memory: OpenMemory, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    memory = open_memory(hypernetwork=calibrated(hypernetwork_folder, tmp_path, strength=2.0))
    entry = memory.add(LINA)
    as_trained = reopen(memory, strength=1.0).attachment(QUESTION).adapter
    assert same(attached(memory, entry.id, score=0.0), as_trained)
    assert louder(as_trained, attached(memory, entry.id, score=1.0)) == pytest.approx(2.0, rel=1e-3)
    assert same(whole_adapter(memory, entry.id), as_trained)


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
    memory = open_memory(store="text")
    memory.add(f"{HERON} {LINA}")
    first = memory.attachment(QUESTION).adapter
    monkeypatch.setattr(memory.models.sentences, "rows", None)
    assert same(memory.attachment(QUESTION).adapter, first)


def test_an_archive_of_texts_is_small_and_fits_any_models(open_memory: OpenMemory, base, tmp_path: Path) -> None:
    memory = open_memory(store="text")
    memory.add(LONG, id="long", metadata={"year": 2024})
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 1 and (
        tmp_path / "memory.zip"
    ).stat().st_size < 3 * len(LONG)
    other_base = BaseModel(tiny_model(base.tokenizer, seed=3), base.tokenizer, "another")
    theirs = {
        "same": open_memory(tmp_path / "same", threshold=0.1),
        "rows": open_memory(tmp_path / "rows", store="rows", threshold=0.1),
        "another": open_memory(
            tmp_path / "another", base_model=other_base, hypernetwork=None, store="rows", threshold=0.1
        ),
    }
    for other in theirs.values():
        assert Maintenance(other).import_(tmp_path / "memory.zip") == (1, 0)
        assert other.get("long").metadata == {"year": 2024} and other.ask(QUESTION, max_new_tokens=2).remembered
    assert [memory.get("long").store for memory in theirs.values()] == ["text", "text", "rows"]


def test_an_archive_of_rows_is_taken_over_by_the_same_models(
    both: list[ParametricMemory], open_memory, tmp_path
) -> None:
    _, rows = both
    Maintenance(rows).export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other")
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (3, 0)
    assert other.get("long") == rows.get("long")
    assert same(whole_adapter(other, "long"), whole_adapter(rows, "long"))


def test_an_archive_of_rows_of_another_hypernetwork_is_made_anew_of_its_texts(
    both: list[ParametricMemory], open_memory: OpenMemory, tmp_path: Path
) -> None:
    _, rows = both
    Maintenance(rows).export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other", hypernetwork=None, store="rows")
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (3, 0)
    assert other.get("long").store == "rows" and other.get("long").content_hash == rows.get("long").content_hash
    assert not same(whole_adapter(other, "long"), whole_adapter(rows, "long"))


def test_archived_rows_that_are_damaged_are_refused(both: list[ParametricMemory], open_memory, tmp_path: Path) -> None:
    _, rows = both
    Maintenance(rows).export(tmp_path / "memory.zip")
    with zipfile.ZipFile(tmp_path / "memory.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["entries/one/rows.safetensors"] = content["entries/short/rows.safetensors"]
    with zipfile.ZipFile(tmp_path / "damaged.zip", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    other = open_memory(tmp_path / "other")
    with pytest.raises(MemoryFolderError, match="sha256 is not the one that was recorded"):
        Maintenance(other).import_(tmp_path / "damaged.zip")
    assert other.list() == []


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_rows_that_are_damaged_are_told_of(both: list[ParametricMemory], damage: str) -> None:
    _, rows = both
    with rows.storage.database.writing() as connection:
        of_first = sql.and_(revision_of("short"), adapters.c.passage == 0)
        if damage == "gone":
            connection.execute(adapters.delete().where(of_first))
        else:
            content = connection.execute(sql.select(adapters.c.content).where(of_first)).scalar_one()
            connection.execute(adapters.update().where(of_first).values(content=content[:-16] + bytes(16)))
    assert [of.entry.id for of, _ in rows.storage.entries.damaged()] == ["short"]
    with pytest.raises(CheckpointError, match=r"Entry short is damaged.*Delete it and add its document again"):
        whole_adapter(rows, "short")
    rows.delete("short")
    assert rows.storage.entries.damaged() == [] and rows.ask(QUESTION, max_new_tokens=2).remembered


@pytest.mark.parametrize("store", STORES)
def test_a_writer_that_is_killed_leaves_a_text_as_it_was(both: list[ParametricMemory], store: str) -> None:
    memory = both[STORES.index(store)]
    before = memory.get("one")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(memory.storage.location.folder), store], check=False)
    assert killed.returncode == 9
    assert memory.get("one") == before and memory.history("one").text == LINA
    memory.add("The museum is in Bergen.", id="next")
    assert memory.storage.database.problems() == [] and in_step(memory)
    assert memory.ask(QUESTION, max_new_tokens=2).remembered


KILLED = """
import os, sys
from parametric_memory.storage.database import Database
from parametric_memory.internalize.deriving import Derived
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.location import Location

store = EntryStore(Database(Location.of(sys.argv[1])))
with store.database.writing():
    kept = store.kept(store.at("one", "default")) if sys.argv[2] == "rows" else None
    derived = Derived(1, 1, kept, ["another text"], "another text", [[1.0] * 512], [-1])
    store.write(store.at("one", "default").entry, "another text", (), derived)
    os._exit(9)
"""


@pytest.mark.parametrize("format", ["4", "6"])
def test_a_memory_of_another_format_is_refused_by_name_with_the_way_over(open_memory: OpenMemory, format: str) -> None:
    memory = open_memory()
    memory.add(LINA)
    memory.close()
    with closing(Database(Location.of(memory.storage.location.folder))) as database:
        database.set("format", format)
    told = (
        f"is of format {format}; this release reads format 5: `export` it with the release that wrote it, and `import`"
    )
    with pytest.raises(MemoryFolderError, match=told):
        open_memory()


@pytest.mark.parametrize("options", [{"store": "text"}, {"store": "rows"}, {"max_rank": 8}], ids=str)
def test_of_another_memory_in_the_same_place_nothing_of_the_former_is_attached(
    open_memory: OpenMemory, tmp_path: Path, options: dict[str, Any]
) -> None:
    memory = open_memory(**options)
    memory.add(LINA, id="note")
    whole_adapter(memory, "note")
    shutil.rmtree(tmp_path / "memory")
    other = open_memory(**options)
    other.add(HERON, id="note")
    assert close_adapters(whole_adapter(memory, "note"), whole_adapter(other, "note"))


def test_a_long_text_that_was_stopped_goes_on_from_its_stored_parts(
    open_memory: OpenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.storage.memory_storage._LONG", 0)
    monkeypatch.setattr("parametric_memory.internalize.internalizer._CHUNKS_IN_PART", 2)
    text = "\n".join(f"Lina lives in house {number}." for number in range(7))
    make, made = SentenceReader.rows, list[int]()

    def rows(reader: SentenceReader, chunks: Sequence[Sequence[int]]) -> Any:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(len(chunks))
        return make(reader, chunks)

    memory = open_memory(store="rows")
    with monkeypatch.context() as patch:
        patch.setattr(SentenceReader, "rows", rows)
        with pytest.raises(KeyboardInterrupt):
            memory.add(text)
        assert made == [2, 2] and not memory.list()
        made[:] = [0]
        with pytest.raises(KeyboardInterrupt):
            memory.add(text)
        assert made == [0, 2]
    entry = memory.add(text)
    monkeypatch.undo()
    other = open_memory(tmp_path / "other", store="rows")
    assert same(whole_adapter(memory, entry.id), whole_adapter(other, other.add(text).id))
    with memory.storage.database.reading() as connection:
        assert connection.execute(sql.text("SELECT count(*) FROM unfinished")).scalar() == 0
