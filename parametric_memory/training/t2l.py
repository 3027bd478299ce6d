"""Trains a Text-to-LoRA hypernetwork for a base model: data, vectors of descriptions, loop, and what comes out.

What `parametric-memory train t2l` runs, both ways: end to end on tasks, and by reconstruction of given adapters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.carriers.embedded import EMBEDDER
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.hypernetworks.text_to_lora.config import Pooling
from parametric_memory.hypernetworks.text_to_lora.features import embed_descriptions
from parametric_memory.hypernetworks.text_to_lora.folder import load_text_to_lora, save_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora
from parametric_memory.hypernetworks.text_to_lora.skill_maker import load_embedding_model
from parametric_memory.hypernetworks.text_to_lora.untrained import (
    layer_factors,
    target_modules,
    untrained_network,
)
from parametric_memory.training.beside_documents import document_questions
from parametric_memory.training.data.tasks import Task, described
from parametric_memory.training.loop import Run, TrainingLoop, check_learning_rate
from parametric_memory.training.lora import LoraSizes, given_adapter, told_start
from parametric_memory.training.processes import Processes
from parametric_memory.training.reconstruction import (
    Given,
    ReconstructionConfig,
    ReconstructionTrainer,
    beside_answers,
    set_statistics,
)
from parametric_memory.training.skill_trainer import SkillConfig, SkillTrainer, TaskSet, TrainedTask, spread

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

FINISHED = "hypernetwork"
OF_BASE = "base"  # what stands for the base model itself, as what embeds descriptions
_EMBEDDED_AT_ONCE = 32


@dataclass(frozen=True)
class T2LSizes:
    """What the hypernetwork is like, beside what it makes."""

    embeddings: str = EMBEDDER.title  # a model, or OF_BASE
    pooling: Pooling | None = None
    most_descriptions: int = 128  # of a task
    latent_size: int = 128
    head_size: int = 512
    shared_head: bool = False
    row_positions: str | None = None
    offset: bool = False  # whether a LoRA that all tasks share is learned beside what the heads say
    objective: str = "answers"


class Describer:
    """Embeds descriptions with the base model or another one."""

    def __init__(self, base: BaseModel, sizes: T2LSizes, trust_remote_code: bool = False):
        """Raises ModelUnavailable: the other model cannot be loaded."""
        self.name = None if sizes.embeddings == OF_BASE else sizes.embeddings
        self.pooling = sizes.pooling
        if self.name is None:
            self._model, self._tokenizer, self._told = base.model, base.tokenizer, base.fingerprint
        else:
            self._model, self._tokenizer = load_embedding_model(self.name, trust_remote_code)
            self._told = self.name

    def __call__(self, descriptions: Sequence[str]) -> Tensor:
        """`[description, size]`; of one that is too long its beginning counts."""
        parts = [
            embed_descriptions(
                descriptions[i : i + _EMBEDDED_AT_ONCE], self._model, self._tokenizer, self.name, self.pooling, cut=True
            ).cpu()
            for i in range(0, len(descriptions), _EMBEDDED_AT_ONCE)
        ]
        return torch.cat(parts)

    def cached(self, descriptions: Sequence[str], folder: Path, report: Callable[[str], None]) -> Tensor:
        """The same, made once and kept in a folder."""
        from safetensors.torch import load_file, save

        told = "\n".join([self._told, str(self.pooling), *descriptions])
        cache = folder / f"descriptions-{hashlib.sha256(told.encode()).hexdigest()[:8]}.safetensors"
        if cache.exists():
            return load_file(cache)["embeddings"]
        report(f"embedding {len(descriptions)} descriptions")
        by_length = sorted(range(len(descriptions)), key=lambda i: len(descriptions[i]))
        found = self([descriptions[i] for i in by_length])
        embeddings = torch.empty_like(found)
        embeddings[by_length] = found
        with storage_errors(f"write {cache}"):
            replace_durably(cache, save({"embeddings": embeddings}))
        return embeddings


def train_t2l(
    base: BaseModel,
    folder: Path,
    tasks: Sequence[Task],
    config: SkillConfig | ReconstructionConfig,
    sizes: T2LSizes = T2LSizes(),
    lora: LoraSizes = LoraSizes(),  # noqa: B008 -- frozen
    held_out: Sequence[Task] = (),
    adapters: Path | None = None,
    report: Callable[[str], None] = print,
    processes: Processes | None = None,
    start_from: Path | None = None,
    trust_remote_code: bool = False,
    beside: Path | None = None,
) -> TrainingLoop[Any]:
    """Train, or go on training, a hypernetwork in `folder`: end to end, or with a `ReconstructionConfig` on adapters.

    The finished hypernetwork is written to `folder/hypernetwork`.

    Args:
        held_out: tasks to measure on.
        adapters: a folder of PEFT folders, named as the tasks are, as `train lora --each` writes them. To be
            reconstructed, or end to end to be kept near, with the weight of the settings.
        trust_remote_code: let the repository of what embeds descriptions run its own code.
        beside: folder of the key-value hypernetwork of documents whose answers are to stay right beside a skill, with
            the weight of the settings.
        start_from: folder of a trained hypernetwork to go on from; or a PEFT folder, the offset to begin with.

    Raises:
        AdapterError, CheckpointError: what it should start from, or an adapter, cannot be read or does not fit.
        DocumentError: there is no example, or no adapter of any task.
        ModelUnavailable: what embeds descriptions cannot be loaded.
        SettingsError: the base model has no such modules, the learning rate is no number above 0, or adapters are to
            be reconstructed and none are given.
    """
    check_learning_rate(config.learning_rate, f"{type(config)().learning_rate:g}")
    run = Run.of(base, folder, report, processes, told_start(start_from))
    describer = Describer(base, sizes, trust_remote_code)
    undescribed = [task.name for task in [*tasks, *held_out] if not task.descriptions]
    if undescribed:
        raise DocumentError(f"Nothing says what {undescribed[0]} is: give it descriptions.")
    with run.processes.main_first():
        vectors = _vectors([*tasks, *held_out], describer, sizes.most_descriptions, folder, run.report)
    size = next(iter(vectors.values())).shape[-1]
    network = _beginning(base, sizes, lora, describer, size, config.seed, start_from, run.report)
    if isinstance(config, ReconstructionConfig):
        trainer: TrainingLoop[Any] = _reconstruction(run, tasks, config, held_out, adapters, network, vectors)
    else:
        trainer = _end_to_end(base, run, tasks, config, held_out, adapters, network, vectors, beside)
    trainer.go_on()
    if run.processes.is_main:
        names = {"tasks": len(tasks), "descriptions": sum(len(vectors[task.name]) for task in tasks)}
        told = {"training": {**trainer.describe(), **names}}
        network.config = network.config.model_copy(update=told)
        save_text_to_lora(network, folder / FINISHED, torch.float16)
    run.processes.wait()
    return trainer


def _vectors(
    tasks: Sequence[Task], describer: Describer, most: int, folder: Path, report: Callable[[str], None]
) -> dict[str, Tensor]:
    """Of each task `[description, size]`."""
    texts = described(tasks, most)
    together = [text for of_one in texts.values() for text in of_one]
    embedded = describer.cached(together, folder, report).split([len(of_one) for of_one in texts.values()])
    return dict(zip(texts, embedded, strict=True))


def _beginning(
    base: BaseModel,
    sizes: T2LSizes,
    lora: LoraSizes,
    describer: Describer,
    embedding_size: int,
    seed: int,
    start_from: Path | None,
    report: Callable[[str], None],
) -> TextToLora:
    """The hypernetwork as it is before its first step."""
    if start_from is not None:
        report(f"starting from {start_from}")
    if start_from is not None and not _is_adapter(start_from):
        network = load_text_to_lora(start_from)
        fits = network.config.modules == target_modules(base.model, [m.name for m in network.config.modules])
        if not fits or network.config.embedding_size != embedding_size:
            raise CheckpointError(
                f"The hypernetwork in {start_from} is for {network.config.base_model}: train another."
            )
    else:
        network = untrained_network(
            base.model,
            base.name,
            base_fingerprint=base.fingerprint,
            base_signature=base.signature,
            embedding_model=describer.name,
            embedding_size=embedding_size,
            pooling=sizes.pooling,
            modules=lora.modules,
            rank=lora.rank,
            alpha=lora.alpha,
            offset=load_peft(start_from) if start_from is not None else sizes.offset,
            seed=seed,
            latent_size=sizes.latent_size,
            head_size=sizes.head_size,
            shared_head=sizes.shared_head,
            row_positions=sizes.row_positions,
            objective=sizes.objective,
        )
    network.AB_offset.requires_grad_(sizes.offset)
    return network.to(base.model.device)


def _is_adapter(folder: Path) -> bool:
    from parametric_memory.adapters.peft_folder import CONFIG_FILE

    return (folder / CONFIG_FILE).is_file()


def _end_to_end(
    base: BaseModel,
    run: Run,
    tasks: Sequence[Task],
    config: SkillConfig,
    held_out: Sequence[Task],
    adapters: Path | None,
    network: TextToLora,
    vectors: dict[str, Tensor],
    beside: Path | None,
) -> SkillTrainer:
    trained = [TrainedTask(task.name, task.train, vectors[task.name]) for task in tasks if task.train]
    if not trained:
        raise DocumentError("There is no example to train on.")
    seen = spread([TrainedTask(t.name, t.test, vectors[t.name]) for t in tasks if t.test])
    unseen = [TrainedTask(t.name, t.test or t.train, vectors[t.name]) for t in held_out]
    validation = [TaskSet("trained tasks", tuple(seen))] if seen else []
    if unseen:
        validation.append(TaskSet("held-out tasks", tuple(unseen)))
    if len(unseen) > 1:
        validation.append(TaskSet("held-out tasks under another's description", tuple(unseen), shuffled=True))
    reconstructed = None
    if config.reconstruction:
        if adapters is None:
            raise SettingsError("Reconstruction needs adapters: name their folder (--adapters).")
        reconstructed = beside_answers(network, given_adapters(adapters, tasks, network, vectors), config.batch)
    run.report(f"{sum(len(t.examples) for t in trained)} examples of {len(trained)} tasks to train on")
    documents = None
    if config.documents:
        if beside is None:
            raise SettingsError("Documents beside skills need a document hypernetwork for the base model: name one.")
        documents = document_questions(base, beside, max(1, config.batch // 2 // run.processes.count))
    return SkillTrainer(base.model, base.chat, network, trained, run, config, validation, reconstructed, documents)


def _reconstruction(
    run: Run,
    tasks: Sequence[Task],
    config: ReconstructionConfig,
    held_out: Sequence[Task],
    adapters: Path | None,
    network: TextToLora,
    vectors: dict[str, Tensor],
) -> ReconstructionTrainer:
    if adapters is None:
        raise SettingsError("Reconstruction needs adapters: name their folder (--adapters).")
    given = given_adapters(adapters, tasks, network, vectors)
    if network.config.objective == "standardized_factors" and not run.started_from:
        set_statistics(network, given)
    unseen = given_adapters(adapters, held_out, network, vectors, may_lack=True)
    run.report(f"{len(given)} adapters to reconstruct")
    return ReconstructionTrainer(network, given, run, config, unseen)


def given_adapters(
    folder: Path, tasks: Sequence[Task], network: TextToLora, vectors: dict[str, Tensor], *, may_lack: bool = False
) -> list[Given]:
    """The adapters that there are of some tasks.

    Raises:
        AdapterError, CheckpointError: one cannot be read, or does not fit the network's.
        DocumentError: there is none of any, unless there may be none.
    """
    config, found = network.config, []
    for task in tasks:
        place = given_adapter(folder, task.name)
        if place is not None:
            factors = layer_factors(load_peft(place), config.modules, config.layers, config.rank, config.scaling)
            found.append(Given(task.name, factors, vectors[task.name]))
    if not found and not may_lack:
        raise DocumentError(f"{folder} holds no adapter of any of the tasks: train lora --each makes them.")
    return found
