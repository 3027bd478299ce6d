from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.commands import evaluate, skills, train
from parametric_memory.hypernetworks.checkpoint import read_text_to_lora_config
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.hypernetworks.text_to_lora.skill_maker import MEASURED_FILE, SHIPPED, read_measured
from parametric_memory.internalize.selection import EMBEDDED_BASE_MODEL, shipped_hypernetwork
from parametric_memory.memory_adapters import SAMPLE_INPUTS, Skills
from parametric_memory.records import Skill
from parametric_memory.storage.skills import SkillStore
from parametric_memory.training.lora import LEARNING_RATE, SkillTraining
from tests.commands.running import Runner, entries_of
from tests.tiny_models import random_lora, tiny_llama
from tests.training.skills import TASKS, task_file

SHIPPED_FOLDERS = [config.parent for config in sorted(SHIPPED.glob("*/config.json"))]
MOST_BYTES = 20_000_000
needs_shipped = pytest.mark.skipif(not SHIPPED_FOLDERS, reason="no hypernetwork that makes skills comes along")


@pytest.fixture
def memory_of_skills(memory: Path) -> Path:
    """A memory with two skills."""
    adapter = random_lora(tiny_llama())
    with entries_of(memory) as store:
        for name in ("sentiment", "rhyme"):
            skill = Skill(
                name=name, description=f"Do {name}", made_of="adapter", base_model="tiny", base_fingerprint="x"
            )
            SkillStore(store.database).write(skill, adapter)
    return memory


def test_skills_are_listed_shown_and_removed(run: Runner, memory_of_skills: Path) -> None:
    listed = run("skill", "list", "--memory", memory_of_skills)
    assert listed.code == 0 and listed.out.index("rhyme") < listed.out.index("sentiment")
    assert [skill["name"] for skill in run("skill", "list", "--json", "--memory", memory_of_skills).data] == [
        "rhyme",
        "sentiment",
    ]
    shown = run("skill", "show", "sentiment", "--memory", memory_of_skills)
    assert "Do sentiment" in shown.out
    unknown = run("skill", "rm", "rhyme", "other", "--memory", memory_of_skills)
    assert unknown.code == 1 and "no skill 'other': there are rhyme, sentiment" in unknown.err
    assert len(unknown.err.strip().splitlines()) == 1
    assert run("skill", "rm", "rhyme", "--memory", memory_of_skills).out == "removed rhyme\n"
    assert [skill["name"] for skill in run("skill", "list", "--json", "--memory", memory_of_skills).data] == [
        "sentiment"
    ]


def test_what_cannot_be_a_skill_is_told_in_a_line(run: Runner, memory: Path, tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text('{"input": "hot"}\n')
    refused = run("skill", "train", "antonyms", "--examples", tmp_path / "examples.jsonl", "--memory", memory)
    assert refused.code == 1 and "line 1 is no example of a task: it lacks the field output" in refused.err
    nothing = run("skill", "add", "--memory", memory)
    assert nothing.code == 1 and "nothing to make a skill of" in nothing.err
    empty = run("skill", "add", " ", "--name", "terse", "--memory", memory)
    assert empty.code == 1 and "nothing to make the skill 'terse' of: give a description" in empty.err
    for result in (refused, nothing):
        assert len(result.err.strip().splitlines()) == 1


def test_a_memory_of_skills_alone_is_not_said_to_be_missing(run: Runner, tmp_path: Path) -> None:
    missing = "There is no memory in"
    assert missing in run("ask", "Who?", "--skill", "a", "--memory", tmp_path / "nothing").err
    skill = Skill(name="rhyme", description="", made_of="adapter", base_model="tiny", base_fingerprint="x")
    with entries_of(tmp_path / "skills-alone") as store:
        SkillStore(store.database).write(skill, random_lora(tiny_llama()))
    asked = run("ask", "Who?", "--skill", "other", "--memory", tmp_path / "skills-alone")
    assert asked.code == 1 and missing not in asked.err and "no skill 'other': there are rhyme" in asked.err


def test_a_skill_needs_memory_to_be_asked_under(run: Runner, memory: Path) -> None:
    refused = run("ask", "Who?", "--skill", "a", "--no-memory", "--memory", memory)
    assert refused.code == 2 and "--skill" in refused.err


def test_the_defaults_of_making_a_skill_are_those_of_the_training() -> None:
    own = inspect.signature(skills.train).parameters
    assert skills.train.__doc__ is not None
    for name in ("rank", "alpha", "modules"):  # None: the usual ones, or those of the description's skill
        assert own[name].default is None
    assert own["learning_rate"].default == LEARNING_RATE
    for name in ("steps", "batch", "seed"):
        assert own[name].default == getattr(SkillTraining(), name)


def test_training_data_are_looked_at_before_a_model_is_loaded(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"name": "a"}\n')
    for command in ("t2l", "lora"):
        refused = run("train", command, "--data", tmp_path / "tasks.jsonl", "--output", tmp_path / "run")
        assert refused.code == 1 and "line 1 is no task" in refused.err
    refused = run("eval", "skills")
    assert refused.code == 2 and "--data" in refused.err
    refused = run("eval", "skills", "--data", tmp_path / "tasks.jsonl", "--save")
    assert refused.code == 2 and "name its folder" in one_line(refused.err)


def one_line(error: str) -> str:
    return " ".join(error.split())


@pytest.mark.parametrize("setting", ["head_rate=1e-4", "embedding_noise=0.1", "max_tokens=96", "documents=1"])
def test_a_setting_of_the_other_way_of_training_is_none(run: Runner, tmp_path: Path, setting: str) -> None:
    ways = ("--adapters", "oracles", "--set", setting)
    refused = run("train", "t2l", "--data", tmp_path / "tasks.jsonl", "--output", tmp_path / "run", *ways)
    assert refused.code == 1 and f"There is no setting {setting.partition('=')[0]}" in refused.err


def test_a_task_that_has_only_what_is_asked_is_not_trained_on(run: Runner, tmp_path: Path) -> None:
    asked = {key: value for key, value in TASKS[0].items() if key != "train"}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(asked) + "\n")
    for options in ([], ["--each"]):
        refused = run("train", "lora", "--data", tmp_path / "tasks.jsonl", "--output", tmp_path / "run", *options)
        assert refused.code == 1 and "repeat has no examples to train on, and eval skills asks its test" in refused.err
        assert len(refused.err.strip().splitlines()) == 1


def test_the_hypernetwork_of_a_skill_that_is_taken_over_is_refused(run: Runner, memory: Path, tmp_path: Path) -> None:
    refused = run("skill", "add", "--folder", tmp_path, "--skills", tmp_path, "--name", "a", "--memory", memory)
    assert refused.code == 2 and "--skills makes a skill from a description" in one_line(refused.err)


def test_a_lora_says_how_it_becomes_a_skill(
    run: Runner, base, open_memory: Callable[..., ParametricMemory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "open_models", lambda *options: SimpleNamespace(base=base))
    data = task_file(tmp_path / "tasks.jsonl")
    trained = run("train", "lora", "--data", data, "--steps", "1", "--output", tmp_path / "run")
    command = trained.out.partition(": ")[2].removesuffix(" takes it\n")
    assert command == f"skill add --folder {tmp_path / 'run' / 'adapter'} --name NAME"
    monkeypatch.setattr(skills, "open_memory", lambda context, models: open_memory())
    added = run(*command.replace("NAME", "both").split())
    assert added.code == 0 and all(f"\n{given}  ->  " in added.out for given in SAMPLE_INPUTS)
    as_json = run(*command.replace("NAME", "both").split(), "--json").data
    assert as_json["name"] == "both" and [*as_json["samples"]] == [*SAMPLE_INPUTS]
    assert run(*command.replace("NAME", "both").split(), "--no-samples").out.count("\n") == 1
    assert [skill.name for skill in open_memory().skills.list()] == ["both"]


def test_a_skill_of_examples_is_trained_in_a_folder_that_it_goes_on_from(
    run: Runner, open_memory: Callable[..., ParametricMemory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skills, "open_memory", lambda context: open_memory())
    examples = tmp_path / "examples.jsonl"
    examples.write_text("".join(json.dumps(example) + "\n" for example in TASKS[0]["train"]))
    command = ("skill", "train", "repeat", "--examples", examples, "--alpha", "8", "--output", tmp_path / "run")
    assert run(*command, "--steps", "10").code == 0
    factors = open_memory().storage.skills.adapter("repeat").factors.values()
    assert [each.scaling for each in factors] == pytest.approx([8 / 8**0.5] * len(factors))
    assert "resuming from step 10" in run(*command, "--steps", "12").err
    other = run(*command, "--rank", "4", "--quiet")
    assert other.code == 1 and "name another folder" in other.err and len(other.err.strip().splitlines()) == 1


@pytest.mark.parametrize("trusted", [False, True])
def test_code_of_a_model_is_trusted_only_where_an_option_says_so(
    run: Runner, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    told: dict[str, Any] = {}
    made = Skill(name="a", description="", made_of="description", base_model="tiny", base_fingerprint="x")

    def added(skills: Skills, *_: Any, **__: Any) -> Skill:
        told["add"] = skills._models.settings.trust_remote_code
        return made

    def opened(context: Any, trust_remote_code: bool) -> Any:
        told["base"] = trust_remote_code
        return SimpleNamespace(base=None, hypernetwork_folder=None)

    def trained(*arguments: Any, beside: Path | None) -> None:
        told["t2l"] = arguments[-1]
        raise KeyboardInterrupt

    def evaluated(context: Any, models: Any, recall: Any) -> Any:
        told["eval"] = models.trust_remote_code
        raise KeyboardInterrupt

    monkeypatch.setattr(Skills, "add", added)
    monkeypatch.setattr(train, "open_models", opened)
    monkeypatch.setattr("parametric_memory.training.t2l.train_t2l", trained)
    monkeypatch.setattr(evaluate, "open_memory", evaluated)
    data, option = ("--data", task_file(tmp_path / "tasks.jsonl")), ["--trust-remote-code"] if trusted else []
    assert run("skill", "add", "Rhyme.", "--no-samples", "--memory", memory, *option).code == 0
    assert run("train", "t2l", *data, "--output", tmp_path / "run", *option).code == 130
    lacking = run("train", "t2l", *data, "--output", tmp_path / "run", *option, "--set", "documents=1")
    assert lacking.code == 2 and "hypernetwork of documents" in one_line(lacking.err)
    assert run("eval", "skills", *data, *option).code == 130
    assert [told[name] for name in ("add", "base", "t2l", "eval")] == [trusted] * 4


@needs_shipped
@pytest.mark.parametrize("folder", SHIPPED_FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_hypernetwork_is_small_and_says_what_it_is(folder: Path) -> None:
    config = read_text_to_lora_config(folder)
    documents = shipped_hypernetwork(base_model=EMBEDDED_BASE_MODEL)
    assert documents is not None and config.base_fingerprint == read_record(documents).base_fingerprint
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MOST_BYTES
    measured = (folder / MEASURED_FILE).exists()
    assert not measured or read_measured(folder, config.embedding_size), "scores of other weights: measure again"
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "FILL(" not in card and (folder / "ATTRIBUTION.md").is_file()


@needs_shipped
@pytest.mark.slow
def test_the_shipped_hypernetwork_makes_skills_at_once(run_embedded: Runner, tmp_path: Path) -> None:
    memory = ("--memory", tmp_path / "memory", "--json", "--quiet")
    made = [
        run_embedded("skill", "add", description, "--name", name, *memory).data
        for name, description in (
            ("sentiment", "Answer with one word: is the review positive or negative?"),
            ("plural", "Give the plural of the word."),
        )
    ]
    assert [skill["made_of"] for skill in made] == ["description"] * 2
    assert made[0]["adapter_sha256"] != made[1]["adapter_sha256"]
    asked = ("ask", "I would go there again, the food was wonderful.", "--max-tokens", "16", *memory)
    plain, skilled = run_embedded(*asked).data, run_embedded(*asked, "--skill", "sentiment").data
    assert skilled["skills"] == ["sentiment"] and skilled["text"] != plain["text"]
