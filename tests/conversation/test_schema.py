from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from intentional_nb import examples
from intentional_nb.conversation.loading import read_config
from intentional_nb.conversation.schema import SHIPPED, conversation_schema, schema_text
from tests.conversation.graphs import TRAVEL, conversations, nearly_conversations

VALIDATOR = jsonschema.Draft202012Validator(conversation_schema())
NOT_TOLD_BY_A_SCHEMA = {
    *("no-start", "several-starts", "unknown-target", "unknown-stage", "missing-description", "missing-goal"),
    *("missing-move-to", "bad-name", "bad-text", "bad-key", "too-large", "missing-tool-id"),
}
"""How stages fit together, empty texts, and what cannot be written as JSON."""


def test_the_schema_is_a_schema():
    of_schemas = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)

    assert [*of_schemas.iter_errors(conversation_schema())] == []


def test_the_shipped_schema_is_the_generated_one():
    assert SHIPPED.read_text(encoding="utf-8") == schema_text()


def test_every_key_is_described():
    for name, definition in conversation_schema()["$defs"].items():
        assert definition["description"], name
        assert all(item["description"] for item in definition["properties"].values()), name


@pytest.mark.parametrize("name", examples.names())
def test_the_examples_fit_the_schema(name):
    assert list(VALIDATOR.iter_errors(yaml.safe_load(examples.path(name).read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"conversation": {}},
        {"conversation": TRAVEL, "modality": "smoke_signals"},
        {"conversation": TRAVEL, "extra": 1},
        {"conversation": {"stages": {"a": {"goal": "g", "gaol": "g"}}}},
        {"conversation": {"stages": {"a": {}}}},
        {"stages": {"_end_": {"goal": "g"}}},
        {"stages": {"a": {"goal": "g", "outcomes": {"x": {"description": "d"}}}}},
        {"stages": {"a": {"goal": "g", "tools": [{"name": "clock"}]}}},
    ],
)
def test_what_the_loader_refuses_for_its_form_does_not_fit_the_schema(broken):
    assert not VALIDATOR.is_valid(broken)
    assert any(problem.is_error for problem in read_config(broken, strict=False).problems)


@given(conversations())
def test_every_valid_conversation_fits_the_schema(config):
    config = json.loads(json.dumps(config))
    for stage in config["stages"].values():
        if stage["custom_template"] is None:
            del stage["custom_template"]
    if config["initial_message"] is None:
        del config["initial_message"]

    assert [*VALIDATOR.iter_errors(config)] == []
    assert [*VALIDATOR.iter_errors({"conversation": config})] == []


FIELDS = sorted(conversation_schema()["$defs"]["stage"]["properties"])


@given(st.dictionaries(st.sampled_from(FIELDS), nearly_conversations | st.lists(st.text(max_size=3)), max_size=2))
def test_what_fits_the_schema_has_the_right_form_for_the_loader(fields):
    config = {"stages": {"a": {"goal": "g", **fields}}}
    assume(VALIDATOR.is_valid(config))

    errors = {problem.code for problem in read_config(config, strict=False).problems if problem.is_error}

    assert errors <= NOT_TOLD_BY_A_SCHEMA
