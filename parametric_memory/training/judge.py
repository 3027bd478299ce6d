"""Trains a judge of which sentence answers a question: data, loop and output folder.

What `parametric-memory train judge` runs. Of each question a batch holds sentences that answer it and near ones that do
not, of its own document and of others; the judge learns which is first, and how probable each is. Of questions that
their text nearly answers it learns that no sentence does.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import TypeAdapter
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from parametric_memory.batches import by_length
from parametric_memory.documents.words import names_asked
from parametric_memory.errors import CheckpointError
from parametric_memory.files import replace_durably, storage_errors
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.language_model.answer_logits import right_padded
from parametric_memory.language_model.precision import bfloat16_is_faster
from parametric_memory.recall.judge import CrossEncoder, JudgeNetwork, encode_pairs, read_judge, save_judge
from parametric_memory.recall.judge_config import JudgeConfig
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.judged import Pool
from parametric_memory.training.data.question_answering import Asked, read_questions, written_texts
from parametric_memory.training.data.relations import everyday_questions
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.judge_calibration import (
    Calibration,
    Group,
    Pair,
    answers_loss,
    nameless_similarities,
    within_loss,
)
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop, check_keep

T = TypeVar("T")

_PAIRS_AT_ONCE = 32
_MOST_MISLEADING = 2  # sentences of a written text, of which one at least is in a group
_MISLEADING, _OF_A_GROUP, _OF_UNANSWERED = 8, 5, 4  # from so many, so many beside a right one, so many without
_HELD_OUT_WRITTEN = 10  # every tenth text
_POOL = TypeAdapter(Pool)


@dataclass(frozen=True)
class CrossEncoderTraining(LoopConfig):
    """How fast a network on the embedder's weights is trained."""

    learning_rate: float = 1e-3
    warmup: int = 50
    decay_share: float = 1.0
    final_share: float = 0.0
    dropout: float = 0.0  # outside of attention, in which it would take a third of the time


@dataclass(frozen=True)
class JudgeTraining(CrossEncoderTraining):
    """How long, on what, and how fast. A batch counts questions."""

    steps: int = 750
    batch: int = 12
    validate_every: int = 250
    log_every: int = 25
    near: int = 3  # sentences of other documents for each, that do not answer
    own: int = 3  # of its own document; twice as many of a generated one, which says several things of one subject
    written: int = 6  # questions of a batch that are about written texts
    unanswered: int = 9  # questions in a batch that these texts nearly answer
    ordinary: int = 3  # questions that need no document, in a batch, with as many near sentences each
    renamed_share: float = 0.5  # of the questions that name somebody, which are asked of somebody else too
    answers_share: float = 0.3  # of the questions that an answer is given to, which a sentence supports or not
    # Of the vectors beside the judge's logit: chosen by what is found of generated documents in other words than those
    # that it was trained on. In the words of training it could do with a third.
    similarity_weight: float = 8.0
    # Of the similarity to the question without its names, within a document: chosen by held-out passages and generated
    # documents in training's phrasings.
    nameless_weight: float = 16.0
    passages: int = 5000
    facts: int = 2500  # generated documents
    texts: int = 2000  # written ones at most, of which every tenth is held out
    held_out: int = 400  # passages, half as many documents, and as many restated facts, never trained on


def train_judge(
    embeddings: MiniLMEmbeddings,
    folder: Path,
    files: Sequence[Path],
    config: JudgeTraining,
    report: Callable[[str], None] = print,
    start_from: Path | None = None,
    keep: float = 0.0,
) -> Path:
    """Trains, or resumes training, a judge on an embedder's weights; returns its folder.

    Args:
        start_from: folder of a trained judge to begin with.
        keep: share of the starting weights in the mean that is written, see `TrainingLoop.resume_and_run`.

    Raises:
        SettingsError: there are no weights to keep a share of.
        DocumentError: a file cannot be read.
        CheckpointError: the state in the folder is damaged, or of another run; `start_from` holds no judge for this
            embedder.
        TrainingError: a gradient is not finite.
    """
    check_keep(keep, start_from)
    run = Run(folder, report, base_fingerprint=embeddings.fingerprint)
    asked = [a for path in files for a in read_questions(path)]
    contexts = sorted({a.context for a in asked})
    random.Random(config.seed).shuffle(contexts)
    held_out = set(contexts[: config.held_out])
    pool = prepared(run, "train", embeddings, [a for a in asked if a.context not in held_out], config)
    validation = prepared(run, "valid", embeddings, [a for a in asked if a.context in held_out], config)
    torch.manual_seed(config.seed)
    if start_from is None:
        judge = JudgeConfig(embedder=embeddings.fingerprint)
        network = JudgeNetwork(embeddings.loaded[1], judge)
    else:
        network, judge = read_judge(start_from, embeddings.loaded[1])
    trainer = JudgeTrainer(network, embeddings, judge, pool, validation, run, config)
    trainer.resume_and_run(keep)
    if keep or not trainer.calibrated:  # a run that had made its steps
        trainer.log_validation()
    finished = folder / "judge"
    save_judge(network, trainer.judge, finished)
    return finished


def prepared(run: Run, part: str, embeddings: MiniLMEmbeddings, asked: Sequence[Asked], config: JudgeTraining) -> Pool:
    """The pool of one part of the data, made once and kept in the folder. Raises CheckpointError: it is damaged."""
    ordinary = everyday_questions() if part == "train" else ()
    written = islice(written_texts(), config.texts)
    texts = [t for i, t in enumerate(written) if (i % _HELD_OUT_WRITTEN == 0) == (part == "valid")]
    sizes = (len(asked), config.passages, config.facts, config.held_out, config.seed, len(ordinary), len(texts))
    drawn = hashlib.sha256(f"{' '.join(map(str, sizes))} {embeddings.fingerprint}".encode()).hexdigest()[:8]
    cache = run.folder / f"pool-{part}-{drawn}.json"
    if cache.exists():
        try:
            return _POOL.validate_json(cache.read_bytes())
        except ValueError as error:
            raise CheckpointError(f"{cache} is damaged: delete it to have it made anew.") from error
    rng, pool = random.Random(f"{config.seed} {part}"), Pool()
    pool.add_passages(asked, config.passages, rng)
    prose = [" ".join(s.sentence for s in pool.sentences[a:b]) for a, b in pool.spans[:500]]
    facts = FactGenerator(WordList.training(), passages=prose)
    pool.add_facts(facts, config.facts if part == "train" else config.held_out // 2, rng)
    pool.add_written(texts)
    run.report(f"{part}: {len(pool.questions)} questions about {len(pool.spans)} documents")
    if part == "train":
        pool.mine(embeddings, run.report, ordinary)
    else:
        pool.remember(embeddings, run.report)
    with storage_errors(f"write {cache}"):
        replace_durably(cache, _POOL.dump_json(pool))
    return pool


class CrossEncoderTrainer(TrainingLoop):
    """Trains the changes of a network on the embedder's weights."""

    hypernetwork: CrossEncoder

    def __init__(self, network: CrossEncoder, run: Run, config: CrossEncoderTraining):
        optimizer = torch.optim.AdamW(network.changes().values(), lr=config.learning_rate, weight_decay=0.01)
        super().__init__(network, run, config, (optimizer,))
        for name, module in network.named_modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0 if ".self." in name else config.dropout

    def trained_state(self) -> Mapping[str, Tensor]:
        return self.hypernetwork.changes()


class JudgeTrainer(CrossEncoderTrainer):
    """Trains the changes of a judge's network. judge: its config, with the calibration of the last validation."""

    hypernetwork: JudgeNetwork
    config: JudgeTraining

    def __init__(
        self,
        network: JudgeNetwork,
        embeddings: MiniLMEmbeddings,
        judge: JudgeConfig,
        pool: Pool,
        held_out: Pool,
        run: Run,
        config: JudgeTraining,
    ):
        super().__init__(network, run, config)
        self.embeddings, self.pool, self.held_out = embeddings, pool, held_out
        nameless, similarity = config.nameless_weight, config.similarity_weight
        self.judge = replace(judge, nameless_weight=nameless, similarity_weight=similarity)
        self.calibrated = False
        self.usable = [i for i, near in enumerate(pool.near) if len(near) > 2 * config.near]
        self.written = [i for i, question in enumerate(pool.questions) if question.right and question.misleading]
        self.unanswered = [i for i, question in enumerate(pool.questions) if not question.right and question.misleading]
        self.names = [names_asked(question.text) for question in pool.questions]
        self.named = [i for i in self.usable if self.names[i]]
        self.of_document = defaultdict[int, list[int]](list)
        for i, question in enumerate(pool.questions):
            self.of_document[question.document].append(i)

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[dict[str, float]]]:
        config = self.config
        written = _some(rng, self.written, config.written)
        drawn = rng.sample(self.usable, config.batch - len(written))
        groups = [*(self.group(rng, i) for i in drawn), *(self.group_of_written(rng, i) for i in written)]
        nearly = [self.group_of_written(rng, i) for i in _some(rng, self.unanswered, config.unanswered)]
        nameless = nameless_similarities(groups, self.embeddings)
        given = [pair for i in drawn if rng.random() < config.answers_share for pair in self._answered(rng, i)]
        unanswered = [pair for i in drawn if rng.random() < config.renamed_share for pair in self.renamed(rng, i)]
        unanswered += self.ordinary(rng)
        in_groups, of_nearly = ([pair for group in some for pair in group.pairs] for some in (groups, nearly))
        parts = [in_groups, unanswered, of_nearly, [pair for pair, _ in given]]
        # Attention is written out: of a hundred tokens its gradient is faster so than the fused one's.
        with sdpa_kernel(SDPBackend.MATH), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_faster("cpu")):
            logits = self.logits([pair for part in parts for pair in part]).float()
        of_groups, of_unanswered, near_ones, of_given = logits.split([len(part) for part in parts])
        loss = answers_loss(of_groups[:, 0], groups)
        loss = loss + within_loss(of_groups[:, 0] + config.nameless_weight * nameless, groups)
        if unanswered:
            loss = loss + F.softplus(of_unanswered[:, 0]).mean()
        if nearly:
            strongest = [of_one.max() for of_one in near_ones[:, 0].split([len(group.pairs) for group in nearly])]
            loss = loss + F.softplus(torch.stack(strongest)).mean()
        if given:
            labels = torch.tensor([label for _, label in given])
            loss = loss + F.binary_cross_entropy_with_logits(of_given[:, 1], labels)
        loss.backward()
        return {"questions": [{"loss": loss.item()}]}

    def group(self, rng: random.Random, number: int) -> Group:
        pool, config, question = self.pool, self.config, self.pool.questions[number]
        right = [rng.choice(question.right)] if question.certain else list(question.right)
        own = [n for n in pool.own(question.document) if n not in question.right] if question.certain else []
        others = _some(rng, own, config.own * (2 if question.kind == "facts" else 1))
        near, of_document = pool.near[number], len(right) + len(others)
        # The nearest count most: they are what a memory finds in place of the right one.
        others += rng.sample(near[: 2 * config.near], config.near - 1) + rng.sample(near[2 * config.near :], 1)
        return Group(self._pairs(question.text, (*right, *others)), len(right), of_document)

    def group_of_written(self, rng: random.Random, number: int) -> Group:
        """A question about a written text, with a sentence that answers, if there is one, and those most easily taken
        for an answer."""
        question = self.pool.questions[number]
        right = [rng.choice(question.right)] if question.right else []
        first = rng.choice(question.misleading[:_MOST_MISLEADING])
        others = [n for n in question.misleading[:_MISLEADING] if n != first]
        most = _OF_A_GROUP if right else _OF_UNANSWERED
        chosen = [*right, first, *_some(rng, others, most - 1)]
        return Group(self._pairs(question.text, chosen), len(right), len(chosen))

    def _pairs(self, text: str, sentences: Sequence[int]) -> list[Pair]:
        return [(text, self.pool.sentences[n], None) for n in sentences]

    def renamed(self, rng: random.Random, number: int) -> list[Pair]:
        """A question asked of somebody else, whom its document does not name, with the sentence that answers it."""
        question, names = self.pool.questions[number], self.names[number]
        right = self.pool.sentences[rng.choice(question.right)]
        told = [name for name in names if name in right.sentence or name in right.opening or name in right.before]
        if not told or not question.certain:
            return []
        name = rng.choice(told)
        strangers = [n for i in rng.sample(self.named, 8) for n in self.names[i] if len(n.split()) == len(name.split())]
        document = " ".join(self.pool.sentences[n].sentence for n in self.pool.own(question.document))
        stranger = next((n for n in strangers if n not in document), None)
        return [] if stranger is None else [(question.text.replace(name, stranger), right, None)]

    def ordinary(self, rng: random.Random) -> list[Pair]:
        """Questions that need no document, with sentences that are near to them."""
        drawn = _some(rng, self.pool.ordinary, self.config.ordinary)
        return [pair for asked, near in drawn for pair in self._pairs(asked, _some(rng, near, self.config.ordinary))]

    def _answered(self, rng: random.Random, number: int) -> list[tuple[Pair, float]]:
        """Pairs of a question with an answer, and whether each sentence supports the answer to that question."""
        pool, question = self.pool, self.pool.questions[number]
        if not question.certain:
            return []
        right = pool.sentences[rng.choice(question.right)]
        answer = rng.choice([question.statement, *question.answers])
        wrong = self._wrong_answer(rng, number)
        near = pool.sentences[rng.choice(pool.near[number][:10])]
        text = question.text
        return [((text, right, answer), 1.0), ((text, right, wrong), 0.0), ((text, near, answer), 0.0)]

    def _wrong_answer(self, rng: random.Random, number: int) -> str:
        """An answer to another question about the same document, or a near one."""
        question, owners = self.pool.questions[number], self.pool.document_of
        documents = [question.document, *(int(owners[n]) for n in rng.sample(self.pool.near[number][:16], 4))]
        for document in rng.sample(documents, len(documents)):
            asked = [self.pool.questions[i] for i in self.of_document[document]]
            if others := [q for q in asked if q.certain and not _may_be_the_same(q.answers, question.answers)]:
                other = rng.choice(others)
                return rng.choice([other.statement, *other.answers])
        return self.pool.questions[rng.choice(self.usable)].statement

    def logits(self, pairs: Sequence[Pair]) -> Tensor:
        """`[pair, 2]`."""
        encoded = encode_pairs(self.embeddings.loaded[0], self.judge, pairs)
        batches = list(by_length([len(each) for each in encoded], _PAIRS_AT_ONCE))
        logits = torch.cat([self.hypernetwork(*right_padded([encoded[i] for i in batch])) for batch in batches])
        return logits[torch.tensor([i for batch in batches for i in batch]).argsort()]

    def validate(self) -> dict[str, dict[str, float]]:
        """How held-out questions are judged; calibrates the judge."""
        config = self.config
        calibration = Calibration(self.logits, self.held_out, self.embeddings, config.seed, config.held_out)
        self.judge, measured = calibration.fit(self.judge)
        self.calibrated = True
        return measured


def _may_be_the_same(answers: Sequence[str], others: Sequence[str]) -> bool:
    """Whether one of the answers contains one of the others, or the other way round."""
    return any(a.lower() in b.lower() or b.lower() in a.lower() for a in answers for b in others)


def _some(rng: random.Random, of: Sequence[T], most: int) -> list[T]:
    return rng.sample(of, min(most, len(of)))
