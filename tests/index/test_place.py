from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.index.place import private_copy, sweep


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The copy of a reader that was killed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "file").write_bytes(b"content")
    code = "import os, sys; from parametric_memory.index.place import private_copy; from pathlib import Path; "
    code += "private_copy(Path(sys.argv[1])); os._exit(1)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "chroma")], check=False)
    [left] = (tmp_path / "temporary").iterdir()
    return left


def test_a_copy_that_a_killed_reader_left_goes_and_that_of_another_stays(tmp_path: Path, left: Path) -> None:
    copies = [private_copy(tmp_path / "chroma") for _ in range(2)]
    assert not left.exists()
    assert [(copy / "file").read_bytes() for copy in copies] == [b"content", b"content"]


def test_a_copy_that_a_killed_reader_left_goes_with_the_first_write_of_an_instance(
    open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch, left: Path
) -> None:
    sweeps: list[None] = []
    monkeypatch.setattr("parametric_memory.storage.folder.sweep_copies", lambda: sweeps.append(sweep()))
    memory = open_memory()
    assert left.exists()
    memory.add("Lina Okafor lives in Bergen.", id="lina")
    assert not left.exists()
    memory.update("lina", title="Home"), memory.delete("lina")
    assert len(sweeps) == 1


def test_no_folder_for_temporary_files_is_no_reason_not_to_write(
    open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise FileNotFoundError("No usable temporary directory")

    monkeypatch.setattr("parametric_memory.index.place.tempfile.gettempdir", missing)
    assert open_memory().add("Lina Okafor lives in Bergen.").version == 1
