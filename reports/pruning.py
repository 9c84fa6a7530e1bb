"""Where trials were stopped early, and how much training that saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports._drawing.figures import GREY, Panel, new_figure, run_style
from reports._drawing.html import Html, Long, Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, count
from reports._evidence.groups import Group
from reports._evidence.rows import short_names
from reports._section import Section

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=50,
    title="Trials that were stopped early",
    note="How far trials had come when they were stopped, in epochs over all folds; grey lines: the ends of the "
    "folds, where all runs have folds of the same length. What was saved is what the plan (folds × epochs) would "
    "have trained more, and the seconds are those that these trials would have gone on for at their own pace. "
    "Partial trials, which a search like hyperband trains for fewer epochs on purpose, are counted apart and save "
    "nothing here. Whether a stopped trial would have won in the end is not known.",
    # Many searches stop none.
)
BARS = 60
COLUMNS = ["run", "name", "state", "fold", "epoch", "trained", "planned", "saved", "seconds_saved", "plan"]


def data(group: Group) -> pd.DataFrame:
    """One row a trial that was trained, in the order of finishing; empty when none was stopped early or partial.

    state: complete, pruned, partial; fold, epoch: where it ended, the fold counted from 0, the epoch from 1; trained,
    planned, saved: epochs over all folds; seconds_saved: saved at the trial's own pace; plan: epochs of a fold in the
    run's plan.
    """
    rows = group.rows
    rows = rows[(rows["kind"] == "trial") & rows["state"].isin(["complete", "pruned"]) & (rows["epochs"] > 0)]
    if not (rows["state"] == "pruned").any():
        return pd.DataFrame(columns=COLUMNS)
    plans = {run.path.name: run.experiment for run in group.runs}
    folds = rows["run"].map(lambda run: len(plans[run].every_fold))
    plan = rows["run"].map(lambda run: plans[run].epochs)
    partial = rows["reduced"] > 0
    stopped = (rows["state"] == "pruned") & ~partial
    # A trial that ran out of memory begins again, so it may have trained more than its plan says.
    saved = (folds * plan - rows["epochs"]).clip(lower=0).where(stopped, 0)
    return rows.assign(
        state=rows["state"].where(~partial, "partial"),
        fold=rows["folds"].map(lambda of_run: of_run[-1].fold),
        epoch=rows["folds"].map(lambda of_run: of_run[-1].epochs),
        trained=rows["epochs"],
        planned=(folds * plan).where(~partial, rows["reduced"]),
        saved=saved,
        seconds_saved=rows["seconds"].astype(float) / rows["epochs"] * saved,
        plan=plan,
    )[COLUMNS].reset_index(drop=True)


def show(table: pd.DataFrame) -> list[Panel]:
    """A figure of where trials were stopped, where any was, and the table."""
    return [*([_figure(table)] if (table["state"] == "pruned").any() else []), _table(table)]


def _figure(table: pd.DataFrame) -> go.Figure:
    runs = list(dict.fromkeys(table["run"]))
    names = short_names(runs)
    stopped = table[table["state"] == "pruned"]
    longest, plans = int(stopped["planned"].max()), set(table["plan"])
    width = -(-longest // BARS)
    figure = new_figure("epochs trained when stopped, all folds", "trials", height=300)
    for run, of_run in stopped.groupby("run", sort=False):
        bins, counts = np.unique((of_run["trained"] - 1) // width, return_counts=True)
        figure.add_bar(
            x=(bins * width + (width + 1) / 2).tolist(),
            y=counts.tolist(),
            width=width * 0.9,
            marker_color=run_style(runs.index(str(run)))[0],
            name=plain(names[str(run)]),
            customdata=[
                f"epoch {b * width + 1}" if width == 1 else f"epochs {b * width + 1} to {(b + 1) * width}"
                for b in bins
            ],
            hovertemplate="%{y} stopped after %{customdata}<extra></extra>",
        )
    plan = int(plans.pop())
    # With folds of several lengths an end of one run's would be the middle of another's.
    for end in range(plan, longest + 1, plan) if not plans else ():
        figure.add_vline(end + 0.5, line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_layout(barmode="stack", showlegend=len(runs) > 1)
    figure.update_xaxes(range=[0, longest + 1])
    figure.update_yaxes(tickformat=",d", rangemode="tozero")
    return figure


def _table(table: pd.DataFrame) -> Html:
    names = short_names(list(dict.fromkeys(table["run"])))
    rows = []
    for run, of_run in table.groupby("run", sort=False):
        states = of_run["state"].value_counts()
        whole = of_run[of_run["state"] != "partial"]
        stopped, planned = of_run[of_run["state"] == "pruned"], int(whole["planned"].sum())
        saved = int(whole["saved"].sum())
        rows.append([
            Long(text(names[str(run)])),
            *(Number(count(states.get(state, 0))) for state in ("complete", "pruned", "partial")),
            Number(f"fold {stopped['fold'].median():.0f}" if len(stopped) else MISSING),
            *(Number(count(number)) for number in (planned, planned - saved, saved)),
            Number(f"{saved / planned * 100:.0f} %" if planned else MISSING),
            Number(count(whole["seconds_saved"].sum())),
        ])  # fmt: skip
    head = ["Run", "Complete", "Stopped", "Partial", "Half stopped by", "Epochs planned", "Trained", "Saved", "Share"]
    return html_table("What stopping early saved", [*head, "About seconds"], rows)
