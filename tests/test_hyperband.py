"""Hyperband: KerasTuner's brackets under our loop, with a formula as the score, in any order of finishing."""

from __future__ import annotations

import json
import math
import random
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from fake_space import fake_space
from fake_workers import experiment

from runners import keras_tuner as ours
from runners._samplers.hyperband import HyperbandSearcher
from runners._searcher import Ask
from runners._seeds import derive
from search_spaces._hyperparameters import Fixed, Hyperparameters
from search_spaces._narrow import narrow
from search_spaces._space import Space
from trials.records import FoldScore, Scalar, State, Trial, TrialResult
from trials.typed import typed
from xrays.strict_json import as_json
from xrays.tasks import TASKS, Task

AGE, SEED, EPOCHS = TASKS["age"], 5, 9
# (bracket, round, epochs) of one iteration with nine epochs.
ITERATION = [(2, 0, 1)] * 9 + [(2, 1, 3)] * 3 + [(2, 2, 9)] + [(1, 0, 3)] * 5 + [(1, 1, 9)] * 2 + [(0, 0, 9)] * 3

Score = Callable[[Mapping[str, Scalar], int], float]


def sample(hp: Hyperparameters) -> tuple[Any, ...]:
    return (
        hp.integer("width", 8, 64, log=True),
        hp.real("rate", 0.00052, 0.406, log=True),
        hp.real("share", 0.00067, 0.007),
        hp.choice("either", (False, True)),
        hp.choice("growth", (1.0, 1.5, 2.0)),
        hp.flag("on"),
    )


FIRST = {"width": 16, "rate": 1e-3, "share": 0.002, "either": True, "growth": 1.5, "on": True}
SPACE = fake_space(sample, FIRST)
SMALL = fake_space(
    lambda hp: (hp.integer("depth", 1, 6), hp.choice("mode", ("a", "b", "c")), hp.flag("on")),
    {"depth": 1, "mode": "a", "on": True},
)


def years(params: Mapping[str, Scalar], epochs: int) -> float:
    """An error that falls with the epochs, by less than the configurations differ."""
    return 8 + abs(math.log10(float(params["rate"])) + 2) + float(params["growth"]) / 10 + 0.1 / epochs


def flat(params: Mapping[str, Scalar], epochs: int) -> float:
    return 9.0


def opened(task: Task = AGE, epochs: int = EPOCHS, space: Space = SPACE, seed: int = SEED) -> HyperbandSearcher:
    identity = experiment(runner="keras_tuner", sampler="hyperband", task=task.name, seed=seed, epochs=epochs)
    found = ours.open_searcher(space, task, identity)
    assert isinstance(found, HyperbandSearcher)
    return found


class Run:
    """A search as the loop drives it, trial by trial. results: in the order in which they finished."""

    def __init__(self, searcher: HyperbandSearcher, score: Score = years, task: Task = AGE, epochs: int = EPOCHS):
        self.searcher, self.score, self.task, self.epochs = searcher, score, task, epochs
        self.trials: list[Trial] = []
        self.results: list[TrialResult] = []

    @property
    def open(self) -> list[Trial]:
        finished = {result.number for result in self.results}
        return [trial for trial in self.trials if trial.number not in finished]

    def begin(self, given: Mapping[str, Scalar] | None = None) -> Trial:
        """Asks for a trial, or puts in one that the loop proposes itself."""
        number = len(self.trials)
        ask = self.searcher.ask(number) if given is None else Ask(given)
        assert ask.epochs is None or 0 < ask.epochs < self.epochs
        trial = Trial(
            number=number, params=ask.params, recipe=dict(ask.params), max_epochs=ask.epochs or self.epochs,
            results_known=len(self.results), started="", origin="" if given is None else "first",
            attributes=ask.attributes,
        )  # fmt: skip
        self.trials.append(trial)
        return trial

    def finish(self, trial: Trial, state: State | None = None) -> TrialResult:
        full = trial.max_epochs == self.epochs
        score = self.score(trial.params, trial.max_epochs)
        count = {"failed": 0, "infeasible": 0}.get(state or "", 3 if full else 1)
        folds = tuple(
            FoldScore(fold, {self.task.objective: score}, trial.max_epochs, 0.0, (score,), (1.0,), complete=full)
            for fold in range(count)
        )
        finally_ = state or ("complete" if full else "pruned")
        self.results.append(TrialResult(**vars(trial), state=finally_, folds=folds, seconds=0.0, finished=""))
        self.searcher.tell(self.results[-1])
        return self.results[-1]

    def go(self, trials: int, state_of: Callable[[int], State | None] = lambda position: None) -> list[TrialResult]:
        """One worker. state_of: by position among those that the searcher was asked for."""
        return [self.finish(self.begin(), state_of(position)) for position in range(trials)]


def levels(trials: list[Any]) -> list[tuple[int, int, int]]:
    return [(one.attributes["bracket"], one.attributes["round"], one.max_epochs) for one in trials]


def same_params(a: Mapping[str, Scalar], b: Mapping[str, Scalar]) -> bool:
    return [(name, value, type(value)) for name, value in a.items()] == [
        (name, value, type(value)) for name, value in b.items()
    ]


# --- the algorithm


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_best_of_a_round_go_on_with_three_times_the_epochs(task: Task) -> None:
    def score(params: Mapping[str, Scalar], epochs: int) -> float:
        return years(params, epochs) if task is AGE else 1 - years(params, epochs) / 20

    run = Run(opened(task), score, task)
    run.begin(FIRST)
    run.finish(run.trials[0])
    results = run.go(2 * len(ITERATION))
    assert levels(results) == ITERATION * 2
    by_number = {result.number: result for result in results}
    rounds: dict[tuple[int, int, int], list[TrialResult]] = {}
    for result in results:
        iteration = (result.number - 1) // len(ITERATION)
        rounds.setdefault((iteration, result.attributes["bracket"], result.attributes["round"]), []).append(result)
    for (iteration, bracket, level), members in rounds.items():
        assert ("promoted_from" in members[0].attributes) == (level > 0)
        if level:
            before = rounds[iteration, bracket, level - 1]
            best = sorted(before, key=lambda r: task.loss(r.folds[0].metrics[task.objective]))[: len(members)]
            assert [member.attributes["promoted_from"] for member in members] == [one.number for one in best]
        for member in members:
            sample(Fixed(member.params))
            if level:
                assert same_params(member.params, by_number[member.attributes["promoted_from"]].params)
    drawn = [json.dumps(result.params) for result in results if not result.attributes["round"]]
    assert len(set(drawn)) == len(drawn) == 34


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, {(0, 0, 1): 1}),
        (2, {(0, 0, 2): 2}),
        (4, {(1, 0, 2): 5, (1, 1, 4): 2, (0, 0, 4): 3}),
        (10, {(2, 0, 2): 12, (2, 1, 4): 4, (2, 2, 10): 2, (1, 0, 4): 6, (1, 1, 10): 2, (0, 0, 10): 4}),
    ],
)
def test_the_rounds_of_other_budgets(epochs: int, expected: dict[tuple[int, int, int], int]) -> None:
    run = Run(opened(epochs=epochs), epochs=epochs)
    assert Counter(levels(run.go(sum(expected.values())))) == expected


def test_trials_are_those_of_keras_tuner_s_own_loop(tmp_path: Path) -> None:
    """Its oracle driven in its own way, by create, update and end, with the same random states."""
    run = Run(opened())
    results = run.go(30)
    oracle = opened()._oracle
    oracle._set_project_dir(tmp_path, "theirs")
    oracle.verbose = 0
    numbers: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of `threading`, by its decorator
        for result in results:
            oracle._seed_state = derive(SEED, "ask", result.number)
            trial = oracle.create_trial(f"worker {result.number}")
            values = trial.hyperparameters.values
            own = ours.Parameters(SPACE).handed_out(values)
            assert same_params(own, result.params)
            assert values["tuner/epochs"] == result.max_epochs
            assert numbers.get(values.get("tuner/trial_id")) == result.attributes.get("promoted_from")
            numbers[trial.trial_id] = result.number
            oracle.update_trial(trial.trial_id, {"loss": result.folds[0].metrics["mae"]})
            trial.status = "COMPLETED"
            oracle.end_trial(trial)


def test_nothing_depends_on_the_scores_of_the_whole_budget() -> None:
    """They are of another number of folds, and some of them lost the race; the oracle never compares them."""
    plain = Run(opened()).go(50)
    odd = Run(opened(), lambda params, epochs: years(params, epochs) if epochs < 9 else 100 / years(params, epochs))
    for expected in plain:
        trial = odd.begin()
        assert (trial.params, trial.attributes) == (expected.params, expected.attributes)
        odd.finish(trial, "pruned" if trial.max_epochs < 9 or trial.number % 2 else "complete")


def test_no_worker_waits_for_another() -> None:
    run = Run(opened())
    trials = [run.begin() for _ in range(14)]
    assert levels(trials) == [(2, 0, 1)] * 9 + [(1, 0, 3)] * 5
    for trial in trials[:6]:
        run.finish(trial)
    assert levels([run.begin()]) == [(0, 0, 9)], "six of nine may yet be the ones that are thrown away"
    run.finish(trials[6])
    promoted = run.begin()
    best = min(trials[:7], key=lambda trial: years(trial.params, 1))
    assert promoted.attributes == {"bracket": 2, "round": 1, "promoted_from": best.number}


# --- misfortunes


def unlucky(which: Callable[[int], bool], state: State) -> Callable[[int], State | None]:
    return lambda position: state if which(position) else None


@pytest.mark.parametrize("state", ["failed", "infeasible"])
@pytest.mark.parametrize("position", range(len(ITERATION)))
def test_a_misfortune_neither_ends_nor_stalls_a_bracket(position: int, state: State) -> None:
    results = Run(opened()).go(len(ITERATION) + 3, unlucky(lambda place: place == position, state))
    assert levels(results) == ITERATION + ITERATION[:3]
    assert position not in [result.attributes.get("promoted_from") for result in results], "there are better ones"


@pytest.mark.parametrize("state", ["failed", "infeasible"])
@pytest.mark.parametrize("every", [1, 2])
def test_misfortunes_in_a_row_neither_end_nor_stall_it(every: int, state: State) -> None:
    results = Run(opened()).go(2 * len(ITERATION), unlucky(lambda place: place % every == 0, state))
    assert levels(results) == ITERATION * 2


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_the_worst(odd: float) -> None:
    run = Run(opened(), lambda params, epochs: odd if params["on"] else years(params, epochs))
    results = run.go(len(ITERATION))
    assert levels(results) == ITERATION
    drawn, promoted = results[:9], results[9:12]
    fine = sum(not result.params["on"] for result in drawn)
    assert 0 < fine < 9
    assert sum(not result.params["on"] for result in promoted) == min(fine, 3)


# --- interrupted searches


def told_again(run: Run, seed: int = SEED, space: Space = SPACE) -> Run:
    """The run after a restart, from what is on disk."""
    again = Run(opened(seed=seed, space=space), run.score)
    for result in run.results:
        again.searcher.replay(typed(TrialResult, json.loads(as_json(result))))
    for trial in run.open:
        again.searcher.replay(Trial(**json.loads(json.dumps(asdict(trial)))))
    again.trials, again.results = list(run.trials), list(run.results)
    return again


Move = tuple[str, int]


def moves(seed: int, count: int, workers: int) -> list[Move]:
    """Begins and ends of trials as they may interleave; some trials are the loop's own, some come to nothing."""
    rng = random.Random(seed)
    made: list[Move] = []
    running: list[int] = []
    begun = 0
    while begun < count:
        if running and (len(running) == workers or rng.random() < 0.4):
            made.append(("finish", running.pop(rng.randrange(len(running)))))
        else:
            made.append(("given" if begun in (0, 1, 17) else "ask", begun))
            running.append(begun)
            begun += 1
    return made


def make(run: Run, move: Move) -> Trial:
    kind, number = move
    if kind == "finish":
        return run.finish(run.trials[number], "failed" if number % 7 == 3 else None)
    return run.begin(FIRST if kind == "given" else None)


@pytest.mark.parametrize("workers", [1, pytest.param(4, marks=pytest.mark.long)])
def test_a_search_that_was_interrupted_anywhere_asks_what_the_unbroken_one_asks(workers: int) -> None:
    made = moves(seed=workers, count=45, workers=workers)
    unbroken = Run(opened())
    for move in made:
        make(unbroken, move)
    finished = [result.number for result in unbroken.results]
    assert (finished != sorted(finished)) == (workers > 1)
    assert {trial.attributes.get("round") for trial in unbroken.trials} == {None, 0, 1, 2}
    part = Run(opened())
    for cut, move in enumerate(made):
        again = told_again(part)
        for later in made[cut : cut + 6]:
            found = make(again, later)
            expected = unbroken.trials[found.number]
            assert (found.params, found.max_epochs, found.results_known, found.attributes) == (
                expected.params, expected.max_epochs, expected.results_known, expected.attributes,
            )  # fmt: skip
        make(part, move)


def test_trials_of_another_search_change_nothing() -> None:
    """They are replayed first, and the records of this search do not count them."""
    run = Run(opened())
    run.go(11)
    again = Run(opened())
    for number in (-1, -2):
        again.searcher.replay(replace(run.results[10], number=number, results_known=0, origin="fork of another"))
    for result in run.results:
        again.searcher.replay(result)
    assert [again.searcher.ask(number) for number in (11, 12)] == [run.searcher.ask(number) for number in (11, 12)]


def test_the_seed_decides_and_a_restart_with_another_one_is_noticed() -> None:
    run = Run(opened())
    run.go(12)
    other = Run(opened(seed=6)).go(12)
    assert not any(a.params == b.params for a, b in zip(run.results, other, strict=True))
    with pytest.raises(RuntimeError, match="trial 0 on record"):
        told_again(run, seed=6).begin()


@pytest.mark.parametrize("changes", [{"max_epochs": 3}, {"params": {**FIRST, "width": 9}}, {"params": {}}])
def test_a_record_that_is_not_what_was_proposed_is_a_bug_that_names_its_trial(changes: dict[str, Any]) -> None:
    run = Run(opened())
    run.go(12)
    run.results[4] = replace(run.results[4], **changes)
    with pytest.raises(RuntimeError, match="trial 4 on record"):
        told_again(run).begin()


def test_the_last_bits_of_a_real_are_those_on_record() -> None:
    """Another machine's powers may differ in them."""
    run = Run(opened())
    run.go(9)
    best = min(range(9), key=lambda number: years(run.trials[number].params, 1))
    shifted = {**run.results[best].params, "rate": math.nextafter(float(run.results[best].params["rate"]), 1)}
    run.results[best] = replace(run.results[best], params=shifted)
    promoted = told_again(run).begin()
    assert promoted.attributes["promoted_from"] == best and same_params(promoted.params, shifted)
    assert promoted.params != run.trials[best].params


# --- small spaces


NARROW = {6: ["depth=3"], 3: ["depth=3", "on=yes"], 1: ["depth=3", "on=yes", "mode=a"]}


@pytest.mark.parametrize("count", NARROW)
def test_a_bracket_goes_on_with_as_many_configurations_as_there_are(count: int) -> None:
    """KerasTuner itself ends the search in its first round: no trial would ever have the whole budget."""
    expected = [level for level, size in Counter(ITERATION).items() for _ in range(min(size, count))]
    run = Run(opened(space=narrow(SMALL, NARROW[count], [])), flat)
    assert levels(run.go(2 * len(expected))) == expected * 2
    assert all(len({json.dumps(trial.params) for trial in drawn}) == len(drawn) for drawn in brackets(run.trials))


@pytest.mark.parametrize("count", NARROW)
def test_workers_that_meet_the_end_of_a_small_space_go_on(count: int) -> None:
    run = Run(opened(space=narrow(SMALL, NARROW[count], [])), flat)
    rng = random.Random(0)
    while len(run.trials) < 60:
        while len(run.open) < 3:
            run.begin()
        run.finish(rng.choice(run.open))
    assert set(levels(run.trials)) == set(ITERATION)
    assert all(len({json.dumps(trial.params) for trial in drawn}) == len(drawn) for drawn in brackets(run.trials))
    again = told_again(run, space=narrow(SMALL, NARROW[count], []))
    for _ in range(20):
        assert again.begin() == run.begin()


def brackets(trials: list[Trial]) -> list[list[Trial]]:
    """The drawn trials, bracket by bracket."""
    found: list[list[Trial]] = []
    before = None
    for trial in trials:
        if trial.attributes["round"] == 0:
            if trial.attributes["bracket"] != before:
                found.append([])
            before = trial.attributes["bracket"]
            found[-1].append(trial)
    return found


def test_what_no_bracket_has_drawn_comes_first() -> None:
    drawn = [result for result in Run(opened(space=SMALL), flat).go(len(ITERATION)) if not result.attributes["round"]]
    assert len({json.dumps(result.params) for result in drawn}) == len(drawn) == 17, "of the 36 that there are"
