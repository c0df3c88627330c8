import asyncio

from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.line import Line


class Visits:
    """People at a line: who came in which order, and whether ever two at once."""

    def __init__(self):
        self.line = Line()
        self.order = []
        self.inside = 0

    async def visit(self, name, leave, **options):
        async with self.line.turn(**options):
            self.inside += 1
            assert self.inside == 1, "two at once"
            self.order.append(name)
            try:
                await leave.wait()
            finally:
                self.inside -= 1

    def come(self, name, leave=None, **options):
        if leave is None:
            leave = asyncio.Event()
            leave.set()
        return asyncio.create_task(self.visit(name, leave, **options))


async def test_they_come_in_the_order_in_which_they_came_and_who_goes_first_before_them():
    visits, leave = Visits(), asyncio.Event()

    async def see_to_it_that_it_ends():
        leave.set()

    people = [visits.come("now", leave), visits.come("one"), visits.come("two")]
    await asyncio.sleep(0)
    people += [visits.come("first", goes_first=True, meanwhile=see_to_it_that_it_ends), visits.come("three")]
    await asyncio.gather(*people)

    assert visits.order == ["now", "first", "one", "two", "three"]


async def test_who_fails_while_waiting_leaves_the_line():
    visits = Visits()

    async def fail():
        raise OSError("no")

    [failed] = await asyncio.gather(visits.come("fails", meanwhile=fail), return_exceptions=True)
    await asyncio.wait_for(visits.come("next"), 20)

    assert isinstance(failed, OSError)
    assert visits.order == ["next"]


@given(
    st.lists(st.booleans(), max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=8),
)
def test_whoever_gives_up_and_whenever_the_others_have_their_turn(goes_first, given_up):
    async def run():
        visits, leave = Visits(), asyncio.Event()
        people = [visits.come(name, leave, goes_first=first) for name, first in enumerate(goes_first)]
        for name, pauses in given_up:
            for _ in range(pauses):
                await asyncio.sleep(0)
            if name < len(people):
                people[name].cancel()
            leave.set()
        leave.set()
        outcomes = await asyncio.wait_for(asyncio.gather(*people, return_exceptions=True), 20)
        stayed = [name for name, outcome in enumerate(outcomes) if outcome is None]
        assert not [one for one in outcomes if not (one is None or isinstance(one, asyncio.CancelledError))]
        assert set(stayed) <= set(visits.order)
        await asyncio.wait_for(visits.come("last"), 20)
        assert visits.order[-1] == "last"

    asyncio.run(run())
