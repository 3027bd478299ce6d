from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError, DocumentError
from parametric_memory.evaluation.rows import SKILL_COLUMNS, as_table
from parametric_memory.evaluation.run_skills import evaluate_skills, holds, scored
from parametric_memory.evaluation.runner import Runner
from parametric_memory.hypernetworks.checkpoint import save_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import untrained_network
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker, skill_folder
from parametric_memory.training.data.tasks import Task, TaskExample, read_tasks
from parametric_memory.training.lora import LoraSizes, train_each
from parametric_memory.training.skill_trainer import SkillConfig
from tests.training.skills import task_file


@pytest.fixture
def network(base, tmp_path: Path) -> Path:
    made = untrained_network(
        base.model, "tiny", embedding_model=None, embedding_size=32, base_fingerprint=base.fingerprint
    )
    for head in made.heads.values():
        head.weight.data.normal_(0, 0.1)
    save_text_to_lora(made.requires_grad_(False), tmp_path / "network")
    return tmp_path / "network"


def test_every_column_answers_the_same_questions(
    base, examine: Callable[..., Runner], network: Path, tmp_path: Path
) -> None:
    tasks = [task_file(tmp_path / "tasks.jsonl")]
    train_each(base, tmp_path / "own", read_tasks(tasks), SkillConfig(1), LoraSizes(), lambda line: None)
    all_tasks = tmp_path / "own" / "repeat" / "adapter"
    rows = evaluate_skills(examine(), tasks, network, all_tasks=all_tasks, own=tmp_path / "own", limit=2)
    by_name = {(row.case, row.metric): row for row in rows}
    whole = by_name["2 tasks", "score"]
    assert all(whole.figure(column) is not None for column in SKILL_COLUMNS)
    assert {"memory", *whole.differences} == set(SKILL_COLUMNS)
    tokens = by_name["2 tasks", "tokens read"]
    assert tokens.memory == tokens.none < (tokens.in_prompt or 0)
    assert by_name["2 tasks", "seconds to the first token"].memory > 0
    assert by_name["yes or no", "score"].n == 2
    assert "3 examples in the prompt" in as_table(rows, SKILL_COLUMNS)

    kept, memory = tmp_path / "kept.jsonl", examine().memory
    first = Runner(memory, (), kept=kept, report=lambda line: None)
    rows = evaluate_skills(first, tasks, network, limit=1)
    assert rows[0].figure("own_lora") is None
    again = Runner(memory, (), kept=kept, report=lambda line: None)
    assert again.answerer.stored == first.answerer.stored != {}
    evaluate_skills(again, tasks, network, limit=1)
    assert again.answerer.reused > 0  # not all of them: a skill is made again, and may be rounded otherwise


def test_a_column_that_some_tasks_lack_is_told_with_their_names(
    base, examine: Callable[..., Runner], network: Path, tmp_path: Path
) -> None:
    data, told = task_file(tmp_path / "tasks.jsonl"), []
    first, second = data.read_text().splitlines()
    data.write_text(f"{first}\n{json.dumps(json.loads(second) | {'train': []})}\n")
    train_each(base, tmp_path / "own", read_tasks([data])[:1], SkillConfig(1), LoraSizes(), lambda line: None)
    runner, tasks = examine(), [data]
    runner.report = told.append
    rows = evaluate_skills(runner, tasks, network, own=tmp_path / "own", limit=1)
    lacking = "is missing for yes or no: rows over several tasks lack it"
    assert told[:2] == [f"the column '3 examples in the prompt' {lacking}", f"the column 'own LoRA' {lacking}"]
    by_name = {(row.case, row.metric): row for row in rows}
    for column in ("own_lora", "examples_in_prompt"):
        assert by_name["2 tasks", "score"].figure(column) is None
        assert by_name["repeat", "score"].figure(column) is not None


def test_the_settings_say_whether_code_of_its_own_is_trusted(
    examine: Callable[..., Runner], network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [task_file(tmp_path / "tasks.jsonl", "repeat")]
    load, trusted = SkillMaker.load, []

    def loaded(folder, base=None, *, trust_remote_code=False):
        trusted.append(trust_remote_code)
        return load(folder, base)

    monkeypatch.setattr(SkillMaker, "load", loaded)
    runner = examine()
    evaluate_skills(runner, tasks, network, limit=1)
    runner.memory.models.settings = replace(runner.memory.models.settings, trust_remote_code=True)
    evaluate_skills(runner, tasks, network, limit=1)
    assert trusted == [False, True]


def test_what_is_right() -> None:
    example = TaskExample("Is it?", ("yes", "it is"))
    labels = Task("a", ("b",), (), kind="classification", labels=("yes", "no"))
    assert [scored(labels, example, text) for text in ("Yes.", "It is!", "yes, it is", "no")] == [1, 1, 0, 0]
    assert [holds(labels, example, text) for text in ("yes, it is", "yes or no", "no")] == [1, 0, 0]
    written = Task("a", ("b",), (), kind="generation")
    assert scored(written, TaskExample("", ("the red house",)), "the red car") == pytest.approx(2 / 3)


def test_a_hypernetwork_for_another_base_model_is_refused(base, network: Path) -> None:
    assert skill_folder(base, network) == network
    config = network / "config.json"
    told = json.loads(config.read_text())
    config.write_text(json.dumps({**told, "base_fingerprint": "another", "base_model": "another/model"}))
    with pytest.raises(CheckpointError, match="makes skills for another/model, not for tiny"):
        skill_folder(base, network)


UNREADABLE = {"long": "word " * 5000, "no word": "?!", "nameless": ""}


def test_a_task_whose_description_is_not_read_is_named_and_left_out(
    examine: Callable[..., Runner], network: Path, tmp_path: Path
) -> None:
    lines = [
        {"name": name, "descriptions": [description], "train": [{"input": "a", "output": "b"}]}
        for name, description in UNREADABLE.items()
    ]
    unreadable = tmp_path / "unreadable.jsonl"
    unreadable.write_text("".join(json.dumps(line) + "\n" for line in lines))
    runner, told = examine(), []
    runner.report = told.append
    tasks = [unreadable, task_file(tmp_path / "tasks.jsonl", "repeat")]
    rows = evaluate_skills(runner, tasks, network, limit=1)
    assert (rows[0].case, rows[-1].case) == ("1 task", "repeat")
    assert [line.partition(". ")[0] for line in told[:3]] == [f"The task {name} is left out" for name in UNREADABLE]
    reasons = ('"word word word word word word word word…" has 15001', "holds no word", "Nothing says what nameless is")
    for line, reason in zip(told, reasons, strict=False):
        assert reason in line and "\n" not in line
    with pytest.raises(DocumentError, match=r"There is no task to measure\. The task long is left out"):
        evaluate_skills(examine(), [unreadable], network)


def test_scores_that_are_saved_say_what_to_expect_of_a_new_skill(
    examine: Callable[..., Runner], network: Path, tmp_path: Path
) -> None:
    data, runner = [task_file(tmp_path / "tasks.jsonl")], examine()
    tasks, rows = read_tasks(data), evaluate_skills(runner, data, network, limit=2, save=True)
    skills = runner.memory.skills
    made = skills.add("Say the word again, please.", name="again", hypernetwork=network)
    assert made.expectation is not None and skills.get("again") == made
    told = {row.case: row for row in rows[-2:]}[made.expectation.task]
    assert (made.expectation.score, made.expectation.unaided) == (told.memory, told.none)
    [same] = [skills.add(task.descriptions[0], name="same", hypernetwork=network) for task in tasks[:1]]
    assert same.expectation is not None and same.expectation.task == "repeat" and same.expectation.near
