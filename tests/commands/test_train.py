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
    assert options["seed"].default == TrainingConfig().seed
    for name in ("steps", "batch", "learning_rate"):
        help = get_args(options[name].annotation)[1].help
        assert float(re.search(r"Default: ([\de-]+\d)", help)[1]) == getattr(TrainingConfig(), name)
    text = inspect.cleandoc(train.d2l.__doc__)
    recipe = ContextTrainingConfig()
    assert f"{recipe.steps:,} steps" in text and f"up to {recipe.batch} documents" in text
    assert f"{recipe.learning_rate:g}" == "4e-05" and "4e-5." in text

    trained = TrainingConfig()
    for name, value in (
        ("facts", DataConfig().facts_share),
        ("opening_weight", trained.opening_divergence),
        ("value_weight", trained.value_divergence),
        ("rows", next(rows.value for rows, ranks in train._RANKS.items() if ranks == trained.ranks)),
        ("objective", recipe.objective),
    ):
        assert options[name].default is None
        assert get_args(options[name].annotation)[1].help.endswith(f"Default: {value}.")


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


ROWS = ("--rows-from", "made")
NEEDLE = ("--needle", "32-64")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((*ROWS, "--held-out", "a.jsonl"), "take no --held-out"),
        ((*ROWS, "--held-out-taught", "taught"), "take no --held-out-taught"),
        ((*ROWS, "--rows", "few"), "take no --rows"),
        ((*NEEDLE, "--facts", "0.5"), "take no --facts"),
        ((*ROWS, "--facts", "0"), "take no --facts"),
        ((*NEEDLE, "--opening-weight", "0.8"), "take no --opening-weight"),
        ((*ROWS, "--value-weight", "0"), "take no --value-weight"),
        ((*ROWS, "--keep", "0.5", "--data", "a.jsonl", "--taught", "b"), "take no --data, --taught, --keep"),
        ((*ROWS, "--kind", "key-value", "--several-chunks"), "--several-chunks is for --kind doc-to-lora"),
        ((*NEEDLE, "--several-chunks"), "--several-chunks is for --kind doc-to-lora"),
        ((*NEEDLE, "--objective", "distillation"), "takes no other --objective"),
        (("--held-out-rows", "made"), "--held-out-rows goes with --rows-from PATH"),
        (("--objective", "cross-entropy"), "--objective goes with --rows-from PATH"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    run: Runner, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("train", "d2l", *options, "--output", tmp_path / "run")
    assert result.code == 2 and said in " ".join(re.sub(r"[^ -~]", " ", result.err).split())
