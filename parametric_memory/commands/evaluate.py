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

from parametric_memory.adapters.peft_folder import load_peft
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
PUBLISHED = "none,in_prompt,random_adapter,judged_text,wrong_document,shared_rows"
_, *KNOWN = CONTROLS  # all but the memory


@dataclass(frozen=True)
class Options:
    """What evaluations take besides their own options."""

    seed: Annotated[int, Option(metavar="N", help="Same seed, same questions.")] = 0
    controls: Annotated[str, Option(metavar="LIST", help=f"Any of {', '.join(KNOWN)}, or all.")] = USUAL
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
    evaluate: Callable[..., list[EvalRow]], *, without: Sequence[str] = (), answer_tokens: int = 32, **defaults: Any
) -> Callable[..., None]:
    """The command of an evaluation: its own options, then those of `Options`. It shows the rows: with --json alone on
    stdout, else with command and models below.

    Args:
        without: shared options that it does not have; they keep their defaults. Without `controls` nothing is
            answered, or not in the runner's one way.
        defaults: of shared options, in place of the usual ones.
    """
    answers, skills = "controls" not in without, evaluate is evaluate_skills
    without = [*without, *([] if answers else ["skill"]), *([] if skills else ["trust_remote_code"])]
    shared = [
        option.replace(default=defaults.get(option.name, option.default))
        for option in options_of(Options)
        if option.name not in without
    ]

    def command(context: Context, **values: Any) -> None:
        options = Options(**{option.name: values.pop(option.name) for option in shared})
        models = ModelSettings(trust_remote_code=options.trust_remote_code)
        recall = RecallSettings(without=tuple(options.without or ()))
        off = f", without {', '.join(recall.without)}" if recall.without else ""
        columns, seed, kept = _chosen(options.controls), options.seed, options.answers

        def measure() -> list[EvalRow]:
            return [row.model_copy(update={"case": f"{row.case}{off}"}) for row in evaluate(runner, **values)]

        with open_memory(context, models, recall) as memory:
            skill = None if options.skill is None else load_peft(options.skill)
            runner = Runner(memory, columns, seed, answer_tokens, skill, kept, context.tell)
            line = command_line("parametric-memory", sys.argv[1:])
            try:
                result = result_of(command.__name__, line, seed, memory, measure)
            except KeyboardInterrupt:
                where = f"are in {kept}:" if kept else "are lost; with --answers FILE"
                context.tell(f"Stopped. {runner.answerer.done:,} answers {where} the same command goes on there.")
                raise
            search = runner.search if answers else None
            result = result.model_copy(update={"kept_answers": runner.answerer.reused, "search": search})
        origin = f"`{line}`, seed {seed}: {result.origin}"
        if context.json:
            context.tell(origin)
        context.show(result, f"{as_table(result.rows, SKILL_COLUMNS if skills else CONTROLS)}\n\n{origin}")

    signature = inspect.signature(evaluate, eval_str=True)
    parameters = [*signature.parameters.values(), *shared]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__name__, command.__doc__ = evaluate.__name__.removeprefix("evaluate_"), evaluate.__doc__
    return command


def _chosen(controls: str) -> tuple[str, ...]:
    named = [name.strip() for name in controls.split(",") if name.strip()]
    if unknown := [name for name in named if name not in (*KNOWN, "all")]:
        message = f"{unknown[0]!r} is no control: they are {', '.join(KNOWN)}, and all."
        raise BadParameter(message, param_hint="--controls")
    return tuple(column for column in KNOWN if column in named or "all" in named)


EVALUATIONS = (
    evaluation(evaluate_facts, controls=f"{USUAL},whole_adapter"),
    evaluation(evaluate_curves, controls="hybrid,in_prompt,judged_text,whole_adapter"),
    evaluation(evaluate_notes, without=["seed"]),
    evaluation(evaluate_conversations, without=["seed"]),
    evaluation(evaluate_papers, without=["seed"]),
    evaluation(evaluate_two),
    evaluation(evaluate_qa, controls=QUICK, answer_tokens=48),
    evaluation(evaluate_published, controls=PUBLISHED, answer_tokens=256),
    evaluation(evaluate_needle, controls=NEEDLE),
    evaluation(evaluate_recall, without=["controls", "without", "answers"]),
    evaluation(evaluate_unknown, without=["controls", "answers"]),
    evaluation(evaluate_conflict),
    evaluation(evaluate_skills, without=["controls", "without"]),
)
