"""The trials table: a row for every trial and baseline, whatever became of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_folders import infeasible, run_folder, transfer_folder, transfer_trial, trial

from trials.frame import COLUMNS, trials_frame


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
            replace(trial(3, [], "failed", error="MemoryError: no room"), failure="raised"),
            infeasible(4, "too large"),
        ]
        frame = trials_frame([run_folder(tmp_path, "first", results, seed=3, provenance={"synthetic": True})])
        assert list(frame.columns) == list(COLUMNS) and len(frame) == 7
        rows = frame[frame.kind == "trial"].set_index("number")
        assert rows.state.tolist() == ["complete", "pruned", "pruned", "failed", "infeasible"]
        np.testing.assert_allclose(rows.score, [10.0, 12.0, np.nan, np.nan, np.nan])
        np.testing.assert_allclose(rows.score_sd, [1.0, np.nan, np.nan, np.nan, np.nan])
        np.testing.assert_allclose(rows.loss, [10.0, np.nan, np.nan, np.nan, np.nan])
        assert rows.epochs.tolist() == [12, 8, 4, 0, 0]
        assert rows.error.tolist() == ["", "", "", "MemoryError: no room", "too large"]
        assert rows.failure.tolist() == ["", "", "", "raised", ""]
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
