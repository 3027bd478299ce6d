from __future__ import annotations

import torch

from parametric_memory.hypernetworks.hypernetwork import Attached, BatchedFactors, ChunkFactors, combined

OWN, BOTH, ONLY_SHARED = "layers.0.down_proj", "layers.1.down_proj", "layers.2.down_proj"


def factors(chunks: int, start: int) -> BatchedFactors:
    """Rank 2; chunk i holds the number start + i everywhere."""
    values = (torch.arange(chunks) + start).float()[:, None, None]
    return BatchedFactors(values.expand(-1, 2, 3), values.expand(-1, 2, 4))


def test_the_chunks_of_a_group_are_concatenated_along_the_rank_and_shared_rows_come_once() -> None:
    chunks = ChunkFactors(
        rows={OWN: factors(4, 1), BOTH: factors(4, 11)},
        shared={BOTH: factors(1, 90), ONLY_SHARED: factors(1, 91)},
    )
    found = combined([chunks], [[Attached(0), Attached(1)], [Attached(2), Attached(3)]])

    assert found[OWN].A[:, :, 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]
    assert found[BOTH].B[:, :, 0].tolist() == [[11, 11, 12, 12, 90, 90], [13, 13, 14, 14, 90, 90]]
    assert found[ONLY_SHARED].A[:, :, 0].tolist() == [[91, 91]], "once, for all"
    assert found[BOTH].A.shape == (2, 6, 3)
    assert found[BOTH].B.shape == (2, 6, 4)


def test_a_weight_is_on_the_update_of_a_chunk_and_smaller_groups_are_filled_up_with_nothing() -> None:
    chunks = ChunkFactors(rows={OWN: factors(3, 1)}, shared={})
    own = combined([chunks], [[Attached(2, 0.5), Attached(0)], [Attached(1)]])[OWN]

    assert own.A[0, :, 0].tolist() == [3, 3, 1, 1]
    assert own.B[:, :, 0].tolist() == [[1.5, 1.5, 1, 1], [2, 2, 0, 0]]
