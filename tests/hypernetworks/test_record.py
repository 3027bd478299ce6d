from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.checkpoint import save_key_value
from parametric_memory.hypernetworks.record import HypernetworkRecord, check_made_for, is_measured_with, read_record


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as refused:
        read_record(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_record_comes_back_with_the_fingerprint_of_the_weights(written: HypernetworkRecord, folder: Path) -> None:
    record = read_record(folder)
    assert record.fingerprint
    assert replace(record, fingerprint="") == written


def test_the_fingerprint_tells_weights_apart(
    hypernetwork, written: HypernetworkRecord, folder: Path, tmp_path: Path
) -> None:
    save_key_value(hypernetwork, written, tmp_path / "same")
    with torch.no_grad():
        hypernetwork.log_gain += 1
    save_key_value(hypernetwork, written, tmp_path / "other")
    fingerprint = read_record(folder).fingerprint
    assert read_record(tmp_path / "same").fingerprint == fingerprint
    assert read_record(tmp_path / "other").fingerprint != fingerprint


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing" in refusal(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "{}", '{"format_version": 1, "kind": "key-value"}'])
def test_a_config_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    assert "config.json" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('{"format_version": 99, "kind": "key-value", "network": {}}', "format version 99"),
        ('{"format_version": 1, "kind": "key-value", "network": []}', "holds no network config"),
        ('{"kind": "text-to-lora"}', "makes skills"),
    ],
)
def test_a_config_that_this_release_cannot_use_is_refused(folder: Path, content: str, named: str) -> None:
    (folder / "config.json").write_text(content)
    assert named in refusal(folder)


def test_it_is_for_the_weights_that_it_was_trained_with(base) -> None:
    record = HypernetworkRecord("key-value", "tiny", base.fingerprint)
    check_made_for(record, base, Path("weights"))
    assert is_measured_with(record, base)


def test_one_whose_maker_did_not_know_the_weights_is_taken_at_its_word(base) -> None:
    check_made_for(HypernetworkRecord("perceiver", "tiny"), base, Path("weights"))


def test_one_that_names_a_signature_is_for_other_weights_of_the_model_too(base) -> None:
    record = HypernetworkRecord("key-value", "a copy of tiny", "of the copy", base_signature=base.signature)
    check_made_for(record, base, Path("weights"))
    assert not is_measured_with(record, base)


@pytest.mark.parametrize("signature", ["", "of another model"])
def test_one_for_another_model_is_refused_by_name(base, signature: str) -> None:
    record = HypernetworkRecord("key-value", "large", "of large", base_signature=signature)
    with pytest.raises(CheckpointError, match=r"weights was trained for large \(of large\), not for tiny"):
        check_made_for(record, base, Path("weights"))
