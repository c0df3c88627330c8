"""Who answers a request: a script, or the language that the local model has of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from intentional_nb.local.replies import call, in_words
from intentional_nb.local.reply import Answer, ModelReply
from intentional_nb.local.script import Script

__all__ = ["MODEL", "ChatModel", "LanguageModel", "ScriptedModel"]

MODEL: Final = "local-chat"
"""The id of the one chat model that the server lists."""

Request = dict[str, Any]


class ChatModel(Protocol):
    """What the HTTP side asks for answers."""

    def knows(self, name: str) -> bool:
        """Say whether a request may name this model."""

    async def answer(self, request: Request) -> Answer:
        """Answer a checked request, without blocking the loop."""

    @property
    def notice(self) -> str | None:
        """One sentence for people about what this model lacks, or None."""

    def close(self) -> None:
        """Give back what the model holds."""


class ScriptedModel:
    """Says what a script tells it, under whatever name it is asked for."""

    notice: str | None = None

    def __init__(self, script: Script) -> None:
        self._script = script

    def knows(self, name: str) -> bool:
        """Any name will do: the code under test keeps the one it uses in earnest."""
        return True

    async def answer(self, request: Request) -> Answer:
        """Use the script's next step, at once and on the loop, so that requests are answered as they arrive."""
        return self._script.answer(request)

    def close(self) -> None:
        """Leave the script to its owner."""


class LanguageModel:
    """Thinks for itself, in a thread beside the loop.

    Args:
        pace_ms: Pause before each word of a stream.
    """

    def __init__(self, pace_ms: float) -> None:
        self._pace_ms = pace_ms
        # More threads would not think faster: the work is computing.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="intentional-local-language")
        # Loading takes a second at most, which the first request then need not wait for.
        self._pool.submit(_load)

    def knows(self, name: str) -> bool:
        """There is one."""
        return name == MODEL

    async def answer(self, request: Request) -> Answer:
        """Choose among tools and find words, from the request alone."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._respond, request)

    @property
    def notice(self) -> str | None:
        """What is missing for understanding by meaning."""
        from intentional_nb.local import language

        return language.notice()

    def close(self) -> None:
        """Let the threads end after what they are at."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _respond(self, request: Request) -> ModelReply:
        from intentional_nb.local import language

        reply = language.respond(request)
        return ModelReply(
            chunks=in_words(reply.text),
            calls=tuple(call(made.name, made.arguments) for made in reply.tool_calls),
            finish_reason=reply.finish_reason,
            pace_ms=self._pace_ms,
        )


def _load() -> None:
    from intentional_nb.local import language

    language.load()
