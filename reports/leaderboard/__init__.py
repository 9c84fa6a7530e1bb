"""All trials of a group, the best first, with the baselines where their score puts them: what `ranking` knows, as
markup. `_page/tables.py` writes the same table beside the page."""

from __future__ import annotations

import pandas as pd

from reports._drawing.figures import Panel
from reports._evidence.groups import Group
from reports._evidence.ranking import ranking
from reports._evidence.rows import task_of
from reports._section import Section
from reports.leaderboard.board import board
from reports.leaderboard.pairs import with_pairs

SECTION = Section(
    order=10,
    title="Leaderboard",
    note="Scores are means over the folds ± their standard error, drawn beside them on a scale for the better three "
    "quarters, with a dot for every fold (a finalist's: of its first seed). The error allows for it that folds share "
    "most of the films that they learn from (the standard deviation between folds times √(1/n + 1/(k − 1)) for n "
    "scores on k folds; Nadeau and Bengio 2003). “tied”: as good as the best for all that is known, when patients "
    "are drawn again and when it is allowed for that the best was picked by its score. “finalist”: tied with the "
    "best when the search was over, and trained with further seeds; its score is the mean over all seeds, each of "
    "which stands beside it. Finalists come first: the score of any other trial is of one seed, and may be lucky. "
    "“seed”: the network of the notebook that this project grew from. Baselines stand where their score puts them "
    "and have no rank. A pruned trial was stopped early: its score covers only the folds that it finished, so it has "
    "no rank, nor has a partial one, which a search like hyperband trained for fewer epochs. An infeasible one was "
    "too large to be trained. Configuration: the parameters that have an effect, rounded, and the command that "
    "trains the row again; it opens to all of them. Size is four bytes a parameter; ms a film was measured where the "
    "trial was trained. Two rows that are ticked stand side by side below the table: how far they are apart on the "
    "same films (of the best trials and the baselines), the mean over folds as in their scores. All rows, with the "
    "scores of every fold, are also in two files beside this page, of the same name, ending in .csv and .json.",
    empty="No trial has finished yet.",
)


def data(group: Group) -> pd.DataFrame:
    """The table of `ranking`, and what two of its rows differ by."""
    table = ranking(group)
    return table if table.empty else with_pairs(group, table)


def show(table: pd.DataFrame) -> list[Panel]:
    """The board of `board`."""
    return [board(task_of(table), table)]
