import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.items import Conversation, Item, Speech


def order(conversation):
    return [item.item_id for item in conversation]


def placed(*pairs):
    conversation = Conversation()
    for item_id, previous in pairs:
        conversation.place(item_id, previous)
    return conversation


def test_items_stand_where_the_server_puts_them():
    conversation = placed(("a", None), ("b", "a"), ("c", "a"), ("d", "root"), ("e", "b"))

    assert order(conversation) == ["d", "a", "c", "b", "e"]
    assert len(conversation) == 5


def test_without_a_word_about_its_place_an_item_is_the_last():
    assert order(placed(("a", None), ("b", None), ("c", None))) == ["a", "b", "c"]


def test_an_item_told_twice_stays_where_it_is():
    conversation = placed(("a", None), ("b", "a"), ("c", "a"))

    conversation.place("b", "a")
    conversation.place("b")

    assert order(conversation) == ["a", "c", "b"]


def test_a_guessed_place_is_put_right():
    conversation = placed(("a", None), ("answer", None), ("b", "a"))

    conversation.place("answer", "b")

    assert order(conversation) == ["a", "b", "answer"]


def test_an_item_whose_predecessor_comes_late_moves_after_it_with_all_that_follows():
    conversation = placed(("a", None), ("c", "b"), ("d", "c"), ("x", "a"))
    assert order(conversation) == ["a", "x", "c", "d"]

    conversation.place("b", "x")

    assert order(conversation) == ["a", "x", "b", "c", "d"]


@settings(deadline=None)
@given(st.permutations(range(8)))
def test_a_row_of_items_is_in_order_whichever_comes_first(arrival):
    conversation = Conversation()

    for number in arrival:
        conversation.place(str(number), str(number - 1) if number else "root")

    assert order(conversation) == [str(number) for number in range(8)]


class Ledger:
    """A server's conversation, as a plain list, and the frames that it sends about it."""

    def __init__(self):
        self.items = []
        self.frames = []
        self._count = 0

    def add(self, where, *, is_doubled, first_guessed):
        self._count += 1
        item_id = f"i{self._count}"
        previous = ["root", *self.items][where % (len(self.items) + 1)]
        self.items.insert(0 if previous == "root" else self.items.index(previous) + 1, item_id)
        if first_guessed:
            self.frames.append(("place", item_id, None))
        self.frames += [("place", item_id, previous)] * (1 + is_doubled)

    def repeat(self, where):
        """Tell again of an item's place as it was when it was added: done follows added at any distance."""
        told = [frame for frame in self.frames if frame[0] == "place" and frame[1] in self.items]
        if told:
            self.frames.append(told[where % len(told)])

    def delete(self, where):
        if self.items:
            item_id = self.items.pop(where % len(self.items))
            self.frames.append(("remove", item_id))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 20), st.booleans(), st.booleans()),
        st.tuples(st.just("repeat"), st.integers(0, 20)),
        st.tuples(st.just("delete"), st.integers(0, 20)),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(steps)
def test_the_order_is_the_servers(steps):
    ledger, conversation = Ledger(), Conversation()
    for kind, *args in steps:
        if kind == "add":
            ledger.add(args[0], is_doubled=args[1], first_guessed=args[2])
        else:
            getattr(ledger, kind)(*args)

    for kind, *args in ledger.frames:
        getattr(conversation, kind)(*args)

    assert order(conversation) == ledger.items


@settings(deadline=None)
@given(steps, st.randoms())
def test_in_whatever_order_it_is_told_no_item_is_lost_or_doubled(steps, random):
    ledger, conversation = Ledger(), Conversation()
    for kind, *args in steps:
        if kind == "add":
            ledger.add(args[0], is_doubled=args[1], first_guessed=args[2])
    random.shuffle(ledger.frames)

    for _, *args in ledger.frames:
        conversation.place(*args)

    assert sorted(order(conversation)) == sorted(ledger.items)


few = st.sampled_from(["a", "b", "c", "d"])


@settings(deadline=None)
@given(st.lists(st.tuples(few, st.none() | st.just("root") | few, st.booleans())))
def test_nonsense_about_places_loses_no_item(told):
    conversation = Conversation()
    there = set()

    for item_id, previous, is_deleted in told:
        if is_deleted:
            conversation.remove(item_id)
            there.discard(item_id)
        else:
            conversation.place(item_id, previous)
            there.add(item_id)

    assert sorted(order(conversation)) == sorted(there)


def test_what_follows_a_deleted_item_keeps_its_place():
    conversation = placed(("a", None), ("c", "b"), ("d", "c"), ("e", "d"))

    conversation.remove("d")
    conversation.place("b", "root")

    assert order(conversation) == ["b", "c", "e", "a"]


def test_a_deleted_item_is_gone_and_remembered_as_such():
    conversation = placed(("a", None))

    conversation.remove("a")
    conversation.remove("never there")

    assert conversation.get("a") is None
    assert conversation.is_gone("a")
    assert not conversation.added("a", {}, None)
    assert not conversation.finished("a", {})
    assert list(conversation) == []


def test_only_the_latest_deleted_items_are_remembered():
    conversation = Conversation()
    for number in range(1_000):
        conversation.place(str(number))
        conversation.remove(str(number))

    assert conversation.is_gone("999")
    assert not conversation.is_gone("0")
    assert len(conversation.known_items()) == 0


def test_an_item_is_added_and_finished_once():
    conversation = Conversation()

    assert [conversation.added("a", {"role": "user"}, None) for _ in range(2)] == [True, False]
    assert [conversation.finished("a", {"status": "completed"}) for _ in range(2)] == [True, False]
    assert conversation.known("a").facts == {"role": "user", "status": "completed"}


def test_the_place_that_was_asked_for_counts_when_the_server_does_not_say():
    conversation = placed(("a", None), ("b", "a"))
    conversation.known("c").previous_id = "root"

    conversation.added("c", {}, None)

    assert order(conversation) == ["c", "a", "b"]


def test_the_items_of_a_response_beside_the_conversation_have_no_place_and_go_with_it():
    conversation = placed(("a", None))
    conversation.known("a").response_id = "r"
    conversation.known("x").response_id = "r"
    conversation.known("y").response_id = "other"

    conversation.forget_unplaced("r")

    assert order(conversation) == ["a"]
    assert [item.item_id for item in conversation.known_items()] == ["a", "y"]


def test_an_item_keeps_its_words_and_not_its_audio():
    item = Item("i")

    item.learn(
        {
            "id": "i",
            "object": "realtime.item",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_audio", "audio": "A" * 100, "transcript": "Hi"}, {"text": "there"}, None],
        }
    )

    assert item.facts == {"id": "i", "type": "message", "role": "user"}
    assert (item.text, item.role, item.kind) == ("Hi\nthere", "user", "message")


@pytest.mark.parametrize("content", [None, [], [{"type": "input_audio", "transcript": None}], "text", [{"text": ""}]])
def test_words_that_are_known_are_not_lost(content):
    item = Item("i", words=["Hi"])

    item.learn({"content": content})

    assert item.text == "Hi"


def test_words_that_were_cut_do_not_come_back():
    item = Item("i", words=["Hi"], speech=Speech(is_closed=True))

    item.learn({"content": [{"type": "output_audio", "transcript": "Hi there, you"}]})

    assert item.text == "Hi"


@pytest.mark.parametrize(
    ("speech", "heard"),
    [
        (None, "one two three four"),
        (Speech(received_bytes=4_800), "one two three four"),
        (Speech(received_bytes=4_800, heard_ms=50), "one two"),
        (Speech(received_bytes=4_800, heard_ms=0), ""),
        (Speech(received_bytes=4_800, heard_ms=100), "one two three four"),
    ],
)
def test_what_was_heard_of_an_item(speech, heard):
    assert Item("i", words=["one two ", "three four"], speech=speech).heard_text(48) == heard
