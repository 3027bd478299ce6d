from __future__ import annotations

import errno
from pathlib import Path

import pytest

from parametric_memory.errors import MemoryFolderError, SettingsError, StorageError
from parametric_memory.storage.location import Location


@pytest.mark.parametrize(
    ("where", "folder"),
    [
        (Path("some/memory"), "some/memory"),
        ("some/memory", "some/memory"),
        ("/a/memory", "/a/memory"),
        ("file:///a/my%20memory", "/a/my memory"),
        ("file://localhost/a/memory", "/a/memory"),
    ],
)
def test_a_folder_is_named_by_its_path_or_a_url(where: str | Path, folder: str) -> None:
    location = Location.of(where)
    assert (location.folder, location.url, location.index) == (Path(folder), None, None)
    assert location.file == Path(folder, "memory.db") and str(location) == str(Path(folder))
    assert location.options == ["--memory", str(Path(folder))]


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_database_is_named_by_its_url_and_its_password_is_not_shown(scheme: str) -> None:
    for url in ("ada:pass%20word@host:5433/memory", "ada@host:5433/memory?password=pass%20word"):
        location = Location.of(f"{scheme}://{url}", "http://localhost:8000/")
        assert location.folder is None and location.url is not None
        assert (location.url.drivername, location.url.password) == ("postgresql+psycopg", "pass word")
        assert str(location) == "postgresql://ada:***@host:5433/memory"
        assert location.options == ["--memory", str(location), "--index", "http://localhost:8000/"]
        assert "pass" not in repr(location)


def test_a_location_is_one_already() -> None:
    location = Location.of("memory")
    assert Location.of(location) is location


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("s3://bucket/memory", "s3:// is no place for a memory: name a folder, or a database as postgresql://"),
        ("mysql://host/memory", "mysql:// is no place for a memory"),
        ("://", ":// is no place"),
        ("postgresql://host:port/memory", "The URL of the memory cannot be read: write it as postgresql://"),
    ],
)
def test_another_url_is_refused(where: str, told: str) -> None:
    with pytest.raises(SettingsError, match=f"^{told}"):
        Location.of(where)


@pytest.mark.parametrize("index", ["localhost:8000", "ftp://host", "http://", "http://host:port"])
def test_an_index_that_is_no_address_of_a_server_is_refused(index: str) -> None:
    with pytest.raises(SettingsError, match="is no address of an index server, such as http://"):
        Location.of("memory", index)


@pytest.mark.parametrize("inside", [[], ["index.lock", "task.lock"], ["chroma", "chroma-0f"], ["memory.db", "notes"]])
def test_a_folder_that_is_missing_was_begun_or_holds_a_memory_is_taken(tmp_path: Path, inside: list[str]) -> None:
    Location(tmp_path / "missing").check()
    for name in inside:
        (tmp_path / name).touch()
    Location(tmp_path).check()


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(MemoryFolderError, match=r"is not a memory \(no memory\.db\) and not empty: name another"):
        Location(tmp_path).check()


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MemoryFolderError, match="file is a file, not a memory folder: name a folder"):
        Location(tmp_path / "file").check()


def test_a_folder_that_may_not_be_looked_into_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)  # root may look into every folder
    with pytest.raises(StorageError, match=r"Could not look into .*: permission denied\. Choose a folder"):
        Location(tmp_path).check()
