from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from intentional_nb.audio.clip import Clip
from intentional_nb.bots.transcript import ErrorEntry, NoticeEntry, TextEntry, ToolEntry
from intentional_nb.panels.sounds import Sounds
from intentional_nb.panels.transcript_html import WrittenTurns, transcript_html
from tests.panels.samples import cut, move, spoken, turn, walk

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' \u202e [x](javascript:alert(1))"
KEPT_TAGS = {
    *("a", "b", "code", "details", "div", "li", "p", "pre", "span", "strong", "summary", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
KEPT_ATTRIBUTES = {"class", "dir", "href", "rel", "style", "target", "title"}


class Tags(HTMLParser):
    """Notes every tag and attribute, and that what is opened is closed."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def html(*turns):
    return transcript_html(turns, title="Interview", stage="ask_name")


def test_everything_that_was_said_and_done_is_there_in_order():
    words = [
        "Interview",
        "ask_name",
        "Hello! I would like",
        "Yes, go ahead",
        "What is your name?",
        "reschedule",
        "2026-03-05",
        "moved to Thursday",
        "Ada Lovelace, from London",
        "Fly me to the moon",
        "fly_to_moon",
        "the model is overloaded",
    ]
    text = html(*walk())

    places = [text.index(word) for word in words]

    assert places == sorted(places)


def test_a_conversation_that_has_not_begun_says_so():
    assert "Nothing has been said yet" in html()


def test_the_same_conversation_gives_the_same_html():
    assert html(*walk()) == html(*walk())
    assert not re.search(r"12:00(?! *<)|\d+ ms|1\.2 s", re.sub(r"Sunday.*?12:00", "", html(*walk())))


def test_only_what_survives_a_notebook_that_is_not_trusted_is_used():
    tags = Tags(html(*walk()))

    assert {tag for tag, _ in tags.found} <= KEPT_TAGS
    assert {name for _, attributes in tags.found for name in attributes} <= KEPT_ATTRIBUTES
    assert not tags.open


def test_tool_calls_can_be_opened():
    call = turn(1, "a", ToolEntry("c", "look", {"q": "x"}, "error", "boom"))

    assert re.search(
        r"<details.*<summary>.*look.*error.*</summary>.*&quot;q&quot;.*boom.*</details>", html(call), re.DOTALL
    )


@pytest.mark.parametrize("kind", ["outcome", "jump", "backtrack", "end"])
def test_a_move_names_both_stages_and_its_kind(kind):
    text = html(turn(1, "a", move(kind, "from_here", "to_there", "choice")))

    assert text.index("from_here") < text.index("to_there") < text.index(kind)


def test_a_refused_move_names_the_stage_that_was_not_left():
    assert "fly is no way out of <code>here</code>" in html(turn(1, "a", move("refused", "here", "here", "fly")))


@pytest.mark.parametrize(
    "entry",
    [
        TextEntry(HOSTILE),
        ToolEntry(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, "ok", HOSTILE),
        move("outcome", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,)),
        move("refused", HOSTILE, HOSTILE, HOSTILE),
        ErrorEntry(HOSTILE, HOSTILE),
        NoticeEntry(HOSTILE),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_hostile_text_stays_text(entry):
    text = transcript_html([turn(1, HOSTILE, entry)], title=HOSTILE, stage=HOSTILE)
    tags = Tags(text)

    assert not {"script", "img"} & {tag for tag, _ in tags.found}
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert not [
        value for _, attributes in tags.found for value in attributes.values() if "javascript:" in (value or "")
    ]
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (spoken(1, "I would", is_transcribed=False), "I would<span [^>]*>…</span>"),
        (spoken(1, "I would like tea"), "I would like tea</div>"),
        (spoken(1, ""), r"\(nothing was recognised\)"),
        (spoken(1, "", transcription_error="too <loud>"), r"\(not recognised: too &lt;loud&gt;\)"),
    ],
)
def test_what_is_known_of_speech_is_written(said, words):
    assert re.search(words, html(said))


def test_interrupted_speech_says_when_and_what_was_not_heard():
    text = html(turn(1, "a", cut("I would suggest the <green> tea", "I would suggest")))

    assert re.search(
        r"<p>I would suggest</p>\s*<div [^>]*>interrupted after 1\.4 s; not heard: "
        r"<span style=\"[^\"]*line-through\">the &lt;green&gt; tea</span></div>",
        text,
    )


def test_recordings_stand_where_they_were_made_and_say_how_large_they_are():
    sounds = Sounds.of([1], lambda turn, side: Clip.silence(500) if side == "bot" else Clip.silence(250))
    said = [spoken(1, "hi", TextEntry("hello"))]

    text = transcript_html(said, title="t", stage="s", sounds=sounds)

    players = re.findall(r'<audio controls preload="metadata" style="[^"]*" src="data:audio/wav;base64,', text)
    assert len(players) == 2
    assert text.index("hi<") < text.index("<audio") < text.index("hello") < text.rindex("<audio")
    assert "2 recordings, 750 ms, 48 kB of this notebook" in text


def test_of_very_many_turns_the_last_are_written():
    turns = [turn(n, f"message {n}") for n in range(1, 251)]

    text = html(*turns)

    assert "50 earlier turns are left out" in text
    assert "message 50<" not in text
    assert text.index("message 51<") < text.index("message 250<")


def test_a_turn_is_written_once_and_again_when_it_changed():
    written = WrittenTurns()
    first, second = walk()[:2]
    before = written.of([first, turn(2, "wait", status="running")])

    after = written.of([first, second])

    assert before.startswith(after[: after.index("Yes, go ahead") - 300])
    assert after == WrittenTurns().of([first, second])


def test_huge_output_is_cut():
    assert len(html(turn(1, "a", TextEntry("x" * 500_000), ToolEntry("c", "t", {}, "ok", "y" * 500_000)))) < 300_000
