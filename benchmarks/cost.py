"""What a training step takes in processor seconds, against what `search_spaces/_work.py` says before: and the rates
that would say it best.

    python benchmarks/cost.py [--networks 40] [--seed 1]

Networks are drawn from the space cnn, films from three sizes. The processor's seconds on one core, so that others may
use the machine meanwhile. It ends with the standard deviation of the logarithm of predicted over measured, for the
rates that stand there and for those fitted here, by least squares of relative errors.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from dataclasses import dataclass
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

import keras
import numpy as np
from scipy.optimize import nnls

from runners._training.network import film_inputs
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._operations import OPERATIONS
from search_spaces._space import Recipe, domains
from search_spaces._work import ACTIVATION, MOVED_PIXEL, MULTIPLY_ADD, STEP, WEIGHT
from xrays.tasks import TASKS

SPACE, FILMS, SIDES = load_space("cnn"), 256, (32, 64, 128)
MOST = 1.5e10  # products a step, of what is timed at all
STEPS = 16  # that one epoch has for the optimizer's schedule
AIM = 0.6  # seconds that a timing takes
RATES = ("MULTIPLY_ADD", "ACTIVATION", "MOVED_PIXEL", "WEIGHT", "STEP")


@dataclass(frozen=True)
class Timed:
    """quantities: of a step, in the order of RATES; seconds: of the processor, for making the network, a step of it,
    scoring as many films."""

    quantities: tuple[float, ...]
    building: float
    step: float
    scoring: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    timed: list[Timed] = []
    print("  side  batch  made s  step ms  said ms  scoring/step")
    while len(timed) < options.networks:
        side = rng.choice(SIDES)
        recipe = SPACE.recipe({name: draw(domain, rng) for name, domain in domains(SPACE).items()})
        quantities = _quantities(recipe, side)
        if quantities[0] > MOST:
            continue
        timed.append(one := _timed(recipe, side, quantities))
        said = np.dot(quantities, [MULTIPLY_ADD, ACTIVATION, MOVED_PIXEL, WEIGHT, STEP])
        print(
            f"{side:6}{recipe.fit.batch_size:7}{one.building:8.1f}{1000 * one.step:9.1f}{1000 * said:9.1f}"
            f"{one.scoring / one.step:14.2f}",
            flush=True,
        )
    table, seconds = np.array([one.quantities for one in timed]), np.array([one.step for one in timed])
    fitted, _ = nnls(table / seconds[:, None], np.ones(len(seconds)))
    for name, rates in (("written", [MULTIPLY_ADD, ACTIVATION, MOVED_PIXEL, WEIGHT, STEP]), ("fitted", fitted)):
        spread = np.std(np.log(table @ np.array(rates) / seconds))
        words = ", ".join(f"{rate} {value:.2g}" for rate, value in zip(RATES, rates, strict=True))
        print(f"{name}: standard deviation {spread:.2f}; {words}")


def _quantities(recipe: Recipe, side: int) -> tuple[float, ...]:
    footprint, batch = SPACE.footprint(recipe, (side, side, 1)), recipe.fit.batch_size
    moved = any(OPERATIONS[name].resamples for name in recipe.augment.operations())
    return (
        footprint.multiply_adds * batch,
        footprint.activations * batch,
        side**2 * batch * moved,
        footprint.trained,
        1,
    )


def _timed(recipe: Recipe, side: int, quantities: tuple[float, ...]) -> Timed:
    keras.backend.clear_session()
    images = np.random.default_rng(0).integers(0, 256, (FILMS, side, side, 1), dtype=np.uint8)
    labels = np.random.default_rng(0).uniform(20, 90, FILMS).astype(np.float32)
    batch, rng, clock = recipe.fit.batch_size, np.random.default_rng(0), time.process_time
    begun = clock()
    material = SimpleNamespace(images=images)
    trainer = Trainer(SPACE, recipe, TASKS["age"], material, steps=STEPS, epochs=1, seed=0, trial=0)
    network, inputs = trainer.network(trainer.parts[0]), film_inputs(images, batch)

    def seconds(steps: int) -> float:
        rows, before = np.resize(np.arange(FILMS), batch * steps), clock()
        network.epoch(inputs, labels, trainer.parts_of(rows, steps), rng)
        return (clock() - before) / steps

    seconds(1)
    network.predict(inputs, np.arange(1))
    building, first = clock() - begun, seconds(1)
    step = min(seconds(max(2, min(30, int(AIM / first)))) for _ in range(2))
    before = clock()
    network.predict(inputs, np.arange(FILMS))
    return Timed(quantities, building, step, (clock() - before) * batch / FILMS)


if __name__ == "__main__":
    main()
