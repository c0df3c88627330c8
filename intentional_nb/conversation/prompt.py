"""What the model reads: the system prompt of a stage, and the schema of the router's one argument.

Both name every legal choice in the same documented form, one line each::

    - NAME: DESCRIPTION (for example: "something a user might say"; "something else")

The examples are JSON strings, so quotes and semicolons in them do not end them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from intentional_nb.conversation.graph import ConversationGraph, Stage
from intentional_nb.conversation.position import Option, Position

__all__ = ["JUST_ENTERED", "ROUTER_NAME", "option_line", "routing_parameters", "system_prompt"]

ROUTER_NAME = "classify_response"
"""What the model calls the intent router."""

JUST_ENTERED = (
    "You have just entered this stage: the user's last message was said before it. "
    "Report an outcome only if that message already settles it."
)

_HOW_TO_ROUTE = """\
{router} moves the conversation on. Its names are the outcomes and stages listed above.
- As soon as the user's last message settles one of them, call {router} with its name, before you say anything. You \
then get the instructions for what follows, and answer by those.
- Report at most what the last message settles: one name, never a guess, never something that you only expect.
- While none of them holds, do not call {router}: the conversation stays in this stage, and you go on with its goal.
- If an outcome and a stage to jump to both fit, report the outcome.
- Never call {router} after another tool's output, unless one of the names above is about the result of that tool and \
the output shows that it holds.
- Call {router} alone, not together with other tools, and do not mention it or its names to the user."""


def system_prompt(
    graph: ConversationGraph,
    position: Position,
    options: Sequence[Option],
    *,
    just_entered: bool = False,
    router_name: str = ROUTER_NAME,
) -> str:
    """The system prompt for a model that stands at ``position``.

    A stage's own template replaces everything but what it has no placeholder for: the ``say`` lines, and that the stage
    was just entered.

    Args:
        graph: The graph.
        position: Where the conversation stands.
        options: What the router offers now.
        just_entered: Whether the stage was entered after the user's last message.
        router_name: What the model calls the router.
    """
    stage = graph.by_name[position.stage]
    if stage.custom_template is not None:
        parts = [_filled(stage.custom_template, graph, stage, options, router_name)]
    else:
        parts = [
            _section("Background", graph.background),
            _section("Your goal in this stage", stage.goal),
        ]
    parts.append(_section("How you may sound", _lines(f"- {_quoted(line)}" for line in stage.say)))
    if stage.custom_template is None:
        parts += [
            _section("Outcomes", _outcome_lines(options)),
            _section("Stages you can jump to", _jump_lines(options)),
            _section("How to route", _HOW_TO_ROUTE.format(router=router_name) if options else ""),
        ]
    parts.append(_section("Just entered", JUST_ENTERED if just_entered else ""))
    return "\n\n".join(part for part in parts if part)


def routing_parameters(options: Sequence[Option]) -> dict[str, Any]:
    """JSON Schema of the router's arguments: ``outcome``, one of the options' names, each described."""
    outcome: dict[str, Any] = {"type": "string"}
    if options:
        outcome["enum"] = [option.name for option in options]
        introduction = "What the user's last message settles: the name of an outcome, or of a stage to jump to."
        outcome["description"] = _lines([introduction, *map(option_line, options)])
    else:
        outcome["description"] = "There is nothing to report now."
    return {
        "type": "object",
        "properties": {"outcome": outcome},
        "required": ["outcome"],
        "additionalProperties": False,
    }


def option_line(option: Option) -> str:
    r"""The option in the documented form, always one line.

    >>> option_line(Option("yes", "outcome", "pay", "the user agrees", ("ok", 'say "go"')))
    '- yes: the user agrees (for example: "ok"; "say \\"go\\"")'
    """
    line = f"- {_on_one_line(option.name)}"
    if description := _on_one_line(option.description):
        line += f": {description}"
    if option.examples:
        line += f" (for example: {'; '.join(map(_quoted, option.examples))})"
    return line


def _filled(template: str, graph: ConversationGraph, stage: Stage, options: Sequence[Option], router_name: str) -> str:
    values = {
        "intent_router_tool": router_name,
        "stage_name": stage.name,
        "background": graph.background,
        "current_goal": stage.goal,
        "outcomes": _outcome_lines(options),
        "transitions": _jump_lines(options),
    }
    # One pass over the template: other braces stay, and braces in what was filled in are only text.
    pattern = "|".join(map(re.escape, values))
    return re.sub(rf"\{{({pattern})\}}", lambda match: values[match[1]], template)


def _outcome_lines(options: Sequence[Option]) -> str:
    return _lines(option_line(option) for option in options if option.kind != "jump")


def _jump_lines(options: Sequence[Option]) -> str:
    return _lines(option_line(option) for option in options if option.kind == "jump")


def _section(heading: str, text: str) -> str:
    return f"# {heading}\n{text.strip()}" if text.strip() else ""


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(_on_one_line(text), ensure_ascii=False)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
