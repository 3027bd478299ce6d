from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest

from parametric_memory.documents.conversations import (
    MOST_LINES,
    Conversation,
    Message,
    check_turns,
    conversations,
    lines_of,
    said_in,
)
from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.records import Said

DAY = datetime(2024, 5, 7, 18, 30)


def messages(*said: tuple[str, str], at: date | None = DAY) -> list[Message]:
    return [Message(turn, speaker, text, at) for turn, (speaker, text) in enumerate(said)]


def passages(made: Conversation) -> list[str]:
    return sentences(reading(made.text, made.turns))


def lines(*said: tuple[str, str], at: date | None = DAY) -> list[str]:
    """The passages of a conversation, without its heading."""
    [made] = conversations(messages(*said, at=at))
    return passages(made)[1:]


def test_the_text_is_what_was_said() -> None:
    said = "I'm away from Friday the 16th to Monday.\n\n- she has the flu; the dog, I mean\n  twice"
    [made] = conversations(messages(("Marta", said), ("Ben", "OK... see you tomorrow")))
    assert made.text == (
        f"Conversation of Marta and Ben on 7 May 2024.\n\nMarta: {said}\n\nBen: OK... see you tomorrow"
    )
    assert lines_of(made.text, made.turns) == made.lines


def test_every_passage_names_its_speaker_and_its_dates_stand_beside_the_words() -> None:
    assert lines(("Ana", "I moved to Lisbon yesterday. My flat is tiny, but the view is worth it.")) == [
        "Ana: I moved to Lisbon yesterday (6 May 2024).",
        "Ana: My flat is tiny, but the view is worth it.",
    ]
    assert lines(("Ana", "I moved to Lisbon yesterday."), at=None) == ["Ana: I moved to Lisbon yesterday."]


def test_a_question_stands_with_its_answer() -> None:
    assert lines(("Ben", "How many cats do you have?"), ("Ana", "Seven.")) == [
        "Ben: How many cats do you have? Ana: Seven."
    ]


def test_a_long_answer_begins_beside_its_question_and_goes_on_alone() -> None:
    assert lines(
        ("Ben", "Where did you go?"), ("Ana", "We took the night train to Porto. The sleeping car was full of nuns.")
    ) == [
        "Ben: Where did you go? Ana: We took the night train to Porto.",
        "Ana: The sleeping car was full of nuns.",
    ]


def test_a_short_answer_takes_the_sentence_behind_it_along() -> None:
    [line] = lines(("Ben", "Do you dive?"), ("Ana", "Yes. In winter I only dive in the lake behind our house."))
    assert line.endswith("Ana: Yes. In winter I only dive in the lake behind our house.")


def test_a_short_remark_stands_with_what_the_same_person_said_before() -> None:
    assert lines(("Ana", "I finally passed the exam today. Hooray!"), ("Ben", "Congratulations!")) == [
        "Ana: I finally passed the exam today (7 May 2024). Hooray!",
        "Ben: Congratulations!",
    ]


def test_an_emoji_is_part_of_an_answer_and_no_passage_of_its_own() -> None:
    said = lines(("Ana", "The hut is booked."), ("Ben", "\U0001f389"), ("Ana", "Can you drive?"), ("Ben", "\U0001f44d"))
    assert said == ["Ana: The hut is booked.", "Ana: Can you drive? Ben: \U0001f44d"]


def test_a_remark_on_an_answer_stands_alone() -> None:
    said = lines(("Ana", "Who has a boat?"), ("Ben", "We have a red one in the harbour."), ("Cleo", "Great!"))
    assert said == ["Ana: Who has a boat? Ben: We have a red one in the harbour.", "Cleo: Great!"]


def test_two_questions_wait_for_one_answer() -> None:
    [line] = lines(("Ben", "How was Rome? Did you see the Forum?"), ("Ana", "Only from the bus, sadly, it rained."))
    assert line == "Ben: How was Rome? Did you see the Forum? Ana: Only from the bus, sadly, it rained."


def test_an_answer_that_is_long_stands_alone() -> None:
    assert len(lines(("Ben", "Why?"), ("Ana", "Because " + "it was cold and " * 30 + "wet."))) == 2


CODE = "```python\nfor i in range(3):\n    print(my_list[i])\n\nif (me) {\n}\n```"


def test_a_block_of_code_stays_whole_and_stands_alone() -> None:
    said = messages(("Ana", f"This is my code:\n{CODE}\nDo you like it?"), ("Ben", CODE), ("Ana", "Thanks!"))
    [made] = conversations(said)
    assert [line.text for line in made.lines[1:]] == [
        "Ana: This is my code:",
        f"Ana: {CODE}",
        "Ana: Do you like it?",
        f"Ben: {CODE}",
        "Ana: Thanks!",
    ]


@pytest.mark.parametrize("code", [CODE, CODE.replace("`", "~"), CODE.removesuffix("```"), f"{CODE}\nI see.\n{CODE}"])
def test_passages_of_a_block_know_their_turns(code: str) -> None:
    said = messages(("Ana", "How would you print that list?"), ("Ben", code), ("Ana", "I like it a lot."))
    [made] = conversations(said)
    told = [said and said.turn for said in said_in(made.text, made.turns, passages(made))]
    assert told == [None, 0, *[1] * (len(told) - 3), 2] and len(told) >= 4


def test_the_heading_says_who_talked_when_and_about_what() -> None:
    titles = [
        conversations(messages(*((name, "Good morning to everybody here.") for name in names)), title)[0].title
        for names, title in (("AB", None), ("ABCDE", None), ("A", "The move."))
    ]
    assert titles == [
        "Conversation of A and B on 7 May 2024",
        "Conversation of A, B, C, D and others on 7 May 2024",
        "Conversation of A on 7 May 2024: The move",
    ]


def test_every_passage_knows_its_turns() -> None:
    said = (
        ("Ana", "I moved. It was on a very hot Sunday."),
        ("Ben", "Who helped you?"),
        ("Ana", "Nobody, I am strong."),
    )
    [made] = conversations(messages(*said))
    told = said_in(made.text, made.turns, passages(made))
    assert told[0] is None
    assert [one and (one.turn, one.turns, one.speaker) for one in told[1:]] == [
        (0, [0], "Ana"),
        (0, [0], "Ana"),
        (2, [1, 2], "Ana"),
    ]
    assert told[1] == Said(turn=0, turns=[0], speaker="Ana", said_at=DAY)


def test_passages_of_several_sentences_and_parts_of_one_know_their_turns() -> None:
    [made] = conversations(messages(("Ana", "I moved house on a hot day. It was rather nice to do it, I found.")))
    first, second, third = passages(made)
    half = len(third) // 2
    told = said_in(made.text, made.turns, [f"{first} {second}", third[:half], third[half:]])
    assert [one and one.turn for one in told] == [None, 0, 0]


def test_of_another_text_nobody_knows_the_turns() -> None:
    [made] = conversations(messages(("Ana", "I moved.")))
    for text in ("Something else.", made.text.replace("moved", "moves house"), made.text.replace("Ana:", "Bea:")):
        assert said_in(text, made.turns, [text]) == [None] and reading(text, made.turns) == text
    for turn in ('{"turn": 1}', "[1, 2]", '[1, 0, "Ana", "soon"]'):
        with pytest.raises(ValueError, match=r"is no turn|isoformat"):
            check_turns([turn])


def test_a_long_pause_begins_another_conversation() -> None:
    hours = (0, 1, 10, 11)
    spoken = [
        Message(i, "Ana", "Hello there, my dear old friends.", DAY + timedelta(hours=hour))
        for i, hour in enumerate(hours)
    ]
    assert [len(made.turns) for made in conversations(spoken)] == [3, 3]
    assert len(conversations(spoken, whole=True)) == 1


def test_another_day_begins_another_conversation_where_only_days_are_known() -> None:
    days = [Message(i, "Ana", "Hello there.", date(2024, 5, day)) for i, day in enumerate((7, 7, 8))]
    assert len(conversations(days)) == 2


def test_who_talks_is_known_from_all_days() -> None:
    days = [
        Message(0, "Ana", "How are you?", date(2024, 5, 7)),
        Message(1, "Ben", "I feel well, thanks.", date(2024, 5, 7)),
        Message(2, "Ana", "Did you sleep?", date(2024, 5, 8)),
    ]
    assert conversations(days)[1].title == "Conversation of Ana and Ben on 8 May 2024"


def test_a_very_long_conversation_is_several() -> None:
    made = conversations(messages(*[("Ana", "This sentence is said again and again.")] * (MOST_LINES + 10)))
    assert [len(part.turns) - 1 for part in made] == [MOST_LINES, 10]
    assert made[1].messages[0].turn == MOST_LINES  # turns are counted through


def test_nothing_said_is_no_conversation() -> None:
    assert conversations([]) == []


@pytest.mark.parametrize(
    "part",
    [
        "I really ",
        "on friday, ",
        "my sister and I ",
        "Why? ",
        "Yes. ",
        "was it yesterday ",
        "AND I ",
        "so, you go and Bo I go ",
        "I love you ",
        "is mine ",
        '"I ',
        "`i` ` ",
        "``` i\n",
        "~~~~\n",
    ],
)
def test_hostile_texts_take_time_in_proportion_to_their_size(part: str) -> None:
    def seconds(size: int) -> float:
        return seconds_for(messages(("Ana", part * size), ("Ben", part * size)))

    seconds(1)
    assert seconds(2_000) < 9 * max(seconds(500), 0.01)


@pytest.mark.parametrize("pause", [timedelta(0), timedelta(days=1)], ids=["one session", "a session each"])
def test_many_speakers_take_time_in_proportion_to_their_number(pause: timedelta) -> None:
    def seconds(speakers: int) -> float:
        return seconds_for([Message(turn, f"Ana {turn}", "It rained.", DAY + turn * pause) for turn in range(speakers)])

    seconds(1)
    assert seconds(8_000) < 9 * max(seconds(2_000), 0.01)


def seconds_for(said: list[Message]) -> float:
    """What making conversations of messages takes; the shorter of two tries."""
    tries = []
    for _ in range(2):
        started = time.process_time()
        for made in conversations(said):
            reading(made.text, made.turns)
        tries.append(time.process_time() - started)
    return min(tries)
