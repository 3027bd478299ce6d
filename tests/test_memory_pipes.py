"""Pipes and devices in the place of files: refused at once, by name, and not waited for."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.errors import ParametricMemoryError
from parametric_memory.files import open_file
from parametric_memory.internalize.pictures import read_picture_document

OpenMemory = Callable[..., ParametricMemory]
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    def waited(_: int, __: FrameType | None) -> None:
        raise AssertionError("a pipe was waited for")

    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    return path


def test_only_what_has_an_end_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with open_file(tmp_path / "file") as file:
        assert file.read() == b"content"
    for other in (pipe(tmp_path / "pipe"), tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"pipe or a device|directory") as raised:
            open_file(other)
        assert raised.value.filename == str(other)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"])
def test_an_adapter_that_is_a_pipe_is_refused(open_memory: OpenMemory, tmp_path: Path, name: str) -> None:
    folder = pipe(tmp_path / "adapter" / name).parent
    if name != "adapter_config.json":
        (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 2, "lora_alpha": 2}')
    with open_memory() as memory, pytest.raises(ParametricMemoryError, match="it is a pipe or a device"):
        memory.adapters.add(folder, "It sails.")


def test_an_archive_that_is_a_pipe_is_refused(open_memory: OpenMemory, tmp_path: Path) -> None:
    with open_memory() as memory:
        for source in (pipe(tmp_path / "memory.zip"), Path("/dev/zero")):
            with pytest.raises(ParametricMemoryError, match="it is a pipe or a device"):
                Maintenance(memory).import_(source)


@pytest.mark.parametrize("name", ["photo.png", "paper.pdf"])
def test_a_picture_that_is_a_pipe_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParametricMemoryError, match="it is a pipe or a device"):
        read_picture_document(pipe(tmp_path / name))


def test_a_memory_whose_database_is_a_pipe_is_refused(open_memory: OpenMemory, tmp_path: Path) -> None:
    pipe(tmp_path / "memory" / "memory.db")
    with pytest.raises(ParametricMemoryError, match="Could not read the memory in"):
        open_memory()
