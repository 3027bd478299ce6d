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


def last_statements(turns: Sequence[dict[str, object]], *, only_statements: bool) -> tuple[str, str]:
    """The user's last turn, or only its statements; and the assistant's question that it answers, or an empty text."""
    last = next((i for i in reversed(range(len(turns))) if turns[i]["role"] == "user"), None)
    if last is None:
        return "", ""
    text, before = str(turns[last]["content"]), turns[last - 1 : last] if last else []
    said = sentences(str(before[0]["content"])) if before and before[0]["role"] == "assistant" else []
    question = said[-1].strip() if said and _asks(said[-1]) else ""
    if only_statements:
        least = 1 if question else _LEAST_WORDS  # an answer to a question may be a single word
        text = "\n".join(sentence for sentence in sentences(text) if _is_statement(sentence.strip(), least))
    return text.strip(), question


def _is_statement(sentence: str, least_words: int) -> bool:
    """Whether a sentence is no question, command or greeting, by the form of English sentences. In other languages, all
    but questions are statements."""
    is_statement = not _asks(sentence) and not _ASKS_OR_ORDERS.match(sentence)
    return is_statement and len(re.findall(r"\w+", sentence)) >= least_words


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"')\u201d\u2019 ").endswith(("?", "\uff1f", "\u061f"))
