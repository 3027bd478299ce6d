from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import pytest

from parametric_memory.errors import Abandoned, SettingsError
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.guided_json import JsonWriter
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.language_model.requests import Request
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


def written(base: BaseModel, schema: dict[str, Any], **settings: Any) -> tuple[Any, int]:
    """A value for the schema, and how many tokens it took."""
    prompt = base.chat.question("Who leads the Heron project?")
    request = Request(prompt, **{"max_new_tokens": 64, **settings})
    writer = JsonWriter(base, request)
    return writer.value(schema), writer.tokens


@pytest.mark.parametrize("limit", [1, 16, 128])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_what_is_written_fits_the_schema_whatever_the_model(base, schema: dict[str, Any], limit: int) -> None:
    value, _ = written(base, schema, max_new_tokens=limit)
    jsonschema.validate(value, schema)


@pytest.mark.parametrize("seed", range(3))
def test_with_a_temperature_it_varies_and_still_fits(base, seed: int) -> None:
    values = []
    for _ in range(3):
        value, _ = written(base, PERSON, temperature=2.0, adapter=adapter(seed))
        jsonschema.validate(value, PERSON)
        values.append(json.dumps(value))
    assert len(set(values)) > 1


def test_without_one_it_is_the_same_every_time_and_depends_on_the_adapter(base) -> None:
    assert written(base, PERSON) == written(base, PERSON)
    assert written(base, SCHEMAS["string"]) != written(base, SCHEMAS["string"], adapter=adapter(1))


def test_the_model_chooses_what_it_finds_likeliest(base) -> None:
    """Of two answers, the one with the likelier first token is taken, though the other stands first."""
    import torch

    prompt = base.chat.question("Who?")
    with torch.no_grad():
        scores = base.model(input_ids=torch.tensor([prompt])).logits[0, -1]
    words = {word: float(scores[base.chat.encode(word)[0]]) for word in ("Lina", "Tomas", "budget", "cello")}
    by_score = sorted(words, key=words.__getitem__)
    assert by_score[JsonWriter(base, Request(prompt)).choice(by_score)] == by_score[-1]


def test_tokens_are_counted_once_each(base) -> None:
    prompt = base.chat.question("Who?")
    writer = JsonWriter(base, Request(prompt))
    writer.literal('{"name": ')
    assert writer.tokens == len(base.chat.encode('{"name": '))
    writer.value({"type": "string", "maxLength": 3})
    before = writer.tokens
    writer.literal("}")
    assert writer.tokens >= before > 0


def test_strings_leave_room_for_each_other(base) -> None:
    schema = {"type": "object", "properties": {n: {"type": "string"} for n in "abc"}, "required": list("abc")}
    value, tokens = written(base, schema, max_new_tokens=64)
    assert all(value.values())
    assert tokens < 64 + 40  # the names and marks, which the schema asks for, come on top


def test_what_nobody_wants_is_not_written_on(base: BaseModel) -> None:
    gone = threading.Event()
    request = Request(base.chat.question("Long?"), None, 2000)
    writer = JsonWriter(base, request, gone)
    assert isinstance(writer.value({"type": "integer"}), int)
    gone.set()
    with pytest.raises(Abandoned):
        writer.value({"type": "string"})


def test_several_write_in_turn_each_under_its_own_adapter(base: BaseModel) -> None:
    """And what is attached around a writer is not attached to what it writes."""
    alone = [written(base, SCHEMAS["string"], adapter=adapter(seed)) for seed in (1, 2)]
    prompt = base.chat.question("Who leads the Heron project?")
    writers = [JsonWriter(base, Request(prompt, adapter(seed), max_new_tokens=64)) for seed in (1, 2)]
    with adapter_hooks(base.model, [adapter(3)]), ThreadPoolExecutor(2) as threads:
        values = list(threads.map(lambda writer: writer.value(SCHEMAS["string"]), writers))
    assert values == [value for value, _ in alone]
    assert base.busy.acquire(timeout=1)
    base.busy.release()


def test_a_writer_leaves_the_model_to_others_between_tokens(base: BaseModel) -> None:
    def taken() -> bool:
        if not base.busy.acquire(timeout=5):
            return False
        base.busy.release()
        return True

    writer = JsonWriter(base, Request(base.chat.question("Who?"), max_new_tokens=64))
    writer.literal("{")
    writer.choice(["a", "b"])
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(taken).result()


def test_what_may_hold_itself_ends_where_it_may(base: BaseModel) -> None:
    assert written(base, {"anyOf": [{"$ref": "#"}, {"type": "null"}]})[0] is None


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (A_CIRCLE, r"\$ref go round in a circle"),
        (NOTHING_BUT_ITSELF, r"\$ref go round in a circle"),
        (WITHOUT_END, "levels deep"),
        ({"$ref": "#/$defs/person"}, r"nothing that \$ref '#/\$defs/person' names"),
        ({"$ref": "https://example.org/person"}, r"nothing that \$ref"),
        ({"type": "array", "minItems": 10**9}, "far more than the 64 tokens"),
        ({"type": "array", "minItems": 30, "items": MANY_ONES}, "far more than the 64 tokens"),
        ({"type": "array", "minItems": "3"}, "minItems is '3'"),
        ({"type": "object", "properties": {"a": 5}, "required": ["a"]}, "has 5 where a schema"),
        ({"type": "object", "required": 5}, "required is 5: input should be a valid list"),
        ({"type": "object", "required": ["a", 5]}, "required is "),
        ({"type": "object", "properties": ["a"]}, "properties is "),
        ({"anyOf": "string"}, "anyOf is 'string'"),
        ({"allOf": 5}, "allOf is 5"),
        ({"enum": 5}, "enum is 5"),
        ({"type": 5}, "type is 5"),
        ({"type": ["string", {}]}, "type is "),
        ({"type": "string", "maxLength": "9"}, "maxLength is '9'"),
        ({"type": "array", "prefixItems": {}}, "prefixItems is "),
    ],
)
def test_a_schema_that_cannot_be_followed_is_refused_and_the_model_is_free_again(
    base: BaseModel, schema: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        written(base, schema)
    with ThreadPoolExecutor(1) as another:
        assert another.submit(base.busy.acquire, timeout=5).result()
        another.submit(base.busy.release).result()
