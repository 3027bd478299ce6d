"""What a skill is to learn of documents beside it: that their answers stay right, in whatever form it gives them.

A question about a document may be answered in a sentence, as the document's adapter was trained to, or by the value
alone, with or without a full stop, as many a skill has it: what counts is how probable these are together. To have the
answer stay word for word as it is would teach skills to do nothing beside documents.

Knows nothing about what makes skills.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.training.asked_documents import AskedDocuments, asked_documents
from parametric_memory.training.d2l import load_for_training
from parametric_memory.training.data.examples import EncodedQuestion, encode_question
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.objective import Answered, factors_attached

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.language_model.base_model import BaseModel

_MOST_FACTS = 8  # of a document
_QUESTIONS = 2  # about a document
_OTHER_FORMS: tuple[dict[str, Any], ...] = ({"opening": ""}, {"opening": "", "ending": ""})  # the value alone


@dataclass(frozen=True)
class BesideDocuments:
    """Questions about documents, under what a document hypernetwork makes of these, answered in a sentence.

    Attributes:
        others: the same questions, answered in other forms: of each form, one behind the other.
    """

    asked: AskedDocuments
    others: list[list[EncodedQuestion]]

    def answered(
        self, model: PreTrainedModel, skills: AbstractContextManager[None], pad_id: int
    ) -> tuple[Tensor, list[Answered]]:
        """The mean loss of a question, and how each was answered in its most probable form, with skills attached.

        The loss is the negative logarithm of the probability that the answer is given in any of the forms, for each
        token of the most probable one.

        skills: attaches one to every question.
        """
        asked = self.asked.questions
        with factors_attached(model, self.asked.factors, slice(None), self.asked.scaling), skills:
            forms = [_said(model, questions, pad_id) for questions in (asked, *self.others)]
        said = torch.stack([torch.stack([-form.losses.sum() for form in of]) for of in forms])  # [form, question]
        better = said.argmax(0).tolist()
        met = [forms[form][number] for number, form in enumerate(better)]
        lengths = torch.tensor([len(of.losses) for of in met], device=said.device)
        return (-said.logsumexp(0) / lengths).mean(), [of.answered for of in met]


class DocumentQuestions(Protocol):
    """Draws what is asked beside documents; the same generator state gives the same."""

    def __call__(self, rng: random.Random) -> BesideDocuments: ...


def document_questions(base: BaseModel, folder: Path, questions: int) -> DocumentQuestions:
    """Draws about so many questions about generated documents.

    Args:
        folder: of the key-value hypernetwork that reads the documents.

    Raises:
        CheckpointError: it holds none, or one for another base model.
    """
    hypernetwork = load_for_training(folder, base).to(base.model.device).eval()
    stream = FactGenerator(relations(), WordList.training(), _MOST_FACTS, ramp_steps=0)

    @torch.no_grad()
    def drawn(rng: random.Random) -> BesideDocuments:
        examples = stream.batch(rng, -(-questions // _QUESTIONS), _QUESTIONS, step=0)
        asked = asked_documents(base.model, base.chat, hypernetwork, examples, rank=None, rng=rng)
        in_order = [question for example in examples for question in example.questions]
        others = [
            [
                encode_question(base.chat, replace(in_order[i], **form), encoded.prompt)
                for i, encoded in zip(asked.order, asked.questions, strict=True)
            ]
            for form in _OTHER_FORMS
        ]
        return BesideDocuments(asked, others)

    return drawn


@dataclass(frozen=True)
class _Said:
    """How probable the tokens of an answer are."""

    losses: Tensor
    answered: Answered


def _said(model: PreTrainedModel, questions: Sequence[EncodedQuestion], pad_id: int) -> list[_Said]:
    answers = [question.answer for question in questions]
    logits = answer_logits(model, [question.prompt for question in questions], answers, pad_id)
    target = torch.tensor([token for answer in answers for token in answer], device=logits.device)
    losses = logits.logsumexp(-1) - logits.gather(1, target[:, None])[:, 0]
    lengths = [len(answer) for answer in answers]
    wrong = (logits.argmax(-1) != target).cpu().split(lengths)
    found = []
    for question, of_one, bad in zip(questions, losses.split(lengths), wrong, strict=True):
        value = torch.tensor(question.is_value)
        of_value = of_one.detach().cpu()[value]
        found.append(_Said(of_one, Answered(tuple(of_value.tolist()), not bad[value].any(), not bad.any())))
    return found
