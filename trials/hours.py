"""Where the time of a run's workers went, so that it adds up: workers × the clock, by what it was for.

    hours = hours_of(store)
    hours.seconds["stopped trials"], sum(hours.seconds.values()) == hours.workers * hours.clock

A run with a time sheet (trials/timesheet.py) says it all. Of one without it the folds say how long they were trained,
networks being made included; what workers did otherwise is on no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trials.ablation import arm_parts
from trials.records import TrialResult
from trials.seeds import seed_parts
from trials.store import RunStore
from trials.timesheet import Shift, Stint, shifts_of

# In the order in which they are shown.
COMPLETE, STOPPED, PARTIAL, FAILED = "complete trials", "stopped trials", "partial trials", "failed trials"
UNFINISHED, UNUSED = "unfinished trials", "work that was lost"
FINAL, ABLATION = "final", "ablation"
SETTING_UP, STARTING, COMPILING, MEASURING = "setting up", "starting workers", "making networks", "measuring"
WAITING = "waiting"
PARTS = (
    COMPLETE, STOPPED, PARTIAL, FAILED, UNFINISHED, UNUSED, FINAL, ABLATION, COMPILING, STARTING, MEASURING,
    SETTING_UP, WAITING,
)  # fmt: skip
STATES = {"complete": COMPLETE, "pruned": STOPPED, "failed": FAILED}


@dataclass(frozen=True)
class Hours:
    """seconds: of one worker, by PARTS, without those that have none; clock: seconds in which there were workers, NaN
    where no time sheet has all that was trained; workers: at most at once, 0 then: what they did when they trained
    nothing is not known; cores: threads that each of them has."""

    seconds: Mapping[str, float]
    clock: float
    workers: int
    cores: int


def hours_of(store: RunStore) -> Hours:
    """Raises DamagedRun."""
    trials, shifts = store.trials(), shifts_of(store.path)
    cores = max((fold.threads for trial in trials for fold in trial.folds), default=1) or 1
    states = {trial.number: _state(store, trial) for trial in trials}
    if not covered(trials, shifts):
        return Hours(_of_folds(store, states), float("nan"), 0, cores)
    spent = dict.fromkeys(PARTS, 0.0)
    used = used_stints(trials, shifts)
    for shift in shifts:
        for stint in shift.stints:
            spent[COMPILING] += stint.compiling
            spent[_part(shift, stint, states, used)] += stint.seconds - stint.compiling
        spent[SETTING_UP] += shift.slots * shift.before
        rest = shift.slots * (shift.seconds - shift.before) - sum(stint.seconds for stint in shift.stints)
        spent[WAITING] += max(0.0, rest)  # times are rounded
    seconds = {part: value for part, value in spent.items() if value}
    clock = sum(shift.seconds for shift in shifts)
    return Hours(seconds, clock, max(shift.slots for shift in shifts), cores)


def _part(shift: Shift, stint: Stint, states: Mapping[int, str], used: Mapping[tuple[int, int], Stint]) -> str:
    if stint.did in ("starting", "measured"):
        return STARTING if stint.did == "starting" else MEASURING
    if shift.of != "search":
        return (FINAL if shift.of == "final" else ABLATION) if stint.did == "trained" else UNUSED
    if states.get(stint.trial) == FAILED:
        return FAILED
    if stint.did != "trained":
        return UNUSED
    if stint.trial not in states:
        return UNFINISHED
    return states[stint.trial] if used.get((stint.trial, stint.fold)) is stint else UNUSED


def _state(store: RunStore, trial: TrialResult) -> str:
    if trial.max_epochs < store.experiment.epochs and trial.state == "pruned":
        return PARTIAL
    return STATES.get(trial.state, UNUSED)


def used_stints(trials: Sequence[TrialResult], shifts: Sequence[Shift]) -> dict[tuple[int, int], Stint]:
    """(trial, fold) -> the stint of a search that it is of, the last where it was trained again."""
    wanted = {(trial.number, fold.fold) for trial in trials for fold in trial.folds}
    trained = {
        (stint.trial, stint.fold): stint
        for shift in shifts
        for stint in shift.stints
        if shift.of == "search" and stint.did == "trained"
    }
    return {key: stint for key, stint in trained.items() if key in wanted}


def covered(trials: Sequence[TrialResult], shifts: Sequence[Shift]) -> bool:
    """Whether the time sheet has what was trained: a run may have been begun before there were any. A fold is kept
    before its line, so that whoever kills a call may leave some without."""
    folds = sum(len(trial.folds) for trial in trials)
    slots = sum(shift.slots for shift in shifts if shift.of == "search")
    return slots > 0 and folds - len(used_stints(trials, shifts)) <= slots


def _of_folds(store: RunStore, states: Mapping[int, str]) -> dict[str, float]:
    spent = dict.fromkeys(PARTS, 0.0)
    for trial in store.trials():
        spent[states[trial.number]] += sum(fold.seconds for fold in trial.folds)
    for part, parts in ((FINAL, seed_parts(store.path)), (ABLATION, arm_parts(store.path))):
        spent[part] += sum(one.score.seconds for one in parts if one.score is not None)
    return {part: value for part, value in spent.items() if value}
