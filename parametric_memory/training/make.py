"""Makes questions about any texts, and answers by a teacher that has the text in its prompt.

What `parametric-memory data make` runs, before `train d2l`. As in Doc-to-LoRA (arXiv 2602.15902): after the first round
harder questions are asked for; the teacher is told how to use the text and answers greedily; answers that it does not
end are left out; of every answer token the base model's 16 most probable tokens are kept, with the text in its prompt.
A run that was stopped goes on, and one that has ended can be given more texts.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch

from parametric_memory.errors import DocumentError, ModelUnavailable
from parametric_memory.files.json_objects import shown
from parametric_memory.hypernetworks.chunking import split_at_borders
from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.chat import Message
from parametric_memory.language_model.conversation import prompt_ids
from parametric_memory.language_model.requests import Request
from parametric_memory.training.data.examples import Distribution
from parametric_memory.training.data.parts import MADE, key_of, made_keys, save_made
from parametric_memory.training.data.rows import TextQuestion, TextRow

if TYPE_CHECKING:
    from pathlib import Path

    from parametric_memory.language_model.base_model import BaseModel

TOP = 16  # tokens of the teacher that are kept
PART = 8  # documents that are written together
_SCORED_AT_ONCE = 4  # answers, whose logits take memory
_AT_ONCE = 8  # prompts in a batch, requests to a server
_Refused = tuple[int, str]  # the place of a text of which a prompt was refused, and why
_OF_THE_REQUEST = (400, 413)  # statuses that concern one request, and not the server
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
class Written:
    """A text, and whether the writer ended it by itself.

    Attributes:
        token_ids: without the end, where the writer is the base model itself.
        refused: why nothing was written, where the writer refuses the conversation.
    """

    text: str
    finished: bool
    token_ids: Sequence[int] = ()
    refused: str = ""


class Writer(Protocol):
    """Answers conversations, greedily. `name` tells it from others."""

    @property
    def name(self) -> str: ...

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]: ...


@dataclass(frozen=True)
class LocalWriter:
    """A base model of this process. A prompt that leaves no room in its window is refused."""

    base: BaseModel

    @property
    def name(self) -> str:
        return self.base.title

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]:
        prompts = [prompt_ids(self.base.chat, [dict(turn) for turn in c]) for c in conversations]
        window = self.base.window
        order = sorted(
            (i for i, p in enumerate(prompts) if not window or len(p) + most_tokens <= window),
            key=lambda i: len(prompts[i]),
        )
        found = [Written("", False, refused=f"its window has {window} tokens")] * len(prompts)
        for start in range(0, len(order), _AT_ONCE):
            part = order[start : start + _AT_ONCE]
            completions = self.base.generate([Request(prompts[i], max_new_tokens=most_tokens) for i in part])
            for i, completion in zip(part, completions, strict=True):
                finished = 0 < len(completion.token_ids) < most_tokens
                found[i] = Written(completion.text.strip(), finished, completion.token_ids)
        return found


@dataclass(frozen=True)
class ServerWriter:
    """A model behind OpenAI's API for chat completions, as vLLM, llama.cpp and this package serve it."""

    url: str  # as http://localhost:8000/v1
    model: str
    key: str | None = None
    timeout: float = 300.0

    @property
    def name(self) -> str:
        return self.model

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]:
        """What the server calls a bad request comes back refused: most often it is too long for it.

        Raises:
            ModelUnavailable: the server cannot be reached, or refuses to write.
        """
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        with httpx.Client(base_url=self.url.rstrip("/") + "/", headers=headers, timeout=self.timeout) as client:

            def one(turns: Sequence[Message]) -> Written:
                body: dict[str, Any] = {
                    "model": self.model,
                    "messages": [dict(turn) for turn in turns],
                    "max_tokens": most_tokens,
                    "temperature": 0.0,
                }
                try:
                    answer = client.post("chat/completions", json=body)
                    answer.raise_for_status()
                    [choice] = answer.json()["choices"]
                    return Written(str(choice["message"]["content"] or "").strip(), choice["finish_reason"] == "stop")
                except httpx.HTTPStatusError as error:
                    said = shown(f"{error.response.status_code}: {' '.join(error.response.text.split())}")
                    if error.response.status_code in _OF_THE_REQUEST:
                        return Written("", False, refused=said)
                    raise ModelUnavailable(f"{self.url} refuses to write ({said}).") from error
                except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
                    raise ModelUnavailable(
                        f"{self.url} does not write ({shown(error) or type(error).__name__}): is an OpenAI-compatible "
                        "server running there?"
                    ) from error

            with ThreadPoolExecutor(_AT_ONCE) as pool:
                return list(pool.map(one, conversations))


@dataclass(frozen=True)
class MakeConfig:
    """How much is asked of a text.

    Attributes:
        rounds: of questions about a text.
        questions: asked for in a round.
        answer_tokens: at most; an answer that has not ended by then is left out.
        text_tokens: at most; longer texts are cut at their borders.
        short: share of questions that wish for the answer alone.
        by_sentence: the base model asks about one sentence after the other, which small models do better; `questions`
            of each text are drawn, and there is one round.
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
    """How many documents got questions, and how many questions."""

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
    asker, answerer = asker or LocalWriter(base), answerer or LocalWriter(base)
    pieces = _pieces(base, texts, config)
    if not pieces:
        raise DocumentError("There is no text to make data of: name files or folders with text in them.")
    description = {"base_model": base.name, "base_fingerprint": base.fingerprint}
    asked_by = f"{base.title}, by sentence" if config.by_sentence else asker.name
    MADE.begin(folder, description | {"questions_by": asked_by, "answers_by": answerer.name})
    there = made_keys(folder)
    new = [text for text in pieces if key_of(text) not in there]
    if len(new) < len(pieces):
        report(f"{len(pieces) - len(new)} of {len(pieces)} texts are there already")
    documents = questions = 0
    refusals: dict[str, list[_Refused]] = {"questions": [], "answers": []}
    started = time.monotonic()
    for start in range(0, len(new), PART):
        part = new[start : start + PART]
        asked, unasked = _asked_by_sentence(base, part, config) if config.by_sentence else _asked(asker, part, config)
        rows, words, unanswered = _answered(base, part, asked, answerer, config)
        # A text that came to nothing as a prompt about it was refused is tried again by the next run.
        again = {i for i, _ in (*unasked, *unanswered)}
        kept = [i for i, row in enumerate(rows) if row.questions or i not in again]
        if not kept and len(part) > 1:
            raise ModelUnavailable(
                f"Of {len(part)} texts one after the other no prompt was taken (the last: "
                f"{[*unasked, *unanswered][-1][1]}): have another model write, or cut texts shorter."
            )
        refusals["questions"] += unasked
        refusals["answers"] += unanswered
        if kept:
            save_made(folder, [rows[i] for i in kept], [words[i] for i in kept])
        documents += sum(bool(row.questions) for row in rows)
        questions += sum(len(row.questions) for row in rows)
        done = start + len(part)
        left = (time.monotonic() - started) / done * (len(new) - done)
        report(f"{done}/{len(new)} texts, {questions} questions, {left / 60:.0f} min left")
    for what, refused in refusals.items():
        if refused:
            report(f"refused and passed over: {len(refused)} prompts for {what} (the last: {refused[-1][1]})")
    return Made(documents, questions)


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


def _asked(asker: Writer, texts: Sequence[str], config: MakeConfig) -> tuple[list[list[str]], list[_Refused]]:
    """The questions about each text, none twice; and the prompts that were refused."""
    refused: list[_Refused] = []
    asked: list[dict[str, str]] = [{} for _ in texts]
    for number in range(config.rounds):
        conversations: list[list[Message]] = []
        for text, before in zip(texts, asked, strict=True):
            wish = _NEXT_ROUND if number and before else _FIRST_ROUND
            content = wish.format(text=text, count=config.questions, asked="\n".join(before.values()))
            conversations.append([{"role": "user", "content": content}])
        answers = asker.write(conversations, config.questions * _QUESTION_TOKENS)
        refused += [(i, written.refused) for i, written in enumerate(answers) if written.refused]
        for found, written in zip(asked, answers, strict=True):
            for question in parsed_questions(written.text)[: config.questions]:
                found.setdefault(" ".join(question.lower().split()), question)
    return [list(found.values()) for found in asked], refused


def _asked_by_sentence(
    base: BaseModel, texts: Sequence[str], config: MakeConfig
) -> tuple[list[list[str]], list[_Refused]]:
    """The questions about each text, none twice, in a random order; no prompt is refused."""
    found = []
    for text in texts:
        asked = [question.text for question in written_questions(base, passages(text))]
        random.Random(f"{config.seed} {key_of(text)}").shuffle(asked)
        found.append(asked[: config.questions])
    return found, []


def _answered(
    base: BaseModel, texts: Sequence[str], asked: Sequence[Sequence[str]], answerer: Writer, config: MakeConfig
) -> tuple[list[TextRow], list[list[str]], list[_Refused]]:
    """Each text with the questions that were answered to the end, their answers in words, and the prompts that were
    refused."""
    worded: list[tuple[int, str]] = []
    conversations: list[list[Message]] = []
    for i, text in enumerate(texts):
        for question in asked[i]:
            rng = random.Random(f"{config.seed} {key_of(text)} {question}")  # the same wish whenever it is drawn
            wish = rng.choice(SHORT) if rng.random() < config.short else "{question}"
            worded.append((i, wish.format(question=question)))
            conversations.append(_teacher_turns(text, worded[-1][1]))
    written = answerer.write(conversations, config.answer_tokens) if conversations else []
    of_text: list[list[TextQuestion]] = [[] for _ in texts]
    words: list[list[str]] = [[] for _ in texts]
    kept = [(i, q, turns, w) for (i, q), turns, w in zip(worded, conversations, written, strict=True) if w.finished]
    answers = []
    for *_, w in kept:
        ids = list(w.token_ids) or base.chat.encode(w.text)
        while ids and ids[-1] in base.stop_ids:
            ids.pop()
        answers.append([*ids, base.chat.end])
    prompts = [prompt_ids(base.chat, turns) for _, _, turns, _ in kept]
    for (i, question, _, w), answer, taught in zip(kept, answers, _taught(base, prompts, answers), strict=True):
        of_text[i].append(TextQuestion(question, answer, taught))
        words[i].append(w.text)
    refused = [(i, w.refused) for (i, _), w in zip(worded, written, strict=True) if w.refused]
    return [TextRow(text, tuple(of_text[i])) for i, text in enumerate(texts)], words, refused


def _teacher_turns(text: str, question: str) -> list[Message]:
    asked = _TEACHER.format(text=text, question=question)
    return [{"role": "system", "content": _TEACHER_SYSTEM}, {"role": "user", "content": asked}]


@torch.inference_mode()
def _taught(
    base: BaseModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> Iterator[Distribution]:
    """The base model's distribution at each token of the answers, with the text in its prompt."""
    for start in range(0, len(prompts), _SCORED_AT_ONCE):
        some = slice(start, start + _SCORED_AT_ONCE)
        with base.busy:
            logits = answer_logits(base.model, prompts[some], answers[some], base.chat.end)
        top = logits.log_softmax(-1).topk(min(TOP, logits.shape[-1]), dim=-1)
        lengths = [len(answer) for answer in answers[some]]
        for ids, log_probs in zip(top.indices.split(lengths), top.values.split(lengths), strict=True):
            yield Distribution(ids.int().cpu(), log_probs.half().cpu())
