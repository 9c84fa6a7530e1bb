"""This suite against the loops that one writes without it: same films, folds, epochs, networks and wall time.

    python benchmarks/against_plain.py                              # the synthetic sample, 15 minutes in all
    python benchmarks/against_plain.py --data data/nih64 --minutes 15 --seeds 3 --before COMMIT --out results

The arms, each in a process of its own, one after the other, as many cores as there are:

    keras_tuner_random, keras_tuner_hyperband, optuna_tpe     benchmarks/_plain.py
    before                                                     this suite as of --before, in a folder of its own
    now                                                        this suite

Every arm has the same time to search. A configuration counts when all folds have scored it. Afterwards each arm's
best is trained on all folds' films, and scored on a hold-out that none has seen. What is there in --out is not run
again; `--only-table` runs nothing. The table goes to the terminal and, with --results FILE, into a Markdown file with
machine, versions and the command.

The last column: a whole time of search, over that after which `now` had found something as good as that arm's best.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from trials.files import write_atomically
from xrays.cores import usable_cores
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.strict_json import as_json
from xrays.tasks import TASKS, Task, task_named

HERE = Path(__file__).parent.parent
PLAIN = ("keras_tuner_random", "keras_tuner_hyperband", "optuna_tpe")
ARMS = (*PLAIN, "before", "now")
SHORT_MINUTES = 1.2  # five arms, two tasks, one seed, and the trainings at their ends: a quarter of an hour


@dataclass(frozen=True)
class Found:
    """What an arm has found. trials: (seconds, score) of every configuration that all folds have scored, in order;
    begun: configurations; hold_out: the best one's score there; core_seconds: of its processes, the search alone."""

    arm: str
    task: str
    seed: int
    trials: Sequence[tuple[float, float]]
    begun: int
    hold_out: float | None
    core_seconds: float

    def best(self, seconds: float = float("inf")) -> float | None:
        """The best score that it had by then."""
        task = task_named(self.task)
        return min((score for when, score in self.trials if when <= seconds), key=task.loss, default=None)

    def reached(self, score: float) -> float | None:
        """Seconds until it had one as good; None if never."""
        task = task_named(self.task)
        return next((when for when, own in self.trials if task.loss(own) <= task.loss(score)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="prepared films [default: the synthetic sample at 64 px]")
    parser.add_argument("--out", type=Path, default=Path("against_plain"))
    parser.add_argument("--minutes", type=float, default=SHORT_MINUTES, help="of search an arm, task and seed")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--before", default="HEAD", metavar="COMMIT")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--only-table", action="store_true")
    parser.add_argument("--results", type=Path, metavar="FILE")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = options.data or sample(options.out)
    # One seed of every arm before the next seed: what the machine does in the meantime meets all alike.
    for seed in range(options.seeds):
        for task in options.tasks:
            for arm in options.arms:
                path = options.out / f"{task}-{seed}-{arm}"
                if not (path / "found.json").exists() and not options.only_table:
                    found = run(arm, task, seed, path, data.resolve(), options)
                    write_atomically(path / "found.json", as_json(asdict(found)).encode())
                    print(told(found), flush=True)
    everything = [of_json(file) for file in sorted(options.out.glob("*/found.json"))]
    text = "\n".join(table(everything, options.tasks, options.arms, options.minutes))
    print(f"\n{text}")
    if options.results:
        write_atomically(options.results, f"{head(options, data)}\n{text}\n".encode())


def sample(out: Path) -> Path:
    """The synthetic films at 64 px, made where they are not there yet."""
    path = out / "sample64"
    return path if (path / "meta.json").exists() else prepare(layout_of("sample", Order(path)), path, size=64).path


def run(arm: str, task: str, seed: int, path: Path, data: Path, options: argparse.Namespace) -> Found:
    """Searches, and scores what was found."""
    path.mkdir(parents=True, exist_ok=True)
    seconds = 60 * options.minutes
    shape = {"--task": task, "--folds": options.folds, "--epochs": options.epochs, "--seed": seed}
    if arm in PLAIN:
        words = [str(HERE / "benchmarks" / "_plain.py"), arm, str(data), str(path.resolve())]
        spent = measured([*words, *spelled({**shape, "--seconds": seconds})], HERE, path / "log.txt")
        return plain(arm, task, seed, path, spent)
    place = HERE if arm == "now" else checked_out(options.before, options.out)
    runs = path.resolve() / "runs"
    own = {"--data": data, "--runs": runs, "--name": "search", "--split-seed": seed, "--trials": 10**6}
    words = ["cli.py", "search", *spelled({**shape, **own, "--timeout": f"{seconds:.0f}s"}), "--no-ablation"]
    begun = datetime.now(UTC)
    spent = measured(words, place, path / "log.txt")
    found = spelled({"--task": task, "--run": "search", "--runs": runs, "--out": path.resolve() / "best.h5"})
    measured(["cli.py", "export", *found], place, path / "export.txt")
    return suite(arm, task, seed, runs / "search", begun, spent)


def spelled(options: Mapping[str, object]) -> list[str]:
    """As they are typed."""
    return [word for name, value in options.items() for word in (name, str(value))]


def measured(words: Sequence[str], place: Path, log: Path) -> float:
    """Processor seconds of the command, its processes included. Raises SystemExit where it fails."""
    with log.open("w") as out:
        environment = {**os.environ, "PYTHONPATH": str(place)}
        child = subprocess.Popen([sys.executable, *words], cwd=place, stdout=out, stderr=out, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{shlex.join(words)} ended with {child.returncode}: see {log}")
    return usage.ru_utime + usage.ru_stime


def checked_out(commit: str, out: Path) -> Path:
    """The suite as of that commit."""
    place = out.resolve() / f"suite-{commit}"
    if not place.exists():
        subprocess.run(["git", "worktree", "add", "--detach", str(place), commit], cwd=HERE, check=True)
    return place


def plain(arm: str, task: str, seed: int, path: Path, spent: float) -> Found:
    """What benchmarks/_plain.py has written."""
    lines = [json.loads(line) for line in (path / "trials.jsonl").read_text().splitlines()]
    hold_out = json.loads((path / "end.json").read_text())["hold_out"]
    trials = [(line["seconds"], line["score"]) for line in lines]
    return Found(arm, task, seed, trials, len(trials), hold_out, spent)


def suite(arm: str, task: str, seed: int, path: Path, begun: datetime, spent: float) -> Found:
    """What a search has written, of any version: its trials, and what the export has opened."""
    lines = [json.loads(line) for line in (path / "trials.jsonl").read_text().splitlines()]
    objective = task_named(task).objective
    trials = [
        (
            (datetime.fromisoformat(line["finished"]) - begun).total_seconds(),
            statistics.fmean(fold["metrics"][objective] for fold in line["folds"]),
        )
        for line in lines
        if line["state"] == "complete"
    ]
    openings = json.loads((path / "holdout.json").read_text())
    return Found(arm, task, seed, trials, len(lines), openings[-1]["metrics"][objective], spent)


def of_json(file: Path) -> Found:
    """As it was written."""
    fields = json.loads(file.read_text())
    return Found(**{**fields, "trials": [tuple(trial) for trial in fields["trials"]]})


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
        columns = ["arm", *(f"best after {mark:.0f} s" for mark in marks), "hold-out"]
        yield from row([*columns, "configurations an hour", "core-seconds", "`now` as good sooner by"], head=True)
        for arm in arms:
            if of_arm := [one for one in own if one.arm == arm]:
                yield from row(
                    [
                        arm,
                        *(number(middle([one.best(mark) for one in of_arm])) for mark in marks),
                        number(middle([one.hold_out for one in of_arm])),
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
        best = one.best()
        reached = now[one.seed].reached(best) if best is not None and one.seed in now else None
        ratios.append(None if reached is None else seconds / max(reached, 1.0))
    ratio = middle(ratios)
    return "–" if ratio is None or of_arm[0].arm == "now" else f"{ratio:.1f}×"


def head(options: argparse.Namespace, data: Path) -> str:
    """Machine, versions and command."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "keras-tuner", "optuna"))
    words = [word for word in sys.argv[1:] if word != "--only-table"]
    return (
        f"# Against plain loops\n\n{time.strftime('%Y-%m-%d')}, {usable_cores()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, "
        f"{packages}; films of `{data.name}`; medians over {options.seeds} seeds.\n\n"
        f"    python benchmarks/against_plain.py {shlex.join(words)}\n"
    )


if __name__ == "__main__":
    main()
