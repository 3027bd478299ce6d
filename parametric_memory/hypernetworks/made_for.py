"""Whether a hypernetwork was made for a base model: for these very weights, or for others of the same model.

Knows records and fingerprints, and nothing about what hypernetworks do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import CheckpointError

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.record import HypernetworkRecord
    from parametric_memory.language_model.base_model import BaseModel


def is_measured_with(record: HypernetworkRecord, base: BaseModel) -> bool:
    """Whether it was trained and measured with these very weights, as far as its maker knew with which."""
    return record.base_fingerprint in ("", base.fingerprint)


def check_made_for(record: HypernetworkRecord, base: BaseModel, folder: Path) -> None:
    """Refuses a hypernetwork that was made for another model.

    One whose maker says so may be used with other weights of its model too, such as those that its own are a copy of.

    Raises:
        CheckpointError: the model is neither the one it was trained with, nor of the signature that its record names.
    """
    if is_measured_with(record, base) or (record.base_signature and record.base_signature == base.signature):
        return
    raise CheckpointError(
        f"The hypernetwork in {folder} was trained for {record.base_model} ({record.base_fingerprint}), not for "
        f"{base.title} ({base.fingerprint}): name that base model (--base-model), or train one for this."
    )
