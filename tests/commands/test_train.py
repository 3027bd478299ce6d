from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import get_args

from parametric_memory.commands import train
from parametric_memory.training.d2l import DataConfig
from parametric_memory.training.doc_to_lora import ContextTrainingConfig
from parametric_memory.training.teach import KINDS
from parametric_memory.training.trainer import TrainingConfig
from tests.commands.running import Runner


def test_the_defaults_in_the_help_are_those_of_the_training() -> None:
    options = inspect.signature(train.d2l, eval_str=True).parameters
    assert options["seed"].default == TrainingConfig().seed
    for name in ("steps", "batch", "learning_rate"):
        help = get_args(options[name].annotation)[1].help
        assert float(re.search(r"Default: ([\de-]+\d)", help)[1]) == getattr(TrainingConfig(), name)
    text = inspect.cleandoc(train.d2l.__doc__)
    recipe = ContextTrainingConfig()
    assert f"{recipe.steps:,} steps" in text and f"up to {recipe.batch} documents" in text
    assert f"{recipe.learning_rate:g}" == "4e-05" and "4e-5." in text

    assert options["facts"].default == DataConfig().facts_share
    assert options["opening_weight"].default == TrainingConfig().opening_divergence
    assert options["value_weight"].default == TrainingConfig().value_divergence
    assert train._RANKS[options["rows"].default] == TrainingConfig().ranks


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
    assert result.code == 2 and "--rows-from PATH" in result.err
    result = run("train", "d2l", "--needle", "256", "--output", tmp_path / "run")
    assert result.code == 2 and "as 32-256" in result.err
