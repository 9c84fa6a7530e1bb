"""What a report of many trials costs: seconds to build, megabytes, and seconds until a browser has drawn it.

    python benchmarks/report.py [--trials 1000] [--films 10000]

The runs are made up, one a task: two thirds of the trials were stopped by a race, every whole fold has predictions.
Loading libraries is left out of the first time, starting the browser out of the last.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from trials.experiment import Experiment
from trials.records import FoldScore, Trial, TrialResult
from trials.store import Baseline, Films, RunStore
from xrays.metrics import score
from xrays.tasks import TASKS, Task

FOLDS, EPOCHS = 5, 30
BLOCKS = (("depth", (2, 3, 4, 5)), ("filters", (8, 16, 24, 32)), ("activation", ("relu", "gelu")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--films", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = [made_up(Path(folder) / name, task, options.trials, options.films) for name, task in TASKS.items()]
        from reports._page.build import build_report
        from trials.store import RunStore

        build_report([made_up(Path(folder) / "small", TASKS["age"], 30, 200)], Path(folder) / "small.html")  # imports
        for names in (["age"], ["gender"], ["age", "gender"]):
            page = Path(folder) / "report.html"
            start = time.perf_counter()
            build_report([RunStore.open(run.path) for run in runs if run.path.name in names], page)
            spent = time.perf_counter() - start
            drawn = seconds_until_drawn(page)
            print(
                f"{options.trials} trials × {FOLDS} folds of {' and '.join(names)}, {options.films} films: built in "
                f"{spent:.1f} s, {page.stat().st_size / 1e6:.1f} MB, {drawn}",
                flush=True,
            )


def seconds_until_drawn(page: Path) -> str:
    """From the start of loading until the browser is idle: the page's own clock, in a copy that tells it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return "no browser to draw it in"
    told = (
        "<script>addEventListener('load',()=>setTimeout(()=>{document.title='drawn '+performance.now()},0))</script>"
    )
    copy = page.with_name("told.html")
    copy.write_text(page.read_text().replace("</body>", f"{told}</body>"))
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--timeout=30000"]
    with tempfile.TemporaryDirectory() as profile:
        command += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", copy.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r"<title>drawn ([\d.]+)", done.stdout)
    return f"drawn in {float(found[1]) / 1000:.1f} s" if found else "not drawn"


def made_up(path: Path, task: Task, trials: int, films: int) -> RunStore:
    rng = np.random.default_rng(1)
    plan = Films(
        ids=np.arange(films),
        groups=np.array([f"patient {n}" for n in np.sort(rng.integers(0, films // 2, films))]),
        age=rng.integers(18, 90, films).astype(np.float32),
        gender=rng.integers(0, 2, films).astype(np.int8),
        assignment=(rng.integers(0, FOLDS + 1, films) - 1).astype(np.int8)[None],
    )
    experiment = Experiment(
        task=task.name, data="madeup64", plan="madeup", pixels="madeup", size=64, space="cnn", ranges="",
        narrowing=(), weights="", max_parameters=0, backend="tensorflow", runner="optuna", sampler="tpe",
        grid_points=0, pruner="race", folds=FOLDS, epochs=EPOCHS, seed=0, precision="float32",
    )  # fmt: skip
    store = RunStore.create(path, experiment, plan, {"synthetic": True})
    labels, assignment = plan.labels(task), plan.assignment[0]
    constant = np.full(films, np.median(labels), np.float32)
    probe = guess(task, labels, 1.2, rng)
    baselines = {"constant": constant, "linear probe": probe}
    store.save_baselines(
        [Baseline(name, folds_of(task, labels, assignment, made, FOLDS)) for name, made in baselines.items()],
        {name: np.where(assignment >= 0, made, np.nan) for name, made in baselines.items()},
    )
    for number in range(trials):
        made = guess(task, labels, rng.uniform(0.5, 1.5), rng)
        whole = FOLDS if number % 3 == 0 else int(rng.integers(0, FOLDS))
        params = {name: rng.choice(values).item() for name, values in BLOCKS} | {
            "learning_rate": float(10 ** rng.uniform(-4, -2)), "dropout": float(rng.uniform(0, 0.5)),
            **{f"augment_{name}": bool(rng.integers(2)) for name in ("flip", "rotation", "shift", "noise")},
        }  # fmt: skip
        folds = folds_of(task, labels, assignment, made, min(whole + 1, FOLDS))
        folds = tuple(replace(fold, complete=fold.fold < whole) for fold in folds)
        kept = np.where((assignment >= 0) & (assignment < whole), made, np.nan).astype(np.float32)
        if whole:
            np.save(store.path / "oof" / f"{number:05d}.npy", kept)
        stamp = f"2026-01-{1 + number // 1440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00Z"
        trial = Trial(number=number, params=params, recipe=params, planned=EPOCHS, told=number, started=stamp)
        state = "complete" if whole == FOLDS else "pruned"
        result = TrialResult(**vars(trial), state=state, folds=folds, seconds=10.0 * len(folds), finished=stamp)
        store.append(result)
    return store


def guess(
    task: Task, labels: np.ndarray[tuple[int], np.dtype[np.float32]], noise: float, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    error = noise * rng.normal(size=len(labels))
    made = labels + 10 * error if task.kind == "regression" else 1 / (1 + np.exp(-4 * (labels - 0.5) - 2 * error))
    return np.asarray(made, np.float32)


def folds_of(
    task: Task,
    labels: np.ndarray[tuple[int], np.dtype[np.float32]],
    assignment: np.ndarray[tuple[int], np.dtype[np.int8]],
    made: np.ndarray[tuple[int], np.dtype[np.float32]],
    count: int,
) -> tuple[FoldScore, ...]:
    found = []
    for fold in range(count):
        scored = assignment == fold
        metrics = score(task, labels[scored], made[scored])
        end = metrics[task.objective]
        curve = tuple(float(end * (1 + 0.5 * np.exp(-epoch / 8))) for epoch in range(EPOCHS))
        found.append(
            FoldScore(
                fold, metrics, EPOCHS, 10.0, curve, curve,
                parameters=100_000, ms_per_film=0.4, films=int(scored.sum()),
            )
        )  # fmt: skip
    return tuple(found)


if __name__ == "__main__":
    main()
