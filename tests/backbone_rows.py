"""What a row of BACKBONES should be, measured on the networks of the installed Keras, and its text to paste.

    made = networks(row)                 # ours and Keras's own, each built once
    complaint(made)                      # None, or a message that ends in the right row

A new row needs its name and its application (and options where Keras has some): the rest is in the message.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from search_spaces import _backbones
from search_spaces._backbones import Backbone, attach, signature, weighted_layers

SIDE = 224  # px, of both networks
# Statistics in the ImageNet files of networks with a Normalization: the variances are standard deviations.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NAMED = ("_STANDARD_SCALE", "_STANDARD_OFFSET")  # constants of the table, and of what is pasted into it

Films = NDArray[np.float32]


@dataclass(frozen=True)
class Networks:
    """row; ours: from films to the last map, random weights; theirs: Keras's own as it is with its ImageNet weights,
    here with others, from pictures of 0 to 255 after `preprocess_input`; file: that it would read them from; alike:
    whether one seed gave both the same weights, before theirs were changed."""

    row: Backbone
    ours: keras.Model
    theirs: keras.Model
    file: str
    alike: bool


def networks(row: Backbone) -> Networks:
    """Both networks of a row for films of SIDE px."""
    films = keras.Input((SIDE, SIDE, 1), name="film")
    keras.utils.set_random_seed(7)
    ours = keras.Model(films, attach(films, row))
    keras.utils.set_random_seed(7)
    with _files_of_keras() as asked:
        theirs = application(row)(include_top=False, weights="imagenet", input_shape=(SIDE, SIDE, 3))
    alike = all(np.array_equal(*pair) for pair in zip(_kernels(ours), _kernels(theirs), strict=True))
    shaken(theirs)
    for layer in theirs.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            layer.set_weights([np.array(MEAN), np.array(STD), np.array(0)])
            layer.finalize_state()  # what reading a file ends with
    (file,) = asked
    return Networks(row, ours, theirs, file, alike)


def _kernels(model: keras.Model) -> list[NDArray[Any]]:
    """Weights that are drawn."""
    return [weight for layer in model.layers for weight in layer.get_weights() if weight.ndim > 1]


def application(row: Backbone) -> Any:
    """Keras's builder of the row's network."""
    return getattr(keras.applications, row.application)


@contextmanager
def _files_of_keras() -> Iterator[list[str]]:
    """The names of files that Keras asks for, none of which is fetched or read."""
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.src.utils.file_utils.get_file", lambda name, *_, **__: asked.append(name))
        patch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
        yield asked


def shaken(model: keras.Model, seed: int = 3) -> keras.Model:
    """Weights of which no two are alike: fresh BatchNormalizations all are, and would hide a wrong order. What is
    Normalization's stays."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Normalization):
            layer.set_weights([w * rng.uniform(0.8, 1.2, w.shape) + rng.normal(0, 0.01) for w in layer.get_weights()])
    return model


def preprocessed(row: Backbone, films: Films) -> Films:
    """Films in [0, 1] as Keras wants them for this application."""
    module = sys.modules[application(row).__module__]
    return np.asarray(module.preprocess_input(np.repeat(255 * films, 3, axis=-1)))


def into_stem(model: keras.Model) -> keras.Model:
    """From the model's input to what its first convolution is given."""
    stem = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    return keras.Model(model.input, stem.input)


def shapes_at(model: keras.Model, side: int) -> list[tuple[int, ...]]:
    """What each layer puts out for one film of that side, without building the network again."""
    shapes: list[tuple[int, ...]] = []

    def noting(layer: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            out = layer(*args, **kwargs)
            shapes.append(tuple(out.shape[1:]))
            return out

        return call

    model._run_through_graph(keras.KerasTensor((None, side, side, 1)), operation_fn=noting)
    return shapes


def activations(model: keras.Model, side: int) -> int:
    """Numbers that all layers put out for one film of that side."""
    return sum(map(math.prod, shapes_at(model, side)))


def multiply_adds(model: keras.Model) -> int:
    """Products that the convolutions and full layers of the model add up for one film of SIDE px. A depthwise
    convolution sees one channel, any other one all channels that its kernel has."""

    def window(layer: Any) -> int:
        shape = layer.kernel.shape
        return math.prod(shape[:2] if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[:-1])

    kinds = (keras.layers.Conv2D, keras.layers.Dense, keras.layers.DepthwiseConv2D)
    return sum(math.prod(one.output.shape[1:]) * window(one) for one in model.layers if isinstance(one, kinds))


def measured(made: Networks) -> Backbone:
    """The row with all facts as they are. Numbers of the pixel convention that are right stay as they are written."""
    shapes = [[weight.shape for weight in layer.weights] for layer in weighted_layers(made.ours)]
    scale, offset = _pixels(made)
    return replace(
        made.row,
        scale=_kept(made.row.scale, scale),
        offset=_kept(made.row.offset, offset),
        smallest=_smallest(made.row),
        parameters=sum(math.prod(shape) for layer in shapes for shape in layer),
        layers=len(shapes),
        features=made.ours.output.shape[-1],
        activations=activations(made.ours, SIDE),
        multiply_adds=multiply_adds(made.ours),
        signature=signature(shapes),
        file=made.file,
    )


def _pixels(made: Networks) -> tuple[list[float], list[float]]:
    """Scale and offset, a number a channel, with which our first convolution is given what Keras's is. What is
    between film and convolution is a straight line in each channel, which black and white tell."""
    ends = np.zeros((2, SIDE, SIDE, 1), np.float32) + np.array([0, 1], np.float32)[:, None, None, None]
    theirs, ours = into_stem(made.theirs), into_stem(made.ours)
    black, white = np.asarray(theirs(preprocessed(made.row, ends)))[:, SIDE // 2, SIDE // 2]
    dark, bright = np.asarray(ours(ends))[:, SIDE // 2, SIDE // 2]
    pixels = made.ours.get_layer("pixels")
    slope = (bright - dark) / pixels.scale  # of what comes after that layer
    scale = (white - black) / slope
    offset = (black - dark) / slope + pixels.offset
    return [float(f"{number:.7g}") for number in scale], [float(f"{number:.7g}") + 0.0 for number in offset]


def _kept(written: float | tuple[float, ...], numbers: list[float]) -> float | tuple[float, ...]:
    """What is written where it is right; one number where all channels have the same."""
    if np.allclose(written, numbers, rtol=1e-5, atol=1e-5):
        return written
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def _smallest(row: Backbone) -> int:
    """Side in px of the smallest film that Keras allows, by its refusal of one pixel."""
    try:
        application(row)(include_top=False, weights=None, input_shape=(1, 1, 3))
    except ValueError as refused:
        return int(re.findall(r"at least (\d+)", str(refused))[0])
    return 1


def complaint(made: Networks) -> str | None:
    """What is wrong with the row, and the right one to paste; None where nothing is."""
    right = measured(made)
    wrong = [one.name for one in fields(right) if getattr(right, one.name) != getattr(made.row, one.name)]
    if not wrong:
        return None
    return (
        f"{made.row.name}: {', '.join(wrong)} must be as in this row of search_spaces/_backbones.py:\n{source(right)}"
    )


def source(row: Backbone) -> str:
    """The row as it stands in the table."""
    given = [one.name for one in fields(row) if getattr(row, one.name) != _default(one)]
    return "\n".join(
        ["    Backbone(", *(f"        {name}={_spelled(getattr(row, name))}," for name in given), "    ),"]
    )


def _default(one: Any) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _spelled(value: Any) -> str:
    """As it is typed: a tuple by the name of the constant that is the same, large numbers with their thousands."""
    for name in NAMED if isinstance(value, tuple) else ():
        if np.allclose(value, getattr(_backbones, name), rtol=1e-5):
            return name
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:_}" if isinstance(value, int) and value >= 10_000 else repr(value)
