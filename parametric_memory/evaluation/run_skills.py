"""`eval skills`: tasks that nothing was trained on, done under a skill made of their description, against its controls.

A score is the share of right answers, or ROUGE-L where an answer is generated. Standard errors are over tasks. A column
that one of several tasks lacks is in no row over it and others. Answers are greedy.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated

from typer import BadParameter, Option

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.documents.words import may_be_english
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.rows import SKILL_COLUMNS, EvalRow
from parametric_memory.evaluation.runner import Ask, Runner
from parametric_memory.evaluation.scores import contained, exact_match, rouge_l, stemmer
from parametric_memory.language_model.requests import Request
from parametric_memory.training.data.tasks import Task, TaskExample, follows, read_tasks

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker

SHOTS = 3
_MOST_NAMED = 5  # tasks, in a line
_ANSWER_TOKENS = {"short": 16, "exact": 40, "classification": 16, "generation": 48}

# Of one task, by what is measured and by column: scores of each question, the mean of the tokens, the seconds.
Figures = Mapping[str, Mapping[str, Sequence[float]]]


def evaluate_skills(
    runner: Runner,
    data: Annotated[list[Path], Option(metavar="FILE", help="Tasks that nothing was trained on. Repeatable.")],
    skills: Annotated[Path | None, Option(metavar="DIR", help="The hypernetwork. Default: the shipped one.")] = None,
    all_tasks: Annotated[Path | None, Option(metavar="DIR", help="A PEFT folder: one LoRA of all tasks.")] = None,
    own: Annotated[Path | None, Option(metavar="DIR", help="What train lora --each made of these tasks.")] = None,
    limit: Annotated[int, Option(metavar="N", min=1, help="Questions of a task, at most.")] = 20,
    float32: Annotated[bool, Option("--float32", help="Compute in float32.")] = False,
    save: Annotated[
        bool, Option("--save", help="Also write the tasks' scores to --skills: skill add says what to expect.")
    ] = False,
) -> list[EvalRow]:
    """Measure skills: tasks done under an adapter that was made of their description.

    The same questions are answered without adapter, with the description or three examples in the prompt, and under
    other adapters: of another task's description, of one that says nothing, and, where they are given, one LoRA of all
    tasks and the task's own. Each figure is the mean over tasks of the share of right answers, or of ROUGE-L where an
    answer is generated. A task whose description cannot be read is named and left out.

    Examples:
      parametric-memory eval skills --data held-out.jsonl --skills run/hypernetwork
      parametric-memory eval skills --data checkable/phrasings.jsonl --skills run/hypernetwork --save
      parametric-memory eval skills --data held-out.jsonl --all-tasks all/adapter --own oracles/
    """
    from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker, skill_folder
    from parametric_memory.training.lora import given_adapter

    if save and skills is None:
        raise BadParameter("Scores are saved with a hypernetwork of yours: name its folder.", param_hint="--skills")
    tasks = read_tasks(data)
    if float32:
        runner.base.model.float()
    if any(task.kind == "generation" for task in tasks):
        stemmer()
    folder = skill_folder(runner.base, skills)
    trusted = runner.memory.models.settings.trust_remote_code
    maker = SkillMaker.load(folder, runner.base, trust_remote_code=trusted)
    tasks = _readable(tasks, maker, runner.report)
    trained = {} if own is None else {task.name: given_adapter(own, task.name) for task in tasks}
    _report_gaps(tasks, trained, runner.report)
    measured = []
    for place, task in enumerate(tasks):
        runner.report(f"{place + 1}/{len(tasks)}: {task.name}")
        other = tasks[(place + len(tasks) // 2) % len(tasks)] if len(tasks) > 1 else None
        loras = {"all_tasks_lora": all_tasks, "own_lora": trained.get(task.name)}
        measured.append(_figures(runner, maker, task, other, loras, limit))
    rows = _rows(tasks, measured)
    if save:
        runner.report(f"Saved in {_save(folder, maker, tasks, rows)}: {len(tasks)} tasks")
    return rows


def _figures(
    runner: Runner, maker: SkillMaker, task: Task, other: Task | None, loras: Mapping[str, Path | None], limit: int
) -> Figures:
    """Of questions of a task, drawn with the seed, in every column. other: another task; loras: PEFT folders."""
    rng = random.Random(f"{runner.seed} {task.name}")
    examples, bare, description = list(task.test or task.train), runner.base.chat.question, task.descriptions[0]
    asked = rng.sample(examples, min(limit, len(examples)))
    shots = rng.sample(list(task.train), min(SHOTS, len(task.train))) if task.test else []

    def with_examples(text: str) -> list[int]:
        done = [f"Input: {e.input}\nOutput: {e.outputs[0]}" for e in shots]
        return bare("\n\n".join([*done, f"Input: {text}\nOutput:"]))

    columns: dict[str, tuple[Adapter | None, Ask]] = {  # what answers, and how it is asked
        "memory": (maker.adapter(description), bare),
        "none": (None, bare),
        "in_prompt": (None, lambda text: bare(f"{description}\n\n{text}")),
    }
    if len(shots) == SHOTS:
        columns["examples_in_prompt"] = None, with_examples
    if other is not None:
        columns["another_tasks"] = maker.adapter(other.descriptions[0]), bare
    columns["random_description"] = maker.adapter(_description_of_nothing(rng)), bare
    columns |= {name: (load_peft(folder), bare) for name, folder in loras.items() if folder is not None}

    found: dict[str, dict[str, list[float]]] = defaultdict(dict)
    for column, (adapter, ask) in columns.items():
        requests = [Request(ask(each.input), adapter, _ANSWER_TOKENS[task.kind]) for each in asked]
        replies = runner.answerer.replies(requests, by_length=True)
        said = [(example, reply.text) for example, reply in zip(asked, replies, strict=True)]
        found["score"][column] = [scored(task, *each) for each in said]
        found["held"][column] = [holds(task, *each) for each in said]
        found["tokens"][column] = [fmean(reply.prompt_tokens for reply in replies)]
        middle = sorted((request.prompt for request in requests), key=len)[len(requests) // 2]
        found["seconds"][column] = [runner.base.generate([Request(middle, adapter, 1)])[0].first_token]
    return found


def _save(folder: Path, maker: SkillMaker, tasks: Sequence[Task], rows: Sequence[EvalRow]) -> Path:
    """Writes the tasks' own rows beside the hypernetwork, for what `skill add` expects. Returns the file."""
    from parametric_memory.hypernetworks.text_to_lora.skill_maker import MEASURED_FILE, MeasuredTask, write_measured

    measured = [
        MeasuredTask(
            name=task.name,
            description=task.descriptions[0],
            score=row.memory,
            unaided=row.none,
            questions=row.n,
            vector=maker.embedded(task.descriptions[0]).tolist(),
        )
        for task, row in zip(tasks, rows[-len(tasks) :], strict=True)
    ]
    write_measured(folder, measured)
    return folder / MEASURED_FILE


def _readable(tasks: Sequence[Task], maker: SkillMaker, report: Callable[[str], None]) -> list[Task]:
    """Tasks whose first description is read; reports the others. Raises DocumentError: there is none."""
    found, refused = [], []
    for task in tasks:
        try:
            if not task.descriptions:
                raise DocumentError(f"Nothing says what {task.name} is: give it descriptions.")
            maker.embedded(task.descriptions[0])
            found.append(task)
        except DocumentError as error:
            refused.append(f"The task {task.name} is left out. {error}")
            report(refused[-1])
    if not found:
        raise DocumentError(f"There is no task to measure. {refused[0]}")
    return found


def scored(task: Task, example: TaskExample, text: str) -> float:
    """1 for a right answer, 0 for another; ROUGE-L where an answer is generated.

    Of an answer to an ordinary question in a certain form, the form counts.
    """
    if task.form:
        return float(follows(task.form, text))
    if task.kind == "exact":
        return float(text.strip() in example.outputs)
    if task.kind == "generation":
        return max(rouge_l(text, output) for output in example.outputs)
    return float(exact_match(text, example.outputs))


def holds(task: Task, example: TaskExample, text: str) -> float:
    """Whether the text contains a right answer, and none of the other labels of a classification."""
    wrong = [label for label in task.labels if label not in example.outputs]
    other = any(contained(text, [label]) for label in wrong if not contained(example.outputs[0], [label]))
    return float(contained(text, example.outputs) and not other)


def _report_gaps(tasks: Sequence[Task], trained: Mapping[str, Path | None], report: Callable[[str], None]) -> None:
    """Reports the columns that some tasks lack, so that no row over several tasks has them."""
    shown = [task.name for task in tasks if not task.test or len(task.train) < SHOTS]
    lacking = {
        "examples_in_prompt": shown if len(shown) < len(tasks) else [],
        "own_lora": [name for name, folder in trained.items() if folder is None],
    }
    for column, names in lacking.items():
        if names:
            named = ", ".join(names[:_MOST_NAMED])
            named += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            report(f"the column {SKILL_COLUMNS[column]!r} is missing for {named}: rows over several tasks lack it")


def _description_of_nothing(rng: random.Random) -> str:
    """Letters in groups, none of them a common English word, which a reader would refuse."""
    while True:
        words = ["".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 9))) for _ in range(12)]
        if may_be_english(" ".join(words), known=()):
            return " ".join(words).capitalize() + "."


def _rows(tasks: Sequence[Task], measured: Sequence[Figures]) -> list[EvalRow]:
    """Of all tasks together, and of each."""
    pairs = list(zip(tasks, measured, strict=True))
    right = [figures for task, figures in pairs if task.kind != "generation"]
    said = [figures for task, figures in pairs if task.kind == "generation"]
    together = (
        ("", "score", "score", measured),
        (" of right and wrong", "accuracy", "score", right),
        (" of right and wrong", "right answer in the text", "held", right),
        (" of writing", "ROUGE-L", "score", said),
        ("", "tokens read", "tokens", measured),
        ("", "seconds to the first token", "seconds", measured),
    )
    return [
        *(
            _row(f"{len(some)} task{'s' if len(some) != 1 else ''}{which}", metric, some, measure)
            for which, metric, measure, some in together
            if some
        ),
        *(_row(task.name, "score", [figures]) for task, figures in pairs),
    ]


def _row(case: str, metric: str, measured: Sequence[Figures], measure: str = "score") -> EvalRow:
    """The mean over tasks of their means, so that each task counts the same; of one task over its questions.

    Of the columns that all of these tasks have.
    """
    found = [figures[measure] for figures in measured]
    columns = [column for column in SKILL_COLUMNS if all(column in of for of in found)]
    scores = {c: [fmean(of[c]) for of in found] if len(found) > 1 else found[0][c] for c in columns}
    return EvalRow.of_scores(case, metric, scores, unit="number" if measure in ("tokens", "seconds") else "share")
