"""Our training against bare `model.fit` on in-memory floats of the same graph: films a second, ratio by pair.

    python benchmarks/training.py [--size 64] [--rounds 5]

Ours reads uint8 from a memory map and lets the driver look in after every epoch; both train the same network with
the same augmentation for the same number of steps. A ratio of 1 is parity, more is faster than bare Keras.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from runners._training.optimizers import make_optimizer
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._augment import recipe_of
from xrays.tasks import TASKS

EPOCHS, FILMS = 3, 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    labels = rng.uniform(20, 90, FILMS).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npy"
        shape = (FILMS, options.size, options.size, 1)
        np.save(file, rng.integers(0, 256, shape, dtype=np.uint8))
        images = np.load(file, mmap_mode="r")
        floats = images.astype(np.float32) / 255
        trainer = _trainer(images)
        bare = _bare(trainer)
        rows = np.arange(FILMS)
        ratios = []
        for turn in range(options.rounds + 1):
            begun = time.perf_counter()
            trainer.fit(labels, rows, fold=turn, watch=lambda epoch, loss: True)
            between = time.perf_counter()
            bare.fit(floats, labels[:, None], batch_size=trainer.recipe.fit.batch_size, epochs=EPOCHS, verbose=0)
            ours, theirs = between - begun, time.perf_counter() - between
            if turn:  # the first round traces both graphs
                ratios.append(theirs / ours)
                rates = [EPOCHS * FILMS / seconds for seconds in (ours, theirs)]
                print("ours {:6.0f} films/s   bare fit {:6.0f} films/s".format(*rates), f"  ratio {ratios[-1]:.3f}")
    print(f"median ratio {statistics.median(ratios):.3f} over {options.rounds} rounds, {options.size} px")


def _trainer(images: np.ndarray) -> Trainer:
    space = load_space("cnn")
    recipe = space.recipe(space.first)
    recipe = replace(recipe, augment=recipe_of("combined", ("rotation", "contrast"), 0.5))
    steps = FILMS // recipe.fit.batch_size
    material = SimpleNamespace(images=images)
    return Trainer(space, recipe, TASKS["age"], material, steps=steps, epochs=EPOCHS, seed=0, trial=0)


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
