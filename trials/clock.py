"""How long a search had taken by the clock when each of its trials was over.

    finished_at(store)[17]             # 812.5 seconds

Pauses between the calls of a search do not count, nor does what was trained after it. Of a run without a time sheet
(trials/timesheet.py) the clock runs while some trial is under way, with the pauses of one that was interrupted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

from trials.hours import covered
from trials.records import TrialResult
from trials.store import RunStore
from trials.timesheet import Shift, shifts_of


def finished_at(store: RunStore) -> dict[int, float]:
    """Trial -> seconds, never less than those of a trial that finished before. One that was not trained is over at
    once. Raises DamagedRun."""
    trials, shifts = store.trials(), [shift for shift in shifts_of(store.path) if shift.of == "search"]
    ended = _by_sheet(shifts) if covered(trials, shifts) else _by_records(trials)
    over, reached = dict[int, float](), 0.0
    for trial in trials:
        reached = max(reached, ended.get(trial.number, 0.0))
        over[trial.number] = reached
    return over


def _by_sheet(shifts: Sequence[Shift]) -> Mapping[int, float]:
    ended, before = dict[int, float](), 0.0
    for shift in shifts:
        for stint in shift.stints:
            ended[stint.trial] = max(ended.get(stint.trial, 0.0), before + stint.ended)
        before += shift.seconds
    return ended


def _by_records(trials: Sequence[TrialResult]) -> Mapping[int, float]:
    """Until each was recorded, seconds in which some trial was between its beginning and that."""
    begins, ends, totals, total = list[float](), list[float](), list[float](), 0.0
    for begun, ended in sorted((_moment(one.started), _moment(one.finished)) for one in trials if one.folds):
        if ends and begun <= ends[-1]:
            begun, ended = begins.pop(), max(ends.pop(), ended)
            total = totals.pop()
        begins.append(begun)
        ends.append(ended)
        totals.append(total)
        total += ended - begun
    over = dict[int, float]()
    for one in trials:
        moment = _moment(one.finished)
        place = bisect_right(begins, moment) - 1
        over[one.number] = totals[place] + min(moment, ends[place]) - begins[place] if place >= 0 else 0.0
    return over


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
