"""Runs looked at again: listed, as a study, and trials trained anew."""

from __future__ import annotations

import json
import math
import statistics
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_process import called
from fake_workers import FakeWorkers
from run_folders import FILMS, add_seed, infeasible, mixed, run_folder, trial

from runners._commands.rerun import RerunOptions, rerun
from runners._commands.runs import lines, listed
from runners._training import again as rerunning
from runners._workers.messages import FoldDone, Setup
from trials.files import locked
from trials.noise import seed_noise, seeds_of
from trials.seeds import whole_seeds
from trials.store import RunStore
from trials.study import study_of
from xrays.arrays import XrayArrays
from xrays.tasks import TASKS


def test_runs_are_listed_with_state_and_best_score(tmp_path: Path) -> None:
    for name, trials in (("a", 5), ("b", 9)):
        run_folder(tmp_path, name, mixed("age")).save_budget({"trials": trials})
    broken = run_folder(tmp_path, "c", [])
    record = json.loads((broken.path / "experiment.json").read_text())
    record["experiment"]["format"] = 0
    (broken.path / "experiment.json").write_text(json.dumps(record))
    with locked(tmp_path / "b"):
        first, second, third = lines(listed(tmp_path))
    assert first.split() == ["a", "finished", "5/5", "trials", "MAE", "8.50", "years", "(trial", "3)"]
    assert "running" in second and "5/9 trials" in second
    assert "format 0" in third


@pytest.mark.parametrize("task", TASKS)
def test_a_run_as_an_optuna_study(task: str, tmp_path: Path) -> None:
    results = [*mixed(task), infeasible(5, "too large", task=task)]
    study = study_of(run_folder(tmp_path, trials=results, task=task))
    assert study.direction.name == {"min": "MINIMIZE", "max": "MAXIMIZE"}[TASKS[task].direction]
    assert [one.state.name for one in study.trials] == ["COMPLETE", "PRUNED", "FAIL", "COMPLETE", "COMPLETE", "FAIL"]
    assert study.best_trial.user_attrs["number"] == 3
    assert study.best_value == pytest.approx(RunStore.open(tmp_path / "run").trials()[3].score(TASKS[task]))
    assert len(study.trials[1].intermediate_values) == 8


def test_a_study_of_nothing(tmp_path: Path) -> None:
    assert not study_of(run_folder(tmp_path)).trials
    again = replace(trial(1, []), state="duplicate", duplicate_of=0)
    assert len(study_of(run_folder(tmp_path, "two", [trial(0, [9.0] * 3), again])).trials) == 1


class Trained:
    """Reruns on formulas in which the seed alone counts. `setups`: of the workers that were started."""

    def __init__(self, store: RunStore, arrays: XrayArrays, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.setups, self.started = store, list[Setup](), list[FakeWorkers]()
        self.given = {"run": str(store.path), "trial": 0, "runs": store.path.parent, "data": arrays.path}
        monkeypatch.setattr(rerunning, "LocalWorkers", self.workers)

    def workers(self, setup: Setup, **options: object) -> Any:
        self.setups.append(setup)
        fake = FakeWorkers(
            setup.experiment,
            lambda params, fold, epoch: 9.0 + fold + int(params.get("seed", 0)) % 97 / 97,
            films=FILMS,
        )
        self.started.append(fake)
        return nullcontext(fake)

    def __call__(self, **given: Any) -> list[str]:
        self.setups.clear()
        self.started.clear()
        return list(rerun(RerunOptions(**{**self.given, **given})))

    @property
    def seeds(self) -> set[int]:
        return {seed for fake in self.started for seed in fake.seeds if seed is not None}


@pytest.fixture
def trained(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Of a trial whose second fold was trained when there were more workers."""
    plain = trial(0, [9.0, 10.0, 11.0])
    folds = [replace(fold, threads=threads) for fold, threads in zip(plain.folds, (4, 2, 4), strict=True)]
    store = run_folder(tmp_path, trials=[replace(plain, folds=tuple(folds))], pixels=prepared.pixels)
    return Trained(store, prepared, monkeypatch)


def test_seeds_are_so_many_in_all(trained: Trained) -> None:
    assert trained(seeds=2)[-1].startswith("trial 0 with 2 other seeds: mean MAE ")
    first = trained.seeds
    assert len(first) == 2 and trained.store.experiment.seed not in first
    assert len(trained(seeds=2)) == 1 and not trained.seeds, "they are on record"
    said = trained(seeds=4)[-1]
    assert len(trained.seeds) == 2 and not trained.seeds & first
    noise = seed_noise([trained.store])
    assert noise is not None and (noise.seeds, noise.trials) == (4, 1)
    assert said.startswith("trial 0 with 4 other seeds") and said.endswith(f" ± {noise.sd:.3g} from seed to seed")
    assert len(whole_seeds(trained.store)[0]) == 4


def test_a_seed_that_was_recorded_twice_counts_once(trained: Trained) -> None:
    for seed, score in ((1, 8.0), (2, 9.0), (2, 9.0)):
        add_seed(trained.store, 0, seed, (score, score, score))
    said = trained(seeds=1)[-1]
    own = [*seeds_of(trained.store)[0].scores.values()]
    assert len(own) == 3 and said.endswith(f" ± {statistics.stdev(own):.3g} from seed to seed")


def test_a_seed_that_diverged_is_named_and_not_trained_again(trained: Trained) -> None:
    trained(seeds=2)
    wild = list(whole_seeds(trained.store)[0])[-1]
    add_seed(trained.store, 0, wild, (1e6, 1e6, 1e6))
    said = trained(seeds=2)
    assert said[0].startswith("trial 0 with 1 other seed: mean MAE") and "±" not in said[0]
    assert said[1] == f"seed {wild} diverged (MAE 1000000.00 years) and is not counted"
    assert not trained.seeds


def test_a_seed_goes_on_where_it_was_killed(trained: Trained) -> None:
    whole = trained(seeds=1)
    file = trained.store.path / "seeds.jsonl"
    unbroken = whole_seeds(trained.store)
    file.write_text(file.read_text().splitlines(keepends=True)[0])
    again = trained(seeds=1)
    assert sorted(again) == sorted(whole[1:]), "without the fold that was there"
    assert whole_seeds(trained.store) == unbroken


def test_one_fold_is_trained_with_every_seed_and_not_kept(trained: Trained) -> None:
    for _ in range(2):
        assert len(trained(seeds=2, fold=1)) == len(trained.seeds) == 2
    assert whole_seeds(trained.store) == {}


def test_every_fold_has_the_threads_that_it_was_trained_with(trained: Trained) -> None:
    lines = trained(seeds=1)
    assert [setup.threads for setup in trained.setups] == [4, 2]
    assert [line.split(":")[0].split(", ")[1] for line in lines[:-1]] == ["fold 0", "fold 2", "fold 1"]
    (folds,) = whole_seeds(trained.store)[0].values()
    assert [fold.fold for fold in folds] == [0, 1, 2], "by fold, however they were trained"


def test_a_fold_is_told_by_what_differs_first(tmp_path: Path) -> None:
    result = trial(0, [9.0] * 3)
    store, fold = run_folder(tmp_path, trials=[result]), replace(result.folds[0], curve=(8.0, math.nan, 9.0))
    unscored = np.zeros(0, np.float32)
    for curve, said in (
        ((8.0, math.nan, 9.5), "by up to 0.5 in the score of an epoch"),
        ((8.0, math.nan), "after 2 epochs instead of 3"),
        ((8.0, float("nan"), 9.0), "its recorded predictions are gone"),
    ):
        done = FoldDone(replace(fold, curve=curve), unscored)
        assert rerunning.difference(store, result, fold, done) == said


@pytest.mark.long
def test_a_trial_trained_again_is_the_same_bit_for_bit(prepared: XrayArrays, tmp_path: Path, warm: None) -> None:
    words = ["search", "--task", "age", "--data", prepared.path, "--name", "mine", "--trials", 1, "--folds", 2]
    done = called(*words, "--epochs", 2, "--set", "filters=8", "--set", "depth=2", "--no-ablation", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    again = called("rerun", "mine", "--trial", 0, cwd=tmp_path)
    assert again.returncode == 0 and again.stdout.count("the same bit for bit") == 2, again.stdout + again.stderr
    repeated = called("rerun", "mine", "--trial", 0, "--seeds", 2, cwd=tmp_path)
    assert "trial 0 with 2 other seeds" in repeated.stdout and "from seed to seed" in repeated.stdout
    known = called("rerun", "mine", "--trial", 0, "--seeds", 2, cwd=tmp_path)
    assert known.stdout == repeated.stdout.splitlines(keepends=True)[-1], "nothing is trained that is on record"
    store = RunStore.open(tmp_path / "runs" / "mine")
    one, other = whole_seeds(store)[0].values()
    assert [fold.curve for fold in one] != [fold.curve for fold in other]

    file = store.path / "oof" / "00000.npy"
    kept = np.load(file)
    np.save(file, np.where(np.isfinite(kept), kept + np.float32(0.25), kept))
    other = called("rerun", "mine", "--trial", 0, "--fold", 1, cwd=tmp_path)
    assert other.returncode == 1 and "otherwise, by up to 0.25 in the prediction for a film." in other.stderr
    np.save(file, kept)

    file = store.path / "trials.jsonl"
    record = json.loads(file.read_text())
    record["folds"][1]["curve"][0] += 0.5
    file.write_text(json.dumps(record) + "\n")
    other = called("rerun", "mine", "--trial", 0, "--fold", 1, cwd=tmp_path)
    assert (
        other.returncode == 1
        and "not reproduced" in other.stderr
        and "by up to 0.5 in the score of an epoch" in other.stderr
    )
    for wrong, said in ((["--trial", 7], "one of: 0"), (["--trial", 0, "--fold", 5], "one of: 0, 1")):
        refused = called("rerun", "mine", *wrong, cwd=tmp_path)
        assert refused.returncode == 2 and said in refused.stderr
