"""The answer as a table: the best score in cross-validation, without the luck of being picked, and on the hold-out.

(table,) = scores(group)            # none where no trial is complete
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from reports._drawing.metrics import metric_of
from reports._drawing.numbers import MISSING, count
from reports._evidence.groups import Group
from reports._evidence.openings import doubt
from reports._evidence.winner import score_ends
from reports._page.cards import UNKNOWN
from reports._page.hold_out import last_opening, times
from reports._page.verdict import candidate_count
from reports._paper.table import PaperTable
from trials.best import best_trials

Row = Mapping[Hashable, Any]

NOTE = (
    "In brackets 95 % intervals over patients; ± is the standard error over folds. The score in cross-validation is "
    "that of the trial which it chose, and so is optimistic; the corrected one is what such a choice scores on "
    "patients who had no part in it."
)


def scores(group: Group) -> Iterator[PaperTable]:
    """A row an estimate, a column a metric."""
    for winner in best_trials(group.rows, 1).to_dict("records"):
        metrics = [metric_of(group.task, name).heading for name in group.task.metrics]
        rows = [_cross_validated(group, winner), *_corrected(group), *_held_out(group, winner)]
        caption = f"Scores of {winner['name']}, the best of {count(candidate_count(group))}."
        yield PaperTable("scores", caption, ("Estimate", "Films", *metrics), tuple(rows), (NOTE,))


def _cross_validated(group: Group, winner: Row) -> tuple[str, ...]:
    shown = {
        name: metric_of(group.task, name).spread(winner["metrics"][name], winner["metrics_se"][name])
        for name in group.task.metrics
    }
    objective, ends = group.task.objective, score_ends(group)
    if not math.isnan(ends.low):
        shown[objective] = metric_of(group.task, objective).within(winner["score"], *ends)
    films = count(int(group.films.scored(group.task)[0].sum()))
    seeds = f", mean of {len(winner['seeds'])} seeds" if winner["seeds"] else ""
    return f"{'Stress test' if group.splits.stress else 'Cross-validation'}{seeds}", films, *shown.values()


def _corrected(group: Group) -> Iterator[tuple[str, ...]]:
    choice, task = group.choice, group.task
    if choice is None or math.isnan(choice.corrected) or candidate_count(group) <= 1:
        return
    shown = metric_of(task, task.objective).within(choice.corrected, *choice.interval)
    cells = (shown if name == task.objective else MISSING for name in task.metrics)
    yield f"Corrected for picking the best of {count(choice.among)}", MISSING, *cells


def _held_out(group: Group, winner: Row) -> Iterator[tuple[str, ...]]:
    if not group.films.hold_out().any():
        return
    last = last_opening(group, winner)
    if last is None:
        yield "Hold-out, not opened for this trial", MISSING, *[MISSING] * len(group.task.metrics)
        return
    # Openings of before every metric had one have that of the objective.
    ends = {group.task.objective: last.get("interval"), **last.get("intervals", {})}
    cells = (
        metric_of(group.task, name).within(last["metrics"].get(name, math.nan), *(ends.get(name) or UNKNOWN))
        for name in group.task.metrics
    )
    known = f", {verdict}" if (verdict := doubt(last)) else ""
    way = last.get("way", "refit")
    by = "" if way == "refit" else f" by the {way}"
    yield f"Hold-out{by}, opened {times(group.opened)}{known}", count(last["films"]), *cells
