"""`eval memory`, `recall`, `unknown`, `confidence`, `efficiency`: what is found, how sure answers are, and the cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.context import Context
from parametric_memory.commands.evaluation_runs import (
    CHEAP,
    Kind,
    Lengths,
    MostTokens,
    Options,
    numbers,
    run_evaluation,
    with_options,
)

if TYPE_CHECKING:
    from parametric_memory.evaluation.rows import EvalRow
    from parametric_memory.evaluation.runner import Runner


@with_options(without=["beams"])
def memory(
    context: Context,
    options: Options,
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=2, help="Documents in the memory, each asked about once.")
    ] = 40,
    save: Annotated[
        bool, typer.Option("--save", help="Also write the best threshold into the folder of --hypernetwork.")
    ] = False,
) -> None:
    """Measure what recall's defaults are chosen from.

    One memory of many documents: how many adapters an answer merges, with which weights, cut to which rank; how many
    sentences of a document, weighted how sharply, and how strongly; and how many right recalls and unrelated questions
    pass a threshold of similarity. The last row is the best threshold; with --save every memory of that hypernetwork
    follows it.

    Examples:
      parametric-memory eval memory
      parametric-memory eval memory --documents 100 --controls none --json
      parametric-memory eval memory --base-model ./my-model --hypernetwork run/hypernetwork --save
    """
    from parametric_memory.evaluation.run_memory import evaluate_memory
    from parametric_memory.hypernetworks.checkpoint import save_calibration
    from parametric_memory.hypernetworks.record import read_record

    folder = Path(context.hypernetwork or "")
    if save and options.without:
        raise typer.BadParameter("A threshold is saved as it is with all rules: leave out --without.")
    if save:
        if context.hypernetwork is None:
            raise typer.BadParameter(
                "A threshold is saved with a hypernetwork of yours: name its folder.", param_hint="--hypernetwork"
            )
        read_record(folder)

    run_evaluation(
        context,
        "memory",
        options,
        lambda runner: evaluate_memory(runner, options.seed, documents),
        (lambda rows: save_calibration(folder, threshold=rows[-1].memory)) if save else None,
    )


@with_options(without=["controls", "distill_seconds", "beams", "without", "answers", "plot"])
def recall(
    context: Context,
    options: Options,
    documents: Annotated[int, typer.Option("--documents", metavar="N", min=2, help="Texts in each memory.")] = 100,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Also questions about passages, as `eval qa` reads.")
    ] = None,
) -> None:
    """Measure what is found, and what the judge brings.

    Every question is looked up as the memory does, and by vectors alone: the gain is the difference, in points, with
    the standard error of the paired difference. Generated facts, statements of the asker, and real passages of a file;
    questions that nothing answers are among them. No language model answers.

    Examples:
      parametric-memory eval recall --seed 1
      parametric-memory eval recall --documents 200 --data train.jsonl.gz --json
    """
    from parametric_memory.evaluation.run_recall import evaluate_recall

    run_evaluation(
        context, "recall", options, lambda runner: evaluate_recall(runner, options.seed, documents, data), answers=False
    )


@with_options(without=["controls", "distill_seconds", "beams", "answers", "plot"])
def unknown(
    context: Context,
    options: Options,
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=2, help="Generated texts in each memory.")
    ] = 100,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Also questions about passages, as `eval qa` reads.")
    ] = None,
    passages: Annotated[
        int | None, typer.Option("--passages", metavar="N", min=2, help="How many of its passages; all otherwise.")
    ] = None,
) -> None:
    """Measure whether a memory knows what is not in it.

    Questions that nothing in memory answers, beside others that something does: about people and things that no text
    names, about what the asker never said, and, of a file, about the half of its passages that is not in memory. How
    many find something above the threshold; above the one that keeps 95 % of the others; and how well the score tells
    both apart. Also how often the right sentence is first of all. No language model answers.

    Examples:
      parametric-memory eval unknown --documents 200
      parametric-memory eval unknown --data valid.jsonl.gz --json
      parametric-memory eval unknown --data valid.jsonl.gz --passages 200
    """
    from parametric_memory.evaluation.run_recall import evaluate_unknown

    run_evaluation(
        context,
        "unknown",
        options,
        lambda runner: evaluate_unknown(runner, options.seed, documents, data, passages),
        answers=False,
    )


@with_options(without=["controls", "distill_seconds", "plot"])
def confidence(
    context: Context,
    options: Options,
    data: Annotated[str, typer.Option("--data", metavar="FILE|NAME", help="Where the questions are.")],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=2, help="How many questions, at most.")] = 200,
    most_tokens: MostTokens = None,
    kind: Kind = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="DIR", help="Also write the best weights into this judge's folder.")
    ] = None,
) -> None:
    """Measure how well an answer's confidence tells right from wrong.

    All passages lie in one memory, and every question is answered, whatever the gate would say. Figures are the share
    of pairs, a right answer and a wrong one, in which the right one is told to be surer (AUC). With --save the weights
    are written that make the confidence the probability that these answers are right.

    Examples:
      parametric-memory eval confidence --data valid.jsonl.gz
      parametric-memory eval confidence --data train.jsonl.gz --limit 400 --save run/judge
    """
    from parametric_memory.evaluation.question_sets import Selection
    from parametric_memory.evaluation.run_qa import evaluate_confidence
    from parametric_memory.recall.judge_config import read_judge_config, save_weights

    if save is not None:
        read_judge_config(save)
    fitted: dict[str, float] = {}

    def evaluate(runner: Runner) -> list[EvalRow]:
        selection = Selection(limit, most_tokens, kind)
        rows, weights = evaluate_confidence(runner, data, selection, options.seed)
        fitted.update(weights)
        return rows

    run_evaluation(context, "confidence", options, evaluate)
    if save is not None:
        save_weights(save, **fitted)
        context.tell(f"Saved in {save}: {', '.join(f'{name} {value:.3g}' for name, value in fitted.items())}")


@with_options(without=["beams", "answers"], controls=f"{CHEAP},distilled", distill_seconds=150.0)
def efficiency(
    context: Context,
    options: Options,
    lengths: Lengths = "1024,4096,8192",
) -> None:
    """Measure what internalizing costs, and what it saves.

    Seconds to internalize a text and to the first token of an answer, megabytes of the adapter and of the key-value
    cache of the same text (computed from shapes, for gemma-2-2b too), and answers a second. Context distillation, of
    the shortest text only, is stopped after --distill-seconds.

    Examples:
      parametric-memory eval efficiency
      parametric-memory eval efficiency --lengths 256,1024 --controls in_prompt,rag
    """
    from parametric_memory.evaluation.run_efficiency import evaluate_efficiency

    sizes = numbers(lengths)
    run_evaluation(
        context,
        "efficiency",
        options,
        lambda runner: evaluate_efficiency(runner, options.seed, sizes),
        answers=False,  # but greedily, and of other lengths
    )
