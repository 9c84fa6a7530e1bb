"""A frozen backbone's features of all films: the film itself, and the augmented views of a policy.

backbone = frozen(row, side, fill)
ms = extract(backbone, VIEWS["standard"], arrays.images, out=np.empty((5, N, C)), progress=print)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from runners._seeds import derive
from search_spaces._augment import ViewPolicy
from search_spaces._augment_layers import augment
from search_spaces._backbones import Backbone, attach

BATCH = 32


def frozen(row: Backbone, side: int, fill: Callable[[keras.Model], None]) -> keras.Model:
    """(n, S, S, 1) float32 in [0, 1] to (n, C): average-pooled features. fill: puts the pretrained weights in."""
    films = keras.Input((side, side, 1), name="film")
    backbone = keras.Model(
        films, keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")(attach(films, row))
    )
    fill(backbone)
    return backbone


def settle(backbone: keras.Model, seed: int) -> None:
    """Gives the BatchNorm layers of a network with random weights the statistics of what comes to them.

    Untouched they hold mean 0 and variance 1, which is not so: signals fade from layer to layer, and the features are
    the same zeros for every film. The statistics are those of smooth noise, so that they depend on no film.
    """
    side = backbone.input_shape[1]
    coarse = np.random.default_rng(seed).random((BATCH, side // 8 + 1, side // 8 + 1, 1), np.float32)
    noise = coarse.repeat(8, axis=1).repeat(8, axis=2)[:, :side, :side]
    layers = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0  # what is seen now, and nothing of what was held before
    backbone(noise, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def extract(
    backbone: keras.Model,
    policy: ViewPolicy,
    images: NDArray[np.uint8],
    out: NDArray[np.float32],
    progress: Callable[[int, int], None],
) -> float:
    """Fills `out` (views, N, C); returns the milliseconds that a film took without augmentation.

    The augmented views are drawn from a seed of their own: they belong to the policy, not to a trial.
    progress(done, total) is called after every batch, in films times views.
    """
    films = keras.Input(images.shape[1:])
    change = keras.Model(films, augment(films, policy.augment, seed=derive(0, "views")))
    total = len(out) * len(images)
    milliseconds = 0.0
    for view, features in enumerate(out):
        begun = time.perf_counter()
        for rows, batch in _batches(images):
            # Called, not predicted: only a call can be told that this is training, which is when films are changed.
            shown = np.asarray(change(batch, training=True)) if view else batch
            features[rows] = np.asarray(backbone.predict_on_batch(shown))[: len(rows)]
            progress(view * len(images) + int(rows[-1]) + 1, total)
        if view == 0:
            milliseconds = 1000 * (time.perf_counter() - begun) / len(images)
    return round(milliseconds, 4)


def _batches(images: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """(rows, films in [0, 1]), all batches of one size, the last one filled up: another size would be traced anew."""
    for start in range(0, len(images), BATCH):
        rows = np.arange(start, min(start + BATCH, len(images)))
        full = np.pad(rows, (0, BATCH - len(rows)), mode="edge")
        yield rows, images[full].astype(np.float32) / np.float32(255)
