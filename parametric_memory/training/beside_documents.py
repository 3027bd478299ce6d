"""Trains skills beside documents: questions about generated documents are to be answered right under a skill.

A skill may have them answered by the value alone, with or without a full stop: the probabilities of all forms together
count. A loss that keeps answers word for word would teach skills to do nothing beside documents.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training.d2l import load_for_training
from parametric_memory.training.data.examples import EncodedQuestion, Question, encode_question
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.tasks import FORMS, InWords
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.objective import Answered, answers, factors_attached
from parametric_memory.training.skill_trainer import Drawn, SkillTrainer, token_losses
from parametric_memory.training.trainer import AskedDocuments, asked_documents

_MOST_FACTS = 8  # of a document
_QUESTIONS = 2  # about a document
# Changes to a question: answers in a sentence, and by the value alone with and without a full stop.
_ANSWERS: tuple[dict[str, Any], ...] = ({}, {"opening": ""}, {"opening": "", "ending": ""})


class BesideTrainer(SkillTrainer):
    """Trains a `TextToLora` on tasks, and on questions about documents under the skills of tasks."""

    def __init__(self, documents: BesideDocuments, *args: Any):
        """args: of `SkillTrainer`."""
        super().__init__(*args)
        self.documents = documents

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        found = super().gradients(rng, seed)
        found["documents beside"] = self._beside(random.Random(f"{seed} of process {self.processes.process_index}"))
        return found

    def _beside(self, rng: random.Random) -> list[Answered]:
        """Answers questions about documents under skills of tasks; gradients are added."""
        asked, questions = self.documents.draw(rng)
        tasks = [self.tasks[i] for i in rng.choices(self._drawable, k=len(questions))]
        drawn = [Drawn(task, self._description(rng, task), q) for task, q in zip(tasks, asked.questions, strict=True)]
        generated, items = self._generated(drawn, training=True)
        places = torch.tensor(items, device=self.model.device)
        skills = factors_attached(self.model, generated.by_module, places, generated.scaling)
        loss, answers = self.documents.answered(asked, questions, [task.form for task in tasks], skills)
        (self.config.documents * loss).backward()
        generated.backward(penalty=0.0)
        return answers


class BesideDocuments:
    """Questions about generated documents, which are to be answered right beside a skill."""

    def __init__(self, base: BaseModel, folder: Path, count: int):
        """Raises CheckpointError: the folder holds no key-value hypernetwork, or one for another base model.

        Args:
            folder: of the hypernetwork that reads the documents.
            count: about how many questions are drawn at a time.
        """
        self.base, self.count = base, count
        self.hypernetwork = load_for_training(folder, base).to(base.model.device).eval()
        self.facts = FactGenerator(relations(), WordList.training(), _MOST_FACTS, ramp_steps=0)

    @torch.no_grad()
    def draw(self, rng: random.Random) -> tuple[AskedDocuments, list[Question]]:
        """Questions under the factors of their documents, and the same questions as they were before encoding."""
        examples = self.facts.batch(rng, -(-self.count // _QUESTIONS), _QUESTIONS, step=0)
        asked = asked_documents(self.base, self.hypernetwork, examples, rng=rng)
        in_order = [question for example in examples for question in example.questions]
        return asked, [in_order[i] for i in asked.order]

    def in_forms(self, question: Question, prompt: Sequence[int], form: str = "") -> list[EncodedQuestion]:
        """A question with its answer in each of the forms that count; in one of `FORMS` alone where it is named."""
        chat = self.base.chat
        if not form:
            return [encode_question(chat, replace(question, **parts), prompt) for parts in _ANSWERS]
        ids = chat.encode(FORMS[form](InWords(question.answer, question.value)))
        return [EncodedQuestion(prompt, [*ids, chat.end])] * len(_ANSWERS)

    def answered(
        self,
        asked: AskedDocuments,
        questions: Sequence[Question],
        forms: Sequence[str],
        skills: AbstractContextManager[None],
    ) -> tuple[Tensor, list[Answered]]:
        """The mean loss of a question, and how each was answered in its most probable form.

        The loss is the negative logarithm of the probability of the answer in any of the forms, divided by the tokens
        of the most probable form.

        Args:
            forms: of `FORMS`, the one that each question's task demands; "": it demands none.
            skills: attaches one to every question.
        """
        model, each = self.base.model, zip(questions, asked.questions, forms, strict=True)
        in_forms = list(zip(*(self.in_forms(q, encoded.prompt, form) for q, encoded, form in each), strict=True))
        probabilities, met = [], []
        with factors_attached(model, asked.factors, slice(None), asked.scaling), skills:
            for of_form in in_forms:
                given = [question.answer for question in of_form]
                logits = answer_logits(model, [question.prompt for question in of_form], given, self.base.chat.end)
                target = torch.tensor([token for answer in given for token in answer], device=logits.device)
                losses, _ = token_losses(logits, target, 0.0)
                probabilities.append(-torch.stack([of_one.sum() for of_one in losses.split([*map(len, given)])]))
                met.append(answers(of_form, losses, logits.argmax(-1) != target))
        logs = torch.stack(probabilities)  # [form, question]
        best = list(enumerate(logs.argmax(0).tolist()))  # questions and their most probable forms
        tokens = torch.tensor([len(in_forms[form][i].answer) for i, form in best], device=logs.device)
        return (-logs.logsumexp(0) / tokens).mean(), [met[form][i] for i, form in best]
