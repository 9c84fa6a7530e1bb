"""What a training step takes in processor seconds, against what `search_spaces/_work.py` says before: and the rates
that would say it best.

    python benchmarks/cost.py [RUN…] [--networks 40] [--seed 1] [--precision float32 mixed]

Networks are drawn from the space cnn, films from three sizes, or from the trials of runs, by the seconds that each
took, so that one stands for as much of a search's time as another. Behind them come the space's first configuration
and its portfolio at 64 px, which are fitted to nothing. The processor's seconds on one core, so that others may use
the machine meanwhile; precisions take turns. It ends with the standard deviation of the logarithm of predicted over
measured, for the rates that stand there and for those fitted here, by least squares of relative errors, and with how
many times as fast the drawn networks are in bfloat16.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

import keras
import numpy as np
from scipy.optimize import nnls

from runners._search.measuring import GAIN
from runners._training.devices import device_and_policy
from runners._training.network import film_inputs
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._space import Recipe, domains
from search_spaces._work import RATES, Rates, passes
from trials.store import RunStore
from xrays.tasks import TASKS

SPACE, FILMS, SIDES, OWN = load_space("cnn"), 256, (32, 64, 128), 64
MOST = 1.5e10  # products a step, of what is timed at all
STEPS = 16  # that one epoch has for the optimizer's schedule
AIM = 0.3  # seconds that a timing takes
TURNS = 3


@dataclass(frozen=True)
class Timed:
    """seconds: of the processor, for making the network, a step of it, scoring as many films."""

    building: float
    step: float
    scoring: float


@dataclass(frozen=True)
class Network:
    """A recipe on films of a side. quantities: of a step, in the order of Rates; timed: by precision."""

    recipe: Recipe
    side: int
    quantities: tuple[float, ...]
    timed: dict[str, Timed]

    def said(self, rates: Sequence[float]) -> float:
        """Seconds of a step."""
        return float(np.dot(self.quantities, rates))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path, help="of the space cnn, with what took time")
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--precision", nargs="+", choices=list(RATES), default=list(RATES))
    options = parser.parse_args()
    print(
        "  side  batch"
        + "".join(f"  {name:>8s}: made s  step ms  said ms  scoring/step" for name in options.precision)
    )
    chosen = taken(options.runs, options.networks) if options.runs else drawn(options.networks, options.seed)
    found = [measured(recipe, side, options.precision) for recipe, side in chosen]
    print("the first configuration, and the portfolio")
    for params in (SPACE.first, *(entry.params for entry in SPACE.portfolio)):
        measured(SPACE.recipe(params), OWN, options.precision)
    for precision in options.precision:
        fit(found, precision)
    if len(options.precision) > 1:
        show_gain([one.timed["float32"].step / one.timed["mixed"].step for one in found])


def drawn(count: int, seed: int) -> Iterator[tuple[Recipe, int]]:
    """Recipes and sides, but for those that take too long."""
    rng, known = random.Random(seed), domains(SPACE)
    while count:
        side = rng.choice(SIDES)
        recipe = SPACE.recipe({name: draw(domain, rng) for name, domain in known.items()})
        if SPACE.footprint(recipe, (side, side, 1)).multiply_adds * recipe.fit.batch_size <= MOST:
            count -= 1
            yield recipe, side


def taken(runs: Sequence[Path], count: int) -> Iterator[tuple[Recipe, int]]:
    """Trials at even distances in the seconds of each run."""
    for store in map(RunStore.open, runs):
        trials = [trial for trial in store.trials() if trial.folds]
        ends = list(accumulate(trial.seconds for trial in trials))
        for place in range(each := count // len(runs)):
            trial = trials[bisect(ends, ends[-1] * (place + 0.5) / each)]
            yield SPACE.recipe(SPACE.completed(trial.params)), store.experiment.size


def show_gain(ratios: Sequence[float]) -> None:
    """A line."""
    enough = sum(ratio >= GAIN for ratio in ratios) / len(ratios)
    mean, ends = statistics.fmean(ratios), f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"in bfloat16 {mean:.2f} times as fast on average, {ends}; {enough:.0%} at least {GAIN} times")


def fit(networks: Sequence[Network], precision: str) -> None:
    """Two lines."""
    seconds = np.array([network.timed[precision].step for network in networks])
    table = np.array([network.quantities for network in networks])
    fitted, _ = nnls(table / seconds[:, None], np.ones(len(seconds)))
    for title, rates in (("written", numbers(RATES[precision])), ("fitted", fitted)):
        spread = np.std(np.log(table @ np.array(rates) / seconds))
        words = ", ".join(f"{each.name} {value:.2g}" for each, value in zip(fields(Rates), rates, strict=True))
        print(f"{precision}, {title}: standard deviation {spread:.3f}; {words}")


def numbers(rates: Rates) -> list[float]:
    """In the order of the fields."""
    return [getattr(rates, each.name) for each in fields(Rates)]


def measured(recipe: Recipe, side: int, precisions: Sequence[str]) -> Network:
    """Prints a line, too."""
    footprint, batch = SPACE.footprint(recipe, (side, side, 1)), recipe.fit.batch_size
    a_film = (footprint.multiply_adds, footprint.activations, footprint.normalised, footprint.activated)
    quantities = (
        *(batch * each for each in a_film),
        side**2 * batch * passes(recipe),
        footprint.trained,
        footprint.layers,
        1.0,
    )
    found = Network(recipe, side, quantities, timed(recipe, side, precisions))
    cells = (
        f"{one.building:18.1f}{1000 * one.step:9.1f}{1000 * found.said(numbers(RATES[name])):9.1f}"
        f"{one.scoring / one.step:14.2f}"
        for name, one in found.timed.items()
    )
    print(f"{side:6}{batch:7}" + "".join(cells), flush=True)
    return found


def timed(recipe: Recipe, side: int, precisions: Sequence[str]) -> dict[str, Timed]:
    """One precision after the other in every turn, so that what else the machine does meets all alike."""
    keras.backend.clear_session()
    made = {name: build(recipe, side, name) for name in precisions}
    steps = {name: max(1, min(40, int(AIM / step(1)))) for name, (_, step, _) in made.items()}
    turns = [{name: step(steps[name]) for name, (_, step, _) in made.items()} for _ in range(TURNS)]
    return {
        name: Timed(building, min(turn[name] for turn in turns), recipe.fit.batch_size * min(scoring(), scoring()))
        for name, (building, _, scoring) in made.items()
    }


def build(recipe: Recipe, side: int, precision: str) -> tuple[float, Callable[[int], float], Callable[[], float]]:
    """(seconds that it took, seconds a step of so many, seconds of scoring a film)."""
    keras.config.set_dtype_policy(device_and_policy(precision)[1])
    images = np.random.default_rng(0).integers(0, 256, (FILMS, side, side, 1), dtype=np.uint8)
    labels = np.random.default_rng(0).uniform(20, 90, FILMS).astype(np.float32)
    batch, rng, clock = recipe.fit.batch_size, np.random.default_rng(0), time.process_time
    begun = clock()
    material = SimpleNamespace(images=images)
    trainer = Trainer(SPACE, recipe, TASKS["age"], material, steps=STEPS, epochs=1, seed=0, trial=0)
    network, inputs = trainer.network(trainer.parts[0]), film_inputs(images, batch)

    def step(steps: int) -> float:
        rows, before = np.resize(np.arange(FILMS), batch * steps), clock()
        network.epoch(inputs, labels, trainer.parts_of(rows, steps), rng)
        return (clock() - before) / steps

    def scoring() -> float:
        before = clock()
        network.predict(inputs, np.arange(FILMS))
        return (clock() - before) / FILMS

    step(1)
    network.predict(inputs, np.arange(1))
    return clock() - begun, step, scoring


if __name__ == "__main__":
    main()
