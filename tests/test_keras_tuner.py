"""KerasTuner's searcher: what it hands out, that its proposals are KerasTuner's own, and that it learns."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_space import fake_space
from fake_workers import experiment
from run_folders import asked, infeasible, trial
from threadpoolctl import threadpool_limits

from runners import keras_tuner as ours
from runners import load_runner
from runners._samplers import bayesian as proposals
from runners._samplers.keras_tuner_space import Handle
from runners._searcher import Searcher
from runners._seeds import derive
from search_spaces import load_space
from search_spaces._hyperparameters import Fixed, Hyperparameters
from search_spaces._narrow import narrow
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space, domains
from xrays.tasks import TASKS, Task

ROOT = Path(__file__).parents[1]
AGE, SPACE = TASKS["age"], without_portfolio(load_space("cnn"))


def searcher_over(space: Space, sampler: str = "bayesian", task: Task = AGE) -> Searcher:
    identity = experiment(runner="keras_tuner", sampler=sampler, task=task.name, seed=5)
    return load_runner("keras_tuner").open_searcher(space, task, identity)


def tiny(sample: Callable[[Hyperparameters], Any], **first: Any) -> Space:
    """A space of a few parameters, of which nothing is ever built."""
    return fake_space(sample, first, label="first")


# --- what is handed out


def everything(hp: Hyperparameters) -> tuple[Any, ...]:
    return (
        hp.integer("steps", 16, 70, step=16),
        hp.integer("width", 8, 256, log=True),
        hp.real("rate", 0.00052, 0.406, log=True),
        hp.real("share", 0.00067, 0.007),
        hp.choice("name", ("a", "b")),
        hp.choice("growth", (1.0, 1.5)),
        hp.choice("either", (False, True)),
        hp.flag("on"),
        hp.choice("only", (True,)),
        hp.integer("one", 3, 3),
        hp.real("point", 0.3, 0.3, log=True),
    )


FIRST = {
    "steps": 32, "width": 64, "rate": 1e-3, "share": 0.002, "name": "b", "growth": 1.5, "either": True, "on": True,
    "only": True, "one": 3, "point": 0.3,
}  # fmt: skip


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_the_ends_of_a_scale_are_in_range(end: float) -> None:
    """The Gaussian process proposes them; of these upper ends KerasTuner makes 257, and reals beyond them."""
    from keras_tuner import HyperParameters
    from keras_tuner.engine.hyperparameters import Fixed as OneValue

    declared = HyperParameters()
    everything(Handle(declared))
    fixed = [parameter.name for parameter in declared.space if isinstance(parameter, OneValue)]
    assert fixed == ["only", "one", "point"], "no dimension of the Gaussian process"
    asked = declared.copy()
    asked.values = {parameter.name: parameter.prob_to_value(end) for parameter in declared.space}
    handle = Handle(asked)
    drawn = everything(handle)
    assert drawn == everything(Fixed(handle.params))
    assert handle.params["width"] == (256 if end else 8)
    assert [type(value) for value in handle.params.values()] == [type(value) for value in FIRST.values()]


def test_values_are_plain_scalars_in_the_space_s_order() -> None:
    space = tiny(everything, **FIRST)
    searcher = searcher_over(space, "random")
    drawn = [searcher.ask(number).params for number in range(40)]
    for params in drawn:
        assert list(params) == list(domains(space))
        assert [type(value) for value in params.values()] == [type(value) for value in FIRST.values()]
        everything(Fixed(params))
    for name in ("steps", "either", "on", "name", "growth"):
        values = {params[name] for params in drawn}
        assert len(values) == (4 if name == "steps" else 2), name


@pytest.mark.parametrize("sampler", ours.SAMPLERS)
@pytest.mark.parametrize("left", ["1", "1,1.5"])
def test_a_space_with_hardly_anything_left_goes_on(sampler: str, left: str) -> None:
    """KerasTuner itself ends a search after 20 repeats."""
    space = tiny(lambda hp: (hp.choice("growth", (1.0, 1.5, 2.0)), hp.flag("on")), growth=1.0, on=True)
    smaller = narrow(space, [f"growth={left}"], ["on=yes"])
    searcher = searcher_over(smaller, sampler)
    for number in range(24):
        ask = searcher.ask(number)
        assert ask.params["on"] is True and str(ask.params["growth"]).removesuffix(".0") in left.split(",")
        searcher.tell(trial(number, [9.0, 9.0], params=ask.params))


# --- that it is KerasTuner's


def bowl(hp: Hyperparameters) -> float:
    """Least at depth 4, a rate of 0.01 and mode b."""
    away = abs(hp.integer("depth", 1, 6) - 4) + abs(math.log10(hp.real("rate", 1e-4, 1e-1, log=True)) + 2)
    return away + (hp.choice("mode", ("a", "b", "c")) != "b") + 0 * hp.integer("fixed", 7, 7)


def told_of_the_bowl(count: int) -> tuple[Any, list[tuple[dict[str, Any], float]]]:
    from keras_tuner import HyperParameters

    declared = HyperParameters()
    bowl(Handle(declared))
    rows = [dict(ours._random(declared, derive(0, "row", number), [], [], 1)[0]) for number in range(count)]
    return declared, [(row, bowl(Fixed(row))) for row in rows]


@pytest.mark.parametrize("running", [0, 1, 3])
def test_the_proposal_is_the_one_of_keras_tuner_s_oracle(running: int) -> None:
    """Also while others run, to which it gives a loss that its process makes of the finished ones."""
    from keras_tuner.engine.trial import Trial

    declared, rows = told_of_the_bowl(9 + running)
    told = rows[:9]
    oracle = ours._oracle("BayesianOptimizationOracle", declared, 11)
    oracle.num_initial_points = 5
    for number, (params, loss) in enumerate(told):
        given = declared.copy()
        given.values = dict(params)
        oracle.trials[str(number)] = Trial(given, str(number), "COMPLETED")
        oracle.trials[str(number)].score = loss
    with threadpool_limits(1):
        oracle.gpr.fit(*oracle._vectorize_trials())
        for number, (params, _) in enumerate(rows[9:], 9):
            given = declared.copy()
            given.values = dict(params)
            oracle.trials[str(number)] = oracle.ongoing_trials[f"worker {number}"] = Trial(
                given, str(number), "RUNNING"
            )
        theirs = oracle.populate_space("next")["values"]
    (found,) = ours._bayesian(declared, 11, told, [params for params, _ in rows[9:]], 1)
    assert found == {**theirs, "rate": pytest.approx(theirs["rate"], rel=1e-4)}
    assert found not in [params for params, _ in rows]
    assert ([found] == ours._bayesian(declared, 11, told, [], 1)) == (not running)


def test_the_criterion_s_slope_is_its_own() -> None:
    declared, told = told_of_the_bowl(9)
    places = np.array([[one.value_to_prob(params[one.name]) for one in declared.space] for params, _ in told])
    losses = np.array([loss for _, loss in told])
    oracle = ours._oracle("BayesianOptimizationOracle", declared, 11)
    bound = proposals._criterion(oracle, places, losses)
    rng, width = np.random.default_rng(0), 1e-6
    for x in rng.uniform(size=(20, places.shape[1])):
        value, slope = bound(x)
        steps = np.eye(len(x)) * width
        numeric = [(bound(x + step)[0] - bound(x - step)[0]) / (2 * width) for step in steps]
        assert slope == pytest.approx(numeric, abs=1e-5)
        mean, deviation = oracle.gpr.predict(x[None], return_std=True)
        expected = (mean[0] - losses.mean() - oracle.beta * deviation[0]) / losses.std()
        assert value == pytest.approx(expected, abs=1e-6)


def test_a_trial_that_is_told_nothing_but_nonsense_is_survived() -> None:
    space = tiny(bowl, depth=1, rate=1e-3, mode="a", fixed=7)
    searcher = searcher_over(space)
    for number in range(12):
        ask = searcher.ask(number)
        scores = [math.nan, math.inf, 1e30][number % 3 : number % 3 + 1] * 3
        searcher.tell(trial(number, scores, params=ask.params))
    bowl(Fixed(searcher.ask(12).params))


# --- what it is told


def test_trials_that_it_did_not_ask_for_count_like_its_own() -> None:
    space = tiny(bowl, depth=1, rate=1e-3, mode="a", fixed=7)
    complete, without = searcher_over(space), searcher_over(space)
    _, told = told_of_the_bowl(ours.STARTUP)
    for number, (params, loss) in enumerate(told):
        result = replace(trial(number, [loss, loss], params=params), origin="first" if number == 0 else "")
        complete.tell(result)
        if number:
            without.tell(result)
    random = searcher_over(space, "random").ask(9)
    assert without.ask(9) == random, "one too few for the Gaussian process"
    assert complete.ask(9) != random


def test_nothing_is_proposed_where_a_trial_still_runs() -> None:
    """One that was asked for now, or in an earlier call; but not one of the user's, of which nobody knew."""
    space = tiny(bowl, depth=1, rate=1e-3, mode="a", fixed=7)
    live, replayed, alone, given = (searcher_over(space) for _ in range(4))
    _, told = told_of_the_bowl(9)
    for number, (params, loss) in enumerate(told):
        for searcher in (live, replayed, alone, given):
            searcher.replay(trial(number, [loss, loss], params=params))
    asks = [live.ask(9)]
    replayed.replay(asked(9, asks[0].params))
    given.replay(asked(9, asks[0].params, origin="first.json 1"))
    asks += [live.ask(10), live.ask(11)]
    assert [replayed.ask(10), replayed.ask(11)] == asks[1:]
    places = [(ask.params["depth"], ask.params["mode"], round(math.log10(ask.params["rate"]), 1)) for ask in asks]
    assert len(set(places)) == 3
    assert alone.ask(10) == given.ask(10) != asks[1]
    for searcher in (live, replayed):
        for number, ask in reversed([*enumerate(asks, 9)]):
            searcher.tell(trial(number, [5.0, 5.0], params=ask.params))
    assert live.ask(12) == replayed.ask(12)


def test_a_pruned_trial_is_told_by_its_estimate_and_a_failed_one_not_at_all() -> None:
    space = tiny(bowl, depth=1, rate=1e-3, mode="a", fixed=7)
    complete, pruned, other = (searcher_over(space) for _ in range(3))
    _, told = told_of_the_bowl(9)
    for number, (params, loss) in enumerate(told[:8]):
        for searcher in (complete, pruned, other):
            searcher.tell(trial(number, [loss, loss], params=params))
    params, loss = told[8]
    complete.tell(trial(8, [loss, loss], params=params))
    pruned.tell(trial(8, [], "failed", params=params))
    pruned.tell(replace(trial(9, [loss / 2, loss], "pruned", params=params), estimate=loss))
    other.tell(replace(trial(9, [loss / 2, loss], "pruned", params=params), estimate=loss / 2))
    assert complete.ask(10) == pruned.ask(10) != other.ask(10)


def test_a_wild_loss_does_not_blind_what_is_proposed_next() -> None:
    """StudyResult at its word, a million years would make all other losses equal."""
    space = tiny(bowl, depth=1, rate=1e-3, mode="a", fixed=7)
    wild, expected = searcher_over(space), searcher_over(space)
    _, told = told_of_the_bowl(9)
    told.sort(key=lambda row: row[1])
    for number, (params, loss) in enumerate(told):
        for searcher, known in ((wild, 1e6), (expected, AGE.scale)):
            searcher.tell(trial(number, [known if number == 8 else loss] * 2, params=params))
    asked = [wild.ask(number) for number in range(9, 13)]
    assert asked == [expected.ask(number) for number in range(9, 13)]
    assert sum(bowl(Fixed(ask.params)) for ask in asked) / 4 < sum(loss for _, loss in told) / 9, "it has learnt"


@pytest.mark.parametrize("worse", [True, False])
def test_an_infeasible_trial_is_told_as_the_worst_of_all(worse: bool) -> None:
    """Those that come later are among them: told as the only trial so far, the best, it would be sought again."""
    space = tiny(bowl, depth=1, rate=1e-3, mode="a", fixed=7)
    searcher, expected = searcher_over(space), searcher_over(space)
    _, told = told_of_the_bowl(9)
    told.sort(key=lambda row: row[1])
    (large, _), rest = told[4], told[:4] + told[5:]
    for number, (params, loss) in enumerate(rest):
        if number == 1:
            searcher.tell(infeasible(8, "too large", params=large))
            expected.tell(trial(8, [rest[-1][1] if worse else rest[0][1]], params=large))
        for one in (searcher, expected):
            one.tell(trial(number, [loss, loss], params=params))
    assert (searcher.ask(10) == expected.ask(10)) == worse


# --- that it learns; in which direction is in test_runners.py


@pytest.mark.long
def test_bayesian_avoids_what_is_too_large() -> None:
    searcher = searcher_over(SPACE)
    filters: list[int] = []
    for number in range(30):
        params = searcher.ask(number).params
        filters.append(int(params["filters"]))
        scores = [12.0 if params["depth"] == 5 else 9.0] * 2
        large = infeasible(number, "too large", params=params)
        searcher.tell(large if filters[-1] > 24 else trial(number, scores, params=params))
    assert sum(found <= 24 for found in filters[-15:]) > 11, "7.5 of 15 by luck"


# --- what else it does


def loaded(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The program in a fresh process, with the folder as its working and its temporary one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment = {**kept, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done


def test_its_name_alone_loads_no_library(tmp_path: Path) -> None:
    program = """
import sys
from runners.keras_tuner import SAMPLERS
print(*SAMPLERS, *{"keras", "keras_tuner", "scipy", "sklearn", "tensorflow"} & {*sys.modules})
"""
    assert loaded(program, tmp_path).stdout.split() == list(ours.SAMPLERS)


@pytest.mark.long
def test_it_writes_no_file_and_nothing_to_the_terminal(tmp_path: Path) -> None:
    program = """
from fake_workers import experiment
from run_folders import trial
from runners import load_runner
from runners._samplers import bayesian as proposals
from runners._samplers.keras_tuner_space import Handle
from search_spaces import load_space
from xrays.tasks import TASKS
runner, space = load_runner("keras_tuner"), load_space("cnn")
for sampler in runner.SAMPLERS:
    searcher = runner.open_searcher(space, TASKS["age"], experiment(runner="keras_tuner", sampler=sampler))
    for number in range(8):
        ask = searcher.ask(number)
        searcher.tell(trial(number, [9.0, 10.0 + number % 3], ["complete", "failed"][number == 3], params=ask.params))
import os
os.write(2, b"the terminal is back")
"""
    done = loaded(program, tmp_path)
    assert (done.stdout, done.stderr) == ("", "the terminal is back")
    assert list(tmp_path.iterdir()) == []
