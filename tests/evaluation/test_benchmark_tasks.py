from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.benchmark_tasks import (
    BENCHMARKS,
    benchmark_task,
    first_choice,
    last_number,
    passes,
    truth,
)
from parametric_memory.evaluation.run_skills import scored
from parametric_memory.training.data.tasks import Task

SCHOOL = {
    "id": "1",
    "question": {"stem": "What is wet?", "choices": [{"text": "sand", "label": "1"}, {"text": "water", "label": "2"}]},
    "answerKey": "2",
}
RECORDS: dict[str, dict[str, Any]] = {
    "arc-challenge": SCHOOL,
    "arc-easy": SCHOOL,
    "openbookqa": {
        "question": {
            "stem": "What is wet?",
            "choices": [{"text": "sand", "label": "A"}, {"text": "water", "label": "B"}],
        },
        "answerKey": "B",
    },
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
    **dict.fromkeys(("arc-challenge", "arc-easy", "winogrande"), "2"),
    **dict.fromkeys(("hellaswag", "piqa"), " 1: that one"),
    "openbookqa": "(B) water",
    "boolq": "True.",
    "gsm8k": " Two times 600 = 1200.",
    "humaneval": "\n    return 2 * x\n```\nIt doubles.",
    "mbpp": "\ndef twice(x):\n    return 2 * x\n```",
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
    assert scored(task, example, RIGHT[name]) == 1
    assert scored(task, example, "7 apples") == 0
    assert task.descriptions[0].endswith(".")


def test_questions_are_put_as_text_to_loras_authors_put_them(tmp_path: Path) -> None:
    asked = {name: read(tmp_path, name).test[0] for name in BENCHMARKS}
    assert asked["arc-easy"].input == (
        "Answer the question below by choosing the correct choice.\n\nWhat is wet?\n\n"
        "1: sand\n2: water\n3: N/A\n4: N/A\n\n"
        "You must respond with the letter corresponding to the correct choice without any explanation."
    )
    assert "\n\nA: sand\nB: water\n\nYou must respond with the letter" in asked["openbookqa"].input
    assert asked["boolq"].input.startswith("Water is wet.\n\nQuestion: is water wet?\n\nPlease answer with either")
    assert "Passage: He boils\n\n0: stones\n1: eggs\n\nYou must respond with the only" in asked["hellaswag"].input
    assert '"""To dry wood"""\n\n0: put it into water\n1: put it into the sun' in asked["piqa"].input
    assert "Option 1: Ana\n\nOption 2: Bo\n\nYou must respond with either `1`" in asked["winogrande"].input
    assert asked["gsm8k"].input == "Please answer the following question: What is 2 times 600?\n\n"
    assert asked["mbpp"].input == (
        "Write a function twice. Your code should satisfy the following assertion:\n"
        "```python\nassert twice(2) == 4\n```"
    )
    begun = {name: BENCHMARKS[name].begun(example) for name, example in asked.items()}
    assert begun["gsm8k"] == "Let's think step by step." and begun["mbpp"] == "```python" and begun["arc-easy"] == ""
    assert begun["humaneval"] == '```python\ndef twice(x):\n    """Twice x."""'


def test_rows_of_the_hub_are_read_as_well(tmp_path: Path) -> None:
    choices = {"text": ["sand", "water"], "label": ["A", "B"]}
    for name, field in (("arc-easy", "question"), ("openbookqa", "question_stem")):
        row = {field: "What is wet?", "choices": choices, "answerKey": "B"}
        (tmp_path / "rows.jsonl").write_text(json.dumps(row))
        [example] = benchmark_task(name, tmp_path / "rows.jsonl").test
        assert "A: sand\nB: water" in example.input and example.outputs == ("B",)
    (tmp_path / "piqa.jsonl").write_text(json.dumps({**RECORDS["piqa"], "label": 1}))
    assert benchmark_task("piqa", tmp_path / "piqa.jsonl").test[0].outputs == ("1",)


def test_examples_in_the_prompt_come_from_another_file(tmp_path: Path) -> None:
    asked = tmp_path / "test.jsonl"
    asked.write_text(json.dumps(RECORDS["gsm8k"]))
    shown = {**RECORDS["gsm8k"], "question": "What is 1 and 1?", "answer": "1 + 1 = 2\n#### 2"}
    (tmp_path / "train.jsonl").write_text(json.dumps(shown))
    task = benchmark_task("gsm8k", asked, tmp_path / "train.jsonl")
    assert [e.outputs for e in task.train] == [("1 + 1 = 2\n#### 2",)] and len(task.test) == 1
    with pytest.raises(DocumentError, match="mbpp is asked without examples"):
        benchmark_task("mbpp", asked, tmp_path / "train.jsonl")


@pytest.mark.parametrize(
    "cheat", ["raise SystemExit(0)", "import os; os._exit(0)", "while True: x = [0] * 10**9", "\0"]
)
def test_a_program_that_ends_before_its_test_has_not_passed(cheat: str) -> None:
    assert not passes(cheat, {"check": "assert False"})


def test_what_is_said() -> None:
    assert [first_choice(text) for text in ("C.", "(b) it", "` 1`", "", "\u00e9")] == ["c", "b", "1", "", ""]
    assert [truth(text) for text in ("True", "It is false", "Certainly")] == [True, False, None]
    assert (last_number("5 and -1,200.50"), last_number("none"), last_number("5-3"), last_number("(2)-1")) == (
        -1200.5,
        None,
        3,
        1,
    )


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "valid.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(DocumentError, match=r"line 1 is no record of boolq"):
        benchmark_task("boolq", tmp_path / "valid.jsonl")
    with pytest.raises(DocumentError, match="There is no benchmark mmlu: there are arc-challenge"):
        benchmark_task("mmlu", tmp_path / "valid.jsonl")
    with pytest.raises(DocumentError, match=r"labels of .* are missing"):
        benchmark_task("piqa", tmp_path / "valid.jsonl")
