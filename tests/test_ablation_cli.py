"""Ablation with real networks: the pair at the end of a search, resumed, skipped, and gone on with by `ablate`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_process import called

from trials.ablation import arm_parts, arms_of
from trials.parts import predictions_of
from trials.store import RunStore
from xrays.arrays import XrayArrays

SEARCH = ["--task", "age", "--name", "mine", "--trials", 1, "--folds", 2, "--epochs", 1, "--set", "filters=8"]


@pytest.mark.long
def test_a_search_ends_with_the_pair_and_ablate_goes_on(prepared: XrayArrays, tmp_path: Path, warm: None) -> None:
    words = ["search", *SEARCH, "--data", prepared.path]
    alone = called(*words, "--no-ablation", cwd=tmp_path)
    path = tmp_path / "runs" / "mine"
    assert alone.returncode == 0 and "as found against" not in alone.stdout and not (path / "ablation.jsonl").exists()

    paired = called(*words, cwd=tmp_path)
    assert paired.returncode == 0, paired.stdout + paired.stderr
    assert "trial 0 as found against the usual augmentation on (it has none)" in paired.stdout
    arms, parts = arms_of(path, 0), arm_parts(path)
    assert [arm.name for arm in arms] == ["as found", "usual on"]
    assert len(parts) == 4 and len({part.seed for part in parts}) == 1
    films = RunStore.open(path).films()
    for arm in arms:
        own = [
            predictions_of(path, part, len(films.ids)) for part in parts if part.configuration == arm.configuration
        ]
        scored = np.sum([np.isfinite(each) for each in own if each is not None], axis=0)
        labelled = np.isfinite(films.labels["age"])
        assert (scored == (films.development() & labelled)).all(), "every film once, the hold-out never"

    before = (path / "ablation.jsonl").read_bytes()
    again = called(*words, cwd=tmp_path)
    assert again.returncode == 0 and "all that was asked for of trial 0 is there" in again.stdout
    assert (path / "ablation.jsonl").read_bytes() == before

    # The clock begins no fold any more; whether one has begun before is for the machine (see test_ablation.py).
    more = called("ablate", "mine", "--timeout", "1s", cwd=tmp_path)
    assert more.returncode == 0 and "the time is up; the same command goes on" in more.stdout, more.stderr
    assert 4 <= len(arm_parts(path)) < 4 + 18 and len(arms_of(path, 0)) == 2 + 9
    assert "report:" in more.stdout and (tmp_path / "runs" / "report.html").exists()


@pytest.mark.long
def test_what_cannot_be_ablated(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    missing = called("ablate", "mine", cwd=tmp_path)
    assert missing.returncode == 2 and "next:" in missing.stderr
