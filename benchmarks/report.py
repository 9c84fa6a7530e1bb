"""What a report of many trials costs: seconds to build, megabytes, and seconds until a browser shows it.

    python benchmarks/report.py [--trials 1000] [--films 10000]

The runs are made up, one a task: two thirds of the trials were stopped by a race, every whole fold has predictions.
Loading libraries is left out of the first time, starting the browser out of the others: until the page is loaded and
answers the reader, and until the plots that are out of sight are drawn as well.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import numpy as np

from trials.domains import Domain
from trials.experiment import Experiment
from trials.films import Films
from trials.provenance import Chosen, Provenance
from trials.records import Baseline, FoldScore, State, Trial, TrialResult
from trials.store import RunStore
from xrays.assignment import of_fold
from xrays.splits import Splits
from xrays.statistics.metrics import score
from xrays.tasks import TASKS, Task

FOLDS, EPOCHS = 5, 30
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
DOMAINS = {
    "depth": Domain(options=(2, 3, 4, 5)),
    "filters": Domain(options=(8, 16, 24, 32)),
    "activation": Domain(options=("relu", "gelu")),
    "learning_rate": Domain(low=1e-4, high=1e-2, log=True),
    "weight_decay": Domain(low=1e-6, high=1e-2, log=True),
    **{f"augment_{name}": Domain(options=(False, True)) for name in ("flip", "rotation", "shift", "noise")},
}


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
        for names in (*([name] for name in TASKS), [*TASKS]):
            page = Path(folder) / "report.html"
            start = time.perf_counter()
            build_report([RunStore.open(run.path) for run in runs if run.path.name in names], page)
            spent = time.perf_counter() - start
            seen = seconds_in_browser(page)
            print(
                f"{options.trials} trials × {FOLDS} folds of {' and '.join(names)}, {options.films} films: built in "
                f"{spent:.1f} s, {page.stat().st_size / 1e6:.1f} MB, {seen}",
                flush=True,
            )


# The page's own clock, in a copy that tells it.
TOLD = """
<script>
addEventListener("load", () => setTimeout(() => {
  const loaded = performance.now(), plots = document.querySelectorAll(".plot").length;
  const look = () => {
    if (document.querySelectorAll(".js-plotly-plot").length < plots) setTimeout(look, 20);
    else console.log(`seconds: ${loaded / 1000} ${performance.now() / 1000} ${plots}`);
  };
  look();
}, 0));
</script></body>
"""
PATIENCE = 120  # seconds


def seconds_in_browser(page: Path) -> str:
    """From the start of loading until the page answers the reader, and until every plot is drawn."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return "no browser to draw it in"
    copy = page.with_name("told.html")
    copy.write_text(page.read_text().replace("</body>", TOLD))
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    # Listening to a debugger keeps it from ending once the page is loaded.
    command += ["--remote-debugging-port=0", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command += [f"--user-data-dir={profile}", copy.as_uri()]
        # A group of its own: Chromium's helpers must not outlive it.
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
            end = Timer(PATIENCE, os.killpg, (running.pid, signal.SIGKILL))
            end.start()
            assert running.stderr is not None
            found = next(
                filter(None, (re.search(r"seconds: (\S+) (\S+) (\d+)", line) for line in running.stderr)), None
            )
            end.cancel()
            if found:
                os.killpg(running.pid, signal.SIGKILL)
    return (
        f"loaded in {float(found[1]):.1f} s, all {found[3]} plots in {float(found[2]):.1f} s"
        if found
        else "not drawn"
    )


def made_up(path: Path, task: Task, trials: int, films: int) -> RunStore:
    rng = np.random.default_rng(1)
    plan = Films(
        ids=np.arange(films),
        groups=np.array([f"patient {n}" for n in np.sort(rng.integers(0, films // 2, films))]),
        labels={
            "age": rng.integers(18, 90, films).astype(np.float32),
            "gender": rng.integers(0, 2, films).astype(np.float32),
        },
        assignment=(rng.integers(0, FOLDS + 1, films) - 1).astype(np.int8)[None],
    )
    experiment = Experiment(
        task=task.name, data="madeup64", plan="madeup", pixels="madeup", size=64, space="cnn", ranges="",
        narrowing=(), weights="", max_parameters=0, backend="tensorflow", runner="optuna", sampler="tpe",
        grid_points=0, pruner="race", folds=FOLDS, repeats=1, epochs=EPOCHS, seed=0, precision="float32",
    )  # fmt: skip
    provenance = Provenance(
        created="2026-01-01T00:00:00+00:00", synthetic=True, films=films, rejected=0, films_fingerprint="madeup",
        splits=Splits(), split_notes=(), arrays=str(path / "none"), weights="", weight_files={}, device="",
        chosen=Chosen(), versions={}, domains=DOMAINS, fork_of="", fork_differs=(), vectors_origin="",
    )  # fmt: skip
    store = RunStore.create(path, experiment, plan, provenance)
    labels, assignment = plan.targets(task), plan.assignment
    constant = np.full(films, np.median(labels), np.float32)
    probe = guess(task, labels, 1.2, rng)
    baselines = {"constant": constant, "linear probe": probe}
    store.save_baselines(
        [Baseline(name, folds_of(task, labels, assignment, made, FOLDS)) for name, made in baselines.items()],
        {name: np.where(assignment >= 0, made, np.nan).astype(np.float32) for name, made in baselines.items()},
    )
    for number in range(trials):
        made = guess(task, labels, rng.uniform(0.5, 1.5), rng)
        whole = FOLDS if number % 3 == 0 else int(rng.integers(0, FOLDS))
        params = {
            name: domain.options[rng.integers(len(domain.options))]
            if domain.options
            else float(np.exp(rng.uniform(np.log(domain.low), np.log(domain.high))))
            for name, domain in DOMAINS.items()
        }
        folds = folds_of(task, labels, assignment, made, min(whole + 1, FOLDS))
        folds = tuple(replace(fold, complete=fold.fold < whole) for fold in folds)
        kept = np.where((assignment >= 0) & (assignment < whole), made, np.nan).astype(np.float32)
        if whole:
            np.save(store.path / "oof" / f"{number:05d}.npy", kept)
        began, ended = ((BEGUN + timedelta(minutes=number + each)).isoformat() for each in (0, 1))
        trial = Trial(
            number=number, params=params, recipe=params, max_epochs=EPOCHS, results_known=number, started=began
        )
        state: State = "complete" if whole == FOLDS else "pruned"
        result = TrialResult(**vars(trial), state=state, folds=folds, seconds=10.0 * len(folds), finished=ended)
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
    assignment: np.ndarray[tuple[int, int], np.dtype[np.int8]],
    made: np.ndarray[tuple[int], np.dtype[np.float32]],
    count: int,
) -> tuple[FoldScore, ...]:
    found = []
    for fold in range(count):
        scored = of_fold(assignment, fold)
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
