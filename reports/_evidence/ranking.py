"""All trials of a group, the best first, with the baselines where their score puts them.

table = ranking(group)          # what the leaderboard shows and the files beside the page hold
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports._evidence.groups import Group
from reports._evidence.openings import doubt
from reports._evidence.probes import weak_pairs
from reports._evidence.rows import complete_folds, short_names, task_of
from trials.best import is_complete, over_seeds
from trials.commands import command_for
from trials.records import FoldScore
from trials.store import RunStore

# What a trial that cannot be ranked is sorted by.
PARTS = {"complete": 1, "pruned": 2, "failed": 3, "infeasible": 4}
BYTES = 4  # a parameter in single precision


def ranking(group: Group) -> pd.DataFrame:
    """One row a trial or baseline, in the order of the page; `rank` is NaN where there is none.

    For every metric its mean over folds, of a finalist over its seeds as well, and, as `<metric>_sd` and
    `<metric>_se`, standard deviation and error. seeds: scores of a finalist's seeds, its own first, else (). folds:
    finished in full, of: in the plan. space, backbone, weights: "" for a baseline. weak: whether an alarm is about
    the trial's backbone on these weights. tied: may be as good as the best; behind_low, behind_high: interval of
    the loss by which it is behind, NaN where unknown. same: name of the trial of another run whose predictions it
    repeats, or "". holdout: the objective there and openings: how often its films had been looked at then, NaN and
    0 for a trial that it was not opened for; doubt: in words whether its films were new to the model, "" where they
    were. megabytes: of the weights. by_fold: fold -> objective. effective: names of the parameters that have an
    effect. command: trains it again, "" where nothing was trained.
    """
    rows = over_seeds(group.rows)
    if rows.empty:
        return pd.DataFrame()
    folds = rows["folds"].map(lambda scores: len(complete_folds(scores)))
    shared = rows[["task", "plan", "data", "kind", "name", "label", "run", "runner", "sampler", "number", "backbone",
                   "weights", "state", "reduced", "parameters", "ms_per_film", "seconds", "params",
                   "effective"]]  # fmt: skip
    weak, opened = weak_pairs(group.frame), _openings(group)
    keys = list(zip(rows["run"], rows["number"], strict=True))
    behind = group.choice.behind if group.choice else {}
    order = _order(rows)
    listed = shared.assign(
        rank=order["rank"],
        seeds=rows["seeds"],
        # A baseline that stands here once is the same in all runs; one that is not has its run in its name.
        run_name=rows["run"].map(short_names(sorted(set(rows["run"])))).where(rows["kind"] == "trial", ""),
        space=rows["space"].where(rows["kind"] == "trial", ""),
        weak=[pair in weak for pair in zip(rows["backbone"], rows["weights"], strict=True)],
        folds=folds,
        of=len(group.runs[0].experiment.every_fold),
        **_scores(rows),
        tied=[bool(group.choice and key in group.choice.tied) for key in keys],
        same=_same(group),
        behind_low=[behind[key].low if key in behind else np.nan for key in keys],
        behind_high=[behind[key].high if key in behind else np.nan for key in keys],
        holdout=[opened[key]["metrics"].get(group.task.objective) if key in opened else np.nan for key in keys],
        openings=[opened[key]["openings"] if key in opened else 0 for key in keys],
        doubt=[(key in opened and doubt(opened[key])) or "" for key in keys],
        megabytes=rows["parameters"].astype(float) * BYTES / 1e6,
        by_fold=rows["folds"].map(lambda scores: _by_fold(scores, group.task.objective)),
        command=[_command(group, row, scores) for row, scores in zip(keys, rows["folds"], strict=True)],
        part=rows["state"].map(PARTS).where(rows["loss"].isna(), 0),
        loss=order["behind"],
        within=order["rank"],
    )
    # "baseline" sorts before "trial": a trial that only equals a baseline does not stand above it.
    ordered = listed.sort_values(["part", "loss", "kind", "within", "run", "number"], kind="stable")
    return ordered.drop(columns=["part", "loss", "within"]).reset_index(drop=True)


def _order(rows: pd.DataFrame) -> pd.DataFrame:
    """rank: from 1, NaN where there is none; behind: the loss by which a row takes its place among the baselines,
    never less than that of a row before it."""
    ranked = rows[is_complete(rows)].sort_values(["place", "loss"], kind="stable")
    first = ~ranked.duplicated(["place", "loss"])
    rank = pd.Series(np.arange(1.0, len(ranked) + 1), index=ranked.index).where(first).ffill()
    behind = rows["loss"].where(rows["kind"] == "baseline").fillna(ranked["loss"].cummax())
    return pd.DataFrame({"rank": rank.reindex(rows.index), "behind": behind})


def _scores(rows: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    columns = {}
    for name in task_of(rows).metrics:
        columns[name] = rows["metrics"].map(lambda means, name=name: means[name])
        columns[f"{name}_sd"] = rows["metrics_sd"].map(lambda sds, name=name: sds[name])
        columns[f"{name}_se"] = rows["metrics_se"].map(lambda errors, name=name: errors[name])
    return columns


def _openings(group: Group) -> dict[tuple[str, int], Mapping[str, Any]]:
    """(run, trial) -> its last opening of the hold-out. What several trials, or its folds' networks, scored together
    is no score of a trial."""
    pairs = (
        (run, opening) for run in group.runs for opening in _by_number(run) if opening.get("way", "refit") == "refit"
    )
    return {(run.path.name, opening["trial"]): opening for run, opening in pairs}


def _same(group: Group) -> list[str]:
    rows, same = group.rows, group.choice.same if group.choice else {}
    keys = list(zip(rows["run"], rows["number"], strict=True))
    names = dict(zip(keys, rows["name"], strict=True))
    return [names[same[key]] if key in same else "" for key in keys]


def _by_number(run: RunStore) -> list[dict[str, Any]]:
    return sorted(run.openings(), key=lambda opening: opening["openings"])


def _by_fold(scores: tuple[FoldScore, ...], objective: str) -> dict[int, float]:
    return {fold.fold: fold.metrics[objective] for fold in complete_folds(scores)}


def _command(group: Group, key: tuple[str, int], folds: tuple[FoldScore, ...]) -> str:
    run, number = key
    return command_for(group.run(run), "rerun", trial=number) if number >= 0 and folds else ""
