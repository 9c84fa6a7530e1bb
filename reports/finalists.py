"""How far the seed alone moved those that were tied with the best, and whether it had decided between them."""

from __future__ import annotations

import math
import statistics

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import MISSING
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._section import Section
from trials.best import is_complete, over_seeds
from trials.final import under_way
from trials.seeds import finals_of, seed_parts

SECTION = Section(
    order=12,
    title="Finalists",
    note="The best of many trials is partly the one with the luckiest seed. So trials that cannot be told from it "
    "were trained again with further seeds, on the same folds, and the mean over all seeds decides between them; on "
    "the leaderboard they come first. “Rank before” is that by the seed of the search. A score with that seed helped "
    "a trial into the final, so it is on average better than those with further seeds: the difference is luck, which "
    "other networks of the same configuration cannot be expected to have.",
)
COLUMNS = ["task", "name", "before", "after", "own", "further", "mean", "sd", "why"]


def data(group: Group) -> pd.DataFrame:
    """One row a trial that was in a final, the best first. before, after: its rank by its own seed and over all
    seeds; own: score with its own seed; further: those with others; mean, sd: over all of them. One that lacks a seed
    has no mean, and why says what has become of it."""
    rows = group.rows[is_complete(group.rows)]
    finals = {run.path.name: finals_of(run.path) for run in group.runs}
    known = {(name, number) for name, held in finals.items() for final in held for number in final.trials}
    keys = pd.Series(list(zip(rows["run"], rows["number"], strict=True)), index=rows.index, dtype=object)
    if not keys.isin(known).any():
        return pd.DataFrame(columns=COLUMNS)
    ranked = over_seeds(rows).sort_values(["place", "loss", "run", "number"], kind="stable")
    after = pd.Series(range(1, len(ranked) + 1), index=ranked.index)
    finalists = rows.assign(
        before=rows["loss"].astype(float).rank(method="min"),
        after=after,
        own=rows["score"],
        further=rows["seeds"].map(lambda seeds: seeds[1:]),
        mean=rows["seeds"].map(lambda seeds: statistics.fmean(seeds) if seeds else math.nan),
        sd=rows["seeds"].map(lambda seeds: statistics.stdev(seeds) if len(seeds) > 1 else math.nan),
        why=[_why(group, *key) if key in known else "" for key in keys],
    )
    return finalists[keys.isin(known)].sort_values("after", kind="stable").reset_index(drop=True)[COLUMNS]


def _why(group: Group, run: str, number: int) -> str:
    """The error of a seed that came to nothing, how far it is in a final that is not over, "" where there is
    neither."""
    store = group.run(run)
    own = [part for part in seed_parts(store.path) if part.trial == number]
    if errors := [part.error for part in own if part.error]:
        return errors[-1].splitlines()[0]
    if under_way(store) is None:
        return ""
    seeds = finals_of(store.path)[-1].seeds
    trained, every = sum(part.seed in seeds for part in own), len(seeds) * len(store.experiment.every_fold)
    return f"{trained} of {every} folds are trained"


def show(table: pd.DataFrame) -> list[Panel]:
    """A table, and what the seeds have decided in a sentence."""
    metric, most = objective_of(task_of(table)), max(map(len, table["further"]))
    rows = [
        [
            text(row["name"], 80),
            Number(f"{row['before']:.0f}"),
            Number(metric.value(row["own"])),
            *(Number(metric.value(score)) for score in row["further"]),
            *[Number(MISSING)] * (most - len(row["further"])),
            Number(metric.spread(row["mean"], row["sd"])),
            Number(f"{row['after']:.0f}") if row["further"] else text(row["why"] or MISSING, 200),
        ]
        for row in table.to_dict("records")
    ]
    seeds = [f"Seed {place}" for place in range(2, 2 + most)]
    head = ["Trial", "Rank before", "Own seed", *seeds, "Mean ± SD of seeds", "Rank"]
    return [html_table(f"{metric.heading}, by seed", head, rows), Html(f"<p>{_said(table)}</p>")]


def _said(table: pd.DataFrame) -> str:
    task, whole = task_of(table), table[table["mean"].notna()]
    metric = objective_of(task)
    if whole.empty:
        return (
            "Nothing is decided: these are not trained to the end, or the best by one seed has not been among them. "
            "The same search command goes on."
        )
    lost = statistics.fmean(
        task.loss(statistics.fmean(row["further"])) - task.loss(row["own"]) for row in whole.to_dict("records")
    )
    shown = metric.with_unit(metric.value(abs(lost)))
    worse = "worse" if lost > 0 else "better"
    first, before = whole.iloc[0], table.sort_values("before").iloc[0]
    same = first["name"] == before["name"]
    decided = (
        "The best by one seed is the best over all of them."
        if same
        else f"{text(before['name'], 80)} was the best by one seed; over all of them it is {text(first['name'], 80)}."
    )
    return f"With further seeds finalists score {text(shown)} {worse} on average than with their own. {decided}"
