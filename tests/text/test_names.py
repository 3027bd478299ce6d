from __future__ import annotations

import pytest

from parametric_memory.text.names import names_asked, names_meant, spelled_out

LINA = "Lina is a baker."


@pytest.mark.parametrize(
    ("before", "passage", "spelled"),
    [
        ([LINA], "She was born in Oslo.", ["Lina was born in Oslo."]),
        ([LINA], "Her dog is called Rex.", ["Lina's dog is called Rex."]),
        ([LINA], "The mentor who helps her is Ada.", ["The mentor who helps Lina is Ada."]),
        ([LINA], "She's 40.", ["Lina's 40."]),
        (["The plant in Moss builds Lumo 3."], "Its price is $4.", ["Moss's price is $4.", "Lumo 3's price is $4."]),
        ([LINA, "Nothing else was said."], "She is 40.", ["Lina is 40."]),
        ([LINA, "However, nobody came in May."], "She is 40.", ["Lina is 40."]),
        ([LINA, "She knows Tomas."], "She is 40.", ["Lina is 40."]),
        ([LINA, "Heron\u2019s lead is Ada."], "It is late.", ["Heron is late.", "Ada is late."]),
        (["Ann, Bob, Cas and Dan met."], "They ate.", ["Bob ate.", "Cas ate.", "Dan ate."]),
        (["In 2019 Mr. Bo\u0308e Dahl, born on 4 May 1990, left."], "He is 40.", ["Bo\u0308e Dahl is 40."]),
        ([LINA, "\u00c9lodie Dupont is a nurse."], "She is 40.", ["\u00c9lodie Dupont is 40."]),
        (["I'm Lina's brother."], "She is 40.", ["Lina is 40."]),
    ],
)
def test_a_pronoun_is_replaced_by_each_name_that_it_may_stand_for(
    before: list[str], passage: str, spelled: list[str]
) -> None:
    assert spelled_out([*before, passage], len(before)) == spelled


@pytest.mark.parametrize(
    ("before", "passage"),
    [
        ([], "She is 40."),
        ([LINA], "Heron is a project."),
        ([LINA], "The cat sat on the mat beside her."),  # too late in the sentence
        ([LINA], "Ada said she likes tea."),  # she is Ada
        ([LINA], "The new IT manager is Tomas."),
        (["nobody is named here."], "She is 40."),
        (["I'm allergic to nuts."], "It began in 2012."),
        (["THE MUSEUM IN OSLO OPENS AT TEN"], "It is old."),
        (["The Museum Of Very Old Norwegian Ships"], "It is old."),  # a heading
        ([LINA, *["It rained."] * 20], "She is 40."),  # too long ago
        (["\u8389\u5a1c\u4f4f\u5728\u5351\u5c14\u6839\u3002"], "\u5979\u56db\u5341\u5c81\u3002"),
        (["..."], "It - is."),
        ([""], ""),
    ],
)
def test_a_passage_stays_as_it_is_where_nobody_is_known_to_be_meant(before: list[str], passage: str) -> None:
    assert spelled_out([*before, passage], len(before)) == [passage]


def test_one_who_is_named_before_a_pronoun_is_whom_the_next_one_means() -> None:
    texts = ["Ada Berg leads Heron.", "Tomas lost his bike in Oslo.", "He bought a new one."]
    assert spelled_out(texts, 1) == [texts[1]]
    assert spelled_out(texts, 2) == ["Oslo bought a new one.", "Tomas bought a new one."]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Where does Lina Okafor live?", ["Lina Okafor"]),
        ("Does Lina know Tomas Berg's dog?", ["Lina", "Tomas Berg"]),
        ("Lina Okafor's home is where?", ["Lina Okafor"]),
        ("Under which name is Lumo 3 sold in the US?", ["Lumo 3", "US"]),
        ("Compare prices, please.", []),
        ("Heron", []),
        ("what is my cat called", []),
        ("WHERE DOES LINA LIVE?", []),
        ("", []),
        ("Who taught Professor Okafor?", ["Okafor"]),
    ],
)
def test_the_names_in_a_question_are_known_as_they_are_written(question: str, names: list[str]) -> None:
    assert names_asked(question) == names


def test_the_names_meant_are_known_without_spelling_them_out() -> None:
    texts = ["Lina lives in Bergen.", "She was born in Oslo.", "Heron is a project."]
    assert [names_meant(texts, number) for number in range(3)] == [[], ["Bergen", "Lina"], []]
