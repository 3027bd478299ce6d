"""What the commands of `eval` have in common: options, and how an evaluation runs and is shown."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import BadParameter, Option

from parametric_memory.commands.context import Context, open_memory, options_of
from parametric_memory.settings import ModelSettings, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.evaluation.rows import EvalRow
    from parametric_memory.evaluation.runner import Runner
else:  # signatures are evaluated, and help is shown without loading torch
    EvalRow = Runner = Any

Rows = list[EvalRow]

NEEDLE = "hybrid,none,in_prompt,random_adapter,rag,judged_text,shared_rows"  # whole adapters of long texts take long
USUAL = f"{NEEDLE},wrong_document"
QUICK = "hybrid,none,random_adapter,rag,judged_text"  # for one's own questions: no document is read once more


@dataclass(frozen=True)
class Options:
    """What evaluations take besides their own options."""

    seed: Annotated[int, Option(metavar="N", help="Same seed, same questions.")] = 0
    controls: Annotated[
        str,
        Option(
            metavar="LIST",
            help="Any of hybrid, none, in_prompt, random_adapter, rag, untrained, judged_text, wrong_document, "
            "marked_words, shared_rows, shared_rows_text, strength_0, whole_adapter, or all.",
        ),
    ] = USUAL
    skill: Annotated[
        Path | None, Option(metavar="DIR", help="A PEFT folder: two columns more, the memory beside it and it alone.")
    ] = None
    without: Annotated[
        list[str] | None, Option(metavar="RULE", help="Turn off a rule about answers. May be repeated.")
    ] = None
    answers: Annotated[
        Path | None, Option(metavar="FILE", help="Store answers here as they come; an interrupted run resumes.")
    ] = None


def evaluation(
    *, without: Sequence[str] = (), answer_tokens: int = 32, answers: bool = True, skills: bool = False, **defaults: Any
) -> Callable[[Callable[..., Rows]], Callable[..., None]]:
    """Makes a command of a function of a runner that returns rows. The runner loads the models at first use: options
    are checked before. The command has the options of `Options` after its own. It shows the rows: with --json alone on
    stdout, else with command and models below.

    Args:
        without: shared options that it does not have; they keep their defaults.
        answers: whether a language model answers, always in the runner's one way.
        skills: whether its columns are those of skills.
        defaults: of shared options, in place of the usual ones.
    """
    without = [*without, "skill"] if "controls" in without else without
    shared = [
        option.replace(default=defaults.get(option.name, option.default))
        for option in options_of(Options)
        if option.name not in without
    ]

    def decorate(evaluate: Callable[..., Rows]) -> Callable[..., None]:
        @wraps(evaluate)
        def command(context: Context, **values: Any) -> None:
            from parametric_memory.adapters.peft_folder import load_peft
            from parametric_memory.evaluation.results import command_line, result_of
            from parametric_memory.evaluation.rows import CONTROLS, SKILL_COLUMNS, as_table
            from parametric_memory.evaluation.runner import Runner

            options = Options(**{option.name: values.pop(option.name) for option in shared})
            models = ModelSettings(trust_remote_code=values.get("trust_remote_code", False))
            off = f", without {', '.join(options.without)}" if options.without else ""
            columns, seed = _chosen(options.controls), options.seed

            def measure() -> Rows:
                return [row.model_copy(update={"case": f"{row.case}{off}"}) for row in evaluate(runner, **values)]

            with open_memory(context, models, RecallSettings(without=tuple(options.without or ()))) as memory:
                skill = None if options.skill is None else load_peft(options.skill)
                kept, tell, own = options.answers, context.tell, {"answer_tokens": answer_tokens, "seed": seed}
                runner = Runner(memory, columns, skill=skill, kept=kept, report=tell, **own)
                line = command_line("parametric-memory", sys.argv[1:])
                search = (lambda: runner.search) if answers else None
                try:
                    result = result_of(evaluate.__name__, line, seed, memory, measure, search)
                except KeyboardInterrupt:
                    where = f"are in {kept}:" if kept else "are lost; with --answers FILE"
                    tell(f"Stopped. {runner.answerer.done:,} answers {where} the same command goes on there.")
                    raise
                result = result.model_copy(update={"kept_answers": runner.answerer.reused})
            origin = f"`{line}`, seed {seed}: {result.origin}"
            if context.json:
                tell(origin)
            context.show(result, f"{as_table(result.rows, SKILL_COLUMNS if skills else CONTROLS)}\n\n{origin}")

        _, *own = inspect.signature(evaluate, eval_str=True).parameters.values()
        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = [context, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *shared]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return command

    return decorate


def _chosen(controls: str) -> tuple[str, ...]:
    from parametric_memory.evaluation.runner import CONTROLS

    named = [name.strip() for name in controls.split(",") if name.strip()]
    if unknown := [name for name in named if name not in (*CONTROLS, "all")]:
        raise BadParameter(
            f"{unknown[0]!r} is no control: they are {', '.join(CONTROLS)}, and all.", param_hint="--controls"
        )
    return tuple(c for c in CONTROLS if c in named or "all" in named)


def numbers(written: str) -> tuple[int, ...]:
    parts = [part.strip() for part in written.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise BadParameter(f"{written!r} is no list of lengths, such as 1024,4096.", param_hint="--lengths")
    return tuple(dict.fromkeys(map(int, parts)))
