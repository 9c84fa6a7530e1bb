"""How to read a section: its first sentence stands there, the rest is folded up until somebody asks.

reading("Scores are means over folds. A pruned trial has no rank.", "Leaderboard")
"""

from __future__ import annotations

import re

from reports._drawing.glossary import linked
from reports._drawing.html import Html, text

END = re.compile(r"(?<=[\w)”%]{2})[.] (?=[A-Z“])")  # of a sentence, and not of "e.g." or of a number
SHORT = 160  # characters that are not worth a fold


def reading(note: str, title: str) -> Html:
    """note: plain text, of any length; title: of the section, for whoever hears the page."""
    first, *rest = END.split(note, maxsplit=1)
    if not rest or len(rest[0]) < SHORT:
        return linked(Html(f"<p class='note'>{text(note, 2000)}</p>"))
    summary = f"<summary class='note'>How to read it<span class='unseen'>: {text(title)}</span></summary>"
    more = f"<details>{summary}<p class='note'>{text(rest[0], 2000)}</p></details>"
    return linked(Html(f"<p class='note'>{text(first, 2000)}.</p>{more}"))
