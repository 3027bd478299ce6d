from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from parametric_memory.index.place import private_copy


def test_a_copy_that_a_killed_reader_left_goes_and_that_of_another_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "file").write_bytes(b"content")
    code = "import os, sys; from parametric_memory.index.place import private_copy; from pathlib import Path; "
    code += "private_copy(Path(sys.argv[1])); os._exit(1)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "chroma")], check=False)
    [left] = (tmp_path / "temporary").iterdir()
    copies = [private_copy(tmp_path / "chroma") for _ in range(2)]
    assert not left.exists()
    assert [(copy / "file").read_bytes() for copy in copies] == [b"content", b"content"]
