from __future__ import annotations

from collections.abc import Sequence

import pytest
from langchain_core.embeddings import Embeddings

from parametric_memory.index.embedding import MiniLMEmbeddings
from parametric_memory.recall.english import (
    EnglishScorer,
    EnglishWeights,
    asks_about_asker,
    held_words,
    in_context,
    shared_words,
    stems_of_names,
    told_by_asker,
    unknown_names,
    without_names,
    words_sought,
)
from parametric_memory.recall.scorer import Candidate
from parametric_memory.recall.scorers import ENGLISH_RULES, without

NAMED = ["Lina lives in Bergen.", "Heron is a project.", "A list of ships follows."]


def test_later_passages_lean_towards_the_first_and_all_are_unit_vectors() -> None:
    first, second, third = in_context([[2.0, 0.0], [0.0, 5.0], [1.0, 0.0]], 0.3)
    assert first == [1.0, 0.0]
    assert second == pytest.approx([0.2873, 0.9578], abs=1e-3)
    assert third == pytest.approx([1.0, 0.0])


def test_what_stands_far_from_a_document_s_beginning_stays_where_it_is() -> None:
    *_, sixteenth, seventeenth = in_context([[1.0, 0.0], *[[0.0, 1.0]] * 16], 0.3)
    assert sixteenth[0] > 0.2
    assert seventeenth == [0.0, 1.0]


def test_there_may_be_none_and_a_passage_without_direction_gets_none() -> None:
    assert in_context([], 0.3) == []
    assert in_context([[1.0, 0.0], [0.0, 0.0]], 0.3)[1] == [0.0, 0.0]


def test_a_question_without_its_names_is_what_it_asks_about_them() -> None:
    asked, named = [3.0, 4.0, 0.0], [0.0, 2.0, 0.0]
    assert without_names(asked, named, 0.5) == pytest.approx([0.8321, 0.5547, 0.0], abs=1e-3)  # half of the name stays
    assert without_names(asked, [0.0, 0.0, 5.0], 0.5) == pytest.approx([0.6, 0.8, 0.0])
    assert without_names(named, named, 0.5) == pytest.approx([0.0, 1.0, 0.0])
    assert without_names([0.0, 0.0, 0.0], named, 0.5) == [0.0, 0.0, 0.0]
    assert without_names(asked, [0.0, 0.0, 0.0], 0.5) == pytest.approx([0.6, 0.8, 0.0])


def test_words_that_a_passage_shares_with_the_question_count_by_their_rarity() -> None:
    texts = ["The budget of Heron is small.", "The budget of Kestrel is large.", "Nothing else is said."]
    heron, kestrel, nothing = shared_words("What is Heron's budget?", texts)
    assert 1 >= heron > kestrel > nothing == 0.0
    assert shared_words("Which projects?", ["A project is led."]) == [pytest.approx(1)]


def test_a_question_of_function_words_alone_tells_no_passages_apart() -> None:
    assert shared_words("What is it?", NAMED) == [0.0, 0.0, 0.0]
    assert shared_words("What is it?", []) == []


@pytest.mark.parametrize(
    ("question", "texts", "share"),
    [
        ("Which street does Lina use?", ["Lina lives in this street.", "Tomas came."], 2 / 3),
        ("Where is Lina?", ["Lina lives here."], 1.0),
        ("Where is Lina?", ["Nobody lives here."], 0.0),
        ("Where is Lina?", [], 0.0),
        ("Lina, Bergen", ["Lina left.", "Bergen is wet."], 0.5),  # no text holds both
        ("Hello! Could you please remind me where Lina's sister is?", ["Lina is her sister."], 1.0),
        ("I don't know: who's Lina?", ["Lina is her sister."], 1.0),
    ],
)
def test_of_a_document_s_texts_the_one_with_most_of_the_question_s_words_counts(
    question: str, texts: list[str], share: float
) -> None:
    assert held_words(words_sought(question), texts) == pytest.approx(share)


@pytest.mark.parametrize("question", ["Who was it?", "丽娜住在哪里"])  # words without blanks are not told apart
def test_a_question_may_have_no_words_to_look_for(question: str) -> None:
    assert not words_sought(question)


LINA = "Lina Okafor has lived in Bergen since 2019."


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Where does Lina Okafor live?", 0.0),
        ("Where does Tomas Reier live?", 1.0),
        ("Does Lina know Tomas?", 0.5),
        ("Is 2019 the year in which Lina's flat was bought?", 0.0),
        ("In which town did Okafors settle?", 0.0),  # endings are forgiven
        ("Who was it that I met?", 0.0),
        ("Where does Dr. Chen live?", 1.0),
        ("Where does Mrs. L. Okafor live?", 0.0),
    ],
)
def test_names_that_a_document_does_not_hold_are_told(question: str, missing: float) -> None:
    assert unknown_names(stems_of_names(question), LINA) == pytest.approx(missing)


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
    assert not stems_of_names(question)


def test_a_long_text_asks_for_a_few_names_only() -> None:
    assert len(stems_of_names("so " + " ".join(f"Name{number}" for number in range(100)))) <= 16


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
    ("text", "told"),
    [
        ("My pay slips come from Durso.", True),
        ("The week was mild. I live in Bergen.", True),
        ("The user works for Durso.", True),
        (LINA, False),
        ("They moved to the US.", False),
        ("The museum of World War I opened in 1931.", False),
        ("Backups (i.e. snapshots) are kept.", False),
        ("In Bergen I met Lina.", True),
        ("", False),
    ],
)
def test_what_a_teller_says_of_themselves_is_known_by_its_words(text: str, told: bool) -> None:
    assert told_by_asker(text) is told


class Letters(Embeddings):
    """A vector of how often each of two letters stands in a text."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[text.count("a") + 1.0, float(text.count("o"))] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


PASSAGES = ["Lina Okafor lives in Bergen.", "She plays the harp.", "The museum is closed in winter."]
NUMBERED = [(passage, number + 5) for number, passage in enumerate(PASSAGES)]


def candidate(text: str, passages: Sequence[str] = (), nearest: Sequence[int] = ()) -> Candidate:
    return Candidate("A note", "", lambda: text, lambda: passages, lambda: nearest)


def test_a_passage_is_embedded_with_each_name_that_its_pronoun_may_mean() -> None:
    parts, numbers = EnglishScorer().parts(NUMBERED)
    assert parts == [PASSAGES[0], "Lina Okafor plays the harp.", "Bergen plays the harp.", PASSAGES[2]]
    assert numbers == [5, 6, 6, 7]
    vectors, of = EnglishScorer().document_vectors(NUMBERED, Letters())
    assert of == numbers and len(vectors) == 4
    assert EnglishScorer().document_vectors([], Letters()) == ([], [])


def test_an_entry_gains_by_words_and_teller_and_loses_by_missing_names() -> None:
    query = EnglishScorer().query("Where does Lina work?", Letters())
    assert query.entry_gain(candidate("Lina Okafor lives in Bergen.")) == 0.0
    assert query.entry_gain(candidate("The museum is closed.")) == pytest.approx(-0.1)
    assert query.entry_gain(candidate("Lina can work.", ["Lina can work."])) == pytest.approx(0.075)
    assert query.entry_gain(candidate("Lina.", ["Nothing.", "I work."], [1])) == pytest.approx(0.0)
    assert EnglishScorer().query("Where do I work?", Letters()).entry_gain(candidate("Durso pays my salary.")) == 0.225


def test_passages_gain_by_the_words_of_whom_they_mean() -> None:
    gains = EnglishScorer().query("Which harp has Lina?", Letters()).passage_gains(PASSAGES, [0, 1, 2])
    assert gains[1] > gains[0] > gains[2] == 0.0
    assert gains[1] == pytest.approx(0.25)


@pytest.mark.parametrize("rule", ENGLISH_RULES)
def test_a_rule_that_is_turned_off_changes_nothing_more(rule: str) -> None:
    off = EnglishScorer(without(EnglishWeights(), [rule]))
    query = off.query("Where does Lina work? My office?", Letters())
    held = candidate("My desk.", PASSAGES, [1])
    [alone], _ = off.document_vectors(NUMBERED[2:], Letters())
    changes = {
        "pronouns": off.parts(NUMBERED)[0] == PASSAGES,
        "first_sentence": off.document_vectors(NUMBERED, Letters())[0][-1] == pytest.approx(alone),
        "query_names": query.passage_vector == query.vector,
        "shared_words": not any(query.passage_gains(PASSAGES, [0, 1, 2])),
        "unknown_names": query.entry_gain(held) > EnglishScorer().query(query.text, Letters()).entry_gain(held),
        "asker": query.entry_gain(held) < EnglishScorer().query(query.text, Letters()).entry_gain(held) - 0.2,
        "held_words": query.entry_gain(held) == pytest.approx(0.225 - 0.1),
    }
    assert changes[rule]
    everything = EnglishScorer(without(EnglishWeights(), ENGLISH_RULES)).query(query.text, Letters())
    assert everything.entry_gain(held) == 0.0


def test_the_weights_are_those_of_the_embedder_that_comes_with_the_package() -> None:
    assert EnglishWeights().embedder == MiniLMEmbeddings().fingerprint
