from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.language_model.answer_logits import right_padded
from parametric_memory.recall import judge
from parametric_memory.recall.judge import CrossEncoder, JudgeNetwork, MarkerNetwork, PackedEncoder, encode_pairs
from parametric_memory.recall.judge_config import JudgeConfig

PAIRS = [[5, 6, 7, 8, 9], [9, 8, 7]]


@pytest.fixture(scope="module")
def embeddings(tiny_embedder: Path) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(tiny_embedder)


def changed(network: CrossEncoder) -> CrossEncoder:
    """The network with random changes."""
    torch.manual_seed(1)
    with torch.no_grad():
        for change in network.changes().values():
            change.copy_(0.3 * torch.randn_like(change))
    return network.eval()


def test_pairs_without_padding_are_read_as_with_it(
    embeddings: MiniLMEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = changed(JudgeNetwork(embeddings.loaded[1], JudgeConfig(rank=4)))
    with torch.inference_mode():
        padded_logits = network(*right_padded(PAIRS))
    monkeypatch.setattr(judge, "multiplies_bytes", lambda: False)
    torch.testing.assert_close(PackedEncoder(network)(PAIRS), padded_logits, rtol=0, atol=1e-4)
    monkeypatch.setattr(judge, "multiplies_bytes", lambda: hasattr(torch, "_int_mm"))
    torch.testing.assert_close(PackedEncoder(network)(PAIRS), padded_logits, rtol=0, atol=0.3)


def test_every_token_is_read_without_padding_as_with_it(
    embeddings: MiniLMEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = changed(MarkerNetwork(embeddings.loaded[1], JudgeConfig(rank=4)))
    ids, mask = right_padded(PAIRS)
    with torch.inference_mode():
        padded_logits = network(ids, mask)[mask.bool()]
    monkeypatch.setattr(judge, "multiplies_bytes", lambda: False)
    packed = PackedEncoder(network)(PAIRS)
    torch.testing.assert_close(packed, padded_logits, rtol=0, atol=1e-4)


def test_the_last_layer_says_at_the_first_position_what_the_whole_encoder_says_there(
    embeddings: MiniLMEmbeddings,
) -> None:
    network = changed(JudgeNetwork(embeddings.loaded[1], JudgeConfig(rank=4)))
    ids, mask = right_padded(PAIRS)
    wide = torch.zeros(mask.shape).masked_fill(mask == 0, torch.finfo(torch.float32).min)[:, None, None]
    with torch.inference_mode():
        hidden = network.encoder(network.embeddings(input_ids=ids), attention_mask=wide).last_hidden_state
        torch.testing.assert_close(network(ids, mask), network.head(hidden[:, 0]), rtol=0, atol=1e-5)


def test_a_pair_is_read_in_parts_and_each_is_shortened(embeddings: MiniLMEmbeddings) -> None:
    tokenizer, _ = embeddings.loaded
    config = JudgeConfig(question_tokens=2, opening_tokens=1, before_tokens=2, sentence_tokens=3, answer_tokens=2)
    sentence = InContext("abcdefg", "hijk", "lmnop")
    [pair, answered] = encode_pairs(tokenizer, config, [("qrst", sentence, None), ("qrst", sentence, "uvw")])
    read = "[CLS] q ##r [SEP] h [SEP] ##o ##p [SEP] a ##b ##c [SEP]".split()
    assert tokenizer.convert_ids_to_tokens(pair) == read
    assert tokenizer.convert_ids_to_tokens(answered) == [*read, "u", "##v", "[SEP]"]


def test_changes_of_another_rank_are_refused(embeddings: MiniLMEmbeddings) -> None:
    network = JudgeNetwork(embeddings.loaded[1], JudgeConfig(rank=4))
    with pytest.raises(CheckpointError, match="run/judge holds weights for another embedder"):
        network.set_changes(JudgeNetwork(embeddings.loaded[1], JudgeConfig(rank=8)).changes(), Path("run/judge"))
