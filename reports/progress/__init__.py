"""How the best score came down as trials finished: whether the search was still finding something at its end, and
which runner and sampler got there with less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports._drawing.figures import Panel, run_style, score_range, side_by_side
from reports._drawing.html import plain
from reports._drawing.metrics import objective_of
from reports._drawing.sampling import sample_rows, sampling_note
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._section import Section
from reports.progress.lines import best_lines
from reports.progress.seeds import families, seeds_table
from trials.best import is_complete
from trials.clock import finished_at

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=40,
    title="Best score so far",
    note="Each dot is a complete trial, in the order in which trials finished; all others take their place on the "
    "axis but have no dot. An open dot at the edge lies far outside of the picture. The line is the best score up to "
    "then; of searches that differ in their seed alone it is the median over these, with the range from the "
    "lowest to the highest. Horizontal lines: what the baselines reach on the same folds. The two small pictures "
    "show the same lines against the time by the clock, which several workers share and pauses between calls do "
    "not count in, and against the epochs trained in all folds: a search that stops or shortens its trials gets "
    "more of them for the same price. A best score is partly luck, the more so the more trials it is the best of: "
    "at the top of the page it is corrected.",
    empty="No trial is complete yet.",
)
COLUMNS = ["task", "kind", "run", "family", "seed", "name", "position", "clock", "epochs", "score", "best"]


def data(group: Group) -> pd.DataFrame:
    """One row a trial or baseline. family: the first of the runs that are the same search with other seeds; position:
    1 for the first trial of its run to finish; clock: seconds until it was over (trials/clock.py); epochs: of
    training, of this trial and all that finished before in its run (NaN of a baseline, all three); score: NaN unless
    complete; best: best score of the run up to here, NaN before its first complete trial."""
    rows = group.rows
    complete = is_complete(rows)
    if not complete.any():
        return pd.DataFrame(columns=COLUMNS)
    trial = rows["kind"] == "trial"
    task, loss = task_of(rows), rows["loss"].astype(float).where(complete)
    over = {(run.path.name, number): ended for run in group.runs for number, ended in finished_at(run).items()}
    # The frame keeps the order of the run folder, which is the order of finishing.
    lowest = loss.groupby(rows["run"]).cummin().groupby(rows["run"]).ffill().where(trial)
    trials = rows.assign(
        family=rows["run"].map(families(group.runs)),
        position=trial.groupby(rows["run"]).cumsum().where(trial),
        clock=[over.get(key, np.nan) for key in zip(rows["run"], rows["number"], strict=True)],
        epochs=rows["epochs"].astype(float).where(trial, 0.0).groupby(rows["run"]).cumsum().where(trial),
        score=rows["score"].astype(float).where(complete | ~trial),
        best=lowest if task.direction == "min" else -lowest,
    )
    return trials[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    """The best score so far by trials, two small figures of it by the clock and by epochs, and a table where searches
    were repeated with other seeds."""
    task = task_of(table)
    sight = score_range(task, table["score"], table.loc[table["kind"] == "baseline", "score"])
    scored = table[(table["kind"] == "trial") & table["score"].notna()]
    dots = sample_rows(scored, task)
    first = best_lines(table, "position", sight)
    _add_dots(first, dots, sight, list(dict.fromkeys(table.loc[table["kind"] == "trial", "family"])))
    small = [best_lines(table, axis, sight, height=280) for axis in ("clock", "epochs")]
    for figure in small:
        figure.update_layout(showlegend=False)
    return [first, *sampling_note(len(dots), len(scored)), *side_by_side(small), *seeds_table(table)]


def _add_dots(figure: go.Figure, dots: pd.DataFrame, sight: tuple[float, float], families: list[str]) -> None:
    row, (low, high) = objective_of(task_of(dots)), sight
    for family, of_family in dots.groupby("family", sort=False):
        colour, symbol = run_style(families.index(str(family)))
        outside = (of_family["score"] < low) | (of_family["score"] > high)
        figure.add_scatter(
            x=of_family["position"].tolist(),
            y=(of_family["score"].clip(low, high) * row.factor).tolist(),
            customdata=[
                [plain(label), score * row.factor]
                for label, score in zip(of_family["name"], of_family["score"], strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{row.label} %{{customdata[1]:.{row.decimals}f}}<extra></extra>",
            mode="markers",
            marker={
                "color": colour,
                "size": 7,
                "opacity": 0.8,
                "symbol": [f"{symbol}-open" if o else symbol for o in outside],
            },
            legendgroup=str(families.index(str(family))),
            showlegend=False,
            cliponaxis=False,
        )
