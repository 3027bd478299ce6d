from __future__ import annotations

import pytest
import torch

from parametric_memory.adapters.factors import Factors
from parametric_memory.adapters.token_rows import DocumentRows, TokenRows, adapter_of

SIZES = torch.tensor([1.0, 1e-20, 3e4, 0.02, 0.0])[:, None]
MODULE, OTHER = "model.layers.1.mlp.down_proj", "model.layers.2.mlp.down_proj"


def sides(rows: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, 96, generator=generator), torch.randn(rows, 32, generator=generator)


def made(rows: int, seed: int = 0) -> TokenRows:
    return TokenRows.of(*sides(rows, seed), [(place, 7) for place in range(rows)])


def test_a_row_of_any_size_is_rounded_by_a_few_hundredths_of_its_length() -> None:
    A, B = sides()
    A, B = A * SIZES, B * SIZES.flip(0)
    for short, exact in zip(TokenRows.of(A, B, [(0, 0)] * 5).widened(), (A, B), strict=True):
        assert short.dtype == torch.bfloat16
        assert ((short.float() - exact).norm(dim=1) <= 0.04 * exact.norm(dim=1)).all()


def test_a_row_is_the_same_whatever_stands_beside_it() -> None:
    """To the bit: a row's power of two and its rounding look at single numbers, and nothing is added up."""
    A, B = sides()
    A = A * SIZES
    together = TokenRows.of(A, B, [(place, 7) for place in range(5)])
    for place in range(5):
        alone = TokenRows.of(A[place : place + 1], B[place : place + 1], [(place, 7)])
        for one, of_all in zip(alone.widened(), together.part(place, place + 1).widened(), strict=True):
            assert torch.equal(one, of_all)


def test_parts_are_joined_in_their_order() -> None:
    whole, none = made(5), made(0)
    again = TokenRows.joined([none, whole.part(0, 2), whole.part(2, 5)])
    assert len(again) == 5 and torch.equal(again.tokens, whole.tokens) and again.num_bytes == whole.num_bytes
    for one, other in zip(again.widened(), whole.widened(), strict=True):
        assert torch.equal(one, other)


def test_rows_of_a_passage_are_those_it_was_made_of() -> None:
    passages = [{MODULE: made(count, seed), OTHER: made(1, seed)} for seed, count in enumerate((2, 0, 3))]
    document = DocumentRows.of_passages(passages)
    assert (document.passages, document.rank, document.counts[MODULE]) == (3, 5, [2, 0, 3])
    for number, passage in enumerate(passages):
        for name, rows in document.of_passage(number).items():
            assert torch.equal(rows.widened()[0], passage[name].widened()[0])


def test_an_adapter_has_the_weighted_rows_of_its_parts_and_the_shared_rows_once() -> None:
    first, second = made(2), made(3, seed=1)
    shared = {MODULE: Factors(*sides(1, seed=2)), OTHER: Factors(*sides(2, seed=3))}
    adapter = adapter_of([({MODULE: first}, 1.0), ({MODULE: second}, 0.5)], shared)
    factors, only_shared = adapter.factors[MODULE], adapter.factors[OTHER]
    assert (factors.own, factors.shared, only_shared.own, only_shared.shared) == (5, 1, 0, 2)
    assert torch.equal(factors.A[:2], first.widened()[0]) and torch.equal(factors.B[:2], first.widened()[1])
    assert torch.equal(factors.B[2:5], (second.widened()[1].float() * 0.5).bfloat16())
    torch.testing.assert_close(factors.A[5:].float(), shared[MODULE].A, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("rows", [1, 4])
def test_numbers_take_a_byte_each(rows: int) -> None:
    assert made(rows).num_bytes == rows * (96 + 32 + 2 + 8)
