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
from parametric_memory.pickles import TENSOR_NAMES, load_pickle, named_globals

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
