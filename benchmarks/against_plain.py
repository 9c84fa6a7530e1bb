"""This suite against the loops that one writes without it: same films, folds, epochs, networks and wall time.

    python benchmarks/against_plain.py                              # the synthetic sample, 15 minutes in all
    python benchmarks/against_plain.py --films DIR --minutes 15 --seeds 3 --before COMMIT --at-once 2 \\
        --out against_plain --results benchmarks/RESULTS.md

The arms, each in a process of its own:

    keras_tuner_random, keras_tuner_hyperband, optuna_tpe     benchmarks/_plain.py
    before                                                     this suite as of --before, in a folder of its own
    now                                                        this suite

Every arm has the same time to search, and the same share of the cores: all of them one after the other, or with
--at-once 2 two arms side by side on half of the cores each, so that what the machine does meets both alike. A
configuration counts when all folds have scored it. Afterwards each arm's best is trained on all folds' films, by
benchmarks/_unseen.py in the same way for all arms, and scored on a hold-out that none has seen. Both versions of this
suite prepare the films themselves. What is there in --out is not run again; `--only-table` runs nothing. The table
goes to the terminal and, with --results FILE, into a Markdown file with machine, versions and the command.
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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import product
from pathlib import Path
from queue import SimpleQueue

from _found import Found, of_json, table, told, write_best

from trials.files import write_atomically
from xrays.cores import allowed_cores, usable_cores
from xrays.strict_json import as_json
from xrays.tasks import TASKS, task_named

HERE = Path(__file__).parent.parent
PLAIN = ("keras_tuner_random", "keras_tuner_hyperband", "optuna_tpe")
ARMS = (*PLAIN, "before", "now")
SHORT_MINUTES = 1.2  # five arms, two tasks, one seed, and the trainings at their ends: a quarter of an hour


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", default="sample", help="what `prepare` takes: a folder or a source's name")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--out", type=Path, default=Path("against_plain"))
    parser.add_argument("--minutes", type=float, default=SHORT_MINUTES, help="of search an arm, task and seed")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--before", default="HEAD", metavar="COMMIT")
    parser.add_argument("--at-once", type=int, default=1, help="arms side by side, each on its share of the cores")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--only-table", action="store_true")
    parser.add_argument("--results", type=Path, metavar="FILE")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.only_table:
        run_all(options)
    everything = [of_json(file) for file in sorted(options.out.glob("*/found.json"))]
    text = "\n".join(table(everything, options.tasks, options.arms, options.minutes))
    print(f"\n{text}")
    if options.results:
        write_atomically(options.results, f"{head(options)}\n{text}\n".encode())


def run_all(options: argparse.Namespace) -> None:
    """Whatever is not there yet, one seed of every arm before the next seed. Raises SystemExit where an arm fails."""
    shares: SimpleQueue[list[int]] = SimpleQueue()
    for share in shares_of(allowed_cores(), options.at_once):
        shares.put(share)
    places = {arm: place_of(arm, options) for arm in options.arms}
    data = {place: prepared(place, options) for place in {HERE, *places.values()}}

    def run(seed: int, task: str, arm: str) -> None:
        path = options.out / f"{task}-{seed}-{arm}"
        if (path / "found.json").exists():
            return
        cores = shares.get()
        try:
            if not (path / "search.json").exists():
                ended = search(arm, task, seed, path.resolve(), places[arm], data[places[arm]], cores, options)
                write_atomically(path / "search.json", as_json(asdict(ended)).encode())
            ended = of_json(path / "search.json")
            found = with_hold_out(ended, path.resolve(), data[HERE], cores, options)
        finally:
            shares.put(cores)
        write_atomically(path / "found.json", as_json(asdict(found)).encode())
        print(told(found), flush=True)

    with ThreadPoolExecutor(options.at_once) as pool:
        list(pool.map(lambda job: run(*job), product(range(options.seeds), options.tasks, options.arms)))


def shares_of(cores: Sequence[int], count: int) -> list[list[int]]:
    """The cores in `count` equal parts; what does not divide is left idle. Raises SystemExit for too many parts."""
    if len(cores) < count:
        raise SystemExit(f"--at-once {count}: there are {len(cores)} cores")
    each = len(cores) // count
    return [list(cores[part * each : (part + 1) * each]) for part in range(count)]


def place_of(arm: str, options: argparse.Namespace) -> Path:
    """Where the arm's code lies: here, or the suite as of an earlier commit, which is checked out."""
    if arm != "before":
        return HERE
    place: Path = options.out.resolve() / f"suite-{options.before}"
    if not place.exists():
        subprocess.run(["git", "worktree", "add", "--detach", str(place), options.before], cwd=HERE, check=True)
    return place


def prepared(place: Path, options: argparse.Namespace) -> Path:
    """The films as that version prepares them, made where they are not there yet."""
    path: Path = options.out.resolve() / f"films-{place.name}-{options.size}"
    if not (path / "meta.json").exists():
        films = str(Path(options.films).resolve()) if Path(options.films).is_dir() else options.films
        words = ["cli.py", "prepare", films, "--size", str(options.size), "--out", str(path), "--no-audit"]
        measured(words, place, path.with_suffix(".txt"), allowed_cores())
    return path


def search(
    arm: str, task: str, seed: int, path: Path, place: Path, data: Path, cores: list[int], options: argparse.Namespace
) -> Found:
    """Searches on these cores. What is best goes to best.json, where any configuration is complete."""
    path.mkdir(parents=True, exist_ok=True)
    seconds = 60 * options.minutes
    shape = {"--task": task, "--folds": options.folds, "--epochs": options.epochs, "--seed": seed}
    if arm in PLAIN:
        words = [str(HERE / "benchmarks" / "_plain.py"), arm, str(data), str(path)]
        spent = measured([*words, *spelled({**shape, "--seconds": seconds})], place, path / "log.txt", cores)
        lines = [json.loads(line) for line in (path / "trials.jsonl").read_text().splitlines()]
        trials = [(line["seconds"], line["score"]) for line in lines]
        return Found(arm, task, seed, trials, json.loads((path / "end.json").read_text())["tried"], spent)
    runs = path / "runs"
    own = {"--data": data, "--runs": runs, "--name": "search", "--split-seed": seed, "--trials": 10**6}
    words = ["cli.py", "search", *spelled({**shape, **own, "--timeout": f"{seconds:.0f}s"}), "--no-ablation"]
    begun = datetime.now(UTC)
    spent = measured(words, place, path / "log.txt", cores)
    lines = [json.loads(line) for line in (runs / "search" / "trials.jsonl").read_text().splitlines()]
    complete = [line for line in lines if line["state"] == "complete"]
    if complete:
        # What either version takes for its best, its card says.
        found = spelled({"--task": task, "--run": "search", "--runs": runs, "--out": path / "model.h5"})
        measured(["cli.py", "export", *found], place, path / "export.txt", cores)
        card = json.loads((path / "model.json").read_text())
        write_best(path, card["params"], options.epochs)
    objective = task_named(task).objective
    trials = [
        (
            (datetime.fromisoformat(line["finished"]) - begun).total_seconds(),
            statistics.fmean(fold["metrics"][objective] for fold in line["folds"]),
        )
        for line in complete
    ]
    return Found(arm, task, seed, trials, len(lines), spent)


def with_hold_out(found: Found, path: Path, data: Path, cores: list[int], options: argparse.Namespace) -> Found:
    """With the score there of what it has found, if anything."""
    best, refits = path / "best.json", path / "refits.json"
    if not best.exists():
        return found
    shape = {"--task": found.task, "--folds": options.folds, "--seed": found.seed}
    words = [str(HERE / "benchmarks" / "_unseen.py"), *map(str, (data, best, refits)), *spelled(shape)]
    measured(words, HERE, path / "refits.txt", cores)
    score = json.loads(refits.read_text())
    return replace(found, hold_out=score["mean"], error=score["error"])


def spelled(options: Mapping[str, object]) -> list[str]:
    """As they are typed."""
    return [word for name, value in options.items() for word in (name, str(value))]


def measured(words: Sequence[str], place: Path, log: Path, cores: Sequence[int]) -> float:
    """Processor seconds of the command on these cores, its processes included. Raises SystemExit where it fails."""
    with log.open("w") as out:
        environment = {**os.environ, "PYTHONPATH": str(place)}
        pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), sys.executable, *words]
        child = subprocess.Popen(pinned, cwd=place, stdout=out, stderr=out, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{shlex.join(words)} ended with {child.returncode}: see {log}")
    return usage.ru_utime + usage.ru_stime


def head(options: argparse.Namespace) -> str:
    """Machine, versions and command."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "keras-tuner", "optuna"))
    words = [word for word in sys.argv[1:] if word != "--only-table"]
    cores = usable_cores() // options.at_once
    return (
        f"# Against plain loops\n\n{time.strftime('%Y-%m-%d')}, {cores} core{'s'[: cores != 1]} an arm "
        f"({platform.machine()}), Python {platform.python_version()}, {packages}; {options.size} px, "
        f"{options.folds} folds of {options.epochs} epochs, {options.minutes:g} minutes; "
        f"medians over {options.seeds} seeds.\n\n"
        f"    python benchmarks/against_plain.py {shlex.join(words)}\n"
    )


if __name__ == "__main__":
    main()
