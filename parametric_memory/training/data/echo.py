"""Echo answers: question-answer data turned into answers in the base model's own voice.

A memory answers best where an answer's words run as the document's do, and a chat model begins its answers by
restating the question. Two cheap passes find such an answer:

1. the base model begins its answer greedily, without the document;
2. with the document in the prompt, that opening is cut where the model finds the gold answer most probable to begin.

A third pass drops what does not make a sentence: "The unemployment rate of Haiti in" 14.6%.

Knows nothing about hypernetworks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.language_model.answer_logits import answer_logits, head_logits, right_padded
from parametric_memory.language_model.batching import by_length
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.text.sentences import sentences
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.ordinary import unaided_answers
from parametric_memory.training.data.question_answering import Asked

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.language_model.base_model import BaseModel

_OPENING_TOKENS = 14
_NO_OPENING_PENALTY = 0.7  # in log probability: an answer without any opening is worth less
_LEAST_PROBABILITY = 0.05  # openings under it are apologies, yes or no
_LEAST_OF_ANSWER, _LEAST_OF_END = -1.2, -4.0  # log probabilities, see `sound`


def usable(
    asked: Iterable[Asked], chat: ChatFormat, most_context: int = 80, most_answer: int = 10, most_question: int = 32
) -> list[Asked]:
    """Questions whose answer stands word for word in their context; lengths in tokens.

    Of a longer context the sentences around the answer stay: sentences are read apart, so the others would teach the
    same, only slower.
    """
    shortened = (
        replace(a, context=_around(a.answers[0], a.context, chat, most_context))
        for a in asked
        if a.kind == "extractive"
        and a.answers
        and a.answers[0].strip()
        and a.answers[0] in a.context
        and len(chat.encode(a.answers[0])) <= most_answer
        and len(chat.encode(a.question)) <= most_question
    )
    return [a for a in shortened if a.context]


def _around(answer: str, context: str, chat: ChatFormat, most: int) -> str:
    """The context, or as many of its sentences around the first that holds the answer as fit into `most` tokens.

    Empty where no sentence holds the answer whole, or where that sentence alone is too long.
    """
    if len(context) < most * 7 and len(chat.encode(context)) <= most:
        return context
    text = sentences(context)
    first = next((i for i, sentence in enumerate(text) if answer in sentence), None)
    if first is None:
        return ""
    lengths = [len(chat.encode(sentence)) + 1 for sentence in text]
    last, room = first + 1, most - lengths[first]
    if room < 0:
        return ""
    while True:
        if last < len(text) and lengths[last] <= room:
            room -= lengths[last]
            last += 1
        elif first and lengths[first - 1] <= room:
            room -= lengths[first - 1]
            first -= 1
        else:
            return " ".join(text[first:last])


@torch.inference_mode()
def cut(
    model: PreTrainedModel, chat: ChatFormat, asked: Sequence[Asked], began: Sequence[list[int]], batch: int = 32
) -> list[tuple[str, float]]:
    """Each opening up to where its answer is most probable with the document in the prompt, and that probability."""
    found: list[tuple[str, float]] = [("", 0.0)] * len(asked)
    for part in by_length([len(each.context) for each in asked], batch):
        prompts = [chat.question(f"{asked[i].context}\n\n{asked[i].question}") for i in part]
        rows = [[*prompt, *began[i]] for prompt, i in zip(prompts, part, strict=True)]
        ids, mask = right_padded(rows, chat.end, model.device)
        hidden = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        for row, (prompt, i) in enumerate(zip(prompts, part, strict=True)):
            states = hidden[row, len(prompt) - 1 : len(prompt) + len(began[i])]
            logs = head_logits(model, states).log_softmax(-1)
            answer = asked[i].answers[0]
            scores = logs[:, chat.encode(f" {answer}")[0]].clone()
            scores[0] = logs[0, chat.encode(answer)[0]] - _NO_OPENING_PENALTY
            best = int(scores.argmax())
            found[i] = (chat.decode(began[i][:best]), scores[best].exp().item())
    return found


@torch.inference_mode()
def sound(
    model: PreTrainedModel, chat: ChatFormat, asked: Sequence[tuple[str, Question]], batch: int = 32
) -> list[tuple[str, Question]]:
    """Contexts and their questions, without those whose answer makes no sentence behind its opening.

    With the context in the prompt the model must find a token of the answer probable on average, and its end behind it.
    """
    kept: set[int] = set()
    for part in by_length([len(context) for context, _ in asked], batch):
        prompts, answers = [], []
        for i in part:
            context, question = asked[i]
            prompts.append([*chat.question(f"{context}\n\n{question.text}"), *chat.encode(question.opening)])
            value = chat.encode(f" {question.value}" if question.opening else question.value)
            answers.append([*value, *chat.encode(question.ending)[:1]])
        logs = answer_logits(model, prompts, answers, chat.end).log_softmax(-1)
        tokens = torch.tensor([token for answer in answers for token in answer], device=logs.device)
        by_answer = logs.gather(1, tokens[:, None])[:, 0].split([len(answer) for answer in answers])
        for i, found in zip(part, by_answer, strict=True):
            of_answer, of_end = (found[:-1], found[-1].item()) if asked[i][1].ending else (found, 0.0)
            if of_answer.mean().item() >= _LEAST_OF_ANSWER and of_end >= _LEAST_OF_END:
                kept.add(i)
    return [each for i, each in enumerate(asked) if i in kept]


def echo_examples(
    base: BaseModel,
    asked: Sequence[Asked],
    report: Callable[[str], None] = print,
    at_once: int = 384,
) -> list[Example]:
    """Examples of one context each; questions whose opening leads nowhere are dropped."""
    by_context: dict[str, list[Question]] = {}
    for start in range(0, len(asked), at_once):
        part = asked[start : start + at_once]
        began = unaided_answers(base, [a.question for a in part], tokens=_OPENING_TOKENS)
        cuts = zip(part, cut(base.model, base.chat, part, began), strict=True)
        made = [
            (a.context, Question(a.question, opening, a.answers[0], "" if a.answers[0][-1] in ".!?" else "."))
            for a, (opening, probability) in cuts
            if probability >= _LEAST_PROBABILITY
        ]
        for context, question in sound(base.model, base.chat, made):
            by_context.setdefault(context, []).append(question)
        report(f"echo answers: {start + len(part)}/{len(asked)} questions")
    return [Example(context, tuple(questions), "passages") for context, questions in by_context.items()]


def save_examples(examples: Sequence[Example], path: Path) -> None:
    """Raises StorageError where they cannot be written; whole or not at all."""
    with storage_errors(f"write {path}"):
        replace_durably(path, "".join(json.dumps(asdict(e)) + "\n" for e in examples).encode())


def load_examples(path: Path) -> list[Example]:
    records = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Example(r["document"], tuple(Question(**q) for q in r["questions"]), r["source"]) for r in records]
