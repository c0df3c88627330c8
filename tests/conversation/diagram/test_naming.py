import re

from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.conversation.diagram.naming import Keys


def test_an_ordinary_name_is_kept():
    assert Keys().new("stage", "ask_name") == "stage-ask_name"


@given(st.lists(st.text(max_size=5) | st.sampled_from(["a", "a-2", "A", "é", "a b"]), max_size=20))
def test_no_two_ids_are_alike_and_all_are_plain(names):
    keys = Keys()

    ids = [keys.new("stage", name) for name in names]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"stage-[A-Za-z0-9_-]+", key) for key in ids)


def test_an_endless_name_makes_no_endless_id():
    assert len(Keys().new("stage", "a" * 100_000)) < 60
