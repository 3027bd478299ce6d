"""Whatever HTML and Markdown are made of, text comes of it, in a time that their size bounds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parametric_memory.documents.formats import read_html, read_markdown
from parametric_memory.errors import DocumentError

_NAMES = st.sampled_from("p br div table tr td ul li pre code script style title a b h1 template svg math".split())
_PIECE = st.one_of(
    st.text(max_size=12),
    _NAMES.map("<{}>".format),
    _NAMES.map("</{}>".format),
    st.builds("<{} {}='{}'>".format, _NAMES, st.text(max_size=6), st.text(max_size=6)),
    st.sampled_from(["<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#x0;", "&#xD800;", "<", ">", "<!doctype html>"]),
    st.sampled_from(["# ", "- ", "> ", "|", "|-|-|\n", "```\n", "\n\n", "[a](b)", "![", "](", "***", "    "]),
)
_TEXTS = st.tuples(st.lists(_PIECE, max_size=30).map("".join), st.sampled_from([1, 50])).map(lambda t: t[0] * t[1])


def told(read: Callable[[str], tuple[str, str | None]], text: str) -> list[str]:
    """The text and the title, or why there is none."""
    try:
        return [part for part in read(text) if part is not None]
    except DocumentError as error:
        return [str(error).replace("\n", "a second line")]


@pytest.mark.parametrize("read", [read_html, read_markdown])
@settings(max_examples=60, deadline=timedelta(seconds=10))
@given(_TEXTS)
def test_any_document_gives_a_text_or_a_clear_refusal(read: Callable[[str], tuple[str, str | None]], text: str) -> None:
    found = told(read, text)
    assert found and all(isinstance(part, str) for part in found) and "a second line" not in found[0]
