"""Published benchmarks as tasks, from local files as their authors publish them: one description, questions, answers.

Choices are told apart by letters, and the answer is one. What programs are worth shows when they run, which has to be
allowed. Knows nothing about models.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.metrics import contained
from parametric_memory.evaluation.run_skills import scored
from parametric_memory.text.task_examples import TaskExample
from parametric_memory.training.data.question_answering import json_lines
from parametric_memory.training.data.tasks import Task

_LETTERS = "ABCDEFGH"
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_FENCED = re.compile(r"```(?:python)?\n(.*?)(?:```|\Z)", re.DOTALL)
_CHOICE_LETTER = re.compile(rf"(?<![A-Za-z])([{_LETTERS}])(?![A-Za-z])")
_LONG = 256  # tokens of a solution or a program
_SECONDS = 10  # that a program may run

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Benchmark:
    """How a benchmark's records become examples."""

    description: str
    example: Callable[[Record], TaskExample]
    kind: str = "choice"  # choice | number | program


def _chosen(question: str, choices: Sequence[str], right: int) -> TaskExample:
    listed = "\n".join(f"{_LETTERS[i]}. {choice}" for i, choice in enumerate(choices))
    return TaskExample(f"{question}\n{listed}", (_LETTERS[right],))


def _arc(record: Record) -> TaskExample:
    choices = record["question"]["choices"]
    labels = [choice["label"] for choice in choices]
    texts = [choice["text"] for choice in choices]
    return _chosen(record["question"]["stem"], texts, labels.index(record["answerKey"]))


def _boolq(record: Record) -> TaskExample:
    return TaskExample(
        f"{record['passage']}\n\nQuestion: {record['question']}?", ("true" if record["answer"] else "false",)
    )


def _gsm8k(record: Record) -> TaskExample:
    return TaskExample(record["question"], (record["answer"].rpartition("####")[2].strip(),))


def _hellaswag(record: Record) -> TaskExample:
    return _chosen(f"{record['activity_label']}: {record['ctx']}", record["endings"], int(record["label"]))


def _piqa(record: Record) -> TaskExample:
    return _chosen(record["goal"], [record["sol1"], record["sol2"]], int(record["label"]))


def _winogrande(record: Record) -> TaskExample:
    return _chosen(record["sentence"], [record["option1"], record["option2"]], int(record["answer"]) - 1)


def _human_eval(record: Record) -> TaskExample:
    check = f"{record['test']}\ncheck({record['entry_point']})"
    return TaskExample(record["prompt"], (json.dumps({"before": record["prompt"], "check": check}),))


def _mbpp(record: Record) -> TaskExample:
    tests = "\n".join(record["test_list"])
    before = record.get("test_setup_code") or ""
    asked = f"{record['text']}\nYour code should pass these tests:\n{tests}"
    return TaskExample(asked, (json.dumps({"before": before, "check": tests}),))


_CHOICE = "Read the question and its choices, and answer with the letter of the right choice."
BENCHMARKS: Mapping[str, Benchmark] = {
    "arc-challenge": Benchmark(f"{_CHOICE} The questions are difficult ones of science at school.", _arc),
    "arc-easy": Benchmark(f"{_CHOICE} The questions are of science at school.", _arc),
    "openbookqa": Benchmark(f"{_CHOICE} The questions are of elementary science and common sense.", _arc),
    "boolq": Benchmark("Read the passage and answer the question about it with true or false.", _boolq),
    "hellaswag": Benchmark(f"{_CHOICE} Choose what most probably comes next.", _hellaswag),
    "piqa": Benchmark(f"{_CHOICE} Choose the way that works in the physical world.", _piqa),
    "winogrande": Benchmark(f"{_CHOICE} Choose what the blank _ in the sentence stands for.", _winogrande),
    "gsm8k": Benchmark(
        "Solve the problem of arithmetic step by step, and give the number at the end.", _gsm8k, "number"
    ),
    "humaneval": Benchmark("Write the Python function that its docstring describes.", _human_eval, "program"),
    "mbpp": Benchmark("Write a Python function that does what is asked and passes the tests.", _mbpp, "program"),
}


def benchmark_task(name: str, file: Path) -> Task:
    """A benchmark's questions, all to be asked.

    Raises:
        DocumentError: there is no reader of that name, or the file is not of that benchmark.
    """
    benchmark = BENCHMARKS.get(name.lower())
    if benchmark is None:
        raise DocumentError(f"There is no benchmark {name}: there are {', '.join(BENCHMARKS)}.")
    labels = _labels_beside(file) if name.lower() == "piqa" else None
    examples = []
    for place, (where, line) in enumerate(json_lines(file, name)):
        try:
            record = json.loads(line)
            examples.append(benchmark.example(record if labels is None else {**record, "label": labels[place]}))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise DocumentError(f"{where} is no record of {name}: {type(error).__name__} {error}.") from error
    if not examples:
        raise DocumentError(f"{file} holds no record of {name}.")
    task = Task(name.lower(), (benchmark.description,), (), tuple(examples))
    return task if benchmark.kind == "choice" else replace(task, kind="generation", answer_tokens=_LONG)


def _labels_beside(file: Path) -> list[str]:
    """PIQA keeps its labels in a file of their own: `valid.jsonl` has `valid-labels.lst` beside it."""
    labels = file.with_name(f"{file.name.partition('.')[0]}-labels.lst")
    try:
        return labels.read_text(encoding="utf-8").split()
    except OSError as error:
        raise DocumentError(f"The labels of {file} are missing: {labels} cannot be read ({error.strerror}).") from error


def scorer(*, run_code: bool) -> Callable[[Task, TaskExample, str], float]:
    """Scores benchmarks as such, and other tasks as `eval skills` does.

    Args:
        run_code: programs are run, in a process of their own for ten seconds at most; else what they are worth is 0.
    """

    def score(task: Task, example: TaskExample, text: str) -> float:
        benchmark = BENCHMARKS.get(task.name)
        if benchmark is None:
            return scored(task, example, text)
        if benchmark.kind == "number":
            return float(last_number(text) == last_number(example.outputs[0]))
        if benchmark.kind == "program":
            return float(run_code and passes(text, json.loads(example.outputs[0])))
        if len(example.outputs[0]) == 1:
            return float(first_choice(text) == example.outputs[0])
        return float(contained(text, example.outputs))

    return score


def first_choice(text: str) -> str | None:
    """The first letter of a choice that stands by itself in a text; None where there is none."""
    found = _CHOICE_LETTER.search(text)
    return found[1] if found else None


def last_number(text: str) -> float | None:
    """The last number of a text; None where there is none."""
    found = _NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None


def passes(text: str, test: Mapping[str, str]) -> bool:
    """Whether a program, fenced or not, passes its test. It runs in a process and a folder of its own."""
    fenced = _FENCED.search(text)
    program = fenced[1] if fenced else text
    before = "" if re.search(r"^def ", program, re.MULTILINE) else test["before"]
    whole = "\n".join([before + program, test["check"]])
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", whole], cwd=folder, capture_output=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0
