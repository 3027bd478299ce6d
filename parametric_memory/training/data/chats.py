"""Chats for training a judge: who says what of whom, and questions that no turn answers.

Two people, or a user and an assistant, talk. Some turns state a fact about their speaker or about somebody else; the
others are small talk, questions without an answer, and sentences of a real passage. The questions without an answer ask
what a chat nearly says: another speaker's fact, another fact of the same speaker, a question that was evaded.
Knows nothing about networks.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from parametric_memory.documents.conversations import Message, conversations
from parametric_memory.training.data.facts import FactGenerator, Subject, fact_of, name_subject
from parametric_memory.training.data.relations import TEMPLATES, Block, Relation, read_lists
from parametric_memory.training.data.vocabulary import TrainingVocabulary

_BY_THE_SPEAKER = re.compile(r"\b(?:I|[Mm]y|[Mm]e|[Mm]ine)\b")
_BY_A_RECORD = re.compile(r"\buser\b", re.IGNORECASE)  # "User preference: ..." is no turn of a chat
_VERBS = {"do": "does", "am": "is", "have": "has", "was": "was", "did": "did", "can": "can", "should": "should"}
_VERBS |= {"will": "will", "would": "would", "could": "could", "had": "had", "does": "does"}
_FIRST_PERSON = re.compile(
    r"\b(?P<address>(?:tell|remind|give|show|help|let) me)\b|"
    rf"\b(?P<verb>{'|'.join(_VERBS)}) i\b|\b(?P<own>my|me)\b|\b(?P<subject>i)\b",
    re.IGNORECASE,
)
_SECOND_PERSON = {"i": "you", "am": "are", "my": "your", "me": "you", "mine": "yours", "was": "were"}
_BARE_ANSWER = 0.5  # of the facts behind their question, which are told as the value alone
_ASKED_FIRST = 0.3  # of the facts
_ASSISTANT = 0.2  # of the chats
_EVADED, _SAME_RELATION = 0.5, 0.3  # of the chats
_MOST_FACTS, _MOST_TALK, _MOST_ABSENT = 4, 7, 4
_FIRST_DAY = datetime(2021, 1, 1, 8)
_DAYS = 2000


@dataclass(frozen=True)
class ChatQuestion:
    """A question about a chat. lines: the passages that answer it; none: no passage does."""

    text: str
    value: str
    statement: str
    lines: tuple[int, ...]
    of_asker: bool = False


@dataclass(frozen=True)
class Chat:
    """Passages, as a memory cuts a conversation, and questions."""

    passages: Sequence[str]
    questions: Sequence[ChatQuestion]


@dataclass(frozen=True)
class _Told:
    """A fact of somebody: `about` is the speaker's name, or that of the person spoken about."""

    relation: Relation
    about: str
    value: str
    text: str
    question: str
    opening: str


class ChatGenerator:
    """An endless stream of chats.

    facts: whose relations and words the chats use.
    """

    def __init__(self, facts: FactGenerator):
        self.words = facts.words
        self.of_user = [r for r in facts.by_subject["user"] if any(map(_is_said, r.statements))]
        self.of_others = facts.by_subject["person"]

    def chat(self, rng: random.Random, passage: Sequence[str] = ()) -> Chat:
        """A chat; with a passage, one of the speakers tells it sentence by sentence."""
        vocabulary, talk = TrainingVocabulary(self.words, rng), _talk()
        with_assistant = rng.random() < _ASSISTANT
        speakers = ("User", "Assistant") if with_assistant else (vocabulary.name(), vocabulary.name())
        told = self._facts(rng, vocabulary, speakers, with_assistant)
        turns: list[list[tuple[str, str]]] = [self._turns(rng, fact, speakers) for fact in told]
        for _ in range(rng.randint(1, _MOST_TALK)):
            speaker = rng.choice(speakers)
            kinds = ["assistant"] if speaker == "Assistant" else ["small talk", "small talk", "reactions", "asked back"]
            turns.insert(rng.randint(0, len(turns)), [(speaker, rng.choice(talk[rng.choice(kinds)].marked("-")))])
        absent = self._absent(rng, vocabulary, speakers, told)
        if absent and rng.random() < _EVADED:
            asked = absent[0]
            speaker = asked.about if asked.about in speakers else speakers[0]
            other = speakers[speaker == speakers[0]]
            evasion = rng.choice(talk["evasions"].marked("-"))
            turns.insert(rng.randint(0, len(turns)), [(other, _to_you(asked.question)), (speaker, evasion)])
        if passage:
            teller, place = rng.choice(speakers), rng.randint(0, len(turns))
            turns[place:place] = _telling(rng, teller, speakers[teller == speakers[0]], passage)
        passages = _cut(rng, [turn for group in turns for turn in group])
        return Chat(passages, self._questions(passages, told, absent, speakers, with_assistant))

    def _facts(
        self, rng: random.Random, vocabulary: TrainingVocabulary, speakers: tuple[str, str], with_assistant: bool
    ) -> list[_Told]:
        told: list[_Told] = []
        friends = [name_subject("person", vocabulary).name for _ in range(2)]
        same = rng.choice(self.of_user) if rng.random() < _SAME_RELATION else None
        for _ in range(rng.randint(1, _MOST_FACTS)):
            about = rng.choice([*speakers[: 1 if with_assistant else 2]] * 2 + friends)
            relation = rng.choice(self.of_others) if about in friends else same or rng.choice(self.of_user)
            if not any(t.about == about and t.relation.value == relation.value for t in told):
                told += self._tell(rng, vocabulary, relation, about, about in friends)
        return told

    def _tell(
        self, rng: random.Random, vocabulary: TrainingVocabulary, relation: Relation, about: str, is_other: bool
    ) -> list[_Told]:
        """The fact of a relation, if it can be told and asked so."""
        subject = Subject("person" if is_other else "user", about if is_other else "", "they")
        fact = fact_of(relation, vocabulary, subject)
        forms = [f for f in fact.statements if is_other or _is_said(f)]
        asked = [(q.text, q.opening) for q in fact.questions if is_other or of_somebody(q.text, about)]
        if not forms or not asked:
            return []
        question, opening = rng.choice(asked)
        text = rng.choice(forms).format(s=subject.name, v=fact.value)
        return [_Told(relation, about, fact.value, text[0].upper() + text[1:], question, opening)]

    def _absent(
        self, rng: random.Random, vocabulary: TrainingVocabulary, speakers: tuple[str, str], told: Sequence[_Told]
    ) -> list[_Told]:
        """Facts that nobody tells: those of the one asked of the other, and others of the same people."""
        absent: list[_Told] = []
        people = list(dict.fromkeys([*speakers, *(fact.about for fact in told)]))
        for fact in told:
            others = [
                p
                for p in people
                if p != fact.about and p != "Assistant" and (p in speakers) == (fact.about in speakers)
            ]
            for other in rng.sample(others, min(1, len(others))):
                absent += self._tell(rng, vocabulary, fact.relation, other, other not in speakers)
        for about in rng.sample(people, min(2, len(people))):
            if about != "Assistant":
                relation = rng.choice(self.of_user if about in speakers else self.of_others)
                absent += self._tell(rng, vocabulary, relation, about, about not in speakers)
        known = {(fact.about, fact.relation.value) for fact in told}
        absent = [fact for fact in absent if (fact.about, fact.relation.value) not in known]
        rng.shuffle(absent)
        return absent[:_MOST_ABSENT]

    def _turns(self, rng: random.Random, fact: _Told, speakers: tuple[str, str]) -> list[tuple[str, str]]:
        """The turns that tell a fact: a statement, or a question and its answer; often with a reaction."""
        talk = _talk()
        speaker = fact.about if fact.about in speakers else rng.choice([s for s in speakers if s != "Assistant"])
        other = speakers[speaker == speakers[0]]
        if fact.about in speakers and other != "Assistant" and rng.random() < _ASKED_FIRST:
            bare = fact.value[0].upper() + fact.value[1:] + "."
            answer = bare if rng.random() < _BARE_ANSWER else fact.text
            turns = [(other, _to_you(fact.question)), (speaker, answer)]
        else:
            around = ["{x}", rng.choice(talk["told" if fact.about in speakers else "others"].marked("-"))]
            turns = [(speaker, rng.choice(around).replace("{x}", fact.text))]
        if rng.random() < 0.5:
            turns.append((other, rng.choice(talk["assistant" if other == "Assistant" else "reactions"].marked("-"))))
        return turns

    @staticmethod
    def _questions(
        passages: Sequence[str],
        told: Sequence[_Told],
        absent: Sequence[_Told],
        speakers: tuple[str, str],
        with_assistant: bool,
    ) -> list[ChatQuestion]:
        questions = []
        for fact in (*told, *absent):
            is_told, of_asker = fact in told, with_assistant and fact.about in speakers
            is_other = fact.about not in speakers
            text = fact.question if of_asker or is_other else of_somebody(fact.question, fact.about)
            word = re.compile(rf"(?<!\w){re.escape(fact.value.rstrip('.'))}(?!\w)", re.IGNORECASE)
            lines = tuple(n for n, passage in enumerate(passages) if is_told and word.search(passage))
            if lines or not is_told:
                statement = f"{fact.opening} {fact.value}." if is_told else ""
                questions.append(ChatQuestion(text, fact.value, statement, lines, of_asker))
        return questions


@cache
def _talk() -> dict[str, Block]:
    return dict(read_lists(TEMPLATES / "chats.txt"))


def _is_said(statement: str) -> bool:
    """Whether a form is what a speaker says of themselves."""
    return bool(_BY_THE_SPEAKER.search(statement)) and not _BY_A_RECORD.search(statement)


def of_somebody(question: str, name: str) -> str:
    """A question of the first person, asked about somebody; empty where that takes more than other pronouns.

    "Where do I keep my notes?" becomes "Where does Ana keep their notes?".
    """
    named, fails = False, False

    def put(found: re.Match[str]) -> str:
        nonlocal named, fails
        if found["address"]:
            return found[0]
        fails = fails or found["subject"] is not None
        was, named = named, True
        if found["verb"]:
            return f"{_VERBS[found['verb'].lower()]} {name}"
        own = (found["own"] or "").lower() == "my"
        return ("their" if own else "them") if was else f"{name}'s" if own else name

    text = _FIRST_PERSON.sub(put, question)
    return text if named and not fails else ""


def _to_you(question: str) -> str:
    """A question of the first person, asked of the one who is spoken to; other questions stay."""
    words = re.split(r"\b", question)
    return "".join(
        _SECOND_PERSON.get(word.lower(), word) if word.lower() != "was" or "I" in words else word for word in words
    )


def _telling(rng: random.Random, teller: str, other: str, passage: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Turns of one to three sentences of a passage, with a reaction now and then."""
    turns, rest, reactions = [], list(passage), _talk()["reactions"].marked("-")
    while rest:
        taken = rng.randint(1, 3)
        turns.append([(teller, " ".join(rest[:taken]))])
        rest = rest[taken:]
        if rest and rng.random() < 0.4:
            turns[-1].append((other, rng.choice(reactions)))
    return turns


def _cut(rng: random.Random, turns: Sequence[tuple[str, str]]) -> list[str]:
    """The passages of a conversation, as a memory cuts them."""
    begins = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS), minutes=rng.randrange(600))
    dated = rng.random() < 0.7
    messages = [
        Message(n, speaker, text, begins + timedelta(minutes=n) if dated else None)
        for n, (speaker, text) in enumerate(turns)
    ]
    [conversation] = conversations(messages, whole=True)
    return [line.text for line in conversation.lines]
