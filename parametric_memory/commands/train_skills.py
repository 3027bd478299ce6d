"""`train t2l` and `train lora`: skills, generated from descriptions by a hypernetwork, or trained on examples."""

from __future__ import annotations

import json
import random
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context, open_models
from parametric_memory.commands.train import (
    Batch,
    Float32,
    LearningRate,
    Output,
    Seed,
    Set,
    StartFrom,
    Steps,
    make_folder,
    open_base,
    ready,
    show_end,
)
from parametric_memory.files import storage_errors

if TYPE_CHECKING:
    from parametric_memory.training.data.tasks import Task

TaskFiles = Annotated[
    list[Path], typer.Option("--data", metavar="FILE", help="Tasks with examples, or a folder. May be repeated.")
]
HeldOutTasks = Annotated[
    list[Path] | None, typer.Option("--held-out", metavar="FILE", help="Tasks to measure on. May be repeated.")
]


Way = StrEnum("Way", ["sft", "reconstruction"])  # in which a Text-to-LoRA hypernetwork is trained


def t2l(
    context: Context,
    data: TaskFiles,
    output: Output,
    held_out: HeldOutTasks = None,
    by: Annotated[Way, typer.Option("--by", help="Doing tasks end to end, or reconstructing --adapters.")] = Way.sft,
    adapters: Annotated[
        Path | None, typer.Option("--adapters", metavar="DIR", help="What train lora --each made, to reconstruct.")
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option("--start-from", metavar="DIR", help="A hypernetwork, or a PEFT folder: the offset.")
    ] = None,
    steps: Steps = None,
    batch: Batch = None,
    learning_rate: LearningRate = None,
    options: Set = None,
    float32: Float32 = False,
    seed: Seed = 0,
    trust_remote_code: TrustRemoteCode = False,
) -> None:
    """Train a hypernetwork that generates skills from descriptions, for a base model.

    It trains on tasks with descriptions and examples: JSON lines of name, descriptions and train, a list of input and
    outputs; or files of Super-NaturalInstructions as published, or a folder of these. End to end (--by sft) the base
    model does tasks under the generated adapters; by reconstruction (--by reconstruction) the hypernetwork learns to
    generate given adapters, and the base model does not run. With --set documents=1 it also learns that questions about
    documents are answered right beside a skill, in a sentence or in fewer words. The same command resumes an
    interrupted run. The hypernetwork is written to DIR/hypernetwork. Under `accelerate launch` several GPUs share
    each batch.

    Examples:
      parametric-memory train t2l --data tasks.jsonl --held-out others.jsonl --output run/
      parametric-memory train t2l --data tasks/ --set modules=q_proj,v_proj,gate_proj,up_proj,down_proj --output run/
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train t2l --data tasks.jsonl --by reconstruction --adapters oracles/ --output rebuilt/
      parametric-memory train t2l --data tasks.jsonl --set documents=1 --start-from run/hypernetwork --output beside/
      parametric-memory skill add "Translate the word to French." --skills run/hypernetwork
    """
    reconstructs = by is Way.reconstruction
    if reconstructs and adapters is None:
        raise typer.BadParameter("--by reconstruction needs adapters: name the folder with --adapters DIR.")
    if adapters is not None and not reconstructs:
        raise typer.BadParameter("--adapters is for --by reconstruction: leave it out.")
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.loop import configure
    from parametric_memory.training.lora import LoraSizes
    from parametric_memory.training.skill_trainer import SkillConfig
    from parametric_memory.training.t2l import ReconstructionConfig, T2LSizes, train_t2l

    own: dict[str, Any] = {"steps": steps, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    kind = ReconstructionConfig if reconstructs else SkillConfig
    defaults = {"objective": "delta_w"} if reconstructs else {}
    [config, sizes, lora], _ = configure(options or (), own, kind, T2LSizes, LoraSizes, defaults=defaults, sizes=False)
    documents = getattr(config, "documents", 0) > 0
    run = ready(context, output, reads_documents=documents)
    tasks, others = read_tasks(data), read_tasks(held_out) if held_out else []
    with run.processes.main_process_first():
        models = open_models(context, trust_remote_code)
        if float32:
            models.base.model.float()
        reader = models.hypernetwork_folder if documents else None
    if documents and reader is None:
        raise typer.BadParameter("documents needs a hypernetwork of documents for the base model: none is shipped.")
    given = (config, sizes, lora, others, adapters, start_from, trust_remote_code)
    trainer = train_t2l(models.base, run, tasks, *given, beside=reader)
    made = output / "hypernetwork"
    show_end(context, trainer, made, f"skill add --skills {made} uses it")


def tasks(
    context: Context,
    output: Output,
    examples: Annotated[int, typer.Option("--examples", metavar="N", min=1, help="Of each task, to train on.")] = 200,
    seed: Seed = 0,
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
    from parametric_memory.training.data.checkable import as_record, checkable_tasks, without_task
    from parametric_memory.training.data.examples import unaided_answers
    from parametric_memory.training.data.relations import everyday_questions

    make_folder(output)
    base = open_models(context).base
    asked = random.Random(seed).sample(everyday_questions(), examples)
    answers = [base.chat.decode(ids) for ids in unaided_answers(base, asked)]
    said = [(question, answer) for question, answer in zip(asked, answers, strict=True) if answer.strip()]
    made = checkable_tasks(seed, examples)
    files = {"tasks": [*made.trained, without_task(said, seed)], "phrasings": made.phrasings, "families": made.families}
    for name, of_file in files.items():
        path = output / f"{name}.jsonl"
        lines = "".join(f"{json.dumps(as_record(task), ensure_ascii=False)}\n" for task in of_file)
        with storage_errors(f"write {path}"):
            path.write_text(lines, encoding="utf-8")
    context.show({"tasks": output, **{name: len(of) for name, of in files.items()}}, f"The tasks are in {output}.")


def lora(
    context: Context,
    data: TaskFiles,
    output: Output,
    task: Annotated[
        list[str] | None, typer.Option("--task", metavar="NAME", help="One of these tasks. May be repeated.")
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="One LoRA a task, in a folder of its name; else one of all together.")
    ] = False,
    held_out: HeldOutTasks = None,
    start_from: StartFrom = None,
    steps: Steps = None,
    batch: Batch = None,
    learning_rate: LearningRate = None,
    options: Set = None,
    float32: Float32 = False,
    seed: Seed = 0,
) -> None:
    """Train a LoRA on the examples of a task, or one on all tasks together, or one on each.

    The data are those of train t2l. The same command resumes an interrupted run; with --each, tasks that have a LoRA
    are left alone. A task without train is refused: eval skills asks its test. The result is a PEFT folder,
    DIR/adapter, or DIR/NAME/adapter of each.

    Examples:
      parametric-memory train lora --data tasks.jsonl --task antonyms --output antonyms/
      parametric-memory train lora --data tasks.jsonl --steps 600 --set rank=16 --output all-tasks/
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train lora --data tasks.jsonl --each --start-from all-tasks/adapter --steps 30 --output oracles/
    """
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.loop import configure
    from parametric_memory.training.lora import LORA_RECIPE, LoraSizes, train_each, train_lora, trained_tasks
    from parametric_memory.training.skill_trainer import SkillConfig, TrainedTask, spread

    own: dict[str, Any] = {"steps": steps, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    [config, sizes], _ = configure(options or (), own, SkillConfig, LoraSizes, defaults=LORA_RECIPE, sizes=False)
    run = ready(context, output)
    tasks = _named(read_tasks(data), task)
    others = read_tasks(held_out) if held_out else []
    trained_on = trained_tasks(tasks)
    with run.processes.main_process_first():
        base = open_base(context, float32)
    if each:
        trained = train_each(base, output, tasks, config, sizes, context.tell, start_from)
        context.show({"adapters": output, "trained": trained}, f"{trained} adapters were trained: they are in {output}")
        return
    validation = {
        name: spread([TrainedTask(t.name, t.test or t.train) for t in some])
        for name, some in (("trained tasks", tasks), ("held-out tasks", others))
        if some
    }
    trainer = train_lora(base, run, trained_on, config, sizes, validation, start_from)
    made = output / "adapter"
    show_end(context, trainer, made, f"skill add --folder {made} --name NAME takes it")


def _named(tasks: list[Task], names: list[str] | None) -> list[Task]:
    """The tasks with these names; all when none is given."""
    known = {task.name for task in tasks}
    if unknown := [name for name in names or () if name not in known]:
        raise typer.BadParameter(
            f"There is no task {unknown[0]} in the data: there are {', '.join(sorted(known)[:5])}."
        )
    return [task for task in tasks if not names or task.name in names]
