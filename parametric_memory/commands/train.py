"""The commands `train`: of hypernetworks, of skills, and of the judge with its marker."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import BadParameter, Option

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context, open_models
from parametric_memory.errors import SettingsError
from parametric_memory.files import storage_errors

if TYPE_CHECKING:
    from parametric_memory.internalize.selection import Models
    from parametric_memory.training.loop import Run, TrainingLoop

Output = Annotated[Path, Option(metavar="DIR", help="Where everything goes.")]
_Data = Option(metavar="FILE", help="Passages with questions. May be repeated.")
Questions = Annotated[list[Path] | None, _Data]
Passages = Annotated[list[Path], _Data]
HeldOut = Annotated[list[Path] | None, Option(metavar="FILE", help="The same, to measure on. May be repeated.")]
StartFrom = Annotated[Path | None, Option(metavar="DIR", help="Trained weights of the same kind to start from.")]
Keep = Annotated[float, Option(metavar="SHARE", help="Of the starting weights, in the mean that is written.")]
Float32 = Annotated[
    bool, Option("--float32", help="Compute in float32: faster where the processor is slow in bfloat16.")
]
TaskFiles = Annotated[list[Path], Option(metavar="FILE", help="Tasks with examples, or a folder. May be repeated.")]
Kind = StrEnum("Kind", ["extractive", "abstractive", "yesno"])  # of questions
HeldOutTasks = Annotated[list[Path] | None, Option(metavar="FILE", help="Tasks to measure on. May be repeated.")]


@dataclass(frozen=True)
class Recipe:
    """The options of every training."""

    steps: Annotated[int | None, Option(metavar="N", min=1, help="How many updates.")] = None
    batch: Annotated[int | None, Option(metavar="N", min=1, help="Documents or examples in an update.")] = None
    learning_rate: Annotated[float | None, Option(metavar="X", help="At its highest.")] = None
    settings: Annotated[
        list[str] | None, Option("--set", metavar="NAME=VALUE", help="Another setting; see the docs. Repeatable.")
    ] = None
    seed: Annotated[int, Option(metavar="N", help="Same seed, same run.")] = 0

    def configure(
        self, *kinds: type, sizes: bool = False, defaults: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], dict[str, Any]]:
        """Settings dataclasses of a run, and the options of --set that are fields of none of them.

        Args:
            sizes: whether there may be such other options, sizes of the network.
            defaults: of a recipe, in place of the dataclasses' own.

        Raises SettingsError: --set has another form or name, or an option of its own, or a value of the wrong type.
        """
        from pydantic import TypeAdapter, ValidationError

        own = {name: value for name, value in vars(self).items() if name != "settings"}
        found = {**(defaults or {}), **{name: value for name, value in own.items() if value is not None}}
        known = {item.name: str(item.type) for kind in kinds for item in fields(kind)}
        others: dict[str, Any] = {}
        for option in self.settings or ():
            name, equals, text = option.partition("=")
            if not (name and equals and text):
                raise SettingsError(f"--set takes NAME=VALUE, not {option!r}.")
            if name in own:
                raise SettingsError(f"{name} has an option of its own: see --help.")
            if name in known:
                found[name] = tuple(text.split(",")) if known[name].startswith("tuple") else text
            elif sizes:
                try:
                    others[name] = json.loads(text)
                except ValueError:  # a name, or several
                    others[name] = tuple(text.split(",")) if "," in text else text
            else:
                there = ", ".join(sorted(known.keys() - own.keys()))
                raise SettingsError(f"There is no setting {name}: there are {there}.")
        try:
            return [TypeAdapter(kind).validate_python(found) for kind in kinds], others
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(f"{first['loc'][0]}: {first['msg']} (not {first['input']!r}).") from error


def teach(
    context: Context,
    output: Annotated[Path, Option(metavar="DIR", help="Where the answers go.")],
    data: Questions = None,
    text: Annotated[
        list[str] | None,
        Option(metavar="PATH", help="Texts to ask about: files, folders, JSON lines of text. May be repeated."),
    ] = None,
    written: Annotated[
        bool, Option("--written", help="Ask about the package's own texts, such as chats, minutes and mails.")
    ] = False,
    limit: Annotated[int | None, Option(metavar="N", min=1, help="How many questions, or texts. Default: all.")] = None,
    kind: Annotated[list[Kind] | None, Option(help="Of questions. May be repeated. Default: all.")] = None,
    questions: Annotated[int, Option(metavar="N", min=1, help="The base model asks about a text.")] = 8,
    float32: Float32 = False,
) -> None:
    """Have the base model answer questions about passages in its prompt, for train d2l to learn from.

    With --data, each question of the files is answered in a whole sentence that holds the file's answer; questions that
    the model makes no sentence of are left out. With --written the questions are those of the package's own texts. With
    --text, the base model asks itself about each sentence of a text and answers greedily. The most probable tokens at
    each place of an answer are stored. The same command resumes an interrupted run, and with a larger --limit makes
    more of the same.

    Examples:
      parametric-memory train teach --data questions.jsonl --output taught/ --limit 2000
      parametric-memory train teach --text notes/ --output taught-texts/
      parametric-memory train teach --written --output taught-written/
    """
    if sum(map(bool, (data, text, written))) != 1:
        raise BadParameter("Name questions with --data, texts with --text, or --written.")
    from parametric_memory.documents.files import find_documents, read_documents
    from parametric_memory.training.data.question_answering import WRITTEN, read_texts
    from parametric_memory.training.teach import KINDS, TeachConfig, teach

    lines = [path for path in text or () if path.endswith((".jsonl", ".jsonl.gz"))]
    others = [path for path in text or () if path not in lines]
    found = [document.text for file in find_documents(others) for document in read_documents(file)] if others else []
    texts = (*found, *(line for path in lines for line in read_texts(Path(path))))
    make_folder(output)
    written_in = (WRITTEN,) if written else ()
    config = TeachConfig(tuple(data or ()), texts, written_in, limit, tuple(kind or KINDS), questions)
    base = open_models(context).base
    if float32:
        base.model.float()
    kept = teach(base, output, config, context.tell)
    context.show({"taught": output, "questions": kept}, f"{kept} questions: train d2l --taught {output} learns them")


def d2l(
    context: Context,
    output: Output,
    kind: Annotated[Literal["key-value", "doc-to-lora"], Option(help="Of hypernetwork.")] = "key-value",
    data: Questions = None,
    held_out: HeldOut = None,
    taught: Annotated[
        list[Path] | None, Option(metavar="DIR", help="What train teach made, to train on. May be repeated.")
    ] = None,
    held_out_taught: Annotated[
        list[Path] | None, Option(metavar="DIR", help="The same, to measure on. May be repeated.")
    ] = None,
    facts: Annotated[
        float | None, Option(metavar="SHARE", min=0, max=1, help="Of each batch: generated facts. Default: 0.5.")
    ] = None,
    float32: Float32 = False,
    start_from: StartFrom = None,
    keep: Keep = 0.0,
    recipe: Recipe = Recipe(),
) -> None:
    """Train a hypernetwork that internalizes documents for a base model.

    It trains on generated facts and, with --data, on passages with questions: JSON lines of context, question and
    answers, which train teach answers first; or with --taught on what train teach made before. The same command resumes
    an interrupted run. The hypernetwork is written to DIR/hypernetwork. --start-from begins with a trained
    hypernetwork for the same base model, which takes fewer steps; with --keep 0.5 the mean of its weights and the
    trained ones is written, often better than either. Under `accelerate launch` several GPUs share each batch.

    --kind doc-to-lora trains the Perceiver of Doc-to-LoRA by the paper's recipe: 80,000 steps, up to 64 documents in
    each, 4e-5. It learns the teacher's most probable tokens (--set objective=cross-entropy: the answers) of --data or
    --taught, which may also name rows of the reference.

    Examples:
      parametric-memory train d2l --output run/
      parametric-memory train d2l --base-model ./my-model --data questions.jsonl --output run/
      parametric-memory train d2l --start-from run/hypernetwork --keep 0.5 --data mine.jsonl --steps 300 --output more/
      parametric-memory train d2l --kind doc-to-lora --taught taught/ --steps 2000 --output run/
      accelerate launch --multi_gpu -m parametric_memory train d2l --base-model ./my-model --output run/
      parametric-memory add notes/ --base-model ./my-model --hypernetwork run/hypernetwork
    """
    is_perceiver = kind == "doc-to-lora"
    if is_perceiver and facts is not None:
        raise BadParameter("--kind doc-to-lora takes no --facts.")
    if is_perceiver and not (data or taught):
        raise BadParameter("Doc-to-LoRA is trained on --data or --taught: name one.")
    from parametric_memory.training.d2l import DataConfig, train_d2l
    from parametric_memory.training.doc_to_lora import ContextTrainingConfig
    from parametric_memory.training.trainer import TrainingConfig

    [config], sizes = recipe.configure(ContextTrainingConfig if is_perceiver else TrainingConfig, sizes=True)
    share = DataConfig.facts_share if facts is None else facts
    sources = DataConfig(
        tuple(data or ()), tuple(held_out or ()), tuple(taught or ()), tuple(held_out_taught or ()), share
    )
    run, models = open_run(context, output, float32)
    trainer = train_d2l(models.base, run, config, sources, start_from, keep, **sizes)
    show_end(context, trainer, output / "hypernetwork", "--hypernetwork {} uses it")


def t2l(
    context: Context,
    data: TaskFiles,
    output: Output,
    held_out: HeldOutTasks = None,
    adapters: Annotated[Path | None, Option(metavar="DIR", help="What train lora --each made, to reconstruct.")] = None,
    start_from: Annotated[
        Path | None, Option(metavar="DIR", help="A hypernetwork, or a PEFT folder: the offset.")
    ] = None,
    recipe: Recipe = Recipe(),
    float32: Float32 = False,
    trust_remote_code: TrustRemoteCode = False,
) -> None:
    """Train a hypernetwork that generates skills from descriptions, for a base model.

    It trains on tasks with descriptions and examples: JSON lines of name, descriptions and train, a list of input and
    outputs; or files of Super-NaturalInstructions as published, or a folder of these. End to end, the base model does
    tasks under the generated adapters; by reconstruction (--adapters) the hypernetwork learns to generate given
    adapters, and the base model does not run. With --set documents=1 it also learns that questions about
    documents are answered right beside a skill, in a sentence or in fewer words. The same command resumes an
    interrupted run. The hypernetwork is written to DIR/hypernetwork. Under `accelerate launch` several GPUs share
    each batch.

    Examples:
      parametric-memory train t2l --data tasks.jsonl --held-out others.jsonl --output run/
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train t2l --data tasks.jsonl --adapters oracles/ --output rebuilt/
      parametric-memory train t2l --data tasks.jsonl --set documents=1 --start-from run/hypernetwork --output beside/
      parametric-memory skill add "Translate the word to French." --skills run/hypernetwork
    """
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.skill_trainer import SkillConfig
    from parametric_memory.training.t2l import ReconstructionConfig, T2LSizes, train_t2l

    kind, defaults = (SkillConfig, {}) if adapters is None else (ReconstructionConfig, {"objective": "delta_w"})
    [config, sizes], _ = recipe.configure(kind, T2LSizes, defaults=defaults)
    documents = getattr(config, "documents", 0) > 0
    tasks, others = read_tasks(data), read_tasks(held_out) if held_out else []
    run, models = open_run(context, output, float32, documents, trust_remote_code)
    with run.processes.main_process_first():
        reader = models.hypernetwork_folder if documents else None
    if documents and reader is None:
        raise BadParameter("documents needs a hypernetwork of documents for the base model: none is shipped.")
    given = (config, sizes, others, adapters, start_from, trust_remote_code)
    trainer = train_t2l(models.base, run, tasks, *given, beside=reader)
    show_end(context, trainer, output / "hypernetwork", "skill add --skills {} uses it")


def tasks(
    context: Context,
    output: Output,
    examples: Annotated[int, Option(metavar="N", min=1, help="Of each task, to train on.")] = 200,
    seed: Annotated[int, Option(metavar="N", help="Same seed, same run.")] = 0,
) -> None:
    """Write tasks whose answers a program knows, for train t2l and eval skills.

    Forms of an answer (in capitals, one word, JSON), operations on words and lists, extraction, labels, substitutions:
    tasks.jsonl to train on, phrasings.jsonl with the same tasks in other words, families.jsonl with others. One task
    to train on has descriptions that say nothing: the base model answers as it does by itself.

    Examples:
      parametric-memory train tasks --output checkable/
      parametric-memory train t2l --data checkable/tasks.jsonl --data mine.jsonl --set documents=1 --output run/
      parametric-memory eval skills --data checkable/families.jsonl --skills run/hypernetwork
    """
    from parametric_memory.training.data.checkable import checkable_tasks, without_task
    from parametric_memory.training.data.examples import unaided_answers
    from parametric_memory.training.data.relations import everyday_questions
    from parametric_memory.training.data.tasks import TASK

    make_folder(output)
    base = open_models(context).base
    asked = random.Random(seed).sample(everyday_questions(), examples)
    answers = [base.chat.decode(ids) for ids in unaided_answers(base, asked)]
    said = [(question, answer) for question, answer in zip(asked, answers, strict=True) if answer.strip()]
    files = checkable_tasks(seed, examples)
    files["tasks"].append(without_task(said, seed))
    for name, of_file in files.items():
        path = output / f"{name}.jsonl"
        with storage_errors(f"write {path}"):
            path.write_bytes(b"".join(TASK.dump_json(task, by_alias=True) + b"\n" for task in of_file))
    context.show({"tasks": output, **{name: len(of) for name, of in files.items()}}, f"The tasks are in {output}.")


def lora(
    context: Context,
    data: TaskFiles,
    output: Output,
    task: Annotated[list[str] | None, Option(metavar="NAME", help="One of these tasks. May be repeated.")] = None,
    each: Annotated[
        bool, Option("--each", help="One LoRA a task, in a folder of its name; else one of all together.")
    ] = False,
    held_out: HeldOutTasks = None,
    start_from: StartFrom = None,
    recipe: Recipe = Recipe(),
    float32: Float32 = False,
) -> None:
    """Train a LoRA on the examples of a task, or one on all tasks together, or one on each.

    The data are those of train t2l. The same command resumes an interrupted run; with --each, tasks that have a LoRA
    are left alone. A task without train is refused: eval skills asks its test. The result is a PEFT folder,
    DIR/adapter, or DIR/NAME/adapter of each.

    Examples:
      parametric-memory train lora --data tasks.jsonl --task antonyms --output antonyms/
      parametric-memory train lora --data tasks.jsonl --steps 600 --set rank=16 --output all-tasks/
      parametric-memory train lora --data tasks.jsonl --each --start-from all-tasks/adapter --steps 30 --output oracles/
    """
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.lora import LORA_RECIPE, LoraSizes, check_trainable, train_each, train_lora
    from parametric_memory.training.skill_trainer import SkillConfig, spread

    [config, sizes], _ = recipe.configure(SkillConfig, LoraSizes, defaults=LORA_RECIPE)
    tasks = read_tasks(data)
    known = [each.name for each in tasks]
    if unknown := [name for name in task or () if name not in known]:
        raise BadParameter(f"There is no task {unknown[0]} in the data: there are {', '.join(sorted(known)[:5])}.")
    tasks = [each for each in tasks if not task or each.name in task]
    others = read_tasks(held_out) if held_out else []
    check_trainable(tasks)
    run, models = open_run(context, output, float32)
    if each:
        trained = train_each(models.base, output, tasks, config, sizes, context.tell, start_from)
        context.show({"adapters": output, "trained": trained}, f"{trained} adapters were trained: they are in {output}")
        return
    measured = {"trained tasks": tasks, "held-out tasks": others}
    validation = {name: spread(some) for name, some in measured.items() if some}
    trainer = train_lora(models.base, run, tasks, config, sizes, validation, start_from)
    show_end(context, trainer, output / "adapter", "skill add --folder {} --name NAME takes it")


def judge(
    context: Context,
    data: Passages,
    output: Output,
    start_from: StartFrom = None,
    keep: Keep = 0.0,
    recipe: Recipe = Recipe(),
) -> None:
    """Train a judge of which sentence answers a question, on the embedder's weights.

    It trains on passages with questions, JSON lines of context, question and answers, on generated facts, and on texts
    written for this with questions that they only nearly answer: of each question, sentences that answer it against
    those that are nearest to it and do not. The same command resumes an interrupted run. The judge is written to
    DIR/judge. With --keep 0.5 it is the mean of the weights of --start-from and the trained ones, which is often better
    than either.

    Examples:
      parametric-memory train judge --data questions.jsonl --output run/
      parametric-memory train judge --data mine.jsonl --start-from run/judge --keep 0.5 --steps 200 --output more/
      parametric-memory ask "Where does Lina Okafor live?" --judge run/judge
    """
    from parametric_memory.internalize.embedding import MiniLMEmbeddings
    from parametric_memory.training.judge import JudgeTraining, train_judge

    [config], _ = recipe.configure(JudgeTraining)
    embeddings = MiniLMEmbeddings(progress=not context.quiet)
    finished = train_judge(embeddings, output, data, config, context.tell, start_from, keep)
    context.show({"judge": finished, "steps": config.steps}, f"The judge is in {finished}.")


def marker(context: Context, data: Passages, output: Output, recipe: Recipe = Recipe()) -> None:
    """Train the answer marker of the shipped judge, or of --judge: which words of a sentence answer a question.

    Of several values in one sentence a question asks for one. Rows of the words that are marked are attached stronger
    than the others. It starts from the judge's weights and trains on passages with questions, JSON lines of context,
    question and answers, on generated facts, and on texts written for this. The same command resumes an interrupted
    run. The judge with its marker is written to DIR/judge.

    Examples:
      parametric-memory train marker --data questions.jsonl --output run/
      parametric-memory train marker --data mine.jsonl --judge run/judge --steps 500 --output more/
      parametric-memory ask "Where does Lina Okafor live?" --judge run/judge
    """
    from parametric_memory.internalize.embedding import MiniLMEmbeddings
    from parametric_memory.recall.judge_config import SHIPPED_JUDGE
    from parametric_memory.training.marker import MarkerTraining, train_marker

    [config], _ = recipe.configure(MarkerTraining)
    embeddings = MiniLMEmbeddings(progress=not context.quiet)
    finished = train_marker(embeddings, output, data, config, context.judge or SHIPPED_JUDGE, context.tell)
    context.show({"judge": finished, "steps": config.steps}, f"The judge and its marker are in {finished}.")


def make_folder(output: Path) -> None:
    """Raises StorageError."""
    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)


def open_run(
    context: Context, output: Path, float32: bool, reads_documents: bool = False, trust_remote_code: bool = False
) -> tuple[Run, Models]:
    """The run, and the models that it trains for.

    reads_documents: with a hypernetwork that is not trained, which may be named.
    """
    if context.hypernetwork is not None and not reads_documents:
        raise BadParameter("Training starts anew, or from --start-from DIR; it takes no --hypernetwork.")
    from parametric_memory.training.loop import Run

    run = Run(output, context.tell)
    with run.processes.main_process_first():
        models = open_models(context, trust_remote_code)
        base = models.base  # loads it
        if float32:
            base.model.float()
    return run, models


def show_end(context: Context, trainer: TrainingLoop, made: Path, next_step: str) -> None:
    """Shows a finished run, in the main process: the folder that was made, and what uses it, with `{}` in its place."""
    if trainer.processes.is_main_process:
        done = f"{trainer.step} steps in {trainer.seconds / 60:.0f} minutes"
        shown = {made.name: made, "steps": trainer.step, "seconds": trainer.seconds}
        context.show(shown, f"{done}: {next_step.format(made)}")
