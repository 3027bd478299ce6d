from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from parametric_memory.errors import MemoryFolderError, MemoryMismatch, StorageError
from parametric_memory.storage.identity import MemoryIdentity, check_same, read_identity, write_identity

IDENTITY = MemoryIdentity(
    base_model="small",
    base_fingerprint="b1",
    hypernetwork="first",
    hypernetwork_fingerprint="h1",
    embedder_fingerprint="e1",
    scorer="judge:1",
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_identity(IDENTITY, tmp_path / "new" / "memory")
    assert read_identity(tmp_path / "new" / "memory") == IDENTITY


@pytest.mark.parametrize("inside", [[], ["entries"], ["entries", "chroma"]])
def test_a_folder_that_is_missing_or_was_only_begun_is_a_memory_yet_to_be_made(
    tmp_path: Path, inside: list[str]
) -> None:
    assert read_identity(tmp_path / "missing") is None
    for name in inside:
        (tmp_path / name).mkdir()
    assert read_identity(tmp_path) is None


def test_a_record_that_is_being_written_is_no_other_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".memory.json.tmp").touch()  # now, or by one that was killed
    assert read_identity(tmp_path) is None
    exists = Path.exists

    def just_before(path: Path) -> bool:
        there = exists(path)
        if path.name == "memory.json":
            write_identity(IDENTITY, tmp_path)
        return there

    monkeypatch.setattr(Path, "exists", just_before)
    assert read_identity(tmp_path) == IDENTITY


@pytest.mark.parametrize("place", ["one", ".staging/one.new"])
def test_entries_without_the_record_of_what_made_them_are_no_empty_memory(tmp_path: Path, place: str) -> None:
    entry = tmp_path / "entries" / place
    entry.mkdir(parents=True)
    (tmp_path / "chroma").mkdir()
    assert read_identity(tmp_path) is None  # nobody put anything in
    (entry / "entry.json").touch()
    with pytest.raises(MemoryFolderError, match=r"memory\.json is gone.*restore it from a copy.*text\.txt"):
        read_identity(tmp_path)


def test_entries_that_come_while_their_folder_is_looked_at_have_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("entries").mkdir()
    listed = Path.iterdir

    def and_then_written(folder: Path) -> list[Path]:
        found = list(listed(folder))
        write_identity(IDENTITY, tmp_path)
        (tmp_path / "entries" / "one").mkdir()
        (tmp_path / "entries" / "one" / "entry.json").touch()
        return found

    monkeypatch.setattr(Path, "iterdir", and_then_written)
    assert read_identity(tmp_path) == IDENTITY


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(MemoryFolderError, match="not a memory"):
        read_identity(tmp_path)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MemoryFolderError, match="is a file"):
        read_identity(tmp_path / "file")


def test_a_folder_that_may_not_be_looked_into_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, **options: object) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "exists", refuse)  # root may look into every folder
    with pytest.raises(StorageError, match=r"Could not look into .*: permission denied\. Choose a folder"):
        read_identity(tmp_path / "memory")


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "{}", '{"base_model": 3}', "\xff"])
def test_a_damaged_record_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "memory.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(MemoryFolderError, match=r"memory\.json") as refused:
        read_identity(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_later_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text(json.dumps({**IDENTITY.model_dump(), "format": 7}))
    with pytest.raises(MemoryFolderError, match="format 7"):
        read_identity(tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"base_model": "large", "base_fingerprint": "b2"}, ["base model small", "large", "upgrade"]),
        ({"hypernetwork": "second", "hypernetwork_fingerprint": "h2"}, ["hypernetwork first", "second", "upgrade"]),
        ({"embedder_fingerprint": "e2"}, ["embedder e1", "e2", "reindex"]),
        ({"scorer": "vectors"}, ["scorer judge:1", "vectors", "reindex", "--scorer vectors"]),
    ],
)
def test_what_differs_is_named_with_the_command_that_helps(change: dict[str, str], named: list[str]) -> None:
    with pytest.raises(MemoryMismatch) as refused:
        check_same(IDENTITY, IDENTITY.model_copy(update=change), Path("some/memory"))
    assert "\n" not in str(refused.value)
    for part in [*named, f"--memory {Path('some/memory')}"]:
        assert part in str(refused.value)


def test_two_hypernetworks_of_one_name_are_told_apart() -> None:
    with pytest.raises(MemoryMismatch) as refused:
        check_same(IDENTITY, IDENTITY.model_copy(update={"hypernetwork_fingerprint": "h2"}), Path("memory"))
    assert "h1" in str(refused.value) and "h2" in str(refused.value)


def test_names_alone_do_not_matter() -> None:
    check_same(IDENTITY, IDENTITY.model_copy(update={"base_model": "the same under another path"}), Path("memory"))


@pytest.mark.parametrize(("before", "now"), [("judge:1", "judge:2"), ("vectors", "mine:2")])
def test_a_scorer_that_no_option_names_is_for_who_holds_it(before: str, now: str) -> None:
    made, opened = (IDENTITY.model_copy(update={"scorer": scorer}) for scorer in (before, now))
    with pytest.raises(MemoryMismatch, match=rf"scorer {before}, not {now}: open it with that one, or call `reindex`"):
        check_same(made, opened, Path("memory"))
