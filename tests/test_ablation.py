"""The training of an ablation: what is trained, what a kill or a misfortune leaves, what is kept on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from drawing import new_store
from fake_workers import FILMS, FakeWorkers, experiment, raised
from numpy.typing import NDArray
from run_folders import trial

from runners._ablation.arms import Pair, all_arms
from runners._ablation.repeats import repeat_of
from runners._ablation.training import Training
from runners._workers.messages import Busy, Reply, Train
from runners._workers.protocol import Died, Workers
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from trials.ablation import ArmPart, ablated, arm_parts, arms_of, save_arms
from trials.experiment import Experiment
from trials.films import Films
from trials.parts import predictions_of, save_part
from xrays.arrays import XrayArrays
from xrays.assignment import HOLD_OUT, UNUSED, in_folds
from xrays.dealing import dealt_evenly
from xrays.errors import UserError
from xrays.folds import make_plan, unscorable
from xrays.tasks import TASKS

CNN = load_space("cnn")
BATCH = int(CNN.first["batch_size"])
ROTATED = {"augment_mode": "combined", "augment_rotation": True, "augment_rotation_strength": 0.3}


def arms(**params: Scalar) -> list[Pair]:
    return all_arms(CNN, TASKS["age"], trial(5, [9.0, 9.1, 9.2], params={**CNN.first, **ROTATED, **params}))


def names(pairs: list[Pair]) -> list[str]:
    return [arm.name for arm, _ in pairs]


def effect(params: Mapping[str, Scalar], fold: int, epoch: int) -> float:
    """Rotation takes a year off the error."""
    helps = params["augment_mode"] != "none" and params["augment_rotation"]
    return 10.0 - bool(helps) + 0.1 * fold + 1 / epoch


class Ablation:
    """A store, arms around its winner, and calls on workers of formulas."""

    def __init__(self, path: Path, pairs: list[Pair]) -> None:
        self.store, self.pairs = new_store(path), pairs
        save_arms(path, 5, [arm for arm, _ in pairs])

    def __call__(
        self,
        misfortune: Callable[[Train], Reply | Died | None] = lambda job: None,
        stop: Stop | None = None,
        **changes: Any,
    ) -> tuple[str, int]:
        """How it ended, and how many folds were begun."""
        opened: list[FakeWorkers] = []
        self.asked: list[tuple[Experiment, np.ndarray]] = []

        def workers(own: Experiment, assignment: np.ndarray, count: int) -> AbstractContextManager[Workers]:
            self.asked.append((own, assignment))
            opened.append(FakeWorkers(own, effect, misfortune))
            return nullcontext(opened[-1])

        self.said: list[str] = []
        repeats = changes.pop("repeats", 1)
        outcome = Training(
            self.store, self.pairs, BATCH, repeats, workers, stop or Stop(), self.said.append, **changes
        ).run()
        return outcome.kind, sum(len(each.trained) for each in opened)

    def scores(self) -> dict[tuple[str, int, int], float]:
        return {
            (part.configuration, part.repeat, part.fold): part.score.metrics["mae"]
            for part in arm_parts(self.store.path)
            if part.score
        }


@pytest.fixture
def ablation(tmp_path: Path) -> Ablation:
    return Ablation(tmp_path / "run", arms(augment_noise=True))


def test_every_configuration_is_trained_once(ablation: Ablation) -> None:
    configurations = {arm.configuration for arm, _ in ablation.pairs}
    assert ablation() == ("finished", 3 * len(configurations))
    assert len(ablation.scores()) == 3 * len(configurations)
    assert ablation() == ("finished", 0) and not ablation.asked
    assert ablation(repeats=2) == ("finished", 3 * len(configurations))
    assert [arm.name for arm in arms_of(ablation.store.path, 5)] == names(ablation.pairs)
    first, second = (ablation.scores()[ablation.pairs[n][0].configuration, 0, 0] for n in (0, 1))
    assert second - first == pytest.approx(1.0)


def test_equal_arms_are_trained_once(tmp_path: Path) -> None:
    only = Ablation(tmp_path / "run", arms()[:3])
    assert names(only.pairs) == ["as found", "all off", "without rotation"]
    assert only() == ("finished", 6)


def test_predictions_are_there_for_every_fold(ablation: Ablation) -> None:
    ablation()
    for part in arm_parts(ablation.store.path):
        predicted = predictions_of(ablation.store.path, part, FILMS)
        assert predicted is not None and np.isfinite(predicted).sum() == len(range(part.fold, FILMS, 3))


def test_an_ablation_stopped_after_every_fold_is_the_unbroken_one(ablation: Ablation, tmp_path: Path) -> None:
    broken = Ablation(tmp_path / "broken", ablation.pairs[:3])
    ablation.pairs = ablation.pairs[:3]
    ablation()
    for _ in range(3 * 3):
        stop = Stop()

        def one_fold(job: Train, stop: Stop = stop) -> None:
            stop.asked = 1

        kind, begun = broken(one_fold, stop)
        assert begun == 1
    assert (kind, broken()) == ("stopped", ("finished", 0))
    assert broken.scores() == ablation.scores()
    assert [part.seed for part in arm_parts(broken.store.path)] == [
        part.seed for part in arm_parts(ablation.store.path)
    ]


def test_a_line_torn_by_a_kill_is_a_fold_that_is_trained_again(ablation: Ablation) -> None:
    ablation()
    whole = ablation.scores()
    file = ablation.store.path / "ablation.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert len(ablation.scores()) == len(whole) - 1
    assert ablation() == ("finished", 1)
    assert ablation.scores() == whole


def test_when_the_time_is_up_no_fold_begins(ablation: Ablation) -> None:
    assert ablation(deadline=time.monotonic() - 1) == ("paused", 0)
    assert ablation() == ("finished", 3 * len({arm.configuration for arm, _ in ablation.pairs}))


def test_when_the_time_is_up_the_fold_that_runs_is_finished(
    ablation: Ablation, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    for module in ("_workers.parts", "_workers.crew"):
        clock = SimpleNamespace(monotonic=lambda: now[0])
        monkeypatch.setattr(f"runners.{module}.time", clock)

    def takes_a_second(job: Train) -> None:
        now[0] += 1.0

    assert ablation(takes_a_second, deadline=2.5) == ("paused", 3)
    assert len(ablation.scores()) == 3


def test_what_raises_costs_its_arm_and_is_not_tried_again(ablation: Ablation) -> None:
    ablation.pairs = ablation.pairs[:2]

    def diverges(job: Train) -> Reply | None:
        off = job.trial.params["augment_mode"] == "none"
        return raised("TrainingDiverged: the loss is NaN", "NaN") if off and job.fold == 1 else None

    assert ablation(diverges) == ("finished", 3 + 2)
    assert any("TrainingDiverged" in line for line in ablation.said)
    assert [part.error for part in arm_parts(ablation.store.path) if not part.score] == [
        "TrainingDiverged: the loss is NaN"
    ]
    assert ablation() == ("finished", 0)


def test_a_worker_that_dies_is_tried_twice_and_again_by_the_next_call(ablation: Ablation) -> None:
    ablation.pairs = ablation.pairs[:2]
    deaths = iter([Died("the worker was killed by SIGABRT", log="free(): invalid pointer")] * 3)
    assert ablation(lambda job: next(deaths, None)) == ("finished", 2 + 1 + 3)
    assert len(ablation.scores()) == 3
    kept = ablation.store.error(ablation.pairs[0][1].number)
    assert kept.startswith("ablation, ") and kept.endswith("killed by SIGABRT\nfree(): invalid pointer")
    assert ablation() == ("finished", 3)
    assert len(ablation.scores()) == 6 and not any(part.error for part in arm_parts(ablation.store.path))


def test_another_winner_shares_what_is_the_same(ablation: Ablation, tmp_path: Path) -> None:
    ablation.pairs = ablation.pairs[:2]
    ablation()
    other = all_arms(CNN, TASKS["age"], trial(9, [8.0] * 3, params={**CNN.first, **ROTATED}))[:2]
    save_arms(ablation.store.path, 9, [arm for arm, _ in other])
    ablation.pairs = other
    assert ablation() == ("finished", 3), "without augmentation the two are one configuration"
    assert ablated(ablation.store.path) == [5, 9]
    assert len(arms_of(ablation.store.path, 9)) == 2


def test_nothing_on_record() -> None:
    assert (arms_of(Path("nowhere"), 0), arm_parts(Path("nowhere")), ablated(Path("nowhere"))) == ([], [], [])


def test_a_failed_part_that_was_made_up_for_counts_no_more(tmp_path: Path) -> None:
    part = ArmPart(configuration="abc", repeat=0, seed=7, fold=1, score=None)
    save_part(tmp_path, replace(part, error="the worker was killed", failure="killed"))
    score = trial(0, [9.0, 9.5]).folds[1]
    save_part(tmp_path, replace(part, score=score), np.zeros(3, np.float32))
    assert arm_parts(tmp_path) == [replace(part, score=score)]


def test_a_repeat_has_its_own_seed_and_folds_and_leaves_the_hold_out(prepared: XrayArrays) -> None:
    plan = make_plan(prepared, folds=3)
    films = films_of(prepared, plan.assignment)
    made = [repeat_of(experiment(seed=3), films, n) for n in (0, 1, 0)]
    seeds = [own.seed for own, _ in made]
    assert seeds[0] == seeds[2] != seeds[1] and 3 not in seeds
    assert (made[0][1] == made[2][1]).all() and (made[0][1] != made[1][1]).any()
    for _, dealt in made:
        assert ((dealt == HOLD_OUT) == plan.hold_out()).all() and dealt.shape == plan.assignment.shape
        assert (dealt != plan.assignment).any()
        sizes = np.bincount(dealt[0, in_folds(dealt)], minlength=3)
        assert sizes.min() > 10
        for group in np.unique(prepared.groups):
            assert len(np.unique(dealt[0, prepared.groups == group])) == 1


def test_unused_films_stay_unused(prepared: XrayArrays) -> None:
    assignment = make_plan(prepared, folds=3).assignment[0].copy()
    out = np.unique(prepared.groups)[:2]
    assignment[np.isin(prepared.groups, out)] = UNUSED
    dealt = dealt_evenly(prepared.groups, prepared.labels, assignment, folds=3, seed=1)
    assert ((dealt == UNUSED) == (assignment == UNUSED)).all()


def films_of(arrays: XrayArrays, assignment: NDArray[np.int8]) -> Films:
    return Films(arrays.ids, arrays.groups, arrays.labels, assignment)


def some_genders(seed: int, known: float) -> Films:
    """Sixty films of up to 24 patients, of which some films have a gender."""
    rng = np.random.default_rng(seed)
    groups, age = rng.integers(0, 24, 60).astype(np.str_), rng.integers(18, 90, 60).astype(np.float32)
    gender = np.where(rng.random(60) >= 1 - known, rng.integers(0, 2, 60), np.nan).astype(np.float32)
    return Films(np.arange(60), groups, {"age": age, "gender": gender}, np.zeros((1, 60), np.int8))


def test_every_fold_of_every_repeat_has_both_classes() -> None:
    """Of 20 first attempts at these films 17 leave a fold with one class."""
    films, own, task = some_genders(10, 0.25), replace(experiment(), task="gender", folds=3), TASKS["gender"]
    for repeat in range(20):
        assert not unscorable(task, films.targets(task), repeat_of(own, films, repeat)[1])


def test_films_that_cannot_be_dealt_so_are_refused() -> None:
    films, own = some_genders(0, 0.02), replace(experiment(), task="gender", folds=3)
    with pytest.raises(UserError, match="3 new folds, of which one always lacks films or a class of gender"):
        repeat_of(own, films, 0)


def test_workers_that_cannot_start_end_it_and_lose_nothing(tmp_path: Path) -> None:
    ablation = Ablation(tmp_path / "run", arms())
    with pytest.raises(UserError, match="no worker can start: no backend"):
        ablation(lambda job: Died("no backend", begun=False))
    assert not arm_parts(ablation.store.path)
    assert ablation()[0] == "finished"


def test_an_arm_without_memory_begins_again_in_half_batches(ablation: Ablation) -> None:
    """As a trial of a search does: all of its folds alike, those of the other arms as they were."""
    ablation.pairs = ablation.pairs[:2]

    def grows(job: Train) -> Reply | None:
        off = job.trial.params["augment_mode"] == "none"
        no_room = off and job.fold == 1 and job.trial.accumulation == 1
        return raised("ResourceExhaustedError: OOM", "out of memory") if no_room else None

    assert ablation(grows) == ("finished", 3 + 2 + 3)
    assert any(f"once more in batches of {BATCH // 2}, two a step" in line for line in ablation.said)
    parts = arm_parts(ablation.store.path)
    assert [(part.fold, part.halved) for part in parts if part.score] == [
        *((fold, False) for fold in range(3)),
        *((fold, True) for fold in range(3)),
    ]
    assert ablation() == ("finished", 0)


def test_half_batches_twice_without_memory_end_the_arm_and_are_tried_again(ablation: Ablation) -> None:
    ablation.pairs = ablation.pairs[:1]
    oom = raised("ResourceExhaustedError: OOM", "out of memory")
    assert ablation(lambda job: oom if job.fold == 1 else None) == ("finished", 2 + 2)
    assert [part.score is None for part in arm_parts(ablation.store.path)] == [False, True]
    sent: list[int] = []
    assert ablation(lambda job: sent.append(job.trial.accumulation)) == ("finished", 2)
    assert sent == [2, 2], "what is there was trained in half batches"
    assert len(ablation.scores()) == 3


def test_an_arm_that_was_stopped_before_it_began_again_is_of_one_kind(ablation: Ablation) -> None:
    """The user stops it when memory has run out: nothing in half batches is there yet, and what is there stays."""
    ablation.pairs, stop = ablation.pairs[:1], Stop()

    def stops(job: Train) -> Reply | None:
        if job.fold == 0:
            return None
        stop.asked = 1
        return raised("OOM", "out of memory")

    assert ablation(stops, stop) == ("stopped", 2)
    assert [part.halved for part in arm_parts(ablation.store.path)] == [False]
    assert ablation() == ("finished", 2)
    assert [part.halved for part in arm_parts(ablation.store.path)] == [False] * 3


def test_a_fold_that_hangs_is_given_up_with_what_to_say_of_it(ablation: Ablation) -> None:
    ablation.pairs = ablation.pairs[:1]
    hangs = Busy("features", 9, 9)  # the last that it says
    assert ablation(lambda job: hangs if job.fold == 1 else None, fold_seconds=0.05)[0] == "finished"
    assert [part.failure for part in arm_parts(ablation.store.path) if not part.score] == ["timeout"]
