from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from parametric_memory.errors import SettingsError, StorageError
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.training.loop import Run, append_to_log
from parametric_memory.training.t2l import ReconstructionConfig, ReconstructionTrainer
from tests.tiny_models import tiny_model, tiny_tokenizer
from tests.training.logs import read_log

# The command, with less to prepare: all of it takes most of a minute.
TRAIN = """
from parametric_memory.commands import main
from parametric_memory.hypernetworks.key_value import untrained
from parametric_memory.training import d2l

prose, everyday = untrained.ordinary_text()[:24], d2l.everyday_questions()[:8]
untrained.ordinary_text, d2l.everyday_questions = lambda: prose, lambda: everyday
d2l._VALIDATION_DOCUMENTS = 4
main()
"""


def trainer(run: Run, batch: int) -> ReconstructionTrainer:
    return ReconstructionTrainer(torch.nn.Linear(1, 1), {}, {}, run, ReconstructionConfig(batch=batch), {})  # type: ignore[arg-type]


def test_a_process_by_itself_has_the_whole_batch(tmp_path: Path) -> None:
    assert trainer(Run(tmp_path), 16).share([1, 2, 3]) == [1, 2, 3]


def test_every_process_has_its_share_and_an_uneven_batch_is_refused(tmp_path: Path) -> None:
    second = SimpleNamespace(process_index=1, num_processes=3, is_main_process=False)
    run = Run(tmp_path, str, second)
    assert trainer(run, 6).share(list(range(6))) == [1, 4]
    assert trainer(run, 6).share(["only one"]) == ["only one"]
    with pytest.raises(SettingsError, match="3 processes cannot share a batch of 16"):
        trainer(run, 16)


@pytest.mark.slow
def test_several_processes_train_together(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    tiny_model(tokenizer).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    (tmp_path / "train.py").write_text(TRAIN)
    command = [str(tmp_path / "train.py"), "train", "d2l", "--base-model", str(tmp_path / "model")]
    command += ["--output", str(tmp_path / "run"), "--steps", "10", "--batch", "2", "--json"]
    done = subprocess.run(
        [*launch, *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 10  # one process speaks
    assert read_record(tmp_path / "run" / "hypernetwork").training["steps_done"] == 10
    assert [r["event"] for r in read_log(tmp_path / "run" / "log.jsonl")] == ["train", "valid"]


def test_a_log_goes_on_behind_a_line_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 10}\n{"event": "tr', encoding="utf-8")
    for step in (20, 30):
        append_to_log(path, {"step": step})
    assert [found["step"] for found in read_log(path)] == [10, 20, 30]


def test_a_log_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        append_to_log(tmp_path / "nowhere" / "log.jsonl", {})
