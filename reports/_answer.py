"""The answer of a group in plain words: the best score, what it is better than, and why it is optimistic."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from reports._groups import Group
from reports._html import Html, join, text
from reports._numbers import gain, metric, spread, value, with_unit
from reports._rows import best, named, whole
from trials.store import RunStore
from xrays.tasks import Task

Row = dict[Hashable, Any]


def answer(group: Group) -> Html:
    """A box with the headline, the comparison with every baseline, and the hold-out."""
    task, rows = group.task, named(group.frame)
    winner = best(rows, 1).to_dict("records")
    parts = [_best(task, rows, winner[0], group.opened) if winner else _nothing(rows)]
    parts += [_holdout(task, run, group) for run in group.runs]
    return Html(f'<div class="answer">{join(parts)}</div>')


def _nothing(rows: pd.DataFrame) -> Html:
    finished = int((rows["kind"] == "trial").sum())
    shown = f"None of the {finished} finished trials is complete" if finished else "No trial has finished yet"
    return Html(f"<p>{shown}, so there is no score to report.</p>")


def _best(task: Task, rows: pd.DataFrame, winner: Row, opened: int) -> Html:
    row, name = metric(task.objective), task.objective
    trials = rows[rows["kind"] == "trial"]
    states = trials["state"].value_counts()
    tried = int(states.get("complete", 0) + states.get("pruned", 0))
    # The run's own baseline: with other pixels the linear probe of another run is another one.
    own = rows[rows["kind"] == "baseline"].assign(own=lambda t: t["run"] == winner["run"])
    baselines = own.sort_values("own", ascending=False, kind="stable").drop_duplicates("label").to_dict("records")
    compared = join(_against(task, winner, baseline) for baseline in baselines)
    folds = len(winner["folds"])
    optimistic = (
        f"This is the best of {tried} trials on the folds that chose it, so it is optimistic: the more trials, the "
        f"luckier the best. {_unbiased(opened)}"
        if tried > 1
        else "The hold-out, which <code>python cli.py export</code> opens, has played no part in it."
    )
    secondary = join((_metric(other, winner) for other in task.metrics if other != name), "; ")
    return Html(
        f'<p class="score"><span>{text(row.label)}</span><strong>{text(value(name, winner["score"]))}</strong>'
        f"<span>{text(_plus_minus(name, winner['score_sd']))} {text(row.unit)}</span></p>"
        f"<p>{text(row.meaning.capitalize())} in cross-validation: mean ± standard deviation over {folds} folds, "
        f"reached by {text(winner['name'], 80)}{_in(winner, rows)}. {secondary}.</p>"
        f"<ul>{compared}</ul><p>{optimistic}</p>"
    )


def _unbiased(opened: int) -> str:
    if opened <= 1:
        return "An unbiased score comes from the hold-out, which <code>python cli.py export</code> opens."
    return f"The hold-out has been opened {times(opened)}: a score picked among those is optimistic too."


def _metric(name: str, row: Row) -> Html:
    return text(
        f"{metric(name).label} {with_unit(name, spread(name, row['metrics'][name], row['metrics_sd'][name]))}"
    )


def _in(winner: Row, rows: pd.DataFrame) -> str:
    return f" ({text(winner['run'])})" if rows["run"].nunique() > 1 else ""


def _plus_minus(name: str, sd: float) -> str:
    return "" if pd.isna(sd) else f"± {value(name, sd)}"


def _against(task: Task, winner: Row, baseline: Row) -> Html:
    shown = with_unit(task.objective, spread(task.objective, baseline["score"], baseline["score_sd"]))
    theirs = {fold.fold: fold.metrics[task.objective] for fold in whole(baseline["folds"])}
    pairs = [
        (fold.metrics[task.objective], theirs[fold.fold]) for fold in whole(winner["folds"]) if fold.fold in theirs
    ]
    won = sum(task.better(mine, other) for mine, other in pairs)
    title = {"constant": "Constant predictor"}.get(baseline["label"], baseline["label"].capitalize())
    difference = gain(task, winner["score"], baseline["score"])
    return Html(
        f"<li>{text(title)}: {text(shown)}. The best trial has {difference} and is better on {won} of {len(pairs)} "
        "folds.</li>"
    )


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _holdout(task: Task, run: RunStore, group: Group) -> Html:
    of = Html(f" of {text(run.path.name)}") if len(group.runs) > 1 else Html("")
    opened = run.openings()
    if not opened:
        others = f" for this run, but its films have been opened {times(group.opened)} for others"
        return Html(f'<p class="holdout"><b>Hold-out{of}:</b> not opened{text(others if group.opened else "")}.</p>')
    last = opened[-1]
    scores = ", ".join(
        f"{metric(name).label} {with_unit(name, value(name, last['metrics'].get(name)))}" for name in task.metrics
    )
    films = f" on {last['films']} films" if last.get("films") is not None else ""
    return Html(
        f'<p class="holdout"><b>Hold-out{of}:</b> {text(scores)} (trial {text(last["trial"])}{text(films)}, '
        f"last opened {text(str(last['opened'])[:10])}; its films opened {text(times(group.opened))} in all).</p>"
    )
