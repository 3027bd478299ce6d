"""`eval skills`: tasks done under adapters that were made of their descriptions, beside other ways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.context import Context
from parametric_memory.commands.evaluation_runs import Options, run_evaluation, with_options

if TYPE_CHECKING:
    from parametric_memory.evaluation.rows import EvalRow
    from parametric_memory.evaluation.runner import Runner
    from parametric_memory.training.data.tasks import Task


@with_options(without=["controls", "distill_seconds", "beams", "without"])
def skills(
    context: Context,
    options: Options,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="FILE", help="Tasks that nothing was trained on. May be repeated."),
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option("--benchmark", metavar="NAME=FILE", help="A published benchmark. May be repeated."),
    ] = None,
    shots: Annotated[
        list[str] | None,
        typer.Option("--shots", metavar="NAME=FILE", help="Where its examples in the prompt are. May be repeated."),
    ] = None,
    skills: Annotated[
        Path | None, typer.Option("--skills", metavar="DIR", help="The hypernetwork; else the one that comes along.")
    ] = None,
    rebuilt: Annotated[
        Path | None, typer.Option("--rebuilt", metavar="DIR", help="Another one, trained by reconstruction.")
    ] = None,
    all_tasks: Annotated[
        Path | None, typer.Option("--all-tasks", metavar="DIR", help="A PEFT folder: one LoRA of all tasks.")
    ] = None,
    own: Annotated[
        Path | None, typer.Option("--own", metavar="DIR", help="What train lora --each made of these tasks.")
    ] = None,
    as_document: Annotated[
        bool, typer.Option("--as-document", help="Also have the memory's hypernetwork read the description.")
    ] = False,
    leave_out: Annotated[
        str, typer.Option("--leave-out", metavar="LIST", help="Columns that are not wanted, by their names in JSON.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Questions of a task, at most.")] = 20,
    run_code: Annotated[
        bool, typer.Option("--run-code", help="Run the programs that the model writes, to score HumanEval and MBPP.")
    ] = False,
    float32: Annotated[bool, typer.Option("--float32", help="Compute in float32.")] = False,
    trust_remote_code: TrustRemoteCode = False,
) -> None:
    """Measure skills: tasks done under an adapter that was made of their description.

    The same questions are answered without adapter, with the description or three examples in the prompt, and under
    other adapters: of another task's description, of one that says nothing, and, where they are given, one LoRA of all
    tasks, the task's own, and the skill of a hypernetwork that was trained by reconstruction. Each figure is the mean
    over tasks of the share of right answers, or of ROUGE-L where an answer is generated.

    Examples:
      parametric-memory eval skills --data held-out.jsonl --skills run/hypernetwork
      parametric-memory eval skills --data held-out.jsonl --all-tasks all/adapter --own oracles/ --plot skills.png
      parametric-memory eval skills --benchmark arc-easy=ARC-Easy-Test.jsonl --benchmark boolq=dev.jsonl --limit 50
      parametric-memory eval skills --benchmark gsm8k=test.jsonl --shots gsm8k=train.jsonl --limit 100
    """
    from parametric_memory.evaluation.rows import SKILL_COLUMNS
    from parametric_memory.evaluation.run_skills import Compared, evaluate_skills
    from parametric_memory.models.skill_makers import skill_folder
    from parametric_memory.training.data.tasks import read_tasks

    tasks = read_tasks(data) if data else []
    tasks += _benchmarks(benchmark or (), shots or (), run_code)
    if not tasks:
        raise typer.BadParameter("Name tasks with --data, or a benchmark with --benchmark.")
    left_out = frozenset(name.strip() for name in leave_out.split(",") if name.strip())
    if unknown := left_out - SKILL_COLUMNS.keys() | left_out & {"memory"}:
        raise typer.BadParameter(
            f"There is no column {min(unknown)} to leave out: there are {', '.join(SKILL_COLUMNS)}."
        )

    def evaluate(runner: Runner) -> list[EvalRow]:
        models = runner.memory.models
        if float32:
            models.base.model.float()
        folder = skill_folder(models.base, skills)
        compared = Compared(folder, rebuilt, all_tasks, own, as_document, left_out)
        return evaluate_skills(runner, tasks, compared, options.seed, limit)

    run_evaluation(
        context, "skills", options, evaluate, answers=False, titles=SKILL_COLUMNS, trust_remote_code=trust_remote_code
    )


def _benchmarks(named: Sequence[str], shots: Sequence[str], run_code: bool) -> list[Task]:
    """Benchmarks as tasks; those whose answers are programs only where these may run."""
    from parametric_memory.evaluation.benchmark_tasks import benchmark_named, benchmark_task

    files = dict(_named_file(given, "--benchmark") for given in named)
    shown = dict(_named_file(given, "--shots") for given in shots)
    if unasked := [name for name in shown if name not in files]:
        raise typer.BadParameter(f"--shots {unasked[0]} goes with --benchmark {unasked[0]}=FILE, which is not there.")
    for name in files:
        if benchmark_named(name).runs_programs and not run_code:
            raise typer.BadParameter(
                f"Answers to {name} are programs, and what they are worth shows when they run: allow it with "
                "--run-code, on a machine where a model's programs may do harm."
            )
    return [benchmark_task(name, file, shown.get(name)) for name, file in files.items()]


def _named_file(given: str, option: str) -> tuple[str, Path]:
    name, equals, file = given.partition("=")
    if not equals:
        raise typer.BadParameter(f"{option} is NAME=FILE, not {given}.")
    return name.lower(), Path(file)
