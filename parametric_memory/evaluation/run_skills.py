"""`eval skills`: tasks that nothing was trained on, done under a skill made of their description, against its controls.

The same questions are answered by the base model alone, with the description or examples in the prompt, and under other
adapters: the skill of another task, that of a description of nothing, one LoRA of all tasks, the task's own LoRA, and
the skill of a hypernetwork that was trained another way. Answers are greedy.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.kept_replies import Answerer
from parametric_memory.evaluation.metrics import contained, exact_match, rouge_l
from parametric_memory.evaluation.rows import EvalRow, standard_error
from parametric_memory.evaluation.skill_columns import COLUMNS
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker
from parametric_memory.language_model.requests import Request
from parametric_memory.text.language import may_be_english
from parametric_memory.text.task_examples import TaskExample
from parametric_memory.training.data.tasks import Task
from parametric_memory.training.lora import given_adapter

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.memory import ParametricMemory

SHOTS = 3
_MOST_NAMED = 5  # tasks, in a line
_ANSWER_TOKENS = {"short": 16, "classification": 16, "generation": 48}

Made = tuple["Adapter | None", Callable[[str], list[int]]]  # what a question is answered under, and how it is asked


@dataclass(frozen=True)
class Asking:
    """How the answers of a task begin and are scored.

    Attributes:
        score: of an answer.
        begins: what is put into the model's mouth.
    """

    score: Callable[[Task, TaskExample, str], float]
    begins: Callable[[Task, TaskExample], str] = lambda task, example: ""


@dataclass(frozen=True)
class Compared:
    """What a skill is compared with, where it is given.

    Attributes:
        skills: the folder of the hypernetwork.
        rebuilt: that of another one, trained by reconstruction.
        all_tasks: a PEFT folder.
        own: a folder of PEFT folders, named as the tasks are.
        as_document: whether the memory's own hypernetwork reads the description, too.
        left_out: columns that are not wanted.
    """

    skills: Path
    rebuilt: Path | None = None
    all_tasks: Path | None = None
    own: Path | None = None
    as_document: bool = False
    left_out: frozenset[str] = frozenset()


@dataclass
class _Answers:
    """What was answered of one task, by column."""

    task: Task
    asked: Sequence[TaskExample]
    texts: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, list[float]] = field(default_factory=dict)
    first_token: dict[str, float] = field(default_factory=dict)  # seconds


def evaluate_skills(
    memory: ParametricMemory,
    tasks: Sequence[Task],
    compared: Compared,
    seed: int = 0,
    limit: int = 20,
    report: Callable[[str], None] = print,
    asking: Asking | None = None,
    answerer: Answerer | None = None,
) -> list[EvalRow]:
    """Rows of all tasks, of each kind, and of each task; and how far the skill is ahead of everything else.

    A column that one of several tasks lacks is in no row over it and others; that is reported before the first answer.
    A score is the share of right answers, or ROUGE-L where an answer is generated. Standard errors are over tasks.

    Args:
        limit: questions of each task, at most, drawn with the seed.
        asking: how answers begin and are scored, where it is another way.
        answerer: keeps what was answered.

    Raises:
        CheckpointError, ModelUnavailable: a hypernetwork or an adapter cannot be used.
        DocumentError: a task has no description.
    """
    if lacking := [task.name for task in tasks if not task.descriptions]:
        raise DocumentError(f"Nothing says what {lacking[0]} is: give it descriptions.")
    asking, answerer = asking or AS_TASKS, answerer or Answerer(memory.models.base)
    makers = _makers(memory, compared)
    _tell_gaps(tasks, compared, report)
    answered = []
    for place, task in enumerate(tasks):
        report(f"{place + 1}/{len(tasks)}: {task.name}")
        other = tasks[(place + len(tasks) // 2) % len(tasks)] if len(tasks) > 1 else None
        rng = random.Random(f"{seed} {task.name}")
        examples = list(task.test or task.train)
        asked = rng.sample(examples, min(limit, len(examples)))
        shots = rng.sample(list(task.train), min(SHOTS, len(task.train))) if task.test else []
        made = _made(memory, task, other, shots, compared, makers, rng)
        wanted = {column: own for column, own in made.items() if column not in compared.left_out}
        answered.append(_answered(answerer, task, asked, wanted, asking))
    return _rows(answered, asking.score)


def scored(task: Task, example: TaskExample, text: str) -> float:
    """1 for a right answer, 0 for another; ROUGE-L where an answer is generated."""
    if task.kind == "generation":
        return max(rouge_l(text, output) for output in example.outputs)
    return float(exact_match(text, example.outputs))


AS_TASKS = Asking(scored)


def holds(task: Task, example: TaskExample, text: str) -> float:
    """Whether a right answer stands in the text, and none of the other labels of a classification."""
    wrong = [label for label in task.labels if label not in example.outputs]
    other = any(contained(text, [label]) for label in wrong if not contained(example.outputs[0], [label]))
    return float(contained(text, example.outputs) and not other)


def _makers(memory: ParametricMemory, compared: Compared) -> dict[str, SkillMaker]:
    base, trusted = memory.models.base, memory.models.settings.trust_remote_code
    folders = {"memory": compared.skills, "by_reconstruction": compared.rebuilt}
    return {
        column: SkillMaker.load(folder, base, trust_remote_code=trusted)
        for column, folder in folders.items()
        if folder is not None
    }


def _shows(task: Task) -> bool:
    """Whether there are examples of a task for the prompt, beside those that are asked."""
    return bool(task.test) and len(task.train) >= SHOTS


def _tell_gaps(tasks: Sequence[Task], compared: Compared, report: Callable[[str], None]) -> None:
    """Before the first answer, the columns that some tasks lack, so that no row over several tasks has them."""
    lacking = {"examples_in_prompt": [task.name for task in tasks if not _shows(task)]}
    if compared.own is not None:
        lacking["own_lora"] = [task.name for task in tasks if given_adapter(compared.own, task.name) is None]
    for column, names in lacking.items():
        wanted = column not in compared.left_out and (column == "own_lora" or len(names) < len(tasks))
        if names and wanted:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            named = ", ".join(names[:_MOST_NAMED])
            report(f"the column {COLUMNS[column]!r} is missing for {named}{more}: rows over several tasks lack it")


def _made(
    memory: ParametricMemory,
    task: Task,
    other: Task | None,
    shots: Sequence[TaskExample],
    compared: Compared,
    makers: Mapping[str, SkillMaker],
    rng: random.Random,
) -> dict[str, Made]:
    """What each column answers under, and what it is asked."""
    bare, description = memory.models.base.chat.question, task.descriptions[0]

    def described(text: str) -> list[int]:
        return bare(f"{description}\n\n{text}")

    def shown(text: str) -> list[int]:
        done = [f"Input: {e.input}\nOutput: {e.outputs[0]}" for e in shots]
        return bare("\n\n".join([*done, f"Input: {text}\nOutput:"]))

    made: dict[str, Made] = {column: (maker.adapter(description), bare) for column, maker in makers.items()}
    made |= {"none": (None, bare), "in_prompt": (None, described)}
    if _shows(task):
        made["examples_in_prompt"] = (None, shown)
    skill = makers["memory"]
    if other is not None:
        made["another_tasks"] = (skill.adapter(other.descriptions[0]), bare)
    made["random_description"] = (skill.adapter(_of_nothing(rng)), bare)
    if compared.all_tasks is not None:
        made["all_tasks_lora"] = (load_peft(compared.all_tasks), bare)
    own = given_adapter(compared.own, task.name) if compared.own is not None else None
    if own is not None:
        made["own_lora"] = (load_peft(own), bare)
    if compared.as_document:
        made["as_document"] = (memory.models.internalizer.internalize(description).adapter, memory.models.question)
    return made


def _of_nothing(rng: random.Random) -> str:
    """A description that says nothing: letters in groups, none of them a small word that a reader would refuse."""
    while True:
        words = ["".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 9))) for _ in range(12)]
        if may_be_english(" ".join(words), known=()):
            return " ".join(words).capitalize() + "."


def _answered(
    answerer: Answerer, task: Task, asked: Sequence[TaskExample], made: Mapping[str, Made], asking: Asking
) -> _Answers:
    base, found = answerer.base, _Answers(task, asked)
    limit = task.answer_tokens or _ANSWER_TOKENS[task.kind]
    for column, (adapter, ask) in made.items():
        prompts = [[*ask(e.input), *base.chat.encode(asking.begins(task, e))] for e in asked]
        requests = [Request(prompt, adapter, limit) for prompt in prompts]
        found.texts[column] = [reply.text for reply in answerer.replies_by_length(requests)]
        found.tokens[column] = [float(len(prompt)) for prompt in prompts]
        middle = sorted(prompts, key=len)[len(prompts) // 2]
        [timed] = base.generate([Request(middle, adapter, 1)])
        found.first_token[column] = timed.first_token
    return found


def _rows(answered: Sequence[_Answers], score: Callable[[Task, TaskExample, str], float]) -> list[EvalRow]:
    held_out = _counted(answered)
    rows = [_row(held_out, "score", answered, score), _ahead(held_out, "score", answered, score)]
    right = [each for each in answered if each.task.kind != "generation"]
    said = [each for each in answered if each.task.kind == "generation"]
    if right:
        rows += [_row(f"{_counted(right)} of right and wrong", "accuracy", right, score)]
        rows += [_row(f"{_counted(right)} of right and wrong", "right answer in the text", right, holds)]
    if said:
        rows.append(_row(f"{_counted(said)} of writing", "ROUGE-L", said, score))
    columns = _columns(answered)
    tokens = {column: [fmean(each.tokens[column]) for each in answered] for column in columns}
    seconds = {column: [each.first_token[column] for each in answered] for column in columns}
    rows += [
        EvalRow.of_scores(held_out, "tokens read", tokens, unit="number"),
        EvalRow.of_scores(held_out, "seconds to the first token", seconds, unit="number"),
    ]
    return rows + [_row(each.task.name, "score", [each], score) for each in answered]


def _counted(answered: Sequence[_Answers]) -> str:
    return f"{len(answered)} task{'s' if len(answered) != 1 else ''}"


def _columns(answered: Sequence[_Answers]) -> list[str]:
    """The columns that all of these tasks have."""
    return [column for column in COLUMNS if all(column in each.texts for each in answered)]


def _scores(each: _Answers, column: str, score: Callable[[Task, TaskExample, str], float]) -> list[float]:
    return [score(each.task, example, text) for example, text in zip(each.asked, each.texts[column], strict=True)]


def _row(
    case: str, metric: str, answered: Sequence[_Answers], score: Callable[[Task, TaskExample, str], float]
) -> EvalRow:
    """The mean over tasks of their means, so that each task counts the same; of one task over its questions."""
    if len(answered) == 1:
        each = answered[0]
        return EvalRow.of_scores(case, metric, {c: _scores(each, c, score) for c in _columns(answered)})
    means = {c: [fmean(_scores(each, c, score)) for each in answered] for c in _columns(answered)}
    return EvalRow.of_scores(case, metric, means)


def _ahead(
    case: str, metric: str, answered: Sequence[_Answers], score: Callable[[Task, TaskExample, str], float]
) -> EvalRow:
    """How far the skill is ahead of everything else, task by task."""
    figures: dict[str, Any] = {}
    errors: dict[str, float] = {}
    own = [fmean(_scores(each, "memory", score)) for each in answered]
    for column in _columns(answered):
        others = [fmean(_scores(each, column, score)) for each in answered]
        gains = [mine - other for mine, other in zip(own, others, strict=True)]
        figures[column] = fmean(gains)
        if len(gains) > 1:
            errors[column] = standard_error(gains)
    return EvalRow(case=case, metric=f"{metric}, the skill ahead by", n=len(answered), errors=errors, **figures)
