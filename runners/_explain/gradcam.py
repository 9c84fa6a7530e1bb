"""Grad-CAM on any backend of Keras, with a sign, and the check that it depends on what was learnt.

    explain_network(predictor, films, seed=0, progress=print)     # predictions, maps, maps with shuffled weights

Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) weighs each channel of a late map with the mean of the answer's
gradient there. Its ReLU is left out: it would hide what speaks for a smaller number or class 0. Keras has no gradient
of its own, but every backend can train: a number is added to each channel, and one step of plain gradient descent
moves it by just the gradient that is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from runners._explain.messages import ExplainReply
from runners._training.extraction import settle
from runners._training.joined import INSIDE

SMALLEST = 4  # side of the map: a coarser one says little more than which half of the film
BATCH = 16
DRAWS = 3  # networks with shuffled weights
CHECKED = 32  # films they are shown


def explain_network(
    predictor: keras.Model, films: NDArray[np.uint8], *, seed: int, progress: Callable[[int, int], None]
) -> ExplainReply:
    """films: (n, S, S, 1) uint8; seed: of the shuffled weights. The predictor's weights are shuffled afterwards: it
    is of no more use. progress(done, total): films, after every batch."""
    explainer = GradCam(predictor)
    checked = films[:CHECKED]
    total, done = len(films) + DRAWS * len(checked), 0

    def count(number: int) -> None:
        nonlocal done
        done += number
        progress(done, total)

    predictions = predictions_of(predictor, films)
    maps = explainer.maps(films, count)
    learnt = [layer.get_weights() for layer in predictor.layers]
    shuffled = []
    for draw in range(DRAWS):
        shuffle(predictor, learnt, seed=(seed, draw))
        shuffled.append(explainer.maps(checked, count))
    return ExplainReply(predictions, maps, np.stack(shuffled), explainer.layer)


class GradCam:
    """A class because it holds compiled networks. They share the predictor's layers, and so its weights. layer: the
    name of the one whose output is explained."""

    def __init__(self, predictor: keras.Model) -> None:
        dense = [layer for layer in predictor.layers if isinstance(layer, layers.Dense)]
        # Of a network in a file with a calibration behind it, its own.
        last = ([layer for layer in dense if layer.name.startswith(INSIDE)] or dense)[-1]
        layer, after = _cut(predictor, last.input)
        self.layer = layer.name
        self._last = last
        self._body = keras.Model(predictor.input, layer.output)
        # Before a sigmoid: of a sure answer its gradient is so small that it may vanish.
        self._logit = layers.Dense(1, dtype="float32")
        after.trainable = self._logit.trainable = False
        self._shift = _Shift(after, self._logit)
        given = keras.Input(layer.output.shape[1:], batch_size=BATCH)
        self._tail = keras.Model(given, self._shift(given))
        self._tail.compile(keras.optimizers.SGD(float(BATCH)), loss=_raise)

    def maps(self, films: NDArray[np.uint8], count: Callable[[int], None] = lambda number: None) -> NDArray[Any]:
        """films: (n, S, S, 1) uint8. Returns (n, h, w) float32, signed. count(number): is told of films as they are
        done."""
        self._logit.set_weights(self._last.get_weights())
        maps = []
        for batch, number in _batches(films):
            seen = _numbers(self._body.predict_on_batch(batch))
            self._shift.values.assign(np.zeros(self._shift.values.shape, np.float32))
            self._tail.train_on_batch(seen, np.zeros((BATCH, 1), np.float32))
            gradient = _numbers(self._shift.values) / (seen.shape[1] * seen.shape[2])
            maps.append((seen * gradient).sum(axis=-1)[:number])
            count(number)
        return np.concatenate(maps)


class _Shift(layers.Layer):
    """Adds a number of its own to every channel of every film of a batch, and goes on to the logit."""

    def __init__(self, after: keras.Model, logit: layers.Layer) -> None:
        super().__init__(dtype="float32")
        self._after, self._logit = after, logit

    def build(self, shape: tuple[int, ...]) -> None:
        self.values = self.add_weight((shape[0], 1, 1, shape[-1]), initializer="zeros", name="values")

    def call(self, x: Any) -> Any:
        # Said here and not in a graph of layers, where the training step would say otherwise: no dropout.
        return self._logit(self._after(ops.add(x, self.values), training=False))


def _raise(_: Any, answer: Any) -> Any:
    """A loss whose descent raises the answer. It is averaged over a batch, hence the rate."""
    return -answer


def _cut(predictor: keras.Model, end: Any) -> tuple[Any, keras.Model]:
    """The last layer with a map of SMALLEST or more that everything after hangs on alone, and the network from there
    to `end`. On films so small that there is none, the last layer with a map."""
    convolved = [place for place, layer in enumerate(predictor.layers) if isinstance(layer, layers.Conv2D)]
    maps = [layer for layer in predictor.layers[convolved[0] :] if _is_map(layer)]
    large = [layer for layer in maps if layer.output.shape[1] >= SMALLEST]
    for layer in reversed(large or maps):
        try:
            return layer, keras.Model(layer.output, end)
        except ValueError:  # a branch goes past this layer
            continue
    raise ValueError(f"{predictor.name} has no map between its convolutions and its head")


def _is_map(layer: Any) -> bool:
    # Padding moves a map against the film.
    return len(layer.output.shape) == 4 and not isinstance(layer, layers.ZeroPadding2D)


def shuffle(predictor: keras.Model, learnt: list[list[NDArray[Any]]], seed: tuple[int, ...]) -> None:
    """The learnt kernels with their numbers in another order (model randomisation; Adebayo et al. 2018, arXiv
    1810.03292); BatchNormalization gets the statistics that belong to them. learnt: weights layer by layer."""
    rng = np.random.default_rng(seed)
    for layer, weights in zip(predictor.layers, learnt, strict=True):
        layer.set_weights([rng.permutation(w.ravel()).reshape(w.shape) if w.ndim > 1 else w for w in weights])
    # A layer that is not to be trained keeps its statistics: of a frozen backbone, or of what GradCam has cut off.
    normalising = [layer for layer in predictor.layers if isinstance(layer, layers.BatchNormalization)]
    frozen = [layer for layer in normalising if not layer.trainable]
    for layer in frozen:
        layer.trainable = True
    settle(predictor, int(rng.integers(2**31)))
    for layer in frozen:
        layer.trainable = False


def predictions_of(predictor: keras.Model, films: NDArray[np.uint8]) -> NDArray[np.float32]:
    """films: (n, S, S, 1) uint8. Returns (n,) in the label's unit, or probabilities of the second class."""
    answers = [_numbers(predictor.predict_on_batch(batch))[:number, 0] for batch, number in _batches(films)]
    return np.concatenate(answers)


def _batches(films: NDArray[np.uint8]) -> Any:
    """(films in [0, 1], how many count): all of one size, the last one filled up."""
    for start in range(0, len(films), BATCH):
        part = films[start : start + BATCH]
        full = np.pad(part, ((0, BATCH - len(part)), (0, 0), (0, 0), (0, 0)), mode="edge")
        yield full.astype(np.float32) / np.float32(255), len(part)


def _numbers(given: Any) -> NDArray[np.float32]:
    """float32 whatever the network computed in."""
    return np.asarray(ops.convert_to_numpy(ops.cast(given, "float32")), np.float32)
