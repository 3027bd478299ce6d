from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.checkable import checkable_tasks, without_task
from parametric_memory.training.data.tasks import FORMS, TASK, InWords, follows, read_tasks


def test_every_task_has_examples_that_are_right_and_different() -> None:
    made = checkable_tasks(0, examples=20, asked=5)
    assert len(made["tasks"]) == len(made["phrasings"]) >= 40 and len(made["families"]) >= 10
    for task in (*made["tasks"], *made["families"]):
        asked = [example.input for example in (*task.train, *task.test)]
        assert task.train and task.test and len(set(asked)) == len(asked)
        assert all(example.outputs[0] for example in task.train)


def test_no_description_or_family_is_both_trained_on_and_measured_on() -> None:
    made = checkable_tasks(0, examples=10, asked=5)
    trained = {text for task in made["tasks"] for text in task.descriptions}
    assert not trained & {text for task in (*made["phrasings"], *made["families"]) for text in task.descriptions}
    assert not {task.name for task in made["tasks"]} & {task.name for task in made["families"]}


def test_answers_are_what_the_descriptions_ask_for() -> None:
    made = checkable_tasks(0, examples=30, asked=5)
    tasks = {task.name: task for task in (*made["tasks"], *made["families"])}
    for example in tasks["sorted"].train:
        assert example.outputs[0].split(", ") == sorted(example.input.split(", "))
    for example in tasks["longest in capitals"].train:
        assert example.outputs[0] == max(example.input.split(", "), key=len).upper()
    for example in tasks["name and city as JSON"].train:
        said = json.loads(example.outputs[0])
        assert set(said) == {"name", "city"} and all(value in example.input for value in said.values())
    for example in tasks["even or odd"].train:
        assert example.outputs[0] == ("odd" if int(example.input) % 2 else "even")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_followed_by_its_own_answers_and_not_by_the_plain_sentence(form: str) -> None:
    answer = InWords("Lina lives in Bergen.", "Bergen")
    assert follows(form, FORMS[form](answer))
    assert not follows(form, answer.sentence)


def test_tasks_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = checkable_tasks(3, examples=8, asked=4)
    nothing = without_task([("How long should pasta boil?", "Ten minutes.")], seed=3)
    written = [*made["tasks"], nothing]
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(b"\n".join(TASK.dump_json(task, by_alias=True) for task in written))
    assert read_tasks([path]) == written


@pytest.mark.parametrize(("field", "value"), [("form", "in verse"), ("weight", 0)])
def test_a_form_that_nobody_knows_or_a_weight_below_one_is_refused(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "tasks.jsonl"
    task = {"name": "a", "descriptions": ["Do it."], "train": [{"input": "x", "output": "y"}], field: value}
    path.write_text(json.dumps(task), encoding="utf-8")
    with pytest.raises(DocumentError, match=f"no task: {field} "):
        read_tasks([path])
