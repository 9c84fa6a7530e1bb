"""Transfer from the command line: features are computed once for both tasks, and an export serves as weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from cli_process import called

from trials.lineage import SeenFilms
from trials.store import RunStore
from xrays.arrays import XrayArrays

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("warm")]

SMALL = [
    "--no-ablation",
    "--finalists",
    "0",
    "--keep-weights",
    "best:1",
    "--trials",
    "1",
    "--folds",
    "2",
    "--epochs",
    "3",
    "--space",
    "transfer",
    "--set",
    "backbone=mobilenetv2",
]
FROZEN = [*SMALL, "--fix", "unfreeze=0", "--fix", "views=none"]


def searched(cwd: Path, task: str, *words: str) -> str:
    done = called("search", "--task", task, *words, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cached(cwd: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in (cwd / "data" / "tiny" / "features").glob("*.npy")}


def test_from_random_weights_to_an_export_that_serves_as_weights(prepared: XrayArrays, tmp_path: Path) -> None:
    shutil.copytree(prepared.path, tmp_path / "data" / "tiny")
    shutil.rmtree(tmp_path / "data" / "tiny" / "features", ignore_errors=True)
    assert "features of mobilenetv2" in searched(tmp_path, "gender", *FROZEN, "--weights", "none")
    once = cached(tmp_path)
    assert len(once) == 1
    assert "features of mobilenetv2" not in searched(tmp_path, "age", *FROZEN, "--weights", "none")
    assert cached(tmp_path) == once, "the features of one task serve the other"

    tuned = [*SMALL, "--fix", "unfreeze=0.1", "--fix", "views=none", "--weights", "none", "--name", "tuned"]
    searched(tmp_path, "gender", *tuned)
    exported = called("export", "--task", "gender", "--run", "tuned", cwd=tmp_path)
    assert exported.returncode == 0 and "the same predictions" in exported.stdout, exported.stderr
    card = json.loads((tmp_path / "best_gender.json").read_text())
    films = RunStore.open(tmp_path / "runs" / "tuned").films()
    rows = films.development() & (np.isfinite(films.labels["gender"]))
    assert SeenFilms.from_json(card["films_seen"]).trained == frozenset(prepared.fingerprints()[rows].tolist())
    assert card["hold_out"]["independent"] is True and "INDEPENDENT" not in exported.stdout

    given = searched(tmp_path, "age", *FROZEN, "--weights", "best_gender.h5", "--name", "given")
    assert "CAUTION" in given and "best_gender.h5@" in given
    assert len(cached(tmp_path)) == 2, "other weights, other features"
    record = json.loads((tmp_path / "runs" / "given" / "experiment.json").read_text())
    assert record["experiment"]["weights"].startswith("best_gender.h5@")
    lines = (tmp_path / "runs" / "given" / "trials.jsonl").read_text().splitlines()
    assert all(fold["probe"] is not None for line in lines for fold in json.loads(line)["folds"])
    page = (tmp_path / "runs" / "report.html").read_text()
    assert "best_gender.h5@" in page and "random (none)" in page and "Films that were known before" in page

    # Another split: most of its hold-out has been trained on, by which label makes no difference.
    split = searched(tmp_path, "age", *FROZEN, "--weights", "best_gender.h5", "--name", "split", "--split-seed", "1")
    exported = called("export", "--task", "age", "--run", "split", cwd=tmp_path)
    gender, age = (RunStore.open(tmp_path / "runs" / name).films() for name in ("tuned", "split"))
    trained = age.groups[gender.development() & (np.isfinite(gender.labels["gender"]))]
    held = age.hold_out() & np.isfinite(age.labels["age"])
    known = int((held & np.isin(age.groups, trained)).sum())
    told = f"{known} of these {held.sum()} films were trained on"
    assert known > 0 and f"the hold-out is NOT INDEPENDENT: {told}" in split
    assert f"this score is NOT INDEPENDENT: {told}" in exported.stdout, exported.stderr
    hold_out = json.loads((tmp_path / "best_age.json").read_text())["hold_out"]
    assert hold_out["independent"] is False and hold_out["seen"] == {"trained": known, "chosen": 0, "unknown": []}
    assert "opening 1, not independent" in (tmp_path / "runs" / "report.html").read_text()

    (tmp_path / "best_gender.h5").rename(tmp_path / "moved.h5")
    lost = called("export", "--task", "age", "--run", "given", cwd=tmp_path)
    assert lost.returncode == 2 and "best_gender.h5" in lost.stderr and "--weights" in lost.stderr
    # Whatever needs the weights looks for them alike; an export took those of the run above.
    words = ("rerun", "given", "--trial", 0, "--seeds", 2)
    assert called(*words, cwd=tmp_path).returncode == 2
    found = called(*words, "--weights", "moved.h5", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    other = called("export", "--task", "age", "--run", "given", "--weights", "none", cwd=tmp_path)
    assert other.returncode == 2 and "other weights" in other.stderr


def test_two_spaces_in_one_report(prepared: XrayArrays, tmp_path: Path) -> None:
    shutil.copytree(prepared.path, tmp_path / "data" / "tiny")
    small = ["--trials", "2", "--folds", "2", "--epochs", "2"]
    searched(tmp_path, "age", *small, "--set", "filters=8", "--set", "depth=2", "--max-params", "3000")
    searched(tmp_path, "age", *FROZEN, "--weights", "none")
    table = (tmp_path / "runs" / "report.html").read_text()
    for part in ("transfer", "cnn", "from scratch", "random (none)", "mobilenetv2"):
        assert part in table
