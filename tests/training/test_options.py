from __future__ import annotations

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.training.d2l import context_options
from parametric_memory.training.doc_to_lora import ContextTrainingConfig


def test_settings_and_sizes_are_told_apart_and_have_their_kinds() -> None:
    options = ["latents=64", "alpha=8.5", "encoder=early_exit", "use_bias=false", "tokens=4096", "neftune=0"]
    config, sizes = context_options("doc-to-lora", "distillation", {"steps": 10}, options)
    assert sizes == {"latents": 64, "alpha": 8.5, "encoder": "early_exit", "use_bias": False}
    assert (config.tokens, config.neftune, config.steps, config.penalty) == (4096, 0.0, 10, 0.1)
    assert context_options("doc-to-lora", "distillation", {}, ["muon=true", "centred=false"])[0].muon is True
    _, sizes = context_options("doc-to-lora", "distillation", {}, ["target_modules=down_proj,up_proj"])
    assert sizes == {"target_modules": ("down_proj", "up_proj")}


def test_the_recipes_are_those_of_the_paper() -> None:
    main, _ = context_options("doc-to-lora", "distillation", {}, [])
    assert main == ContextTrainingConfig()
    needle, _ = context_options("doc-to-lora", "distillation", {}, [], needle=True)
    assert (needle.objective, needle.penalty) == ("cross-entropy", 1.5)
    second, _ = context_options("doc-to-lora", "distillation", {}, [], several_chunks=True)
    assert (second.chunks.least, second.chunks.most) == (25, 512)
    rows, _ = context_options("key-value", "distillation", {}, [])
    assert (rows.steps, rows.learning_rate) == (2000, 2e-3)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("latents", "takes NAME=VALUE"),
        ("steps=3", "option of its own: --steps"),
        ("tokens=many", "tokens must be a number"),
        ("tokens=1.5", "tokens must be a number"),
        ("muon=1", "muon is true or false"),
    ],
)
def test_what_is_no_option_is_refused(option: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        context_options("doc-to-lora", "distillation", {}, [option])
