"""What a section of the report is: a file with these three names.

    SECTION = Section(order=30, title="Scores by fold", tasks=tuple(TASKS), note="…", empty="…")

    def data(group: Group) -> pd.DataFrame: ...            # runs that may be compared in, small table out; no Plotly
    def show(table: pd.DataFrame) -> list[Panel]: ...      # that table in, figures and tables out

A group is of one task and one fold plan: `group.frame` has its rows of `trials.frame.trials_frame`. An empty table is
never shown: the page says `SECTION.empty` in its place, or nothing if that is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from reports._drawing.figures import Panel
from reports._evidence.groups import Group


@dataclass(frozen=True)
class Section:
    """order: place on the page, gaps left for others; tasks: the tasks it says something about; note: how to read
    it, in plain words; empty: what to say when its table has no rows, "" to leave the section out then."""

    order: int
    title: str
    tasks: tuple[str, ...]
    note: str
    empty: str = "Nothing to show yet."


class SectionFile(Protocol):
    """A file in `reports/` whose name has no underscore."""

    @property
    def SECTION(self) -> Section: ...

    def data(self, group: Group) -> pd.DataFrame: ...

    def show(self, table: pd.DataFrame) -> list[Panel]: ...
