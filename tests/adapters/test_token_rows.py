from __future__ import annotations

import torch

from parametric_memory.adapters.factors import DocumentRows, TokenRows

LAYERS, BYTES, NUMBERS = 2, 24, 40


def made(rows: int, seed: int = 0) -> TokenRows:
    generator = torch.Generator().manual_seed(seed)

    def random(most: int, *shape: int) -> torch.Tensor:
        return torch.randint(1, most, (rows, *shape), generator=generator)

    return TokenRows(
        tokens=torch.tensor([[place, 7] for place in range(rows)], dtype=torch.int32).reshape(rows, 2),
        keys=random(256, LAYERS, BYTES).to(torch.uint8),
        gains=random(100, LAYERS, 3).bfloat16(),
        values=random(128, NUMBERS).to(torch.int8),
        scales=random(10, 2).float(),
    )


def equal(one: TokenRows, other: TokenRows) -> bool:
    return all(torch.equal(part, other.parts[name]) for name, part in one.parts.items())


def test_parts_are_joined_in_their_order() -> None:
    whole = made(5)
    assert equal(TokenRows.joined([made(0), whole.part(0, 2), whole.part(2, 5)]), whole) and len(whole) == 5


def test_shifted_rows_stand_further_behind_and_are_else_the_same() -> None:
    rows = made(3)
    assert rows.shifted(4).tokens.tolist() == [[4, 7], [5, 7], [6, 7]]
    assert equal(rows.shifted(4).shifted(-4), rows)


def test_rows_of_a_passage_are_those_it_was_made_of() -> None:
    passages = [made(count, seed) for seed, count in enumerate((2, 1, 3))]
    document = DocumentRows.of_passages(passages)
    assert (document.passages, document.rank, document.counts) == (3, 6, [2, 1, 3])
    assert all(equal(document.of_passage(number), rows) for number, rows in enumerate(passages))


def test_bytes_are_those_of_all_parts() -> None:
    assert made(4).num_bytes == 4 * (8 + LAYERS * BYTES + LAYERS * 6 + NUMBERS + 8)
