from __future__ import annotations

import json

import pytest

from intentional_nb.conversation.problems import Problem, found, nearest, report, shown, sorted_problems


@pytest.mark.parametrize(
    ("file", "line", "place"),
    [(None, None, ""), (None, 3, "line 3: "), ("x.yml", None, "x.yml: "), ("x.yml", 3, "x.yml:3: ")],
)
def test_a_problem_begins_with_its_place(file, line, place):
    problem = Problem("no-start", "error", "No start stage found!", file=file, line=line)

    assert str(problem) == f"{place}error [no-start] No start stage found!"


def test_a_problem_ends_with_its_suggestion():
    problem = Problem("unknown-target", "error", "unknown stage 'b'", suggestion="c")

    assert str(problem).endswith("unknown stage 'b'; did you mean 'c'?")


def test_the_code_decides_the_severity():
    assert found("dead-end", "…").severity == "warning"
    assert found("no-start", "…").is_error


def test_a_problem_can_be_written_as_json_whatever_its_value():
    problem = found("wrong-type", "…", stage="a", field="goal", value={1: object()}, line=4)

    told = json.loads(json.dumps(problem.to_dict()))

    assert told["code"] == "wrong-type"
    assert told["line"] == 4
    assert isinstance(told["value"], str)


def test_a_shown_value_is_short():
    assert len(shown("x" * 10_000)) < 80
    assert len(shown([["x" * 10_000] * 1000] * 1000)) < 250
    assert shown(10**10_000) == "a huge int"


@pytest.mark.parametrize(
    ("name", "near"), [("adress", "address"), ("Name", "name"), ("zebra", None), ("", None), ("x" * 10_000, None)]
)
def test_the_nearest_name_is_one_that_looks_like_it(name, near):
    assert nearest(name, ["name", "address", "y" * 10_000]) == near


def test_errors_come_before_warnings_and_both_in_the_order_of_the_file():
    problems = [found("dead-end", "w", line=1), found("no-start", "late", line=9), found("no-start", "early", line=2)]

    assert [problem.message for problem in sorted_problems(problems)] == ["early", "late", "w"]


def test_a_report_lists_all_and_counts_them():
    problems = [found("dead-end", "w", line=1), found("no-start", "e", line=9), found("no-start", "f", line=2)]

    assert report(problems).splitlines() == [
        "line 2: error [no-start] f",
        "line 9: error [no-start] e",
        "line 1: warning [dead-end] w",
        "2 errors, 1 warning",
    ]
    assert report(problems[:1]).endswith("\n1 warning")
    assert report([]) == "no problems found"
