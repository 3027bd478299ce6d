from __future__ import annotations

import pytest

from parametric_memory.recall.english import (
    asks_about_asker,
    held_words,
    in_context,
    names_in,
    shared_words,
    told_by_asker,
    unknown_names,
    without_names,
    words_sought,
)

NAMED = ["Lina lives in Bergen.", "Heron is a project.", "A list of ships follows."]


def test_later_passages_lean_towards_the_first_and_all_are_unit_vectors() -> None:
    first, second, third = in_context([[2.0, 0.0], [0.0, 5.0], [1.0, 0.0]])
    assert first == [1.0, 0.0]
    assert second == pytest.approx([0.2873, 0.9578], abs=1e-3)
    assert third == pytest.approx([1.0, 0.0])


def test_what_stands_far_from_a_document_s_beginning_stays_where_it_is() -> None:
    *_, sixteenth, seventeenth = in_context([[1.0, 0.0], *[[0.0, 1.0]] * 16])
    assert sixteenth[0] > 0.2
    assert seventeenth == [0.0, 1.0]


def test_there_may_be_none_and_a_passage_without_direction_gets_none() -> None:
    assert in_context([]) == []
    assert in_context([[1.0, 0.0], [0.0, 0.0]])[1] == [0.0, 0.0]


def test_a_question_without_its_names_is_what_it_asks_about_them() -> None:
    asked, named = [3.0, 4.0, 0.0], [0.0, 2.0, 0.0]
    assert without_names(asked, named) == pytest.approx([0.8321, 0.5547, 0.0], abs=1e-3)  # half of the name stays
    assert without_names(asked, [0.0, 0.0, 5.0]) == pytest.approx([0.6, 0.8, 0.0])
    assert without_names(named, named) == pytest.approx([0.0, 1.0, 0.0])
    assert without_names([0.0, 0.0, 0.0], named) == [0.0, 0.0, 0.0]
    assert without_names(asked, [0.0, 0.0, 0.0]) == pytest.approx([0.6, 0.8, 0.0])


def test_words_that_a_passage_shares_with_the_question_count_by_their_rarity() -> None:
    texts = ["The budget of Heron is small.", "The budget of Kestrel is large.", "Nothing else is said."]
    heron, kestrel, nothing = shared_words("What is Heron's budget?", texts)
    assert 0.25 >= heron > kestrel > nothing == 0.0
    assert shared_words("Which projects?", ["A project is led."]) == [pytest.approx(0.25)]


def test_a_question_of_function_words_alone_tells_no_passages_apart() -> None:
    assert shared_words("What is it?", NAMED) == [0.0, 0.0, 0.0]
    assert shared_words("What is it?", []) == []


@pytest.mark.parametrize(
    ("question", "texts", "added"),
    [
        ("Which street does Lina use?", ["Lina lives in this street.", "Tomas came."], 0.025),
        ("Where is Lina?", ["Lina lives here."], 0.075),
        ("Where is Lina?", ["Nobody lives here."], -0.075),
        ("Where is Lina?", [], -0.075),
        ("Lina, Bergen", ["Lina left.", "Bergen is wet."], 0.0),  # no text holds both
        ("Who was it?", ["Nobody."], 0.0),
        ("Hello! Could you please remind me where Lina's sister is?", ["Lina is her sister."], 0.075),
        ("I don't know: who's Lina?", ["Lina is her sister."], 0.075),
        ("丽娜住在哪里", ["丽娜住在卑尔根。"], 0.0),  # words without blanks between them are not told apart
    ],
)
def test_a_document_is_more_similar_for_words_of_the_question(question: str, texts: list[str], added: float) -> None:
    assert held_words(words_sought(question), texts) == pytest.approx(added)


LINA = "Lina Okafor has lived in Bergen since 2019."


@pytest.mark.parametrize(
    ("question", "taken"),
    [
        ("Where does Lina Okafor live?", 0.0),
        ("Where does Tomas Reier live?", 0.1),
        ("Does Lina know Tomas?", 0.05),
        ("Is 2019 the year in which Lina's flat was bought?", 0.0),
        ("In which town did Okafors settle?", 0.0),  # endings are forgiven
        ("Who was it that I met?", 0.0),
        ("Where does Dr. Chen live?", 0.1),
        ("Where does Mrs. L. Okafor live?", 0.0),
    ],
)
def test_names_that_a_document_does_not_hold_make_it_less_similar(question: str, taken: float) -> None:
    assert unknown_names(names_in(question), LINA) == pytest.approx(taken)


@pytest.mark.parametrize(
    "question",
    [
        "Where is the flat?",
        "Bergen",
        "",
        "where does tomas live",
        "WHERE DOES TOMAS LIVE?",
        "Hello! Please tell me. Could it be a town? Then which?",
        "请告诉我她住在哪个城市",
        "أين تعيش؟",
    ],
)
def test_small_letters_beginnings_of_sentences_and_scripts_without_capitals_name_nobody(question: str) -> None:
    assert not names_in(question)


def test_a_long_text_asks_for_a_few_names_only() -> None:
    assert len(names_in("so " + " ".join(f"Name{number}" for number in range(100)))) <= 16


@pytest.mark.parametrize(
    ("question", "personal"),
    [
        ("Which company do I work for?", True),
        ("what's my cat called", True),
        ("Who leads our team?", True),
        ("How many cats do we have?", True),
        ("How do I bake bread?", False),  # advice, for anybody
        ("What should I wear?", False),
        ("Why does my back hurt?", False),
        ("Who is the president of the US?", False),
        ("Where does Lina live?", False),
        ("Tell me a joke.", False),
        ("Can you tell me who leads the Heron project?", False),
        ("Can you tell me who leads my project?", True),
        ("When did World War I begin?", False),
        ("Am I on the list?", True),
        ("Where are backups, i.e. snapshots, kept?", False),
        ("Where is the largest mine?", False),
        ("", False),
    ],
)
def test_a_question_about_the_asker_is_told_from_a_request_for_advice(question: str, personal: bool) -> None:
    assert asks_about_asker(question) is personal


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("My pay slips come from Durso.", 0.225),
        ("The week was mild. I live in Bergen.", 0.225),
        ("The user works for Durso.", 0.225),
        (LINA, 0.0),
        ("They moved to the US.", 0.0),
        ("The museum of World War I opened in 1931.", 0.0),
        ("Backups (i.e. snapshots) are kept.", 0.0),
        ("In Bergen I met Lina.", 0.225),
        ("", 0.0),
    ],
)
def test_what_a_teller_says_of_themselves_is_more_similar(text: str, added: float) -> None:
    assert told_by_asker(text) == added
