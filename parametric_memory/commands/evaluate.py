"""`eval`: measures what a memory answers, recalls and does under skills.

An evaluation is a function of a `Runner` that returns rows, with its own options and its help. Here it gets the options
that all share, and its rows are shown. Imports the laboratory: only `eval` itself loads this module.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from typer import BadParameter, Option

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context, open_memory, options_of
from parametric_memory.evaluation.results import command_line, result_of
from parametric_memory.evaluation.rows import CONTROLS, SKILL_COLUMNS, EvalRow, as_table
from parametric_memory.evaluation.run_curves import evaluate_curves
from parametric_memory.evaluation.run_facts import evaluate_conflict, evaluate_facts, evaluate_needle, evaluate_two
from parametric_memory.evaluation.run_published import evaluate_published
from parametric_memory.evaluation.run_qa import evaluate_qa
from parametric_memory.evaluation.run_recall import evaluate_recall, evaluate_unknown
from parametric_memory.evaluation.run_skills import evaluate_skills
from parametric_memory.evaluation.run_written import evaluate_conversations, evaluate_notes, evaluate_papers
from parametric_memory.evaluation.runner import Runner
from parametric_memory.settings import ModelSettings, RecallSettings

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
    trust_remote_code: TrustRemoteCode = False


def evaluation(
    evaluate: Callable[..., list[EvalRow]],
    *,
    without: Sequence[str] = (),
    answer_tokens: int = 32,
    answers: bool = True,
    skills: bool = False,
    **defaults: Any,
) -> Callable[..., None]:
    """The command of an evaluation: its own options, then those of `Options`. It shows the rows: with --json alone on
    stdout, else with command and models below.

    Args:
        without: shared options that it does not have; they keep their defaults.
        answers: whether a language model answers, always in the runner's one way.
        skills: whether it measures skills, with columns of their own.
        defaults: of shared options, in place of the usual ones.
    """
    without = [*without, *(["skill"] if "controls" in without else []), *([] if skills else ["trust_remote_code"])]
    shared = [
        option.replace(default=defaults.get(option.name, option.default))
        for option in options_of(Options)
        if option.name not in without
    ]

    def command(context: Context, **values: Any) -> None:
        from parametric_memory.adapters.peft_folder import load_peft

        options = Options(**{option.name: values.pop(option.name) for option in shared})
        models = ModelSettings(trust_remote_code=options.trust_remote_code)
        off = f", without {', '.join(options.without)}" if options.without else ""
        columns, seed = _chosen(options.controls), options.seed

        def measure() -> list[EvalRow]:
            return [row.model_copy(update={"case": f"{row.case}{off}"}) for row in evaluate(runner, **values)]

        with open_memory(context, models, RecallSettings(without=tuple(options.without or ()))) as memory:
            skill = None if options.skill is None else load_peft(options.skill)
            kept, tell, own = options.answers, context.tell, {"answer_tokens": answer_tokens, "seed": seed}
            runner = Runner(memory, columns, skill=skill, kept=kept, report=tell, **own)
            line = command_line("parametric-memory", sys.argv[1:])
            try:
                result = result_of(command.__name__, line, seed, memory, measure)
            except KeyboardInterrupt:
                where = f"are in {kept}:" if kept else "are lost; with --answers FILE"
                tell(f"Stopped. {runner.answerer.done:,} answers {where} the same command goes on there.")
                raise
            search = runner.search if answers else None
            result = result.model_copy(update={"kept_answers": runner.answerer.reused, "search": search})
        origin = f"`{line}`, seed {seed}: {result.origin}"
        if context.json:
            tell(origin)
        context.show(result, f"{as_table(result.rows, SKILL_COLUMNS if skills else CONTROLS)}\n\n{origin}")

    _, *own = inspect.signature(evaluate, eval_str=True).parameters.values()
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [context, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *shared]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__name__, command.__doc__ = evaluate.__name__.removeprefix("evaluate_"), evaluate.__doc__
    return command


def _chosen(controls: str) -> tuple[str, ...]:
    known = [column for column in CONTROLS if column != "memory"]
    named = [name.strip() for name in controls.split(",") if name.strip()]
    if unknown := [name for name in named if name not in (*known, "all")]:
        raise BadParameter(
            f"{unknown[0]!r} is no control: they are {', '.join(known)}, and all.", param_hint="--controls"
        )
    return tuple(column for column in known if column in named or "all" in named)


EVALUATIONS = (
    evaluation(evaluate_facts, controls=f"{USUAL},whole_adapter"),
    evaluation(evaluate_curves, controls="hybrid,in_prompt,judged_text,whole_adapter"),
    evaluation(evaluate_notes, without=["seed"]),
    evaluation(evaluate_conversations, without=["seed"]),
    evaluation(evaluate_papers, without=["seed"]),
    evaluation(evaluate_two),
    evaluation(evaluate_qa, controls=QUICK, answer_tokens=48),
    evaluation(
        evaluate_published,
        controls="none,in_prompt,random_adapter,judged_text,wrong_document,shared_rows",
        answer_tokens=256,
    ),
    evaluation(evaluate_needle, controls=NEEDLE),
    evaluation(evaluate_recall, without=["controls", "without", "answers"], answers=False),
    evaluation(evaluate_unknown, without=["controls", "answers"], answers=False),
    evaluation(evaluate_conflict),
    evaluation(evaluate_skills, without=["controls", "without"], answers=False, skills=True),
)
