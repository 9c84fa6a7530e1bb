"""What the page says of the hold-out: its score where it was opened, how often, and what a score without it is worth.

[hold_out_card(group, winner), opening_lines(group)]
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

from reports._drawing.html import Html, join, text
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports._evidence.openings import doubt, lost_openings
from reports._page.cards import UNKNOWN, card, no_card
from trials.lineage import load_lineage, of_hold_out
from trials.store import RunStore
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task

Row = Mapping[Hashable, Any]


def hold_out_card(group: Group, winner: Row) -> Html:
    """The hold-out's score of that trial; others' stand below."""
    if not group.films.hold_out().any():
        return no_card("hold-out: there is none")
    if (last := last_opening(group, winner)) is None:
        return no_card("hold-out: not opened for it")
    ends = Interval(*last["interval"]) if last.get("interval") else UNKNOWN
    known = f"; <b>{verdict}</b>" if (verdict := doubt(last)) else ""
    caption = Html(f"on the hold-out{_way(last)}, which has been opened {times(group.opened)}{known}")
    return card(group.task, last["metrics"][group.task.objective], ends, caption)


def last_opening(group: Group, winner: Row) -> Mapping[str, Any] | None:
    """The last one for that trial with a score, None where there is none."""
    of_trial = [opening for opening in group.run(winner["run"]).openings() if opening["trial"] == winner["number"]]
    opened = [opening for opening in of_trial if group.task.objective in opening["metrics"]]
    return opened[-1] if opened else None


def _way(opening: Mapping[str, Any]) -> Html:
    """What was scored, where it is not one network that was trained on all films."""
    way = opening.get("way", "refit")
    return Html("") if way == "refit" else Html(f" by the {text(way)}")


def independent(run: RunStore) -> bool | None:
    """Whether the hold-out was new to the run's models, as it was at the last opening or as far as is known before
    the first; None where nobody knows."""
    if opened := run.openings():
        recorded: bool | None = opened[-1].get("independent")
        return recorded
    lineage = load_lineage(run)
    return of_hold_out(run, lineage).independent if lineage else None


def optimism(tried: int, opened: int, export: Html, independent: bool | None, *, held_out: bool = True) -> str:
    """Why the best score of several is too good, as markup. tried: trials that it was picked from; opened: how often
    the hold-out was; export: the command that opens it; independent: whether its films are new to the model;
    held_out: whether any film was."""
    if not held_out:
        few = "" if tried <= 1 else f"This is the best of {count(tried)} trials on the folds that chose it. "
        return f"{few}Nothing was held out (<code>--holdout 0</code>), so there can be no unbiased score."
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


def times(number: int) -> str:
    """`once`, `3 times`."""
    return "once" if number == 1 else f"{number} times"


def opening_lines(group: Group) -> Html:
    """A line for every run that the hold-out was opened for, and one for all others; of no hold-out that alone."""
    if not group.films.hold_out().any():
        return Html('<p class="holdout"><b>Hold-out:</b> none, all films with a label are in the folds.</p>')
    opened = [run for run in group.runs if run.openings()]
    lines = [_lost(run, missing) for run in group.runs if (missing := lost_openings(run))]
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
    scores = ", ".join(_score(task, name, last) for name in task.metrics)
    films = f" on {last['films']} films" if last.get("films") is not None else ""
    if by_patient := last.get("by_patient"):
        scores += f"; by patient, of {by_patient['patients']}, {_score(task, task.objective, by_patient)}"
    brackets = "in brackets 95 % intervals; " if last.get("intervals") else ""
    what = f"{brackets}trial {text(last['trial'])}{_way(last)}{text(films)}"
    return Html(
        f'<p class="holdout"><b>Hold-out{of}:</b> {text(scores)} ({what}, '
        f"last opened {text(str(last['opened'])[:10])}; its films opened {text(times(group.opened))} in all)."
        f"{_others(last)}{_note(last)}</p>"
    )


def _score(task: Task, name: str, scored: Mapping[str, Any]) -> str:
    """`MAE 9.83 (9.41 to 10.20) years`, in brackets the 95 % interval where it is known."""
    metric, ends = metric_of(task, name), scored.get("intervals", {}).get(name) or UNKNOWN
    return f"{metric.label} {metric.with_unit(metric.within(scored['metrics'].get(name, math.nan), *ends))}"


def _others(opening: Mapping[str, Any]) -> str:
    """Films that were looked at in another hold-out, or by `evaluate`. An opening of before they were
    counted tells of none."""
    number = opening.get("looked_at", 0)
    return (
        f" {count(number)} of these films were in another hold-out that has been opened, or were evaluated."
        if number
        else ""
    )


def _note(opening: Mapping[str, Any]) -> Html:
    """Why the score is not independent, or that nobody knows."""
    if not (verdict := doubt(opening)):
        return Html("")
    why = opening.get("note", "whether these films were new to the model was not recorded")
    return Html(f" <b>{verdict.capitalize()}</b>: {text(why, 2000)}.")
