"""What a run's workers were busy with, by the clock: hours.jsonl, a line for each thing that one did.

    sheet = Timesheet(store.path, "search", slots=2, since=begun)           # begun: of time.monotonic()
    sheet.worked(0, sent, "trained", trial=3, fold=0, compiling=2.1)        # survives a kill from here on
    shifts_of(store.path)                                                   # trials/hours.py adds them up

A call that has workers is a shift. Trials say how long their folds took; only the driver knows what its workers did
between these: they load, wait, and train what nobody wants in the end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from trials.files import append_line
from trials.kept import read_records
from xrays.strict_json import as_json

FILE = "hours.jsonl"
Of = Literal["search", "final", "ablation"]
# How it came out: of what was left nobody has waited for the end, of what was unwanted nobody has used it.
Did = Literal["starting", "measured", "trained", "failed", "died", "unwanted", "left"]


@dataclass(frozen=True)
class Stint:
    """What the worker of a slot did in one piece. begun: seconds after its shift began; seconds: by the driver's
    clock; compiling: of these, making networks and their first steps, where a fold was trained."""

    slot: int
    begun: float
    seconds: float
    did: Did
    trial: int = -1
    fold: int = -1
    compiling: float = 0.0

    @property
    def ended(self) -> float:
        """Seconds after its shift began."""
        return self.begun + self.seconds


@dataclass(frozen=True)
class Shift:
    """A call, from its beginning to where its workers had nothing left to do. began: ISO 8601, UTC; slots: workers;
    before: seconds until the first job could be sent, in which the call was set up; seconds: in all, with these. Of
    a call that was killed they end with what is on record."""

    of: Of
    began: str
    slots: int
    before: float
    seconds: float
    stints: tuple[Stint, ...] = ()


@dataclass(frozen=True)
class _Line:
    """Of hours.jsonl: a shift that begins, a stint of it, or that it has ended after so many seconds."""

    what: Literal["shift", "stint", "end"]
    shift: Shift | None = None
    stint: Stint | None = None
    seconds: float = 0.0


class Timesheet:
    """Of one shift. A class because it is written on while the shift lasts. The caller holds the folder."""

    def __init__(self, run: Path, of: Of, slots: int, since: float) -> None:
        """The first job can be sent now. since: of time.monotonic(), when the call began."""
        self._file, self._since, self._held = run / FILE, since, list[_Line]()
        before = time.monotonic() - since
        began = (datetime.now(UTC) - timedelta(seconds=before)).isoformat(timespec="seconds")
        self._idle = dict.fromkeys(range(slots), time.monotonic())  # since when, by slot
        self._note(_Line("shift", shift=Shift(of, began, slots, _rounded(before), _rounded(before))))

    def ready(self, slot: int, since: float | None) -> None:
        """A worker of the slot has loaded. since: when it was needed, None where no job has waited for it."""
        # Nobody waits for the disk here: a fold is under way.
        self._held.append(self._stint(slot, self._idle[slot] if since is None else since, "starting"))

    def worked(
        self, slot: int, since: float, did: Did, trial: int = -1, fold: int = -1, compiling: float = 0.0
    ) -> None:
        """The slot was busy with that until now. since: of time.monotonic()."""
        self._note(self._stint(slot, since, did, trial, fold, compiling))

    def close(self) -> None:
        """The shift ends now."""
        self._note(_Line("end", seconds=_rounded(time.monotonic() - self._since)))

    def _stint(
        self, slot: int, since: float, did: Did, trial: int = -1, fold: int = -1, compiling: float = 0.0
    ) -> _Line:
        now = self._idle[slot] = time.monotonic()
        stint = Stint(slot, _rounded(since - self._since), _rounded(now - since), did, trial, fold, compiling)
        return _Line("stint", stint=stint)

    def _note(self, line: _Line) -> None:
        for each in (*self._held, line):
            append_line(self._file, as_json({name: value for name, value in vars(each).items() if value}))
        self._held.clear()


def shifts_of(run: Path) -> list[Shift]:
    """In their order; empty for a run that was searched before there were time sheets. Raises DamagedRun."""
    shifts: list[tuple[Shift, list[Stint], float]] = []
    for line in read_records(run / FILE, _Line):
        if line.shift is not None:
            shifts.append((line.shift, [], line.shift.seconds))
        elif shifts:
            shift, stints, seconds = shifts.pop()
            stints += [line.stint] if line.stint else []
            shifts.append((shift, stints, max(seconds, line.stint.ended if line.stint else line.seconds)))
    return [replace(shift, stints=tuple(stints), seconds=seconds) for shift, stints, seconds in shifts]


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
