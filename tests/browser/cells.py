"""Sources of cells for notebooks in the browser tests."""

from __future__ import annotations

__all__ = ["talking_bot"]


def talking_bot(*replies: str, panel: str = "panel") -> str:
    """A cell that makes a bot with one stage, whose model says ``replies`` in turn, and shows ``panel``.

    Args:
        replies: Source of replies, such as ``text("hello", pace_ms=50)``.
        panel: Source of the last lines.
    """
    return f"""
import os, time
from IPython.display import display
from intentional_nb import ChatPanel, LocalServer, Script, load_bot
from intentional_nb.local.script import calls, failed, text

server = LocalServer(Script({", ".join(replies)}, strict=False)).start()
os.environ["SCRIPTED_KEY"] = server.api_key
bot = load_bot(
    {{
        "background": "You chat.",
        "initial_message": "Hello!",
        "stages": {{
            "talk": {{
                "accessible_from": "_start_",
                "goal": "Talk.",
                "outcomes": {{"bye": {{"description": "The user says goodbye.", "move_to": "_end_"}}}},
            }}
        }},
    }},
    client="openai",
    model="local-chat",
    base_url=server.base_url,
    api_key_name="SCRIPTED_KEY",
)
panel = ChatPanel(bot, title="Talk", height=420)
{panel}
"""
