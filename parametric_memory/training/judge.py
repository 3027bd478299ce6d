"""Trains a judge of what answers a question: data, loop and the folder that comes out.

What `parametric-memory train judge` runs. Of each question a batch holds sentences that answer it and near ones that do
not, of its own document and of others; the judge learns which is first, and how probable each is. Resumable, and the
same under the same seed.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.errors import CheckpointError, TrainingError
from parametric_memory.files.durable import replace_durably, replacing, storage_errors
from parametric_memory.language_model.batching import by_length
from parametric_memory.language_model.precision import bfloat16_is_slow
from parametric_memory.recall.judge import (
    JudgeNetwork,
    encode_pairs,
    padded,
    read_judge,
    save_judge,
)
from parametric_memory.recall.judge_config import JudgeConfig
from parametric_memory.text.in_context import InContext
from parametric_memory.text.names import names_asked
from parametric_memory.training.curves import LOG, append_to_log
from parametric_memory.training.data.everyday import everyday_questions
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.judged import JudgedQuestion, Pool, add_facts, add_passages, mine, remember
from parametric_memory.training.data.question_answering import Asked, read_questions
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.judge_calibration import Calibration
from parametric_memory.training.judge_groups import (
    Group,
    Pair,
    answers_loss,
    nameless_similarities,
    within_loss,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.models.embedding import MiniLMEmbeddings

STATE_FILE, POOL_FILE = "training_state.pt", "pool"
_PAIRS_AT_ONCE = 32


@dataclass(frozen=True)
class JudgeTraining:
    """How long, on what, and how fast."""

    steps: int = 1500
    questions: int = 12  # in a batch
    near: int = 3  # sentences of other documents for each, that do not answer
    own: int = 3  # of its own document; twice as many of a generated one, which says several things of one subject
    ordinary: int = 3  # questions that need no document, in a batch, with as many near sentences each
    renamed_share: float = 0.5  # of the questions that name somebody, which are asked of somebody else too
    learning_rate: float = 1e-3
    warmup: int = 50
    answers_share: float = 0.3  # of the questions that an answer is given to, which a sentence supports or not
    # Of the vectors beside the judge's logit: chosen by what is found of generated documents in other words than those
    # that it was trained on. In the words of training it could do with a third.
    similarity_weight: float = 8.0
    # Of the similarity to the question without its names, within a document: chosen by held-out passages and generated
    # documents in training's phrasings.
    nameless_weight: float = 16.0
    passages: int = 6000
    facts: int = 3000  # generated documents
    held_out: int = 400  # passages, and half as many documents, never trained on; and statements told again
    seed: int = 0
    checkpoint_seconds: float = 240.0
    validate_every: int = 250


def train_judge(
    embeddings: MiniLMEmbeddings,
    folder: Path,
    files: Sequence[Path],
    config: JudgeTraining,
    report: Callable[[str], None] = print,
    start_from: Path | None = None,
) -> Path:
    """Train, or go on training, a judge on an embedder's weights; the folder it is written to.

    Args:
        start_from: folder of a trained judge to begin with.

    Raises:
        DocumentError: a file cannot be read.
        CheckpointError: the state in the folder is damaged, or of another run; `start_from` holds no judge for this
            embedder.
        TrainingError: a gradient is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = [a for path in files for a in read_questions(path)]
    contexts = sorted({a.context for a in asked})
    random.Random(config.seed).shuffle(contexts)
    held_out = set(contexts[: config.held_out])
    pool = prepared(folder, "train", embeddings, [a for a in asked if a.context not in held_out], config, report)
    validation = prepared(folder, "valid", embeddings, [a for a in asked if a.context in held_out], config, report)
    tokenizer, model = embeddings.loaded
    torch.manual_seed(config.seed)
    if start_from is None:
        judge_config = JudgeConfig(embedder=embeddings.fingerprint)
        network = JudgeNetwork(model, judge_config)
    else:
        network, judge_config = read_judge(start_from, model)
    run = JudgeRun(network, tokenizer, judge_config, pool, validation, folder, config, report, embeddings)
    run.resume()
    run.run()
    finished = folder / "judge"
    save_judge(network, run.judge, finished)
    return finished


def prepared(
    folder: Path,
    part: str,
    embeddings: MiniLMEmbeddings,
    asked: Sequence[Asked],
    config: JudgeTraining,
    report: Callable[[str], None],
) -> Pool:
    """The pool of one part of the data, made once and kept in the folder."""
    ordinary = everyday_questions() if part == "train" else ()
    drawn = (
        f"{len(asked)} {config.passages} {config.facts} {config.held_out} {config.seed} {len(ordinary)} "
        f"{embeddings.fingerprint}"
    )
    cache = folder / f"{POOL_FILE}-{part}-{hashlib.sha256(drawn.encode()).hexdigest()[:8]}.json"
    if cache.exists():
        return _read_pool(cache)
    rng, pool = random.Random(f"{config.seed} {part}"), Pool()
    add_passages(pool, asked, config.passages, rng)
    prose = [" ".join(s.sentence for s in pool.sentences[a:b]) for a, b in pool.spans[:500]]
    facts = FactGenerator(relations(), WordList.training(), ramp_steps=0, passages=prose)
    add_facts(pool, facts, config.facts if part == "train" else config.held_out // 2, rng)
    report(f"{part}: {len(pool.questions)} questions about {len(pool.spans)} documents")
    if part == "train":
        mine(pool, embeddings, report, ordinary)
    else:
        remember(pool, embeddings, report)
    with storage_errors(f"write {cache}"):
        written = {
            "sentences": [[s.sentence, s.opening, s.before] for s in pool.sentences],
            "spans": pool.spans,
            "questions": [asdict(q) for q in pool.questions],
            "near": pool.near,
            "similarities": pool.similarities,
            "ordinary": pool.ordinary,
        }
        replace_durably(cache, json.dumps(written).encode())
    return pool


def _read_pool(cache: Path) -> Pool:
    try:
        read = json.loads(cache.read_bytes())
        return Pool(
            [InContext(*s) for s in read["sentences"]],
            [(a, b) for a, b in read["spans"]],
            [],
            [
                JudgedQuestion(**{**q, "right": tuple(q["right"]), "answers": tuple(q["answers"])})
                for q in read["questions"]
            ],
            read["near"],
            read["similarities"],
            [(text, near) for text, near in read["ordinary"]],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{cache} is damaged: delete it to have it made anew.") from error


class JudgeRun:
    """A training run; its state lives in a folder."""

    def __init__(
        self,
        network: JudgeNetwork,
        tokenizer: PreTrainedTokenizerBase,
        judge: JudgeConfig,
        pool: Pool,
        validation: Pool,
        folder: Path,
        config: JudgeTraining,
        report: Callable[[str], None],
        embeddings: MiniLMEmbeddings,
    ):
        self.embeddings = embeddings
        self.network, self.tokenizer, self.config = network, tokenizer, config
        nameless, similarity = config.nameless_weight, config.similarity_weight
        self.judge = replace(judge, nameless_weight=nameless, similarity_weight=similarity)
        self.pool, self.validation, self.folder, self.report = pool, validation, folder, report
        self.optimizer = torch.optim.AdamW(network.changes().values(), lr=config.learning_rate, weight_decay=0.01)
        self.step, self.seconds = 0, 0.0
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):  # most questions are seen once; it takes a third of the time
                module.p = 0.0
        self.usable = [i for i, near in enumerate(pool.near) if len(near) > 2 * config.near]
        self.names = [names_asked(question.text) for question in pool.questions]
        self.named = [i for i in self.usable if self.names[i]]
        self.of_document: dict[int, list[JudgedQuestion]] = {}
        for question in pool.questions:
            self.of_document.setdefault(question.document, []).append(question)

    @property
    def state_file(self) -> Path:
        return self.folder / STATE_FILE

    def resume(self) -> bool:
        """Go on from the last checkpoint, if there is one. Raises CheckpointError: it is damaged or another's."""
        if not self.state_file.exists():
            return False
        try:
            state = torch.load(self.state_file, weights_only=True)
            self.network.load_state_dict(state["network"], strict=False)
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seconds = state["step"], state["seconds"]
        except (RuntimeError, KeyError, ValueError, EOFError, UnpicklingError) as error:
            raise CheckpointError(
                f"{self.state_file} is damaged, or of another judge: delete it to begin anew, or name another folder."
            ) from error
        self.report(f"going on from step {self.step}")
        return True

    def save(self) -> None:
        state = {
            "network": self.network.changes(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        with storage_errors(f"write {self.state_file}"), replacing(self.state_file) as file:
            torch.save(state, file)

    def run(self) -> None:
        """Train to the last step."""
        started, saved, before = time.monotonic(), time.monotonic(), self.seconds
        losses: list[float] = []
        self.network.train()
        while self.step < self.config.steps:
            losses.append(self.train_step())
            self.step += 1
            self.seconds = before + time.monotonic() - started
            if self.step % 25 == 0:
                mean, losses = sum(losses) / len(losses), []
                left = self.seconds / self.step * (self.config.steps - self.step) / 60
                self.report(f"step {self.step}/{self.config.steps} ({left:.0f} min left): loss {mean:.3f}")
                append_to_log(self.folder / LOG, {"event": "train", "step": self.step, "loss": mean})
            if self.step % self.config.validate_every == 0 and self.step < self.config.steps:
                self._log_validation()
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self.save()
                saved = time.monotonic()
        self.save()
        self._log_validation()  # also of a run that had made its steps: it calibrates

    def _log_validation(self) -> None:
        measured = self.validate()
        self.report(" ".join(f"{name} {value:.3f}" for name, value in measured.items()))
        append_to_log(self.folder / LOG, {"event": "valid", "step": self.step, "measured": measured})

    def train_step(self) -> float:
        """One update; its loss."""
        config = self.config
        seed = config.seed * 1_000_003 + self.step
        rng = random.Random(seed)
        rate = config.learning_rate * min(1.0, (self.step + 1) / config.warmup) * (1 - self.step / config.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        drawn = rng.sample(self.usable, config.questions)
        groups = [self._group(rng, i) for i in drawn]
        nameless = nameless_similarities(groups, self.embeddings)
        given = [self._answered(rng, i) for i in drawn if rng.random() < config.answers_share]
        renamed = [pair for i in drawn if rng.random() < config.renamed_share for pair in self._renamed(rng, i)]
        unanswered = [*renamed, *self._ordinary(rng)]
        in_groups = [pair for group in groups for pair in group.pairs]
        with fast_in_training():
            logits = self._logits([*in_groups, *unanswered, *(pair for of, _ in given for pair in of)]).float()
        of_groups, of_unanswered, of_given = logits.split(
            [len(in_groups), len(unanswered), len(logits) - len(in_groups) - len(unanswered)]
        )
        loss = answers_loss(of_groups[:, 0], groups)
        loss = loss + within_loss(of_groups[:, 0] + config.nameless_weight * nameless, groups)
        if unanswered:
            loss = loss + F.softplus(of_unanswered[:, 0]).mean()
        labels = torch.tensor([label for _, of in given for label in of])
        if len(labels):
            loss = loss + F.binary_cross_entropy_with_logits(of_given[:, 1], labels)
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.changes().values(), 1.0)
        if not norm.isfinite():
            raise TrainingError(
                f"The gradient of step {self.step + 1} is not finite and would destroy the weights: lower the learning "
                f"rate (it is {config.learning_rate:g}). A checkpoint in {self.folder} stays as it was."
            )
        self.optimizer.step()
        return loss.item()

    def _group(self, rng: random.Random, number: int) -> Group:
        pool, config, question = self.pool, self.config, self.pool.questions[number]
        right = [rng.choice(question.right)] if question.certain else list(question.right)
        own = [n for n in pool.own(question.document) if n not in question.right] if question.certain else []
        others = rng.sample(own, min(len(own), config.own * (2 if question.generated else 1)))
        near, of_document = pool.near[number], len(right) + len(others)
        # The nearest count most: they are what a memory finds in place of the right one.
        others += rng.sample(near[: 2 * config.near], config.near - 1) + rng.sample(near[2 * config.near :], 1)
        pairs = [(question.text, pool.sentences[n], None) for n in (*right, *others)]
        return Group(pairs, len(right), of_document)

    def _renamed(self, rng: random.Random, number: int) -> list[Pair]:
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

    def _ordinary(self, rng: random.Random) -> list[Pair]:
        """Questions that need no document, with sentences that are near to them."""
        drawn = rng.sample(self.pool.ordinary, min(len(self.pool.ordinary), self.config.ordinary))
        return [
            (asked, self.pool.sentences[n], None)
            for asked, near in drawn
            for n in rng.sample(near, min(len(near), self.config.ordinary))
        ]

    def _answered(self, rng: random.Random, number: int) -> tuple[list[Pair], list[float]]:
        """Pairs of a question with an answer, and whether each sentence supports the answer to that question."""
        pool, question = self.pool, self.pool.questions[number]
        if not question.certain:
            return [], []
        right = pool.sentences[rng.choice(question.right)]
        answer = rng.choice([question.statement, *question.answers])
        wrong = self._wrong_answer(rng, number)
        near = pool.sentences[rng.choice(pool.near[number][:10])]
        return (
            [(question.text, right, answer), (question.text, right, wrong), (question.text, near, answer)],
            [1.0, 0.0, 0.0],
        )

    def _wrong_answer(self, rng: random.Random, number: int) -> str:
        """An answer to another question: about the same document, or about what is near to this one."""
        question, owners = self.pool.questions[number], self.pool.document_of
        documents = [question.document, *(int(owners[n]) for n in rng.sample(self.pool.near[number][:16], 4))]
        for document in rng.sample(documents, len(documents)):
            others = [q for q in self.of_document.get(document, ()) if q.certain and not _alike(q, question)]
            if others:
                other = rng.choice(others)
                return rng.choice([other.statement, *other.answers])
        return rng.choice(self.pool.questions).statement

    def _logits(self, pairs: Sequence[Pair]) -> Tensor:
        """`[pair, 2]`."""
        encoded = encode_pairs(self.tokenizer, self.judge, pairs)
        batches = list(by_length([len(each) for each in encoded], _PAIRS_AT_ONCE))
        logits = torch.cat([self.network(*padded([encoded[i] for i in batch])) for batch in batches])
        return logits[torch.tensor([i for batch in batches for i in batch]).argsort()]

    def validate(self) -> dict[str, float]:
        """How held-out questions are judged; calibrates the judge."""
        self.network.eval()
        calibration = Calibration(
            self._logits, self.validation, self.embeddings, self.config.seed, told_again=self.config.held_out
        )
        self.judge, measured = calibration.fit(self.judge)
        self.network.train()
        return measured


@contextmanager
def fast_in_training() -> Iterator[None]:
    """Products in bfloat16 where the processor is fast at them; attention written out, whose gradient is faster so than
    the fused one's for sequences of a hundred tokens."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with (
        sdpa_kernel(SDPBackend.MATH),
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=not bfloat16_is_slow("cpu")),
    ):
        yield


def _alike(one: JudgedQuestion, other: JudgedQuestion) -> bool:
    """Whether an answer of one holds one of the other, or the other way round."""
    pairs = [(a.lower(), b.lower()) for a in one.answers for b in other.answers]
    return any(a in b or b in a for a, b in pairs)
