"""Chat turns that tell something, as what is to be remembered.

Knows nothing about models, requests and the memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parametric_memory.text.sentences import sentences

_LEAST_WORDS = 3
_ASKS_OR_ORDERS = re.compile(
    r"(?:please|who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|would|will|should|"
    r"shall|may|might|have|has|tell|show|give|write|list|explain|summari[sz]e|translate|find|make|create|help|remind|"
    r"say|answer|describe|compare|suggest|recommend|let|thanks|thank)\b",
    re.IGNORECASE,
)


def statements(text: str) -> str:
    """The sentences of a turn, as far as they tell something: no questions, orders and greetings. Empty: none do.

    Read by their form alone, in English; of other languages all but questions.
    """
    return "\n".join(sentence for sentence in sentences(text) if _tells(sentence.strip()))


def _tells(sentence: str) -> bool:
    if sentence.rstrip("\"')\u201d\u2019 ").endswith(("?", "\uff1f", "\u061f")) or _ASKS_OR_ORDERS.match(sentence):
        return False
    return len(re.findall(r"\w+", sentence)) >= _LEAST_WORDS


def last_told(turns: Sequence[dict[str, object]], *, only_statements: bool) -> str:
    """What the user's last turn tells; all of it, or its statements."""
    told = next((str(turn["content"]) for turn in reversed(turns) if turn["role"] == "user"), "")
    return statements(told) if only_statements else told.strip()
