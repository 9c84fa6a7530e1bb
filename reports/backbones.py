"""Which space and which pretrained network is worth its time: every backbone with the weights it started from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports._drawing.cells import backbone_cell, weights_cell, weights_name
from reports._drawing.figures import COLOURS, DASHES, GREY, Panel, new_figure, score_range
from reports._drawing.html import Html, Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count, milliseconds
from reports._drawing.sampling import sample_rows, sampling_note
from reports._evidence.groups import Group
from reports._evidence.probes import best_probes, weak_pairs
from reports._evidence.rows import task_of
from reports._section import Section
from trials.best import is_complete

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=52,
    title="Spaces and backbones",
    note="One row for every space, or for every backbone of a space that has them. Each dot is a complete trial; an "
    "open dot at the edge lies far outside of the picture. The dashed line is the constant predictor. In the table "
    "the score is that of the best complete trial, and the probe is the best score that a head alone reached on "
    "features of the frozen backbone, before any of its layers was trained. Parameters are those of the best trial, "
    "milliseconds a film the median of all trials, on the machine that trained them.",
    # A single space without a backbone has nothing to be compared with.
)
DOTS = 200
KEYS = ["space", "backbone", "weights"]
COLUMNS = ["task", *KEYS, "weak", "trials", "complete", "score", "score_se", "probe", "parameters", "ms_per_film",
           "seconds", "scores", "constant"]  # fmt: skip


def data(group: Group) -> pd.DataFrame:
    """One row a space, backbone and weights, the best first; empty for a single space without a backbone.

    trials: begun; score, score_se, parameters: of the best complete one; scores: list of all complete ones, best
    first; seconds: of all trials together; constant: the constant predictor's score, NaN if unknown.
    """
    rows = group.rows
    trials = rows[rows["kind"] == "trial"].assign(loss=lambda t: t["loss"].astype(float))
    if not trials["backbone"].any() and trials["space"].nunique() < 2:
        return pd.DataFrame(columns=COLUMNS)
    weak = weak_pairs(group.frame)
    constants = rows.loc[(rows["kind"] == "baseline") & (rows["label"] == "constant"), "score"]
    records = []
    for key, of_backbone in trials.groupby(KEYS, sort=True):
        ranked = of_backbone[is_complete(of_backbone)].sort_values(["loss", "run", "number"], kind="stable")
        first = ranked.iloc[0] if len(ranked) else pd.Series()
        records.append({
            **dict(zip(KEYS, key, strict=True)),
            "weak": key[1:] in weak,
            "trials": len(of_backbone),
            "complete": len(ranked),
            **{name: first.get(name) for name in ("loss", "score", "score_se", "parameters")},
            "ms_per_film": of_backbone["ms_per_film"].astype(float).median(),
            "seconds": of_backbone["seconds"].sum(),
            "scores": ranked["score"].tolist(),
        })  # fmt: skip
    table = pd.DataFrame(records).merge(best_probes(group.frame, KEYS), on=KEYS, how="left")
    table = table.astype(dict.fromkeys(("loss", "score", "score_se", "parameters", "probe"), float))
    table = table.assign(task=task_of(rows).name, constant=constants.iloc[0] if len(constants) else float("nan"))
    return table.sort_values("loss", kind="stable").reset_index(drop=True)[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    """A figure of the scores by backbone, and the table."""
    if not table["complete"].any():
        return [_table(table)]
    drawn, total = int(table["complete"].clip(upper=DOTS).sum()), int(table["complete"].sum())
    return [_figure(table), *sampling_note(drawn, total), _table(table)]


def _figure(table: pd.DataFrame) -> go.Figure:
    task = task_of(table)
    row = objective_of(task)
    figure = new_figure(row.heading, "", height=110 + 48 * len(table))
    constant = table["constant"].iloc[0]
    low, high = score_range(task, table["scores"].explode().astype(float), table["constant"].head(1))
    records = table.to_dict("records")
    for place, record in enumerate(records):
        scores = sample_rows(pd.DataFrame({"score": record["scores"]}), task, DOTS)["score"].tolist()
        figure.add_scatter(
            x=[min(max(score, low), high) * row.factor for score in scores],
            y=[place] * len(scores),
            customdata=[score * row.factor for score in scores],
            hovertemplate=f"{row.label} %{{customdata:.{row.decimals}f}}<extra></extra>",
            mode="markers",
            marker={
                "color": COLOURS[place % len(COLOURS)],
                "size": 9,
                "opacity": 0.8,
                "symbol": ["circle" if low <= score <= high else "circle-open" for score in scores],
            },
            showlegend=False,
            cliponaxis=False,
        )
    if not pd.isna(constant):
        figure.add_scatter(
            x=[constant * row.factor] * 2,
            y=[-0.6, len(records) - 0.4],
            mode="lines",
            line={"color": GREY, "width": 1.5, "dash": DASHES["constant"]},
            name=f"constant {constant * row.factor:.{row.decimals}f}",
            showlegend=True,
            hoverinfo="name",
        )
    pad = 0.04 * (high - low) or 0.01
    figure.update_xaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    names = [
        f"{plain(record['backbone'] or record['space'], 20)}<br>{plain(weights_name(record['weights']), 20)}"
        for record in records
    ]
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6])
    return figure


def _table(table: pd.DataFrame) -> Html:
    metric = objective_of(task_of(table))
    rows = [
        [
            text(row["space"], 40),
            backbone_cell(row["backbone"], row["weak"]),
            weights_cell(row["weights"]),
            Number(f"{row['complete']} of {row['trials']}"),
            Number(metric.spread(row["score"], row["score_se"])),
            Number(metric.value(row["probe"])),
            Number(count(row["parameters"])),
            Number(milliseconds(row["ms_per_film"])),
            Number(count(row["seconds"])),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Space", "Backbone", "Weights", "Complete trials", f"Best {metric.heading}"]
    head += [f"Probe {metric.heading}", "Parameters", "ms a film", "Seconds"]
    return html_table("Spaces and backbones", head, rows)
