"""One search of one arm of benchmarks/against_plain.py, in processes of its own, and its best on the hold-out.

job = Job("now", "age", seed=0, path=out / "age-0-now", place=HERE, cores=[0, 1], films=films, limits=limits)
found = with_hold_out(searched(job), job)
"""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from _divided import refuse_another
from _found import Found, write_best
from _spent import Spent, measured

from xrays.folds import FoldPlan
from xrays.tasks import task_named

HERE = Path(__file__).parent.parent
PLAIN = ("keras_tuner_random", "keras_tuner_hyperband", "optuna_tpe")
OWN: Mapping[str, tuple[str, ...]] = {"before": (), "now": (), "now_no_portfolio": ("--no-portfolio",)}
ARMS = (*PLAIN, *OWN)


@dataclass(frozen=True)
class Films:
    """prepared: as the arm's version prepares them; here: as this one does; plan: of the seed, for all arms; column:
    that says what is held out, "" for none."""

    prepared: Path
    here: Path
    plan: FoldPlan
    column: str


@dataclass(frozen=True)
class Limits:
    """minutes: of search; epochs: of a fold."""

    minutes: float
    epochs: int


@dataclass(frozen=True)
class Job:
    """path: of its own files; place: where the arm's code lies; cores: that it may use."""

    arm: str
    task: str
    seed: int
    path: Path
    place: Path
    cores: Sequence[int]
    films: Films
    limits: Limits

    def shape(self) -> dict[str, object]:
        """What all scripts are told of it."""
        column = {"--split": self.films.column} if self.films.column else {}
        return {"--task": self.task, "--folds": self.films.plan.folds, "--seed": self.seed, **column}


def searched(job: Job) -> Found:
    """Searches anew. What is best goes to best.json, where any configuration is complete. Raises SystemExit where the
    search fails, or has divided the films otherwise than it was to."""
    shutil.rmtree(job.path, ignore_errors=True)  # of one that was broken off: its clock stands
    job.path.mkdir(parents=True)
    return _plain(job) if job.arm in PLAIN else _own(job)


def _plain(job: Job) -> Found:
    script = HERE / "benchmarks" / "_plain.py"
    limits = {"--epochs": job.limits.epochs, "--seconds": 60 * job.limits.minutes}
    words = [str(script), job.arm, str(job.films.prepared), str(job.path), *spelled({**job.shape(), **limits})]
    spent = measured(words, job.place, job.path / "log.txt", job.cores)
    end = json.loads((job.path / "end.json").read_text())
    refuse_another(job.films.plan, job.arm, end["plan"])
    scores = [(line["finished"], line["score"]) for line in lines_of(job.path / "trials.jsonl")]
    return _found(job, scores, end["tried"], spent)


def _own(job: Job) -> Found:
    runs = job.path / "runs"
    run = runs / "search"
    own = {"--data": job.films.prepared, "--runs": runs, "--name": run.name, "--split-seed": job.seed}
    limits = {"--epochs": job.limits.epochs, "--timeout": f"{60 * job.limits.minutes:.0f}s", "--trials": 10**6}
    words = ["cli.py", "search", *spelled({**job.shape(), **own, **limits}), "--no-ablation", *OWN[job.arm]]
    spent = measured(words, job.place, job.path / "log.txt", job.cores)
    experiment: dict[str, Any] = json.loads((run / "experiment.json").read_text())["experiment"]
    refuse_another(job.films.plan, job.arm, experiment["plan"])
    trials = lines_of(run / "trials.jsonl")
    complete = [line for line in trials if line["state"] == "complete"]
    if complete:
        # What either version takes for its best, its card says.
        found = spelled({"--task": job.task, "--run": run.name, "--runs": runs, "--out": job.path / "model.h5"})
        measured(["cli.py", "export", *found], job.place, job.path / "export.txt", job.cores)
        card = json.loads((job.path / "model.json").read_text())
        write_best(job.path, card["params"], job.limits.epochs, experiment["precision"])
    objective = task_named(job.task).objective
    scores = [
        (line["finished"], statistics.fmean(fold["metrics"][objective] for fold in line["folds"]))
        for line in complete
    ]
    return _found(job, scores, len(trials), spent)


def _found(job: Job, scores: Sequence[tuple[str, float]], begun: int, spent: Spent) -> Found:
    """scores: with the moment of each, in order."""
    trials = []
    for finished, score in scores:
        seconds = datetime.fromisoformat(finished).timestamp() - spent.begun
        trials.append((round(seconds, 3), round(spent.until(seconds), 3), score))
    return Found(job.arm, job.task, job.seed, trials, begun, spent.core_seconds)


def with_hold_out(found: Found, job: Job) -> Found:
    """With the score there of what it has found, if anything."""
    best, refits = job.path / "best.json", job.path / "refits.json"
    if not best.exists():
        return found
    script = HERE / "benchmarks" / "_unseen.py"
    loop = ["--loop"] if job.arm in PLAIN else []
    words = [str(script), *map(str, (job.films.here, best, refits)), *spelled(job.shape()), *loop]
    measured(words, HERE, job.path / "refits.txt", job.cores)
    score = json.loads(refits.read_text())
    refuse_another(job.films.plan, f"{script.name} of {job.arm}", score["plan"])
    return replace(found, hold_out=score["mean"], error=score["error"], films=score["films"])


def lines_of(file: Path) -> list[dict[str, Any]]:
    """Of a file with an object a line; none of one that is not there, since nothing has come to its end."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def spelled(options: Mapping[str, object]) -> list[str]:
    """As they are typed."""
    return [word for name, value in options.items() for word in (name, str(value))]
