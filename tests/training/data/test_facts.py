from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from parametric_memory.documents.sentences import PASSAGE_END, sentences
from parametric_memory.training.data import facts as training_facts
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.facts import RAMP_STEPS, Fact, FactGenerator, Subject, compose, distinct, spread
from parametric_memory.training.data.relations import lists, relations, templates
from parametric_memory.training.data.vocabulary import WordList
from tests.digests import digest

LINA, HERON = Subject("person", "Lina Okafor", "she"), Subject("project", "Heron", "it")


def fact(subject: Subject = LINA, value: str = "Bergen", about: str = "home") -> Fact:
    return Fact(
        subject,
        value,
        (f"{{s}} has the {about} {{v}}.", f"{{v}} is the {about} of {{s}}."),
        (f"{{Their}} {about} is {{v}}.",),
        (Question(f"What is the {about} of {subject.name}?", f"The {about} of {subject.name} is", value),),
    )


@pytest.fixture(scope="module")
def generator() -> FactGenerator:
    return FactGenerator(WordList.training(), most_facts=8, ramp_steps=RAMP_STEPS)


def examples(generator: FactGenerator, count: int, facts: int = 4, seed: int = 0):
    rng = random.Random(seed)
    return [generator.example(rng, facts, questions=3) for _ in range(count)]


def test_every_answer_stands_in_its_document(generator: FactGenerator) -> None:
    for example in examples(generator, 300):
        assert len(example.questions) == 3
        for question in example.questions:
            assert question.value.lower() in example.document.lower(), (example.document, question)


def test_an_opening_leads_to_the_value_and_does_not_give_it_away(generator: FactGenerator) -> None:
    for example in examples(generator, 300, facts=1):
        for question in example.questions:
            assert question.text and "{" not in question.text + question.opening + example.document
            assert question.opening == question.opening.strip() != ""
            assert (
                not re.search(rf"\b{re.escape(question.value.lower())}\b", question.opening.lower())
                or len(question.value) < 3
            )


def test_many_statements_give_the_value_before_its_subject() -> None:
    forms = [form for relation in relations() if relation.subject != "user" for form in relation.statements]
    forms += lists("open_forms")["any noun"].statements
    first = [form.index("{v}") < form.index("{s}") for form in forms]
    assert 0.2 < sum(first) / len(first) < 0.6


def test_the_same_generator_state_gives_the_same_batch(generator: FactGenerator) -> None:
    first, second = (generator.batch(random.Random(3), 6, 2, step=400) for _ in range(2))
    assert first == second != generator.batch(random.Random(4), 6, 2, step=400)


@pytest.mark.parametrize(
    ("seed", "expected"), [(0, "3b743e88f40e9977"), (1, "2aadfc61d2826dfd"), (2, "6b499e541f9d81a2")]
)
def test_a_seed_gives_the_examples_it_gave_before(seed: int, expected: str) -> None:
    """Whoever changes words or templates on purpose writes down the new values; a training starts anew with them."""
    passages = [" ".join(f"This is sentence {i} of passage {p}." for i in range(n)) for p, n in enumerate((2, 8, 40))]
    generator = FactGenerator(WordList.training(), most_facts=8, passages=passages)
    rng = random.Random(seed)
    made = [generator.example(rng, 1 + i % 8, questions=3) for i in range(200)]
    said = [[[q.text, q.opening, q.value, q.ending] for q in example.questions] for example in made]
    assert digest([[example.document, asked] for example, asked in zip(made, said, strict=True)]) == expected


def test_documents_hold_two_facts_at_most_in_the_beginning_and_more_later(generator: FactGenerator) -> None:
    def longest(step: int) -> int:
        batches = [generator.batch(random.Random(seed), 4, 1, step) for seed in range(40)]
        return max(len(example.document) for batch in batches for example in batch)

    assert longest(RAMP_STEPS) > 1.5 * longest(0)


def test_values_stand_before_their_subject_as_often_as_asked_for() -> None:
    forms = ("{s} lives in {v}.", "{They} live{s3} in {v}.", "{v} is home to {s}.")
    fact = Fact(Subject("person", "Lina", "she"), "Bergen", forms, (), ())
    texts = [compose(random.Random(i), [fact], value_first_share=0.5) for i in range(300)]
    assert 0.55 < sum(text.startswith("Bergen") for text in texts) / 300 < 0.78  # a half, and a third of the rest


def test_some_sentences_tell_two_facts() -> None:
    lina, ship = Subject("person", "Lina", "she"), Subject("product", "Heron", "it")
    facts = [
        Fact(lina, "Oslo", ("{s} lives in {v}.",), (), ()),
        Fact(ship, "1990", ("The {s} dates from {v}.",), (), ()),
    ]
    texts = {compose(random.Random(i), facts, joined_share=0.5) for i in range(50)}
    assert {
        "Lina lives in Oslo. The Heron dates from 1990.",
        "Lina lives in Oslo, and the Heron dates from 1990.",
    } < texts


def test_passages_of_tables_lists_and_answers_say_what_each_value_is_of(generator: FactGenerator) -> None:
    rng, found = random.Random(0), list[str]()
    for _ in range(400):
        text, facts = generator.document(rng, 4)
        if PASSAGE_END not in text:
            continue
        passages, subjects = sentences(text), {one.subject for one in facts}
        for one in facts:
            whose = one.subject.name if len(subjects) > 1 else ""  # a list may have its subject for a title
            assert any(whose in of and one.key in of and one.value.lower() in of.lower() for of in passages), (
                text,
                one,
            )
        found.append("question" if all("?" in of for of in passages) else "table" if len(subjects) > 1 else "list")
    assert min(Counter(found).values()) > 10 and len({*found}) == 3


def test_some_documents_tell_of_two_things_that_one_word_tells_apart(
    generator: FactGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_facts, "SIBLINGS_SHARE", 1.0)
    pairs = [pair for kind in templates("siblings") for pair in kind.word_pairs]
    apart = []
    for example in examples(generator, 100, facts=2):
        questions = " ".join(f"{question.text}." for question in example.questions)
        apart += [
            example.document
            for first, second in pairs
            if all(f" {word} " in text for word in (first, second) for text in (questions, example.document))
        ]
    assert 70 < len(set(apart)) < 100, "all but the lists"
    assert 20 < sum(" one " in document for document in set(apart)) < 60, "the second one is told briefly"


def test_prose_hides_the_facts_of_some_documents_and_no_document_outgrows_a_chunk() -> None:
    passages = [" ".join(f"This is sentence {i} of passage {p}." for i in range(n)) for p, n in enumerate((2, 8, 40))]
    generator = FactGenerator(WordList.training(), most_facts=3, passages=passages)
    documents = [generator.example(random.Random(i), 1 + i % 3, 1).document for i in range(500)]
    hidden = [text for text in documents if "This is sentence" in text]
    assert 30 < len(hidden) < 120
    assert max(map(len, hidden)) <= 610
    assert any(text.startswith("This is sentence") for text in hidden)
    assert any(not text.startswith("This is sentence") for text in hidden)


def test_no_held_out_word_stands_in_a_training_document(generator: FactGenerator) -> None:
    held_out = WordList.held_out()
    kept = {word.lower() for word in (*held_out.common, *held_out.names)}
    for example in examples(generator, 400):
        text = " ".join([example.document, *(f"{q.text} {q.opening} {q.value}" for q in example.questions)])
        assert kept.isdisjoint(re.findall(r"[^\W\d_]+", text.lower()))


def test_a_pronoun_follows_only_a_sentence_about_the_same_subject() -> None:
    facts = [fact(), fact(value="Oslo", about="office"), fact(HERON, "Tomas", "lead"), fact(value="blue", about="car")]
    text = compose(random.Random(0), facts, pronoun_share=1.0)
    first, second, third, fourth = text.replace("\n", " ").rstrip(".").split(". ")
    assert "Lina Okafor" in first and "Heron" in third and "Lina Okafor" in fourth
    assert second == "Her office is Oslo"


def test_after_a_distractor_the_subject_is_named_again() -> None:
    facts, weather = [fact(), fact(value="Oslo", about="office")], ("Nobody asked about the weather.",)
    text = compose(random.Random(0), facts, distractors=weather, pronoun_share=1.0, distractor_share=1.0)
    assert text.count("weather") == 2 and text.count("Lina Okafor") == 2


def test_a_value_keeps_its_small_first_letter() -> None:
    for seed in range(20):
        text = compose(random.Random(seed), [fact(value="moss green", about="colour")])
        assert "moss green" in text and not text.startswith("moss")


def test_facts_that_could_be_mixed_up_are_left_out() -> None:
    home, office = fact(), fact(value="Oslo", about="office")
    assert distinct([home, office]) == [home, office]
    assert distinct([home, replace(office, value="Bergen")]) == [home]
    assert distinct([home, replace(office, value="New Bergen")]) == [home]
    assert distinct([home, replace(home, value="Oslo")]) == [home]


def test_items_are_spread_evenly() -> None:
    assert Counter(spread(random.Random(0), "abc", 9)) == Counter("abcabcabc")
    assert max(Counter(spread(random.Random(0), "abc", 4)).values()) == 2


def test_the_longest_and_the_shortest_documents_are_learned_as_often_as_the_others(
    generator: FactGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: Counter[int] = Counter()
    monkeypatch.setattr(generator, "example", lambda rng, *_: Example("x" * rng.randint(1, 999), ()))
    for seed in range(400):
        sizes.update(len(e.document) // 100 for e in generator.batch(random.Random(seed), 4, 1, step=10_000))
    assert len(sizes) == 10 and max(sizes.values()) < 1.35 * min(sizes.values())
