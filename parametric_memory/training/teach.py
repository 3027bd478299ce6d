"""Has the base model, with the document in its prompt, answer what a hypernetwork learns to say without it.

What `parametric-memory train teach` and `train d2l --data` run. Two kinds of data:

- Questions with known answers, about passages or texts as people write them. The base model is shown one example of a
  full-sentence answer. Its greedy sentence is cut where the known answer fits best, and that answer follows: openings
  come from passage and question, values are right even where a small model is wrong. Where the known answer fits
  nowhere early, but the teacher says it later, its own words are used; else the answer stands alone. Sentences that the
  teacher finds improbable are dropped.
- Plain texts, as in Doc-to-LoRA (arXiv 2602.15902): the base model asks itself about each sentence and answers
  greedily; answers that do not end are dropped.

For every answer token the teacher's 16 most probable tokens are stored.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from parametric_memory.batches import in_runs
from parametric_memory.documents.sentences import sentences
from parametric_memory.documents.words import stems
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.hypernetworks.chunking import split_at_borders
from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.chat import ChatFormat, prompt_ids
from parametric_memory.progress import report_progress
from parametric_memory.training.data.examples import Distribution, Example, Question, encode_question, greedy_answers
from parametric_memory.training.data.parts import begin, counts_of, part_path, save_taught
from parametric_memory.training.data.question_answering import (
    Asked,
    WrittenText,
    in_letters,
    read_questions,
    written_texts,
)

KINDS = ("extractive", "abstractive", "yesno")
PART, TEXTS_IN_A_PART = 256, 8  # questions, or texts, that are saved together
TOP = 16  # most probable tokens of the teacher that are stored
_ASKED_AT_ONCE, _READ_AT_ONCE = 8, 16  # questions about one text, and about any

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

_TEXT_TOKENS, _TEXT_ANSWER_TOKENS = 2000, 256  # longer texts are cut, answers that are longer are dropped
PROMPTS = tomllib.loads(Path(__file__).with_name("data").joinpath("teacher.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class TeachConfig:
    """What the base model is asked about: one of questions, texts, and texts with their questions."""

    questions: tuple[Path, ...] = ()  # JSON lines of context, question, answers
    texts: tuple[str, ...] = ()  # of which the base model asks itself `per_text` questions each
    written: tuple[Path, ...] = ()  # JSON lines of texts with their questions, see `training.data.question_answering`
    most: int | None = None  # questions, or texts; None: all
    kinds: tuple[str, ...] = KINDS  # of the questions that are taken
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
        SettingsError: there is no such kind, or more than one kind of data is given.
        StorageError: the disk refuses.
    """
    if unknown := [kind for kind in config.kinds if kind not in KINDS]:
        raise SettingsError(f"There are no questions of the kind {unknown[0]!r}: kinds are {', '.join(KINDS)}.")
    if sum(map(bool, (config.questions, config.texts, config.written))) > 1:
        raise SettingsError("Questions, texts, and texts with their questions each need a folder of their own.")
    asked = [a for path in config.questions for a in read_questions(path) if a.kind in config.kinds]
    written = [w for path in config.written for w in written_texts(path)]
    texts, kinds = _pieces(base, config.texts), Counter(a.kind for a in asked)
    questions = [(a.context, a.question, a.answers, a.kind) for a in asked]
    content: Sequence[Any] = questions or written or [(text,) for text in texts]
    begin(
        folder,
        {
            "base_model": base.name,
            "base_fingerprint": base.fingerprint,
            "kinds": list(config.kinds),
            "questions": dict(sorted(kinds.items())) or sum(len(w.questions) for w in written) or config.per_text,
            "digest": hashlib.sha256("".join(map(repr, content)).encode()).hexdigest()[:16],
        },
    )
    groups: dict[Any, list[Any]] = {}
    for number, item in enumerate(asked or written or texts):
        groups.setdefault(item.context if isinstance(item, Asked) else number, []).append(item)
    shuffled = [*groups.values()]
    random.Random(0).shuffle(shuffled)
    ordered = [item for group in shuffled for item in group][: config.most]
    if not ordered:
        files = ", ".join(map(str, (*config.questions, *config.written))) or "the texts"
        raise DocumentError(f"No question of these kinds is in {files}: name other files or kinds.")
    total = made = 0
    started, size, what = time.monotonic(), PART if asked else TEXTS_IN_A_PART, "questions" if asked else "texts"
    for number, part in enumerate(in_runs(ordered, size)):
        path, end = part_path(folder, number), number * size + len(part)
        taught_from, there = counts_of(path)
        if taught_from < len(part):
            if texts:
                found = _self_taught(base, part, config.per_text)
            else:
                read: Callable[[Any, ChatFormat], Iterator[Reading]] = written_readings if written else readings
                found = _answered(base, [r for each in part for r in read(each, base.chat) if r.kind in config.kinds])
            save_taught(path, found, len(part))
            there, made = sum(len(example.questions) for example in found), made + len(part)
            left = (time.monotonic() - started) / made * (len(ordered) - end)
            report_progress(what, end, len(ordered))
            counts = f"{end}/{len(ordered)} {what}, {total + there} questions of use"
            report(f"taught: {counts}, {left / 60:.0f} min left")
        total += there
    return total


def _answered(base: BaseModel, readings: Sequence[Reading]) -> list[Example]:
    """Questions with known answers, by document and kind."""
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
    system, examples = {"role": "system", "content": PROMPTS["system"]}, []
    for text in texts:
        asked = list(written_questions(base, passages(text)).items())
        random.Random(text).shuffle(asked)
        contents = [PROMPTS["own"].format(text=text, question=own) for own, _ in asked[:per_text]]
        prompts = [prompt_ids(base.chat, [system, {"role": "user", "content": content}]) for content in contents]
        written = greedy_answers(base, prompts, _TEXT_ANSWER_TOKENS, _ASKED_AT_ONCE)
        questions: list[Question] = []
        for (own, passage), prompt, ids in zip(asked, prompts, written, strict=False):
            question = Question(own, "", base.chat.decode(ids).strip(), "", support=passage.sentence)
            logs = _log_probs(base, prompt, encode_question(base.chat, question).answer)
            if question.value and logs[-1].argmax().item() in base.stop_ids:
                questions.append(replace(question, taught=_distribution(logs)))
        if questions:
            examples.append(Example(text, tuple(questions), "documents"))
    return examples


def readings(asked: Asked, chat: ChatFormat) -> Iterator[Reading]:
    """The texts for a question; none where it has no answer, or one of its parts is too long."""
    answer, text = _trimmed(asked.answers[0]) if asked.answers else "", sentences(asked.context)
    if not answer or not text:
        return
    lengths = [len(chat.encode(sentence)) + 1 for sentence in text]
    support = _support(text, asked.question, answer, asked.kind)
    whole = sum(lengths) <= MOST_DOCUMENT
    document = asked.context.strip() if whole else " ".join(around(text, lengths, support, MOST_DOCUMENT))
    taught_from = " ".join(around(text, lengths, support, MOST_TAUGHT_FROM))
    found = Reading(asked.question.strip(), answer, asked.kind, document, taught_from, text[support])
    if _fits(chat, found):
        yield found


def written_readings(written: WrittenText, chat: ChatFormat) -> Iterator[Reading]:
    """What there is to read for each question that a text answers, without those that are too long.

    The document is the text as a memory reads it. The kind is "abstractive" if the passage does not contain the answer.
    """
    passages = written.passages
    lengths = [len(chat.encode(passage)) + 1 for passage in passages]
    for question in written.questions:
        if not question.answers or not (standing := written.standing(question)):
            continue
        support = passages[standing[0]]
        holding = [answer for answer in question.answers if in_letters(answer) in in_letters(support)]
        answer, kind = _trimmed((holding or question.answers)[0]), "extractive" if holding else "abstractive"
        taught_from = "\n".join(around(passages, lengths, standing[0], MOST_TAUGHT_FROM))
        found = Reading(question.text, answer, kind, written.reading, taught_from, support)
        if answer and _fits(chat, found):
            yield found


def _trimmed(answer: str) -> str:
    return answer.strip().rstrip(",;:").strip()


def _fits(chat: ChatFormat, r: Reading) -> bool:
    """Whether no part is too long."""
    parts = ((r.support, MOST_SENTENCE - 1), (r.answer, MOST_ANSWER), (r.question, MOST_QUESTION))
    return all(len(chat.encode(text)) <= most for text, most in parts)


def around(text: Sequence[str], lengths: Sequence[int], centre: int, most: int) -> Sequence[str]:
    """A sentence with as many neighbours, from the one after it on, as fit into `most` tokens.

    lengths: of each sentence, in tokens.
    """
    first, last, room, fits = centre, centre + 1, most - lengths[centre], True
    while fits:
        fits = False
        if last < len(text) and lengths[last] <= room:
            room, last, fits = room - lengths[last], last + 1, True
        if first and lengths[first - 1] <= room:  # the text before says who is meant: as much of it as of the rest
            room, first, fits = room - lengths[first - 1], first - 1, True
    return text[first:last]


def _support(text: Sequence[str], question: str, answer: str, kind: str) -> int:
    """The sentence that answers: of those that hold the answer, or else of all, the one that shares most words."""
    asked, said = stems(question), set() if kind == "yesno" else stems(answer)
    holding = [i for i, sentence in enumerate(text) if kind != "yesno" and answer in sentence]

    def shared(i: int) -> float:
        words = stems(text[i])
        of_answer = len(words & said) / max(1, len(said))
        return _OF_ANSWER * of_answer + _OF_QUESTION * len(words & asked) / max(1, len(asked))

    return max(holding or range(len(text)), key=shared)


def taught(base: BaseModel, readings: Sequence[Reading]) -> list[Question | None]:
    """A question with opening, value and the teacher's distribution for each reading; None for those of no use.

    Yes and no stay as they are, without a teacher: a small model does not know better whether something is so.
    """
    found: list[Question | None] = [_question(r, "", r.answer) for r in readings]
    judged = [i for i, r in enumerate(readings) if r.kind != "yesno"]
    prompts = [_prompt(base.chat, readings[i]) for i in judged]
    written = greedy_answers(base, prompts, _WRITTEN_TOKENS, _READ_AT_ONCE)
    for i, prompt, ids in zip(judged, prompts, written, strict=True):
        found[i] = _best_attempt(base, readings[i], prompt, ids)
    return found


def _best_attempt(base: BaseModel, r: Reading, prompt: Sequence[int], written: Sequence[int]) -> Question | None:
    """Of `_attempts`, the one whose answer the teacher finds most probable; None where it finds none probable."""
    best, most = None, -math.inf
    for question in _attempts(base, r, prompt, written):
        encoded = encode_question(base.chat, question)
        log = _log_probs(base, prompt, encoded.answer)
        said = log.gather(1, torch.tensor(encoded.answer, device=log.device)[:, None])[:, 0]
        of_value = said[torch.tensor(encoded.is_value, device=log.device)]
        of_end = said[-encoded.is_value[::-1].index(True)]  # its first token
        score = of_value[:_COMPARED_TOKENS].mean().item() - (0.0 if question.opening else _NO_OPENING_PENALTY)
        if _is_sound(r.kind, of_value, of_end) and score > most:
            best, most = replace(question, taught=_distribution(log)), score
    return best


@torch.no_grad()
def _log_probs(base: BaseModel, prompt: Sequence[int], answer: Sequence[int]) -> Tensor:
    """Log-probabilities `[answer token, vocabulary]` of an answer to a prompt."""
    return answer_logits(base.model, [prompt], [answer], base.chat.end).log_softmax(-1)


def _distribution(logs: Tensor) -> Distribution:
    top = logs.topk(min(TOP, logs.shape[-1]), dim=-1)
    return Distribution(top.indices.int().cpu(), top.values.half().cpu())


def _prompt(chat: ChatFormat, r: Reading) -> list[int]:
    known, shown = PROMPTS["known"], PROMPTS["shown"]
    asked = known.format(text=r.taught_from, question=r.question, answer=r.answer)
    turns = (("user", known.format(**shown)), ("assistant", shown["full"]), ("user", asked))
    return chat.conversation([{"role": role, "content": content} for role, content in turns])


def _forms(r: Reading) -> list[str]:
    """An answer as it is written, and as it would stand within a sentence."""
    small = r.answer[0].lower() + r.answer[1:]
    return [r.answer, small] if small != r.answer and not r.answer[1:2].isupper() else [r.answer]


def _attempts(base: BaseModel, r: Reading, prompt: Sequence[int], written: Sequence[int]) -> Iterator[Question]:
    """The answer behind the openings that it fits best, or the teacher's own words."""
    chat, forms, subject = base.chat, _forms(r), PROMPTS["shown"]["subject"]
    first_tokens = [chat.encode(text)[0] for text in (forms[0], *(f" {form}" for form in forms))]
    logs = _log_probs(base, prompt, [*written, chat.end])[:, first_tokens]  # [place, form], alone and in a sentence
    said = chat.decode(written)
    digresses = said.startswith(subject) and subject not in r.taught_from
    tokens = 0 if digresses else min(len(written), _OPENING_TOKENS)
    ends = (i for i in range(tokens) if chat.decode(written[i : i + 1]).rstrip().endswith((".", "!", "?")))
    alone = logs[:1, [0] * len(forms)] - _NO_OPENING_PENALTY
    fit = torch.cat([alone, logs[1:, 1:]])  # [place, form]
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
