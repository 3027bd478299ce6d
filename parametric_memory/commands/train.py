"""`train teach`, `d2l`, `judge`, `marker`; and the options, start and end that all training commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.context import Context, open_models
from parametric_memory.files import storage_errors

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.training.loop import Run, TrainingLoop

Output = Annotated[Path, typer.Option("--output", metavar="DIR", help="Where everything goes.")]
_Data = typer.Option("--data", metavar="FILE", help="Passages with questions. May be repeated.")
Questions = Annotated[list[Path] | None, _Data]
Passages = Annotated[list[Path], _Data]
HeldOut = Annotated[
    list[Path] | None, typer.Option("--held-out", metavar="FILE", help="The same, to measure on. May be repeated.")
]
Steps = Annotated[int | None, typer.Option("--steps", metavar="N", min=1, help="How many updates.")]
Batch = Annotated[int | None, typer.Option("--batch", metavar="N", min=1, help="Documents or examples in an update.")]
LearningRate = Annotated[float | None, typer.Option("--learning-rate", metavar="X", help="At its highest.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same run.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another setting; see the docs. Repeatable."),
]
StartFrom = Annotated[
    Path | None, typer.Option("--start-from", metavar="DIR", help="Trained weights of the same kind to start from.")
]
Keep = Annotated[
    float, typer.Option("--keep", metavar="SHARE", help="Of the starting weights, in the mean that is written.")
]
Float32 = Annotated[
    bool, typer.Option("--float32", help="Compute in float32: faster where the processor is slow in bfloat16.")
]


Network = StrEnum("Network", {"key_value": "key-value", "doc_to_lora": "doc-to-lora"})
Kind = StrEnum("Kind", ["extractive", "abstractive", "yesno"])  # of questions


def teach(
    context: Context,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the answers go.")],
    data: Questions = None,
    text: Annotated[
        list[str] | None,
        typer.Option(
            "--text", metavar="PATH", help="Texts to ask about: files, folders, JSON lines of text. May be repeated."
        ),
    ] = None,
    written: Annotated[
        bool, typer.Option("--written", help="Ask about the package's own texts, such as chats, minutes and mails.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="How many questions, or texts. Default: all.")
    ] = None,
    kind: Annotated[
        list[Kind] | None, typer.Option("--kind", help="Of questions. May be repeated. Default: all.")
    ] = None,
    questions: Annotated[
        int, typer.Option("--questions", metavar="N", min=1, help="The base model asks about a text.")
    ] = 8,
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
      parametric-memory train teach --data questions.jsonl --output taught/ --kind extractive --kind yesno
      parametric-memory train teach --text notes/ --output taught-texts/
      parametric-memory train teach --written --output taught-written/
      parametric-memory train d2l --taught taught/ --output run/
    """
    if sum(map(bool, (data, text, written))) != 1:
        raise typer.BadParameter("Name questions with --data, texts with --text, or --written.")
    texts = _texts(text or ())
    make_folder(output)
    from parametric_memory.training.data.written import WRITTEN
    from parametric_memory.training.teach import KINDS, TeachConfig, teach

    kinds = tuple(k.value for k in kind) if kind else KINDS
    config = TeachConfig(tuple(data or ()), texts, (WRITTEN,) if written else (), limit, kinds, questions)
    kept = teach(open_base(context, float32), output, config, context.tell)
    context.show({"taught": output, "questions": kept}, f"{kept} questions: train d2l --taught {output} learns them")


def d2l(
    context: Context,
    output: Output,
    kind: Annotated[Network, typer.Option("--kind", help="Of hypernetwork.")] = Network.key_value,
    data: Questions = None,
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
    several_chunks: Annotated[
        bool, typer.Option("--several-chunks", help="The paper's second stage: documents are cut as it is drawn.")
    ] = False,
    float32: Float32 = False,
    start_from: StartFrom = None,
    keep: Keep = 0.0,
    steps: Steps = None,
    batch: Batch = None,
    learning_rate: LearningRate = None,
    options: Set = None,
    seed: Seed = 0,
) -> None:
    """Train a hypernetwork that internalizes documents for a base model.

    It trains on generated facts and, with --data, on passages with questions: JSON lines of context, question and
    answers, which train teach answers first; or with --taught on what train teach made before. The same command resumes
    an interrupted run. The hypernetwork is written to DIR/hypernetwork. --start-from begins with a trained
    hypernetwork for the same base model, which takes fewer steps than a new one; with --keep 0.5 the mean of its
    weights and the trained ones is written, which is often better than either. Under `accelerate launch` several GPUs
    share each batch.

    --kind doc-to-lora trains the Perceiver of Doc-to-LoRA by the paper's recipe: 80,000 steps, up to 64 documents in
    each, 4e-5. It learns the teacher's most probable tokens (--set objective=cross-entropy: the answers) of --data or
    --taught, which may also name rows of the reference.

    Examples:
      parametric-memory train d2l --output run/
      parametric-memory train d2l --base-model ./my-model --data questions.jsonl --output run/
      parametric-memory train d2l --start-from run/hypernetwork --keep 0.5 --data mine.jsonl --steps 300 --output more/
      parametric-memory train d2l --taught taught/ --start-from run/hypernetwork --output real/
      parametric-memory train d2l --kind doc-to-lora --taught taught/ --steps 2000 --output run/
      parametric-memory train d2l --kind doc-to-lora --taught taught/ --several-chunks --start-from run/hypernetwork \\
        --output second/
      accelerate launch --multi_gpu -m parametric_memory train d2l --base-model ./my-model --output run/
      parametric-memory add notes/ --base-model ./my-model --hypernetwork run/hypernetwork
    """
    is_perceiver = kind is Network.doc_to_lora
    if is_perceiver and facts is not None:
        raise typer.BadParameter(f"--kind {kind.value} takes no --facts.")
    if several_chunks and not is_perceiver:
        raise typer.BadParameter(f"--kind {kind.value} takes no --several-chunks.")
    if is_perceiver and not (data or taught):
        raise typer.BadParameter("Doc-to-LoRA is trained on --data or --taught: name one.")
    run = ready(context, output)
    from parametric_memory.training.d2l import DataConfig, train_d2l
    from parametric_memory.training.doc_to_lora import ContextTrainingConfig
    from parametric_memory.training.loop import configure
    from parametric_memory.training.trainer import TrainingConfig

    own = {
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "several_chunks": several_chunks,
        "seed": seed,
    }
    [config], sizes = configure(options or (), own, ContextTrainingConfig if is_perceiver else TrainingConfig)
    sources = DataConfig(
        questions=tuple(data or ()),
        held_out_questions=tuple(held_out or ()),
        taught=tuple(taught or ()),
        held_out_taught=tuple(held_out_taught or ()),
        facts_share=DataConfig.facts_share if facts is None else facts,
    )
    with run.processes.main_process_first():
        base = open_base(context, float32)
    trainer = train_d2l(base, run, config, sources, start_from, keep, **sizes)
    made = output / "hypernetwork"
    show_end(context, trainer, made, f"--hypernetwork {made} uses it")


def judge(
    context: Context,
    data: Passages,
    output: Output,
    start_from: StartFrom = None,
    keep: Keep = 0.0,
    steps: Steps = None,
    learning_rate: LearningRate = None,
    options: Set = None,
    seed: Seed = 0,
) -> None:
    """Train a judge of which sentence answers a question, on the embedder's weights.

    It trains on passages with questions, JSON lines of context, question and answers, on generated facts, and on texts
    written for this with questions that they only nearly answer: of each question, sentences that answer it against
    those that are nearest to it and do not. The same command resumes an interrupted run. The judge is written to
    DIR/judge. With --keep 0.5 it is the mean of the weights of --start-from and the trained ones, which is often better
    than either.

    Examples:
      parametric-memory train judge --data questions.jsonl --output run/
      parametric-memory train judge --data questions.jsonl --data more.jsonl.gz --steps 1500 --output run/
      parametric-memory train judge --data mine.jsonl --start-from run/judge --keep 0.5 --steps 200 --output more/
      parametric-memory train judge --data mine.jsonl --set passages=12000 --set facts=8000 --output run/
      parametric-memory ask "Where does Lina Okafor live?" --judge run/judge
    """
    from parametric_memory.internalize.embedding import MiniLMEmbeddings
    from parametric_memory.training.judge import JudgeTraining, train_judge
    from parametric_memory.training.loop import configure

    own = {"steps": steps, "learning_rate": learning_rate, "seed": seed}
    [config], _ = configure(options or (), own, JudgeTraining, sizes=False)
    make_folder(output)
    embeddings = MiniLMEmbeddings(progress=not context.quiet)
    finished = train_judge(embeddings, output, data, config, context.tell, start_from, keep)
    context.show({"judge": finished, "steps": config.steps}, f"The judge is in {finished}.")


def marker(
    context: Context,
    data: Passages,
    output: Output,
    steps: Steps = None,
    learning_rate: LearningRate = None,
    options: Set = None,
    seed: Seed = 0,
) -> None:
    """Train the answer marker of the shipped judge, or of --judge: which words of a sentence answer a question.

    Of several values in one sentence a question asks for one. Rows of the words that are marked are attached stronger
    than the others. It starts from the judge's weights and trains on passages with questions, JSON lines of context,
    question and answers, on generated facts, and on texts written for this. The same command resumes an interrupted
    run. The judge with its marker is written to DIR/judge.

    Examples:
      parametric-memory train marker --data questions.jsonl --output run/
      parametric-memory train marker --data mine.jsonl --judge run/judge --steps 500 --output more/
      parametric-memory train marker --data mine.jsonl --set least_marked=-2 --output run/
      parametric-memory ask "Where does Lina Okafor live?" --judge run/judge
    """
    from parametric_memory.internalize.embedding import MiniLMEmbeddings
    from parametric_memory.recall.judged import SHIPPED_JUDGE
    from parametric_memory.training.loop import configure
    from parametric_memory.training.marker import MarkerTraining, train_marker

    own = {"steps": steps, "learning_rate": learning_rate, "seed": seed}
    [config], _ = configure(options or (), own, MarkerTraining, sizes=False)
    make_folder(output)
    embeddings = MiniLMEmbeddings(progress=not context.quiet)
    finished = train_marker(embeddings, output, data, config, context.judge or SHIPPED_JUDGE, context.tell)
    context.show({"judge": finished, "steps": config.steps}, f"The judge and its marker are in {finished}.")


def make_folder(output: Path) -> None:
    """Raises StorageError."""
    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)


def ready(context: Context, output: Path, reads_documents: bool = False) -> Run:
    """Checks what every training needs, and returns the run.

    reads_documents: with a hypernetwork that is not trained, which may be named.
    """
    if context.hypernetwork is not None and not reads_documents:
        raise typer.BadParameter("Training starts anew, or from --start-from DIR; it takes no --hypernetwork.")
    from parametric_memory.training.loop import Run

    return Run(output, context.tell)


def open_base(context: Context, float32: bool) -> BaseModel:
    """The base model, in float32 where that is wanted."""
    base = open_models(context).base
    if float32:
        base.model.float()
    return base


def show_end(context: Context, trainer: TrainingLoop, made: Path, next_step: str) -> None:
    """Shows a finished run, in the main process.

    Args:
        made: the folder of what was trained, within the run's.
        next_step: what uses it.
    """
    if not trainer.processes.is_main_process:
        return
    context.show(
        {made.name: made, "steps": trainer.step, "seconds": trainer.seconds},
        f"{trainer.step} steps in {trainer.seconds / 60:.0f} minutes: {next_step}",
    )


def _texts(paths: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The texts of files and folders, or of the field `text` of JSON lines. Raises DocumentError."""
    from parametric_memory.documents.files import find_documents, read_documents
    from parametric_memory.training.data.question_answering import read_texts

    lines = [path for path in paths if path.endswith((".jsonl", ".jsonl.gz"))]
    others = [path for path in paths if path not in lines]
    found = [document.text for file in find_documents(others) for document in read_documents(file)] if others else []
    return tuple(found + [text for path in lines for text in read_texts(Path(path))])
