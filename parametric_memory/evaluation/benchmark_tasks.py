"""Published benchmarks as tasks, from local files as their authors or the hub publish them, one JSON record a line.

Prompts and scores, see `data/benchmarks.toml`, are those of Text-to-LoRA's evaluation (arXiv 2506.06105): the wording,
the marks before the choices, how the answer begins; a choice is the first character, a truth the first word that names
one, a number the last one. HellaSwag and PIQA open with other words for the same. The reference cuts off fifth choices;
here they are shown. Programs run with the tests of the benchmark's authors (the reference has those of EvalPlus, which
are more). Descriptions, which skills are made of, are our own. Knows nothing about models.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.text.task_examples import TaskExample
from parametric_memory.training.data.question_answering import json_lines
from parametric_memory.training.data.tasks import Task

_CHOICES = 4  # of ARC, where fewer are filled up
_NUMBER = re.compile(r"(?<![\d)])-?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?")
_AROUND = " \n\t:`'\"(.)"  # a choice, and no part of it
_TRUTHS = (("1", True), ("0", False), ("yes", True), ("no", False), ("true", True), ("false", False))
_SECONDS = 10  # that a program may run
_BYTES = 1 << 30  # that it may have
# Within the program's own process: what it may use is bounded where the system can.
_BOUNDS = f"""
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({_BYTES}, {_BYTES}))
    resource.setrlimit(resource.RLIMIT_CPU, ({_SECONDS}, {_SECONDS}))
except (ImportError, ValueError, OSError):
    pass
"""

Record = Mapping[str, Any]
Read = tuple[Mapping[str, str], str]  # the fields of the prompt, and the answer


def first_choice(text: str) -> str:
    """The first character of a text, in lower case, of letters and digits; empty where it begins with another one."""
    first = text.strip(_AROUND)[:1].lower()
    return first if first.isascii() and first.isalnum() else ""


def truth(text: str) -> bool | None:
    """Whether a text says yes, in the order of what counts; None where it says neither."""
    return next((value for word, value in _TRUTHS if word in text.lower()), None)


def last_number(text: str) -> float | None:
    """The last number of a text; None where there is none."""
    found = _NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None


def passes(program: str, test: Mapping[str, str]) -> bool:
    """Whether a program runs through to the end of its test, in a process and a folder of its own. No sandbox."""
    reached = secrets.token_hex(8)  # a program that ends before its test has not passed it
    whole = "\n".join([_BOUNDS, program, test["check"], f"print('\\n{reached}')"])
    command = [sys.executable, "-I", "-c", whole]
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
            )
        except (subprocess.TimeoutExpired, ValueError):  # the latter for a null byte
            return False
    return done.returncode == 0 and done.stdout.split()[-1:] == [reached.encode()]


@dataclass(frozen=True)
class Benchmark:
    """How a benchmark's records become examples, and answers are scored.

    Attributes:
        score: choice, truth, number or program.
        begins: how an answer begins, put into the model's mouth.
        answer_tokens: where answers are longer than a word.
    """

    description: str
    prompt: str
    score: str
    begins: str = ""
    answer_tokens: int | None = None

    @property
    def runs_programs(self) -> bool:
        return self.score == "program"

    def begun(self, example: TaskExample) -> str:
        """How the answer to an example begins; of HumanEval, with the function's head."""
        test = json.loads(example.outputs[0]) if self.runs_programs else {}
        return f"{self.begins}\n{test['begun']}" if test.get("begun") else self.begins

    def right(self, text: str, example: TaskExample) -> bool:
        """Whether an answer is right; a program, up to where its fence is closed, is run with its test."""
        wanted = example.outputs[0]
        if self.score == "choice":
            return first_choice(text) == first_choice(wanted)
        if self.score == "truth":
            return truth(text) is not None and truth(text) == truth(wanted)
        if self.score == "number":
            return last_number(text) == last_number(wanted)
        test = json.loads(wanted)
        return passes(test["begun"] + text.partition("```")[0], test)


def _listed(marks: Iterable[str], choices: Iterable[str]) -> str:
    return "\n".join(f"{mark}: {choice}" for mark, choice in zip(marks, choices, strict=True))


def _school(record: Record, least: int = 0) -> Read:
    """Question and choices of the authors' files, or of the hub's rows; least: choices, where fewer are filled up."""
    question = record["question"] if "question" in record else record["question_stem"]
    choices = record["choices"] if isinstance(question, str) else question["choices"]
    if isinstance(choices, Mapping):
        marks, texts = list(choices["label"]), list(choices["text"])
    else:
        marks, texts = [choice["label"] for choice in choices], [choice["text"] for choice in choices]
    answer = marks[marks.index(record["answerKey"])]
    filled = ("12345678" if marks[0].isdigit() else "ABCDEFGH")[len(marks) : least]
    listed = _listed([*marks, *filled], [*texts, *("N/A" for _ in filled)])
    return {"question": question if isinstance(question, str) else question["stem"], "choices": listed}, answer


def _hellaswag(record: Record) -> Read:
    marks = "0123456789"[: len(record["endings"])]
    return {"ctx": record["ctx"], "choices": _listed(marks, record["endings"])}, marks[int(record["label"])]


def _piqa(record: Record) -> Read:
    choices = _listed("01", [record["sol1"], record["sol2"]])
    return {"goal": record["goal"], "choices": choices}, "01"[int(record["label"])]


def _gsm8k(record: Record) -> Read:
    if "####" not in record["answer"]:
        raise ValueError("its answer has no number after ####")
    return record, record["answer"]


def _human_eval(record: Record) -> Read:
    prompt = record["prompt"].strip()
    test = {"begun": prompt, "check": f"{record['test']}\ncheck({record['entry_point']})"}
    return {"prompt": prompt}, json.dumps(test)


def _mbpp(record: Record) -> Read:
    asked = (record["text"] if "text" in record else record["prompt"]).strip()
    setup = record.get("test_setup_code") or "\n".join(record.get("test_imports") or ())
    test = {"begun": "", "check": "\n".join([setup, *record["test_list"]])}
    return {"asked": asked.removesuffix("."), "first_test": record["test_list"][0]}, json.dumps(test)


def _benchmarks() -> dict[str, Benchmark]:
    found = tomllib.loads((DATA / "benchmarks.toml").read_text(encoding="utf-8"))
    return {name: Benchmark(**fields) for name, fields in found.items()}


BENCHMARKS: Mapping[str, Benchmark] = _benchmarks()
_READERS: Mapping[str, Callable[[Record], Read]] = {
    "arc-challenge": lambda record: _school(record, _CHOICES),
    "arc-easy": lambda record: _school(record, _CHOICES),
    "openbookqa": _school,
    "boolq": lambda record: (record, "true" if record["answer"] else "false"),
    "hellaswag": _hellaswag,
    "piqa": _piqa,
    "winogrande": lambda record: (record, "12"[int(record["answer"]) - 1]),
    "gsm8k": _gsm8k,
    "humaneval": _human_eval,
    "mbpp": _mbpp,
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
    shown = () if shots is None else _examples(name.lower(), shots)
    task = Task(name.lower(), (benchmark.description,), shown, _examples(name.lower(), file))
    if benchmark.answer_tokens is None:
        return task
    return replace(task, kind="generation", answer_tokens=benchmark.answer_tokens)


def _examples(name: str, file: Path) -> tuple[TaskExample, ...]:
    examples = []
    labels = None
    for place, (where, line) in enumerate(json_lines(file, name)):
        try:
            record = json.loads(line)
            if name == "piqa" and "label" not in record:
                labels = labels or _labels_beside(file)
                record = {**record, "label": labels[place]}
            fields, answer = _READERS[name](record)
            examples.append(TaskExample(BENCHMARKS[name].prompt.format_map(fields), (answer,)))
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
