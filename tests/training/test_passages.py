from __future__ import annotations

from parametric_memory.training.data.question_answering import Asked
from parametric_memory.training.teach import MOST_DOCUMENT, MOST_TAUGHT_FROM, readings

LINA, HERON, RAIN = "Lina Okafor lives in Bergen.", "The Heron project is led by Tomas.", "She stays, as it rained."
TEXT = " ".join([LINA, HERON, RAIN])
FAR = " ".join(f"Ship number {n} sailed to the south." for n in range(60))


def test_the_sentence_that_holds_the_answer_bears_it(base) -> None:
    [found] = readings(Asked(TEXT, "Who leads the Heron project?", ("Tomas",)), base.chat)
    assert (found.document, found.support, found.answer) == (TEXT, HERON, "Tomas")


def test_an_answer_in_other_words_is_borne_by_the_sentence_that_shares_most_of_them(base) -> None:
    [why] = readings(Asked(TEXT, "Why does she not leave?", ("because it rained",), "abstractive"), base.chat)
    assert why.support == RAIN
    [is_so] = readings(Asked(TEXT, "Is Heron led by a project?", ("No",), "yesno"), base.chat)
    assert is_so.support == HERON


def test_of_a_long_passage_the_sentences_around_stay_fewer_for_the_teacher(base) -> None:
    [found] = readings(Asked(f"{FAR} {LINA} {FAR}", "Where does Lina live?", ("Bergen",)), base.chat)
    for text, most in ((found.document, MOST_DOCUMENT), (found.taught_from, MOST_TAUGHT_FROM)):
        assert LINA in text and not text.endswith(LINA)
        assert most / 2 < len(base.chat.encode(text)) <= most
    assert not found.document.startswith(LINA)
    assert found.taught_from in found.document


def test_what_is_too_long_or_has_no_answer_is_not_read(base) -> None:
    assert not [*readings(Asked(TEXT, "Where?", ()), base.chat)]
    assert not [*readings(Asked(TEXT, "Where?", (" ",)), base.chat)]
    assert not [*readings(Asked(TEXT, "Where? " * 50, ("Bergen",)), base.chat)]
    assert not [*readings(Asked(FAR, "Which?", (FAR[:2000],)), base.chat)]
    assert not [*readings(Asked("Lina " * 400, "Who?", ("Lina",)), base.chat)]
    assert not [*readings(Asked(" \n ", "Who?", ("Lina",)), base.chat)]


def test_an_answer_leaves_the_comma_it_was_cut_at(base) -> None:
    [found] = readings(Asked(TEXT, "What does she do?", ("She stays,",)), base.chat)
    assert found.answer == "She stays"
