from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall.judge import (
    EncodedSentence,
    Judge,
    JudgeNetwork,
    MarkerNetwork,
    encode_sentences,
    in_answer,
    load_judge,
    save_judge,
)
from parametric_memory.recall.judge_config import MARKER_FILE, JudgeConfig, judge_fingerprint

ASKED = "Who plays the drums?"
HARP = InContext("Lina plays the harp, Timo the drums.", "Lina Okafor lives in Bergen.")


@pytest.fixture(scope="module")
def embeddings(tiny_embedder: Path) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(tiny_embedder)


class Chooses:
    """In place of a network: an answer from one word of the harp's sentence to another, or none."""

    def __init__(self, embeddings: MiniLMEmbeddings, first: str, last: str):
        self.tokenizer, self.first, self.last = embeddings.loaded[0], first, last

    def __call__(self, pairs: list[list[int]]) -> Tensor:
        found = []
        for pair, encoded in zip(pairs, encode_sentences(self.tokenizer, [(ASKED, HARP)] * len(pairs)), strict=True):
            logits = torch.full((len(pair), 2), -20.0)
            logits[0] = 19.0  # that there is none
            if self.first and list(pair) == list(encoded.ids):
                begins, ends = HARP.sentence.index(self.first), HARP.sentence.index(self.last) + len(self.last)
                [(start, end)] = encoded.tokens_of([(begins, ends)])
                logits[encoded.first + start, 0] = logits[encoded.first + end, 1] = 30.0
            found.append(logits)
        return torch.cat(found)


CONFIG = JudgeConfig(rank=4)


def marking(embeddings: MiniLMEmbeddings, config: JudgeConfig) -> Judge:
    tokenizer, model = embeddings.loaded
    return Judge(tokenizer, JudgeNetwork(model, config), config, MarkerNetwork(model, config))


def marks(embeddings: MiniLMEmbeddings, first: str, last: str = "", *others: InContext) -> Sequence[Sequence[float]]:
    judge = marking(embeddings, CONFIG)
    vars(judge)["marker"] = Chooses(embeddings, first, last or first)
    return [[round(mark, 2) for mark in of_words] for of_words in judge.mark(ASKED, [HARP, *others]).words]


def test_the_words_of_the_answer_are_marked(embeddings: MiniLMEmbeddings) -> None:
    assert marks(embeddings, "drums") == [[0.0] * 6 + [1.0]]
    assert marks(embeddings, "Timo", "drums") == [[0.0] * 4 + [1.0] * 3]
    assert marks(embeddings, "drums", "", InContext("She sings.")) == [[0.0] * 6 + [1.0], [0.0] * 2]


def test_where_no_word_answers_none_is_marked(embeddings: MiniLMEmbeddings) -> None:
    assert marks(embeddings, "", "", InContext("She sings.")) == [[0.0] * 7, [0.0] * 2]


def test_a_question_that_no_sentence_answers_is_not_answered(embeddings: MiniLMEmbeddings) -> None:
    judge = marking(embeddings, replace(CONFIG, least_marked=0.0))
    vars(judge)["marker"] = Chooses(embeddings, "", "")
    assert judge.mark(ASKED, [HARP]) == ([[0.0] * 7], False)
    assert judge.mark("Timo", [HARP]).answered  # a name asks for nothing
    vars(judge)["marker"] = Chooses(embeddings, "drums", "drums")
    assert judge.mark(ASKED, [HARP]).answered


def test_a_token_is_in_the_answer_if_it_begins_before_and_ends_behind() -> None:
    start, end = torch.tensor([0.2, 0.5, 0.3, 0.0]).log(), torch.tensor([0.0, 0.0, 0.6, 0.4]).log()
    torch.testing.assert_close(in_answer(start, end), torch.tensor([0.5, 0.8, 0.32]))


def test_characters_become_tokens_where_these_were_read() -> None:
    encoded = EncodedSentence(range(9), 5, [(0, 3), (4, 6), (6, 9)])
    assert encoded.tokens_of([(4, 9), (0, 3)]) == [(1, 2), (0, 0)]
    assert encoded.tokens_of([(4, 12), (20, 24)]) == []  # beyond what was read


def test_a_long_sentence_is_read_to_its_limit_and_its_rest_is_not_marked(embeddings: MiniLMEmbeddings) -> None:
    [of_words] = marking(embeddings, CONFIG).mark("Who?", [InContext("a b c d e f g h " * 40)]).words
    assert len(of_words) == 320 and all(0.0 <= mark <= 1.0 for mark in of_words)


def test_a_judge_has_the_marker_of_its_folder(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    config = JudgeConfig(embedder=embeddings.fingerprint, rank=4)
    save_judge(JudgeNetwork(embeddings.loaded[1], config), config, tmp_path)
    assert load_judge(tmp_path, *embeddings.loaded).marker is None
    without = judge_fingerprint(tmp_path)
    MarkerNetwork(embeddings.loaded[1], config).save_changes(tmp_path / MARKER_FILE)
    judge = load_judge(tmp_path, *embeddings.loaded)
    assert judge.marker is not None and judge_fingerprint(tmp_path) != without
    assert [len(of_one) for of_one in judge.mark("Who plays?", [HARP, HARP]).words] == [7, 7]
    (tmp_path / MARKER_FILE).write_bytes(b"x")
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        load_judge(tmp_path, *embeddings.loaded)
