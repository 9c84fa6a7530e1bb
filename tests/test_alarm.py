"""Alarms about heads on frozen features that do not beat a constant."""

from __future__ import annotations

from dataclasses import replace

from run_folders import trial

from runners._alarm import probe_alarm
from trials.records import Baseline, FoldScore, TrialResult
from xrays.tasks import TASKS


def fold(number: int, score: float, task: str, probe: float | None = None) -> FoldScore:
    return FoldScore(number, {TASKS[task].objective: score}, 3, 0.0, (score,) * 3, (1.0,) * 3, probe=probe)


def alarm(task: str, probes: list[float | None], constants: list[float], given: str = "imagenet") -> str:
    folds = tuple(fold(n, 1.0, task, probe) for n, probe in enumerate(probes))
    result = replace(trial(3, [], params={"backbone": "densenet121"}), folds=folds)
    baseline = Baseline("constant", tuple(fold(n, score, task) for n, score in enumerate(constants)))
    return probe_alarm(TASKS[task], [result], [baseline], given)


def test_a_probe_that_does_not_beat_the_constant_raises_an_alarm() -> None:
    assert "densenet121 (imagenet)" in alarm("age", [14.3, 14.5], [14.2, 14.4])
    assert "14.40" in alarm("age", [14.3, 14.5], [14.2, 14.4])
    assert not alarm("age", [11.0, 12.0], [14.2, 14.4])
    assert alarm("gender", [0.5, 0.5], [0.52, 0.51])
    assert alarm("gender", [0.5, 0.52], [0.51, 0.51]), "a tie is not better"
    assert not alarm("gender", [0.7, 0.8], [0.52, 0.51])


def test_a_backbone_raises_it_once() -> None:
    folds = tuple(fold(n, 1.0, "age", 20.0) for n in range(2))
    baseline = Baseline("constant", tuple(fold(n, 14.0, "age") for n in range(2)))

    def of(number: int, backbone: str, folds: tuple[FoldScore, ...] = folds) -> TrialResult:
        return replace(trial(number, [], params={"backbone": backbone}), folds=folds)

    def raised(*results: TrialResult) -> bool:
        return bool(probe_alarm(TASKS["age"], results, [baseline], "imagenet"))

    assert raised(of(0, "a")) and not raised(of(0, "a"), of(1, "a"))
    assert raised(of(0, "a"), of(1, "b"))
    assert raised(of(0, "a", ()), of(1, "a")), "a trial without a probe says nothing"


def test_only_folds_with_a_probe_are_compared_and_random_weights_promise_nothing() -> None:
    assert not alarm("age", [12.0, None], [13.0, 5.0])
    assert not alarm("age", [None, None], [1.0, 1.0])
    assert not alarm("age", [20.0, 20.0], [14.0, 14.0], given="none")
    assert not alarm("age", [20.0, 20.0], [14.0, 14.0], given="")
