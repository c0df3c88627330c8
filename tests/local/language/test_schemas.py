from __future__ import annotations

import jsonschema
import pytest

from intentional_nb.local.language.schemas import instance
from intentional_nb.local.language.values import Said
from tests.local.language.requests import TODAY

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array", "items": {}}},
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
}


def test_what_the_user_told_is_filled_in():
    value = instance(PERSON, [Said("My name is Ada and I'm 36")], TODAY)

    assert value == {"name": "Ada", "age": 36, "tags": []}


@pytest.mark.parametrize(
    "schema",
    [
        PERSON,
        {"enum": ["b", "a"]},
        {"const": 3},
        {"type": "array", "items": {"type": "integer", "minimum": 4}, "minItems": 2},
        {"type": "number", "exclusiveMinimum": 2},
        {"type": "number", "maximum": -2},
        {"type": "string", "minLength": 3},
        {"type": "string", "format": "date"},
        {"type": ["null", "string"]},
        {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        {
            "$defs": {"A": {"type": "string"}},
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/A"}},
            "required": ["a"],
        },
        {},
    ],
)
def test_the_value_is_valid(schema):
    assert [*jsonschema.Draft202012Validator(schema).iter_errors(instance(schema, [], TODAY))] == []


def test_a_schema_without_end_is_left_empty_below():
    schema = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}

    assert instance(schema, [], TODAY)["a"]["a"]
