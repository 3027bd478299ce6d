"""Files of torch that are small on the disk and large, or endless, in memory."""

from __future__ import annotations

import math
import time
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parametric_memory.adapters.checkpoints import load_pickle
from parametric_memory.errors import CheckpointError, ParametricMemoryError
from tests.adapters.hostile_pickles import HOOKS, archive_of, number, storage, tensor, text

MEGABYTE = 2**20


def refusal(path: Path) -> str:
    """What loading a file says, on one line, naming it; soon, and without taking memory for what it claims."""
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(CheckpointError) as caught:
        load_pickle(path, "checkpoint")
    assert time.monotonic() - started < 5
    assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE
    tracemalloc.stop()
    assert "\n" not in str(caught.value) and str(path) in str(caught.value) and len(str(caught.value)) < 1000
    return str(caught.value)


def test_a_file_written_by_hand_is_read_as_one_of_torch_is(tmp_path: Path) -> None:
    path = archive_of(tensor((2, 3), (3, 1), storage(6)), bytes(24), tmp_path / "file")
    assert torch.equal(load_pickle(path, "checkpoint")["weight"], torch.zeros(2, 3))


def test_storages_larger_than_what_the_file_holds_are_refused(tmp_path: Path) -> None:
    path = archive_of(tensor((2**34,), (1,), storage(2**34)), bytes(24), tmp_path / "file")
    assert "storage" in refusal(path)  # torch's own word


def test_a_size_that_is_not_said_plainly_is_refused(tmp_path: Path) -> None:
    loaded = storage(6).replace(number(6), b"N")
    assert "damaged" in refusal(archive_of(loaded, bytes(24), tmp_path / "file"))


def test_packed_numbers_are_refused(tmp_path: Path) -> None:
    path = archive_of(
        tensor((8 * MEGABYTE,), (1,), storage(8 * MEGABYTE)),
        bytes(32 * MEGABYTE),
        tmp_path / "file",
        zipfile.ZIP_DEFLATED,
    )
    assert path.stat().st_size < MEGABYTE
    assert "is packed, which torch never does" in refusal(path)


def test_tensors_of_more_numbers_than_they_were_given_are_refused(tmp_path: Path) -> None:
    repeated = archive_of(tensor((10**6, 10**6), (0, 0), storage(1)), bytes(4), tmp_path / "repeated")
    assert "weight [1000000, 1000000] is larger than what the file holds of it" in refusal(repeated)
    grown = archive_of(tensor((10**6,), (1,), storage(1)), bytes(4), tmp_path / "grown")
    assert "storage" in refusal(grown)  # torch's own word


def test_one_storage_under_many_names_is_refused(tmp_path: Path) -> None:
    shared = torch.zeros(100_000)
    torch.save({f"weight{i}": shared for i in range(100)}, tmp_path / "file")
    assert "16 times as many bytes as the file" in refusal(tmp_path / "file")
    torch.save({f"weight{i}": shared for i in range(9)}, tmp_path / "file")
    assert len(load_pickle(tmp_path / "file", "checkpoint")) == 9


def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path: Path) -> None:
    torch.save({"weight": torch.tensor([0.0, math.nan])}, tmp_path / "file")
    assert "weight holds numbers that are not finite" in refusal(tmp_path / "file")


def test_a_dict_that_brings_methods_of_its_own_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + HOOKS + b"}" + text("items") + number(5) + b"sb.")
        archive.writestr("archive/version", b"3\n")
    assert "damaged" in refusal(path)


def memoed(steps: int) -> bytes:
    """Tuples that hold the one before twice: each step doubles what a walk through all of it takes."""
    return b")q\x00" + b"".join(b"0h\x00h\x00\x86q\x00"[1:] for _ in range(steps))


NESTED = {
    "deep": b"N" + b"\x85" * 200_000,
    "doubled": memoed(60),
    "a deep key": b"}N" + b"\x85" * 200_000 + b"Ns",
}


@pytest.mark.parametrize("content", NESTED.values(), ids=NESTED)
def test_what_is_nested_without_end_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "nested more deeply" in refusal(archive_of(content, b"", tmp_path / "file"))


def test_names_that_are_made_of_long_texts_take_no_memory(tmp_path: Path) -> None:
    long = b"".join(text(str(i) + "x" * 100_000) + bytes([0x71, i]) for i in range(20))
    pairs = b"".join(b"h" + bytes([i]) + b"h" + bytes([j]) + b"\x93" for i in range(20) for j in range(20))
    assert "was refused, and nothing in it was run" in refusal(archive_of(long + pairs, b"", tmp_path / "file"))


@pytest.mark.parametrize("new_format", [True, False])
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), other=st.binary(min_size=1, max_size=4))
def test_a_file_of_any_bytes_raises_only_errors_of_its_own(
    tmp_path: Path, new_format: bool, share: float, other: bytes
) -> None:
    path = tmp_path / "file"
    torch.save({"weight": torch.zeros(7), "b": torch.ones(2, 3)}, path, _use_new_zipfile_serialization=new_format)
    data = path.read_bytes()
    place = int(share * len(data))
    path.write_bytes(data[:place] + other + data[place + len(other) :])
    with suppress(ParametricMemoryError):
        load_pickle(path, "checkpoint")
