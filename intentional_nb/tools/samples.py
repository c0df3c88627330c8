"""Tools for notebooks and examples; `import` registers them under their ids."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from intentional_nb.errors import ToolError
from intentional_nb.tools.tool import Tool, ToolParameter

__all__ = ["GetCurrentDateAndTime", "RescheduleInterview"]


class GetCurrentDateAndTime(Tool):
    """Tells the model what day and time it is."""

    id = "get_current_date_and_time"
    name = "get_current_date_and_time"
    description = "Get the current date and time."
    parameters = ()
    can_rerun = True

    def __init__(self, now: str | None = None) -> None:
        self._now = datetime.fromisoformat(now) if now else None

    async def run(self, params: dict[str, Any]) -> str:
        """The local time, such as ``Monday 23 November 2026, 18:05``; ``now`` of the file when it sets one."""
        return (self._now or datetime.now()).strftime("%A %d %B %Y, %H:%M")


class RescheduleInterview(Tool):
    """Moves the interview of the interview example to another date and time.

    Attributes:
        scheduled: The date and time agreed last, or None.
    """

    id = "reschedule_interview"
    name = "reschedule_interview"
    description = "Move the interview to another date and time that suits the candidate."
    parameters = (
        ToolParameter("date", "The new date, as YYYY-MM-DD.", date),
        ToolParameter("time", "The new time, as HH:MM on a 24-hour clock.", time),
    )

    def __init__(self) -> None:
        self.scheduled: datetime | None = None

    async def run(self, params: dict[str, Any]) -> dict[str, str]:
        """Note the new appointment.

        Raises:
            ToolError: The time is outside office hours, 8:00 to 18:00.
        """
        when = datetime.combine(params["date"], params["time"])
        if not 8 <= when.hour < 18:
            raise ToolError(f"interviews take place between 8:00 and 18:00, not at {when:%H:%M}; ask for another time")
        self.scheduled = when
        return {"status": "rescheduled", "date": f"{when:%A %d %B %Y}", "time": f"{when:%H:%M}"}
