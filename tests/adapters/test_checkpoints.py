from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.adapters.checkpoints import load_pickle
from parametric_memory.errors import CheckpointError
from tests.adapters.hostile_pickles import archive_of

SYSTEM = f"{os.system.__module__}.system"


class _Hostile:
    """Leaves a file in the working folder when unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch RAN",)


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "RAN").exists()


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_pickle(path, "checkpoint")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_tensors_come_back(tmp_path: Path) -> None:
    state = OrderedDict(weight=torch.randn(3), half=torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)))
    torch.save(state, tmp_path / "file")
    loaded = load_pickle(tmp_path / "file", "checkpoint")
    assert torch.equal(loaded["weight"], state["weight"]) and torch.equal(loaded["half"], state["half"])


def test_what_was_loaded_does_not_change_with_its_file(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(3)}, tmp_path / "file")
    loaded = load_pickle(tmp_path / "file", "checkpoint")
    with (tmp_path / "file").open("r+b") as file:
        file.write(bytes((tmp_path / "file").stat().st_size))
    assert torch.equal(loaded["weight"], torch.ones(3))


def test_a_file_of_a_release_of_torch_that_wrote_no_archives_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, tmp_path / "file", _use_new_zipfile_serialization=False)
    assert "no archive, as torch has written them since its release 1.6" in refusal(tmp_path / "file")


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_hostile_file_is_refused_by_name(protocol: int, tmp_path: Path) -> None:
    content = {"weight": torch.ones(2), "extra": _Hostile()}
    torch.save(content, tmp_path / "file", pickle_protocol=protocol)
    assert SYSTEM in refusal(tmp_path / "file")


def test_a_pickle_with_a_harmless_archive_behind_it_is_read_as_torch_reads_it(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, tmp_path / "harmless")
    (tmp_path / "file").write_bytes(pickle.dumps(_Hostile(), 2) + (tmp_path / "harmless").read_bytes())
    assert zipfile.is_zipfile(tmp_path / "file")
    assert SYSTEM in refusal(tmp_path / "file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_pickle_under_the_name_of_a_harmless_one_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Hostile(), 2))
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
    assert SYSTEM in refusal(tmp_path / "file")


def text(value: str) -> bytes:
    """The opcode that puts a short text on the unpickler's stack."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


POP, DUP, MARK, POP_MARK, MEMOIZE, RECALL_FIRST, STACK_GLOBAL = b"0", b"2", b"(", b"1", b"\x94", b"h\x00", b"\x93"
HARMLESS = text("collections") + text("OrderedDict")
DETOURS = {
    "dropped": text("posix") + text("system") + HARMLESS + POP + POP,
    "dropped to a mark": text("posix") + text("system") + MARK + HARMLESS + POP_MARK,
    "a mark dropped by itself": text("posix") + text("system") + MARK + POP,
    "remembered": text("system") + MEMOIZE + POP + HARMLESS + POP + POP + text("posix") + RECALL_FIRST,
    "doubled": text("posix") + text("system") + DUP + POP,
}


@pytest.mark.parametrize("is_archive", [True, False])
@pytest.mark.parametrize("names", DETOURS.values(), ids=DETOURS)
def test_a_name_is_found_in_whatever_way_it_came_onto_the_stack(names: bytes, is_archive: bool, tmp_path: Path) -> None:
    call = names + STACK_GLOBAL + text("touch RAN") + b"\x85R"
    if is_archive:
        archive_of(call, b"", tmp_path / "file")
    else:
        (tmp_path / "file").write_bytes(b"\x80\x04" + call + b".")
    assert "posix.system" in refusal(tmp_path / "file")


def test_a_name_that_cannot_be_told_is_refused(tmp_path: Path) -> None:
    number, extension = b"K\x01", b"\x82\x07"
    for opcodes in (text("posix") + number + STACK_GLOBAL, extension):
        refusal(archive_of(opcodes, b"", tmp_path / "file"))


@pytest.mark.parametrize("pickled", [b"", b"0", b"1.", b"\x93", b"2", b"h\x00.", b"\x80\x04\x94", b"(((R", b"\x8c\xff"])
def test_bytes_that_are_no_pickle_are_damaged(pickled: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(pickled)
    refusal(tmp_path / "file")
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
    refusal(tmp_path / "file")


def test_the_pickle_of_an_archive_is_found_whatever_the_case_of_its_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("archive/DATA.PKL", pickle.dumps(_Hostile(), 2))
    assert SYSTEM in refusal(tmp_path / "file")


def test_a_class_that_is_not_allowed_is_refused_and_one_that_is_gets_a_stand_in(tmp_path: Path) -> None:
    class StandIn:
        pass

    torch.save({"weight": torch.ones(2), "extra": _Options()}, tmp_path / "file")
    name = f"{_Options.__module__}._Options"
    assert name in refusal(tmp_path / "file")
    loaded = load_pickle(tmp_path / "file", "checkpoint", {name: StandIn})
    assert isinstance(loaded["extra"], StandIn) and vars(loaded["extra"]) == {"size": 3}


class _Options:
    def __init__(self) -> None:
        self.size = 3
