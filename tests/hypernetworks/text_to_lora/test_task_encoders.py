from __future__ import annotations

import torch

from parametric_memory.hypernetworks.text_to_lora.task_encoders import (
    DiscreteTaskEncoder,
    QuantizedTaskEncoder,
    SoftmaxTaskEncoder,
)


def test_softmax_encodes_as_a_mixture_of_codes() -> None:
    encoder = SoftmaxTaskEncoder(8, 4, codes=3).eval()
    embeddings = torch.randn(2, 8)
    shares = encoder.mlp(embeddings).softmax(-1)
    mixture = sum(shares[:, code : code + 1] * encoder.embed[code] for code in range(3))
    torch.testing.assert_close(encoder(embeddings).encoded, encoder.ln(mixture))
    assert encoder(embeddings).loss is None


def test_vq_encodes_as_the_nearest_code_and_leaves_the_book_alone() -> None:
    encoder = QuantizedTaskEncoder(8, 4, codes=5).eval()
    embeddings = torch.randn(6, 8)
    latent, book = encoder.mlp(embeddings), encoder.embed.clone()
    nearest = torch.cdist(latent, book.T).argmin(-1)
    encoded = encoder(embeddings)
    torch.testing.assert_close(encoded.encoded, encoder.ln(book.T[nearest]))
    torch.testing.assert_close(encoded.loss, 0.01 * (book.T[nearest] - latent).square().mean())
    assert torch.equal(encoder.embed, book)


def test_vq_codes_follow_the_encodings_in_training() -> None:
    torch.manual_seed(0)
    encoder = QuantizedTaskEncoder(8, 4, codes=2)
    embeddings = torch.randn(1, 8).expand(4, -1)
    before = encoder.eval()(embeddings).loss.item()
    encoder.train()
    for _ in range(300):
        encoder(embeddings)
    assert encoder.eval()(embeddings).loss.item() < before / 10


def test_vq_gradients_pass_straight_to_the_encoding() -> None:
    encoder = QuantizedTaskEncoder(8, 4, codes=5)
    encoded = encoder(torch.randn(3, 8))
    (encoded.encoded[:, 0].sum() + encoded.loss).backward()
    assert encoder.mlp[0].weight.grad.abs().sum() > 0


def test_discrete_is_one_hot_and_passes_gradients_in_training() -> None:
    encoder = DiscreteTaskEncoder(8, codes=5)
    embeddings = torch.randn(3, 8)
    chosen = encoder.eval()(embeddings).encoded
    assert torch.equal(chosen.argmax(-1), encoder.mlp(embeddings).argmax(-1))
    assert torch.equal(chosen.sort(-1).values, torch.tensor([[0.0, 0, 0, 0, 1]]).expand(3, -1))
    sampled = encoder.train()(embeddings).encoded
    torch.testing.assert_close(sampled.detach().sum(-1), torch.ones(3))
    sampled[:, 0].sum().backward()
    assert encoder.mlp[0].weight.grad.abs().sum() > 0
