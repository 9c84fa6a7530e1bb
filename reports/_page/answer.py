"""The answer of a group in plain words: the best score, the same score without the luck of being picked, and the
hold-out's; what it is better than, and what it cannot be told from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports._drawing.html import Html, join, text
from reports._drawing.metrics import metric_of, objective_of
from reports._drawing.numbers import count, gain
from reports._evidence.groups import Group
from reports._evidence.openings import doubt, lost
from reports._evidence.rows import best, whole
from reports._evidence.winner import winner as best_predictions
from reports._page.cards import UNKNOWN, card, no_card
from reports._page.verdict import correction, correction_line, seed_line, tied_line, tried
from trials.commands import command_for
from trials.lineage import load_lineage, of_hold_out
from trials.records import unbeaten
from trials.score_interval import score_interval
from trials.store import RunStore
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task

Row = Mapping[Hashable, Any]


def answer(group: Group) -> Html:
    """A box with the headline in three numbers, the comparison with every baseline, and the hold-out."""
    rows = group.rows
    winner = best(rows, 1).to_dict("records")
    parts = [_best(group, rows, winner[0]) if winner else _nothing(rows)]
    return Html(f'<div class="answer">{join(parts)}{_holdouts(group)}</div>')


def _nothing(rows: pd.DataFrame) -> Html:
    finished = int((rows["kind"] == "trial").sum())
    shown = f"None of the {finished} finished trials is complete" if finished else "No trial has finished yet"
    return Html(f"<p>{shown}, so there is no score to report.</p>")


def _best(group: Group, rows: pd.DataFrame, winner: Row) -> Html:
    task, metric = group.task, objective_of(group.task)
    number = tried(group)
    # The run's own baseline: with other pixels the linear probe of another run is another one.
    own = rows[rows["kind"] == "baseline"].assign(own=lambda t: t["run"] == winner["run"])
    baselines = own.sort_values("own", ascending=False, kind="stable").drop_duplicates("label").to_dict("records")
    compared = [_against(task, winner, baseline) for baseline in baselines]
    others = join((_other(task, name, winner) for name in task.metrics if name != task.objective), "; ")
    shown = text(metric.with_unit(metric.spread(winner["score"], winner["score_se"])))
    meaning = (
        f"<p>{text(metric.meaning.capitalize())}, reached by {text(winner['name'], 80)}{_in(winner, rows)}: "
        f"{shown}, mean ± standard error over {len(winner['folds'])} folds. {others}. Intervals: how far a score "
        "would move with other patients.</p>"
    )
    export = export_command(group, winner)
    optimistic = _optimistic(number, group.opened, export, independent(group.run(winner["run"])))
    lines = [*compared, correction_line(group, winner), tied_line(group, rows, winner), seed_line(group)]
    return Html(
        f'{_unbeaten(group, winner)}<div class="figures">{_headline(group, winner, number, _smaller(rows))}'
        f"{correction(group, number)}{_on_holdout(group, winner)}</div>{meaning}<p>{optimistic}</p>"
        f"<ul>{join(f'<li>{line}</li>' for line in lines if line)}</ul>"
    )


def _unbeaten(group: Group, winner: Row) -> Html:
    """A warning where no trial is better than what takes no network at all."""
    ahead = unbeaten(winner["score"], group.run(winner["run"]).baselines(), group.task)
    if not ahead:
        return Html("")
    names = " and ".join(f"the {'constant predictor' if own.name == 'constant' else own.name}" for own in ahead)
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
    number = int(((rows["kind"] == "trial") & (rows["planned"] > 0)).sum())
    return f"; {count(number)} more were tried on smaller budgets" if number else ""


def _headline(group: Group, winner: Row, tried: int, smaller: str) -> Html:
    found = best_predictions(group)
    ends = score_interval(group.task, found.truth, found.predicted, found.groups, found.folds) if found else UNKNOWN
    caption = f"in cross-validation, the best of {count(tried)} {'trials' if tried > 1 else 'trial'}{smaller}"
    return card(group.task, winner["score"], ends, text(caption))


def _on_holdout(group: Group, winner: Row) -> Html:
    """The hold-out's score of that trial; others' stand below."""
    own = [opening for opening in group.run(winner["run"]).openings() if opening["trial"] == winner["number"]]
    opened = [opening for opening in own if group.task.objective in opening["metrics"]]
    if not opened:
        return no_card("hold-out: not opened for it")
    last = opened[-1]
    ends = Interval(*last["interval"]) if last.get("interval") else UNKNOWN
    known = f"; <b>{verdict}</b>" if (verdict := doubt(last)) else ""
    caption = Html(f"on the hold-out, which has been opened {times(group.opened)}{known}")
    return card(group.task, last["metrics"][group.task.objective], ends, caption)


def independent(run: RunStore) -> bool | None:
    """Whether the hold-out was new to the run's models, as it was at the last opening or as far as is known before
    the first; None where nobody knows."""
    if opened := run.openings():
        found: bool | None = opened[-1].get("independent")
        return found
    lineage = load_lineage(run)
    return of_hold_out(run, lineage).independent if lineage else None


def _optimistic(tried: int, opened: int, export: Html, independent: bool | None) -> str:
    if independent is False:
        few = "" if tried <= 1 else f"This is the best of {count(tried)} trials on the folds that chose it. "
        return f"{few}No score here is unbiased: films of the hold-out were known before."
    unless = "" if independent else ", if its films were new to the model, which is not known"
    if tried <= 1:
        return f"The hold-out, which {export} opens, has played no part in it{unless}."
    return (
        f"This is the best of {count(tried)} trials on the folds that chose it, so it is optimistic: the more "
        f"trials, the luckier the best. {_unbiased(opened, export, unless)}"
    )


def _unbiased(opened: int, export: Html, unless: str) -> str:
    if not opened:
        return f"An unbiased score comes from the hold-out, which {export} opens{unless}."
    if opened == 1:
        return f"An unbiased score comes from the hold-out, which has been opened once{unless}."
    return f"The hold-out has been opened {times(opened)}: a score picked among those is optimistic too."


def _other(task: Task, name: str, row: Row) -> Html:
    metric, error = metric_of(task, name), row["metrics_sd"][name] / np.sqrt(len(whole(row["folds"])))
    return text(f"{metric.label} {metric.with_unit(metric.spread(row['metrics'][name], error))}")


def _in(winner: Row, rows: pd.DataFrame) -> str:
    return f" ({text(winner['run'])})" if rows["run"].nunique() > 1 else ""


def _against(task: Task, winner: Row, baseline: Row) -> Html:
    name, folds = task.objective, whole(baseline["folds"])
    metric = objective_of(task)
    shown = metric.with_unit(metric.spread(baseline["score"], baseline["score_se"]))
    theirs = {fold.fold: fold.metrics[name] for fold in folds}
    pairs = [(fold.metrics[name], theirs[fold.fold]) for fold in whole(winner["folds"]) if fold.fold in theirs]
    won = sum(task.better(mine, other) for mine, other in pairs)
    title = {"constant": "Constant predictor"}.get(baseline["label"], baseline["label"].capitalize())
    difference = gain(task, winner["score"], baseline["score"])
    return Html(
        f"{text(title)}: {text(shown)}. The best trial has {difference} and is better on {won} of {len(pairs)} folds."
    )


def times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _holdouts(group: Group) -> Html:
    """A line for every run that the hold-out was opened for, and one for all others."""
    opened = [run for run in group.runs if run.openings()]
    lines = [_lost(run, missing) for run in group.runs if (missing := lost(run))]
    lines += [_holdout(group.task, run, group) for run in opened]
    if len(opened) < len(group.runs):
        others = f" for this run, but its films have been opened {times(group.opened)} for others"
        if len(group.runs) - len(opened) > 1:
            others = others.replace("this run", "the other runs" if opened else "these runs")
        named_ = [run.path.name for run in group.runs if run not in opened]
        of = f" of {named_[0]}" if len(group.runs) > 1 and len(named_) == 1 else ""
        lines += [
            Html(
                f'<p class="holdout"><b>Hold-out{text(of)}:</b> not opened{text(others if group.opened else "")}.</p>'
            )
        ]
    return join(lines)


def _lost(run: RunStore, openings: int) -> Html:
    return Html(
        f'<p class="holdout"><b>Record lost:</b> the log beside the films tells that the hold-out was opened '
        f"{text(times(openings))} for {text(run.path.name)}, and its holdout.json does not: the score is gone, "
        "the look counts.</p>"
    )


def _holdout(task: Task, run: RunStore, group: Group) -> Html:
    of = Html(f" of {text(run.path.name)}") if len(group.runs) > 1 else Html("")
    last = run.openings()[-1]
    metrics = [(metric_of(task, name), last["metrics"].get(name)) for name in task.metrics]
    scores = ", ".join(f"{metric.label} {metric.with_unit(metric.value(score))}" for metric, score in metrics)
    films = f" on {last['films']} films" if last.get("films") is not None else ""
    return Html(
        f'<p class="holdout"><b>Hold-out{of}:</b> {text(scores)} (trial {text(last["trial"])}{text(films)}, '
        f"last opened {text(str(last['opened'])[:10])}; its films opened {text(times(group.opened))} in all)."
        f"{_note(last)}</p>"
    )


def _note(opening: Mapping[str, Any]) -> Html:
    """Why the score is not independent, or that nobody knows."""
    if not (verdict := doubt(opening)):
        return Html("")
    why = opening.get("note", "whether these films were new to the model was not recorded")
    return Html(f" <b>{verdict.capitalize()}</b>: {text(why, 2000)}.")
