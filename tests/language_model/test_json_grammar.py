from __future__ import annotations

import json
import threading
import time
from typing import Any

import jsonschema
import pytest

from parametric_memory.errors import Abandoned, SettingsError
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.json_grammar import grammar_of
from parametric_memory.language_model.requests import Completion, Request
from parametric_memory.language_model.shared_passes import SharedPasses
from parametric_memory.language_model.tool_calls import OPENING, split_calls
from tests.language_model.streams import streamed
from tests.language_model.test_base_model import adapter

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "age": {"type": "integer"},
        "height": {"type": "number"},
        "married": {"type": "boolean"},
        "mood": {"enum": ["calm", "cal", "merry and bright"]},
        "nickname": {"type": ["string", "null"]},
    },
    "required": ["name", "married", "mood"],
    "additionalProperties": False,
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "object": PERSON,
    "nested": {
        "type": "object",
        "properties": {
            "team": {"type": "array", "items": {"$ref": "#/$defs/person"}, "minItems": 1, "maxItems": 2},
            "lead": {"allOf": [{"$ref": "#/$defs/person"}]},
            "place": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"city": {"type": "string"}}}]},
        },
        "required": ["team", "lead", "place"],
        "$defs": {"person": PERSON},
    },
    "no arguments": {"type": "object", "properties": {}},
    "constant": {"type": "object", "properties": {"kind": {"const": "note"}}, "required": ["kind"]},
    "free keys": {"type": "object", "additionalProperties": {"type": "integer"}},
    "numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3},
    "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "boolean"}], "items": False},
    "mixed": {"type": "array", "items": {"oneOf": [{"type": "number"}, {"enum": ["a", "b"]}, {"type": "null"}]}},
    "string": {"type": "string"},
    "tree": {
        "type": "object",
        "properties": {"ripe": {"type": "boolean"}, "below": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["ripe"],
    },
    "lists of lists": {"type": "array", "items": {"$ref": "#"}},
    "many at most": {"type": "array", "items": {"type": "boolean"}, "maxItems": 10**9},
    "anything": {"type": "object", "properties": {"a/b": True, "c": {"$ref": "#/properties/a~1b"}}, "required": ["c"]},
}
A_CIRCLE = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
MANY_ONES = {"type": "array", "minItems": 900, "items": {"const": 1}}
WITHOUT_END = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
NOTHING_BUT_ITSELF = {"anyOf": [{"$ref": "#"}, {"oneOf": [{"$ref": "#"}]}]}


def answered(base: BaseModel, schema: dict[str, Any], **settings: Any) -> Completion:
    prompt = base.chat.question("Who leads the Heron project?")
    request = Request(prompt, **{"max_new_tokens": 64, **settings}, grammar=grammar_of(schema))
    return base.generate([request])[0]


def written(base: BaseModel, schema: dict[str, Any], **settings: Any) -> Any:
    return json.loads(answered(base, schema, **settings).text)


@pytest.mark.parametrize("limit", [1, 16, 128])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_what_is_written_fits_the_schema_whatever_the_model(base, schema: dict[str, Any], limit: int) -> None:
    jsonschema.validate(written(base, schema, max_new_tokens=limit), schema)


@pytest.mark.parametrize("seed", range(3))
def test_with_a_temperature_it_varies_and_still_fits(base, seed: int) -> None:
    values = []
    for _ in range(3):
        values.append(json.dumps(written(base, PERSON, temperature=2.0, adapter=adapter(seed))))
        jsonschema.validate(json.loads(values[-1]), PERSON)
    assert len(set(values)) > 1


def test_without_one_it_is_the_same_every_time_and_depends_on_the_adapter(base) -> None:
    assert written(base, PERSON) == written(base, PERSON)
    assert written(base, SCHEMAS["string"]) != written(base, SCHEMAS["string"], adapter=adapter(1))


def test_the_model_chooses_what_it_finds_likeliest(base) -> None:
    import torch

    prompt = base.chat.question("Who?")
    with torch.no_grad():
        scores = base.model(input_ids=torch.tensor([prompt])).logits[0, -1]
    digits = sorted(range(1, 10), key=lambda digit: float(scores[base.chat.encode(str(digit))[0]]))
    request = Request(prompt, grammar=grammar_of({"enum": digits}))
    assert json.loads(base.generate([request])[0].text) == digits[-1]


def test_a_string_is_not_empty_unless_the_schema_says_so(base) -> None:
    assert written(base, {"type": "string"}, max_new_tokens=1)
    assert written(base, {"type": "string", "maxLength": 0}) == ""


def test_bounds_and_patterns_are_kept(base) -> None:
    schema = {"type": "array", "items": {"type": "integer", "minimum": 3, "maximum": 8}, "minItems": 2, "maxItems": 4}
    jsonschema.validate(written(base, schema), schema)
    assert written(base, {"type": "string", "pattern": "^(Lina|Tomas)$"}) in ("Lina", "Tomas")


def test_a_set_is_written_as_a_list(base) -> None:
    assert isinstance(written(base, {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}), list)


def test_what_may_hold_itself_ends_where_it_may(base: BaseModel) -> None:
    nested = {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "minItems": 1}
    jsonschema.validate(written(base, nested, max_new_tokens=4), nested)


TOOLS = {
    "weather": {
        "properties": {"city": {"type": "string", "maxLength": 12}, "days": {"enum": [1, 2]}},
        "required": ["days"],
    },
    'say "hi"': {"type": "object", "properties": {}},
}


@pytest.mark.parametrize("names", [["weather"], ['say "hi"'], list(TOOLS)])
def test_a_forced_call_is_one_of_the_tools_with_arguments_that_fit(base: BaseModel, names: list[str]) -> None:
    tools = {name: TOOLS[name] for name in names}
    [completion] = base.generate([Request(base.chat.question("Rain?"), grammar=grammar_of(None, tools))])
    text, [call] = split_calls(completion.text, tools)
    assert not text and call["name"] in names
    jsonschema.validate(call["args"], TOOLS[call["name"]])


def test_beside_tools_the_model_chooses_between_a_call_and_json(base: BaseModel) -> None:
    prompt = base.chat.question("Rain?")
    for begun in ("", "{"):
        request = Request([*prompt, *base.chat.encode(begun)], grammar=grammar_of(PERSON, TOOLS), temperature=3.0)
        text = base.generate([request])[0].text
        assert split_calls(text, TOOLS)[1] if text.startswith(OPENING) else json.loads(text)["name"]


def test_grammars_prose_and_adapters_share_a_batch(base: BaseModel) -> None:
    prompts = [base.chat.question(question) for question in ("Who?", "Where does she live?", "Why so?")]
    requests = [
        Request(prompts[0], adapter(1), grammar=grammar_of(PERSON)),
        Request(prompts[1], None),
        Request(prompts[2], adapter(2), grammar=grammar_of(SCHEMAS["pair"])),
    ]
    alone = [base.generate([request])[0].token_ids for request in requests]
    assert [completion.token_ids for completion in base.generate(requests)] == alone


def test_json_comes_in_pieces(base: BaseModel) -> None:
    request = Request(base.chat.question("Who?"), grammar=grammar_of(PERSON))
    assert streamed(base, request) == base.generate([request])[0].text


def test_what_nobody_wants_is_not_written_on(base: BaseModel) -> None:
    gone, passes = threading.Event(), SharedPasses(base)
    without_end = {"type": "array", "items": {"type": "integer"}, "minItems": 1000}
    request = Request(base.chat.question("Long?"), None, 100_000, grammar=grammar_of(without_end))
    threading.Timer(0.3, gone.set).start()
    with pytest.raises(Abandoned):
        list(passes.pieces(request, gone))


def test_huge_schemas_are_answered_or_refused_soon(base: BaseModel) -> None:
    many = {"type": "object", "properties": {f"p{i}": {"type": "integer"} for i in range(20_000)}}
    for schema in (many, {"enum": [f"value {i}" for i in range(200_000)]}):
        started = time.process_time()
        with pytest.raises(SettingsError, match=r"cannot be followed: .*(too large|too big)"):
            written(base, schema)
        assert time.process_time() - started < 20


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (A_CIRCLE, "cannot be followed"),
        (NOTHING_BUT_ITSELF, "cannot be followed"),
        (WITHOUT_END, "far more than the 8 tokens|Too many items"),
        ({"$ref": "#/$defs/person"}, "'/\\$defs/person' does not exist"),
        ({"$ref": "https://example.org/person"}, "not present"),
        ({"type": "array", "minItems": 10**9}, "minItems is 1000000000: it may be 1024 at most"),
        ({"type": "array", "minItems": 30, "items": MANY_ONES}, "far more than the 8 tokens"),
        ({"type": "array", "minItems": "3"}, "'minItems', got \"3\""),
        ({"type": "object", "properties": {"a": 5}, "required": ["a"]}, "must be an object"),
        ({"type": "object", "required": 5}, "Expected array for 'required'"),
        ({"anyOf": "string"}, "anyOf"),
        ({"enum": 5}, "enum must be an array"),
        ({"type": 5}, "type must be a string"),
        ({"type": "string", "maxLength": "9"}, "maxLength"),
        ({"not": {"type": "string"}}, 'Unimplemented keys: \\["not"\\]'),
    ],
)
def test_a_schema_that_cannot_be_followed_is_refused_in_one_line(
    base: BaseModel, schema: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        written(base, schema, max_new_tokens=8)
    assert "\n" not in str(refused.value)


def test_stops_do_not_cut_what_fits_a_grammar(base: BaseModel) -> None:
    grammar = grammar_of(SCHEMAS["constant"])
    for stop in ('"', ": ", "note"):
        request = Request(base.chat.question("Who?"), grammar=grammar, stop=(stop,))
        [answer] = base.generate([request])
        assert json.loads(answer.text) == {"kind": "note"} and streamed(base, request) == answer.text
