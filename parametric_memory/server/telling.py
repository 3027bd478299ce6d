"""Extracts statements from chat turns, to be added to the memory.

Knows nothing about models, requests and the memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parametric_memory.documents.sentences import sentences

_LEAST_WORDS = 3
_ASKS_OR_ORDERS = re.compile(
    r"(?:please|who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|would|will|should|"
    r"shall|may|might|have|has|tell|show|give|write|list|explain|summari[sz]e|translate|find|make|create|help|remind|"
    r"say|answer|describe|compare|suggest|recommend|let|thanks|thank)\b",
    re.IGNORECASE,
)


def _tells(sentence: str, least_words: int) -> bool:
    """Whether a sentence is a statement: no question, command or greeting. It goes by the form of English sentences; in
    other languages, everything but questions counts."""
    if _asks(sentence) or _ASKS_OR_ORDERS.match(sentence):
        return False
    return len(re.findall(r"\w+", sentence)) >= least_words


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"')\u201d\u2019 ").endswith(("?", "\uff1f", "\u061f"))


def last_told(turns: Sequence[dict[str, object]], *, only_statements: bool) -> str:
    """The user's last turn, or only its statements. An answer to a question may be a single word."""
    told = next((str(turn["content"]) for turn in reversed(turns) if turn["role"] == "user"), "")
    if not only_statements:
        return told.strip()
    least = 1 if last_asked(turns) else _LEAST_WORDS
    return "\n".join(sentence for sentence in sentences(told) if _tells(sentence.strip(), least))


def last_asked(turns: Sequence[dict[str, object]]) -> str:
    """The question at the end of the assistant's turn before the user's last one; empty if there is none."""
    last = next((i for i in reversed(range(len(turns))) if turns[i]["role"] == "user"), 0)
    before = turns[last - 1] if last else {"role": ""}
    said = sentences(str(before["content"])) if before["role"] == "assistant" else []
    return said[-1].strip() if said and _asks(said[-1]) else ""
