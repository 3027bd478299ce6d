from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import load_perceiver
from parametric_memory.hypernetworks.doc_to_lora.network import ContextEncoderConfig, PerceiverConfig, PerceiverNetwork
from parametric_memory.hypernetworks.doc_to_lora.published import convert_published, read_published
from parametric_memory.hypernetworks.record import read_record
from tests.adapters.hostile_pickles import archive_of
from tests.hypernetworks.doc_to_lora.published_files import publish
from tests.tiny_models import tiny_llama


@pytest.fixture(scope="module")
def model():
    return tiny_llama()


@pytest.fixture
def network(model) -> PerceiverNetwork:
    return network_for(model)


def network_for(model: Any, **options: Any) -> PerceiverNetwork:
    torch.manual_seed(0)
    targets = options.pop("target_modules", ("down_proj",))
    small = {"latent_size": 8, "latents": 3, "blocks": 2, "rank": 2}
    return PerceiverNetwork(PerceiverConfig.for_model(model, "tiny", targets, **(small | options)))


def network_names(content: dict[str, Any]) -> list[str]:
    return [name for name, value in content.items() if isinstance(value, torch.Tensor)]


def refusal(source: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_published(source)
    message = str(caught.value)
    assert "\n" not in message
    return message


def with_option(where: str, option: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """An edit of what is published: an option of one of its configs."""

    def change(content: dict[str, Any]) -> None:
        configs = {**content, "aggregator_config": content["hypernet_config"].aggregator_config}
        vars(configs[where])[option] = value

    return change


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target_modules": ("q_proj", "down_proj"), "pre_head_blocks": 3, "per_layer_pre_head": False},
        {"blocks": 3, "self_attention": 1, "shared_weights": True, "use_bias": False},
        {"per_rank": False, "pre_head_blocks": 0},
        {
            "context_encoder": ContextEncoderConfig("early_exit", model="other", exit_layer=2),
            "feature_size": 24,
        },
    ],
)
def test_a_published_file_becomes_the_same_network(model, options, tmp_path) -> None:
    network = network_for(model, **options)
    publish(network, tmp_path / "pytorch_model.bin")
    read = read_published(tmp_path)
    assert read.config == network.config
    weights = read.network.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_the_converted_folder_is_read_as_any_other(model, network, tmp_path) -> None:
    convert_published(publish(network, tmp_path / "renamed.bin"), tmp_path / "converted")
    assert read_record(tmp_path / "converted").training == {"converted_from": "renamed.bin"}
    again = load_perceiver(tmp_path / "converted", model)
    assert again.config == network.config


def test_a_context_encoder_named_as_the_base_model_is_the_base_model(network, tmp_path) -> None:
    named = replace(network.config, context_encoder=ContextEncoderConfig(model="tiny"))
    network.config = named
    assert read_published(publish(network, tmp_path / "m.bin")).config.context_encoder.model is None


def test_files_of_older_releases_lack_options(model, tmp_path) -> None:
    network = network_for(model, pre_head_blocks=4)

    def age(content: dict[str, Any]) -> None:
        for name in ("num_pre_head_layers", "use_per_rank_bias", "use_bias"):
            del vars(content["hypernet_config"])[name]

    assert read_published(publish(network, tmp_path / "m.bin", age)).config == network.config


def test_weights_of_compiled_networks_are_read(network, tmp_path) -> None:
    def compile_names(content: dict[str, Any]) -> None:
        for name in network_names(content):
            content["_orig_mod." + name] = content.pop(name)

    read = read_published(publish(network, tmp_path / "m.bin", compile_names))
    assert torch.equal(read.network.head.weight, network.head.weight)


def test_half_precision_weights_become_float32(network, tmp_path) -> None:
    path = publish(network.half(), tmp_path / "m.bin")
    assert read_published(path).network.head.weight.dtype == torch.float32


class _Hostile:
    """Runs a command when unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.witness}",)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_hostile_checkpoint_is_refused_by_name_and_nothing_in_it_runs(network, protocol, tmp_path) -> None:
    witness = tmp_path / "ran"
    path = tmp_path / "pytorch_model.bin"
    content = dict(network.state_dict(), base_model_name_or_path="tiny", extra=_Hostile(witness))
    torch.save(content, path, pickle_protocol=protocol)
    assert f"{os.system.__module__}.system" in refusal(path)
    assert not witness.exists()
    pickle.loads(pickle.dumps(_Hostile(witness)))
    assert witness.exists()  # the same object does run elsewhere


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_bare_hostile_pickle_is_refused_by_name_and_nothing_in_it_runs(protocol, tmp_path) -> None:
    witness, path = tmp_path / "ran", tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps([_Hostile(witness), _Hostile(witness)], protocol))
    assert f"{os.system.__module__}.system" in refusal(path)
    assert not witness.exists()


def test_a_name_hidden_behind_the_pickle_memo_still_does_not_run(tmp_path) -> None:
    witness, path = tmp_path / "ran", tmp_path / "pytorch_model.bin"
    # Two strings are put on the stack, dropped, and taken from the memo.
    names = b"".join(b"\x8c" + bytes([len(s)]) + s + b"\x94" for s in (b"posix", b"system"))
    call = f"touch {witness}".encode()
    argument = b"X" + len(call).to_bytes(4, "little") + call
    path.write_bytes(b"\x80\x04" + names + b"00h\x00h\x01\x93" + argument + b"\x85R.")
    assert "posix.system" in refusal(path)
    assert not witness.exists()


def test_names_that_torch_would_allow_but_no_checkpoint_needs_are_refused(network, tmp_path) -> None:
    from collections import Counter

    path = publish(network, tmp_path / "m.bin", lambda content: content.update(extra=Counter("a")))
    assert "collections.Counter" in refusal(path)


@pytest.mark.parametrize("kept", [0, 1, 10, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_said_to_be_damaged(network, kept, tmp_path) -> None:
    path = publish(network, tmp_path / "m.bin")
    data = path.read_bytes()
    path.write_bytes(data[: kept if isinstance(kept, int) else int(len(data) * kept)])
    assert "damaged" in refusal(path)


def test_something_else_is_said_to_be_no_checkpoint(tmp_path) -> None:
    (tmp_path / "text.bin").write_text("hello there")
    assert "no Doc-to-LoRA checkpoint" in refusal(tmp_path / "text.bin")
    torch.save([1, 2], tmp_path / "list.bin")
    assert "a list" in refusal(tmp_path / "list.bin")
    torch.save({1: torch.ones(2)}, tmp_path / "numbers.bin")
    assert "not tensors by name" in refusal(tmp_path / "numbers.bin")
    assert "does not exist" in refusal(tmp_path / "nothing.bin")
    assert "does not exist" in refusal(tmp_path)


@pytest.mark.parametrize("entry", ["base_model_name_or_path", "hypernet_config", "ctx_encoder_args"])
def test_a_missing_entry_is_named(network, entry, tmp_path) -> None:
    assert entry in refusal(publish(network, tmp_path / "m.bin", lambda content: content.pop(entry)))


def test_weights_that_do_not_fit_are_named(network, tmp_path) -> None:
    path = tmp_path / "m.bin"
    publish(network, path, lambda content: content.pop("head.weight"))
    assert "lacks head.weight" in refusal(path)
    publish(network, path, lambda content: content.update({"head.weight": torch.zeros(2)}))
    assert "head.weight is [2]" in refusal(path)
    publish(network, path, lambda content: content.update(tail=torch.zeros(2)))
    assert "unknown weights tail" in refusal(path)


@pytest.mark.parametrize(
    ("where", "option", "value"),
    [
        ("aggregator_config", "aggregator_type", "pooler"),
        ("hypernet_config", "extra_modules", ["input_layernorm"]),
        ("hypernet_config", "layer_indices", torch.tensor([0, 2])),
        ("ctx_encoder_args", "ctx_encoder_type", "last_token"),
    ],
)
def test_an_option_that_is_not_supported_is_named(network, where, option, value, tmp_path) -> None:
    message = refusal(publish(network, tmp_path / "m.bin", with_option(where, option, value)))
    assert option in message or str(value) in message


@pytest.mark.parametrize("where", ["hypernet_config", "aggregator_config", "ctx_encoder_args"])
@pytest.mark.parametrize("value", [True, 3, "mlp", torch.ones(2)])
def test_an_unknown_option_is_named_unless_it_is_said_not_to_matter(network, where, value, tmp_path) -> None:
    path = publish(network, tmp_path / "m.bin", with_option(where, "chunk_merge_mode", value))
    assert "chunk_merge_mode" in refusal(path)
    assert read_published(path, ignored=["chunk_merge_mode"]).config == network.config


@pytest.mark.parametrize("value", [None, False])
def test_an_unknown_option_that_is_off_does_not_matter(network, value, tmp_path) -> None:
    path = publish(network, tmp_path / "m.bin", with_option("hypernet_config", "chunk_merge_mode", value))
    assert read_published(path).config == network.config


def test_an_unknown_entry_beside_the_weights_is_named(network, tmp_path) -> None:
    assert "trainer_state" in refusal(
        publish(network, tmp_path / "m.bin", lambda content: content.update(trainer_state=1))
    )


@pytest.mark.parametrize("broken", [{"hypernet_config": 3}, {"ctx_encoder_args": "early_exit"}])
def test_a_config_of_another_kind_is_said_to_be_damaged(network, broken, tmp_path) -> None:
    path = publish(network, tmp_path / "m.bin", lambda content: content.update(broken))
    assert "cannot be read" in refusal(path)


@pytest.mark.parametrize(
    ("where", "option", "value"),
    [
        ("aggregator_config", "num_blocks", 10**9),
        ("aggregator_config", "num_self_attn_per_block", 10**9),
        ("aggregator_config", "n_latent_queries", 10**18),
        ("hypernet_config", "latent_size", 10**18),
        ("hypernet_config", "num_pre_head_layers", 10**9),
        ("hypernet_config", "feature_sizes", [{"down_proj": float("inf")}, {"down_proj": 4}]),
    ],
)
def test_options_of_absurd_size_are_refused(
    network: PerceiverNetwork, tmp_path: Path, where: str, option: str, value: Any
) -> None:
    source = publish(network, tmp_path / "pytorch_model.bin", with_option(where, option, value))
    assert str(source) in refusal(source) or "cannot have" in refusal(source)


def test_a_name_that_is_made_of_lists_of_lists_is_not_written_out(tmp_path: Path) -> None:
    doubled = b"]q\x00" + b"](h\x00h\x00eq\x00" * 60
    content = b"(" + doubled + b"cpeft.utils.peft_types\nPeftType\nh\x00\x85Rt"
    assert "should be a text" in refusal(archive_of(content, b"", tmp_path / "pytorch_model.bin"))
