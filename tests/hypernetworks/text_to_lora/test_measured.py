from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.text_to_lora.skill_maker import (
    MEASURED_FILE,
    MeasuredTask,
    expectation_of,
    read_measured,
    write_measured,
)
from tests.hypernetworks.text_to_lora.networks import random_network, tiny_config

SHORT = MeasuredTask(
    name="one word", description="One word.", score=0.8, unaided=0.1, questions=20, vector=(1.0, 0.0, 0.126)
)
LOUD = MeasuredTask(name="capitals", description="Shout.", score=0.5, unaided=0.0, questions=20, vector=(0.0, 1.0, 0.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from parametric_memory.hypernetworks.checkpoint import save_text_to_lora

    save_text_to_lora(random_network(tiny_config()), tmp_path)
    return tmp_path


def test_measured_tasks_are_read_as_written_with_rounded_vectors(folder: Path) -> None:
    assert read_measured(folder, 3) == ()
    write_measured(folder, [SHORT, LOUD])
    assert read_measured(folder, 3) == (SHORT.model_copy(update={"vector": (1.0, 0.0, 0.13)}), LOUD)
    with pytest.raises(CheckpointError, match=r"measured\.json is of another hypernetwork: delete it, or measure"):
        read_measured(folder, 4)


def test_scores_of_other_weights_do_not_count(folder: Path) -> None:
    write_measured(folder, [SHORT])
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    assert read_measured(folder, 3) == ()


@pytest.mark.parametrize("content", ["{", "[]", '{"weights": "", "tasks": [{"name": "a"}]}'])
def test_a_damaged_file_is_named(folder: Path, content: str) -> None:
    (folder / MEASURED_FILE).write_text(content)
    with pytest.raises(CheckpointError, match=r"measured\.json") as refused:
        read_measured(folder, 3)
    assert "\n" not in str(refused.value)


def test_the_nearest_measured_task_is_what_to_expect() -> None:
    near = expectation_of((0.9, 0.1, 0.0), [LOUD, SHORT])
    assert near is not None and (near.task, near.near, near.score, near.unaided) == ("one word", True, 0.8, 0.1)
    assert str(near) == (
        'The nearest measured task, "One word." (similarity 0.99), scores 80% over 20 questions, 10% without the skill.'
    )
    far = expectation_of((0.0, 0.1, 1.0), [LOUD, SHORT])
    assert far is not None and not far.near and str(far).startswith("No measured task is like it")
    assert expectation_of((1.0, 0.0, 0.0), []) is None
