"""Runs looked at again: listed, as a study, and trials trained anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_process import run
from run_folders import infeasible, mixed, run_folder, trial

from runners._watching.listing import overview
from trials.files import locked
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
        first, second, third = overview(tmp_path)
    assert first.split() == ["a", "finished", "5/5", "trials", "MAE", "8.50", "years", "(trial", "3)"]
    assert "running" in second and "5/9 trials" in second
    assert "format 0" in third


@pytest.mark.parametrize("task", ["age", "gender"])
def test_a_run_as_an_optuna_study(task: str, tmp_path: Path) -> None:
    results = [*mixed(task), infeasible(5, "too large", task=task)]
    study = study_of(run_folder(tmp_path, trials=results, task=task))
    assert study.direction.name == ("MINIMIZE" if task == "age" else "MAXIMIZE")
    assert [one.state.name for one in study.trials] == ["COMPLETE", "PRUNED", "FAIL", "COMPLETE", "COMPLETE", "FAIL"]
    assert study.best_trial.user_attrs["number"] == 3
    assert study.best_value == pytest.approx(RunStore.open(tmp_path / "run").trials()[3].score(TASKS[task]))
    assert len(study.trials[1].intermediate_values) == 8


def test_a_study_of_nothing(tmp_path: Path) -> None:
    assert not study_of(run_folder(tmp_path)).trials
    again = replace(trial(1, []), state="duplicate", duplicate_of=0)
    assert len(study_of(run_folder(tmp_path, "two", [trial(0, [9.0] * 3), again])).trials) == 1


@pytest.mark.slow
def test_a_trial_trained_again_is_the_same_bit_for_bit(prepared: XrayArrays, tmp_path: Path) -> None:
    words = ["search", "--task", "age", "--data", prepared.path, "--name", "mine", "--trials", 1, "--folds", 2]
    done = run(*words, "--epochs", 2, "--set", "filters=8", "--set", "depth=2", "--no-ablation", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    again = run("rerun", "mine", "--trial", 0, cwd=tmp_path)
    assert again.returncode == 0 and again.stdout.count("the same bit for bit") == 2, again.stdout + again.stderr
    repeated = run("rerun", "mine", "--trial", 0, "--repeats", 2, cwd=tmp_path)
    assert "2 repeats of trial 0" in repeated.stdout and "from seed to seed" in repeated.stdout
    store = RunStore.open(tmp_path / "runs" / "mine")
    assert [entry["trial"] for entry in store.repeats()] == [0, 0]
    assert store.repeats()[0]["folds"] != store.repeats()[1]["folds"]

    file = tmp_path / "runs" / "mine" / "trials.jsonl"
    record = json.loads(file.read_text())
    record["folds"][1]["curve"][0] += 0.5
    file.write_text(json.dumps(record) + "\n")
    other = run("rerun", "mine", "--trial", 0, "--fold", 1, cwd=tmp_path)
    assert other.returncode == 1 and "not reproduced" in other.stderr and "by up to 0.5" in other.stderr
    for wrong, said in ((["--trial", 7], "one of: 0"), (["--trial", 0, "--fold", 5], "one of: 0, 1")):
        refused = run("rerun", "mine", *wrong, cwd=tmp_path)
        assert refused.returncode == 2 and said in refused.stderr
