"""What a report says of backbones: their section, and the alarm on frozen features that are worth nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pages import group_of, words
from run_folders import mixed, run_folder, transfer_folder, transfer_trial, transferred, trial

from reports import load
from reports._evidence.probes import weak_probes
from reports._page.build import build_report
from trials.frame import trials_frame
from trials.records import TrialResult

ERROR = (1 / 3 + 1 / 2) ** 0.5  # from a standard deviation over three folds to a standard error


def test_backbones_of_two_spaces(tmp_path: Path) -> None:
    gone = transfer_trial(4, "efficientnetv2b0", [9.0, 9.5], state="pruned", probes=[10.5, 11.0])
    slow = [replace(fold, ms_per_film=ms) for fold, ms in zip(trial(0, [8.2] * 3).folds, (5, 9, 1), strict=True)]
    runs = [
        run_folder(tmp_path, "cnn", [replace(trial(0, [8.2, 8.2, 8.2]), folds=tuple(slow))]),
        transfer_folder(tmp_path, trials=[*transferred("age"), gone]),
    ]
    table = load("backbones").data(group_of(*runs))
    nan = math.nan
    expected = pd.DataFrame(
        [
            ("transfer", "mobilenetv2", "imagenet", False, 2, 2, 8.1, 0.1 * ERROR, 8.7, 12346, nan, 45.0, [8.1, 8.5]),
            ("cnn", "", "", False, 1, 1, 8.2, 0.0, nan, 12345, 5.0, 22.5, [8.2]),
            ("transfer", "densenet121", "imagenet", True, 2, 1, 9.5, 0.5 * ERROR, 14.5, 12345, nan, 22.5, [9.5]),
            ("transfer", "efficientnetv2b0", "imagenet", False, 1, 0, nan, nan, 10.75, nan, nan, 15.0, []),
        ],
        columns=[
            "space", "backbone", "weights", "weak", "trials", "complete", "score", "score_se", "probe", "parameters",
            "ms_per_film", "seconds", "scores",
        ],
    )  # fmt: skip
    pd.testing.assert_frame_equal(table[list(expected)], expected, check_dtype=False)
    assert table["constant"].tolist() == pytest.approx([14.1] * 4) and set(table["task"]) == {"age"}


def test_backbones_of_gender_have_the_most_accurate_first(tmp_path: Path) -> None:
    run = transfer_folder(tmp_path, trials=transferred("gender"), task="gender")
    table = load("backbones").data(group_of(run))
    assert table["backbone"].tolist() == ["mobilenetv2", "densenet121"]
    assert table["probe"].tolist() == pytest.approx([1 - 8.7 / 20, 1 - 14.5 / 20])
    assert table["scores"][0] == pytest.approx([1 - 8.1 / 20, 1 - 8.5 / 20])


def test_a_single_space_without_a_backbone_has_no_such_section(tmp_path: Path) -> None:
    plain, with_one = run_folder(tmp_path, "a", mixed("age")), transfer_folder(tmp_path, "b", transferred("age"))
    assert load("backbones").data(group_of(plain)).empty
    assert not load("backbones").data(group_of(with_one)).empty


def test_two_spaces_are_compared_without_any_backbone(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, space, mixed("age"), space=space) for space in ("cnn", "other")]
    table = load("backbones").data(group_of(*runs))
    assert table[["space", "backbone", "trials", "complete", "score"]].to_numpy().tolist() == [
        ["cnn", "", 5, 3, 8.5], ["other", "", 5, 3, 8.5]
    ]  # fmt: skip


def test_weak_probes_are_those_of_trained_weights_that_do_not_beat_the_constant(tmp_path: Path) -> None:
    """The constant has 14.0, 14.1 and 14.2 on the three folds."""
    trained = [
        transfer_trial(0, "worse", [9.0] * 3, probes=[14.5, 14.6, 14.7]),
        transfer_trial(1, "worse", [9.0] * 3, probes=[14.2, 14.3, 14.4]),
        transfer_trial(2, "equal", [9.0] * 3, probes=[14.0, 14.1, 14.2]),
        transfer_trial(3, "once better", [9.0] * 3, probes=[15.0, 15.0, 15.0]),
        transfer_trial(4, "once better", [9.0] * 3, probes=[13.9, 14.0, 14.1]),
        transfer_trial(5, "stopped", [20.0], state="pruned", probes=[14.25]),
        transfer_trial(6, "never probed", [9.0] * 3),
        # Behind the constant on the easiest fold, ahead over all of them, although with a larger error.
        transfer_trial(8, "ahead at last", [9.0], state="pruned", probes=[14.02]),
        transfer_trial(9, "ahead at last", [9.0] * 3, probes=[14.08] * 3),
    ]
    untrained = [transfer_trial(0, "worse", [9.0] * 3, probes=[15.0] * 3)]
    runs = [
        transfer_folder(tmp_path, "trained", trained),
        transfer_folder(tmp_path, "file", [trained[5]], weights="best_gender.h5@1a2b3c4d"),
        transfer_folder(tmp_path, "untrained", untrained, weights="none"),
        run_folder(tmp_path, "cnn", untrained),
    ]
    expected = pd.DataFrame(
        [
            ("equal", "imagenet", 14.1, 14.1),
            ("stopped", "best_gender.h5@1a2b3c4d", 14.25, 14.0),
            ("stopped", "imagenet", 14.25, 14.0),
            ("worse", "imagenet", 14.3, 14.1),
        ],
        columns=["backbone", "weights", "probe", "constant"],
    )
    pd.testing.assert_frame_equal(weak_probes(trials_frame(runs)), expected)


def test_weak_probes_of_gender_are_the_less_accurate(tmp_path: Path) -> None:
    results = [
        transfer_trial(0, "worse", [0.9] * 3, task="gender", probes=[0.5] * 3),
        transfer_trial(1, "better", [0.9] * 3, task="gender", probes=[0.5] * 3),
        transfer_trial(2, "better", [0.9] * 3, task="gender", probes=[0.58] * 3),
    ]
    weak = weak_probes(trials_frame([transfer_folder(tmp_path, trials=results, task="gender")]))
    assert weak["backbone"].tolist() == ["worse"]


@pytest.mark.parametrize("results", [[], transferred("age")], ids=["no trial", "no constant"])
def test_no_alarm_without_anything_to_compare(results: list[TrialResult], tmp_path: Path) -> None:
    frame = trials_frame([transfer_folder(tmp_path, trials=results, with_baselines=False)])
    assert weak_probes(frame).empty
    assert list(weak_probes(frame)) == ["backbone", "weights", "probe", "constant"]


def test_the_alarm_in_plain_words(tmp_path: Path) -> None:
    page = words(build_report([transfer_folder(tmp_path, trials=transferred("age"))], tmp_path / "report.html"))
    assert (
        "The frozen features of densenet121 (ImageNet) do not beat the constant predictor (probe MAE 14.50 years, "
        "constant 14.10 years): the weights may expect other pixels."
    ) in page
    assert "features of mobilenetv2" not in page
