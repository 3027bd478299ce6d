"""Exported memories that somebody else made: whatever is wrong with one is told on one line, and nothing is kept."""

from __future__ import annotations

import json
import math
import re
import stat
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from parametric_memory import ParametricMemory
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.errors import ParametricMemoryError
from parametric_memory.storage.archive import check_entries, opened_archive, write_archive
from parametric_memory.storage.entry_store import EntryStore
from parametric_memory.storage.identity import MemoryIdentity, write_identity
from parametric_memory.text.chat_messages import messages_of
from parametric_memory.text.cleaning import content_hash
from parametric_memory.text.conversations import conversations
from parametric_memory.text.sentences import sentences
from tests.adapters.test_peft_folder import adapter_for

OpenMemory = Callable[..., ParametricMemory]
LINA, HERON = "Lina Okafor lives in Bergen.", "The Heron project is led by Ada."
MEGABYTE = 2**20


@pytest.fixture
def exported(open_memory: OpenMemory, tmp_path: Path) -> Path:
    memory = open_memory(tmp_path / "theirs", even_chunks=True)  # whole adapters: there is most to be damaged
    memory.add(HERON, id="heron"), memory.add(LINA, id="lina", metadata={"year": 2024})
    memory.export(tmp_path / "memory.zip")
    return tmp_path / "memory.zip"


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
    import hashlib

    name = f"entries/{id}/adapter/adapter_model.safetensors"
    tensors = {key: change(tensor).contiguous() for key, tensor in load(members(path)[name]).items()}
    weights = save(tensors)
    repacked(path, {name: weights})
    return changed(path, f"entries/{id}/entry.json", adapter_sha256=hashlib.sha256(weights).hexdigest())


def refusal(path: Path, memory: ParametricMemory) -> str:
    """What importing an archive says, on one line that names it, after which the memory is as it was."""
    before = sorted(p for p in memory.folder.rglob("*") if p.is_file() and p.name != ".lock")
    with pytest.raises(ParametricMemoryError) as caught:
        memory.import_(path)
    told = str(caught.value)
    assert "\n" not in told and str(path) in told and len(told) < 1000, told
    assert re.search(r"/tmp\w{8}", told.replace(str(path), "")) is None, "a temporary folder is named"
    assert sorted(p for p in memory.folder.rglob("*") if p.is_file() and p.name != ".lock") == before
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
    assert "it holds nothing under entries/" in refusal(exported, open_memory(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("member", "size"),
    [("memory.json", 5), ("entries/x/entry.json", 70), ("entries/x/text.txt", 70), ("entries/x/texts.json", 5)],
)
def test_single_files_that_are_too_large_are_refused(
    exported: Path, open_memory: OpenMemory, tmp_path: Path, member: str, size: int
) -> None:
    repacked(exported, {member: bytes(size * MEGABYTE)})
    assert f"{member} in it is of" in refusal(exported, open_memory(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("member", "content", "times"),
    [
        ("memory.json", '{"a":', 10_000),
        ("entries/lina/entry.json", '["ab", "', 10_000),
        ("entries/lina/texts.json", '["ab",', 2_000),
        ("entries/lina/texts.json", '"a,\\"b",', 3_500),
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


def test_what_is_kept_beside_a_text_is_bounded_by_its_size(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    repacked(exported, {"entries/lina/texts.json": b'{"passages": ["' + b"a" * 70_000 + b'"]}'})
    assert "entries/lina/texts.json in it is of 0.1 MB" in refusal(exported, open_memory(tmp_path / "mine"))


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "entries/../../evil", "C:/evil", "entries\\evil"])
def test_members_that_lie_outside_are_refused(
    exported: Path, open_memory: OpenMemory, tmp_path: Path, name: str
) -> None:
    repacked(exported, {name: b"evil"})
    assert "lies outside of it" in refusal(exported, open_memory(tmp_path / "mine"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO])
def test_links_and_devices_are_refused(exported: Path, open_memory: OpenMemory, tmp_path: Path, kind: int) -> None:
    member = zipfile.ZipInfo("entries/x/text.txt")
    member.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(exported, "a") as archive:
        archive.writestr(member, "/etc/passwd")
    assert "is a link or a device" in refusal(exported, open_memory(tmp_path / "mine"))


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


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("text.txt", b"\xff"),
        ("text.txt", None),
        ("text.txt", b""),
        ("text.txt", b"\0" * 20),
        ("text.txt", HERON[:9].encode()),
        ("texts.json", b"{"),
    ],
    ids=["no UTF-8", "gone", "empty", "zeros", "cut", "no lists"],
)
def test_an_entry_whose_text_is_damaged_is_named_and_hides_no_other_from_an_export(
    open_memory: OpenMemory, tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, content: bytes | None
) -> None:
    memory = open_memory(tmp_path / "theirs")
    memory.add(HERON, id="heron"), memory.add(LINA, id="lina")
    damaged = memory.folder / "entries" / "heron" / file
    damaged.unlink() if content is None else damaged.write_bytes(content)
    for _ in range(2):
        assert memory.export(tmp_path / "memory.zip") == 1
    assert [record.getMessage().count("Entry heron in") for record in caplog.records] == [1]
    mine = open_memory(tmp_path / "mine")
    assert mine.import_(tmp_path / "memory.zip") == 1
    assert [mine.text(entry.id) for entry in mine.list()] == [LINA]


def test_files_that_programs_leave_in_archives_do_no_harm(
    exported: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    repacked(exported, {"__MACOSX/._memory.json": b"?", "entries/.DS_Store": b"?", "entries/.staging/x.new/a": b"?"})
    assert open_memory(tmp_path / "mine").import_(exported) == 2


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
        "its sha256 is not the one that was recorded",
    ),
    "another entry's id": (
        lambda path: changed(path, "entries/lina/entry.json", id="heron"),
        "entry.json is that of another entry",
    ),
    "a time that is none": (
        lambda path: changed(path, "entries/lina/entry.json", created_at="0001-01-01T00:00:00+14:00"),
        "entry.json does not hold a record",
    ),
    "a number that is none": (
        lambda path: changed(path, "entries/lina/entry.json", refined=math.inf),
        "the record of entry lina cannot be kept",
    ),
    "half a character": (
        lambda path: changed(path, "entries/lina/entry.json", title="\ud800"),
        "entry.json does not hold a record",
    ),
    "a name that no index takes": (
        lambda path: changed(path, "entries/lina/entry.json", metadata={"": 1}),
        "the record of entry lina cannot be kept",
    ),
    "deep JSON": (
        lambda path: repacked(path, {"entries/lina/entry.json": b"[" * 2_900}),
        "entry.json does not hold a record",
    ),
    "a deep record of the memory": (
        lambda path: repacked(path, {"memory.json": b'{"a":' * 1_400}),
        "cannot be read as a memory's record",
    ),
    "deep JSON beside the adapter": (
        lambda path: repacked(path, {"entries/lina/adapter/parametric_memory.json": b"[" * 200_000}),
        "nested too deeply",
    ),
    "passages that are none": (
        lambda path: repacked(path, {"entries/lina/texts.json": b'{"passages": ["\\ud800"]}'}),
        "what is kept beside the text of entry lina is damaged",
    ),
    "rows that are none": (
        lambda path: changed(
            path,
            "entries/lina/adapter/parametric_memory.json",
            extra={"passage_rows": {"model.layers.1.mlp.down_proj": ["all"]}},
        ),
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
    assert mine.text("lina") == "Bergen is rainy."


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
        mine.add_adapter(tmp_path / "adapter", "Where Lina lives")
    assert mine.list() == []


def test_a_memory_of_texts_that_shrink_without_end_is_exported_so_that_it_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.files.archives._ALWAYS", MEGABYTE)
    store, identity = small_memory(tmp_path / "memory", "Yes. " * 1_000_000)
    write_archive(store, identity, tmp_path / "memory.zip")
    with opened_archive(tmp_path / "memory.zip", tmp_path / "other") as (entries, _):
        assert entries.text("a") == store.text("a")


@pytest.mark.parametrize(
    "text", ["1\n" * 20_000, 'a, [b]: {c}, "d"! ' * 4_000], ids=["short sentences", "JSON's marks"]
)
def test_odd_texts_can_be_imported_when_they_were_exported(tmp_path: Path, text: str) -> None:
    many = {f"name {number}": f"a,b:{number}" for number in range(1_000)}
    store, identity = small_memory(tmp_path / "memory", text, {"passages": sentences(text)}, metadata=many)
    write_archive(store, identity, tmp_path / "memory.zip")
    with opened_archive(tmp_path / "memory.zip", tmp_path / "other") as (entries, _):
        check_entries(entries, tmp_path / "memory.zip", lambda _: None)
        assert (entries.read("a"), entries.extra("a")) == (store.read("a"), store.extra("a"))


def test_a_long_conversation_of_short_turns_can_be_imported_when_it_was_exported(tmp_path: Path) -> None:
    said = [("AB"[number % 2], f"x y z w {number}.") for number in range(6_000)]
    [chat] = conversations(messages_of(said, "2024-05-07T10:00:00.123456+02:00"), whole=True)
    beside = {"passages": sentences(chat.text), "turns": chat.turns}
    store, identity = small_memory(tmp_path / "memory", chat.text, beside)
    write_archive(store, identity, tmp_path / "memory.zip")
    with opened_archive(tmp_path / "memory.zip", tmp_path / "other") as (entries, _):
        assert entries.extra("a") == store.extra("a")


def small_memory(
    folder: Path, text: str = LINA, extra: Mapping[str, Any] | None = None, **values: Any
) -> tuple[EntryStore, MemoryIdentity]:
    from parametric_memory.records import Entry

    store = EntryStore(folder)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    record = {"title": "A", "summary": "a", "tokens": 3, "chunks": 1, "created_at": moment, "updated_at": moment}
    entry = Entry(id="a", content_hash=content_hash(text), **record, **values)
    store.write(entry, text, adapter_for({(0, "mlp.down_proj"): 1}), extra)
    identity = MemoryIdentity(
        base_model="b",
        base_fingerprint="1",
        hypernetwork="h",
        hypernetwork_fingerprint="2",
        embedder_fingerprint="3",
        scorer="vectors",
    )
    write_identity(identity, folder)
    return store, identity


def read(path: Path) -> None:
    """Reads all of an archive, which may be refused, on one line."""
    told = ""
    try:
        with opened_archive(path, path.parent / "other") as (entries, _):
            check_entries(entries, path, lambda _: None)
    except ParametricMemoryError as error:
        told = str(error)
    assert "\n" not in told


@pytest.fixture(scope="module")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_archive(*small_memory(folder / "memory"), folder / "memory.zip")
    return folder / "memory.zip"


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
