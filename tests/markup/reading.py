"""HTML read back: what tags and attributes are really in it, as a browser would see them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["Page", "read"]

VOID = {"br", "hr"}
TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "span", "a"),
    *("ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"),
}
COLOUR = r"#[0-9a-f]{6}"
CARD = rf"background-color:{COLOUR};color:{COLOUR}"
ATTRIBUTES = {
    ("a", "href"): r"(https?://|mailto:)[^\s\"'<>]+",
    ("a", "title"): r"(https?://|mailto:)[^\"<>]+",
    ("a", "target"): "_blank",
    ("a", "rel"): "noopener noreferrer nofollow",
    ("pre", "style"): rf"{CARD}(;[a-z-]+:[a-z0-9. ]+)*|white-space:pre-wrap;overflow-wrap:anywhere",
    ("code", "style"): CARD,
    ("code", "class"): r"language-[a-z]+",
    ("span", "style"): rf"color:{COLOUR}",
    ("th", "style"): r"text-align:(left|right|center)",
    ("td", "style"): r"text-align:(left|right|center)",
    ("ol", "start"): r"\d{1,9}",
}


class Page(HTMLParser):
    """What is in a piece of HTML, and what of it has no business there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.forbidden: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in TAGS:
            self.forbidden.append(f"<{tag}>")
        for name, value in attrs:
            if not re.fullmatch(ATTRIBUTES.get((tag, name), "(?!)"), value or "", re.IGNORECASE):
                self.forbidden.append(f"<{tag} {name}={value!r}>")
            if name == "href":
                self.links.append(value or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.forbidden.append(f"<{tag}/>")

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.forbidden.append(f"</{tag}> where it was not open")

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.forbidden.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.forbidden.append(f"<!{decl}>")

    def handle_pi(self, data):
        self.forbidden.append(f"<?{data}>")

    def unknown_decl(self, data):
        self.forbidden.append(f"<![{data}]>")


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    page.forbidden += [f"<{tag}> never closed" for tag in page._open]
    return page
