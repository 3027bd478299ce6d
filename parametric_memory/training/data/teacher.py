"""A teacher that reads: the base model, with a passage and the answer in its prompt, says the answer in a sentence.

It is shown once how. Its greedy sentence is cut where the answer that is known fits best, and that answer follows: so
openings come from passage and question, and values are right even where a small model says something else. Where the
known answer fits nowhere early, but the teacher says it later in its own words, these are kept, or else it stands for
itself. What is no sentence to the teacher's mind is dropped. Of every token of the answer is kept what the teacher
finds likely there, which a student that sees the question alone can follow.

One pass over the prompt serves all: its keys and values are kept for writing, and for reading the answers. What all
prompts begin with is read once for a batch.
Knows nothing about hypernetworks and files.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from parametric_memory.language_model.answer_logits import head_logits
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.data.examples import Distribution, Question, encode_question
from parametric_memory.training.data.passages import Reading

if TYPE_CHECKING:
    from transformers import Cache, PreTrainedModel

    from parametric_memory.language_model.base_model import BaseModel

TOP = 16  # tokens of the teacher that are kept
_OPENING_TOKENS = 14  # after which the known answer begins
_WRITTEN_TOKENS = 18  # in which the teacher may say it itself
_OPENINGS = 2  # that are tried with the whole answer
_NO_OPENING_PENALTY = 0.7  # in log probability: an answer without any opening is worth less
_LEAST_PROBABILITY = 0.02  # of the first token of the answer behind its opening: others are apologies
_COMPARED_TOKENS = 6  # of the answer, by which openings are compared
# Log probabilities of a token of the answer on average, and of its end, by kind. An answer in somebody's own words is
# nothing that a small model expects word for word.
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
class _Prompts:
    """Prompts as the model has read them, padded on the left behind what all begin with."""

    cache: Cache
    mask: Tensor  # [prompt, token]
    last: Tensor  # [prompt, hidden]: the state that predicts the answer's first token


@dataclass(frozen=True)
class _Attempt:
    """An answer that may be worth teaching."""

    reading: int  # in its batch
    question: Question


@torch.inference_mode()
def taught(base: BaseModel, readings: Sequence[Reading], batch: int = 32) -> list[Question | None]:
    """A question with opening, value and the teacher's distribution for each reading; None for those of no use.

    A small model does not know better whether something is so: yes and no stay as they are, without a teacher.
    """
    found = [_question(r, "", r.answer) if r.kind == "yesno" else None for r in readings]
    prompts = [_prompt(base.chat, r) for r in readings]
    order = sorted((i for i, r in enumerate(readings) if r.kind != "yesno"), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        read = _read(base.model, [prompts[i] for i in part], base.chat.end)
        several = [readings[i] for i in part]
        attempts = _attempts(base, read, several)
        for attempt, question in zip(attempts, _best(base, read, several, attempts), strict=True):
            if question is not None:
                found[part[attempt.reading]] = question
    return found


def _prompt(chat: ChatFormat, r: Reading) -> list[int]:
    asked = _PROMPT.format(text=r.taught_from, question=r.question, answer=r.answer)
    turns = (("user", _SHOWN[0]), ("assistant", _SHOWN[1]), ("user", asked))
    return chat.conversation([{"role": role, "content": content} for role, content in turns])


def _read(model: PreTrainedModel, prompts: Sequence[Sequence[int]], pad_id: int) -> _Prompts:
    from transformers import DynamicCache

    shared = _in_common(prompts)
    longest = max(map(len, prompts))
    ids = torch.tensor([[*[pad_id] * (longest - len(p)), *p[shared:]] for p in prompts], device=model.device)
    mask = torch.tensor(
        [[1] * shared + [0] * (longest - len(p)) + [1] * (len(p) - shared) for p in prompts], device=model.device
    )
    cache = DynamicCache(config=model.config)
    if shared:
        beginning = torch.tensor([prompts[0][:shared]], device=model.device)
        _forward(model, beginning, torch.ones_like(beginning), cache)
        cache.batch_repeat_interleave(len(prompts))
    states = _forward(model, ids, mask, cache)
    return _Prompts(cache, mask, states[:, -1])


def _in_common(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with; of the shortest all but the last."""
    most = min(map(len, prompts)) - 1
    return next((i for i in range(most) if len({p[i] for p in prompts}) > 1), most)


def _forward(model: PreTrainedModel, ids: Tensor, mask: Tensor, cache: Cache) -> Tensor:
    """Hidden states of more tokens; the cache takes them up. mask: of all tokens, those in the cache included."""
    positions = (mask.cumsum(-1) - 1).clamp_min(0)[:, -ids.shape[1] :]
    decoder = model.get_decoder()
    name = "cache" if "cache" in signature(decoder.forward).parameters else "past_key_values"
    output: Any = decoder(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, **{name: cache})
    states: Tensor = output.last_hidden_state
    return states


def _attempts(base: BaseModel, read: _Prompts, readings: Sequence[Reading]) -> list[_Attempt]:
    """Openings that the answers fit best behind, and the teacher's own words where they hold the answer."""
    forms = [_forms(r) for r in readings]
    first = [[base.chat.encode(f" {form}")[0] for form in each] for each in forms]
    alone = [base.chat.encode(each[0])[0] for each in forms]
    written, fit = _written(base.model, read, base.chat.end, first, alone)
    return [
        _Attempt(i, question)
        for i, r in enumerate(readings)
        for question in _questions(base.chat, r, written[i], fit[i], forms[i])
    ]


def _questions(
    chat: ChatFormat, r: Reading, written: Sequence[int], fit: Tensor, forms: Sequence[str]
) -> Iterator[Question]:
    """A reading's attempts. fit: see `_written`."""
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


def _forms(r: Reading) -> list[str]:
    """An answer as it is written, and as it would stand within a sentence."""
    small = r.answer[0].lower() + r.answer[1:]
    return [r.answer, small] if small != r.answer and not r.answer[1:2].isupper() else [r.answer]


def _question(r: Reading, opening: str, value: str) -> Question:
    return Question(r.question, opening, value, "" if value[-1] in ".!?" else ".", support=r.support)


def _own_words(r: Reading, written: str) -> Question | None:
    """What the teacher says, up to the answer."""
    place = written.lower().find(r.answer.lower())
    if place < 0:
        return None
    opening, value = written[:place].rstrip(), written[place : place + len(r.answer)]
    return _question(r, opening, value) if not opening or written[len(opening)] == " " else None


def _written(
    model: PreTrainedModel, read: _Prompts, end: int, first: Sequence[Sequence[int]], alone: Sequence[int]
) -> tuple[list[list[int]], Tensor]:
    """Each prompt's greedy answer, and how probable a given token is at each of its places.

    first: for each prompt, tokens that may begin its answer within a sentence. alone: the one that begins it first.

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
    base: BaseModel, read: _Prompts, readings: Sequence[Reading], attempts: Sequence[_Attempt]
) -> list[Question | None]:
    """Of each reading's attempts the best one, if it is sound, with what the teacher finds likely; None for others."""
    best: dict[int, tuple[float, int, Question]] = {}
    encoded = [encode_question(base.chat, a.question) for a in attempts]
    found = _answers(base.model, read, [a.reading for a in attempts], [e.answer for e in encoded], base.chat.end)
    for number, (attempt, e, logs) in enumerate(zip(attempts, encoded, found, strict=True)):
        said = logs.gather(1, torch.tensor(e.answer, device=logs.device)[:, None])[:, 0]
        of_value = said[torch.tensor(e.is_value, device=said.device)]
        first_of_end = e.is_value[::-1].index(True)
        if not _is_sound(readings[attempt.reading].kind, of_value, said[len(said) - first_of_end]):
            continue
        score = of_value[:_COMPARED_TOKENS].mean().item() - (0.0 if attempt.question.opening else _NO_OPENING_PENALTY)
        if attempt.reading not in best or best[attempt.reading][0] < score:
            top = logs.topk(min(TOP, logs.shape[-1]), dim=-1)
            known = Distribution(top.indices.int().cpu(), top.values.half().cpu())
            best[attempt.reading] = score, number, replace(attempt.question, taught=known)
    chosen = {number: question for _, number, question in best.values()}
    return [chosen.get(number) for number in range(len(attempts))]


def _is_sound(kind: str, of_value: Tensor, of_end: Tensor) -> bool:
    """Whether an answer makes a sentence behind its opening, to the teacher's mind."""
    return of_value.mean().item() >= _LEAST_OF_ANSWER.get(kind, -1.5) and of_end.item() >= _LEAST_OF_END


def _answers(
    model: PreTrainedModel, read: _Prompts, prompt_of: Sequence[int], answers: Sequence[Sequence[int]], pad_id: int
) -> list[Tensor]:
    """Log probabilities `[answer token, vocabulary]` at each token of answers to prompts that were read."""
    if not answers:
        return []
    rows = torch.tensor(prompt_of, device=read.last.device)
    read.cache.reorder_cache(rows)  # the last to be read from it
    longest = max(map(len, answers))
    ids = torch.tensor([[*a, *[pad_id] * (longest - len(a))] for a in answers], device=rows.device)
    counts = torch.tensor([[1] * len(a) + [0] * (longest - len(a)) for a in answers], device=rows.device)
    states = _forward(model, ids, torch.cat([read.mask[rows], counts], dim=1), read.cache)
    states = torch.cat([read.last[rows][:, None], states], dim=1)
    lengths = [len(a) for a in answers]
    predicting = torch.cat([states[i, :length] for i, length in enumerate(lengths)])
    return list(head_logits(model, predicting).log_softmax(-1).split(lengths))
