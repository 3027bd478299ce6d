from __future__ import annotations

import pytest

from parametric_memory.commands.train import Recipe
from parametric_memory.errors import SettingsError
from parametric_memory.training.doc_to_lora import ContextTrainingConfig
from parametric_memory.training.lora import LoraSizes
from parametric_memory.training.skill_trainer import SkillConfig


def test_settings_are_parsed_by_their_types_and_sizes_are_told_apart() -> None:
    options = ["latents=64", "alpha=8.5", "encoder=early_exit", "use_bias=false", "tokens=4096", "muon=true"]
    [config], sizes = Recipe(steps=10, settings=options).configure(ContextTrainingConfig, sizes=True)
    assert sizes == {"latents": 64, "alpha": 8.5, "encoder": "early_exit", "use_bias": False}
    assert (config.tokens, config.muon, config.steps, config.penalty) == (4096, True, 10, 0.1)
    _, sizes = Recipe(settings=["target_modules=down_proj,up_proj"]).configure(ContextTrainingConfig, sizes=True)
    assert sizes == {"target_modules": ("down_proj", "up_proj")}


def test_settings_of_several_kinds_are_taken_together() -> None:
    options = ["modules=q_proj,v_proj", "rank=4", "max_tokens=96", "head_rate=1e-4"]
    [config, sizes], _ = Recipe(settings=options, seed=3).configure(SkillConfig, LoraSizes)
    assert (config.seed, config.max_tokens, config.head_rate) == (3, 96, 1e-4)
    assert (sizes.rank, sizes.modules) == (4, ("q_proj", "v_proj"))


def test_a_recipe_is_what_nothing_else_was_said_about() -> None:
    recipe = {"objective": "cross-entropy", "penalty": 1.5}
    [config], _ = Recipe(settings=["penalty=2"]).configure(ContextTrainingConfig, defaults=recipe)
    assert (config.objective, config.penalty) == ("cross-entropy", 2.0)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("latents", "takes NAME=VALUE"),
        ("steps=3", "option of its own"),
        ("tokens=many", "tokens: .*integer"),
        ("tokens=1.5", "tokens: .*integer"),
        ("muon=maybe", "muon: .*boolean"),
        ("objective=both", "objective: .*'distillation' or 'cross-entropy'"),
        ("penalty=-1", "penalty: .*greater than or equal to 0"),
    ],
)
def test_what_is_no_setting_is_refused(option: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Recipe(settings=[option]).configure(ContextTrainingConfig, sizes=True)


def test_an_unknown_setting_is_named_where_there_are_no_sizes() -> None:
    with pytest.raises(SettingsError, match=r"no setting height: there are .*rank"):
        Recipe(settings=["height=3"]).configure(SkillConfig, LoraSizes)
