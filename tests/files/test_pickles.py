from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.files.pickles import TENSOR_NAMES, load_pickle, named_globals

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


@pytest.mark.parametrize("new_format", [True, False])
def test_tensors_come_back_and_name_nothing_else(new_format: bool, tmp_path: Path) -> None:
    state = OrderedDict(weight=torch.randn(3), half=torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)))
    torch.save(state, tmp_path / "file", _use_new_zipfile_serialization=new_format)
    assert named_globals(tmp_path / "file") <= TENSOR_NAMES
    loaded = load_pickle(tmp_path / "file", "checkpoint")
    assert torch.equal(loaded["weight"], state["weight"]) and torch.equal(loaded["half"], state["half"])


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_hostile_file_is_refused_by_name_in_either_format_of_torch(
    new_format: bool, protocol: int, tmp_path: Path
) -> None:
    content = {"weight": torch.ones(2), "extra": _Hostile()}
    torch.save(content, tmp_path / "file", pickle_protocol=protocol, _use_new_zipfile_serialization=new_format)
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


@pytest.mark.parametrize("names", DETOURS.values(), ids=DETOURS)
def test_a_name_is_found_in_whatever_way_it_came_onto_the_stack(names: bytes, tmp_path: Path) -> None:
    call = names + STACK_GLOBAL + text("touch RAN") + b"\x85R."
    assert named_globals_of(b"\x80\x04" + call, tmp_path) == {"posix.system"}
    assert "posix.system" in refusal(tmp_path / "file")


def named_globals_of(pickled: bytes, folder: Path) -> set[str]:
    (folder / "file").write_bytes(pickled)
    return named_globals(folder / "file")


def test_a_name_that_cannot_be_told_is_refused(tmp_path: Path) -> None:
    number, extension = b"K\x01", b"\x82\x07"
    assert named_globals_of(b"\x80\x04" + text("posix") + number + STACK_GLOBAL + b".", tmp_path) == {"posix.None"}
    assert named_globals_of(b"\x80\x02" + extension + b".", tmp_path) == {"copyreg extension 7"}
    assert "copyreg extension 7" in refusal(tmp_path / "file")


@pytest.mark.parametrize("pickled", [b"", b"0", b"1.", b"\x93", b"2", b"h\x00.", b"\x80\x04\x94", b"(((R", b"\x8c\xff"])
def test_bytes_that_are_no_pickle_name_nothing(pickled: bytes, tmp_path: Path) -> None:
    assert named_globals_of(pickled, tmp_path) == set()
    assert "damaged" in refusal(tmp_path / "file")


def test_what_every_protocol_of_python_writes_is_followed(tmp_path: Path) -> None:
    content = [("a", {"b": {1, 2}, "c": [b"x", 2.5, None]}), OrderedDict(x=_Options()), ("a",), [], {}, (), "a"]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        found = named_globals_of(pickle.dumps(content, protocol), tmp_path)
        own = f"{_Options.__module__}._Options"
        assert {"collections.OrderedDict", own} <= found
        assert all("None" not in name for name in found), found


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
