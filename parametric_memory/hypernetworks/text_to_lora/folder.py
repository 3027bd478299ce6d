"""A Text-to-LoRA hypernetwork's folder.

    config.json, model.safetensors   as of any hypernetwork; weights of the shape of all factors are there unless zero
    measured.json                    the scores of tasks done under its skills

The measured task whose description is nearest to a new one says what to expect of the new skill. Knows nothing about
published layouts, nor how tasks are measured.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from pydantic import BaseModel, FiniteFloat

from parametric_memory.adapters.checkpoints import read_tensors, validated
from parametric_memory.errors import CheckpointError
from parametric_memory.files import read_object, replace_durably, storage_errors
from parametric_memory.hypernetworks.record import CONFIG_FILE, WEIGHTS_FILE, build, read_json, sha256_of, write_folder
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora, TextToLoraConfig
from parametric_memory.records import Expectation

MEASURED_FILE = "measured.json"
_OF_FACTORS = ("AB_offset.", "mean_recon_target.", "std_recon_target.")
# Of 196 descriptions of 47 tasks, 88 % are nearer than this to another wording of their task, and 95 % of descriptions
# of other tasks are not so near to any of the 47 (cosine similarity of all-MiniLM).
_NEAR = 0.55
_DIGITS = 2  # of a vector's elements, which have about 1


def save_text_to_lora(network: TextToLora, folder: Path, dtype: torch.dtype | None = None) -> None:
    """Writes a network; replaces files of these names. Raises StorageError: the disk refuses.

    dtype: of the weights in the file; default: their own.
    """
    state = network.state_dict()
    stored = {name: t.to(dtype) for name, t in state.items() if not name.startswith(_OF_FACTORS) or t.any()}
    write_folder(folder, network.config.model_dump(mode="json"), stored)


def load_text_to_lora(folder: Path) -> TextToLora:
    """Reads a network, on the CPU and in evaluation mode.

    Raises CheckpointError: a file is missing or damaged, an option is unknown, or weights do not fit; StorageError.
    """
    config, path = read_text_to_lora_config(folder), folder / WEIGHTS_FILE
    return build(partial(TextToLora, config), read_tensors(path), path, _OF_FACTORS)


def read_text_to_lora_config(folder: Path) -> TextToLoraConfig:
    """The config of a network, without its weights. Raises as `load_text_to_lora`."""
    return validated(TextToLoraConfig, read_json(folder), folder / CONFIG_FILE)


class MeasuredTask(BaseModel, frozen=True, extra="forbid"):
    """A task done under the skill of its description."""

    name: str
    description: str  # in words that the hypernetwork was not trained on
    score: FiniteFloat  # the share of right answers to `questions`, or ROUGE-L where an answer is generated
    unaided: FiniteFloat  # the base model's score without the skill
    questions: int
    vector: tuple[FiniteFloat, ...]  # of the description, `[embedding_size]`, as the hypernetwork reads it


class _Measured(BaseModel, frozen=True, extra="forbid"):
    """The file. weights: sha256 (hex) of the weights that were measured; the scores of other weights do not count."""

    weights: str
    tasks: tuple[MeasuredTask, ...]


def write_measured(folder: Path, tasks: Sequence[MeasuredTask]) -> None:
    """Writes the file, with rounded vectors, into a hypernetwork's folder. Raises StorageError: the disk refuses."""
    path = folder / MEASURED_FILE
    rounded = [task.model_copy(update={"vector": tuple(round(n, _DIGITS) for n in task.vector)}) for task in tasks]
    lines = [json.dumps(task.model_dump(), ensure_ascii=False) for task in rounded]
    content = '{{"weights": "{}", "tasks": [\n{}\n]}}\n'.format(sha256_of(folder / WEIGHTS_FILE), ",\n".join(lines))
    with storage_errors(f"write {path}"):
        replace_durably(path, content.encode())


def read_measured(folder: Path, embedding_size: int) -> Sequence[MeasuredTask]:
    """The measured tasks of a hypernetwork; none if it has no such file, or one of other weights.

    Raises CheckpointError: the file is damaged; StorageError.
    """
    path = folder / MEASURED_FILE
    if not path.exists():
        return ()
    measured = validated(_Measured, read_object(path), path)
    if any(len(task.vector) != embedding_size for task in measured.tasks):
        raise CheckpointError(f"{path} is of another hypernetwork: delete it, or measure again (eval skills --save).")
    return measured.tasks if measured.weights == sha256_of(folder / WEIGHTS_FILE) else ()


def expectation_of(vector: Sequence[float], tasks: Sequence[MeasuredTask]) -> Expectation | None:
    """What to expect of the skill of a description with this vector; None where no task was measured."""
    if not tasks:
        return None
    similarities = [  # cosines
        sum(a * b for a, b in zip(vector, task.vector, strict=True)) / (math.hypot(*vector) * math.hypot(*task.vector))
        for task in tasks
    ]
    similarity, place = max((similarity, place) for place, similarity in enumerate(similarities))
    told = tasks[place].model_dump(include={"description", "score", "unaided", "questions"})
    return Expectation(task=tasks[place].name, similarity=round(similarity, _DIGITS), near=similarity >= _NEAR, **told)
