"""Trains the marker of answers: data, loop and output folder.

What `parametric-memory train marker` runs. It starts from a judge's weights. It learns where the answer to a question
begins and ends in a sentence that holds it, and that other sentences hold none.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from parametric_memory.batches import by_length
from parametric_memory.documents.sentences import InContext
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.language_model.answer_logits import right_padded
from parametric_memory.language_model.precision import bfloat16_is_faster
from parametric_memory.recall.judge import (
    MarkerNetwork,
    encode_sentences,
    in_answer,
    read_judge,
    read_marker,
    save_judge,
)
from parametric_memory.recall.judge_config import MARKER_FILE
from parametric_memory.recall.judged import words_of
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.judged import KINDS, JudgedQuestion, Pool, answer_spans
from parametric_memory.training.data.question_answering import read_questions, written_texts
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.judge import CrossEncoderTrainer, CrossEncoderTraining
from parametric_memory.training.loop import Run

_PAIRS_AT_ONCE = 32
_HELD_OUT = 10  # every tenth document is held out
_STRANGERS = 100  # sentences drawn, of which the one that shares most words with the question is taken

Pair = tuple[str, InContext, Sequence[tuple[int, int]]]  # a question, a sentence, and where answers stand in it


@dataclass(frozen=True)
class MarkerTraining(CrossEncoderTraining):
    """How long, on what, and how fast. A batch counts pairs of a question and a sentence."""

    steps: int = 1000
    batch: int = 48
    validate_every: int = 200
    log_every: int = 20
    written: int = 24  # pairs of a batch that are about written texts
    facts: int = 8  # about generated documents; the others are about passages
    without_answer: float = 0.2  # share of the pairs whose sentence, of the same document, does not answer
    strange: float = 0.15  # share of those with a sentence of another document
    passages: int = 30_000
    documents: int = 4000  # generated ones
    least_marked: float = -2.0  # see `JudgeConfig`
    dropout: float = 0.1
    validated: int = 300  # pairs of each kind


def train_marker(
    embeddings: MiniLMEmbeddings,
    folder: Path,
    files: Sequence[Path],
    config: MarkerTraining,
    judge: Path,
    report: Callable[[str], None] = print,
) -> Path:
    """Trains, or resumes training, a marker; returns the folder of the judge with it.

    judge: folder of the judge that gets a marker; this starts from the marker there, or from the judge's weights.

    Raises as `train_judge`.
    """
    run = Run(folder, report, base_fingerprint=embeddings.fingerprint)
    torch.manual_seed(config.seed)
    network, settings = read_judge(judge, embeddings.loaded[1])
    marker = read_marker(judge, embeddings.loaded[1], settings)
    if marker is None:
        marker = MarkerNetwork(embeddings.loaded[1], settings)
        marker.encoder.load_state_dict(network.encoder.state_dict())
    rng, pool = random.Random(config.seed), Pool()
    pool.add_passages([asked for path in files for asked in read_questions(path)], config.passages, rng)
    pool.add_facts(FactGenerator(WordList.training()), config.documents, rng)
    pool.add_written(written_texts())
    MarkerTrainer(marker, embeddings, pool, run, config).resume_and_run()
    finished = folder / "judge"
    save_judge(network, replace(settings, least_marked=config.least_marked), finished)
    marker.save_changes(finished / MARKER_FILE)
    return finished


@dataclass(frozen=True)
class ReadPair:
    """What the network says about a question and a sentence."""

    start: Tensor  # log-probabilities of no answer and of the sentence's tokens, `[1 + token]`
    end: Tensor
    right: Sequence[tuple[int, int]]  # the first and last tokens of its answers; empty: it has none

    @property
    def loss(self) -> Tensor:
        """Cross-entropy of where an answer begins and ends; any of its places counts."""
        first, last = zip(*((1 + a, 1 + b) for a, b in self.right), strict=True) if self.right else ((0,), (0,))
        return -self.start[list(first)].logsumexp(0) - self.end[list(last)].logsumexp(0)

    @property
    def inside(self) -> float:
        """The share of the marked probability that is within an answer."""
        marked = in_answer(self.start, self.end)
        inside = torch.zeros(len(marked), dtype=torch.bool)
        for first, last in self.right:
            inside[first : last + 1] = True
        return (marked[inside].sum() / marked.sum().clamp_min(1e-9)).item()


class MarkerTrainer(CrossEncoderTrainer):
    """Trains the changes of a network that marks answers."""

    hypernetwork: MarkerNetwork
    config: MarkerTraining

    def __init__(
        self, network: MarkerNetwork, embeddings: MiniLMEmbeddings, pool: Pool, run: Run, config: MarkerTraining
    ):
        super().__init__(network, run, config)
        self.tokenizer, self.pool = embeddings.loaded[0], pool
        rng, usable = random.Random(config.seed), [q for q in pool.questions if q.right or q.misleading]
        self.questions: dict[str, list[JudgedQuestion]] = {}
        self.validation: dict[str, list[Pair]] = {}
        for kind in KINDS:
            self.questions[kind] = [q for q in usable if q.kind == kind and q.document % _HELD_OUT]
            held_out = [q for q in usable if q.kind == kind and not q.document % _HELD_OUT]
            drawn = rng.sample(held_out, min(config.validated, len(held_out)))
            self.validation[kind] = [self.pair(rng, q) for q in drawn]

    def pair(self, rng: random.Random, question: JudgedQuestion) -> Pair:
        """A question and one sentence, which mostly answers it.

        Where no sentence is known to hold the answer, as of yes and no, the whole sentence that shares most words with
        the question answers it.
        """
        sentences = self.pool.sentences
        if not question.right:  # a written text nearly answers it
            return question.text, sentences[rng.choice(question.misleading)], ()
        others = [n for n in self.pool.own(question.document) if n not in question.right]
        if others and rng.random() < self.config.without_answer:
            return question.text, sentences[rng.choice(others)], ()
        if question.certain:
            sentence = sentences[rng.choice(question.right)]
            spans = answer_spans(question.answers, sentence.sentence)
        else:
            asked, spans = words_of(question.text), []
            sentence = max((sentences[n] for n in question.right), key=lambda s: len(asked & words_of(s.sentence)))
        return question.text, sentence, spans or [(0, len(sentence.sentence))]

    def stranger(self, rng: random.Random, question: JudgedQuestion) -> InContext:
        """A sentence of another document that shares words with a question and holds none of its answers."""
        asked, own = words_of(question.text), self.pool.own(question.document)
        drawn = rng.choices(range(len(self.pool.sentences)), k=_STRANGERS)
        others = [self.pool.sentences[n] for n in drawn if n not in own]
        wrong = [s for s in others if not answer_spans(question.answers, s.sentence)]
        return max(wrong, key=lambda s: len(asked & words_of(s.sentence)))

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[dict[str, float]]]:
        config = self.config
        counts = {"written": config.written, "facts": config.facts}
        counts["passages"] = config.batch - sum(counts.values())
        drawn = [question for kind, count in counts.items() for question in rng.choices(self.questions[kind], k=count)]
        pairs = []
        for question in drawn:  # what is asked about oneself may be answered by any document
            is_strange = not question.group and rng.random() < config.strange
            pairs.append((question.text, self.stranger(rng, question), ()) if is_strange else self.pair(rng, question))
        loss = torch.stack([each.loss for each in self.read(pairs)]).mean()
        loss.backward()
        return {"pairs": [{"loss": loss.item()}]}

    def read(self, pairs: Sequence[Pair]) -> Iterator[ReadPair]:
        """What the network says about pairs, those of similar length first; without those whose answer is not read."""
        encoded = encode_sentences(self.tokenizer, [(asked, sentence) for asked, sentence, _ in pairs])
        for batch in by_length([len(each.ids) for each in encoded], _PAIRS_AT_ONCE):
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_faster("cpu")):
                logits = self.hypernetwork(*right_padded([encoded[i].ids for i in batch]))
            for of_pair, i in zip(logits, batch, strict=True):
                right = encoded[i].tokens_of(pairs[i][2])
                if right or not pairs[i][2]:
                    yield ReadPair(*encoded[i].log_probabilities(of_pair), right)

    def validate(self) -> dict[str, dict[str, float]]:
        found = {}
        for name, pairs in self.validation.items():
            read = list(self.read(pairs))
            shares = [each.inside for each in read if each.right]
            loss = torch.stack([each.loss for each in read]).mean().item()
            found[name] = {"loss": loss, "inside": sum(shares) / max(1, len(shares))}
        return found
