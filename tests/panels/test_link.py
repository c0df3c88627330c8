from __future__ import annotations

import threading

from intentional_nb.panels.link import REMEMBERED, Link


def test_messages_are_numbered_without_a_gap_whatever_thread_sends_them():
    link = Link()
    numbers: list[int] = []

    threads = [
        threading.Thread(target=lambda: numbers.extend(link.number({})["seq"] for _ in range(500))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == list(range(1, 2001))


def test_a_message_keeps_what_it_says():
    link = Link()

    assert link.number({"kind": "update", "ops": []}) == {"epoch": link.epoch, "seq": 1, "kind": "update", "ops": []}


def test_two_panels_have_different_epochs():
    assert Link().epoch != Link().epoch


def test_a_page_that_leaves_was_there_all_the_same():
    link = Link()
    link.greet("one")
    link.greet("two")

    assert [link.leave("one"), link.leave("one"), link.leave("two")] == [True, True, False]
    assert link.pages == {"one", "two"}


def test_a_command_is_new_once():
    link = Link()

    assert [link.is_new("a"), link.is_new("a"), link.is_new("b")] == [True, False, True]


def test_only_so_many_commands_are_remembered():
    link = Link()
    for number in range(REMEMBERED + 1):
        link.is_new(str(number))

    assert link.is_new("0")
    assert not link.is_new(str(REMEMBERED))
