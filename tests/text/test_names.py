from __future__ import annotations

import pytest

from parametric_memory.text.names import names_asked


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
