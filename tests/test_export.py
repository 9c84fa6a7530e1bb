"""What is exported, what is in the way of a score on the hold-out, and what a killed export leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_process import called
from pages import words
from run_folders import mixed, run_folder, trial

from reports._page.build import build_report
from runners._commands.export import MEMBERS
from runners._models.choice import choose
from runners._models.hold_out import open_hold_out
from runners._models.openings import LOG, obstacle, openings_so_far, record_opening
from runners._models.scratch import scratch_folder
from trials.films import Films
from trials.kept import DamagedRun
from trials.lineage import SeenFilms
from trials.records import TrialResult
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.assignment import HOLD_OUT, UNUSED
from xrays.errors import UserError
from xrays.folds import make_plan
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.tasks import TASKS

AGE = TASKS["age"]
NO_FILMS = np.zeros(0, np.uint64)


def nothing_said(line: str) -> None:
    raise AssertionError(line)


def competing(parent: Path, name: str, trials: Sequence[TrialResult], task: str = "age", **identity: Any) -> RunStore:
    """Without baselines, whose predictions would have to fit."""
    return run_folder(parent, name, trials, task=task, with_baselines=False, **identity)


def make_older(store: RunStore) -> None:
    file = store.path / "experiment.json"
    record = json.loads(file.read_text())
    record["experiment"]["format"] = 1
    file.write_text(json.dumps(record))


class TestChoice:
    def test_the_best_of_all_runs_on_one_plan(self, tmp_path: Path) -> None:
        competing(tmp_path, "one", mixed("age"), seed=1)
        competing(tmp_path, "two", [trial(0, [7.0] * 3), trial(1, [9.0], "pruned")], seed=2)
        competing(tmp_path, "three", mixed("gender"), task="gender", plan="another")
        choice = choose(AGE, None, None, tmp_path, nothing_said)
        assert (choice.best.store.path.name, choice.best.result.number, choice.best.score) == ("two", 0, 7.0)
        assert choice.candidates == 6, "complete and pruned ones"

    def test_a_run_of_an_older_format_beside_it_is_left_out(self, tmp_path: Path) -> None:
        make_older(competing(tmp_path, "old", [trial(0, [1.0] * 3)]))
        competing(tmp_path, "own", mixed("age"))
        said: list[str] = []
        assert choose(AGE, None, None, tmp_path, said.append).best.store.path.name == "own"
        assert len(said) == 1 and said[0].startswith(f"left out: {tmp_path / 'old'}, a run of format 1")
        assert choose(AGE, "own", None, tmp_path, nothing_said).best.store.path.name == "own"
        with pytest.raises(UserError, match="format 1"):
            choose(AGE, "old", None, tmp_path, nothing_said)

    def test_the_films_decide_between_runs_that_cannot_be_ranked_together(
        self, prepared: XrayArrays, films_folder: Path, tmp_path: Path
    ) -> None:
        competing(tmp_path, "small", mixed("age"), pixels=prepared.pixels)
        large = prepare(read_folder(films_folder), tmp_path / "large48", size=48)
        competing(tmp_path, "large", mixed("age"), pixels=large.pixels, plan="another", data="large48")
        with pytest.raises(UserError, match=r"large \(large48\), small \(tiny32\), or --data"):
            choose(AGE, None, None, tmp_path, nothing_said)
        for data, expected in ((prepared.path, "small"), (large.path, "large")):
            assert choose(AGE, None, data, tmp_path, nothing_said).best.store.path.name == expected
        competing(tmp_path, "again", mixed("age"), pixels=large.pixels, plan="third")
        with pytest.raises(UserError, match="cannot be ranked together"):
            choose(AGE, None, large.path, tmp_path, nothing_said)


class TestNumberOfMembers:
    """Read from what a refusal says, which comes before anything is looked for."""

    @pytest.mark.parametrize(
        ("typed", "members"),
        [
            (["--ensemble", "--trial", 3], MEMBERS),
            (["--trial", 3, "--ensemble"], MEMBERS),
            (["--ensemble", "--folds", "--trial", 3], MEMBERS),
            (["--ensemble", 7, "--trial", 3], 7),
            (["--ensemble=8", "--folds", "--trial", 3], 8),
        ],
    )
    def test_may_be_left_out(self, typed: list[object], members: int, tmp_path: Path) -> None:
        refused = called("export", "--task", "age", *typed, cwd=tmp_path)
        assert refused.returncode == 2 and f"--ensemble {members}\n" in refused.stderr, refused.stderr

    @pytest.mark.parametrize("typed", [["--ensemble", 1], ["--ensemble=0"], ["--ensemble", -3]])
    def test_is_two_at_least(self, typed: list[object], tmp_path: Path) -> None:
        refused = called("export", "--task", "age", *typed, "--folds", cwd=tmp_path)
        assert refused.returncode == 2 and "2 or more members" in refused.stderr, refused.stderr

    @pytest.mark.parametrize("typed", [["--ensemble", "many"], ["--ensemble="], ["--ensemble", "2.5"]])
    def test_is_a_number(self, typed: list[object], tmp_path: Path) -> None:
        refused = called("export", "--task", "age", *typed, cwd=tmp_path)
        assert refused.returncode == 2 and "Invalid value for '--ensemble'" in refused.stderr, refused.stderr

    def test_stands_in_the_help(self, tmp_path: Path) -> None:
        said = " ".join(called("export", "--help", cwd=tmp_path).stdout.split())
        assert f"--ensemble [K] Several trials that are better together, at most so many; {MEMBERS} where" in said


class TestHoldOut:
    @pytest.fixture
    def arrays(self, films_folder: Path, tmp_path: Path) -> XrayArrays:
        return prepare(read_folder(films_folder), tmp_path / "data" / "own", size=16)

    def test_can_be_opened_as_a_rule(self, arrays: XrayArrays, tmp_path: Path) -> None:
        assert obstacle(run_folder(tmp_path), arrays) is None

    @pytest.mark.parametrize("task", TASKS)
    def test_has_no_score_without_a_label(self, task: str, arrays: XrayArrays, tmp_path: Path) -> None:
        store = unlabelled(run_folder(tmp_path, task=task))
        assert obstacle(store, arrays) == f"none of its films has a label for {task}"

    def test_has_no_score_where_a_look_cannot_be_recorded(self, arrays: XrayArrays, tmp_path: Path) -> None:
        (arrays.path / LOG).mkdir()
        why = obstacle(run_folder(tmp_path), arrays) or ""
        assert str(arrays.path / LOG) in why and "cannot be written" in why and "--data DIR" in why

    def test_is_not_opened_where_its_log_became_unwritable_during_the_refit(
        self, arrays: XrayArrays, tmp_path: Path
    ) -> None:
        films = Films(arrays.ids, arrays.groups, arrays.labels, make_plan(arrays, folds=2).assignment)
        store = on_films(competing(tmp_path, "mine", mixed("age")), films)
        predicted = np.zeros(len(arrays.ids), np.float32)
        (arrays.path / LOG).mkdir()
        hold_out = open_hold_out(store, arrays, store.trials()[0], SeenFilms(), predicted, None)
        assert hold_out["opened"] is None and hold_out["metrics"] == {} and hold_out["films"] > 0
        assert f"{LOG}, which cannot be written (Is a directory)" in hold_out["reason"] and not store.openings()
        (arrays.path / LOG).rmdir()
        opened = open_hold_out(store, arrays, store.trials()[0], SeenFilms(), predicted, None)
        assert opened["reason"] is None and opened["metrics"] and list(store.openings()) == [opened]

    def test_a_look_at_films_in_another_hold_out_is_told(self, arrays: XrayArrays, tmp_path: Path) -> None:
        """Half of the films of one hold-out are in the other one; for another task nobody has looked."""
        assignment = np.zeros((1, len(arrays.ids)), np.int8)
        predicted, told = np.zeros(len(arrays.ids), np.float32), []
        for name, task, held in (("a", "age", (0, 20)), ("b", "age", (10, 30)), ("c", "gender", (0, 20))):
            own = assignment.copy()
            own[:, slice(*held)] = HOLD_OUT
            films = Films(arrays.ids, np.arange(len(arrays.ids)).astype(np.str_), arrays.labels, own)
            store = on_films(competing(tmp_path / name, "mine", mixed(task), task=task), films)
            opening = open_hold_out(store, arrays, store.trials()[0], SeenFilms(), predicted, None)
            again = open_hold_out(store, arrays, store.trials()[0], SeenFilms(), predicted, None)
            known = np.isfinite(films.targets(TASKS[task]))[10:20].sum()
            assert (opening["openings"], again["openings"]) == (1, 2), "it is counted by itself"
            assert opening["looked_at"] == again["looked_at"] == (known if name == "b" else 0)
            page = words(build_report([store], tmp_path / "report.html"))
            told.append(f"{known} of these films were in another hold-out" in page)
        assert told == [False, True, False]

    def test_looks_are_counted_and_damage_is_told_before_anything_is_trained(
        self, arrays: XrayArrays, tmp_path: Path
    ) -> None:
        assert openings_so_far(arrays, "films", "age") == 0
        told = [
            record_opening(arrays, films, NO_FILMS, {"task": task})
            for task, films in (("age", "films"), ("gender", "films"), ("age", "others"), ("age", "films"))
        ]
        assert told == [1, 1, 1, 2] and openings_so_far(arrays, "films", "age") == 2
        for line in ("[]", '{"task"', '{"task": "age"}'):
            (arrays.path / LOG).write_text(line + "\n")
            with pytest.raises(DamagedRun, match=LOG):
                obstacle(run_folder(tmp_path), arrays)


def unlabelled(store: RunStore) -> RunStore:
    """The same run, as if no film of its hold-out had a label."""
    films = store.films()
    labels = {
        name: np.where(films.hold_out(), np.nan, values).astype(np.float32) for name, values in films.labels.items()
    }
    return on_films(store, replace(films, labels=labels))


def on_films(store: RunStore, films: Films) -> RunStore:
    return RunStore.create(store.path, store.experiment, films, store.provenance)


KILLED = """
import sys
from pathlib import Path
from runners._models.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1]), ".export-") as folder:
    (folder / "model.h5").write_text("large")
    print(folder, flush=True)
    sys.stdin.read()
"""


class TestWorkplace:
    def test_it_is_gone_afterwards_however_it_ended(self, tmp_path: Path) -> None:
        with scratch_folder(tmp_path, ".export-") as folder:
            (folder / "model.h5").touch()
        with pytest.raises(ZeroDivisionError), scratch_folder(tmp_path, ".export-"):
            _ = 1 / 0
        assert not list(tmp_path.iterdir())

    def test_what_a_killed_process_left_goes_and_what_another_uses_stays(self, tmp_path: Path) -> None:
        (tmp_path / ".export-empty").mkdir()  # killed before it had its lock
        (tmp_path / ".export-notes").write_text("a file")
        both = [self.started(tmp_path) for _ in range(2)]
        (dead, left), (alive, used) = both
        os.kill(dead.pid, signal.SIGKILL)
        dead.communicate()
        try:
            with scratch_folder(tmp_path, ".export-") as folder:
                assert not left.exists() and (used / "model.h5").exists()
                assert {path.name for path in tmp_path.iterdir()} == {used.name, folder.name, ".export-notes"}
        finally:
            alive.communicate("")
        assert not used.exists()

    def started(self, parent: Path) -> tuple[subprocess.Popen[str], Path]:
        command = [sys.executable, "-c", KILLED, str(parent)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   cwd=Path(__file__).parents[1])  # fmt: skip
        assert process.stdout
        return process, Path(process.stdout.readline().strip())


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_cannot_be_scored_is_exported_all_the_same(
    task: str, films_folder: Path, tmp_path: Path, warm: None
) -> None:
    arrays = prepare(read_folder(films_folder), tmp_path / "data" / "own", size=16)
    small = ["--trials", 1, "--folds", 2, "--epochs", 1, "--no-ablation", "--fix", "filters=8", "--fix", "depth=2"]
    searched = called("search", "--task", task, "--name", "mine", *small, cwd=tmp_path)
    assert searched.returncode == 0, searched.stderr
    make_older(competing(tmp_path / "runs", "old", mixed(task), task=task))
    store = RunStore.open(tmp_path / "runs" / "mine")
    films = store.films()

    (arrays.path / LOG).mkdir()
    exported = called("export", "--task", task, cwd=tmp_path)
    assert exported.returncode == 0 and "the same predictions" in exported.stdout, exported.stderr
    assert exported.stdout.index("will not be opened") < exported.stdout.index("refit ")
    assert "left out: runs/old, a run of format 1" in exported.stdout and f"{LOG}, which cannot be" in exported.stdout
    (arrays.path / LOG).rmdir()
    nobody = np.where(films.hold_out(), UNUSED, films.assignment).astype(np.int8)
    store = on_films(store, replace(films, assignment=nobody))
    exported = called("export", "--task", task, cwd=tmp_path)
    assert exported.returncode == 0 and "the same predictions" in exported.stdout, exported.stderr
    assert "hold-out not opened: nothing was held out (--holdout 0)" in exported.stdout
    hold_out = json.loads((tmp_path / f"best_{task}.json").read_text())["hold_out"]
    assert hold_out["metrics"] == {} and hold_out["films"] == 0 and hold_out["openings"] == 0
    assert store.openings() == [] and not (arrays.path / LOG).exists()
    predicted = called("predict", f"best_{task}.h5", next(films_folder.rglob("*.png")), cwd=tmp_path)
    assert predicted.returncode == 0 and predicted.stdout.count("\n") == 1, predicted.stderr
    explained = called("explain", f"best_{task}.h5", cwd=tmp_path)
    assert explained.returncode == 0, explained.stderr
    assert not list(tmp_path.glob(".export-*"))

    # The model of an older version is explained on films, too: nothing is trained.
    card = json.loads((tmp_path / f"best_{task}.json").read_text())
    card["experiment"] = {"format": 1, "size": 16}
    (tmp_path / f"best_{task}.json").write_text(json.dumps(card))
    explained = called("explain", f"best_{task}.h5", next(films_folder.rglob("*.png")), cwd=tmp_path)
    assert explained.returncode == 0, explained.stderr
