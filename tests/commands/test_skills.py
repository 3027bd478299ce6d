from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from parametric_memory.commands import skills, train_skills
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.hypernetworks.text_to_lora.folder import read_text_to_lora_config
from parametric_memory.models.selection import EMBEDDED_BASE_MODEL, shipped_hypernetwork
from parametric_memory.models.skill_makers import SHIPPED
from parametric_memory.records import Skill
from parametric_memory.storage.skills import SkillStore
from parametric_memory.training.lora import LEARNING_RATE, LoraSizes
from parametric_memory.training.reconstruction import ReconstructionConfig
from parametric_memory.training.skill_trainer import SkillConfig
from parametric_memory.training.skills import SkillTraining
from parametric_memory.training.t2l import T2LSizes
from tests.commands.running import Runner
from tests.tiny_models import random_lora, tiny_llama

SHIPPED_FOLDERS = [config.parent for config in sorted(SHIPPED.glob("*/config.json"))]
MOST_BYTES = 20_000_000
needs_shipped = pytest.mark.skipif(not SHIPPED_FOLDERS, reason="no hypernetwork that makes skills comes along")


@pytest.fixture
def memory_of_skills(memory: Path) -> Path:
    """A memory with two skills."""
    adapter = random_lora(tiny_llama())
    for name in ("sentiment", "rhyme"):
        skill = Skill(name=name, description=f"Do {name}", made_of="adapter", base_model="tiny", base_fingerprint="x")
        SkillStore(memory).write(skill, adapter, "tiny")
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
    assert SkillStore(memory_of_skills).names() == ["sentiment"]


def test_what_cannot_be_a_skill_is_told_in_a_line(run: Runner, memory: Path, tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text('{"input": "hot"}\n')
    refused = run("skill", "train", "antonyms", "--examples", tmp_path / "examples.jsonl", "--memory", memory)
    assert refused.code == 1 and "line 1 is no example of a task: it lacks the field output" in refused.err
    nothing = run("skill", "add", "--memory", memory)
    assert nothing.code == 1 and "nothing to make a skill of" in nothing.err
    for result in (refused, nothing):
        assert len(result.err.strip().splitlines()) == 1


def test_a_memory_of_skills_alone_is_not_said_to_be_missing(run: Runner, tmp_path: Path) -> None:
    missing = "There is no memory in"
    assert missing in run("ask", "Who?", "--skill", "a", "--memory", tmp_path / "nothing").err
    skill = Skill(name="rhyme", description="", made_of="adapter", base_model="tiny", base_fingerprint="x")
    SkillStore(tmp_path / "skills-alone").write(skill, random_lora(tiny_llama()), "tiny")
    asked = run("ask", "Who?", "--skill", "other", "--memory", tmp_path / "skills-alone")
    assert asked.code == 1 and missing not in asked.err and "no skill 'other': there are rhyme" in asked.err


def test_a_skill_needs_memory_to_be_asked_under(run: Runner, memory: Path) -> None:
    refused = run("ask", "Who?", "--skill", "a", "--no-memory", "--memory", memory)
    assert refused.code == 2 and "--skill" in refused.err


def test_the_defaults_in_the_help_are_those_of_the_training() -> None:
    t2l, lora, own = (inspect.signature(c).parameters for c in (train_skills.t2l, train_skills.lora, skills.train))
    assert t2l["batch"].default == SkillConfig().batch == ReconstructionConfig().batch
    assert t2l["max_tokens"].default == SkillConfig().max_tokens
    assert (SkillConfig().learning_rate, ReconstructionConfig().learning_rate) == (2.5e-5, 1e-3)
    for name in ("head_size", "latent_size", "offset", "embeddings"):
        assert t2l[name].default == getattr(T2LSizes(), name)
    assert t2l["descriptions"].default == T2LSizes().most_descriptions
    for options in (t2l, lora):
        assert (options["rank"].default, options["alpha"].default) == (LoraSizes().rank, LoraSizes().alpha)
        assert train_skills._names(options["modules"].default) == LoraSizes().modules
    assert lora["learning_rate"].default == own["learning_rate"].default == LEARNING_RATE
    for name in ("steps", "batch", "seed"):
        assert own[name].default == getattr(SkillTraining(), name)


def test_training_data_are_looked_at_before_a_model_is_loaded(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"name": "a"}\n')
    for command in ("t2l", "lora"):
        refused = run("train", command, "--data", tmp_path / "tasks.jsonl", "--output", tmp_path / "run")
        assert refused.code == 1 and "line 1 is no task" in refused.err
    refused = run("eval", "skills")
    assert refused.code == 2 and "--data" in refused.err


def test_benchmarks_of_programs_are_refused_unless_these_may_run(run: Runner) -> None:
    refused = run("eval", "skills", "--benchmark", "HumanEval=HumanEval.jsonl")
    assert refused.code == 2 and "allow it with --run-code" in " ".join(refused.err.split())
    missing = run("eval", "skills", "--benchmark", "mbpp=missing.jsonl", "--run-code")
    assert missing.code == 1 and "missing.jsonl" in missing.err
    lonely = run("eval", "skills", "--benchmark", "boolq=dev.jsonl", "--shots", "piqa=train.jsonl")
    assert lonely.code == 2 and "--shots piqa goes with" in " ".join(lonely.err.split())
    nothing = run("eval", "skills", "--benchmark", "boolq")
    assert nothing.code == 2 and "NAME=FILE" in nothing.err


@needs_shipped
@pytest.mark.parametrize("folder", SHIPPED_FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_hypernetwork_is_small_and_says_what_it_is(folder: Path) -> None:
    config = read_text_to_lora_config(folder)
    documents = shipped_hypernetwork(base_model=EMBEDDED_BASE_MODEL)
    assert documents is not None and config.base_fingerprint == read_record(documents).base_fingerprint
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MOST_BYTES
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
