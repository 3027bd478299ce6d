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
from typing import TYPE_CHECKING

from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.documents.task_examples import TaskExample
from parametric_memory.documents.words import may_be_english
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.answerer import Answerer
from parametric_memory.evaluation.results import Report
from parametric_memory.evaluation.rows import SKILL_COLUMNS, EvalRow, difference
from parametric_memory.evaluation.runner import Runner
from parametric_memory.evaluation.scores import contained, exact_match, rouge_l, rouge_stemmer
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker
from parametric_memory.language_model.requests import Request
from parametric_memory.training.data.checkable import follows
from parametric_memory.training.data.tasks import Task
from parametric_memory.training.lora import given_adapter

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.internalize.selection import Models

SHOTS = 3
_MOST_NAMED = 5  # tasks, in a line
_ANSWER_TOKENS = {"short": 16, "exact": 40, "classification": 16, "generation": 48}

Made = tuple["Adapter | None", Callable[[str], list[int]]]  # what a question is answered under, and how it is asked
Score = Callable[[Task, TaskExample, str], float]


@dataclass(frozen=True)
class Compared:
    """The adapters that a skill is compared with.

    Attributes:
        skills: the folder of the hypernetwork.
        rebuilt: that of another one, trained by reconstruction.
        all_tasks: a PEFT folder.
        own: a folder of PEFT folders, named as the tasks are.
        as_document: whether the memory's own hypernetwork reads the description, too.
    """

    skills: Path
    rebuilt: Path | None = None
    all_tasks: Path | None = None
    own: Path | None = None
    as_document: bool = False


@dataclass
class _Answers:
    """The answers to one task, by column; first_token: in seconds."""

    task: Task
    asked: Sequence[TaskExample]
    texts: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    first_token: dict[str, float] = field(default_factory=dict)

    def scores(self, column: str, score: Score | None = None) -> list[float]:
        score = score or scored
        return [score(self.task, each, text) for each, text in zip(self.asked, self.texts[column], strict=True)]


def evaluate_skills(
    runner: Runner,
    tasks: Sequence[Task],
    compared: Compared,
    seed: int = 0,
    limit: int = 20,
) -> list[EvalRow]:
    """Rows of all tasks, of each kind, and of each task; and how far the skill is ahead of everything else.

    A column that one of several tasks lacks is in no row over it and others; that is reported before the first answer.
    A score is the share of right answers, or ROUGE-L where an answer is generated. Standard errors are over tasks.

    Args:
        limit: questions of each task, at most, drawn with the seed.

    Raises:
        CheckpointError, ModelUnavailable: a hypernetwork or an adapter cannot be used.
        DocumentError: a task has no description.
        SettingsError: NLTK is missing, which ROUGE-L needs.
    """
    if lacking := [task.name for task in tasks if not task.descriptions]:
        raise DocumentError(f"Nothing says what {lacking[0]} is: give it descriptions.")
    if any(task.kind == "generation" for task in tasks):
        rouge_stemmer()
    models = runner.memory.models
    folders = {"memory": compared.skills, "by_reconstruction": compared.rebuilt}
    trusted = models.settings.trust_remote_code
    makers = {
        column: SkillMaker.load(folder, runner.base, trust_remote_code=trusted)
        for column, folder in folders.items()
        if folder is not None
    }
    _report_gaps(tasks, compared, runner.report)
    answered = []
    for place, task in enumerate(tasks):
        runner.report(f"{place + 1}/{len(tasks)}: {task.name}")
        other = tasks[(place + len(tasks) // 2) % len(tasks)] if len(tasks) > 1 else None
        rng = random.Random(f"{seed} {task.name}")
        examples = list(task.test or task.train)
        found = _Answers(task, rng.sample(examples, min(limit, len(examples))))
        shots = rng.sample(list(task.train), min(SHOTS, len(task.train))) if task.test else []
        for column, made in _columns_of(models, task, other, shots, compared, makers, rng).items():
            _answer(runner.answerer, found, column, made)
        answered.append(found)
    return _rows(answered)


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
    """Whether a right answer stands in the text, and none of the other labels of a classification."""
    wrong = [label for label in task.labels if label not in example.outputs]
    other = any(contained(text, [label]) for label in wrong if not contained(example.outputs[0], [label]))
    return float(contained(text, example.outputs) and not other)


def _shows(task: Task) -> bool:
    """Whether there are examples of a task for the prompt, beside those that are asked."""
    return bool(task.test) and len(task.train) >= SHOTS


def _report_gaps(tasks: Sequence[Task], compared: Compared, report: Report) -> None:
    """Before the first answer, the columns that some tasks lack, so that no row over several tasks has them."""
    lacking = {"examples_in_prompt": [task.name for task in tasks if not _shows(task)]}
    if compared.own is not None:
        lacking["own_lora"] = [task.name for task in tasks if given_adapter(compared.own, task.name) is None]
    for column, names in lacking.items():
        if names and (column == "own_lora" or len(names) < len(tasks)):
            named = ", ".join(names[:_MOST_NAMED])
            named += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            report(f"the column {SKILL_COLUMNS[column]!r} is missing for {named}: rows over several tasks lack it")


def _columns_of(
    models: Models,
    task: Task,
    other: Task | None,
    shots: Sequence[TaskExample],
    compared: Compared,
    makers: Mapping[str, SkillMaker],
    rng: random.Random,
) -> dict[str, Made]:
    bare, description = models.base.chat.question, task.descriptions[0]

    def shown(text: str) -> list[int]:
        done = [f"Input: {e.input}\nOutput: {e.outputs[0]}" for e in shots]
        return bare("\n\n".join([*done, f"Input: {text}\nOutput:"]))

    made: dict[str, Made] = {column: (maker.adapter(description), bare) for column, maker in makers.items()}
    made |= {"none": (None, bare), "in_prompt": (None, lambda text: bare(f"{description}\n\n{text}"))}
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
        made["as_document"] = (models.internalizer.internalize(description).adapter, models.question)
    return made


def _of_nothing(rng: random.Random) -> str:
    """A description that says nothing: letters in groups, none of them a small word that a reader would refuse."""
    while True:
        words = ["".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 9))) for _ in range(12)]
        if may_be_english(" ".join(words), known=()):
            return " ".join(words).capitalize() + "."


def _answer(answerer: Answerer, found: _Answers, column: str, made: Made) -> None:
    (adapter, ask), base, task = made, answerer.base, found.task
    limit = _ANSWER_TOKENS[task.kind]
    prompts = [ask(e.input) for e in found.asked]
    replies = answerer.replies_by_length([Request(prompt, adapter, limit) for prompt in prompts])
    found.texts[column] = [reply.text for reply in replies]
    found.tokens[column] = fmean(map(len, prompts))
    middle = sorted(prompts, key=len)[len(prompts) // 2]
    found.first_token[column] = base.generate([Request(middle, adapter, 1)])[0].first_token


def _rows(answered: Sequence[_Answers]) -> list[EvalRow]:
    held_out, columns = _counted(answered), _columns(answered)
    own = [fmean(each.scores("memory")) for each in answered]
    ahead = EvalRow(case=held_out, metric="score, the skill ahead by", memory=0, n=len(answered))
    for column in columns:
        others = [fmean(each.scores(column)) for each in answered]
        ahead = ahead.plus({column: difference(own, others)})
    rows = [_row(held_out, "score", answered), ahead]
    right = [each for each in answered if each.task.kind != "generation"]
    said = [each for each in answered if each.task.kind == "generation"]
    if right:
        rows.append(_row(f"{_counted(right)} of right and wrong", "accuracy", right))
        rows.append(_row(f"{_counted(right)} of right and wrong", "right answer in the text", right, holds))
    if said:
        rows.append(_row(f"{_counted(said)} of writing", "ROUGE-L", said))
    tokens = {column: [each.tokens[column] for each in answered] for column in columns}
    seconds = {column: [each.first_token[column] for each in answered] for column in columns}
    rows.append(EvalRow.of_scores(held_out, "tokens read", tokens, unit="number"))
    rows.append(EvalRow.of_scores(held_out, "seconds to the first token", seconds, unit="number"))
    return rows + [_row(each.task.name, "score", [each]) for each in answered]


def _counted(answered: Sequence[_Answers]) -> str:
    return f"{len(answered)} task{'s' if len(answered) != 1 else ''}"


def _columns(answered: Sequence[_Answers]) -> list[str]:
    """The columns that all of these tasks have."""
    return [column for column in SKILL_COLUMNS if all(column in each.texts for each in answered)]


def _row(case: str, metric: str, answered: Sequence[_Answers], score: Score | None = None) -> EvalRow:
    """The mean over tasks of their means, so that each task counts the same; of one task over its questions."""
    by_column = {column: [each.scores(column, score) for each in answered] for column in _columns(answered)}
    if len(answered) == 1:
        return EvalRow.of_scores(case, metric, {column: scores for column, [scores] in by_column.items()})
    means = {column: [fmean(scores) for scores in of] for column, of in by_column.items()}
    return EvalRow.of_scores(case, metric, means)
