"""What the arms of benchmarks/against_plain.py have found, and the table of it.

found = of_json(file)
found.best(60), found.reached(10.5)     # the best score after a minute, seconds until one as good as that
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.files import write_atomically
from xrays.strict_json import as_json
from xrays.tasks import Task, task_named


@dataclass(frozen=True)
class Found:
    """What an arm has found. trials: (seconds, score) of every configuration that all folds have scored, in order;
    begun: configurations, stopped ones too; core_seconds: of its processes, the search alone; hold_out: the best
    one's score there, the mean of several trainings; error: its standard error over the films."""

    arm: str
    task: str
    seed: int
    trials: Sequence[tuple[float, float]]
    begun: int
    core_seconds: float
    hold_out: float | None = None
    error: float | None = None

    def best(self, seconds: float = float("inf")) -> float | None:
        """The best score that it had by then."""
        task = task_named(self.task)
        return min((score for when, score in self.trials if when <= seconds), key=task.loss, default=None)

    def reached(self, score: float) -> float | None:
        """Seconds until it had one as good; None if never."""
        task = task_named(self.task)
        return next((when for when, own in self.trials if task.loss(own) <= task.loss(score)), None)


def of_json(file: Path) -> Found:
    """As it was written."""
    fields = json.loads(file.read_text())
    return Found(**{**fields, "trials": [tuple(trial) for trial in fields["trials"]]})


def write_best(folder: Path, params: Mapping[str, Any], epochs: int) -> None:
    """What an arm has found and for how many epochs it is trained, for benchmarks/_unseen.py."""
    write_atomically(folder / "best.json", as_json({"params": dict(params), "epochs": epochs}).encode())


def told(found: Found) -> str:
    """A line."""
    return (
        f"{found.task:6} seed {found.seed} {found.arm:22} {found.begun:4d} configurations, "
        f"best {number(found.best())}, hold-out {number(found.hold_out)}, {found.core_seconds:.0f} core-seconds"
    )


def number(value: float | None, digits: int = 3) -> str:
    """A dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def middle(values: Sequence[float | None]) -> float | None:
    """The median; None where one is missing."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def table(found: Sequence[Found], tasks: Sequence[str], arms: Sequence[str], minutes: float) -> Iterator[str]:
    """Medians over the seeds, a table a task."""
    marks = [minutes * 60 * share for share in (1 / 15, 1 / 3, 1)]
    for name in tasks:
        task, own = task_named(name), [one for one in found if one.task == name]
        yield f"**{name}** ({task.objective}, {'less' if task.direction == 'min' else 'more'} is better)\n"
        columns = ["arm", *(f"best after {mark:.0f} s" for mark in marks), "hold-out", "of each seed"]
        yield from row([*columns, "configurations an hour", "core-seconds", "`now` as good sooner by"], head=True)
        for arm in arms:
            if of_arm := [one for one in own if one.arm == arm]:
                yield from row(
                    [
                        arm,
                        *(number(middle([one.best(mark) for one in of_arm])) for mark in marks),
                        number(middle([one.hold_out for one in of_arm])),
                        ", ".join(f"{number(one.hold_out)} ± {number(one.error)}" for one in of_arm),
                        f"{statistics.median(one.begun for one in of_arm) * 60 / minutes:.0f}",
                        f"{statistics.median(one.core_seconds for one in of_arm):.0f}",
                        sooner(task, of_arm, own, minutes * 60),
                    ]
                )
        yield ""


def row(cells: Sequence[str], head: bool = False) -> Iterator[str]:
    """Of a Markdown table."""
    yield f"| {' | '.join(cells)} |"
    if head:
        yield f"|{' --- |' * len(cells)}"


def sooner(task: Task, of_arm: Sequence[Found], own: Sequence[Found], seconds: float) -> str:
    """The median over the seeds of the arm's whole time by the time that `now` takes to the arm's best."""
    now = {one.seed: one for one in own if one.arm == "now"}
    ratios = []
    for one in of_arm:
        best = one.best(seconds)
        reached = now[one.seed].reached(best) if best is not None and one.seed in now else None
        ratios.append(None if reached is None else seconds / max(reached, 1.0))
    ratio = middle(ratios)
    return "–" if ratio is None or of_arm[0].arm == "now" else f"{ratio:.1f}×"
