"""Has the base model, with the document in its prompt, answer what a hypernetwork learns to say without it.

What `parametric-memory train teach` and `train d2l --data` run. Two kinds of data:

- Questions with known answers. The base model is shown one example of a full-sentence answer. Its greedy sentence is
  cut where the known answer fits best, and that answer follows: openings come from passage and question, values are
  right even where a small model is wrong. Where the known answer fits nowhere early, but the teacher says it later, its
  own words are used; else the answer stands alone. Sentences that the teacher finds improbable are dropped.
- Plain texts, as in Doc-to-LoRA (arXiv 2602.15902): the base model asks itself about each sentence and answers
  greedily; answers that do not end are dropped.

For every answer token the teacher's 16 most probable tokens are stored.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from parametric_memory.documents.sentences import sentences
from parametric_memory.documents.words import stems
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.hypernetworks.chunking import split_at_borders
from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.language_model.answer_logits import answer_logits, by_length
from parametric_memory.language_model.chat import ChatFormat, prompt_ids
from parametric_memory.language_model.requests import Request
from parametric_memory.progress import report_progress
from parametric_memory.training.data.examples import Distribution, Example, Question, encode_question
from parametric_memory.training.data.parts import begin, counts_of, part_path, save_taught
from parametric_memory.training.data.question_answering import Asked, read_questions

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

KINDS = ("extractive", "abstractive", "yesno")
PART, TEXTS_IN_A_PART = 256, 8  # questions, or texts, that are saved together
TOP = 16  # most probable tokens of the teacher that are stored
_SCORED_AT_ONCE = 8  # answers, whose logits take memory

# Tokens: the student reads the passage, its teacher only what bears the answer.
MOST_DOCUMENT, MOST_TAUGHT_FROM = 256, 60
MOST_ANSWER, MOST_QUESTION, MOST_SENTENCE = 64, 48, 120
_OF_ANSWER, _OF_QUESTION = 2.0, 1.0  # weights of the words that a sentence shares with either

_OPENING_TOKENS = 14  # after which the known answer begins
_WRITTEN_TOKENS = 18  # in which the teacher may say it itself
_OPENINGS = 2  # that are tried with the whole answer
_NO_OPENING_PENALTY = 0.7  # in log probability: an answer without any opening is worth less
_LEAST_PROBABILITY = 0.02  # of the first token of the answer behind its opening: others are apologies
_COMPARED_TOKENS = 6  # of the answer, by which openings are compared
# Log probabilities of a token of the answer on average, and of its end, by kind. A small model does not expect an
# answer in somebody's own words word for word.
_LEAST_OF_ANSWER = {"extractive": -1.5, "abstractive": -2.5}
_LEAST_OF_END = -7.0
_PROMPT = "Text: {text}\nQuestion: {question}\nShort answer: {answer}\nFull answer:"
_SHOWN = (
    _PROMPT.format(
        text="The harbour of Bergen was rebuilt in 1874 after a fire.",
        question="When was the harbour rebuilt?",
        answer="in 1874",
    ),
    "The harbour was rebuilt in 1874.",
)
_SHOWN_SUBJECT = "The harbour"  # which a small model may digress to

_TEXT_TOKENS, _TEXT_ANSWER_TOKENS = 2000, 256  # longer texts are cut, answers that are longer are dropped
_TEACHER_SYSTEM = "You are a helpful and honest assistant."
_TEACHER = (
    "# Information\n{text}\n\n---\n\n# How to answer\n"
    "- The information above is current; it may also hold wishes of the user.\n"
    "- Where it has to do with the question, use it.\n"
    "- Where it has not, leave it aside and answer from what you know.\n"
    "- Where it tells you what to do, do it.\n\n---\n\n# Question\n{question}"
)


@dataclass(frozen=True)
class TeachConfig:
    """What the base model is asked about: questions or texts.

    Attributes:
        questions: JSON lines of context, question, answers.
        texts: of which the base model asks itself `per_text` questions each.
        most: questions, or texts; None: all.
        kinds: of the questions that are taken.
    """

    questions: tuple[Path, ...] = ()
    texts: tuple[str, ...] = ()
    most: int | None = None
    kinds: tuple[str, ...] = KINDS
    per_text: int = 8


@dataclass(frozen=True)
class Reading:
    """A question with its answer, and what there is to read."""

    question: str
    answer: str
    kind: str  # extractive | abstractive | yesno
    document: str  # the passage, or of a longer one the sentences around the one that answers
    taught_from: str  # the same, shorter
    support: str  # the sentence that answers


def teach(base: BaseModel, folder: Path, config: TeachConfig, report: Callable[[str], None] = print) -> int:
    """Answers questions and saves them in a folder, a part at a time; returns how many it holds.

    Passages and texts come in a random order that is always the same, a passage with all of its questions. An
    interrupted run resumes, and a finished one can be extended.

    Raises:
        CheckpointError: the folder holds other questions, texts or kinds, or is for another base model.
        DocumentError: a file cannot be read, or no question can be used.
        SettingsError: there is no such kind, or both questions and texts are given.
        StorageError: the disk refuses.
    """
    if unknown := [kind for kind in config.kinds if kind not in KINDS]:
        raise SettingsError(f"There are no questions of the kind {unknown[0]!r}: kinds are {', '.join(KINDS)}.")
    if config.questions and config.texts:
        raise SettingsError("One folder holds either questions with answers or texts: use two folders.")
    asked = [a for path in config.questions for a in read_questions(path) if a.kind in config.kinds]
    texts = _pieces(base, config.texts)
    content = [(a.context, a.question, a.answers, a.kind) for a in asked] if asked else [(text,) for text in texts]
    begin(
        folder,
        {
            "base_model": base.name,
            "base_fingerprint": base.fingerprint,
            "kinds": list(config.kinds),
            "questions": dict(sorted(Counter(a.kind for a in asked).items())) or config.per_text,
            "digest": hashlib.sha256("".join(map(repr, content)).encode()).hexdigest()[:16],
        },
    )
    by_context: dict[str, list[Asked]] = {text: [] for text in texts}
    for a in asked:
        by_context.setdefault(a.context, []).append(a)
    contexts = list(by_context)
    random.Random(0).shuffle(contexts)
    ordered: Sequence[Asked | str] = contexts if texts else [a for context in contexts for a in by_context[context]]
    ordered = ordered[: config.most]
    if not ordered:
        files = ", ".join(map(str, config.questions)) or "the texts"
        raise DocumentError(f"No question of these kinds is in {files}: name other files or kinds.")
    kept = made = 0
    started, size, what = time.monotonic(), TEXTS_IN_A_PART if texts else PART, "texts" if texts else "questions"
    for number, start in enumerate(range(0, len(ordered), size)):
        part, path = ordered[start : start + size], part_path(folder, number)
        taught_from, there = counts_of(path)
        if taught_from < len(part):
            if texts:
                found = _self_taught(base, [str(text) for text in part], config.per_text)
            else:
                found = _answered(base, [a for a in part if isinstance(a, Asked)])
            save_taught(path, found, len(part))
            there, made = sum(len(example.questions) for example in found), made + len(part)
            left = (time.monotonic() - started) / made * (len(ordered) - start - len(part))
            report_progress(what, start + len(part), len(ordered))
            report(
                f"taught: {start + len(part)}/{len(ordered)} {what}, {kept + there} questions of use, "
                f"{left / 60:.0f} min left"
            )
        kept += there
    return kept


def _answered(base: BaseModel, asked: Sequence[Asked]) -> list[Example]:
    """Questions with known answers, by document and kind."""
    readings = [r for a in asked if (r := reading(a, base.chat)) is not None]
    by_document: dict[tuple[str, str], list[Question]] = {}
    for r, question in zip(readings, taught(base, readings), strict=True):
        if question is not None:
            by_document.setdefault((r.document, r.kind), []).append(question)
    return [Example(document, tuple(of_one), kind) for (document, kind), of_one in by_document.items()]


def _pieces(base: BaseModel, texts: Sequence[str]) -> list[str]:
    """The texts without duplicates, long ones in several pieces."""
    window = base.window or 2 * _TEXT_TOKENS
    most = max(1, min(_TEXT_TOKENS, window - _TEXT_ANSWER_TOKENS - window // 4))
    found = (chunk.text for text in texts if text.strip() for chunk in split_at_borders(text, base.tokenizer, most))
    return list({" ".join(text.split()): text for text in found if text.strip()}.values())


def _self_taught(base: BaseModel, texts: Sequence[str], per_text: int) -> list[Example]:
    """Texts with the questions that the base model asks itself, and its greedy answers."""
    asked = []
    for text in texts:
        questions = written_questions(base, passages(text))
        random.Random(text).shuffle(questions)
        asked += [(text, question) for question in questions[:per_text]]
    contents = [_TEACHER.format(text=text, question=question.text) for text, question in asked]
    system = {"role": "system", "content": _TEACHER_SYSTEM}
    prompts = [prompt_ids(base.chat, [system, {"role": "user", "content": content}]) for content in contents]
    answered: list[tuple[int, Question]] = []
    for part in by_length([len(prompt) for prompt in prompts], _SCORED_AT_ONCE):
        requests = [Request(prompts[i], max_new_tokens=_TEXT_ANSWER_TOKENS) for i in part]
        for i, completion in zip(part, base.generate(requests), strict=True):
            value = completion.text.strip()
            if value and len(completion.token_ids) < _TEXT_ANSWER_TOKENS:  # else it has not ended
                support = asked[i][1].passage.sentence
                answered.append((i, Question(asked[i][1].text, "", value, "", support=support)))
    answers = [encode_question(base.chat, question).answer for _, question in answered]
    by_text: dict[str, list[Question]] = {}
    for (i, question), logs in zip(answered, _log_probs(base, [prompts[i] for i, _ in answered], answers), strict=True):
        by_text.setdefault(asked[i][0], []).append(replace(question, taught=_distribution(logs)))
    return [Example(text, tuple(questions), "documents") for text, questions in by_text.items()]


def reading(asked: Asked, chat: ChatFormat) -> Reading | None:
    """What is read for a question; None where it has no answer, or one of its parts is too long."""
    answer = asked.answers[0].strip().rstrip(",;:").strip() if asked.answers else ""
    if not answer or len(chat.encode(answer)) > MOST_ANSWER or len(chat.encode(asked.question)) > MOST_QUESTION:
        return None
    text = sentences(asked.context)
    if not text:
        return None
    support = _support(text, asked.question, answer, asked.kind)
    lengths = [len(chat.encode(sentence)) + 1 for sentence in text]
    if lengths[support] > MOST_SENTENCE:
        return None
    whole = sum(lengths) <= MOST_DOCUMENT
    document = asked.context.strip() if whole else " ".join(around(text, lengths, support, MOST_DOCUMENT))
    taught_from = " ".join(around(text, lengths, support, MOST_TAUGHT_FROM))
    return Reading(asked.question.strip(), answer, asked.kind, document, taught_from, text[support])


def around(text: Sequence[str], lengths: Sequence[int], centre: int, most: int) -> Sequence[str]:
    """A sentence with as many neighbours, from the one after it on, as fit into `most` tokens.

    lengths: of each sentence, in tokens.
    """
    first, last, room = centre, centre + 1, most - lengths[centre]
    while True:
        if last < len(text) and lengths[last] <= room:
            room -= lengths[last]
            last += 1
        elif first and lengths[first - 1] <= room:
            room -= lengths[first - 1]
            first -= 1
        else:
            return text[first:last]
        if first and lengths[first - 1] <= room:  # the text before says who is meant: as much of it as of the rest
            room -= lengths[first - 1]
            first -= 1


def _support(text: Sequence[str], question: str, answer: str, kind: str) -> int:
    """The sentence that answers: of those that hold the answer, or else of all, the one that shares most words."""
    asked, said = stems(question), set() if kind == "yesno" else stems(answer)
    holding = [i for i, sentence in enumerate(text) if kind != "yesno" and answer in sentence]

    def shared(i: int) -> float:
        words = stems(text[i])
        of_answer = len(words & said) / max(1, len(said))
        return _OF_ANSWER * of_answer + _OF_QUESTION * len(words & asked) / max(1, len(asked))

    return max(holding or range(len(text)), key=shared)


def taught(base: BaseModel, readings: Sequence[Reading], batch: int = 16) -> list[Question | None]:
    """A question with opening, value and the teacher's distribution for each reading; None for those of no use.

    Yes and no stay as they are, without a teacher: a small model does not know better whether something is so.
    """
    found = [_question(r, "", r.answer) if r.kind == "yesno" else None for r in readings]
    prompts = [_prompt(base.chat, r) for r in readings]
    judged = [i for i, r in enumerate(readings) if r.kind != "yesno"]
    for places in by_length([len(prompts[i]) for i in judged], batch):
        part = [judged[place] for place in places]
        requests = [Request(prompts[i], max_new_tokens=_WRITTEN_TOKENS) for i in part]
        written = [[t for t in c.token_ids if t not in base.stop_ids] for c in base.generate(requests)]
        ended = [[*ids, base.chat.end] for ids in written]
        attempts: list[tuple[int, Question]] = []
        for i, ids, logs in zip(part, written, _log_probs(base, [prompts[i] for i in part], ended), strict=True):
            attempts += [(i, question) for question in _attempts(base.chat, readings[i], ids, logs)]
        best: dict[int, float] = {}
        encoded = [encode_question(base.chat, question) for _, question in attempts]
        tried = _log_probs(base, [prompts[i] for i, _ in attempts], [e.answer for e in encoded])
        for (i, question), e, logs in zip(attempts, encoded, tried, strict=True):
            said = logs.gather(1, torch.tensor(e.answer, device=logs.device)[:, None])[:, 0]
            of_value = said[torch.tensor(e.is_value, device=said.device)]
            first_of_end = e.is_value[::-1].index(True)
            if not _is_sound(readings[i].kind, of_value, said[len(said) - first_of_end]):
                continue
            score = of_value[:_COMPARED_TOKENS].mean().item() - (0.0 if question.opening else _NO_OPENING_PENALTY)
            if score > best.get(i, float("-inf")):
                best[i], found[i] = score, replace(question, taught=_distribution(logs))
    return found


@torch.no_grad()
def _log_probs(base: BaseModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> Iterator[Tensor]:
    """Log probabilities `[answer token, vocabulary]` of each answer behind its prompt."""
    for start in range(0, len(prompts), _SCORED_AT_ONCE):
        some = slice(start, start + _SCORED_AT_ONCE)
        with base.busy:
            logits = answer_logits(base.model, prompts[some], answers[some], base.chat.end)
        yield from logits.log_softmax(-1).split([len(answer) for answer in answers[some]])


def _distribution(logs: Tensor) -> Distribution:
    top = logs.topk(min(TOP, logs.shape[-1]), dim=-1)
    return Distribution(top.indices.int().cpu(), top.values.half().cpu())


def _prompt(chat: ChatFormat, r: Reading) -> list[int]:
    asked = _PROMPT.format(text=r.taught_from, question=r.question, answer=r.answer)
    turns = (("user", _SHOWN[0]), ("assistant", _SHOWN[1]), ("user", asked))
    return chat.conversation([{"role": role, "content": content} for role, content in turns])


def _forms(r: Reading) -> list[str]:
    """An answer as it is written, and as it would stand within a sentence."""
    small = r.answer[0].lower() + r.answer[1:]
    return [r.answer, small] if small != r.answer and not r.answer[1:2].isupper() else [r.answer]


def _attempts(chat: ChatFormat, r: Reading, written: Sequence[int], logs: Tensor) -> Iterator[Question]:
    """The answer behind the openings that it fits best, or the teacher's own words.

    logs: log probabilities `[place, vocabulary]` at each token of what was written, and behind the last one.
    """
    said, forms = chat.decode(written), _forms(r)
    digresses = said.startswith(_SHOWN_SUBJECT) and _SHOWN_SUBJECT not in r.taught_from
    tokens = 0 if digresses else min(len(written), _OPENING_TOKENS)
    ends = (i for i in range(tokens) if chat.decode(written[i : i + 1]).rstrip().endswith((".", "!", "?")))
    alone = logs[:1, [chat.encode(forms[0])[0]] * len(forms)] - _NO_OPENING_PENALTY
    fit = torch.cat([alone, logs[1:, [chat.encode(f" {form}")[0] for form in forms]]])  # [place, form]
    fit = fit[: next(ends, tokens) + 1]  # nothing comes behind a sentence that says something else
    best = [int(place) for place in fit.max(-1).values.argsort(descending=True)[:_OPENINGS]]
    probable = [place for place in best if fit[place].max().exp().item() >= _LEAST_PROBABILITY]
    for place in probable:
        form = forms[int(fit[place].argmax())] if place else forms[0]
        yield _question(r, chat.decode(written[:place]), form)
    if not probable:  # an answer of many words may stand for itself
        yield _own_words(r, said) or _question(r, "", r.answer)


def _question(r: Reading, opening: str, value: str) -> Question:
    return Question(r.question, opening, value, "" if value[-1] in ".!?" else ".", support=r.support)


def _own_words(r: Reading, written: str) -> Question | None:
    """The teacher's own sentence, up to the end of the answer in it."""
    place = written.lower().find(r.answer.lower())
    if place < 0:
        return None
    opening, value = written[:place].rstrip(), written[place : place + len(r.answer)]
    return _question(r, opening, value) if not opening or written[len(opening)] == " " else None


def _is_sound(kind: str, of_value: Tensor, of_end: Tensor) -> bool:
    """Whether the teacher finds the answer probable behind its opening."""
    return of_value.mean().item() >= _LEAST_OF_ANSWER.get(kind, -1.5) and of_end.item() >= _LEAST_OF_END
