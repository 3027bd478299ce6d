"""Hypernetworks of strangers, of every kind: small files that ask for much, and numbers that are none."""

from __future__ import annotations

import json
import math
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from parametric_memory.errors import CheckpointError, ParametricMemoryError
from parametric_memory.hypernetworks.checkpoint import (
    load_key_value,
    load_perceiver,
    load_text_to_lora,
    save_key_value,
    save_perceiver,
    save_text_to_lora,
)
from parametric_memory.hypernetworks.record import HypernetworkRecord, read_record
from tests.hypernetworks.doc_to_lora.networks import config_for, trained
from tests.hypernetworks.text_to_lora.networks import random_network, tiny_config
from tests.tiny_models import tiny_llama

Load = Callable[[Path], object]
MEGABYTE = 2**20
KINDS = ("key-value", "perceiver", "text-to-lora")


@pytest.fixture(scope="module")
def folders(_tiny_hypernetwork, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Load]]:
    """A folder of each kind, and what reads it."""
    root, model = tmp_path_factory.mktemp("folders"), tiny_llama()
    save_key_value(_tiny_hypernetwork, HypernetworkRecord("key-value", "tiny"), root / "key-value")
    save_perceiver(trained(config_for(model)), root / "perceiver")
    save_text_to_lora(random_network(tiny_config()), root / "text-to-lora")
    loads: dict[str, Load] = {
        "key-value": load_key_value,
        "perceiver": partial(load_perceiver, base_model=model),
        "text-to-lora": load_text_to_lora,
    }
    return {kind: (root / kind, load) for kind, load in loads.items()}


def copied(source: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def refusal(load: Load, folder: Path) -> str:
    """What loading a folder says, on one line; soon, and without taking memory for what it claims."""
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    assert time.monotonic() - started < 5
    assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE
    tracemalloc.stop()
    told = str(caught.value)
    assert "\n" not in told and len(told) < 1000
    return told


def edit(folder: Path, **options: Any) -> None:
    """Writes other options of the network into a folder's config."""
    config = json.loads((folder / "config.json").read_text())
    config.get("network", config).update(options)
    (folder / "config.json").write_text(json.dumps(config))


ABSURD = [
    *(("key-value", name, 10**9) for name in ("hidden_size", "intermediate_size", "feature_size", "metric_rank")),
    *(("key-value", name, 50_000) for name in ("hidden_size", "whitening_rank", "feature_blocks", "shared_rank")),
    ("key-value", "memory_layers", [1] * 20_000),
    ("key-value", "memory_layers", [99]),
    ("key-value", "memory_layers", ["first"]),
    ("key-value", "feature_heads", 7),
    ("key-value", "gain", -1),
    ("key-value", "reader_modules", [["self_attn.q_proj", 10**9, 16]]),
    *(
        ("perceiver", name, 10**9)
        for name in ("latent_size", "latents", "rank", "blocks", "feature_size", "num_layers")
    ),
    *(("perceiver", name, 50_000) for name in ("latent_size", "blocks", "self_attention", "pre_head_blocks")),
    ("perceiver", "alpha", "much"),
    ("perceiver", "base_model", 3),
    ("perceiver", "context_encoder", {"model": 3}),
    *(("text-to-lora", name, 10**9) for name in ("embedding_size", "layers", "rank", "latent_size", "head_size")),
    *(("text-to-lora", name, 50_000) for name in ("embedding_size", "layers", "rank", "latent_size", "head_size")),
]


@pytest.mark.parametrize(("kind", "name", "value"), ABSURD, ids=lambda value: str(value)[:30])
def test_options_that_are_not_those_of_the_weights_are_refused_before_memory_is_taken(
    folders: dict[str, tuple[Path, Load]], tmp_path: Path, kind: str, name: str, value: Any
) -> None:
    source, load = folders[kind]
    edit(folder := copied(source, tmp_path / "edited"), **{name: value})
    refusal(load, folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_refused_by_name(
    folders: dict[str, tuple[Path, Load]], tmp_path: Path, kind: str, value: float
) -> None:
    source, load = folders[kind]
    folder = copied(source, tmp_path / "edited")
    tensors = load_file(source / "model.safetensors")
    name, tensor = next((name, tensor) for name, tensor in tensors.items() if tensor.ndim > 1)
    tensor.view(-1)[-1] = value
    save_file(tensors, folder / "model.safetensors")
    assert f"{name} holds numbers that are not finite" in refusal(load, folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", ['{"a":' * 200_000, "[" * 5_000_000, '{"kind": 1e999999', "\ud800"])
def test_configs_that_are_too_deep_or_too_large_are_refused(
    folders: dict[str, tuple[Path, Load]], tmp_path: Path, kind: str, content: str
) -> None:
    source, load = folders[kind]
    folder = copied(source, tmp_path / "edited")
    (folder / "config.json").write_bytes(content.encode(errors="surrogatepass"))
    assert str(folder / "config.json") in refusal(load, folder)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**40) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_options_raise_only_errors_of_their_own(
    folders: dict[str, tuple[Path, Load]], tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    source, load = folders[kind]
    folder = copied(source, tmp_path / "edited")
    config = json.loads((folder / "config.json").read_text())
    place = config["network"] if "network" in config and data.draw(st.booleans()) else config
    for name in data.draw(st.lists(st.sampled_from(sorted(place)), min_size=1, max_size=2)):
        place[name] = data.draw(VALUES)
    (folder / "config.json").write_text(json.dumps(config))
    with suppress(ParametricMemoryError):
        load(folder)
    with suppress(ParametricMemoryError):
        read_record(folder)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), other=st.binary(min_size=1, max_size=4))
def test_a_config_of_any_bytes_raises_only_errors_of_its_own(
    folders: dict[str, tuple[Path, Load]], tmp_path: Path, kind: str, share: float, other: bytes
) -> None:
    source, load = folders[kind]
    folder = copied(source, tmp_path / "edited")
    config = (folder / "config.json").read_bytes()
    place = int(share * len(config))
    (folder / "config.json").write_bytes(config[:place] + other + config[place + len(other) :])
    with suppress(ParametricMemoryError):
        load(folder)


def test_whole_numbers_are_no_weights(folders: dict[str, tuple[Path, Load]], tmp_path: Path) -> None:
    source, load = folders["text-to-lora"]
    folder = copied(source, tmp_path / "edited")
    save_file(
        {n: t.to(torch.int8) for n, t in load_file(source / "model.safetensors").items()}, folder / "model.safetensors"
    )
    assert "should be floating point" in refusal(load, folder)
