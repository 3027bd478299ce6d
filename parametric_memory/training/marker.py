"""Trains the marker of answers: data, loop and output folder.

What `parametric-memory train marker` runs. It starts from a judge's weights. It learns where the answer to a question
begins and ends in a sentence that holds it, and that other sentences hold none.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from parametric_memory.batches import by_length
from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.sentences import InContext, in_context, sentences
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.language_model.precision import bfloat16_is_faster
from parametric_memory.recall.answer_marker import MarkerNetwork, encode_sentences, in_answer, read_marker
from parametric_memory.recall.cross_encoder import padded
from parametric_memory.recall.judge import read_judge, save_judge
from parametric_memory.recall.judged import MARKER_FILE, words_of
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.judged import answer_spans
from parametric_memory.training.data.question_answering import Asked, read_questions
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.data.written import WrittenText, written_texts
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop

_PAIRS_AT_ONCE = 32
_MOST_WORDS = 400  # of a passage
_MOST_FACTS = 8
_HELD_OUT = 10  # every tenth text, passage and document is held out


@dataclass(frozen=True)
class MarkerTraining(LoopConfig):
    """How long, on what, and how fast. A batch counts pairs of a question and a sentence."""

    steps: int = 1000
    batch: int = 48
    learning_rate: float = 1e-3
    warmup: int = 50
    decay_share: float = 1.0
    final_share: float = 0.0
    validate_every: int = 200
    log_every: int = 20
    written: int = 24  # pairs of a batch that are about written texts
    facts: int = 8  # about generated documents; the others are about passages
    without_answer: float = 0.15  # share of the pairs whose sentence, of the same document, does not answer
    strange: float = 0.05  # share of those with a sentence of another document
    documents: int = 4000  # generated ones
    unmarked: float = 0.1  # this and the next: see `JudgeConfig`
    least_marked: float = -2.0
    validated: int = 300  # pairs of each kind


@dataclass(frozen=True)
class MarkedQuestion:
    """A question and the sentences of its document.

    Attributes:
        sentences: of the document.
        spans: by the number of a sentence that answers, where answers begin and end in it, in characters.
        others: numbers of sentences that do not answer.
    """

    text: str
    sentences: Sequence[InContext]
    spans: Mapping[int, Sequence[tuple[int, int]]]
    others: Sequence[int]


Pair = tuple[str, InContext, Sequence[tuple[int, int]]]  # a question, a sentence, and the answers in it


def train_marker(
    embeddings: MiniLMEmbeddings,
    folder: Path,
    files: Sequence[Path],
    config: MarkerTraining,
    judge: Path,
    report: Callable[[str], None] = print,
) -> Path:
    """Trains, or resumes training, a marker; returns the folder of the judge with it.

    Args:
        judge: folder of the judge that gets a marker; this starts from the marker there, or from the judge's weights.

    Raises:
        DocumentError: a file cannot be read.
        CheckpointError: the state in the folder is damaged, or of another run; `judge` holds no judge for this
            embedder.
        TrainingError: a gradient is not finite.
    """
    run = Run(folder, report, base_fingerprint=embeddings.fingerprint)
    rng = random.Random(config.seed)
    torch.manual_seed(config.seed)
    asked = [a for path in files for a in read_questions(path)]
    kinds = {
        "written": split(map(of_written, written_texts())),
        "passages": split(of_passages(asked)),
        "facts": split(of_facts(config.documents, rng)),
    }
    for name, (train, valid) in kinds.items():
        report(f"{name}: {len(train)} questions, {len(valid)} held out")
    network, settings = read_judge(judge, embeddings.loaded[1])
    marker = read_marker(judge, embeddings.loaded[1], settings)
    if marker is None:
        marker = MarkerNetwork(embeddings.loaded[1], settings)
        marker.start_from(network)
    MarkerTrainer(marker, embeddings, kinds, run, config).resume_and_run()
    finished = folder / "judge"
    save_judge(network, replace(settings, unmarked=config.unmarked, least_marked=config.least_marked), finished)
    marker.save_changes(finished / MARKER_FILE)
    return finished


def split(documents: Iterable[Sequence[MarkedQuestion]]) -> tuple[list[MarkedQuestion], list[MarkedQuestion]]:
    """Questions to train on, and those about every tenth document."""
    parts: tuple[list[MarkedQuestion], list[MarkedQuestion]] = ([], [])
    for number, questions in enumerate(documents):
        parts[number % _HELD_OUT == 0].extend(questions)
    return parts


def of_written(text: WrittenText) -> list[MarkedQuestion]:
    """The questions about a written text. The sentences that nearly answer one do not answer it."""
    read, found = [in_context(text.passages, n, text.document.title) for n in range(len(text.passages))], []
    for q in text.questions:
        standing = text.standing(q)
        spans = {n: at for n in standing if (at := answer_spans(q.answers, text.passages[n]))}
        if spans or (standing and not q.answers):
            others = [n for n in range(len(read)) if n not in standing] if q.answers else standing
            found.append(MarkedQuestion(q.text, read, spans, others))
    return found


def of_passages(asked: Iterable[Asked]) -> Iterable[list[MarkedQuestion]]:
    """The questions about each passage.

    Of a question to answer by yes or no, the whole sentence that shares most words with it answers.
    """
    by_context: dict[str, list[Asked]] = {}
    for question in asked:
        if question.answers and len(question.context.split()) <= _MOST_WORDS:
            by_context.setdefault(question.context, []).append(question)
    for context, questions in sorted(by_context.items()):
        passages = sentences(clean(context)) or [context]
        read = [in_context(passages, n) for n in range(len(passages))]
        found = []
        for q in questions:
            if q.kind == "yesno":
                shared = [len(words_of(q.question) & words_of(passage)) for passage in passages]
                nearest = shared.index(max(shared))
                found.append(MarkedQuestion(q.question, read, {nearest: [(0, len(passages[nearest]))]}, ()))
            elif spans := {n: at for n, passage in enumerate(passages) if (at := answer_spans(q.answers, passage))}:
                found.append(MarkedQuestion(q.question, read, spans, [n for n in range(len(read)) if n not in spans]))
        yield found


def of_facts(documents: int, rng: random.Random) -> Iterable[list[MarkedQuestion]]:
    """One question about each fact of generated documents."""
    facts = FactGenerator(relations(), WordList.training(), ramp_steps=0)
    for _ in range(documents):
        text, drawn = facts.document(rng, rng.randint(1, rng.choice([1, 3, _MOST_FACTS])))
        passages = sentences(clean(text))
        read, found = [in_context(passages, n) for n in range(len(passages))], []
        for fact in drawn:
            q = rng.choice(fact.questions)
            if spans := {n: at for n, passage in enumerate(passages) if (at := answer_spans([q.value], passage))}:
                asked = facts.as_typed(rng, q).text
                found.append(MarkedQuestion(asked, read, spans, [n for n in range(len(read)) if n not in spans]))
        yield found


class MarkerTrainer(TrainingLoop):
    """Trains the changes of a network that marks answers."""

    hypernetwork: MarkerNetwork
    config: MarkerTraining

    def __init__(
        self,
        network: MarkerNetwork,
        embeddings: MiniLMEmbeddings,
        kinds: Mapping[str, tuple[Sequence[MarkedQuestion], Sequence[MarkedQuestion]]],
        run: Run,
        config: MarkerTraining,
    ):
        optimizer = torch.optim.AdamW(network.changes().values(), lr=config.learning_rate, weight_decay=0.01)
        super().__init__(network, run, config, (optimizer,))
        self.tokenizer, self.kinds = embeddings.loaded[0], kinds
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):  # most questions are seen once; it takes a third of the time
                module.p = 0.0
        rng = random.Random(config.seed)
        self.validation = {
            name: [self.pair(rng, q) for q in rng.sample(valid, min(config.validated, len(valid)))]
            for name, (_, valid) in kinds.items()
        }

    def trained_state(self) -> Mapping[str, Tensor]:
        return self.hypernetwork.changes()

    def pair(self, rng: random.Random, question: MarkedQuestion) -> Pair:
        """A question and one sentence, which mostly answers it."""
        if question.others and (not question.spans or rng.random() < self.config.without_answer):
            return question.text, question.sentences[rng.choice(question.others)], ()
        number = rng.choice(list(question.spans))
        return question.text, question.sentences[number], question.spans[number]

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[dict[str, float]]]:
        config = self.config
        counts = {"written": config.written, "facts": config.facts}
        counts["passages"] = config.batch - sum(counts.values())
        pairs = [
            self.pair(rng, rng.choice(self.kinds[name][0])) for name, count in counts.items() for _ in range(count)
        ]
        loss = torch.stack(self.losses(pairs)[0]).mean()
        loss.backward()
        return {"pairs": [{"loss": loss.item()}]}

    def losses(self, pairs: Sequence[Pair]) -> tuple[list[Tensor], list[float]]:
        """The loss of each pair; and of each with an answer, the probability mass within it."""
        encoded = encode_sentences(self.tokenizer, [(asked, sentence) for asked, sentence, _ in pairs])
        losses, shares = [], []
        for batch in by_length([len(each.ids) for each in encoded], _PAIRS_AT_ONCE):
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_faster("cpu")):
                logits = self.hypernetwork(*padded([encoded[i].ids for i in batch]))
            for of_pair, i in zip(logits, batch, strict=True):
                start, end = encoded[i].log_probabilities(of_pair)
                right = encoded[i].tokens_of(pairs[i][2])
                if pairs[i][2] and not right:
                    continue  # the answer stands behind what is read
                first, last = ([1 + a for a, _ in right], [1 + b for _, b in right]) if right else ([0], [0])
                losses.append(-start[first].logsumexp(0) - end[last].logsumexp(0))
                if right:
                    marked = in_answer(start, end)
                    inside = torch.zeros(len(marked), dtype=torch.bool)
                    for a, b in right:
                        inside[a : b + 1] = True
                    shares.append((marked[inside].sum() / marked.sum().clamp_min(1e-9)).item())
        return losses, shares

    def validate(self) -> dict[str, dict[str, float]]:
        measured = {}
        for name, pairs in self.validation.items():
            losses, shares = self.losses(pairs)
            measured[name] = {"loss": torch.stack(losses).mean().item(), "inside": sum(shares) / max(1, len(shares))}
        return measured
