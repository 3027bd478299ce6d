"""Published benchmarks as tasks, from local files as their authors or the hub publish them, one JSON record a line.

Prompts are those of Text-to-LoRA's evaluation (arXiv 2506.06105): the wording, the marks before the choices, how the
answer begins. What HellaSwag and PIQA open with says the same in other words. The reference cuts off fifth choices;
here they are shown. Descriptions, which skills are made of, are our own. Knows nothing about models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.benchmark_scores import (
    PROGRAM,
    same_choice,
    same_number,
    same_truth,
    whole_program,
)
from parametric_memory.evaluation.run_skills import AS_TASKS, Asking
from parametric_memory.text.task_examples import TaskExample
from parametric_memory.training.data.question_answering import json_lines
from parametric_memory.training.data.tasks import Task

_LETTERS = "ABCDEFGH"
_LONG = 512  # tokens of a solution or a program, as in the reference
_CHOICES = 4  # of ARC, where fewer are filled up

Record = Mapping[str, Any]
Score = Callable[[str, TaskExample], float]


@dataclass(frozen=True)
class Benchmark:
    """How a benchmark's records become examples, and answers are scored.

    Attributes:
        score: an answer's, with the example; of programs it runs what the model writes.
        begins: how an answer begins, put into the model's mouth.
        answer_tokens: where answers are longer than a word.
    """

    description: str
    example: Callable[[Record], TaskExample]
    score: Score = same_choice
    begins: Callable[[TaskExample], str] = lambda example: ""
    answer_tokens: int | None = None

    @property
    def runs_programs(self) -> bool:
        return self.score is whole_program


def _listed(marks: Sequence[str], choices: Sequence[str]) -> str:
    return "\n".join(f"{mark}: {choice}" for mark, choice in zip(marks, choices, strict=True))


def _school(record: Record) -> tuple[str, list[str], list[str]]:
    """The question, and marks and texts of the choices; of the authors' files, or of the hub's rows."""
    question = record["question"] if "question" in record else record["question_stem"]
    choices = record["choices"] if isinstance(question, str) else question["choices"]
    if isinstance(choices, Mapping):
        marks, texts = list(choices["label"]), list(choices["text"])
    else:
        marks, texts = [choice["label"] for choice in choices], [choice["text"] for choice in choices]
    return question if isinstance(question, str) else question["stem"], marks, texts


def _arc(record: Record) -> TaskExample:
    question, marks, texts = _school(record)
    names = "12345678" if marks[0].isdigit() else _LETTERS
    filled = range(len(marks), _CHOICES)
    listed = _listed([*marks, *(names[i] for i in filled)], [*texts, *("N/A" for _ in filled)])
    asked = (
        f"Answer the question below by choosing the correct choice.\n\n{question}\n\n{listed}\n\n"
        "You must respond with the letter corresponding to the correct choice without any explanation."
    )
    return TaskExample(asked, (marks[marks.index(record["answerKey"])],))


def _openbookqa(record: Record) -> TaskExample:
    question, marks, texts = _school(record)
    asked = (
        "Complete the following passage or answer the question by choosing the correct choice.\n\n"
        f"{question}\n\n{_listed(marks, texts)}\n\n"
        "You must respond with the letter corresponding to the correct choice (A,B,C,D) without any explanation."
    )
    return TaskExample(asked, (marks[marks.index(record["answerKey"])],))


def _boolq(record: Record) -> TaskExample:
    asked = (
        f"{record['passage']}\n\nQuestion: {record['question']}?\n\n"
        "Please answer with either `true` or `false` without any explanation."
    )
    return TaskExample(asked, ("true" if record["answer"] else "false",))


def _hellaswag(record: Record) -> TaskExample:
    endings = record["endings"]
    asked = (
        "Below stand a passage that is not finished and the ways in which it may go on, marked 0, 1, 2, 3. "
        f"Only one of them is right.\n\nPassage: {record['ctx']}\n\n{_listed(_numbers(endings), endings)}\n\n"
        "You must respond with the only number corresponding to the correct ending (0,1,2,3) for the passage "
        "without any explanation."
    )
    return TaskExample(asked, (_numbers(endings)[int(record["label"])],))


def _piqa(record: Record) -> TaskExample:
    asked = (
        "Choose what answers the question, ends the sentence or solves the problem. Think of what the things in it "
        "are like and what they do to each other. Where both would do, choose the handier or more usual one.\n\n"
        f'"""{record["goal"]}"""\n\n{_listed("01", [record["sol1"], record["sol2"]])}\n\n'
        "You must respond with either `0` or `1` without any explanation."
    )
    return TaskExample(asked, ("01"[int(record["label"])],))


def _winogrande(record: Record) -> TaskExample:
    asked = (
        f"Given the following situation:\n\n{record['sentence']}\n\nWhich option is correct?\n\n"
        f"Option 1: {record['option1']}\n\nOption 2: {record['option2']}\n\n"
        "You must respond with either `1` or `2` without any explanation."
    )
    return TaskExample(asked, ("12"[int(record["answer"]) - 1],))


def _gsm8k(record: Record) -> TaskExample:
    if "####" not in record["answer"]:
        raise ValueError("its answer has no number after ####")
    return TaskExample(f"Please answer the following question: {record['question']}\n\n", (record["answer"],))


def _human_eval(record: Record) -> TaskExample:
    prompt = record["prompt"].strip()
    test = {"begun": prompt, "check": f"{record['test']}\ncheck({record['entry_point']})"}
    return TaskExample(f"Write a solution to the following problem:\n{PROGRAM}\n{prompt}\n```", (json.dumps(test),))


def _mbpp(record: Record) -> TaskExample:
    asked = (record["text"] if "text" in record else record["prompt"]).strip()
    tests = record["test_list"]
    setup = record.get("test_setup_code") or "\n".join(record.get("test_imports") or ())
    test = {"begun": "", "check": "\n".join([setup, *tests])}
    asked = f"{asked.removesuffix('.')}. Your code should satisfy the following assertion:\n{PROGRAM}\n{tests[0]}\n```"
    return TaskExample(asked, (json.dumps(test),))


def _numbers(choices: Sequence[str]) -> str:
    return "0123456789"[: len(choices)]


def _step_by_step(example: TaskExample) -> str:
    return "Let's think step by step."


def _program_begun(example: TaskExample) -> str:
    begun = json.loads(example.outputs[0])["begun"]
    return f"{PROGRAM}\n{begun}" if begun else PROGRAM


_CHOICE = "Read the question and its choices, and answer with the mark of the right choice."
BENCHMARKS: Mapping[str, Benchmark] = {
    "arc-challenge": Benchmark(f"{_CHOICE} The questions are difficult ones of science at school.", _arc),
    "arc-easy": Benchmark(f"{_CHOICE} The questions are of science at school.", _arc),
    "openbookqa": Benchmark(f"{_CHOICE} The questions are of elementary science and common sense.", _openbookqa),
    "boolq": Benchmark("Read the passage and answer the question about it with true or false.", _boolq, same_truth),
    "hellaswag": Benchmark(f"{_CHOICE} Choose what most probably comes next.", _hellaswag),
    "piqa": Benchmark(f"{_CHOICE} Choose the way that works in the physical world.", _piqa),
    "winogrande": Benchmark(f"{_CHOICE} Choose what the blank _ in the sentence stands for.", _winogrande),
    "gsm8k": Benchmark(
        "Solve the problem of arithmetic step by step, and give the number at the end.",
        _gsm8k,
        same_number,
        _step_by_step,
        _LONG,
    ),
    "humaneval": Benchmark(
        "Write the Python function that its docstring describes.", _human_eval, whole_program, _program_begun, _LONG
    ),
    "mbpp": Benchmark(
        "Write a Python function that does what is asked and passes the tests.",
        _mbpp,
        whole_program,
        _program_begun,
        _LONG,
    ),
}


def benchmark_named(name: str) -> Benchmark:
    """Raises DocumentError: there is none of that name."""
    benchmark = BENCHMARKS.get(name.lower())
    if benchmark is None:
        raise DocumentError(f"There is no benchmark {name}: there are {', '.join(BENCHMARKS)}.")
    return benchmark


def benchmark_task(name: str, file: Path, shots: Path | None = None) -> Task:
    """A benchmark's questions, all to be asked.

    Args:
        shots: a file of the same benchmark, such as its training part, to take examples in the prompt from.

    Raises:
        DocumentError: there is no reader of that name, or the file is not of that benchmark; or shots are named for
            one whose answers are programs.
    """
    benchmark = benchmark_named(name)
    if shots is not None and benchmark.runs_programs:
        raise DocumentError(f"{name} is asked without examples: its answers are programs.")
    shown = () if shots is None else _examples(name, benchmark, shots)
    task = Task(name.lower(), (benchmark.description,), shown, _examples(name, benchmark, file))
    if benchmark.answer_tokens is None:
        return task
    return replace(task, kind="generation", answer_tokens=benchmark.answer_tokens)


def _examples(name: str, benchmark: Benchmark, file: Path) -> tuple[TaskExample, ...]:
    examples = []
    labels = None
    for place, (where, line) in enumerate(json_lines(file, name)):
        try:
            record = json.loads(line)
            if name.lower() == "piqa" and "label" not in record:
                labels = labels or _labels_beside(file)
                record = {**record, "label": labels[place]}
            examples.append(benchmark.example(record))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise DocumentError(f"{where} is no record of {name}: {type(error).__name__} {error}.") from error
    if not examples:
        raise DocumentError(f"{file} holds no record of {name}.")
    return tuple(examples)


def _labels_beside(file: Path) -> list[str]:
    """PIQA's authors keep labels in a file of their own: `valid.jsonl` has `valid-labels.lst` beside it."""
    labels = file.with_name(f"{file.name.partition('.')[0]}-labels.lst")
    try:
        return labels.read_text(encoding="utf-8").split()
    except OSError as error:
        raise DocumentError(f"The labels of {file} are missing: {labels} cannot be read ({error.strerror}).") from error


def _score(task: Task, example: TaskExample, text: str) -> float:
    benchmark = BENCHMARKS.get(task.name)
    return AS_TASKS.score(task, example, text) if benchmark is None else benchmark.score(text, example)


def _begins(task: Task, example: TaskExample) -> str:
    benchmark = BENCHMARKS.get(task.name)
    return AS_TASKS.begins(task, example) if benchmark is None else benchmark.begins(example)


AS_PUBLISHED = Asking(_score, _begins)  # benchmarks as such, and other tasks as `eval skills` does
