import functools
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from intentional_nb.errors import ToolError
from intentional_nb.tools.function import FunctionTool, tool


@tool
def book(
    day: date,
    seats: int = 2,
    area: Literal["inside", "terrace"] = "inside",
    note: str | None = None,
) -> str:
    """Book a table
    for tonight.

    It calls the restaurant.

    Args:
        day: The day of the visit.
        seats (int): How many people
            will come.
    """
    return f"{day} {seats} {area} {note}"


def test_signature_and_docstring_become_the_definition():
    schema = book.parameters_schema()

    assert (book.name, book.id, book.description) == ("book", "book", "Book a table for tonight.")
    assert schema["required"] == ["day"]
    assert schema["properties"]["day"] == {"type": "string", "format": "date", "description": "The day of the visit."}
    assert schema["properties"]["seats"] == {
        "type": "integer",
        "default": 2,
        "description": "How many people will come.",
    }
    assert schema["properties"]["area"]["enum"] == ["inside", "terrace"]
    assert schema["additionalProperties"] is False


def test_no_default_is_null():
    assert "default" not in book.parameters_schema()["properties"]["note"]


def test_the_schema_is_valid_and_agrees_with_the_check():
    Draft202012Validator.check_schema(book.parameters_schema())

    assert book.validated({"day": "2026-12-01"}) == {
        "day": date(2026, 12, 1),
        "seats": 2,
        "area": "inside",
        "note": None,
    }


def test_arguments_that_do_not_fit_are_explained_one_by_one():
    with pytest.raises(ToolError) as caught:
        book.validated({"seats": "many", "colour": "red"})

    text = str(caught.value)
    assert "day: Field required" in text
    assert "seats:" in text
    assert "'many'" in text
    assert "colour: Extra inputs are not permitted" in text


def test_a_decorated_function_can_still_be_called():
    assert book(date(2026, 1, 1), area="terrace") == "2026-01-01 2 terrace None"


async def test_async_functions_are_tools_too():
    @tool
    async def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    assert double.is_async
    assert await double.run({"x": 4}) == 8


def test_names_and_descriptions_can_be_given():
    @tool(name="look_up", description="Find a word.", timeout_s=1, on_interrupt="keep")
    def find(word: str) -> str:
        return word

    assert (find.name, find.description, find.timeout_s, find.on_interrupt) == ("look_up", "Find a word.", 1, "keep")


def test_a_call_may_be_run_again_only_where_the_author_says_so():
    @tool
    def pay() -> None:
        """Pay."""

    @tool(can_rerun=True)
    def look() -> None:
        """Look."""

    assert (pay.can_rerun, look.can_rerun) == (False, True)


def test_nested_types_keep_their_own_titles_and_names():
    @dataclass
    class Guest:
        title: str
        default: int = 0

    @tool
    def invite(guests: list[Guest], mood: Annotated[str, Field(max_length=5)] = "ok") -> None:
        """Invite people."""

    invite.function.__annotations__["guests"] = list[Guest]
    schema = invite.parameters_schema()

    Draft202012Validator.check_schema(schema)
    assert set(schema["$defs"]["Guest"]["properties"]) == {"title", "default"}
    assert invite.validated({"guests": [{"title": "Dr"}]})["guests"] == [Guest("Dr")]


@pytest.mark.parametrize("name", ["schema", "model_config", "_hidden", "json", "self_"])
def test_names_that_pydantic_reserves_can_be_arguments(name):
    scope: dict = {}
    exec(f"def f({name}: int) -> int:\n    return {name}", scope)
    made = tool(scope["f"])

    assert made.validated({name: "3"}) == {name: 3}
    assert list(made.parameters_schema()["properties"]) == [name]


def test_star_arguments_are_refused_with_their_name():
    with pytest.raises(TypeError, match=r"\*\*more"):

        @tool
        def f(**more: int) -> None:
            """Do nothing."""


def test_a_name_that_the_api_would_refuse_is_refused_at_once():
    with pytest.raises(ValueError, match="letters, digits"):
        tool(name="no spaces")(lambda: None)


@pytest.mark.parametrize("wrong", [3, "book", None, functools.partial(print)])
def test_what_is_no_function_is_refused(wrong):
    with pytest.raises(TypeError, match="a tool is made from a function"):
        FunctionTool(wrong)
