"""`eval confidence`: how well an answer's confidence tells right from wrong, and what would make it a probability.

Questions about passages of a file, all in one memory, answered whatever the gate would say. Beside the confidence
stands what it is made of: the probability of the answer's least probable token, and the judge's logit that the best of
what was attached supports the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner
from parametric_memory.evaluation.indexed import indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_qa import Selection, is_right, questions_of, select
from parametric_memory.recall.judge import judge_of
from parametric_memory.recall.judge_config import log_probability
from parametric_memory.training.told_apart import area_under_curve, logistic_regression


@dataclass(frozen=True)
class Told:
    """What is known of an answer before anybody says whether it is right."""

    confidence: float
    support: float
    least_probable: float
    right: bool

    @property
    def features(self) -> tuple[float, float]:
        return self.support, log_probability(self.least_probable)


def evaluate_confidence(
    examiner: Examiner,
    data: str,
    selection: Selection,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> tuple[list[EvalRow], dict[str, float]]:
    """Rows of AUC, and the weights of `JudgeConfig` that fit these answers best.

    Raises:
        DocumentError: the data cannot be read, or no answer was right, or none wrong.
    """
    chosen = select(questions_of(data, selection.split), selection, examiner.base.tokenizer, seed)
    cases = [Case(c.asked.context, c.asked.question, c.asked.answers, kind=c.asked.kind) for c in chosen]
    report(f"{len(cases)} questions")
    told = _told(examiner, cases)
    right, wrong = ([of for of in told if of.right is so] for so in (True, False))
    if not right or not wrong:
        raise DocumentError(f"{data}: {len(right)} answers were right and {len(wrong)} wrong; ask more questions.")
    rows = []
    for name, figure in (
        ("confidence", lambda of: of.confidence),
        ("probability of the least probable token", lambda of: of.least_probable),
        ("judge's support", lambda of: of.support),
    ):
        area = area_under_curve([figure(of) for of in right], [figure(of) for of in wrong])
        assert area is not None
        errors = {} if area.error is None else {"memory": area.error}
        metric = f"{name}, right above wrong (AUC)"
        rows.append(EvalRow(case=data, metric=metric, memory=area.value, n=len(told), unit="number", errors=errors))
    support, token, offset = logistic_regression(torch.tensor([of.features for of in told]), [of.right for of in told])
    return rows, {"support_slope": support, "token_slope": token, "confidence_offset": offset}


def _told(examiner: Examiner, cases: Sequence[Case]) -> list[Told]:
    judge = judge_of(examiner.memory.models)
    with indexed(examiner.memory, list(dict.fromkeys(case.document for case in cases)), threshold=-1.0) as texts:
        plain = examiner.replies(cases, texts.adapt, controls=())["memory"]
        told = []
        for case, reply, sure in zip(cases, plain, texts.confident(cases, plain), strict=True):
            attached = texts.memory.recaller.attached_sentences(texts.found(case.question))
            if attached and reply.confidence is not None and sure.confidence is not None:
                support = max(judge.support(case.question, reply.text, attached))
                told.append(Told(sure.confidence, support, reply.confidence, bool(is_right(case, reply.text))))
    return told
