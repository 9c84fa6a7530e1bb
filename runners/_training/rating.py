"""How fast a worker trains a network in each precision: what a search chooses by.

rating = Rating(context, Rate(trial, ("float32", "mixed")))     # builds and traces both
rating.turn(("float32", "mixed"))                              # Rated({"float32": 1520.0, "mixed": 2310.0}, …)

In turns: whoever compares workers lets them train one after the other, again and again, so that what else the machine
does meets all alike. Films are noise.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from runners._training.context import TrainingContext
from runners._training.devices import device_and_policy
from runners._training.network import Network, film_inputs
from runners._training.trainer import Trainer
from runners._workers.messages import Rate, Rated
from runners._workers.processor import has_bfloat16
from xrays.moments import Moments

LARGEST = 128  # pixels: on larger films a step takes longer, and what is faster stays so
TURN = 0.2  # seconds of training in a precision
STEPS = 2  # in a call


@dataclass
class _Noise:
    """Films of a space without a backbone, for which nothing else is asked of them."""

    images: NDArray[np.uint8]

    @property
    def vectors(self) -> NDArray[np.float32]:
        raise TypeError("a space on vectors is not rated")

    def moments(self, rows: NDArray[np.int64]) -> Moments:
        raise TypeError("a space on vectors is not rated")

    def features(self, recipe: object) -> NDArray[np.float32]:
        raise TypeError("a space with a backbone is not rated")

    def fill(self, predictor: keras.Model, recipe: object) -> None:
        raise TypeError("a space with a backbone is not rated")


class Rating:
    """The networks of a trial in several precisions. A class because compiled graphs are state."""

    def __init__(self, context: TrainingContext, job: Rate) -> None:
        """Of several precisions those that can be faster than float32 on what the backend computes on here; one
        alone whatever it is. Trains a few steps, the first of which trace their graphs."""
        side, policy = min(context.arrays.size, LARGEST), keras.config.dtype_policy()
        recipe = context.space.recipe(job.trial.params)
        self._batch = recipe.fit.batch_size
        self._rng = np.random.default_rng(0)
        self._films = self._rng.integers(256, size=(4 * self._batch, side, side, 1), dtype=np.uint8)
        self._labels = self._rng.uniform(0, 1, len(self._films)).astype(np.float32)
        self._networks: dict[str, Network] = {}
        try:
            for precision in job.precisions:
                if len(job.precisions) > 1 and not _may_win(precision):
                    continue
                keras.config.set_dtype_policy(device_and_policy(precision)[1])
                trainer = Trainer(
                    context.space,
                    recipe,
                    context.task,
                    _Noise(self._films),
                    steps=1,
                    epochs=job.trial.max_epochs,
                    seed=0,
                    trial=0,
                )
                self._networks[precision] = trainer.network(trainer.parts[-1])
        finally:
            keras.config.set_dtype_policy(policy)
        for network in self._networks.values():
            self._train(network)

    def turn(self, precisions: Sequence[str]) -> Rated:
        """Each of these precisions that has a network, for TURN seconds or a call."""
        films, processor = dict[str, float](), dict[str, float]()
        for name, network in self._networks.items():
            if name not in precisions:
                continue
            begun, spent, trained = time.perf_counter(), time.process_time(), 0
            while time.perf_counter() < begun + TURN:
                self._train(network)
                trained += STEPS * self._batch
            films[name] = trained / (time.perf_counter() - begun)
            processor[name] = trained / (time.process_time() - spent)
        return Rated(films, processor)

    def _train(self, network: Network) -> None:
        rows = np.resize(np.arange(len(self._films)), (STEPS, self._batch))
        network.epoch(film_inputs(self._films, self._batch), self._labels, rows, self._rng)


def _may_win(precision: str) -> bool:
    return precision == "float32" or (has_bfloat16() and device_and_policy(precision)[1] == "mixed_bfloat16")
