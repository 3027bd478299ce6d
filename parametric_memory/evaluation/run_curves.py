"""`eval curves`: how answers fall as one thing grows.

A curve asks the same questions at each of its points. The difference to the first point is paired by seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Annotated

from typer import BadParameter, Option

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import merge
from parametric_memory.batches import in_runs
from parametric_memory.evaluation.held_out import FactDocuments, HeldOutVocabulary, paraphrases, relations
from parametric_memory.evaluation.memories import add_texts, indexed
from parametric_memory.evaluation.rows import EvalRow, difference
from parametric_memory.evaluation.run_facts import FACT_SCORES, fact_case, single_document_cases
from parametric_memory.evaluation.runner import Answered, Case, Runner, merged
from parametric_memory.training.data.facts import Fact, compose, fact_of, name_subject

FACTS = (1, 2, 4, 8, 16, 32)
DOCUMENTS = (1, 10, 100, 1000, 10_000)
TOGETHER = (1, 2, 3, 4, 6, 8)

_ASKED_SHARE = 10  # one document of so many is asked about, the others tell other facts of the same people

Points = Iterator[tuple[str, Answered]]  # a point's name, and its answers with one seed


def facts_a_document(runner: Runner, seed: int, questions: int) -> Points:
    """A question about one fact, in documents of more and more facts."""
    source = FactDocuments(seed)
    growing = [source.growing(FACTS) for _ in range(questions)]
    for count, examples in zip(FACTS, zip(*growing, strict=True), strict=True):
        cases = [fact_case(example, example.questions[0], [example]) for example in examples]
        yield str(count), runner.answer(cases, "given")


def documents_in_memory(runner: Runner, seed: int, questions: int) -> Points:
    """Memories of one-fact documents, the others about the same people as far as these have facts, asked as `ask`."""
    rng = random.Random(seed)
    vocabulary = HeldOutVocabulary(rng)

    def person() -> list[Fact]:
        subject = name_subject("person", vocabulary)
        facts = [fact_of(relation, vocabulary, subject) for relation in relations() if relation.subject == "person"]
        return rng.sample(facts, len(facts))

    people = [person() for _ in range(questions)]
    texts = {fact: compose(rng, [fact]) for fact in chain(*people)}
    cases = []
    for asked, *others in people:
        values = tuple(fact.value for fact in others if fact.value != asked.value)
        cases.append(Case(texts[asked], rng.choice(asked.questions).text, (asked.value,), values))
    strangers = [compose(rng, [fact]) for _ in range(DOCUMENTS[-1] // len(people[0])) for fact in person()]
    for size in DOCUMENTS:
        parts, some = [], min(questions, max(1, size // _ASKED_SHARE))
        for part in in_runs([*zip(cases, people, strict=True)], some):
            in_turn = chain.from_iterable(zip_longest(*(facts[1:] for _, facts in part)))
            known = (texts[fact] for fact in in_turn if fact)
            held = [*(case.document for case, _ in part), *islice(chain(known, strangers), size - len(part))]
            with indexed(runner.memory, (), store="text") as memory:
                memory.hold(add_texts(memory.memory, held), held)
                parts.append(runner.ask_memory([case for case, _ in part], memory))
        yield str(size), Answered.joined(parts)


def adapters_together(runner: Runner, seed: int, questions: int) -> Points:
    """The whole adapter of a one-fact document beside those of others: their rows side by side, and their average. The
    other columns are asked of all of these documents as one text, `nearest_sentences` as the memory is elsewhere."""
    cases = single_document_cases(seed, 1, questions)
    for count in TOGETHER:
        several = []
        for place, case in enumerate(cases):
            texts = tuple(cases[(place + i) % questions].document for i in range(count))
            several.append(replace(case, document="\n\n".join(texts), attached=texts))

        def average(case: Case) -> Adapter:
            adapters = [runner.whole(text) for text in case.sources]
            return merge(adapters, [1 / len(adapters)] * len(adapters))

        answered = runner.answer(several, "given")
        replies = {
            **answered.replies,
            "memory": runner.under(several, partial(merged, whole=runner.whole)),
            "averaged": runner.under(several, average),
            "nearest_sentences": answered.replies["memory"],
        }
        yield str(count), replace(answered, replies=replies)


def wordings(runner: Runner, seed: int, questions: int) -> Points:
    """Facts stated and asked as in training, about held-out names; the same facts, asked in held-out wordings."""
    rng = random.Random(seed)
    vocabulary, as_in_training, held_out = HeldOutVocabulary(rng), list[Case](), list[Case]()
    for relation, others in rng.sample(paraphrases(), min(questions, len(paraphrases()))):
        fact = fact_of(relation, vocabulary, name_subject(relation.subject, vocabulary))
        as_in_training.append(Case(compose(rng, [fact]), fact.questions[0].text, (fact.value,)))
        held_out.append(replace(as_in_training[-1], question=rng.choice(others).format(s=fact.subject.name)))
    yield "as in training", runner.answer(as_in_training)
    yield "held out", runner.answer(held_out)


CURVES: Mapping[str, tuple[str, Callable[[Runner, int, int], Points]]] = {  # with the names of their rows
    "facts": ("facts a document", facts_a_document),
    "adapters": ("adapters together", adapters_together),
    "wordings": ("wording", wordings),
    "documents": ("documents in memory", documents_in_memory),
}


def evaluate_curves(
    runner: Runner,
    curve: Annotated[
        list[str] | None, Option(metavar="NAME", help="facts, adapters, wordings or documents. May be repeated.")
    ] = None,
    seeds: Annotated[int, Option(metavar="N", min=1, help="How many seeds, from --seed on.")] = 5,
    questions: Annotated[
        int, Option(metavar="N", min=2, help="How many questions with each seed, at each point.")
    ] = 20,
) -> list[EvalRow]:
    """Measure how answers fall as one thing grows.

    Facts a document (1 to 32), documents in memory (1 to 10,000, most of them about the same people), adapters attached
    together (1 to 8, side by side and averaged), and questions worded as in training or otherwise. The same questions
    are asked at each point. Standard errors are over seeds; so is that of the difference to the first point, in points.

    Examples:
      parametric-memory eval curves --answers curves.db --json
      parametric-memory eval curves --curve facts --curve adapters --seeds 2 --questions 5
    """
    if unknown := [name for name in curve or () if name not in CURVES]:
        raise BadParameter(f"{unknown[0]!r} is not {' or '.join(CURVES)}.", param_hint="--curve")
    rows = []
    for chosen in curve or CURVES:
        title, ask = CURVES[chosen]
        parts: dict[str, list[Answered]] = {}  # by point, one of each seed
        for number in range(runner.seed, runner.seed + seeds):
            for point, answered in ask(runner, number, questions):
                runner.report(f"{title}: {point}, seed {number}")
                parts.setdefault(point, []).append(answered)
        joined = {f"{title}: {point}": Answered.joined(of_seeds) for point, of_seeds in parts.items()}
        first = next(iter(joined.values()))
        clusters = [number for number, part in enumerate(next(iter(parts.values()))) for _ in part.cases]
        for name, answered in joined.items():
            for row, score in zip(answered.rows(name, FACT_SCORES, clusters), FACT_SCORES.values(), strict=True):
                now, before = (of.scored(score)["memory"] for of in (answered, first))
                gain = {} if answered is first else {"gain_by_growth": difference(now, before, clusters)}
                rows.append(row.plus(gain))
            if answered.route == "ask":
                rows.append(answered.recalled_first(name, clusters=clusters))
    return rows
