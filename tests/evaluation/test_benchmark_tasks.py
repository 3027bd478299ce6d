from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.benchmark_tasks import BENCHMARKS, benchmark_task, first_choice, last_number, scorer
from parametric_memory.training.data.tasks import Task

SCHOOL = {
    "id": "1",
    "question": {"stem": "What is wet?", "choices": [{"text": "sand", "label": "1"}, {"text": "water", "label": "2"}]},
    "answerKey": "2",
}
RECORDS: dict[str, dict[str, Any]] = {
    "arc-challenge": SCHOOL,
    "arc-easy": SCHOOL,
    "openbookqa": SCHOOL,
    "boolq": {"question": "is water wet", "title": "Water", "answer": True, "passage": "Water is wet."},
    "hellaswag": {"activity_label": "Cooking", "ctx": "He boils", "endings": ["stones", "eggs"], "label": 1},
    "piqa": {"goal": "To dry wood", "sol1": "put it into water", "sol2": "put it into the sun"},
    "winogrande": {"sentence": "Ana fed Bo because _ cried.", "option1": "Ana", "option2": "Bo", "answer": "2"},
    "gsm8k": {"question": "What is 2 times 600?", "answer": "2 * 600 = 1200\n#### 1,200"},
    "humaneval": {
        "task_id": "HumanEval/0",
        "prompt": 'def twice(x):\n    """Twice x."""\n',
        "entry_point": "twice",
        "test": "def check(candidate):\n    assert candidate(2) == 4",
    },
    "mbpp": {"task_id": 1, "text": "Write a function twice.", "code": "", "test_list": ["assert twice(2) == 4"]},
}
RIGHT = {
    **dict.fromkeys(("arc-challenge", "arc-easy", "openbookqa", "hellaswag", "piqa", "winogrande"), "B. That one"),
    "boolq": "True.",
    "gsm8k": "It is 2 * 600 = 1200.",
    "humaneval": "    return 2 * x",
    "mbpp": "Here it is:\n```python\ndef twice(x):\n    return 2 * x\n```",
}


def read(folder: Path, name: str) -> Task:
    file = folder / "valid.jsonl"
    file.write_text(json.dumps(RECORDS[name]) + "\n")
    (folder / "valid-labels.lst").write_text("1\n")
    return benchmark_task(name, file)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_is_read_and_scored(tmp_path: Path, name: str) -> None:
    task = read(tmp_path, name)
    [example] = task.test
    score = scorer(run_code=True)
    assert score(task, example, RIGHT[name]) == 1
    assert score(task, example, "A. 7") == 0
    assert task.descriptions[0].endswith(".")


def test_programs_do_not_run_unless_that_is_allowed(tmp_path: Path) -> None:
    task = read(tmp_path, "mbpp")
    assert scorer(run_code=False)(task, task.test[0], RIGHT["mbpp"]) == 0


def test_what_is_said() -> None:
    assert [first_choice(text) for text in ("The answer is C.", "Apple", "(B)")] == ["C", None, "B"]
    assert (last_number("5 and -1,200.50"), last_number("none")) == (-1200.5, None)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "valid.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(DocumentError, match=r"line 1 is no record of boolq"):
        benchmark_task("boolq", tmp_path / "valid.jsonl")
    with pytest.raises(DocumentError, match="There is no benchmark mmlu: there are arc-challenge"):
        benchmark_task("mmlu", tmp_path / "valid.jsonl")
    with pytest.raises(DocumentError, match=r"labels of .* are missing"):
        benchmark_task("piqa", tmp_path / "valid.jsonl")
