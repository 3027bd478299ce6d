"""`train t2l` and `train lora`: skills, made of descriptions by a hypernetwork, or of examples."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context, open_models
from parametric_memory.commands.training_runs import Float32, Output, Plot, Seed, computing, open_base, ready, show_end

if TYPE_CHECKING:
    from parametric_memory.training.data.tasks import Task

TaskFiles = Annotated[
    list[Path], typer.Option("--data", metavar="FILE", help="Tasks with examples, or a folder. May be repeated.")
]
HeldOutTasks = Annotated[
    list[Path] | None, typer.Option("--held-out", metavar="FILE", help="Tasks to measure on. May be repeated.")
]
Rank = Annotated[int, typer.Option("--rank", metavar="N", min=1, help="Rows of an adapter.")]
Alpha = Annotated[float, typer.Option("--alpha", metavar="X", help="Its update counts alpha / sqrt(rank) times.")]
Modules = Annotated[
    str, typer.Option("--modules", metavar="NAMES", help="Which modules have an adapter, separated by commas.")
]
Steps = Annotated[int, typer.Option("--steps", metavar="N", min=1, help="How many updates.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", metavar="N", min=16, help="Of an example, at most.")]
ValidateEvery = Annotated[int, typer.Option("--validate-every", metavar="N", min=1, help="In steps.")]


class Way(StrEnum):
    """What a Text-to-LoRA hypernetwork is trained by."""

    sft = "sft"
    reconstruction = "reconstruction"


class Units(StrEnum):
    """What is compared with the factors of a given adapter."""

    update = "update"
    factors = "factors"
    standardized = "standardized"


class Pooled(StrEnum):
    """Which of the last hidden states stand for a description."""

    first = "first"
    last = "last"
    mean = "mean"


class Size(StrEnum):
    """The three sizes of the paper."""

    L = "L"
    M = "M"
    S = "S"


_MAX_TOKENS, _OFFSET_RATE = 160, 5e-4
_OBJECTIVES = {Units.update: "delta_w", Units.factors: "factors", Units.standardized: "standardized_factors"}


def t2l(
    context: Context,
    data: TaskFiles,
    output: Output,
    held_out: HeldOutTasks = None,
    by: Annotated[Way, typer.Option("--by", help="Doing tasks end to end, or reconstructing --adapters.")] = Way.sft,
    adapters: Annotated[
        Path | None, typer.Option("--adapters", metavar="DIR", help="What train lora --each made, to reconstruct.")
    ] = None,
    units: Annotated[
        Units, typer.Option("--units", help="What is reconstructed: the update, scaled, or its factors.")
    ] = Units.update,
    documents: Annotated[
        float, typer.Option("--documents", metavar="WEIGHT", min=0, help="End to end, keep what documents say right.")
    ] = 0.0,
    rank: Rank = 8,
    alpha: Alpha = 16.0,
    modules: Modules = "q_proj,v_proj",
    size: Annotated[Size, typer.Option("--size", help="Says all at once (L), A or B (M), or one row (S).")] = Size.L,
    head_size: Annotated[int, typer.Option("--head-size", metavar="N", min=1, help="Inputs of the heads.")] = 512,
    latent_size: Annotated[int, typer.Option("--latent-size", metavar="N", min=4, help="Width of the network.")] = 128,
    offset: Annotated[
        bool, typer.Option("--offset", help="Also learn a LoRA that is added whatever the task.")
    ] = False,
    embeddings: Annotated[
        str, typer.Option("--embeddings", metavar="MODEL", help="Embeds descriptions; base: the base model does.")
    ] = "all-MiniLM-L6-v2",
    pooling: Annotated[
        Pooled | None, typer.Option("--pooling", help="Which token of it counts, or all; else as its name tells.")
    ] = None,
    descriptions: Annotated[int, typer.Option("--descriptions", metavar="N", min=1, help="Of a task, at most.")] = 128,
    start_from: Annotated[
        Path | None, typer.Option("--start-from", metavar="DIR", help="A hypernetwork, or a PEFT folder: the offset.")
    ] = None,
    steps: Steps = 2000,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Examples or adapters in an update.")] = 8,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", metavar="X", help="Default: 2.5e-5; 1e-3 of reconstruction.")
    ] = None,
    head_rate: Annotated[
        float | None, typer.Option("--head-rate", metavar="X", help="Learning rate of the heads, where it is another.")
    ] = None,
    offset_rate: Annotated[
        float, typer.Option("--offset-rate", metavar="X", help="Learning rate of the offset.")
    ] = _OFFSET_RATE,
    embedding_noise: Annotated[
        float, typer.Option("--embedding-noise", metavar="X", min=0, help="On the vectors of descriptions.")
    ] = 0.0,
    max_tokens: MaxTokens = _MAX_TOKENS,
    float32: Float32 = False,
    seed: Seed = 0,
    validate_every: ValidateEvery = 100,
    plot: Plot = False,
    trust_remote_code: TrustRemoteCode = False,
) -> None:
    """Train a hypernetwork that makes skills out of descriptions, for a base model.

    It trains on tasks with descriptions and examples: JSON lines of name, descriptions and train, a list of input and
    outputs; or files of Super-NaturalInstructions as published, or a folder of these. End to end (--by sft) the base
    model does tasks under the adapters that the hypernetwork says; by reconstruction (--by reconstruction) it learns to
    say given adapters, and the base model does not run. With --documents it also learns that what a hypernetwork of
    documents made of one is answered right beside a skill, in a sentence or in fewer words. A run that was stopped goes
    on where it was when the same command is given again. The hypernetwork comes to lie in DIR/hypernetwork. Under
    `accelerate launch` several GPUs share each batch.

    Examples:
      parametric-memory train t2l --data tasks.jsonl --held-out others.jsonl --output run/ --plot
      parametric-memory train t2l --data tasks/ --modules q_proj,v_proj,gate_proj,up_proj,down_proj --output run/
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train t2l --data tasks.jsonl --by reconstruction --adapters oracles/ --output rebuilt/
      parametric-memory train t2l --data tasks.jsonl --documents 1 --start-from run/hypernetwork --output beside/
      parametric-memory skill add "Translate the word to French." --skills run/hypernetwork
    """
    if by is Way.reconstruction:
        ends = {"--head-rate": head_rate is not None, "--offset-rate": offset_rate != _OFFSET_RATE}
        ends |= {"--documents": documents != 0}
        ends |= {"--embedding-noise": embedding_noise != 0, "--max-tokens": max_tokens != _MAX_TOKENS}
        _check_reconstructed(adapters, [name for name, given in ends.items() if given])
    else:
        _check_end_to_end(adapters, units)
    processes = ready(context, output, plot, reads_documents=documents > 0)
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.lora import LoraSizes
    from parametric_memory.training.skill_trainer import SkillConfig
    from parametric_memory.training.t2l import ReconstructionConfig, T2LSizes, train_t2l

    tasks, others = read_tasks(data), read_tasks(held_out) if held_out else []
    usual: dict[str, Any] = {"batch": batch, "seed": seed, "validate_every": validate_every}
    if learning_rate is not None:
        usual["learning_rate"] = learning_rate
    if by is Way.reconstruction:
        config: SkillConfig | ReconstructionConfig = ReconstructionConfig(steps, **usual)
    else:
        rate = learning_rate or SkillConfig.learning_rate
        config = SkillConfig(
            steps,
            **usual,
            max_tokens=max_tokens,
            embedding_noise=embedding_noise,
            documents=documents,
            head_multiplier=(head_rate or rate) / rate,
            offset_multiplier=offset_rate / rate,
        )
    sizes = T2LSizes(
        embeddings=embeddings,
        pooling=None if pooling is None else pooling.value,
        most_descriptions=descriptions,
        latent_size=latent_size,
        head_size=head_size,
        shared_head=size is not Size.L,
        row_positions="learned" if size is Size.S else None,
        offset=offset,
        objective=_OBJECTIVES[units] if by is Way.reconstruction else "answers",
    )
    with processes.main_first():
        models = open_models(context, trust_remote_code)
        base = computing(models.base, float32)
        beside = models.hypernetwork_folder if documents else None
    if documents and beside is None:
        raise typer.BadParameter("--documents needs a hypernetwork of documents for the base model: none is shipped.")
    trainer = train_t2l(
        base,
        output,
        tasks,
        config,
        sizes,
        LoraSizes(rank, alpha, _names(modules)),
        others,
        adapters,
        context.tell,
        processes,
        start_from,
        trust_remote_code,
        beside=beside,
    )
    made = output / "hypernetwork"
    show_end(context, trainer, made, f"skill add --skills {made} uses it", plot, processes)


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
    rank: Rank = 8,
    alpha: Alpha = 16.0,
    modules: Modules = "q_proj,v_proj",
    start_from: Annotated[
        Path | None, typer.Option("--start-from", metavar="DIR", help="A PEFT folder of the same modules.")
    ] = None,
    steps: Steps = 100,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Examples in an update.")] = 8,
    learning_rate: Annotated[float, typer.Option("--learning-rate", metavar="X", help="At its highest.")] = 5e-4,
    max_tokens: MaxTokens = _MAX_TOKENS,
    float32: Float32 = False,
    seed: Seed = 0,
    validate_every: ValidateEvery = 100,
    plot: Plot = False,
) -> None:
    """Train a LoRA on the examples of a task, or one on all tasks together, or one on each.

    The data are those of train t2l. A run that was stopped goes on where it was when the same command is given again;
    with --each, tasks that have a LoRA are left alone. A task without train is refused: eval skills asks its test. What
    comes out is a PEFT folder, DIR/adapter, or DIR/NAME/adapter of each.

    Examples:
      parametric-memory train lora --data tasks.jsonl --task antonyms --output antonyms/
      parametric-memory train lora --data tasks.jsonl --steps 600 --output all-tasks/ --plot
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train lora --data tasks.jsonl --each --start-from all-tasks/adapter --steps 30 --output oracles/
    """
    if each and plot:
        raise typer.BadParameter("Curves are drawn of one LoRA, not of --each.")
    processes = ready(context, output, plot)
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.lora import LoraSizes, train_each, train_lora, trained_tasks
    from parametric_memory.training.skill_trainer import SkillConfig, TaskSet, TrainedTask, spread

    tasks = _named(read_tasks(data), task)
    others = read_tasks(held_out) if held_out else []
    config = SkillConfig(
        steps,
        batch=batch,
        learning_rate=learning_rate,
        max_tokens=max_tokens,
        seed=seed,
        validate_every=validate_every,
        warmup_share=0.1,
    )
    sizes = LoraSizes(rank, alpha, _names(modules))
    trained_on = trained_tasks(tasks)
    with processes.main_first():
        base = open_base(context, float32)
    if each:
        trained = train_each(base, output, tasks, config, sizes, context.tell, start_from)
        context.show({"adapters": output, "trained": trained}, f"{trained} adapters were trained: they are in {output}")
        return
    sets = [("trained tasks", tasks), ("held-out tasks", others)]
    validation = [
        TaskSet(name, tuple(spread([TrainedTask(t.name, t.test or t.train) for t in some])))
        for name, some in sets
        if some
    ]
    trainer = train_lora(base, output, trained_on, config, sizes, validation, context.tell, processes, start_from)
    made = output / "adapter"
    show_end(context, trainer, made, f"skill add --folder {made} --name NAME takes it", plot, processes)


def _check_reconstructed(adapters: Path | None, given: list[str]) -> None:
    if adapters is None:
        raise typer.BadParameter("--by reconstruction needs adapters: name the folder with --adapters DIR.")
    if given:
        raise typer.BadParameter(f"{given[0]} is for training end to end (--by sft): leave it out.")


def _check_end_to_end(adapters: Path | None, units: Units) -> None:
    if adapters is not None:
        raise typer.BadParameter("--adapters is for --by reconstruction: leave it out.")
    if units is not Units.update:
        raise typer.BadParameter("--units is for --by reconstruction: leave it out.")


def _names(modules: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in modules.split(",") if name.strip())


def _named(tasks: list[Task], names: list[str] | None) -> list[Task]:
    """Those of the tasks that have one of these names; all when none is given."""
    known = {task.name for task in tasks}
    if unknown := [name for name in names or () if name not in known]:
        raise typer.BadParameter(
            f"There is no task {unknown[0]} in the data: there are {', '.join(sorted(known)[:5])}."
        )
    return [task for task in tasks if not names or task.name in names]
