"""Generated documents of facts about invented people, organisations and things, with questions about them.

A bank of relations says how facts are stated and asked; a vocabulary fills in names and values. The same composer
writes training documents and, from another bank and other words, evaluation documents.
Knows nothing about models or tokens.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from parametric_memory.documents.sentences import sentences
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.relations import ANY_SUBJECT, Relation, list_keys, open_forms, siblings
from parametric_memory.training.data.vocabulary import TrainingVocabulary, Vocabulary, WordList

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
LEAD_IN_SHARE = 0.08  # of the sentences, where the composer knows any
JOINED_SHARE = 0.12  # of the facts after others: two in one sentence are harder to tell apart
_OWN_CAPITAL = re.compile(r"I\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")  # of words within a sentence too
_JOINTS = (" and", ", and", ", while", ";", ", but", ", whereas")
_ADDRESS_SHARE = 0.1  # of the questions
_USER_SHARE = 0.1  # of the subjects: by itself a model has much to say to "Where did I grow up?"
_LONG_VALUES = ("clause", "things", "reason", "spot")  # kinds of values that few relations have
_LONG_VALUES_SHARE = 0.2  # of the facts about subjects that such relations know
SIBLINGS_SHARE = 0.12  # of the documents of several facts: two of these differ in one word
_SHORT_SHARE = 0.6  # of the second of two siblings: told as "the other one"
_SAID_SHARE = 0.5  # of restated facts: the names of speakers make any two sentences of a conversation alike
VALUE_FIRST_SHARE = 0.4  # the hardest form: what answers must be found where the question's words come too late

_OPEN_SUBJECTS = ("person", "person", "place", "organisation", "product", "project")
_LIST_SUBJECTS = (*_OPEN_SUBJECTS, "event", "policy")


RelationLike = Any  # a `Relation`, or the evaluation's, whose questions have no opening


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


class Composer:
    """Writes facts into a document: order, pronouns, distractors, an opening line, lead-ins, or a list."""

    def __init__(
        self,
        rng: random.Random,
        intros: Sequence[str] = (),
        distractors: Sequence[str] = (),
        lead_ins: Sequence[str] = (),
    ):
        self.rng, self.intros, self.distractors, self.lead_ins = rng, intros, distractors, lead_ins

    def prose(
        self,
        facts: Sequence[Fact],
        pronoun_share: float = 0.4,
        distractor_share: float = 0.12,
        value_first_share: float = 0.0,
        joined_share: float = 0.0,
    ) -> str:
        """Sentences in the order of the facts; a pronoun only where the sentence before speaks of the same subject.

        value_first_share: how often a form is looked for, first of all, among those that name the value before the
            subject; the others say what comes out of all forms.
        joined_share: how often a fact is told in one sentence with the one before it.
        """
        rng, sentences, previous = self.rng, [], None
        separator = "\n" if rng.random() < 0.1 else " "
        for fact in facts:
            if self.distractors and rng.random() < distractor_share:
                fitting = self.distractors
                if not fact.subject.name:
                    fitting = [d for d in self.distractors if "{s}" not in d]
                sentences.append(_fill(rng.choice(fitting), fact.subject, ""))
                previous = None
            pronoun = fact.subject == previous and fact.pronoun_statements and rng.random() < pronoun_share
            forms = fact.pronoun_statements if pronoun else fact.statements
            if not fact.value[0].isupper():  # a sentence must not change the value's first letter
                forms = tuple(f for f in forms if not f.startswith("{v}")) or forms
            if value_first_share and rng.random() < value_first_share:
                forms = tuple(f for f in forms if _value_first(f)) or forms
            form = rng.choice(forms)
            sentence = _fill(form, fact.subject, fact.value)
            if joined_share and previous and rng.random() < joined_share and sentences[-1].endswith("."):
                capital = form.startswith(("{s}", "{v}")) or _OWN_CAPITAL.match(sentence)
                rest = sentence if capital else sentence[0].lower() + sentence[1:]
                sentences[-1] = f"{sentences[-1][:-1]}{rng.choice(_JOINTS)} {rest}"
            else:
                led_in = self.lead_ins and rng.random() < LEAD_IN_SHARE
                sentences.append(f"{rng.choice(self.lead_ins)} {sentence}" if led_in else sentence)
            previous = fact.subject
        text = separator.join(sentences)
        return f"{rng.choice(self.intros)}\n{text}" if self.intros and rng.random() < 0.15 else text


def hidden_in(rng: random.Random, text: str, passage: str) -> str:
    """The text with sentences of a passage before and after it, as many as there is room for."""
    prose = sentences(passage)
    room = _HIDDEN_CHARACTERS - len(text)
    place = rng.randint(0, len(prose))
    before, after = prose[:place], prose[place:]
    around: tuple[list[str], list[str]] = ([], [])
    while before or after:
        in_front = bool(before) and (not after or rng.random() < 0.5)
        sentence = before.pop() if in_front else after.pop(0)
        room -= len(sentence) + 1
        if room < 0:
            break
        if in_front:
            around[0].insert(0, sentence)
        else:
            around[1].append(sentence)
    separator = rng.choice([" ", "\n\n"])
    return separator.join(part for part in (" ".join(around[0]), text, " ".join(around[1])) if part)


def _value_first(template: str) -> bool:
    """Whether the value stands before whatever names its subject; at the beginning, where nothing else is filled in."""
    found = re.search(r"{(?!v})", template)
    return template.index("{v}") < (found.start() if found else 1)


def _fill(template: str, subject: Subject, value: str) -> str:
    text = template.format(s=subject.name, v=value, **_PRONOUNS[subject.pronoun])
    return text if template.startswith("{v}") else text[0].upper() + text[1:]


def name_subject(kind: str, vocabulary: Vocabulary) -> Subject:
    """A new subject of a kind, with a name of that kind."""
    makers: dict[str, Callable[[], str]] = {
        "person": vocabulary.person,
        "place": vocabulary.place,
        "organisation": vocabulary.organisation,
        "product": vocabulary.product,
        "work": lambda: vocabulary.draw("title"),
        "user": lambda: "",
    }
    pronoun = {"person": vocabulary.rng.choice(["he", "she", "they"]), "team": "they"}.get(kind, "it")
    return Subject(kind, makers.get(kind, vocabulary.name)(), pronoun)


class FactGenerator:
    """An endless stream of training examples."""

    def __init__(
        self,
        relations: Sequence[RelationLike],
        words: WordList,
        most_facts: int = 6,
        ramp_steps: int = RAMP_STEPS,
        passages: Sequence[str] = (),
    ):
        """
        Args:
            ramp_steps: over how many steps the number of facts in a document grows to `most_facts`.
            passages: prose that hides the facts of some documents; without any, only short sentences do.
        """
        self.relations, self.words, self.most_facts = tuple(relations), words, most_facts
        self.ramp_steps, self.passages = ramp_steps, tuple(passages)
        kinds = sorted({r.subject for r in self.relations})
        self.by_subject = {kind: [r for r in self.relations if r.subject == kind] for kind in kinds}
        self.long_by_subject = {
            kind: [r for r in of_kind if r.value in _LONG_VALUES] for kind, of_kind in self.by_subject.items()
        }
        self.forms = open_forms()
        self.keys_by_subject = {
            kind: [k for k in list_keys() if k.subject in (kind, ANY_SUBJECT)] for kind in {*kinds, *_LIST_SUBJECTS}
        }

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        """Examples of the same number of facts and of similar length, so that little is padded.

        Two facts at most at first, then more and more.
        """
        grown = step / self.ramp_steps if self.ramp_steps else 1.0
        most = min(self.most_facts, 2 + int(grown * (self.most_facts - 2)))
        facts = rng.randint(1, most) if rng.random() < 0.6 else rng.randint(1, min(3, most))
        drawn = sorted(
            (self.example(rng, facts, questions) for _ in range(_DRAWN_FOR_ONE * size)), key=lambda e: len(e.document)
        )
        first = size * rng.randrange(_DRAWN_FOR_ONE)  # of windows few would hold the longest
        return drawn[first : first + size]

    def example(self, rng: random.Random, facts: int, questions: int) -> Example:
        """A document of that many facts and questions about facts drawn from it."""
        text, drawn = self.document(rng, facts)
        asked = [(drawn[i], times) for i, times in Counter(spread(rng, range(len(drawn)), questions)).items()]
        chosen = [question for fact, times in asked for question in spread(rng, fact.questions, times)]
        return Example(text, tuple(self.as_typed(rng, q) for q in chosen))

    def document(self, rng: random.Random, facts: int) -> tuple[str, list[Fact]]:
        """A document of that many facts, and these."""
        vocabulary = TrainingVocabulary(self.words, rng)
        composer = Composer(rng, self.forms.introductions, self.forms.distractors, self.forms.lead_ins)
        if rng.random() < 0.12:
            drawn = self._list_facts(rng, vocabulary, facts)
            heading, line = rng.choice(self.forms.lists)
            lines = [line.format(k=f.key, v=f.value) for f in drawn]
            text = "\n".join([heading.format(s=drawn[0].subject.name), *lines])
        else:
            of_siblings = facts > 1 and rng.random() < SIBLINGS_SHARE
            drawn = self._siblings(rng, vocabulary, facts) if of_siblings else self._facts(rng, vocabulary, facts)
            distractor_share = rng.choice([0.0, 0.0, 0.15, 0.4])
            text = composer.prose(
                drawn,
                distractor_share=distractor_share,
                value_first_share=VALUE_FIRST_SHARE,
                joined_share=JOINED_SHARE,
            )
            if self.passages and rng.random() < HIDDEN_SHARE:
                text = hidden_in(rng, text, rng.choice(self.passages))
        return text, drawn

    def another(self, rng: random.Random, facts: Sequence[Fact]) -> Fact | None:
        """A fact about the named subject of some others, with another kind of value; None: there is none to be had."""
        named = [fact for fact in facts if fact.subject.name and fact.subject.kind in self.by_subject]
        if not named:
            return None
        subject, stated = rng.choice(named).subject, {fact.statements for fact in facts}
        of_kind = self.by_subject[subject.kind]
        values = {r.value for r in of_kind if r.statements in stated}
        others = [r for r in of_kind if r.value not in values and r.statements not in stated]
        return maker_of(rng.choice(others))(rng, TrainingVocabulary(self.words, rng), subject) if others else None

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
        open_relation = rng.random() < 0.3
        if contrast:
            make = self._open_relation(rng, vocabulary) if open_relation else self._relation(rng, kind)
            facts = [make(rng, vocabulary, subject) for subject in subjects]
        else:
            facts = []
            for i in range(count):
                subject = subjects[i * len(subjects) // count]
                is_open = subject.kind != "user" and rng.random() < 0.3
                make = self._open_relation(rng, vocabulary) if is_open else self._relation(rng, subject.kind)
                facts.append(make(rng, vocabulary, subject))
        facts = distinct(facts)
        if rng.random() < 0.2:
            rng.shuffle(facts)
        return facts

    def _siblings(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> list[Fact]:
        """Two facts that differ in a word, the second of them often told briefly; others follow, or come before."""
        kind = rng.choice(siblings())
        noun, qualifiers = rng.choice(kind.nouns), rng.sample(rng.choice(kind.qualifiers), 2)
        subject = name_subject(rng.choice(_OPEN_SUBJECTS), vocabulary)
        of = rng.choice([f" of {subject.name}", f" at {subject.name}", ""])
        article, of_asker = rng.choice([("the", "the"), ("the", "the"), ("my", "your"), ("our", "your")])
        subject = subject if of else Subject("user", "", "it")

        def filled(form: str, qualifier: str) -> str:
            words = {"q": qualifier, "n": noun, "of": of, "the": article, "your": of_asker}
            words |= {"The": article.capitalize(), "Your": of_asker.capitalize()}
            return re.sub(r"{(\w+)}", lambda found: words.get(found[1], found[0]), form)

        pair = []
        for forms, qualifier in zip((kind.statements, kind.short), qualifiers, strict=True):
            forms = forms if rng.random() < _SHORT_SHARE else kind.statements
            value = vocabulary.draw(kind.value)
            asked = tuple(
                Question(filled(question, qualifier), filled(opening, qualifier), value)
                for question, opening in kind.questions
            )
            pair.append(Fact(subject, value, tuple(filled(form, qualifier) for form in forms), (), asked))
        others = self._facts(rng, vocabulary, count - 2) if count > 2 else []
        facts = distinct([*pair, *others])  # the pair first, of which none is left out so
        return [*facts[2:], *facts[:2]] if rng.random() < 0.5 else facts

    def _subject_kind(self, rng: random.Random) -> str:
        if "user" in self.by_subject and rng.random() < _USER_SHARE:
            return "user"
        return rng.choice(["person", rng.choice(self.relations).subject])

    def _relation(self, rng: random.Random, kind: str) -> FactMaker:
        long = self.long_by_subject[kind] if rng.random() < _LONG_VALUES_SHARE else ()
        return maker_of(rng.choice(long or self.by_subject[kind]))

    def _open_relation(self, rng: random.Random, vocabulary: Vocabulary) -> FactMaker:
        """A relation nobody wrote down: any noun of the word list."""
        noun = vocabulary.word() if rng.random() < 0.7 else vocabulary.phrase()
        value_kind = rng.choice(
            ["word", "person", "place", "word", "phrase", "organisation", "code", "number", "title"]
        )

        def about(forms: Sequence[str]) -> tuple[str, ...]:
            return tuple(form.replace("{r}", noun) for form in forms)

        forms = self.forms
        questions = tuple((q.replace("{r}", noun), o.replace("{r}", noun)) for q, o in forms.questions)
        return maker_of(Relation(ANY_SUBJECT, value_kind, about(forms.statements), about(forms.pronoun), questions))

    def _list_facts(self, rng: random.Random, vocabulary: Vocabulary, count: int) -> list[Fact]:
        kind = rng.choice(_LIST_SUBJECTS)
        subject = name_subject(kind, vocabulary)
        facts = []
        for of_list in rng.sample(self.keys_by_subject[kind], count):
            value = vocabulary.draw(of_list.value)
            asked = tuple(
                Question(q.format(s=subject.name), o.format(s=subject.name), value) for q, o in of_list.questions
            )
            facts.append(Fact(subject, value, (), (), asked, of_list.key))
        return distinct(facts)

    def as_typed(self, rng: random.Random, question: Question) -> Question:
        """Now and then a question as people type it: without its capital or question mark, or with a word around it."""
        text = question.text
        if rng.random() < 0.08:
            text = text[0].lower() + text[1:]
        if rng.random() < 0.08:
            text = text.rstrip("?.")
        if rng.random() < _ADDRESS_SHARE:
            text = rng.choice(self.forms.addresses).replace("{q}", text)
        return Question(text, question.opening, question.value, question.ending)


FactMaker = Callable[[random.Random, Vocabulary, Subject], Fact]


def maker_of(relation: RelationLike) -> FactMaker:
    """What makes facts of a relation of a bank."""

    def make(rng: random.Random, vocabulary: Vocabulary, subject: Subject) -> Fact:
        value = vocabulary.draw(relation.value)
        pronoun = getattr(relation, "pronoun", ())
        questions = []
        for item in relation.questions:
            question, opening = (item, "") if isinstance(item, str) else item
            questions.append(Question(question.format(s=subject.name), opening.format(s=subject.name), value))
        forms = (pronoun,) if isinstance(pronoun, str) else pronoun
        return Fact(subject, value, relation.statements, tuple(p for p in forms if p), tuple(questions))

    return make


def restated(facts: FactGenerator, rng: random.Random) -> tuple[str, tuple[str, str, str]]:
    """A question, and three statements about one subject, in a document or said by somebody.

    One answers it, another does with another value, and one does not: of two documents about somebody, the newer
    supersedes the older only where it makes the same statement.
    """
    vocabulary, composer = TrainingVocabulary(facts.words, rng), Composer(rng)
    kind = rng.choice([kind for kind, of_kind in facts.by_subject.items() if len(of_kind) > 1])
    relation, another = rng.sample(facts.by_subject[kind], 2)
    subject = name_subject(kind, vocabulary)
    first, second = (maker_of(relation)(rng, vocabulary, subject) for _ in range(2))
    while second.value == first.value:
        second = maker_of(relation)(rng, vocabulary, subject)
    told = [composer.prose([fact]) for fact in (first, second, maker_of(another)(rng, vocabulary, subject))]
    if rng.random() < _SAID_SHARE:
        speakers = [vocabulary.name(), vocabulary.name()]
        told = [_said(rng, speakers, text) for text in told]
    return rng.choice(first.questions).text, (told[0], told[1], told[2])


def _said(rng: random.Random, speakers: list[str], text: str) -> str:
    asker, speaker = rng.sample(speakers, 2)
    if rng.random() < 0.5:
        return f'{speaker} said: "{text}"'
    return f'{asker} asked: "Really?", and {speaker} answered: "{text}"'


T = TypeVar("T")


def spread(rng: random.Random, items: Sequence[T], count: int) -> list[T]:
    """`count` items in random order, each as often as the others."""
    chosen: list[T] = []
    while len(chosen) < count:
        chosen += rng.sample(items, min(len(items), count - len(chosen)))
    return chosen


def distinct(facts: Sequence[Fact]) -> list[Fact]:
    """Facts that can be asked apart: no question twice, no value inside another value."""
    kept: list[Fact] = []
    for fact in facts:
        words = _words(fact.value)
        clash = any(
            f" {words} " in f" {_words(other.value)} " or f" {_words(other.value)} " in f" {words} " for other in kept
        )
        asked = {question.text for question in fact.questions}
        same = any(question.text in asked for other in kept for question in other.questions)
        if not clash and not same:
            kept.append(fact)
    return kept


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
