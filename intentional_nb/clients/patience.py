"""Whether, how soon and how often something is tried again: the waits grow, and the tries come to an end."""

from __future__ import annotations

from intentional_nb.errors import RefusedError

__all__ = ["Patience", "may_pass"]

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
HEALTHY_S = 30.0
"""How long a session must last before its loss counts as a new misfortune; one that opens and breaks at once does not
start the count afresh, or that would go on for ever."""


class Patience:
    """Counts the tries.

    Attributes:
        tries: Sessions opened, or not opened, since the last healthy one.
    """

    def __init__(self, max_tries: int) -> None:
        self.tries = 0
        self._max_tries = max_tries

    def lasted(self, seconds: float) -> None:
        """A session was open for so long."""
        if seconds >= HEALTHY_S:
            self.tries = 0

    def next_wait_s(self) -> float | None:
        """Seconds to wait before the next try, which is counted; None when there were enough.

        >>> patience = Patience(max_tries=3)
        >>> [patience.next_wait_s() for _ in range(4)]
        [0.5, 1.0, 2.0, None]
        """
        if self.tries >= self._max_tries:
            return None
        self.tries += 1
        return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (self.tries - 1)))


def may_pass(error: RefusedError) -> bool:
    """Whether a server that said no may say yes later."""
    if error.should_retry is not None:
        return error.should_retry
    if error.code == "insufficient_quota":
        return False
    return error.status in (408, 409, 429) or (error.status or 0) >= 500
