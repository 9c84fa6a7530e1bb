"""Our training, an epoch a call, against the same step by step and against bare `model.fit` on in-memory floats.

    python benchmarks/training.py [--size 64] [--filters 16] [--batch 32] [--rounds 5] [--processor]

Ours reads uint8 from a memory map and lets the driver look in after every epoch; all train the same network with the
same augmentation for the same number of steps. A ratio of 1 is parity, more is faster than the other. On a machine
that others use, too, count the processor's seconds instead of the clock's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from runners._training import network
from runners._training.optimizers import make_optimizer
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._augment import recipe_of
from xrays.tasks import TASKS

EPOCHS, FILMS = 3, 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processor", action="store_true", help="seconds of the processor, not of the clock")
    options = parser.parse_args()
    clock = time.process_time if options.processor else time.perf_counter
    rng = np.random.default_rng(0)
    labels = rng.uniform(20, 90, FILMS).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npy"
        shape = (FILMS, options.size, options.size, 1)
        np.save(file, rng.integers(0, 256, shape, dtype=np.uint8))
        images = np.load(file, mmap_mode="r")
        floats = images.astype(np.float32) / 255
        ours = _trainer(images, options)
        with mock.patch.dict(network.LOOPS, clear=True):  # without a loop it is stepped
            stepped = _trainer(images, options)
        bare = _bare(ours)
        rows = np.arange(FILMS)

        def seconds(train: Callable[[int], object], turn: int) -> float:
            begun = clock()
            train(turn)
            return clock() - begun

        arms: dict[str, Callable[[int], object]] = {
            "an epoch a call": lambda turn: ours.fit(labels, rows, fold=turn, watch=lambda epoch, loss: True),
            "a step a call": lambda turn: stepped.fit(labels, rows, fold=turn, watch=lambda epoch, loss: True),
            "bare fit": lambda turn: bare.fit(
                floats, labels[:, None], batch_size=options.batch, epochs=EPOCHS, verbose=0
            ),
        }
        taken: dict[str, list[float]] = {name: [] for name in arms}
        for turn in range(options.rounds + 1):
            for name, train in arms.items():
                taken[name].append(seconds(train, turn))
            print("films/s  ", "   ".join(f"{name} {EPOCHS * FILMS / own[-1]:6.0f}" for name, own in taken.items()))
    own, *others = ([*seconds[1:]] for seconds in taken.values())  # the first round traces all graphs
    for name, other in zip([*arms][1:], others, strict=True):
        ratio = statistics.median(b / a for a, b in zip(own, other, strict=True))
        print(f"against {name}: median ratio {ratio:.3f} over {options.rounds} rounds, {options.size} px")


def _trainer(images: np.ndarray, options: argparse.Namespace) -> Trainer:
    space = load_space("cnn")
    recipe = space.recipe({**space.first, "filters": options.filters, "batch_size": options.batch})
    recipe = replace(recipe, augment=recipe_of("combined", ("rotation", "contrast"), 0.5))
    material, steps = SimpleNamespace(images=images), FILMS // options.batch
    trainer = Trainer(space, recipe, TASKS["age"], material, steps=steps, epochs=EPOCHS, seed=0, trial=0)
    trainer.network(trainer.parts[0])
    return trainer


def _bare(trainer: Trainer) -> keras.Model:
    """The same layers without the step from uint8, compiled anew."""
    ours = trainer.network(trainer.parts[0]).model
    predictor = trainer.predictor()
    model = keras.models.clone_model(predictor)
    films = keras.Input(predictor.input_shape[1:])
    x = films
    for layer in ours.layers[2:-1]:  # without input, scaling and predictor: the augmentation
        x = layer(x)
    bare = keras.Model(films, model(x))
    part = trainer.parts[0]
    optimizer = make_optimizer(trainer.recipe.fit, part.stage.learning_rate, trainer.steps * part.epochs)
    bare.compile(optimizer, ours.loss)
    return bare


if __name__ == "__main__":
    main()
