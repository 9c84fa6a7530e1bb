"""What several sections need of the trials table: short names, one row a baseline.

rows = named_rows(frame)                # the frame plus `name`: "trial 17", "trial 17 · random-91bc", "linear probe"
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import zip_longest

import pandas as pd

from trials.records import FoldScore
from xrays.tasks import TASKS, Task


def task_of(table: pd.DataFrame) -> Task:
    """The task of a table that is not empty."""
    return TASKS[table["task"].iloc[0]]


def short_names(runs: Sequence[str]) -> dict[str, str]:
    """Run name -> the parts in which it differs from the others: `age-nih64-` is left out of all, and so is what
    follows where all have as many parts."""
    if len(runs) == 1:
        return {run: run for run in runs}
    parts = [run.split("-") for run in runs]
    shared = [place for place, same in enumerate(zip_longest(*parts)) if len(set(same)) == 1]
    if len(set(map(len, parts))) > 1:
        # After the first difference places no longer correspond.
        shared = [place for number, place in enumerate(shared) if number == place]
    kept = ([part for place, part in enumerate(name_parts) if place not in shared] for name_parts in parts)
    short = {run: "-".join(name_parts) or run for run, name_parts in zip(runs, kept, strict=True)}
    # "x" and "x-x" would both be "x".
    return short if len(set(short.values())) == len(runs) else {run: run for run in runs}


def named_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The group's rows with a `name` each, without repeated trials. Baselines that are equal in all runs are one
    row."""
    frame = frame[frame["kind"] != "duplicate"]
    baseline = frame["kind"] == "baseline"
    repeated = baseline & frame.duplicated(["kind", "label", "score", "score_sd"])
    rows = frame[~repeated].reset_index(drop=True)
    runs = short_names(list(dict.fromkeys(frame["run"])))
    twice = set(rows.loc[(rows["kind"] == "baseline") & rows.duplicated(["kind", "label"]), "label"])
    names = [_name(row, runs, twice) for row in rows[["kind", "label", "number", "run"]].to_dict("records")]
    return rows.assign(name=pd.Series(names, dtype=object))


def _name(row: dict[Hashable, object], runs: dict[str, str], twice: set[str]) -> str:
    label, run = str(row["label"]), runs[str(row["run"])]
    if row["kind"] == "baseline":
        return f"{label} · {run}" if label in twice else label
    name = f"trial {row['number']}" + (f", {label}" if label else "")
    return f"{name} · {run}" if len(runs) > 1 else name


def complete_folds(folds: Sequence[FoldScore]) -> list[FoldScore]:
    """The folds that were trained in full, by fold."""
    return sorted((fold for fold in folds if fold.complete), key=lambda fold: fold.fold)
