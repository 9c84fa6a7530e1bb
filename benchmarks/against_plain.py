"""This suite against the loops that one writes without it: same films, folds, epochs, networks and wall time.

    python benchmarks/against_plain.py                              # the synthetic sample, 15 minutes in all
    python benchmarks/against_plain.py --films DIR --minutes 15 --seeds 3 --at-once 2 \\
        --out benchmarks/found/nih-64 --results benchmarks/RESULTS.md

The arms, each in a process of its own:

    keras_tuner_random, keras_tuner_hyperband, optuna_tpe     benchmarks/_plain.py
    before                                                     this suite as of --before, in a folder of its own
    now                                                        this suite
    now_no_portfolio                                           this suite, which knows nothing of any films before

Every arm has the same time to search, and the same share of the cores: all of them one after the other, or with
--at-once 2 two arms side by side on half of the cores each, so that what the machine does meets both alike. This
suite is called as a user calls it for the first time, with `--timeout` and the options that it has by itself: each
search has a cache folder of its own, so that it finds out within its time what is fastest here, and its final, with
as many seeds as there is time for, is within it, too. The loops' clock begins once their libraries are loaded, this
suite's before. A configuration counts when all folds have scored it. Afterwards each arm's best is trained on all
folds' films as the arm trains, by benchmarks/_unseen.py, and scored on a hold-out that no arm has seen, nor the
search for the portfolio: benchmarks/_divided.py. Both versions of this suite prepare the films themselves.

--out keeps one small file an arm, task and seed, which stay with the code; what is there is not run again, so that
hours of it can be had in pieces. All else is in --work, and whatever was broken off there begins anew. Either holds
one benchmark, and refuses another. `--only-table` runs nothing.
The tables go to the terminal and, with --results FILE, with machine, versions and the command into their section of a
Markdown file.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from _arms import ARMS, HERE, Films, Job, Limits, searched, with_hold_out
from _divided import plan_of, refuse_another, source_words
from _found import commit_of, of_json, table, told
from _results import KEY, head, heading, kept_key, name_of, write_section
from _spent import measured

from trials.files import write_atomically
from xrays.cores import allowed_cores
from xrays.strict_json import as_json
from xrays.tasks import TASKS

BEFORE = "00824c3"  # the last commit before issue 14, whose "today's build" it is
SHORT_MINUTES = 1.0  # six arms, two tasks, one seed, and the trainings at their ends: a quarter of an hour


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", default="sample", help="what `prepare` takes: a folder or a source's name")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--out", type=Path, default=Path("against_plain/found"), help="what was found")
    parser.add_argument("--work", type=Path, default=Path("against_plain"), help="prepared films, runs, models")
    parser.add_argument("--minutes", type=float, default=SHORT_MINUTES, help="of search an arm, task and seed")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    parser.add_argument("--at-once", type=int, default=1, help="arms side by side, each on its share of the cores")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--only-table", action="store_true")
    parser.add_argument("--results", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.only_table and not (options.out / KEY).exists():
        raise SystemExit(f"--only-table: nothing has run in {options.out}")
    if not options.only_table:
        kept_key(options.work, key_of(options))
    kept = kept_key(options.out, key_of(options))
    if not options.only_table:
        run_all(options, kept["before"])
    everything = [of_json(file) for file in sorted(options.out.glob("*-*.json"))]
    chosen = [one for one in everything if one.seed < options.seeds]
    text = "\n".join(table(chosen, options.tasks, options.arms, options.minutes))
    print(f"\n{text}")
    if options.results:
        write_section(options.results, heading(options), f"{head(options, kept, commit_of(chosen))}\n{text}")


def key_of(options: argparse.Namespace) -> dict[str, Any]:
    """What all results in --out have in common. Which tasks, seeds and arms are there is not of it, nor how many run
    side by side; and what an arm has of the machine matters only where something is run."""
    shape = {name: getattr(options, name) for name in ("size", "minutes", "folds", "epochs")}
    key = {"films": name_of(options.films), **shape, "before": commit(options.before)}
    if options.only_table:
        return key
    return {**key, "cores": len(shares_of(allowed_cores(), options.at_once)[0])}


def commit(word: str) -> str:
    """Its whole name. Raises SystemExit where there is none of that name."""
    words = ["git", "rev-parse", "--verify", "--quiet", f"{word}^{{commit}}"]
    found = subprocess.run(words, cwd=HERE, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(f"--before {word}: {HERE} has no such commit (a whole clone with its history is needed)")
    return found.stdout.strip()


def described() -> str:
    """The commit that is checked out here, with `-dirty` behind it where files of it differ."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    return subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()


def run_all(options: argparse.Namespace, before: str) -> None:
    """Whatever is not there yet, one seed of every arm before the next seed. Raises SystemExit where an arm fails."""
    shares: SimpleQueue[list[int]] = SimpleQueue()
    for share in shares_of(allowed_cores(), options.at_once):
        shares.put(share)
    places = {arm: place_of(arm, options.work, before) for arm in options.arms}
    words, column = source_words(options.films, options.work)
    data = {place: prepared(place, words, options) for place in {HERE, *places.values()}}
    plans = [plan_of(data[HERE], folds=options.folds, seed=seed, column=column) for seed in range(options.seeds)]
    limits, commit_here = Limits(options.minutes, options.epochs), described()

    def run(seed: int, task: str, arm: str) -> None:
        path = options.work.resolve() / f"{task}-{seed}-{arm}"
        file = options.out / f"{path.name}.json"
        if file.exists():
            refuse_another(plans[seed], file.name, of_json(file).plan)
            return
        films = Films(data[places[arm]], data[HERE], plans[seed], column)
        cores = shares.get()
        try:
            job = Job(arm, task, seed, path, places[arm], cores, films, limits)
            if not (path / "search.json").exists():
                ended = replace(searched(job), commit=commit_here, plan=plans[seed].fingerprint)
                write_atomically(path / "search.json", as_json(asdict(ended)).encode())
            found = with_hold_out(of_json(path / "search.json"), job)
        finally:
            shares.put(cores)
        write_atomically(file, as_json(asdict(found)).encode())
        print(told(found), flush=True)

    with ThreadPoolExecutor(options.at_once) as pool:
        list(pool.map(lambda job: run(*job), product(range(options.seeds), options.tasks, options.arms)))


def shares_of(cores: Sequence[int], count: int) -> list[list[int]]:
    """The cores in `count` equal parts; what does not divide is left idle. Raises SystemExit for too many parts."""
    if len(cores) < count:
        raise SystemExit(f"--at-once {count}: there are {len(cores)} cores")
    each = len(cores) // count
    return [list(cores[part * each : (part + 1) * each]) for part in range(count)]


def place_of(arm: str, work: Path, before: str) -> Path:
    """Where the arm's code lies: here, or the suite as of an earlier commit, which is checked out."""
    if arm != "before":
        return HERE
    place = work.resolve() / f"suite-{before[:12]}"
    if not place.exists():
        subprocess.run(["git", "worktree", "add", "--detach", str(place), before], cwd=HERE, check=True)
    return place


def prepared(place: Path, words: Sequence[str], options: argparse.Namespace) -> Path:
    """The films as that version prepares them, made where they are not there yet."""
    path: Path = options.work.resolve() / f"films-{name_of(options.films)}-{options.size}-{place.name}"
    if not (path / "meta.json").exists():
        own = ["--size", str(options.size), "--out", str(path), "--no-audit"]
        measured(["cli.py", "prepare", *words, *own], place, path.with_suffix(".txt"), allowed_cores())
    return path


if __name__ == "__main__":
    main()
