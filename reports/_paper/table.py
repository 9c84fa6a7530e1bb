"""A table of a paper, in plain text: what `latex.py` and `word.py` write.

PaperTable("age-scores", "Age: scores", ("Estimate", "MAE, years"), (("Cross-validation", "9.83 (9.41 to 10.20)"),))
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperTable:
    """label: its name in references, of a to z, digits and hyphens; caption: without a number; head, rows: cells, in
    every row as many as in the head; notes: what stands below it, sentences; names: so many columns are names, the
    others numbers; prose: whether the second of two columns is text that takes several lines."""

    label: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    names: int = 1
    prose: bool = False
