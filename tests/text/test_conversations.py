from __future__ import annotations

import json
import time
from datetime import date, datetime, timedelta

import pytest

from parametric_memory.records import Said
from parametric_memory.text.conversations import MOST_LINES, Message, conversations, said_in
from parametric_memory.text.sentences import sentences

DAY = datetime(2024, 5, 7, 18, 30)


def messages(*said: tuple[str, str], at: date | None = DAY) -> list[Message]:
    return [Message(turn, speaker, text, at) for turn, (speaker, text) in enumerate(said)]


def lines(*said: tuple[str, str], at: date | None = DAY) -> list[str]:
    """The sentences of a conversation, without its heading."""
    [made] = conversations(messages(*said, at=at))
    return sentences(made.text)[1:]


def test_every_sentence_names_its_speaker_and_its_dates() -> None:
    assert lines(("Ana", "I moved to Lisbon yesterday. My flat is tiny, but the view is worth it.")) == [
        "Ana said: Ana moved to Lisbon on 6 May 2024.",
        "Ana said: Ana's flat is tiny, but the view is worth it.",
    ]


def test_without_a_time_dates_stay_as_they_were_said() -> None:
    [made] = conversations(messages(("Ana", "I moved to Lisbon yesterday."), at=None))
    assert made.text == "Conversation of Ana.\n\nAna said: Ana moved to Lisbon yesterday."


def test_a_question_stands_with_its_answer() -> None:
    assert lines(("Ben", "How many cats do you have?"), ("Ana", "Seven.")) == [
        'Ben asked: "How many cats does Ana have?", and Ana answered: "Seven."'
    ]


def test_a_long_answer_begins_beside_its_question_and_goes_on_alone() -> None:
    assert lines(
        ("Ben", "Where did you go?"), ("Ana", "We took the night train to Porto. The sleeping car was full of nuns.")
    ) == [
        'Ben asked: "Where did Ana go?", and Ana answered: "We took the night train to Porto."',
        "Ana said: The sleeping car was full of nuns.",
    ]


def test_a_short_answer_takes_the_sentence_behind_it_along() -> None:
    [line] = lines(("Ben", "Do you dive?"), ("Ana", "Yes. In winter I only dive in the lake behind our house."))
    assert line.endswith('Ana answered: "Yes; In winter Ana only dives in the lake behind Ana\'s house."')


def test_a_short_remark_stands_with_what_it_is_a_remark_on() -> None:
    assert lines(("Ana", "I finally passed the exam today."), ("Ben", "Congratulations!")) == [
        'Ana said: "Ana finally passed the exam on 7 May 2024.", and Ben said: "Congratulations!"'
    ]


def test_two_questions_wait_for_one_answer() -> None:
    [line] = lines(("Ben", "How was Rome? Did you see the Forum?"), ("Ana", "Only from the bus, sadly, it rained."))
    assert line == (
        'Ben asked: "How was Rome?; Did Ana see the Forum?", and Ana answered: "Only from the bus, sadly, it rained."'
    )


def test_an_answer_that_is_long_stands_alone() -> None:
    assert len(lines(("Ben", "Why?"), ("Ana", "Because " + "it was cold and " * 30 + "wet."))) == 2


def test_whole_names_introduce_and_first_names_go_on() -> None:
    assert lines(("Ana Duarte", "I lost my keys, so I called you."), ("Ben Roth", "When was that exactly, love?"))[
        0
    ] == ("Ana Duarte said: Ana lost Ana's keys, so Ana called Ben.")
    said = lines(("Ana Duarte", "I lost my keys in the park."), ("Ana Roth", "I found them under the bench."))
    assert said[0] == "Ana Duarte said: Ana Duarte lost Ana Duarte's keys in the park."


def test_among_three_you_are_not_resolved() -> None:
    said = lines(
        ("Ana", "I think that you took my car."), ("Ben", "I did not even see it today."), ("Cem", "Where is it then?")
    )
    assert said[0] == "Ana said: Ana thinks that you took Ana's car."


def test_lists_and_lines_without_an_end_are_sentences_of_their_own() -> None:
    said = lines(
        ("Bot", "These are the steps you need to take:\n- open the valve on the left side\n- wait ten minutes")
    )
    assert said == [
        "Bot said: These are the steps you need to take:.",
        "Bot said: open the valve on the left side.",
        "Bot said: wait ten minutes.",
    ] or all(line.startswith("Bot said: ") and line.endswith(".") for line in said)


CODE = "```python\nfor i in range(3):\n    print(my_list[i])\n\nif (me) {\n}\n```"


def test_a_block_of_code_stays_whole_and_stands_alone() -> None:
    said = messages(("Ana", f"This is my code:\n{CODE}\nDo you like it?"), ("Ben", CODE), ("Ana", "Thanks!"))
    [made] = conversations(said)
    assert [line.text for paragraph in made.paragraphs[1:] for line in paragraph] == [
        "Ana said: This is Ana's code:.",
        f"Ana said: {CODE}",
        "Ana asked: Does Ben like it?",
        f"Ben said: {CODE}",
        "Ana said: Thanks!",
    ]


@pytest.mark.parametrize(
    "code", [CODE, CODE.replace("`", "~"), CODE.removesuffix("```"), f"{CODE}\nI see my error.\n{CODE}"]
)
def test_passages_of_a_block_know_their_turns(code: str) -> None:
    [made] = conversations(
        messages(("Ana", "How would you print that list?"), ("Ben", code), ("Ana", "I like it a lot."))
    )
    told = [passage for passage in sentences(made.text) if any(map(str.isalnum, passage))]  # as fences are not read
    turns = [said and said.turn for said in said_in(made.turns, told)]
    assert turns == [None, 0, *[1] * (len(told) - 3), 2] and len(told) > 4
    assert said_in(made.turns, sentences(made.text))[-1] == said_in(made.turns, told)[-1]


def test_code_in_a_line_stays() -> None:
    [made] = conversations(messages(("Ana", "I run `my_list[i]. You know` and ``me ` today`` with my dog today.")))
    assert made.text.endswith("Ana runs `my_list[i]. You know` and ``me ` today`` with Ana's dog on 7 May 2024.")


def test_a_quotation_of_several_sentences_stays() -> None:
    assert lines(
        ("Ana", 'She wrote: "I love you with all my heart. I come tomorrow to see you." I read it today.')
    ) == [
        'Ana said: She wrote: "I love you with all my heart.',
        'Ana said: I come tomorrow to see you."',
        "Ana said: Ana read it on 7 May 2024.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin im Haus.",
        "Was will er in Hamburg?",
        "Wir haben das Meeting on Friday, ich bin im Garten.",
        "Jag bor i Oslo.",
        "I dag er jeg syk.",
        "Me gusta el t\u00e9.",
        "Nos vemos ma\u00f1ana, me voy a casa.",
        "I ragazzi sono qui.",
        "Mais je suis in Paris today.",
        "My idziemy.",
        "My idziemy do domu.",
        "\u042f \u043b\u044e\u0431\u043b\u044e I Robot.",
    ],
)
def test_other_languages_are_kept_as_they_were_said(text: str) -> None:
    [line] = lines(("Ana", text))
    assert line in (f"Ana said: {text}", f"Ana asked: {text}")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I agree.", "Ana agrees."),
        ("Me too.", "Me too."),
        ("I love pizza.", "Ana loves pizza."),
        ("My name is Ana.", "Ana's name is Ana."),
        ("I visited grandma in Gda\u0144sk.", "Ana visited grandma in Gda\u0144sk."),
        ("i dont know", "Ana doesnt know."),
        ("Yesterday.", "On 6 May 2024."),
        ("See Rome tomorrow.", "See Rome on 8 May 2024."),
        ("I said hola to la abuela.", "Ana said hola to la abuela."),
    ],
)
def test_a_few_words_of_english_are_told(said: str, told: str) -> None:
    assert lines(("Ana", said)) == [f"Ana said: {told}"]


def test_a_message_of_which_nobody_knows_the_language_is_in_that_of_the_others() -> None:
    assert lines(("Ben", "Who is she?"), ("Ana", "My sister."))[0].endswith('"Ana\'s sister."')
    assert lines(("Ben", "Kto to jest?"), ("Ana", "My idziemy."))[0].endswith('"My idziemy."')
    assert lines(("Ben", "Wer ist das und was ist das?"), ("Ana", "I agree."))[0].endswith('"I agree."')


def test_every_message_has_its_own_language() -> None:
    said = lines(
        ("Ana", "I told you that my dog is in the garden."), ("Ben", "Ich bin noch im Haus, und ich habe Hunger.")
    )
    assert said == [
        "Ana said: Ana told Ben that Ana's dog is in the garden.",
        "Ben said: Ich bin noch im Haus, und ich habe Hunger.",
    ]


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
    told = said_in(made.turns, sentences(made.text))
    assert told[0] is None
    assert [one and (one.turn, one.turns, one.speaker) for one in told[1:]] == [
        (0, [0], "Ana"),
        (0, [0], "Ana"),
        (2, [1, 2], "Ana"),
    ]
    assert told[1] == Said(turn=0, turns=[0], speaker="Ana", said_at=DAY)


def test_passages_of_several_sentences_and_parts_of_one_know_their_turns() -> None:
    [made] = conversations(messages(("Ana", "I moved house on a hot day. It was rather nice to do it, I found.")))
    first, second, third = sentences(made.text)
    half = len(third) // 2
    told = said_in(made.turns, [f"{first} {second}", third[:half], third[half:]])
    assert [one and one.turn for one in told] == [None, 0, 0]


def test_of_another_text_nobody_knows_the_turns() -> None:
    [made] = conversations(messages(("Ana", "I moved.")))
    assert said_in(made.turns, ["Something else."]) == [None]
    with pytest.raises(ValueError, match="is no turn"):
        said_in([json.dumps({"turn": 1})], ["x"])


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
    assert "Did Ben sleep?" in conversations(days)[1].text


def test_a_very_long_conversation_is_several() -> None:
    made = conversations(messages(*[("Ana", "This sentence is said again and again.")] * (MOST_LINES + 10)))
    assert [len(part.turns) - 1 for part in made] == [MOST_LINES, 10]
    assert json.loads(made[1].turns[1])[1] == MOST_LINES  # turns are counted through


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
        conversations(said)
        tries.append(time.process_time() - started)
    return min(tries)
