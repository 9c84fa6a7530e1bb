"""How the best trials learned: still falling at the last epoch means that more epochs would have helped."""

from __future__ import annotations

import pandas as pd

from reports._drawing.figures import COLOURS, Panel, add_band, new_figure
from reports._drawing.html import plain
from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.rows import complete_folds, task_of
from reports._section import Section
from trials.best import best_trials

SECTION = Section(
    order=62,
    title="Learning curves",
    note="The score on the held-back fold after every epoch, for the three best trials: the line is the mean over "
    "the folds, the band reaches from the lowest to the highest fold. No epoch is picked by its score: what counts "
    "is the last one.",
    empty="No complete trial with a learning curve yet.",
)
SHOWN = 3
DASHES = ("solid", "dash", "dot")  # one a trial: colour alone does not reach everybody
COLUMNS = ["task", "name", "fold", "epoch", "score"]


def data(group: Group) -> pd.DataFrame:
    """One row a trial, fold and epoch (from 1), best trial first."""
    rows = group.rows
    rows_of_curves = [
        (row["task"], row["name"], fold.fold, epoch, float(score))
        for row in best_trials(rows, SHOWN).to_dict("records")
        for fold in complete_folds(row["folds"])
        for epoch, score in enumerate(fold.curve, 1)
    ]
    return pd.DataFrame(rows_of_curves, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """One figure: the mean of each trial's folds by epoch, with a band from the worst to the best fold."""
    row = objective_of(task_of(table))
    figure = new_figure("epoch", row.heading)
    for index, (name, of_trial) in enumerate(table.groupby("name", sort=False)):
        colour = COLOURS[index % len(COLOURS)]
        scores = of_trial["score"] * row.factor
        lowest, mean, highest = (getattr(scores.groupby(of_trial["epoch"]), of)() for of in ("min", "mean", "max"))
        add_band(figure, lowest.index.tolist(), lowest.tolist(), highest.tolist(), colour, legendgroup=str(index))
        figure.add_scatter(
            x=mean.index.tolist(),
            y=mean.tolist(),
            mode="lines",
            line={"color": colour, "width": 3, "dash": DASHES[index % len(DASHES)]},
            legendgroup=str(index),
            name=plain(name),
            customdata=list(zip(lowest.tolist(), highest.tolist(), strict=True)),
            hovertemplate=f"epoch %{{x}}: %{{y:.{row.decimals}f}}, folds from %{{customdata[0]:.{row.decimals}f}} to "
            f"%{{customdata[1]:.{row.decimals}f}}<extra></extra>",
        )
    # The first epochs of an untrained network would flatten everything that follows.
    low, high = table["score"].quantile(0.02), table["score"].quantile(0.98)
    pad = 0.08 * (high - low) or 0.01
    figure.update_yaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    return [figure]
