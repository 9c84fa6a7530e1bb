"""The final of a search: who is in it, what is trained, what a kill or a misfortune leaves, and who has won."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawing import SPACE, new_store
from fake_workers import FILMS, SeveralWorkers, raised
from numpy.typing import NDArray
from run_folders import add_seed, run_folder, transfer_folder, transfer_trial, trial

from runners._final.finalists import finalists, further_seeds, missing
from runners._final.plan import FinalPlan, final_plans, in_time
from runners._final.training import hold_final
from runners._inputs.weights import WeightFile, Weights
from runners._training import reopened
from runners._workers.messages import Reply, Train
from runners._workers.protocol import Died
from runners._workers.stop import Stop
from search_spaces._hyperparameters import Scalar
from trials.final import leading, standings
from trials.records import TrialResult
from trials.seeds import Final, save_final, seed_out_of_fold, seed_parts, whole_seeds
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError

PLAIN = {**SPACE.first}


def luck(params: Mapping[str, Scalar], fold: int, epoch: int) -> float:
    """With its own seed a network of many filters is the better one, with others it is the worse one."""
    lucky = -1.0 if "seed" not in params else 1.0 + int(params["seed"]) % 7 / 10
    return 9.0 + 0.1 * fold + lucky * (int(params["filters"]) == 16) + 1 / epoch


def finish(store: RunStore, result: TrialResult, scores: Sequence[float], predicted: NDArray[np.float64]) -> None:
    """As a search would leave the trial. scores: by fold; predicted: of every film, at least FILMS."""
    store.unfinished.save(result)
    folds = [replace(fold, metrics={**fold.metrics, "mae": scores[fold.fold]}) for fold in result.folds]
    for fold in folds:
        made = np.full(FILMS, np.nan, np.float32)
        made[fold.fold :: 3] = predicted[fold.fold : FILMS : 3]
        store.unfinished.save_fold(result.number, fold, made)
    store.append(replace(result, folds=tuple(folds)))


class Search:
    """A store whose trials were trained by `luck`, and finals on workers of formulas."""

    def __init__(self, path: Path) -> None:
        self.store = new_store(path)
        for number, filters in enumerate((8, 16, 32)):
            result = trial(number, [9.0] * 3, params={**PLAIN, "filters": filters}, epochs=8)
            scores = [luck(result.params, fold, 8) for fold in range(3)]
            finish(self.store, result, scores, np.repeat(scores, FILMS // 3 + 1))
        self.best_first = sorted(self.store.trials(), key=lambda one: one.folds[0].metrics["mae"])

    def __call__(
        self,
        misfortune: Callable[[Train], Reply | Died | None] = lambda job: None,
        stop: Stop | None = None,
        workers: int = 1,
        deadline: float = float("inf"),
        count: int = 2,
        seeds: int = 2,
    ) -> tuple[str, int]:
        """How it ended, and how many folds were begun."""
        who, self.said = self.best_first[:count], list[str]()
        further = tuple(further_seeds(self.store.experiment, seeds))
        save_final(self.store.path, Final(tuple(one.number for one in who), further))
        several = SeveralWorkers(workers, self.store.experiment, luck, misfortune)
        outcome = hold_final(
            self.store, FinalPlan(who, seeds, 0.0), several, stop or Stop(), self.said.append, deadline
        )
        return outcome.kind, sum(len(each.trained) for each in several.each)

    def scores(self) -> dict[tuple[int, int, int], float]:
        parts = seed_parts(self.store.path)
        return {(part.trial, part.seed, part.fold): part.score.metrics["mae"] for part in parts if part.score}


@pytest.fixture
def search(tmp_path: Path) -> Search:
    return Search(tmp_path / "run")


def test_every_finalist_has_two_more_seeds_and_the_lucky_one_loses(search: Search) -> None:
    lucky = leading(search.store)
    assert lucky is not None and lucky.result.number == 1 and lucky.score == pytest.approx(8.225)
    assert search() == ("finished", 2 * 2 * 3)
    assert search() == ("finished", 0), "all of it is on record"
    first, second, third = standings([search.store])
    assert [one.result.number for one in (first, second, third)] == [0, 1, 2]
    assert first.score == pytest.approx(9.225) and len(first.seeds) == 3 and next(iter(first.seeds)) == 0
    assert second.own == pytest.approx(8.225) and second.score == pytest.approx(np.mean([*second.by_seed.values()]))
    assert second.by_seed[0] == second.own and second.score > first.score
    assert third.score == third.own and not third.seeds, "one seed, by which it has lost"
    assert [fold.metrics["mae"] for fold in second.folds] == pytest.approx(
        np.mean([[fold.metrics["mae"] for fold in folds] for folds in second.seeds.values()], axis=0)
    )


def test_one_further_seed_is_gone_on_from_by_a_call_with_more_time(search: Search) -> None:
    """The seed that is there is one of the two, and the mean over what all have decides."""
    assert search(seeds=1) == ("finished", 2 * 3)
    first, second, _ = standings([search.store])
    assert [len(one.seeds) for one in (first, second)] == [2, 2] and first.result.number == 0
    assert any("trial 0, seed 2 of 2" in line for line in search.said)
    assert search() == ("finished", 2 * 3), "no more than the other seed"
    assert [len(one.seeds) for one in standings([search.store])[:2]] == [3, 3]
    assert search(seeds=1) == ("finished", 0)


def test_there_are_fewer_finalists_before_there_are_fewer_seeds(search: Search) -> None:
    """Each fold has taken 1 s, and each trial takes 6 s to begin; what is on record takes nothing."""
    who = [replace(one, folds=tuple(replace(fold, seconds=1.0) for fold in one.folds)) for one in search.best_first]
    plans = final_plans(search.store, who)
    assert [(len(plan.trials), plan.seeds, plan.seconds) for plan in plans] == [
        (3, 2, 36.0), (2, 2, 24.0), (3, 1, 27.0), (2, 1, 18.0),
    ]  # fmt: skip
    for seconds, plan in ((36, plans[0]), (35, plans[1]), (23, plans[3]), (17, None)):
        assert in_time(plans, seconds, 1) == plan
    assert in_time(plans, 18, 2) == plans[0] and final_plans(search.store, []) == final_plans(search.store, who[:1])
    search(seeds=1)
    assert [plan.seconds for plan in final_plans(search.store, who)] == [30.0, 18.0, 9.0, 0.0]
    assert in_time(final_plans(search.store, who), 0, 1) is not None


def test_predictions_of_every_seed_are_kept(search: Search) -> None:
    search()
    for number, seeds in whole_seeds(search.store).items():
        for seed in seeds:
            made = seed_out_of_fold(search.store, number, seed)
            assert made is not None and made.shape == (1, FILMS) and np.isfinite(made).all()
    assert seed_out_of_fold(search.store, 2, 1) is None


def test_a_final_stopped_after_every_fold_is_the_unbroken_one(search: Search, tmp_path: Path) -> None:
    broken = Search(tmp_path / "broken")
    search()
    for _ in range(2 * 2 * 3):
        winner = leading(broken.store)
        assert winner is not None and winner.result.number == 1, "a final that is not over decides nothing"
        stop = Stop()

        def one_fold(job: Train, stop: Stop = stop) -> None:
            stop.asked = 1

        _, begun = broken(one_fold, stop)
        assert begun == 1
    assert broken() == ("finished", 0)
    assert broken.scores() == search.scores()
    winner = leading(broken.store)
    assert winner is not None and winner.result.number == 0


def test_a_line_torn_by_a_kill_is_a_fold_that_is_trained_again(search: Search) -> None:
    search()
    whole = search.scores()
    file = search.store.path / "seeds.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert len(search.scores()) == len(whole) - 1
    assert search() == ("finished", 1) and search.scores() == whole


def test_any_number_of_workers_finds_the_same(search: Search, tmp_path: Path) -> None:
    search()
    several = Search(tmp_path / "several")
    assert several(workers=5) == ("finished", 12) and several.scores() == search.scores()


def test_when_the_time_is_up_no_fold_begins(search: Search) -> None:
    assert search(deadline=time.monotonic() - 1) == ("paused", 0)
    assert search() == ("finished", 12)


def test_a_seed_that_fails_costs_itself_and_the_finalist_its_mean(search: Search) -> None:
    unlucky = further_seeds(search.store.experiment)[1]

    def misfortune(job: Train) -> Reply | None:
        return raised("it is NaN", "NaN") if (job.trial.number, job.seed) == (0, unlucky) else None

    assert search(misfortune) == ("finished", 3 * 3 + 1)
    first, second, _ = standings([search.store])
    assert first.result.number == 1 and len(first.seeds) == 3, "the only one with a mean"
    assert second.result.number == 0 and not second.seeds and second.score == second.own
    assert any("trial 0, seed 3 of 3, fold 0 could not be trained: it is NaN" in line for line in search.said)
    assert search() == ("finished", 0), "it would do so again"


def test_out_of_memory_begins_the_seed_again_in_half_batches(search: Search) -> None:
    def misfortune(job: Train) -> Reply | None:
        no_room = job.trial.accumulation == 1 and job.trial.number == 0 and job.fold == 1
        return raised("no room", "out of memory") if no_room else None

    assert search(misfortune)[0] == "finished"
    halved = {part.halved for part in seed_parts(search.store.path) if part.trial == 0}
    assert halved == {True} and len(search.scores()) == 12, "all folds of a seed are trained alike"
    assert search() == ("finished", 0)


def test_a_best_that_is_alone_holds_no_final(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    for number, years in enumerate((9.0, 1.0, 8.0)):
        predicted = store.films().labels["age"] + years
        finish(store, trial(number, [9.0] * 3, epochs=8), [years] * 3, predicted)
    assert finalists(store, 3) == []


def test_equal_trials_are_in_the_final_and_no_more_than_asked_for(tmp_path: Path) -> None:
    store, rng = new_store(tmp_path / "run"), np.random.default_rng(0)
    truth = store.films().labels["age"]
    for number in range(4):
        predicted = truth + rng.normal(size=FILMS) * 9
        scores = [float(np.abs(predicted - truth)[fold::3].mean()) for fold in range(3)]
        finish(store, trial(number, [9.0] * 3, epochs=8), scores, predicted)
    who = finalists(store, 3)
    best = leading(store)
    assert best is not None and len(who) == 3 and who[0] == best.result
    assert finalists(store, 2) == who[:2]


def test_what_is_found_after_a_final_was_not_in_it(tmp_path: Path) -> None:
    """The best by one seed has to have been in a final; without that none has been held about it."""
    store = run_folder(tmp_path, trials=[trial(0, [9.0] * 3), trial(1, [8.0] * 3), trial(2, [9.5] * 3)])
    save_final(store.path, Final((1, 0), (11, 12)))
    for number, score in ((0, 9.1), (1, 10.0)):
        for seed in (11, 12):
            assert [one.result.number for one in standings([store])] == [1, 0, 2]
            add_seed(store, number, seed, [score] * 3)
    assert [one.result.number for one in standings([store])] == [0, 1, 2]
    store.append(trial(3, [8.5] * 3))
    assert [one.result.number for one in standings([store])] == [0, 1, 3, 2], "worse by one seed than a finalist was"
    store.append(trial(4, [7.9] * 3))
    assert [one.result.number for one in standings([store])] == [4, 1, 3, 0, 2]
    save_final(store.path, Final((4, 1), (11, 12)))
    for seed in (11, 12):
        add_seed(store, 4, seed, [9.4] * 3)
    assert [one.result.number for one in standings([store])] == [4, 0, 1, 3, 2], "finalists of both are compared"


def test_a_rerun_has_trained_what_a_final_needs(search: Search) -> None:
    for seed in further_seeds(search.store.experiment):
        add_seed(search.store, 1, seed, [9.0] * 3)
    assert {work.trial.number for work in missing(search.store, search.best_first[:2])} == {0}
    assert search() == ("finished", 6)


def test_a_worker_is_told_the_seed(search: Search) -> None:
    seen = set[tuple[int, int | None]]()

    def note(job: Train) -> None:
        seen.add((job.trial.number, job.seed))

    search(note)
    assert seen == {(number, seed) for number in (0, 1) for seed in further_seeds(search.store.experiment)}


def test_the_weights_of_every_finalist_are_at_hand(
    prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their backbones may differ."""
    trials = [transfer_trial(number, name, [9.0] * 3) for number, name in enumerate(("densenet121", "mobilenetv2"))]
    files = {name: WeightFile(tmp_path / name, f"print of {name}") for name in ("densenet121", "mobilenetv2")}
    about = {"weights": "imagenet", "weight_files": {name: file.fingerprint for name, file in files.items()}}
    store = transfer_folder(tmp_path, trials=trials, provenance=about, pixels=prepared.pixels)
    monkeypatch.setattr(
        reopened, "weights_named", lambda given, names, say: Weights(given, {name: files[name] for name in names})
    )
    run = reopened.reopen(store, trials[0], prepared.path, None, print, here=False, others=trials[1:])
    assert run.weights.files == files
    files["mobilenetv2"] = WeightFile(tmp_path / "other", "another print")
    with pytest.raises(UserError, match="holds other weights of mobilenetv2"):
        reopened.reopen(store, trials[0], prepared.path, None, print, here=False, others=trials[1:])
