from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from tests.commands.running import Runner
from tests.in_step import in_step


def documents(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(f"Crate {number} stands in bay {number}. It holds {number + 7} lamps.")
    return folder


def test_without_ray_the_extra_is_named(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.workers.find_spec", lambda name: None)
    result = run("add", "--ray", documents(tmp_path / "docs", 2), "--memory", tmp_path / "memory")
    assert result.code == 1 and "parametric-memory[ray]" in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "memory").exists()


@pytest.mark.parametrize("option", [("--actors", "2"), ("--actor-gpus", "1")])
def test_actors_are_for_ray(run: Runner, tmp_path: Path, option: tuple[str, str]) -> None:
    result = run("add", documents(tmp_path / "docs", 2), *option)
    assert result.code == 2 and "for --ray" in result.err


def test_an_address_alone_is_nothing_to_add(run: Runner) -> None:
    result = run("add", "--ray", "10.0.0.5:6379")
    assert result.code == 2 and "Name a file or a folder" in result.err


def test_an_address_is_a_path_where_ray_is_not_asked_for(run: Runner) -> None:
    result = run("add", "10.0.0.5:6379")
    assert result.code == 1 and "There is no file or folder 10.0.0.5:6379" in result.err


def test_several_documents_are_summed_up(run_embedded: Runner, tmp_path: Path) -> None:
    result = run_embedded("add", documents(tmp_path / "docs", 3), "--memory", tmp_path / "memory")
    assert result.out.startswith("3 added: ")


@pytest.mark.slow
def test_a_folder_is_added_by_actors(run_embedded: Runner, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    arguments = ("add", "--ray", documents(tmp_path / "docs", 6), "--actors", "1", "--memory", tmp_path / "memory")
    first, again = run_embedded(*arguments, "--json"), run_embedded(*arguments, "--json")
    assert {entry["outcome"] for entry in first.data} == {"added"} and len(first.data) == 6
    assert "Ray: 1 actor for 6 documents" in first.err
    assert {entry["outcome"] for entry in again.data} == {"known"} and "Ray:" not in again.err


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no Ctrl-C for a group of processes")
def test_ctrl_c_leaves_a_good_memory(embedded_home: Path | None, run_embedded: Runner, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    folder, memory = documents(tmp_path / "docs", 60), tmp_path / "memory"
    command = [sys.executable, "-m", "parametric_memory", "add", "--ray", str(folder), "--memory", str(memory)]
    # A job in the background is started deaf to Ctrl-C, and so would be what it starts.
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    own_group = {"start_new_session": True, "preexec_fn": hears}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **own_group) as adding:
        assert adding.stderr is not None
        for line in adding.stderr:
            if line.startswith("[5/60]"):
                os.killpg(adding.pid, signal.SIGINT)
                break
        adding.stderr.read()
        assert adding.wait(timeout=120) == 130
    with ParametricMemory(memory) as opened:
        there = opened.list()
        assert 4 <= len(there) < 60
        assert in_step(opened)
    left = run_embedded("add", "--ray", folder, "--actors", "1", "--memory", memory, "--json").data
    assert sum(entry["outcome"] == "known" for entry in left) == len(there)
    assert len({entry["id"] for entry in left}) == 60
