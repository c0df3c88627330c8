import pytest

from intentional_nb.errors import ToolError
from intentional_nb.tools.registry import known_ids, nearest_name, resolve
from intentional_nb.tools.samples import RescheduleInterview
from intentional_nb.tools.tool import Tool, ToolParameter, to_openai_tool


class Weather(Tool):
    id = "weather_for_tests"
    name = "weather"
    description = "Tell the weather."
    parameters = (
        ToolParameter("city", "Where.", "string", True, None),
        ToolParameter("days", "How many days.", "integer", False, 1),
        ToolParameter("unit", "Which unit.", "string", False, None),
    )

    def __init__(self, source: str = "sky") -> None:
        self.source = source

    async def run(self, params):
        return params


SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where."},
        "days": {"type": "integer", "description": "How many days.", "default": 1},
        "unit": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "Which unit."},
    },
    "required": ["city"],
    "additionalProperties": False,
}


def test_the_definition_is_flat_for_realtime_and_nested_for_chat():
    flat = {"name": "weather", "description": "Tell the weather.", "parameters": SCHEMA}

    assert to_openai_tool(Weather()) == {"type": "function", **flat}
    assert to_openai_tool(Weather(), api="chat") == {"type": "function", "function": flat}


def test_a_tool_without_parameters_takes_an_empty_object():
    class Ping(Tool):
        name = "ping"

        async def run(self, params):
            return "pong"

    assert Ping().parameters_schema() == {"type": "object", "properties": {}, "additionalProperties": False}


def test_defaults_are_filled_in():
    assert Weather().validated({"city": "Rome"}) == {"city": "Rome", "days": 1, "unit": None}


def test_a_missing_argument_is_named():
    with pytest.raises(ToolError, match="city: Field required"):
        Weather().validated({})


def test_a_type_that_json_does_not_know_is_refused():
    class Odd(Tool):
        name = "odd"
        parameters = (ToolParameter("x", "X.", "text"),)

        async def run(self, params):
            return None

    with pytest.raises(TypeError, match="'text'"):
        Odd().parameters_schema()


def test_a_subclass_with_an_id_can_be_found_by_it():
    made = resolve("weather_for_tests", {"source": "radar"})

    assert isinstance(made, Weather)
    assert made.source == "radar"


def test_tools_handed_over_win_over_registered_ones():
    mine = Weather("mine")

    assert resolve("weather_for_tests", {}, [mine]) is mine


def test_the_tools_of_the_package_are_registered():
    assert {"end_conversation", "get_current_date_and_time", "reschedule_interview"} <= set(known_ids())


def test_the_nearest_id_is_found_for_a_slip_of_the_pen():
    assert nearest_name("reschedule_interveiw", known_ids()) == "reschedule_interview"
    assert nearest_name("zzz", known_ids()) is None


async def test_rescheduling_keeps_office_hours():
    sample = RescheduleInterview()

    with pytest.raises(ToolError, match="21:00"):
        await sample.run(sample.validated({"date": "2026-12-01", "time": "21:00"}))
    agreed = await sample.run(sample.validated({"date": "2026-12-01", "time": "10:30"}))

    assert agreed == {"status": "rescheduled", "date": "Tuesday 01 December 2026", "time": "10:30"}
