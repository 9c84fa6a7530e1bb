"""The frame of every page: one HTML file that works offline and asks for nothing.

    document("<title>Search report: chest X-rays</title>", body)

The policy in the page's head forbids the browser every request, so that not even a mistake here could send one.
"""

from __future__ import annotations

from importlib import resources

from reports._drawing.html import Html

USE = "Research use; not a diagnostic device."
# Plotly puts its styles into the page and makes pictures to save from blobs: that much is allowed.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
# What draws plots, and what makes more of leaderboards; each uses those before it.
SCRIPTS = [
    ("_page", "page.js"),
    *(("leaderboard", f"{name}.js") for name in ("make", "query", "rows", "search", "columns", "pair", "board")),
]


def document(title: str, body: Html, reload: int = 0, *, plots: bool = True) -> str:
    """The page around what it shows. title: its element; reload: seconds after which an open page shows itself anew
    (`live.js`), 0 for never; plots: whether it has any, or tables to sort: what draws them is large."""
    style, live = (_text("_page", name) for name in ("style.css", "live.js"))
    scripts = _drawing() if plots else ""
    again = f'<script data-seconds="{reload}">{live}</script>\n' if reload else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"{title}<style>{style}</style></head><body>\n<main>{body}</main>\n"
        f'<footer><p><span class="paper printed-on"></span>{USE}</p></footer>'
        f"\n{scripts}{again}</body></html>\n"
    )


def _drawing() -> str:
    from plotly.offline import get_plotlyjs

    own = "".join(_text(*name) for name in SCRIPTS)
    return f'<script>{get_plotlyjs()}</script>\n<script>"use strict";\n{own}</script>\n'


def _text(folder: str, name: str) -> str:
    return (resources.files(f"reports.{folder}") / name).read_text(encoding="utf-8")
