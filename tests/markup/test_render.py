import sys
import time
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.markup import markdown_to_html
from intentional_nb.markup.render import LONGEST_MARKDOWN, LONGEST_SHOWN, MOST_BRACKETS, is_safe_link
from tests.markup.reading import read

any_text = st.text(st.characters(exclude_categories=[]), max_size=80)
markup_like = st.lists(
    st.sampled_from(
        [
            *("<", ">", "<script>", "</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<![CDATA[", "<?php"),
            *("[", "]", "(", ")", "![", "](", "javascript:", "data:text/html,", "http://", "a.b", "mailto:a@b", '"'),
            *("'", "`", "```html\n", "\n", "\n\n", "|", "|-|-|\n", "> ", "- ", "1. ", "# ", "**", "~~", "_", "\\"),
            *("&lt;", "&#106;", "&#x6A;", "&colon;", "&Tab;", "\x00", "\u202e", " ", "on", "=", "style", "\t", "x"),
        ]
    ),
    max_size=25,
).map("".join)


def test_what_markdown_promises_is_kept():
    page = read(
        markdown_to_html(
            "# One\n\nA *b* **c** ~~d~~ `e`  \nf [g](https://h.example/i?j=k&l#m)\n\n> n\n\n"
            "3. o\n4. p\n   - q\n\n---\n\n"
            "| r | s |\n|:--|--:|\n| t | u |\n\n    code\n\n<https://v.example> <w@x.example>"
        )
    )

    assert not page.forbidden
    assert set(page.tags) == {
        *("h1", "p", "em", "strong", "s", "code", "br", "a", "blockquote", "ol", "ul", "li", "hr"),
        *("table", "thead", "tbody", "tr", "th", "td", "pre"),
    }
    assert page.links == ["https://h.example/i?j=k&l#m", "https://v.example", "mailto:w@x.example"]


LINKS = """
javascript:alert(1)
JaVaScRiPt:alert(1)
javascript&colon;alert(1)
javascript&#58;alert(1)
&#106;&#97;&#118;&#97;script:alert(1)
&#x6A;avascript:alert(1)
java&Tab;script:alert(1)
java&NewLine;script:alert(1)
java\\script:alert(1)
&#1;javascript:alert(1)
%6Aavascript:alert(1)
javascript\u200b:alert(1)
\u202ejavascript:alert(1)
<javascript:alert(1)>
< javascript:alert(1)>
vbscript:msgbox(1)
livescript:x
data:text/html,<script>alert(1)</script>
data:text/html;base64,PHNjcmlwdD4=
data:image/png;base64,AAAA
data:image/svg+xml,<svg/onload=alert(1)>
file:///etc/passwd
blob:https://a.example/1
view-source:https://a.example
about:blank
intent://a#Intent;end
tel:+1
ftp://a.example
jar:https://a.example!/
//a.example
/logout
logout
../api/kernels
#cell
?reset
\\\\a.example
https:a.example
https:/a.example
https:///a.example
http:\\\\a.example
http://a@b.example
https://bank.example:pass@evil.example
https://bank.example\\@evil.example
mailto:
mailto://x
""".strip().split("\n")


@pytest.mark.parametrize("address", LINKS)
@pytest.mark.parametrize(
    "form", ["[x]({})", '[x]({} "title")', "![x]({})", "<{}>", "[![x](https://a.example)]({})", "[x]: {}\n\n[x]"]
)
def test_a_link_leads_to_the_web_or_to_a_mailbox_or_nowhere(form, address):
    page = read(markdown_to_html(form.format(address)))

    assert not page.forbidden
    assert all(is_safe_link(link) and "@" not in link.partition("/")[2] for link in page.links)


@pytest.mark.parametrize(
    "address",
    [
        *("https://a.example", "HTTP://A.example/b?c=d&e=%20#f", "http://127.0.0.1:8888/lab", "https://[::1]/"),
        *(
            "https://a.example/@user",
            "https://a.example/b(c)",
            "mailto:a@b.example?subject=c",
            "https://münchen.example/ä",
        ),
    ],
)
def test_an_honest_link_is_kept(address):
    page = read(markdown_to_html(f"[x](<{address}>)"))

    assert not page.forbidden
    assert len(page.links) == 1


def test_a_link_tells_where_it_leads_whatever_its_text_says():
    html = markdown_to_html('[https://bank.example](https://evil.example "https://bank.example")')

    assert 'href="https://evil.example" title="https://evil.example"' in html
    assert html.count("bank.example") == 1


def test_an_empty_link_is_its_text():
    assert markdown_to_html("[a]() b") == "<p>a b</p>\n"


def test_an_image_is_a_link_and_inside_a_link_its_text():
    page = read(
        markdown_to_html("![a *cat*](https://a.example/cat.png) [![b](https://b.example/b.png) c](https://c.example)")
    )

    assert page.tags == ["p", "a", "a"]
    assert page.text == "a cat b c\n"
    assert page.links == ["https://a.example/cat.png", "https://c.example"]
    assert read(markdown_to_html("![](https://a.example/cat.png)")).text == "image\n"


def test_a_reference_link_stays_text_because_its_definition_may_come_later():
    page = read(markdown_to_html("see [a][1]\n\n[1]: https://a.example"))

    assert page.tags == ["p", "p"]
    assert page.text == "see [a][1]\n[1]: https://a.example\n"


HTML = """
<script>alert(1)</script>
<script src=https://a.example/x.js></script>
<ScRiPt>alert(1)//
<img src=x onerror=alert(1)>
<img src="https://a.example/pixel.png">
<svg onload=alert(1)><script>alert(1)</script></svg>
<svg><style><img src=x onerror=alert(1)></style></svg>
<math><mtext></mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<a href="javascript:alert(1)" onclick=alert(1)>x</a>
<div style="background:url(javascript:alert(1))" onmouseover="alert(1)">x</div>
<style>@import "https://a.example/x.css";</style>
<link rel=stylesheet href=https://a.example/x.css>
<meta http-equiv=refresh content="0;url=https://a.example">
<base href=https://a.example>
<form action=https://a.example><input autofocus onfocus=alert(1)>
<object data=x></object><embed src=x>
<details open ontoggle=alert(1)>
<template><script>alert(1)</script></template>
<noscript><p title="</noscript><img src=x onerror=alert(1)>">
<textarea><script>alert(1)</script>
<title><script>alert(1)</script>
<!--><script>alert(1)</script>-->
<!-- unclosed <script>alert(1)
<![CDATA[<script>alert(1)</script>]]>
<?xml version="1.0"?><script>alert(1)</script>
<!DOCTYPE html><script>alert(1)</script>
<<script>script>alert(1)</script>
</p></div></body></html><script>alert(1)</script>
<img/src=x/onerror=alert(1)
<x onclick=alert(1)>
&lt;script&gt;alert(1)&lt;/script&gt;
&#60;script&#62;alert(1)&#60;/script&#62;
\\<script>alert(1)</script>
`<script>alert(1)</script>
**<script>alert(1)</script>**
[<script>alert(1)</script>](https://a.example/<script>)
![<script>alert(1)</script>](https://a.example/"onerror=alert(1)")
<https://a.example/"onclick=alert(1)//>
[x](https://a.example "\\" onclick=alert(1) x=\\"")
| <script>alert(1)</script> |\\n|-|\\n| <img src=x onerror=alert(1)> |
```<script>alert(1)</script>\\n<script>alert(1)</script>\\n```
```html onload=alert(1)\\n<script>alert(1)</script>\\n```
~~~"onclick="alert(1)\\nx
    <script>alert(1)</script>
$\\href{javascript:alert(1)}{x}$ $$<script>alert(1)</script>$$
\x00<\x00script\x00>alert(1)</script>
<scr\u200bipt>alert(1)</script>
\ufeff<script>alert(1)</script>
<script\x0c>alert(1)</script>
\ud800<script>alert(1)</script>
""".strip("\n").split("\n")


@pytest.mark.parametrize("text", [text.replace("\\n", "\n") for text in HTML])
@pytest.mark.parametrize("is_growing", [False, True])
def test_html_stays_text(text, is_growing):
    page = read(markdown_to_html(text, is_growing=is_growing))

    assert not page.forbidden
    assert not {"script", "img", "svg"} & set(page.tags)
    is_in_what_is_not_shown = text.startswith(("~~~", "```<", "[x]"))
    if "alert(1)" in text and not is_in_what_is_not_shown:
        assert "alert(1)" in page.text + "".join(page.links)


def test_what_would_hide_something_is_shown_in_text_and_in_code():
    page = read(markdown_to_html("a\u202eb `c\u200bd`\n\n```\ne\u2066f\n```\n\n[g\u200b](https://a.example)"))

    assert page.text.split() == ["a[U+202E]b", "c[U+200B]d", "e[U+2066]f", "g[U+200B]"]


@settings(max_examples=300)
@given(any_text | markup_like)
def test_any_text_makes_only_what_is_allowed(text):
    assert not read(markdown_to_html(text)).forbidden


@given(st.lists(any_text | markup_like, min_size=1, max_size=4).map("\n\n".join))
def test_any_text_shows_nothing_but_itself_when_it_grows(text):
    assert not read(markdown_to_html(text, is_growing=True)).forbidden


def test_a_text_too_long_for_markdown_is_shown_as_it_was_written():
    text = "**bold** <b> " * (LONGEST_MARKDOWN // 10)

    page = read(markdown_to_html(text))

    assert page.tags == ["pre"]
    assert page.text == text + "\n"


def test_a_huge_text_is_cut_and_the_reader_told():
    page = read(markdown_to_html("x" * 1_000_000))

    assert page.text.count("x") == LONGEST_SHOWN
    assert f"{1_000_000 - LONGEST_SHOWN:,} more characters are not shown" in page.text


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_text_nested_too_deeply_is_shown_as_it_was_written(mark):
    assert "the innermost" in read(markdown_to_html(mark * 2_000 + "the innermost")).text
    assert "the innermost" in read(markdown_to_html(mark * 5 + "the innermost")).text


def test_a_paragraph_full_of_brackets_is_shown_as_it_was_written():
    page = read(markdown_to_html("[" * (MOST_BRACKETS + 1) + " *x* [a](https://a.example)"))

    assert page.tags == ["p"]
    assert page.text.endswith("*x* [a](https://a.example)\n")


SLOW = {
    "brackets": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "many paragraphs of brackets": lambda size: ("[" * 50 + "\n\n") * (size // 52),
    "images": lambda size: "![" * (size // 2),
    "images in images": lambda size: "![[]()" * (size // 6),
    "links begun": lambda size: "[a](" * (size // 4),
    "stars": lambda size: "*a " * (size // 3),
    "stars and lines": lambda size: "*a _b " * (size // 6),
    "bold in words": lambda size: "a**b" * (size // 4),
    "strikes": lambda size: "~~a " * (size // 4),
    "backticks": lambda size: "".join("e" + "`" * length for length in range(int((2 * size) ** 0.5))),
    "less": lambda size: "<" * size,
    "addresses": lambda size: "<a@b." * (size // 5),
    "entities": lambda size: "&#1;" * (size // 4),
    "backslashes": lambda size: "\\" * size,
    "quotes": lambda size: ("> " * 40 + "a\n") * (size // 82),
    "deeper and deeper": lambda size: "".join("  " * depth + "- a\n" for depth in range(int(size**0.5))),
    "items": lambda size: "- a\n" * (size // 4),
    "items on a line": lambda size: "- " * (size // 2),
    "a table filled up": lambda size: "|" + "a|" * 60 + "\n|" + "-|" * 60 + "\n" + "|\n" * (size // 2 - 120),
    "a wide table": lambda size: "|" + "a|" * (size // 4) + "\n|" + "-|" * (size // 4) + "\n",
    "bars": lambda size: "|a\n" * (size // 3),
    "underlines": lambda size: "a\n" * (size // 2) + "=",
    "fences": lambda size: "```\n" * (size // 4),
    "python": lambda size: "```python\n" + "  \n" * (size // 3),
    "hard breaks": lambda size: "a  \n" * (size // 4),
    "spaces": lambda size: "a" + " " * size + "b",
    "definitions": lambda size: "[a]: <b>\n" * (size // 9),
}


@pytest.mark.parametrize("name", SLOW)
def test_hostile_text_takes_no_longer_than_some_pages_of_honest_text(name):
    size = LONGEST_MARKDOWN // 3
    paragraph = "Some **bold** words with `code`, *more* and a [link](https://a.example). "
    honest = "".join(f"{number} {paragraph}\n\n" for number in range(size // 80))

    slow = min(_seconds(SLOW[name](size) + " " * again) for again in range(2))

    assert slow < 60 * _seconds(honest)


def _seconds(text):
    started = time.perf_counter()
    markdown_to_html(text, is_growing=True)
    return time.perf_counter() - started


def test_the_libraries_are_loaded_only_when_something_is_rendered():
    code = (
        "import sys, intentional_nb.markup as m; m.visible('a'); "
        "print([name for name in ('markdown_it', 'pygments') if name in sys.modules])"
    )

    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
