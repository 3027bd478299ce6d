"""Skills of a memory: made, kept, and attached beside what a question recalls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
import torch

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import merge
from parametric_memory.adapters.peft_folder import load_peft, save_peft
from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    DocumentError,
    MemoryFolderError,
    MemoryMismatch,
    ModelUnavailable,
    SettingsError,
    SkillNotFound,
)
from parametric_memory.hypernetworks.checkpoint import save_text_to_lora
from parametric_memory.hypernetworks.text_to_lora import skill_maker
from parametric_memory.hypernetworks.text_to_lora.network import untrained_network
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.memory import reopen
from parametric_memory.memory_adapters import SAMPLE_INPUTS, name_of
from parametric_memory.settings import ModelSettings
from parametric_memory.storage.proof import proof
from parametric_memory.storage.schema import skills as table
from parametric_memory.training.data.tasks import Task, examples_of
from parametric_memory.training.loop import Run
from parametric_memory.training.lora import LoraSizes, SkillTraining, _steps_for, train_lora
from parametric_memory.training.skill_trainer import SkillConfig, SkillTrainer
from tests.bag_of_words import BagOfWords
from tests.close import TRAINED, assert_close, assert_close_adapters, assert_close_recalls, close
from tests.comparing import whole_adapter
from tests.tiny_models import random_lora
from tests.training.skills import TASKS

OpenMemory = Callable[..., ParametricMemory]
LINA, ABOUT_LINA = "Lina Okafor lives in Bergen.", "Where does Lina Okafor live?"
SAY_IT = "Answer with one word: is the review positive or negative?"


@pytest.fixture
def skill(base, tmp_path: Path) -> Path:
    """A PEFT folder."""
    save_peft(random_lora(base.model), tmp_path / "skill", "tiny")
    return tmp_path / "skill"


@pytest.fixture
def network(base, tmp_path: Path) -> Path:
    """A hypernetwork for the tiny model that says something else for every description."""
    made = untrained_network(
        base.model,
        "tiny",
        embedding_model=None,
        embedding_size=32,
        base_fingerprint=base.fingerprint,
        base_signature=base.signature,
    )
    for head in made.heads.values():
        head.weight.data.normal_(0, 0.1)
    save_text_to_lora(made.requires_grad_(False), tmp_path / "network")
    return tmp_path / "network"


def change(memory: ParametricMemory, **values: object) -> None:
    """Gives the row of the skill `short` other values, as a disk does that loses bits."""
    with memory.storage.database.writing() as connection:
        connection.execute(table.update().where(table.c.name == "short").values(**values))


def logits(base, ids, adapter: Adapter | None) -> torch.Tensor:
    with torch.no_grad(), adapter_hooks(base.model, [adapter]):
        return base.model(torch.tensor([ids])).logits


def test_a_skill_is_made_of_its_description_kept_and_forgotten(open_memory: OpenMemory, base, network: Path) -> None:
    memory = open_memory()
    made = memory.skills.add(SAY_IT, hypernetwork=network)
    assert (made.name, made.made_of, made.rank) == ("answer-with-one-word-is", "description", 8)
    assert (made.base_model, made.base_fingerprint) == ("tiny", base.fingerprint)
    other = memory.skills.add("Rhyme.", name="rhyme", hypernetwork=network)
    again = open_memory()
    assert again.skills.list() == [made, other] and again.skills.get("rhyme") == other
    assert made.adapter_sha256 != other.adapter_sha256
    assert again.list() == []
    again.skills.delete("rhyme")
    assert memory.skills.list() == [made]
    with pytest.raises(SkillNotFound, match="no skill 'rhyme': there are answer-with-one-word-is"):
        memory.skills.get("rhyme")


def test_code_of_its_own_runs_only_where_the_settings_trust_it(
    base, network: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load, trusted = SkillMaker.load, []

    def loaded(folder, base=None, *, trust_remote_code=False):
        trusted.append(trust_remote_code)
        return load(folder, base)

    monkeypatch.setattr(SkillMaker, "load", loaded)
    for settings in (ModelSettings(base_model=base), ModelSettings(base_model=base, trust_remote_code=True)):
        with ParametricMemory(tmp_path / "memory", models=settings, embeddings=BagOfWords()) as memory:
            memory.skills.add(SAY_IT, hypernetwork=network)
    assert trusted == [False, True]


def test_the_hypernetwork_that_comes_along_is_found(
    open_memory: OpenMemory, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelUnavailable, match="train t2l"):
        open_memory().skills.add(SAY_IT)
    monkeypatch.setattr(skill_maker, "SHIPPED", network.parent)
    assert open_memory().skills.add(SAY_IT).rank == 8


def test_document_and_skill_add_up(open_memory: OpenMemory, base, skill: Path) -> None:
    memory = open_memory()
    memory.add(LINA)
    memory.skills.add("Say it shortly.", name="short", folder=skill)
    document = memory.attachment(ABOUT_LINA)
    both = memory.attachment(ABOUT_LINA, skills=["short"])
    assert_close_recalls(both.recalls, document.recalls)
    assert both.search == document.search
    assert document.adapter is not None and both.adapter is not None
    own = random_lora(base.model)
    for name, factors in both.adapter.factors.items():
        parts = [a.factors[name] for a in (document.adapter, own) if name in a.factors]
        update = factors.scaling * factors.B.float().T @ factors.A.float()
        expected = sum(part.scaling * part.B.float().T @ part.A.float() for part in parts)
        assert_close(update, expected)
        assert factors.shared == document.adapter.factors[name].shared if name in document.adapter.factors else True
    ids = base.chat.question(ABOUT_LINA)
    expected = logits(base, ids, merge([document.adapter, own]))
    assert_close(logits(base, ids, both.adapter), expected)
    assert not close(expected, logits(base, ids, document.adapter), within=1e-2)
    assert not close(expected, logits(base, ids, own), within=1e-4)


def test_a_skill_takes_no_documents_place_and_is_found_by_no_question(open_memory: OpenMemory, skill: Path) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    memory.skills.add(ABOUT_LINA, name="lina", folder=skill)
    assert [r.entry_id for r in memory.recall(ABOUT_LINA)] == [entry.id]
    plain, skilled = memory.ask(ABOUT_LINA), memory.ask(ABOUT_LINA, skills=["lina", "lina"])
    assert_close_recalls(plain.recalls, skilled.recalls)
    assert skilled.remembered
    assert (plain.skills, skilled.skills) == ([], ["lina"])
    assert plain.text != skilled.text
    recalls, pieces = memory.stream(ABOUT_LINA, skills=["lina"])
    assert "".join(pieces).strip() == skilled.text
    assert_close_recalls(recalls, skilled.recalls)


def test_a_skill_answers_alone_where_nothing_is_recalled(open_memory: OpenMemory, base, skill: Path) -> None:
    memory = open_memory()
    memory.skills.add(name="short", folder=skill)
    answer = memory.ask("How many planets are there?", skills=["short"], max_new_tokens=8)
    assert not answer.remembered and answer.skills == ["short"]
    assert answer.text != memory.ask("How many planets are there?", max_new_tokens=8, abstain=False).text
    with memory.attach_to(base.model, "How many planets are there?", skills=["short"]) as recalls:
        assert list(recalls) == []
        ids = base.chat.question("How many planets are there?")
        with torch.no_grad():
            attached = base.model(torch.tensor([ids])).logits
    assert_close(attached, logits(base, ids, random_lora(base.model)))


def test_document_and_skill_are_one_peft_folder(open_memory: OpenMemory, base, skill: Path, tmp_path: Path) -> None:
    memory = open_memory()
    entry = memory.add(LINA)
    memory.skills.add(name="short", folder=skill)
    memory.adapters.export(entry.id, tmp_path / "both", skills=["short"])
    whole = whole_adapter(memory, entry.id)
    ids = base.chat.question(ABOUT_LINA)
    expected = logits(base, ids, merge([whole, random_lora(base.model)]))
    assert_close(logits(base, ids, load_peft(tmp_path / "both")), expected)
    memory.adapters.export([], tmp_path / "skill-alone", skills=["short"])
    assert load_peft(tmp_path / "skill-alone").rank == 2
    with pytest.raises(AdapterError, match="nothing to merge"):
        memory.adapters.export([], tmp_path / "nothing")


def test_a_skill_is_trained_on_examples(open_memory: OpenMemory) -> None:
    memory, told = open_memory(), []
    made = memory.skills.add(
        name="repeat", examples=TASKS[0]["train"], training=SkillTraining(steps=2, batch=2), on_progress=told.append
    )
    assert (made.made_of, made.examples, made.rank) == ("examples", 6, 8)
    assert memory.ask("museum", skills=["repeat"], max_new_tokens=2).skills == ["repeat"]


def test_a_skill_of_examples_that_was_stopped_goes_on_to_the_same_weights(
    open_memory: OpenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, told = open_memory(), []
    given = {"name": "repeat", "examples": TASKS[0]["train"], "on_progress": told.append}
    memory.skills.add(**given, training=SkillTraining(steps=4, batch=2))
    training = SkillTraining(steps=4, batch=2, folder=tmp_path / "run")
    draw = SkillTrainer.draw

    def interrupted(trainer, rng, task):
        if trainer.step == 2:
            raise KeyboardInterrupt
        return draw(trainer, rng, task)

    with monkeypatch.context() as patched:
        patched.setattr(SkillTrainer, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            memory.skills.add(**given, training=training)
    memory.adapters.export([], tmp_path / "whole", skills=["repeat"])
    memory.skills.add(**given, training=training)
    memory.adapters.export([], tmp_path / "again", skills=["repeat"])
    assert "resuming from step 2" in told
    assert_close_adapters(load_peft(tmp_path / "again"), load_peft(tmp_path / "whole"), TRAINED)
    train_lora(
        memory.models.base,
        Run(tmp_path / "lora"),
        [Task("a", (), examples_of(TASKS[1]["train"], "Example"))],
        SkillConfig(1, batch=1),
    )
    others = (
        {"examples": TASKS[1]["train"]},
        {"training": replace(training, sizes=LoraSizes(alpha=8.0))},
        {"training": replace(training, seed=1)},
        {"training": replace(training, folder=tmp_path / "lora")},  # a run that is no skill's
    )
    for other in others:
        with pytest.raises(CheckpointError, match="or of a skill with other examples, sizes or seed: start as that"):
            memory.skills.add(**{**given, "training": training, **other})


def test_training_starts_from_the_skill_of_the_description(
    open_memory: OpenMemory, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, told = open_memory(), []
    given = {"examples": TASKS[0]["train"], "on_progress": told.append}
    still = SkillTraining(steps=1, batch=1, learning_rate=1e-12)

    def trained(description: str, training: SkillTraining = still) -> Adapter:
        memory.skills.add(description, name="short", training=training, **given)
        return memory.storage.skills.adapter("short")

    alone = trained(SAY_IT)  # no hypernetwork comes along for the tiny model
    assert "Training does not start from the description. No hypernetwork" in told[0] and "\n" not in told[0]
    assert told[1] == "6 examples and 0 held out, from an untrained LoRA: 1 steps at most"
    monkeypatch.setattr(skill_maker, "SHIPPED", network.parent)
    memory.skills.add(SAY_IT, name="made")
    assert_close_adapters(trained(SAY_IT), memory.storage.skills.adapter("made"))
    assert_close_adapters(trained(SAY_IT, replace(still, sizes=LoraSizes())), alone)
    assert_close_adapters(trained("?!"), alone)
    assert any("does not start from the description. The description holds no word" in line for line in told)


def test_training_ends_where_the_loss_on_held_out_examples_no_longer_falls(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory, told = open_memory(), []
    examples = [{"input": word, "output": word} for word in "Lina Bergen museum cello budget report train town".split()]
    training = SkillTraining(learning_rate=1e-12, folder=tmp_path / "run")
    given = {"name": "repeat", "examples": examples, "training": training, "on_progress": told.append}
    first = memory.skills.add(**given)
    assert told[0] == "6 examples and 2 held out, from an untrained LoRA: 18 steps at most"
    assert "the loss was lowest at step 0, " in told[-1]
    assert "valid step 9/18" in told[-2] and first.examples == 8  # three validations without a gain
    assert not any(factors.B.any() for factors in memory.storage.skills.adapter("repeat").factors.values())
    assert memory.skills.add(**given).adapter_sha256 == first.adapter_sha256  # the run has ended, and is as it was
    memory.skills.add(**{**given, "training": SkillTraining(learning_rate=0.5)})
    assert "lowest at step 0" not in told[-1]


def test_steps_depend_on_the_number_and_the_length_of_examples(base) -> None:
    def steps(count: int, words: int) -> int:
        examples = examples_of([{"input": "museum " * words, "output": "b"}] * count, "Example")
        return _steps_for(base, examples, SkillTraining())

    assert [steps(count, 2) for count in (1, 8, 1000)] == [11, 18, 100]
    assert 18 < steps(32, 2) <= 42
    assert steps(8, 400) == steps(8, 4000) < steps(8, 2)
    assert steps(1000, 400) == 100


def test_samples_are_answers_under_the_skill_alone(open_memory: OpenMemory, skill: Path) -> None:
    memory = open_memory()
    memory.add(LINA)
    memory.skills.add(name="short", folder=skill)
    question = "How many planets are there?"
    asked = memory.ask(question, skills=["short"], max_new_tokens=4)
    assert memory.skills.samples("short", question, max_new_tokens=4) == {question: asked.text}
    assert [*memory.skills.samples("short", max_new_tokens=1)] == [*SAMPLE_INPUTS]
    with pytest.raises(SkillNotFound, match="no skill 'long': there are short"):
        memory.skills.samples("long")


def test_a_command_that_was_refused_may_be_given_again_in_the_same_folder(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    training = SkillTraining(steps=1, batch=1, folder=tmp_path / "run", sizes=LoraSizes(modules=("none",)))
    given = {"name": "repeat", "examples": TASKS[0]["train"]}
    with pytest.raises(SettingsError):
        open_memory().skills.add(**given, training=training)
    assert open_memory().skills.add(**given, training=replace(training, sizes=LoraSizes())).name == "repeat"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to make a skill of"),
        ({"description": "  "}, "nothing to make a skill of"),
        ({"examples": [], "folder": "a"}, "examples or of a folder"),
        ({"folder": "a", "hypernetwork": "b"}, "give it, or a folder, not both"),
        ({"name": "a", "examples": [], "hypernetwork": "b"}, "give it, or examples, not both"),
        ({"name": "a", "examples": []}, "no example to train on"),
        ({"name": "a", "examples": [{"input": "b"}]}, "Example 1 is no example of a task: it lacks the field output"),
        ({"name": "../a", "description": "b"}, "cannot be named"),
        ({"name": "A b", "description": "b"}, "cannot be named"),
    ],
)
def test_what_is_no_skill_is_told_in_one_line(open_memory: OpenMemory, given: dict[str, object], message: str) -> None:
    with pytest.raises(DocumentError, match=message) as refused:
        open_memory().skills.add(**given)
    assert "\n" not in str(refused.value)


def test_a_description_that_is_too_long_is_refused(open_memory: OpenMemory, network: Path) -> None:
    with pytest.raises(DocumentError, match="tokens, and the base model reads 2048 at most"):
        open_memory().skills.add("word " * 5000, name="long", hypernetwork=network)


def test_a_hypernetwork_or_a_skill_for_another_base_model_is_refused(
    open_memory: OpenMemory, network: Path, skill: Path
) -> None:
    config = json.loads((network / "config.json").read_text())
    changed = {**config, "base_model": "another/model", "base_fingerprint": "other", "base_signature": ""}
    (network / "config.json").write_text(json.dumps(changed))
    memory = open_memory()
    with pytest.raises(CheckpointError, match="makes skills for another/model, not for tiny"):
        memory.skills.add(SAY_IT, hypernetwork=network)

    memory.skills.add(name="short", folder=skill)
    change(memory, record=memory.skills.get("short").model_dump(mode="json") | {"base_fingerprint": "other"})
    with pytest.raises(MemoryMismatch, match="The skill short was made for tiny"):
        memory.ask(ABOUT_LINA, skills=["short"])
    change(memory, record={})
    for look in (
        lambda: memory.ask(ABOUT_LINA, skills=["short"]),
        memory.skills.list,
        lambda: memory.skills.get("short"),
    ):
        with pytest.raises(CheckpointError, match="The skill short is damaged: remove it, and add it again"):
            look()
    memory.skills.delete("short")
    assert memory.skills.list() == []


def test_no_skill_is_chosen_silently(open_memory: OpenMemory, skill: Path) -> None:
    memory = open_memory()
    memory.skills.add(name="short", folder=skill)
    with pytest.raises(SettingsError, match="name them in a list"):
        memory.ask(ABOUT_LINA, skills="auto")
    with pytest.raises(SkillNotFound, match="no skill 'long': there are short"):
        memory.ask(ABOUT_LINA, skills=["long"])


def test_a_skill_that_was_replaced_is_the_new_one(open_memory: OpenMemory, base, skill: Path, tmp_path: Path) -> None:
    memory = open_memory()
    first = memory.skills.add(name="short", folder=skill)
    save_peft(random_lora(base.model, seed=1), tmp_path / "second", "tiny")
    second = memory.skills.add(name="short", folder=tmp_path / "second")
    assert memory.skills.list() == [second] and first.adapter_sha256 != second.adapter_sha256


def test_a_name_is_made_of_the_first_words() -> None:
    assert name_of("Answer in ONE word, please: yes or no?") == "answer-in-one-word-please"
    assert name_of("用一个词") == "skill"


def test_skills_go_with_an_exported_memory(open_memory: OpenMemory, skill: Path, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add(LINA)
    made = memory.skills.add("Say it shortly.", name="short", folder=skill)
    assert Maintenance(memory).export(tmp_path / "memory.zip") == 1
    other = reopen(memory, tmp_path / "other")
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (1, 0)
    assert other.skills.list() == [made]
    assert other.ask(ABOUT_LINA, skills=["short"]).text == memory.ask(ABOUT_LINA, skills=["short"]).text

    with ZipFile(tmp_path / "memory.zip") as archive, ZipFile(tmp_path / "damaged.zip", "w") as damaged:
        for name in archive.namelist():
            content = archive.read(name)
            damaged.writestr(name, content[:-8] if name == "skills/short/adapter_model.safetensors" else content)
    third = reopen(memory, tmp_path / "third")
    with pytest.raises(MemoryFolderError, match=r"damaged\.zip holds what cannot be imported"):
        Maintenance(third).import_(tmp_path / "damaged.zip")
    assert third.skills.list() == [] and third.list() == []


def test_a_skill_that_is_replaced_while_it_is_exported_is_exported_whole(
    open_memory: OpenMemory, base, skill: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    memory.add(LINA)
    before = memory.skills.add(name="short", folder=skill)
    save_peft(random_lora(base.model, seed=1), tmp_path / "second", "tiny")
    adapter = memory.storage.skills.adapter

    def while_another_replaces_it(name: str) -> Adapter:
        open_memory().skills.add(name="short", folder=tmp_path / "second")
        return adapter(name)

    monkeypatch.setattr(memory.storage.skills, "adapter", while_another_replaces_it)
    Maintenance(memory).export(tmp_path / "memory.zip")
    assert memory.skills.list() != [before]
    other = reopen(memory, tmp_path / "other")
    Maintenance(other).import_(tmp_path / "memory.zip")
    assert other.skills.list() == [before]


def test_a_skill_that_is_damaged_is_named(open_memory: OpenMemory, skill: Path, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add(LINA)
    memory.skills.add(name="short", folder=skill), memory.skills.add(name="long", folder=skill)
    change(memory, adapter=b"cut short")
    for use in (
        lambda: memory.ask(ABOUT_LINA, skills=["short"]),
        lambda: Maintenance(memory).export(tmp_path / "memory.zip"),
    ):
        with pytest.raises(CheckpointError, match="The skill short is damaged: remove it, and add it again"):
            use()
    assert not (tmp_path / "memory.zip").exists()
    assert memory.storage.skills.damaged() == ["The skill short is damaged: remove it, and add it again."]
    assert memory.ask(ABOUT_LINA, skills=["long"]).skills == ["long"]


def test_a_skill_that_is_forgotten_is_in_no_file(open_memory: OpenMemory, skill: Path) -> None:
    memory = open_memory()
    memory.skills.add("Say it in whispers.", name="whisper", folder=skill)
    memory.skills.add("Say it shortly.", name="short", folder=skill)
    memory.skills.delete("whisper")
    files = [path for path in memory.storage.location.folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"whisper" in path.read_bytes()] == []
    assert not memory.storage.leaves_traces
    assert [skill.name for skill in memory.skills.list()] == ["short"]


def test_a_report_of_what_is_left_counts_skills(open_memory: OpenMemory, skill: Path) -> None:
    memory = open_memory()
    memory.add(LINA)
    memory.skills.add("Say it shortly.", name="short", folder=skill)
    memory.skills.add("Say it in whispers.", name="short", folder=skill)
    found = proof(memory.storage, ["Say it shortly."])  # which it said before it was replaced
    assert found.holds and found.skills == 1 and [word.files for word in found.searched] == [[]]
    found = proof(memory.storage, ["Say it in whispers."])
    assert not found.holds and found.searched[0].files == ["memory.db"]
