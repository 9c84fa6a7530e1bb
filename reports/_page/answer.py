"""The answer of a group in plain words: the best score, the same score without the luck of being picked, and the
hold-out's; what it is better than, and what it cannot be told from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from reports._drawing.html import Html, join, text
from reports._drawing.metrics import metric_of, objective_of
from reports._drawing.numbers import count, gain
from reports._evidence.groups import Group
from reports._evidence.rows import complete_folds
from reports._evidence.winner import score_ends
from reports._page.cards import card
from reports._page.hold_out import hold_out_card, independent, opening_lines, optimism
from reports._page.verdict import candidate_count, correction, correction_line, seed_line, tied_line
from trials.best import best_trials
from trials.commands import command_for
from trials.records import unbeaten
from xrays.tasks import Task

Row = Mapping[Hashable, Any]


def answer(group: Group) -> Html:
    """A box with the headline in three numbers, the comparison with every baseline, and the hold-out."""
    rows = group.rows
    winner = best_trials(rows, 1).to_dict("records")
    parts = [_best(group, rows, winner[0]) if winner else _nothing(rows)]
    return Html(f'<div class="answer" id="{group.slug}-answer">{join(parts)}{opening_lines(group)}</div>')


def _nothing(rows: pd.DataFrame) -> Html:
    finished = int((rows["kind"] == "trial").sum())
    shown = f"None of the {finished} finished trials is complete" if finished else "No trial has finished yet"
    return Html(f"<p>{shown}, so there is no score to report.</p>")


def _best(group: Group, rows: pd.DataFrame, winner: Row) -> Html:
    task, metric = group.task, objective_of(group.task)
    number = candidate_count(group)
    # The run's own baseline: with other pixels the linear probe of another run is another one.
    own = rows[rows["kind"] == "baseline"].assign(own=lambda t: t["run"] == winner["run"])
    baselines = own.sort_values("own", ascending=False, kind="stable").drop_duplicates("label").to_dict("records")
    compared = [_against(task, winner, baseline) for baseline in baselines]
    others = join((_other(task, name, winner) for name in task.metrics if name != task.objective), "; ")
    shown = text(metric.with_unit(metric.spread(winner["score"], winner["score_se"])))
    meaning = (
        f"<p>{text(metric.meaning.capitalize())}, reached by {text(winner['name'], 80)}{_in(winner, rows)}: "
        f"{shown}, mean ± standard error over {len(winner['folds'])} folds{_dealt(group)}"
        f"{_seeds(winner)}. {others}. Intervals: how far a score would move with other patients.</p>"
    )
    export = export_command(group, winner)
    held_out = bool(group.films.hold_out().any())
    new = independent(group.run(winner["run"]))
    optimistic = optimism(number, group.opened, export, new, held_out=held_out)
    lines = [*compared, correction_line(group, winner), tied_line(group), seed_line(group)]
    return Html(
        f'{_unbeaten(group, winner)}<div class="figures">{_headline(group, winner, number, _smaller(rows))}'
        f"{correction(group, number)}{hold_out_card(group, winner)}</div>{meaning}<p>{optimistic}</p>"
        f"<ul>{join(f'<li>{line}</li>' for line in lines if line)}</ul>"
    )


def _dealt(group: Group) -> str:
    """That the folds of several repeats are no more films."""
    times = group.runs[0].experiment.repeats
    films = int(group.films.scored(group.task)[0].sum())
    return f": the same {count(films)} films, dealt {count(times)} times" if times > 1 else ""


def _seeds(winner: Row) -> str:
    """That it is a finalist, and what the score is then."""
    seeds = len(winner["seeds"])
    return (
        f", each the mean of {seeds} seeds: its own, and {seeds - 1} that had no part in bringing it here"
        if seeds
        else ""
    )


def _unbeaten(group: Group, winner: Row) -> Html:
    """A warning where no trial is better than what takes no network at all."""
    ahead = unbeaten(winner["score"], group.run(winner["run"]).baselines(), group.task)
    if not ahead:
        return Html("")
    names = " and ".join(
        f"the {'constant predictor' if baseline.name == 'constant' else baseline.name}" for baseline in ahead
    )
    return Html(
        f'<p class="banner" role="note"><strong>No trial beats {text(names)}.</strong> The search has not found a '
        "network that has learnt more from these films: it may need more trials, more epochs (curves show whether "
        "training was over) or more films.</p>"
    )


def export_command(group: Group, winner: Row) -> Html:
    """What exports that trial's run, as it must be typed."""
    return Html(f"<code>{text(command_for(group.run(winner['run']), 'export', task=group.task.name))}</code>")


def _smaller(rows: pd.DataFrame) -> str:
    """Those that a search like hyperband tried on a part of the budget: none of them could have been picked."""
    number = int(((rows["kind"] == "trial") & (rows["reduced"] > 0)).sum())
    return f"; {count(number)} more were tried on smaller budgets" if number else ""


def _headline(group: Group, winner: Row, candidates: int, smaller: str) -> Html:
    caption = (
        f"in {'a stress test' if group.splits.stress else 'cross-validation'}, the best of {count(candidates)} "
        f"{'trials' if candidates > 1 else 'trial'}{smaller}"
    )
    seeds = f", mean of {len(winner['seeds'])} seeds" if winner["seeds"] else ""
    return card(group.task, winner["score"], score_ends(group), text(caption + seeds))


def _other(task: Task, name: str, row: Row) -> Html:
    metric, error = metric_of(task, name), row["metrics_se"][name]
    return text(f"{metric.label} {metric.with_unit(metric.spread(row['metrics'][name], error))}")


def _in(winner: Row, rows: pd.DataFrame) -> str:
    return f" ({text(winner['run'])})" if rows["run"].nunique() > 1 else ""


def _against(task: Task, winner: Row, baseline: Row) -> Html:
    name, folds = task.objective, complete_folds(baseline["folds"])
    metric = objective_of(task)
    shown = metric.with_unit(metric.spread(baseline["score"], baseline["score_se"]))
    theirs = {fold.fold: fold.metrics[name] for fold in folds}
    pairs = [
        (fold.metrics[name], theirs[fold.fold]) for fold in complete_folds(winner["folds"]) if fold.fold in theirs
    ]
    won = sum(task.better(mine, other) for mine, other in pairs)
    title = {"constant": "Constant predictor"}.get(baseline["label"], baseline["label"].capitalize())
    difference = gain(task, winner["score"], baseline["score"])
    return Html(
        f"{text(title)}: {text(shown)}. The best trial has {difference} and is better on {won} of {len(pairs)} folds."
    )
