from __future__ import annotations

import pytest
import torch
from torch import Tensor

from parametric_memory.hypernetworks.key_value.row_code import Rotation, RowCode, _quantized, _values

LAYERS, SIZE = 2, 96


def moment(seed: int, decay: float) -> Tensor:
    """Second moments `[layer, size, size]` whose eigenvalues decay."""
    basis, _ = torch.linalg.qr(torch.randn(LAYERS, SIZE, SIZE, generator=torch.Generator().manual_seed(seed)))
    return (basis * decay ** torch.arange(SIZE)) @ basis.transpose(1, 2)


def rows_of(of: Tensor, count: int, seed: int = 5) -> Tensor:
    noise = torch.randn(LAYERS, count, SIZE, generator=torch.Generator().manual_seed(seed))
    return noise @ torch.linalg.cholesky(of + 1e-9 * torch.eye(SIZE)).transpose(1, 2)


def error(code: RowCode, rows: Tensor, queries: Tensor) -> float:
    """Of the rows' answers to queries, relative to the answers."""
    off = code.decoded(*code.encoded(rows)) - rows
    return (
        torch.einsum("lri,lij,lrj->", off, queries, off) / torch.einsum("lri,lij,lrj->", rows, queries, rows)
    ).item()


@pytest.mark.parametrize("bits", [1, 4])
def test_numbers_of_few_bits_come_back_from_bytes(bits: int) -> None:
    x = torch.randn(3, 2, 13, generator=torch.Generator().manual_seed(0))
    packed, size = _quantized(x, bits)
    assert packed.dtype == torch.uint8 and packed.shape == (3, 2, -(-13 * bits // 8))
    values = _values(packed, size, 13, bits)
    assert torch.equal(values.sign(), x.sign()) and len(values[0, 0].unique()) <= 2**bits
    torch.testing.assert_close((values * x).sum(-1), x.square().sum(-1))  # a row answers to itself as before


@pytest.mark.parametrize("size", [1, 7, 96])
def test_a_rotation_keeps_lengths_and_comes_back(size: int) -> None:
    x, rotation = torch.randn(3, 5, size, generator=torch.Generator().manual_seed(0)), Rotation(size)
    torch.testing.assert_close(rotation.forward(x).norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(rotation.backward(rotation.forward(x)), x)


def test_a_rotation_spreads_a_single_number_over_all() -> None:
    assert Rotation(SIZE).forward(torch.eye(SIZE)).abs().max() < 0.25


def test_a_code_without_directions_keeps_four_bits_of_every_number() -> None:
    code, rows = RowCode(LAYERS, SIZE), rows_of(torch.eye(SIZE).expand(LAYERS, -1, -1), 50)
    codes, sizes = code.encoded(rows)
    assert codes.dtype == torch.uint8 and codes.shape == (LAYERS, 50, code.bytes_a_row) and code.bytes_a_row == SIZE / 2
    assert sizes.shape == (LAYERS, 50, 1) and error(code, rows, torch.eye(SIZE).expand(LAYERS, -1, -1)) < 0.015


def test_a_fitted_code_takes_fewer_bytes_where_rows_and_queries_concentrate() -> None:
    queries, of_rows = moment(0, 0.9), moment(1, 0.9)
    code, rows = RowCode.fitted(queries, of_rows, 32), rows_of(of_rows, 200)
    codes, sizes = code.encoded(rows)
    assert code.bytes_a_row == codes.shape[-1] == 16 + SIZE / 8 and sizes.shape == (LAYERS, 200, 2)
    assert error(code, rows, queries) < 0.08


def test_bits_are_spent_on_what_queries_and_rows_have() -> None:
    queries, of_rows = moment(0, 0.9), moment(1, 0.9)
    fitted, other = RowCode.fitted(queries, of_rows, 32), RowCode.fitted(moment(2, 0.9), moment(3, 0.9), 32)
    rows = rows_of(of_rows, 200)
    assert error(fitted, rows, queries) < 0.5 * error(other, rows, queries)


@pytest.mark.parametrize(("coordinates", "off"), [(0, 0.02), (32, 0.1)])
def test_a_coded_row_answers_to_itself_as_the_row_does(coordinates: int, off: float) -> None:
    code = RowCode.fitted(moment(0, 0.9), moment(1, 0.9), coordinates) if coordinates else RowCode(LAYERS, SIZE)
    rows = rows_of(moment(1, 0.9), 100)
    answers = (code.decoded(*code.encoded(rows)) * rows).sum(-1) / rows.square().sum(-1)
    torch.testing.assert_close(answers, torch.ones_like(answers), atol=off, rtol=0)
    assert abs(answers.mean().item() - 1) < 0.01


@pytest.mark.parametrize("coordinates", [0, 32])
def test_a_row_is_coded_alike_whatever_its_size(coordinates: int) -> None:
    code = RowCode.fitted(moment(0, 0.9), moment(1, 0.9), coordinates) if coordinates else RowCode(LAYERS, SIZE)
    rows = rows_of(moment(1, 0.9), 4)
    (codes, sizes), (large, large_sizes) = code.encoded(rows), code.encoded(1024 * rows)
    assert torch.equal(codes, large)
    torch.testing.assert_close(1024 * sizes, large_sizes)
    assert torch.equal(code.decoded(codes, 0 * sizes), torch.zeros_like(rows))
