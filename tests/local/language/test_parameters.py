from __future__ import annotations

import pytest

from intentional_nb.local.language.parameters import parameters
from intentional_nb.local.language.request import Function


def parameter(name, schema, required=()):
    function = Function("f", "", {"properties": {name: schema}, "required": list(required)})
    return parameters(function)[0]


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("when", {"type": "string", "format": "date"}, "date"),
        ("date", {"type": "string"}, "date"),
        ("departure_date", {"type": "string"}, "date"),
        ("start_time", {"type": "string"}, "time"),
        ("at", {"type": "string", "format": "date-time"}, "datetime"),
        ("city", {"type": "string"}, "place"),
        ("origin", {"type": "string"}, "place"),
        ("email", {"type": "string"}, "email"),
        ("recipient", {"type": "string", "description": "The e-mail address"}, "email"),
        ("name", {"type": "string"}, "name"),
        ("file_name", {"type": "string"}, "text"),
        ("query", {"type": "string", "description": "What to look for, such as a city"}, "text"),
        ("age", {"type": "integer"}, "age"),
        ("people", {"type": "integer"}, "number"),
        ("nights", {"type": "integer", "description": "Number of nights"}, "duration"),
        ("size", {"type": "string", "enum": ["s", "m"]}, "enum"),
        ("is_paid", {"type": "boolean"}, "boolean"),
        ("tags", {"type": "array", "items": {"type": "string"}}, "array"),
        ("city", {"type": ["string", "null"]}, "place"),
        ("city", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "place"),
    ],
)
def test_a_parameter_takes_a_kind_of_value(name, schema, kind):
    assert parameter(name, schema).kind == kind


def test_required_parameters_are_known():
    assert parameter("city", {}, required=["city"]).is_required
    assert not parameter("city", {}).is_required
