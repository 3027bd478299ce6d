"""`eval recall`, `unknown`, `skills`: all but answers about documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import BadParameter, Option

from parametric_memory.commands.arguments import TrustRemoteCode
from parametric_memory.commands.evaluation_runs import Rows, Run, evaluation

Passages = Annotated[Path | None, Option(metavar="FILE", help="Also questions about passages, as `eval qa` reads.")]


@evaluation(without=["controls", "without", "answers"], answers=False)
def recall(
    run: Run,
    documents: Annotated[int, Option(metavar="N", min=2, help="Texts in each memory.")] = 100,
    data: Passages = None,
) -> Rows:
    """Measure what questions recall, and what the judge brings.

    Every question is looked up as the memory does, and by vectors alone: the gain is the difference, in points, with
    the standard error of the paired difference. Generated facts, statements of the asker, and real passages of a file;
    questions that nothing answers are among them. No language model answers.

    Examples:
      parametric-memory eval recall --seed 1
      parametric-memory eval recall --documents 200 --data train.jsonl.gz --json
    """
    from parametric_memory.evaluation.run_recall import evaluate_recall

    return evaluate_recall(run.runner, run.options.seed, documents, data)


@evaluation(without=["controls", "answers"], answers=False)
def unknown(
    run: Run,
    documents: Annotated[int, Option(metavar="N", min=2, help="Generated texts in each memory.")] = 100,
    data: Passages = None,
    passages: Annotated[int | None, Option(metavar="N", min=2, help="How many of its passages; all otherwise.")] = None,
) -> Rows:
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

    return evaluate_unknown(run.runner, run.options.seed, documents, data, passages)


@evaluation(without=["controls", "without"], answers=False, skills=True)
def skills(
    run: Run,
    data: Annotated[list[Path], Option(metavar="FILE", help="Tasks that nothing was trained on. Repeatable.")],
    skills: Annotated[Path | None, Option(metavar="DIR", help="The hypernetwork. Default: the shipped one.")] = None,
    rebuilt: Annotated[Path | None, Option(metavar="DIR", help="Another one, trained by reconstruction.")] = None,
    all_tasks: Annotated[Path | None, Option(metavar="DIR", help="A PEFT folder: one LoRA of all tasks.")] = None,
    own: Annotated[Path | None, Option(metavar="DIR", help="What train lora --each made of these tasks.")] = None,
    as_document: Annotated[
        bool, Option("--as-document", help="Also have the memory's hypernetwork read the description.")
    ] = False,
    limit: Annotated[int, Option(metavar="N", min=1, help="Questions of a task, at most.")] = 20,
    float32: Annotated[bool, Option("--float32", help="Compute in float32.")] = False,
    save: Annotated[
        bool, Option("--save", help="Also write the tasks' scores to --skills: skill add says what to expect.")
    ] = False,
    trust_remote_code: TrustRemoteCode = False,
) -> Rows:
    """Measure skills: tasks done under an adapter that was made of their description.

    The same questions are answered without adapter, with the description or three examples in the prompt, and under
    other adapters: of another task's description, of one that says nothing, and, where they are given, one LoRA of all
    tasks, the task's own, and the skill of a hypernetwork that was trained by reconstruction. Each figure is the mean
    over tasks of the share of right answers, or of ROUGE-L where an answer is generated. A task whose description
    cannot be read is named and left out.

    Examples:
      parametric-memory eval skills --data held-out.jsonl --skills run/hypernetwork
      parametric-memory eval skills --data checkable/phrasings.jsonl --skills run/hypernetwork --save
      parametric-memory eval skills --data held-out.jsonl --all-tasks all/adapter --own oracles/
    """
    from parametric_memory.evaluation.run_skills import Compared, evaluate_skills, measured_tasks
    from parametric_memory.hypernetworks.text_to_lora.folder import MEASURED_FILE, write_measured
    from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker, skill_folder
    from parametric_memory.training.data.tasks import read_tasks

    if save and skills is None:
        raise BadParameter("Scores are saved with a hypernetwork of yours: name its folder.", param_hint="--skills")
    tasks = read_tasks(data)
    models = run.runner.memory.models
    if float32:
        models.base.model.float()
    folder = skill_folder(models.base, skills)
    compared = Compared(folder, rebuilt, all_tasks, own, as_document)
    rows = evaluate_skills(run.runner, tasks, compared, run.options.seed, limit)

    def write() -> None:
        maker = SkillMaker.load(folder, models.base, trust_remote_code=trust_remote_code)
        measured = measured_tasks(maker, tasks, rows)
        write_measured(folder, measured)
        run.context.tell(f"Saved in {folder / MEASURED_FILE}: {len(measured)} tasks")

    return (rows, write) if save else rows
