"""The run folder: what is written comes back, finished trials and those under way, and runs are found by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from run_folders import FILMS, asked, baselines, experiment, fold_score, infeasible, provenance_of, run_folder, trial

from trials.domains import Domain
from trials.files import write_atomically
from trials.films import Films
from trials.folders import run_folders
from trials.kept import DamagedRun
from trials.records import Trial
from trials.store import RunStore
from xrays.assignment import HOLD_OUT, UNUSED
from xrays.errors import UserError
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]


def open_trial(number: int, **changes: Any) -> Trial:
    params = {"depth": 3, "learning_rate": 1e-3 / 3, "augment_flip": True, "optimizer": "adam"}
    own = {"recipe": {"depth": 3, "fit": {"optimizer": "adam"}}, "attributes": {"state": [1, {"a": 2.5}]}}
    return asked(number, params, **{**own, **changes})


def predictions(films: Mapping[int, float]) -> NDArray[np.float32]:
    """(FILMS,) with NaN but for these films."""
    values = np.full(FILMS, np.nan, np.float32)
    for film, value in films.items():
        values[film] = value
    return values


class TestRoundTrip:
    def test_experiment_and_provenance(self, tmp_path: Path) -> None:
        given = {"synthetic": True, "versions": {"keras": "3.12"}, "device": "ä", "fork_differs": ("seed was 1",)}
        store = run_folder(tmp_path, provenance={**given, "domains": {"depth": Domain(low=2, high=5, step=1)}})
        opened = RunStore.open(store.path)
        assert opened.experiment == store.experiment and opened.provenance == store.provenance

    def test_films(self, tmp_path: Path) -> None:
        films = Films(
            ids=np.array([3, 5, 10**12]),
            groups=np.array(["patient ä", "film 5", "patient 7"]),
            labels={
                "age": np.array([63.3, np.nan, 0], np.float32),
                "gender": np.array([0, 1, np.nan], np.float32),
            },
            assignment=np.array([[UNUSED, HOLD_OUT, 4]], np.int8),
        )
        RunStore.create(tmp_path / "run", experiment(), films, provenance_of())
        found = RunStore.open(tmp_path / "run").films()
        for name in ("ids", "groups", "assignment"):
            np.testing.assert_array_equal(getattr(found, name), getattr(films, name))
            assert getattr(found, name).dtype == getattr(films, name).dtype
        assert list(found.labels) == list(films.labels)
        for name, values in films.labels.items():
            np.testing.assert_array_equal(found.labels[name], values)
            np.testing.assert_array_equal(found.targets(TASKS[name]), values)
            assert found.labels[name].dtype == np.float32

    def test_films_are_read_once_and_again_when_they_have_changed(self, tmp_path: Path) -> None:
        """Nobody can change what the next one is given; a plan of another run is seen at the next look."""
        store = run_folder(tmp_path)
        films = store.films()
        assert store.films() is films
        with pytest.raises(ValueError, match="read-only"):
            films.labels["age"][0] = 0
        np.savez(store.path / "plan.npz", **{**films.to_arrays(), "ids": films.ids + 1})
        with pytest.raises(DamagedRun, match="is not what the search has written"):
            store.films()

    def test_trials_in_the_order_in_which_they_finished(self, tmp_path: Path) -> None:
        results = [
            trial(2, [9.0, 9.5, 10.0], label="notebook"),
            trial(0, [12.0, 11.0], "pruned"),
            trial(1, [], "failed", error="ValueError: ümlaut \u2028 \"quoted\"\nsecond line"),
            infeasible(3, "9,000,000 parameters, more than --max-parameters 1000000"),
        ]  # fmt: skip
        store = run_folder(tmp_path, trials=results)
        assert store.trials() == results
        assert RunStore.open(store.path).trials() == results

    def test_numbers_to_the_last_bit(self, tmp_path: Path) -> None:
        fold = replace(fold_score(AGE, 0, 1 / 3), curve=(0.1, 2 / 3, 1e-300), seconds=math.pi)
        result = replace(trial(0, [9.0]), folds=(fold,), params={"learning_rate": 1e-3 / 3, "on": True, "n": 2**60})
        (found,) = run_folder(tmp_path, trials=[result]).trials()
        assert found == result and type(found.params["on"]) is bool

    def test_not_a_number(self, tmp_path: Path) -> None:
        """The AUC of a fold with one class; the curve of a trial that diverged."""
        fold = replace(fold_score(GENDER, 0, 0.9), metrics={"accuracy": 0.9, "auc": math.nan}, curve=(math.inf,))
        result = replace(trial(0, [0.9], task="gender"), folds=(fold,))
        found = run_folder(tmp_path, task="gender", trials=[result]).trials()[0].folds[0]
        assert math.isnan(found.metrics["auc"]) and math.isnan(found.curve[0])

    def test_baselines(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, with_baselines=False)
        assert store.baselines() == []
        store.save_baselines(baselines(), {"constant": np.full((1, FILMS), 50, np.float32)})
        assert RunStore.open(store.path).baselines() == baselines()
        with np.load(store.path / "baselines.npz") as arrays:
            np.testing.assert_array_equal(arrays["constant"], np.full((1, FILMS), 50, np.float32))

    def test_a_folder_that_is_no_run(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="is no run folder"):
            RunStore.open(tmp_path)

    def test_a_folder_is_a_run_once_all_of_it_is_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """experiment.json is written last: a kill before it leaves no run."""
        import trials.store

        def no_more(path: Path, content: bytes) -> None:
            if path.name == "experiment.json":
                assert (path.parent / "plan.npz").exists()
                raise KeyboardInterrupt
            write_atomically(path, content)

        monkeypatch.setattr(trials.store, "write_atomically", no_more)
        with pytest.raises(KeyboardInterrupt):
            run_folder(tmp_path)
        assert not (tmp_path / "run/experiment.json").exists()
        monkeypatch.undo()
        assert run_folder(tmp_path).trials() == []

    def test_what_an_older_search_knew_is_there_before_the_run_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else a kill would leave a run that knows nothing for good, or what another search was to know."""
        import trials.store

        def no_more(path: Path, content: bytes) -> None:
            if path.name == "experiment.json":
                raise KeyboardInterrupt
            write_atomically(path, content)

        films, known = run_folder(tmp_path, "other").films(), [trial(-1, [9.0])]
        monkeypatch.setattr(trials.store, "write_atomically", no_more)
        with pytest.raises(KeyboardInterrupt):
            RunStore.create(tmp_path / "run", experiment(), films, provenance_of(), known)
        monkeypatch.undo()
        assert RunStore(tmp_path / "run", experiment(), provenance_of(), "").known() == known
        assert RunStore.create(tmp_path / "run", experiment(seed=1), films, provenance_of()).known() == []
        assert RunStore.create(tmp_path / "run", experiment(), films, provenance_of(), known).known() == known


class TestOpenTrials:
    def test_round_trip_by_number(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        asked = [open_trial(10, label="notebook"), open_trial(2), open_trial(9)]
        for each in asked:
            store.unfinished.save(each)
        assert RunStore.open(store.path).open_trials() == [asked[1], asked[2], asked[0]]

    def test_folds_come_back_as_they_were_saved(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, folds=11)
        store.unfinished.save(open_trial(0))
        given = {10: predictions({0: 50.25, 4: 1 / 3}), 2: predictions({1: 60.5})}
        for number, values in given.items():
            store.unfinished.save_fold(0, fold_score(AGE, number, 9.0), values)
        found = RunStore.open(store.path).unfinished.folds(0)
        assert [score for score, _ in found] == [fold_score(AGE, 2, 9.0), fold_score(AGE, 10, 9.0)]
        for score, values in found:
            np.testing.assert_array_equal(values, given[score.fold])
        assert store.unfinished.folds(1) == []

    def test_a_fold_that_was_being_written_is_not_there(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.unfinished.save(open_trial(0))
        (store.path / "open/00000/.fold_0.npz.123.tmp").write_bytes(b"half")
        assert store.unfinished.folds(0) == []

    def test_a_trial_whose_asking_was_not_written_is_not_there(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        (store.path / "open/00003").mkdir()
        assert store.open_trials() == []

    def test_out_of_fold_predictions_are_those_of_the_complete_folds(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.unfinished.save(open_trial(0))
        store.unfinished.save_fold(0, fold_score(AGE, 0, 9.0), predictions({1: 51, 5: 55}))
        store.unfinished.save_fold(0, fold_score(AGE, 1, 9.0), predictions({2: 52, 6: 0.0}))
        store.unfinished.save_fold(0, fold_score(AGE, 2, 30.0, complete=False), predictions({3: 53, 7: 57}))
        store.append(trial(0, [9.0, 9.0, 30.0], "pruned"))
        merged = RunStore.open(store.path).out_of_fold(0)
        np.testing.assert_array_equal(merged, predictions({1: 51, 5: 55, 2: 52, 6: 0.0})[None])
        assert merged is not None and merged.dtype == np.float32

    def test_a_trial_without_a_complete_fold_has_none(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.unfinished.save(open_trial(0))
        store.unfinished.save_fold(0, fold_score(AGE, 0, 30.0, complete=False), predictions({3: 53}))
        store.append(trial(0, [30.0], "pruned"))
        assert store.out_of_fold(0) is None and store.out_of_fold(7) is None

    def test_a_finished_trial_is_no_longer_open(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        for number in (0, 1):
            store.unfinished.save(open_trial(number))
            store.unfinished.save_fold(number, fold_score(AGE, 0, 9.0), predictions({1: 51}))
        store.append(trial(0, [9.0]))
        assert [opened.number for opened in store.open_trials()] == [1]
        assert not (store.path / "open/00000").exists()
        assert len(store.unfinished.folds(1)) == 1

    def test_a_kill_between_the_line_and_the_end_of_its_folder(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, trials=[trial(0, [9.0])])
        store.unfinished.save(open_trial(0))
        store.unfinished.save(open_trial(1))
        assert [opened.number for opened in store.open_trials()] == [1]
        store.drop_leftovers()
        assert sorted(folder.name for folder in (store.path / "open").iterdir()) == ["00001"]
        assert len(store.trials()) == 1

    def test_files_that_kills_have_left_half_written_go(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, trials=[trial(0, [9.0])])
        store.unfinished.save(open_trial(1))
        store.unfinished.save_fold(1, fold_score(AGE, 0, 9.0), predictions({1: 51}))
        before = sorted(store.path.rglob("*"))
        for name in (".budget.json.77.tmp", "oof/.00001.npy.77.tmp", "open/00001/.fold_1.npz.77.tmp"):
            (store.path / name).write_bytes(b"half")
        store.drop_leftovers()
        assert sorted(store.path.rglob("*")) == before and len(store.unfinished.folds(1)) == 1


class TestRunFolders:
    @pytest.fixture
    def runs(self, tmp_path: Path) -> Path:
        for name in ("b", "a"):
            run_folder(tmp_path / "runs", name)
        (tmp_path / "runs/notes").mkdir()
        return tmp_path / "runs"

    def test_all_by_name(self, runs: Path) -> None:
        assert run_folders([], runs) == [runs / "a", runs / "b"]

    def test_by_name_or_path_in_the_order_given(self, runs: Path) -> None:
        assert run_folders(["b", str(runs / "a")], runs) == [runs / "b", runs / "a"]

    def test_none_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(UserError) as caught:
            run_folders([], tmp_path / "runs")
        assert f"{tmp_path / 'runs'} holds no run" in caught.value.given
        assert caught.value.remedy == f"python cli.py search --task age --runs {tmp_path / 'runs'}"

    @pytest.mark.parametrize("name", ["c", "notes"])
    def test_one_that_is_none(self, runs: Path, name: str) -> None:
        with pytest.raises(UserError) as caught:
            run_folders(["a", name], runs)
        assert caught.value.given == f"{name} is no run" and caught.value.accepted == "one of: a, b"

    def test_a_name_where_there_is_no_run(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="none so far"):
            run_folders(["a"], tmp_path)
