"""Asks the base model, with passages in its prompt, what a hypernetwork is to learn to say without them.

What `parametric-memory train teach` and `train d2l --data` run. The base model is shown once how to say an answer in a
sentence. Its greedy sentence is cut where the known answer fits best, and that answer follows: openings come from
passage and question, and values are right even where a small model says something else. Where the known answer fits
nowhere early, but the teacher says it later in its own words, these are kept; else the answer stands alone. What the
teacher finds improbable as a sentence is dropped. Of every answer token the teacher's most probable tokens are kept.

One pass over the prompt serves all: its keys and values are kept for writing, and for reading the answers.
"""

from __future__ import annotations

import copy
import hashlib
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.language_model.answer_logits import head_logits
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.text.sentences import sentences
from parametric_memory.text.words import stems
from parametric_memory.training.data.examples import Distribution, Example, Question, encode_question
from parametric_memory.training.data.parts import TAUGHT, counts_of, part_path, save_taught
from parametric_memory.training.data.question_answering import Asked, read_questions, read_texts

if TYPE_CHECKING:
    from transformers import Cache, PreTrainedModel

    from parametric_memory.language_model.base_model import BaseModel

KINDS = ("extractive", "abstractive", "yesno")
PART = 256  # questions that are kept together
TOP = 16  # tokens of the teacher that are kept

# What is read for a question, in tokens: by a student the passage, by its teacher what bears the answer.
MOST_DOCUMENT, MOST_TAUGHT_FROM = 256, 60
MOST_ANSWER, MOST_QUESTION, MOST_SENTENCE = 64, 48, 120
_OF_ANSWER, _OF_QUESTION = 2.0, 1.0  # weights of the words that a sentence shares with either

# Questions about plain text: a name or a number is the answer, and its sentence without it the question.
_SPAN = re.compile(r"(?<=\s)(?:\d[\d,.]*\d|\d+|[A-Z][\w'-]+(?: (?:of |the )?[A-Z][\w'-]+)*)\b")
_LEAST_WORDS, _MOST_WORDS = 6, 30  # of a sentence
_OF_ONE_TEXT = 3  # questions
_READ = 1500  # characters of a text

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
_SHOWN_SUBJECT = "The harbour"  # which a small model may go on about


@dataclass(frozen=True)
class TeachConfig:
    """Which questions are taught."""

    questions: tuple[Path, ...] = ()  # JSON lines of context, question, answers
    texts: tuple[Path, ...] = ()  # JSON lines of text: of some sentences a name or a number is asked for
    most: int | None = None  # None: all
    kinds: tuple[str, ...] = KINDS


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
    """Answers questions and keeps them in a folder, a part at a time; returns how many it holds.

    Passages come in a random order that is always the same, each with all of its questions, so that a part is like the
    others. A run that was stopped goes on, and one that has ended can be made longer.

    Raises:
        CheckpointError: the folder holds questions of other files or kinds, or for another base model.
        DocumentError: a file cannot be read, or no question can be used.
        SettingsError: there is no such kind.
        StorageError: the disk refuses.
    """
    if unknown := [kind for kind in config.kinds if kind not in KINDS]:
        raise SettingsError(f"There are no questions of the kind {unknown[0]!r}: kinds are {', '.join(KINDS)}.")
    asked = [a for path in config.questions for a in read_questions(path) if a.kind in config.kinds]
    texts = [text for path in config.texts for text in read_texts(path)]
    asked += [a for number, text in enumerate(texts) for a in cloze_questions(random.Random(number), text)]
    digest = hashlib.sha256("".join(repr((a.context, a.question, a.answers, a.kind)) for a in asked).encode())
    TAUGHT.begin(
        folder,
        {
            "base_model": base.name,
            "base_fingerprint": base.fingerprint,
            "kinds": list(config.kinds),
            "questions": dict(sorted(Counter(a.kind for a in asked).items())),
            "digest": digest.hexdigest()[:16],
        },
    )
    by_context: dict[str, list[Asked]] = {}
    for a in asked:
        by_context.setdefault(a.context, []).append(a)
    contexts = list(by_context)
    random.Random(0).shuffle(contexts)
    ordered = [a for context in contexts for a in by_context[context]][: config.most]
    if not ordered:
        files = ", ".join(map(str, (*config.questions, *config.texts)))
        raise DocumentError(f"No question of these kinds is in {files}: name other files or kinds.")
    kept = made = 0
    started = time.monotonic()
    for number, start in enumerate(range(0, len(ordered), PART)):
        part, path = ordered[start : start + PART], part_path(folder, number)
        taught_from, there = counts_of(path)
        if taught_from >= len(part):
            kept += there
            continue
        readings = [r for a in part if (r := reading(a, base.chat)) is not None]
        by_document: dict[tuple[str, str], list[Question]] = {}
        for r, question in zip(readings, taught(base, readings), strict=True):
            if question is not None:
                by_document.setdefault((r.document, r.kind), []).append(question)
        found = [Example(document, tuple(of_one), kind) for (document, kind), of_one in by_document.items()]
        save_taught(path, found, len(part))
        kept, made = kept + sum(map(len, by_document.values())), made + len(part)
        seconds, left = (time.monotonic() - started) / made, len(ordered) - start - len(part)
        report(
            f"taught: {start + len(part)}/{len(ordered)} questions, {kept} of them of use, {seconds:.2f} s each, "
            f"{seconds * left / 60:.0f} min left"
        )
    return kept


def cloze_questions(rng: random.Random, text: str) -> Iterator[Asked]:
    """Some questions about a text's beginning."""
    context = text[:_READ]
    if len(text) > _READ:  # without the sentence that was cut
        context = " ".join(sentences(context)[:-1])
    telling = [s for s in sentences(context) if _LEAST_WORDS <= len(s.split()) <= _MOST_WORDS and _SPAN.search(s)]
    for sentence in rng.sample(telling, min(_OF_ONE_TEXT, len(telling))):
        span = rng.choice(list(_SPAN.finditer(sentence)))
        blank = f"{sentence[: span.start()]}____{sentence[span.end() :]}"
        yield Asked(context, f"What completes this sentence: {blank}", (span[0],), "cloze")


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
        if first and lengths[first - 1] <= room:  # what is before says who is spoken of: as much of it as of the rest
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


@torch.inference_mode()
def taught(base: BaseModel, readings: Sequence[Reading], batch: int = 32) -> list[Question | None]:
    """A question with opening, value and the teacher's distribution for each reading; None for those of no use.

    Yes and no stay as they are, without a teacher: a small model does not know better whether something is so.
    """
    found = [_question(r, "", r.answer) if r.kind == "yesno" else None for r in readings]
    prompts = [_prompt(base.chat, r) for r in readings]
    order = sorted((i for i, r in enumerate(readings) if r.kind != "yesno"), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        read = _Prompts.of(base.model, [prompts[i] for i in part], base.chat.end)
        several = [readings[i] for i in part]
        forms = [_forms(r) for r in several]
        first = [[base.chat.encode(f" {form}")[0] for form in each] for each in forms]
        alone = [base.chat.encode(each[0])[0] for each in forms]
        written, fit = _written(base.model, read, base.chat.end, first, alone)
        attempts = [
            (i, question)
            for i, r in enumerate(several)
            for question in _attempts(base.chat, r, written[i], fit[i], forms[i])
        ]
        for i, question in _best(base, read, several, attempts).items():
            found[part[i]] = question
    return found


def _prompt(chat: ChatFormat, r: Reading) -> list[int]:
    asked = _PROMPT.format(text=r.taught_from, question=r.question, answer=r.answer)
    turns = (("user", _SHOWN[0]), ("assistant", _SHOWN[1]), ("user", asked))
    return chat.conversation([{"role": role, "content": content} for role, content in turns])


@dataclass(frozen=True)
class _Prompts:
    """Prompts that the model has read, padded on the left behind their common prefix, which is read once."""

    cache: Cache
    mask: Tensor  # [prompt, token]
    last: Tensor  # [prompt, hidden]: the state that predicts the answer's first token

    @classmethod
    def of(cls, model: PreTrainedModel, prompts: Sequence[Sequence[int]], pad_id: int) -> _Prompts:
        from transformers import DynamicCache

        most = min(map(len, prompts)) - 1
        shared = next((i for i in range(most) if len({p[i] for p in prompts}) > 1), most)
        longest, device = max(map(len, prompts)), model.device
        ids = torch.tensor([[*[pad_id] * (longest - len(p)), *p[shared:]] for p in prompts], device=device)
        mask = torch.tensor(
            [[1] * shared + [0] * (longest - len(p)) + [1] * (len(p) - shared) for p in prompts], device=device
        )
        cache = DynamicCache(config=model.config)
        if shared:
            beginning = torch.tensor([prompts[0][:shared]], device=device)
            _forward(model, beginning, torch.ones_like(beginning), cache)
            cache.batch_repeat_interleave(len(prompts))
        return cls(cache, mask, _forward(model, ids, mask, cache)[:, -1])


def _forward(model: PreTrainedModel, ids: Tensor, mask: Tensor, cache: Cache) -> Tensor:
    """Hidden states of more tokens; the cache takes them up. mask: of all tokens, those in the cache included."""
    positions = (mask.cumsum(-1) - 1).clamp_min(0)[:, -ids.shape[1] :]
    decoder = model.get_decoder()
    name = "cache" if "cache" in signature(decoder.forward).parameters else "past_key_values"
    output: Any = decoder(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, **{name: cache})
    states: Tensor = output.last_hidden_state
    return states


def _forms(r: Reading) -> list[str]:
    """An answer as it is written, and as it would stand within a sentence."""
    small = r.answer[0].lower() + r.answer[1:]
    return [r.answer, small] if small != r.answer and not r.answer[1:2].isupper() else [r.answer]


def _attempts(
    chat: ChatFormat, r: Reading, written: Sequence[int], fit: Tensor, forms: Sequence[str]
) -> Iterator[Question]:
    """The answer behind the openings that it fits best, or the teacher's own words. fit: see `_written`."""
    said = chat.decode(written)
    goes_on = said.startswith(_SHOWN_SUBJECT) and _SHOWN_SUBJECT not in r.taught_from
    tokens = 0 if goes_on else min(len(written), _OPENING_TOKENS)
    ends = (i for i in range(tokens) if chat.decode(written[i : i + 1]).rstrip().endswith((".", "!", "?")))
    fit = fit[: next(ends, tokens) + 1]  # behind a sentence that says something else comes nothing
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


def _written(
    model: PreTrainedModel, read: _Prompts, end: int, first: Sequence[Sequence[int]], alone: Sequence[int]
) -> tuple[list[list[int]], Tensor]:
    """Each prompt's greedy answer, and how probable a given token is at each of its places.

    first: for each prompt, tokens that may begin its answer within a sentence. alone: the token that begins it first.

    Returns:
        Token ids without the end, and log probabilities `[prompt, place, form]`.
    """
    device, most = read.last.device, max(map(len, first))
    forms = torch.tensor([[*each, *[each[0]] * (most - len(each))] for each in first], device=device)
    cache, mask, state = copy.deepcopy(read.cache), read.mask, read.last
    written: list[Tensor] = []
    fit: list[Tensor] = []
    ended = torch.zeros(len(first), dtype=torch.bool, device=device)
    while True:
        logs = head_logits(model, state).log_softmax(-1)
        if written:
            fit.append(logs.gather(1, forms))
        else:
            only = logs.gather(1, torch.tensor(alone, device=device)[:, None]) - _NO_OPENING_PENALTY
            fit.append(only.expand(-1, most))
        token = torch.where(ended, end, logs.argmax(-1))
        ended = ended | (token == end)
        if len(written) == _WRITTEN_TOKENS or ended.all():
            break
        written.append(token)
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
        state = _forward(model, token[:, None], mask, cache)[:, -1]
    rows = torch.stack(written, dim=1).tolist() if written else [[] for _ in first]
    return [row[: row.index(end)] if end in row else row for row in rows], torch.stack(fit, dim=1)


def _best(
    base: BaseModel, read: _Prompts, readings: Sequence[Reading], attempts: Sequence[tuple[int, Question]]
) -> dict[int, Question]:
    """The best of each reading's attempts, if it is sound, with the teacher's distribution. Uses up `read`."""
    best: dict[int, tuple[float, Question]] = {}
    encoded = [encode_question(base.chat, question) for _, question in attempts]
    found = _answer_logs(base.model, read, [i for i, _ in attempts], [e.answer for e in encoded], base.chat.end)
    for (i, question), e, logs in zip(attempts, encoded, found, strict=True):
        said = logs.gather(1, torch.tensor(e.answer, device=logs.device)[:, None])[:, 0]
        of_value = said[torch.tensor(e.is_value, device=said.device)]
        first_of_end = e.is_value[::-1].index(True)
        if not _is_sound(readings[i].kind, of_value, said[len(said) - first_of_end]):
            continue
        score = of_value[:_COMPARED_TOKENS].mean().item() - (0.0 if question.opening else _NO_OPENING_PENALTY)
        if i not in best or best[i][0] < score:
            top = logs.topk(min(TOP, logs.shape[-1]), dim=-1)
            known = Distribution(top.indices.int().cpu(), top.values.half().cpu())
            best[i] = score, replace(question, taught=known)
    return {i: question for i, (_, question) in best.items()}


def _is_sound(kind: str, of_value: Tensor, of_end: Tensor) -> bool:
    """Whether the teacher finds the answer probable behind its opening."""
    return of_value.mean().item() >= _LEAST_OF_ANSWER.get(kind, -1.5) and of_end.item() >= _LEAST_OF_END


def _answer_logs(
    model: PreTrainedModel, read: _Prompts, prompt_of: Sequence[int], answers: Sequence[Sequence[int]], pad_id: int
) -> list[Tensor]:
    """Log probabilities `[answer token, vocabulary]` at each token of answers to prompts that were read."""
    if not answers:
        return []
    rows = torch.tensor(prompt_of, device=read.last.device)
    read.cache.reorder_cache(rows)  # the last to be read from it
    longest, lengths = max(map(len, answers)), [len(a) for a in answers]
    ids = torch.tensor([[*a, *[pad_id] * (longest - len(a))] for a in answers], device=rows.device)
    counts = torch.tensor([[1] * len(a) + [0] * (longest - len(a)) for a in answers], device=rows.device)
    states = _forward(model, ids, torch.cat([read.mask[rows], counts], dim=1), read.cache)
    states = torch.cat([read.last[rows][:, None], states], dim=1)
    predicting = torch.cat([states[i, :length] for i, length in enumerate(lengths)])
    return list(head_logits(model, predicting).log_softmax(-1).split(lengths))
