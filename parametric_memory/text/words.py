"""The words that texts are compared by, without their endings.

Knows nothing about what is compared.
"""

from __future__ import annotations

import re

from parametric_memory.text.names import FUNCTION_WORDS

_STEM = 5  # letters that words are compared by, which forgives their endings


def stems(text: str) -> set[str]:
    """The words that a text is compared by, as far as their endings do not matter."""
    return {word[:_STEM] for word in re.findall(r"\w+", text.lower()) if word not in FUNCTION_WORDS}
