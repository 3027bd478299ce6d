from __future__ import annotations

import pytest

from parametric_memory.language_model.tool_calls import ProseStream, ToolCall, as_text, split_calls

TOOLS = {"ask_memory", "remember"}
ASKED = ("ask_memory", {"question": "Who?"})
KEPT = ("remember", {"text": "Zoë has a {cat}."})
ANSWERS = {
    "Bergen.": ("Bergen.", []),
    '<tool_call>{"name": "ask_memory", "arguments": {"question": "Who?"}}</tool_call>': ("", [ASKED]),
    'Let me see. \n<tool_call>\n{"name": "ask_memory", "arguments": {"question": "Who?"}}\n</tool_call>': (
        "Let me see.",
        [ASKED],
    ),
    '[TOOL_CALLS][{"name": "ask_memory", "arguments": {"question": "Who?"}}, '
    '{"name": "remember", "arguments": {"text": "Zoë has a {cat}."}}]': ("", [ASKED, KEPT]),
    '<|python_tag|>{"name": "ask_memory", "parameters": {"question": "Who?"}}': ("", [ASKED]),
    '{"name": "remember", "parameters": {"text": "Zoë has a {cat}."}}': ("", [KEPT]),
    '{"name": "ask_memory", "arguments": "{\\"question\\": \\"Who?\\"}"}': ("", [ASKED]),
    '{"name": "of_no_tool", "arguments": {}}': ('{"name": "of_no_tool", "arguments": {}}', []),
    '<tool_call>{"name": "ask_memory", "argum': ('<tool_call>{"name": "ask_memory", "argum', []),
    "In code, {x} is a set and a < b a comparison [1].": ("In code, {x} is a set and a < b a comparison [1].", []),
    '{"name": {"first": "Lina"}}': ('{"name": {"first": "Lina"}}', []),
    '{"name": ["ask_memory"]}': ('{"name": ["ask_memory"]}', []),
    "[" * 1500: ("[" * 1500, []),
    "A call begins with <tool": ("A call begins with <tool", []),
}


def named(calls) -> list[tuple[str, dict]]:
    return [(call["name"], call["args"]) for call in calls]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.items())
def test_calls_are_found_in_the_forms_that_models_write(answer: str, expected) -> None:
    text, calls = split_calls(answer, TOOLS)
    assert (text, named(calls)) == expected
    assert len({call["id"] for call in calls}) == len(calls)


@pytest.mark.parametrize("answer", ANSWERS)
def test_without_tools_everything_is_prose(answer: str) -> None:
    assert split_calls(answer, ()) == (answer, [])


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("tools", [TOOLS, set()])
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_stream_in_pieces_of_any_size_is_the_whole_answer_without_space_around_it(
    answer: str, tools: set[str], size: int
) -> None:
    padded = f" \n{answer}  \n"
    stream = ProseStream(tools)
    pieces = [stream.feed(padded[i : i + size]) for i in range(0, len(padded), size)]
    rest, calls = stream.rest()
    text, expected = split_calls(padded.strip(), tools)
    assert ("".join(pieces) + rest, named(calls)) == (text, named(expected))


def test_prose_is_let_through_as_it_comes() -> None:
    stream = ProseStream(TOOLS)
    assert [stream.feed(piece) for piece in ("Let", " me ", "see", " <to", "ol", "s> and")] == [
        "Let",
        " me",
        " see",
        "",
        "",
        " <tools> and",
    ]


def test_a_call_that_is_written_can_be_read_again() -> None:
    call = ToolCall(name="remember", args={"text": 'Zoë says "<b>".'}, id=None)
    text, [read] = split_calls(as_text(call), TOOLS)
    assert (text, read["name"], read["args"]) == ("", call["name"], call["args"])
