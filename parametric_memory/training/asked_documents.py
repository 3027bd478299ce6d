"""Questions about documents, each with the factors that it is asked under: what recall would attach of its document.

Where the base model answers them, and what is learned from that, is for the caller. Knows nothing about losses.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from parametric_memory.hypernetworks.hypernetwork import Attached, BatchedFactors, Hypernetwork, combined
from parametric_memory.language_model.chat import ChatFormat, Message
from parametric_memory.language_model.conversation import prompt_ids
from parametric_memory.language_model.precision import bfloat16_is_slow
from parametric_memory.training.attached_sentences import recalled
from parametric_memory.training.data.examples import EncodedQuestion, Example, TeacherWeights, encode_question

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_CHUNK_BATCHES = 4  # in which the sentences of a batch are read
_MOST_WHOLE = 8  # sentences of a passage that a question sees all of


@dataclass(frozen=True)
class AskedDocuments:
    """Questions as they are asked, the shortest first, and their factors, one item of a batch for each.

    Attributes:
        order: which question of the documents, one behind the other, each of them is.
        penalty: what the hypernetwork would have added to the loss, of a chunk on average.
    """

    questions: list[EncodedQuestion]
    order: list[int]
    factors: dict[str, BatchedFactors]
    scaling: float
    penalty: Tensor | None


def asked_documents(
    model: PreTrainedModel,
    chat: ChatFormat,
    hypernetwork: Hypernetwork,
    examples: Sequence[Example],
    *,
    rank: int | None,
    teacher: TeacherWeights | None = None,
    gate_noise: float = 0.0,
    merged: int = 1,
    whole: bool = False,
    rng: random.Random | None = None,
    messages: Sequence[Message] = (),
) -> AskedDocuments:
    """Every example's questions, under factors of its own document.

    Args:
        teacher: see `encode_question`.
        merged: from how many neighbouring documents the chunks come that a question may see.
        whole: a question sees all of these chunks; otherwise what recall might attach.
        rng: draws what that is; the same for the same examples when not given.
        messages: what stands before each question; nothing in the bare user turn.
    """
    rng = rng or random.Random(0)
    read = [hypernetwork.read(e.document, chat) for e in examples]
    chunks, before = [chunk for of_one, _ in read for chunk in of_one], read[0][1]
    ends = [0, *accumulate(len(of_one) for of_one, _ in read)]
    whole = whole or not hypernetwork.reads_sentences
    texts = [chat.decode(chunk) for chunk in chunks] if hypernetwork.reads_sentences else []
    form = hypernetwork.question_form(chat)
    questions, attached = [], []
    for i, example in enumerate(examples):
        first = i - i % merged
        may_see = range(ends[first], ends[first + merged])
        for q in example.questions:
            prompt = prompt_ids(chat, [*messages, {"role": "user", "content": q.text}], ask=form)
            questions.append(encode_question(chat, q, prompt, teacher))
            all_of_it = whole and (not texts or not example.is_passage or len(may_see) <= _MOST_WHOLE)
            attached.append([Attached(c) for c in may_see] if all_of_it else recalled(rng, texts, q, may_see))
    order = sorted(range(len(questions)), key=lambda i: len(questions[i]))  # as they will be asked
    # None but these are read, those of similar length together: none knows of another.
    used = sorted({a.chunk for group in attached for a in group}, key=lambda c: len(chunks[c]))
    place = {chunk: i for i, chunk in enumerate(used)}
    size = -(-len(used) // _CHUNK_BATCHES)
    kind = model.device.type
    in_bfloat16 = model.dtype != torch.float32 and not bfloat16_is_slow(kind)
    with torch.autocast(kind, dtype=torch.bfloat16, enabled=in_bfloat16):
        parts = [
            hypernetwork.chunk_factors(
                model, [chunks[c] for c in used[i : i + size]], before, rank=rank, gate_noise=gate_noise
            )
            for i in range(0, len(used), size)
        ]
    groups = [[replace(a, chunk=place[a.chunk]) for a in attached[i]] for i in order]
    penalties = [
        part.penalty * len(used[i * size :][:size]) for i, part in enumerate(parts) if part.penalty is not None
    ]
    penalty = torch.stack(penalties).sum() / len(used) if penalties else None
    return AskedDocuments([questions[i] for i in order], order, combined(parts, groups), parts[0].scaling, penalty)
