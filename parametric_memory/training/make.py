"""Makes training data out of texts: questions in rounds, answers by a teacher that has the text in its prompt.

What `parametric-memory data make` runs, before `train d2l`. As in Doc-to-LoRA (arXiv 2602.15902): after the first round
harder questions are asked for; the teacher is told how to use the text and answers greedily; answers that it does not
end are left out; of every token of an answer the base model's 16 most probable ones are kept, with the text in its
prompt. A run that was stopped goes on, and one that has ended can be given more texts.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from parametric_memory.errors import DocumentError, ModelUnavailable
from parametric_memory.hypernetworks.chunking import split_at_borders
from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.chat import Message
from parametric_memory.language_model.conversation import prompt_ids
from parametric_memory.training.data.examples import Distribution
from parametric_memory.training.data.made import begin, key_of, known, save_part
from parametric_memory.training.data.token_rows import TextQuestion, TextRow
from parametric_memory.training.data.writers import LocalWriter, Writer, Written

if TYPE_CHECKING:
    from pathlib import Path

    from parametric_memory.language_model.base_model import BaseModel

TOP = 16  # tokens of the teacher that are kept
PART = 8  # documents that are written together
_SCORED_AT_ONCE = 4  # answers, whose logits take memory
_QUESTION_TOKENS = 60  # for each question that is asked for
_LONGEST_QUESTION = 300  # characters
_NUMBER = re.compile(r"^\s*(?:[-*\u2022]|\(?\d{1,2}[.):])?\s*(?:\*\*)?(?:Question\s*\d*\s*[:.])?\s*", re.IGNORECASE)

_FIRST_ROUND = (
    "Here is a text.\n\n{text}\n\nWrite {count} different questions that this text answers. Each must be understood "
    "without the text: name whom or what it is about. One question a line, nothing else."
)
_NEXT_ROUND = (
    "Here is a text.\n\n{text}\n\nThese questions were asked about it already:\n{asked}\n\nWrite {count} harder "
    "questions that the text answers too, for which several of its parts must be put together, or something be worked "
    "out. Each must be understood without the text. One question a line, nothing else."
)
_TEACHER_SYSTEM = "You are a helpful and honest assistant."
_TEACHER = (
    "# Information\n{text}\n\n---\n\n# How to answer\n"
    "- The information above is current; it may also hold wishes of the user.\n"
    "- Where it has to do with the question, use it.\n"
    "- Where it has not, leave it aside and answer from what you know.\n"
    "- Where it tells you what to do, do it.\n\n---\n\n# Question\n{question}"
)
# Wordings of the wish for the answer alone; which one a question gets is drawn.
SHORT = (
    "{question} Answer in as few words as possible.",
    "{question} Give the answer alone.",
    "Answer without any explanation.\n\n{question}",
    "Give only the answer to this question, no other words.\n\nQuestion: {question}",
)


@dataclass(frozen=True)
class MakeConfig:
    """How much is asked of a text.

    Attributes:
        rounds: of questions, each about a text after those before.
        questions: that are asked for in a round.
        answer_tokens: of an answer, at most; one that has not ended by then is left out.
        text_tokens: of a text, at most; longer ones are cut at their borders.
        short: the share of questions that wish for the answer alone.
        by_sentence: the base model asks about one sentence after the other, which a small one does better than about a
            text as a whole; `questions` of each text are drawn. There are no further rounds.
    """

    rounds: int = 2
    questions: int = 5
    answer_tokens: int = 256
    text_tokens: int = 2000
    short: float = 0.5
    seed: int = 0
    by_sentence: bool = False


@dataclass(frozen=True)
class Made:
    """How much there is: documents of which a question was of use, and these questions."""

    documents: int
    questions: int


def make_data(
    base: BaseModel,
    folder: Path,
    texts: Iterable[str],
    config: MakeConfig = MakeConfig(),
    report: Callable[[str], None] = print,
    asker: Writer | None = None,
    answerer: Writer | None = None,
) -> Made:
    """Makes data of the texts that are not in the folder yet, a few at a time; returns how much of it is new.

    Args:
        base: the model that is to learn, whose tokens and probabilities are kept.
        asker: writes the questions; the base model when not given.
        answerer: writes the answers, which the base model then reads; the base model itself when not given.

    Raises:
        CheckpointError: the folder holds data for another base model, or of other writers.
        DocumentError: there is no text.
        ModelUnavailable: a writer cannot be reached, or takes nothing about several texts.
        StorageError: the disk refuses.
    """
    asker, answerer = _Counting(asker or LocalWriter(base)), _Counting(answerer or LocalWriter(base))
    pieces = _pieces(base, texts, config)
    if not pieces:
        raise DocumentError("There is no text to make data of: name files or folders with text in them.")
    description = {"base_model": base.name, "base_fingerprint": base.fingerprint}
    asked_by = f"{base.title}, by sentence" if config.by_sentence else asker.name
    begin(folder, description | {"questions_by": asked_by, "answers_by": answerer.name})
    there = known(folder)
    new = [text for text in pieces if key_of(text) not in there]
    if len(new) < len(pieces):
        report(f"{len(pieces) - len(new)} of {len(pieces)} texts are there already")
    documents = questions = 0
    started = time.monotonic()
    for start in range(0, len(new), PART):
        part = new[start : start + PART]
        by_sentence = config.by_sentence
        asked, unasked = (_asked_by_sentence(base, part, config), ()) if by_sentence else _asked(asker, part, config)
        rows, words, unanswered = _answered(base, part, asked, answerer, config)
        # A text that came to nothing as a prompt about it was refused is tried again by the next run.
        kept = [i for i, row in enumerate(rows) if row.questions or i not in {*unasked, *unanswered}]
        if not kept and len(part) > 1:
            raise ModelUnavailable(
                f"Of {len(part)} texts one after the other no prompt was taken (the last: "
                f"{[*asker.refused, *answerer.refused][-1]}): have another model write, or cut texts shorter."
            )
        if kept:
            save_part(folder, [rows[i] for i in kept], {number: words[i] for number, i in enumerate(kept)})
        documents += sum(bool(row.questions) for row in rows)
        questions += sum(len(row.questions) for row in rows)
        done = start + len(part)
        left = (time.monotonic() - started) / done * (len(new) - done)
        report(f"{done}/{len(new)} texts, {questions} questions, {left / 60:.0f} min left")
    for writer, what in ((asker, "questions"), (answerer, "answers")):
        if writer.refused:
            count, last = len(writer.refused), writer.refused[-1]
            report(f"refused and passed over: {count} prompts for {what} (the last: {last})")
    return Made(documents, questions)


class _Counting:
    """A writer, and why it refused what it refused."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self.name = writer, writer.name
        self.refused: list[str] = []

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]:
        found = self._writer.write(conversations, most_tokens)
        self.refused += [written.refused for written in found if written.refused]
        return found


def parsed_questions(written: str) -> list[str]:
    """The questions of a list as models write it: numbered or not, one a line."""
    lines = (_NUMBER.sub("", line).strip().strip("*").strip() for line in written.splitlines())
    return [line for line in lines if line.endswith("?") and len(line.split()) > 1 and len(line) <= _LONGEST_QUESTION]


def _pieces(base: BaseModel, texts: Iterable[str], config: MakeConfig) -> list[str]:
    """The texts, long ones in several pieces, none twice."""
    window = base.window or config.text_tokens * 2
    most = max(1, min(config.text_tokens, window - config.answer_tokens - window // 4))
    found = (chunk.text for text in texts if text.strip() for chunk in split_at_borders(text, base.tokenizer, most))
    return list({key_of(text): text for text in found if text.strip()}.values())


def _asked(asker: Writer, texts: Sequence[str], config: MakeConfig) -> tuple[list[list[str]], set[int]]:
    """The questions about each text, none twice; and the places of texts of which a prompt was refused."""
    refused: set[int] = set()
    asked: list[dict[str, str]] = [{} for _ in texts]
    for number in range(config.rounds):
        conversations: list[list[Message]] = []
        for text, before in zip(texts, asked, strict=True):
            wish = _NEXT_ROUND if number and before else _FIRST_ROUND
            content = wish.format(text=text, count=config.questions, asked="\n".join(before.values()))
            conversations.append([{"role": "user", "content": content}])
        answers = asker.write(conversations, config.questions * _QUESTION_TOKENS)
        refused.update(i for i, written in enumerate(answers) if written.refused)
        for found, written in zip(asked, answers, strict=True):
            for question in parsed_questions(written.text)[: config.questions]:
                found.setdefault(" ".join(question.lower().split()), question)
    return [list(found.values()) for found in asked], refused


def _asked_by_sentence(base: BaseModel, texts: Sequence[str], config: MakeConfig) -> list[list[str]]:
    """The questions about each text, none twice, in an order that is drawn."""
    found = []
    for text in texts:
        asked = [question.text for question in written_questions(base, passages(text))]
        random.Random(f"{config.seed} {key_of(text)}").shuffle(asked)
        found.append(asked[: config.questions])
    return found


def _answered(
    base: BaseModel, texts: Sequence[str], asked: Sequence[Sequence[str]], answerer: Writer, config: MakeConfig
) -> tuple[list[TextRow], dict[int, list[str]], set[int]]:
    """Rows of each text with the questions that were answered to the end, and the answers in words.

    And the places of texts of which a question was refused.
    """
    worded = [(i, _worded(text, q, config)) for i, text in enumerate(texts) for q in asked[i]]
    conversations = [_teacher_turns(texts[i], question) for i, question in worded]
    written = answerer.write(conversations, config.answer_tokens) if conversations else []
    of_text: dict[int, list[TextQuestion]] = {i: [] for i in range(len(texts))}
    words: dict[int, list[str]] = {i: [] for i in range(len(texts))}
    kept = [(i, q, turns, w) for (i, q), turns, w in zip(worded, conversations, written, strict=True) if w.finished]
    answers = [_answer_ids(base, w.text, w.token_ids) for *_, w in kept]
    prompts = [prompt_ids(base.chat, turns) for _, _, turns, _ in kept]
    for (i, question, _, w), answer, taught in zip(kept, answers, _taught(base, prompts, answers), strict=True):
        of_text[i].append(TextQuestion(question, answer, taught))
        words[i].append(w.text)
    refused = {i for (i, _), w in zip(worded, written, strict=True) if w.refused}
    return [TextRow(text, tuple(of_text[i])) for i, text in enumerate(texts)], words, refused


def _worded(text: str, question: str, config: MakeConfig) -> str:
    """The question, or the wish for a short answer to it: the same whenever it is drawn for this text."""
    rng = random.Random(f"{config.seed} {key_of(text)} {question}")
    return rng.choice(SHORT).format(question=question) if rng.random() < config.short else question


def _teacher_turns(text: str, question: str) -> list[Message]:
    asked = _TEACHER.format(text=text, question=question)
    return [{"role": "system", "content": _TEACHER_SYSTEM}, {"role": "user", "content": asked}]


def _answer_ids(base: BaseModel, text: str, token_ids: Sequence[int]) -> list[int]:
    ids = list(token_ids) or base.chat.encode(text)
    while ids and ids[-1] in base.stop_ids:
        ids.pop()
    return [*ids, base.chat.end]


@torch.inference_mode()
def _taught(
    base: BaseModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> Iterator[Distribution]:
    """What the base model finds likely at each token of the answers, with the text in its prompt."""
    for start in range(0, len(prompts), _SCORED_AT_ONCE):
        some = slice(start, start + _SCORED_AT_ONCE)
        with base.busy:
            logits = answer_logits(base.model, prompts[some], answers[some], base.chat.end)
        top = logits.log_softmax(-1).topk(min(TOP, logits.shape[-1]), dim=-1)
        lengths = [len(answer) for answer in answers[some]]
        for ids, log_probs in zip(top.indices.split(lengths), top.values.split(lengths), strict=True):
            yield Distribution(ids.int().cpu(), log_probs.half().cpu())
