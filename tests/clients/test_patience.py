import pytest

from intentional_nb.clients.patience import HEALTHY_S, LONGEST_WAIT_S, Patience, may_pass
from intentional_nb.errors import RateLimitError, RefusedError


def waits(patience):
    return list(iter(patience.next_wait_s, None))


def test_the_waits_grow_and_end():
    patience = Patience(max_tries=7)

    assert waits(patience) == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, LONGEST_WAIT_S]
    assert patience.tries == 7


def test_only_a_healthy_while_gives_the_tries_back():
    patience = Patience(max_tries=2)
    waits(patience)

    patience.lasted(HEALTHY_S - 1)
    assert waits(patience) == []
    patience.lasted(HEALTHY_S)
    assert waits(patience) == [0.5, 1.0]


def test_no_tries_mean_no_waits():
    assert waits(Patience(max_tries=0)) == []


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (RefusedError("x", status=401), False),
        (RefusedError("x", status=404), False),
        (RefusedError("x", status=503), True),
        (RateLimitError("x", status=429), True),
        (RateLimitError("x", status=429, code="insufficient_quota"), False),
        (RefusedError("x", code="invalid_value"), False),
    ],
)
def test_some_refusals_pass(error, passes):
    assert may_pass(error) is passes
