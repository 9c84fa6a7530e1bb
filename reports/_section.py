"""What a section of the report is: a file with these three names.

    SECTION = Section(order=30, title="Scores by fold", note="…", empty="…")

    def data(group: Group) -> pd.DataFrame: ...            # runs that may be compared in, small table out; no Plotly
    def show(table: pd.DataFrame) -> list[Panel]: ...      # that table in, figures and tables out

A group is of one task and one fold plan: `group.frame` has its rows of `trials.frame.trials_frame`. An empty table is
never shown: the page says `SECTION.empty` in its place, or nothing if that is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import pandas as pd

from reports import load
from reports._drawing.figures import Panel
from reports._drawing.words import phrase, sentence_case, words_of_labels
from reports._evidence.groups import Group

Kind = Literal["regression", "binary"]
BOTH: tuple[Kind, ...] = ("regression", "binary")


@dataclass(frozen=True)
class Section:
    """order: place on the page, gaps left for others; title; note: how to read it, in plain words; kinds: of tasks
    that it says something about; empty: what to say when its table has no rows, None to leave the section out then.
    on_films: whether it is about what becomes of films, so that of runs whose networks take vectors of another model
    there is nothing to say. paper: how to read its tables in a paper (`_paper/`), where they stand alone; "" keeps
    them out of it.

    A title and a note may have words of the task in braces: those of `words` and `words_of_labels` in
    `_drawing/words.py`. None names a label, a unit or a class by itself."""

    order: int
    title: str
    note: str
    kinds: tuple[Kind, ...] = BOTH
    empty: str | None = None
    on_films: bool = False
    paper: str = ""


class SectionFile(Protocol):
    """A file in `reports/` whose name has no underscore."""

    @property
    def SECTION(self) -> Section:
        """Its place, title and note."""

    def data(self, group: Group) -> pd.DataFrame:
        """What it shows of the runs of a group, whose task is of one of its kinds; no rows for nothing."""

    def show(self, table: pd.DataFrame) -> list[Panel]:
        """A table of `data` that is not empty, as markup and figures in their order."""


def table_of(group: Group, name: str) -> pd.DataFrame:
    """The table of that section, which is made once a page, however many ask for it."""
    if name not in group.tables:
        group.tables[name] = load(name).data(group)
    return group.tables[name]


def is_shown(group: Group, name: str) -> bool:
    """Whether the section is on the page of the group."""
    section = load(name).SECTION
    return group.task.kind in section.kinds and bool(section.empty or not table_of(group, name).empty)


def titled(section: Section, group: Group) -> str:
    """Its title in the words of the group's task."""
    return sentence_case(phrase(section.title, group.task, **words_of_labels(group.task, group.labels)))
