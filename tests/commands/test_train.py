from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from parametric_memory.commands import train
from parametric_memory.training.d2l import DataConfig
from parametric_memory.training.doc_to_lora import ContextTrainingConfig
from parametric_memory.training.teach import KINDS
from parametric_memory.training.trainer import TrainingConfig
from tests.commands.running import Runner


def test_the_defaults_in_the_help_are_those_of_the_training() -> None:
    options = inspect.signature(train.d2l, eval_str=True).parameters
    assert train.Recipe().seed == TrainingConfig().seed
    text = inspect.cleandoc(train.d2l.__doc__)
    recipe = ContextTrainingConfig()
    assert f"{recipe.steps:,} steps" in text and f"up to {recipe.batch} documents" in text.replace("\n", " ")
    assert f"{recipe.learning_rate:g}" == "4e-05" and "4e-5." in text
    assert options["facts"].default is None
    assert get_args(options["facts"].annotation)[1].help.endswith(f"Default: {DataConfig().facts_share}.")


def test_kinds_of_questions_are_those_that_can_be_taught() -> None:
    assert tuple(kind.value for kind in train.Kind) == KINDS


def test_a_hypernetwork_to_train_is_named_otherwise(run: Runner, tmp_path: Path) -> None:
    result = run("train", "d2l", "--output", tmp_path / "run", "--hypernetwork", tmp_path)
    assert result.code == 2 and "--start-from" in result.err
    assert not (tmp_path / "run").exists()


def test_a_file_in_the_place_of_the_folder_is_refused_at_once(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Lina lives in Bergen.")
    result = run("train", "d2l", "--output", tmp_path / "notes.txt")
    assert result.code == 1 and "a file stands where a folder is needed" in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_a_teacher_needs_something_to_read(run: Runner, tmp_path: Path) -> None:
    result = run("train", "teach", "--output", tmp_path / "taught")
    assert result.code == 2 and "--text" in result.err
    assert not (tmp_path / "taught").exists()


def test_doc_to_lora_needs_something_to_be_trained_on(run: Runner, tmp_path: Path) -> None:
    result = run("train", "d2l", "--kind", "doc-to-lora", "--output", tmp_path / "run")
    assert result.code == 2 and "--taught" in result.err


def test_an_option_that_would_do_nothing_is_refused(run: Runner, tmp_path: Path) -> None:
    options = ("--kind", "doc-to-lora", "--taught", "x", "--facts", "0")
    result = run("train", "d2l", *options, "--output", tmp_path / "run")
    assert result.code == 2 and "takes no --facts" in " ".join(re.sub(r"[^ -~]", " ", result.err).split())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("t2l", "--set", "height=3"), "no setting height"),
        (("lora", "--set", "rank=many"), "rank"),
        (("judge", "--set", "steps=3"), "option of its own"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_a_line(run: Runner, tmp_path: Path, command: tuple[str, ...], said: str):
    result = run("train", *command, "--data", tmp_path, "--output", tmp_path / "run")
    assert result.code == 1 and said in result.err and result.err.count("\n") == 1
