from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import write_durably
from parametric_memory.storage.rows import ROWS_FILE, Written, read_stored, write_stored
from tests.adapters.test_token_rows import MODULE, OTHER, made


@pytest.fixture
def rows() -> DocumentRows:
    return DocumentRows.of_passages([{MODULE: made(2), OTHER: made(1)}, {MODULE: made(3, 1), OTHER: made(0)}])


def same(first: DocumentRows, second: DocumentRows) -> bool:
    return first.counts == second.counts and all(
        torch.equal(one, other)
        for name, of_module in first.modules.items()
        for one, other in zip(of_module.widened(), second.modules[name].widened(), strict=True)
    )


@pytest.mark.parametrize("most_read", [None, 0, 10**6])
def test_rows_come_back_as_they_were_written(rows: DocumentRows, tmp_path: Path, most_read: int | None) -> None:
    written = write_stored(rows, tmp_path)
    assert (written.store, written.rank) == ("rows", 5)
    again, mapped = read_stored(written, tmp_path, most_read)
    assert isinstance(again, DocumentRows) and same(again, rows) and mapped == (most_read == 0)


def test_of_a_text_nothing_is_written(tmp_path: Path) -> None:
    written = write_stored(None, tmp_path)
    assert written == Written("text", 0, "") and list(tmp_path.iterdir()) == []
    assert read_stored(written, tmp_path) == (None, False)


def test_bytes_that_changed_on_disk_are_told_of(rows: DocumentRows, tmp_path: Path) -> None:
    written = write_stored(rows, tmp_path)
    data = bytearray((tmp_path / ROWS_FILE).read_bytes())
    data[-1] ^= 1
    (tmp_path / ROWS_FILE).write_bytes(data)
    with pytest.raises(CheckpointError, match="sha256 is not the one that was recorded"):
        read_stored(written, tmp_path)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("A", torch.ones(5, 96)),
        ("B", torch.ones(4, 32).to(torch.float8_e4m3fn)),
        ("powers", torch.ones(5, 3, dtype=torch.int8)),
        ("tokens", torch.full((5, 2), -1, dtype=torch.int32)),
        ("counts", torch.tensor([2, 4], dtype=torch.int32)),
        ("counts", None),
    ],
)
def test_what_are_no_rows_is_refused(rows: DocumentRows, tmp_path: Path, part: str, other: torch.Tensor | None) -> None:
    import hashlib

    written, file = write_stored(rows, tmp_path), tmp_path / ROWS_FILE
    tensors = load_file(file)
    del tensors[f"{MODULE}.{part}"]
    save_file(tensors | ({} if other is None else {f"{MODULE}.{part}": other}), file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(CheckpointError, match=f"of {MODULE} are no rows"):
        read_stored(written._replace(adapter_sha256=sha256), tmp_path)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    import hashlib

    write_durably(tmp_path / ROWS_FILE, b"no rows")
    written = Written("rows", 1, hashlib.sha256(b"no rows").hexdigest())
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        read_stored(written, tmp_path)
