"""`eval facts`, `needle`, `conflict` and `two`: answers about generated facts, in held-out phrasings and words.

Answers are generated, never teacher-forced. An answer is right if it contains the fact's value, and no other
document's.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated

from typer import BadParameter, Option

from parametric_memory.adapters.factors import Adapter
from parametric_memory.evaluation.held_out import (
    DATA,
    FactDocuments,
    Filler,
    HeldOutVocabulary,
    KnownFact,
    changed_facts,
    known_facts,
    known_otherwise,
    unrelated_questions,
)
from parametric_memory.evaluation.memories import indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import F1, Answered, Case, Runner, Scores
from parametric_memory.evaluation.scores import contains, contains_any, finds_needle, probability, right, word_f1
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.relations import read_blocks

FACT_SCORES: Scores = {"contained": lambda case, text: right(text, case.answers[0], case.others), **F1}
KNOWN_SCORES: Scores = {"contained": lambda case, text: contains_any(text, case.answers), **F1}
MAGIC_SCORES: Scores = {"found": lambda case, text: finds_needle(text, case.answers[0])}
TWO_SCORES: Scores = {  # right is an answer that contains all answers of the case and none of its others
    "contained": lambda case, text: all(right(text, part, case.others) for part in case.answers),
    "f1": lambda case, text: word_f1(text, [" ".join(case.answers)]),
}

# Doc-to-LoRA's needle task: a number in a line of its own, among repetitions of another line, at one of ten depths.
MAGIC_QUESTION = "What is the special magic number? Answer with the number alone."
_MAGIC_LINE = "The special magic number is {}."
_REPEATED = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."
_DEPTHS, _DIGITS = 10, 4

REVERSED = "1 fact, asked for its subject"
OWN_KNOWLEDGE = "document against own knowledge"
NEWER = "newer document against older"
FREELY, CORRECTED = "own knowledge contradicted in free words", "new value beside the former"
THIRDS = ("unsure third", "middle third", "surest third")

_KINDS = ("which of two", "about both", "all of three")
_OTHER_SENTENCE = "{s} was born in {v}."
_MEMORY_SIZES = (20, 100)
_FACTS_IN_MEMORY = (1, 2, 3, 4)
_MOST_UNRELATED = 24
_NEXT = 1_000_000  # added to the seed for another memory, another text, or other values of the same facts


def evaluate_facts(
    runner: Runner, documents: Annotated[int, Option(metavar="N", min=1, help="Documents of each size.")] = 60
) -> list[EvalRow]:
    """Measure answers about generated documents.

    Their names, words and phrasings do not occur in training, except a few general phrasings. Each figure is the share
    of answers that contain the value and no other document's. One document of one, two, four and eight facts; of one
    fact whose value is named and whose subject is asked for; and memories of 20 and 100 documents asked through their
    index.

    Examples:
      parametric-memory eval facts --seed 1
      parametric-memory eval facts --documents 20 --controls none,in_prompt,untrained
      parametric-memory eval facts --base-model ./my-model --hypernetwork run/hypernetwork --json
    """
    rows = []
    for facts in (1, 2, 4, 8):
        name = f"{facts} fact{'s' if facts > 1 else ''}"
        runner.report(f"{name} in one document, {documents} documents")
        cases = single_document_cases(runner.seed, facts, documents)
        rows += runner.answer(cases, "given").rows(name, FACT_SCORES)
    runner.report(f"{REVERSED}, {documents} documents")
    rows += runner.answer(reversed_cases(runner.seed, documents), "given").rows(REVERSED, FACT_SCORES)
    for size in _MEMORY_SIZES:
        runner.report(f"{size} documents through the index")
        rows += many_documents(runner, size, documents)
    runner.report("general knowledge under a document's adapter")
    return rows + general_knowledge(runner)


def single_document_cases(seed: int, facts: int, count: int, one_user: bool = False) -> list[Case]:
    """A question about one fact of each document; no value of the next document must be in the answer."""
    made = FactDocuments(seed * 1000 + facts, one_user).documents([facts] * count)
    rng = random.Random(seed)
    return [
        fact_case(document, rng.choice(document.questions), [made[(i + 1) % count]] if count > 1 else [])
        for i, document in enumerate(made)
    ]


def reversed_cases(seed: int, count: int) -> list[Case]:
    """Questions that name the value of a document's fact and ask for its subject."""
    source = FactDocuments(seed * 1000)
    made = [source.reversed() for _ in range(count)]
    return [fact_case(each, each.questions[0], [made[i - 1]] if count > 1 else []) for i, each in enumerate(made)]


def fact_case(example: Example, asked: Question, others: Iterable[Example]) -> Case:
    """A question about one of a document's facts; no value of the others must be in the answer, but for those in it."""
    values = (fact.value for other in others for fact in other.questions)
    foreign = tuple(value for value in values if not contains(asked.text, value))
    return Case(example.document, asked.text, (asked.value,), foreign)


def many_documents(runner: Runner, size: int, questions: int) -> list[EvalRow]:
    """Memories of `size` documents each, asked through their index about the documents and about other things."""
    rng, left = random.Random(runner.seed), questions
    parts: list[Answered] = []
    unrelated: list[bool] = []
    while left:
        source = FactDocuments(runner.seed * 1000 + size + _NEXT * len(parts), one_user=True)
        made = source.documents([rng.choice(_FACTS_IN_MEMORY) for _ in range(size)])
        few = min(size, left) - (left == size + 1 > 2)  # a single last question would have no random adapter
        with indexed(runner.memory, [example.document for example in made]) as texts:
            places = rng.sample(range(size), few)
            cases = [fact_case(made[i], rng.choice(made[i].questions), [*made[:i], *made[i + 1 :]]) for i in places]
            parts.append(runner.ask_memory(cases, texts))
            if not unrelated:
                others = [Case("", text, ()) for text in rng.sample(unrelated_questions()[1::2], _MOST_UNRELATED)]
                pairs = zip(runner.ask_memory(others, texts, ()).replies["memory"], runner.under(others), strict=True)
                unrelated = [ours.text == bare.text for ours, bare in pairs]
        left -= few
    name, answered = f"{size} documents", Answered.joined(parts)
    return [
        *answered.rows(name, FACT_SCORES),
        answered.recalled_first(name),
        EvalRow.of_scores(f"{name}, unrelated questions", "same answer as without memory", {"memory": unrelated}),
    ]


def general_knowledge(runner: Runner) -> list[EvalRow]:
    """Questions that the base model may know the answer to, asked of a memory of a document about other things.

    First through the gate, then with the document's sentences attached at any distance. Most of the first questions
    have forms that training uses for other things, those of the second have none.
    """
    rows = []
    known = {"general knowledge": known_facts(), "general knowledge in other forms": known_otherwise()}
    for name, facts in known.items():
        examples = FactDocuments(runner.seed * 1000).documents([4] * len(facts))
        pairs = zip(examples, facts, strict=True)
        cases = [Case(example.document, fact.question, (fact.answer,)) for example, fact in pairs]
        with runner.memory_of(cases, "alone") as gated, gated.under("given") as forced:
            rows += runner.ask_memory(cases, gated).rows(name, KNOWN_SCORES)
            attached = replace(runner.ask_memory(cases, forced), route="ungated")
            rows += attached.rows(f"{name}, memory attached", KNOWN_SCORES)
    return rows


def evaluate_needle(
    runner: Runner,
    lengths: Annotated[
        str, Option(metavar="LIST", help="Lengths of the texts, in tokens.")
    ] = "1024,2048,4096,8192,16384,32768",
    documents: Annotated[int, Option(metavar="N", min=1, help="Texts of each length.")] = 10,
    needles: Annotated[int, Option(metavar="N", min=1, help="Facts in each text, all asked.")] = 1,
    magic: Annotated[bool, Option("--magic", help="Doc-to-LoRA's needle: a number in repeated lines.")] = False,
) -> list[EvalRow]:
    """Measure answers about one fact in a long text.

    The text is internalized whole. In the prompt, a text longer than the base model's window loses its middle. Several
    facts in one text take hardly longer than one. With --magic a number is hidden as Doc-to-LoRA's authors do it, at
    ten depths, and the text is given.

    Examples:
      parametric-memory eval needle
      parametric-memory eval needle --lengths 1024,131072 --documents 4 --controls none
      parametric-memory eval needle --lengths 32768 --documents 10 --needles 10 --controls none
      parametric-memory eval needle --magic --lengths 256,1024,4096 --documents 50 --hypernetwork needle-hypernetwork
    """
    parts = [part.strip() for part in lengths.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise BadParameter(f"{lengths!r} is no list of lengths, such as 1024,4096.", param_hint="--lengths")
    if magic and needles > 1:
        raise BadParameter("--magic hides one number in each text: leave out --needles.")
    rows = []
    for length in dict.fromkeys(map(int, parts)):
        runner.report(f"{documents} texts of {length} tokens")
        if magic:
            rng = random.Random(f"{runner.seed} {length}")
            hidden = [magic_number(runner.base.chat, rng, length, text % _DEPTHS) for text in range(documents)]
            cases = [Case(text, MAGIC_QUESTION, (number,)) for text, number in hidden]
            rows += runner.answer(cases, "given").rows(f"magic number in {length} tokens", MAGIC_SCORES)
        else:
            cases = needle_cases(runner, length, documents, needles)
            rows += runner.answer(cases, "alone").rows(f"{length} tokens", FACT_SCORES)
    return rows


def needle_cases(runner: Runner, length: int, documents: int, needles: int = 1) -> list[Case]:
    """Questions about each of the facts hidden in texts of one length, in tokens; the facts are the same at each."""
    seed, filler = runner.seed, Filler(runner.base.tokenizer, runner.seed)
    if needles == 1:
        hidden = [[case] for case in single_document_cases(seed, 1, documents)]
    else:  # in one text, the user says nothing twice
        hidden = [single_document_cases(seed + _NEXT * i, 1, needles, one_user=True) for i in range(documents)]
    cases = []
    for of_one in hidden:
        text = filler.text(length, *(case.document for case in of_one))
        cases += [replace(case, document=text) for case in of_one]
    return cases


def magic_number(chat: ChatFormat, rng: random.Random, tokens: int, depth: int) -> tuple[str, str]:
    """A text of at most so many tokens, in whole lines, and the number in it; depth: from 0, the beginning, to 9."""
    number = "".join(rng.choice("0123456789") for _ in range(_DIGITS))
    spare = tokens - len(chat.encode(_MAGIC_LINE.format("0" * _DIGITS) + "\n"))
    lines = [_REPEATED] * max(0, spare // len(chat.encode(f"{_REPEATED}\n")))
    lines.insert(round(depth / (_DEPTHS - 1) * len(lines)), _MAGIC_LINE.format(number))
    return "\n".join(lines), number


def evaluate_conflict(
    runner: Runner,
    documents: Annotated[int, Option(metavar="N", min=2, help="Contradictions, and pairs of documents.")] = 40,
) -> list[EvalRow]:
    """Measure which source wins where two disagree.

    Documents against what the base model knows by itself, also by how sure it is; and the newer of two documents
    against the older one; and statements in free words that contradict common knowledge or correct a value. All are in
    a memory that is asked through its index and gate. An answer with both values, or neither, counts for no side.

    Examples:
      parametric-memory eval conflict
      parametric-memory eval conflict --documents 200
    """
    runner.report(f"{documents} documents against the model's own knowledge")
    rows = against_own_knowledge(runner, documents)
    runner.report(f"{documents} newer documents against older ones")
    rows += against_older(runner, documents)
    for name, sides, of_known in ((FREELY, ("document", "own knowledge"), True), (CORRECTED, ("new", "former"), False)):
        cases = changed_cases(runner.seed, [fact for fact in changed_facts() if bool(fact.answer) is of_known])
        runner.report(f"{len(cases)} statements: {name}")
        rows += runner.answer(cases).rows(name, _sides(*sides))
    return rows


def _sides(first: str, second: str) -> Scores:
    """Which of a case's two answers is in the text, without the other."""
    return {
        f"{first} wins": lambda case, text: right(text, case.answers[0], case.answers[1:]),
        f"{second} wins": lambda case, text: right(text, case.answers[1], case.answers[:1]),
    }


def against_own_knowledge(runner: Runner, documents: int) -> list[EvalRow]:
    """Documents say that the capital of France is another town. Rows are of all facts, and by thirds of the probability
    of the model's own answer. A memory contradicts each fact once; more documents lie in several memories.
    """
    rng = random.Random(runner.seed)
    facts: list[KnownFact] = []
    parts: list[Answered] = []
    under_memory: list[float] = []
    while len(facts) < documents:
        some = rng.sample(known_facts(), min(documents - len(facts), len(known_facts())))
        cases = changed_cases(runner.seed + _NEXT * len(facts), some)
        with runner.memory_of(cases) as texts:
            parts.append(runner.ask_memory(cases, texts))
            both = zip(some, cases, strict=True)
            under_memory += [_own_answer(runner, fact, texts.adapt(case)) for fact, case in both]
        facts += some
    known = {fact: _own_answer(runner, fact) for fact in dict.fromkeys(facts)}
    surest = sorted(known, key=lambda fact: known[fact])
    third = {fact: THIRDS[len(THIRDS) * place // len(surest)] for place, fact in enumerate(surest)}
    answered, rows = Answered.joined(parts), []
    for group in ("", *THIRDS):
        places = [i for i, fact in enumerate(facts) if group in ("", third[fact])]
        if places:
            name, part = f"{OWN_KNOWLEDGE}, {group}" if group else OWN_KNOWLEDGE, answered.part(places)
            questions = [case.question for case in part.cases]  # repeated where there are more documents than facts
            own = {"memory": [under_memory[i] for i in places], "none": [known[facts[i]] for i in places]}
            rows += part.rows(name, _sides("document", "own knowledge"), questions)
            metric = "probability of its own answer"
            rows.append(EvalRow.of_scores(name, metric, own, clusters=questions, unit="number"))
    return [*rows, answered.recalled_first(OWN_KNOWLEDGE)]


def _own_answer(runner: Runner, fact: KnownFact, adapter: Adapter | None = None) -> float:
    """The probability that the model completes a fact's statement with the well-known answer."""
    beginning = fact.statement.partition("{v}")[0].rstrip()
    question = runner.question(Case("", fact.question, ())).prompt
    return probability(runner.base, question, beginning, fact.answer, adapter)


def against_older(runner: Runner, documents: int) -> list[EvalRow]:
    """Which of two documents wins, and which is recalled first, in one memory; all older ones are added first."""
    cases = newer_document_cases(runner.seed, documents)
    in_order = [case.sources[newer] for newer in (False, True) for case in cases]
    with indexed(runner.memory, in_order) as texts:
        answered = runner.ask_memory(cases, texts)
    rows = answered.rows(NEWER, _sides("newer", "older"))
    for side, place in (("newer", 1), ("older", 0)):
        pairs = zip(cases, answered.cases, strict=True)
        first = [recalled.sources[:1] == (pair.sources[place],) for pair, recalled in pairs]
        rows.append(EvalRow.of_scores(NEWER, f"{side} recalled first", {"memory": first}))
    return rows


def changed_cases(seed: int, facts: Sequence[KnownFact]) -> list[Case]:
    """Documents that state new values; of two answers the second is what most people know, or the former value."""
    vocabulary, cases = HeldOutVocabulary(random.Random(seed)), []
    for fact in facts:
        value, former = vocabulary.draw(fact.kind), fact.answer or vocabulary.draw(fact.kind)
        cases.append(Case(fact.statement.format(v=value, u=former), fact.question, (value, former)))
    return cases


def newer_document_cases(seed: int, count: int) -> list[Case]:
    """Pairs of documents that answer one question differently; the newer one's answer comes first."""
    source = FactDocuments(seed * 1000, one_user=True)
    cases = []
    for _ in range(count):
        older, newer = source.conflicting()
        both = (older.document, newer.document)
        [new], [old] = newer.questions, older.questions
        cases.append(Case("\n\n".join(both), new.text, (new.value, old.value), attached=both))
    return cases


def two_document_cases(seed: int, count: int) -> list[Case]:
    """Cases with two or three documents about a person each, of every kind in turn."""
    rng = random.Random(seed)
    vocabulary, cases, blocks = HeldOutVocabulary(rng), [], read_blocks(DATA / "several.txt")
    for number in range(count):
        block, kind = blocks[number // len(_KINDS) % len(blocks)], _KINDS[number % len(_KINDS)]
        [statement], asked = block.statements, [question for question, _ in block.questions]
        names, value = [vocabulary.name() for _ in range(3)], vocabulary.draw(block.header)
        if kind == "all of three":
            values, answers, wrong = [value] * 3, names, names[:0]
        else:
            names, values = names[:2], [vocabulary.draw(block.header), value]
            answers, wrong = (values, names[:0]) if kind == "about both" else (names[1:], names[:1])
        documents = tuple(
            f"{statement.format(s=name, v=of)} {_OTHER_SENTENCE.format(s=name, v=rng.randint(1930, 2005))}"
            for name, of in zip(names, values, strict=True)
        )
        question = asked[_KINDS.index(kind)].format(a=names[0], b=names[1], v=value)
        cases.append(
            Case("\n\n".join(documents), question, tuple(answers), tuple(wrong), attached=documents, kind=kind)
        )
    return cases


def evaluate_two(
    runner: Runner, questions: Annotated[int, Option(metavar="N", min=2, help="How many questions.")] = 60
) -> list[EvalRow]:
    """Measure answers that need two documents, or three.

    Notes about people are in one memory. A question asks which of two people something is true of, what is true of
    both, or of whom it is true. A further column is the same memory attaching one document only. Figures are the share
    of answers that contain everything asked for, and of questions for which all documents are attached.

    Examples:
      parametric-memory eval two
      parametric-memory eval two --questions 20 --controls in_prompt,rag --json
    """
    rows, made = [], two_document_cases(runner.seed, questions)
    texts = [text for case in made for text in case.sources]
    for kind in dict.fromkeys(case.kind for case in made):
        cases, name = [case for case in made if case.kind == kind], f"several documents, {kind}"
        runner.report(f"{kind}: {len(cases)} questions")
        with indexed(runner.memory, texts) as memory, memory.under(max_adapters=1) as one:
            answered = runner.ask_memory(cases, memory)
            replies = {**answered.replies, "one_document": runner.ask_memory(cases, one, ()).replies["memory"]}
        rows += Answered(cases, replies).rows(name, TWO_SCORES)
        every = [set(case.sources) <= set(of.sources) for case, of in zip(cases, answered.cases, strict=True)]
        rows.append(EvalRow.of_scores(name, "all documents attached", {"memory": every}))
    return rows
