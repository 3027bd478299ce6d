from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.tasks import described, read_examples, read_tasks
from tests.training.skills import TASKS, task_file

INSTANCES = [{"input": f"Is {n} even?", "output": ["yes" if n % 2 == 0 else "no", "?"]} for n in range(60)]
PUBLISHED = {
    "Definition": ["Say whether the number is even."],
    "Positive Examples": [{"input": "Is 100 even?", "output": "yes", "explanation": "100 is 2 times 50."}],
    "Instances": INSTANCES,
    "Instance License": ["MIT"],
}


def test_tasks_are_read_from_lines_packed_or_not(tmp_path: Path) -> None:
    plain = task_file(tmp_path / "tasks.jsonl")
    packed = tmp_path / "tasks.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    repeat, yes_or_no = read_tasks([packed])
    assert [repeat, yes_or_no] == read_tasks([plain])
    assert (repeat.name, repeat.kind, yes_or_no.labels) == ("repeat", "short", ("yes", "no"))
    assert repeat.descriptions == ("Say the word again.", "Repeat what is said")
    assert repeat.train[1].input == "Bergen" and repeat.train[1].outputs == ("Bergen",)
    assert len(yes_or_no.test) == 2


def test_a_second_file_may_add_descriptions(tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({"name": "repeat", "descriptions": ["Echo it.", "Say the word again."]}))
    repeat, _ = read_tasks([task_file(tmp_path / "tasks.jsonl"), more])
    assert repeat.descriptions == ("Say the word again.", "Repeat what is said", "Echo it.")
    assert len(repeat.train) == 6
    with pytest.raises(DocumentError, match="no example of repeat"):
        read_tasks([more])


def test_a_task_as_super_natural_instructions_publishes_it(tmp_path: Path) -> None:
    (tmp_path / "task0001_even.json").write_text(json.dumps(PUBLISHED))
    [task] = read_tasks([tmp_path])
    assert (task.name, task.kind, task.labels) == ("task0001_even", "classification", ("no", "yes"))
    assert task.descriptions == ("Say whether the number is even.",)
    assert len(task.test) == 10 and len(task.train) == 51
    assert task.train[0].input == "Is 100 even?"
    assert not {example.input for example in task.train} & {example.input for example in task.test}
    assert read_tasks([tmp_path / "task0001_even.json"]) == [task]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "line 1 is no task"),
        ({"descriptions": "Say it"}, "descriptions Input should be a valid tuple"),
        ({"type": "long"}, "type Input should be 'short', 'exact'"),
        ({"train": [{"outputs": ["a"]}]}, r"it lacks the field train\.0\.input"),
        ({"train": [{"input": "a"}]}, r"it lacks the field train\.0\.output"),
        ({"train": [{"input": "a", "output": " "}]}, "its output is empty"),
        ({"train": [{"input": 3, "output": "a"}]}, r"train\.0\.input Input should be a valid string"),
        ({"train": [], "test": []}, "There is no example of repeat"),
    ],
)
def test_what_is_no_task_is_told_in_one_line(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps({**TASKS[0], **changes}))
    with pytest.raises(DocumentError, match=message) as refused:
        read_tasks([path])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"Instances": []}', '{"Definition": "a", "Instances": [{"input": 1}]}']
)
def test_a_published_task_that_is_damaged_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "task.json").write_text(content)
    with pytest.raises(DocumentError, match=r"task\.json"):
        read_tasks([tmp_path / "task.json"])


def test_examples_alone(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text('{"input": "hot", "output": "cold"}\n{"input": "big", "outputs": ["small", "little"]}\n')
    first, second = read_examples(path)
    assert (first.input, first.outputs, second.outputs) == ("hot", ("cold",), ("small", "little"))
    path.write_text('{"input": "hot"}\n')
    with pytest.raises(DocumentError, match=r"line 1 is no example of a task: it lacks the field output"):
        read_examples(path)
    path.write_text("\n")
    with pytest.raises(DocumentError, match="holds no example"):
        read_examples(path)


def test_the_first_description_is_always_among_those_drawn(tmp_path: Path) -> None:
    tasks = read_tasks([task_file(tmp_path / "tasks.jsonl")])
    assert described(tasks, 1) == {"repeat": ("Say the word again.",), "yes or no": (tasks[1].descriptions[0],)}
    assert described(tasks, 9)["repeat"] == tasks[0].descriptions
