"""Skills made: out of a description in one pass, of examples by training, or of a PEFT folder as it is.

Knows nothing about memories: models in, an adapter out.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.errors import DocumentError
from parametric_memory.files.durable import storage_errors
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker
from parametric_memory.language_model.hooks import check_fits
from parametric_memory.models.skill_makers import skill_folder
from parametric_memory.text.task_examples import TaskExample, example_of
from parametric_memory.training.lora import ADAPTER, LEARNING_RATE, LoraSizes, train_lora
from parametric_memory.training.skill_trainer import SkillConfig, TrainedTask

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.models.selection import Models


@dataclass(frozen=True)
class SkillTraining:
    """How a skill of examples is trained; see `SkillConfig`.

    Attributes:
        folder: where the run's state and its log are kept, so that it goes on where it was stopped; nowhere when not
            given.
    """

    steps: int = 100
    batch: int = 8
    learning_rate: float = LEARNING_RATE
    max_tokens: int = 256
    sizes: LoraSizes = LoraSizes()  # noqa: RUF009 -- frozen
    seed: int = 0
    folder: Path | None = None


def skill_of(
    models: Models,
    description: str | None,
    examples: Iterable[Any] | None = None,
    folder: str | Path | None = None,
    hypernetwork: str | Path | None = None,
    training: SkillTraining | None = None,
    report: Callable[[str], None] | None = None,
) -> tuple[Adapter, dict[str, Any]]:
    """A skill of examples, of a folder, or else of its description, and what its record says of how it was made.

    Raises DocumentError: both examples and a folder are given, or one of them and a hypernetwork, which reads neither.
    Else as those below.
    """
    if examples is not None and folder is not None:
        raise DocumentError("A skill is made of examples or of a folder: give one of them.")
    if hypernetwork is not None and (examples is not None or folder is not None):
        given_instead = "examples" if examples is not None else "a folder"
        raise DocumentError(f"A hypernetwork makes skills of descriptions: give it, or {given_instead}, not both.")
    if examples is not None:
        given = examples_of(examples)
        adapter = skill_of_examples(models, given, training or SkillTraining(), report)
        return adapter, {"made_of": "examples", "examples": len(given)}
    if folder is not None:
        return skill_of_folder(models, folder), {"made_of": "adapter", "made_with": str(folder)}
    adapter = skill_of_description(models, description or "", hypernetwork)
    return adapter, {"made_of": "description", "made_with": str(hypernetwork or "")}


def skill_of_description(models: Models, description: str, hypernetwork: str | Path | None = None) -> Adapter:
    """In one forward pass of a hypernetwork: the one that comes along for the base model, unless another is named.

    What embeds the description runs code of its own only where the models' settings trust it.

    Raises:
        CheckpointError: it is damaged, or was trained for another base model.
        DocumentError: the description is empty, too long, or in a language that is not read.
        ModelUnavailable: there is none, or what embeds descriptions cannot be loaded.
    """
    base = models.base
    folder = skill_folder(base, hypernetwork)
    maker = SkillMaker.load(folder, base, trust_remote_code=models.settings.trust_remote_code)
    return maker.adapter(description)


def skill_of_folder(models: Models, folder: str | Path) -> Adapter:
    """A PEFT LoRA that was made elsewhere.

    Raises:
        AdapterError, CheckpointError: it is no plain LoRA, is damaged, or does not fit the base model.
    """
    adapter = load_peft(Path(folder))
    check_fits(models.base.model, adapter)
    return adapter


def skill_of_examples(
    models: Models,
    examples: Sequence[TaskExample],
    training: SkillTraining = SkillTraining(),
    report: Callable[[str], None] | None = None,
) -> Adapter:
    """A LoRA that is trained on examples. The base model answers nobody else meanwhile.

    Raises:
        CheckpointError: the folder holds another run: on other examples, of other sizes or another seed.
        DocumentError: there is no example. Else as `train_lora`.
    """
    if not examples:
        raise DocumentError("There is no example to train on: give lines of input and output.")
    config = SkillConfig.of(
        training.steps,
        batch=training.batch,
        learning_rate=training.learning_rate,
        max_tokens=training.max_tokens,
        seed=training.seed,
        warmup_share=0.1,
        validate_every=training.steps + 1,
    )
    task = TrainedTask("skill", tuple(examples))
    tell = report or (lambda line: None)
    with tempfile.TemporaryDirectory() as temporary, models.base.busy:
        place = training.folder or Path(temporary)
        with storage_errors(f"write {place}"):
            place.mkdir(parents=True, exist_ok=True)
        # Without it the skill of another run's examples would be taken for this one's.
        tied_to = hashlib.sha256(f"{training.sizes} {training.seed} {list(examples)}".encode()).hexdigest()
        train_lora(models.base, place, [task], config, training.sizes, (), tell, tied_to=tied_to)
        return load_peft(place / ADAPTER)


def examples_of(records: Iterable[Any]) -> list[TaskExample]:
    """Examples out of mappings of `input` and `output`, or `outputs`. Raises DocumentError: a field is missing."""
    return [example_of(record, f"Example {number}") for number, record in enumerate(records, 1)]
