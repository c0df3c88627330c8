from __future__ import annotations

from intentional_nb.errors import ConfigError
from intentional_nb.panels.alerts import SHOWN, Alerts


def texts(alerts):
    return [alert["text"] for alert in alerts.view()]


def test_what_is_shown_already_is_shown_once_as_the_latest():
    alerts = Alerts(lambda: None)
    for text in ("a", "b", "a"):
        alerts.add(text)

    assert texts(alerts) == ["b", "a"]


def test_a_notice_is_not_the_error_of_the_same_words():
    alerts = Alerts(lambda: None)
    alerts.add("a")
    alerts.add("a", "notice")

    assert [alert["kind"] for alert in alerts.view()] == ["error", "notice"]


def test_the_latest_are_kept():
    alerts = Alerts(lambda: None)
    for number in range(SHOWN + 2):
        alerts.add(str(number))

    assert texts(alerts) == [str(number) for number in range(2, SHOWN + 2)]


def test_one_that_is_dismissed_goes_and_the_others_stay():
    changes = []
    alerts = Alerts(lambda: changes.append(len(alerts.view())))
    alerts.add("a")
    alerts.add("b")

    alerts.dismiss(alerts.view()[0]["alert"])

    assert texts(alerts) == ["b"]
    assert changes == [1, 2, 1]


def test_only_an_error_that_is_no_sentence_is_named():
    alerts = Alerts(lambda: None)
    alerts.fail(ConfigError("no such model"))
    alerts.fail(KeyError("x"))

    assert texts(alerts) == ["no such model", "KeyError: 'x'"]


def test_nothing_is_hidden_in_it():
    alerts = Alerts(lambda: None)
    alerts.add("pay\u200bpal")

    assert texts(alerts) == ["pay[U+200B]pal"]
