"""A methods section for a paper, written from the run folders: every sentence is one that they prove.

A file a subject (`films.py`, `search.py`, …), each of functions that yield sentences, a function a subject of the
text. What is not on record is not said.
"""

from __future__ import annotations

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, join, text
from reports._evidence.groups import Group
from reports._section import Section
from reports.methods.written import paragraphs

SECTION = Section(
    order=84,
    title="Methods, to be copied",
    note="Written from the run folders, for a paper: a sentence stands here only where they prove it, so what the "
    "software cannot know (hospitals, machines, ethics, why it was done) is missing. One click marks all of it; "
    "The command report --methods FILE writes it as Markdown (.md) or plain text (.txt).",
)
COLUMNS = ["subject", "text"]


def data(group: Group) -> pd.DataFrame:
    """A row a paragraph: its subject, and what is said."""
    return pd.DataFrame(paragraphs(group), columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """The paragraphs, which one click marks."""
    rows = zip(table["subject"], table["text"], strict=True)
    said = join(f"<p><b>{text(subject)}.</b> {text(given, 20_000)}</p>" for subject, given in rows)
    return [Html(f'<div class="methods">{said}</div>')]
