"""What the arms of benchmarks/against_plain.py have found, and the tables of it.

found = of_json(file)
found.best(60), found.reached(10.5)     # the best score after a minute; seconds and core-seconds until one as good
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from pathlib import Path
from typing import Any

from trials.files import write_atomically
from xrays.strict_json import as_json
from xrays.tasks import task_named

NEVER = (math.inf, math.inf)
SOONER = ("now", "now_no_portfolio")  # arms that all others are held against


@dataclass(frozen=True)
class Found:
    """What an arm has found. trials: (seconds, core-seconds, score) of every configuration that all folds have
    scored, in order, both from the start of its first process; begun: configurations, stopped ones too; core_seconds:
    of its processes, the search alone; hold_out: the best one's score there, the mean of several trainings; error:
    its standard error over the films; films: the score of each there, averaged over the trainings; commit: that the
    benchmark was at; plan: fingerprint of how the films were divided."""

    arm: str
    task: str
    seed: int
    trials: Sequence[tuple[float, float, float]]
    begun: int
    core_seconds: float
    hold_out: float | None = None
    error: float | None = None
    films: Sequence[float] = ()
    commit: str = ""
    plan: str = ""

    def best(self, seconds: float = math.inf) -> float | None:
        """The best score that it had by then."""
        task = task_named(self.task)
        return min((score for when, _, score in self.trials if when <= seconds), key=task.loss, default=None)

    def reached(self, score: float | None) -> tuple[float, float]:
        """Seconds and core-seconds until it had one as good; NEVER if it had none."""
        task = task_named(self.task)
        if score is None:
            return NEVER
        return next(((when, spent) for when, spent, own in self.trials if task.loss(own) <= task.loss(score)), NEVER)


def of_json(file: Path) -> Found:
    """As it was written."""
    fields = json.loads(file.read_text())
    return Found(**{**fields, "trials": [tuple(trial) for trial in fields["trials"]]})


def commit_of(found: Sequence[Found]) -> str:
    """Of this suite, as it is now. Raises SystemExit where its arms ran in several, which are no one suite."""
    commits = sorted({one.commit for one in found if one.arm in SOONER})
    if len(commits) > 1:
        raise SystemExit(f"{' and '.join(SOONER)} ran at several commits, {', '.join(commits)}: remove some")
    return commits[0] if commits else "none"


def write_best(folder: Path, params: Mapping[str, Any], epochs: int, precision: str = "float32") -> None:
    """What an arm has found, for how many epochs and in which precision it is trained, for benchmarks/_unseen.py."""
    best = {"params": dict(params), "epochs": epochs, "precision": precision}
    write_atomically(folder / "best.json", as_json(best).encode())


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
    """Medians over the seeds, two tables a task: scores, and what they took."""
    seconds = minutes * 60
    for name in tasks:
        task, own = task_named(name), [one for one in found if one.task == name]
        by_arm = {arm: of_arm for arm in arms if (of_arm := [one for one in own if one.arm == arm])}
        yield f"**{name}** ({task.objective}, {'less' if task.direction == 'min' else 'more'} is better)\n"
        yield from _scores(by_arm, seconds)
        yield ""
        yield from _effort(by_arm, seconds)
        yield ""


def _scores(by_arm: Mapping[str, Sequence[Found]], seconds: float) -> Iterator[str]:
    marks = [seconds * share for share in (1 / 15, 1 / 3, 1)]
    best = [f"best after {mark:.0f} s" for mark in marks]
    yield from row(["arm", *best, "hold-out", "of each seed", "less `now`, film by film"], head=True)
    for arm, of_arm in by_arm.items():
        yield from row(
            [
                arm,
                *(number(middle([one.best(mark) for one in of_arm])) for mark in marks),
                number(middle([one.hold_out for one in of_arm])),
                ", ".join(
                    "–" if one.hold_out is None else f"{one.hold_out:.3f} ± {number(one.error)}" for one in of_arm
                ),
                less(of_arm, by_arm.get("now", ())),
            ]
        )


def less(of_arm: Sequence[Found], theirs: Sequence[Found]) -> str:
    """By how much the arm's score on the hold-out is above the other's, film by film, in the seeds that both have:
    the mean, and its standard error over the films, which are to be the same in all seeds."""
    other = {one.seed: one.films for one in theirs if one.films}
    pairs = [(one.films, other[one.seed]) for one in of_arm if one.films and one.seed in other]
    if len({len(films) for pair in pairs for films in pair}) != 1 or of_arm[0].arm in {one.arm for one in theirs}:
        return "–"
    each = [statistics.fmean(differences) for differences in zip(*(map(sub, *pair) for pair in pairs), strict=True)]
    return f"{statistics.fmean(each):+.3f} ± {statistics.stdev(each) / math.sqrt(len(each)):.3f}"


def _effort(by_arm: Mapping[str, Sequence[Found]], seconds: float) -> Iterator[str]:
    columns = ["arm", "configurations an hour", "core-seconds", "until its best", "until `before`'s best"]
    yield from row([*columns, *(f"`{arm}` as good sooner by" for arm in SOONER)], head=True)
    before = {one.seed: one.best(seconds) for one in by_arm.get("before", ())}
    for arm, of_arm in by_arm.items():
        yield from row(
            [
                arm,
                f"{statistics.median(one.begun for one in of_arm) * 3600 / seconds:.0f}",
                f"{statistics.median(one.core_seconds for one in of_arm):.0f}",
                _core_seconds(of_arm, lambda one: one.best(seconds)),
                _core_seconds(of_arm, lambda one: before.get(one.seed)),
                *(sooner(of_arm, by_arm.get(other, ()), seconds) for other in SOONER),
            ]
        )


def _core_seconds(of_arm: Sequence[Found], score: Callable[[Found], float | None]) -> str:
    """The median over the seeds that there is such a score of, of what it took to reach it."""
    wanted = [(one, score(one)) for one in of_arm]
    taken = [one.reached(best)[1] for one, best in wanted if best is not None]
    if not taken:
        return "–"
    found = statistics.median(taken)
    return f"{found:.0f}" if math.isfinite(found) else "never"


def row(cells: Sequence[str], head: bool = False) -> Iterator[str]:
    """Of a Markdown table."""
    yield f"| {' | '.join(cells)} |"
    if head:
        yield f"|{' --- |' * len(cells)}"


def sooner(of_arm: Sequence[Found], theirs: Sequence[Found], seconds: float) -> str:
    """The median over the seeds of both of the arm's whole time by the time that the other arm takes to its best; a
    seed in which it never gets there counts as infinitely long."""
    other = {one.seed: one for one in theirs}
    if not of_arm or of_arm[0].arm in {one.arm for one in theirs}:
        return "–"
    wanted = [(one.seed, one.best(seconds)) for one in of_arm if one.seed in other]
    ratios = [seconds / max(other[seed].reached(best)[0], 1.0) for seed, best in wanted if best is not None]
    if not ratios:
        return "–"
    ratio = statistics.median(ratios)
    return f"{ratio:.1f}×" if ratio else "never"
