from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.made_for import check_made_for, is_measured_with
from parametric_memory.hypernetworks.record import HypernetworkRecord

FOLDER = Path("weights")


def test_it_is_for_the_weights_that_it_was_trained_with(base) -> None:
    record = HypernetworkRecord("key-value", "tiny", base.fingerprint)
    check_made_for(record, base, FOLDER)
    assert is_measured_with(record, base)


def test_one_whose_maker_did_not_know_the_weights_is_taken_at_its_word(base) -> None:
    check_made_for(HypernetworkRecord("perceiver", "tiny"), base, FOLDER)


def test_one_that_names_a_signature_is_for_other_weights_of_the_model_too(base) -> None:
    record = HypernetworkRecord("key-value", "a copy of tiny", "of the copy", base_signature=base.signature)
    check_made_for(record, base, FOLDER)
    assert not is_measured_with(record, base)


@pytest.mark.parametrize("signature", ["", "of another model"])
def test_one_for_another_model_is_refused_by_name(base, signature: str) -> None:
    record = HypernetworkRecord("key-value", "large", "of large", base_signature=signature)
    with pytest.raises(CheckpointError, match=r"weights was trained for large \(of large\), not for tiny"):
        check_made_for(record, base, FOLDER)
