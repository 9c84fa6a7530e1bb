"""Small pictures on the page.

picture(content, "film 17", side=112)           # of a PNG file, as an <img> that holds its own bytes
"""

from __future__ import annotations

import base64

from reports._drawing.html import Html, attribute, join

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(content: bytes, what: str, side: int) -> Html:
    """A PNG file as an image that is part of the page, `side` px wide; empty when it is no PNG. what: in words, for
    who does not see it."""
    if not content.startswith(SIGNATURE):
        return Html("")
    data = base64.b64encode(content).decode()
    return Html(f'<img src="data:image/png;base64,{data}" alt="{attribute(what)}" width="{side}" height="{side}"/>')


def gallery(entries: list[tuple[Html, Html]]) -> Html:
    """Pictures side by side, each with a caption below it."""
    figures = join(f"<figure>{shown}<figcaption>{caption}</figcaption></figure>" for shown, caption in entries)
    return Html(f'<div class="gallery">{figures}</div>')
