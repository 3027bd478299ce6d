"""`eval needle`: one fact, or a few, in a long text about other things, which is all that a memory holds.

A fact is one that no model knows, see `fact_documents`; it stands between two passages, anywhere in the text. The
memory is asked as users ask it: of the long text, the passages that its index finds nearest are attached.

`eval needle --magic`: the needle of Doc-to-LoRA, a magic number among one line that is repeated, at ten depths; the
text is given.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner
from parametric_memory.evaluation.filler import Filler
from parametric_memory.evaluation.indexed import indexed, recalled_alone
from parametric_memory.evaluation.metrics import finds_needle
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_facts import FACT_SCORES, single_document_cases
from parametric_memory.training.data.rows import DEPTHS, QUESTION, MagicNumbers

_NEXT_TEXT = 1_000_000  # what the seed of another text's facts grows by
MAGIC_SCORES = {"found": lambda case, text: finds_needle(text, case.answers[0])}
LENGTHS = (1024, 2048, 4096, 8192, 16_384, 32_768)


def evaluate_needle(
    examiner: Examiner,
    seed: int = 0,
    lengths: Sequence[int] = LENGTHS,
    documents: int = 10,
    report: Callable[[str], None] = print,
    needles: int = 1,
) -> list[EvalRow]:
    """One row for each length.

    Args:
        lengths: of the texts, in tokens of the base model.
        documents: how many texts of each length.
        needles: how many facts each text has, of its own, with a question about each.
    """
    rows = []
    for length in lengths:
        report(f"{documents} texts of {length} tokens")
        cases = needle_cases(examiner, seed, length, documents, needles)
        adapters, hybrids = recalled_alone(examiner.memory, cases, hybrid="hybrid" in examiner.controls)
        name, adapt, hybrid = f"{length} tokens", adapters.__getitem__, hybrids.__getitem__
        rows += examiner.rows(name, cases, FACT_SCORES, adapt, "alone", hybrid)
    return rows


def evaluate_magic_number(
    examiner: Examiner,
    seed: int = 0,
    lengths: Sequence[int] = LENGTHS,
    texts: int = 10,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """One row for each length: how many answers hold the number.

    Args:
        texts: of each length, at one depth after the other.
    """
    made, rows = MagicNumbers(examiner.base.chat), []
    for length in lengths:
        report(f"{texts} texts of {length} tokens")
        rng = random.Random(f"{seed} {length}")
        hidden = [made.text(rng, length, number % DEPTHS) for number in range(texts)]
        cases = [Case(each.text, QUESTION, (each.number,)) for each in hidden]
        with (
            indexed(examiner.memory, [case.document for case in cases]) as known,
            known.under(threshold=-1.0) as given,
        ):
            name = f"magic number in {length} tokens"
            rows += examiner.rows(name, cases, MAGIC_SCORES, given.adapt_to_own, "given", given.hybrid_of_own)
    return rows


def needle_cases(examiner: Examiner, seed: int, length: int, documents: int, needles: int = 1) -> list[Case]:
    """Questions about facts hidden in texts of one length; the facts are the same at each length."""
    filler = Filler(examiner.base.tokenizer, seed)
    cases = []
    for hidden in _hidden(seed, documents, needles):
        text = filler.text(length, *(case.document for case in hidden))
        cases += [replace(case, document=text) for case in hidden]
    return cases


def _hidden(seed: int, documents: int, needles: int) -> list[list[Case]]:
    """What each text hides; of several facts in one, no two are the same of the user."""
    if needles == 1:
        return [[case] for case in single_document_cases(seed, 1, documents)]
    return [single_document_cases(seed + _NEXT_TEXT * i, 1, needles, one_user=True) for i in range(documents)]
