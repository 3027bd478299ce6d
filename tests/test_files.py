from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parametric_memory.files import replace_durably, replace_files, replacing


def test_files_are_written_into_a_folder_made_for_them(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    replace_files(folder, {"one": b"1", "two": b"2"})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"one": b"1", "two": b"2"}


def test_files_of_these_names_are_replaced_and_others_stay(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_bytes(b"old")
    replace_files(tmp_path, {"one": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"one": b"new", "other": b"old"}


def test_where_one_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"old")
    (tmp_path / ".two.tmp").mkdir()  # where the second file would be written first
    with pytest.raises(IsADirectoryError):
        replace_files(tmp_path, {"one": b"new", "two": b"2"})
    assert (tmp_path / "one").read_bytes() == b"old"
    assert not (tmp_path / ".one.tmp").exists()


def test_a_file_is_replaced_when_all_is_written_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "one"
    replace_durably(path, b"old")

    def write(*parts: Any) -> None:
        with replacing(path) as file:
            file.writelines(parts)

    with pytest.raises(TypeError):
        write(b"half", "no bytes")
    assert path.read_bytes() == b"old"
    write(b"n", b"ew")
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("one", b"new")]


def test_a_folder_made_for_nothing_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_files(tmp_path / "a" / "b", {"name/of/no/file": b""})
    assert not (tmp_path / "a").exists()
