"""Exported memories that somebody else made: whatever is wrong with one is told on one line, and nothing is kept."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from benchmarks.growth import opened as opened_without_models
from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.documents.chat_messages import messages_of
from parametric_memory.documents.cleaning import content_hash
from parametric_memory.documents.conversations import conversations
from parametric_memory.documents.files import Document
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import MemoryFolderError, ParametricMemoryError, StorageError
from parametric_memory.internalize.deriving import Derived
from parametric_memory.internalize.internalizer import Internalizer
from parametric_memory.storage.archive import opened_archive, write_archive
from parametric_memory.storage.schema import entries
from tests.adapters.test_peft_folder import adapter_for
from tests.comparing import passages_of
from tests.storage.small import record, same

OpenMemory = Callable[..., ParametricMemory]
LINA, HERON = "Lina Okafor lives in Bergen.", "The Heron project is led by Ada."
MEGABYTE = 2**20


@pytest.fixture
def exported(open_memory: OpenMemory, whole_adapters: Internalizer, tmp_path: Path) -> Path:
    memory = open_memory(tmp_path / "theirs", internalizer=whole_adapters)  # there is most to be damaged
    memory.add(HERON, id="heron"), memory.add(LINA, id="lina", metadata={"year": 2024})
    Maintenance(memory).export(tmp_path / "memory.zip")
    return tmp_path / "memory.zip"


@pytest.mark.skipif(os.name == "nt", reason="has no such permissions")
def test_an_archive_is_read_by_its_owner_alone(exported: Path) -> None:
    assert exported.stat().st_mode & 0o777 == 0o600


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(path: Path, changes: Mapping[str, bytes | None]) -> Path:
    """An archive with other members, in its place; without those that are None."""
    content = {name: data for name, data in (members(path) | changes).items() if data is not None}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def changed(path: Path, member: str, **values: Any) -> Path:
    """An archive in which a member, a JSON object, has other values."""
    content = json.loads(members(path)[member]) | values
    return repacked(path, {member: json.dumps(content).encode()})


def reweighed(path: Path, id: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Path:
    """An archive in which the weights of an entry's adapter are others, and are recorded as others."""
    name = f"entries/{id}/adapter/adapter_model.safetensors"
    tensors = {key: change(tensor).contiguous() for key, tensor in load(members(path)[name]).items()}
    weights = save(tensors)
    repacked(path, {name: weights})
    return changed(path, f"entries/{id}/entry.json", adapter_sha256=hashlib.sha256(weights).hexdigest())


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place for temporary files, where nothing may be left."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield
    assert list(place.iterdir()) == []


def refusal(path: Path, memory: ParametricMemory) -> str:
    """What importing an archive says, on one line that names it, after which the memory is as it was."""
    before = [(entry, memory.history(entry.id).text) for entry in memory.list()]
    was_there = memory.storage.location.folder is not None and memory.storage.location.folder.exists()
    with pytest.raises(ParametricMemoryError) as caught:
        Maintenance(memory).import_(path)
    told = str(caught.value)
    assert "\n" not in told and str(path) in told and len(told) < 1000, told
    assert str(path.parent / "temporary") not in told, "a temporary folder is named"
    assert [(entry, memory.history(entry.id).text) for entry in memory.list()] == before
    assert memory.storage.location.folder is not None and memory.storage.location.folder.exists() == was_there
    return told


def test_an_archive_that_unpacks_to_a_thousand_times_its_size_is_refused_before_it_is_unpacked(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    with zipfile.ZipFile(exported, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            with archive.open(f"entries/{number}/adapter/adapter_model.safetensors", "w") as file:
                for _ in range(30):
                    file.write(bytes(MEGABYTE))
    assert exported.stat().st_size < MEGABYTE
    tracemalloc.start()
    assert "MB of the disk, and 268 MB is the most" in refusal(exported, open_memory(tmp_path / "mine"))
    assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE
    tracemalloc.stop()
    assert not (tmp_path / "mine").exists()


def test_entries_without_what_an_entry_has_are_refused_before_they_are_unpacked(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    with zipfile.ZipFile(exported, "a") as archive:
        for number in range(5_000):
            archive.writestr(zipfile.ZipInfo(f"entries/{number}/entry.json"), b"")
    assert "entries/0/entry.json is damaged: it is no JSON" in refusal(exported, open_memory(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("member", "size"),
    [("memory.json", 70), ("entries/x/entry.json", 70), ("entries/x/text.txt", 70), ("entries/x/texts.json", 70)],
)
def test_single_files_that_are_too_large_are_refused(
    exported: Path, open_memory: OpenMemory, tmp_path: Path, member: str, size: int
) -> None:
    repacked(exported, {member: bytes(size * MEGABYTE)})
    assert f"{member} in it is of" in refusal(exported, open_memory(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("member", "content", "times"),
    [
        ("memory.json", '{"a":', 200_000),
        ("entries/lina/entry.json", '["ab", "', 250_000),
        ("entries/lina/texts.json", '["ab",', 200_000),
        ("entries/lina/texts.json", '"a,\\"b",', 300_000),
        ("entries/lina/adapter/adapter_config.json", "[],", 500_000),
        ("entries/lina/adapter/parametric_memory.json", "[],", 500_000),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_files_that_would_become_many_times_their_size_are_refused_before_they_are_parsed(
    exported: Path, open_memory: OpenMemory, tmp_path: Path, member: str, content: str, times: int, encoding: str
) -> None:
    repacked(exported, {member: (content * times).encode(encoding)})
    memory = open_memory(tmp_path / "mine")
    tracemalloc.start()
    assert f"{member} in it holds more values than such a file has" in refusal(exported, memory)
    assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    tracemalloc.stop()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_are_there_twice_are_refused(exported: Path, open_memory: OpenMemory, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported, "a") as archive:
        archive.writestr("entries/lina/text.txt", "another")
    assert "holds entries/lina/text.txt more than once" in refusal(exported, open_memory(tmp_path / "mine"))


def test_members_that_unpack_in_unbounded_steps_are_refused(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    with zipfile.ZipFile(exported, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("entries/x/text.txt", bytes(1000))
    assert "packed in a way that is not read here" in refusal(exported, open_memory(tmp_path / "mine"))


def test_what_is_exported_is_imported_as_it_was(
    open_memory: OpenMemory, whole_adapters: Internalizer, tmp_path: Path
) -> None:
    [chat] = conversations(messages_of([("Ada", "It rained."), ("Ben", "It snowed.")]), whole=True)
    for store in ("text", "rows", "adapter"):
        options: dict[str, Any] = {"internalizer": whole_adapters} if store == "adapter" else {"store": store}
        theirs, mine = (open_memory(tmp_path / store / whose, **options) for whose in ("theirs", "mine"))
        theirs.add(LINA, id="a/b ü", metadata={"year": 2024}, source="lina.txt", valid_from="2024-01-01")
        theirs.add(f"{HERON} It is about birds.", id="i" * 200, namespace="n")
        theirs.add_files(Document(chat.text, chat.title, None, turns=chat.turns))
        assert (
            Maintenance(theirs).export(tmp_path / f"{store}.zip")
            == Maintenance(mine).import_(tmp_path / f"{store}.zip").new
            == 3
        )
        assert mine.list() == theirs.list() and {entry.store for entry in mine.list()} == {store}
        wholes = [sorted(memory.storage.entries.whole(), key=lambda of: of.entry.id) for memory in (theirs, mine)]
        for one, other in zip(*wholes, strict=True):
            assert one[1:4] == other[1:4]
            assert same(one.kept, other.kept)
        questions = ("Where does Lina live?", "What rained?")
        assert [mine.recall(q) for q in questions] == [theirs.recall(q) for q in questions]


def test_an_archive_is_read_to_the_letter(exported: Path, open_memory: OpenMemory, tmp_path: Path) -> None:
    """As it is described, with settings of a memory in it that are not read."""
    parts = ["Conversation of Ana and Ben.", "Ana: It rained in Oslo.", "Ben: It snowed in Bergen, and all day."]
    text = "\n\n".join(parts)
    chat = {
        "format_version": 1,
        "id": "c" * 200,
        "title": "Conversation of Ana and Ben",
        "summary": " ".join(parts[1:]),
        "source": None,
        "namespace": "default",
        "metadata": {"year": 2024},
        "created_at": "2024-11-29T23:12:21.896102Z",
        "updated_at": "2024-11-29T23:12:21.896111Z",
        "said_at": None,
        "expires_at": None,
        "valid_from": None,
        "valid_until": None,
        "version": 3,
        "content_hash": content_hash(text),
        "tokens": 68,
        "chunks": 2,
        "store": "text",
        "rank": 0,
        "adapter_sha256": "",
    }
    texts = {
        "passages": parts,
        "turns": ["[28]", '[23, 0, "Ana", null]', '[38, 1, "Ben", null]'],
    }
    folder = f"entries/%~{hashlib.sha256(b'c' * 200).hexdigest()}"
    made = {
        f"{folder}/entry.json": json.dumps(chat, indent=2).encode(),
        f"{folder}/text.txt": text.encode(),
        f"{folder}/texts.json": json.dumps(texts).encode(),
    }
    repacked(changed(exported, "memory.json", versions=2, index="chroma"), made)
    memory = open_memory(tmp_path / "mine")
    assert Maintenance(memory).import_(exported) == (3, 0)
    assert {entry.id: entry.store for entry in memory.list()} == {
        "c" * 200: "text",
        "heron": "adapter",
        "lina": "adapter",
    }
    entry = memory.get("c" * 200)
    assert (entry.version, entry.metadata, entry.created_at.year) == (3, {"year": 2024}, 2024)
    store = memory.storage.entries
    assert (
        memory.history(entry.id).text == text and store.said(store.at(entry.id, "default"), [0, 1])[1].speaker == "Ana"
    )
    assert memory.recall("Where does Lina live?", k=1)[0].entry_id == "lina"
    assert memory.recall("Where did it rain?", k=1)[0].entry_id == entry.id


def test_an_import_goes_on_counting_versions_and_keeps_what_was_there(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(tmp_path / "mine", versions=2)
    memory.add("Lina lives in Molde.", id="lina"), memory.add(HERON, id="heron"), memory.add("It rained.", id="rain")
    for _ in range(2):
        assert Maintenance(memory).import_(exported) == (0, 2)
        assert {entry.id: entry.version for entry in memory.list()} == {"lina": 2, "heron": 1, "rain": 1}
        assert [version.text for version in memory.history("lina")] == ["Lina lives in Molde."]


def test_a_damaged_entry_is_named_and_left_out(
    open_memory: OpenMemory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = open_memory(tmp_path / "theirs")
    memory.add(HERON, id="heron"), memory.add(LINA, id="lina")
    with memory.storage.database.writing() as connection:
        connection.execute(entries.update().where(entries.c.id == "heron").values(text="Another."))
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 1
    assert "Entry heron is damaged: its text is not the one that was recorded" in caplog.text
    mine = open_memory(tmp_path / "mine")
    assert Maintenance(mine).import_(tmp_path / "memory.zip") == (1, 0) and [entry.id for entry in mine.list()] == [
        "lina"
    ]


def test_where_an_archive_cannot_be_nothing_is_written(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(tmp_path / "theirs")
    with pytest.raises(MemoryFolderError, match="holds nothing to export: add a document first"):
        Maintenance(memory).export(tmp_path / "memory.zip")
    memory.add(LINA)
    (tmp_path / "letter.txt").write_text("Dear Lina,")
    with pytest.raises(MemoryFolderError, match=r"letter\.txt is there already, and is not an exported memory"):
        Maintenance(memory).export(tmp_path / "letter.txt")
    with pytest.raises(StorageError, match=r"it is a folder\. Name a file"):
        Maintenance(memory).export(tmp_path)
    with pytest.raises(StorageError, match="Could not export the memory to"):
        Maintenance(memory).export(tmp_path / "nowhere" / "memory.zip")
    assert not (tmp_path / "memory.zip").exists() and (tmp_path / "letter.txt").read_text() == "Dear Lina,"


def test_files_that_programs_leave_in_archives_do_no_harm(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    names = ("__MACOSX/._memory.json", "entries/.DS_Store", "entries/.staging/x.new/a", "../a", "C:/a", "/a")
    repacked(exported, dict.fromkeys(names, b"?"))
    assert Maintenance(open_memory(tmp_path / "mine")).import_(exported) == (2, 0)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "another text": (
        lambda path: repacked(path, {"entries/lina/text.txt": b"Lina Okafor lives in Oslo."}),
        "the text of entry lina is not the one that was recorded",
    ),
    "no text": (
        lambda path: repacked(
            changed(path, "entries/lina/entry.json", content_hash=content_hash(" ")), {"entries/lina/text.txt": b" "}
        ),
        "the text of entry lina is empty",
    ),
    "another hash of the adapter": (
        lambda path: changed(path, "entries/lina/entry.json", adapter_sha256="0" * 64),
        "its sha256 is not the recorded one",
    ),
    "another entry's id": (
        lambda path: changed(path, "entries/lina/entry.json", id="heron"),
        "the record of entry lina is that of another entry",
    ),
    "a time that is none": (
        lambda path: changed(path, "entries/lina/entry.json", created_at="0001-01-01T00:00:00+14:00"),
        "the record of entry lina is damaged",
    ),
    "a number that no database takes": (
        lambda path: changed(path, "entries/lina/entry.json", version=2**70),
        "the record of entry lina cannot be kept",
    ),
    "half a character": (
        lambda path: changed(path, "entries/lina/entry.json", title="\ud800"),
        "the record of entry lina is damaged",
    ),
    "a name that no index takes": (
        lambda path: changed(path, "entries/lina/entry.json", metadata={"": 1}),
        "the record of entry lina cannot be kept",
    ),
    "deep JSON": (
        lambda path: repacked(path, {"entries/lina/entry.json": b"[" * 2_900}),
        "entries/lina/entry.json is damaged: it is no JSON",
    ),
    "a later format of archives": (lambda path: changed(path, "memory.json", format=5), "is of format 5; this release"),
    "a record of the memory that is none": (
        lambda path: repacked(path, {"memory.json": b'["base_model"]'}),
        "memory.json in it is damaged",
    ),
    "a deep record of the memory": (
        lambda path: repacked(path, {"memory.json": b'{"a":' * 1_400}),
        "is not an exported memory: memory.json is damaged",
    ),
    "deep JSON beside the adapter": (
        lambda path: repacked(path, {"entries/lina/adapter/parametric_memory.json": b"[" * 200_000}),
        "nested too deeply",
    ),
    "passages that are none": (
        lambda path: repacked(path, {"entries/lina/texts.json": b'{"passages": ["\\ud800"]}'}),
        "what is kept beside the text of entry lina is damaged",
    ),
    "numbers that are none": (
        lambda path: reweighed(path, "lina", lambda t: torch.full(t.shape, math.nan).to(t.dtype)),
        "are not finite",
    ),
    "whole numbers": (lambda path: reweighed(path, "lina", lambda t: t.to(torch.int8)), "int8, not floating point"),
    "numbers beyond float32": (
        lambda path: reweighed(path, "lina", lambda t: torch.full(t.shape, 1e300, dtype=torch.float64)),
        "are not finite",
    ),
    "another shape": (
        lambda path: reweighed(path, "lina", lambda t: torch.cat([t, t], dim=int(t.shape[1] > t.shape[0]))),
        "features at",
    ),
    "a scaling beyond float32": (
        lambda path: changed(path, "entries/lina/adapter/adapter_config.json", lora_alpha=1e300, alpha_pattern={}),
        "too large to be computed with",
    ),
    "another module": (
        lambda path: repacked(
            path,
            {
                (name := "entries/lina/adapter/adapter_model.safetensors"): members(path)[name].replace(
                    b"down_proj", b"down_porj"
                )
            },
        ),
        "sha256",
    ),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGE.values(), ids=DAMAGE)
def test_an_entry_that_is_not_whole_is_refused_and_the_memory_stays_as_it_was(
    exported: Path, open_memory: OpenMemory, tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    mine = open_memory(tmp_path / "mine")
    kept = mine.add("Bergen is rainy.", id="lina")
    damage(exported)
    assert told in refusal(exported, mine)
    assert mine.list() == [kept]
    assert mine.history("lina").text == "Bergen is rainy."


SKILL = "skills/short/"
WEIGHTS = f"{SKILL}adapter_model.safetensors"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: repacked(path, {f"{SKILL}skill.json": b"{}"}), "skills/short/skill.json is damaged"),
        (
            lambda path: changed(path, f"{SKILL}skill.json", name="long"),
            "the record of the skill short is that of another",
        ),
        (lambda path: changed(path, f"{SKILL}skill.json", adapter_sha256="0" * 64), "sha256"),
        (lambda path: repacked(path, {WEIGHTS: members(path)[WEIGHTS][:-1]}), "skills/short"),
        (lambda path: repacked(path, {f"{SKILL}skill.json": None}), "it holds no skills/short/skill.json"),
    ],
)
def test_a_skill_that_is_not_whole_is_refused_and_no_entry_is_taken_over(
    open_memory: OpenMemory, tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    theirs = open_memory(tmp_path / "theirs")
    theirs.add(LINA, id="lina")
    theirs.adapters.export("lina", tmp_path / "adapter")
    theirs.skills.add(folder=tmp_path / "adapter", name="short")
    Maintenance(theirs).export(tmp_path / "memory.zip")
    mine = open_memory(tmp_path / "mine")
    assert Maintenance(mine).import_(tmp_path / "memory.zip") == (1, 0) and mine.skills.list()[0].name == "short"
    damage(tmp_path / "memory.zip")
    assert told in refusal(tmp_path / "memory.zip", open_memory(tmp_path / "others"))


@pytest.mark.parametrize("store", ["text", "rows", "adapter"])
def test_passages_of_which_there_are_no_rows_do_no_harm(
    open_memory: OpenMemory, whole_adapters: Internalizer, tmp_path: Path, store: str
) -> None:
    options: dict[str, Any] = {"internalizer": whole_adapters} if store == "adapter" else {"store": store}
    theirs, mine = open_memory(tmp_path / "theirs", **options), open_memory(tmp_path / "mine", **options)
    theirs.add(f"{LINA} {HERON}", id="lina")
    Maintenance(theirs).export(tmp_path / "memory.zip")
    passages = [*(passages_of(theirs, "lina") or [LINA, HERON]), "Pia bakes bread."]
    changed(tmp_path / "memory.zip", "entries/lina/texts.json", passages=passages)
    Maintenance(mine).import_(tmp_path / "memory.zip")
    assert mine.recall("Who bakes bread?")[0].entry_id == "lina"
    assert mine.attachment("Who bakes bread?").adapter is not None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_added_adapter_whose_numbers_are_not_finite_is_refused(
    exported: Path, open_memory: OpenMemory, tmp_path: Path, value: float
) -> None:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.adapters.peft_folder import save_peft

    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "unpacked")
    factors = dict(load_peft(tmp_path / "unpacked" / "entries" / "lina" / "adapter").to(torch.float32).factors)
    name = next(iter(factors))
    factors[name].B[0, 0] = value
    save_peft(Adapter(factors), tmp_path / "adapter")
    mine = open_memory(tmp_path / "mine")
    with pytest.raises(ParametricMemoryError, match=f"The adapter's numbers at {re.escape(name)} are not finite"):
        mine.adapters.add(tmp_path / "adapter", "Where Lina lives")
    assert mine.list() == []


def test_a_memory_of_texts_that_shrink_without_end_is_exported_so_that_it_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.storage.archive._ALWAYS", MEGABYTE)
    text = "Yes. " * 1_000_000
    archive_of(tmp_path, text)
    with opened_archive(tmp_path / "memory.zip") as archive:
        assert [whole.text for whole in archive.entries()] == [text]


@pytest.mark.parametrize(
    "text", ["1\n" * 20_000, 'a, [b]: {c}, "d"! ' * 4_000], ids=["short sentences", "JSON's marks"]
)
def test_odd_texts_can_be_imported_when_they_were_exported(tmp_path: Path, text: str) -> None:
    many = {f"name {number}": f"a,b:{number}" for number in range(1_000)}
    archive_of(tmp_path, text, sentences(text), metadata=many)
    with opened_archive(tmp_path / "memory.zip") as archive:
        archive.check(lambda _: None)
        [whole] = archive.entries()
    assert (whole.text, whole.passages, whole.entry.metadata) == (text, sentences(text), many)


def test_a_long_conversation_of_short_turns_can_be_imported_when_it_was_exported(tmp_path: Path) -> None:
    said = [("AB"[number % 2], f"x y z w {number}.") for number in range(6_000)]
    [chat] = conversations(messages_of(said, "2024-05-07T10:00:00.123456+02:00"), whole=True)
    archive_of(tmp_path, chat.text, sentences(chat.text), chat.turns)
    with opened_archive(tmp_path / "memory.zip") as archive:
        [whole] = archive.entries()
    assert whole.turns == list(chat.turns) and whole.passages == sentences(chat.text)


def archive_of(
    folder: Path, text: str = LINA, passages: Sequence[str] = (), turns: Sequence[str] = (), **values: Any
) -> Path:
    """The archive `memory.zip` of a memory of one entry, which has a whole adapter."""
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    entry = record("a", text, created_at=moment, updated_at=moment, **values)
    made = Derived(3, 1, adapter_for({(0, "mlp.down_proj"): 1}), passages, "a", [[1.0]], [-1])
    with opened_without_models(folder / "memory") as memory:
        with memory.storage.writing():
            memory.storage.claim(memory.storage.own_identity(), made)
            memory.storage.entries.write(entry, text, turns, made)
        assert write_archive(memory.storage, folder / "memory.zip") == 1
    return folder / "memory.zip"


def read(path: Path) -> None:
    """Reads all of an archive, which may be refused, on one line."""
    told = ""
    try:
        with opened_archive(path) as archive:
            archive.check(lambda _: None)
    except ParametricMemoryError as error:
        told = str(error)
    assert "\n" not in told


@pytest.fixture(scope="module")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("small"))


EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)), min_size=1, max_size=4)


def edited(data: bytes, edits: list[tuple[float, bytes]]) -> bytes:
    """Bytes in which some are others, at shares of the length."""
    for share, other in edits:
        place = int(share * len(data))
        data = data[:place] + other + data[place + len(other) :]
    return data


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_an_archive_of_any_bytes_raises_only_errors_of_its_own(
    small_archive: Path, tmp_path: Path, edits: list[tuple[float, bytes]]
) -> None:
    path = tmp_path / "edited.zip"
    path.write_bytes(edited(small_archive.read_bytes(), edits))
    read(path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, number=st.integers(0, 5))
def test_archived_files_of_any_bytes_raise_only_errors_of_their_own(
    small_archive: Path, tmp_path: Path, edits: list[tuple[float, bytes]], number: int
) -> None:
    path = tmp_path / "edited.zip"
    path.write_bytes(small_archive.read_bytes())
    name = sorted(members(path))[number]
    repacked(path, {name: edited(members(path)[name], edits)})
    read(path)
