"""Generated documents of facts about invented people, organisations and things, with questions about them.

A bank of relations says how facts are stated and asked; a vocabulary fills in names and values. `compose` writes
training documents and, from another bank and other words, evaluation documents. Knows nothing about models or tokens.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.relations import ANY_SUBJECT, Block, list_forms, lists, relations, templates
from parametric_memory.training.data.vocabulary import Vocabulary, WordList

_PRONOUNS = {
    "he": {"They": "He", "they": "he", "their": "his", "Their": "His", "them": "him", "s3": "s"},
    "she": {"They": "She", "they": "she", "their": "her", "Their": "Her", "them": "her", "s3": "s"},
    "they": {"They": "They", "they": "they", "their": "their", "Their": "Their", "them": "them", "s3": ""},
    "it": {"They": "It", "they": "it", "their": "its", "Their": "Its", "them": "it", "s3": "s"},
}
RAMP_STEPS = 300
_DRAWN_FOR_ONE = 3  # documents drawn for each of a batch
HIDDEN_SHARE = 0.15  # of the documents, in prose that has nothing to do with their facts
_HIDDEN_CHARACTERS = 600  # of such a document, at most
LEAD_IN_SHARE = 0.08  # of the sentences, where there are lead-ins
JOINED_SHARE = 0.12  # of the facts after others: two in one sentence are harder to distinguish
_OWN_CAPITAL = re.compile(r"I\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")  # of words within a sentence too
_JOINTS = (" and", ", and", ", while", ";", ", but", ", whereas")
_ADDRESS_SHARE = 0.1  # of the questions
_USER_SHARE = 0.1  # of the subjects: by itself a model has much to say to "Where did I grow up?"
_LONG_VALUES = ("clause", "things", "reason", "spot")  # kinds of values that few relations have
_LONG_VALUES_SHARE = 0.2  # of the facts about subjects that such relations know
SIBLINGS_SHARE = 0.12  # of the documents of several facts: two of these differ in one word
CHANGES_SHARE = 0.2  # of the documents: one of their facts was another before
LIST_SHARE, TABLE_SHARE, ANSWERS_SHARE = 0.08, 0.12, 0.06  # of the documents: with structure, see `documents.passages`
_MOST_COLUMNS = 3
_SHORT_SHARE = 0.6  # of the second of two siblings, stated as "the other one"
_SAID_SHARE = 0.5  # of restated facts: the names of speakers make any two sentences of a conversation alike
VALUE_FIRST_SHARE = 0.4  # the hardest form: the answer must be found where the question's words come too late

_OPEN_SUBJECTS = ("person", "person", "place", "organisation", "product", "project")
_OPEN_VALUES = ("word", "person", "place", "word", "phrase", "organisation", "code", "number", "title")
_LIST_SUBJECTS = (*_OPEN_SUBJECTS, "event", "policy")

T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """Somebody or something that facts are about, with the pronoun the document uses for it."""

    kind: str
    name: str
    pronoun: str


@dataclass(frozen=True)
class Fact:
    """One fact, ready to be stated and asked for."""

    subject: Subject
    value: str
    statements: tuple[str, ...]
    pronoun_statements: tuple[str, ...]
    questions: tuple[Question, ...]
    key: str = ""  # how a list names the relation; empty: only sentences say it


def compose(
    rng: random.Random,
    facts: Sequence[Fact],
    *,
    introductions: Sequence[str] = (),
    distractors: Sequence[str] = (),
    lead_ins: Sequence[str] = (),
    pronoun_share: float = 0.4,
    distractor_share: float = 0.12,
    value_first_share: float = 0.0,
    joined_share: float = 0.0,
) -> str:
    """Sentences in the order of the facts; a pronoun only where the sentence before speaks of the same subject.

    Args:
        value_first_share: how often a form is drawn among those that name the value before the subject; else it is
            drawn among all forms.
        joined_share: how often a fact shares a sentence with the one before it.
    """
    written: list[str] = []
    previous, separator = None, "\n" if rng.random() < 0.1 else " "
    for fact in facts:
        if distractors and rng.random() < distractor_share:
            fitting = distractors if fact.subject.name else [d for d in distractors if "{s}" not in d]
            written.append(_fill(rng.choice(fitting), fact.subject, ""))
            previous = None
        pronoun = fact.subject == previous and fact.pronoun_statements and rng.random() < pronoun_share
        forms = fact.pronoun_statements if pronoun else fact.statements
        if not fact.value[0].isupper():  # a sentence must not change the value's first letter
            forms = tuple(f for f in forms if not f.startswith("{v}")) or forms
        if value_first_share and rng.random() < value_first_share:
            forms = tuple(f for f in forms if _value_first(f)) or forms
        form = rng.choice(forms)
        sentence = _fill(form, fact.subject, fact.value)
        if joined_share and previous and rng.random() < joined_share and written[-1].endswith("."):
            begins_with = {"{s}": fact.subject.name, "{v}": fact.value}.get(form[:3], "")
            capital = begins_with[:1].isupper() or _OWN_CAPITAL.match(sentence)
            rest = sentence if capital else sentence[0].lower() + sentence[1:]
            written[-1] = f"{written[-1][:-1]}{rng.choice(_JOINTS)} {rest}"
        else:
            led_in = lead_ins and rng.random() < LEAD_IN_SHARE
            written.append(f"{rng.choice(lead_ins)} {sentence}" if led_in else sentence)
        previous = fact.subject
    text = separator.join(written)
    return f"{rng.choice(introductions)}\n{text}" if introductions and rng.random() < 0.15 else text


def _hidden_in(rng: random.Random, text: str, passage: str) -> str:
    """The text with sentences of a passage before and after it, as many as there is room for."""
    prose, room = sentences(passage), _HIDDEN_CHARACTERS - len(text)
    place = first = last = rng.randint(0, len(prose))
    while first > 0 or last < len(prose):
        in_front = first > 0 and (last == len(prose) or rng.random() < 0.5)
        room -= len(prose[first - 1 if in_front else last]) + 1
        if room < 0:
            break
        first, last = (first - 1, last) if in_front else (first, last + 1)
    parts = (" ".join(prose[first:place]), text, " ".join(prose[place:last]))
    return rng.choice([" ", "\n\n"]).join(filter(None, parts))


def _value_first(template: str) -> bool:
    """Whether the value stands before whatever names its subject; at the beginning, where nothing else is filled in."""
    found = re.search(r"{(?!v})", template)
    return template.index("{v}") < (found.start() if found else 1)


def _fill(template: str, subject: Subject, value: str) -> str:
    text = template.format(s=subject.name, v=value, **_PRONOUNS[subject.pronoun])
    return text if template.startswith("{v}") else text[0].upper() + text[1:]


def name_subject(kind: str, vocabulary: Vocabulary) -> Subject:
    """A new subject of a kind, with a name of that kind."""
    pronoun = {"person": vocabulary.rng.choice(["he", "she", "they"]), "team": "they"}.get(kind, "it")
    if kind == "work":
        name = vocabulary.draw("title")
    elif kind in ("person", "place", "organisation", "product"):
        name = getattr(vocabulary, kind)()
    else:
        name = "" if kind == "user" else vocabulary.name()
    return Subject(kind, name, pronoun)


def fact_of(relation: Block, vocabulary: Vocabulary, subject: Subject) -> Fact:
    """A fact of a relation, with a new value."""
    value, name = vocabulary.draw(relation.value), subject.name
    asked = tuple(Question(q.format(s=name), opening.format(s=name), value) for q, opening in relation.questions)
    return Fact(subject, value, relation.statements, relation.short, asked, "".join(relation.items))


class FactGenerator:
    """An endless stream of training examples."""

    def __init__(self, words: WordList, most_facts: int = 6, ramp_steps: int = 0, passages: Sequence[str] = ()):
        """
        Args:
            ramp_steps: over how many steps the number of facts in a document grows to `most_facts`.
            passages: prose that hides the facts of some documents; without any, only short sentences do.
        """
        self.relations, self.words, self.most_facts = relations(), words, most_facts
        self.ramp_steps, self.passages, self.forms = ramp_steps, tuple(passages), lists("open_forms")
        kinds = sorted({r.subject for r in self.relations})
        self.by_subject = {kind: [r for r in self.relations if r.subject == kind] for kind in kinds}
        self.keys_by_subject = {
            kind: [k for k in templates("list_keys") if k.subject in (kind, ANY_SUBJECT)] for kind in _LIST_SUBJECTS
        }

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        """Examples of the same number of facts and of similar length, so that little is padded.

        Two facts at most at first, then more and more.
        """
        grown = step / self.ramp_steps if self.ramp_steps else 1.0
        most = min(self.most_facts, 2 + int(grown * (self.most_facts - 2)))
        facts = rng.randint(1, most) if rng.random() < 0.6 else rng.randint(1, min(3, most))
        drawn = [self.example(rng, facts, questions) for _ in range(_DRAWN_FOR_ONE * size)]
        first = size * rng.randrange(_DRAWN_FOR_ONE)  # of windows few would hold the longest
        return sorted(drawn, key=lambda e: len(e.document))[first : first + size]

    def example(self, rng: random.Random, facts: int, questions: int) -> Example:
        """A document of that many facts and questions about facts drawn from it."""
        text, drawn = self.document(rng, facts)
        asked = [(drawn[i], times) for i, times in Counter(spread(rng, range(len(drawn)), questions)).items()]
        chosen = [question for fact, times in asked for question in spread(rng, fact.questions, times)]
        return Example(text, tuple(self.as_typed(rng, q) for q in chosen))

    def document(self, rng: random.Random, facts: int) -> tuple[str, list[Fact]]:
        """A document of that many facts, a few more in a table, and these."""
        vocabulary, forms = Vocabulary(self.words, rng), self.forms
        structures = ((LIST_SHARE, self._list), (TABLE_SHARE, self._table), (ANSWERS_SHARE, self._answers))
        for share, structured in structures:
            if rng.random() < share:
                text, drawn = structured(rng, vocabulary, facts)
                return reading(text), drawn
        if facts > 1 and rng.random() < SIBLINGS_SHARE:
            drawn = self._siblings(rng, vocabulary, facts)
        elif rng.random() < CHANGES_SHARE:
            others = self._facts(rng, vocabulary, facts - 1) if facts > 1 else []
            drawn = distinct([changed(rng.choice(templates("changes")), vocabulary), *others])
            rng.shuffle(drawn)
        else:
            drawn = self._facts(rng, vocabulary, facts)
        text = compose(
            rng,
            drawn,
            introductions=forms["introductions"].statements,
            distractors=forms["distractors"].statements,
            lead_ins=forms["lead-ins"].statements,
            distractor_share=rng.choice([0.0, 0.0, 0.15, 0.4]),
            value_first_share=VALUE_FIRST_SHARE,
            joined_share=JOINED_SHARE,
        )
        hidden = self.passages and rng.random() < HIDDEN_SHARE
        return _hidden_in(rng, text, rng.choice(self.passages)) if hidden else text, drawn

    def _list(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> tuple[str, list[Fact]]:
        kind = rng.choice(_LIST_SUBJECTS)
        subject = name_subject(kind, vocabulary)
        facts = distinct([fact_of(k, vocabulary, subject) for k in rng.sample(self.keys_by_subject[kind], count)])
        heading, line = rng.choice(list_forms())
        return "\n".join([heading.format(s=subject.name), *(line.format(k=f.key, v=f.value) for f in facts)]), facts

    def _table(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> tuple[str, list[Fact]]:
        """Rows of subjects and columns of keys, or the same as a list for each subject."""
        kind = rng.choice(_LIST_SUBJECTS)
        keys = rng.sample(self.keys_by_subject[kind], min(count, rng.randint(1, _MOST_COLUMNS)))
        subjects = [name_subject(kind, vocabulary) for _ in range(max(2, count // len(keys)))]
        facts = distinct([fact_of(key, vocabulary, subject) for subject in subjects for key in keys])
        title = f"## {vocabulary.phrase().capitalize()}" if rng.random() < 0.5 else ""
        if rng.random() < 0.3:
            lists = [
                [f"### {of.name}", *(f"- {f.key}: {f.value}" for f in facts if f.subject == of)] for of in subjects
            ]
            return "\n\n".join([*filter(None, [title]), *("\n".join(lines) for lines in lists)]), facts
        cells = {(fact.subject, fact.key): fact.value for fact in facts}
        heads = [head for key in keys for head in key.items]
        rows = [[rng.choice(("Name", kind.capitalize())), *heads], ["---"] * (1 + len(heads))]
        rows += [[subject.name, *(cells.get((subject, head), "") for head in heads)] for subject in subjects]
        return "\n\n".join([*filter(None, [title]), "\n".join(f"| {' | '.join(row)} |" for row in rows)]), facts

    def _answers(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> tuple[str, list[Fact]]:
        """Questions, each with its answer below: a statement or the value alone."""
        facts = self._facts(rng, vocabulary, count)
        blocks = []
        for fact in facts:
            asked = rng.choice(fact.questions)
            said = f"{fact.value[0].upper()}{fact.value[1:]}" if rng.random() < 0.3 else f"{asked.opening} {fact.value}"
            blocks.append(f"Q: {asked.text}\nA: {said.strip()}.")
        return "\n\n".join(blocks), facts

    def _facts(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> list[Fact]:
        """Facts of a few subjects; at times the same relation of several, so that subjects must be distinguished."""
        contrast = count > 1 and rng.random() < 0.35
        kind = self._subject_kind(rng)
        subjects_count = count if contrast else min(count, rng.choice([1, 1, 1, 2, 2, 3]))
        if kind == "user":
            contrast, subjects_count = False, 1
        subjects = [name_subject(kind, vocabulary)]
        while len(subjects) < subjects_count:
            other = kind if contrast or rng.random() < 0.6 else self._subject_kind(rng)
            if other != "user":
                subjects.append(name_subject(other, vocabulary))
        is_open = rng.random() < 0.3
        if contrast:
            relation = self._relation(rng, vocabulary, kind, is_open)
            facts = [fact_of(relation, vocabulary, subject) for subject in subjects]
        else:
            facts = []
            for i in range(count):
                subject = subjects[i * len(subjects) // count]
                is_open = subject.kind != "user" and rng.random() < 0.3
                facts.append(fact_of(self._relation(rng, vocabulary, subject.kind, is_open), vocabulary, subject))
        facts = distinct(facts)
        if rng.random() < 0.2:
            rng.shuffle(facts)
        return facts

    def _siblings(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> list[Fact]:
        """Two facts that differ in a word, the second of them often stated briefly; others follow, or come before."""
        kind = rng.choice(templates("siblings"))
        noun, qualifiers = rng.choice(kind.names), rng.sample(rng.choice(kind.word_pairs), 2)
        subject = name_subject(rng.choice(_OPEN_SUBJECTS), vocabulary)
        of = rng.choice([f" of {subject.name}", f" at {subject.name}", ""])
        article, of_asker = rng.choice([("the", "the"), ("the", "the"), ("my", "your"), ("our", "your")])
        subject = subject if of else Subject("user", "", "it")
        words = {"n": noun, "of": of, "the": article, "your": of_asker}
        words |= {"The": article.capitalize(), "Your": of_asker.capitalize()}

        def filled(form: str, qualifier: str) -> str:
            return re.sub(r"{(\w+)}", lambda found: {**words, "q": qualifier}.get(found[1], found[0]), form)

        pair = []
        for forms, qualifier in zip((kind.statements, kind.short), qualifiers, strict=True):
            forms = forms if rng.random() < _SHORT_SHARE else kind.statements
            value = vocabulary.draw(kind.value)
            asked = tuple(Question(filled(q, qualifier), filled(o, qualifier), value) for q, o in kind.questions)
            pair.append(Fact(subject, value, tuple(filled(form, qualifier) for form in forms), (), asked))
        others = self._facts(rng, vocabulary, count - 2) if count > 2 else []
        facts = distinct([*pair, *others])  # the pair first, of which none is left out so
        return [*facts[2:], *facts[:2]] if rng.random() < 0.5 else facts

    def _subject_kind(self, rng: random.Random) -> str:
        if "user" in self.by_subject and rng.random() < _USER_SHARE:
            return "user"
        return rng.choice(["person", rng.choice(self.relations).subject])

    def _relation(self, rng: random.Random, vocabulary: Vocabulary, kind: str, is_open: bool) -> Block:
        """A relation of a kind of subject; an open one, any noun of the word list, is one that nobody wrote down."""
        if is_open:
            noun = vocabulary.word() if rng.random() < 0.7 else vocabulary.phrase()
            lines = tuple((mark, text.replace("{r}", noun)) for mark, text in self.forms["any noun"].lines)
            return Block(f"{ANY_SUBJECT} -> {rng.choice(_OPEN_VALUES)}", lines)
        known = self.by_subject[kind]
        long = [r for r in known if r.value in _LONG_VALUES] if rng.random() < _LONG_VALUES_SHARE else []
        return rng.choice(long or known)

    def as_typed(self, rng: random.Random, question: Question) -> Question:
        """Now and then a question as people type it: without its capital or question mark, or with a word around it."""
        text = question.text
        if rng.random() < 0.08:
            text = text[0].lower() + text[1:]
        if rng.random() < 0.08:
            text = text.rstrip("?.")
        if rng.random() < _ADDRESS_SHARE:
            text = rng.choice(self.forms["addresses"].statements).replace("{q}", text)
        return replace(question, text=text)


def restated(facts: FactGenerator, rng: random.Random) -> tuple[str, tuple[str, str, str]]:
    """A question, and three statements about one subject, in a document or said by somebody.

    One answers it, another does with another value, and one does not: of two documents about somebody, the newer
    supersedes the older only where it makes the same statement.
    """
    vocabulary = Vocabulary(facts.words, rng)
    kind = rng.choice([kind for kind, of_kind in facts.by_subject.items() if len(of_kind) > 1])
    relation, another = rng.sample(facts.by_subject[kind], 2)
    subject = name_subject(kind, vocabulary)
    first, second = (fact_of(relation, vocabulary, subject) for _ in range(2))
    while second.value == first.value:
        second = fact_of(relation, vocabulary, subject)
    stated = [compose(rng, [fact]) for fact in (first, second, fact_of(another, vocabulary, subject))]
    if rng.random() < _SAID_SHARE:
        speakers = [vocabulary.name(), vocabulary.name()]
        stated = [_said(rng, speakers, text) for text in stated]
    return rng.choice(first.questions).text, (stated[0], stated[1], stated[2])


def _said(rng: random.Random, speakers: list[str], text: str) -> str:
    asker, speaker = rng.sample(speakers, 2)
    alone = rng.random() < 0.5
    return f'{speaker} said: "{text}"' if alone else f'{asker} asked: "Really?", and {speaker} answered: "{text}"'


def changed(relation: Block, vocabulary: Vocabulary) -> Fact:
    """A fact in one statement of a relation of changes, with the value of before where the statement says it."""
    rng, names = vocabulary.rng, relation.names
    subject = Subject("thing", rng.choice(names), "it") if names[1:] else name_subject(names[0], vocabulary)
    value = former = vocabulary.draw(relation.value)
    while former in value or value in former:
        former = vocabulary.draw(relation.value)
    starts = {"{v}": value, "{u}": former}  # a sentence must not change a value's first letter
    forms = [form for form in relation.statements if starts.get(form[:3], "A")[0].isupper()] or relation.statements
    form = rng.choice(forms)
    asked = [(question, value) for question in relation.questions]
    asked += [(question, former) for question in relation.former if "{u}" in form]
    statement = form.replace("{u}", former).replace("{y}", vocabulary.draw("year"))
    questions = tuple(Question(_fill(q, subject, ""), _fill(o, subject, ""), v) for (q, o), v in asked)
    return Fact(subject, value, (statement,), (), questions)


def spread(rng: random.Random, items: Sequence[T], count: int) -> list[T]:
    """`count` items in random order, each as often as the others."""
    chosen: list[T] = []
    while len(chosen) < count:
        chosen += rng.sample(items, min(len(items), count - len(chosen)))
    return chosen


def distinct(facts: Sequence[Fact]) -> list[Fact]:
    """Facts that can be asked apart: no question twice, no value inside another value."""
    kept: dict[str, Fact] = {}  # by the words of their values
    asked: set[str] = set()
    for fact in facts:
        words = " ".join(["", *re.findall(r"\w+", fact.value.lower()), ""])
        questions = {question.text for question in fact.questions}
        if asked.isdisjoint(questions) and not any(words in other or other in words for other in kept):
            kept[words] = fact
            asked |= questions
    return list(kept.values())
