"""All trials of a group, the best first, with the baselines where their score puts them."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from reports._cells import backbone_cell, weights_cell
from reports._groups import Group
from reports._html import Html, Number, attribute, join, text
from reports._html import table as html_table
from reports._numbers import MISSING, count, metric, scalar, spread
from reports._probes import weak_pairs
from reports._rows import is_complete, named, task_of, whole
from reports._section import Panel, Section
from xrays.tasks import TASKS

SECTION = Section(
    order=10,
    title="Leaderboard",
    tasks=tuple(TASKS),
    note="Scores are the mean over the folds ± the standard deviation between folds, which is no confidence "
    "interval. The constant predictor and the linear probe stand where their score puts them and have no rank. A "
    "pruned trial was stopped early: its score covers only the folds that it finished, so it is not ranked; nor is a "
    "partial one, which a search like hyperband has trained for fewer epochs. An "
    "infeasible one was too large to be trained. Weights are what the network started from, parameters how many it "
    "has.",
    empty="No trial has finished yet.",
)
# What a trial that cannot be ranked is sorted by.
PARTS = {"complete": 1, "pruned": 2, "failed": 3, "infeasible": 4}


def data(group: Group) -> pd.DataFrame:
    """One row a trial or baseline, in the order of the page; `rank` is NaN where there is none.

    For every metric its mean and, as `<metric>_sd`, its spread. folds: finished in full, of: in the plan. space,
    backbone, weights: "" for a baseline. weak: whether an alarm is about the trial's backbone on these weights.
    """
    rows = named(group.frame)
    if rows.empty:
        return pd.DataFrame()
    folds = rows["folds"].map(lambda scores: len(whole(scores)))
    shared = rows[["task", "kind", "name", "run", "number", "backbone", "weights", "state", "planned", "parameters",
                   "seconds", "params"]]  # fmt: skip
    weak = weak_pairs(group.frame)
    ranked = is_complete(rows)
    loss = rows["loss"].astype(float)
    listed = shared.assign(
        rank=loss.where(ranked).rank(method="min"),
        space=rows["space"].where(rows["kind"] == "trial", ""),
        weak=[pair in weak for pair in zip(rows["backbone"], rows["weights"], strict=True)],
        folds=folds,
        # The baselines, trained before the first trial, have every fold of the plan.
        of=int(folds.max()),
        **{name: rows["metrics"].map(lambda means, name=name: means[name]) for name in task_of(rows).metrics},
        **{f"{name}_sd": rows["metrics_sd"].map(lambda sds, name=name: sds[name]) for name in task_of(rows).metrics},
        part=rows["state"].map(PARTS).where(loss.isna(), 0),
        loss=loss,
    )
    # "baseline" sorts before "trial": a trial that only equals a baseline does not stand above it.
    ordered = listed.sort_values(["part", "loss", "kind", "run", "number"], kind="stable")
    return ordered.drop(columns=["part", "loss"]).reset_index(drop=True)


def show(table: pd.DataFrame) -> list[Panel]:
    task = task_of(table)
    records = table.to_dict("records")
    with_backbone = bool(table["backbone"].any())
    rows = [
        [
            Number("" if pd.isna(row["rank"]) else f"{row['rank']:.0f}"),
            Html(f'<span title="{attribute(row["run"])}">{text(row["name"], 80)}</span>'),
            *(Number(spread(name, row[name], row[f"{name}_sd"])) for name in task.metrics),
            *_network(row, with_backbone),
            _state(row),
            Number(count(row["parameters"])),
            Number(count(row["seconds"])),
            _configuration(row["params"]),
        ]
        for row in records
    ]
    head = ["Rank", "Trial", *(metric(name).heading for name in task.metrics), "Space"]
    head += [*(["Backbone"] if with_backbone else []), "Weights", "State", "Parameters", "Seconds", "Configuration"]
    classes = [row["kind"] if row["kind"] == "baseline" else row["state"] for row in records]
    return [html_table("Leaderboard", head, rows, classes)]


def _network(row: Mapping[Hashable, Any], with_backbone: bool) -> list[Html]:
    """Cells for the space, the backbone where any trial has one, and what its weights were before training."""
    backbone = [backbone_cell(row["backbone"], row["weak"])] if with_backbone else []
    weights = Html(MISSING) if row["kind"] == "baseline" else weights_cell(row["weights"])
    return [text(row["space"] or MISSING, 40), *backbone, weights]


def _state(row: Mapping[Hashable, Any]) -> Html:
    if row["kind"] == "baseline":
        return Html("baseline")
    state, partial = row["state"], row["folds"] < row["of"] and row["state"] in ("complete", "pruned")
    if state == "pruned" and row["planned"]:
        return text(f"partial, {row['planned']} epochs of one fold")
    return text(f"{state}, {row['folds']}/{row['of']} folds" if partial else state)


def _configuration(params: str) -> Html:
    values = json.loads(params)
    if not values:
        return Html(MISSING)
    pairs = join(f"<div><dt>{text(key)}</dt><dd>{text(scalar(value))}</dd></div>" for key, value in values.items())
    return Html(f"<details><summary>{len(values)} values</summary><dl>{pairs}</dl></details>")
