"""The states of runs, as `runs` tells them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from run_folders import asked, mixed, run_folder

from runners._commands.runs import json_of, lines, listed
from trials.files import locked
from trials.store import RunStore


def line(store: RunStore) -> str:
    return next(lines(listed(store.path.parent))).removeprefix(store.path.name).strip()


def test_a_call_without_an_end_was_interrupted(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    assert line(store).startswith("interrupted") and "5/? trials" in line(store)
    store.save_budget({"trials": 9})
    assert line(store).startswith("interrupted") and "5/9 trials" in line(store)
    store.unfinished.save(asked(5, {"depth": 3}))
    assert line(store).startswith("interrupted")


def test_all_trials_are_all_trials_however_the_call_ended(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    store.save_budget({"trials": 5})
    assert line(store).startswith("finished")


@pytest.mark.parametrize(
    ("kind", "reason", "shown"),
    [
        ("finished", "no better configuration in 3 trials (--patience)", "; no better configuration in 3 trials"),
        ("paused", "the time is up", "years (trial 3)"),
        ("stopped", "stopped", "years (trial 3)"),
    ],
)
def test_how_the_last_call_ended(kind: str, reason: str, shown: str, tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    store.save_budget({"trials": 50})
    store.save_ending(kind, reason)
    assert line(store).split()[:2] == [kind, "5/50"] and shown in line(store)
    assert store.budget()["trials"] == 50
    with locked(store.path):
        assert line(store).split()[:2] == ["running", "5/50"] and reason not in line(store)
    store.save_budget({"trials": 50})  # the next call, which is killed
    assert line(store).startswith("interrupted")


def test_fewer_trials_than_there_are(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    store.save_budget({"trials": 4})
    store.save_ending("finished", "5 trials")
    assert line(store).startswith("finished") and "5/4 trials" in line(store) and ";" not in line(store)


def test_programs_read_the_same(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    store.save_budget({"trials": 9})
    broken = tmp_path / "other"
    shutil.copytree(store.path, broken)
    (broken / "experiment.json").write_text("{")
    damaged, whole = sorted(json.loads(json_of(listed(tmp_path))), key=lambda run: run["left_out"] is None)
    assert damaged["name"] == "other" and "experiment.json" in damaged["left_out"] and damaged["best"] is None
    assert (whole["state"], whole["done"], whole["asked"], whole["task"]) == ("interrupted", 5, 9, "age")
    assert whole["best"]["trial"] == 3 and whole["best"]["objective"] == "mae"
    assert f"MAE {whole['best']['score']:.2f} years" in "\n".join(lines(listed(tmp_path)))
    assert Path(whole["path"]) == store.path
