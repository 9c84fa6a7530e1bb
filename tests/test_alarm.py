"""Alarms about heads on frozen features that do not beat a constant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st
from rows import first_and_others
from run_folders import baselines, scores, transfer_folder, transfer_trial, trial

from reports._evidence.probes import weak_probes
from runners._search.alarm import probe_alarm
from trials.frame import trials_frame
from trials.probes import constant_scores
from trials.records import FoldScore, TrialResult
from xrays.tasks import TASKS


def fold(number: int, score: float, task: str, probe: float | None = None) -> FoldScore:
    return FoldScore(number, {TASKS[task].objective: score}, 3, 0.0, (score,) * 3, (1.0,) * 3, probe=probe)


def alarm(task: str, probes: list[float | None], constants: list[float], given: str = "imagenet") -> str | None:
    folds = tuple(fold(n, 1.0, task, probe) for n, probe in enumerate(probes))
    result = replace(trial(3, [], params={"backbone": "densenet121"}), folds=folds)
    return probe_alarm(TASKS[task], [result], dict(enumerate(constants)), given)


def test_a_probe_that_does_not_beat_the_constant_raises_an_alarm() -> None:
    assert "densenet121 (imagenet)" in alarm("age", [14.3, 14.5], [14.2, 14.4])
    assert "14.40" in alarm("age", [14.3, 14.5], [14.2, 14.4])
    assert not alarm("age", [11.0, 12.0], [14.2, 14.4])
    assert alarm("gender", [0.5, 0.5], [0.52, 0.51])
    assert alarm("gender", [0.5, 0.52], [0.51, 0.51]), "a tie is not better"
    assert not alarm("gender", [0.7, 0.8], [0.52, 0.51])


def test_a_backbone_raises_it_once() -> None:
    folds = tuple(fold(n, 1.0, "age", 20.0) for n in range(2))

    def of(number: int, backbone: str, folds: tuple[FoldScore, ...] = folds) -> TrialResult:
        return replace(trial(number, [], params={"backbone": backbone}), folds=folds)

    def raised(*results: TrialResult) -> bool:
        return bool(probe_alarm(TASKS["age"], results, {0: 14.0, 1: 14.0}, "imagenet"))

    assert raised(of(0, "a")) and not raised(of(0, "a"), of(1, "a"))
    assert raised(of(0, "a"), of(1, "b"))
    assert raised(of(0, "a", ()), of(1, "a")), "a trial without a probe says nothing"


def test_only_folds_with_a_probe_are_compared_and_random_weights_promise_nothing() -> None:
    assert not alarm("age", [12.0, None], [13.0, 5.0])
    assert not alarm("age", [None, None], [1.0, 1.0])
    assert not alarm("age", [20.0, 20.0], [14.0, 14.0], given="none")
    assert not alarm("age", [20.0, 20.0], [14.0, 14.0], given="")


PROBED = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.lists(st.integers(5, 20), max_size=3)), min_size=1, max_size=6
)


@pytest.mark.parametrize("task", first_and_others(TASKS))
@given_by(drawn=PROBED)
def test_after_every_trial_the_terminal_has_said_what_the_page_says(
    task: str, drawn: list[tuple[str, list[int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The first trial of a backbone may be behind the constant, and a later one ahead of it."""
    store = transfer_folder(tmp_path_factory.mktemp("run"), task=task)
    results, said = list[TrialResult](), set[str]()
    for number, (backbone, probes) in enumerate(drawn):
        shown = [min(0.99, max(0.01, score)) if task == "gender" else score for score in scores(task, *probes)]
        results.append(transfer_trial(number, backbone, scores(task, 9.0, 9.0, 9.0), probes=shown, task=task))
        store.append(results[-1])
        line = probe_alarm(TASKS[task], results, constant_scores(TASKS[task], store.baselines()), "imagenet")
        if line:
            assert f"trial {number}: the frozen features of {backbone} (imagenet)" in line
            said = said - {backbone} if line.startswith("ALARM OVER") else said | {backbone}
        assert said == set(weak_probes(trials_frame([store]))["backbone"])


def test_an_alarm_that_is_over_is_told(tmp_path: Path) -> None:
    constant = constant_scores(TASKS["age"], baselines())
    first = transfer_trial(0, "a", [9.0] * 3, probes=[15.0, 15.0, 15.0])
    second = transfer_trial(1, "a", [9.0] * 3, probes=[12.0, 12.0, 12.0])
    line = probe_alarm(TASKS["age"], [first], constant, "imagenet")
    assert line is not None and line.startswith("ALARM    trial 0: the frozen features")
    assert probe_alarm(TASKS["age"], [first, second], constant, "imagenet") == (
        "ALARM OVER  trial 1: the frozen features of a (imagenet) do beat the constant predictor (MAE 12.00 years "
        "against MAE 14.10 years)."
    )
    assert not probe_alarm(TASKS["age"], [second, first], constant, "imagenet")
