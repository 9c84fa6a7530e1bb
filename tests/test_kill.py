"""Real processes, killed at random moments: the search that comes out is the unbroken one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_process import CLI, called
from processes import child_of

from trials.store import RunStore
from xrays.prepare import prepare
from xrays.sources._folder import read_folder

pytestmark = pytest.mark.chaos

FILMS, TRIALS, FOLDS, EPOCHS, KILLS = 150, 4, 3, 6, 3
BEGUN: list[subprocess.Popen[str]] = []
LIMIT = 300.0  # seconds for a search with all its restarts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films whose brightness tells the gender: learnt in seconds by a good configuration and not at all by a bad one,
    so that the race has something to stop."""
    folder = tmp_path_factory.mktemp("kill")
    (folder / "films" / "train").mkdir(parents=True)
    rng = np.random.default_rng(3)
    genders, ages = rng.integers(0, 2, FILMS), rng.integers(20, 80, FILMS)
    for film, gender in enumerate(genders):
        pixels = rng.normal(110 + 30 * gender + rng.normal(0, 14), 30, (16, 16)).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / "films" / "train" / f"{film:06d}.png"), pixels)
    for name, labels in (("gender", genders), ("age", ages)):
        rows = "".join(f"{film},{label}\n" for film, label in enumerate(labels))
        (folder / "films" / f"train_{name}.csv").write_text(f"imageId,{name}\n{rows}")
    return prepare(read_folder(folder / "films"), folder / "tiny16", size=16).path


def typed(data: Path, runs: Path) -> list[str]:
    """What is typed for the search that is killed."""
    options = ["--task", "gender", "--trials", str(TRIALS), "--folds", str(FOLDS), "--epochs", str(EPOCHS)]
    # Small networks, and a seed by which the race has something to stop.
    options += ["--set", "filters=8,16", "--set", "depth=2..3", "--seed", "1"]
    options += ["--no-ablation", "--finalists", "0", "--workers", "1"]
    return ["search", *options, "--data", str(data), "--runs", str(runs), "--name", "run"]


def begin(data: Path, runs: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(CLI), *typed(data, runs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    BEGUN.append(process)
    return process


@pytest.fixture(autouse=True)
def end_what_was_begun() -> Iterator[None]:
    yield
    while BEGUN:
        process = BEGUN.pop()
        if process.poll() is None:  # the test failed
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdout and not process.stdout.closed:
            print(process.communicate()[0])  # pytest shows it when the test failed


def worker_of(driver: int) -> int | None:
    """The spawned worker among the driver's children; the other child only counts shared resources."""
    return child_of(driver, "spawn_main")


def folds_on_disk(run: Path) -> int:
    finished = RunStore.open(run).trials() if (run / "experiment.json").exists() else []
    return sum(len(result.folds) for result in finished) + len(list(run.glob("open/*/fold_*.npz")))


def wait_until(condition: Callable[[], bool], limit: float = LIMIT) -> bool:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def essence(run: Path) -> list[object]:
    """Everything that must be equal: all but clocks."""
    clocks = {"seconds", "started", "finished", "ms_per_film"}
    found: list[object] = []
    store = RunStore.open(run)
    for result in sorted(store.trials(), key=lambda result: result.number):
        record = asdict(result)
        record["folds"] = [{k: v for k, v in fold.items() if k not in clocks} for fold in record["folds"]]
        predictions = store.out_of_fold(result.number)
        found.append({k: v for k, v in json.loads(json.dumps(record)).items() if k not in clocks})
        found.append(None if predictions is None else predictions.tobytes())
    return found


@pytest.fixture(scope="module")
def unbroken(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("unbroken")
    process = begin(data, runs)
    output, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, output
    return runs / "run"


def kill(*pids: int | None) -> None:
    for pid in pids:
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_killed_at_random_moments_it_ends_with_the_trials_of_the_unbroken_run(
    data: Path, unbroken: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(20)
    run, total = tmp_path / "run", folds_on_disk(unbroken)
    # The first while it starts and trains the baselines, before any fold; the others spread over the search.
    moments = [0, *np.sort(rng.choice(np.arange(1, total - 3), KILLS, replace=False))]
    victims = ["driver", "worker twice", *rng.permutation(["worker", "both"])]
    process = begin(data, tmp_path)
    for moment, victim in zip(moments, victims, strict=True):
        assert wait_until(lambda moment=moment: folds_on_disk(run) >= moment)  # type: ignore[misc]
        time.sleep(float(rng.uniform(0, 1.0 if moment else 6.0)))
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        worker = worker_of(process.pid)
        if victim.startswith("worker"):
            assert worker is not None
            kill(worker)
            if victim == "worker twice":  # its successor dies while it loads the backend
                driver = process.pid
                assert wait_until(lambda: worker_of(driver) not in (worker, None), 30)  # noqa: B023
                kill(worker_of(driver))
        else:
            kill(process.pid, worker if victim == "both" else None)
            process.communicate()
            assert wait_until(lambda pid=worker: not _alive(pid), 10), "a worker outlives its driver"  # type: ignore[misc]
            process = begin(data, tmp_path)
    output, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, output
    assert essence(run) == essence(unbroken)
    states = [result.state for result in RunStore.open(run).trials()]
    assert set(states) == {"complete", "pruned"}, "the race must have stopped a trial for this test to say something"
    assert all(len(r.folds) == FOLDS for r in RunStore.open(run).trials() if r.state == "complete")
    assert not list(run.glob("open/*"))


def test_ctrl_c_finishes_the_fold_and_the_same_command_goes_on(data: Path, unbroken: Path, tmp_path: Path) -> None:
    """In a search that has two trials left."""
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    first = (run / "trials.jsonl").read_text().splitlines(keepends=True)[:2]
    (run / "trials.jsonl").write_text("".join(first))
    for number in range(2, TRIALS):
        (run / f"oof/{number:05d}.npy").unlink(missing_ok=True)  # of one stopped in its first fold
    process = begin(data, tmp_path)
    assert wait_until(lambda: folds_on_disk(run) > 2 * FOLDS)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group, the worker too
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "goes on" in output and "Traceback" not in output
    second = begin(data, tmp_path)
    assert wait_until(lambda: f"pid {second.pid} " in (run / ".lock").read_text(), 60)
    third = called(*typed(data, tmp_path), cwd=tmp_path)
    assert third.returncode == 2 and f"pid {second.pid}" in third.stderr, "two drivers in one folder"
    output, _ = second.communicate(timeout=LIMIT)
    assert second.returncode == 0 and "resume" in output, output
    assert essence(run) == essence(unbroken)


def test_a_finished_search_says_so_and_another_identity_is_refused(data: Path, unbroken: Path) -> None:
    again = called(*typed(data, unbroken.parent), cwd=unbroken)
    assert again.returncode == 0 and "--trials" in again.stdout and "--name" in again.stdout
    other = called(*typed(data, unbroken.parent), "--seed", "5", cwd=unbroken)
    assert other.returncode == 2 and "seed was 1, now 5" in other.stderr


def _alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie whose parent was killed is gone as soon as init has looked.
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "Z (zombie)" not in status.read_text()
