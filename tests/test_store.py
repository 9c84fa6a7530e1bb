"""The run folder: what is written comes back, what was torn does not, and only one process writes."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from run_folders import (
    FILMS,
    baselines,
    experiment,
    fold_score,
    infeasible,
    run_folder,
    transfer_folder,
    transfer_trial,
    trial,
)

from trials.experiment import Experiment
from trials.files import append_line, locked, read_lines, write_atomically
from trials.frame import COLUMNS, trials_frame
from trials.records import FoldScore, TrialResult, best_trial, ranked
from trials.store import Films, OpenTrial, RunStore, run_folders
from xrays.errors import UserError
from xrays.tasks import TASKS

ROOT = Path(__file__).parents[1]
NEW_IN_2 = {"narrowing", "weights", "max_parameters", "backend"}
AGE, GENDER = TASKS["age"], TASKS["gender"]


def open_trial(number: int, **changes: Any) -> OpenTrial:
    given: dict[str, Any] = {
        "params": {"depth": 3, "learning_rate": 1e-3 / 3, "augment_flip": True, "optimizer": "adam"},
        "recipe": {"depth": 3, "fit": {"optimizer": "adam"}},
        "told": number,
        "started": "2025-01-01T00:00:00Z",
    }
    return OpenTrial(number, **{**given, **changes})


def predictions(films: Mapping[int, float]) -> NDArray[np.float32]:
    """(FILMS,) with NaN but for these films."""
    values = np.full(FILMS, np.nan, np.float32)
    for film, value in films.items():
        values[film] = value
    return values


class TestRoundTrip:
    def test_experiment_and_about(self, tmp_path: Path) -> None:
        about = {"synthetic": True, "versions": {"keras": "3.12"}, "command": "search --task age", "machine": "ä"}
        store = run_folder(tmp_path, about=about)
        opened = RunStore.open(store.path)
        assert opened.experiment == store.experiment and opened.about == about

    def test_films(self, tmp_path: Path) -> None:
        films = Films(
            ids=np.array([3, 5, 10**12]),
            groups=np.array(["patient ä", "film 5", "patient 7"]),
            age=np.array([63.3, np.nan, 0], np.float32),
            gender=np.array([0, 1, -1], np.int8),
            assignment=np.array([[-2, -1, 4]], np.int8),
        )
        RunStore.create(tmp_path / "run", experiment(), films, {})
        found = RunStore.open(tmp_path / "run").films()
        for field in fields(Films):
            expected = getattr(films, field.name)
            np.testing.assert_array_equal(getattr(found, field.name), expected)
            assert getattr(found, field.name).dtype == expected.dtype
        np.testing.assert_array_equal(found.labels(TASKS["age"]), films.age)
        np.testing.assert_array_equal(found.labels(TASKS["gender"]), np.array([0, 1, np.nan], np.float32))

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
        assert math.isnan(found.metrics["auc"]) and found.curve == (math.inf,)

    def test_baselines(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, with_baselines=False)
        assert store.baselines() == []
        store.save_baselines(baselines(), {"constant": np.full(FILMS, 50, np.float32)})
        assert RunStore.open(store.path).baselines() == baselines()
        with np.load(store.path / "baselines.npz") as arrays:
            np.testing.assert_array_equal(arrays["constant"], np.full(FILMS, 50, np.float32))

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


class TestOpenTrials:
    def test_round_trip_by_number(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        asked = [open_trial(10, label="notebook"), open_trial(2), open_trial(9)]
        for each in asked:
            store.save_open(each)
        assert RunStore.open(store.path).open_trials() == [asked[1], asked[2], asked[0]]

    def test_folds_come_back_as_they_were_saved(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.save_open(open_trial(0))
        given = {10: predictions({0: 50.25, 4: 1 / 3}), 2: predictions({1: 60.5})}
        for number, values in given.items():
            store.save_fold(0, fold_score(AGE, number, 9.0), values)
        found = RunStore.open(store.path).saved_folds(0)
        assert [score for score, _ in found] == [fold_score(AGE, 2, 9.0), fold_score(AGE, 10, 9.0)]
        for score, values in found:
            np.testing.assert_array_equal(values, given[score.fold])
        assert store.saved_folds(1) == []

    def test_a_fold_that_was_being_written_is_not_there(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.save_open(open_trial(0))
        (store.path / "open/00000/.fold_0.npz.123.tmp").write_bytes(b"half")
        assert store.saved_folds(0) == []

    def test_a_trial_whose_asking_was_not_written_is_not_there(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        (store.path / "open/00003").mkdir()
        assert store.open_trials() == []

    def test_out_of_fold_predictions_are_those_of_the_complete_folds(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.save_open(open_trial(0))
        store.save_fold(0, fold_score(AGE, 0, 9.0), predictions({1: 51, 5: 55}))
        store.save_fold(0, fold_score(AGE, 1, 9.0), predictions({2: 52, 6: 0.0}))
        store.save_fold(0, fold_score(AGE, 2, 30.0, complete=False), predictions({3: 53, 7: 57}))
        store.append(trial(0, [9.0, 9.0, 30.0], "pruned"))
        merged = RunStore.open(store.path).out_of_fold(0)
        np.testing.assert_array_equal(merged, predictions({1: 51, 5: 55, 2: 52, 6: 0.0}))
        assert merged is not None and merged.dtype == np.float32

    def test_a_trial_without_a_complete_fold_has_none(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        store.save_open(open_trial(0))
        store.save_fold(0, fold_score(AGE, 0, 30.0, complete=False), predictions({3: 53}))
        store.append(trial(0, [30.0], "pruned"))
        assert store.out_of_fold(0) is None and store.out_of_fold(7) is None

    def test_a_finished_trial_is_no_longer_open(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path)
        for number in (0, 1):
            store.save_open(open_trial(number))
            store.save_fold(number, fold_score(AGE, 0, 9.0), predictions({1: 51}))
        store.append(trial(0, [9.0]))
        assert [opened.number for opened in store.open_trials()] == [1]
        assert not (store.path / "open/00000").exists()
        assert len(store.saved_folds(1)) == 1

    def test_a_kill_between_the_line_and_the_end_of_its_folder(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, trials=[trial(0, [9.0])])
        store.save_open(open_trial(0))
        store.save_open(open_trial(1))
        assert [opened.number for opened in store.open_trials()] == [1]
        store.drop_finished()
        assert sorted(folder.name for folder in (store.path / "open").iterdir()) == ["00001"]
        assert len(store.trials()) == 1


class TestLines:
    @pytest.mark.parametrize("torn", [b"{", b'{"number": 1, "state": "comp', b'{"label": "\xc3', b"\x00\x00\x00"])
    def test_a_torn_last_line_is_not_read_and_then_cut_off(self, tmp_path: Path, torn: bytes) -> None:
        first, second = trial(0, [9.0]), trial(1, [8.0])
        store = run_folder(tmp_path, trials=[first])
        with (store.path / "trials.jsonl").open("ab") as file:
            file.write(torn)
        assert store.trials() == [first]
        store.append(second)
        assert store.trials() == [first, second]
        assert (store.path / "trials.jsonl").read_bytes().count(b"\n") == 2

    def test_a_line_that_lacks_its_end_only_is_torn_too(self, tmp_path: Path) -> None:
        """It may have been cut exactly there, or inside a number that still reads."""
        file = tmp_path / "lines"
        append_line(file, "1")
        file.write_bytes(b"1\n25")
        assert read_lines(file) == ["1"]
        append_line(file, "3")
        assert file.read_bytes() == b"1\n3\n"

    def test_nothing_but_a_torn_line(self, tmp_path: Path) -> None:
        file = tmp_path / "lines"
        file.write_bytes(b"half")
        assert read_lines(file) == []
        append_line(file, "1")
        assert file.read_bytes() == b"1\n"

    def test_none_and_empty(self, tmp_path: Path) -> None:
        assert read_lines(tmp_path / "none") == []
        (tmp_path / "empty").touch()
        assert read_lines(tmp_path / "empty") == []
        append_line(tmp_path / "empty", "1")
        assert read_lines(tmp_path / "empty") == ["1"]

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))))
    def test_any_lines(self, tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
        file = tmp_path_factory.mktemp("lines") / "lines"
        for line in lines:
            append_line(file, line)
        assert read_lines(file) == lines

    def test_another_process_reads_it_at_once(self, tmp_path: Path) -> None:
        program = """
import sys
from pathlib import Path
from trials.store import RunStore
store = RunStore.open(Path(sys.argv[1]))
for _ in sys.stdin:
    print([result.number for result in store.trials()], flush=True)
"""
        store = run_folder(tmp_path)
        with child(program, store.path) as reader:
            assert reader.stdin is not None and reader.stdout is not None
            for number in range(3):
                store.append(trial(number, [9.0]))
                reader.stdin.write("?\n")
                reader.stdin.flush()
                assert json.loads(reader.stdout.readline()) == list(range(number + 1))


class TestAtomicWrites:
    def test_replaces_and_leaves_no_other_file(self, tmp_path: Path) -> None:
        for content in (b"first", b"second"):
            write_atomically(tmp_path / "file", content)
        assert [file.name for file in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_bytes() == b"second"

    def test_a_failure_keeps_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_atomically(tmp_path / "file", b"first")

        def full(descriptor: int) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space left"):
            write_atomically(tmp_path / "file", b"second")
        assert [file.name for file in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_bytes() == b"first"


@contextmanager
def child(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs the program; killed at the end if it is still there."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


HOLD = """
import sys
from pathlib import Path
from trials.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


class TestLock:
    def test_one_process_at_a_time(self, tmp_path: Path) -> None:
        with child(HOLD, tmp_path) as holder:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            with pytest.raises(UserError) as caught, locked(tmp_path):
                pytest.fail("two processes hold the folder")
            assert f"{tmp_path} is in use by pid {holder.pid} on {socket.gethostname()}" == caught.value.given
            assert "--name" in caught.value.remedy
            with pytest.raises(UserError), locked(tmp_path):  # the refusal has not let go of it
                pass
            holder.communicate("\n", timeout=30)
            assert holder.returncode == 0
            with locked(tmp_path):
                assert str(os.getpid()) in (tmp_path / ".lock").read_text()

    def test_a_killed_holder_lets_go(self, tmp_path: Path) -> None:
        with child(HOLD, tmp_path) as holder:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            holder.send_signal(signal.SIGKILL)
            holder.wait(30)
            with locked(tmp_path):
                pass

    def test_it_is_free_after_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError), locked(tmp_path):
            raise RuntimeError
        with locked(tmp_path):
            pass

    def test_the_holder_s_children_do_not_hold_it(self, tmp_path: Path) -> None:
        """A worker that outlives a killed driver must not keep the folder."""
        program = "import time; print('up', flush=True); time.sleep(60)"
        with locked(tmp_path):
            process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None and process.stdout.readline() == b"up\n"
            with locked(tmp_path):
                pass
        finally:
            process.kill()
            process.communicate()


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
        assert caught.value.remedy == "python cli.py search --task age"

    @pytest.mark.parametrize("name", ["c", "notes"])
    def test_one_that_is_none(self, runs: Path, name: str) -> None:
        with pytest.raises(UserError) as caught:
            run_folders(["a", name], runs)
        assert caught.value.given == f"{name} is no run" and caught.value.accepted == "one of: a, b"

    def test_a_name_where_there_is_no_run(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="none so far"):
            run_folders(["a"], tmp_path)


class TestFrame:
    def test_empty(self, tmp_path: Path) -> None:
        for stores in ([], [run_folder(tmp_path, with_baselines=False)]):
            frame = trials_frame(stores)
            assert frame.empty and list(frame.columns) == list(COLUMNS)

    def test_baselines_only(self, tmp_path: Path) -> None:
        frame = trials_frame([run_folder(tmp_path)])
        assert list(frame.columns) == list(COLUMNS)
        assert frame.kind.tolist() == ["baseline"] * 2 and frame.number.tolist() == [-1] * 2
        assert frame.label.tolist() == ["constant", "linear probe"] and set(frame.state) == {"complete"}
        np.testing.assert_allclose(frame.score, [14.1, 11.1])
        np.testing.assert_allclose(frame.loss, frame.score)
        np.testing.assert_allclose(frame.score_sd, 0.1)

    def test_mixed(self, tmp_path: Path) -> None:
        results = [
            trial(0, [9.0, 10.0, 11.0]),
            trial(1, [12.0, 13.0], "pruned"),
            trial(2, [14.0], "pruned"),
            trial(3, [], "failed", error="MemoryError: no room"),
            infeasible(4, "too large"),
        ]
        frame = trials_frame([run_folder(tmp_path, "first", results, seed=3, about={"synthetic": True})])
        assert list(frame.columns) == list(COLUMNS) and len(frame) == 7
        rows = frame[frame.kind == "trial"].set_index("number")
        assert rows.state.tolist() == ["complete", "pruned", "pruned", "failed", "infeasible"]
        np.testing.assert_allclose(rows.score, [10.0, 12.0, np.nan, np.nan, np.nan])
        np.testing.assert_allclose(rows.score_sd, [1.0, np.nan, np.nan, np.nan, np.nan])
        np.testing.assert_allclose(rows.loss, [10.0, np.nan, np.nan, np.nan, np.nan])
        assert rows.epochs.tolist() == [12, 8, 4, 0, 0]
        assert rows.error.tolist() == ["", "", "", "MemoryError: no room", "too large"]
        assert rows.folds[0] == results[0].folds and rows.folds[3] == ()
        assert rows.metrics[0] == pytest.approx({"mae": 10.0, "rmse": 12.5, "r2": 1 - 10 / 15})
        assert rows.metrics_sd[0] == pytest.approx({"mae": 1.0, "rmse": 1.25, "r2": 1 / 15})
        assert rows.parameters[0] == 12345 and math.isnan(rows.parameters[3])
        assert json.loads(rows.params[0]) == dict(results[0].params)
        assert set(frame.run) == {"first"} and set(frame.seed) == {3} and all(frame.synthetic)

    def test_weights_backbone_and_probe(self, tmp_path: Path) -> None:
        results = [
            transfer_trial(0, "densenet121", [9.0, 9.5, 10.0], probes=[12.0, 12.5, 13.0]),
            transfer_trial(1, "mobilenetv2", [9.0, 9.5], state="pruned", probes=[12.0, 13.0]),
            transfer_trial(2, "mobilenetv2", [9.0, 9.5, 10.0]),
            infeasible(3, "too large", params={"backbone": "densenet121"}),
        ]
        runs = [transfer_folder(tmp_path, trials=results), run_folder(tmp_path, trials=[trial(0, [9.0])])]
        frame = trials_frame(runs)
        baseline, own = frame[frame.kind == "baseline"], frame[frame.kind == "trial"]
        assert set(baseline.weights) == set(baseline.backbone) == {""} and baseline.probe.isna().all()
        assert own.weights.tolist() == ["imagenet"] * 4 + [""]
        assert own.backbone.tolist() == ["densenet121", "mobilenetv2", "mobilenetv2", "densenet121", ""]
        # The race stopped the second trial in its second fold, when the head had been trained.
        np.testing.assert_allclose(own.probe, [12.5, 12.5, np.nan, np.nan, np.nan])

    def test_equal_configurations_have_equal_text(self, tmp_path: Path) -> None:
        one, other = ({"a": 1, "b": 0.5}, {"b": 0.5, "a": 1})
        results = [trial(n, [9.0], params=params) for n, params in enumerate((one, other))]
        frame = trials_frame([run_folder(tmp_path, trials=results, with_baselines=False)])
        assert frame.params[0] == frame.params[1]

    def test_a_larger_accuracy_is_a_smaller_loss(self, tmp_path: Path) -> None:
        results = [trial(0, [0.8], task="gender"), trial(1, [0.9], task="gender")]
        store = run_folder(tmp_path, task="gender", trials=results, with_baselines=False)
        assert trials_frame([store]).loss.tolist() == [-0.8, -0.9]

    def test_several_runs(self, tmp_path: Path) -> None:
        stores = [run_folder(tmp_path, name, [trial(0, [9.0])], with_baselines=False) for name in ("a", "b")]
        assert trials_frame(stores).run.tolist() == ["a", "b"]


class TestRecords:
    def test_scores_are_of_complete_folds_in_their_order(self) -> None:
        folds = (fold_score(AGE, 2, 3.0), fold_score(AGE, 0, 1.0), fold_score(AGE, 1, 9.0, complete=False))
        result = replace(trial(0, [1.0]), folds=folds)
        assert result.fold_scores(AGE) == [1.0, 3.0]
        assert result.score(AGE) == 2.0
        assert replace(result, state="pruned").score(AGE) is None
        assert replace(result, state="failed").score(AGE) is None
        assert infeasible(0, "too large").score(AGE) is None

    def test_size_and_time_are_those_that_are_known(self) -> None:
        folds = [fold_score(AGE, number, 9.0, epochs=3) for number in range(4)]
        timed = [replace(fold, ms_per_film=ms) for fold, ms in zip(folds, (None, 4.0, 1.0, 90.0), strict=True)]
        known = replace(timed[1], parameters=77)
        result = replace(trial(0, [9.0]), folds=(timed[0], known, *timed[2:]))
        assert (result.parameters, result.ms_per_film, result.epochs) == (77, 4.0, 12)
        none = replace(result, folds=())
        assert (none.parameters, none.ms_per_film, none.epochs) == (None, None, 0)

    @pytest.mark.parametrize(("task", "order"), [(AGE, [2, 1, 3]), (GENDER, [1, 3, 2])])
    def test_ranked(self, task: Any, order: list[int]) -> None:
        results = [
            trial(3, [0.9], task=task.name),
            trial(2, [0.7], task=task.name),
            trial(1, [0.9], task=task.name),
            trial(4, [0.1], "pruned", task.name),
            trial(5, [], "failed", task.name),
            infeasible(6, "too large", task=task.name),
        ]
        assert [result.number for _, result in ranked(results, task)] == order
        best = best_trial(results, task)
        assert best is not None and best.number == order[0]
        assert best_trial(results[3:], task) is None and ranked([], task) == []

    @given(st.floats(allow_nan=False), st.lists(st.floats(allow_nan=False), max_size=4), st.booleans())
    def test_any_fold_survives_json(self, value: float, curve: list[float], complete: bool) -> None:
        fold = FoldScore(0, {"mae": value}, 3, 1.5, tuple(curve), tuple(curve), complete, None, value, 0, value)
        result = replace(trial(0, [9.0]), folds=(fold,))
        assert TrialResult.from_json(json.loads(json.dumps(result.to_json()))) == result


class TestExperiment:
    def test_json(self) -> None:
        for own in (experiment(), experiment(narrowing=("depth=3..4", "batch_size=32"), weights="imagenet")):
            assert Experiment.from_json(json.loads(json.dumps(own.to_json()))) == own

    def test_a_run_of_another_format_is_refused(self) -> None:
        first = {key: value for key, value in experiment().to_json().items() if key not in NEW_IN_2} | {"format": 1}
        with pytest.raises(UserError, match="a run of format 1"):
            Experiment.from_json(first)

    def test_the_name_of_the_data_is_no_part_of_the_identity(self) -> None:
        """A prepared folder may be renamed: fingerprints tell what is in it."""
        renamed = replace(experiment(), data="elsewhere")
        assert renamed.digest == experiment().digest and experiment().differences(renamed) == {}
        assert renamed.folder_name != experiment().folder_name

    @pytest.mark.parametrize("name", [field.name for field in fields(Experiment) if field.name != "data"])
    def test_everything_else_is(self, name: str) -> None:
        old = getattr(experiment(), name)
        new = {int: lambda: old + 1, str: lambda: f"{old}x", tuple: lambda: (*old, "x")}[type(old)]()
        changes: dict[str, Any] = {name: new}
        other = experiment(**changes)
        assert other.digest != experiment().digest
        assert experiment().differences(other) == {name: (old, new)}

    def test_the_same_names_as_when_this_was_written(self) -> None:
        """A run is found again by its folder's name: it must not depend on the process or the version."""
        assert experiment().folder_name == "age-tiny32-cnn-optuna-tpe-bceb"

    def test_the_name_holds_what_a_person_looks_for(self) -> None:
        own = experiment("gender", space="resnet", sampler="random")
        assert own.folder_name == f"gender-tiny32-resnet-optuna-random-{own.digest[:4]}"
        assert asdict(own)["format"] == own.format
