"""What the commands of `eval` have in common: options, and how an evaluation runs and is shown."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.context import Context, open_memory
from parametric_memory.settings import ModelSettings, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.evaluation.rows import EvalRow
    from parametric_memory.evaluation.runner import Runner

Evaluate = Callable[[Any], list[Any]]  # of a runner, the rows
Evaluation = Evaluate | tuple[Evaluate, Callable[[Sequence[Any]], None] | None]  # with a function of the shown rows

CHEAP = "hybrid,none,in_prompt,random_adapter,rag"
QUICK = "hybrid,none,rag"  # for one's own questions: the others read each document once more

MostTokens = Annotated[
    int | None, typer.Option("--most-tokens", metavar="N", min=1, help="Only texts of at most so many tokens.")
]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only extractive, abstractive or yesno.")]
Lengths = Annotated[str, typer.Option("--lengths", metavar="LIST", help="Lengths of the texts, in tokens.")]


@dataclass(frozen=True)
class Options:
    """What evaluations take besides their own options, as it was written."""

    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same questions.")] = 0
    controls: Annotated[
        str,
        typer.Option(
            "--controls",
            metavar="LIST",
            help="Any of hybrid, none, in_prompt, random_adapter, rag, distilled, untrained, distilled_as_published, "
            "judged_text, wrong_document, or all.",
        ),
    ] = CHEAP
    distill_seconds: Annotated[
        float | None,
        typer.Option(
            "--distill-seconds", metavar="X", min=0.0, help="How long the control distilled takes a document."
        ),
    ] = None
    skill: Annotated[
        Path | None,
        typer.Option(
            "--skill", metavar="DIR", help="A PEFT folder: two columns more, the memory beside it and it alone."
        ),
    ] = None
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="RULE",
            help="Turn off a rule about answers. May be repeated.",
        ),
    ] = None
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            metavar="FILE",
            help="Store answers here as they come; an interrupted run resumes.",
        ),
    ] = None


def evaluation(
    *, without: Sequence[str] = (), answer_tokens: int = 32, answers: bool = True, skills: bool = False, **defaults: Any
) -> Callable[[Callable[..., Evaluation]], Callable[..., None]]:
    """Makes a command of a function that returns an `Evaluation`. The command is called as the function is, and has the
    options of `Options` behind its own, in place of its parameter `options`.

    Args:
        without: shared options that it does not have; they keep their defaults.
        answers: whether a language model answers, always in the runner's one way.
        skills: whether its columns are those of skills.
        defaults: of shared options, in place of the usual ones.
    """
    without = [*without, "skill"] if "controls" in without else without
    shared = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name, parameter.default))
        for name, parameter in inspect.signature(Options, eval_str=True).parameters.items()
        if name not in without
    ]

    def decorate(command: Callable[..., Evaluation]) -> Callable[..., None]:
        @wraps(command)
        def run(context: Context, **values: Any) -> None:
            options = Options(**{option.name: values.pop(option.name) for option in shared})
            evaluate = command(context, options, **values)
            then = None
            if isinstance(evaluate, tuple):
                evaluate, then = evaluate
            models = ModelSettings(
                vision=values.get("vision"), trust_remote_code=values.get("trust_remote_code", False)
            )
            run_evaluation(context, command.__name__, options, models, evaluate, then, answer_tokens, answers, skills)

        context, _, *own = inspect.signature(command, eval_str=True).parameters.values()
        only = inspect.Parameter.KEYWORD_ONLY
        parameters = [context, *(parameter.replace(kind=only) for parameter in own), *shared]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return decorate


def run_evaluation(
    context: Context,
    name: str,
    options: Options,
    models: ModelSettings,
    evaluate: Callable[[Runner], list[EvalRow]],
    then: Callable[[Sequence[EvalRow]], None] | None,
    answer_tokens: int,
    answers: bool,
    skills: bool,
) -> None:
    """Runs one evaluation and shows its rows: with --json alone on stdout, else with command and models below.

    then: called with the shown rows. Others: see `evaluation`.
    """
    from parametric_memory.adapters.peft_folder import load_peft
    from parametric_memory.evaluation.results import command_line, result_of
    from parametric_memory.evaluation.rows import CONTROLS, SKILL_COLUMNS, as_table
    from parametric_memory.evaluation.runner import Runner

    chosen = _chosen(options.controls)
    with open_memory(context, models, RecallSettings(without=tuple(options.without or ()))) as memory:
        runner = Runner(
            memory,
            chosen,
            answer_tokens=answer_tokens,
            distill_seconds=options.distill_seconds,
            skill=None if options.skill is None else load_peft(options.skill),
            kept=options.answers,
            report=context.tell,
        )
        command = command_line("parametric-memory", sys.argv[1:])
        try:
            result = result_of(
                name,
                command,
                options.seed,
                memory,
                lambda: _named(evaluate(runner), options),
                (lambda: runner.search) if answers else None,
            )
        except KeyboardInterrupt:
            kept = f"are in {options.answers}:" if options.answers else "are lost; with --answers FILE"
            context.tell(f"Stopped. {runner.answerer.done:,} answers {kept} the same command goes on from there.")
            raise
        result = result.model_copy(update={"kept_answers": runner.answerer.reused})
    rows = result.rows
    origin = f"`{command}`, seed {options.seed}: {result.origin}"
    if context.json:
        context.tell(origin)
    context.show(result, f"{as_table(rows, SKILL_COLUMNS if skills else CONTROLS)}\n\n{origin}")
    if then is not None:
        then(rows)


def _named(rows: Sequence[EvalRow], options: Options) -> list[EvalRow]:
    """Rows that say which rules were turned off."""
    off = f", without {', '.join(options.without)}" if options.without else ""
    return [row.model_copy(update={"case": f"{row.case}{off}"}) for row in rows]


def _chosen(controls: str) -> tuple[str, ...]:
    from parametric_memory.evaluation.columns import COLUMNS

    named = [name.strip() for name in controls.split(",") if name.strip()]
    unknown = [name for name in named if name not in (*COLUMNS, "all")]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is no control: they are {', '.join(COLUMNS)}, and all.", param_hint="--controls"
        )
    return tuple(c for c in COLUMNS if c in named or "all" in named)


def numbers(written: str) -> tuple[int, ...]:
    parts = [part.strip() for part in written.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise typer.BadParameter(f"{written!r} is no list of lengths, such as 1024,4096.", param_hint="--lengths")
    return tuple(dict.fromkeys(map(int, parts)))
