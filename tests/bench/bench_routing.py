"""Routing: how often the local model takes the turn that people would.

Accuracy counts a message as right when the model reports the expected outcome, or stays when none fits. "Stays" is the
share of the messages that fit no option and on which it stays. The baseline takes whatever text is nearest in meaning
and stays below the one threshold that suits the set best, which nobody knows beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from intentional_nb.conversation.position import Option
from intentional_nb.conversation.prompt import option_line, routing_parameters
from intentional_nb.local.language import respond
from intentional_nb.local.language.embedding import load
from intentional_nb.local.language.matching import Matcher, MeaningMatcher, WordMatcher

__all__ = ["Case", "cases", "route", "rows"]

DATA = Path(__file__).parent / "data"
SETS = {"development": "routing.yml", "held out": "routing_held_out.yml"}
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Case:
    """A message in a stage and where it should lead: the name of an option, or None to stay."""

    stage: str
    text: str
    expected: str | None
    request: Mapping[str, Any]
    options: tuple[Option, ...]


@cache
def _stages(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((DATA / file).read_text(encoding="utf-8")))


def cases(file: str, *, with_examples: bool) -> Iterator[Case]:
    """Every message of a set, as the request that a client would send."""
    for stage in _stages(file):
        options = tuple(_options(stage, with_examples))
        for expected, texts in stage["utterances"].items():
            for text in texts:
                request = _request(stage, options, text)
                yield Case(stage["stage"], text, None if expected == "stay" else expected, request, options)


def _options(stage: Mapping[str, Any], with_examples: bool) -> Iterator[Option]:
    for kind, key in (("outcome", "outcomes"), ("jump", "jumps")):
        for name, told in stage.get(key, {}).items():
            examples = tuple(told["examples"]) if with_examples else ()
            yield Option(name, kind, name, told["description"], examples)


def _request(stage: Mapping[str, Any], options: tuple[Option, ...], text: str) -> dict[str, Any]:
    outcomes = "\n".join(option_line(option) for option in options if option.kind == "outcome")
    jumps = "\n".join(option_line(option) for option in options if option.kind == "jump")
    prompt = f"# Your goal in this stage\n{stage['goal']}\n\n# Outcomes\n{outcomes}"
    if jumps:
        prompt += f"\n\n# Stages you can jump to\n{jumps}"
    router = {"name": "classify_response", "description": "Report.", "parameters": routing_parameters(options)}
    messages = [
        {"role": "system", "content": prompt},
        {"role": "assistant", "content": stage["bot"]},
        {"role": "user", "content": text},
    ]
    return {"model": "local-chat", "messages": messages, "tools": [{"type": "function", "function": router}]}


def route(case: Case, matcher: Matcher) -> str | None:
    """The name that the model reports; None when it stays."""
    reply = respond(case.request, today=TODAY, matcher=matcher)
    return reply.tool_calls[0].arguments["outcome"] if reply.tool_calls else None


def rows() -> list[dict[str, Any]]:
    """One row for each set, way of matching, and what is known of the options."""
    encoder = load()
    matchers: dict[str, Matcher] = {"words": WordMatcher()}
    if encoder:
        matchers = {"meaning": MeaningMatcher(encoder), **matchers}
    return [
        _row(name, file, how, matcher, with_examples)
        for name, file in SETS.items()
        for how, matcher in matchers.items()
        for with_examples in (False, True)
    ]


def _row(name: str, file: str, how: str, matcher: Matcher, with_examples: bool) -> dict[str, Any]:
    found = list(cases(file, with_examples=with_examples))
    chosen = [route(case, matcher) for case in found]
    right = [case.expected == choice for case, choice in zip(found, chosen, strict=True)]
    staying = [ok for case, ok in zip(found, right, strict=True) if case.expected is None]
    return {
        "set": name,
        "stages": len({case.stage for case in found}),
        "messages": len(found),
        "matched by": how,
        "known of options": "description, 2 examples" if with_examples else "description",
        "right %": round(100 * sum(right) / len(right), 1),
        "stays %": round(100 * sum(staying) / len(staying), 1),
        "nearest only %": round(100 * _nearest(found, matcher), 1),
    }


def _nearest(found: list[Case], matcher: Matcher) -> float:
    """Accuracy of the baseline, with the threshold that suits it best."""
    best = [_nearest_option(case, matcher) for case in found]
    thresholds = [step / 50 for step in range(50)]
    return max(
        sum((name if score >= bar else None) == case.expected for case, (score, name) in zip(found, best, strict=True))
        for bar in thresholds
    ) / len(found)


def _nearest_option(case: Case, matcher: Matcher) -> tuple[float, str]:
    return max(
        (max(matcher.alike(case.text, text) for text in (option.description, *option.examples)), option.name)
        for option in case.options
    )


if __name__ == "__main__":
    from tests.bench.__main__ import table

    print(table(rows()))
