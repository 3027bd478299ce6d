"""`train teach` and `train d2l`: a document hypernetwork for any base model. `train t2l` and `train lora`: skills.

`train judge`: which sentence answers.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.context import Context, open_models
from parametric_memory.files.durable import storage_errors

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.training.data.tasks import Task
    from parametric_memory.training.loop import TrainingLoop
    from parametric_memory.training.processes import Processes


class Rows(StrEnum):
    """How many rows an adapter has while training."""

    few = "few"
    any = "any"
    all = "all"


class Network(StrEnum):
    """What kind of hypernetwork is trained."""

    key_value = "key-value"
    doc_to_lora = "doc-to-lora"


class Objective(StrEnum):
    """What an answer is learned from."""

    distillation = "distillation"
    cross_entropy = "cross-entropy"


class Kind(StrEnum):
    """What questions are like."""

    extractive = "extractive"
    abstractive = "abstractive"
    yesno = "yesno"


# Ranks of `TrainingConfig`: None is a row for every token.
_RANKS: dict[Rows, tuple[int | None, ...]] = {
    Rows.few: (6, 40, 40, 40, 80),
    Rows.any: (20, 40, None, None),
    Rows.all: (None,),
}
Float32 = Annotated[
    bool, typer.Option("--float32", help="Compute in float32: faster where the processor is slow in bfloat16.")
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--data", metavar="FILE", help="Passages to train on. May be repeated."),
]
HeldOut = Annotated[
    list[Path] | None,
    typer.Option("--held-out", metavar="FILE", help="Passages to measure on. May be repeated."),
]


def teach(
    context: Context,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the answers go.")],
    data: Annotated[
        list[Path] | None, typer.Option("--data", metavar="FILE", help="Passages with questions. May be repeated.")
    ] = None,
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", metavar="FILE", help="Plain text, to cut questions from. May be repeated."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="How many questions. Default: all.")
    ] = None,
    kind: Annotated[
        list[Kind] | None, typer.Option("--kind", help="Of which kind. May be repeated. Default: all.")
    ] = None,
    float32: Float32 = False,
) -> None:
    """Ask the base model about passages before its eyes, for train d2l to learn from.

    Each question of the files is answered in a whole sentence by the base model that has the passage, or the sentences
    around the answer, in its prompt; the answer of the file stands in it. What the model finds likely at every token is
    kept. Questions that it can make no sentence of are left out. Texts of --text, JSON lines with a field text, are
    asked about too: a name or a number is cut out of a sentence. The same command goes on where it was stopped, and
    with a larger --limit makes more of the same.

    Examples:
      parametric-memory train teach --data questions.jsonl --output taught/ --limit 2000
      parametric-memory train teach --data questions.jsonl --output taught/ --kind extractive --kind yesno
      parametric-memory train teach --text notes.jsonl --output taught-text/ --limit 1000
      parametric-memory train d2l --taught taught/ --rows all --output run/
    """
    if not data and not text:
        raise typer.BadParameter("Name questions with --data, or plain text with --text.")
    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)
    from parametric_memory.training.teach import KINDS, TeachConfig, teach

    kinds = tuple(k.value for k in kind) if kind else KINDS
    kept = teach(
        _base(context, float32), output, TeachConfig(tuple(data or ()), tuple(text or ()), limit, kinds), context.tell
    )
    context.show({"taught": output, "questions": kept}, f"{kept} questions: train d2l --taught {output} learns them")


def _base(context: Context, float32: bool) -> BaseModel:
    base = open_models(context).base
    if float32:
        base.model.float()
    return base


def d2l(
    context: Context,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where everything goes.")],
    kind: Annotated[Network, typer.Option("--kind", help="Of hypernetwork.")] = Network.key_value,
    data: Files = None,
    held_out: HeldOut = None,
    taught: Annotated[
        list[Path] | None,
        typer.Option("--taught", metavar="DIR", help="What train teach made, to train on. May be repeated."),
    ] = None,
    held_out_taught: Annotated[
        list[Path] | None,
        typer.Option("--held-out-taught", metavar="DIR", help="The same, to measure on. May be repeated."),
    ] = None,
    facts: Annotated[
        float, typer.Option("--facts", metavar="SHARE", min=0, max=1, help="Of each batch: generated facts.")
    ] = 0.5,
    rows: Annotated[
        Rows, typer.Option("--rows", help="A row for every token (all), for few, or as many as it comes (any).")
    ] = Rows.few,
    opening_weight: Annotated[
        float, typer.Option("--opening-weight", metavar="X", min=0, help="Of what a teacher opens answers with.")
    ] = 0.8,
    value_weight: Annotated[
        float, typer.Option("--value-weight", metavar="X", min=0, help="Of what it finds likely in the rest.")
    ] = 0.5,
    rows_from: Annotated[
        list[Path] | None,
        typer.Option(
            "--rows-from", metavar="PATH", help="What data make made, or rows of Doc-to-LoRA's own. May be repeated."
        ),
    ] = None,
    held_out_rows: Annotated[
        list[Path] | None, typer.Option("--held-out-rows", metavar="PATH", help="The same, to measure on.")
    ] = None,
    needle: Annotated[
        str | None, typer.Option("--needle", metavar="LEAST-MOST", help="Texts of so many tokens hide a number.")
    ] = None,
    objective: Annotated[
        Objective, typer.Option("--objective", help="Of --rows-from; of --needle it is cross-entropy.")
    ] = Objective.distillation,
    several_chunks: Annotated[
        bool, typer.Option("--several-chunks", help="The paper's second stage: documents are cut as it is drawn.")
    ] = False,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A size or a setting, see the docs. May be repeated."),
    ] = None,
    float32: Float32 = False,
    start_from: Annotated[
        Path | None, typer.Option("--start-from", metavar="DIR", help="A trained hypernetwork to go on from.")
    ] = None,
    keep: Annotated[
        float, typer.Option("--keep", metavar="SHARE", help="Of the weights it started from, in what is written.")
    ] = 0.0,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, help="How many updates. Default: 2000; see --kind.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="N", min=1, help="Documents in an update. Default: 16.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", metavar="X", help="At its highest. Default: 2e-3.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same run.")] = 0,
    plot: Annotated[bool, typer.Option("--plot", help="Also draw the curves, curves.png.")] = False,
) -> None:
    """Train a hypernetwork that internalizes documents for a base model.

    It trains on generated facts and, with --data, on passages with questions: JSON lines of context, question
    and answers; or, better, with --taught on what train teach made of these. A run that was stopped goes on where it
    was when the same command is given again. The hypernetwork comes to lie in DIR/hypernetwork. --start-from begins
    with a trained hypernetwork for the same base model, which takes fewer steps than a new one; with --keep 0.5 the
    mean of its weights and the trained ones is written, which is often better than either. Under `accelerate launch`
    several GPUs share each batch.

    With --rows-from or --needle a hypernetwork of either --kind is trained by the objective of Doc-to-LoRA: it learns
    what a teacher finds likely that has the document in its prompt, or with --objective cross-entropy what it says.
    --kind doc-to-lora is its Perceiver, by the paper's recipe: 80,000 steps, up to 64 documents in each, 4e-5.

    Examples:
      parametric-memory train d2l --output run/ --plot
      parametric-memory train d2l --base-model ./my-model --data questions.jsonl --output run/
      parametric-memory train d2l --start-from run/hypernetwork --keep 0.5 --data mine.jsonl --steps 300 --output more/
      parametric-memory train d2l --taught taught/ --rows all --start-from run/hypernetwork --output real/
      parametric-memory train d2l --kind doc-to-lora --rows-from made/ --steps 2000 --output run/
      parametric-memory train d2l --kind doc-to-lora --rows-from made/ --several-chunks --start-from run/hypernetwork \\
        --output second/
      parametric-memory train d2l --kind doc-to-lora --needle 32-256 --set encoder=early_exit --output needle/
      accelerate launch --multi_gpu -m parametric_memory train d2l --base-model ./my-model --output run/
      parametric-memory add notes/ --base-model ./my-model --hypernetwork run/hypernetwork
    """
    processes = _ready(context, output, plot)
    own = {"steps": steps, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    given: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
    trainer: TrainingLoop[Any]
    if rows_from or needle is not None:
        if data or taught or keep:
            raise typer.BadParameter("--rows-from and --needle take no --data, --taught or --keep.")
        from parametric_memory.training.doc_to_lora_run import ContextData, train_contexts
        from parametric_memory.training.options import context_options

        lengths = None if needle is None else _lengths(needle)
        config, sizes = context_options(
            kind.value, objective.value, given, options or (), needle=lengths is not None, several_chunks=several_chunks
        )
        with processes.main_first():
            base = _base(context, float32)
        sources = ContextData(tuple(rows_from or ()), tuple(held_out_rows or ()), lengths)
        trainer = train_contexts(
            base, output, kind.value, config, sources, context.tell, processes, start_from, **sizes
        )
        _tell_of(context, trainer, output, plot, processes)
        return
    if kind is Network.doc_to_lora or options or several_chunks:
        raise typer.BadParameter("Doc-to-LoRA is trained on --rows-from PATH, or on --needle LEAST-MOST: name one.")
    with processes.main_first():
        base = _base(context, float32)
    from parametric_memory.training.d2l import DataConfig, train_d2l
    from parametric_memory.training.trainer import TrainingConfig

    trainer = train_d2l(
        base,
        output,
        TrainingConfig(
            **given,
            ranks=_RANKS[rows],
            opening_divergence=opening_weight,
            value_divergence=value_weight,
        ),
        DataConfig(
            questions=tuple(data or ()),
            held_out_questions=tuple(held_out or ()),
            taught=tuple(taught or ()),
            held_out_taught=tuple(held_out_taught or ()),
            facts_share=facts,
        ),
        context.tell,
        processes,
        start_from,
        keep,
    )
    _tell_of(context, trainer, output, plot, processes)


def _lengths(needle: str) -> tuple[int, int]:
    least, _, most = needle.partition("-")
    if not (least.isdecimal() and most.isdecimal() and 0 < int(least) <= int(most)):
        raise typer.BadParameter(f"--needle takes the shortest and the longest text, as 32-256, not {needle!r}.")
    return int(least), int(most)


def _tell_of(context: Context, trainer: TrainingLoop[Any], output: Path, plot: bool, processes: Processes) -> None:
    """The end of a run."""
    if not processes.is_main:
        return
    curves = _curves(output) if plot else None
    hypernetwork = output / "hypernetwork"
    context.show(
        {"hypernetwork": hypernetwork, "steps": trainer.step, "seconds": trainer.seconds, "curves": curves},
        f"{trainer.step} steps in {trainer.seconds / 60:.0f} minutes: --hypernetwork {hypernetwork} uses it",
    )


def vision(
    context: Context,
    data: Annotated[
        list[Path], typer.Option("--data", metavar="DIR", help="A folder for each class in it. May be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the projection goes.")],
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=1, help="How many updates.")] = 400,
    slots: Annotated[int, typer.Option("--slots", metavar="N", min=1, help="Words that a picture stands for.")] = 4,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same run.")] = 0,
) -> None:
    """Train a layer that puts pictures into the base model's input space.

    A frozen image encoder (EfficientNet-Lite0, 17 MB, fetched the first time) sees the pictures; the layer learns to
    say what is seen, by the names of their folders. Then the base model reads documents with pictures, and its
    hypernetwork, which has never seen one, makes their adapters.

    Examples:
      parametric-memory train vision --data photos/train --output vision/
      parametric-memory add photo.jpg --vision vision/
      parametric-memory ask "What does the picture show?"
    """
    from parametric_memory.carriers.embedded import fetch_image_encoder
    from parametric_memory.training.vision import VisionTraining, train_vision
    from parametric_memory.vision.efficientnet_lite import load_efficientnet_lite0

    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)
    encoder = load_efficientnet_lite0(fetch_image_encoder(not context.quiet))
    config = VisionTraining(steps=steps, slots=slots, seed=seed)
    made = train_vision(open_models(context).base, encoder, data, output, config, context.tell)
    context.show({"vision": output, "labels": made.config.labels}, f"--vision {output} reads pictures now")


def judge(
    context: Context,
    data: Annotated[
        list[Path], typer.Option("--data", metavar="FILE", help="Passages with questions. May be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where everything goes.")],
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=1, help="How many updates.")] = 750,
    passages: Annotated[int, typer.Option("--passages", metavar="N", min=2, help="Drawn from the files.")] = 5000,
    facts: Annotated[int, typer.Option("--facts", metavar="N", min=2, help="Documents to generate.")] = 2500,
    learning_rate: Annotated[float, typer.Option("--learning-rate", metavar="X", min=0, help="At first.")] = 1e-3,
    start_from: Annotated[
        Path | None, typer.Option("--start-from", metavar="DIR", help="A trained judge to go on from.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same run.")] = 0,
) -> None:
    """Train a judge of which sentence answers a question, on the embedder's weights.

    It trains on passages with questions, JSON lines of context, question and answers, and on generated facts: of each
    question, sentences that answer it against those that are nearest to it and do not. A run that was stopped goes on
    where it was when the same command is given again. The judge comes to lie in DIR/judge.

    Examples:
      parametric-memory train judge --data questions.jsonl --output run/
      parametric-memory train judge --data questions.jsonl --data more.jsonl.gz --steps 1500 --output run/
      parametric-memory train judge --data mine.jsonl --start-from run/judge --steps 200 --output more/
      parametric-memory ask "Where does Lina Okafor live?" --judge run/judge
    """
    from parametric_memory.index.embedding import MiniLMEmbeddings
    from parametric_memory.training.judge import JudgeTraining, train_judge

    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)
    config = JudgeTraining(steps=steps, passages=passages, facts=facts, learning_rate=learning_rate, seed=seed)
    embeddings = MiniLMEmbeddings(progress=not context.quiet)
    finished = train_judge(embeddings, output, data, config, context.tell, start_from)
    context.show({"judge": finished, "steps": steps}, f"The judge is in {finished}.")


TaskFiles = Annotated[
    list[Path], typer.Option("--data", metavar="FILE", help="Tasks with examples, or a folder. May be repeated.")
]
HeldOutTasks = Annotated[
    list[Path] | None, typer.Option("--held-out", metavar="FILE", help="Tasks to measure on. May be repeated.")
]
Output = Annotated[Path, typer.Option("--output", metavar="DIR", help="Where everything goes.")]
Rank = Annotated[int, typer.Option("--rank", metavar="N", min=1, help="Rows of an adapter.")]
Alpha = Annotated[float, typer.Option("--alpha", metavar="X", help="Its update counts alpha / sqrt(rank) times.")]
Modules = Annotated[
    str, typer.Option("--modules", metavar="NAMES", help="Which modules have an adapter, separated by commas.")
]
Steps = Annotated[int, typer.Option("--steps", metavar="N", min=1, help="How many updates.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", metavar="N", min=16, help="Of an example, at most.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same run.")]
ValidateEvery = Annotated[int, typer.Option("--validate-every", metavar="N", min=1, help="In steps.")]
Plot = Annotated[bool, typer.Option("--plot", help="Also draw the curves, curves.png.")]


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
    mixed: Annotated[
        float, typer.Option("--mix", metavar="WEIGHT", min=0, help="End to end, also reconstruct --adapters.")
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
    ] = 5e-4,
    embedding_noise: Annotated[
        float, typer.Option("--embedding-noise", metavar="X", min=0, help="On the vectors of descriptions.")
    ] = 0.0,
    max_tokens: MaxTokens = 160,
    float32: Float32 = False,
    seed: Seed = 0,
    validate_every: ValidateEvery = 100,
    plot: Plot = False,
) -> None:
    """Train a hypernetwork that makes skills out of descriptions, for a base model.

    It trains on tasks with descriptions and examples: JSON lines of name, descriptions and train, a list of input and
    outputs; or files of Super-NaturalInstructions as published, or a folder of these. End to end (--by sft) the base
    model does tasks under the adapters that the hypernetwork says; by reconstruction (--by reconstruction) it learns to
    say given adapters, and the base model does not run. A run that was stopped goes on where it was when the same
    command is given again. The hypernetwork comes to lie in DIR/hypernetwork. Under `accelerate launch` several GPUs
    share each batch.

    Examples:
      parametric-memory train t2l --data tasks.jsonl --held-out others.jsonl --output run/ --plot
      parametric-memory train t2l --data tasks/ --modules q_proj,v_proj,gate_proj,up_proj,down_proj --output run/
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train t2l --data tasks.jsonl --by reconstruction --adapters oracles/ --output rebuilt/
      parametric-memory skill add "Translate the word to French." --skills run/hypernetwork
    """
    processes = _ready(context, output, plot)
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.lora import LoraSizes
    from parametric_memory.training.reconstruction import ReconstructionConfig
    from parametric_memory.training.skill_trainer import SkillConfig
    from parametric_memory.training.t2l import T2LSizes, train_t2l

    tasks, others = read_tasks(data), read_tasks(held_out) if held_out else []
    usual = {"batch": batch, "seed": seed, "validate_every": validate_every}
    given = {} if learning_rate is None else {"learning_rate": learning_rate}
    if by is Way.reconstruction:
        config: SkillConfig | ReconstructionConfig = ReconstructionConfig.of(steps, **usual, **given)
    else:
        rate = learning_rate or SkillConfig.learning_rate
        config = SkillConfig.of(
            steps,
            **usual,
            **given,
            max_tokens=max_tokens,
            embedding_noise=embedding_noise,
            reconstruction=mixed,
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
        base = _base(context, float32)
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
    )
    if processes.is_main:
        curves = _curves(output) if plot else None
        made = output / "hypernetwork"
        context.show(
            {"hypernetwork": made, "steps": trainer.step, "seconds": trainer.seconds, "curves": curves},
            f"{trainer.step} steps in {trainer.seconds / 60:.0f} minutes: skill add --skills {made} uses it",
        )


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
    max_tokens: MaxTokens = 160,
    float32: Float32 = False,
    seed: Seed = 0,
    validate_every: ValidateEvery = 100,
    plot: Plot = False,
) -> None:
    """Train a LoRA on the examples of a task, or one on all tasks together, or one on each.

    The data are those of train t2l. A run that was stopped goes on where it was when the same command is given again;
    with --each, tasks that have a LoRA are left alone. It is a PEFT folder, DIR/adapter, or DIR/NAME/adapter of each.

    Examples:
      parametric-memory train lora --data tasks.jsonl --task antonyms --output antonyms/
      parametric-memory train lora --data tasks.jsonl --steps 600 --output all-tasks/ --plot
      parametric-memory train lora --data tasks.jsonl --each --output oracles/
      parametric-memory train lora --data tasks.jsonl --each --start-from all-tasks/adapter --steps 30 --output oracles/
    """
    if each and plot:
        raise typer.BadParameter("Curves are drawn of one LoRA, not of --each.")
    processes = _ready(context, output, plot)
    from parametric_memory.training.data.tasks import read_tasks
    from parametric_memory.training.lora import LoraSizes, train_each, train_lora
    from parametric_memory.training.skill_trainer import SkillConfig, TaskSet, TrainedTask, spread

    tasks = _named(read_tasks(data), task)
    others = read_tasks(held_out) if held_out else []
    config = SkillConfig.of(
        steps,
        batch=batch,
        learning_rate=learning_rate,
        max_tokens=max_tokens,
        seed=seed,
        validate_every=validate_every,
        warmup_share=0.1,
    )
    sizes = LoraSizes(rank, alpha, _names(modules))
    with processes.main_first():
        base = _base(context, float32)
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
    trained_on = [TrainedTask(t.name, t.train or t.test) for t in tasks]
    trainer = train_lora(base, output, trained_on, config, sizes, validation, context.tell, processes, start_from)
    if processes.is_main:
        curves = _curves(output) if plot else None
        made = output / "adapter"
        context.show(
            {"adapter": made, "steps": trainer.step, "seconds": trainer.seconds, "curves": curves},
            f"{trainer.step} steps in {trainer.seconds / 60:.0f} minutes: skill add --folder {made} NAME takes it",
        )


def _ready(context: Context, output: Path, plot: bool) -> Processes:
    """What every training begins with; those that train together."""
    if plot:
        from parametric_memory.training.curves import require_matplotlib

        require_matplotlib()
    if context.hypernetwork is not None:
        raise typer.BadParameter("Training begins anew, or goes on from --start-from DIR; it takes no --hypernetwork.")
    from parametric_memory.training.processes import Processes

    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)
    return Processes()


def _curves(folder: Path) -> Path:
    from parametric_memory.training.curves import draw_curves

    return draw_curves(folder)


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
