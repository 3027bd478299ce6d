"""Trains a Text-to-LoRA hypernetwork for a base model: data, vectors of descriptions, loop, output folder.

What `parametric-memory train t2l` runs: end to end on tasks, with questions about documents beside them or without; or
by reconstruction of given adapters, one a task, from the tasks' descriptions, for which no base model runs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.adapters.peft_folder import CONFIG_FILE, load_peft
from parametric_memory.batches import in_runs
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.fetching.embedded import EMBEDDER
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora, save_text_to_lora
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.hypernetworks.text_to_lora.network import (
    Pooling,
    TextToLora,
    layer_factors,
    target_modules,
    untrained_network,
)
from parametric_memory.hypernetworks.text_to_lora.skill_maker import embed_descriptions, load_embedding_model
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training.d2l import load_for_training
from parametric_memory.training.data.examples import EncodedQuestion, Question, encode_question
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.tasks import FORMS, InWords, Task, described
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.lora import LoraSizes, given_adapter
from parametric_memory.training.objective import Answered, answers, factors_attached
from parametric_memory.training.skill_trainer import (
    Drawn,
    SkillConfig,
    SkillTrainer,
    skill_optimizer,
    spread,
    token_losses,
)
from parametric_memory.training.trainer import AskedDocuments, asked_documents

FINISHED = "hypernetwork"
OF_BASE = "base"  # what stands for the base model itself, as what embeds descriptions
_EMBEDDED_AT_ONCE = 32
_MOST_FACTS, _QUESTIONS = 8, 2  # of a document beside a skill, and about it
# Changes to a question: answers in a sentence, and by the value alone with and without a full stop.
_ANSWERS: tuple[dict[str, Any], ...] = ({}, {"opening": ""}, {"opening": "", "ending": ""})

ByModule = Mapping[str, BatchedFactors]  # an adapter by module type


@dataclass(frozen=True)
class ReconstructionConfig(LoopConfig):
    """How long and how fast. A batch counts tasks."""

    batch: int = 8
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    warmup_share: float | None = 0.1
    decay_share: float = 0.9
    final_share: float = 0.0


@dataclass(frozen=True)
class T2LSizes(LoraSizes):
    """Sizes of the hypernetwork and of the adapters that it makes, and the objective it is trained for."""

    embeddings: str = EMBEDDER.title  # a model, or OF_BASE
    pooling: Pooling | None = None
    most_descriptions: int = 128  # of a task
    latent_size: int = 128
    head_size: int = 512
    shared_head: bool = False
    row_positions: str | None = None
    offset: bool = False  # whether a LoRA that all tasks share is learned beside the heads
    objective: str = "answers"


def embedded(
    base: BaseModel, sizes: T2LSizes, descriptions: Sequence[str], run: Run, trust_remote_code: bool = False
) -> Tensor:
    """Vectors `[description, size]` of the base model or another one. Of a long description the beginning counts.

    Raises ModelUnavailable: the other model cannot be loaded.
    """
    name = None if sizes.embeddings == OF_BASE else sizes.embeddings
    run.report(f"embedding {len(descriptions)} descriptions")
    model, tokenizer = (base.model, base.tokenizer) if name is None else load_embedding_model(name, trust_remote_code)
    batches = in_runs(descriptions, _EMBEDDED_AT_ONCE)
    return torch.cat([embed_descriptions(b, model, tokenizer, name, sizes.pooling, cut=True).cpu() for b in batches])


def train_t2l(
    base: BaseModel,
    run: Run,
    tasks: Sequence[Task],
    config: SkillConfig | ReconstructionConfig,
    sizes: T2LSizes = T2LSizes(),
    held_out: Sequence[Task] = (),
    adapters: Path | None = None,
    start_from: Path | None = None,
    trust_remote_code: bool = False,
    beside: Path | None = None,
) -> TrainingLoop:
    """Trains, or resumes training, a hypernetwork: end to end, or on adapters with a `ReconstructionConfig`.

    The finished hypernetwork is written to `hypernetwork` in the run's folder.

    Args:
        held_out: tasks to measure on.
        adapters: a folder of PEFT folders to reconstruct, named as the tasks are, as `train lora --each` writes them.
        trust_remote_code: let the repository of the embedder of descriptions run its own code.
        beside: folder of the key-value hypernetwork of documents whose answers are to stay right beside a skill, with
            the weight of the settings.
        start_from: folder of a trained hypernetwork to start from; or a PEFT folder, the first offset.

    Raises:
        AdapterError, CheckpointError: what it should start from, or an adapter, cannot be read or does not fit.
        DocumentError: there is no example, or no adapter of any task.
        ModelUnavailable: the embedder of descriptions cannot be loaded.
        SettingsError: the base model has no such modules, or adapters are to be reconstructed and none are given.
    """
    started_from = str(start_from.resolve()) if start_from is not None else ""
    run = replace(run, base_fingerprint=base.fingerprint, started_from=started_from)
    everything = [*tasks, *held_out]
    if undescribed := [task.name for task in everything if not task.descriptions]:
        raise DocumentError(f"Nothing says what {undescribed[0]} is: give it descriptions.")
    texts = described(everything, sizes.most_descriptions)
    together = [text for of_one in texts.values() for text in of_one]
    with run.processes.main_process_first():
        found = embedded(base, sizes, together, run, trust_remote_code)
    vectors = dict(zip(texts, found.split([len(of_one) for of_one in texts.values()]), strict=True))
    if start_from is not None:
        run.report(f"starting from {start_from}")
    network = _beginning(base, sizes, found.shape[-1], config.seed, start_from)
    trainer: TrainingLoop
    if isinstance(config, ReconstructionConfig):
        if adapters is None:
            raise SettingsError("Reconstruction needs adapters: name their folder (--adapters).")
        known, unseen = (_given_adapters(adapters, some, network) for some in (tasks, held_out))
        if not known:
            raise DocumentError(f"{adapters} holds no adapter of any of the tasks: train lora --each makes them.")
        if network.config.objective == "standardized_factors" and start_from is None:
            _set_statistics(network, [*known.values()])
        run.report(f"{len(known)} adapters to reconstruct")
        trainer = ReconstructionTrainer(network, known, vectors, run, config, unseen)
    else:
        trained = [task for task in tasks if task.train]
        if not trained:
            raise DocumentError("There is no example to train on.")
        run.report(f"{sum(len(task.train) for task in trained)} examples of {len(trained)} tasks to train on")
        given = (base, network, trained, run, config, _validation(tasks, held_out), vectors)
        if beside is None or not config.documents:
            trainer = SkillTrainer(*given)
        else:
            count = max(1, config.batch // 2 // run.processes.num_processes)
            trainer = BesideTrainer(BesideDocuments(base, beside, count), *given)
    trainer.resume_and_run()
    if run.processes.is_main_process:
        counts = {"tasks": len(tasks), "descriptions": sum(len(vectors[task.name]) for task in tasks)}
        network.config = network.config.model_copy(update={"training": {**trainer.describe(), **counts}})
        save_text_to_lora(network, run.folder / FINISHED, torch.float16)
    run.processes.wait_for_everyone()
    return trainer


def _beginning(base: BaseModel, sizes: T2LSizes, embedding_size: int, seed: int, start_from: Path | None) -> TextToLora:
    """The hypernetwork as it is before its first step."""
    if start_from is not None and not (start_from / CONFIG_FILE).is_file():
        network = load_text_to_lora(start_from)
        fits = network.config.modules == target_modules(base.model, [m.name for m in network.config.modules])
        if not fits or network.config.embedding_size != embedding_size:
            raise CheckpointError(
                f"The hypernetwork in {start_from} is for {network.config.base_model}: train another."
            )
    else:
        options = asdict(sizes)
        del options["most_descriptions"]
        embedder, offset = options.pop("embeddings"), options.pop("offset")
        network = untrained_network(
            base.model,
            base.name,
            base_fingerprint=base.fingerprint,
            base_signature=base.signature,
            embedding_model=None if embedder == OF_BASE else embedder,
            embedding_size=embedding_size,
            offset=load_peft(start_from) if start_from is not None else offset,
            seed=seed,
            **options,
        )
    network.AB_offset.requires_grad_(sizes.offset)
    return network.to(base.model.device)


def _validation(tasks: Sequence[Task], held_out: Sequence[Task]) -> dict[str, Sequence[Task]]:
    """What is measured on, by name; nothing that is empty."""
    sets = {"trained tasks": spread([task for task in tasks if task.test]), "held-out tasks": held_out}
    if len(held_out) > 1:  # descriptions are found by the task's name
        others = [*held_out[1:], held_out[0]]
        swapped = [replace(task, name=other.name) for task, other in zip(held_out, others, strict=True)]
        sets["held-out tasks under another's description"] = swapped
    return {name: some for name, some in sets.items() if some}


def _given_adapters(folder: Path, tasks: Sequence[Task], network: TextToLora) -> dict[str, ByModule]:
    """The adapters of tasks, by the names of those that have one.

    Raises AdapterError, CheckpointError: one cannot be read, or does not fit.
    """
    config, found = network.config, dict[str, ByModule]()
    for task in tasks:
        if (place := given_adapter(folder, task.name)) is not None:
            adapter = load_peft(place)
            found[task.name] = layer_factors(adapter, config.modules, config.layers, config.rank, config.scaling)
    return found


class ReconstructionTrainer(TrainingLoop):
    """Trains a network to generate the given adapters of tasks from their descriptions."""

    hypernetwork: TextToLora

    def __init__(
        self,
        network: TextToLora,
        given: Mapping[str, ByModule],
        vectors: Mapping[str, Tensor],
        run: Run,
        config: ReconstructionConfig,
        held_out: Mapping[str, ByModule],
    ):
        """All by the tasks' names. vectors: of descriptions, `[description, size]`. held_out: never trained on."""
        validation = {"held-out adapters": list(held_out)} if held_out else {}
        super().__init__(network, run, config, (skill_optimizer(network, config),), validation)
        self.trained, self.vectors, self.adapters = list(given), vectors, {**held_out, **given}

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[dict[str, float]]]:
        drawn = rng.sample(self.trained, min(self.config.batch, len(self.trained)))
        loss, record = self._loss(rng, self.share(drawn))
        loss.backward()
        return {"given adapters": [record]}

    def _loss(self, rng: random.Random, names: Sequence[str]) -> tuple[Tensor, dict[str, float]]:
        """Of tasks' adapters in random order, each from one description that is drawn; and the record of it."""
        device = next(self.hypernetwork.parameters()).device
        chosen = rng.sample(names, len(names))
        drawn = torch.stack([rng.choice(list(self.vectors[name])) for name in chosen])
        targets = _together([self.adapters[name] for name in chosen], device)
        loss, error = reconstruction_loss(self.hypernetwork, drawn[:, None].to(device), targets)
        return loss, {"loss": loss.item(), "error": error.item()}

    def tested(self, items: Sequence[str], /) -> list[dict[str, float]]:
        rng = random.Random(0)
        return [self._loss(rng, some)[1] for some in in_runs(items, self.config.batch)]


def _together(given: Sequence[ByModule], device: torch.device | None = None) -> ByModule:
    """The factors of several tasks, by module type `[layer, task, rank, d_in or d_out]`."""
    return {
        name: BatchedFactors(*(torch.cat([getattr(each[name], side) for each in given], 1).to(device) for side in "AB"))
        for name in given[0]
    }


@torch.no_grad()
def _set_statistics(network: TextToLora, given: Sequence[ByModule]) -> None:
    """Sets the mean and standard deviation of the adapters, by which a network standardizes factors."""
    for module, factors in _together(given).items():
        for side, values in (("A", factors.A), ("B", factors.B.transpose(-1, -2))):
            name = f"{side}.{module}"
            network.mean_recon_target.get_parameter(name).copy_(values.mean(1))
            network.std_recon_target.get_parameter(name).copy_(values.std(1, unbiased=len(given) > 1))


def reconstruction_loss(network: TextToLora, embeddings: Tensor, targets: ByModule) -> tuple[Tensor, Tensor]:
    """L1 distance of generated adapters to given ones, averaged over module types; and the same of the adapters.

    The first is in the units of the network's objective: factors as they are, standardized element by element over the
    training adapters, or the products B A times `delta_w_scaling`.

    Args:
        embeddings: `[task, description, embedding_size]`: each description of a task should give its adapter.
        targets: by module type, the adapters' factors `[layer, task, rank, d_in or d_out]`.
    """
    encoded = network.encode(embeddings.flatten(0, 1))
    objective, scaling = network.config.objective, network.config.delta_w_scaling
    losses, errors = [], []
    for module in network.config.modules:
        said, target = network.predict(module.name, encoded), targets[module.name]
        wanted = BatchedFactors(*(x.repeat_interleave(embeddings.shape[1], dim=1) for x in (target.A, target.B)))
        if objective == "delta_w":
            loss = F.l1_loss(said.products(), wanted.products() * scaling)
            error = loss / scaling
        elif objective == "standardized_factors":
            loss = _mean_l1(said, network.standardize(module.name, wanted))
            error = _mean_l1(network.unstandardize(module.name, said), wanted)
        else:
            loss = error = _mean_l1(said, wanted)
        losses.append(loss)
        errors.append(error.detach())
    return torch.stack(losses).mean(), torch.stack(errors).mean()


def _mean_l1(said: BatchedFactors, wanted: BatchedFactors) -> Tensor:
    return (F.l1_loss(said.A, wanted.A) + F.l1_loss(said.B, wanted.B)) / 2


class BesideTrainer(SkillTrainer):
    """Trains a `TextToLora` on tasks, and on questions about documents under the skills of tasks."""

    def __init__(self, documents: BesideDocuments, *args: Any):
        """args: of `SkillTrainer`."""
        super().__init__(*args)
        self.documents = documents

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        found = super().gradients(rng, seed)
        found["documents beside"] = self._beside(random.Random(f"{seed} of process {self.processes.process_index}"))
        return found

    def _beside(self, rng: random.Random) -> list[Answered]:
        """Answers questions about documents under skills of tasks; gradients are added."""
        asked, questions = self.documents.draw(rng)
        tasks = [self.tasks[i] for i in rng.choices(self._drawable, k=len(questions))]
        drawn = [Drawn(task, self._description(rng, task), q) for task, q in zip(tasks, asked.questions, strict=True)]
        generated, items = self._generated(drawn, training=True)
        places = torch.tensor(items, device=self.model.device)
        skills = factors_attached(self.model, generated.by_module, places, generated.scaling)
        loss, answers = self.documents.answered(asked, questions, [task.form for task in tasks], skills)
        (self.config.documents * loss).backward()
        generated.backward(penalty=0.0)
        return answers


class BesideDocuments:
    """Questions about generated documents, which are to be answered right beside a skill.

    A skill may have them answered by the value alone, with or without a full stop: the probabilities of all forms
    together count. A loss that keeps answers word for word would teach skills to do nothing beside documents.
    """

    def __init__(self, base: BaseModel, folder: Path, count: int):
        """Raises CheckpointError: the folder holds no key-value hypernetwork, or one for another base model.

        Args:
            folder: of the hypernetwork that reads the documents.
            count: about how many questions are drawn at a time.
        """
        self.base, self.count = base, count
        self.hypernetwork = load_for_training(folder, base).to(base.model.device).eval()
        self.facts = FactGenerator(WordList.training(), _MOST_FACTS)

    @torch.no_grad()
    def draw(self, rng: random.Random) -> tuple[AskedDocuments, list[Question]]:
        """Questions under the factors of their documents, and the same questions as they were before encoding."""
        examples = self.facts.batch(rng, -(-self.count // _QUESTIONS), _QUESTIONS, step=0)
        asked = asked_documents(self.base, self.hypernetwork, examples, rng=rng)
        in_order = [question for example in examples for question in example.questions]
        return asked, [in_order[i] for i in asked.order]

    def in_forms(self, question: Question, prompt: Sequence[int], form: str = "") -> list[EncodedQuestion]:
        """A question with its answer in each of the forms that count; in one of `FORMS` alone where it is named."""
        chat = self.base.chat
        if not form:
            return [encode_question(chat, replace(question, **parts), prompt) for parts in _ANSWERS]
        ids = chat.encode(FORMS[form](InWords(question.answer, question.value)))
        return [EncodedQuestion(prompt, [*ids, chat.end])] * len(_ANSWERS)

    def answered(
        self,
        asked: AskedDocuments,
        questions: Sequence[Question],
        forms: Sequence[str],
        skills: AbstractContextManager[None],
    ) -> tuple[Tensor, list[Answered]]:
        """The mean loss of a question, and how each was answered in its most probable form.

        The loss is the negative logarithm of the probability of the answer in any of the forms, divided by the tokens
        of the most probable form.

        Args:
            forms: of `FORMS`, the one that each question's task demands; "": it demands none.
            skills: attaches one to every question.
        """
        model, each = self.base.model, zip(questions, asked.questions, forms, strict=True)
        in_forms = list(zip(*(self.in_forms(q, encoded.prompt, form) for q, encoded, form in each), strict=True))
        probabilities, met = [], []
        with factors_attached(model, asked.factors, slice(None), asked.scaling), skills:
            for of_form in in_forms:
                given = [question.answer for question in of_form]
                logits = answer_logits(model, [question.prompt for question in of_form], given, self.base.chat.end)
                target = torch.tensor([token for answer in given for token in answer], device=logits.device)
                losses, _ = token_losses(logits, target, 0.0)
                probabilities.append(-torch.stack([of_one.sum() for of_one in losses.split([*map(len, given)])]))
                met.append(answers(of_form, losses, logits.argmax(-1) != target))
        logs = torch.stack(probabilities)  # [form, question]
        best = list(enumerate(logs.argmax(0).tolist()))  # questions and their most probable forms
        tokens = torch.tensor([len(in_forms[form][i].answer) for i, form in best], device=logs.device)
        return (-logs.logsumexp(0) / tokens).mean(), [met[form][i] for i, form in best]
