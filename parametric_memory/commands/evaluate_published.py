"""`eval published`: what its authors measure Doc-to-LoRA with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parametric_memory.commands.context import Context
from parametric_memory.commands.evaluation_runs import Options, run_evaluation, with_options


@with_options(controls="none,in_prompt,random_adapter", beams=1)
def published(
    context: Context,
    options: Options,
    set: Annotated[str, typer.Option("--set", metavar="NAME", help="Which set it is.")],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="The set's file, as it is published.")],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="How many questions. Default: all.")
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option("--also", metavar="DIR", help="Another hypernetwork, as a column. May be repeated."),
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option("--mode", metavar="read_twice|question_first", help="Also so. May be repeated."),
    ] = None,
    compress: Annotated[
        float | None,
        typer.Option("--compress", metavar="SHARE", min=0.01, max=1, help="Also LLMLingua-2, which keeps this much."),
    ] = None,
    compressor: Annotated[
        str | None, typer.Option("--compressor", metavar="MODEL", help="Its model: a folder or a hub id.")
    ] = None,
) -> None:
    """Measure as the authors of Doc-to-LoRA do.

    Sets: squad, drop, ropes; 2wikimqa, hotpotqa, multifieldqa_en and qasper of LongBench, with _e behind it of
    LongBench-E; squad_compact, drop_compact, ropes_compact and pwc_compact. FILE is JSON, JSON lines or Parquet, as
    published. Questions are put in the authors' words, answers have up to 256 tokens and are greedy; figures are word
    F1, or ROUGE-L of ropes, and exact match. The document is given. Relative scores are shares of the score of the
    document in the prompt. read_twice reads a document again under its own adapter, question_first makes the adapter of
    question and document. The control distilled_as_published is context distillation by the authors' recipe.

    Examples:
      parametric-memory eval published --set squad --data dev-v1.1.json --limit 200
      parametric-memory eval published --set squad --data dev-v1.1.json --also run/hypernetwork --controls all
      parametric-memory eval published --set qasper --data qasper.jsonl --mode read_twice --mode question_first
    """
    from parametric_memory.evaluation.compression import MODEL, Compressor
    from parametric_memory.evaluation.published_sets import ANSWER_TOKENS
    from parametric_memory.evaluation.run_published import evaluate_published

    compressed = Compressor(compress, compressor or MODEL) if compress is not None else None
    run_evaluation(
        context,
        "published",
        options,
        lambda examiner: evaluate_published(
            examiner,
            set,
            data,
            limit=limit,
            seed=options.seed,
            also=also or (),
            modes=tuple(mode or ()),
            compress=compressed,
            report=context.tell,
        ),
        answer_tokens=ANSWER_TOKENS,
    )
